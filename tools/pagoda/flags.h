/* SPDX-License-Identifier: MIT */
/*
 * flags.h - GFP flags of the traced kernel in the library's terms
 */
#ifndef PAGODA_FLAGS_H
#define PAGODA_FLAGS_H

#include <stdint.h>

#include "machine.h"

/* What replay leaves out of the flags of a request. */
enum flag_dropped {
	DROPPED_ZERO = 1,	/* contents are not replayed */
	DROPPED_NOFAIL = 2,	/* nothing can be reclaimed, so waiting would never end */
};

/**
 * flags_here - flags for alloc_pages() that ask for what the traced request asked for
 * @gfp:     by the values of Linux 6.1
 * @dropped: set to a union of enum flag_dropped
 */
unsigned int flags_here(uint32_t gfp, unsigned int *dropped);

/* The highest zone that a request may be served from. */
enum zone_height flags_height(uint32_t gfp);

#endif

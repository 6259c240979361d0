// SPDX-License-Identifier: MIT
/*
 * flags.c - GFP flags of the traced kernel in the library's terms
 *
 * Idea. The library has the flags of 2.6 with later names beside them; 6.1 says the same things in
 * other bits. A table, name by name, gives for each bit of 6.1 what it is here:
 *
 *   may sleep		__GFP_DIRECT_RECLAIM is __GFP_WAIT. Kept: it changes how deep into the
 *			reserves a request may go. Nothing waits, for nothing can be reclaimed.
 *   kswapd		every request wakes it here, so the bit is no flag
 *   __GFP_ATOMIC	is what the lack of __GFP_WAIT says here
 *   accounting		control groups, write-back pages: no meaning to the page allocator
 *   __GFP_ZERO		dropped: contents are not replayed
 *   __GFP_NOFAIL	dropped: it would wait for ever
 *
 * And __GFP_NOWARN is added: a request that fails here is counted, and told at the end.
 */
#include "flags.h"

#include <linux/gfp.h>

#define FLAG_6_1_ZERO	0x100u
#define FLAG_6_1_NOFAIL	0x8000u

static const struct {
	uint32_t     there;	/* a bit of 6.1 */
	unsigned int here;
} flag_map[] = {
	{ 0x1, __GFP_DMA },
	{ 0x2, __GFP_HIGHMEM },
	{ 0x4, __GFP_DMA32 },
	{ 0x8, __GFP_MOVABLE },
	{ 0x10, __GFP_RECLAIMABLE },
	{ 0x20, __GFP_HIGH },
	{ 0x40, __GFP_IO },
	{ 0x80, __GFP_FS },
	{ 0x400, __GFP_WAIT },
	{ 0x2000, __GFP_NOWARN },
	{ 0x4000, __GFP_RETRY_MAYFAIL },
	{ 0x10000, __GFP_NORETRY },
	{ 0x20000, __GFP_MEMALLOC },
	{ 0x40000, __GFP_COMP },
	{ 0x80000, __GFP_NOMEMALLOC },
	{ 0x100000, __GFP_HARDWALL },
	{ 0x200000, __GFP_THISNODE },
};

unsigned int flags_here(uint32_t gfp, unsigned int *dropped)
{
	unsigned int here = __GFP_NOWARN;
	unsigned int i;

	*dropped = (gfp & FLAG_6_1_ZERO ? DROPPED_ZERO : 0) |
		   (gfp & FLAG_6_1_NOFAIL ? DROPPED_NOFAIL : 0);
	for (i = 0; i < sizeof(flag_map) / sizeof(flag_map[0]); i++)
		if (gfp & flag_map[i].there)
			here |= flag_map[i].here;
	return here;
}

enum zone_height flags_height(uint32_t gfp)
{
	if (gfp & 0x1)
		return HEIGHT_DMA;
	if (gfp & 0x4)
		return HEIGHT_DMA32;
	return gfp & 0x2 ? HEIGHT_HIGHMEM : HEIGHT_NORMAL;
}

/* SPDX-License-Identifier: MIT */
/*
 * outcome.h - what happened in a phase, here or on the traced machine
 */
#ifndef PAGODA_OUTCOME_H
#define PAGODA_OUTCOME_H

#include <stdint.h>

#include "machine.h"

/**
 * enum gap - how the allocation of a freed block is known to the trace
 *
 * The gaps of traces/README section 6, as far as the page events tell them apart.
 */
enum gap {
	GAP_NONE,	/* by its mm_page_alloc */
	GAP_BEFORE,	/* never seen before: from before the first event */
	GAP_LATE_INIT,	/* the same, a whole page block: memory initialised late in the boot */
	GAP_BULK,	/* left the free lists, but no mm_page_alloc: the bulk call */
	GAP_COMPACTION,	/* in the free lists by all we know: taken without any event */
	NR_GAPS
};

extern const char *const gap_names[NR_GAPS];	/* short, for JSON */
extern const char *const gap_texts[NR_GAPS];	/* for people */

/*
 * Counters. Of the traced machine only the first part is known. "failed" is by the zone preferred
 * and the order, "fallback" by the zone preferred and the one that served.
 */
struct outcome {
	uint64_t nr_allocs;
	uint64_t nr_frees;
	uint64_t nr_failed[NR_HEIGHTS][NR_ORDERS];
	uint64_t nr_fallback[NR_HEIGHTS][NR_HEIGHTS];
	uint64_t nr_extfrag;

	uint64_t nr_inferred;		/* allocations made that the trace does not name */
	uint64_t nr_implied;		/* allocated while live: the free between was not seen */
	uint64_t nr_parts;		/* frees of a part of a block */
	uint64_t nr_mismatched;		/* frees of more than the block that is live there */
	uint64_t nr_after_failure;	/* frees of blocks whose allocation failed here */
	uint64_t nr_unknown[NR_GAPS];	/* frees without a known allocation, nothing to free here */
	uint64_t nr_released[NR_GAPS];	/* the same, of frames reserved at boot: now released */
	uint64_t pages_released;	/* by those */
	uint64_t pages_were_free;	/* reserved here, yet allocated there: it was in an array */
	double	 seconds;		/* of calls, without measuring in between */
};

void outcome_add(struct outcome *sum, const struct outcome *part);
uint64_t outcome_failed(const struct outcome *outcome);
uint64_t outcome_fallbacks(const struct outcome *outcome);
uint64_t outcome_unknown(const struct outcome *outcome);
uint64_t outcome_released(const struct outcome *outcome);

#endif

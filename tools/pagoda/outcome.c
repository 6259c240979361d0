// SPDX-License-Identifier: MIT
/*
 * outcome.c - counters of what happened, and their sums
 */
#include "outcome.h"

#include <stddef.h>

const char *const gap_names[NR_GAPS] = {
	"none", "before_first_event", "late_init", "bulk", "compaction",
};

const char *const gap_texts[NR_GAPS] = {
	"allocated in the trace",
	"in use since before the first event",
	"initialised late",
	"allocated in bulk",
	"taken by compaction",
};

/* All counters are uint64_t one after the other, up to seconds. */
void outcome_add(struct outcome *sum, const struct outcome *part)
{
	uint64_t *to = (uint64_t *)sum;
	const uint64_t *from = (const uint64_t *)part;
	size_t i;

	for (i = 0; i < offsetof(struct outcome, seconds) / sizeof(*to); i++)
		to[i] += from[i];
	sum->seconds += part->seconds;
}

uint64_t outcome_failed(const struct outcome *outcome)
{
	uint64_t sum = 0;
	int h, order;

	for (h = 0; h < NR_HEIGHTS; h++)
		for (order = 0; order < NR_ORDERS; order++)
			sum += outcome->nr_failed[h][order];
	return sum;
}

uint64_t outcome_fallbacks(const struct outcome *outcome)
{
	uint64_t sum = 0;
	int from, to;

	for (from = 0; from < NR_HEIGHTS; from++)
		for (to = 0; to < NR_HEIGHTS; to++)
			sum += outcome->nr_fallback[from][to];
	return sum;
}

static uint64_t sum_gaps(const uint64_t *nr)
{
	uint64_t sum = 0;
	int gap;

	for (gap = 0; gap < NR_GAPS; gap++)
		sum += nr[gap];
	return sum;
}

uint64_t outcome_unknown(const struct outcome *outcome)
{
	return sum_gaps(outcome->nr_unknown);
}

uint64_t outcome_released(const struct outcome *outcome)
{
	return sum_gaps(outcome->nr_released);
}

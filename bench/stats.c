// SPDX-License-Identifier: MIT
/*
 * stats.c - from samples to figures that can be compared
 *
 * The median, because on a shared machine some rounds are bad and none is too good; beside it the
 * best round, as what the machine can do. Ratios are ratios of medians. "Net" and "speedup" are
 * formed within each round, before the median, so that what slows a whole round cancels out.
 * Disturbed samples are left out, unless hardly any would remain.
 */
#include "bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
const struct figure_info figure_info[NR_FIGURES] = {
	[FIG_GROSS]	= { "gross", "ns", 2, false },
	[FIG_EMPTY]	= { "empty", "ns", 2, false },
	[FIG_NET]	= { "net", "ns", 2, false },
	[FIG_ALLOC]	= { "alloc", "ns", 2, false },
	[FIG_FREE]	= { "free", "ns", 2, false },
	[FIG_EMPTY_ALLOC] = { "empty_alloc", "ns", 2, false },
	[FIG_EMPTY_FREE] = { "empty_free", "ns", 2, false },
	[FIG_NET_ALLOC]	= { "net_alloc", "ns", 2, false },
	[FIG_NET_FREE]	= { "net_free", "ns", 2, false },
	[FIG_SPEEDUP]	= { "speedup", "x", 2, true },
	[FIG_BOOT]	= { "boot", "us", 0, false },
	[FIG_SHUTDOWN]	= { "shutdown", "us", 0, false },
	[FIG_RSS]	= { "resident", "KiB", 0, false },
	[FIG_SHMEM]	= { "shared", "KiB", 0, false },
	[FIG_EVENTS]	= { "replay", "M/s", 2, true },
	[FIG_PARSE]	= { "parse", "M/s", 2, true },
};
/* clang-format on */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

bool row_has(const struct row *row, enum figure fig)
{
	return row->nr_samples && row->samples[fig] && !row->failed[0];
}

/* Fewer undisturbed samples than this are not enough to go by: then all count. */
#define MIN_UNDISTURBED 3

static bool counts(const struct row *row, unsigned int i)
{
	return row->nr_samples - row->nr_disturbed < MIN_UNDISTURBED || !row->disturbed[i];
}

double row_median(const struct row *row, enum figure fig)
{
	double *sorted, median;
	unsigned int nr = 0;

	if (!row_has(row, fig))
		return NAN;
	sorted = malloc(row->nr_samples * sizeof(*sorted));
	if (!sorted)
		abort();
	for (unsigned int i = 0; i < row->nr_samples; i++)
		if (counts(row, i))
			sorted[nr++] = row->samples[fig][i];
	qsort(sorted, nr, sizeof(*sorted), by_value);
	median = (sorted[(nr - 1) / 2] + sorted[nr / 2]) / 2;
	free(sorted);
	return median;
}

static double best_sample(const struct row *row, enum figure fig)
{
	double best = NAN;

	for (unsigned int i = 0; row_has(row, fig) && i < row->nr_samples; i++) {
		double v = row->samples[fig][i];

		if (counts(row, i))
			best = figure_info[fig].more_is_better ? fmax(best, v) : fmin(best, v);
	}
	return best;
}

/* The least difference is that of a bad round for the empty loop: the best net is that of the bests. */
double row_best(const struct row *row, enum figure fig)
{
	switch (fig) {
	case FIG_NET:
		return best_sample(row, FIG_GROSS) - best_sample(row, FIG_EMPTY);
	case FIG_NET_ALLOC:
		return best_sample(row, FIG_ALLOC) - best_sample(row, FIG_EMPTY_ALLOC);
	case FIG_NET_FREE:
		return best_sample(row, FIG_FREE) - best_sample(row, FIG_EMPTY_FREE);
	default:
		return best_sample(row, fig);
	}
}

const struct row *best_peer(const struct bench *bench, enum figure fig)
{
	const struct row *best = NULL;

	for (unsigned int i = 0; i < bench->nr_rows; i++) {
		const struct row *row = &bench->rows[i];

		if (row->peer && row_has(row, fig) &&
		    (!best || row_median(row, fig) < row_median(best, fig)))
			best = row;
	}
	return best;
}

const struct bench *find_bench(const char *name)
{
	for (const struct bench *b = benches; b->name; b++)
		if (strcmp(b->name, name) == 0)
			return b;
	return NULL;
}

const struct row *find_row(const struct bench *bench, const char *label)
{
	for (unsigned int i = 0; i < bench->nr_rows; i++)
		if (strcmp(bench->rows[i].label, label) == 0)
			return &bench->rows[i];
	return NULL;
}

double target_measure(const struct target *t, condense_fn *condense, const char **against)
{
	const struct bench *bench = find_bench(t->bench);
	const struct row *row = find_row(bench, t->row), *other = NULL;

	*against = "";
	if (t->against == ABSOLUTE)
		return condense(row, t->figure);
	if (t->against == BEST_PEER)
		other = best_peer(bench, t->figure);
	else
		other = find_row(bench, t->other);
	if (!other)
		return NAN;
	*against = other->label;
	return condense(row, t->figure) / condense(other, t->figure);
}

bool target_met(const struct target *t, double measured)
{
	switch (t->relation) {
	case AT_MOST:
		return measured <= t->bound;
	case AT_LEAST:
		return measured >= t->bound;
	case INFORMATION:
		break;
	}
	return true;
}

/* SPDX-License-Identifier: MIT */
/*
 * run.h - one run of the model: its state, its chance, and how it ends when something is wrong
 *
 * A run has a process of its own (shrink.h), so its state is one static structure.
 */
#ifndef PAGODA_TESTS_RUN_H
#define PAGODA_TESTS_RUN_H

#include <linux/mm.h>
#include <pagoda/pagoda.h>

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "frames.h"
#include "shrink.h"

#define PHASE_STEPS 4096		/* so long memory rather fills, or rather empties */

/* What we hold. A split or exact block is @nr single pages. */
struct block {
	unsigned long pfn;
	unsigned int  nr;		/* pages */
	unsigned int  order;
	int	      refs;
	bool	      comp, exact, stamped;
};

/* One run, in its child process. */
struct run {
	const struct play *play;
	u64    seed;
	u64    rng;
	u32    step;
	struct frames frames;
	struct block *live;
	size_t nr_live, max_live;
	unsigned long freed[16];	/* first frames of blocks we had, to be freed again */
	unsigned int nr_freed;
	int    cpu;			/* the one we are bound to, or -1 */
	unsigned long reports;		/* that there should be */
	u64    report_ms;		/* what they cost */
};

static struct run run;

/* ---- chance ---- */

static u64 mix(u64 x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static unsigned long below(unsigned long n)
{
	run.rng = mix(run.rng);
	return (run.rng >> 20) % n;
}

static bool one_in(unsigned long n)
{
	return !below(n);
}

/* ---- reports ---- */

static void __printf(1, 2) broken(const char *fmt, ...)
{
	struct verdict *verdict = run.play->verdict;
	va_list args;

	va_start(args, fmt);
	vsnprintf(verdict->message, sizeof(verdict->message), fmt, args);
	va_end(args);
	verdict->failed = true;
	if (run.play->aloud) {
		fprintf(stderr, "FAILED: %s\n", verdict->message);
		pagoda_show("buddyinfo", stderr);
	}
	_exit(1);
}

#define MUST(condition, ...)			\
	do {					\
		if (unlikely(!(condition)))	\
			broken(__VA_ARGS__);	\
	} while (0)

#define SAY(...)						\
	do {							\
		if (unlikely(run.play->aloud))			\
			fprintf(stderr, __VA_ARGS__);		\
	} while (0)

#endif

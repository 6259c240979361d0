// SPDX-License-Identifier: MIT
/*
 * trace_text.c - fuzz target: the reader of recordings, any bytes at all
 *
 * What must hold of every input: no event reaches the sink that breaks the limits of trace.h, the
 * counters agree with what the sink was told, and a strict sink sees the same first problem.
 * A trace.dat is left out: it is parsed by libtracecmd, not by us.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/trace/trace.h"

struct seen {
	uint64_t nr_events;
	uint64_t nr_problems;
	uint32_t first_problem;
	int	 strict;
};

static void require(int fact)
{
	if (!fact)
		abort();
}

static int see_event(void *arg, const struct trace_event *event)
{
	struct seen *seen = arg;

	require(event->type < TRACE_FIRST_COUNTED && event->type != TRACE_MARK);
	require(event->order <= TRACE_MAX_ORDER && event->cpu <= TRACE_MAX_CPU);
	require(event->migratetype <= TRACE_MAX_MIGRATETYPE && event->line);
	if (event->type <= TRACE_BUDDY_IN)
		require(!(event->pfn & ((1u << event->order) - 1)) && !(event->pfn >> TRACE_PFN_BITS));
	seen->nr_events++;
	return 0;
}

static int see_mark(void *arg, const struct trace_event *event, const char *text, size_t len)
{
	struct seen *seen = arg;

	require(event->type == TRACE_MARK && len <= TRACE_MAX_LINE && !memchr(text, '\n', len));
	seen->nr_events++;
	return 0;
}

static int see_problem(void *arg, const struct trace_problem *problem)
{
	struct seen *seen = arg;

	require(problem->line && problem->reason[0]);
	if (!seen->nr_problems++)
		seen->first_problem = problem->line;
	return seen->strict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen loose = { 0 }, strict = { .strict = 1 };
	struct trace_sink sink = { see_event, see_mark, see_problem, NULL, &loose };
	struct trace_stats stats;
	uint64_t nr = 0;
	int type;

	if (size > 3 && !memcmp(data, "\x17\x08\x44", 3))
		return 0;
	trace_read_memory("fuzz", data, size, &sink, &stats);
	require(stats.nr_malformed == loose.nr_problems);
	for (type = 0; type < NR_TRACE_TYPES; type++)
		nr += stats.nr_type[type];
	require(nr == stats.nr_events && nr >= loose.nr_events);
	sink.arg = &strict;
	if (trace_read_memory("fuzz", data, size, &sink, &stats) == TRACE_STOPPED)
		require(strict.first_problem == loose.first_problem);
	else
		require(!loose.nr_problems);
	return 0;
}

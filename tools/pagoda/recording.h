/* SPDX-License-Identifier: MIT */
/*
 * recording.h - a trace in memory, ready to be replayed
 */
#ifndef PAGODA_RECORDING_H
#define PAGODA_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../trace/trace.h"
#include "machine.h"
#include "outcome.h"
#include "state.h"

enum op_type {
	OP_ALLOC,
	OP_FREE,
	OP_MOVE,	/* compaction moved pfn many pages to frames that are not known */
	OP_NONE,	/* while reading only: turned out not to have happened */
};

/* One call that the replay makes. 16 bytes: four to a cache line. */
struct op {
	uint32_t pfn;		/* of the traced machine */
	uint32_t gfp;		/* of an allocation: the library's flags */
	uint16_t cpu;
	uint8_t	 type;		/* enum op_type */
	uint8_t	 order;
	uint8_t	 height;	/* of an allocation: the highest zone allowed */
	uint8_t	 gap;		/* enum gap: how the allocation, or that of a free, is known */
	uint8_t	 unused[2];
};

_Static_assert(sizeof(struct op) == 16, "four to a cache line");

/* A piece of the workload: from its mark to the next. The first one begins with the trace. */
struct phase {
	char	*name;
	char	*text;		/* what else the mark said */
	size_t	 first_op;
	uint64_t nr_events;	/* lines of all types */
	struct outcome there;	/* what the trace says happened */
};

/* A moment at which both machines are compared. */
struct snapshot {
	char   *label;
	size_t	op;		/* before this one */
	size_t	phase;		/* in which it falls */
	/*
	 * The traced buddy system by the moves in the trace, when /proc began to be read and when
	 * that was done; nr 0 where it cannot be told.
	 */
	struct memory_state derived, derived_after;
};

struct recording {
	struct trace_stats stats;
	double		 read_seconds;
	struct op	*ops;
	size_t		 nr_ops;
	struct phase	*phases;
	size_t		 nr_phases;
	struct snapshot *snapshots;
	size_t		 nr_snapshots;
	uint64_t	 pfn_limit;	/* one more than the largest frame in ops */
	unsigned int	 max_cpu;
	uint64_t	 nr_out_of_range;	/* events at frames the machine does not have */
	uint64_t	 nr_migrated;		/* pages that compaction moved */
	uint64_t	 nr_split;		/* compound blocks later freed in parts */
	uint64_t	 nr_dropped_zero;
	uint64_t	 nr_dropped_nofail;
	struct span_list not_free;	/* frames of initial-free.txt that were not */
};

/* What the reading wants of its caller. */
struct recording_options {
	const struct machine *machine;	/* NULL: not known */
	bool   strict;			/* end at the first malformed line */
	bool   infer;			/* make ops of allocations that only the free lists show */
	uint64_t in_arrays;		/* with that: pages in arrays at the end, or 0 */
	void (*problem)(const struct trace_problem *problem);
	void (*progress)(uint64_t done, uint64_t total);
};

/**
 * recording_read - read a trace into memory, and find out what its events tell of each other
 *
 * Return: enum trace_result. @recording holds what was read in any case and is to be freed.
 */
enum trace_result recording_read(const char *path, const struct recording_options *options,
				 struct recording *recording);
void recording_free(struct recording *recording);

/* What the trace says happened, over all phases. */
struct outcome recording_there(const struct recording *recording);

#endif

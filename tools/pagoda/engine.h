/* SPDX-License-Identifier: MIT */
/*
 * engine.h - a recording replayed on the machine that runs
 */
#ifndef PAGODA_ENGINE_H
#define PAGODA_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "machine.h"
#include "outcome.h"
#include "recording.h"
#include "state.h"

/* One frame of the traced machine and the page that stands for it. */
struct slot {
	uint32_t pfn;		/* of our page, when it is live */
	uint8_t	 order;		/* of the block it belongs to */
	uint8_t	 state;		/* enum slot_state */
	uint16_t unused;
};

_Static_assert(sizeof(struct slot) == 8, "the table stays in the cache: 8 bytes for 4096");

enum slot_state {
	SLOT_EMPTY,	/* not known to be live */
	SLOT_LIVE,
	SLOT_SPLIT,	/* live, a single page of a block that was split */
	SLOT_FAILED,	/* live there, its allocation failed here */
	SLOT_RESERVED,	/* reserved at boot, as it was in use before the first event */
};

struct page;

struct engine {
	const struct recording *recording;
	struct slot	*slot;		/* by frame, nr_slots of them */
	uint64_t	 nr_slots;
	unsigned int	 nr_cpus;
	int		 cpu;		/* the one this thread counts as */
	unsigned int	 zones;		/* populated ones, bits by height */
	struct page	**moved;	/* pages that stand for those compaction moved */
	size_t		 nr_moved;
	struct outcome	*now;		/* of the phase that runs */
	struct outcome	*phases;	/* recording->nr_phases of them */
	struct memory_state *states;	/* recording->nr_snapshots of them */
	void (*progress)(uint64_t done, uint64_t total);
};

/**
 * engine_start - the table, for a machine that has just booted
 * @reserved: the traced machine, when ours is its copy; NULL: ours is another one
 *
 * Return: 0, or -1 with a message.
 */
int engine_start(struct engine *engine, const struct recording *recording,
		 const struct machine *reserved);

/* Replays all ops. Context: a plain thread, which is left bound to the last CPU used. */
void engine_run(struct engine *engine);

/* Frees what is still live. Return: how many blocks. */
uint64_t engine_free_all(struct engine *engine);

void engine_end(struct engine *engine);

#endif

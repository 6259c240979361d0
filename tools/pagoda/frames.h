/* SPDX-License-Identifier: MIT */
/*
 * frames.h - what the trace tells of each page frame of the traced machine
 */
#ifndef PAGODA_FRAMES_H
#define PAGODA_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "machine.h"
#include "outcome.h"
#include "state.h"

#define FRAMES_MAX	(1ull << 30)	/* 4 TiB of 4 KiB pages; a frame beyond is out of range */
#define FRAMES_NO_OP	UINT32_MAX

/* One frame. Zeros: nothing is known. */
struct frame {
	uint32_t owner;		/* 1 + the op that allocated it, 0: not known to be live */
	uint32_t pending;	/* 1 + the op that allocates it, if that proves to have happened */
	uint8_t	 order;		/* of the block it belongs to, where there is an owner */
	uint8_t	 in_buddy : 1;	/* in the free lists */
	uint8_t	 in_array : 1;	/* freed into a per-CPU array, not drained from it */
	uint8_t	 seen;		/* an event named it, or it was free at the first event */
	uint8_t	 untouched;	/* free at the first event, and no event has named it since */
};

struct frames {
	struct frame *frame;
	uint64_t      nr;		/* frames there is room for */
	uint64_t      limit;		/* frames from here on are out of range */
	bool	      trusted;		/* in_buddy began from a known state, no move was hidden */
	bool	      compacted;	/* compaction has been at work */
	struct span_list late;		/* said to be free at the first event, were not */
};

/**
 * frames_start - nothing has happened yet
 * @machine: NULL: not known, then all frames below FRAMES_MAX are in range
 *
 * Return: 0, or -1 with a message.
 */
int frames_start(struct frames *frames, const struct machine *machine);
void frames_end(struct frames *frames);

/* Makes room for a block. Return: false when it is out of range. */
bool frames_reach(struct frames *frames, uint64_t pfn, unsigned int order);

/* The calls below want a block that frames_reach() said true of. */

/* A block was handed out by op number @op. */
void frames_alloc(struct frames *frames, uint64_t pfn, unsigned int order, uint32_t op);

/**
 * frames_free - a block is about to be freed
 * @whole: set to the op that allocated a larger block around it, FRAMES_NO_OP if none did
 *
 * Return: how its allocation is known.
 */
enum gap frames_free(struct frames *frames, uint64_t pfn, unsigned int order, uint32_t *whole);

/* A block left the free lists, came back to them. */
void frames_out(struct frames *frames, uint64_t pfn, unsigned int order);
void frames_in(struct frames *frames, uint64_t pfn, unsigned int order);

/* Compaction begins: from now on frames may be taken without any event. */
void frames_compaction(struct frames *frames);

/*
 * A frame that left the free lists may have been allocated out of sight. Op number @op stands for
 * that, until something tells: frames_pending() gives it back, and forgets it. FRAMES_NO_OP: none.
 */
void frames_suspect(struct frames *frames, uint64_t pfn, uint32_t op);
uint32_t frames_pending(struct frames *frames, uint64_t pfn);

/* How many frames were freed into per-CPU arrays and are there still. */
uint64_t frames_in_arrays(const struct frames *frames);

/**
 * frames_derive - the free lists of the traced machine, from the moves so far
 * @state: made anew; of no zones when they cannot be told: the free frames at the start are not
 *         known, or a move was hidden
 */
void frames_derive(const struct frames *frames, const struct machine *machine,
		   struct memory_state *state);

#endif

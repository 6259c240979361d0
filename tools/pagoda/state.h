/* SPDX-License-Identifier: MIT */
/*
 * state.h - the free memory of a machine at one moment, ours or the traced one's
 */
#ifndef PAGODA_STATE_H
#define PAGODA_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine.h"

struct zone_state {
	int	 nid;
	char	 name[12];
	uint64_t nr_free[NR_ORDERS];	/* blocks in the free lists */
	uint64_t in_arrays;		/* pages in per-CPU arrays */
};

/* Zones by node, then height. zone is to be freed, by state_free(). */
struct memory_state {
	struct zone_state *zone;
	size_t		   nr;
	bool		   knows_arrays;
};

void state_free(struct memory_state *state);

/* The zone of that node and name; NULL when there is none. */
const struct zone_state *state_find(const struct memory_state *state, int nid, const char *name);

/* A new, empty zone at the end. */
struct zone_state *state_add(struct memory_state *state, int nid, const char *name);

/* The library's machine as it is now. Context: a machine runs, nobody else allocates. */
void state_here(struct memory_state *state);

/**
 * state_recorded - what the traced kernel's /proc said at a snapshot
 * @dir:   of machine.txt
 * @label: of the snapshot: "phase-NN-NAME", "start", "end"
 *
 * Return: false when it was not recorded.
 */
bool state_recorded(const char *dir, const char *label, struct memory_state *state);

/* Pages in the free lists. */
uint64_t state_pages(const struct zone_state *zone);

/* The largest order of which a block is free; -1 when nothing is. */
int state_largest_order(const struct zone_state *zone);

/* The part of the free memory that is of no use for a block of this order, in thousandths. As
 * Linux computes /sys/kernel/debug/extfrag/unusable_index (Gorman and Whitcroft, 2006). */
unsigned int state_unusable(const struct zone_state *zone, unsigned int order);

#endif

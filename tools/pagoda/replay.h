/* SPDX-License-Identifier: MIT */
/*
 * replay.h - the outcome of `pagoda replay', for those who print it
 */
#ifndef PAGODA_REPLAY_H
#define PAGODA_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "engine.h"
#include "machine.h"
#include "recording.h"

/* One boot, replay and shutdown. */
struct run {
	double	 boot_seconds;
	double	 seconds;	/* of all calls of the replay */
	uint64_t nr_live;	/* blocks live at the end, freed then */
	long	 nr_violations;	/* pagoda_check() at the end of the trace */
	int	 nr_leaked;	/* pagoda_shutdown() after everything was freed */
	struct outcome total;
};

/* A trace, its machine and what came of them. */
struct replay {
	const char	 *path;
	const struct machine *machine;	/* the traced one; NULL: not known */
	bool		  own_machine;	/* ours is its copy, not a what-if */
	char		 *command_line;
	struct recording  recording;
	struct engine	  engine;	/* of the first run: phases and states */
	struct run	 *runs;
	size_t		  nr_runs;
	bool		  runs_differ;	/* they should not */
	struct memory_state *recorded;	/* of the traced kernel, by snapshot; nr 0: none */
};

/* What runs[] tell of time. */
struct rates {
	double median, min, max;	/* page events a second */
	double boot_seconds;		/* the median */
};

uint64_t replay_nr_events(const struct run *run);
struct rates replay_rates(const struct replay *replay);

/* The traced kernel's state at a snapshot: "recorded", "derived" or, with NULL, none at all. */
const struct memory_state *replay_there(const struct replay *replay, size_t snapshot,
					const char **source);

/* Zones of which both kernels' free blocks are known, and of those the ones that agree. */
struct agreement {
	unsigned int nr_zones;		/* snapshots x zones compared: derived with recorded */
	unsigned int nr_equal;		/* in every order */
};

struct agreement replay_agreement(const struct replay *replay);

/* Tables for people. Without @details, no table for each snapshot. */
void report_text(const struct replay *replay, bool details, FILE *out);

struct cJSON;

/* The same as JSON (docs/replay.md). */
struct cJSON *report_json(const struct replay *replay);

#endif

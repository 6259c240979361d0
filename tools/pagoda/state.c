// SPDX-License-Identifier: MIT
/*
 * state.c - the free memory of a machine at one moment, ours or the traced one's
 *
 * Idea. Both sides are brought into one form, blocks by zone and order and pages in per-CPU arrays,
 * and from there every figure is computed by the same function. Ours is read from the zones; the
 * traced kernel's from the copies of /proc/buddyinfo and /proc/zoneinfo that were taken at the
 * marks of the recording.
 */
#define _GNU_SOURCE
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/mm.h>
#include <linux/vmstat.h>

#include "command.h"

_Static_assert(MAX_ORDER == NR_ORDERS, "both kernels have the same orders");

void state_free(struct memory_state *state)
{
	free(state->zone);
	memset(state, 0, sizeof(*state));
}

static struct zone_state *find(const struct memory_state *state, int nid, const char *name)
{
	size_t i;

	for (i = 0; i < state->nr; i++)
		if (state->zone[i].nid == nid && !strcmp(state->zone[i].name, name))
			return &state->zone[i];
	return NULL;
}

const struct zone_state *state_find(const struct memory_state *state, int nid, const char *name)
{
	return find(state, nid, name);
}

struct zone_state *state_add(struct memory_state *state, int nid, const char *name)
{
	struct zone_state *zone;

	state->zone = must_alloc(state->zone, state->nr + 1, sizeof(*state->zone));
	zone = &state->zone[state->nr++];
	memset(zone, 0, sizeof(*zone));
	zone->nid = nid;
	snprintf(zone->name, sizeof(zone->name), "%s", name);
	return zone;
}

void state_here(struct memory_state *state)
{
	struct zone *zone;

	memset(state, 0, sizeof(*state));
	state->knows_arrays = true;
	for_each_populated_zone(zone) {
		struct zone_state *here = state_add(state, zone_to_nid(zone), zone->name);
		int order;

		for (order = 0; order < NR_ORDERS; order++)
			here->nr_free[order] = zone->free_area[order].nr_free;
		here->in_arrays = zone_page_state(zone, NR_FREE_PAGES) - state_pages(here);
	}
}

uint64_t state_pages(const struct zone_state *zone)
{
	uint64_t pages = 0;
	int order;

	for (order = 0; order < NR_ORDERS; order++)
		pages += zone->nr_free[order] << order;
	return pages;
}

int state_largest_order(const struct zone_state *zone)
{
	int order = NR_ORDERS - 1;

	while (order >= 0 && !zone->nr_free[order])
		order--;
	return order;
}

unsigned int state_unusable(const struct zone_state *zone, unsigned int order)
{
	uint64_t pages = state_pages(zone), usable = 0;
	unsigned int o;

	if (!pages)
		return 1000;
	for (o = order; o < NR_ORDERS; o++)
		usable += zone->nr_free[o] << o;
	return (unsigned int)((pages - usable) * 1000 / pages);
}

/* A file of /proc, or part of one: what the lines that follow belong to. */
enum proc_file { PROC_OTHER, PROC_BUDDYINFO, PROC_ZONEINFO };

static enum proc_file proc_by_name(const char *name)
{
	if (!strcmp(name, "buddyinfo"))
		return PROC_BUDDYINFO;
	return strcmp(name, "zoneinfo") ? PROC_OTHER : PROC_ZONEINFO;
}

/* "Node 0, zone      DMA  5  3 ...": a column for each order. */
static void read_buddyinfo(struct memory_state *state, const char *line)
{
	struct zone_state *zone;
	int nid, used, order;
	char name[12];

	if (sscanf(line, "Node %d, zone %11s%n", &nid, name, &used) != 2)
		return;
	zone = state_add(state, nid, name);
	for (order = 0; order < NR_ORDERS; order++) {
		unsigned long long nr;
		int len;

		line += used;
		if (sscanf(line, "%llu%n", &nr, &len) != 1)
			break;
		zone->nr_free[order] = nr;
		used = len;
	}
}

/* The arrays of a zone are listed by CPU, "count: 198" is how full one is. */
static struct zone_state *read_zoneinfo(struct memory_state *state, struct zone_state *zone,
					const char *line)
{
	unsigned long long nr;
	char name[12];
	int nid;

	if (sscanf(line, "Node %d, zone %11s", &nid, name) == 2)
		return find(state, nid, name);
	if (zone && sscanf(line, " count: %llu", &nr) == 1) {
		zone->in_arrays += nr;
		state->knows_arrays = true;
	}
	return zone;
}

static bool read_proc(const char *path, enum proc_file part, struct memory_state *state)
{
	FILE *file = fopen(path, "re");
	struct zone_state *zone = NULL;
	char *line = NULL, name[32];
	size_t size = 0;

	if (!file)
		return false;
	while (getline(&line, &size, file) >= 0) {
		if (sscanf(line, "==> %31s <==", name) == 1)
			part = proc_by_name(name);
		else if (part == PROC_BUDDYINFO)
			read_buddyinfo(state, line);
		else if (part == PROC_ZONEINFO)
			zone = read_zoneinfo(state, zone, line);
	}
	free(line);
	fclose(file);
	return true;
}

static bool read_named(const char *dir, const char *sub, const char *name, enum proc_file part,
		       struct memory_state *state)
{
	char *path = must_print("%s/%s/%s.txt", dir, sub, name);
	bool there = read_proc(path, part, state);

	free(path);
	return there;
}

bool state_recorded(const char *dir, const char *label, struct memory_state *state)
{
	memset(state, 0, sizeof(*state));
	if (strchr(label, '/'))
		return false;
	if (!strncmp(label, "phase-", 6)) {
		read_named(dir, "phases", label + 6, PROC_OTHER, state);
	} else {
		read_named(dir, label, "buddyinfo", PROC_BUDDYINFO, state);
		read_named(dir, label, "zoneinfo", PROC_ZONEINFO, state);
	}
	return state->nr;
}

/* SPDX-License-Identifier: MIT */
/*
 * frames.h - the model: one bit for each page frame, free or not
 *
 * Idea. What a buddy allocator may hand out, and what its free lists must look like once the per-CPU arrays
 * are empty, follows from nothing but the set of free frames: a free block is a largest aligned run of free
 * frames inside one zone. So the model has no lists, no blocks and no orders, and still predicts
 * the length of every list.
 */
#ifndef PAGODA_TESTS_FRAMES_H
#define PAGODA_TESTS_FRAMES_H

#include <linux/mm.h>
#include <linux/mmzone.h>

#include <stdlib.h>
#include <string.h>

#include "mm/internal.h"

#define MAX_ZONES (MAX_NUMNODES * MAX_NR_ZONES)

struct frames {
	unsigned long *used;		/* a bit for each frame: not free, or never ours */
	unsigned long  nr_frames;
	unsigned long  free;		/* frames whose bit is clear */
	unsigned int   nr_zones;
	struct frame_zone {
		struct zone  *zone;
		unsigned long free;
		unsigned long boot_blocks[MAX_ORDER];
	} zone[MAX_ZONES];
};

static inline bool frame_used(const struct frames *frames, unsigned long pfn)
{
	return frames->used[pfn / BITS_PER_LONG] >> (pfn % BITS_PER_LONG) & 1;
}

/* The bits of one word that belong to frames @pfn .. @end - 1; @pfn is in the word. */
static inline unsigned long word_mask(unsigned long pfn, unsigned long end)
{
	unsigned long first = pfn % BITS_PER_LONG, nr = end - pfn;
	unsigned long ones = nr >= BITS_PER_LONG ? ~0UL : (1UL << nr) - 1;

	return ones << first;
}

static inline unsigned long next_word(unsigned long pfn)
{
	return (pfn / BITS_PER_LONG + 1) * BITS_PER_LONG;
}

static inline bool frames_all_free(const struct frames *frames, unsigned long pfn, unsigned long nr)
{
	unsigned long end = pfn + nr;

	if (end > frames->nr_frames)
		return false;
	for (; pfn < end; pfn = next_word(pfn))
		if (frames->used[pfn / BITS_PER_LONG] & word_mask(pfn, end))
			return false;
	return true;
}

static inline bool frames_all_used(const struct frames *frames, unsigned long pfn, unsigned long nr)
{
	unsigned long end = pfn + nr;

	for (; pfn < end; pfn = next_word(pfn))
		if (~frames->used[pfn / BITS_PER_LONG] & word_mask(pfn, end))
			return false;
	return true;
}

/* The zone of a frame, by the zones' extents; NULL for a frame of none. */
static inline struct frame_zone *frames_zone(struct frames *frames, unsigned long pfn)
{
	for (unsigned int i = 0; i < frames->nr_zones; i++)
		if (zone_spans_pfn(frames->zone[i].zone, pfn))
			return &frames->zone[i];
	return NULL;
}

/* Marks frames of one zone that all were the opposite. */
static inline void frames_set(struct frames *frames, unsigned long pfn, unsigned long nr, bool used)
{
	struct frame_zone *zone = frames_zone(frames, pfn);
	unsigned long end = pfn + nr;

	for (; pfn < end; pfn = next_word(pfn)) {
		if (used)
			frames->used[pfn / BITS_PER_LONG] |= word_mask(pfn, end);
		else
			frames->used[pfn / BITS_PER_LONG] &= ~word_mask(pfn, end);
	}
	frames->free += used ? -nr : nr;
	zone->free += used ? -nr : nr;
}

/* The order of the free block that begins at the free frame @pfn. */
static inline unsigned int frames_order(const struct frames *frames, const struct zone *zone,
					unsigned long pfn)
{
	unsigned int order = 0;

	while (order + 1 < MAX_ORDER && !(pfn & ((2UL << order) - 1)) &&
	       pfn + (2UL << order) <= zone_end_pfn(zone) &&
	       frames_all_free(frames, pfn + (1UL << order), 1UL << order))
		order++;
	return order;
}

/* How many blocks of each order the zone has when no page is in an array. */
static inline void frames_count_blocks(const struct frames *frames, const struct zone *zone,
				       unsigned long *blocks)
{
	unsigned long pfn = zone->zone_start_pfn, end = zone_end_pfn(zone);

	memset(blocks, 0, MAX_ORDER * sizeof(*blocks));
	while (pfn < end) {
		unsigned int order;

		if (!(pfn % BITS_PER_LONG) && frames->used[pfn / BITS_PER_LONG] == ~0UL) {
			pfn += BITS_PER_LONG;
			continue;
		}
		if (frame_used(frames, pfn)) {
			pfn++;
			continue;
		}
		order = frames_order(frames, zone, pfn);
		blocks[order]++;
		pfn += 1UL << order;
	}
}

/* Does the zone have a free aligned run of @order? */
static inline bool frames_have_block(const struct frames *frames, const struct zone *zone,
				     unsigned int order)
{
	unsigned long size = 1UL << order, pfn = ALIGN(zone->zone_start_pfn, size);

	for (; pfn + size <= zone_end_pfn(zone); pfn += size)
		if (frames_all_free(frames, pfn, size))
			return true;
	return false;
}

/* The model begins with what the lists say after boot; whoever calls this checks that it is plausible. */
static inline void frames_read_lists(struct frames *frames, struct zone *zone)
{
	unsigned long pfn = ALIGN(zone->zone_start_pfn, PAGES_PER_SECTION);
	struct page *page;

	for (int order = 0; order < MAX_ORDER; order++)
		for (int type = 0; type < MIGRATE_TYPES; type++)
			list_for_each_entry(page, &zone->free_area[order].free_list[type], lru)
				frames_set(frames, page_to_pfn(page), 1UL << order, false);
	for (; pfn + PAGES_PER_SECTION <= zone_end_pfn(zone); pfn += PAGES_PER_SECTION)
		if (buddy_deferred(zone, pfn))
			frames_set(frames, pfn, PAGES_PER_SECTION, false);
}

static inline void frames_start(struct frames *frames)
{
	unsigned long words = DIV_ROUND_UP(max_pfn, BITS_PER_LONG);
	struct zone *zone;

	memset(frames, 0, sizeof(*frames));
	frames->nr_frames = max_pfn;
	frames->used = malloc(words * sizeof(long));
	memset(frames->used, 0xff, words * sizeof(long));
	for_each_populated_zone(zone)
		frames->zone[frames->nr_zones++].zone = zone;
	for (unsigned int i = 0; i < frames->nr_zones; i++) {
		zone = frames->zone[i].zone;
		frames_read_lists(frames, zone);
		for (int order = 0; order < MAX_ORDER; order++)
			frames->zone[i].boot_blocks[order] = zone->free_area[order].nr_free;
	}
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * <linux/mmzone.h> - nodes, zones and their free memory
 *
 * A node (pg_data_t) is memory at one distance; each has the four zones, some of them empty. A zone
 * is memory with one capability. Both live inside the machine's RAM.
 */
#ifndef _PAGODA_LINUX_MMZONE_H
#define _PAGODA_LINUX_MMZONE_H

#include <asm/page.h>
#include <linux/cache.h>
#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/numa.h>
#include <linux/pageblock-flags.h>
#include <linux/spinlock.h>
#include <linux/threads.h>
#include <linux/types.h>

/* One more than the largest order. */
#define MAX_ORDER 11
#define MAX_ORDER_NR_PAGES (1UL << (MAX_ORDER - 1))

/* Above this order an allocation is expected to fail now and then. */
#define PAGE_ALLOC_COSTLY_ORDER 3

enum migratetype {
	MIGRATE_UNMOVABLE,
	MIGRATE_MOVABLE,
	MIGRATE_RECLAIMABLE,
	MIGRATE_PCPTYPES,	/* types that have per-CPU arrays */
	MIGRATE_HIGHATOMIC = MIGRATE_PCPTYPES,
	MIGRATE_ISOLATE,
	MIGRATE_TYPES
};

enum zone_type {
	ZONE_DMA,
	ZONE_DMA32,
	ZONE_NORMAL,
	ZONE_HIGHMEM,
	MAX_NR_ZONES
};

enum zone_watermarks {
	WMARK_MIN,
	WMARK_LOW,
	WMARK_HIGH,
	NR_WMARK
};

enum lru_list {
	LRU_INACTIVE_ANON,
	LRU_ACTIVE_ANON,
	LRU_INACTIVE_FILE,
	LRU_ACTIVE_FILE,
	LRU_UNEVICTABLE,
	NR_LRU_LISTS
};

struct zone_lru {
	struct list_head list;
};

struct free_area {
	struct list_head free_list[MIGRATE_TYPES];
	unsigned long	 nr_free;	/* blocks, those of untouched memory among them */
};

/* Memory that nobody has asked for yet: its pages are not initialised. Whole sections. */
struct pfn_range {
	unsigned long start, end;	/* end is out */
};
#define NR_DEFERRED_RANGES 8

struct array_cache;
struct pglist_data;

struct per_cpu_pageset;

/* (C) constant after boot  (L) zone->lock  (P) zone->pageset_lock  (r) may be read without, and be late */
struct zone {
	/* Free memory. */
	spinlock_t	 lock;				/* RANK_ZONE */
	unsigned long	 nr_free;			/* (L r) pages in free_area and deferred */
	struct free_area free_area[MAX_ORDER];		/* (L) orders 0 .. MAX_ORDER - 1 */
	struct pfn_range deferred[NR_DEFERRED_RANGES];	/* (L) ascending; taken from the front */
	unsigned int	 nr_deferred;			/* (L) */
	unsigned long	 nr_taken, nr_given;		/* (L r) pages since boot, out of the buddy and back */
	unsigned long	 nr_extfrag;			/* (L r) blocks taken from another migrate type */

	/* Policy. */
	unsigned long	 watermark[NR_WMARK];		/* (C) pages */
	unsigned long	 lowmem_reserve[MAX_NR_ZONES];	/* (C) pages kept from requests of a higher zone */

	/* Per-CPU arrays. */
	spinlock_t	 pageset_lock;			/* RANK_PAGESET */
	bool		 tight;				/* (P r) below low and not yet above high: no arrays */
	int		 pageset_high;			/* (C) most pages in one array */
	int		 pageset_batch;			/* (C) pages moved at a time */
	struct per_cpu_pageset *pageset;		/* (C) [nr_cpu_ids] */

	/* Reclaim's lists. */
	spinlock_t	 lru_lock;			/* RANK_LRU */
	struct zone_lru	 lru[NR_LRU_LISTS];

	/* What it is. */
	const char	*name;				/* (C) */
	struct pglist_data *zone_pgdat;			/* (C) */
	unsigned long	 zone_start_pfn;		/* (C) */
	unsigned long	 spanned_pages;			/* (C) with holes */
	unsigned long	 present_pages;			/* (C) without */
	atomic_long_t	 managed_pages;			/* present, without what boot reserved */
} ____cacheline_aligned;

struct zoneref {
	struct zone *zone;
	int zone_idx;
};

/* Zones in the order of preference; ends with a NULL zone. */
struct zonelist {
	struct zoneref *_zonerefs;	/* (C) */
};

enum { ZONELIST_FALLBACK, ZONELIST_NOFALLBACK, MAX_ZONELISTS };

typedef struct pglist_data {
	struct zone	node_zones[MAX_NR_ZONES];
	struct zonelist	node_zonelists[MAX_ZONELISTS];	/* all nodes by distance; this node alone */
	int		node_id;			/* (C) */
	int		nr_zones;			/* (C) */
	unsigned long	node_start_pfn;			/* (C) */
	unsigned long	node_present_pages;		/* (C) */
	unsigned long	node_spanned_pages;		/* (C) */
} pg_data_t;

#pragma GCC visibility push(default)

extern struct pglist_data *node_data[MAX_NUMNODES];
extern struct page *mem_map;
extern unsigned long max_pfn;		/* one more than the last frame */
extern unsigned long max_low_pfn;	/* one more than the last frame of the direct map */

/* The migrate type of the page block that @page is in. Context: any; a hint without zone->lock. */
int get_pageblock_migratetype(const struct page *page);

/* The first zone of the first online node, the zone after @zone; NULL at the end. */
struct zone *first_zone(void);
struct zone *next_zone(struct zone *zone);

/* Makes the pages around @pfn valid when nobody has touched them yet. Context: any. */
void __init_section(unsigned long pfn);

/**
 * pfn_valid - does @pfn have a struct page?
 *
 * True for memory and for the holes between. Context: any.
 */
bool pfn_valid(unsigned long pfn);

#pragma GCC visibility pop

#define NODE_DATA(nid) (node_data[nid])

#define min_wmark_pages(z) ((z)->watermark[WMARK_MIN])
#define low_wmark_pages(z) ((z)->watermark[WMARK_LOW])
#define high_wmark_pages(z) ((z)->watermark[WMARK_HIGH])

#define zone_idx(zone) ((enum zone_type)((zone) - (zone)->zone_pgdat->node_zones))

static inline unsigned long zone_managed_pages(const struct zone *zone)
{
	return (unsigned long)__atomic_load_n(&zone->managed_pages.counter, __ATOMIC_RELAXED);
}

static inline bool managed_zone(const struct zone *zone)
{
	return zone_managed_pages(zone);
}

static inline bool populated_zone(const struct zone *zone)
{
	return zone->present_pages;
}

static inline unsigned long zone_end_pfn(const struct zone *zone)
{
	return zone->zone_start_pfn + zone->spanned_pages;
}

static inline bool zone_spans_pfn(const struct zone *zone, unsigned long pfn)
{
	return pfn >= zone->zone_start_pfn && pfn < zone_end_pfn(zone);
}

static inline int zone_to_nid(const struct zone *zone)
{
	return zone->zone_pgdat->node_id;
}

static inline int is_highmem_idx(enum zone_type idx)
{
	return idx == ZONE_HIGHMEM;
}

static inline int is_highmem(const struct zone *zone)
{
	return is_highmem_idx(zone_idx(zone));
}

#define for_each_zone(zone) \
	for ((zone) = first_zone(); (zone); (zone) = next_zone(zone))
#define for_each_populated_zone(zone) \
	for_each_zone(zone) if (!populated_zone(zone)) continue; else

#endif

/* SPDX-License-Identifier: MIT */
/*
 * internal.h - what the files of mm/ share, floor by floor (DESIGN §1); a file uses its own floor's and
 * those below
 */
#ifndef _MM_INTERNAL_H
#define _MM_INTERNAL_H

#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/vmstat.h>
#include <pagoda/machine.h>


#include "kernel/array_cache.h"
#include "kernel/cpu.h"

#pragma GCC visibility push(hidden)

/* The requests that have arrays: all values of the five low bits of gfp_t. */
#define NR_PAGE_REQUESTS 32

/* ---- floor 1: page.c ---- */

/* Pages whose struct page is made at one time. Whole sections only are left untouched. */
#define PAGES_PER_SECTION (8UL * MAX_ORDER_NR_PAGES)

/* page->counts of a free page, and of a block with one reference and no mapping */
#define COUNTS_FREE 0xffffffffffffffffULL
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define COUNTS_ONE 0xffffffff00000000ULL
#else
#define COUNTS_ONE 0x00000000ffffffffULL
#endif

/* Who took a block, and who gave it back last. One for each page; that of a block's first page counts. */
struct page_owner {
	unsigned long alloc_ip;
	unsigned long free_ip;
};

/* mem_map as the core sees it. Not exported, so the hot paths reach it without a look-up. (C) */
struct page_map {
	struct page	  *first;	/* NULL: no machine is running */
	unsigned long	   nr_pages;
	struct page_owner *owners;
};

extern struct page_map page_map;

_Static_assert(sizeof(struct page) == 4 * sizeof(struct page_owner), "as page_owner_of() has it");

static __always_inline struct page_owner *page_owner_of(const struct page *page)
{
	unsigned long offset = (unsigned long)page - (unsigned long)page_map.first;

	return (struct page_owner *)((char *)page_map.owners + offset / 4);
}

/*
 * The number of @page in the map; too large when it is not in the map, or points between two pages: then
 * the rotation brings low bits to the top.
 */
static __always_inline unsigned long page_number(const struct page *page)
{
	unsigned long offset = (unsigned long)page - (unsigned long)page_map.first;

	return offset >> 6 | offset << (BITS_PER_LONG - 6);
}

/* Where the boundaries of zones and nodes are. (C) */
extern unsigned long zone_limit_pfn[MAX_NR_ZONES];	/* one more than the last frame */
extern unsigned long node_limit_pfn[MAX_NUMNODES];

/**
 * memmap_start - begin to use the arrays that describe pages
 * @map:      struct page for [0, max_pfn), rounded up to sections; zeroed
 * @owners:   page_owner for as many; zeroed
 * @types:    a byte for each page block; zeroed
 * @sections: a bit for each section; zeroed
 *
 * Context: boot; max_pfn, zone_limit_pfn and node_limit_pfn are set.
 */
void memmap_start(struct page *map, struct page_owner *owners, u8 *types,
		  unsigned long *sections);
void memmap_stop(void);

/* Has anybody touched the section of @pfn? */
bool section_mapped(unsigned long pfn);

/* Does @page point to a struct page of the machine? */
static __always_inline bool page_ptr_valid(const struct page *page)
{
	return page_number(page) < page_map.nr_pages;
}

void set_pageblock_migratetype(struct page *page, int migratetype);

/* Of a page that is ours alone; others may look at it meanwhile. */
static __always_inline void change_page_flags(struct page *page, unsigned long clear,
					      unsigned long set)
{
	WRITE_ONCE(page->flags, (page->flags & ~clear) | set);
}

/* States of a page in use: its owner must have ended them before it is freed. */
#define PAGE_STATES_BAD_TO_FREE                                                          \
	(BIT(PG_locked) | BIT(PG_lru) | BIT(PG_active) | BIT(PG_slab) | BIT(PG_reserved) |     \
	 BIT(PG_private) | BIT(PG_private_2) | BIT(PG_writeback) | BIT(PG_unevictable) |        \
	 BIT(PG_mlocked) | BIT(PG_head))

/*
 * The others, and the mapping, mean nothing once the page is freed. In the first page of a block they are
 * cleared then, or refused; in an inner page, where nobody looks, when it is the first page of a block again.
 */
static inline void clear_old_states(struct page *page)
{
	change_page_flags(page, PAGE_STATES_MASK & ~PAGE_STATES_BAD_TO_FREE, 0);
	page->mapping = NULL;
}

static inline unsigned int page_order(const struct page *page)
{
	return (READ_ONCE(page->flags) >> PAGE_ORDER_SHIFT) & PAGE_ORDER_MASK;
}

static inline void set_page_order(struct page *page, unsigned int order)
{
	change_page_flags(page, PAGE_ORDER_MASK << PAGE_ORDER_SHIFT,
			  (unsigned long)order << PAGE_ORDER_SHIFT);
}

static inline int page_taken_type(const struct page *page)
{
	return (READ_ONCE(page->flags) >> PAGE_MT_SHIFT) & PAGE_MT_MASK;
}

static inline void set_page_taken_type(struct page *page, int migratetype)
{
	change_page_flags(page, PAGE_MT_MASK << PAGE_MT_SHIFT,
			  (unsigned long)migratetype << PAGE_MT_SHIFT);
}

/* The migrate type does not count: both are arrays of one zone. */
static inline bool page_in_zone(const struct page *page, const struct zone *zone)
{
	return page_zone(page) == zone;
}

/* The number of the per-CPU array of a zone and type: the same that a page has in its flags. */
static inline unsigned int zone_array_nr(const struct zone *zone, int migratetype)
{
	return (unsigned int)zone_to_nid(zone) << (PAGE_NODE_SHIFT - PAGE_ARRAY_SHIFT) |
	       (unsigned int)zone_idx(zone) << (PAGE_ZONE_SHIFT - PAGE_ARRAY_SHIFT) |
	       (unsigned int)migratetype;
}

/*
 * Fill or check @nr_pages pages of memory, mapped or not. Only pages that were poisoned are checked,
 * and then no longer count as such.
 */
void clear_pages(struct page *page, unsigned long nr_pages);
void poison_pages(struct page *page, unsigned long nr_pages);
void check_poison(struct page *page, unsigned long nr_pages);

/* Report a broken page in the kernel's form; the message ends with the caller, @ip. */
void bad_page(const struct page *page, unsigned long ip, const char *fmt, ...) __printf(3, 4);

/* ---- floor 1: zone.c ---- */

extern const char *const zone_names[MAX_NR_ZONES];
extern unsigned int high_zone_of_gfp[NR_PAGE_REQUESTS];	/* the highest zone a request may use */

/* Describes the nodes and their zones by the memory map and the limits above, and makes the zonelists. */
void zones_start(struct pglist_data *nodes, unsigned int nr_nodes, struct zoneref *zonerefs,
		 bool highmem);
void zones_stop(void);
/* Watermarks and reserves, from the pages the zones manage. @kbytes: min_free_kbytes=, 0: the formula. */
void zones_set_watermarks(unsigned long kbytes, const unsigned long *reserve_ratio);
unsigned long zone_list_length(void);	/* entries of all zonelists of one node */
extern unsigned long min_free_kbytes;

enum {
	ALLOC_WMARK_MASK = 3,		/* enum zone_watermarks */
	ALLOC_HIGH = 4,			/* half of min is for us, too */
	ALLOC_NO_WATERMARKS = 8,	/* all of it is */
};

bool zone_watermark_ok(struct zone *zone, unsigned int order, unsigned int alloc_flags,
		       enum zone_type highest);

/* ---- floor 1: buddy.c ---- */

void buddy_init(struct zone *zone);
/* All under zone->lock. The block taken has its order and type noted, and no reference. */
struct page *buddy_take(struct zone *zone, unsigned int order, int migratetype)
	__must_hold(&zone->lock);
void buddy_give(struct zone *zone, struct page *page, unsigned int order)
	__must_hold(&zone->lock);
/* Adds untouched memory, whole sections in ascending order. Context: boot. */
bool buddy_defer(struct zone *zone, unsigned long start_pfn, unsigned long end_pfn);
unsigned long buddy_deferred_pages(const struct zone *zone);
bool buddy_deferred(const struct zone *zone, unsigned long pfn);
/* Checks the invariants that buddy.c tells; returns the number of violations. */
long buddy_check(struct zone *zone);

/* ---- floor 2: pageset.c ---- */

extern unsigned int pages_waited_for;	/* threads that wait for any page: keep none aside */

void pagesets_start(void);
size_t pageset_measure(struct zone *zone);
void pageset_init(struct zone *zone, void *memory);
struct page *pageset_alloc(struct zone *zone, unsigned int order, int migratetype, bool cold);
void pageset_free(struct zone *zone, struct page *page, unsigned int order);

/* Which row of cpu_area.page_array holds blocks of @order; negative if none does. */
static __always_inline int page_array_row(unsigned int order)
{
	if (order <= PAGE_ALLOC_COSTLY_ORDER)
		return order;
	return order == pageblock_order ? NR_PAGE_ARRAY_ORDERS - 1 : -1;
}
unsigned long pageset_pages(const struct zone *zone);
unsigned long pageset_cpu_pages(const struct zone *zone, unsigned int cpu);
/* Takes @zone's arrays out of use until enough is free again and nobody waits. */
void pageset_set_tight(struct zone *zone);
/* For who uses the buddy directly: memory was taken, or given. No lock held. */
void pageset_after_take(struct zone *zone);
void pageset_after_give(struct zone *zone);
long pageset_check(struct zone *zone);

/* ---- floor 2: account.c ---- */

void account_start(void);
void count_vm_event(enum vm_event_item item);
/* Is every page allocated, on a list, in an array, or reserved? Returns the number of violations. */
long account_check(struct zone *zone);
/* Reports what is allocated, by caller. Returns how many pages. */
unsigned long account_report_leaks(void);

/* ---- floor 2: page_alloc.c ---- */

enum { PAGE_DEBUG_INIT_ON_ALLOC = 1, PAGE_DEBUG_INIT_ON_FREE = 2, PAGE_DEBUG_POISON = 4 };

/* Allows requests, all of them with the extra work of PAGE_DEBUG_* in @debug. */
void page_alloc_start(unsigned int debug);
void page_alloc_stop(void);
/* Gives a run of free boot memory, all in one zone, to the buddy. Context: boot. */
void free_boot_pages(unsigned long start_pfn, unsigned long end_pfn);

/* ---- top floor: show.c ---- */

int mm_show(const char *name, emit_fn emit, void *arg);

#pragma GCC visibility pop

#endif

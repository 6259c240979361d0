// SPDX-License-Identifier: MIT
/*
 * pageset.c - the blocks that each CPU keeps of a zone
 *
 * Idea. Most requests are for one page, most others for a few, or for a page block. Each CPU has an
 * array of free blocks for each zone, migrate type and such order (kernel/array_cache.h); taking and
 * giving one is a pop and a push. An empty array is refilled from the buddy, a full one gives its
 * coldest blocks back, a batch at a time, so the zone lock is taken once for many. When memory runs
 * low, arrays would hide blocks from those who need them and from the watermarks; then the zone is
 * tight, its arrays are emptied and stay out of use, and everything passes through the buddy until
 * enough is free again.
 *
 * Always true
 *	clean    a block in an array is free (counts), has no states, and its order and type in flags
 *	home     an array belongs to one CPU, zone, type and order for ever; it is in its slot, parked, or in
 *	         the hands of whoever detached it
 *	parked   only while the zone is tight, and under pageset_lock
 *
 * Locks. zone->pageset_lock (RANK_PAGESET) for parking and for other CPUs' arrays; zone->lock inside.
 */
#include <linux/mm.h>

#include "internal.h"
#include "kernel/panic.h"

/* Most blocks handed to the buddy, or taken, under one hold of the zone lock. */
#define MAX_BATCH 64
/* Most pages in an array, however large the zone. */
#define MAX_HIGH 4096

unsigned int pages_waited_for;

struct page_array {
	struct zone *zone;		/* (C) */
	unsigned int cpu;		/* (C) */
	unsigned int order;		/* (C) */
	int	     migratetype;	/* (C) */
	bool	     parked;		/* (P) out of use while the zone is tight */
	bool	     detached;		/* (P) by whoever holds the lock */
	struct array_cache cache;
};

#define NR_ARRAYS (NR_PAGE_ARRAY_ORDERS * MIGRATE_PCPTYPES)

struct per_cpu_pageset {
	struct page_array *array[NR_ARRAYS];	/* (C) by order, then by type */
};

static const unsigned int row_order[NR_PAGE_ARRAY_ORDERS] = { 0, 1, 2, 3, pageblock_order };

/* All arrays of a zone. */
#define for_each_array(zone, cpu, i, each)					\
	for ((cpu) = 0; (zone)->pageset && (cpu) < num_online_cpus(); (cpu)++)	\
		for ((i) = 0; (i) < NR_ARRAYS && ((each) = (zone)->pageset[cpu].array[i], true); (i)++)

static struct page_array *array_of(struct array_cache *cache)
{
	return container_of(cache, struct page_array, cache);
}

static struct array_cache **zone_slot0(const struct zone *zone, unsigned int order, int migratetype)
{
	return &cpu_area0->page_array[page_array_row(order)][zone_array_nr(zone, migratetype)];
}

static struct array_cache **slot0_of(const struct page_array *array)
{
	return zone_slot0(array->zone, array->order, array->migratetype);
}

/* ---- boot ---- */

void pagesets_start(void)
{
	pages_waited_for = 0;
}

/* As Linux 6.1: a thousandth of the zone, at most 1 MiB, a quarter of that at a time, near 2^n - 1. */
static unsigned int zone_batch(const struct zone *zone)
{
	unsigned long batch = min(zone_managed_pages(zone) / 1024, (1UL << 20) / PAGE_SIZE) / 4;

	batch = batch ? rounddown_pow_of_two(batch + batch / 2) - 1 : 0;
	return clamp(batch, 1UL, (unsigned long)MAX_BATCH - 1);
}

/* As Linux 6.1: the CPUs share what is between nothing and the low watermark. */
static unsigned int zone_high(const struct zone *zone)
{
	unsigned long high = low_wmark_pages(zone) / num_online_cpus();

	return clamp(high, zone_batch(zone) * 4UL, (unsigned long)MAX_HIGH);
}

/*
 * In Linux one limit holds for the sum of all lists of a CPU and zone. Arrays do not know of each other: single
 * pages may have all of it, for they come in bursts, page blocks half, and the orders between an eighth.
 */
static unsigned int array_limit(const struct zone *zone, unsigned int order)
{
	unsigned int part = !order ? 1 : order == pageblock_order ? 2 : 8;

	return zone->pageset_high / part >> order;
}

static size_t array_bytes(const struct zone *zone, unsigned int order)
{
	return ALIGN(sizeof(struct page_array) + array_limit(zone, order) * sizeof(void *),
		     (size_t)SMP_CACHE_BYTES);
}

static size_t cpu_pagesets_bytes(void)
{
	return ALIGN(num_online_cpus() * sizeof(struct per_cpu_pageset), (size_t)SMP_CACHE_BYTES);
}

/* Decides how large the arrays of @zone are, by its watermarks of now. Returns how much memory they take. */
size_t pageset_measure(struct zone *zone)
{
	size_t bytes = 0;

	zone->pageset_batch = zone_batch(zone);
	zone->pageset_high = zone_high(zone);
	for (int row = 0; row < NR_PAGE_ARRAY_ORDERS; row++)
		bytes += MIGRATE_PCPTYPES * array_bytes(zone, row_order[row]);
	return cpu_pagesets_bytes() + num_online_cpus() * bytes;
}

static void init_array(struct page_array *array, struct zone *zone, unsigned int cpu, int i)
{
	unsigned int order = row_order[i / MIGRATE_PCPTYPES];

	array->zone = zone;
	array->cpu = cpu;
	array->order = order;
	array->migratetype = i % MIGRATE_PCPTYPES;
	array->cache.limit = array_limit(zone, order);
	array->cache.batchcount = max(zone->pageset_batch >> order, 1);
	array_attach(slot0_of(array), cpu, &array->cache);
}

void pageset_init(struct zone *zone, void *memory)
{
	char *next = (char *)memory + cpu_pagesets_bytes();
	unsigned int cpu;

	zone->pageset = memory;
	for_each_online_cpu(cpu)
		for (int i = 0; i < NR_ARRAYS; i++) {
			struct page_array *array = (struct page_array *)next;

			zone->pageset[cpu].array[i] = array;
			init_array(array, zone, cpu, i);
			next += array_bytes(zone, array->order);
		}
}

/* ---- arrays and the buddy ---- */

static void give_blocks(struct zone *zone, void **blocks, unsigned int nr, unsigned int order)
{
	while (nr) {
		unsigned int now = min_t(unsigned int, nr, MAX_BATCH);
		unsigned long flags;

		spin_lock_irqsave(&zone->lock, flags);
		for (unsigned int i = 0; i < now; i++)
			buddy_give(zone, blocks[i], order);
		spin_unlock_irqrestore(&zone->lock, flags);
		blocks += now;
		nr -= now;
	}
}

static void give_block(struct zone *zone, struct page *page, unsigned int order)
{
	void *one = page;

	give_blocks(zone, &one, 1, order);
}

static void empty_array_into_buddy(struct page_array *array)
{
	give_blocks(array->zone, array->cache.entry, array->cache.avail, array->order);
	WRITE_ONCE(array->cache.avail, 0);
}

/* Puts a detached array back to use, or, in a tight zone, aside. */
static void return_array(struct zone *zone, struct page_array *array)
	__must_hold(&zone->pageset_lock)
{
	array->parked = zone->tight;
	if (array->parked)
		empty_array_into_buddy(array);
	else
		array_attach(slot0_of(array), array->cpu, &array->cache);
}

/* Takes the arrays of @zone on all CPUs, empties them, and puts them back. */
static void drain_zone(struct zone *zone)
	__must_hold(&zone->pageset_lock)
{
	struct page_array *array;
	unsigned int cpu, nr = 0;
	int i;

	for_each_array(zone, cpu, i, array) {
		array->detached = array_detach(slot0_of(array), cpu);
		nr += array->detached;
	}
	if (!nr)
		return;
	arch_restart_cpus();
	count_vm_event(PCP_DRAIN);
	for_each_array(zone, cpu, i, array) {
		if (!array->detached)
			continue;
		array->detached = false;
		empty_array_into_buddy(array);
		return_array(zone, array);
	}
}

void drain_all_pages(struct zone *zone)
{
	struct zone *each;
	unsigned long flags;

	for_each_populated_zone(each) {
		if ((zone && zone != each) || !each->pageset)
			continue;
		spin_lock_irqsave(&each->pageset_lock, flags);
		drain_zone(each);
		spin_unlock_irqrestore(&each->pageset_lock, flags);
	}
}

static void drain_local_array(struct zone *zone, struct array_cache **slot0)
{
	struct array_cache *cache = array_detach_local(slot0);
	unsigned long flags;

	if (!cache)
		return;
	empty_array_into_buddy(array_of(cache));
	spin_lock_irqsave(&zone->pageset_lock, flags);
	return_array(zone, array_of(cache));
	spin_unlock_irqrestore(&zone->pageset_lock, flags);
}

void drain_local_pages(struct zone *zone)
{
	struct zone *each;

	for_each_populated_zone(each)
		for (int i = 0; i < NR_ARRAYS; i++)
			if ((!zone || zone == each) && each->pageset)
				drain_local_array(each, slot0_of(each->pageset[0].array[i]));
}

/* ---- tight zones ---- */

void pageset_set_tight(struct zone *zone)
{
	unsigned long flags;

	spin_lock_irqsave(&zone->pageset_lock, flags);
	if (!zone->tight) {
		WRITE_ONCE(zone->tight, true);
		count_vm_event(PAGESET_TIGHT);
		drain_zone(zone);
	}
	spin_unlock_irqrestore(&zone->pageset_lock, flags);
}

static noinline void relax(struct zone *zone)
{
	struct page_array *array;
	unsigned long flags;
	unsigned int cpu;
	int i;

	spin_lock_irqsave(&zone->pageset_lock, flags);
	WRITE_ONCE(zone->tight, false);
	for_each_array(zone, cpu, i, array)
		if (array->parked)
			return_array(zone, array);
	spin_unlock_irqrestore(&zone->pageset_lock, flags);
}

void pageset_after_take(struct zone *zone)
{
	if (unlikely(READ_ONCE(zone->nr_free) < low_wmark_pages(zone)) && !READ_ONCE(zone->tight))
		pageset_set_tight(zone);
}

void pageset_after_give(struct zone *zone)
{
	if (unlikely(READ_ONCE(zone->tight)) &&
	    READ_ONCE(zone->nr_free) > high_wmark_pages(zone) &&
	    !__atomic_load_n(&pages_waited_for, __ATOMIC_RELAXED))
		relax(zone);
}

/* ---- one block ---- */

/* Takes up to @nr blocks from the buddy; the list has the last one first. Returns how many. */
static unsigned int take_blocks(struct zone *zone, unsigned int order, int migratetype,
				unsigned int nr, struct list_head *blocks)
{
	unsigned int got = 0;
	struct page *page;
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	for (; got < nr; got++) {
		page = buddy_take(zone, order, migratetype);
		if (!page)
			break;
		list_add(&page->lru, blocks);
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return got;
}

static struct page *first_block(struct list_head *blocks)
{
	struct page *page = list_first_entry_or_null(blocks, struct page, lru);

	if (page)
		list_del(&page->lru);
	return page;
}

/*
 * One block for the caller, the rest of the batch for this CPU's array: the last one taken first, so
 * that a burst then gets ascending frames. What the array has no room for, because the thread runs on
 * another CPU by now or the zone became tight, goes back.
 */
static struct page *refill(struct zone *zone, unsigned int order, int migratetype)
{
	LIST_HEAD(blocks);
	unsigned int nr = READ_ONCE(zone->tight) ? 1 : max(zone->pageset_batch >> order, 1);
	struct page *page;

	for (nr = take_blocks(zone, order, migratetype, nr, &blocks); nr > 1; nr--) {
		page = first_block(&blocks);
		if (!array_push(zone_slot0(zone, order, migratetype), page))
			give_block(zone, page, order);
	}
	page = first_block(&blocks);
	if (page)
		pageset_after_take(zone);
	return page;
}

/**
 * pageset_alloc - take one block of a zone
 * @zone:        from here
 * @order:       one that has arrays
 * @migratetype: its type, one of MIGRATE_PCPTYPES
 * @cold:        leave the warm blocks of the array alone if the buddy has any
 *
 * Context: any. Return: a block as the arrays hold them; NULL when the zone has none.
 */
struct page *pageset_alloc(struct zone *zone, unsigned int order, int migratetype, bool cold)
{
	LIST_HEAD(blocks);
	struct page *page;

	if (cold && take_blocks(zone, order, migratetype, 1, &blocks)) {
		pageset_after_take(zone);
		return first_block(&blocks);
	}
	page = array_pop(zone_slot0(zone, order, migratetype));
	return page ? page : refill(zone, order, migratetype);
}

/* This CPU's array is full: its oldest blocks go to the buddy, @page comes in. */
static bool flush(struct zone *zone, struct array_cache **slot0, struct page *page)
{
	struct array_cache *cache = array_detach_local(slot0);
	unsigned int nr;
	unsigned long flags;

	if (!cache)
		return false;
	nr = min_t(unsigned int, cache->avail, max(cache->batchcount, cache->limit / 4));
	give_blocks(zone, cache->entry, nr, array_of(cache)->order);
	WRITE_ONCE(cache->avail, cache->avail - nr);
	__builtin_memmove(cache->entry, cache->entry + nr, cache->avail * sizeof(void *));
	if (cache->limit) {
		cache->entry[cache->avail] = page;
		WRITE_ONCE(cache->avail, cache->avail + 1);
	}
	spin_lock_irqsave(&zone->pageset_lock, flags);
	return_array(zone, array_of(cache));
	spin_unlock_irqrestore(&zone->pageset_lock, flags);
	return cache->limit;
}

/**
 * pageset_free - give one block back that the fast path could not push
 * @zone:  its zone
 * @page:  as the arrays hold them
 * @order: its order, one that has arrays
 *
 * Context: any.
 */
void pageset_free(struct zone *zone, struct page *page, unsigned int order)
{
	struct array_cache **slot0 = zone_slot0(zone, order, page_taken_type(page));

	if (!READ_ONCE(zone->tight) && (array_push(slot0, page) || flush(zone, slot0, page)))
		return;
	give_block(zone, page, order);
	pageset_after_give(zone);
}

/* ---- counting and checking ---- */

unsigned long pageset_cpu_pages(const struct zone *zone, unsigned int cpu)
{
	unsigned long nr = 0;

	for (int i = 0; zone->pageset && i < NR_ARRAYS; i++) {
		const struct page_array *array = zone->pageset[cpu].array[i];

		nr += (unsigned long)READ_ONCE(array->cache.avail) << array->order;
	}
	return nr;
}

unsigned long pageset_pages(const struct zone *zone)
{
	unsigned long nr = 0;
	unsigned int cpu;

	for_each_online_cpu(cpu)
		nr += pageset_cpu_pages(zone, cpu);
	return nr;
}

static long violation(const struct page_array *array, const char *name, unsigned long pfn)
{
	report_begin();
	printk(KERN_ERR "pageset: %s: %s: pfn %#lx in the array of CPU %u, order %u, type %d\n",
	       array->zone->name, name, pfn, array->cpu, array->order, array->migratetype);
	report_end(_RET_IP_);
	return 1;
}

static long check_array(const struct page_array *array)
{
	long bad = 0;

	if (array->parked && (!array->zone->tight || array->cache.avail))
		bad += violation(array, "parked", 0);
	for (unsigned int i = 0; i < array->cache.avail; i++) {
		const struct page *page = array->cache.entry[i];

		if (!page_in_zone(page, array->zone) || page_taken_type(page) != array->migratetype)
			bad += violation(array, "home", page_to_pfn(page));
		if (page->counts != COUNTS_FREE || page->flags & PAGE_STATES_MASK ||
		    page_order(page) != array->order)
			bad += violation(array, "clean", page_to_pfn(page));
	}
	return bad;
}

/* Looks at each array while it is detached. */
long pageset_check(struct zone *zone)
{
	struct page_array *array;
	unsigned long flags;
	unsigned int cpu;
	long bad = 0;
	int i;

	spin_lock_irqsave(&zone->pageset_lock, flags);
	for_each_array(zone, cpu, i, array) {
		struct array_cache *cache = array_detach(slot0_of(array), cpu);

		array->detached = cache == &array->cache;
		if (cache && !array->detached)
			bad += violation(array, "home", 0);
	}
	arch_restart_cpus();
	for_each_array(zone, cpu, i, array) {
		if (array->detached || array->parked)
			bad += check_array(array);
		if (array->detached)
			return_array(zone, array);
		array->detached = false;
	}
	spin_unlock_irqrestore(&zone->pageset_lock, flags);
	return bad;
}

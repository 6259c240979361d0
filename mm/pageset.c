// SPDX-License-Identifier: MIT
/*
 * pageset.c - the pages that each CPU keeps of a zone
 *
 * Idea. Most requests are for one page. Each CPU has an array of free pages for each zone and migrate
 * type (kernel/array_cache.h); taking and giving one page is a pop and a push. An empty array is
 * refilled from the buddy, a full one gives its coldest pages back, a batch at a time, so the zone
 * lock is taken once for many pages. When memory runs low, arrays would hide pages from those who
 * need them and from the watermarks; then the zone is tight, its arrays are emptied and stay out of
 * use, and every page passes through the buddy until enough is free again.
 *
 * Always true
 *	clean    a page in an array is free (counts), has no states, order 0, and its type in flags
 *	home     an array belongs to one CPU, zone and type for ever; it is in its slot, parked, or in the
 *	         hands of whoever detached it
 *	parked   only while the zone is tight, and under pageset_lock
 *
 * Locks. zone->pageset_lock (RANK_PAGESET) for parking and for other CPUs' arrays; zone->lock inside.
 */
#include <linux/mm.h>

#include "internal.h"
#include "kernel/panic.h"

/* Most pages handed to the buddy, or taken, under one hold of the zone lock. */
#define MAX_BATCH 64
/* Most pages in an array, however large the zone. */
#define MAX_HIGH 4096

unsigned int pages_waited_for;

struct page_array {
	struct zone *zone;		/* (C) */
	unsigned int cpu;		/* (C) */
	int	     migratetype;	/* (C) */
	bool	     parked;		/* (P) */
	struct array_cache cache;
};

struct per_cpu_pageset {
	struct page_array *array[MIGRATE_PCPTYPES];	/* (C) */
};

static struct page_array *array_of(struct array_cache *cache)
{
	return container_of(cache, struct page_array, cache);
}

static struct array_cache **zone_slot0(const struct zone *zone, int migratetype)
{
	return &cpu_area0->page_array[zone_array_nr(zone, migratetype)];
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

static size_t array_bytes(const struct zone *zone)
{
	return ALIGN(sizeof(struct page_array) + zone_high(zone) * sizeof(void *),
		     (size_t)SMP_CACHE_BYTES);
}

size_t pageset_bytes(const struct zone *zone)
{
	return num_online_cpus() * (ALIGN(sizeof(struct per_cpu_pageset), (size_t)SMP_CACHE_BYTES) +
				    MIGRATE_PCPTYPES * array_bytes(zone));
}

void pageset_init(struct zone *zone, void *memory)
{
	char *next = memory;
	unsigned int cpu;

	zone->pageset_batch = zone_batch(zone);
	zone->pageset_high = zone_high(zone);
	zone->pageset = memory;
	next += ALIGN(num_online_cpus() * sizeof(struct per_cpu_pageset), (size_t)SMP_CACHE_BYTES);
	for_each_online_cpu(cpu)
		for (int type = 0; type < MIGRATE_PCPTYPES; type++) {
			struct page_array *array = (struct page_array *)next;

			array->zone = zone;
			array->cpu = cpu;
			array->migratetype = type;
			array->cache.limit = zone->pageset_high;
			array->cache.batchcount = zone->pageset_batch;
			zone->pageset[cpu].array[type] = array;
			array_attach(zone_slot0(zone, type), cpu, &array->cache);
			next += array_bytes(zone);
		}
}

/* ---- arrays and the buddy ---- */

static void give_pages(struct zone *zone, void **pages, unsigned int nr)
{
	while (nr) {
		unsigned int now = min_t(unsigned int, nr, MAX_BATCH);
		unsigned long flags;

		spin_lock_irqsave(&zone->lock, flags);
		for (unsigned int i = 0; i < now; i++)
			buddy_give(zone, pages[i], 0);
		spin_unlock_irqrestore(&zone->lock, flags);
		pages += now;
		nr -= now;
	}
}

static void empty_array_into_buddy(struct page_array *array)
{
	give_pages(array->zone, array->cache.entry, array->cache.avail);
	array->cache.avail = 0;
}

/* Puts a detached array back to use, or, in a tight zone, aside. */
static void return_array(struct zone *zone, struct page_array *array)
	__must_hold(&zone->pageset_lock)
{
	array->parked = zone->tight;
	if (array->parked)
		empty_array_into_buddy(array);
	else
		array_attach(zone_slot0(zone, array->migratetype), array->cpu, &array->cache);
}

/* Takes the arrays of @zone on all CPUs, empties them, and puts them back. */
static void drain_zone(struct zone *zone)
	__must_hold(&zone->pageset_lock)
{
	DECLARE_BITMAP(taken, NR_CPUS * MIGRATE_PCPTYPES) = { 0 };
	unsigned int cpu, nr = 0;

	for_each_online_cpu(cpu)
		for (int type = 0; type < MIGRATE_PCPTYPES; type++)
			if (array_detach(zone_slot0(zone, type), cpu)) {
				__set_bit(cpu * MIGRATE_PCPTYPES + type, taken);
				nr++;
			}
	if (!nr)
		return;
	arch_restart_cpus();
	count_vm_event(PCP_DRAIN);
	for (unsigned int i = 0; i < num_online_cpus() * MIGRATE_PCPTYPES; i++)
		if (test_bit(i, taken)) {
			struct page_array *array =
				zone->pageset[i / MIGRATE_PCPTYPES].array[i % MIGRATE_PCPTYPES];

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

static void drain_local_array(struct zone *zone, int type)
{
	struct array_cache *cache = array_detach_local(zone_slot0(zone, type));
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
		for (int type = 0; type < MIGRATE_PCPTYPES; type++)
			if ((!zone || zone == each) && each->pageset)
				drain_local_array(each, type);
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
	unsigned long flags;
	unsigned int cpu;

	spin_lock_irqsave(&zone->pageset_lock, flags);
	WRITE_ONCE(zone->tight, false);
	for_each_online_cpu(cpu)
		for (int type = 0; type < MIGRATE_PCPTYPES; type++) {
			struct page_array *array = zone->pageset[cpu].array[type];

			if (array->parked)
				return_array(zone, array);
		}
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

/* ---- one page ---- */

/* Takes up to @nr pages from the buddy; the list has the last one first. Returns how many. */
static unsigned int take_pages(struct zone *zone, int migratetype, unsigned int nr,
			       struct list_head *pages)
{
	unsigned int got = 0;
	struct page *page;
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	for (; got < nr; got++) {
		page = buddy_take(zone, 0, migratetype);
		if (!page)
			break;
		list_add(&page->lru, pages);
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return got;
}

static struct page *first_page(struct list_head *pages)
{
	struct page *page = list_first_entry_or_null(pages, struct page, lru);

	if (page)
		list_del(&page->lru);
	return page;
}

static void give_page(struct zone *zone, struct page *page)
{
	void *one = page;

	give_pages(zone, &one, 1);
}

/*
 * One page for the caller, the rest of the batch for this CPU's array: the last one taken first, so
 * that a burst then gets ascending frames. What the array has no room for, because the thread runs on
 * another CPU by now or the zone became tight, goes back.
 */
static struct page *refill(struct zone *zone, int migratetype)
{
	LIST_HEAD(pages);
	unsigned int nr = READ_ONCE(zone->tight) ? 1 : zone->pageset_batch;
	struct page *page;

	for (nr = take_pages(zone, migratetype, nr, &pages); nr > 1; nr--) {
		page = first_page(&pages);
		if (!array_push(zone_slot0(zone, migratetype), page))
			give_page(zone, page);
	}
	page = first_page(&pages);
	if (page)
		pageset_after_take(zone);
	return page;
}

/**
 * pageset_alloc - take one page of a zone
 * @zone:        from here
 * @migratetype: its type, one of MIGRATE_PCPTYPES
 * @cold:        leave the warm pages of the array alone if the buddy has any
 *
 * Context: any. Return: a page as the arrays hold them; NULL when the zone has none.
 */
struct page *pageset_alloc(struct zone *zone, int migratetype, bool cold)
{
	LIST_HEAD(pages);
	struct page *page;

	if (cold && take_pages(zone, migratetype, 1, &pages)) {
		pageset_after_take(zone);
		return first_page(&pages);
	}
	page = array_pop(zone_slot0(zone, migratetype));
	return page ? page : refill(zone, migratetype);
}

/* This CPU's array is full: its oldest pages go to the buddy, @page comes in. */
static bool flush(struct zone *zone, struct page *page)
{
	struct array_cache *cache = array_detach_local(zone_slot0(zone, page_taken_type(page)));
	unsigned int nr;
	unsigned long flags;

	if (!cache)
		return false;
	nr = min_t(unsigned int, cache->avail, MAX_BATCH);
	give_pages(zone, cache->entry, nr);
	cache->avail -= nr;
	__builtin_memmove(cache->entry, cache->entry + nr, cache->avail * sizeof(void *));
	cache->entry[cache->avail++] = page;
	spin_lock_irqsave(&zone->pageset_lock, flags);
	return_array(zone, array_of(cache));
	spin_unlock_irqrestore(&zone->pageset_lock, flags);
	return true;
}

/**
 * pageset_free - give one page back that the fast path could not push
 * @zone: its zone
 * @page: as the arrays hold them
 *
 * Context: any.
 */
void pageset_free(struct zone *zone, struct page *page)
{
	if (!READ_ONCE(zone->tight) &&
	    (array_push(zone_slot0(zone, page_taken_type(page)), page) || flush(zone, page)))
		return;
	give_page(zone, page);
	pageset_after_give(zone);
}

/* ---- counting and checking ---- */

unsigned long pageset_cpu_pages(const struct zone *zone, unsigned int cpu)
{
	unsigned long nr = 0;

	for (int type = 0; zone->pageset && type < MIGRATE_PCPTYPES; type++)
		nr += READ_ONCE(zone->pageset[cpu].array[type]->cache.avail);
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
	printk(KERN_ERR "pageset: %s: %s: pfn %#lx in the array of CPU %u, type %d\n",
	       array->zone->name, name, pfn, array->cpu, array->migratetype);
	report_end(_RET_IP_);
	return 1;
}

static long check_array(const struct page_array *array)
{
	const unsigned long other = PAGE_STATES_MASK | PAGE_ORDER_MASK << PAGE_ORDER_SHIFT;
	long bad = 0;

	if (array->parked && (!array->zone->tight || array->cache.avail))
		bad += violation(array, "parked", 0);
	for (unsigned int i = 0; i < array->cache.avail; i++) {
		const struct page *page = array->cache.entry[i];

		if (!page_in_zone(page, array->zone) || page_taken_type(page) != array->migratetype)
			bad += violation(array, "home", page_to_pfn(page));
		if (page->counts != COUNTS_FREE || page->flags & other)
			bad += violation(array, "clean", page_to_pfn(page));
	}
	return bad;
}

/* Looks at each array while it is detached. */
long pageset_check(struct zone *zone)
{
	unsigned long flags;
	unsigned int cpu;
	long bad = 0;

	spin_lock_irqsave(&zone->pageset_lock, flags);
	for_each_online_cpu(cpu)
		for (int type = 0; zone->pageset && type < MIGRATE_PCPTYPES; type++) {
			struct page_array *array = zone->pageset[cpu].array[type];
			struct array_cache *mine = array_detach(zone_slot0(zone, type), cpu);

			arch_restart_cpus();
			if (mine || array->parked)
				bad += check_array(array);
			if (mine)
				return_array(zone, array);
		}
	spin_unlock_irqrestore(&zone->pageset_lock, flags);
	return bad;
}

// SPDX-License-Identifier: MIT
/*
 * account.c - how much memory there is, where it went, and who still has it
 *
 * Idea. Nothing is counted twice: how many pages are free is what the buddy and the arrays say, and who
 * has a page is written at the page. So the totals are sums, taken when somebody asks, and the check
 * that every page is accounted for walks the pages that were ever made.
 *
 * Locks. zone->lock where pages are walked; sums are read without and are exact when nobody allocates
 * or frees meanwhile. Events are atomic, those of a zone under its lock.
 */
#include <linux/mm.h>
#include <linux/vmstat.h>

#include "internal.h"
#include "kernel/panic.h"

static atomic_long_t vm_events[NR_VM_EVENT_ITEMS];

void account_start(void)
{
	for (int i = 0; i < NR_VM_EVENT_ITEMS; i++)
		atomic_long_set(&vm_events[i], 0);
}

void count_vm_event(enum vm_event_item item)
{
	atomic_long_inc(&vm_events[item]);
}

/* ---- how much there is ---- */

unsigned long zone_page_state(struct zone *zone, enum zone_stat_item item)
{
	return item == NR_FREE_PAGES ? READ_ONCE(zone->nr_free) + pageset_pages(zone) : 0;
}

unsigned long global_zone_page_state(enum zone_stat_item item)
{
	unsigned long nr = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		nr += zone_page_state(zone, item);
	return nr;
}

unsigned long totalram_pages(void)
{
	unsigned long nr = 0;
	struct zone *zone;

	for_each_zone(zone)
		nr += zone_managed_pages(zone);
	return nr;
}

unsigned long totalhigh_pages(void)
{
	unsigned long nr = 0;
	struct zone *zone;

	for_each_zone(zone)
		if (is_highmem(zone))
			nr += zone_managed_pages(zone);
	return nr;
}

void si_meminfo(struct sysinfo *val)
{
	struct zone *zone;

	*val = (struct sysinfo){ .totalram = totalram_pages(), .totalhigh = totalhigh_pages(),
				 .freeram = global_zone_page_state(NR_FREE_PAGES),
				 .mem_unit = PAGE_SIZE };
	for_each_populated_zone(zone)
		if (is_highmem(zone))
			val->freehigh += zone_page_state(zone, NR_FREE_PAGES);
}

void all_vm_events(unsigned long *ret)
{
	struct zone *zone;

	for (int i = 0; i < NR_VM_EVENT_ITEMS; i++)
		ret[i] = atomic_long_read(&vm_events[i]);
	for_each_zone(zone) {
		ret[PGALLOC_DMA + zone_idx(zone)] += READ_ONCE(zone->nr_taken);
		ret[PGFREE] += READ_ONCE(zone->nr_given);
		ret[PGALLOC_EXTFRAG] += READ_ONCE(zone->nr_extfrag);
	}
}

/* ---- every page is somewhere ---- */

/* Pages of a section that are free, but on no list of the buddy: they should be in arrays. */
static unsigned long count_unlisted(const struct zone *zone, unsigned long pfn, unsigned long end)
{
	unsigned long unlisted = 0, nr;

	for (; pfn < end; pfn += nr) {
		const struct page *page = mem_map + pfn;

		nr = 1;
		if (PageBuddy(page))
			nr = 1UL << page->private;
		else if (page_ref_count(page) > 0)
			nr = PageReserved(page) ? 1 : 1UL << page_order(page);
		else if (page_in_zone(page, zone))
			unlisted++;
	}
	return unlisted;
}

/* A block that begins in a section ends in it. */
long account_check(struct zone *zone)
{
	unsigned long unlisted = 0, in_arrays, flags;
	unsigned long pfn = zone->zone_start_pfn, end = zone_end_pfn(zone), next;

	spin_lock_irqsave(&zone->lock, flags);
	for (; pfn < end; pfn = next) {
		next = min(ALIGN_DOWN(pfn, PAGES_PER_SECTION) + PAGES_PER_SECTION, end);
		if (section_mapped(pfn) && !buddy_deferred(zone, pfn))
			unlisted += count_unlisted(zone, pfn, next);
	}
	in_arrays = pageset_pages(zone);
	spin_unlock_irqrestore(&zone->lock, flags);
	if (unlisted == in_arrays)
		return 0;
	report_begin();
	printk(KERN_ERR "account: %s: accounted: %lu pages are free and on no list, arrays hold %lu\n",
	       zone->name, unlisted, in_arrays);
	report_end(_RET_IP_);
	return 1;
}

/* ---- leaks ---- */

#define MAX_LEAK_SITES 64

struct leak_site {
	unsigned long ip, blocks, pages;
};

/* The table's last row takes what has no row of its own. */
static void note_leak(struct leak_site *sites, unsigned long ip, unsigned long pages)
{
	int i = 0;

	while (i < MAX_LEAK_SITES - 1 && sites[i].blocks && sites[i].ip != ip)
		i++;
	sites[i].ip = i < MAX_LEAK_SITES - 1 ? ip : 0;
	sites[i].blocks++;
	sites[i].pages += pages;
}

static unsigned long find_leaks_in_section(unsigned long pfn, unsigned long end,
					   struct leak_site *sites)
{
	unsigned long leaked = 0, nr;

	for (; pfn < end; pfn += nr) {
		const struct page *page = mem_map + pfn;

		nr = 1;
		if (page_ref_count(page) <= 0 || PageReserved(page))
			continue;
		nr = 1UL << page_order(page);
		note_leak(sites, page_owner_of(page)->alloc_ip, nr);
		leaked += nr;
	}
	return leaked;
}

unsigned long account_report_leaks(void)
{
	static struct leak_site sites[MAX_LEAK_SITES];
	unsigned long leaked = 0;

	__builtin_memset(sites, 0, sizeof(sites));
	for (unsigned long pfn = 0; pfn < max_pfn; pfn += PAGES_PER_SECTION)
		if (section_mapped(pfn))
			leaked += find_leaks_in_section(pfn, min(pfn + PAGES_PER_SECTION, max_pfn),
							sites);
	if (!leaked)
		return 0;
	report_begin();
	printk(KERN_ERR "pagoda: %lu pages were not freed\n", leaked);
	for (int i = 0; i < MAX_LEAK_SITES && sites[i].blocks; i++) {
		if (sites[i].ip)
			printk(KERN_ERR "  %lu pages in %lu blocks, allocated at %pB\n",
			       sites[i].pages, sites[i].blocks, (void *)sites[i].ip);
		else
			printk(KERN_ERR "  %lu pages in %lu blocks, allocated at other places\n",
			       sites[i].pages, sites[i].blocks);
	}
	report_end(_RET_IP_);
	return leaked;
}

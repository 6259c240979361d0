// SPDX-License-Identifier: MIT
/*
 * 08-zone-fields.c - what struct zone says, and what its watermarks and its lock do
 *
 * Notes: struct zone 结构, zone_structure_fields(). The watermarks decide about reclaim: pages are taken
 * one by one, and we note at which number of free pages something changes. The lock protects the
 * zone, not the pages: two threads allocate at once and need no lock for that, but one of their own for
 * what they write into a page they share.
 *
 * memmap=exactmap makes a machine of one zone, Normal; min_free_kbytes= its lowest watermark.
 */
#include <pthread.h>
#include <stdio.h>

#include <pagoda/pagoda.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/swap.h>

static const char *yes(bool is_so)
{
	return is_so ? "yes" : "no";
}

static LIST_HEAD(hoard);

static unsigned long kib(unsigned long pages)
{
	return pages << (PAGE_SHIFT - 10);
}

static void watermarks(struct zone *zone)
{
	printf("name: %s\n", zone->name);
	printf("watermark: min %lu KiB, low %lu KiB, high %lu KiB\n", kib(min_wmark_pages(zone)),
	       kib(low_wmark_pages(zone)), kib(high_wmark_pages(zone)));
}

static unsigned long events(enum vm_event_item item)
{
	unsigned long all[NR_VM_EVENT_ITEMS];

	all_vm_events(all);
	return all[item];
}

/* Takes pages until there is none, or kswapd is woken. Returns what is free then, in KiB. */
static unsigned long take_until(struct zone *zone, gfp_t gfp, bool stop_at_wakeup)
{
	unsigned long woken = events(KSWAPD_WAKE);
	struct page *page;

	while ((page = alloc_page(gfp | __GFP_NOWARN))) {
		list_add(&page->lru, &hoard);
		if (stop_at_wakeup && events(KSWAPD_WAKE) != woken)
			break;
	}
	return kib(zone_page_state(zone, NR_FREE_PAGES) + (page && stop_at_wakeup));
}

static void watermarks_decide(struct zone *zone)
{
	printf("kswapd is woken by a request that finds only: %lu KiB\n",
	       take_until(zone, GFP_KERNEL, true));
	printf("GFP_KERNEL gets NULL at: %lu KiB\n", take_until(zone, GFP_KERNEL, false));
	printf("GFP_ATOMIC gets NULL at: %lu KiB\n", take_until(zone, GFP_ATOMIC, false));
	printf("__GFP_MEMALLOC, who frees more than it takes, at: %lu KiB\n",
	       take_until(zone, __GFP_MEMALLOC, false));
	put_pages_list(&hoard);
}

/* ---- the lock ---- */

#define ROUNDS 20000

static struct page *shared;
static DEFINE_SPINLOCK(shared_lock);

static void *worker(void *arg)
{
	unsigned long *counter = page_address(shared);

	for (int i = 0; i < ROUNDS; i++) {
		struct page *page = alloc_pages(GFP_KERNEL, i % 4);	/* the zone's affair */

		spin_lock(&shared_lock);				/* ours */
		++*counter;
		spin_unlock(&shared_lock);
		__free_pages(page, i % 4);
	}
	return NULL;
}

static void lock_protects_the_zone(struct zone *zone)
{
	unsigned long before = zone_page_state(zone, NR_FREE_PAGES);
	pthread_t thread[2];

	shared = alloc_page(GFP_KERNEL | __GFP_ZERO);
	for (int i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, worker, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	printf("two threads, %d blocks each at once: violated invariants %ld, counted in the shared page %lu\n",
	       ROUNDS, pagoda_check(), *(unsigned long *)page_address(shared));
	__free_page(shared);
	printf("all pages are back: %s\n",
	       yes(zone_page_state(zone, NR_FREE_PAGES) == before));
}

int main(void)
{
	struct zone *zone;

	if (pagoda_boot("machine=i386 memmap=exactmap memmap=32M@16M min_free_kbytes=1024 nr_cpus=2"))
		return 1;
	zone = &NODE_DATA(0)->node_zones[ZONE_NORMAL];
	watermarks(zone);
	watermarks_decide(zone);
	lock_protects_the_zone(zone);
	return pagoda_shutdown() != 0;
}

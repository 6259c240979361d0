// SPDX-License-Identifier: MIT
/*
 * 09-zone-strategy.c - from which zone a request is served
 *
 * Notes: 区的使用策略, zone_allocation_strategy(), allocation_examples(). Each kind of request takes pages
 * until it gets NULL, and we write down the zones in the order in which they were first used.
 *
 * The text's examples use kmalloc(), which a later part brings; the zones are chosen the same way for
 * pages. Its third example, kmalloc() of high memory, cannot work: see 11-high-memory.c.
 */
#include <stdio.h>

#include <pagoda/pagoda.h>
#include <linux/mm.h>
#include <linux/swap.h>

static const char *yes(bool is_so)
{
	return is_so ? "yes" : "no";
}

static LIST_HEAD(hoard);

/* Takes all there is for @gfp; prints the zones in the order they were first used. Returns the pages. */
static unsigned long take_all(const char *name, gfp_t gfp)
{
	unsigned int used = 0;		/* zones, a bit each */
	struct page *page;
	unsigned long nr = 0;

	printf("%-13s", name);
	while ((page = alloc_page(gfp | __GFP_NOWARN))) {
		if (!(used & 1U << page_zonenum(page)))
			printf(" %s", page_zone(page)->name);
		used |= 1U << page_zonenum(page);
		list_add(&page->lru, &hoard);
		nr++;
	}
	printf(" NULL\n");
	return nr;
}

static void allocation_examples(void)
{
	take_all("GFP_DMA", GFP_DMA);
	put_pages_list(&hoard);
	take_all("GFP_KERNEL", GFP_KERNEL);
	put_pages_list(&hoard);
	take_all("GFP_HIGHUSER", GFP_HIGHUSER);
	put_pages_list(&hoard);
}

/* Pages of @zone that a request may not have if it could have used the zone @highest. */
static unsigned long kept(enum zone_type zone, enum zone_type highest)
{
	return NODE_DATA(0)->node_zones[zone].lowmem_reserve[highest];
}

/* Low memory is scarce: who can do without it leaves lowmem_reserve of it. */
static void low_memory_is_kept(void)
{
	unsigned long more;

	printf("\nDMA keeps more from requests for HighMem than from those for Normal: %s, "
	       "from its own nothing: %s\n",
	       yes(kept(ZONE_DMA, ZONE_HIGHMEM) > kept(ZONE_DMA, ZONE_NORMAL)),
	       yes(!kept(ZONE_DMA, ZONE_DMA)));
	take_all("GFP_HIGHUSER", GFP_HIGHUSER);
	more = take_all("  GFP_KERNEL", GFP_KERNEL);
	printf("  could still have what was kept from HighMem's, but not from Normal's: %s\n",
	       yes(more == kept(ZONE_NORMAL, ZONE_HIGHMEM) + kept(ZONE_DMA, ZONE_HIGHMEM) -
				   kept(ZONE_DMA, ZONE_NORMAL)));
	more = take_all("  GFP_DMA", GFP_DMA);
	printf("  could still have what was kept from Normal's: %s\n",
	       yes(more == kept(ZONE_DMA, ZONE_NORMAL)));
	put_pages_list(&hoard);
}

/* The largest blocks there are: each begins and ends in one zone. */
static void blocks_stay_in_a_zone(void)
{
	unsigned long nr = 0, across = 0;
	struct page *page, *next;
	LIST_HEAD(blocks);

	while ((page = alloc_pages(GFP_HIGHUSER | __GFP_NOWARN, MAX_ORDER - 1))) {
		list_add(&page->lru, &blocks);
		across += page_zone(page) != page_zone(page + MAX_ORDER_NR_PAGES - 1);
		nr++;
	}
	list_for_each_entry_safe(page, next, &blocks, lru)
		__free_pages(page, MAX_ORDER - 1);
	printf("\nblocks of the largest order: more than ten: %s, across the edge of a zone: %lu\n",
	       yes(nr > 10), across);
}

static void zone_allocation_strategy(void)
{
	allocation_examples();
	low_memory_is_kept();
	blocks_stay_in_a_zone();
}

int main(void)
{
	/* 16 MiB DMA, 112 MiB Normal, 128 MiB HighMem */
	if (pagoda_boot("machine=i386 mem=256M highmem=128M nr_cpus=1"))
		return 1;
	zone_allocation_strategy();
	return pagoda_shutdown() != 0;
}

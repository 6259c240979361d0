// SPDX-License-Identifier: MIT
/*
 * 10-decision.c - how a request is decided
 *
 * Notes: 内存分配决策, memory_allocation_decision(), memory_allocation_example(). The order is: kind of
 * request, zone it wants, is that zone available, else a zone below, else NULL. Three requests are made
 * in three states of one machine.
 *
 * The text's alloc_pages_exact(ZONE_DMA, order, gfp) has no such argument: the zone follows from the
 * flags. What the call is for is shown instead: a size that is no power of two wastes nothing.
 */
#include <stdio.h>

#include <pagoda/pagoda.h>
#include <linux/mm.h>
#include <linux/swap.h>

static const char *yes(bool is_so)
{
	return is_so ? "yes" : "no";
}

static const struct {
	const char *name;
	gfp_t gfp;
	enum zone_type wanted;
} requests[] = {
	{ "GFP_KERNEL", GFP_KERNEL, ZONE_NORMAL },
	{ "GFP_DMA", GFP_DMA, ZONE_DMA },
	{ "GFP_HIGHUSER", GFP_HIGHUSER, ZONE_HIGHMEM },
};

static LIST_HEAD(hoard);

static void ask_all(const char *state)
{
	printf("%s\n", state);
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		struct page *page = alloc_page(requests[i].gfp | __GFP_NOWARN);
		struct zone *wanted = &NODE_DATA(0)->node_zones[requests[i].wanted];

		printf("  %-13s wants %-8s gets %s\n", requests[i].name, wanted->name,
		       page ? page_zone(page)->name : "NULL");
		if (page)
			__free_page(page);
	}
}

/* Takes pages with @gfp until one comes from another zone than @zone, or none at all. */
static void use_up(gfp_t gfp, enum zone_type zone)
{
	struct page *page;

	do {
		page = alloc_page(gfp | __GFP_NOWARN);
		if (page)
			list_add(&page->lru, &hoard);
	} while (page && page_zonenum(page) == zone);
}

static void use_up_all(gfp_t gfp)
{
	struct page *page;

	while ((page = alloc_page(gfp | __GFP_NOWARN)))
		list_add(&page->lru, &hoard);
}

static void memory_allocation_decision(void)
{
	ask_all("All zones have memory:");
	use_up(GFP_HIGHUSER, ZONE_HIGHMEM);
	ask_all("HighMem is down to its low watermark:");
	use_up(GFP_KERNEL, ZONE_NORMAL);
	ask_all("Normal, too:");
	use_up_all(GFP_HIGHUSER);
	use_up_all(GFP_KERNEL);
	ask_all("All is used, but for what DMA keeps from requests that are not for DMA:");
	use_up_all(GFP_DMA);
	ask_all("That, too:");
}

static void *memory_allocation_example(gfp_t gfp_mask, size_t size)
{
	return alloc_pages_exact(size, gfp_mask);
}

static void show_example(const char *name, gfp_t gfp, size_t size)
{
	unsigned long before = nr_free_pages();
	void *addr = memory_allocation_example(gfp, size);

	if (!addr)
		return;
	printf("%-10s %zu KiB from %s: takes %lu KiB\n", name, size >> 10,
	       page_zone(virt_to_page(addr))->name,
	       (before - nr_free_pages()) << (PAGE_SHIFT - 10));
	free_pages_exact(addr, size);
	printf("%-10s all back: %s\n", "", yes(nr_free_pages() == before));
}

int main(void)
{
	/* 16 MiB DMA, 48 MiB Normal, 64 MiB HighMem */
	static const char cmdline[] = "machine=i386 mem=128M highmem=64M nr_cpus=1";

	if (pagoda_boot(cmdline))
		return 1;
	show_example("GFP_KERNEL", GFP_KERNEL, 40 << 10);
	show_example("GFP_DMA", GFP_DMA, 40 << 10);
	memory_allocation_decision();
	put_pages_list(&hoard);
	return pagoda_shutdown() != 0;
}

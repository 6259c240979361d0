// SPDX-License-Identifier: MIT
/*
 * B_zones.c - requirements B: zones, their limits, their watermarks, and the order in which they are asked
 *
 * Watermarks and reserves are computed here a second time, from what mm/page_alloc.c of Linux 6.1 does,
 * and compared. Memory is used up in many ways; whatever happened, giving all back brings back
 * exactly the free blocks of the beginning.
 */
#include "pagoda_test.h"

#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/page-flags.h>
#include <linux/sched.h>
#include <linux/swap.h>
#include <linux/vmstat.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define PAGES_OF(bytes) ((unsigned long)((bytes) >> PAGE_SHIFT))
#define MB(x) ((phys_addr_t)(x) << 20)
#define GB(x) ((phys_addr_t)(x) << 30)

/* Machines with all kinds of odd boundaries. The manager's own structures lie outside where memory is scarce. */
static const char *const odd_machines[] = {
	"machine=x86_64 mem=33M",
	"machine=x86_64 mem=12345678",
	"machine=i386 mem=16388K",		/* a Normal zone of very few pages */
	"machine=i386 mem=100M highmem=33M",
	"machine=i386 mem=64M highmem=20004K",
	"machine=i386 mem=98765432 highmem=12345678",
	"machine=i386 mem=40M highmem=8K",
	"machine=x86_64 mem=200M numa=3",
	"machine=x86_64 mem=77777777 numa=7 nr_cpus=2",
	"machine=i386 mem=123456789 highmem=50000000 numa=5",
	"machine=x86_64 memmap=exactmap memmap=500K@20K,3M@1M,7777K@5M,100K@16300K,9M@17M boot_area=64M@1G",
	"machine=i386 memmap=exactmap memmap=16M@0,24K@16M boot_area=64M@1G",
	"machine=i386 memmap=exactmap memmap=24K@16M,8M@32M boot_area=64M@1G",
	"machine=x86_64 memmap=exactmap memmap=9M@15M,40K@100M,3M@200M boot_area=64M@1G numa=2",
	"machine=x86_64 mem=64M memmap=1M$5000K,100K$20M,3M$40001K",
	"machine=x86_64 mem=64M boot_reserve=33K@17M,1M@30001K,4K@40M",
};

/* ---- B1, B2, B3 ---- */

static void B1_zones_have_their_names(void **state)
{
	static const char *const names[] = { "DMA", "DMA32", "Normal", "HighMem" };
	static const char *const machines[] = { "machine=i386 mem=1G", "machine=x86_64 mem=5G numa=3" };

	for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
		struct zone *zone;
		int nr = 0, nid;

		boot(machines[m]);
		for_each_zone(zone) {
			assert_string_equal(zone->name, names[nr % 4]);
			assert_int_equal(zone_idx(zone), nr % 4);
			assert_int_equal(zone->zone_pgdat->node_id, nr / 4);
			nr++;
		}
		assert_int_equal(nr, 4 * num_online_nodes());
		for_each_online_node(nid)
			for (int type = 0; type < MAX_NR_ZONES; type++)
				assert_string_equal(NODE_DATA(nid)->node_zones[type].name, names[type]);
		shutdown_clean();
	}
}

static void expect_zone(enum zone_type type, phys_addr_t start, phys_addr_t end, unsigned long hole)
{
	struct zone *zone = zone_of(type);

	if (start == end) {
		assert_int_equal(zone->present_pages, 0);
		assert_int_equal(zone->spanned_pages, 0);
		assert_int_equal(zone_managed_pages(zone), 0);
		assert_false(populated_zone(zone));
		return;
	}
	assert_int_equal(zone->zone_start_pfn, PAGES_OF(start));
	assert_int_equal(zone_end_pfn(zone), PAGES_OF(end));
	assert_int_equal(zone->spanned_pages, PAGES_OF(end) - PAGES_OF(start));
	assert_int_equal(zone->present_pages, zone->spanned_pages - hole);
	assert_true(populated_zone(zone));
}

#define VIDEO_HOLE PAGES_OF(384 << 10)

static void B2_the_zones_of_i386(void **state)
{
	boot("machine=i386 mem=2G");
	expect_zone(ZONE_DMA, PAGE_SIZE, MB(16), VIDEO_HOLE);
	expect_zone(ZONE_DMA32, 0, 0, 0);
	expect_zone(ZONE_NORMAL, MB(16), MB(896), 0);
	expect_zone(ZONE_HIGHMEM, MB(896), GB(2), 0);
	shutdown_clean();
	boot("machine=i386 mem=896M");
	expect_zone(ZONE_NORMAL, MB(16), MB(896), 0);
	expect_zone(ZONE_HIGHMEM, 0, 0, 0);
	shutdown_clean();
	boot("machine=i386 mem=12M");
	expect_zone(ZONE_DMA, PAGE_SIZE, MB(12), VIDEO_HOLE);
	expect_zone(ZONE_NORMAL, 0, 0, 0);
	expect_zone(ZONE_HIGHMEM, 0, 0, 0);
	shutdown_clean();
	boot("machine=i386 mem=128M highmem=64M");
	expect_zone(ZONE_NORMAL, MB(16), MB(64), 0);
	expect_zone(ZONE_HIGHMEM, MB(64), MB(128), 0);
	shutdown_clean();
}

static void B2_the_zones_of_x86_64(void **state)
{
	boot("machine=x86_64 mem=5G");
	expect_zone(ZONE_DMA, PAGE_SIZE, MB(16), VIDEO_HOLE);
	expect_zone(ZONE_DMA32, MB(16), GB(3), 0);	/* the devices' hole begins there */
	expect_zone(ZONE_NORMAL, GB(4), GB(6), 0);	/* and what it displaced comes here */
	expect_zone(ZONE_HIGHMEM, 0, 0, 0);
	shutdown_clean();
	boot("machine=x86_64 mem=1G");
	expect_zone(ZONE_DMA32, MB(16), GB(1), 0);
	expect_zone(ZONE_NORMAL, 0, 0, 0);
	expect_zone(ZONE_HIGHMEM, 0, 0, 0);
	shutdown_clean();
	boot("machine=x86_64 mem=16M");
	expect_zone(ZONE_DMA, PAGE_SIZE, MB(16), VIDEO_HOLE);
	expect_zone(ZONE_DMA32, 0, 0, 0);
	shutdown_clean();
}

static void B2_the_default_machine_is_x86_64(void **state)
{
	boot("mem=1G");
	assert_true(populated_zone(zone_of(ZONE_DMA32)));
	assert_false(populated_zone(zone_of(ZONE_NORMAL)));
	shutdown_clean();
}

static void B2_the_lower_16_megabytes_stay_mostly_free(void **state)
{
	static const char *const machines[] = {
		"mem=512M", "machine=i386 mem=1G", "machine=i386 mem=64G", "mem=64G numa=4", "mem=64M nr_cpus=64",
	};

	for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
		if (host_is_narrow() && strstr(machines[m], "64G"))
			continue;
		boot(machines[m]);
		assert_true(zone_managed_pages(zone_of(ZONE_DMA)) > PAGES_OF(MB(15)));
		assert_int_equal(zone_free(ZONE_DMA), zone_managed_pages(zone_of(ZONE_DMA)));
		shutdown_clean();
	}
}

static void B3_a_zone_has_the_fields_of_the_notes(void **state)
{
	struct zone *zone;
	unsigned long free = 0;

	boot("mem=256M");
	zone = zone_of(ZONE_DMA32);
	assert_int_equal(zone->watermark[WMARK_MIN], min_wmark_pages(zone));
	assert_int_equal(zone->watermark[WMARK_LOW], low_wmark_pages(zone));
	assert_int_equal(zone->watermark[WMARK_HIGH], high_wmark_pages(zone));
	assert_int_equal(ARRAY_LEN(zone->lowmem_reserve), MAX_NR_ZONES);
	assert_int_equal(ARRAY_LEN(zone->free_area), MAX_ORDER);
	assert_false(spin_is_locked(&zone->lock));
	assert_false(spin_is_locked(&zone->lru_lock));
	for (int i = 0; i < NR_LRU_LISTS; i++)
		assert_true(list_empty(&zone->lru[i].list));
	for (int order = 0; order < MAX_ORDER; order++)
		free += zone->free_area[order].nr_free << order;
	assert_int_equal(free, zone_page_state(zone, NR_FREE_PAGES));
	assert_ptr_equal(zone->zone_pgdat, NODE_DATA(0));
	shutdown_clean();
}

static void B3_nodes_have_what_their_zones_have(void **state)
{
	int nid;

	boot("machine=x86_64 mem=5G numa=3");
	for_each_online_node(nid) {
		pg_data_t *node = NODE_DATA(nid);
		unsigned long present = 0, first = ~0UL, last = 0;

		for (int type = 0; type < MAX_NR_ZONES; type++) {
			struct zone *zone = &node->node_zones[type];

			if (!populated_zone(zone))
				continue;
			present += zone->present_pages;
			first = zone->zone_start_pfn < first ? zone->zone_start_pfn : first;
			last = zone_end_pfn(zone);
		}
		assert_int_equal(node->node_present_pages, present);
		assert_int_equal(node->node_start_pfn, first);
		assert_int_equal(node->node_start_pfn + node->node_spanned_pages, last);
	}
	shutdown_clean();
}

/* ---- B4: watermarks ---- */

static unsigned long root_of(unsigned long x)
{
	unsigned long root = 0;

	while ((root + 1) * (root + 1) <= x)
		root++;
	return root;
}

/* calculate_min_free_kbytes(); the watermarks it looks at are still 0 then. */
static unsigned long expected_min_free_kbytes(void)
{
	unsigned long low_kbytes = 0, kbytes;
	struct zone *zone;

	for_each_zone(zone)
		if (!is_highmem(zone))
			low_kbytes += zone_managed_pages(zone) * (PAGE_SIZE / 1024);
	kbytes = root_of(low_kbytes * 16);
	return kbytes < 128 ? 128 : kbytes > 262144 ? 262144 : kbytes;
}

/* __setup_per_zone_wmarks(), with the default watermark_scale_factor of 10 */
static void expect_watermarks(unsigned long min_free_kbytes)
{
	unsigned long pages_min = min_free_kbytes / (PAGE_SIZE / 1024), low_pages = 0;
	struct zone *zone;

	for_each_zone(zone)
		if (!is_highmem(zone))
			low_pages += zone_managed_pages(zone);
	for_each_populated_zone(zone) {
		unsigned long managed = zone_managed_pages(zone), high_min = managed / 1024;
		unsigned long share = pages_min * managed / low_pages, gap = share / 4;

		if (managed * 10 / 10000 > gap)
			gap = managed * 10 / 10000;
		high_min = high_min < 32 ? 32 : high_min > 128 ? 128 : high_min;
		if (is_highmem(zone) && managed)
			share = high_min;
		assert_int_equal(min_wmark_pages(zone), share);
		assert_int_equal(low_wmark_pages(zone), share + gap);
		assert_int_equal(high_wmark_pages(zone), share + 2 * gap);
	}
}

static void B4_watermarks_follow_from_the_memory(void **state)
{
	static const char *const machines[] = {
		"machine=x86_64 mem=16M", "machine=x86_64 mem=512M", "machine=x86_64 mem=5G",
		"machine=x86_64 mem=20G numa=4", "machine=i386 mem=100M", "machine=i386 mem=2G",
		"machine=i386 mem=1G numa=3", "machine=i386 mem=64M highmem=40M",
	};

	for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
		boot(machines[m]);
		expect_watermarks(expected_min_free_kbytes());
		shutdown_clean();
	}
	if (host_is_narrow())
		return;
	boot("mem=8T");		/* the largest value that the formula gives */
	assert_int_equal(expected_min_free_kbytes(), 262144);
	expect_watermarks(262144);
	shutdown_clean();
}

static void B4_min_free_kbytes_sets_the_watermarks(void **state)
{
	boot("machine=i386 mem=1G min_free_kbytes=4321");
	expect_watermarks(4321);
	shutdown_clean();
	boot("machine=x86_64 mem=5G numa=2 min_free_kbytes=65536");
	expect_watermarks(65536);
	shutdown_clean();
	boot("machine=x86_64 mem=64M min_free_kbytes=1");
	expect_watermarks(1);
	shutdown_clean();
}

/* setup_per_zone_lowmem_reserve() */
static void expect_reserves(const unsigned long *ratio)
{
	int nid;

	for_each_online_node(nid)
		for (int type = 0; type < MAX_NR_ZONES; type++) {
			struct zone *zones = NODE_DATA(nid)->node_zones;
			unsigned long higher = 0;

			for (int i = 0; i <= type; i++)
				assert_int_equal(zones[type].lowmem_reserve[i], 0);
			for (int i = type + 1; i < MAX_NR_ZONES; i++) {
				higher += zone_managed_pages(&zones[i]);
				assert_int_equal(zones[type].lowmem_reserve[i],
						 ratio[type] && zone_managed_pages(&zones[type]) ?
						 higher / ratio[type] : 0);
			}
		}
}

static void B4_lower_zones_keep_a_reserve(void **state)
{
	boot("machine=i386 mem=2G");
	expect_reserves((const unsigned long[]){ 256, 256, 32, 0 });
	shutdown_clean();
	boot("machine=x86_64 mem=8G numa=2");
	expect_reserves((const unsigned long[]){ 256, 256, 32, 0 });
	shutdown_clean();
	boot("machine=i386 mem=2G lowmem_reserve_ratio=100,50,7");
	expect_reserves((const unsigned long[]){ 100, 50, 7, 0 });
	shutdown_clean();
	boot("machine=i386 mem=2G lowmem_reserve_ratio=0");
	expect_reserves((const unsigned long[]){ 0, 256, 32, 0 });
	shutdown_clean();
}

static unsigned long event(enum vm_event_item item)
{
	unsigned long events[NR_VM_EVENT_ITEMS];

	all_vm_events(events);
	return events[item];
}

static void B4_below_low_kswapd_is_woken(void **state)
{
	struct hoard hoard = { 0 };
	struct zone *zone;

	boot("machine=i386 memmap=exactmap memmap=32M@16M boot_area=64M@1G");	/* one zone */
	zone = zone_of(ZONE_NORMAL);
	/* What is in arrays is not counted as free by the watermarks: look at the zone without them. */
	while (drain_all_pages(NULL), zone_free(ZONE_NORMAL) > low_wmark_pages(zone) + 70)
		assert_true(hoard_one(&hoard, GFP_NOWAIT | __GFP_NOWARN, 5));
	assert_int_equal(event(KSWAPD_WAKE), 0);
	hoard_all(&hoard, GFP_NOWAIT, 0);
	assert_true(event(KSWAPD_WAKE) > 0);
	hoard_free(&hoard);
	shutdown_clean();
}

static void B4_below_min_only_those_entitled_succeed(void **state)
{
	struct hoard hoard = { 0 };
	unsigned long min;

	boot("machine=i386 memmap=exactmap memmap=64M@16M boot_area=64M@1G min_free_kbytes=1024");
	min = min_wmark_pages(zone_of(ZONE_NORMAL));
	assert_int_equal(min, PAGES_OF(MB(1)));
	hoard_all(&hoard, GFP_KERNEL, MAX_ORDER - 1);
	assert_int_equal(zone_free(ZONE_NORMAL), min);
	assert_false(hoard_one(&hoard, GFP_NOWAIT | __GFP_NOWARN, 0));
	assert_false(hoard_one(&hoard, GFP_NOFS | __GFP_NOWARN, 0));
	hoard_all(&hoard, GFP_ATOMIC, 0);		/* half of it */
	assert_int_equal(zone_free(ZONE_NORMAL), min - min / 2);
	assert_false(hoard_one(&hoard, GFP_KERNEL | __GFP_HIGH | __GFP_NOWARN, 0));
	assert_false(hoard_one(&hoard, GFP_ATOMIC | __GFP_MEMALLOC | __GFP_NOMEMALLOC | __GFP_NOWARN, 0));
	assert_true(hoard_one(&hoard, __GFP_MEMALLOC, 0));
	current->flags |= PF_MEMALLOC;			/* who frees memory may use all of it */
	assert_true(hoard_one(&hoard, GFP_KERNEL, 0));
	assert_false(hoard_one(&hoard, GFP_KERNEL | __GFP_NOMEMALLOC | __GFP_NOWARN, 0));
	hoard_all(&hoard, GFP_KERNEL, 0);
	current->flags &= ~PF_MEMALLOC;
	assert_int_equal(zone_free(ZONE_NORMAL), 0);
	assert_false(hoard_one(&hoard, __GFP_MEMALLOC | __GFP_NOWARN, 0));
	hoard_free(&hoard);
	assert_int_equal(zone_free(ZONE_NORMAL), zone_managed_pages(zone_of(ZONE_NORMAL)));
	shutdown_clean();
}

static void B4_a_large_request_leaves_the_mark_as_well(void **state)
{
	struct hoard hoard = { 0 };

	boot("machine=i386 memmap=exactmap memmap=64M@16M boot_area=64M@1G min_free_kbytes=4096");
	while (hoard_one(&hoard, GFP_KERNEL | __GFP_NOWARN, 8))
		;
	assert_true(zone_free(ZONE_NORMAL) >= min_wmark_pages(zone_of(ZONE_NORMAL)));
	hoard_free(&hoard);
	shutdown_clean();
}

/* ---- B5, B8: which zone ---- */

/* All blocks of the hoard lie in zones up to @highest. */
static void expect_zones_up_to(const struct hoard *hoard, enum zone_type highest)
{
	for (size_t i = 0; i < hoard->nr; i++)
		assert_true(page_zonenum(hoard->block[i].page) <= highest);
}

static unsigned long pages_in_zone(const struct hoard *hoard, enum zone_type type)
{
	unsigned long nr = 0;

	for (size_t i = 0; i < hoard->nr; i++)
		if (page_zonenum(hoard->block[i].page) == type)
			nr += 1UL << hoard->block[i].order;
	return nr;
}

static void B5_dma_requests_are_served_from_dma_only(void **state)
{
	static const char *const machines[] = {
		"machine=i386 mem=1G", "machine=x86_64 mem=256M", "machine=x86_64 mem=256M numa=2",
	};

	for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
		struct hoard hoard = { 0 };

		boot(machines[m]);
		hoard_all(&hoard, GFP_KERNEL | __GFP_DMA, 6);
		expect_zones_up_to(&hoard, ZONE_DMA);
		for (size_t i = 0; i < hoard.nr; i++)
			assert_true(page_to_phys(hoard.block[i].page) < MB(16));
		/* There is a lot of other memory. */
		assert_true(nr_free_pages() > PAGES_OF(MB(200)));
		assert_null(alloc_pages(GFP_DMA | __GFP_NOWARN, 0));
		/* Nothing but DMA's own reserve is kept from them. */
		assert_int_equal(zone_free(ZONE_DMA), min_wmark_pages(zone_of(ZONE_DMA)));
		hoard_all(&hoard, GFP_ATOMIC | GFP_DMA | __GFP_MEMALLOC, 0);
		assert_int_equal(zone_free(ZONE_DMA), 0);
		expect_zones_up_to(&hoard, ZONE_DMA);
		hoard_free(&hoard);
		shutdown_clean();
	}
}

/* Takes single pages until none is left; checks that zones are used up one by one, highest first. */
static void expect_order_of_zones(gfp_t gfp, const enum zone_type *order, int nr)
{
	struct hoard hoard = { 0 };
	int at = 0;

	hoard_all(&hoard, gfp, 0);
	for (size_t i = 0; i < hoard.nr; i++) {
		enum zone_type type = page_zonenum(hoard.block[i].page);

		if (type == order[at])
			continue;
		if (at + 1 < nr && type == order[at + 1]) {
			at++;		/* the zone above is below its low mark now */
			continue;
		}
		/* When all are below low, the marks are lowered to min and it begins again. */
		assert_int_equal(at, nr - 1);
		assert_int_equal(type, order[0]);
		at = 0;
	}
	for (int i = 0; i < nr; i++)
		assert_true(pages_in_zone(&hoard, order[i]) > 0);
	hoard_free(&hoard);
}

static void B5_ordinary_requests_prefer_normal_and_fall_back(void **state)
{
	boot("machine=x86_64 memmap=exactmap memmap=24M@0,24M@4G boot_area=256M@8G lowmem_reserve_ratio=0,0,0");
	expect_order_of_zones(GFP_KERNEL,
			      (const enum zone_type[]){ ZONE_NORMAL, ZONE_DMA32, ZONE_DMA }, 3);
	expect_order_of_zones(GFP_KERNEL | __GFP_DMA32,
			      (const enum zone_type[]){ ZONE_DMA32, ZONE_DMA }, 2);
	shutdown_clean();
	boot("machine=i386 mem=48M lowmem_reserve_ratio=0,0,0");
	expect_order_of_zones(GFP_KERNEL, (const enum zone_type[]){ ZONE_NORMAL, ZONE_DMA }, 2);
	shutdown_clean();
}

static void B5_high_requests_try_high_normal_and_dma(void **state)
{
	boot("machine=i386 mem=64M highmem=24M lowmem_reserve_ratio=0,0,0");
	expect_order_of_zones(GFP_HIGHUSER,
			      (const enum zone_type[]){ ZONE_HIGHMEM, ZONE_NORMAL, ZONE_DMA }, 3);
	shutdown_clean();
	/* Without high memory they are ordinary requests. */
	boot("machine=x86_64 mem=48M lowmem_reserve_ratio=0");
	expect_order_of_zones(GFP_HIGHUSER, (const enum zone_type[]){ ZONE_DMA32, ZONE_DMA }, 2);
	shutdown_clean();
}

static void B5_never_the_other_way(void **state)
{
	struct hoard hoard = { 0 };

	boot("machine=i386 mem=128M highmem=80M");
	hoard_all(&hoard, GFP_KERNEL, MAX_ORDER - 1);
	expect_zones_up_to(&hoard, ZONE_NORMAL);
	assert_int_equal(zone_free(ZONE_HIGHMEM), zone_managed_pages(zone_of(ZONE_HIGHMEM)));
	assert_null(alloc_page(GFP_KERNEL | __GFP_NOWARN));
	hoard_all(&hoard, GFP_HIGHUSER, 0);
	assert_true(pages_in_zone(&hoard, ZONE_HIGHMEM) > 0);
	hoard_free(&hoard);
	shutdown_clean();

	boot("machine=x86_64 memmap=exactmap memmap=24M@0,24M@4G boot_area=256M@8G");
	hoard_all(&hoard, GFP_KERNEL | __GFP_DMA32, MAX_ORDER - 1);
	expect_zones_up_to(&hoard, ZONE_DMA32);
	assert_int_equal(zone_free(ZONE_NORMAL), zone_managed_pages(zone_of(ZONE_NORMAL)));
	hoard_free(&hoard);
	shutdown_clean();
}

static void B5_requests_that_had_a_choice_leave_the_reserve(void **state)
{
	struct hoard hoard = { 0 };
	struct zone *dma, *normal;

	boot("machine=i386 mem=1G lowmem_reserve_ratio=256,256,32");
	dma = zone_of(ZONE_DMA);
	normal = zone_of(ZONE_NORMAL);
	assert_true(dma->lowmem_reserve[ZONE_NORMAL] > 0);
	hoard_all(&hoard, GFP_HIGHUSER, MAX_ORDER - 1);
	assert_true(zone_free(ZONE_NORMAL) >= min_wmark_pages(normal) + normal->lowmem_reserve[ZONE_HIGHMEM]);
	assert_true(zone_free(ZONE_DMA) >= min_wmark_pages(dma) + dma->lowmem_reserve[ZONE_HIGHMEM]);
	hoard_all(&hoard, GFP_KERNEL, MAX_ORDER - 1);
	assert_int_equal(zone_free(ZONE_NORMAL), min_wmark_pages(normal));
	assert_int_equal(zone_free(ZONE_DMA), min_wmark_pages(dma) + dma->lowmem_reserve[ZONE_NORMAL]);
	/* Those for whom the zone is the only one still find memory there. */
	assert_true(hoard_one(&hoard, GFP_DMA, 3));
	hoard_all(&hoard, GFP_DMA, MAX_ORDER - 1);
	assert_int_equal(zone_free(ZONE_DMA), min_wmark_pages(dma));
	hoard_free(&hoard);
	shutdown_clean();
}

static void B8_a_request_fails_only_when_no_zone_can_spare(void **state)
{
	struct hoard hoard = { 0 };
	unsigned long failed;

	boot("machine=i386 mem=64M highmem=24M");
	assert_int_equal(event(ALLOC_FAIL_HIGHMEM), 0);
	hoard_all(&hoard, GFP_HIGHUSER, 0);
	assert_true(event(PGALLOC_FALLBACK) > 0);
	failed = event(ALLOC_FAIL_HIGHMEM);
	assert_int_equal(failed, 1);		/* the one that ended the hoarding */
	/* Each zone keeps its mark, and the reserve against those who want high memory. */
	for (int type = 0; type < MAX_NR_ZONES; type++)
		if (populated_zone(zone_of(type)))
			assert_int_equal(zone_free(type), min_wmark_pages(zone_of(type)) +
					 zone_of(type)->lowmem_reserve[ZONE_HIGHMEM]);
	hoard_free(&hoard);
	shutdown_clean();
}

/* ---- B6: boundaries ---- */

static void check_blocks(const struct hoard *hoard)
{
	for (size_t i = 0; i < hoard->nr; i++) {
		struct page *page = hoard->block[i].page;
		unsigned long nr = 1UL << hoard->block[i].order;
		struct zone *zone = page_zone(page);
		unsigned long pfn = page_to_pfn(page);

		assert_int_equal(pfn % nr, 0);
		assert_true(pfn >= zone->zone_start_pfn && pfn + nr <= zone_end_pfn(zone));
		assert_ptr_equal(page_zone(page + nr - 1), zone);
		assert_int_equal(page_to_nid(page + nr - 1), page_to_nid(page));
		for (unsigned long j = 0; j < nr; j++)
			assert_false(PageReserved(page + j));	/* no hole, nothing of boot's */
		if (PageHighMem(page)) {
			assert_null(page_address(page));
			continue;
		}
		/* It is memory, each page of it, and this page's alone. */
		for (unsigned long j = 0; j < nr; j++)
			*(unsigned long *)page_address(page + j) = pfn + j;
	}
	for (size_t i = 0; i < hoard->nr; i++)
		for (unsigned long j = 0; j < 1UL << hoard->block[i].order; j++) {
			struct page *page = hoard->block[i].page + j;

			if (!PageHighMem(page))
				assert_int_equal(*(unsigned long *)page_address(page), page_to_pfn(page));
		}
}

static void shuffle(struct hoard *hoard)
{
	uint64_t random = 7;

	for (size_t i = hoard->nr; i > 1; i--) {
		size_t j = test_random(&random) % i;
		struct hoard_block block = hoard->block[i - 1];

		hoard->block[i - 1] = hoard->block[j];
		hoard->block[j] = block;
	}
}

static void B6_no_block_crosses_a_boundary(void **state)
{
	for (size_t m = 0; m < ARRAY_LEN(odd_machines); m++) {
		struct hoard hoard = { 0 };
		unsigned long before;
		char *blocks;

		boot(odd_machines[m]);
		assert_sound();
		before = nr_free_pages();
		assert_int_equal(before, totalram_pages());
		blocks = strdup(view("buddyinfo"));
		hoard_all(&hoard, GFP_HIGHUSER | __GFP_MEMALLOC, MAX_ORDER - 1);
		assert_int_equal(hoard.pages, before);
		assert_int_equal(nr_free_pages(), 0);
		assert_sound();
		check_blocks(&hoard);
		shuffle(&hoard);
		hoard_free(&hoard);
		assert_int_equal(nr_free_pages(), before);
		drain_all_pages(NULL);
		assert_sound();
		/* All joined again, as it was. */
		assert_string_equal(view("buddyinfo"), blocks);
		free(blocks);
		shutdown_clean();
	}
}

static void B6_single_pages_join_across_everything_but_boundaries(void **state)
{
	for (size_t m = 0; m < ARRAY_LEN(odd_machines); m++) {
		struct hoard hoard = { 0 };
		unsigned long before;
		char *blocks;

		if (host_is_slow() && m % 4)
			continue;
		boot(odd_machines[m]);
		before = nr_free_pages();
		blocks = strdup(view("buddyinfo"));
		hoard_all(&hoard, GFP_HIGHUSER | __GFP_MEMALLOC, 0);
		assert_int_equal(hoard.pages, before);
		shuffle(&hoard);
		hoard_free(&hoard);
		drain_all_pages(NULL);
		assert_int_equal(nr_free_pages(), before);
		assert_string_equal(view("buddyinfo"), blocks);
		free(blocks);
		shutdown_clean();
	}
}

static void B6_zones_of_a_few_pages_work(void **state)
{
	struct hoard hoard = { 0 };

	boot("machine=i386 memmap=exactmap memmap=16M@0,24K@16M boot_area=64M@1G");
	assert_int_equal(zone_of(ZONE_NORMAL)->present_pages, PAGES_OF(24 << 10));
	hoard_one(&hoard, GFP_KERNEL, 0);
	assert_int_equal(page_zonenum(hoard.block[0].page), ZONE_NORMAL);
	hoard_all(&hoard, GFP_KERNEL, 0);
	/* Requests that it cannot hold go to the next zone. */
	hoard_free(&hoard);
	assert_true(hoard_one(&hoard, GFP_KERNEL, 5));
	assert_int_equal(page_zonenum(hoard.block[0].page), ZONE_DMA);
	hoard_free(&hoard);
	shutdown_clean();
}

/* ---- B7 ---- */

static void *use_memory(void *arg)
{
	uint64_t random = (uintptr_t)arg;
	struct { struct page *page; unsigned int order; } held[20] = { { NULL, 0 } };
	int rounds = host_is_slow() ? 500 : 20000;

	while (rounds--) {
		unsigned int i = test_random(&random) % 20;

		if (held[i].page) {
			__free_pages(held[i].page, held[i].order);
			held[i].page = NULL;
			continue;
		}
		held[i].order = test_random(&random) % 8 ? 0 : test_random(&random) % MAX_ORDER;
		held[i].page = alloc_pages((test_random(&random) % 2 ? GFP_HIGHUSER : GFP_ATOMIC) |
					   __GFP_NOWARN, held[i].order);
	}
	for (int i = 0; i < 20; i++)
		__free_pages(held[i].page, held[i].order);
	return NULL;
}

static void B7_zones_are_used_by_all_cpus_at_once(void **state)
{
	static const char *const machines[] = {
		"machine=i386 mem=64M highmem=30M", "machine=x86_64 mem=64M numa=2 nr_cpus=2",
	};

	for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
		pthread_t threads[4];
		unsigned long before;

		boot(machines[m]);
		before = nr_free_pages();
		for (uintptr_t i = 0; i < 4; i++)
			thread_start(&threads[i], use_memory, (void *)i);
		for (int i = 0; i < 50; i++)
			drain_all_pages(NULL);
		for (int i = 0; i < 4; i++)
			thread_join(threads[i]);
		assert_int_equal(nr_free_pages(), before);
		shutdown_clean();
	}
}

/* ---- B9: exact sizes and nodes ---- */

static void B9_pages_of_a_node(void **state)
{
	int nid;

	boot("mem=1G numa=4 nr_cpus=2");
	for_each_online_node(nid) {
		for (unsigned int order = 0; order < MAX_ORDER; order++) {
			struct page *page = alloc_pages_node(nid, GFP_KERNEL, order);

			assert_non_null(page);
			assert_int_equal(page_to_nid(page), nid);
			__free_pages(page, order);
		}
		for (int i = 0; i < 2; i++) {
			void *addr = alloc_pages_exact_nid(nid, 3 * PAGE_SIZE, GFP_KERNEL);

			assert_int_equal(page_to_nid(virt_to_page(addr)), nid);
			free_pages_exact(addr, 3 * PAGE_SIZE);
		}
	}
	shutdown_clean();
}

static void B9_a_full_node_falls_back_to_the_next_by_distance(void **state)
{
	struct hoard hoard = { 0 };
	struct page *page;

	boot("mem=256M numa=4 nr_cpus=1");
	assert_int_equal(node_distance(1, 1), 10);
	assert_int_equal(node_distance(1, 2), 20);
	assert_int_equal(node_distance(1, 3), 30);
	assert_int_equal(node_distance(0, 3), 20);	/* a ring */
	do {
		page = alloc_pages_node(1, GFP_KERNEL | __GFP_THISNODE | __GFP_NOWARN, 4);
		assert_true(!page || page_to_nid(page) == 1);
		hoard_keep(&hoard, page, 4);
	} while (page);
	page = alloc_pages_node(1, GFP_KERNEL, 4);
	assert_non_null(page);
	assert_int_equal(node_distance(1, page_to_nid(page)), 20);
	__free_pages(page, 4);
	hoard_free(&hoard);
	shutdown_clean();
}

static void B9_a_node_that_is_none_is_reported(void **state)
{
	boot("mem=128M numa=2");
	capture_begin();
	assert_null(alloc_pages_node(2, GFP_KERNEL, 0));
	assert_null(alloc_pages_node(-5, GFP_KERNEL, 0));
	assert_says(capture_end(), "there is no node 2");
	{
		struct page *page = alloc_pages_node(NUMA_NO_NODE, GFP_KERNEL, 0);

		assert_non_null(page);
		__free_page(page);
	}
	shutdown_clean();
}

static void *alloc_on_cpu(void *arg)
{
	struct page *page;
	int nid;

	bind_to_cpu((uintptr_t)arg);
	nid = numa_node_id();
	for (int i = 0; i < 100; i++) {
		page = alloc_pages(GFP_KERNEL, i % 5);
		if (page_to_nid(page) != nid)
			return "another node's memory";
		__free_pages(page, i % 5);
	}
	return NULL;
}

static void B9_memory_comes_from_the_node_of_the_cpu(void **state)
{
	boot("mem=256M numa=2 nr_cpus=2");
	for (uintptr_t i = 0; i < 2; i++) {
		pthread_t thread;

		thread_start(&thread, alloc_on_cpu, (void *)i);
		assert_null(thread_join(thread));
	}
	shutdown_clean();
}

/* ---- everything, and back ---- */

static void the_whole_machine_can_be_used_and_given_back(void **state)
{
	static const char *const machines[] = {
		"machine=i386 mem=1G", "machine=x86_64 mem=600M", "machine=x86_64 mem=4200M",
		"machine=i386 mem=1G numa=3 nr_cpus=2", "machine=x86_64 mem=8M",
	};

	for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
		struct hoard hoard = { 0 };
		unsigned long before;
		char *blocks;

		if (host_is_slow() && strstr(machines[m], "4200M"))
			continue;
		boot(machines[m]);
		before = nr_free_pages();
		blocks = strdup(view("buddyinfo"));
		hoard_all(&hoard, GFP_HIGHUSER, MAX_ORDER - 1);
		hoard_all(&hoard, GFP_ATOMIC, 2);
		hoard_all(&hoard, GFP_DMA, 1);
		assert_int_equal(nr_free_pages(), before - hoard.pages);
		assert_sound();
		hoard_free(&hoard);
		assert_int_equal(nr_free_pages(), before);
		drain_all_pages(NULL);
		assert_string_equal(view("buddyinfo"), blocks);
		free(blocks);
		shutdown_clean();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(B1_zones_have_their_names),
		machine_test(B2_the_zones_of_i386),
		machine_test(B2_the_zones_of_x86_64),
		machine_test(B2_the_default_machine_is_x86_64),
		machine_test(B2_the_lower_16_megabytes_stay_mostly_free),
		machine_test(B3_a_zone_has_the_fields_of_the_notes),
		machine_test(B3_nodes_have_what_their_zones_have),
		machine_test(B4_watermarks_follow_from_the_memory),
		machine_test(B4_min_free_kbytes_sets_the_watermarks),
		machine_test(B4_lower_zones_keep_a_reserve),
		machine_test(B4_below_low_kswapd_is_woken),
		machine_test(B4_below_min_only_those_entitled_succeed),
		machine_test(B4_a_large_request_leaves_the_mark_as_well),
		machine_test(B5_dma_requests_are_served_from_dma_only),
		machine_test(B5_ordinary_requests_prefer_normal_and_fall_back),
		machine_test(B5_high_requests_try_high_normal_and_dma),
		machine_test(B5_never_the_other_way),
		machine_test(B5_requests_that_had_a_choice_leave_the_reserve),
		machine_test(B6_no_block_crosses_a_boundary),
		machine_test(B6_single_pages_join_across_everything_but_boundaries),
		machine_test(B6_zones_of_a_few_pages_work),
		machine_test(B7_zones_are_used_by_all_cpus_at_once),
		machine_test(B8_a_request_fails_only_when_no_zone_can_spare),
		machine_test(B9_pages_of_a_node),
		machine_test(B9_a_full_node_falls_back_to_the_next_by_distance),
		machine_test(B9_a_node_that_is_none_is_reported),
		machine_test(B9_memory_comes_from_the_node_of_the_cpu),
		machine_test(the_whole_machine_can_be_used_and_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

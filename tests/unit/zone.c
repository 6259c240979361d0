// SPDX-License-Identifier: MIT
/*
 * zone.c - how nodes and zones lie, in which order they are asked, and how low they may fall
 */
#include "pagoda_test.h"

#include <linux/nodemask.h>
#include <linux/topology.h>

#include "mm/internal.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static const char *const machines[] = {
	"machine=x86_64 mem=8M", "machine=x86_64 mem=1G", "machine=x86_64 mem=6G numa=4", "machine=i386 mem=2G numa=3",
	"machine=i386 mem=64M highmem=30M", "machine=x86_64 mem=100M numa=8 nr_cpus=1",
	"machine=x86_64 memmap=exactmap memmap=3M@1M,5M@20M,7M@4097M boot_area=256M@8G",
};

/* ---- how they lie ---- */

static void zones_do_not_overlap_and_hold_all_memory(void **state)
{
	for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
		unsigned long last = 0, present = 0, node_present = 0;
		struct zone *zone;
		int nid;

		boot(machines[m]);
		for_each_online_node(nid)
			node_present += NODE_DATA(nid)->node_present_pages;
		for (nid = 0; nid < (int)nr_node_ids; nid++)
			for (int type = 0; type < MAX_NR_ZONES; type++) {
				zone = &NODE_DATA(nid)->node_zones[type];
				if (!populated_zone(zone)) {
					assert_int_equal(zone->spanned_pages, 0);
					continue;
				}
				assert_true(zone->zone_start_pfn >= last);
				last = zone_end_pfn(zone);
				assert_true(last <= zone_limit_pfn[type]);
				assert_true(last <= node_limit_pfn[nid]);
				assert_true(zone_managed_pages(zone) <= zone->present_pages);
				assert_true(zone->present_pages <= zone->spanned_pages);
				present += zone->present_pages;
			}
		assert_int_equal(present, node_present);
		assert_true(last <= max_pfn);
		shutdown_clean();
	}
}

static void a_zone_begins_and_ends_with_memory(void **state)
{
	boot("machine=x86_64 memmap=exactmap memmap=3M@1M,5M@20M,7M@4097M boot_area=256M@8G");
	assert_int_equal(zone_of(ZONE_DMA)->zone_start_pfn, PHYS_PFN(1 << 20));
	assert_int_equal(zone_end_pfn(zone_of(ZONE_DMA)), PHYS_PFN(4 << 20));
	assert_int_equal(zone_of(ZONE_DMA32)->zone_start_pfn, PHYS_PFN(20 << 20));
	assert_int_equal(zone_end_pfn(zone_of(ZONE_DMA32)), PHYS_PFN(25 << 20));
	assert_int_equal(zone_of(ZONE_NORMAL)->zone_start_pfn, PHYS_PFN(4097ULL << 20));
	shutdown_clean();
}

static void all_zones_are_walked(void **state)
{
	struct zone *zone;
	unsigned int nr;

	assert_null(first_zone());		/* no machine, no zones */
	for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
		boot(machines[m]);
		nr = 0;
		for_each_zone(zone) {
			assert_ptr_equal(zone, &NODE_DATA(nr / MAX_NR_ZONES)->node_zones[nr % MAX_NR_ZONES]);
			nr++;
		}
		assert_int_equal(nr, MAX_NR_ZONES * nr_node_ids);
		for_each_populated_zone(zone)
			assert_true(zone->present_pages > 0);
		shutdown_clean();
	}
}

/* ---- in which order they are asked ---- */

static void a_list_has_every_zone_once_nodes_by_distance(void **state)
{
	for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
		int nid;

		boot(machines[m]);
		for_each_online_node(nid) {
			struct zoneref *ref = NODE_DATA(nid)->node_zonelists[ZONELIST_FALLBACK]._zonerefs;
			unsigned int nr = 0, populated = 0;
			struct zone *zone;

			for (; ref->zone; ref++, nr++) {
				struct zone *next = ref[1].zone;

				assert_true(populated_zone(ref->zone));
				assert_int_equal(ref->zone_idx, zone_idx(ref->zone));
				if (!next)
					continue;
				if (next->zone_pgdat == ref->zone->zone_pgdat)
					assert_true(zone_idx(next) < zone_idx(ref->zone));
				else
					assert_true(node_distance(nid, zone_to_nid(next)) >=
						    node_distance(nid, zone_to_nid(ref->zone)));
			}
			for_each_populated_zone(zone)
				populated++;
			assert_int_equal(nr, populated);
			assert_true(nr < zone_list_length());
		}
		shutdown_clean();
	}
}

static void a_nodes_own_list_has_its_own_zones(void **state)
{
	int nid;

	boot("machine=x86_64 mem=6G numa=4");
	for_each_online_node(nid) {
		struct zoneref *ref = NODE_DATA(nid)->node_zonelists[ZONELIST_NOFALLBACK]._zonerefs;

		assert_non_null(ref->zone);
		for (; ref->zone; ref++)
			assert_int_equal(zone_to_nid(ref->zone), nid);
	}
	shutdown_clean();
}

static void distances_are_those_of_a_ring(void **state)
{
	boot("mem=256M numa=6 nr_cpus=1");
	for (int from = 0; from < 6; from++)
		for (int to = 0; to < 6; to++) {
			int steps = (to - from + 6) % 6;

			assert_int_equal(node_distance(from, to), 10 + 10 * (steps > 3 ? 6 - steps : steps));
			assert_int_equal(node_distance(from, to), node_distance(to, from));
		}
	shutdown_clean();
}

static void the_zone_bits_of_a_request(void **state)
{
	boot("machine=i386 mem=64M");
	for (unsigned int gfp = 0; gfp < NR_PAGE_REQUESTS; gfp++)
		assert_int_equal(high_zone_of_gfp[gfp],
				 gfp & __GFP_DMA ? ZONE_DMA : gfp & __GFP_DMA32 ? ZONE_NORMAL :
				 gfp & __GFP_HIGHMEM ? ZONE_HIGHMEM : ZONE_NORMAL);
	shutdown_clean();
	boot("machine=x86_64 mem=64M");
	for (unsigned int gfp = 0; gfp < NR_PAGE_REQUESTS; gfp++)
		assert_int_equal(high_zone_of_gfp[gfp],
				 gfp & __GFP_DMA ? ZONE_DMA : gfp & __GFP_DMA32 ? ZONE_DMA32 :
				 gfp & __GFP_HIGHMEM ? ZONE_HIGHMEM : ZONE_NORMAL);
	shutdown_clean();
}

/* ---- how low they may fall ---- */

static void the_mark_has_to_be_left(void **state)
{
	struct zone zone = { .watermark = { 100, 200, 300 } };

	for (int i = 0; i < MAX_ORDER; i++)
		zone.free_area[i].nr_free = 1;
	for (int mark = WMARK_MIN; mark <= WMARK_HIGH; mark++) {
		zone.nr_free = zone.watermark[mark];
		assert_false(zone_watermark_ok(&zone, 0, mark, ZONE_NORMAL));
		zone.nr_free++;
		assert_true(zone_watermark_ok(&zone, 0, mark, ZONE_NORMAL));
		/* A block takes more than one page: all but one count as gone. */
		assert_false(zone_watermark_ok(&zone, 3, mark, ZONE_NORMAL));
		zone.nr_free += 6;
		assert_false(zone_watermark_ok(&zone, 3, mark, ZONE_NORMAL));
		zone.nr_free += 1;
		assert_true(zone_watermark_ok(&zone, 3, mark, ZONE_NORMAL));
	}
}

static void the_reserve_counts_for_requests_of_higher_zones(void **state)
{
	struct zone zone = { .watermark = { 10, 20, 30 }, .lowmem_reserve = { 0, 0, 50, 70 } };

	zone.nr_free = 60;
	assert_true(zone_watermark_ok(&zone, 0, WMARK_MIN, ZONE_DMA));
	assert_true(zone_watermark_ok(&zone, 0, WMARK_MIN, ZONE_DMA32));
	assert_false(zone_watermark_ok(&zone, 0, WMARK_MIN, ZONE_NORMAL));
	zone.nr_free = 61;
	assert_true(zone_watermark_ok(&zone, 0, WMARK_MIN, ZONE_NORMAL));
	assert_false(zone_watermark_ok(&zone, 0, WMARK_MIN, ZONE_HIGHMEM));
	assert_false(zone_watermark_ok(&zone, 0, WMARK_LOW, ZONE_NORMAL));
	zone.nr_free = 81;
	assert_true(zone_watermark_ok(&zone, 0, WMARK_MIN, ZONE_HIGHMEM));
}

static void reserves_are_for_some(void **state)
{
	struct zone zone = { .watermark = { 101, 200, 300 }, .lowmem_reserve = { 0, 0, 7, 0 } };

	zone.nr_free = 60;
	assert_false(zone_watermark_ok(&zone, 0, WMARK_MIN, ZONE_DMA));
	assert_true(zone_watermark_ok(&zone, 0, WMARK_MIN | ALLOC_HIGH, ZONE_DMA));
	zone.nr_free = 51;		/* 101 - 101 / 2 */
	assert_false(zone_watermark_ok(&zone, 0, WMARK_MIN | ALLOC_HIGH, ZONE_DMA));
	zone.nr_free = 58;
	assert_false(zone_watermark_ok(&zone, 0, WMARK_MIN | ALLOC_HIGH, ZONE_NORMAL));
	zone.nr_free = 1;
	assert_true(zone_watermark_ok(&zone, 0, ALLOC_NO_WATERMARKS, ZONE_NORMAL));
	zone.nr_free = 0;
	assert_false(zone_watermark_ok(&zone, 0, ALLOC_NO_WATERMARKS, ZONE_NORMAL));
}

static void a_block_has_to_be_there(void **state)
{
	struct zone zone = { .watermark = { 1, 1, 1 }, .nr_free = 5000 };

	zone.free_area[0].nr_free = 5000;
	assert_true(zone_watermark_ok(&zone, 0, WMARK_MIN, ZONE_NORMAL));
	for (int order = 1; order < MAX_ORDER; order++) {
		assert_false(zone_watermark_ok(&zone, order, WMARK_MIN, ZONE_NORMAL));
		assert_false(zone_watermark_ok(&zone, order, ALLOC_NO_WATERMARKS, ZONE_NORMAL));
	}
	zone.free_area[6].nr_free = 1;
	for (int order = 1; order < MAX_ORDER; order++) {
		assert_int_equal(zone_watermark_ok(&zone, order, WMARK_MIN, ZONE_NORMAL), order <= 6);
		assert_int_equal(zone_watermark_ok(&zone, order, ALLOC_NO_WATERMARKS, ZONE_NORMAL), order <= 6);
	}
}

static void huge_numbers_do_not_wrap(void **state)
{
	struct zone zone = { .watermark = { 100, 200, 300 }, .nr_free = 3 };

	zone.free_area[10].nr_free = 1;
	assert_false(zone_watermark_ok(&zone, 10, WMARK_MIN, ZONE_NORMAL));
	zone.nr_free = 1UL << 31;
	assert_true(zone_watermark_ok(&zone, 10, WMARK_HIGH, ZONE_NORMAL));
}

static void watermarks_can_be_set_anew(void **state)
{
	static const unsigned long ratio[MAX_NR_ZONES] = { 256, 256, 32, 0 }, none[MAX_NR_ZONES] = { 0 };
	unsigned long marks[NR_WMARK], reserve;
	struct zone *zone;

	boot("machine=i386 mem=1G");
	zone = zone_of(ZONE_DMA);
	memcpy(marks, zone->watermark, sizeof(marks));
	reserve = zone->lowmem_reserve[ZONE_NORMAL];
	zones_set_watermarks(8000, none);
	assert_int_equal(min_free_kbytes, 8000);
	assert_true(min_wmark_pages(zone) != marks[WMARK_MIN]);
	assert_int_equal(zone->lowmem_reserve[ZONE_NORMAL], 0);
	/* By the formula, whatever they were in between. */
	zones_set_watermarks(0, ratio);
	assert_memory_equal(marks, zone->watermark, sizeof(marks));
	assert_int_equal(zone->lowmem_reserve[ZONE_NORMAL], reserve);
	shutdown_clean();
}

static void buffers_may_use_what_is_above_the_high_marks(void **state)
{
	unsigned long expected = 0;
	struct zone *zone;

	boot("machine=i386 mem=1G");
	for_each_populated_zone(zone)
		if (!is_highmem(zone))
			expected += zone_managed_pages(zone) - high_wmark_pages(zone);
	assert_int_equal(nr_free_buffer_pages(), expected);
	shutdown_clean();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(zones_do_not_overlap_and_hold_all_memory),
		machine_test(a_zone_begins_and_ends_with_memory),
		machine_test(all_zones_are_walked),
		machine_test(a_list_has_every_zone_once_nodes_by_distance),
		machine_test(a_nodes_own_list_has_its_own_zones),
		machine_test(distances_are_those_of_a_ring),
		machine_test(the_zone_bits_of_a_request),
		machine_test(the_mark_has_to_be_left),
		machine_test(the_reserve_counts_for_requests_of_higher_zones),
		machine_test(reserves_are_for_some),
		machine_test(a_block_has_to_be_there),
		machine_test(huge_numbers_do_not_wrap),
		machine_test(watermarks_can_be_set_anew),
		machine_test(buffers_may_use_what_is_above_the_high_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

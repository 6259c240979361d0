// SPDX-License-Identifier: MIT
/*
 * buddy.c - the free blocks of a zone; and its checker, which has to see everything it promises to see
 *
 * The machine has one zone and its arrays are left alone, so the buddy is used here as page_alloc.c
 * does it: under the zone's lock. For the checker, each thing that is always true is broken on purpose,
 * looked at, and mended.
 */
#include "pagoda_test.h"

#include <linux/page-flags.h>
#include <linux/spinlock.h>

#include "mm/internal.h"

#define LARGEST (MAX_ORDER - 1)

/* Largest blocks, and largest blocks and some small ones. */
#define WHOLE_BLOCKS "machine=i386 memmap=exactmap memmap=64M@32M boot_area=64M@1G"
#define ONE_ZONE "machine=i386 memmap=exactmap memmap=33100K@16M boot_area=64M@1G"

static struct zone *zone;

static void start(const char *machine)
{
	boot(machine);
	zone = zone_of(ZONE_NORMAL);
}

static struct page *take(unsigned int order, int type)
{
	struct page *page;
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	page = buddy_take(zone, order, type);
	spin_unlock_irqrestore(&zone->lock, flags);
	return page;
}

static void give(struct page *page, unsigned int order)
{
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	buddy_give(zone, page, order);
	spin_unlock_irqrestore(&zone->lock, flags);
}

/* Free blocks by order. */
struct census {
	unsigned long nr[MAX_ORDER];
};

static struct census census(void)
{
	struct census now;

	for (int order = 0; order < MAX_ORDER; order++)
		now.nr[order] = zone->free_area[order].nr_free;
	return now;
}

static void expect_census(struct census expected)
{
	struct census now = census();

	for (int order = 0; order < MAX_ORDER; order++)
		assert_int_equal(now.nr[order], expected.nr[order]);
}

/* ---- cutting and joining ---- */

static void a_largest_block_is_cut_in_halves(void **state)
{
	struct census before;
	struct page *page;

	start(WHOLE_BLOCKS);
	before = census();
	for (int order = 0; order < LARGEST; order++)
		assert_int_equal(before.nr[order], 0);
	page = take(0, MIGRATE_MOVABLE);
	before.nr[LARGEST]--;
	for (int order = 0; order < LARGEST; order++)
		before.nr[order]++;
	expect_census(before);
	assert_int_equal(page_order(page), 0);
	assert_int_equal(page_taken_type(page), MIGRATE_MOVABLE);
	assert_false(PageBuddy(page));
	assert_int_equal(page_to_pfn(page) % (1 << LARGEST), 0);	/* the lower half is taken */
	assert_int_equal(zone->nr_free, zone_managed_pages(zone) - 1);
	give(page, 0);
	before.nr[LARGEST]++;
	for (int order = 0; order < LARGEST; order++)
		before.nr[order]--;
	expect_census(before);
	assert_int_equal(buddy_check(zone), 0);
	shutdown_clean();
}

static void the_smallest_block_that_fits_is_cut(void **state)
{
	struct page *pages[2];

	start(WHOLE_BLOCKS);
	pages[0] = take(3, MIGRATE_MOVABLE);
	give(pages[0], 3);
	pages[0] = take(5, MIGRATE_MOVABLE);
	/* Its neighbour of order 5 is free now, and is taken before anything larger is cut. */
	pages[1] = take(5, MIGRATE_MOVABLE);
	assert_int_equal(page_to_pfn(pages[0]) ^ page_to_pfn(pages[1]), 1 << 5);
	give(pages[0], 5);
	give(pages[1], 5);
	assert_int_equal(buddy_check(zone), 0);
	shutdown_clean();
}

static void blocks_of_all_orders_are_aligned_and_noted(void **state)
{
	struct census before;

	start(ONE_ZONE);
	before = census();
	for (unsigned int order = 0; order < MAX_ORDER; order++)
		for (int type = 0; type < MIGRATE_PCPTYPES; type++) {
			struct page *page = take(order, type);

			assert_non_null(page);
			assert_int_equal(page_to_pfn(page) % (1UL << order), 0);
			assert_int_equal(page_order(page), order);
			assert_int_equal(page_taken_type(page), type);
			give(page, order);
			assert_int_equal(page_order(page), 0);
			expect_census(before);
		}
	assert_int_equal(buddy_check(zone), 0);
	shutdown_clean();
}

static void partners_join_in_any_order_of_giving(void **state)
{
	static const int orders[4][4] = { { 0, 1, 2, 3 }, { 3, 2, 1, 0 }, { 0, 2, 1, 3 }, { 1, 3, 0, 2 } };
	struct census before;

	start(ONE_ZONE);
	before = census();
	for (int i = 0; i < 4; i++) {
		struct page *page = take(2, MIGRATE_MOVABLE);

		set_page_order(page, 0);
		for (int j = 0; j < 4; j++)
			give(page + orders[i][j], 0);
		expect_census(before);
	}
	shutdown_clean();
}

static void a_block_whose_partner_is_used_stays_alone(void **state)
{
	struct page *page;

	start(ONE_ZONE);
	page = take(1, MIGRATE_MOVABLE);
	set_page_order(page, 0);
	give(page + 1, 0);
	assert_true(PageBuddy(page + 1));
	assert_int_equal(page[1].private, 0);
	assert_false(PageBuddy(page));
	give(page, 0);
	assert_false(PageBuddy(page + 1));
	assert_int_equal(buddy_check(zone), 0);
	shutdown_clean();
}

static void everything_can_be_taken_and_comes_back(void **state)
{
	struct census before;
	unsigned long all;
	struct page **pages;

	start(ONE_ZONE);
	before = census();
	all = zone->nr_free;
	pages = calloc(all, sizeof(*pages));
	for (unsigned long i = 0; i < all; i++) {
		pages[i] = take(0, i % MIGRATE_PCPTYPES);
		assert_non_null(pages[i]);
	}
	assert_null(take(0, MIGRATE_MOVABLE));
	assert_null(take(0, MIGRATE_UNMOVABLE));
	assert_int_equal(zone->nr_free, 0);
	for (unsigned long i = 0; i < all; i++)
		give(pages[(i * 7919) % all], 0);	/* a prime: all of them, scattered */
	assert_int_equal(zone->nr_free, all);
	expect_census(before);
	free(pages);
	shutdown_clean();
}

static void events_are_counted(void **state)
{
	unsigned long taken, given;
	struct page *page;

	start(ONE_ZONE);
	taken = zone->nr_taken;
	given = zone->nr_given;
	assert_int_equal(given, 0);		/* the memory of boot is no event */
	page = take(4, MIGRATE_MOVABLE);
	assert_int_equal(zone->nr_taken, taken + 16);
	give(page, 4);
	assert_int_equal(zone->nr_given, given + 16);
	shutdown_clean();
}

/* ---- boundaries ---- */

static void partners_of_different_zones_do_not_join(void **state)
{
	struct hoard hoard = { 0 };

	/* High memory begins at a frame that is no multiple of anything: its partner is low. */
	boot("machine=i386 mem=40M highmem=12292K");
	assert_true(zone_of(ZONE_HIGHMEM)->zone_start_pfn % 4 != 0);
	hoard_all(&hoard, GFP_HIGHUSER | __GFP_MEMALLOC, LARGEST);
	for (size_t i = 0; i < hoard.nr; i++) {
		struct page *page = hoard.block[i].page;

		assert_ptr_equal(page_zone(page), page_zone(page + (1UL << hoard.block[i].order) - 1));
	}
	hoard_free(&hoard);
	for_each_zone(zone)
		assert_int_equal(buddy_check(zone), 0);
	hoard_free(&hoard);
	shutdown_clean();
}

static void partners_of_different_nodes_do_not_join(void **state)
{
	unsigned long boundary;
	struct page *low, *high;

	/* Memory so small that nodes begin in the middle of a largest block. */
	boot("machine=x86_64 memmap=exactmap memmap=8M@32M boot_area=64M@1G numa=7 nr_cpus=1");
	boundary = node_limit_pfn[2];
	low = pfn_to_page(boundary - 1);
	high = pfn_to_page(boundary);
	assert_int_equal(page_to_nid(low), 2);
	assert_int_equal(page_to_nid(high), 3);
	for_each_zone(zone)
		assert_int_equal(buddy_check(zone), 0);
	shutdown_clean();
}

/* ---- migrate types ---- */

static void a_type_that_runs_out_takes_the_largest_block_of_another(void **state)
{
	unsigned long extfrag;
	struct page *page;

	start(WHOLE_BLOCKS);
	extfrag = zone->nr_extfrag;
	/* All page blocks are movable at first. */
	page = take(0, MIGRATE_UNMOVABLE);
	assert_int_equal(zone->nr_extfrag, extfrag + 1);
	assert_int_equal(get_pageblock_migratetype(page), MIGRATE_UNMOVABLE);
	/* The next one comes from the same page block: it is a type's own now. */
	{
		struct page *next = take(0, MIGRATE_UNMOVABLE);

		assert_int_equal(zone->nr_extfrag, extfrag + 1);
		assert_int_equal(page_to_pfn(next) >> pageblock_order, page_to_pfn(page) >> pageblock_order);
		give(next, 0);
	}
	give(page, 0);
	assert_int_equal(buddy_check(zone), 0);
	shutdown_clean();
}

static void movable_content_takes_a_small_piece_and_no_more(void **state)
{
	unsigned long all, nr = 0;
	struct page **pages, *page;

	/* Unmovable content has it all; then pieces of 8 pages are free, far from half of a page block. */
	start("machine=i386 memmap=exactmap memmap=8M@16M boot_area=64M@1G");
	all = zone->nr_free;
	pages = calloc(all, sizeof(*pages));
	while ((pages[nr] = take(0, MIGRATE_UNMOVABLE)) && ++nr < all)
		;
	assert_int_equal(nr, all);
	for (unsigned long i = 0; i < all; i++)
		if (page_to_pfn(pages[i]) % 64 < 8)
			give(pages[i], 0);
	page = take(0, MIGRATE_MOVABLE);
	assert_non_null(page);
	assert_int_equal(page_taken_type(page), MIGRATE_MOVABLE);
	assert_int_equal(get_pageblock_migratetype(page), MIGRATE_UNMOVABLE);
	give(page, 0);
	for (unsigned long i = 0; i < all; i++)
		if (page_to_pfn(pages[i]) % 64 >= 8)
			give(pages[i], 0);
	assert_int_equal(buddy_check(zone), 0);
	free(pages);
	shutdown_clean();
}

/* ---- memory that nobody has touched ---- */

static void untouched_memory_counts_as_largest_blocks(void **state)
{
	unsigned long deferred, blocks;
	struct page *page;

	start("machine=i386 mem=800M");
	deferred = buddy_deferred_pages(zone);
	blocks = zone->free_area[LARGEST].nr_free;
	assert_true(deferred > zone_managed_pages(zone) / 2);
	assert_int_equal(deferred % PAGES_PER_SECTION, 0);
	assert_true(blocks >= deferred >> LARGEST);
	/* Taking it away section by section changes no count but by what was taken. */
	for (int i = 0; i < 20; i++) {
		page = take(LARGEST, MIGRATE_MOVABLE);
		assert_non_null(page);
		list_add(&page->lru, &zone->lru[0].list);
		assert_int_equal(zone->free_area[LARGEST].nr_free, blocks - i - 1);
	}
	assert_true(buddy_deferred_pages(zone) < deferred);
	assert_int_equal(buddy_check(zone), 0);
	while (!list_empty(&zone->lru[0].list)) {
		page = list_first_entry(&zone->lru[0].list, struct page, lru);
		list_del(&page->lru);
		give(page, LARGEST);
	}
	assert_int_equal(zone->free_area[LARGEST].nr_free, blocks);
	shutdown_clean();
}

static void a_frame_is_deferred_until_its_section_is_taken(void **state)
{
	unsigned long pfn;

	start("machine=i386 mem=800M");
	for (pfn = zone->zone_start_pfn; !buddy_deferred(zone, pfn); pfn++)
		;
	pfn_to_page(pfn);				/* looking alone changes nothing */
	assert_true(buddy_deferred(zone, pfn));
	assert_false(PageBuddy(mem_map + pfn));
	assert_int_equal(buddy_check(zone), 0);
	assert_false(buddy_deferred(zone, zone_end_pfn(zone)));
	shutdown_clean();
}

/* ---- the checker ---- */

static struct page *first_free(unsigned int order)
{
	for (int type = 0; type < MIGRATE_TYPES; type++)
		if (!list_empty(&zone->free_area[order].free_list[type]))
			return list_first_entry(&zone->free_area[order].free_list[type], struct page, lru);
	fail_msg("no free block of order %u on the lists", order);
	return NULL;
}

static struct page *kept;

/* A zone with a free block of each order: what is left when one page is cut off. */
static void start_with_all_orders(void)
{
	start(WHOLE_BLOCKS);
	kept = take(0, MIGRATE_MOVABLE);
	kept->counts = COUNTS_ONE;
	assert_int_equal(pagoda_check(), 0);
}

static void stop(void)
{
	assert_int_equal(pagoda_check(), 0);		/* mended */
	kept->counts = COUNTS_FREE;
	give(kept, 0);
	shutdown_clean();
}

static void expect_violation(const char *name, const char *what)
{
	const char *text;
	char start_of_line[64];
	long bad;

	capture_begin();
	bad = buddy_check(zone);
	text = capture_end();
	assert_true(bad > 0);
	assert_int_equal(count_of(text, "Call Trace:"), bad);
	snprintf(start_of_line, sizeof(start_of_line), "buddy: Normal: %s: pfn ", name);
	assert_says(text, start_of_line);
	assert_says(text, what);
}

static void the_checker_sees_a_block_at_no_multiple_of_its_size(void **state)
{
	struct page *page;

	start_with_all_orders();
	page = first_free(2);
	list_del(&page->lru);
	list_add(&(page + 1)->lru, &zone->free_area[2].free_list[MIGRATE_MOVABLE]);
	expect_violation("aligned", "is not a multiple of its size");
	list_del(&(page + 1)->lru);
	list_add(&page->lru, &zone->free_area[2].free_list[MIGRATE_MOVABLE]);
	stop();
}

static void the_checker_sees_a_block_beyond_its_zone(void **state)
{
	unsigned long spanned;

	start_with_all_orders();
	spanned = zone->spanned_pages;
	zone->spanned_pages = spanned / 4 + 1;
	expect_violation("aligned", "reaches beyond its zone");
	zone->spanned_pages = spanned;
	zone->zone_start_pfn += 5000;
	expect_violation("aligned", "reaches beyond its zone");
	zone->zone_start_pfn -= 5000;
	stop();
}

static void the_checker_sees_a_page_of_another_zone(void **state)
{
	struct page *page;

	start_with_all_orders();
	page = first_free(4) + 5;
	page->flags ^= 1UL << PAGE_ZONE_SHIFT;
	expect_violation("aligned", "is of another zone");
	page->flags ^= 1UL << PAGE_ZONE_SHIFT;
	stop();
}

static void the_checker_sees_a_block_without_its_tag(void **state)
{
	struct page *page;

	start_with_all_orders();
	page = first_free(3);
	page->flags &= ~BIT(PG_buddy);
	expect_violation("tagged", "is on a list, but not tagged so");
	page->flags |= BIT(PG_buddy);
	page->private = 2;
	expect_violation("tagged", "is on a list, but not tagged so");
	page->private = 3;
	stop();
}

static void the_checker_sees_a_tag_inside_of_a_block(void **state)
{
	struct page *page;

	start_with_all_orders();
	page = first_free(3) + 6;
	page->flags |= BIT(PG_buddy);
	expect_violation("tagged", "is inside of a free block");
	page->flags &= ~BIT(PG_buddy);
	stop();
}

static void the_checker_sees_references_in_a_free_block(void **state)
{
	struct page *page;

	start_with_all_orders();
	for (int i = 0; i < 8; i += 7) {
		page = first_free(3) + i;
		page->counts = COUNTS_ONE;
		expect_violation("tagged", "is free and has references");
		page->counts = COUNTS_FREE;
	}
	atomic_set(&page->_mapcount, 0);
	expect_violation("tagged", "is free and has references");
	page->counts = COUNTS_FREE;
	stop();
}

static void the_checker_sees_partners_that_are_not_joined(void **state)
{
	struct list_head *list;
	struct page *page;

	start_with_all_orders();
	page = first_free(5);
	list = &zone->free_area[4].free_list[MIGRATE_MOVABLE];
	list_del(&page->lru);
	page->private = page[16].private = 4;
	page[16].flags |= BIT(PG_buddy);
	list_add(&page->lru, list);
	list_add(&page[16].lru, list);
	expect_violation("joined", "and its partner are both free");
	list_del(&page->lru);
	list_del(&page[16].lru);
	page[16].flags &= ~BIT(PG_buddy);
	page[16].private = 0;
	page->private = 5;
	list_add(&page->lru, &zone->free_area[5].free_list[MIGRATE_MOVABLE]);
	stop();
}

static void the_checker_sees_a_wrong_count_of_blocks(void **state)
{
	start_with_all_orders();
	for (int order = 0; order < MAX_ORDER; order++) {
		zone->free_area[order].nr_free++;
		expect_violation("counted", "blocks on the lists of an order");
		zone->free_area[order].nr_free--;
	}
	stop();
}

static void the_checker_sees_a_wrong_count_of_pages(void **state)
{
	start_with_all_orders();
	zone->nr_free++;
	expect_violation("counted", "pages on all lists");
	zone->nr_free -= 2;
	expect_violation("counted", "pages on all lists");
	zone->nr_free++;
	stop();
}

static void the_checker_sees_a_block_that_left_its_list(void **state)
{
	struct page *page;

	start_with_all_orders();
	page = first_free(6);
	list_del(&page->lru);
	expect_violation("counted", "blocks on the lists of an order");
	list_add(&page->lru, &zone->free_area[6].free_list[MIGRATE_MOVABLE]);
	stop();
}

/* Everybody's check calls this one, and says how many. */
static void the_public_check_finds_the_same(void **state)
{
	start_with_all_orders();
	zone->nr_free++;
	capture_begin();
	assert_true(pagoda_check() > 0);
	assert_says(capture_end(), "buddy: Normal: counted: ");
	zone->nr_free--;
	assert_int_equal(pagoda_check(), 0);
	stop();
}

static void violate_strictly(void)
{
	start(WHOLE_BLOCKS " panic_on_warn=1");
	zone->nr_free++;
	pagoda_check();
}

static void a_violation_ends_a_strict_program(void **state)
{
	assert_says(dies_in_child(violate_strictly), "buddy: Normal: counted: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(a_largest_block_is_cut_in_halves),
		machine_test(the_smallest_block_that_fits_is_cut),
		machine_test(blocks_of_all_orders_are_aligned_and_noted),
		machine_test(partners_join_in_any_order_of_giving),
		machine_test(a_block_whose_partner_is_used_stays_alone),
		machine_test(everything_can_be_taken_and_comes_back),
		machine_test(events_are_counted),
		machine_test(partners_of_different_zones_do_not_join),
		machine_test(partners_of_different_nodes_do_not_join),
		machine_test(a_type_that_runs_out_takes_the_largest_block_of_another),
		machine_test(movable_content_takes_a_small_piece_and_no_more),
		machine_test(untouched_memory_counts_as_largest_blocks),
		machine_test(a_frame_is_deferred_until_its_section_is_taken),
		machine_test(the_checker_sees_a_block_at_no_multiple_of_its_size),
		machine_test(the_checker_sees_a_block_beyond_its_zone),
		machine_test(the_checker_sees_a_page_of_another_zone),
		machine_test(the_checker_sees_a_block_without_its_tag),
		machine_test(the_checker_sees_a_tag_inside_of_a_block),
		machine_test(the_checker_sees_references_in_a_free_block),
		machine_test(the_checker_sees_partners_that_are_not_joined),
		machine_test(the_checker_sees_a_wrong_count_of_blocks),
		machine_test(the_checker_sees_a_wrong_count_of_pages),
		machine_test(the_checker_sees_a_block_that_left_its_list),
		machine_test(the_public_check_finds_the_same),
		machine_test(a_violation_ends_a_strict_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

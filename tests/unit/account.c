// SPDX-License-Identifier: MIT
/*
 * account.c - totals, the check that every page is somewhere, and the report of leaks
 */
#include "pagoda_test.h"

#include <linux/page-flags.h>
#include <linux/spinlock.h>
#include <linux/swap.h>

#include "mm/internal.h"

#define ONE_ZONE "machine=i386 memmap=exactmap memmap=64M@32M boot_area=64M@1G"

/* ---- totals ---- */

static void totals_are_sums_over_zones(void **state)
{
	unsigned long free = 0, managed = 0, high = 0;
	struct page *pages[100];
	struct zone *zone;

	boot("machine=i386 mem=1G numa=2");
	for (int i = 0; i < 100; i++)
		pages[i] = alloc_pages(i % 2 ? GFP_HIGHUSER : GFP_KERNEL, i % 6);
	for_each_zone(zone) {
		free += zone_page_state(zone, NR_FREE_PAGES);
		managed += zone_managed_pages(zone);
		high += is_highmem(zone) ? zone_managed_pages(zone) : 0;
	}
	assert_int_equal(nr_free_pages(), free);
	assert_int_equal(totalram_pages(), managed);
	assert_int_equal(totalhigh_pages(), high);
	for (int i = 0; i < 100; i++)
		__free_pages(pages[i], i % 6);
	assert_int_equal(nr_free_pages(), managed);
	shutdown_clean();
}

static void pages_in_arrays_are_free(void **state)
{
	struct zone *zone;
	struct page *page;

	boot(ONE_ZONE);
	bind_to_cpu(0);
	zone = zone_of(ZONE_NORMAL);
	page = alloc_page(GFP_KERNEL);
	__free_page(alloc_page(GFP_KERNEL));
	assert_true(pageset_pages(zone) > 0);
	assert_int_equal(zone_page_state(zone, NR_FREE_PAGES), zone_managed_pages(zone) - 1);
	assert_int_equal(zone_page_state(zone, NR_FREE_PAGES), zone->nr_free + pageset_pages(zone));
	__free_page(page);
	shutdown_clean();
}

/* ---- the check ---- */

static struct page *take(struct zone *zone, unsigned int order)
{
	struct page *page;
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	page = buddy_take(zone, order, MIGRATE_MOVABLE);
	spin_unlock_irqrestore(&zone->lock, flags);
	return page;
}

static void give(struct zone *zone, struct page *page, unsigned int order)
{
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	buddy_give(zone, page, order);
	spin_unlock_irqrestore(&zone->lock, flags);
}

static void expect_violation(struct zone *zone)
{
	capture_begin();
	assert_int_equal(account_check(zone), 1);
	assert_says(capture_end(), "account: Normal: accounted: ");
}

static void the_check_sees_a_block_that_is_nowhere(void **state)
{
	struct zone *zone;

	boot(ONE_ZONE);
	zone = zone_of(ZONE_NORMAL);
	for (unsigned int order = 0; order < MAX_ORDER; order++) {
		struct page *page;

		assert_int_equal(account_check(zone), 0);
		page = take(zone, order);	/* and lost */
		expect_violation(zone);
		give(zone, page, order);
	}
	shutdown_clean();
}

static void the_check_sees_an_allocated_page_that_lost_its_reference(void **state)
{
	struct zone *zone;
	struct page *page;

	boot(ONE_ZONE);
	zone = zone_of(ZONE_NORMAL);
	page = alloc_pages(GFP_KERNEL, 4);
	page->counts = COUNTS_FREE;
	expect_violation(zone);
	page->counts = COUNTS_ONE;
	assert_int_equal(account_check(zone), 0);
	__free_pages(page, 4);
	shutdown_clean();
}

static void the_check_sees_a_page_in_an_array_that_is_used_as_well(void **state)
{
	struct zone *zone;
	struct page *page;

	boot(ONE_ZONE);
	bind_to_cpu(0);
	zone = zone_of(ZONE_NORMAL);
	page = alloc_page(GFP_KERNEL);
	__free_page(page);
	page->counts = COUNTS_ONE;
	expect_violation(zone);
	page->counts = COUNTS_FREE;
	assert_int_equal(account_check(zone), 0);
	shutdown_clean();
}

static void the_check_holds_through_all_that_happens(void **state)
{
	static const char *const machines[] = {
		"machine=i386 mem=100M highmem=33M numa=2", "machine=x86_64 mem=3G", "machine=x86_64 mem=20M boot_reserve=1M@5M",
	};

	for (int m = 0; m < 3; m++) {
		struct hoard hoard = { 0 };
		struct page *page;

		boot(machines[m]);
		assert_sound();
		for (int i = 0; i < 300; i++)
			hoard_one(&hoard, i % 3 ? GFP_HIGHUSER : GFP_KERNEL | __GFP_COMP, i % 7);
		assert_sound();
		page = alloc_pages(GFP_KERNEL, 5);
		split_page(page, 5);
		for (int i = 0; i < 32; i += 2)
			__free_page(page + i);
		assert_sound();
		for (int i = 1; i < 32; i += 2)
			__free_page(page + i);
		drain_all_pages(NULL);
		assert_sound();
		hoard_free(&hoard);
		shutdown_clean();
	}
}

/* ---- leaks ---- */

static void leaks_are_told_by_place_and_summed(void **state)
{
	struct page *pages[5];
	const char *text;

	boot("mem=64M");
	for (int i = 0; i < 5; i++) {
		pages[i] = alloc_pages(GFP_KERNEL, i % 2 + 1);
		page_owner_of(pages[i])->alloc_ip = i < 3 ? 0x1111 : 0x2222;
	}
	capture_begin();
	assert_int_equal(account_report_leaks(), 2 + 4 + 2 + 4 + 2);
	text = capture_end();
	assert_says(text, "14 pages were not freed");
	assert_says(text, "8 pages in 3 blocks, allocated at 0x111");
	assert_says(text, "6 pages in 2 blocks, allocated at 0x222");
	for (int i = 0; i < 5; i++)
		__free_pages(pages[i], i % 2 + 1);
	capture_begin();
	assert_int_equal(account_report_leaks(), 0);
	assert_string_equal(capture_end(), "");
	shutdown_clean();
}

/* A table of fixed size: those who find no place in it are told together. */
static void leaks_of_many_places_are_counted_all(void **state)
{
	enum { NR_PLACES = 100 };
	struct page *pages[NR_PLACES];
	const char *text;

	boot("mem=64M");
	for (int i = 0; i < NR_PLACES; i++) {
		pages[i] = alloc_page(GFP_KERNEL);
		page_owner_of(pages[i])->alloc_ip = 0x1000 + i;
	}
	capture_begin();
	assert_int_equal(account_report_leaks(), NR_PLACES);
	text = capture_end();
	assert_says(text, "100 pages were not freed");
	assert_int_equal(count_of(text, "1 pages in 1 blocks, allocated at 0x"), 63);
	assert_says(text, "37 pages in 37 blocks, allocated at other places");
	for (int i = 0; i < NR_PLACES; i++)
		__free_page(pages[i]);
	shutdown_clean();
}

static void what_boot_keeps_is_no_leak(void **state)
{
	boot("mem=64M boot_reserve=1M@20M");
	assert_int_equal(account_report_leaks(), 0);
	shutdown_clean();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(totals_are_sums_over_zones),
		machine_test(pages_in_arrays_are_free),
		machine_test(the_check_sees_a_block_that_is_nowhere),
		machine_test(the_check_sees_an_allocated_page_that_lost_its_reference),
		machine_test(the_check_sees_a_page_in_an_array_that_is_used_as_well),
		machine_test(the_check_holds_through_all_that_happens),
		machine_test(leaks_are_told_by_place_and_summed),
		machine_test(leaks_of_many_places_are_counted_all),
		machine_test(what_boot_keeps_is_no_leak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

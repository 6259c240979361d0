// SPDX-License-Identifier: MIT
/*
 * pageset.c - the blocks that each CPU keeps: their limits, draining, tight zones; and the checker
 *
 * The thread is bound to one CPU, so that it is clear whose arrays are used.
 */
#include "pagoda_test.h"

#include <linux/cpumask.h>
#include <linux/page-flags.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "mm/internal.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define ONE_ZONE "machine=i386 memmap=exactmap memmap=128M@16M boot_area=64M@1G"

static struct zone *zone;
static unsigned int cpu;

static void start(const char *machine)
{
	boot(machine);
	zone = zone_of(ZONE_NORMAL);
	cpu = bind_to_cpu(0);
}

/* ---- sizes ---- */

/* zone_batchsize() and zone_highsize() of Linux 6.1, and our own upper limit of pages in an array */
static unsigned long expected_batch(unsigned long managed)
{
	unsigned long batch = managed / 1024 < (1 << 20) / PAGE_SIZE ? managed / 1024 : (1 << 20) / PAGE_SIZE;
	unsigned long power = 1;

	batch /= 4;
	if (batch < 1)
		batch = 1;
	while (2 * power <= batch + batch / 2)
		power *= 2;
	return power > 1 ? power - 1 : 1;
}

static void limits_are_those_of_linux(void **state)
{
	static const char *const machines[] = {
		"machine=x86_64 mem=512M nr_cpus=2", "machine=i386 mem=1536M nr_cpus=2", "machine=x86_64 mem=16M nr_cpus=3",
		"machine=x86_64 mem=5G nr_cpus=1",
	};

	for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
		boot(machines[m]);
		for_each_populated_zone(zone) {
			unsigned long batch = expected_batch(zone_managed_pages(zone));
			unsigned long high = low_wmark_pages(zone) / num_online_cpus();

			/* The arrays are measured before their own memory is taken away: a page more or less. */
			assert_int_equal(zone->pageset_batch, batch);
			high = high < 4 * batch ? 4 * batch : high > 4096 ? 4096 : high;
			assert_in_range(zone->pageset_high, high, high + 2);
		}
		shutdown_clean();
	}
}

/* ---- one page and many ---- */

static void a_page_freed_is_kept_and_handed_out_next(void **state)
{
	struct page *page;

	start(ONE_ZONE);
	page = alloc_page(GFP_KERNEL);
	__free_page(page);
	assert_true(pageset_cpu_pages(zone, cpu) > 0);
	assert_ptr_equal(alloc_page(GFP_KERNEL), page);
	__free_page(page);
	shutdown_clean();
}

static void an_empty_array_is_refilled_by_a_batch(void **state)
{
	struct page *page;

	start(ONE_ZONE);
	assert_int_equal(pageset_pages(zone), 0);
	page = alloc_page(GFP_KERNEL);
	assert_int_equal(pageset_cpu_pages(zone, cpu), zone->pageset_batch - 1);
	assert_int_equal(zone->nr_free, zone_managed_pages(zone) - zone->pageset_batch);
	__free_page(page);
	assert_int_equal(pageset_cpu_pages(zone, cpu), zone->pageset_batch);
	shutdown_clean();
}

static void a_burst_gets_ascending_frames(void **state)
{
	struct hoard hoard = { 0 };
	unsigned long ascents = 0;

	start(ONE_ZONE);
	for (int i = 0; i < 500; i++)
		assert_true(hoard_one(&hoard, GFP_KERNEL, 0));
	for (size_t i = 1; i < hoard.nr; i++)
		ascents += hoard.block[i].page == hoard.block[i - 1].page + 1;
	assert_true(ascents > hoard.nr * 9 / 10);
	hoard_free(&hoard);
	shutdown_clean();
}

static void a_full_array_gives_its_coldest_pages_back(void **state)
{
	struct hoard hoard = { 0 };
	struct page *first, *last;
	unsigned long many;

	start(ONE_ZONE);
	many = 3 * (unsigned long)zone->pageset_high;
	for (unsigned long i = 0; i < many; i++)
		assert_true(hoard_one(&hoard, GFP_KERNEL, 0));
	first = hoard.block[many - 1].page;	/* is freed first */
	last = hoard.block[0].page;
	hoard_free(&hoard);
	assert_in_range(pageset_cpu_pages(zone, cpu), zone->pageset_high / 2, zone->pageset_high);
	assert_int_equal(zone_page_state(zone, NR_FREE_PAGES), zone_managed_pages(zone));
	/* The page freed last is the one that comes next; the one freed first went back long ago. */
	assert_ptr_equal(alloc_page(GFP_KERNEL), last);
	__free_page(last);
	while (pageset_cpu_pages(zone, cpu) > 1) {
		hoard_one(&hoard, GFP_KERNEL, 0);
		assert_ptr_not_equal(hoard.block[hoard.nr - 1].page, first);
	}
	hoard_free(&hoard);
	shutdown_clean();
}

static void some_larger_orders_have_arrays_too(void **state)
{
	start(ONE_ZONE);
	for (unsigned int order = 0; order < MAX_ORDER; order++) {
		unsigned long before;
		struct page *page;

		drain_all_pages(NULL);
		assert_int_equal(pageset_pages(zone), 0);
		page = alloc_pages(GFP_KERNEL, order);
		before = zone->nr_free;
		__free_pages(page, order);
		/* It is in the array, or, without one or without room in it, in the buddy. */
		assert_true(pageset_cpu_pages(zone, cpu) >= 1UL << order || zone->nr_free > before);
		if (order && order <= PAGE_ALLOC_COSTLY_ORDER) {
			assert_true(pageset_cpu_pages(zone, cpu) >= 1UL << order);
			assert_ptr_equal(alloc_pages(GFP_KERNEL, order), page);
			__free_pages(page, order);
		}
		if (page_array_row(order) < 0)
			assert_int_equal(pageset_pages(zone), 0);
	}
	shutdown_clean();
}

static void each_migrate_type_has_its_own(void **state)
{
	struct page *movable, *unmovable;

	start(ONE_ZONE);
	movable = alloc_page(GFP_KERNEL | __GFP_MOVABLE);
	unmovable = alloc_page(GFP_KERNEL);
	__free_page(movable);
	__free_page(unmovable);
	assert_ptr_equal(alloc_page(GFP_KERNEL | __GFP_MOVABLE), movable);
	assert_ptr_equal(alloc_page(GFP_KERNEL), unmovable);
	__free_page(movable);
	__free_page(unmovable);
	shutdown_clean();
}

static void cold_pages_come_from_the_buddy(void **state)
{
	struct page *page;
	unsigned long kept;

	start(ONE_ZONE);
	__free_page(alloc_page(GFP_KERNEL));
	kept = pageset_cpu_pages(zone, cpu);
	page = alloc_page(GFP_KERNEL | __GFP_COLD);
	assert_int_equal(pageset_cpu_pages(zone, cpu), kept);
	__free_page(page);
	shutdown_clean();
}

/* ---- draining ---- */

static void draining_empties_arrays_and_leaves_them_in_use(void **state)
{
	struct page *page;

	start(ONE_ZONE);
	page = alloc_page(GFP_KERNEL);
	__free_page(page);
	assert_true(pageset_pages(zone) > 0);
	drain_all_pages(zone);
	assert_int_equal(pageset_pages(zone), 0);
	assert_int_equal(zone->nr_free, zone_managed_pages(zone));
	page = alloc_page(GFP_KERNEL);
	__free_page(page);
	assert_true(pageset_pages(zone) > 0);
	drain_local_pages(NULL);
	assert_int_equal(pageset_cpu_pages(zone, cpu), 0);
	shutdown_clean();
}

static void draining_one_zone_leaves_the_others(void **state)
{
	struct zone *dma;

	start("machine=i386 mem=256M");
	dma = zone_of(ZONE_DMA);
	__free_page(alloc_page(GFP_KERNEL));
	__free_page(alloc_page(GFP_DMA));
	assert_true(pageset_pages(zone) > 0 && pageset_pages(dma) > 0);
	drain_all_pages(zone);
	assert_int_equal(pageset_pages(zone), 0);
	assert_true(pageset_pages(dma) > 0);
	drain_local_pages(dma);
	assert_int_equal(pageset_pages(dma), 0);
	shutdown_clean();
}

static void all_cpus_are_drained(void **state)
{
	start("machine=i386 memmap=exactmap memmap=128M@16M boot_area=64M@1G nr_cpus=6 array_cache=portable");
	for_each_online_cpu(cpu) {
		assert_int_equal(set_cpus_allowed_ptr(current, cpumask_of(cpu)), 0);
		__free_page(alloc_page(GFP_KERNEL));
		assert_true(pageset_cpu_pages(zone, cpu) > 0);
	}
	for_each_online_cpu(cpu)
		assert_true(pageset_cpu_pages(zone, cpu) > 0);
	drain_all_pages(NULL);
	assert_int_equal(pageset_pages(zone), 0);
	shutdown_clean();
}

/* ---- tight zones ---- */

static void a_tight_zone_keeps_nothing(void **state)
{
	struct page *page;

	start(ONE_ZONE);
	__free_page(alloc_page(GFP_KERNEL));
	pageset_set_tight(zone);
	assert_true(zone->tight);
	assert_int_equal(pageset_pages(zone), 0);
	assert_int_equal(pageset_check(zone), 0);
	page = alloc_page(GFP_KERNEL);
	assert_int_equal(pageset_pages(zone), 0);
	/* Enough is free: the first page that is given back makes it an ordinary zone again. */
	__free_page(page);
	assert_false(zone->tight);
	assert_int_equal(pageset_check(zone), 0);
	page = alloc_page(GFP_KERNEL);
	__free_page(page);
	assert_true(pageset_pages(zone) > 0);
	shutdown_clean();
}

static void a_zone_below_low_is_tight_until_it_is_above_high(void **state)
{
	struct hoard hoard = { 0 };

	start(ONE_ZONE);
	while (!zone->tight)
		assert_true(hoard_one(&hoard, GFP_KERNEL | __GFP_NOWARN, 4));
	assert_true(zone->nr_free <= low_wmark_pages(zone) + 16);
	while (hoard_one(&hoard, GFP_KERNEL | __GFP_NOWARN, 0))
		assert_int_equal(pageset_pages(zone), 0);
	while (zone->nr_free <= high_wmark_pages(zone)) {
		assert_true(zone->tight);
		hoard_free_last(&hoard);
		assert_true(pageset_pages(zone) == 0 || !zone->tight);
	}
	assert_false(zone->tight);
	hoard_free(&hoard);
	shutdown_clean();
}

static void who_waits_for_pages_keeps_a_zone_tight(void **state)
{
	struct page *page;

	start(ONE_ZONE);
	page = alloc_page(GFP_KERNEL);
	__atomic_fetch_add(&pages_waited_for, 1, __ATOMIC_SEQ_CST);
	pageset_set_tight(zone);
	__free_page(page);
	assert_true(zone->tight);
	assert_int_equal(pageset_pages(zone), 0);
	__atomic_fetch_sub(&pages_waited_for, 1, __ATOMIC_SEQ_CST);
	page = alloc_page(GFP_KERNEL);
	__free_page(page);
	assert_false(zone->tight);
	shutdown_clean();
}

/* ---- several threads ---- */

static bool stop_threads;

static void *alloc_and_free(void *arg)
{
	uint64_t random = (uintptr_t)arg;
	struct page *pages[40];

	while (!__atomic_load_n(&stop_threads, __ATOMIC_RELAXED)) {
		unsigned int order = test_random(&random) % 5 ? 0 : test_random(&random) % 4, nr = 0;

		while (nr < 1 + test_random(&random) % 40) {
			pages[nr] = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);
			if (!pages[nr])
				break;
			nr++;
		}
		while (nr)
			__free_pages(pages[--nr], order);
	}
	return NULL;
}

static void arrays_are_drained_parked_and_checked_while_in_use(void **state)
{
	int rounds = host_is_slow() ? 10 : 100;
	pthread_t threads[4];

	start(ONE_ZONE);
	pin_to_cpu(0);
	set_cpus_allowed_ptr(current, cpu_online_mask);
	__atomic_store_n(&stop_threads, false, __ATOMIC_RELAXED);
	for (uintptr_t i = 0; i < 4; i++)
		thread_start(&threads[i], alloc_and_free, (void *)i);
	for (int i = 0; i < rounds; i++) {
		drain_all_pages(NULL);
		pageset_set_tight(zone);
		assert_int_equal(pageset_check(zone), 0);
		drain_local_pages(zone);
		assert_int_equal(buddy_check(zone), 0);
		sched_yield();
	}
	__atomic_store_n(&stop_threads, true, __ATOMIC_RELAXED);
	for (int i = 0; i < 4; i++)
		thread_join(threads[i]);
	assert_int_equal(zone_page_state(zone, NR_FREE_PAGES), zone_managed_pages(zone));
	shutdown_clean();
}

/* ---- the checker ---- */

/* A page that lies in this CPU's array. */
static struct page *page_in_array(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	__free_page(page);
	assert_int_equal(pageset_check(zone), 0);
	return page;
}

static void expect_violation(const char *name)
{
	const char *text;
	char start_of_line[64];
	long bad;

	capture_begin();
	bad = pageset_check(zone);
	text = capture_end();
	assert_true(bad > 0);
	snprintf(start_of_line, sizeof(start_of_line), "pageset: Normal: %s: pfn ", name);
	assert_says(text, start_of_line);
}

static void the_checker_sees_a_page_that_is_not_clean(void **state)
{
	struct page *page;

	start(ONE_ZONE);
	page = page_in_array();
	SetPageDirty(page);
	expect_violation("clean");
	ClearPageDirty(page);
	page->counts = COUNTS_ONE;
	expect_violation("clean");
	page->counts = COUNTS_FREE;
	set_page_order(page, 3);
	expect_violation("clean");
	set_page_order(page, 0);
	assert_int_equal(pageset_check(zone), 0);
	shutdown_clean();
}

static void the_checker_sees_a_page_that_is_not_at_home(void **state)
{
	struct page *page;

	start(ONE_ZONE);
	page = page_in_array();
	set_page_taken_type(page, MIGRATE_RECLAIMABLE);
	expect_violation("home");
	set_page_taken_type(page, MIGRATE_UNMOVABLE);
	page->flags ^= 1UL << PAGE_ZONE_SHIFT;
	expect_violation("home");
	page->flags ^= 1UL << PAGE_ZONE_SHIFT;
	assert_int_equal(pageset_check(zone), 0);
	shutdown_clean();
}

static void the_checker_sees_an_array_in_anothers_slot(void **state)
{
	struct array_cache **first, **second, *one, *other;

	start(ONE_ZONE);
	first = &cpu_area0->page_array[0][zone_array_nr(zone, MIGRATE_MOVABLE)];
	second = &cpu_area0->page_array[0][zone_array_nr(zone, MIGRATE_RECLAIMABLE)];
	one = array_detach_local(first);
	other = array_detach_local(second);
	assert_true(one && other);
	array_attach(first, cpu, other);
	array_attach(second, cpu, one);
	expect_violation("home");
	array_detach_local(first);
	array_detach_local(second);
	array_attach(first, cpu, one);
	array_attach(second, cpu, other);
	assert_int_equal(pageset_check(zone), 0);
	shutdown_clean();
}

static void the_checker_sees_an_array_parked_without_need(void **state)
{
	start(ONE_ZONE);
	pageset_set_tight(zone);
	assert_int_equal(pageset_check(zone), 0);
	zone->tight = false;
	expect_violation("parked");
	zone->tight = true;
	assert_int_equal(pageset_check(zone), 0);
	shutdown_clean();
}

static void the_public_check_finds_the_same(void **state)
{
	struct page *page;

	start(ONE_ZONE);
	page = page_in_array();
	SetPageReferenced(page);
	capture_begin();
	assert_true(pagoda_check() > 0);
	assert_says(capture_end(), "pageset: Normal: clean: ");
	ClearPageReferenced(page);
	shutdown_clean();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(limits_are_those_of_linux),
		machine_test(a_page_freed_is_kept_and_handed_out_next),
		machine_test(an_empty_array_is_refilled_by_a_batch),
		machine_test(a_burst_gets_ascending_frames),
		machine_test(a_full_array_gives_its_coldest_pages_back),
		machine_test(some_larger_orders_have_arrays_too),
		machine_test(each_migrate_type_has_its_own),
		machine_test(cold_pages_come_from_the_buddy),
		machine_test(draining_empties_arrays_and_leaves_them_in_use),
		machine_test(draining_one_zone_leaves_the_others),
		machine_test(all_cpus_are_drained),
		machine_test(a_tight_zone_keeps_nothing),
		machine_test(a_zone_below_low_is_tight_until_it_is_above_high),
		machine_test(who_waits_for_pages_keeps_a_zone_tight),
		machine_test(arrays_are_drained_parked_and_checked_while_in_use),
		machine_test(the_checker_sees_a_page_that_is_not_clean),
		machine_test(the_checker_sees_a_page_that_is_not_at_home),
		machine_test(the_checker_sees_an_array_in_anothers_slot),
		machine_test(the_checker_sees_an_array_parked_without_need),
		machine_test(the_public_check_finds_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

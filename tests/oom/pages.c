// SPDX-License-Identifier: MIT
/*
 * pages.c - requests when memory is out, or in too small pieces
 *
 * CTest: timeout=240
 *
 * Idea. Memory is taken to the last page, in the order in which requests are entitled to it: ordinary ones
 * down to min, __GFP_HIGH to half of it, __GFP_MEMALLOC to nothing. Then pages come back one by one, and
 * after each every call that takes several pages is tried. It gets all it wants, or it leaves the free
 * count as it was; and it gets it as soon as there is enough, not one page later. The same with memory that
 * is half free, but in single pages. And who must not fail waits exactly until somebody frees.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/swap.h>
#include <pagoda/pagoda.h>

#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char *const machines[] = {
	"machine=x86_64 mem=12M",
	"machine=i386 mem=24M highmem=9M nr_cpus=1",
	"machine=x86_64 mem=24M numa=2",
	"machine=i386 mem=20M highmem=7M page_poison=1 init_on_alloc=1",
};

#define QUIET __GFP_NOWARN
#define LAST_PAGE (__GFP_MEMALLOC | QUIET)	/* nothing is kept from it */

/* ---- taking everything ---- */

static struct page **taken;		/* single pages, as they came */
static unsigned long nr_taken;

static void start(const char *cmdline)
{
	assert_int_equal(pagoda_boot(cmdline), 0);
	taken = calloc(totalram_pages() + 1, sizeof(*taken));
	nr_taken = 0;
}

static void take_all(gfp_t gfp)
{
	struct page *page;

	while ((page = alloc_page(gfp | QUIET)))
		taken[nr_taken++] = page;
}

static void free_last(void)
{
	__free_page(taken[--nr_taken]);
}

static void stop(unsigned long free_at_boot)
{
	while (nr_taken)
		free_last();
	free(taken);
	assert_int_equal(nr_free_pages(), free_at_boot);
	assert_int_equal(pagoda_check(), 0);
	assert_int_equal(pagoda_shutdown(), 0);
}

static int stop_machine(void **state)
{
	pagoda_shutdown();
	return 0;
}

static void on_each_machine(void (*test)(void))
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		unsigned long free_at_boot;

		start(machines[i]);
		free_at_boot = nr_free_pages();
		test();
		stop(free_at_boot);
	}
}

static gfp_t anywhere(void)
{
	return totalhigh_pages() ? __GFP_HIGHMEM : 0;
}

/* ---- who is entitled to what ---- */

/* B4: every zone is left with at least @min_part of min, and with hardly more than its reserve. */
static void check_marks(unsigned long divisor)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		unsigned long min = min_wmark_pages(zone), free = zone_page_state(zone, NR_FREE_PAGES);

		if (!zone_managed_pages(zone))
			continue;
		assert_true(free >= (divisor ? min - min / divisor : 0));
		assert_true(free <= min + zone->lowmem_reserve[ZONE_HIGHMEM] + zone->lowmem_reserve[ZONE_NORMAL]);
	}
}

static void take_by_rank(void)
{
	unsigned long ordinary, high;

	take_all(GFP_KERNEL | anywhere());
	check_marks(min_wmark_pages(&NODE_DATA(0)->node_zones[0]) + 1);
	ordinary = nr_taken;
	take_all(GFP_ATOMIC | anywhere());
	check_marks(2);
	high = nr_taken;
	assert_true(high > ordinary);
	assert_null(alloc_page(GFP_KERNEL | QUIET));
	take_all(LAST_PAGE | anywhere());
	assert_true(nr_taken > high);
	assert_int_equal(nr_free_pages(), 0);
	assert_null(alloc_page(LAST_PAGE));
	assert_null(alloc_page(GFP_ATOMIC | QUIET));
	assert_int_equal(pagoda_check(), 0);
}

static void B4_memory_goes_down_to_what_each_is_entitled_to(void **state)
{
	on_each_machine(take_by_rank);
}

/* ---- several pages at a time ---- */

/* All @nr pages and no more, or nothing. Returns whether it was all. */
static bool try_exact(unsigned long nr)
{
	unsigned long before = nr_free_pages();
	void *addr = alloc_pages_exact(nr * PAGE_SIZE, LAST_PAGE);

	assert_int_equal(nr_free_pages(), before - (addr ? nr : 0));
	free_pages_exact(addr, nr * PAGE_SIZE);
	assert_int_equal(nr_free_pages(), before);
	return addr;
}

static bool try_order(gfp_t gfp, unsigned int order)
{
	unsigned long before = nr_free_pages();
	struct page *page = alloc_pages(LAST_PAGE | gfp, order);

	assert_int_equal(nr_free_pages(), before - (page ? 1UL << order : 0));
	__free_pages(page, order);
	assert_int_equal(nr_free_pages(), before);
	return page;
}

/* A block in single pages, each of which goes its own way. */
static bool try_split(unsigned int order)
{
	unsigned long before = nr_free_pages();
	struct page *page = alloc_pages(LAST_PAGE, order);

	if (!page)
		return false;
	split_page(page, order);
	assert_int_equal(nr_free_pages(), before - (1UL << order));
	for (unsigned long i = 1; i <= 1UL << order; i++) {
		__free_page(page + (1UL << order) - i);
		assert_int_equal(nr_free_pages(), before - (1UL << order) + i);
	}
	return true;
}

/* As many as there are, in the leading entries; NULL behind. */
static unsigned long try_bulk(unsigned long nr)
{
	unsigned long before = nr_free_pages(), filled;
	struct page *pages[32] = { NULL };

	filled = alloc_pages_bulk_array(LAST_PAGE, nr, pages);
	assert_int_equal(nr_free_pages(), before - filled);
	for (unsigned long i = 0; i < ARRAY_SIZE(pages); i++)
		assert_true(!!pages[i] == (i < filled));
	release_pages(pages, filled);
	assert_int_equal(nr_free_pages(), before);
	return filled;
}

/* A block of @order all of whose pages are taken: so that freeing them makes just that block. */
static struct page *find_block(unsigned int order)
{
	struct page *page = alloc_pages(GFP_KERNEL, order);

	assert_non_null(page);
	split_page(page, order);
	return page;
}

/* Eight pages come back, neighbours first; what fits into 1 .. 8 of them is known. */
static void give_back_one_by_one(void)
{
	struct page *block = find_block(3);

	take_all(LAST_PAGE | anywhere());
	for (unsigned long nr = 0; nr <= 8; nr++) {
		for (unsigned long want = 1; want <= 8; want++)
			assert_int_equal(try_exact(want), nr >= roundup_pow_of_two(want));
		for (unsigned int order = 0; order < 4; order++) {
			assert_int_equal(try_order(0, order), nr >= 1UL << order);
			assert_int_equal(try_order(__GFP_COMP, order), nr >= 1UL << order);
			assert_int_equal(try_order(__GFP_COLD | __GFP_MOVABLE, order), nr >= 1UL << order);
			assert_int_equal(try_split(order), nr >= 1UL << order);
		}
		for (unsigned long want = 1; want <= 32; want++)
			assert_int_equal(try_bulk(want), min(want, nr));
		assert_int_equal(pagoda_check(), 0);
		if (nr < 8)
			__free_page(block + nr);
	}
}

static void several_pages_come_all_or_not_at_all(void **state)
{
	on_each_machine(give_back_one_by_one);
}

/* Half of a large block is free, and not two pages beside each other. */
static void fragment(void)
{
	struct page *block = find_block(8);

	take_all(LAST_PAGE | anywhere());
	for (unsigned long i = 0; i < 256; i += 2)
		__free_page(block + i);
	assert_int_equal(nr_free_pages(), 128);
	for (unsigned int order = 1; order < MAX_ORDER; order++) {
		assert_false(try_order(0, order));
		assert_false(try_split(order));
	}
	for (unsigned long want = 2; want <= 8; want++)
		assert_false(try_exact(want));
	assert_int_equal(try_bulk(32), 32);
	__free_page(block + 77);
	assert_true(try_order(0, 1));
	assert_false(try_order(0, 2));
	assert_int_equal(pagoda_check(), 0);
	for (unsigned long i = 1; i < 256; i += 2)
		if (i != 77)
			__free_page(block + i);
	assert_true(try_order(0, 8));
}

static void a_block_is_not_made_of_pieces(void **state)
{
	on_each_machine(fragment);
}

/* The entries that are filled already stay, and count. */
static void bulk_with_gaps(void)
{
	struct page *block = find_block(2), *mine = pfn_to_page(0), *pages[6] = { NULL, mine, NULL, mine };

	take_all(LAST_PAGE | anywhere());
	__free_page(block);
	assert_int_equal(alloc_pages_bulk_array(LAST_PAGE, 6, pages), 2);
	assert_ptr_equal(pages[0], block);
	assert_ptr_equal(pages[1], mine);
	assert_null(pages[2]);
	assert_ptr_equal(pages[3], mine);
	__free_page(block + 1);
	__free_page(block + 2);
	assert_int_equal(alloc_pages_bulk_array(LAST_PAGE, 6, pages), 5);
	assert_true(pages[2] && pages[4] && !pages[5]);
	__free_page(pages[0]);
	__free_page(pages[2]);
	__free_page(pages[4]);
	__free_page(block + 3);
}

static void a_bulk_fills_the_gaps_as_far_as_memory_goes(void **state)
{
	on_each_machine(bulk_with_gaps);
}

/* ---- waiting ---- */

static struct {
	struct page *page;
	unsigned int order;
	int	     done;
} request;

static void *wait_for_page(void *arg)
{
	request.page = alloc_pages(GFP_KERNEL | __GFP_NOFAIL, request.order);
	__atomic_store_n(&request.done, 1, __ATOMIC_RELEASE);
	return NULL;
}

static bool done_within(unsigned long ms)
{
	struct timespec pause = { 0, 1000000 };

	for (; ms && !__atomic_load_n(&request.done, __ATOMIC_ACQUIRE); ms--)
		nanosleep(&pause, NULL);
	return __atomic_load_n(&request.done, __ATOMIC_ACQUIRE);
}

/* Frees single pages of @zone until it is above what is kept from an ordinary request. */
static void raise_above_mark(struct zone *zone)
{
	unsigned long mark = min_wmark_pages(zone) + zone->lowmem_reserve[ZONE_NORMAL] + 16;

	for (unsigned long i = nr_taken; i-- && zone_page_state(zone, NR_FREE_PAGES) <= mark; ) {
		if (page_zone(taken[i]) != zone)
			continue;
		__free_page(taken[i]);
		taken[i] = taken[--nr_taken];
	}
	assert_true(zone_page_state(zone, NR_FREE_PAGES) > mark || request.done);
}

/* Not before anything is free; at once when there is a block, and the zone can spare it. */
static void wait_without_fail(unsigned int order)
{
	struct page *block = find_block(order);
	unsigned long nr = 1UL << order;
	pthread_t thread;

	take_all(LAST_PAGE | anywhere());
	request.page = NULL;
	request.order = order;
	request.done = 0;
	assert_int_equal(pthread_create(&thread, NULL, wait_for_page, NULL), 0);
	assert_false(done_within(50));
	while (--nr)
		__free_page(block + nr);
	raise_above_mark(page_zone(block));
	__free_page(block);
	assert_true(done_within(5000));
	pthread_join(thread, NULL);
	assert_non_null(request.page);
	__free_pages(request.page, order);
	assert_int_equal(pagoda_check(), 0);
}

static void wait_for_one_page(void)
{
	wait_without_fail(0);
}

static void wait_for_a_block(void)
{
	wait_without_fail(3);
}

static void D2_nofail_waits_until_pages_are_freed(void **state)
{
	on_each_machine(wait_for_one_page);
}

static void D2_nofail_waits_until_a_block_is_complete(void **state)
{
	on_each_machine(wait_for_a_block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(B4_memory_goes_down_to_what_each_is_entitled_to, stop_machine),
		cmocka_unit_test_teardown(several_pages_come_all_or_not_at_all, stop_machine),
		cmocka_unit_test_teardown(a_block_is_not_made_of_pieces, stop_machine),
		cmocka_unit_test_teardown(a_bulk_fills_the_gaps_as_far_as_memory_goes, stop_machine),
		cmocka_unit_test_teardown(D2_nofail_waits_until_pages_are_freed, stop_machine),
		cmocka_unit_test_teardown(D2_nofail_waits_until_a_block_is_complete, stop_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

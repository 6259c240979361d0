// SPDX-License-Identifier: MIT
/*
 * page_alloc.c - the policy of requests, where only the inside shows it
 *
 * What a request means is tested through the public headers, in tests/conformance. Here is what needs a
 * look behind them: high memory, which has no address yet; counters; pages that were damaged while
 * they were free.
 */
#include "pagoda_test.h"

#include <linux/page-flags.h>
#include <linux/sched.h>
#include <linux/swap.h>

#include "mm/internal.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define ONE_ZONE "machine=i386 memmap=exactmap memmap=32M@16M boot_area=64M@1G "

static unsigned long event(enum vm_event_item item)
{
	unsigned long events[NR_VM_EVENT_ITEMS];

	all_vm_events(events);
	return events[item];
}

/* ---- high memory ---- */

static void fill(struct page *page, unsigned long nr, int byte)
{
	unsigned char bytes[256];

	memset(bytes, byte, sizeof(bytes));
	for (size_t done = 0; done < nr << PAGE_SHIFT; done += sizeof(bytes))
		arch_ram_write(page_to_phys(page) + done, bytes, sizeof(bytes));
}

static bool holds(struct page *page, unsigned long nr, int byte)
{
	unsigned char bytes[256];

	for (size_t done = 0; done < nr << PAGE_SHIFT; done += sizeof(bytes)) {
		arch_ram_read(page_to_phys(page) + done, bytes, sizeof(bytes));
		for (size_t i = 0; i < sizeof(bytes); i++)
			if (bytes[i] != byte)
				return false;
	}
	return true;
}

static void zero_clears_recycled_high_memory(void **state)
{
	boot("machine=i386 mem=1G");
	bind_to_cpu(0);
	for (unsigned int order = 0; order < 5; order++)
		for (int again = 0; again < 3; again++) {
			struct page *page = alloc_pages(GFP_HIGHUSER | __GFP_ZERO, order);

			assert_true(PageHighMem(page));
			assert_true(holds(page, 1UL << order, 0));
			fill(page, 1UL << order, 0xff);
			__free_pages(page, order);
		}
	shutdown_clean();
}

static void without_zero_high_memory_keeps_its_data(void **state)
{
	struct page *page;

	boot("machine=i386 mem=1G");
	bind_to_cpu(0);
	page = alloc_page(GFP_HIGHUSER);
	fill(page, 1, 0x5a);
	__free_page(page);
	assert_ptr_equal(alloc_page(GFP_HIGHUSER), page);
	assert_true(holds(page, 1, 0x5a));
	__free_page(page);
	shutdown_clean();
}

static void init_on_alloc_and_free_reach_high_memory(void **state)
{
	struct page *page;

	boot("machine=i386 mem=1G init_on_alloc=1");
	for (int i = 0; i < 3; i++) {
		page = alloc_pages(__GFP_HIGHMEM, 1);
		assert_true(PageHighMem(page) && holds(page, 2, 0));
		fill(page, 2, 0xff);
		__free_pages(page, 1);
	}
	shutdown_clean();
	boot("machine=i386 mem=1G init_on_free=1");
	page = alloc_pages(GFP_HIGHUSER, 1);
	fill(page, 2, 0xff);
	__free_pages(page, 1);
	assert_true(holds(page, 2, 0));
	shutdown_clean();
}

static void poison_reaches_high_memory(void **state)
{
	struct page *page;
	const char *text;

	boot("machine=i386 mem=1G page_poison=1");
	bind_to_cpu(0);
	page = alloc_page(GFP_HIGHUSER);
	__free_page(page);
	assert_true(holds(page, 1, 0xaa));
	arch_ram_write(page_to_phys(page) + 200, "!", 1);
	capture_begin();
	assert_ptr_equal(alloc_page(GFP_HIGHUSER), page);
	text = capture_end();
	assert_says(text, "written after free at offset 0xc8");
	__free_page(page);
	shutdown_clean();
}

static void poison_goes_before_zeros(void **state)
{
	struct page *page;

	boot("mem=64M page_poison=1 init_on_alloc=1 init_on_free=1");
	bind_to_cpu(0);
	page = alloc_page(GFP_NOWAIT);
	assert_true(holds(page, 1, 0));
	__free_page(page);
	assert_true(holds(page, 1, 0xaa));
	capture_begin();
	assert_ptr_equal(alloc_page(GFP_NOWAIT), page);
	assert_string_equal(capture_end(), "");
	assert_true(holds(page, 1, 0));
	__free_page(page);
	shutdown_clean();
}

/* ---- what a page says of itself ---- */

static void a_block_notes_its_order_type_and_owner(void **state)
{
	static const gfp_t types[] = { 0, __GFP_MOVABLE, __GFP_RECLAIMABLE };

	boot("mem=256M");
	for (unsigned int order = 0; order < MAX_ORDER; order++)
		for (int type = 0; type < 3; type++) {
			struct page *page = alloc_pages(GFP_KERNEL | types[type], order);

			assert_int_equal(page_order(page), order);
			assert_int_equal(page_taken_type(page), type);
			assert_true(page->counts == COUNTS_ONE);
			assert_true(page_owner_of(page)->alloc_ip != 0);
			for (unsigned long i = 1; i < 1UL << order; i++)
				assert_true(page[i].counts == COUNTS_FREE);
			__free_pages(page, order);
			assert_true(page_owner_of(page)->free_ip != 0);
		}
	shutdown_clean();
}

static void the_pages_of_a_split_block_are_as_it_was(void **state)
{
	static const gfp_t types[] = { 0, __GFP_MOVABLE, __GFP_RECLAIMABLE };

	boot("mem=256M");
	for (int type = 0; type < 3; type++) {
		struct page *page = alloc_pages(GFP_KERNEL | types[type], 6);

		split_page(page, 6);
		for (int i = 0; i < 64; i++) {
			assert_int_equal(page_order(page + i), 0);
			assert_int_equal(page_taken_type(page + i), type);
			assert_int_equal(page_owner_of(page + i)->alloc_ip, page_owner_of(page)->alloc_ip);
		}
		for (int i = 0; i < 64; i++)
			__free_page(page + i);
	}
	shutdown_clean();
}

/* On a machine with a few page blocks everything is of one type. */
static void a_small_machine_does_not_keep_types_apart(void **state)
{
	struct page *page;

	boot("mem=8M");
	page = alloc_page(GFP_KERNEL | __GFP_MOVABLE);
	assert_int_equal(page_taken_type(page), MIGRATE_UNMOVABLE);
	__free_page(page);
	shutdown_clean();
}

/* ---- damaged while free ---- */

/*
 * Two threads that free one page at the same moment may both find it allocated. The page is then in an
 * array twice; that is told when it is taken for the second time, and only one of both gets it.
 */
static void a_page_that_was_freed_twice_at_one_moment_is_handed_out_once(void **state)
{
	struct page *page, *first, *second;
	const char *text;

	boot("mem=64M");
	bind_to_cpu(0);
	page = alloc_page(GFP_KERNEL);
	__free_page(page);
	page->counts = COUNTS_ONE;		/* what the other thread saw */
	__free_page(page);
	capture_begin();
	first = alloc_page(GFP_KERNEL);
	second = alloc_page(GFP_KERNEL);
	text = capture_end();
	assert_ptr_equal(first, page);
	assert_ptr_not_equal(second, page);
	assert_int_equal(count_of(text, "Call Trace:"), 1);
	assert_says(text, "or freed twice");
	assert_int_equal(page_count(page), 1);	/* it is the first one's */
	assert_sound();
	__free_page(first);
	__free_page(second);
	shutdown_clean();
}

static void a_damaged_page_is_retired(void **state)
{
	unsigned long before;
	struct page *page, *other;

	boot("mem=64M");
	bind_to_cpu(0);
	before = nr_free_pages();
	page = alloc_page(GFP_KERNEL);
	__free_page(page);
	SetPageLocked(page);
	capture_begin();
	other = alloc_page(GFP_KERNEL);
	assert_says(capture_end(), "was changed while it was free");
	__free_page(other);
	assert_int_equal(nr_free_pages(), before - 1);
	assert_true(PageReserved(page));
	/* Nobody gets it back by freeing it, or by saying that boot reserved it. */
	capture_begin();
	__free_page(page);
	free_reserved_page(page);
	assert_int_equal(count_of(capture_end(), "Call Trace:"), 2);
	assert_int_equal(nr_free_pages(), before - 1);
	shutdown_clean();
}

static void a_damaged_block_of_any_order_is_retired(void **state)
{
	for (unsigned int order = 0; order < MAX_ORDER; order++) {
		struct page *page, *other;

		boot("mem=128M");
		bind_to_cpu(0);
		page = alloc_pages(GFP_KERNEL, order);
		__free_pages(page, order);
		SetPageActive(page);
		capture_begin();
		do {		/* it need not be the next one */
			other = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);
			if (other)
				SetPageChecked(other);
		} while (other && !PageReserved(page));
		assert_int_equal(count_of(capture_end(), "Call Trace:"), 1);
		assert_sound();
		assert_true(shutdown_leaky() >= 0);
	}
}

static void states_without_meaning_are_forgotten(void **state)
{
	struct hoard hoard = { 0 };
	struct page *block;

	boot("mem=32M");
	block = alloc_pages(GFP_KERNEL, 4);
	for (int i = 0; i < 16; i++) {
		SetPageUptodate(block + i);
		SetPageDirty(block + i);
		SetPageReferenced(block + i);
	}
	capture_begin();
	__free_pages(block, 4);
	hoard_all(&hoard, GFP_KERNEL | __GFP_MEMALLOC, 0);
	for (size_t i = 0; i < hoard.nr; i++)
		assert_int_equal(hoard.block[i].page->flags & PAGE_STATES_MASK, 0);
	hoard_free(&hoard);
	assert_string_equal(capture_end(), "");
	shutdown_clean();
}

static void damaged_tails_are_reported_when_the_compound_page_is_freed(void **state)
{
	unsigned long saved;
	struct page *head;

	boot("mem=64M");
	head = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);
	saved = head[1].compound_head;
	head[1].compound_head = 0;
	capture_begin();
	__free_pages(head, 2);
	assert_says(capture_end(), "whose tails are damaged");
	head[1].compound_head = saved;
	__free_pages(head, 2);
	shutdown_clean();
}

/* ---- counters ---- */

static void events_tell_where_pages_went(void **state)
{
	struct page *page;
	unsigned long normal, dma, freed;

	boot("machine=i386 mem=256M");
	normal = event(PGALLOC_NORMAL);
	dma = event(PGALLOC_DMA);
	freed = event(PGFREE);
	page = alloc_pages(GFP_KERNEL, 6);
	assert_int_equal(event(PGALLOC_NORMAL), normal + 64);
	__free_pages(page, 6);
	assert_int_equal(event(PGFREE), freed + 64);
	page = alloc_pages(GFP_DMA, 5);
	assert_int_equal(event(PGALLOC_DMA), dma + 32);
	assert_int_equal(event(PGALLOC_NORMAL), normal + 64);
	__free_pages(page, 5);
	shutdown_clean();
}

static void failures_count_for_the_zone_that_was_wanted(void **state)
{
	struct hoard hoard = { 0 };

	boot("machine=i386 mem=32M");
	hoard_all(&hoard, GFP_DMA, 0);
	assert_int_equal(event(ALLOC_FAIL_DMA), 1);
	assert_int_equal(event(ALLOC_FAIL_NORMAL), 0);
	hoard_all(&hoard, GFP_KERNEL, 0);
	assert_int_equal(event(ALLOC_FAIL_NORMAL), 1);
	hoard_all(&hoard, GFP_HIGHUSER, 0);
	assert_int_equal(event(ALLOC_FAIL_HIGHMEM), 1);
	hoard_free(&hoard);
	shutdown_clean();
}

static void each_machine_begins_with_no_events(void **state)
{
	for (int i = 0; i < 2; i++) {
		boot("mem=64M");
		for (int item = 0; item < NR_VM_EVENT_ITEMS; item++)
			assert_int_equal(event(item), 0);
		for (int j = 0; j < 500; j++)
			__free_pages(alloc_pages(GFP_KERNEL, 5), 5);
		assert_true(event(PGFREE) > 0);
		shutdown_clean();
	}
}

/* ---- waiting ---- */

static void *ask_until_served(void *arg)
{
	return alloc_page(GFP_KERNEL | __GFP_NOFAIL);
}

static void nobody_is_waited_for_when_all_are_served(void **state)
{
	struct hoard hoard = { 0 };
	pthread_t threads[3];
	struct page *pages[3];

	boot(ONE_ZONE);
	hoard_all(&hoard, GFP_KERNEL, MAX_ORDER - 1);
	hoard_all(&hoard, GFP_ATOMIC, 0);
	for (int i = 0; i < 3; i++)
		thread_start(&threads[i], ask_until_served, NULL);
	while (__atomic_load_n(&pages_waited_for, __ATOMIC_RELAXED) < 3)
		usleep(100);
	assert_true(zone_of(ZONE_NORMAL)->tight);
	hoard_free(&hoard);
	for (int i = 0; i < 3; i++)
		pages[i] = thread_join(threads[i]);
	assert_int_equal(pages_waited_for, 0);
	for (int i = 0; i < 3; i++)
		__free_page(pages[i]);
	assert_false(zone_of(ZONE_NORMAL)->tight);
	shutdown_clean();
}

/* ---- every failure gives all back ---- */

static void a_bulk_request_keeps_what_it_got(void **state)
{
	struct page *pages[64] = { NULL };
	struct hoard hoard = { 0 };
	unsigned long nr;

	boot(ONE_ZONE);
	hoard_all(&hoard, GFP_KERNEL, 0);
	for (int i = 0; i < 20; i++)
		hoard_free_last(&hoard);
	nr = alloc_pages_bulk_array(GFP_KERNEL | __GFP_NOWARN, 64, pages);
	assert_int_equal(nr, 20);
	for (unsigned long i = 0; i < 64; i++)
		assert_int_equal(!!pages[i], i < nr);
	release_pages(pages, nr);
	hoard_free(&hoard);
	shutdown_clean();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(zero_clears_recycled_high_memory),
		machine_test(without_zero_high_memory_keeps_its_data),
		machine_test(init_on_alloc_and_free_reach_high_memory),
		machine_test(poison_reaches_high_memory),
		machine_test(poison_goes_before_zeros),
		machine_test(a_block_notes_its_order_type_and_owner),
		machine_test(the_pages_of_a_split_block_are_as_it_was),
		machine_test(a_small_machine_does_not_keep_types_apart),
		machine_test(a_page_that_was_freed_twice_at_one_moment_is_handed_out_once),
		machine_test(a_damaged_page_is_retired),
		machine_test(a_damaged_block_of_any_order_is_retired),
		machine_test(states_without_meaning_are_forgotten),
		machine_test(damaged_tails_are_reported_when_the_compound_page_is_freed),
		machine_test(events_tell_where_pages_went),
		machine_test(failures_count_for_the_zone_that_was_wanted),
		machine_test(each_machine_begins_with_no_events),
		machine_test(nobody_is_waited_for_when_all_are_served),
		machine_test(a_bulk_request_keeps_what_it_got),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

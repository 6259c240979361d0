// SPDX-License-Identifier: MIT
/*
 * D_gfp.c - requirements D2 to D6, as far as pages go: what each flag of a request means
 *
 * Failure reports are limited in number within a few seconds of a process. So tests that count them run
 * in a child, and all others fail silently, with __GFP_NOWARN.
 */
#include "pagoda_test.h"

#include <linux/irqflags.h>
#include <linux/mmzone.h>
#include <linux/page-flags.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/swap.h>
#include <linux/vmstat.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* A machine of one zone, so that all memory is the same. */
#define ONE_ZONE "machine=i386 memmap=exactmap memmap=32M@16M boot_area=64M@1G "

static unsigned long event(enum vm_event_item item)
{
	unsigned long events[NR_VM_EVENT_ITEMS];

	all_vm_events(events);
	return events[item];
}

/* Everything that GFP_ATOMIC can get. */
static void use_up(struct hoard *hoard)
{
	hoard_all(hoard, GFP_KERNEL, MAX_ORDER - 1);
	hoard_all(hoard, GFP_ATOMIC, 0);
}

/* ---- D4: the values ---- */

_Static_assert(GFP_ATOMIC == __GFP_HIGH, "");
_Static_assert(GFP_NOWAIT == 0, "");
_Static_assert(GFP_NOIO == __GFP_WAIT, "");
_Static_assert(GFP_NOFS == (__GFP_WAIT | __GFP_IO), "");
_Static_assert(GFP_KERNEL == (__GFP_WAIT | __GFP_IO | __GFP_FS), "");
_Static_assert(GFP_USER == GFP_KERNEL, "");
_Static_assert(GFP_HIGHUSER == (GFP_USER | __GFP_HIGHMEM), "");
_Static_assert(GFP_DMA == __GFP_DMA, "");

#if GFP_KERNEL != (__GFP_WAIT | __GFP_IO | __GFP_FS) || GFP_ATOMIC != __GFP_HIGH || GFP_NOWAIT != 0
#error "the flags are integer constants, usable by the preprocessor"
#endif

static void D4_each_modifier_is_a_bit_of_its_own(void **state)
{
	static const gfp_t flags[] = {
		__GFP_DMA, __GFP_HIGHMEM, __GFP_DMA32, __GFP_MOVABLE, __GFP_RECLAIMABLE, __GFP_HIGH, __GFP_IO,
		__GFP_FS, __GFP_ZERO, __GFP_COLD, __GFP_WAIT, __GFP_NOWARN, __GFP_REPEAT, __GFP_NOFAIL,
		__GFP_NORETRY, __GFP_MEMALLOC, __GFP_COMP, __GFP_NOMEMALLOC, __GFP_HARDWALL, __GFP_THISNODE,
	};
	gfp_t seen = 0;

	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		assert_true(flags[i] && !(flags[i] & (flags[i] - 1)));
		assert_false(seen & flags[i]);
		seen |= flags[i];
	}
	assert_int_equal(seen & ~__GFP_BITS_MASK, 0);
	/* Later names of the same things. */
	assert_int_equal(__GFP_RETRY_MAYFAIL, __GFP_REPEAT);
	assert_true(__GFP_RECLAIM & __GFP_WAIT);
}

static void D4_unknown_flags_are_reported(void **state)
{
	boot("mem=64M");
	capture_begin();
	assert_null(alloc_page(GFP_KERNEL | 1u << 29));
	assert_says(capture_end(), "unknown flags");
	shutdown_clean();
}

/* ---- D2: WAIT ---- */

static void D2_without_wait_atomic_context_is_fine(void **state)
{
	struct page *page, *block;

	boot("mem=64M");
	capture_begin();
	preempt_disable();
	page = alloc_page(GFP_ATOMIC);
	block = alloc_pages(GFP_NOWAIT, 4);
	__free_page(page);
	__free_pages(block, 4);
	free_page(get_zeroed_page(GFP_ATOMIC));
	drain_local_pages(NULL);
	preempt_enable();
	assert_string_equal(capture_end(), "");
	assert_true(page && block);
	shutdown_clean();
}

static void D2_without_wait_a_request_that_fails_fails_at_once(void **state)
{
	struct hoard hoard = { 0 };
	unsigned long reclaims;

	boot(ONE_ZONE);
	use_up(&hoard);
	reclaims = event(ALLOC_DIRECT);
	preempt_disable();
	assert_null(alloc_page(GFP_ATOMIC | __GFP_NOWARN));
	assert_null(alloc_page(GFP_NOWAIT | __GFP_NOWARN));
	preempt_enable();
	assert_int_equal(event(ALLOC_DIRECT), reclaims);
	assert_null(alloc_page(GFP_KERNEL | __GFP_NOWARN));
	assert_true(event(ALLOC_DIRECT) > reclaims);	/* that one would have reclaimed */
	hoard_free(&hoard);
	shutdown_clean();
}

/* ---- D6: waiting in the wrong place ---- */

void D6_outer_place(void (*inner)(void));

static spinlock_t lock = __SPIN_LOCK_UNLOCKED(lock);

static void ask_for_page(void)
{
	__free_page(alloc_page(GFP_KERNEL));
}

static void ask_for_block(void)
{
	__free_pages(alloc_pages(GFP_KERNEL, 3), 3);
}

static void ask_for_large_block(void)
{
	__free_pages(alloc_pages(GFP_NOIO, MAX_ORDER - 1), MAX_ORDER - 1);
}

static void ask_for_address(void)
{
	free_page(__get_free_page(GFP_USER));
}

static void ask_for_zeros(void)
{
	free_page(get_zeroed_page(GFP_KERNEL));
}

static void ask_for_exact_size(void)
{
	free_pages_exact(alloc_pages_exact(3 * PAGE_SIZE, GFP_KERNEL), 3 * PAGE_SIZE);
}

static void ask_for_many(void)
{
	struct page *pages[1] = { NULL };

	alloc_pages_bulk_array(GFP_KERNEL, 1, pages);
	__free_page(pages[0]);
}

static void ask_for_node(void)
{
	__free_page(alloc_pages_node(0, GFP_NOFS, 0));
}

not_inlined void D6_outer_place(void (*inner)(void))
{
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	inner();
	spin_unlock_irqrestore(&lock, flags);
}

static void D6_waiting_in_atomic_context_is_reported_with_both_places(void **state)
{
	static void (*const ask[])(void) = {
		ask_for_page, ask_for_block, ask_for_large_block, ask_for_address, ask_for_zeros,
		ask_for_exact_size, ask_for_many, ask_for_node,
	};

	boot("mem=64M");
	for (size_t i = 0; i < ARRAY_LEN(ask); i++) {
		const char *text;

		capture_begin();
		D6_outer_place(ask[i]);		/* there is memory enough: it need not wait */
		text = capture_end();
		assert_int_equal(count_of(text, "sleeping function called from invalid context"), 1);
		assert_says(text, "alloc_pages");
		assert_says(text, "context made atomic at D6_outer_place+0x");
		assert_says(text, "in_atomic(): 1, irqs_disabled(): 1");
	}
	shutdown_clean();
}

static void D6_each_way_of_being_atomic_counts(void **state)
{
	unsigned long flags;

	boot("mem=64M");
	capture_begin();
	ask_for_page();
	assert_string_equal(capture_end(), "");

	capture_begin();
	preempt_disable();
	ask_for_page();
	preempt_enable();
	assert_says(capture_end(), "in_atomic(): 1, irqs_disabled(): 0");

	capture_begin();
	local_irq_save(flags);
	ask_for_page();
	local_irq_restore(flags);
	assert_says(capture_end(), "in_atomic(): 0, irqs_disabled(): 1");

	capture_begin();
	spin_lock(&lock);
	ask_for_page();
	spin_unlock(&lock);
	assert_says(capture_end(), "in_atomic(): 1");

	capture_begin();
	ask_for_page();
	assert_string_equal(capture_end(), "");
	shutdown_clean();
}

static void wait_in_atomic_context_strictly(void)
{
	boot("mem=64M panic_on_warn=1");
	D6_outer_place(ask_for_page);
}

static void D6_waiting_in_atomic_context_ends_a_strict_program(void **state)
{
	assert_says(dies_in_child(wait_in_atomic_context_strictly), "D6_outer_place+0x");
}

/* ---- D2: HIGH ---- */

static void D2_high_uses_half_of_the_reserve(void **state)
{
	struct hoard hoard = { 0 };
	unsigned long min, left;

	boot(ONE_ZONE "min_free_kbytes=2048");
	min = min_wmark_pages(zone_of(ZONE_NORMAL));
	hoard_all(&hoard, GFP_KERNEL, 0);
	left = nr_free_pages();
	assert_int_equal(left, min);
	for (int i = 0; i < 3; i++)
		assert_null(alloc_page(GFP_KERNEL | __GFP_NOWARN));
	assert_true(hoard_one(&hoard, GFP_ATOMIC, 0));
	assert_null(alloc_page(GFP_NOWAIT | __GFP_NOWARN));
	hoard_all(&hoard, GFP_ATOMIC, 0);
	assert_int_equal(nr_free_pages(), min - min / 2);
	hoard_free(&hoard);
	shutdown_clean();
}

/* ---- D2: COLD ---- */

static void D2_cold_leaves_the_warm_page_alone(void **state)
{
	struct page *warm, *cold;

	boot("mem=64M");
	bind_to_cpu(0);
	for (int i = 0; i < 10; i++) {
		warm = alloc_page(GFP_KERNEL);
		__free_page(warm);
		cold = alloc_page(GFP_KERNEL | __GFP_COLD);
		assert_ptr_not_equal(cold, warm);
		assert_ptr_equal(alloc_page(GFP_KERNEL), warm);
		__free_page(warm);
		__free_page(cold);
	}
	shutdown_clean();
}

static void D2_cold_takes_the_warm_page_when_there_is_no_other(void **state)
{
	struct hoard hoard = { 0 };
	struct page *page;

	boot(ONE_ZONE);
	hoard_all(&hoard, GFP_KERNEL | __GFP_MEMALLOC, 0);
	page = hoard.block[--hoard.nr].page;
	hoard.pages--;
	__free_page(page);
	assert_ptr_equal(alloc_page(GFP_KERNEL | __GFP_COLD | __GFP_MEMALLOC), page);
	__free_page(page);
	hoard_free(&hoard);
	shutdown_clean();
}

/* ---- D2: NOWARN ---- */

static void fail_often(void)
{
	struct hoard hoard = { 0 };
	const char *text;
	int reports;

	boot(ONE_ZONE);
	use_up(&hoard);
	capture_begin();
	for (int i = 0; i < 40; i++)
		assert_null(alloc_pages(GFP_KERNEL | __GFP_NOWARN, i % 5));
	assert_string_equal(capture_end(), "");
	capture_begin();
	for (int i = 0; i < 40; i++)
		assert_null(alloc_pages(GFP_KERNEL, 2));
	text = capture_end();
	reports = count_of(text, "page allocation failure: ");
	assert_in_range(reports, 1, 20);		/* limited */
	assert_says(text, "page allocation failure: order:2, mode:0x4c0");
	assert_says(text, "fail_often+0x");
	assert_says(text, "Mem-Info:");
	assert_says(text, "Normal free:");
	hoard_free(&hoard);
	shutdown_clean();
}

static void D2_failure_is_reported_now_and_then_but_not_with_nowarn(void **state)
{
	in_child(fail_often);
}

static void fail_strictly(void)
{
	struct hoard hoard = { 0 };

	boot(ONE_ZONE "panic_on_warn=1");
	use_up(&hoard);
	assert_null(alloc_page(GFP_KERNEL));
	hoard_free(&hoard);
	shutdown_clean();
}

static void D2_running_out_of_memory_is_no_mistake(void **state)
{
	assert_says(in_child(fail_strictly), "page allocation failure: order:0");
}

/* ---- D2: REPEAT, NORETRY ---- */

static void D2_repeat_and_noretry_may_fail(void **state)
{
	struct hoard hoard = { 0 };

	boot(ONE_ZONE);
	use_up(&hoard);
	for (unsigned int order = 0; order < MAX_ORDER; order++) {
		assert_null(alloc_pages(GFP_KERNEL | __GFP_NOWARN | __GFP_REPEAT, order));
		assert_null(alloc_pages(GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY, order));
	}
	hoard_free(&hoard);
	/* And where there is memory they are served like all others. */
	hoard_keep(&hoard, alloc_pages(GFP_KERNEL | __GFP_REPEAT, 3), 3);
	hoard_keep(&hoard, alloc_page(GFP_KERNEL | __GFP_NORETRY), 0);
	assert_int_equal(hoard.nr, 2);
	hoard_free(&hoard);
	shutdown_clean();
}

/* ---- D2: NOFAIL ---- */

struct needy {
	pthread_t thread;
	unsigned int order;
	gfp_t gfp;
	struct page *page;
	int done;
};

static void *ask_until_served(void *arg)
{
	struct needy *needy = arg;

	needy->page = alloc_pages(GFP_KERNEL | __GFP_NOFAIL | needy->gfp, needy->order);
	__atomic_store_n(&needy->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

static bool done(struct needy *needy)
{
	return __atomic_load_n(&needy->done, __ATOMIC_ACQUIRE);
}

/* Starts a request that cannot be served, and returns when it waits. */
static void start_waiting(struct needy *needy)
{
	unsigned long waits = event(ALLOC_NOFAIL_WAIT);

	thread_start(&needy->thread, ask_until_served, needy);
	while (event(ALLOC_NOFAIL_WAIT) == waits && !done(needy))
		usleep(100);
}

static void D2_nofail_waits_until_another_thread_frees(void **state)
{
	static const unsigned int orders[] = { 0, 1, 3, 5, 9, MAX_ORDER - 1 };

	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		struct needy needy = { .order = orders[i] };
		struct hoard hoard = { 0 };

		boot(ONE_ZONE);
		use_up(&hoard);
		start_waiting(&needy);
		assert_false(done(&needy));
		/* Large blocks first: they were taken first. The machine is not left without reserve. */
		for (size_t at = 0; at < hoard.nr && !done(&needy); at++) {
			if (!hoard.block[at].page)
				continue;
			__free_pages(hoard.block[at].page, hoard.block[at].order);
			hoard.block[at].page = NULL;
			usleep(100);
		}
		thread_join(needy.thread);
		assert_non_null(needy.page);
		assert_int_equal(page_count(needy.page), 1);
		__free_pages(needy.page, needy.order);
		for (size_t at = 0; at < hoard.nr; at++)
			__free_pages(hoard.block[at].page, hoard.block[at].order);
		free(hoard.block);
		shutdown_clean();
	}
}

/* Also when the freed pages would go to the arrays of the freeing CPU, where nobody else looks. */
static void D2_nofail_wakes_when_single_pages_are_freed(void **state)
{
	static const unsigned int orders[] = { 0, 2, 4 };

	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		struct needy needy = { .order = orders[i] };
		struct hoard hoard = { 0 };
		unsigned long freed = 0;

		boot(ONE_ZONE);
		bind_to_cpu(0);
		hoard_all(&hoard, GFP_KERNEL, 0);
		hoard_all(&hoard, GFP_ATOMIC, 0);
		pin_to_cpu(1);		/* the waiting thread has another CPU, if there is one */
		start_waiting(&needy);
		assert_false(done(&needy));
		bind_to_cpu(0);
		while (!done(&needy) && hoard.nr) {
			hoard_free_last(&hoard);
			freed++;
			usleep(10);
		}
		thread_join(needy.thread);
		assert_non_null(needy.page);
		/* It did not need all memory: whole blocks were together long before. */
		assert_true(freed < zone_managed_pages(zone_of(ZONE_NORMAL)) / 2);
		__free_pages(needy.page, needy.order);
		hoard_free(&hoard);
		shutdown_clean();
	}
}

static void D2_several_nofail_requests_are_all_served(void **state)
{
	struct needy needies[4] = { { .order = 0 }, { .order = 3 }, { .order = 0 }, { .order = 6 } };
	struct hoard hoard = { 0 };

	boot(ONE_ZONE);
	use_up(&hoard);
	for (int i = 0; i < 4; i++)
		start_waiting(&needies[i]);
	while (hoard.nr)
		hoard_free_last(&hoard);
	for (int i = 0; i < 4; i++) {
		thread_join(needies[i].thread);
		assert_non_null(needies[i].page);
		__free_pages(needies[i].page, needies[i].order);
	}
	hoard_free(&hoard);
	shutdown_clean();
}

static void D2_nofail_of_a_dma_page_waits_for_dma(void **state)
{
	struct needy needy = { .order = 0, .gfp = __GFP_DMA };
	struct hoard hoard = { 0 };

	boot("mem=64M");
	hoard_all(&hoard, GFP_ATOMIC | GFP_DMA, MAX_ORDER - 1);
	start_waiting(&needy);
	assert_false(done(&needy));
	__free_pages(alloc_pages(GFP_KERNEL, 5), 5);	/* other memory is free, and does not help */
	usleep(20000);
	assert_false(done(&needy));
	hoard_free(&hoard);
	thread_join(needy.thread);
	assert_int_equal(page_zonenum(needy.page), ZONE_DMA);
	__free_page(needy.page);
	shutdown_clean();
}

static void D2_nofail_needs_wait(void **state)
{
	struct hoard hoard = { 0 };
	const char *text;

	boot(ONE_ZONE);
	use_up(&hoard);
	capture_begin();
	assert_null(alloc_page(GFP_ATOMIC | __GFP_NOFAIL | __GFP_NOWARN));
	text = capture_end();
	assert_says(text, "__GFP_NOFAIL without __GFP_WAIT");
	hoard_free(&hoard);
	shutdown_clean();
}

static void D2_after_waiting_all_is_as_it_was(void **state)
{
	struct needy needy = { .order = 0 };
	struct hoard hoard = { 0 };
	unsigned long before;

	boot(ONE_ZONE);
	before = nr_free_pages();
	use_up(&hoard);
	start_waiting(&needy);
	hoard_free(&hoard);
	thread_join(needy.thread);
	__free_page(needy.page);
	assert_int_equal(nr_free_pages(), before);
	/* Pages go through the arrays again: the hot page comes back. */
	bind_to_cpu(0);
	for (int i = 0; i < 3; i++) {
		struct page *page = alloc_page(GFP_KERNEL);

		__free_page(page);
		assert_ptr_equal(alloc_page(GFP_KERNEL), page);
		__free_page(page);
	}
	shutdown_clean();
}

/* ---- D2: COMP ---- */

static void D2_comp_makes_a_head_and_tails(void **state)
{
	boot("mem=64M");
	for (unsigned int order = 1; order < MAX_ORDER; order++) {
		struct page *head = alloc_pages(GFP_KERNEL | __GFP_COMP, order);
		unsigned long nr = 1UL << order;

		assert_true(PageHead(head) && PageCompound(head) && !PageTail(head));
		assert_int_equal(compound_order(head), order);
		assert_int_equal(compound_nr(head), nr);
		assert_int_equal(page_size(head), PAGE_SIZE << order);
		for (unsigned long i = 1; i < nr; i++) {
			assert_true(PageTail(head + i) && PageCompound(head + i) && !PageHead(head + i));
			assert_ptr_equal(compound_head(head + i), head);
			assert_int_equal(page_count(head + i), 1);
		}
		assert_ptr_equal(compound_head(head), head);
		assert_ptr_equal(virt_to_head_page((char *)page_address(head) + PAGE_SIZE * nr - 1), head);
		__free_pages(head, order);
		for (unsigned long i = 0; i < nr; i++)
			assert_false(PageCompound(head + i));
	}
	shutdown_clean();
}

static void D2_without_comp_pages_are_plain(void **state)
{
	boot("mem=64M");
	bind_to_cpu(0);
	for (unsigned int order = 0; order < 5; order++) {
		struct page *comp, *page;

		/* On the same memory as a compound page before. */
		comp = alloc_pages(GFP_KERNEL | __GFP_COMP, order);
		__free_pages(comp, order);
		page = alloc_pages(GFP_KERNEL, order);
		for (unsigned long i = 0; i < 1UL << order; i++) {
			assert_false(PageCompound(page + i));
			assert_ptr_equal(compound_head(page + i), page + i);
		}
		assert_int_equal(compound_order(page), 0);
		__free_pages(page, order);
	}
	/* A single page with the flag is a plain one. */
	{
		struct page *page = alloc_page(GFP_KERNEL | __GFP_COMP);

		assert_false(PageCompound(page));
		__free_page(page);
	}
	shutdown_clean();
}

/* ---- ZERO, MOVABLE, THISNODE, IO and FS ---- */

static bool is_zero(const void *addr, size_t size)
{
	const unsigned long *at = addr;

	for (size_t i = 0; i < size / sizeof(long); i++)
		if (at[i])
			return false;
	return true;
}

static void zero_clears_recycled_pages(void **state)
{
	boot("mem=64M");
	bind_to_cpu(0);
	for (unsigned int order = 0; order < MAX_ORDER; order++)
		for (int again = 0; again < 2; again++) {
			unsigned long addr = __get_free_pages(GFP_KERNEL | __GFP_ZERO, order);

			assert_true(is_zero((void *)addr, PAGE_SIZE << order));
			memset((void *)addr, 0xff, PAGE_SIZE << order);
			free_pages(addr, order);
		}
	shutdown_clean();
}

static void mobility_types_are_kept_apart(void **state)
{
	struct page *pages[3][200];

	boot("mem=128M");
	for (int i = 0; i < 200; i++) {
		pages[0][i] = alloc_page(GFP_KERNEL);
		pages[1][i] = alloc_page(GFP_KERNEL | __GFP_MOVABLE);
		pages[2][i] = alloc_page(GFP_KERNEL | __GFP_RECLAIMABLE);
	}
	/* No page block holds pages of two types: there is room enough. */
	for (int type = 0; type < 3; type++)
		for (int i = 0; i < 200; i++)
			for (int other = type + 1; other < 3; other++)
				assert_int_not_equal(page_to_pfn(pages[type][i]) / pageblock_nr_pages,
						     page_to_pfn(pages[other][i]) / pageblock_nr_pages);
	for (int type = 0; type < 3; type++)
		for (int i = 0; i < 200; i++)
			__free_page(pages[type][i]);
	shutdown_clean();
}

static void a_type_that_has_run_out_takes_from_others(void **state)
{
	static const gfp_t types[] = { 0, __GFP_MOVABLE, __GFP_RECLAIMABLE };

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct hoard hoard = { 0 };
		unsigned long all;

		boot(ONE_ZONE);
		all = nr_free_pages();
		hoard_all(&hoard, GFP_KERNEL | types[i] | __GFP_MEMALLOC, 3);
		assert_int_equal(hoard.pages, all);
		hoard_free(&hoard);
		shutdown_clean();
	}
}

static void D2_io_and_fs_change_nothing_while_there_is_memory(void **state)
{
	static const gfp_t types[] = { GFP_NOIO, GFP_NOFS, GFP_KERNEL, GFP_USER, GFP_ATOMIC, GFP_NOWAIT,
				       GFP_HIGHUSER, GFP_HIGHUSER_MOVABLE, GFP_KERNEL | __GFP_HARDWALL };

	boot("mem=64M");
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		for (unsigned int order = 0; order < MAX_ORDER; order++) {
			struct page *page = alloc_pages(types[i], order);

			assert_non_null(page);
			__free_pages(page, order);
		}
	shutdown_clean();
}

/* ---- D3, D5 ---- */

static void D3_zone_modifiers_choose_the_zone(void **state)
{
	static const struct {
		const char *machine;
		gfp_t gfp;
		enum zone_type zone;
	} cases[] = {
		{ "machine=i386 mem=1G", GFP_KERNEL, ZONE_NORMAL },
		{ "machine=i386 mem=1G", GFP_KERNEL | __GFP_DMA, ZONE_DMA },
		{ "machine=i386 mem=1G", GFP_KERNEL | __GFP_HIGHMEM, ZONE_HIGHMEM },
		{ "machine=i386 mem=1G", GFP_KERNEL | __GFP_DMA32, ZONE_NORMAL },	/* below 4 GiB */
		{ "machine=i386 mem=512M", GFP_HIGHUSER, ZONE_NORMAL },
		{ "machine=x86_64 mem=5G", GFP_KERNEL, ZONE_NORMAL },
		{ "machine=x86_64 mem=5G", GFP_KERNEL | __GFP_DMA, ZONE_DMA },
		{ "machine=x86_64 mem=5G", GFP_KERNEL | __GFP_DMA32, ZONE_DMA32 },
		{ "machine=x86_64 mem=5G", GFP_HIGHUSER, ZONE_NORMAL },
		{ "machine=x86_64 mem=1G", GFP_KERNEL, ZONE_DMA32 },
		{ "machine=x86_64 mem=1G", GFP_HIGHUSER_MOVABLE, ZONE_DMA32 },
		{ "machine=x86_64 mem=12M", GFP_HIGHUSER, ZONE_DMA },
		{ "machine=x86_64 mem=12M", GFP_KERNEL | __GFP_DMA32, ZONE_DMA },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		boot(cases[i].machine);
		for (unsigned int order = 0; order < 8; order++) {
			struct page *page = alloc_pages(cases[i].gfp, order);

			assert_non_null(page);
			assert_int_equal(page_zonenum(page), cases[i].zone);
			__free_pages(page, order);
		}
		shutdown_clean();
	}
}

static void D5_addresses_are_never_of_high_memory(void **state)
{
	struct hoard hoard = { 0 };
	unsigned long addr, nr = 0;

	boot("machine=i386 mem=64M highmem=32M");
	while ((addr = __get_free_pages(GFP_KERNEL | __GFP_NOWARN, nr % 3))) {
		assert_true(virt_addr_valid((void *)addr));
		assert_false(PageHighMem(virt_to_page(addr)));
		hoard_keep(&hoard, virt_to_page(addr), nr++ % 3);
	}
	assert_int_equal(zone_free(ZONE_HIGHMEM), zone_managed_pages(zone_of(ZONE_HIGHMEM)));
	hoard_free(&hoard);
	shutdown_clean();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(D2_without_wait_atomic_context_is_fine),
		machine_test(D2_without_wait_a_request_that_fails_fails_at_once),
		machine_test(D2_high_uses_half_of_the_reserve),
		machine_test(D2_cold_leaves_the_warm_page_alone),
		machine_test(D2_cold_takes_the_warm_page_when_there_is_no_other),
		machine_test(D2_failure_is_reported_now_and_then_but_not_with_nowarn),
		machine_test(D2_running_out_of_memory_is_no_mistake),
		machine_test(D2_repeat_and_noretry_may_fail),
		machine_test(D2_nofail_waits_until_another_thread_frees),
		machine_test(D2_nofail_wakes_when_single_pages_are_freed),
		machine_test(D2_several_nofail_requests_are_all_served),
		machine_test(D2_nofail_of_a_dma_page_waits_for_dma),
		machine_test(D2_nofail_needs_wait),
		machine_test(D2_after_waiting_all_is_as_it_was),
		machine_test(D2_comp_makes_a_head_and_tails),
		machine_test(D2_without_comp_pages_are_plain),
		machine_test(D2_io_and_fs_change_nothing_while_there_is_memory),
		machine_test(D3_zone_modifiers_choose_the_zone),
		machine_test(D4_each_modifier_is_a_bit_of_its_own),
		machine_test(D4_unknown_flags_are_reported),
		machine_test(D5_addresses_are_never_of_high_memory),
		machine_test(D6_waiting_in_atomic_context_is_reported_with_both_places),
		machine_test(D6_each_way_of_being_atomic_counts),
		machine_test(D6_waiting_in_atomic_context_ends_a_strict_program),
		machine_test(zero_clears_recycled_pages),
		machine_test(mobility_types_are_kept_apart),
		machine_test(a_type_that_has_run_out_takes_from_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * C_getting_pages.c - requirements C: asking for pages, giving them back, and doing it wrong
 */
#include "pagoda_test.h"

#include <linux/list.h>
#include <linux/mmzone.h>
#include <linux/page-flags.h>
#include <linux/swap.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static bool all_bytes(const void *addr, size_t size, int byte)
{
	const unsigned char *at = addr;

	for (size_t i = 0; i < size; i++)
		if (at[i] != byte)
			return false;
	return true;
}

/* ---- C1, C2, C3 ---- */

static void C1_blocks_are_contiguous_and_naturally_aligned(void **state)
{
	boot("machine=i386 mem=200M");
	for (unsigned int order = 0; order < MAX_ORDER; order++) {
		struct page *page = alloc_pages(GFP_KERNEL, order);
		unsigned long size = PAGE_SIZE << order;
		char *addr = page_address(page);

		assert_int_equal(page_to_pfn(page) % (1UL << order), 0);
		assert_int_equal((unsigned long)addr % size, 0);	/* by address, too */
		for (unsigned long i = 0; i < 1UL << order; i++) {
			assert_ptr_equal(page_address(page + i), addr + i * PAGE_SIZE);
			assert_ptr_equal(page_zone(page + i), page_zone(page));
		}
		memset(addr, 0x77, size);
		__free_pages(page, order);
	}
	shutdown_clean();
}

static void C1_blocks_do_not_overlap(void **state)
{
	struct hoard hoard = { 0 };
	unsigned char *taken;

	boot("machine=i386 mem=50M");
	taken = calloc(max_pfn, 1);
	for (int i = 0; i < 2000; i++)
		hoard_one(&hoard, GFP_HIGHUSER | __GFP_NOWARN, i * 7 % 5);
	hoard_all(&hoard, GFP_HIGHUSER, MAX_ORDER - 1);
	for (size_t i = 0; i < hoard.nr; i++)
		for (unsigned long j = 0; j < 1UL << hoard.block[i].order; j++)
			assert_int_equal(taken[page_to_pfn(hoard.block[i].page) + j]++, 0);
	hoard_free(&hoard);
	free(taken);
	shutdown_clean();
}

static void C1_an_order_that_is_too_large_is_reported(void **state)
{
	const char *text;

	boot("mem=512M");
	capture_begin();
	assert_null(alloc_pages(GFP_KERNEL, MAX_ORDER));
	text = capture_end();
	assert_says(text, "order 11 is too large");
	assert_null(alloc_pages(GFP_KERNEL, 63));
	assert_null(alloc_pages(GFP_KERNEL, ~0U));
	assert_int_equal(__get_free_pages(GFP_KERNEL, MAX_ORDER), 0);
	shutdown_clean();
}

static void C1_failure_is_null(void **state)
{
	struct hoard hoard = { 0 };

	boot("mem=16M");
	hoard_all(&hoard, GFP_KERNEL, MAX_ORDER - 1);
	for (unsigned int order = 0; order < MAX_ORDER; order++) {
		assert_null(alloc_pages(GFP_KERNEL | __GFP_NOWARN, order));
		assert_int_equal(__get_free_pages(GFP_KERNEL | __GFP_NOWARN, order), 0);
	}
	assert_int_equal(get_zeroed_page(GFP_KERNEL | __GFP_NOWARN), 0);
	assert_null(alloc_pages_exact(1, GFP_KERNEL | __GFP_NOWARN));
	hoard_free(&hoard);
	shutdown_clean();
}

static void C1_a_large_block_fails_when_memory_is_in_pieces(void **state)
{
	struct hoard hoard = { 0 };
	unsigned long before;

	boot("mem=32M");
	before = nr_free_pages();
	hoard_all(&hoard, GFP_KERNEL | __GFP_MEMALLOC, 0);
	/* Every second page is free: half of memory, but no two pages together. */
	for (size_t i = 0; i < hoard.nr; i++)
		if (page_to_pfn(hoard.block[i].page) % 2) {
			__free_page(hoard.block[i].page);
			hoard.block[i--] = hoard.block[--hoard.nr];
		}
	assert_true(nr_free_pages() > before / 3);
	assert_null(alloc_pages(GFP_KERNEL | __GFP_NOWARN, 3));
	hoard_free(&hoard);
	assert_int_equal(nr_free_pages(), before);
	drain_all_pages(NULL);
	hoard_one(&hoard, GFP_KERNEL, MAX_ORDER - 2);	/* it is whole again */
	assert_int_equal(hoard.nr, 1);
	hoard_free(&hoard);
	shutdown_clean();
}

static void C2_alloc_page_is_one_page(void **state)
{
	unsigned long before;
	struct page *page;

	boot("mem=64M");
	before = nr_free_pages();
	page = alloc_page(GFP_KERNEL);
	assert_non_null(page);
	assert_int_equal(nr_free_pages(), before - 1);
	__free_page(page);
	assert_int_equal(nr_free_pages(), before);
	shutdown_clean();
}

static void C3_the_address_of_a_page_is_its_memory(void **state)
{
	struct page *page;

	boot("mem=64M");
	page = alloc_pages(GFP_KERNEL, 2);
	memset(page_address(page), 0xab, 4 * PAGE_SIZE);
	assert_true(all_bytes(page_address(page + 3), PAGE_SIZE, 0xab));
	__free_pages(page, 2);
	shutdown_clean();
}

/* ---- C4, C5 ---- */

static void C4_an_address_under_four_names(void **state)
{
	unsigned long a, b, c, d;

	boot("machine=i386 mem=1G");
	a = __get_free_pages(GFP_KERNEL, 2);
	b = _get_free_pages(GFP_KERNEL, 2);
	c = __get_free_page(GFP_KERNEL);
	d = _get_free_page(GFP_KERNEL);
	assert_true(a && b && c && d);
	assert_int_equal(a % (4 * PAGE_SIZE), 0);
	assert_true(virt_addr_valid((void *)a) && virt_addr_valid((void *)d));
	assert_ptr_equal(page_address(virt_to_page(a)), (void *)a);
	memset((void *)a, 1, 4 * PAGE_SIZE);
	memset((void *)b, 2, 4 * PAGE_SIZE);
	memset((void *)c, 3, PAGE_SIZE);
	memset((void *)d, 4, PAGE_SIZE);
	assert_true(all_bytes((void *)a, 4 * PAGE_SIZE, 1) && all_bytes((void *)c, PAGE_SIZE, 3));
	free_pages(a, 2);
	free_pages(b, 2);
	free_page(c);
	free_page(d);
	shutdown_clean();
}

static void C4_high_memory_has_no_address_to_give(void **state)
{
	boot("machine=i386 mem=1G");
	capture_begin();
	assert_int_equal(__get_free_pages(GFP_HIGHUSER, 0), 0);
	assert_says(capture_end(), "__GFP_HIGHMEM");
	assert_int_equal(__get_free_page(__GFP_HIGHMEM), 0);
	assert_int_equal(get_zeroed_page(GFP_KERNEL | __GFP_HIGHMEM), 0);
	assert_null(alloc_pages_exact(PAGE_SIZE, GFP_HIGHUSER));
	shutdown_clean();
}

static void C4_dma_pages_by_address(void **state)
{
	unsigned long addr;

	boot("mem=64M");
	addr = __get_dma_pages(GFP_KERNEL, 1);
	assert_true(addr && __pa(addr) + 2 * PAGE_SIZE <= 16 << 20);
	free_pages(addr, 1);
	shutdown_clean();
}

static void C5_a_zeroed_page_is_zero_even_if_it_held_data(void **state)
{
	boot("mem=64M");
	for (int i = 0; i < 200; i++) {
		unsigned long addr = get_zeroed_page(GFP_KERNEL);

		assert_true(addr && all_bytes((void *)addr, PAGE_SIZE, 0));
		memset((void *)addr, 0xff, PAGE_SIZE);
		free_page(addr);
	}
	shutdown_clean();
}

/* ---- C6, C7 ---- */

static void C6_each_way_to_free_gives_back(void **state)
{
	unsigned long before;

	boot("mem=64M");
	before = nr_free_pages();
	__free_pages(alloc_pages(GFP_KERNEL, 5), 5);
	__free_page(alloc_page(GFP_KERNEL));
	free_pages(__get_free_pages(GFP_KERNEL, 5), 5);
	free_page(__get_free_page(GFP_KERNEL));
	/* From one half of the interface to the other. */
	free_pages((unsigned long)page_address(alloc_pages(GFP_KERNEL, 2)), 2);
	__free_pages(virt_to_page(__get_free_pages(GFP_KERNEL, 2)), 2);
	assert_int_equal(nr_free_pages(), before);
	shutdown_clean();
}

static void C6_address_0_and_no_page_are_ignored(void **state)
{
	boot("mem=64M");
	capture_begin();
	free_pages(0, 0);
	free_pages(0, 5);
	free_page(0);
	__free_pages(NULL, 0);
	__free_pages(NULL, 5);
	__free_page(NULL);
	free_pages_exact(NULL, 12345);
	assert_string_equal(capture_end(), "");
	shutdown_clean();
}

static void C7_a_page_may_hold_old_data(void **state)
{
	unsigned long addr;

	boot("mem=64M");
	bind_to_cpu(0);
	addr = __get_free_page(GFP_KERNEL);
	memset((void *)addr, 0x5a, PAGE_SIZE);
	free_page(addr);
	assert_int_equal(__get_free_page(GFP_KERNEL), addr);	/* the hot page comes first */
	assert_true(all_bytes((void *)addr, PAGE_SIZE, 0x5a));
	free_page(addr);
	shutdown_clean();
}

static void C7_init_on_alloc_leaves_no_old_data(void **state)
{
	static const gfp_t requests[] = { GFP_KERNEL, GFP_ATOMIC, GFP_NOWAIT, GFP_DMA, GFP_USER };

	boot("mem=64M init_on_alloc=1");
	for (size_t i = 0; i < ARRAY_LEN(requests); i++)
		for (unsigned int order = 0; order < 5; order++)
			for (int again = 0; again < 3; again++) {
				unsigned long addr = __get_free_pages(requests[i], order);

				assert_true(all_bytes((void *)addr, PAGE_SIZE << order, 0));
				memset((void *)addr, 0xff, PAGE_SIZE << order);
				free_pages(addr, order);
			}
	shutdown_clean();
}

static void C7_init_on_free_leaves_no_old_data(void **state)
{
	boot("mem=64M init_on_free=1");
	for (unsigned int order = 0; order < 5; order++) {
		unsigned long addr = __get_free_pages(GFP_NOWAIT, order);

		memset((void *)addr, 0xff, PAGE_SIZE << order);
		free_pages(addr, order);
		assert_true(all_bytes((void *)addr, PAGE_SIZE << order, 0));	/* looked at when free */
	}
	shutdown_clean();
}

/* ---- C8 ---- */

static void C8_the_order_of_a_size(void **state)
{
	assert_int_equal(get_order(1), 0);
	assert_int_equal(get_order(PAGE_SIZE - 1), 0);
	assert_int_equal(get_order(PAGE_SIZE), 0);
	assert_int_equal(get_order(PAGE_SIZE + 1), 1);
	assert_int_equal(get_order(2 * PAGE_SIZE), 1);
	assert_int_equal(get_order(2 * PAGE_SIZE + 1), 2);
	for (unsigned int order = 1; order < 30; order++) {
		assert_int_equal(get_order(PAGE_SIZE << order), order);
		assert_int_equal(get_order((PAGE_SIZE << order) - 1), order);
		assert_int_equal(get_order((PAGE_SIZE << order) + 1), order + 1);
	}
	assert_int_equal(get_order(1 << 20), 20 - PAGE_SHIFT);
	if (PAGE_SIZE == 4096)
		assert_int_equal(get_order(1 << 20), 8);
}

/* ---- C9 ---- */

struct misuse {
	const char *name;
	void (*does)(void);
	const char *said;		/* in the report */
	const char *said_too;
};

static struct page *untouched_page(void)
{
	return pfn_to_page(max_pfn / 2);	/* nobody had it: memory is taken from the ends */
}

static void free_single_page_as_block(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	__free_pages(page, 2);
	__free_page(page);
}

static void free_block_as_single_page(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 3);

	__free_page(page);
	__free_pages(page, 3);
}

static void free_block_as_smaller_block(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 5);

	__free_pages(page, 4);
	__free_pages(page, 5);
}

static void free_block_as_larger_block(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 9);

	__free_pages(page, 10);
	__free_pages(page, 9);
}

static void free_as_block_of_no_order(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	__free_pages(page, 64);
	__free_page(page);
}

static void free_compound_as_single_page(void)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);

	__free_page(page);
	__free_pages(page, 2);
}

static void free_address_with_other_order(void)
{
	unsigned long addr = __get_free_pages(GFP_KERNEL, 1);

	free_page(addr);
	free_pages(addr, 1);
}

static void free_page_twice(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	__free_page(page);
	__free_page(page);
}

static void free_page_twice_with_others_between(void)
{
	struct page *page = alloc_page(GFP_KERNEL), *others[10];

	for (int i = 0; i < 10; i++)
		others[i] = alloc_page(GFP_KERNEL);
	__free_page(page);
	for (int i = 0; i < 10; i++)
		__free_page(others[i]);
	__free_page(page);
}

static void free_page_twice_after_a_drain(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	__free_page(page);
	drain_all_pages(NULL);
	__free_page(page);
}

static void free_small_block_twice(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);

	__free_pages(page, 2);
	__free_pages(page, 2);
}

static void free_block_twice(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 6);

	__free_pages(page, 6);
	__free_pages(page, 6);
}

static void free_largest_block_twice(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, MAX_ORDER - 1);

	__free_pages(page, MAX_ORDER - 1);
	__free_pages(page, MAX_ORDER - 1);
}

static void free_compound_twice(void)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 3);

	__free_pages(page, 3);
	__free_pages(page, 3);
}

static void free_address_twice(void)
{
	unsigned long addr = __get_free_page(GFP_KERNEL);

	free_page(addr);
	free_page(addr);
}

static void free_block_and_then_its_inside(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 4);

	__free_pages(page, 4);
	__free_page(page + 3);
}

static void free_inner_page(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 4);

	__free_page(page + 3);
	__free_pages(page, 4);
}

static void free_half_of_a_block(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 4);

	__free_pages(page + 8, 3);
	__free_pages(page, 4);
}

static void free_tail(void)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 3);

	__free_page(page + 5);
	__free_pages(page, 3);
}

static void free_what_nobody_allocated(void)
{
	__free_page(untouched_page());
}

static void free_block_nobody_allocated(void)
{
	__free_pages(pfn_to_page(page_to_pfn(untouched_page()) & ~7UL), 3);
}

static void free_reserved_page_of_boot(void)
{
	__free_page(pfn_to_page(0));
}

static void free_page_in_hole(void)
{
	__free_page(pfn_to_page((800 << 10) >> PAGE_SHIFT));
}

static void free_address_of_hole(void)
{
	free_page((unsigned long)__va(800 << 10));
}

static void free_no_page(void)
{
	int on_the_stack = 0;

	__free_page((struct page *)&on_the_stack);
}

static void free_behind_the_last_page(void)
{
	__free_page(pfn_to_page(max_pfn - 1) + 1);
}

static void free_between_two_pages(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	__free_page((struct page *)((char *)page + 16));
	__free_page(page);
}

static void free_address_within_page(void)
{
	unsigned long addr = __get_free_page(GFP_KERNEL);

	free_page(addr + 100);
	free_page(addr);
}

static void free_address_of_nothing(void)
{
	int on_the_stack = 0;

	free_page((unsigned long)&on_the_stack & PAGE_MASK);
}

static void free_locked_page(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	SetPageLocked(page);
	__free_page(page);
	ClearPageLocked(page);
	__free_page(page);
}

static void free_page_of_slab(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 1);

	SetPageSlab(page);
	__free_pages(page, 1);
	ClearPageSlab(page);
	__free_pages(page, 1);
}

static void free_page_with_mapping(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	page->mapping = (struct address_space *)page;
	__free_page(page);
	page->mapping = NULL;
	__free_page(page);
}

static void free_mapped_page(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	atomic_inc(&page->_mapcount);
	__free_page(page);
	page_mapcount_reset(page);
	__free_page(page);
}

static void free_exact_size_twice(void)
{
	void *addr = alloc_pages_exact(PAGE_SIZE, GFP_KERNEL);

	free_pages_exact(addr, PAGE_SIZE);
	free_pages_exact(addr, PAGE_SIZE);
}

static const struct misuse misuses[] = {
	{ "a page freed as a block", free_single_page_as_block, "freed at order 2", "allocated at order 0" },
	{ "a block freed as a page", free_block_as_single_page, "freed at order 0", "allocated at order 3" },
	{ "a smaller order", free_block_as_smaller_block, "freed at order 4", "allocated at order 5" },
	{ "a larger order", free_block_as_larger_block, "freed at order 10", "allocated at order 9" },
	{ "an order that is none", free_as_block_of_no_order, "freed at order 64", "allocated at order 0" },
	{ "a compound page as a page", free_compound_as_single_page, "freed at order 0", "order 2" },
	{ "an address with another order", free_address_with_other_order, "freed at order 0", "order 1" },
	{ "a page twice", free_page_twice, "is free", "page last freed at" },
	{ "a page twice, others between", free_page_twice_with_others_between, "is free", "last freed at" },
	{ "a page twice, a drain between", free_page_twice_after_a_drain, "is free", "last freed at" },
	{ "a small block twice", free_small_block_twice, "is free", "page last freed at" },
	{ "a block twice", free_block_twice, "is free", "page last freed at" },
	{ "a largest block twice", free_largest_block_twice, "is free", "page last freed at" },
	{ "a compound page twice", free_compound_twice, "is free", "page last freed at" },
	{ "an address twice", free_address_twice, "is free", "page last freed at" },
	{ "the inside of a free block", free_block_and_then_its_inside, "is free", "pfn" },
	{ "an inner page", free_inner_page, "inside of a block", "pfn" },
	{ "half of a block", free_half_of_a_block, "inside of a block", "pfn" },
	{ "a tail", free_tail, "tail of the compound page", "pfn" },
	{ "a page nobody had", free_what_nobody_allocated, "is free", "pfn" },
	{ "a block nobody had", free_block_nobody_allocated, "is free", "pfn" },
	{ "a reserved page", free_reserved_page_of_boot, "is reserved", "pfn 0" },
	{ "a page in a hole", free_page_in_hole, "is reserved", "pfn 0x" },
	{ "the address of a hole", free_address_of_hole, "is reserved", "pfn 0x" },
	{ "no page", free_no_page, "is not a page of the machine", "free_pages" },
	{ "behind the last page", free_behind_the_last_page, "is not a page of the machine", "free_pages" },
	{ "between two pages", free_between_two_pages, "is not a page of the machine", "free_pages" },
	{ "an address within a page", free_address_within_page, "is not the address of a page", "0x" },
	{ "the address of nothing", free_address_of_nothing, "is not the address of a page", "0x" },
	{ "a locked page", free_locked_page, "state that its owner must end", "locked" },
	{ "a page of a slab", free_page_of_slab, "state that its owner must end", "slab" },
	{ "a page with a mapping", free_page_with_mapping, "belongs to a mapping", "pfn" },
	{ "a mapped page", free_mapped_page, "still mapped", "mapcount:1" },
	{ "an exact size twice", free_exact_size_twice, "is free", "page last freed at" },
};

static void expect_report(const struct misuse *misuse)
{
	const char *text;

	capture_begin();
	misuse->does();
	text = capture_end();
	if (count_of(text, "Call Trace:") != 1 || !strstr(text, misuse->said) ||
	    !strstr(text, misuse->said_too))
		fail_msg("%s: %s", misuse->name, text);
	assert_says(text, "BUG: Bad page");
}

static void C9_misuse_is_reported_and_the_allocator_stays_consistent(void **state)
{
	static const char *const machines[] = { "mem=128M", "machine=i386 mem=1G numa=2 nr_cpus=2" };

	for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
		unsigned long before;

		boot(machines[m]);
		before = nr_free_pages();
		for (size_t i = 0; i < ARRAY_LEN(misuses); i++) {
			expect_report(&misuses[i]);
			assert_sound();
			assert_int_equal(nr_free_pages(), before);
		}
		shutdown_clean();
	}
}

static const struct misuse *strict_misuse;

static void misuse_strictly(void)
{
	boot("mem=128M panic_on_warn=1 loglevel=4");	/* without the callers: naming them takes long */
	strict_misuse->does();
}

static void C9_misuse_ends_a_strict_program(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(misuses); i++) {
		strict_misuse = &misuses[i];
		assert_says(dies_in_child(misuse_strictly), misuses[i].said);
	}
}

/* The same mistakes while everything else goes on, and with the checks of debugging on. */
static void C9_misuse_is_reported_with_every_page_checked(void **state)
{
	boot("mem=128M page_poison=1 init_on_alloc=1");
	for (size_t i = 0; i < ARRAY_LEN(misuses); i++)
		expect_report(&misuses[i]);
	shutdown_clean();
}

void C9_test_allocates(struct page **page);
void C9_test_frees(struct page *page);

not_inlined void C9_test_allocates(struct page **page)
{
	*page = alloc_page(GFP_KERNEL);
	barrier();
}

not_inlined void C9_test_frees(struct page *page)
{
	__free_page(page);
	barrier();
}

static void C9_a_report_names_who_allocated_who_freed_and_who_calls(void **state)
{
	struct page *page;
	const char *text;

	boot("mem=64M");
	C9_test_allocates(&page);
	C9_test_frees(page);
	capture_begin();
	__free_page(page);
	text = capture_end();
	assert_says(text, "page last allocated at C9_test_allocates+0x");
	assert_says(text, "page last freed at C9_test_frees+0x");
	assert_says(text, "Comm: tester at ");
	shutdown_clean();
}

static void C9_a_write_after_free_is_reported(void **state)
{
	struct page *page;
	const char *text;
	char *addr;

	boot("mem=64M page_poison=1");
	bind_to_cpu(0);
	C9_test_allocates(&page);
	addr = page_address(page);
	C9_test_frees(page);
	addr[1000] = 'X';
	capture_begin();
	assert_ptr_equal(alloc_page(GFP_KERNEL), page);
	text = capture_end();
	assert_says(text, "written after free at offset 0x3e8");
	assert_says(text, "000003e8: 58 aa aa");
	assert_says(text, "page last allocated at C9_test_allocates+0x");
	assert_says(text, "page last freed at C9_test_frees+0x");
	__free_page(page);
	assert_sound();
	/* Nobody wrote now. */
	capture_begin();
	page = alloc_page(GFP_KERNEL);
	assert_string_equal(capture_end(), "");
	__free_page(page);
	shutdown_clean();
}

static void C9_a_write_after_free_is_found_anywhere_in_a_block(void **state)
{
	static const size_t offsets[] = { 0, 1, 127, 128, 4095, 4096, 5000 };

	boot("mem=64M page_poison=1");
	bind_to_cpu(0);
	for (size_t i = 0; i < ARRAY_LEN(offsets); i++) {
		unsigned long addr = __get_free_pages(GFP_KERNEL, 1), again;
		const char *text;

		free_pages(addr, 1);
		((char *)addr)[offsets[i]] ^= 1;
		capture_begin();
		again = __get_free_pages(GFP_KERNEL, 1);
		text = capture_end();
		assert_int_equal(again, addr);
		assert_int_equal(count_of(text, "written after free"), 1);
		free_pages(addr, 1);
	}
	shutdown_clean();
}

static void write_after_free_strictly(void)
{
	unsigned long addr;

	boot("mem=64M page_poison=1 panic_on_warn=1");
	bind_to_cpu(0);
	addr = __get_free_page(GFP_NOWAIT);
	free_page(addr);
	*(char *)addr = 0;
	free_page(__get_free_page(GFP_NOWAIT));
}

static void C9_a_write_after_free_ends_a_strict_program(void **state)
{
	assert_says(dies_in_child(write_after_free_strictly), "written after free at offset 0");
}

static void C9_a_state_given_to_a_free_page_is_reported(void **state)
{
	struct page *page, *other;
	const char *text;

	boot("mem=64M");
	bind_to_cpu(0);
	page = alloc_page(GFP_KERNEL);
	__free_page(page);
	SetPageLocked(page);
	capture_begin();
	other = alloc_page(GFP_KERNEL);
	text = capture_end();
	assert_says(text, "was changed while it was free");
	assert_ptr_not_equal(other, page);	/* the suspect page is leaked, not handed out */
	assert_sound();
	__free_page(other);
	shutdown_clean();
}

static void C9_a_reference_to_a_free_page_is_reported(void **state)
{
	struct page *page, *other;

	boot("mem=64M");
	bind_to_cpu(0);
	page = alloc_page(GFP_KERNEL);
	__free_page(page);
	atomic_inc(&page->_count);
	capture_begin();
	other = alloc_page(GFP_KERNEL);
	assert_says(capture_end(), "was changed while it was free");
	assert_ptr_not_equal(other, page);
	assert_sound();
	__free_page(other);
	assert_in_range(shutdown_leaky(), 0, 1);	/* the suspect page may count as one */
}

/* A driver of the notes' time may mark each page of its block, and forget to take the marks off. */
static void C9_a_page_with_a_state_of_its_last_owner_is_not_handed_out(void **state)
{
	struct hoard hoard = { 0 };
	struct page *block;

	boot("mem=32M");
	block = alloc_pages(GFP_KERNEL, 4);
	SetPageReserved(block + 3);
	SetPageUptodate(block + 5);		/* means nothing any more */
	capture_begin();
	__free_pages(block, 4);
	hoard_all(&hoard, GFP_KERNEL, 0);
	hoard_all(&hoard, GFP_ATOMIC, 0);
	for (size_t i = 0; i < hoard.nr; i++)
		assert_int_equal(hoard.block[i].page->flags & 0xffffffff, 0);
	assert_int_equal(count_of(capture_end(), "Call Trace:"), 1);
	assert_sound();
	hoard_free(&hoard);
	assert_sound();
	assert_in_range(shutdown_leaky(), 0, 1);	/* the suspect page may count as one */
}

/* ---- the family around it ---- */

static void bulk_fills_the_empty_entries(void **state)
{
	struct page *pages[100] = { NULL }, *own;
	unsigned long before;

	boot("mem=64M");
	before = nr_free_pages();
	own = alloc_page(GFP_KERNEL);
	pages[3] = pages[50] = own;
	assert_int_equal(alloc_pages_bulk_array(GFP_KERNEL, 100, pages), 100);
	assert_int_equal(nr_free_pages(), before - 99);
	for (int i = 0; i < 100; i++) {
		assert_non_null(pages[i]);
		assert_int_equal(pages[i] == own, i == 3 || i == 50);
		if (pages[i] != own)
			__free_page(pages[i]);
	}
	__free_page(own);
	assert_int_equal(alloc_pages_bulk_array(GFP_KERNEL, 0, pages), 0);
	shutdown_clean();
}

static void bulk_that_fails_says_how_many(void **state)
{
	enum { MANY = 20000 };
	struct page **pages = calloc(MANY, sizeof(*pages));
	struct hoard hoard = { 0 };
	unsigned long nr;

	boot("mem=32M");
	nr = alloc_pages_bulk_array(GFP_KERNEL | __GFP_NOWARN, MANY, pages);
	assert_in_range(nr, 1000, MANY - 1);
	for (unsigned long i = 0; i < MANY; i++)
		assert_int_equal(!!pages[i], i < nr);
	release_pages(pages, nr);
	free(pages);
	hoard_free(&hoard);
	shutdown_clean();
}

static void a_split_block_is_single_pages(void **state)
{
	unsigned long before;

	boot("mem=64M");
	before = nr_free_pages();
	for (unsigned int order = 0; order < MAX_ORDER; order++) {
		struct page *page = alloc_pages(GFP_KERNEL, order);

		split_page(page, order);
		for (unsigned long i = 0; i < 1UL << order; i++) {
			assert_int_equal(page_count(page + i), 1);
			page[i].private = i;		/* each its own */
		}
		for (unsigned long i = 1UL << order; i-- > 0; ) {
			page[i].private = 0;
			__free_page(page + i);
		}
		assert_int_equal(nr_free_pages(), before);
	}
	shutdown_clean();
}

static void what_cannot_be_split_is_reported(void **state)
{
	struct page *page;

	boot("mem=64M");
	page = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);
	capture_begin();
	split_page(page, 2);
	assert_says(capture_end(), "split_page: ");
	__free_pages(page, 2);
	page = alloc_pages(GFP_KERNEL, 2);
	capture_begin();
	split_page(page, 3);
	split_page(page, 1);
	assert_int_equal(count_of(capture_end(), "Call Trace:"), 2);
	__free_pages(page, 2);
	capture_begin();
	split_page(page, 2);		/* it is free now */
	assert_says(capture_end(), "split_page: ");
	shutdown_clean();
}

static void an_exact_size_takes_no_more(void **state)
{
	static const size_t sizes[] = { 1, 100, 4096, 8192, 12288, 20000, 65536, 1000000, 3 << 20 };
	unsigned long before;

	boot("mem=64M");
	before = nr_free_pages();
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		char *addr = alloc_pages_exact(sizes[i], GFP_KERNEL);

		assert_non_null(addr);
		assert_int_equal((unsigned long)addr % PAGE_SIZE, 0);
		assert_int_equal(nr_free_pages(), before - (sizes[i] + PAGE_SIZE - 1) / PAGE_SIZE);
		memset(addr, 1, sizes[i]);
		free_pages_exact(addr, sizes[i]);
		assert_int_equal(nr_free_pages(), before);
	}
	shutdown_clean();
}

static void an_exact_size_that_is_none_is_reported(void **state)
{
	const char *text;

	boot("mem=64M");
	capture_begin();
	assert_null(alloc_pages_exact(0, GFP_KERNEL));
	assert_null(alloc_pages_exact(PAGE_SIZE, GFP_KERNEL | __GFP_COMP));
	assert_null(alloc_pages_exact((PAGE_SIZE << (MAX_ORDER - 1)) + 1, GFP_KERNEL));
	text = capture_end();
	assert_says(text, "alloc_pages_exact");
	assert_says(text, "order 11 is too large");
	shutdown_clean();
}

static void pages_are_put_in_arrays_and_lists(void **state)
{
	struct page *pages[20];
	unsigned long before;
	LIST_HEAD(list);

	boot("mem=64M");
	before = nr_free_pages();
	for (int i = 0; i < 20; i++)
		pages[i] = alloc_pages(GFP_KERNEL, i % 3);
	get_page(pages[7]);
	release_pages(pages, 20);
	assert_int_equal(page_count(pages[7]), 1);
	put_page(pages[7]);
	assert_int_equal(nr_free_pages(), before);
	for (int i = 0; i < 20; i++)
		list_add(&alloc_page(GFP_KERNEL)->lru, &list);
	assert_int_equal(nr_free_pages(), before - 20);
	put_pages_list(&list);
	assert_true(list_empty(&list));
	assert_int_equal(nr_free_pages(), before);
	shutdown_clean();
}

static void a_reserved_page_can_be_given_to_the_allocator(void **state)
{
	unsigned long before, managed;
	struct page *page;

	boot("mem=64M boot_reserve=1M@20M");
	before = nr_free_pages();
	managed = totalram_pages();
	page = pfn_to_page((20 << 20) >> PAGE_SHIFT);
	assert_true(PageReserved(page));
	free_reserved_page(page);
	assert_false(PageReserved(page));
	assert_int_equal(nr_free_pages(), before + 1);
	assert_int_equal(totalram_pages(), managed + 1);
	memset(page_address(page), 1, PAGE_SIZE);
	capture_begin();
	free_reserved_page(page);
	assert_says(capture_end(), "free_reserved_page: ");
	assert_int_equal(nr_free_pages(), before + 1);
	shutdown_clean();
}

static void a_hole_cannot_be_given_to_the_allocator(void **state)
{
	static const unsigned long holes[] = { 0, 640 << 10, 800 << 10 };
	unsigned long before;

	boot("mem=64M");
	before = nr_free_pages();
	for (size_t i = 0; i < ARRAY_LEN(holes); i++) {
		capture_begin();
		free_reserved_page(pfn_to_page(holes[i] >> PAGE_SHIFT));
		assert_says(capture_end(), "free_reserved_page: ");
		assert_int_equal(nr_free_pages(), before);
	}
	shutdown_clean();
}

static void draining_changes_no_count(void **state)
{
	unsigned long before;
	struct page *page;

	boot("mem=64M numa=2 nr_cpus=2");
	page = alloc_page(GFP_KERNEL);
	before = nr_free_pages();
	drain_local_pages(NULL);
	assert_int_equal(nr_free_pages(), before);
	drain_all_pages(page_zone(page));
	drain_all_pages(NULL);
	assert_int_equal(nr_free_pages(), before);
	drain_all_pages(NULL);
	__free_page(page);
	shutdown_clean();
}

static void meminfo_tells_sizes_in_units(void **state)
{
	struct sysinfo info;
	struct page *low, *high;

	boot("machine=i386 mem=1G");
	si_meminfo(&info);
	assert_int_equal(info.mem_unit, PAGE_SIZE);
	assert_int_equal(info.totalram, totalram_pages());
	assert_int_equal(info.totalhigh, totalhigh_pages());
	assert_int_equal(info.freeram, nr_free_pages());
	assert_int_equal(info.totalswap, 0);
	assert_true(info.totalhigh > 0 && info.totalhigh < info.totalram);
	low = alloc_page(GFP_KERNEL);
	high = alloc_pages(GFP_HIGHUSER, 2);
	{
		unsigned long freeram = info.freeram, freehigh = info.freehigh;

		si_meminfo(&info);
		assert_int_equal(info.freeram, freeram - 5);
		assert_int_equal(info.freehigh, freehigh - 4);
	}
	__free_page(low);
	__free_pages(high, 2);
	shutdown_clean();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(C1_blocks_are_contiguous_and_naturally_aligned),
		machine_test(C1_blocks_do_not_overlap),
		machine_test(C1_an_order_that_is_too_large_is_reported),
		machine_test(C1_failure_is_null),
		machine_test(C1_a_large_block_fails_when_memory_is_in_pieces),
		machine_test(C2_alloc_page_is_one_page),
		machine_test(C3_the_address_of_a_page_is_its_memory),
		machine_test(C4_an_address_under_four_names),
		machine_test(C4_high_memory_has_no_address_to_give),
		machine_test(C4_dma_pages_by_address),
		machine_test(C5_a_zeroed_page_is_zero_even_if_it_held_data),
		machine_test(C6_each_way_to_free_gives_back),
		machine_test(C6_address_0_and_no_page_are_ignored),
		machine_test(C7_a_page_may_hold_old_data),
		machine_test(C7_init_on_alloc_leaves_no_old_data),
		machine_test(C7_init_on_free_leaves_no_old_data),
		machine_test(C8_the_order_of_a_size),
		machine_test(C9_misuse_is_reported_and_the_allocator_stays_consistent),
		machine_test(C9_misuse_ends_a_strict_program),
		machine_test(C9_misuse_is_reported_with_every_page_checked),
		machine_test(C9_a_report_names_who_allocated_who_freed_and_who_calls),
		machine_test(C9_a_write_after_free_is_reported),
		machine_test(C9_a_write_after_free_is_found_anywhere_in_a_block),
		machine_test(C9_a_write_after_free_ends_a_strict_program),
		machine_test(C9_a_state_given_to_a_free_page_is_reported),
		machine_test(C9_a_reference_to_a_free_page_is_reported),
		machine_test(C9_a_page_with_a_state_of_its_last_owner_is_not_handed_out),
		machine_test(bulk_fills_the_empty_entries),
		machine_test(bulk_that_fails_says_how_many),
		machine_test(a_split_block_is_single_pages),
		machine_test(what_cannot_be_split_is_reported),
		machine_test(an_exact_size_takes_no_more),
		machine_test(an_exact_size_that_is_none_is_reported),
		machine_test(pages_are_put_in_arrays_and_lists),
		machine_test(a_reserved_page_can_be_given_to_the_allocator),
		machine_test(a_hole_cannot_be_given_to_the_allocator),
		machine_test(draining_changes_no_count),
		machine_test(meminfo_tells_sizes_in_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

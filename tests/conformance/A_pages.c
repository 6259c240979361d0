// SPDX-License-Identifier: MIT
/*
 * A_pages.c - requirements A: pages, their states and their counts
 */
#include "pagoda_test.h"

#include <linux/mmzone.h>
#include <linux/page-flags.h>
#include <linux/swap.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define GIB (1UL << 30)

/* ---- A1, A2 ---- */

static void A1_a_page_is_4_or_8_kilobytes(void **state)
{
	assert_true(PAGE_SIZE == 4096 || PAGE_SIZE == 8192);
	assert_int_equal(1UL << PAGE_SHIFT, PAGE_SIZE);
	assert_int_equal(PAGE_MASK, -PAGE_SIZE);
	if (PAGE_SIZE == 4096)
		assert_int_equal(GIB / PAGE_SIZE, 262144);
}

static void A1_a_gigabyte_has_its_number_of_pages(void **state)
{
	boot("machine=i386 mem=1G");
	assert_int_equal(max_pfn, GIB / PAGE_SIZE);
	assert_true(pfn_valid(max_pfn - 1));
	assert_false(pfn_valid(max_pfn));
	shutdown_clean();
}

static void A2_a_page_has_the_fields_of_the_notes(void **state)
{
	struct page *page;

	/* The types are part of what a program relies on. */
	_Static_assert(__same_type(((struct page *)0)->flags, unsigned long), "flags");
	_Static_assert(__same_type(((struct page *)0)->_count, atomic_t), "_count");
	_Static_assert(__same_type(((struct page *)0)->_mapcount, atomic_t), "_mapcount");
	_Static_assert(__same_type(((struct page *)0)->private, unsigned long), "private");
	_Static_assert(__same_type(((struct page *)0)->mapping, struct address_space *), "mapping");
	_Static_assert(__same_type(((struct page *)0)->index, pgoff_t), "index");
	_Static_assert(__same_type(((struct page *)0)->lru, struct list_head), "lru");
	_Static_assert(__same_type(((struct page *)0)->virtual, void *), "virtual");

	boot("mem=64M");
	page = alloc_page(GFP_KERNEL);
	assert_int_equal(atomic_read(&page->_mapcount), -1);
	assert_null(page->mapping);
	assert_int_equal(page->private, 0);
	page->index = 77;
	page->private = 88;		/* the owner's to use */
	INIT_LIST_HEAD(&page->lru);
	assert_int_equal(page_count(page), 1);
	assert_int_equal(page->index, 77);
	assert_int_equal(page_private(page), 88);
	page->private = 0;
	__free_page(page);
	shutdown_clean();
}

/* ---- A3 ---- */

#define STATE(name) {								\
	#name, Page##name, SetPage##name, ClearPage##name, TestSetPage##name, TestClearPage##name }

static const struct {
	const char *name;
	int (*is)(const struct page *page);
	void (*set)(struct page *page);
	void (*clear)(struct page *page);
	int (*test_set)(struct page *page);
	int (*test_clear)(struct page *page);
} states[] = {
	STATE(Locked), STATE(Dirty), STATE(Referenced), STATE(Uptodate), STATE(LRU), STATE(Active),
	STATE(Slab), STATE(Reserved), STATE(Private), STATE(Writeback), STATE(Reclaim), STATE(SwapCache),
	STATE(Error), STATE(Workingset), STATE(Checked), STATE(Private2), STATE(MappedToDisk),
	STATE(SwapBacked), STATE(Unevictable), STATE(Mlocked), STATE(Readahead),
};

static void A3_each_state_is_set_cleared_and_tested_alone(void **state)
{
	struct page *page;
	unsigned long clean;

	boot("mem=64M");
	page = alloc_page(GFP_KERNEL);
	clean = page->flags;
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		assert_false(states[i].is(page));
		states[i].set(page);
		for (size_t j = 0; j < ARRAY_LEN(states); j++)
			assert_int_equal(!!states[j].is(page), i == j);
		assert_true(states[i].test_set(page));
		assert_true(states[i].test_clear(page));
		assert_int_equal(page->flags, clean);
		assert_false(states[i].test_clear(page));
		assert_false(states[i].test_set(page));
		assert_true(states[i].is(page));
		states[i].clear(page);
		assert_int_equal(page->flags, clean);
	}
	__free_page(page);
	shutdown_clean();
}

static void A3_the_low_32_bits_are_independent_states(void **state)
{
	struct zone *zone;
	struct page *page;
	int nid;

	boot("mem=256M numa=2");
	page = alloc_pages_node(1, GFP_KERNEL, 0);
	zone = page_zone(page);
	nid = page_to_nid(page);
	assert_int_equal(nid, 1);
	assert_int_equal(page->flags & 0xffffffff, 0);
	for (int bit = 0; bit < 32; bit++) {
		assert_false(test_and_set_bit(bit, &page->flags));
		assert_int_equal(page->flags & 0xffffffff, ~0U >> (31 - bit));
	}
	/* Where the page lies is not told by these bits. */
	assert_ptr_equal(page_zone(page), zone);
	assert_int_equal(page_to_nid(page), nid);
	for (int bit = 0; bit < 32; bit += 2)
		clear_bit(bit, &page->flags);
	assert_int_equal(page->flags & 0xffffffff, 0xaaaaaaaa);
	for (int bit = 1; bit < 32; bit += 2)
		assert_true(test_and_clear_bit(bit, &page->flags));
	__free_page(page);
	shutdown_clean();
}

struct toggle {
	struct page *page;
	unsigned int state;
	unsigned long surprises;
};

static void *toggle_one_state(void *arg)
{
	struct toggle *mine = arg;
	int rounds = host_is_slow() ? 500 : 20000;

	while (rounds--) {
		mine->surprises += states[mine->state].test_set(mine->page);
		mine->surprises += !states[mine->state].is(mine->page);
		mine->surprises += !states[mine->state].test_clear(mine->page);
		states[mine->state].set(mine->page);
		states[mine->state].clear(mine->page);
	}
	return NULL;
}

static void A3_states_are_changed_atomically(void **state)
{
	struct toggle toggles[4];
	pthread_t threads[4];
	struct page *page;

	boot("mem=64M");
	page = alloc_page(GFP_KERNEL);
	for (unsigned int i = 0; i < 4; i++) {
		toggles[i] = (struct toggle){ page, i, 0 };
		thread_start(&threads[i], toggle_one_state, &toggles[i]);
	}
	for (int i = 0; i < 4; i++) {
		thread_join(threads[i]);
		assert_int_equal(toggles[i].surprises, 0);
	}
	__free_page(page);
	shutdown_clean();
}

/* ---- A4 ---- */

static void A4_a_free_page_counts_minus_one_an_allocated_one_zero(void **state)
{
	struct page *page;

	boot("mem=64M");
	page = alloc_page(GFP_KERNEL);
	assert_int_equal(atomic_read(&page->_count), 0);
	assert_int_equal(page_count(page), 1);
	__free_page(page);
	assert_int_equal(atomic_read(&page->_count), -1);
	assert_int_equal(page_count(page), 0);
	page = alloc_pages(GFP_KERNEL, 4);
	assert_int_equal(page_count(page), 1);
	__free_pages(page, 4);
	assert_int_equal(page_count(page), 0);
	/* A page that nobody ever had. */
	assert_int_equal(page_count(pfn_to_page(max_pfn / 2)), 0);
	shutdown_clean();
}

static void A4_get_and_put_count_and_the_last_put_frees(void **state)
{
	unsigned long before;
	struct page *page;

	boot("mem=64M");
	before = nr_free_pages();
	page = alloc_page(GFP_KERNEL);
	for (int i = 2; i <= 10; i++) {
		get_page(page);
		assert_int_equal(page_count(page), i);
	}
	for (int i = 9; i >= 1; i--) {
		put_page(page);
		assert_int_equal(page_count(page), i);
		assert_int_equal(nr_free_pages(), before - 1);
	}
	put_page(page);
	assert_int_equal(page_count(page), 0);
	assert_int_equal(nr_free_pages(), before);
	shutdown_clean();
}

static void A4_freeing_with_two_references_drops_one(void **state)
{
	unsigned long before;

	boot("mem=64M");
	before = nr_free_pages();
	for (unsigned int order = 0; order < MAX_ORDER; order++) {
		struct page *page = alloc_pages(GFP_KERNEL, order);

		get_page(page);
		__free_pages(page, order);
		assert_int_equal(page_count(page), 1);
		assert_int_equal(nr_free_pages(), before - (1UL << order));
		put_page(page);			/* the whole block goes */
		assert_int_equal(nr_free_pages(), before);
	}
	shutdown_clean();
}

static void A4_a_reference_is_only_taken_of_who_has_one(void **state)
{
	struct page *page;

	boot("mem=64M");
	page = alloc_page(GFP_KERNEL);
	assert_true(try_get_page(page));
	assert_true(try_get_page(page));
	assert_int_equal(page_count(page), 3);
	put_page(page);
	put_page(page);
	put_page(page);
	assert_false(try_get_page(page));
	assert_false(try_get_page(page));
	assert_int_equal(page_count(page), 0);
	shutdown_clean();
}

static void A4_the_tails_of_a_compound_page_count_for_the_head(void **state)
{
	unsigned long before;
	struct page *head;

	boot("mem=64M");
	before = nr_free_pages();
	head = alloc_pages(GFP_KERNEL | __GFP_COMP, 3);
	get_page(head + 5);
	assert_int_equal(page_count(head), 2);
	assert_int_equal(page_count(head + 1), 2);
	put_page(head);
	assert_int_equal(page_count(head + 7), 1);
	put_page(head + 7);
	assert_int_equal(nr_free_pages(), before);
	shutdown_clean();
}

static void A4_a_reserved_page_may_be_got_and_put(void **state)
{
	struct page *page;

	boot("mem=64M");
	page = pfn_to_page(0);			/* no allocator has it */
	assert_true(PageReserved(page));
	assert_int_equal(page_count(page), 1);
	capture_begin();
	get_page(page);
	assert_int_equal(page_count(page), 2);
	put_page(page);
	assert_int_equal(page_count(page), 1);
	assert_string_equal(capture_end(), "");
	shutdown_clean();
}

static void *get_and_put(void *page)
{
	int rounds = host_is_slow() ? 500 : 20000;

	while (rounds--) {
		get_page(page);
		put_page(page);
	}
	return NULL;
}

static void A4_counts_are_exact_under_concurrency(void **state)
{
	pthread_t threads[4];
	struct page *page;

	boot("mem=64M");
	page = alloc_page(GFP_KERNEL);
	for (int i = 0; i < 4; i++)
		thread_start(&threads[i], get_and_put, page);
	for (int i = 0; i < 4; i++)
		thread_join(threads[i]);
	assert_int_equal(page_count(page), 1);
	__free_page(page);
	shutdown_clean();
}

/* Of several who put at the same moment exactly one frees: nobody is reported, nothing leaks. */
static pthread_barrier_t together;

static void *put_together(void *arg)
{
	struct page *const *pages = arg;

	for (int i = 0; pages[i]; i++) {
		pthread_barrier_wait(&together);
		put_page(pages[i]);
	}
	return NULL;
}

static void A4_the_last_of_several_puts_frees(void **state)
{
	struct page *pages[101] = { NULL };
	unsigned long before;
	pthread_t threads[3];

	boot("mem=64M");
	before = nr_free_pages();
	for (int i = 0; i < 100; i++) {
		pages[i] = alloc_page(GFP_KERNEL);
		get_page(pages[i]);
		get_page(pages[i]);
	}
	capture_begin();
	pthread_barrier_init(&together, NULL, 3);
	for (int i = 0; i < 3; i++)
		thread_start(&threads[i], put_together, pages);
	for (int i = 0; i < 3; i++)
		thread_join(threads[i]);
	pthread_barrier_destroy(&together);
	assert_string_equal(capture_end(), "");
	assert_int_equal(nr_free_pages(), before);
	shutdown_clean();
}

/* ---- A4: misuse ---- */

struct misuse {
	const char *name;
	void (*does)(void);
	const char *said;
};

static void get_free_page(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	__free_page(page);
	get_page(page);
}

static void get_untouched_page(void)
{
	get_page(pfn_to_page(max_pfn / 2));
}

static void put_free_page(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	__free_page(page);
	put_page(page);
}

static void put_once_too_often(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	get_page(page);
	put_page(page);
	put_page(page);
	put_page(page);
}

static void put_free_block(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 10);

	put_page(page);
	put_page(page);
}

static void put_tail_of_freed_compound(void)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);

	put_page(page);
	put_page(page + 3);
}

static void put_inner_page(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);

	put_page(page + 1);
	__free_pages(page, 2);
}

static void put_reserved_page(void)
{
	put_page(pfn_to_page(0));
}

static void get_no_page(void)
{
	get_page((struct page *)(uintptr_t)0x1234560);
}

static void put_no_page(void)
{
	int on_the_stack = 0;

	put_page((struct page *)&on_the_stack);
}

static void put_between_two_pages(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	put_page((struct page *)((char *)page + 8));
	__free_page(page);
}

static const struct misuse misuses[] = {
	{ "get_page of a page just freed", get_free_page, "get_page: pfn " },
	{ "get_page of a page nobody had", get_untouched_page, "get_page: pfn " },
	{ "put_page of a page just freed", put_free_page, "put_page: pfn " },
	{ "put_page below zero", put_once_too_often, "put_page: pfn " },
	{ "put_page of a free block", put_free_block, "put_page: pfn " },
	{ "put_page of a former tail", put_tail_of_freed_compound, "put_page: pfn " },
	{ "put_page of an inner page", put_inner_page, "put_page: pfn " },
	{ "put_page of a reserved page", put_reserved_page, "put_page: pfn " },
	{ "get_page of no page", get_no_page, "get_page: " },
	{ "put_page of no page", put_no_page, "put_page: " },
	{ "put_page between two pages", put_between_two_pages, "put_page: " },
};

static void A4_misuse_is_reported_and_refused(void **state)
{
	unsigned long before;

	boot("mem=64M");
	before = nr_free_pages();
	for (size_t i = 0; i < ARRAY_LEN(misuses); i++) {
		const char *text;

		capture_begin();
		misuses[i].does();
		text = capture_end();
		if (count_of(text, "Call Trace:") != 1 || !strstr(text, misuses[i].said))
			fail_msg("%s: %s", misuses[i].name, text);
		assert_says(text, "BUG: Bad page");
		assert_sound();
		assert_int_equal(nr_free_pages(), before);
	}
	shutdown_clean();
}

static const struct misuse *strict_misuse;

static void misuse_strictly(void)
{
	boot("mem=64M panic_on_warn=1 loglevel=4");	/* without the callers: naming them takes long */
	strict_misuse->does();
}

static void A4_misuse_ends_a_strict_program(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(misuses); i++) {
		strict_misuse = &misuses[i];
		assert_says(dies_in_child(misuse_strictly), misuses[i].said);
	}
}

static void A4_the_report_tells_who_had_the_page(void **state)
{
	const char *text;

	boot("mem=64M");
	capture_begin();
	put_once_too_often();
	text = capture_end();
	assert_says(text, "page last allocated at ");
	assert_says(text, "page last freed at ");
	assert_says(text, "refcount:0 mapcount:0");
	assert_says(text, "Comm: ");
	shutdown_clean();
}

/* ---- A5 ---- */

static unsigned long figure(const char *name)
{
	const char *text = view("memmap"), *at = strstr(text, name);

	if (!at)
		fail_msg("no %s in:\n%s", name, text);
	return strtoul(at + strlen(name), NULL, 10);
}

static void A5_the_cost_of_page_structures_is_shown(void **state)
{
	static const char *const machines[] = {
		"machine=i386 mem=4G", "machine=x86_64 mem=512M", "machine=x86_64 mem=3G numa=4",
	};

	for (size_t i = 0; i < ARRAY_LEN(machines); i++) {
		unsigned long present, bytes, percent, hundredths;
		const char *share;

		boot(machines[i]);
		present = figure("present_pages ");
		bytes = figure("mem_map_bytes ");
		assert_int_equal(figure("page_size "), PAGE_SIZE);
		assert_int_equal(figure("struct_page_bytes "), sizeof(struct page));
		/* The array has holes in it, too. */
		assert_int_equal(bytes, max_pfn * sizeof(struct page));
		assert_true(present <= max_pfn && present > max_pfn - (1 << 20) / PAGE_SIZE);
		share = strstr(view("memmap"), "mem_map_share ");
		assert_int_equal(sscanf(share, "mem_map_share %lu.%2lu%%", &percent, &hundredths), 2);
		assert_int_equal(percent * 100 + hundredths, bytes * 10000 / (present * PAGE_SIZE));
		/* What is made on demand is less, on a machine that did nothing yet. */
		assert_true(figure("mem_map_made_bytes ") < bytes);
		assert_true(figure("metadata_bytes ") >= bytes);
		shutdown_clean();
	}
}

/* ---- A6 ---- */

static void A6_low_pages_have_an_address_high_ones_do_not(void **state)
{
	struct page *low, *high;

	boot("machine=i386 mem=1G");
	low = alloc_page(GFP_KERNEL);
	high = alloc_page(GFP_HIGHUSER);
	assert_false(PageHighMem(low));
	assert_true(PageHighMem(high));
	assert_ptr_equal(page_address(low), __va(page_to_phys(low)));
	assert_ptr_equal(page_address(low), low->virtual);
	assert_null(page_address(high));
	assert_null(high->virtual);
	memset(page_address(low), 1, PAGE_SIZE);
	__free_page(low);
	__free_page(high);
	/* Also of pages that nobody has. */
	assert_null(page_address(pfn_to_page(max_pfn - 1)));
	assert_non_null(page_address(pfn_to_page(max_low_pfn - 1)));
	assert_null(page_address(pfn_to_page(max_low_pfn)));
	assert_ptr_equal(high_memory, __va(PFN_PHYS(max_low_pfn)));
	shutdown_clean();
}

static void A6_all_of_x86_64_has_an_address(void **state)
{
	boot("machine=x86_64 mem=5G");
	for (unsigned long pfn = 0; pfn < max_pfn; pfn += max_pfn / 100)
		assert_ptr_equal(page_address(pfn_to_page(pfn)), __va(PFN_PHYS(pfn)));
	assert_int_equal(max_low_pfn, max_pfn);
	shutdown_clean();
}

static void A6_frame_page_and_address_follow_from_each_other(void **state)
{
	boot("machine=i386 mem=1G");
	for (int i = 0; i < 100; i++) {
		struct page *page = alloc_pages(GFP_KERNEL, i % 4);
		char *addr = page_address(page);
		unsigned long pfn = page_to_pfn(page);

		assert_ptr_equal(pfn_to_page(pfn), page);
		assert_int_equal(page_to_phys(page), PFN_PHYS(pfn));
		assert_int_equal(virt_to_phys(addr), PFN_PHYS(pfn));
		assert_ptr_equal(phys_to_virt(PFN_PHYS(pfn)), addr);
		assert_int_equal(__pa(addr + 5), PFN_PHYS(pfn) + 5);
		assert_ptr_equal(__va(PFN_PHYS(pfn)), addr);
		assert_ptr_equal(virt_to_page(addr), page);
		assert_ptr_equal(virt_to_page(addr + PAGE_SIZE - 1), page);
		assert_int_equal(virt_to_pfn(addr), pfn);
		assert_ptr_equal(phys_to_page(PFN_PHYS(pfn)), page);
		assert_true(virt_addr_valid(addr));
		assert_true(pfn_valid(pfn));
		__free_pages(page, i % 4);
	}
	assert_false(virt_addr_valid(high_memory));
	assert_false(virt_addr_valid(&state));
	shutdown_clean();
}

static void A6_the_direct_map_is_the_memory_itself(void **state)
{
	unsigned long a, b;

	boot("mem=64M");
	a = __get_free_pages(GFP_KERNEL, 1);
	b = (unsigned long)page_address(virt_to_page(a) + 1);
	assert_int_equal(b, a + PAGE_SIZE);
	strcpy((char *)a, "through the address");
	assert_string_equal(__va(__pa(a)), "through the address");
	free_pages(a, 1);
	shutdown_clean();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(A1_a_page_is_4_or_8_kilobytes),
		machine_test(A1_a_gigabyte_has_its_number_of_pages),
		machine_test(A2_a_page_has_the_fields_of_the_notes),
		machine_test(A3_each_state_is_set_cleared_and_tested_alone),
		machine_test(A3_the_low_32_bits_are_independent_states),
		machine_test(A3_states_are_changed_atomically),
		machine_test(A4_a_free_page_counts_minus_one_an_allocated_one_zero),
		machine_test(A4_get_and_put_count_and_the_last_put_frees),
		machine_test(A4_freeing_with_two_references_drops_one),
		machine_test(A4_a_reference_is_only_taken_of_who_has_one),
		machine_test(A4_the_tails_of_a_compound_page_count_for_the_head),
		machine_test(A4_a_reserved_page_may_be_got_and_put),
		machine_test(A4_counts_are_exact_under_concurrency),
		machine_test(A4_the_last_of_several_puts_frees),
		machine_test(A4_misuse_is_reported_and_refused),
		machine_test(A4_misuse_ends_a_strict_program),
		machine_test(A4_the_report_tells_who_had_the_page),
		machine_test(A5_the_cost_of_page_structures_is_shown),
		machine_test(A6_low_pages_have_an_address_high_ones_do_not),
		machine_test(A6_all_of_x86_64_has_an_address),
		machine_test(A6_frame_page_and_address_follow_from_each_other),
		machine_test(A6_the_direct_map_is_the_memory_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * page.c - pages made on demand, the bits of their flags, and what is in their memory
 */
#include "pagoda_test.h"

#include <linux/mmdebug.h>
#include <linux/page-flags.h>

#include "mm/internal.h"
#include "mm/memblock.h"

#define MB(x) ((unsigned long)(x) << 20)

/* ---- made when first touched ---- */

static unsigned long nr_mapped_sections(void)
{
	unsigned long nr = 0;

	for (unsigned long pfn = 0; pfn < max_pfn; pfn += PAGES_PER_SECTION)
		nr += section_mapped(pfn);
	return nr;
}

/* The first frame of a section that nobody has touched. */
static unsigned long untouched_pfn(void)
{
	for (unsigned long pfn = 0; pfn < max_pfn; pfn += PAGES_PER_SECTION)
		if (!section_mapped(pfn))
			return pfn;
	fail_msg("all sections are made");
	return 0;
}

static void boot_makes_few_sections(void **state)
{
	boot("mem=3G");
	assert_in_range(nr_mapped_sections(), 1, 4);
	shutdown_clean();
	if (host_is_narrow())
		return;
	boot("mem=8T");
	assert_in_range(nr_mapped_sections(), 1, 8);
	shutdown_clean();
}

static void the_first_look_makes_a_section(void **state)
{
	unsigned long pfn, before;

	boot("machine=i386 mem=2G");
	pfn = untouched_pfn();
	before = nr_mapped_sections();
	assert_int_equal(mem_map[pfn + 77].flags, 0);
	pfn_to_page(pfn + 77);
	assert_true(section_mapped(pfn));
	assert_int_equal(nr_mapped_sections(), before + 1);
	for (unsigned long i = 0; i < PAGES_PER_SECTION; i++) {
		struct page *page = mem_map + pfn + i;

		assert_true(page->flags & BIT(PAGE_MAPPED_BIT));
		assert_int_equal(page->flags & PAGE_STATES_MASK, 0);
		assert_true(page->counts == COUNTS_FREE);
	}
	shutdown_clean();
}

static void a_made_page_says_where_it_is(void **state)
{
	boot("machine=i386 mem=2G numa=3");
	for (unsigned long pfn = 0; pfn < max_pfn; pfn += 1000) {
		struct page *page = pfn_to_page(pfn);
		unsigned long zone = 0, node = 0;

		while (pfn >= zone_limit_pfn[zone])
			zone++;
		while (pfn >= node_limit_pfn[node])
			node++;
		assert_int_equal(page_zonenum(page), zone);
		assert_int_equal(page_to_nid(page), node);
		assert_ptr_equal(page_zone(page), &NODE_DATA(node)->node_zones[zone]);
		assert_int_equal(page_order(page), 0);
		assert_ptr_equal(page->virtual, pfn < max_low_pfn ? pfn_to_virt(pfn) : NULL);
	}
	shutdown_clean();
}

static void what_is_no_memory_of_ours_is_reserved(void **state)
{
	unsigned long until;

	boot("mem=64M memmap=1M$20M boot_reserve=300K@30M");
	for (unsigned long pfn = 0; pfn < max_pfn; pfn++) {
		struct page *page = pfn_to_page(pfn);
		bool is_free = memblock_state(pfn, &until) == MEMBLOCK_FREE;

		assert_int_equal(!PageReserved(page), is_free);
		if (!is_free)
			assert_int_equal(page_ref_count(page), 1);
	}
	assert_true(PageReserved(pfn_to_page(0)));
	assert_true(PageReserved(pfn_to_page(MB(20) >> PAGE_SHIFT)));
	assert_true(PageReserved(pfn_to_page(MB(30) >> PAGE_SHIFT)));
	assert_true(PageReserved(virt_to_page(NODE_DATA(0))));	/* the manager's own */
	shutdown_clean();
}

static void a_frame_beyond_the_end_is_reported(void **state)
{
	boot("mem=64M");
	capture_begin();
	pfn_to_page(max_pfn);
	assert_says(capture_end(), "the machine has no pfn");
	capture_begin();
	pfn_to_page(max_pfn - 1);
	assert_string_equal(capture_end(), "");
	shutdown_clean();
}

enum { NR_THREADS = 4 };
static unsigned long incomplete;

static void *look_at_all(void *arg)
{
	for (unsigned long pfn = 0; pfn < max_pfn; pfn += PAGES_PER_SECTION / 4) {
		struct page *page = pfn_to_page(pfn);

		if (page_count(page) < 0 || page_count(page) > 1 || !page_zone(page)->name ||
		    page->lru.next == NULL)
			__atomic_fetch_add(&incomplete, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void several_threads_may_look_first(void **state)
{
	pthread_t threads[NR_THREADS];

	boot(host_is_slow() ? "machine=i386 mem=200M" : "machine=i386 mem=2G");
	incomplete = 0;
	for (int i = 0; i < NR_THREADS; i++)
		thread_start(&threads[i], look_at_all, NULL);
	for (int i = 0; i < NR_THREADS; i++)
		thread_join(threads[i]);
	assert_int_equal(incomplete, 0);
	shutdown_clean();
}

/* ---- pointers and bits ---- */

static void only_pointers_into_the_map_are_pages(void **state)
{
	assert_false(page_ptr_valid(NULL));
	boot("mem=64M");
	assert_true(page_ptr_valid(mem_map));
	assert_true(page_ptr_valid(mem_map + max_pfn - 1));
	assert_false(page_ptr_valid(mem_map + max_pfn));
	assert_false(page_ptr_valid((struct page *)((char *)mem_map - sizeof(struct page))));
	assert_false(page_ptr_valid((struct page *)((char *)mem_map + 8)));
	assert_false(page_ptr_valid(NULL));
	assert_false(page_ptr_valid((struct page *)&state));
	shutdown_clean();
}

static void the_fields_of_flags_do_not_touch_each_other(void **state)
{
	struct page page = { .flags = 0 };

	for (unsigned int order = 0; order <= PAGE_ORDER_MASK; order++)
		for (int type = 0; type < MIGRATE_PCPTYPES; type++)
			for (unsigned int states = 0; states < 2; states++) {
				page.flags = 5UL << PAGE_NODE_SHIFT | 2UL << PAGE_ZONE_SHIFT |
					     BIT(PAGE_MAPPED_BIT) | (states ? PAGE_STATES_MASK : 0);
				set_page_order(&page, order);
				set_page_taken_type(&page, type);
				assert_int_equal(page_order(&page), order);
				assert_int_equal(page_taken_type(&page), type);
				assert_int_equal(page_to_nid(&page), 5);
				assert_int_equal(page_zonenum(&page), 2);
				assert_int_equal(page.flags & PAGE_STATES_MASK, states ? PAGE_STATES_MASK : 0);
				assert_true(page.flags & BIT(PAGE_MAPPED_BIT));
			}
}

static void the_number_of_an_array_is_in_the_flags(void **state)
{
	struct zone *zone;

	boot("machine=i386 mem=2G numa=3");
	for_each_populated_zone(zone)
		for (int type = 0; type < MIGRATE_PCPTYPES; type++) {
			struct page *page = pfn_to_page(zone->zone_start_pfn);

			set_page_taken_type(page, type);
			assert_int_equal(page->flags >> PAGE_ARRAY_SHIFT, zone_array_nr(zone, type));
			assert_true(page_in_zone(page, zone));
		}
	shutdown_clean();
}

static void counts_are_both_counters(void **state)
{
	struct page page = { .counts = COUNTS_FREE };

	assert_int_equal(page_ref_count(&page), 0);
	assert_int_equal(page_mapcount(&page), 0);
	page.counts = COUNTS_ONE;
	assert_int_equal(page_ref_count(&page), 1);
	assert_int_equal(page_mapcount(&page), 0);
}

static void page_blocks_have_a_type(void **state)
{
	struct page *page;

	boot("mem=64M");
	page = pfn_to_page(pageblock_nr_pages * 5);
	assert_int_equal(get_pageblock_migratetype(page), MIGRATE_MOVABLE);
	for (int type = 0; type < MIGRATE_TYPES; type++) {
		set_pageblock_migratetype(page + 17, type);
		assert_int_equal(get_pageblock_migratetype(page), type);
		assert_int_equal(get_pageblock_migratetype(page + pageblock_nr_pages - 1), type);
		assert_int_equal(get_pageblock_migratetype(page + pageblock_nr_pages), MIGRATE_MOVABLE);
		assert_int_equal(get_pageblock_migratetype(page - 1), MIGRATE_MOVABLE);
	}
	set_pageblock_migratetype(page, MIGRATE_MOVABLE);
	shutdown_clean();
}

/* ---- contents, of memory that is mapped and that is not ---- */

static bool holds(struct page *page, int byte)
{
	unsigned char bytes[PAGE_SIZE];

	arch_ram_read(page_to_phys(page), bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		if (bytes[i] != byte)
			return false;
	return true;
}

static void write_byte(struct page *page, size_t offset, unsigned char byte)
{
	arch_ram_write(page_to_phys(page) + offset, &byte, 1);
}

static void pages_are_cleared_and_poisoned_in_low_and_high_memory(void **state)
{
	static const gfp_t requests[] = { GFP_KERNEL, GFP_HIGHUSER };

	boot("machine=i386 mem=1G");
	for (size_t i = 0; i < 2; i++) {
		struct page *page = alloc_pages(requests[i], 2);

		assert_int_equal(!!PageHighMem(page), i);
		poison_pages(page, 4);
		for (int j = 0; j < 4; j++) {
			assert_true(holds(page + j, 0xaa));
			assert_true(page[j].flags & BIT(PAGE_POISONED_BIT));
		}
		clear_pages(page + 1, 2);
		assert_true(holds(page, 0xaa) && holds(page + 1, 0) && holds(page + 2, 0) && holds(page + 3, 0xaa));
		for (int j = 0; j < 4; j++)
			page[j].flags &= ~BIT(PAGE_POISONED_BIT);
		__free_pages(page, 2);
	}
	shutdown_clean();
}

static void what_was_written_over_poison_is_told(void **state)
{
	static const size_t offsets[] = { 0, 15, 127, 128, 1000, 4095 };

	boot("machine=i386 mem=1G");
	for (size_t i = 0; i < 2 * sizeof(offsets) / sizeof(offsets[0]); i++) {
		struct page *page = alloc_pages(i % 2 ? GFP_HIGHUSER : GFP_KERNEL, 1);
		char expected[64];
		const char *text;

		poison_pages(page, 2);
		write_byte(page + 1, offsets[i / 2], 0x5b);
		capture_begin();
		check_poison(page, 2);
		text = capture_end();
		snprintf(expected, sizeof(expected), "pfn %#lx, written after free at offset 0x%zx\n",
			 page_to_pfn(page + 1), offsets[i / 2]);
		assert_says(text, expected);
		assert_says(text, ": 5b");
		assert_int_equal(count_of(text, "Call Trace:"), 1);
		/* Looked at once; then they count as ordinary pages. */
		capture_begin();
		check_poison(page, 2);
		assert_string_equal(capture_end(), "");
		__free_pages(page, 1);
	}
	shutdown_clean();
}

static void untouched_poison_is_silent(void **state)
{
	struct page *page;

	boot("machine=i386 mem=1G");
	page = alloc_pages(GFP_HIGHUSER, 3);
	poison_pages(page, 8);
	capture_begin();
	check_poison(page, 8);
	assert_string_equal(capture_end(), "");
	__free_pages(page, 3);
	shutdown_clean();
}

/* ---- descriptions ---- */

static void a_page_is_described(void **state)
{
	struct page *page;
	const char *text;
	char pfn[32];

	boot("mem=64M");
	page = alloc_pages(GFP_KERNEL, 2);
	SetPageDirty(page);
	SetPageUptodate(page);
	capture_begin();
	dump_page(page, "for a test");
	text = capture_end();
	snprintf(pfn, sizeof(pfn), "pfn:%#lx\n", page_to_pfn(page));
	assert_says(text, pfn);
	assert_says(text, "refcount:1 mapcount:0");
	assert_says(text, "(uptodate|dirty|");
	assert_says(text, "order=2");
	assert_says(text, "page last allocated at a_page_is_described");
	assert_says(text, "page dumped because: for a test");
	__free_pages(page, 2);
	shutdown_clean();
}

static void what_is_no_page_is_described_as_such(void **state)
{
	boot("mem=64M");
	capture_begin();
	dump_page(NULL, "for a test");
	dump_page((struct page *)&state, "for a test");
	dump_page((struct page *)((char *)mem_map + 4), "for a test");
	assert_int_equal(count_of(capture_end(), "is not in mem_map"), 3);
	shutdown_clean();
}

static void a_bad_page_is_one_report(void **state)
{
	const char *text;

	boot("mem=64M");
	capture_begin();
	bad_page(pfn_to_page(300), _RET_IP_, "the %s is %d", "answer", 42);
	text = capture_end();
	assert_says(text, "BUG: Bad page state in process tester");
	assert_says(text, "the answer is 42\n");
	assert_says(text, "pfn:0x12c");
	assert_int_equal(count_of(text, "Call Trace:"), 1);
	capture_begin();
	bad_page(NULL, _RET_IP_, "no page at all");
	assert_says(capture_end(), "no page at all\n");
	shutdown_clean();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(boot_makes_few_sections),
		machine_test(the_first_look_makes_a_section),
		machine_test(a_made_page_says_where_it_is),
		machine_test(what_is_no_memory_of_ours_is_reserved),
		machine_test(a_frame_beyond_the_end_is_reported),
		machine_test(several_threads_may_look_first),
		machine_test(only_pointers_into_the_map_are_pages),
		machine_test(the_fields_of_flags_do_not_touch_each_other),
		machine_test(the_number_of_an_array_is_in_the_flags),
		machine_test(counts_are_both_counters),
		machine_test(page_blocks_have_a_type),
		machine_test(pages_are_cleared_and_poisoned_in_low_and_high_memory),
		machine_test(what_was_written_over_poison_is_told),
		machine_test(untouched_poison_is_silent),
		machine_test(a_page_is_described),
		machine_test(what_is_no_page_is_described_as_such),
		machine_test(a_bad_page_is_one_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

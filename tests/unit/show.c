// SPDX-License-Identifier: MIT
/*
 * show.c - writing views: pieces, failures, and counts that need a look inside
 *
 * The form of each view is compared with Linux's in tests/conformance/views.c.
 */
#include "pagoda_test.h"

#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/spinlock.h>

#include "mm/internal.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static const char *const names[] = { "buddyinfo", "zoneinfo", "meminfo", "pagetypeinfo", "vmstat", "memmap" };

struct sink {
	unsigned long pieces, bytes, refuse_after;
};

static bool take_piece(void *arg, const char *text, size_t len)
{
	struct sink *sink = arg;

	if (sink->pieces == sink->refuse_after)
		return false;
	sink->pieces++;
	sink->bytes += len;
	return !memchr(text, '\0', len);
}

static void every_view_is_written_on_every_machine(void **state)
{
	static const char *const machines[] = {
		"mem=8M", "machine=i386 mem=2G numa=3", "mem=5G nr_cpus=20",
		"machine=i386 memmap=exactmap memmap=24K@16M,8M@32M boot_area=64M@1G",
	};

	for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
		boot(machines[m]);
		for (size_t i = 0; i < ARRAY_LEN(names); i++) {
			struct sink sink = { .refuse_after = ~0UL };

			assert_int_equal(mm_show(names[i], take_piece, &sink), 0);
			assert_true(sink.bytes > 50);
			assert_int_equal(strlen(view(names[i])), sink.bytes);
		}
		shutdown_clean();
	}
}

static void a_piece_that_is_refused_is_an_error(void **state)
{
	boot("mem=64M");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct sink all = { .refuse_after = ~0UL };

		mm_show(names[i], take_piece, &all);
		for (unsigned long after = 0; after < all.pieces; after += 1 + all.pieces / 7) {
			struct sink sink = { .refuse_after = after };

			assert_int_equal(mm_show(names[i], take_piece, &sink), -EIO);
		}
	}
	shutdown_clean();
}

static void names_are_compared_whole(void **state)
{
	static const char *const wrong[] = { "", "buddy", "buddyinfo ", "buddyinfos", "Buddyinfo", "slabinfo" };
	struct sink sink = { .refuse_after = ~0UL };

	boot("mem=64M");
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(mm_show(wrong[i], take_piece, &sink), -ENOENT);
	assert_int_equal(sink.pieces, 0);
	shutdown_clean();
}

/* The view skips sections that nobody has touched; here they are all looked at. */
static void page_blocks_are_counted_touched_or_not(void **state)
{
	unsigned long expected[2][MIGRATE_TYPES], start, end;
	struct page *page;
	struct zone *zone;

	boot("machine=i386 mem=800M");
	page = alloc_page(GFP_KERNEL);		/* an unmovable page block */
	for (int touched = 0; touched < 2; touched++) {
		const char *at = strstr(view("pagetypeinfo"), "Number of blocks type");

		at = strstr(at, "zone   Normal ") + strlen("zone   Normal ");
		for (int type = 0; type < MIGRATE_TYPES; type++)
			expected[touched][type] = strtoul(at, (char **)&at, 10);
		for (unsigned long pfn = 0; pfn < max_pfn; pfn += pageblock_nr_pages)
			pfn_to_page(pfn);
	}
	assert_memory_equal(expected[0], expected[1], sizeof(expected[0]));
	zone = zone_of(ZONE_NORMAL);
	start = zone->zone_start_pfn / pageblock_nr_pages;
	end = (zone_end_pfn(zone) + pageblock_nr_pages - 1) / pageblock_nr_pages;
	assert_int_equal(expected[0][MIGRATE_UNMOVABLE] + expected[0][MIGRATE_MOVABLE], end - start);
	assert_true(expected[0][MIGRATE_UNMOVABLE] > 0);
	__free_page(page);
	shutdown_clean();
}

static void views_do_not_hold_a_lock(void **state)
{
	struct zone *zone;

	boot("mem=64M");
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		view(names[i]);
	for_each_zone(zone)
		assert_false(spin_is_locked(&zone->lock));
	assert_int_equal(preempt_count(), 0);
	assert_false(irqs_disabled());
	shutdown_clean();
}

static bool stop_threads;

static void *use_pages(void *arg)
{
	while (!__atomic_load_n(&stop_threads, __ATOMIC_RELAXED))
		__free_pages(alloc_pages(GFP_KERNEL, 2), 2);
	return NULL;
}

static void views_can_be_taken_while_the_machine_works(void **state)
{
	pthread_t threads[2];

	boot("machine=i386 mem=64M");
	stop_threads = false;
	for (int i = 0; i < 2; i++)
		thread_start(&threads[i], use_pages, NULL);
	for (int i = 0; i < 20; i++)
		for (size_t j = 0; j < ARRAY_LEN(names); j++)
			assert_true(strlen(view(names[j])) > 50);
	__atomic_store_n(&stop_threads, true, __ATOMIC_RELAXED);
	for (int i = 0; i < 2; i++)
		thread_join(threads[i]);
	shutdown_clean();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(every_view_is_written_on_every_machine),
		machine_test(a_piece_that_is_refused_is_an_error),
		machine_test(names_are_compared_whole),
		machine_test(page_blocks_are_counted_touched_or_not),
		machine_test(views_do_not_hold_a_lock),
		machine_test(views_can_be_taken_while_the_machine_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

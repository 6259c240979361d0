// SPDX-License-Identifier: MIT
/*
 * memblock.c - the memory map and the allocator of boot
 *
 * The lists are small and their state is simple, so beside the cases one can name there is a random
 * test against a model: one byte for each small piece of memory.
 */
#include "pagoda_test.h"

#include "mm/memblock.h"

#define KB(x) ((phys_addr_t)(x) << 10)
#define MB(x) ((phys_addr_t)(x) << 20)
#define PAGES(x) ((phys_addr_t)(x) << PAGE_SHIFT)

static int reset(void **state)
{
	(void)state;
	memblock_reset();
	return 0;
}

/* The memory ranges are exactly those of @bounds: start, end, start, end, …, 0. */
static void expect_ranges(const phys_addr_t *bounds)
{
	phys_addr_t base, size;
	unsigned int i;

	for (i = 0; memblock_range(i, &base, &size); i++) {
		assert_true(bounds[2 * i + 1] != 0);
		assert_int_equal(base, bounds[2 * i]);
		assert_int_equal(base + size, bounds[2 * i + 1]);
	}
	assert_int_equal(bounds[2 * i + 1], 0);
}

#define EXPECT(...) expect_ranges((const phys_addr_t[]){ __VA_ARGS__, 0, 0 })

static void ranges_that_touch_become_one(void **state)
{
	assert_int_equal(memblock_add(MB(1), MB(1)), 0);
	assert_int_equal(memblock_add(MB(3), MB(1)), 0);
	EXPECT(MB(1), MB(2), MB(3), MB(4));
	assert_int_equal(memblock_add(MB(2), MB(1)), 0);
	EXPECT(MB(1), MB(4));
}

static void ranges_may_come_in_any_order(void **state)
{
	memblock_add(MB(5), MB(1));
	memblock_add(MB(1), MB(1));
	memblock_add(MB(3), MB(1));
	EXPECT(MB(1), MB(2), MB(3), MB(4), MB(5), MB(6));
}

static void ranges_that_overlap_become_one(void **state)
{
	memblock_add(MB(4), MB(4));
	memblock_add(MB(6), MB(4));		/* its end */
	EXPECT(MB(4), MB(10));
	memblock_add(MB(2), MB(3));		/* its begin */
	EXPECT(MB(2), MB(10));
	memblock_add(MB(3), MB(1));		/* inside */
	EXPECT(MB(2), MB(10));
	memblock_add(MB(2), MB(8));		/* the same */
	EXPECT(MB(2), MB(10));
	memblock_add(MB(20), MB(1));
	memblock_add(MB(30), MB(1));
	memblock_add(MB(1), MB(40));		/* around all */
	EXPECT(MB(1), MB(41));
}

static void one_byte_between_keeps_ranges_apart(void **state)
{
	memblock_add(0, MB(1) - 1);
	memblock_add(MB(1), MB(1));
	EXPECT(0, MB(1) - 1, MB(1), MB(2));
	memblock_add(MB(1) - 1, 1);
	EXPECT(0, MB(2));
}

static void nothing_added_is_nothing(void **state)
{
	phys_addr_t base, size;

	assert_int_equal(memblock_add(MB(1), 0), 0);
	assert_false(memblock_range(0, &base, &size));
	assert_int_equal(memblock_end_pfn(), 0);
	memblock_add(MB(1), MB(2));
	assert_int_equal(memblock_add(MB(2), 0), 0);
	EXPECT(MB(1), MB(3));
}

static void removal_splits_cuts_and_deletes(void **state)
{
	memblock_add(MB(1), MB(9));
	memblock_remove(MB(4), MB(2));		/* from the middle */
	EXPECT(MB(1), MB(4), MB(6), MB(10));
	memblock_remove(MB(1), MB(1));		/* the begin */
	EXPECT(MB(2), MB(4), MB(6), MB(10));
	memblock_remove(MB(9), MB(5));		/* the end, and what was never there */
	EXPECT(MB(2), MB(4), MB(6), MB(9));
	memblock_remove(MB(3), MB(4));		/* across a hole */
	EXPECT(MB(2), MB(3), MB(7), MB(9));
	memblock_remove(MB(7), MB(2));		/* exactly one */
	EXPECT(MB(2), MB(3));
	memblock_remove(0, MB(100));
	assert_int_equal(memblock_end_pfn(), 0);
}

static void removal_over_several_ranges_leaves_both_ends(void **state)
{
	for (int i = 0; i < 5; i++)
		memblock_add(MB(10 * i + 10), MB(5));
	memblock_remove(MB(12), MB(40));
	EXPECT(MB(10), MB(12), MB(52), MB(55));
}

static void removal_of_nothing_changes_nothing(void **state)
{
	memblock_add(MB(1), MB(4));
	assert_int_equal(memblock_remove(MB(2), 0), 0);
	EXPECT(MB(1), MB(5));
	memblock_remove(MB(5), MB(1));
	memblock_remove(0, MB(1));
	EXPECT(MB(1), MB(5));
}

static void the_table_is_full_at_512_ranges(void **state)
{
	int i;

	for (i = 0; i < 512; i++)
		assert_int_equal(memblock_add(MB(2 * i), MB(1)), 0);
	assert_int_equal(memblock_add(MB(2 * i), MB(1)), -ENOSPC);
	/* What needs no further entry still works, and the refused range has changed nothing. */
	assert_int_equal(memblock_end_pfn(), PHYS_PFN(MB(1023)));
	assert_int_equal(memblock_remove(KB(256), KB(512)), -ENOSPC);
	assert_int_equal(memblock_add(MB(2 * 511 + 1), MB(1)), 0);
	assert_int_equal(memblock_add(MB(1), MB(1)), 0);
	assert_int_equal(memblock_pages(0, ~0UL), PHYS_PFN(MB(514)));
	assert_int_equal(memblock_add(MB(2000), MB(1)), 0);
	assert_int_equal(memblock_add(MB(3000), MB(1)), -ENOSPC);
}

static void the_table_of_reservations_is_full_at_512_ranges(void **state)
{
	memblock_add(0, MB(4096));
	for (int i = 0; i < 512; i++)
		assert_int_equal(memblock_reserve(MB(2 * i), MB(1)), 0);
	assert_int_equal(memblock_reserve(MB(2000), MB(1)), -ENOSPC);
	/* An allocation needs an entry, unless it touches another one. */
	assert_int_equal(memblock_alloc_phys(MB(1), PAGE_SIZE, MB(4000)), 0);
	assert_int_equal(memblock_alloc_phys(MB(1), PAGE_SIZE, MB(1024)), MB(1023));
}

static void allocation_takes_the_highest_place(void **state)
{
	unsigned long until;

	memblock_add(MB(1), MB(9));
	memblock_add(MB(20), MB(4));
	assert_int_equal(memblock_alloc_phys(MB(1), PAGE_SIZE, MB(100)), MB(23));
	assert_int_equal(memblock_state(PHYS_PFN(MB(23)), &until), MEMBLOCK_MANAGER);
	assert_int_equal(memblock_alloc_phys(MB(1), PAGE_SIZE, MB(100)), MB(22));
	assert_int_equal(memblock_alloc_phys(MB(3), PAGE_SIZE, MB(100)), MB(7));
	/* What is left above is still used. */
	assert_int_equal(memblock_alloc_phys(MB(2), PAGE_SIZE, MB(100)), MB(20));
	assert_int_equal(memblock_alloc_phys(MB(6), PAGE_SIZE, MB(100)), MB(1));
	assert_int_equal(memblock_alloc_phys(1, 1, MB(100)), 0);
}

static void allocation_stays_below_its_limit(void **state)
{
	memblock_add(MB(1), MB(100));
	assert_int_equal(memblock_alloc_phys(MB(1), PAGE_SIZE, MB(16)), MB(15));
	assert_int_equal(memblock_alloc_phys(MB(1), PAGE_SIZE, MB(16) + 5), MB(14));
	assert_int_equal(memblock_alloc_phys(MB(14), PAGE_SIZE, MB(16)), 0);
	assert_int_equal(memblock_alloc_phys(MB(1), PAGE_SIZE, MB(1)), 0);
	assert_int_equal(memblock_alloc_phys(MB(1), PAGE_SIZE, MB(2)), MB(1));
}

static void allocation_is_aligned_downwards(void **state)
{
	memblock_add(MB(1), MB(9) - 100);
	assert_int_equal(memblock_alloc_phys(100, 1, MB(100)), MB(10) - 200);
	assert_int_equal(memblock_alloc_phys(100, PAGE_SIZE, MB(100)), MB(10) - PAGE_SIZE);
	assert_int_equal(memblock_alloc_phys(100, MB(4), MB(100)), MB(8));
	assert_int_equal(memblock_alloc_phys(100, MB(4), MB(100)), MB(4));
	assert_int_equal(memblock_alloc_phys(100, MB(4), MB(100)), 0);
}

static void allocation_goes_between_reservations(void **state)
{
	memblock_add(MB(1), MB(20));
	memblock_reserve(MB(18), MB(1));
	memblock_reserve(MB(10), MB(6));
	memblock_reserve(MB(30), MB(1));	/* no memory there */
	assert_int_equal(memblock_alloc_phys(MB(2), PAGE_SIZE, MB(100)), MB(19));
	assert_int_equal(memblock_alloc_phys(MB(2), PAGE_SIZE, MB(100)), MB(16));
	assert_int_equal(memblock_alloc_phys(MB(2), PAGE_SIZE, MB(17)), MB(8));
	assert_int_equal(memblock_alloc_phys(MB(8), PAGE_SIZE, MB(100)), 0);
	assert_int_equal(memblock_alloc_phys(MB(7), PAGE_SIZE, MB(100)), MB(1));
}

static void allocation_does_not_cross_a_hole(void **state)
{
	memblock_add(MB(1), MB(2));
	memblock_add(MB(4), MB(2));
	assert_int_equal(memblock_alloc_phys(MB(3), PAGE_SIZE, MB(100)), 0);
	assert_int_equal(memblock_alloc_phys(MB(2), PAGE_SIZE, MB(100)), MB(4));
}

static void a_page_is_hole_reserved_or_free(void **state)
{
	unsigned long until;

	memblock_add(PAGES(10), PAGES(20));
	memblock_reserve(PAGES(15), PAGES(5));
	assert_int_equal(memblock_state(0, &until), MEMBLOCK_HOLE);
	assert_int_equal(until, 10);
	assert_int_equal(memblock_state(9, &until), MEMBLOCK_HOLE);
	assert_int_equal(until, 10);
	assert_int_equal(memblock_state(10, &until), MEMBLOCK_FREE);
	assert_int_equal(until, 15);
	assert_int_equal(memblock_state(15, &until), MEMBLOCK_RESERVED);
	assert_int_equal(until, 20);
	assert_int_equal(memblock_state(29, &until), MEMBLOCK_FREE);
	assert_int_equal(until, 30);
	assert_int_equal(memblock_state(30, &until), MEMBLOCK_HOLE);
	assert_true(until > 1UL << 40);
}

static void of_a_partial_page_the_worse_part_counts(void **state)
{
	unsigned long until;

	memblock_add(PAGES(10) + 1, PAGES(10));		/* part of page 10, part of page 20 */
	assert_int_equal(memblock_state(10, &until), MEMBLOCK_HOLE);
	assert_int_equal(until, 11);
	assert_int_equal(memblock_state(11, &until), MEMBLOCK_FREE);
	assert_int_equal(until, 20);
	assert_int_equal(memblock_state(20, &until), MEMBLOCK_HOLE);
	assert_int_equal(memblock_pages(0, 100), 9);
	assert_int_equal(memblock_end_pfn(), 20);

	memblock_reserve(PAGES(15) + 7, 2);		/* two bytes of page 15 */
	assert_int_equal(memblock_state(14, &until), MEMBLOCK_FREE);
	assert_int_equal(until, 15);
	assert_int_equal(memblock_state(15, &until), MEMBLOCK_RESERVED);
	assert_int_equal(until, 16);
	assert_int_equal(memblock_state(16, &until), MEMBLOCK_FREE);

	memblock_reserve(PAGES(17) + PAGE_SIZE - 1, 2);	/* a byte of 17, a byte of 18 */
	assert_int_equal(memblock_state(17, &until), MEMBLOCK_RESERVED);
	assert_int_equal(memblock_state(18, &until), MEMBLOCK_RESERVED);
	assert_int_equal(memblock_state(19, &until), MEMBLOCK_FREE);
}

static void two_ranges_in_one_page_make_no_page(void **state)
{
	unsigned long until;

	memblock_add(PAGES(5), PAGE_SIZE / 2 - 1);
	memblock_add(PAGES(5) + PAGE_SIZE / 2, PAGE_SIZE / 2);
	assert_int_equal(memblock_state(5, &until), MEMBLOCK_HOLE);
	assert_int_equal(memblock_pages(0, 100), 0);
	memblock_add(PAGES(5) + PAGE_SIZE / 2 - 1, 1);
	assert_int_equal(memblock_state(5, &until), MEMBLOCK_FREE);
	assert_int_equal(memblock_pages(0, 100), 1);
}

static void pages_are_counted_in_any_interval(void **state)
{
	memblock_add(PAGES(10), PAGES(10));
	memblock_add(PAGES(30), PAGES(10));
	assert_int_equal(memblock_pages(0, 100), 20);
	assert_int_equal(memblock_pages(15, 35), 10);
	assert_int_equal(memblock_pages(20, 30), 0);
	assert_int_equal(memblock_pages(12, 13), 1);
	assert_int_equal(memblock_pages(35, 15), 0);
	memblock_reserve(PAGES(10), PAGES(30));
	assert_int_equal(memblock_pages(0, 100), 20);
}

/* ---- against a model ---- */

enum { NR_PIECES = 512, PIECES_PER_PAGE = 4 };
#define PIECE (PAGE_SIZE / PIECES_PER_PAGE)

struct model {
	bool memory[NR_PIECES], reserved[NR_PIECES], manager[NR_PIECES];
};

/* The states are in the order of which piece decides. */
static enum memblock_state model_state(const struct model *model, unsigned long pfn)
{
	enum memblock_state state = MEMBLOCK_FREE;

	for (unsigned int i = pfn * PIECES_PER_PAGE; i < (pfn + 1) * PIECES_PER_PAGE; i++) {
		enum memblock_state piece = !model->memory[i] ? MEMBLOCK_HOLE :
					    model->manager[i] ? MEMBLOCK_MANAGER :
					    model->reserved[i] ? MEMBLOCK_RESERVED : MEMBLOCK_FREE;

		state = piece < state ? piece : state;
	}
	return state;
}

static void compare_with(const struct model *model)
{
	phys_addr_t base, size, last_end = 0;
	unsigned long until, pfn, pages = 0;
	bool seen[NR_PIECES] = { false };

	for (unsigned int i = 0; memblock_range(i, &base, &size); i++) {
		assert_true(size > 0 && (i == 0 || base > last_end));
		last_end = base + size;
		for (phys_addr_t at = base; at < base + size; at += PIECE)
			seen[at / PIECE] = true;
	}
	assert_memory_equal(seen, model->memory, sizeof(seen));
	for (pfn = 0; pfn < NR_PIECES / PIECES_PER_PAGE; pfn++)
		pages += model_state(model, pfn) != MEMBLOCK_HOLE;
	assert_int_equal(memblock_pages(0, ~0UL), pages);
	/* A run may be cut short, but is never told too long. */
	for (pfn = 0; pfn < NR_PIECES / PIECES_PER_PAGE; pfn = until) {
		enum memblock_state state = memblock_state(pfn, &until);

		assert_true(until > pfn);
		for (unsigned long i = pfn; i < until && i < NR_PIECES / PIECES_PER_PAGE; i++)
			assert_int_equal(model_state(model, i), state);
	}
}

/* The highest place for @nr pieces that ends at or below @limit; 0 when there is none but at 0. */
static unsigned int model_place(const struct model *model, unsigned int nr, unsigned int align,
				unsigned int limit)
{
	for (unsigned int at = limit >= nr ? limit - nr : 0; at > 0; at--) {
		bool fits = at % align == 0;

		for (unsigned int i = at; fits && i < at + nr; i++)
			fits = model->memory[i] && !model->reserved[i];
		if (fits)
			return at;
	}
	return 0;
}

static void random_step(struct model *model, uint64_t *random)
{
	unsigned int at = test_random(random) % NR_PIECES;
	unsigned int nr = 1 + test_random(random) % 40;
	unsigned int align = 1U << test_random(random) % 4, place;

	if (at + nr > NR_PIECES)
		nr = NR_PIECES - at;
	switch (test_random(random) % 4) {
	case 0:
		assert_int_equal(memblock_add(at * PIECE, nr * PIECE), 0);
		memset(model->memory + at, true, nr);
		break;
	case 1:
		assert_int_equal(memblock_remove(at * PIECE, nr * PIECE), 0);
		memset(model->memory + at, false, nr);
		break;
	case 2:
		nr = 1 + nr / 8;
		if (at + nr > NR_PIECES)
			break;
		assert_int_equal(memblock_reserve(at * PIECE, nr * PIECE), 0);
		memset(model->reserved + at, true, nr);
		break;
	case 3:
		nr = 1 + nr / 4;
		place = model_place(model, nr, align, at);
		assert_int_equal(memblock_alloc_phys(nr * PIECE, align * PIECE, at * PIECE),
				 place * PIECE);
		if (!place)
			break;
		memset(model->reserved + place, true, nr);
		memset(model->manager + place, true, nr);
		break;
	}
}

static void a_random_map_is_what_the_model_says(void **state)
{
	uint64_t random = 1;
	int rounds = host_is_slow() ? 10 : 100;

	while (rounds--) {
		struct model model = { { false }, { false }, { false } };

		memblock_reset();
		for (int step = 0; step < 60; step++) {
			random_step(&model, &random);
			compare_with(&model);
		}
	}
}

#define test(f) cmocka_unit_test_setup_teardown(f, reset, reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(ranges_that_touch_become_one),
		test(ranges_may_come_in_any_order),
		test(ranges_that_overlap_become_one),
		test(one_byte_between_keeps_ranges_apart),
		test(nothing_added_is_nothing),
		test(removal_splits_cuts_and_deletes),
		test(removal_over_several_ranges_leaves_both_ends),
		test(removal_of_nothing_changes_nothing),
		test(the_table_is_full_at_512_ranges),
		test(the_table_of_reservations_is_full_at_512_ranges),
		test(allocation_takes_the_highest_place),
		test(allocation_stays_below_its_limit),
		test(allocation_is_aligned_downwards),
		test(allocation_goes_between_reservations),
		test(allocation_does_not_cross_a_hole),
		test(a_page_is_hole_reserved_or_free),
		test(of_a_partial_page_the_worse_part_counts),
		test(two_ranges_in_one_page_make_no_page),
		test(pages_are_counted_in_any_interval),
		test(a_random_map_is_what_the_model_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

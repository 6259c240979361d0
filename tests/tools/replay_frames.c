// SPDX-License-Identifier: MIT
/*
 * replay_frames.c - what a trace tells of page frames: gaps by kind, and the derived free lists
 *
 * CTest: only=plain
 */
#include "cmocka_unit.h"

#include <string.h>

#include "command_stub.h"

#include "../../tools/pagoda/frames.c"
#include "../../tools/pagoda/machine.c"
#include "../../tools/pagoda/span.c"
#include "../../tools/pagoda/state.c"
#include "../../tools/pagoda/util.c"

static struct frames frames;
static struct memory_state state;
static uint32_t whole;

/* Frames 0x10 .. 0x7ff in zone DMA, of which 0x100 .. 0x1ff were free at the first event. */
static struct pfn_span ram = { 0x10, 0x800 }, free_then = { 0x100, 0x200 };
static struct machine machine = {
	.ram = { &ram, 1 },
	.zone = { [HEIGHT_DMA] = { 0x10, 0x800 } },
	.knows_free = true,
	.free = { &free_then, 1 },
};

static int start(void **unused)
{
	(void)unused;
	return frames_start(&frames, &machine);
}

static int end(void **unused)
{
	(void)unused;
	state_free(&state);
	frames_end(&frames);
	return 0;
}

static uint64_t derived(unsigned int order)
{
	state_free(&state);
	frames_derive(&frames, &machine, &state);
	assert_int_equal(state.nr, 1);
	return state.zone[0].nr_free[order];
}

static void frames_outside_of_the_machine_are_out_of_range(void **unused)
{
	(void)unused;
	assert_true(frames_reach(&frames, 0x7ff, 0));
	assert_true(frames_reach(&frames, 0x7fe, 1));
	assert_false(frames_reach(&frames, 0x800, 0));
	assert_false(frames_reach(&frames, 0x400, 11));
	assert_false(frames_reach(&frames, UINT64_MAX - 1023, 10));
}

static void without_a_machine_a_table_grows_to_its_limit(void **unused)
{
	struct frames any;

	(void)unused;
	assert_int_equal(frames_start(&any, NULL), 0);
	assert_true(frames_reach(&any, 0, 0));
	assert_true(frames_reach(&any, 0x123400, 8));
	frames_alloc(&any, 0x123400, 8, 7);
	assert_int_equal(any.frame[0x1234ff].owner, 8);
	assert_false(frames_reach(&any, FRAMES_MAX, 0));
	assert_int_equal(frames_free(&any, 0x123400, 8, &whole), GAP_NONE);
	frames_end(&any);
}

static void a_free_of_an_allocated_block_is_no_gap(void **unused)
{
	(void)unused;
	frames_out(&frames, 0x100, 2);
	frames_alloc(&frames, 0x100, 2, 41);
	assert_int_equal(frames_free(&frames, 0x100, 2, &whole), GAP_NONE);
	assert_int_equal(whole, FRAMES_NO_OP);
}

static void a_free_of_a_part_names_the_op_of_the_whole(void **unused)
{
	(void)unused;
	frames_alloc(&frames, 0x100, 2, 41);
	assert_int_equal(frames_free(&frames, 0x102, 1, &whole), GAP_NONE);
	assert_int_equal(whole, 41);
	assert_int_equal(frames_free(&frames, 0x100, 0, &whole), GAP_NONE);
	assert_int_equal(whole, 41);
}

static void memory_from_before_is_told_from_late_memory_by_its_order(void **unused)
{
	(void)unused;
	assert_int_equal(frames_free(&frames, 0x20, 0, &whole), GAP_BEFORE);
	assert_int_equal(frames_free(&frames, 0x400, 9, &whole), GAP_LATE_INIT);
	assert_int_equal(derived(10), 0);
	assert_int_equal(derived(9), 1);	/* straight into the free lists */
	assert_int_equal(derived(0), 0);	/* the other one into an array */
	assert_int_equal(frames_in_arrays(&frames), 1);
}

static void a_frame_that_left_the_lists_unseen_was_allocated_in_bulk(void **unused)
{
	(void)unused;
	frames_out(&frames, 0x100, 0);
	assert_int_equal(frames_free(&frames, 0x100, 0, &whole), GAP_BULK);
	assert_int_equal(frames_free(&frames, 0x100, 0, &whole), GAP_BULK);
}

static void a_frame_in_the_lists_was_taken_by_compaction(void **unused)
{
	(void)unused;
	frames_out(&frames, 0x100, 0);
	frames_in(&frames, 0x100, 0);
	assert_int_equal(derived(8), 1);
	assert_int_equal(frames_free(&frames, 0x100, 0, &whole), GAP_COMPACTION);
	state_free(&state);
	frames_derive(&frames, &machine, &state);
	assert_int_equal(state.nr, 0);		/* no longer known */
}

static void before_any_compaction_an_untouched_free_frame_was_not_free(void **unused)
{
	(void)unused;
	assert_int_equal(frames_free(&frames, 0x180, 0, &whole), GAP_LATE_INIT);
	assert_int_equal(frames.late.nr, 1);
	assert_int_equal(frames.late.span[0].start, 0x180);
	frames_compaction(&frames);
	assert_int_equal(frames_free(&frames, 0x181, 0, &whole), GAP_COMPACTION);
	assert_int_equal(frames.late.nr, 1);
}

static void free_frames_are_cut_into_the_largest_aligned_blocks(void **unused)
{
	(void)unused;
	assert_int_equal(derived(8), 1);
	frames_out(&frames, 0x100, 0);		/* leaves one block of each order below 8 */
	assert_int_equal(derived(8), 0);
	for (unsigned int order = 0; order < 8; order++)
		assert_int_equal(state.zone[0].nr_free[order], 1);
	frames_in(&frames, 0x100, 0);
	assert_int_equal(derived(8), 1);
}

static void orders_that_skip_the_arrays_come_back_with_their_free(void **unused)
{
	(void)unused;
	frames_out(&frames, 0x100, 4);
	frames_alloc(&frames, 0x100, 4, 1);
	assert_int_equal(derived(8), 0);
	frames_free(&frames, 0x100, 4, &whole);
	assert_int_equal(derived(8), 1);
	frames_out(&frames, 0x100, 3);
	frames_alloc(&frames, 0x100, 3, 2);
	frames_free(&frames, 0x100, 3, &whole);
	assert_int_equal(derived(8), 0);	/* in an array */
	assert_int_equal(frames_in_arrays(&frames), 8);
	frames_in(&frames, 0x100, 3);
	assert_int_equal(derived(8), 1);
	assert_int_equal(frames_in_arrays(&frames), 0);
}

static void a_suspicion_is_given_back_once(void **unused)
{
	(void)unused;
	assert_int_equal(frames_pending(&frames, 0x100), FRAMES_NO_OP);
	frames_suspect(&frames, 0x100, 0);
	assert_int_equal(frames_pending(&frames, 0x100), 0);
	assert_int_equal(frames_pending(&frames, 0x100), FRAMES_NO_OP);
}

static void span_lists_are_sorted_joined_and_subtracted(void **unused)
{
	struct span_list all = { NULL, 0 }, some = { NULL, 0 }, rest;

	(void)unused;
	span_list_add(&all, 30, 40);
	span_list_add(&all, 10, 20);
	span_list_add(&all, 18, 30);
	span_list_add(&all, 50, 60);
	span_list_add(&all, 7, 7);
	span_list_tidy(&all);
	assert_int_equal(all.nr, 2);
	assert_int_equal(span_list_pages(&all), 40);
	span_list_add(&some, 0, 12);
	span_list_add(&some, 15, 16);
	span_list_add(&some, 38, 55);
	span_list_tidy(&some);
	rest = span_list_less(&all, &some);
	assert_int_equal(rest.nr, 3);
	assert_int_equal(rest.span[0].start, 12);
	assert_int_equal(rest.span[0].end, 15);
	assert_int_equal(rest.span[1].start, 16);
	assert_int_equal(rest.span[1].end, 38);
	assert_int_equal(rest.span[2].start, 55);
	assert_int_equal(rest.span[2].end, 60);
	free(rest.span);
	rest = span_list_less(&all, &all);
	assert_int_equal(rest.nr, 0);
	free(all.span);
	free(some.span);
}

static void the_unusable_index_is_that_of_linux(void **unused)
{
	struct zone_state zone = { .nr_free = { [0] = 4, [3] = 2, [10] = 1 } };

	(void)unused;
	assert_int_equal(state_pages(&zone), 4 + 16 + 1024);
	assert_int_equal(state_largest_order(&zone), 10);
	assert_int_equal(state_unusable(&zone, 0), 0);
	assert_int_equal(state_unusable(&zone, 1), 4 * 1000 / 1044);
	assert_int_equal(state_unusable(&zone, 4), 20 * 1000 / 1044);
	zone = (struct zone_state){ .nid = 0 };
	assert_int_equal(state_unusable(&zone, 0), 1000);	/* nothing free at all */
	assert_int_equal(state_largest_order(&zone), -1);
}

static void requests_start_at_the_highest_zone_there_is(void **unused)
{
	unsigned int amd64 = 1 << HEIGHT_DMA | 1 << HEIGHT_DMA32;
	unsigned int i386 = 1 << HEIGHT_DMA | 1 << HEIGHT_NORMAL | 1 << HEIGHT_HIGHMEM;

	(void)unused;
	assert_int_equal(preferred_height(HEIGHT_NORMAL, amd64), HEIGHT_DMA32);
	assert_int_equal(preferred_height(HEIGHT_HIGHMEM, amd64), HEIGHT_DMA32);
	assert_int_equal(preferred_height(HEIGHT_DMA, amd64), HEIGHT_DMA);
	assert_int_equal(preferred_height(HEIGHT_HIGHMEM, i386), HEIGHT_HIGHMEM);
	assert_int_equal(preferred_height(HEIGHT_DMA32, i386), HEIGHT_NORMAL);
	assert_int_equal(preferred_height(HEIGHT_NORMAL, 1 << HEIGHT_DMA), HEIGHT_DMA);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(frames_outside_of_the_machine_are_out_of_range),
		TEST(without_a_machine_a_table_grows_to_its_limit),
		TEST(a_free_of_an_allocated_block_is_no_gap),
		TEST(a_free_of_a_part_names_the_op_of_the_whole),
		TEST(memory_from_before_is_told_from_late_memory_by_its_order),
		TEST(a_frame_that_left_the_lists_unseen_was_allocated_in_bulk),
		TEST(a_frame_in_the_lists_was_taken_by_compaction),
		TEST(before_any_compaction_an_untouched_free_frame_was_not_free),
		TEST(free_frames_are_cut_into_the_largest_aligned_blocks),
		TEST(orders_that_skip_the_arrays_come_back_with_their_free),
		TEST(a_suspicion_is_given_back_once),
		TEST(span_lists_are_sorted_joined_and_subtracted),
		TEST(the_unusable_index_is_that_of_linux),
		TEST(requests_start_at_the_highest_zone_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * reader_line.c - one line of ftrace text: every event that matters, and every way to be wrong
 */
#include "cmocka_unit.h"

#include <stdio.h>
#include <string.h>

#include "../../tools/trace/trace.h"

#define HEAD "              cp-132     [001] d..3.    21.724035: "

static struct trace_event event;
static struct trace_span text;
static char reason[sizeof(((struct trace_problem *)0)->reason)];

static enum trace_line parse(const char *line)
{
	reason[0] = '\0';
	return trace_parse_line(line, strlen(line), &event, &text, reason);
}

static void expect_event(const char *line, enum trace_type type)
{
	if (parse(line) != TRACE_LINE_EVENT)
		fail_msg("'%s' is refused: %s", line, reason);
	assert_int_equal(event.type, type);
}

static void expect_bad(const char *line, const char *why)
{
	if (parse(line) != TRACE_LINE_BAD)
		fail_msg("'%s' is taken", line);
	if (!strstr(reason, why))
		fail_msg("'%s': the reason is '%s', not '%s'", line, reason, why);
}

static void an_allocation_has_all_its_fields(void **state)
{
	(void)state;
	expect_event(HEAD "mm_page_alloc: page=ffffea0000210000 pfn=0x8400 order=2 migratetype=1 "
		     "gfp_flags=GFP_KERNEL|__GFP_COMP", TRACE_PAGE_ALLOC);
	assert_int_equal(event.pfn, 0x8400);
	assert_int_equal(event.order, 2);
	assert_int_equal(event.migratetype, 1);
	assert_int_equal(event.gfp, 0x40cc0);
	assert_int_equal(event.cpu, 1);
	assert_int_equal(event.ns, 21724035000ull);
}

static void a_failed_allocation_is_page_frame_0(void **state)
{
	(void)state;
	expect_event(HEAD "mm_page_alloc: page=0000000000000000 pfn=0x0 order=9 migratetype=1 "
		     "gfp_flags=GFP_TRANSHUGE_LIGHT|__GFP_NORETRY|__GFP_THISNODE", TRACE_PAGE_ALLOC);
	assert_int_equal(event.pfn, 0);
	assert_int_equal(event.order, 9);
}

static void the_other_page_events_have_their_fields(void **state)
{
	(void)state;
	expect_event(HEAD "mm_page_free: page=f5d345e0 pfn=0x1e8c order=1", TRACE_PAGE_FREE);
	assert_int_equal(event.pfn, 0x1e8c);
	assert_int_equal(event.order, 1);
	expect_event(HEAD "mm_page_alloc_zone_locked: page=f5d4eb48 pfn=0x2915 order=0 "
		     "migratetype=2 percpu_refill=1", TRACE_BUDDY_OUT);
	assert_int_equal(event.migratetype, 2);
	expect_event(HEAD "mm_page_pcpu_drain: page=f5d4eb48 pfn=0x2918 order=3 migratetype=0",
		     TRACE_BUDDY_IN);
	assert_int_equal(event.order, 3);
	expect_event(HEAD "mm_page_alloc_extfrag: page=ffffea0000120000 pfn=0x4800 alloc_order=1 "
		     "fallback_order=10 pageblock_order=9 alloc_migratetype=0 "
		     "fallback_migratetype=1 fragmenting=0 change_ownership=1", TRACE_EXTFRAG);
	assert_int_equal(event.order, 1);
	assert_int_equal(event.fallback_order, 10);
	expect_event(HEAD "mm_compaction_migratepages: nr_migrated=288 nr_failed=7", TRACE_MIGRATED);
	assert_int_equal(event.pfn, 288);
}

static void the_text_of_a_mark_is_kept(void **state)
{
	(void)state;
	expect_event(HEAD "tracing_mark_write: phase find walk: a-1 [000] tree", TRACE_MARK);
	assert_int_equal(text.len, strlen("phase find walk: a-1 [000] tree"));
	assert_memory_equal(text.start, "phase find walk: a-1 [000] tree", text.len);
	expect_event(HEAD "print: tracing_mark_write: phase x", TRACE_MARK);
	assert_memory_equal(text.start, "phase x", text.len);
	expect_event(HEAD "tracing_mark_write: ", TRACE_MARK);
	assert_int_equal(text.len, 0);
}

static void events_of_no_concern_are_told_apart_by_name_only(void **state)
{
	static const struct {
		const char     *name;
		enum trace_type type;
	} known[] = {
		{ "kmalloc", TRACE_KMALLOC },
		{ "kfree", TRACE_KFREE },
		{ "kmem_cache_alloc", TRACE_KMEM_CACHE_ALLOC },
		{ "kmem_cache_free", TRACE_KMEM_CACHE_FREE },
		{ "mm_page_free_batched", TRACE_PAGE_FREE_BATCHED },
		{ "percpu_alloc_percpu", TRACE_PERCPU_ALLOC },
		{ "percpu_free_percpu", TRACE_PERCPU_FREE },
		{ "percpu_create_chunk", TRACE_PERCPU_CREATE_CHUNK },
		{ "mm_vmscan_direct_reclaim_begin", TRACE_RECLAIM_BEGIN },
		{ "mm_vmscan_direct_reclaim_end", TRACE_RECLAIM_END },
		{ "mm_vmscan_wakeup_kswapd", TRACE_WAKEUP_KSWAPD },
		{ "mm_vmscan_kswapd_wake", TRACE_KSWAPD_WAKE },
		{ "mm_vmscan_kswapd_sleep", TRACE_KSWAPD_SLEEP },
		{ "mm_compaction_begin", TRACE_COMPACTION },
		{ "mm_compaction_end", TRACE_COMPACTION_END },
		{ "mark_victim", TRACE_MARK_VICTIM },
	};
	char line[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		snprintf(line, sizeof(line), HEAD "%s: whatever [it] says=", known[i].name);
		expect_event(line, known[i].type);
		assert_string_equal(trace_type_name(known[i].type), known[i].name);
	}
	expect_event(HEAD "sched_switch: prev_comm=a ==> next_comm=b", TRACE_UNKNOWN);
	assert_int_equal(text.len, strlen("sched_switch"));
	assert_memory_equal(text.start, "sched_switch", text.len);
}

static void a_task_may_have_any_name(void **state)
{
	(void)state;
	expect_event("  kworker/u4:0-11      [000] .....     1.000001: kfree: ptr=0", TRACE_KFREE);
	expect_event("          a-1 [0]-2       [003] .....     1.000001: kfree: ptr=0", TRACE_KFREE);
	assert_int_equal(event.cpu, 3);
	expect_event("         x-1 [0] y-12      [004] .....     1.000001: kfree: ptr=0", TRACE_KFREE);
	assert_int_equal(event.cpu, 4);
	expect_event("a b: c-7 [005] ..... 1.000001: kfree: ptr=0", TRACE_KFREE);
	assert_int_equal(event.cpu, 5);
	expect_event("-7 [006] ..... 1.000001: kfree: ptr=0", TRACE_KFREE);
	assert_int_equal(event.cpu, 6);
}

static void kernels_with_other_columns_are_read(void **state)
{
	(void)state;
	/* four flags (before 5.12), a thread group, no flags, nanoseconds, another clock, CR */
	expect_event("            cp-132   [001] d..3    21.724035: kfree: ptr=0", TRACE_KFREE);
	expect_event("            cp-132   (    132) [001] d..3.    21.724035: kfree: p=0", TRACE_KFREE);
	expect_event("            cp-132   [001]    21.724035: kfree: ptr=0", TRACE_KFREE);
	expect_event("            cp-132   [001] ..... 21.724035678: kfree: ptr=0", TRACE_KFREE);
	assert_int_equal(event.ns, 21724035678ull);
	expect_event("            cp-132   [001] ..... 9876543210: kfree: ptr=0", TRACE_KFREE);
	assert_int_equal(event.ns, 9876543210ull);
	expect_event(HEAD "mm_page_free: page=0xf5d345e0 pfn=9512 order=1\r", TRACE_PAGE_FREE);
	assert_int_equal(event.pfn, 9512);
	expect_event(HEAD "mm_page_free: page=0xf5d345e0 new=7 pfn=0x10 zone=2 order=1", TRACE_PAGE_FREE);
	assert_int_equal(event.pfn, 16);
}

static void lines_that_are_no_events_pass(void **state)
{
	(void)state;
	assert_int_equal(parse(""), TRACE_LINE_NOTHING);
	assert_int_equal(parse("   \t "), TRACE_LINE_NOTHING);
	assert_int_equal(parse("\r"), TRACE_LINE_NOTHING);
	assert_int_equal(parse("# tracer: nop"), TRACE_LINE_NOTHING);
	assert_int_equal(parse("##### CPU 1 buffer started ####"), TRACE_LINE_NOTHING);
	assert_int_equal(parse("CPU:1 [LOST 27 EVENTS]"), TRACE_LINE_LOST);
	assert_int_equal(event.pfn, 27);
	assert_int_equal(parse("CPU:0 [LOST EVENTS]"), TRACE_LINE_LOST);
	assert_int_equal(event.pfn, 1);
}

static void a_broken_head_is_told(void **state)
{
	(void)state;
	expect_bad("hello", "no TASK-PID [CPU]");
	expect_bad("CPU:1 [LOST", "no TASK-PID [CPU]");
	expect_bad("root:x:0:0:root:/root:/bin/bash", "no TASK-PID [CPU]");
	expect_bad("              cp-132     ", "no CPU number");
	expect_bad("              cp-132     [", "no CPU number");
	expect_bad("              cp-132     [x] d..3. 1.0: kfree: ", "no CPU number");
	expect_bad("              cp-132     [001", "no ']'");
	expect_bad("              cp-132     [8192] d..3. 1.0: kfree: ", "CPU number is too large");
	expect_bad("              cp-132     [99999999999999999999999] d..3. 1.0: kfree: ",
		   "CPU number is too large");
	expect_bad("              cp-132     [001] d..3.", "no time stamp");
	expect_bad("              cp-132     [001] d..3.  soon: kfree: ", "no time stamp");
	expect_bad("              cp-132     [001] d..3.  1.000000 kfree: ", "no time stamp");
	expect_bad("              cp-132     [001] d..3.  18446744073.709551616: kfree: ",
		   "time stamp does not fit");
	expect_bad("              cp-132     [001] d..3.  99999999999999999999: kfree: ",
		   "time stamp does not fit");
	expect_bad("              cp-132     [001] d..3.  1.000000:", "no name of an event");
	expect_bad("              cp-132     [001] d..3.  1.000000: kfree", "no name of an event");
	expect_bad("              cp-132     [001] d..3.  1.000000: : x", "no name of an event");
}

static void a_broken_field_is_told(void **state)
{
	(void)state;
	expect_bad(HEAD "mm_page_free: ", "no field pfn");
	expect_bad(HEAD "mm_page_free: page=0 pfn", "no field pfn");
	expect_bad(HEAD "mm_page_free: page=0 pfn=", "pfn is not a number: ''");
	expect_bad(HEAD "mm_page_free: page=0 pfn= order=0", "pfn is not a number: ''");
	expect_bad(HEAD "mm_page_free: page=0 pfn=0x order=0", "pfn is not a number: '0x'");
	expect_bad(HEAD "mm_page_free: page=0 pfn=0x12z order=0", "pfn is not a number: '0x12z'");
	expect_bad(HEAD "mm_page_free: page=0 pfn=0x10000000000000000 order=0", "pfn is too large");
	expect_bad(HEAD "mm_page_free: page=0 pfn=18446744073709551616 order=0", "pfn is too large");
	expect_bad(HEAD "mm_page_free: page=0 pfn=0x10", "no field order");
	expect_bad(HEAD "mm_page_free: order=0 pfn=0x10", "no field order");
	expect_bad(HEAD "mm_page_free: page=0 pfn=0x10 order=-1", "order is not a number: '-1'");
	expect_bad(HEAD "mm_page_free: page=0 pfn=0x10 order=11", "order is too large: '11'");
	expect_bad(HEAD "mm_page_free: page=0 pfn=0x11 order=1", "pfn 0x11 is no multiple of 2^1");
	expect_bad(HEAD "mm_page_free: page=0 pfn=0x10000000000000 order=0", "is beyond any memory");
	expect_bad(HEAD "mm_page_free: page=0 pfn=0xfffffffffffffc00 order=10", "is beyond any memory");
	expect_bad(HEAD "mm_page_free: page=0 pfn=0x0 order=0", "page frame 0 is freed");
	expect_bad(HEAD "mm_page_alloc: page=0 pfn=0x10 order=1 gfp_flags=none", "no field migratetype");
	expect_bad(HEAD "mm_page_alloc: page=0 pfn=0x10 order=1 migratetype=16 gfp_flags=none",
		   "migratetype is too large: '16'");
	expect_bad(HEAD "mm_page_alloc: page=0 pfn=0x10 order=1 migratetype=1", "no field gfp_flags");
	expect_bad(HEAD "mm_page_alloc: page=0 pfn=0x10 order=1 migratetype=1 gfp_flags=GFP_K",
		   "no known GFP name: 'GFP_K'");
	expect_bad(HEAD "mm_page_alloc: page=0 pfn=0x10 order=1 migratetype=1 gfp_flags=GFP_KERNEL|",
		   "no known GFP name: ''");
	expect_bad(HEAD "mm_page_alloc_extfrag: pfn=0x10 alloc_order=0", "no field fallback_order");
	expect_bad(HEAD "mm_compaction_migratepages: nr_failed=0", "no field nr_migrated");
}

static void a_nul_byte_is_told(void **state)
{
	static const char line[] = HEAD "kfree: \0 ptr=0";

	(void)state;
	assert_int_equal(trace_parse_line(line, sizeof(line) - 1, &event, &text, reason),
			 TRACE_LINE_BAD);
	assert_string_equal(reason, "the line holds a NUL byte");
}

/* Whatever is left of a line that was cut off is understood or refused, within its bytes. */
static void a_line_cut_anywhere_does_no_harm(void **state)
{
	static const char line[] =
		HEAD "mm_page_alloc: page=ffffea0000210000 pfn=0x8400 order=2 migratetype=1 "
		     "gfp_flags=GFP_KERNEL|__GFP_COMP";
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(line); len++) {
		enum trace_line got = trace_parse_line(line, len, &event, &text, reason);

		if (len && line[len - 1] == ' ' && strspn(line, " ") >= len)
			assert_int_equal(got, TRACE_LINE_NOTHING);
		else if (len > sizeof(HEAD) && len < sizeof(line) - 30)
			assert_int_equal(got, TRACE_LINE_BAD);
	}
}

static void a_reason_is_printable(void **state)
{
	char *c;

	(void)state;
	expect_bad(HEAD "mm_page_free: page=0 pfn=\x1b[31m\xff order=0", "pfn is not a number");
	for (c = reason; *c; c++)
		assert_in_range(*c, ' ', '~');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_allocation_has_all_its_fields),
		cmocka_unit_test(a_failed_allocation_is_page_frame_0),
		cmocka_unit_test(the_other_page_events_have_their_fields),
		cmocka_unit_test(the_text_of_a_mark_is_kept),
		cmocka_unit_test(events_of_no_concern_are_told_apart_by_name_only),
		cmocka_unit_test(a_task_may_have_any_name),
		cmocka_unit_test(kernels_with_other_columns_are_read),
		cmocka_unit_test(lines_that_are_no_events_pass),
		cmocka_unit_test(a_broken_head_is_told),
		cmocka_unit_test(a_broken_field_is_told),
		cmocka_unit_test(a_nul_byte_is_told),
		cmocka_unit_test(a_line_cut_anywhere_does_no_harm),
		cmocka_unit_test(a_reason_is_printable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * panic.c - reports: their form, that they stay whole, and what follows them
 */
#include "pagoda_test.h"

#include <linux/bug.h>

#include "kernel/panic.h"
#include "kernel/printk.h"

static int gently(void **state)
{
	(void)state;
	panic_on_warn = false;
	return 0;
}

/* Seen from outside, so that a report can name them without debug information. */
void panic_test_complains(void);
bool panic_test_warns(bool condition);
void panic_test_shows_its_stack(void);

not_inlined void panic_test_complains(void)
{
	report_begin();
	printk(KERN_ERR "something is wrong\n");
	report_end(_RET_IP_);
	barrier();		/* no tail call: this function is one of the callers */
}

not_inlined bool panic_test_warns(bool condition)
{
	bool warned = WARN(condition, "number %d", 7);

	barrier();
	return warned;
}

not_inlined void panic_test_shows_its_stack(void)
{
	dump_stack();
	barrier();
}

static void a_report_has_the_text_the_place_and_the_callers(void **state)
{
	unsigned long before = nr_reports();
	const char *text;

	capture_begin();
	panic_test_complains();
	text = capture_end();
	assert_true(!strncmp(text, "something is wrong\nCPU: ", 24));
	assert_says(text, "Call Trace:\n");
	assert_says(strstr(text, "Call Trace:"), " panic_test_complains+0x");
	assert_says(text, " Comm: tester at ");
	assert_int_equal(nr_reports(), before + 1);
}

static void warn_tells_what_and_where_and_returns_whether(void **state)
{
	unsigned long before = nr_reports();
	const char *text;

	capture_begin();
	assert_false(panic_test_warns(false));
	assert_string_equal(capture_end(), "");
	capture_begin();
	assert_true(panic_test_warns(true));
	text = capture_end();
	assert_says(text, "------------[ cut here ]------------\nnumber 7\nWARNING: at ");
	assert_says(text, "panic.c:");
	assert_says(text, " panic_test_warns()\n");
	assert_int_equal(nr_reports(), before + 1);
}

static void warn_on_needs_no_text(void **state)
{
	const char *text;

	capture_begin();
	assert_true(WARN_ON(1 + 1 == 2));
	assert_false(WARN_ON(1 + 1 == 3));
	text = capture_end();
	assert_int_equal(count_of(text, "WARNING: at "), 1);
}

static void warn_once_warns_once_at_each_place(void **state)
{
	const char *text;

	capture_begin();
	for (int i = 0; i < 3; i++) {
		assert_true(WARN_ONCE(true, "here"));
		assert_true(WARN_ONCE(true, "there"));
		assert_true(WARN_ON_ONCE(true));
		assert_false(WARN_ONCE(false, "nowhere"));
	}
	text = capture_end();
	assert_int_equal(count_of(text, "\nhere\n"), 1);
	assert_int_equal(count_of(text, "\nthere\n"), 1);
	assert_int_equal(count_of(text, "WARNING: at "), 3);
	assert_says_not(text, "nowhere");
}

static void a_report_may_come_inside_a_report(void **state)
{
	const char *text;

	capture_begin();
	report_begin();
	printk(KERN_ERR "outer\n");
	panic_test_complains();
	report_end(_RET_IP_);
	text = capture_end();
	assert_says(text, "outer\nsomething is wrong\n");
	assert_int_equal(count_of(text, "Call Trace:"), 2);
	/* The lock is free again: another thread could report now. */
	capture_begin();
	panic_test_complains();
	assert_says(capture_end(), "something is wrong");
}

static void dump_stack_names_its_caller(void **state)
{
	const char *text;

	capture_begin();
	panic_test_shows_its_stack();
	text = capture_end();
	if (strncmp(text, "Call Trace:\n panic_test_shows_its_stack+0x", 40))
		fail_msg("dump_stack() wrote %s", text);
}

/* ---- reports of several threads ---- */

enum { NR_THREADS = 4, NR_REPORTS = 5, NR_PARTS = 10 };

static void *make_reports(void *arg)
{
	for (int i = 0; i < NR_REPORTS; i++) {
		report_begin();
		for (int part = 0; part < NR_PARTS; part++)
			printk(KERN_ERR "thread %d report %d part %d\n", (int)(intptr_t)arg, i, part);
		report_end(_RET_IP_);
	}
	return NULL;
}

static void reports_of_several_threads_do_not_mix(void **state)
{
	pthread_t threads[NR_THREADS];
	unsigned long before = nr_reports();
	const char *at;
	int nr = 0;

	capture_begin();
	for (intptr_t i = 0; i < NR_THREADS; i++)
		thread_start(&threads[i], make_reports, (void *)i);
	for (int i = 0; i < NR_THREADS; i++)
		thread_join(threads[i]);
	for (at = capture_end(); (at = strstr(at, "thread ")); nr++) {
		int thread, report, length;

		assert_int_equal(sscanf(at, "thread %d report %d part 0\n", &thread, &report), 2);
		for (int part = 0; part < NR_PARTS; part++) {
			char line[64];

			length = snprintf(line, sizeof(line), "thread %d report %d part %d\n", thread,
					  report, part);
			assert_memory_equal(at, line, length);
			at += length;
		}
		assert_memory_equal(at, "CPU: ", 5);
	}
	assert_int_equal(nr, NR_THREADS * NR_REPORTS);
	assert_int_equal(nr_reports(), before + NR_THREADS * NR_REPORTS);
}

/* ---- the end ---- */

static void warn_strictly(void)
{
	panic_on_warn = true;
	panic_test_warns(true);
}

static void report_strictly(void)
{
	panic_on_warn = true;
	panic_test_complains();
}

static void hit_a_bug(void)
{
	BUG_ON(1 + 1 == 2);
}

static void panic_with_arguments(void)
{
	panic("the %s is %d", "answer", 42);
}

static void panic_on_warn_ends_at_the_report(void **state)
{
	const char *text = dies_in_child(warn_strictly);

	assert_says(text, "number 7");
	assert_says(text, "Call Trace:");		/* the report is complete */
	assert_says(strstr(text, "Call Trace:"), "Kernel panic - not syncing: panic_on_warn set");
	text = dies_in_child(report_strictly);
	assert_says(text, "something is wrong");
	assert_says(text, "Kernel panic - not syncing: panic_on_warn set");
}

static void a_bug_always_ends(void **state)
{
	const char *text = dies_in_child(hit_a_bug);

	assert_says(text, "Kernel panic - not syncing: kernel BUG at ");
	assert_says(text, "panic.c:");
	assert_says(text, " hit_a_bug()!");
}

static void panic_quietly(void)
{
	console_loglevel = 1;
	panic_with_arguments();
}

static void warn_quietly(void)
{
	console_loglevel = 5;
	printk(KERN_ERR "an error: ");
	printk("%d", 5);		/* the rest of a line is of its level */
	printk(KERN_CONT "6\n");
	console_loglevel = 4;
	printk(KERN_ERR "an error: ");
	printk("%d", 7);
	printk(KERN_CONT "8\n");
	printk("a warning\n");
}

static void a_panic_is_told_at_every_loglevel(void **state)
{
	assert_says(dies_in_child(panic_quietly), "Kernel panic - not syncing: the answer is 42\n");
	assert_string_equal(in_child(warn_quietly), "an error: 56\nan error: 78\n");
}

static void a_panic_says_why_and_who(void **state)
{
	const char *text = dies_in_child(panic_with_arguments);

	assert_says(text, "Kernel panic - not syncing: the answer is 42\n");
	assert_says(text, "Call Trace:\n");
}

#define test(f) cmocka_unit_test_setup_teardown(f, gently, test_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_report_has_the_text_the_place_and_the_callers),
		test(warn_tells_what_and_where_and_returns_whether),
		test(warn_on_needs_no_text),
		test(warn_once_warns_once_at_each_place),
		test(a_report_may_come_inside_a_report),
		test(dump_stack_names_its_caller),
		test(reports_of_several_threads_do_not_mix),
		test(panic_on_warn_ends_at_the_report),
		test(a_bug_always_ends),
		test(a_panic_says_why_and_who),
		test(a_panic_is_told_at_every_loglevel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

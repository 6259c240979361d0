// SPDX-License-Identifier: MIT
/*
 * printk.c - levels, lengths, and lines that stay whole
 */
#include "pagoda_test.h"

#include <linux/printk.h>

#include "kernel/printk.h"

static int quiet(void **state)
{
	(void)state;
	console_loglevel = CONSOLE_LOGLEVEL_DEFAULT;
	return 0;
}

static int quiet_teardown(void **state)
{
	quiet(state);
	return test_teardown(state);
}

static void only_levels_below_the_consoles_are_written(void **state)
{
	const char *text;

	for (int level = 0; level <= 8; level++) {
		console_loglevel = level;
		capture_begin();
		pr_emerg("0\n");
		pr_alert("1\n");
		pr_crit("2\n");
		pr_err("3\n");
		pr_warn("4\n");
		pr_notice("5\n");
		pr_info("6\n");
		pr_debug("7\n");
		text = capture_end();
		assert_int_equal(strlen(text), 2 * level);
		for (int i = 0; i < level; i++)
			assert_int_equal(text[2 * i], '0' + i);
	}
}

static void text_without_a_level_is_a_warning(void **state)
{
	capture_begin();
	printk("plain\n");
	pr_cont("more\n");
	console_loglevel = 4;
	printk("unseen\n");
	assert_string_equal(capture_end(), "plain\nmore\n");
}

static void the_level_itself_is_not_written(void **state)
{
	capture_begin();
	assert_int_equal(printk(KERN_ERR "a%db\n", 5), 4);
	printk(KERN_ERR);
	assert_string_equal(capture_end(), "a5b\n");
}

static void a_message_of_more_than_a_line_is_cut(void **state)
{
	const char *text;

	capture_begin();
	printk(KERN_ERR "%5000d", 1);
	text = capture_end();
	assert_int_equal(strlen(text), 1023);
	assert_int_equal(text[0], ' ');
}

static void once_is_once(void **state)
{
	capture_begin();
	for (int i = 0; i < 3; i++)
		pr_err_once("said %d\n", i);
	assert_string_equal(capture_end(), "said 0\n");
}

static void errno_survives(void **state)
{
	capture_begin();
	errno = EDOM;
	pr_err("text\n");
	assert_int_equal(errno, EDOM);
	capture_end();
}

enum { NR_THREADS = 4, NR_LINES = 100, LINE = 80 };

static void *print_lines(void *arg)
{
	char line[LINE + 1];

	memset(line, 'a' + (int)(intptr_t)arg, LINE);
	line[LINE] = '\0';
	for (int i = 0; i < NR_LINES; i++)
		printk(KERN_ERR "%s\n", line);
	return NULL;
}

static void lines_of_several_threads_do_not_mix(void **state)
{
	pthread_t threads[NR_THREADS];
	const char *line;
	int nr = 0;

	capture_begin();
	for (intptr_t i = 0; i < NR_THREADS; i++)
		thread_start(&threads[i], print_lines, (void *)i);
	for (int i = 0; i < NR_THREADS; i++)
		thread_join(threads[i]);
	for (line = capture_end(); *line; line += LINE + 1, nr++) {
		for (int i = 1; i < LINE; i++)
			assert_int_equal(line[i], line[0]);
		assert_int_equal(line[LINE], '\n');
	}
	assert_int_equal(nr, NR_THREADS * NR_LINES);
}

#define test(f) cmocka_unit_test_setup_teardown(f, quiet, quiet_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(only_levels_below_the_consoles_are_written),
		test(text_without_a_level_is_a_warning),
		test(the_level_itself_is_not_written),
		test(a_message_of_more_than_a_line_is_cut),
		test(once_is_once),
		test(errno_survives),
		test(lines_of_several_threads_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

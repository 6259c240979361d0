// SPDX-License-Identifier: MIT
/*
 * reader_dat.c - the same span as text and as trace.dat gives the same events, one by one
 *
 * The pairs are the short traces of real kernels; the trace.dat runs on for a few records more.
 * Text has its stamps rounded to microseconds.
 */
#include "cmocka_unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/trace/trace.h"

#define MAX_EVENTS 8192

struct list {
	struct trace_event event[MAX_EVENTS];
	char		   mark[MAX_EVENTS][32];
	size_t		   nr;
};

static struct list text, dat;

static int add(void *arg, const struct trace_event *event)
{
	struct list *list = arg;

	assert_true(list->nr < MAX_EVENTS);
	list->event[list->nr++] = *event;
	return 0;
}

static int add_mark(void *arg, const struct trace_event *event, const char *mark, size_t len)
{
	struct list *list = arg;

	snprintf(list->mark[list->nr], sizeof(list->mark[0]), "%.*s", (int)len, mark);
	return add(arg, event);
}

static int refuse(void *arg, const struct trace_problem *problem)
{
	(void)arg;
	fail_msg("%s:%u: %s", problem->file, problem->line, problem->reason);
	return 1;
}

static void load(const char *path, struct list *list)
{
	struct trace_sink sink = { .event = add, .mark = add_mark, .problem = refuse, .arg = list };
	struct trace_stats stats;
	enum trace_result result;

	list->nr = 0;
	result = trace_read(path, &sink, &stats);
	if (result == TRACE_ENOTBUILT || result == TRACE_EIO) {
		print_message("skipped: %s\n", stats.error);
		skip();
	}
	assert_int_equal(result, TRACE_END);
}

static void same_event(const struct trace_event *t, const struct trace_event *d)
{
	assert_int_equal(t->type, d->type);
	assert_int_equal(t->pfn, d->pfn);
	assert_int_equal(t->order, d->order);
	assert_int_equal(t->migratetype, d->migratetype);
	assert_int_equal(t->fallback_order, d->fallback_order);
	assert_int_equal(t->gfp, d->gfp);
	assert_int_equal(t->cpu, d->cpu);
	assert_in_range(d->ns - t->ns + 500, 0, 1000);
}

static void same(const char *text_path, const char *dat_path, size_t at_least)
{
	size_t i;

	load(text_path, &text);
	load(dat_path, &dat);
	assert_true(text.nr >= at_least);
	assert_true(dat.nr >= text.nr);
	for (i = 0; i < text.nr; i++) {
		same_event(&text.event[i], &dat.event[i]);
		assert_string_equal(text.mark[i], dat.mark[i]);
	}
}

/* What is in the repository: the start of the i386 trace (32-bit layout). */
static void a_32_bit_recording_agrees(void **state)
{
	const char *src = getenv("PAGODA_SRC");
	char dat_path[4096], text_path[4096];

	(void)state;
	if (!src) {
		print_message("skipped: PAGODA_SRC is not set\n");
		skip();
	}
	snprintf(text_path, sizeof(text_path), "%s/data/i386-1536m-first5k.trace.xz", src);
	snprintf(dat_path, sizeof(dat_path), "%s/data/i386-1536m-first5k.dat", src);
	same(text_path, dat_path, 2400);
}

/* Beside the full traces only: 64-bit. */
static void a_64_bit_recording_agrees(void **state)
{
	const char *src = getenv("PAGODA_SRC"), *traces = getenv("PAGODA_TRACES");
	char dir[4096], dat_path[8192], text_path[8192];

	(void)state;
	snprintf(dir, sizeof(dir), "%s%s", traces ? traces : src ? src : ".",
		 traces ? "" : "/../shared/traces");
	snprintf(text_path, sizeof(text_path), "%s/amd64-512m-first20k.trace", dir);
	snprintf(dat_path, sizeof(dat_path), "%s/amd64-512m-first20k.dat", dir);
	same(text_path, dat_path, 4700);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_32_bit_recording_agrees),
		cmocka_unit_test(a_64_bit_recording_agrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

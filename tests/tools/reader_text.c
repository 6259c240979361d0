// SPDX-License-Identifier: MIT
/*
 * reader_text.c - a whole recording as text: line numbers, ends, compression, wrong files
 */
#include "cmocka_unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/trace/trace.h"

/* tracecmd_open_fd() of libtracecmd 1.3 does not give back all it took when it refuses a file. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libtracecmd";
}

#define FREE(pfn) \
	"          init-1       [000] .....     1.000001: mm_page_free: page=0 pfn=" pfn " order=0\n"
#define BAD	  "          init-1       [000] .....     1.000001: mm_page_free: page=0 order=0\n"

/* Everything a sink was told, for looking at afterwards. */
static struct heard {
	uint64_t nr_events;
	uint64_t nr_marks;
	uint64_t nr_problems;
	uint64_t nr_progress;
	uint32_t last_line;		/* of an event */
	uint64_t last_pfn;
	uint32_t problem_line[8];
	char	 reason[8][160];
	char	 mark[64];
	int	 strict;
} heard;

static int hear_event(void *arg, const struct trace_event *event)
{
	(void)arg;
	heard.nr_events++;
	heard.last_line = event->line;
	heard.last_pfn = event->pfn;
	return 0;
}

static int hear_mark(void *arg, const struct trace_event *event, const char *text, size_t len)
{
	(void)arg;
	(void)event;
	heard.nr_marks++;
	snprintf(heard.mark, sizeof(heard.mark), "%.*s", (int)len, text);
	return 0;
}

static int hear_problem(void *arg, const struct trace_problem *problem)
{
	(void)arg;
	if (heard.nr_problems < 8) {
		heard.problem_line[heard.nr_problems] = problem->line;
		snprintf(heard.reason[heard.nr_problems], 160, "%s", problem->reason);
	}
	heard.nr_problems++;
	return heard.strict;
}

static void hear_progress(void *arg, uint64_t done_bytes, uint64_t total_bytes)
{
	(void)arg;
	assert_true(!total_bytes || done_bytes <= total_bytes);
	heard.nr_progress++;
}

static const struct trace_sink sink = {
	.event = hear_event,
	.mark = hear_mark,
	.problem = hear_problem,
	.progress = hear_progress,
};

static struct trace_stats stats;

static enum trace_result hear(const void *data, size_t size)
{
	return trace_read_memory("input", data, size, &sink, &stats);
}

static int forget(void **state)
{
	(void)state;
	memset(&heard, 0, sizeof(heard));
	return 0;
}

static void a_last_line_needs_no_newline(void **state)
{
	static const char data[] = "# tracer: nop\n#\n" FREE("0x10") FREE("0x11");

	(void)state;
	assert_int_equal(hear(data, sizeof(data) - 2), TRACE_END);
	assert_int_equal(heard.nr_events, 2);
	assert_int_equal(heard.last_line, 4);
	assert_int_equal(heard.last_pfn, 0x11);
	assert_int_equal(stats.nr_lines, 4);
	assert_int_equal(stats.nr_type[TRACE_PAGE_FREE], 2);
	assert_true(heard.nr_progress > 0);
}

static void a_bad_line_is_told_with_its_number_and_the_rest_is_read(void **state)
{
	static const char data[] = FREE("0x10") BAD "\n" FREE("0x11") "rubbish\n" FREE("0x12");

	(void)state;
	assert_int_equal(hear(data, sizeof(data) - 1), TRACE_END);
	assert_int_equal(heard.nr_events, 3);
	assert_int_equal(heard.nr_problems, 2);
	assert_int_equal(heard.problem_line[0], 2);
	assert_string_equal(heard.reason[0], "no field pfn");
	assert_int_equal(heard.problem_line[1], 5);
	assert_int_equal(heard.last_line, 6);
	assert_int_equal(stats.nr_malformed, 2);
}

static void a_strict_sink_stops_the_reader(void **state)
{
	static const char data[] = FREE("0x10") BAD FREE("0x11");

	(void)state;
	heard.strict = 1;
	assert_int_equal(hear(data, sizeof(data) - 1), TRACE_STOPPED);
	assert_int_equal(heard.nr_events, 1);
	assert_int_equal(heard.nr_problems, 1);
}

static void a_sink_may_want_nothing(void **state)
{
	static const char data[] = FREE("0x10") BAD FREE("0x11");
	static const struct trace_sink deaf;

	(void)state;
	assert_int_equal(trace_read_memory("input", data, sizeof(data) - 1, &deaf, &stats), TRACE_END);
	assert_int_equal(stats.nr_events, 2);
	assert_int_equal(stats.nr_malformed, 1);
}

/* Lengths around the limit and around the size of the window, at the start and inside. */
static void a_line_that_is_too_long_is_one_problem(void **state)
{
	static const size_t lengths[] = { TRACE_MAX_LINE + 1, 3 * TRACE_MAX_LINE, 1024 * 1024 - 90,
					  1024 * 1024, 1024 * 1024 + 1, 5 * 1024 * 1024 + 7 };
	static const char one[] = FREE("0x10"), two[] = FREE("0x11");
	size_t i;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		size_t size = sizeof(one) - 1 + lengths[i] + 1 + sizeof(two) - 1;
		char *data = malloc(size), *p = data;

		forget(state);
		memcpy(p, one, sizeof(one) - 1);
		p += sizeof(one) - 1;
		memset(p, '-', lengths[i]);
		p[lengths[i]] = '\n';
		memcpy(p + lengths[i] + 1, two, sizeof(two) - 1);
		assert_int_equal(hear(data, size), TRACE_END);
		assert_int_equal(heard.nr_events, 2);
		assert_int_equal(heard.nr_problems, 1);
		assert_int_equal(heard.problem_line[0], 2);
		assert_int_equal(heard.last_line, 3);
		assert_non_null(strstr(heard.reason[0], "longer than 65536 bytes"));
		forget(state);
		assert_int_equal(hear(data, size - sizeof(two)), TRACE_END);
		assert_int_equal(heard.nr_problems, 1);
		assert_int_equal(stats.nr_lines, 2);
		free(data);
	}
}

/* Every offset of a line's end against the end of the window. */
static void a_line_across_two_windows_is_one_line(void **state)
{
	static const char one[] = FREE("0x10");
	size_t len = sizeof(one) - 1, nr = 3 * 1024 * 1024 / len;
	char *data = malloc(nr * len);
	size_t i;

	(void)state;
	for (i = 0; i < nr; i++)
		memcpy(data + i * len, one, len);
	assert_int_equal(hear(data, nr * len), TRACE_END);
	assert_int_equal(heard.nr_events, nr);
	assert_int_equal(heard.nr_problems, 0);
	assert_int_equal(heard.last_line, nr);
	free(data);
}

static void lost_events_and_marks_are_told(void **state)
{
	static const char data[] = "CPU:1 [LOST 27 EVENTS]\n" FREE("0x10") "CPU:1 [LOST 3 EVENTS]\n"
		"          init-1       [000] .....     1.000001: tracing_mark_write: phase a b\n"
		"          init-1       [000] .....     1.000001: sched_waking: x\n"
		"          init-1       [000] .....     1.000001: sched_wakin: x\n"
		"          init-1       [000] .....     1.000001: sched_waking: x\n";

	(void)state;
	assert_int_equal(hear(data, sizeof(data) - 1), TRACE_END);
	assert_int_equal(stats.nr_lost, 30);
	assert_int_equal(heard.nr_marks, 1);
	assert_string_equal(heard.mark, "phase a b");
	assert_int_equal(stats.nr_type[TRACE_UNKNOWN], 3);
	assert_string_equal(stats.unknown[0].name, "sched_waking");
	assert_int_equal(stats.unknown[0].nr, 2);
	assert_string_equal(stats.unknown[1].name, "sched_wakin");
	assert_int_equal(stats.unknown[1].nr, 1);
}

static void what_is_no_recording_is_told_in_one_sentence(void **state)
{
	static const char header[] = "# tracer: nop\n#\n";
	size_t size = 1024 * 1024;
	char *zeros = calloc(1, size);

	assert_int_equal(hear("", 0), TRACE_ENOTRACE);
	assert_non_null(strstr(stats.error, "input: the file is empty"));
	assert_int_equal(hear("root:x:0:0\n", 11), TRACE_ENOTRACE);
	assert_non_null(strstr(stats.error, "no ftrace text"));
	assert_int_equal(hear(zeros, size), TRACE_ENOTRACE);
	memset(zeros, '\n', size);
	assert_int_equal(hear(zeros, size), TRACE_END);
	assert_int_equal(stats.nr_lines, size);
	free(zeros);
	forget(state);
	assert_int_equal(hear(header, sizeof(header) - 1), TRACE_END);
	assert_int_equal(stats.nr_events, 0);
}

static void a_hopeless_file_is_given_up_early(void **state)
{
	size_t size = 1024 * 1024, i;
	char *data = malloc(size);

	(void)state;
	for (i = 0; i < size; i++)
		data[i] = i & 1 ? '\n' : 'x';
	assert_int_equal(hear(data, size), TRACE_ENOTRACE);
	assert_int_equal(heard.nr_problems, 1000);
	free(data);
}

static void a_missing_file_is_told(void **state)
{
	(void)state;
	assert_int_equal(trace_read("/nonexistent/trace", &sink, &stats), TRACE_EIO);
	assert_string_equal(stats.error, "/nonexistent/trace: No such file or directory");
	assert_int_equal(trace_read("/", &sink, &stats), TRACE_EIO);
}

/* Two lines: a free of 0x1e8c and a kfree. */
static const unsigned char xz_data[] = {
	0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46,
	0x02, 0x00, 0x21, 0x01, 0x1c, 0x00, 0x00, 0x00, 0x10, 0xcf, 0x58, 0xcc,
	0xe0, 0x00, 0xa9, 0x00, 0x64, 0x5d, 0x00, 0x10, 0x6b, 0x96, 0x4d, 0xc6,
	0xb0, 0xfa, 0xeb, 0xdd, 0x60, 0x82, 0x0f, 0xcb, 0xed, 0xe3, 0xc2, 0xc0,
	0xdf, 0x4f, 0x36, 0x34, 0x72, 0x5b, 0x5a, 0xc2, 0x49, 0x43, 0xdf, 0x77,
	0x07, 0x2b, 0xe3, 0x44, 0x1a, 0x3c, 0x29, 0xc0, 0xe6, 0xda, 0xb8, 0x02,
	0xae, 0x16, 0xde, 0xa0, 0x85, 0x39, 0x43, 0x66, 0x73, 0x1d, 0xf9, 0x70,
	0x9a, 0x31, 0xe5, 0x12, 0x76, 0x88, 0xb9, 0x77, 0x19, 0x28, 0x75, 0xc1,
	0x63, 0x98, 0x9f, 0xef, 0x8f, 0xbf, 0x53, 0x27, 0xac, 0xb6, 0x65, 0x9d,
	0x12, 0xc6, 0x2b, 0xf4, 0xac, 0x50, 0x68, 0x23, 0x5a, 0x3d, 0x3b, 0xb7,
	0x42, 0x62, 0x1c, 0x77, 0x12, 0x5f, 0xc8, 0xf2, 0x9b, 0x80, 0x00, 0x00,
	0x2c, 0x17, 0xda, 0x52, 0xbb, 0x27, 0xb8, 0xe3, 0x00, 0x01, 0x80, 0x01,
	0xaa, 0x01, 0x00, 0x00, 0xe3, 0x7a, 0x91, 0xc3, 0xb1, 0xc4, 0x67, 0xfb,
	0x02, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5a
};

static const unsigned char zstd_data[] = {
	0x28, 0xb5, 0x2f, 0xfd, 0x24, 0xaa, 0x2d, 0x03, 0x00, 0x82, 0x45, 0x13,
	0x18, 0x80, 0xab, 0x0e, 0x60, 0x6f, 0x08, 0xa4, 0xd1, 0x68, 0x92, 0xb5,
	0x1b, 0x22, 0xac, 0x76, 0xa4, 0x88, 0x91, 0xa8, 0x75, 0x47, 0xad, 0x8c,
	0x05, 0x48, 0x59, 0xce, 0x78, 0xe5, 0x9e, 0xd0, 0x61, 0x8a, 0xd2, 0x5c,
	0xf2, 0x15, 0x2c, 0x52, 0x96, 0x7d, 0xc8, 0xe6, 0x8e, 0xe8, 0x7d, 0x94,
	0x99, 0x17, 0xaf, 0xad, 0x06, 0xe1, 0x50, 0x8f, 0xbf, 0xba, 0xe5, 0x63,
	0x8d, 0xb4, 0xc8, 0x96, 0xe5, 0x6b, 0x35, 0xed, 0xd3, 0x0d, 0x55, 0x2d,
	0xbe, 0xc0, 0x84, 0x0c, 0x7c, 0x09, 0x00, 0x5c, 0x18, 0x08, 0x92, 0xdb,
	0x18, 0xcc, 0x75, 0xe1, 0x05, 0x76, 0xc0, 0x5e, 0xb0, 0x0c, 0xc0, 0x56,
	0x80, 0x2b, 0x0c, 0x01, 0x8f, 0xa4
};

static void expect_two_lines(const char *form)
{
	assert_string_equal(stats.form, form);
	assert_int_equal(stats.nr_events, 2);
	assert_int_equal(heard.last_pfn, 0x1e8c);
	assert_int_equal(heard.nr_problems, 0);
}

static void compressed(const unsigned char *data, size_t size, const char *form, void **state)
{
	unsigned char twice[1024], broken[512];
	size_t i;

	if (hear(data, size) == TRACE_ENOTBUILT) {
		assert_non_null(strstr(stats.error, "built without"));
		skip();
	}
	expect_two_lines(form);
	memcpy(twice, data, size);
	memcpy(twice + size, data, size);
	assert_int_equal(hear(twice, 2 * size), TRACE_END);
	assert_int_equal(stats.nr_events, 4);
	for (i = 10; i < size; i++) {
		forget(state);
		assert_int_equal(hear(data, i), TRACE_EIO);
		assert_non_null(strstr(stats.error, "cut off"));
	}
	for (i = 12; i < size; i++) {
		memcpy(broken, data, size);
		broken[i] ^= 0x55;
		hear(broken, size);		/* any result: only that it ends, and where */
	}
}

static void xz_is_read_and_its_end_is_missed(void **state)
{
	compressed(xz_data, sizeof(xz_data), "text.xz", state);
}

static void zstd_is_read_and_its_end_is_missed(void **state)
{
	compressed(zstd_data, sizeof(zstd_data), "text.zst", state);
}

static void a_broken_trace_dat_is_told(void **state)
{
	static const char data[] = "\x17\x08\x44tracing7\0\0\10";
	enum trace_result result = hear(data, sizeof(data));

	(void)state;
	assert_string_equal(stats.form, "trace.dat");
	assert_true(result == TRACE_EIO || result == TRACE_ENOTBUILT);
	assert_true(stats.error[0]);
}

#define TEST(f) cmocka_unit_test_setup(f, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_last_line_needs_no_newline),
		TEST(a_bad_line_is_told_with_its_number_and_the_rest_is_read),
		TEST(a_strict_sink_stops_the_reader),
		TEST(a_sink_may_want_nothing),
		TEST(a_line_that_is_too_long_is_one_problem),
		TEST(a_line_across_two_windows_is_one_line),
		TEST(lost_events_and_marks_are_told),
		TEST(what_is_no_recording_is_told_in_one_sentence),
		TEST(a_hopeless_file_is_given_up_early),
		TEST(a_missing_file_is_told),
		TEST(xz_is_read_and_its_end_is_missed),
		TEST(zstd_is_read_and_its_end_is_missed),
		TEST(a_broken_trace_dat_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * reader.c - a recording from its first line to its last
 *
 * Idea. A window slides over the text: it is filled behind, cut into lines in front, and the
 * piece of a line that is left over moves to its start. A line longer than TRACE_MAX_LINE is told
 * of once and passed over up to its newline, so the window never grows.
 *
 * Always true: the line counter counts newlines passed, so a problem's number is what an editor
 * shows; a last line without a newline is a line like the others.
 *
 * When none of the first GIVE_UP_LINES lines is an event, this is no recording and the reading
 * ends: a wrong file is one sentence, not a million.
 */
#include "event.h"
#include "input.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WINDOW_BYTES	(1024 * 1024)
#define GIVE_UP_LINES	1000

/* What cutting lines needs to know. */
struct text {
	struct trace_reader *reader;
	char   *window;		/* WINDOW_BYTES */
	size_t	have;		/* bytes in the window */
	int	too_long;	/* passing over a line: its start is gone */
};

enum trace_result trace_fail(struct trace_reader *reader, enum trace_result result,
			     const char *fmt, ...)
{
	size_t size = sizeof(reader->stats->error);
	char *error = reader->stats->error;
	int n = snprintf(error, size, "%s: ", reader->path);
	va_list args;

	if (n > 0 && (size_t)n < size) {
		va_start(args, fmt);
		vsnprintf(error + n, size - (size_t)n, fmt, args);
		va_end(args);
	}
	return result;
}

static void count_unknown(struct trace_stats *stats, const struct trace_span *name)
{
	size_t room = sizeof(stats->unknown[0].name) - 1;
	size_t len = name->len < room ? name->len : room;
	struct trace_unknown *u;

	for (u = stats->unknown; u < stats->unknown + TRACE_UNKNOWN_NAMES; u++) {
		if (!u->nr)
			memcpy(u->name, name->start, len);
		if (!strncmp(u->name, name->start, len) && !u->name[len]) {
			u->nr++;
			return;
		}
	}
}

int trace_deliver(struct trace_reader *reader, const struct trace_event *event,
		  const struct trace_span *text)
{
	const struct trace_sink *sink = reader->sink;

	reader->stats->nr_events++;
	reader->stats->nr_type[event->type]++;
	if (event->type == TRACE_UNKNOWN)
		count_unknown(reader->stats, text);
	if (event->type == TRACE_MARK)
		return sink->mark ? sink->mark(sink->arg, event, text->start, text->len) : 0;
	if (event->type < TRACE_FIRST_COUNTED && sink->event)
		return sink->event(sink->arg, event);
	return 0;
}

int trace_complain(struct trace_reader *reader, uint32_t line, const char *reason)
{
	struct trace_problem problem = { .file = reader->path, .line = line };

	reader->stats->nr_malformed++;
	if (!reader->sink->problem)
		return 0;
	snprintf(problem.reason, sizeof(problem.reason), "%s", reason);
	return reader->sink->problem(reader->sink->arg, &problem);
}

static uint32_t line_number(const struct trace_stats *stats)
{
	return stats->nr_lines > UINT32_MAX ? UINT32_MAX : (uint32_t)stats->nr_lines;
}

static int read_line(struct trace_reader *reader, const char *line, size_t len)
{
	struct trace_stats *stats = reader->stats;
	char reason[TRACE_REASON_BYTES];
	struct trace_event event;
	struct trace_span text;

	stats->nr_lines++;
	switch (trace_parse_line(line, len, &event, &text, reason)) {
	case TRACE_LINE_EVENT:
		event.line = line_number(stats);
		return trace_deliver(reader, &event, &text);
	case TRACE_LINE_LOST:
		stats->nr_lost += event.pfn;
		return 0;
	case TRACE_LINE_BAD:
		return trace_complain(reader, line_number(stats), reason);
	case TRACE_LINE_NOTHING:
		break;
	}
	return 0;
}

static int complain_too_long(struct trace_reader *reader)
{
	char reason[TRACE_REASON_BYTES];

	trace_reason(reason, "the line is longer than %d bytes", TRACE_MAX_LINE);
	return trace_complain(reader, line_number(reader->stats), reason);
}

/* The next line, whole or the end of one whose start was too long to keep. */
static int cut_line(struct text *text, const char *line, size_t len)
{
	struct trace_reader *reader = text->reader;

	if (text->too_long) {
		text->too_long = 0;
		return 0;
	}
	if (len <= TRACE_MAX_LINE)
		return read_line(reader, line, len);
	reader->stats->nr_lines++;
	return complain_too_long(reader);
}

/* The start of a line without its end fills more than a line may have: forget it, told once. */
static int drop_long_start(struct text *text, size_t *rest)
{
	if (*rest <= TRACE_MAX_LINE && !text->too_long)
		return 0;
	*rest = 0;
	if (text->too_long)
		return 0;
	text->too_long = 1;
	text->reader->stats->nr_lines++;
	return complain_too_long(text->reader);
}

static int hopeless(const struct trace_stats *stats)
{
	return !stats->nr_events && stats->nr_malformed >= GIVE_UP_LINES;
}

/* All whole lines of the window. The piece left over moves to its start. */
static int cut_window(struct text *text)
{
	const char *line = text->window, *end = text->window + text->have;
	const char *newline;
	size_t rest;
	int stop;

	while ((newline = memchr(line, '\n', (size_t)(end - line)))) {
		stop = cut_line(text, line, (size_t)(newline - line));
		if (stop || hopeless(text->reader->stats))
			return stop;
		line = newline + 1;
	}
	rest = (size_t)(end - line);
	stop = drop_long_start(text, &rest);
	memmove(text->window, line, rest);
	text->have = rest;
	return stop;
}

static void tell_progress(struct trace_reader *reader)
{
	const struct trace_sink *sink = reader->sink;

	reader->stats->read_bytes = trace_input_done(reader->input);
	if (sink->progress)
		sink->progress(sink->arg, reader->stats->read_bytes,
			       trace_input_total(reader->input));
}

/* Whether what was read is a recording at all. */
static enum trace_result judge(struct trace_reader *reader)
{
	const struct trace_stats *stats = reader->stats;

	if (!stats->text_bytes)
		return trace_fail(reader, TRACE_ENOTRACE, "the file is empty");
	if (!stats->nr_events && stats->nr_malformed)
		return trace_fail(reader, TRACE_ENOTRACE,
				  "this is no ftrace text: not one of %llu lines is an event",
				  (unsigned long long)stats->nr_lines);
	return TRACE_END;
}

static enum trace_result read_failure(struct trace_reader *reader, ptrdiff_t code)
{
	const char *error = trace_input_error(reader->input);

	if (code == -2)
		return trace_fail(reader, TRACE_ENOTBUILT, "%s", error);
	return trace_fail(reader, TRACE_EIO, "%s, after line %llu", error,
			  (unsigned long long)reader->stats->nr_lines);
}

static double now_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* More text into the window. Return: as trace_input_read(). */
static ptrdiff_t fill_window(struct text *text)
{
	struct trace_stats *stats = text->reader->stats;
	double start = now_seconds();
	ptrdiff_t n = trace_input_read(text->reader->input, text->window + text->have,
				       WINDOW_BYTES - text->have);

	stats->input_seconds += now_seconds() - start;
	if (n > 0) {
		text->have += (size_t)n;
		stats->text_bytes += (uint64_t)n;
		tell_progress(text->reader);
	}
	return n;
}

static enum trace_result read_text(struct text *text)
{
	struct trace_reader *reader = text->reader;
	ptrdiff_t n;

	while ((n = fill_window(text)) > 0) {
		if (cut_window(text))
			return TRACE_STOPPED;
		if (hopeless(reader->stats))
			return judge(reader);
	}
	if (text->have && cut_line(text, text->window, text->have))
		return TRACE_STOPPED;
	return n < 0 ? read_failure(reader, n) : judge(reader);
}

static const char *form_name(enum trace_form form)
{
	switch (form) {
	case TRACE_FORM_XZ:
		return "text.xz";
	case TRACE_FORM_ZSTD:
		return "text.zst";
	case TRACE_FORM_DAT:
		return "trace.dat";
	default:
		return "text";
	}
}

/* Takes the input over. */
static enum trace_result read_input(struct trace_reader *reader)
{
	struct text text = { .reader = reader };
	enum trace_result result;

	memset(reader->stats, 0, sizeof(*reader->stats));
	reader->stats->form = "text";
	if (!reader->input)
		return trace_fail(reader, errno == ENOMEM ? TRACE_ENOMEM : TRACE_EIO, "%s",
				  strerror(errno));
	reader->stats->form = form_name(trace_input_form(reader->input));
	if (trace_input_form(reader->input) == TRACE_FORM_DAT) {
		result = trace_read_dat(reader);
	} else {
		text.window = malloc(WINDOW_BYTES);
		result = text.window ? read_text(&text) :
			 trace_fail(reader, TRACE_ENOMEM, "no memory");
		free(text.window);
	}
	trace_input_close(reader->input);
	return result;
}

enum trace_result trace_read(const char *path, const struct trace_sink *sink,
			     struct trace_stats *stats)
{
	struct trace_reader reader = {
		.path = strcmp(path, "-") ? path : "standard input",
		.sink = sink,
		.stats = stats,
		.input = trace_input_open(path),
	};

	return read_input(&reader);
}

enum trace_result trace_read_memory(const char *name, const void *data, size_t size,
				    const struct trace_sink *sink, struct trace_stats *stats)
{
	struct trace_reader reader = {
		.path = name,
		.sink = sink,
		.stats = stats,
		.input = trace_input_open_memory(data, size),
	};

	return read_input(&reader);
}

// SPDX-License-Identifier: MIT
/*
 * line.c - one line of ftrace text
 *
 *            cp-132     [001] d..3.    21.724035: mm_page_alloc: page=... pfn=0x8400 order=2 ...
 *            |  |        |    |          |        |              `-- name=value, blank between
 *            task pid    CPU  flags      seconds  event
 *
 * Idea. A cursor goes over the line once, from left to right, and each small function takes one
 * thing off its front. Nothing is copied, no library function is called but memchr().
 *
 * A task name may hold any character, but the kernel prints it right-aligned to 16 and it has at
 * most 15, so the dash before the pid stands in column 16. Lines of other tools keep no columns:
 * for them every dash is tried, and the first one is taken behind which a whole head of a line
 * follows. No task name is long enough to hold one.
 *
 * Fields come in the order of the kernel's print format, and are looked for from where the one
 * before ended; fields between them that we do not know are passed over.
 */
#include "event.h"

#include <string.h>

struct cursor {
	const char *p;
	const char *end;
};

static int left(const struct cursor *c)
{
	return c->p < c->end;
}

static int is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

static int take(struct cursor *c, char want)
{
	if (!left(c) || *c->p != want)
		return 0;
	c->p++;
	return 1;
}

static void skip_blanks(struct cursor *c)
{
	while (left(c) && *c->p == ' ')
		c->p++;
}

static void skip_word(struct cursor *c)
{
	while (left(c) && *c->p != ' ')
		c->p++;
}

/* A decimal number of at least one digit. Return: 1; 0 none there; -1 more than 64 bits. */
static int take_decimal(struct cursor *c, uint64_t *value)
{
	const char *start = c->p;
	uint64_t v = 0;

	for (; left(c) && is_digit(*c->p); c->p++) {
		uint64_t digit = (uint64_t)(*c->p - '0');

		if (v > (UINT64_MAX - digit) / 10)
			return -1;
		v = v * 10 + digit;
	}
	*value = v;
	return c->p > start;
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int take_hex(struct cursor *c, uint64_t *value)
{
	const char *start = c->p;
	uint64_t v = 0;
	int digit;

	for (; left(c) && (digit = hex_value(*c->p)) >= 0; c->p++) {
		if (v >> 60)
			return -1;
		v = v << 4 | (uint64_t)digit;
	}
	*value = v;
	return c->p > start;
}

/* Decimal, or hexadecimal behind 0x: old kernels print frames the one way, new ones the other. */
static int take_number(struct cursor *c, uint64_t *value)
{
	if (c->end - c->p > 2 && c->p[0] == '0' && c->p[1] == 'x') {
		c->p += 2;
		return take_hex(c, value);
	}
	return take_decimal(c, value);
}

/*
 * SECONDS.FRACTION: of up to nine digits, or a plain number where the clock of the recording
 * counts something else. Return: 1; 0 none there; -1 does not fit.
 */
static int take_stamp(struct cursor *c, uint64_t *ns)
{
	uint64_t scale = 1000000000, whole, part = 0;
	int got = take_decimal(c, &whole);

	if (got <= 0)
		return got;
	if (take(c, '.')) {
		for (; left(c) && is_digit(*c->p) && scale > 1; c->p++) {
			scale /= 10;
			part += (uint64_t)(*c->p - '0') * scale;
		}
		if (whole > (UINT64_MAX - part) / 1000000000)
			return -1;
		whole = whole * 1000000000 + part;
	}
	if (!take(c, ':'))
		return 0;
	*ns = whole;
	return 1;
}

/* "-PID", and on some kernels the thread group in parentheses. */
static int take_pid(struct cursor *c)
{
	uint64_t pid;

	if (!take(c, '-') || take_decimal(c, &pid) <= 0)
		return 0;
	skip_blanks(c);
	if (left(c) && *c->p == '(') {
		const char *close = memchr(c->p, ')', (size_t)(c->end - c->p));

		if (!close)
			return 0;
		c->p = close + 1;
		skip_blanks(c);
	}
	return 1;
}

static int take_cpu(struct cursor *c, struct trace_event *event, char *reason)
{
	uint64_t cpu = 0;
	int got;

	if (!take(c, '[') || !(got = take_decimal(c, &cpu))) {
		trace_reason(reason, "no CPU number in brackets behind the process number");
		return 0;
	}
	if (got < 0 || cpu > TRACE_MAX_CPU) {
		trace_reason(reason, "the CPU number is too large, the limit is %u", TRACE_MAX_CPU);
		return 0;
	}
	if (!take(c, ']')) {
		trace_reason(reason, "no ']' behind the CPU number");
		return 0;
	}
	event->cpu = (uint16_t)cpu;
	return 1;
}

/* The flags are four or five characters, or switched off. */
static int take_time(struct cursor *c, struct trace_event *event, char *reason)
{
	struct cursor flags;
	int got;

	skip_blanks(c);
	flags = *c;
	got = take_stamp(c, &event->ns);
	if (!got) {
		*c = flags;
		skip_word(c);
		skip_blanks(c);
		got = take_stamp(c, &event->ns);
	}
	if (got < 0)
		trace_reason(reason, "the time stamp does not fit in 64 bits of nanoseconds");
	else if (!got)
		trace_reason(reason, "no time stamp, or no colon behind it");
	return got > 0;
}

static int take_name(struct cursor *c, struct trace_span *name, char *reason)
{
	skip_blanks(c);
	name->start = c->p;
	while (left(c) && *c->p != ':' && *c->p != ' ')
		c->p++;
	name->len = (size_t)(c->p - name->start);
	if (!name->len || !take(c, ':')) {
		trace_reason(reason, "no name of an event with a colon behind it");
		return 0;
	}
	skip_blanks(c);
	return 1;
}

/* Everything from the dash before the pid to the first field. */
static int take_head(struct cursor *c, struct trace_event *event, struct trace_span *name,
		     char *reason)
{
	if (!take_pid(c)) {
		trace_reason(reason, "no TASK-PID at the start of the line");
		return 0;
	}
	return take_cpu(c, event, reason) && take_time(c, event, reason) &&
	       take_name(c, name, reason);
}

#define TASK_COLUMNS	16
#define SEARCH_COLUMNS	128	/* no head starts later; bounds what a hostile line costs */

/* Tries every dash. Of those that fail, the one that came farthest gives the reason. */
static int search_head(struct cursor *c, struct trace_event *event, struct trace_span *name,
		       char *reason)
{
	const char *end = c->end - c->p > SEARCH_COLUMNS ? c->p + SEARCH_COLUMNS : c->end;
	const char *dash = c->p, *farthest = c->p;
	char why[TRACE_REASON_BYTES];

	trace_reason(reason, "no TASK-PID [CPU] at the start of the line");
	for (; (dash = memchr(dash, '-', (size_t)(end - dash))); dash++) {
		struct cursor try = { dash, c->end };

		if (take_head(&try, event, name, why)) {
			*c = try;
			return 1;
		}
		if (try.p > farthest && is_digit(dash[1])) {
			farthest = try.p;
			memcpy(reason, why, TRACE_REASON_BYTES);
		}
	}
	return 0;
}

static int find_head(struct cursor *c, struct trace_event *event, struct trace_span *name,
		     char *reason)
{
	if (c->end - c->p > TASK_COLUMNS && c->p[TASK_COLUMNS] == '-') {
		struct cursor try = { c->p + TASK_COLUMNS, c->end };

		if (take_head(&try, event, name, reason)) {
			*c = try;
			return 1;
		}
	}
	return search_head(c, event, name, reason);
}

/* Puts the cursor behind "NAME=" of the next field that has this name. */
static int find_field(struct cursor *c, const char *name, size_t name_len)
{
	while (left(c)) {
		if ((size_t)(c->end - c->p) > name_len && c->p[name_len] == '=' &&
		    !memcmp(c->p, name, name_len)) {
			c->p += name_len + 1;
			return 1;
		}
		skip_word(c);
		skip_blanks(c);
	}
	return 0;
}

static void quote(char *reason, const char *what, const char *name, const char *word,
		  const char *end)
{
	struct cursor c = { word, end };

	skip_word(&c);
	trace_reason(reason, "%s %s: '%.*s'", name, what,
		     (int)(c.p - word > 60 ? 60 : c.p - word), word);
}

/* One numeric field, at most @max. */
static int take_field(struct cursor *c, const char *name, uint64_t max, uint64_t *value,
		      char *reason)
{
	const char *word;
	int got;

	if (!find_field(c, name, strlen(name))) {
		trace_reason(reason, "no field %s", name);
		return 0;
	}
	word = c->p;
	got = take_number(c, value);
	if (got < 0 || (got && *value > max)) {
		quote(reason, "is too large", name, word, c->end);
		return 0;
	}
	if (!got || (left(c) && *c->p != ' ')) {
		quote(reason, "is not a number", name, word, c->end);
		return 0;
	}
	skip_blanks(c);
	return 1;
}

static int take_gfp(struct cursor *c, struct trace_event *event, char *reason)
{
	struct trace_span bad;
	const char *word;

	if (!find_field(c, "gfp_flags", 9)) {
		trace_reason(reason, "no field gfp_flags");
		return 0;
	}
	word = c->p;
	skip_word(c);
	if (trace_gfp_parse(word, (size_t)(c->p - word), &event->gfp, &bad)) {
		trace_reason(reason, "gfp_flags holds no known GFP name: '%.*s'",
			     (int)(bad.len > 60 ? 60 : bad.len), bad.start);
		return 0;
	}
	return 1;
}

static int take_pfn(struct cursor *c, struct trace_event *event, char *reason)
{
	return take_field(c, "pfn", UINT64_MAX, &event->pfn, reason);
}

static int take_u8(struct cursor *c, const char *name, uint8_t max, uint8_t *value, char *reason)
{
	uint64_t v;

	if (!take_field(c, name, max, &v, reason))
		return 0;
	*value = (uint8_t)v;
	return 1;
}

static int take_block(struct cursor *c, struct trace_event *event, char *reason)
{
	return take_pfn(c, event, reason) &&
	       take_u8(c, "order", TRACE_MAX_ORDER, &event->order, reason);
}

static int take_migratetype(struct cursor *c, const char *name, struct trace_event *event,
			    char *reason)
{
	return take_u8(c, name, TRACE_MAX_MIGRATETYPE, &event->migratetype, reason);
}

static int take_extfrag(struct cursor *c, struct trace_event *event, char *reason)
{
	return take_pfn(c, event, reason) &&
	       take_u8(c, "alloc_order", TRACE_MAX_ORDER, &event->order, reason) &&
	       take_u8(c, "fallback_order", TRACE_MAX_ORDER, &event->fallback_order, reason) &&
	       take_migratetype(c, "alloc_migratetype", event, reason);
}

static int take_fields(struct cursor *c, struct trace_event *event, char *reason)
{
	uint64_t nr;

	switch (event->type) {
	case TRACE_PAGE_ALLOC:
		return take_block(c, event, reason) &&
		       take_migratetype(c, "migratetype", event, reason) &&
		       take_gfp(c, event, reason);
	case TRACE_PAGE_FREE:
		return take_block(c, event, reason);
	case TRACE_BUDDY_OUT:
	case TRACE_BUDDY_IN:
		return take_block(c, event, reason) &&
		       take_migratetype(c, "migratetype", event, reason);
	case TRACE_EXTFRAG:
		return take_extfrag(c, event, reason);
	case TRACE_MIGRATED:
		if (!take_field(c, "nr_migrated", UINT32_MAX, &nr, reason))
			return 0;
		event->pfn = nr;
		return 1;
	default:
		return 1;
	}
}

/*
 * "CPU:1 [LOST 27 EVENTS]" stands between the events. "CPU:1 [LOST EVENTS]": the kernel does not
 * know how many, and at least one.
 */
static int is_lost_note(const char *line, size_t len, struct trace_event *event)
{
	struct cursor c = { line, line + len };
	uint64_t nr;

	if (len < 4 || memcmp(line, "CPU:", 4))
		return 0;
	c.p += 4;
	if (take_decimal(&c, &nr) <= 0 || !take(&c, ' ') || !take(&c, '[') ||
	    c.end - c.p < 5 || memcmp(c.p, "LOST ", 5))
		return 0;
	c.p += 5;
	event->pfn = take_decimal(&c, &nr) > 0 ? nr : 1;
	return 1;
}

static int is_nothing(const char *line, size_t len)
{
	size_t i;

	if (len && line[0] == '#')
		return 1;
	for (i = 0; i < len; i++)
		if (line[i] != ' ' && line[i] != '\t')
			return 0;
	return 1;
}

/* The name of the function that wrote the mark may stand before its text. */
static void strip_writer(struct trace_span *text)
{
	static const char writer[] = "tracing_mark_write: ";
	size_t len = sizeof(writer) - 1;

	if (text->len >= len && !memcmp(text->start, writer, len)) {
		text->start += len;
		text->len -= len;
	}
}

enum trace_line trace_parse_line(const char *line, size_t len, struct trace_event *event,
				 struct trace_span *text, char *reason)
{
	struct cursor c = { line, line + len };
	struct trace_span name;

	memset(event, 0, sizeof(*event));
	if (len && line[len - 1] == '\r')
		c.end--;
	if (is_nothing(line, (size_t)(c.end - line)))
		return TRACE_LINE_NOTHING;
	if (memchr(line, '\0', len)) {
		trace_reason(reason, "the line holds a NUL byte");
		return TRACE_LINE_BAD;
	}
	if (is_lost_note(line, len, event))
		return TRACE_LINE_LOST;
	if (!find_head(&c, event, &name, reason))
		return TRACE_LINE_BAD;
	event->type = trace_type_by_name(name.start, name.len);
	if (!take_fields(&c, event, reason) || trace_event_check(event, reason))
		return TRACE_LINE_BAD;
	if (event->type == TRACE_UNKNOWN) {
		*text = name;
	} else {
		*text = (struct trace_span){ c.p, (size_t)(c.end - c.p) };
		strip_writer(text);
	}
	return TRACE_LINE_EVENT;
}

// SPDX-License-Identifier: MIT
/*
 * dat.c - a recording in the binary form, trace.dat
 *
 * Idea. The layout of the records is described in the file itself, and differs by kernel and word
 * size; the kernel's own libraries, libtracecmd and libtraceevent, understand it. From them come
 * the records of all CPUs in the order of time. The fields of each event are looked up once, by
 * the number of the event; after that a record costs a few loads.
 *
 * Always true: decode[id] is the decoder of event number id, or unset before its first record.
 *
 * The "line" of an event is the number of its record, from 1.
 */
#include "event.h"
#include "input.h"

#include <errno.h>
#include <string.h>

#ifdef HAVE_TRACECMD
#include <stdlib.h>
#include <unistd.h>

#include <trace-cmd.h>

#define MAX_EVENT_ID	65536	/* the number is 16 bits wide in a record */
#define MAX_FIELDS	4

/* A number of the record, and the member of struct trace_event it becomes. */
struct dat_field {
	const char *name;
	void (*set)(struct trace_event *event, uint64_t value);
	uint64_t    max;
};

/* What a type of event carries, in the words of the kernel's format files. */
struct dat_layout {
	enum trace_type	 type;
	struct dat_field field[MAX_FIELDS];
};

struct dat_decoder {
	int			 known;
	enum trace_type		 type;
	const struct dat_layout	*layout;		/* NULL: only counted */
	struct tep_format_field	*field[MAX_FIELDS];
	struct tep_format_field	*text;			/* of a mark */
	const char		*name;
	const char		*missing;		/* the field this recording lacks, or NULL */
};

struct dat {
	struct trace_reader	*reader;
	struct tep_handle	*tep;
	struct dat_decoder	*decode;		/* MAX_EVENT_ID of them */
	int			 stopped;
};

static void set_pfn(struct trace_event *event, uint64_t value)
{
	/* The kernel records a failed allocation as frame -1, of its own word size, prints 0. */
	event->pfn = value == UINT64_MAX || value == UINT32_MAX ? 0 : value;
}

static void set_order(struct trace_event *event, uint64_t value)
{
	event->order = (uint8_t)value;
}

static void set_fallback_order(struct trace_event *event, uint64_t value)
{
	event->fallback_order = (uint8_t)value;
}

static void set_migratetype(struct trace_event *event, uint64_t value)
{
	event->migratetype = (uint8_t)value;
}

static void set_gfp(struct trace_event *event, uint64_t value)
{
	event->gfp = (uint32_t)value;
}

static void set_count(struct trace_event *event, uint64_t value)
{
	event->pfn = value;
}

#define PFN(f)		{ f, set_pfn, UINT64_MAX }
#define ORDER(f, set)	{ f, set, TRACE_MAX_ORDER }
#define MIGRATETYPE(f)	{ f, set_migratetype, TRACE_MAX_MIGRATETYPE }

static const struct dat_layout layouts[] = {
	{ TRACE_PAGE_ALLOC, { PFN("pfn"), ORDER("order", set_order), MIGRATETYPE("migratetype"),
			      { "gfp_flags", set_gfp, UINT32_MAX } } },
	{ TRACE_PAGE_FREE, { PFN("pfn"), ORDER("order", set_order) } },
	{ TRACE_BUDDY_OUT, { PFN("pfn"), ORDER("order", set_order), MIGRATETYPE("migratetype") } },
	{ TRACE_BUDDY_IN, { PFN("pfn"), ORDER("order", set_order), MIGRATETYPE("migratetype") } },
	{ TRACE_EXTFRAG, { PFN("pfn"), ORDER("alloc_order", set_order),
			   ORDER("fallback_order", set_fallback_order),
			   MIGRATETYPE("alloc_migratetype") } },
	{ TRACE_MIGRATED, { { "nr_migrated", set_count, UINT32_MAX } } },
};

static const struct dat_layout *find_layout(enum trace_type type)
{
	size_t i;

	for (i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if (layouts[i].type == type)
			return &layouts[i];
	return NULL;
}

static void learn(struct dat_decoder *decoder, struct tep_event *event)
{
	int i;

	decoder->known = 1;
	decoder->name = event->name;
	decoder->type = trace_type_by_name(event->name, strlen(event->name));
	decoder->layout = find_layout(decoder->type);
	if (decoder->type == TRACE_MARK) {
		decoder->text = tep_find_field(event, "buf");
		if (!decoder->text)
			decoder->missing = "buf";
	}
	for (i = 0; decoder->layout && i < MAX_FIELDS && decoder->layout->field[i].name; i++) {
		decoder->field[i] = tep_find_field(event, decoder->layout->field[i].name);
		if (!decoder->field[i])
			decoder->missing = decoder->layout->field[i].name;
	}
}

static int outside(const struct tep_format_field *field, const struct tep_record *record)
{
	return field->offset < 0 || field->size < 0 || field->offset + field->size > record->size;
}

static int take_fields(const struct dat_decoder *decoder, const struct tep_record *record,
		       struct trace_event *event, char *reason)
{
	unsigned long long value;
	int i;

	for (i = 0; decoder->layout && i < MAX_FIELDS && decoder->field[i]; i++) {
		const struct dat_field *want = &decoder->layout->field[i];

		if (outside(decoder->field[i], record) ||
		    tep_read_number_field(decoder->field[i], record->data, &value)) {
			trace_reason(reason, "field %s does not fit in its record", want->name);
			return -1;
		}
		if (value > want->max) {
			trace_reason(reason, "%s is too large: '%llu'", want->name, value);
			return -1;
		}
		want->set(event, value);
	}
	return 0;
}

static void take_text(const struct dat_decoder *decoder, const struct tep_record *record,
		      struct trace_span *text)
{
	const char *start = (const char *)record->data + decoder->text->offset;
	int room = record->size - decoder->text->offset;

	text->start = room > 0 ? start : "";
	text->len = room > 0 ? strnlen(start, (size_t)room) : 0;
	while (text->len && text->start[text->len - 1] == '\n')
		text->len--;
}

static int take_record(struct dat_decoder *decoder, const struct tep_record *record,
		       struct trace_event *event, struct trace_span *text, char *reason)
{
	if (record->cpu < 0 || record->cpu > TRACE_MAX_CPU) {
		trace_reason(reason, "the CPU number is too large, the limit is %u", TRACE_MAX_CPU);
		return -1;
	}
	if (decoder->missing) {
		trace_reason(reason, "event %s has no field %s", decoder->name, decoder->missing);
		return -1;
	}
	event->type = (uint8_t)decoder->type;
	event->cpu = (uint16_t)record->cpu;
	event->ns = record->ts;
	if (decoder->type == TRACE_UNKNOWN)
		*text = (struct trace_span){ decoder->name, strlen(decoder->name) };
	else if (decoder->type == TRACE_MARK)
		take_text(decoder, record, text);
	if (take_fields(decoder, record, event, reason))
		return -1;
	return trace_event_check(event, reason);
}

static struct dat_decoder *find_decoder(struct dat *dat, struct tep_record *record)
{
	int id = tep_data_type(dat->tep, record);
	struct dat_decoder *decoder;
	struct tep_event *event;

	if (id < 0 || id >= MAX_EVENT_ID)
		return NULL;
	decoder = &dat->decode[id];
	if (decoder->known)
		return decoder;
	event = tep_find_event_by_record(dat->tep, record);
	if (!event)
		return NULL;
	learn(decoder, event);
	return decoder;
}

static int read_record(struct tracecmd_input *handle, struct tep_record *record, int cpu, void *arg)
{
	struct dat *dat = arg;
	struct trace_reader *reader = dat->reader;
	struct trace_stats *stats = reader->stats;
	struct dat_decoder *decoder = find_decoder(dat, record);
	struct trace_event event = { .line = (uint32_t)++stats->nr_lines };
	struct trace_span text = { "", 0 };
	char reason[TRACE_REASON_BYTES];

	(void)handle;
	(void)cpu;
	if (record->missed_events)
		stats->nr_lost += record->missed_events > 0 ? (uint64_t)record->missed_events : 1;
	if (!decoder) {
		trace_reason(reason, "the record is of an event that the file does not describe");
		dat->stopped = trace_complain(reader, event.line, reason);
	} else if (take_record(decoder, record, &event, &text, reason)) {
		dat->stopped = trace_complain(reader, event.line, reason);
	} else {
		dat->stopped = trace_deliver(reader, &event, &text);
	}
	return dat->stopped;
}

static enum trace_result read_records(struct dat *dat, struct tracecmd_input *handle)
{
	struct trace_reader *reader = dat->reader;
	int ret;

	dat->tep = tracecmd_get_tep(handle);
	dat->decode = calloc(MAX_EVENT_ID, sizeof(*dat->decode));
	if (!dat->decode)
		return trace_fail(reader, TRACE_ENOMEM, "no memory");
	ret = tracecmd_iterate_events(handle, NULL, 0, read_record, dat);
	free(dat->decode);
	reader->stats->read_bytes = trace_input_total(reader->input);
	if (dat->stopped)
		return TRACE_STOPPED;
	if (ret < 0)
		return trace_fail(reader, TRACE_EIO, "libtracecmd stopped reading after record %llu",
				  (unsigned long long)reader->stats->nr_lines);
	if (!reader->stats->nr_lines)
		return trace_fail(reader, TRACE_ENOTRACE, "the trace.dat holds no records");
	return TRACE_END;
}

enum trace_result trace_read_dat(struct trace_reader *reader)
{
	struct dat dat = { .reader = reader };
	struct tracecmd_input *handle;
	enum trace_result result;
	int fd = trace_input_seekable(reader->input);

	if (fd < 0)
		return trace_fail(reader, TRACE_EIO, "%s", strerror(errno));
	tracecmd_set_loglevel(TEP_LOG_NONE);
	tep_set_loglevel(TEP_LOG_NONE);
	handle = tracecmd_open_fd(fd, TRACECMD_FL_LOAD_NO_PLUGINS);
	if (!handle) {
		close(fd);
		return trace_fail(reader, TRACE_EIO, "libtracecmd cannot read this trace.dat");
	}
	result = read_records(&dat, handle);
	tracecmd_close(handle);
	return result;
}
#else
enum trace_result trace_read_dat(struct trace_reader *reader)
{
	return trace_fail(reader, TRACE_ENOTBUILT,
			  "this is a trace.dat, and Pagoda was built without libtracecmd");
}
#endif

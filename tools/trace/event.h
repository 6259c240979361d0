/* SPDX-License-Identifier: MIT */
/*
 * event.h - what the files of the reader share, and nobody else sees
 */
#ifndef PAGODA_TRACE_EVENT_H
#define PAGODA_TRACE_EVENT_H

#include "trace.h"

#define TRACE_REASON_BYTES sizeof(((struct trace_problem *)0)->reason)

/* Writes a reason of at most TRACE_REASON_BYTES; what is not printable becomes '?'. */
void trace_reason(char *reason, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

struct trace_input;

/*
 * The state of one reading. The forms share how an event is counted and delivered: reader.c has
 * these three, text and trace.dat call them.
 */
struct trace_reader {
	const char		*path;		/* as problems call it */
	const struct trace_sink *sink;
	struct trace_stats	*stats;
	struct trace_input	*input;
};

/* Counts an event and gives it to the sink. Return: what the sink says, 0 to go on. */
int trace_deliver(struct trace_reader *reader, const struct trace_event *event,
		  const struct trace_span *text);

/* Counts a bad line and gives it to the sink. Return: what the sink says, 0 to go on. */
int trace_complain(struct trace_reader *reader, uint32_t line, const char *reason);

/* Ends the reading: writes the sentence that goes with a result, and returns it. */
enum trace_result trace_fail(struct trace_reader *reader, enum trace_result result,
			     const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The form trace.dat, from the file at reader->input. */
enum trace_result trace_read_dat(struct trace_reader *reader);

#endif

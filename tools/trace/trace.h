/* SPDX-License-Identifier: MIT */
/*
 * trace.h - page events out of a recording that a Linux kernel made
 *
 * Idea. A reader turns any form of a recording (ftrace text, plain or compressed, or the binary
 * trace.dat) into one stream of small events, in the order of the recording, and hands each to a
 * sink. It keeps nothing: a recording of 300 MB passes through a buffer of 1 MB. What cannot be
 * understood goes to the sink as a problem, with its line and a reason, and the reader goes on.
 *
 * Always true of an event that reaches the sink:
 *   sound	order <= TRACE_MAX_ORDER, cpu <= TRACE_MAX_CPU, migratetype <= TRACE_MAX_MIGRATETYPE
 *   aligned	pfn is a multiple of 2^order, and has at most TRACE_PFN_BITS bits
 *   named	gfp is built from names of README's table (Linux 6.1) and hexadecimal remainders
 *
 * No global state: any number of readers may run at once, each in one thread.
 */
#ifndef PAGODA_TRACE_H
#define PAGODA_TRACE_H

#include <stddef.h>
#include <stdint.h>

#define TRACE_MAX_ORDER		10	/* the largest order of the 6.1 kernel, included */
#define TRACE_MAX_CPU		8191	/* NR_CPUS of distribution kernels, less one */
#define TRACE_MAX_MIGRATETYPE	15
#define TRACE_PFN_BITS		52	/* frames of 4 KiB in 64 bits of address */
#define TRACE_MAX_LINE		65536	/* bytes; a longer line is a problem, not an event */

/**
 * enum trace_type - what a line of a recording tells
 *
 * Those below TRACE_FIRST_COUNTED reach the sink. The others are only counted, by type.
 */
enum trace_type {
	TRACE_PAGE_ALLOC,	/* mm_page_alloc: a block was handed out; pfn 0: the attempt failed */
	TRACE_PAGE_FREE,	/* mm_page_free: a block is about to be freed */
	TRACE_BUDDY_OUT,	/* mm_page_alloc_zone_locked: a block left the free lists */
	TRACE_BUDDY_IN,		/* mm_page_pcpu_drain: a block came back to the free lists */
	TRACE_EXTFRAG,		/* mm_page_alloc_extfrag: taken from another migrate type */
	TRACE_COMPACTION,	/* mm_compaction_begin: a compaction starts */
	TRACE_MIGRATED,		/* mm_compaction_migratepages: it moved pages; pfn is how many */
	TRACE_MARK,		/* tracing_mark_write: text of the recorder */

	TRACE_FIRST_COUNTED,
	TRACE_PAGE_FREE_BATCHED = TRACE_FIRST_COUNTED,
	TRACE_KMEM_CACHE_ALLOC,
	TRACE_KMEM_CACHE_FREE,
	TRACE_KFREE,
	TRACE_KMALLOC,
	TRACE_KMEM_CACHE_ALLOC_NODE,
	TRACE_KMALLOC_NODE,
	TRACE_PERCPU_ALLOC,
	TRACE_PERCPU_FREE,
	TRACE_PERCPU_ALLOC_FAIL,
	TRACE_PERCPU_CREATE_CHUNK,
	TRACE_PERCPU_DESTROY_CHUNK,
	TRACE_RECLAIM_BEGIN,
	TRACE_RECLAIM_END,
	TRACE_WAKEUP_KSWAPD,
	TRACE_KSWAPD_WAKE,
	TRACE_KSWAPD_SLEEP,
	TRACE_COMPACTION_END,
	TRACE_MARK_VICTIM,
	TRACE_RSS_STAT,
	TRACE_UNKNOWN,		/* an event of another name: well formed, of no concern to us */
	NR_TRACE_TYPES
};

/**
 * struct trace_event - one event, in the least space
 *
 * Fields that an event of this type does not have are 0.
 */
struct trace_event {
	uint64_t pfn;		/* first frame of the block; 0 of an alloc: it failed */
	uint64_t ns;		/* time stamp, nanoseconds by the clock of the recording */
	uint32_t line;		/* line of the text, or record of the trace.dat; from 1 */
	uint32_t gfp;		/* flags by the values of Linux 6.1 (trace_gfp_parse()) */
	uint16_t cpu;
	uint8_t	 type;		/* enum trace_type */
	uint8_t	 order;		/* of TRACE_EXTFRAG: the order that was asked for */
	uint8_t	 migratetype;
	uint8_t	 fallback_order;	/* of TRACE_EXTFRAG: of the block that was broken */
	uint8_t	 unused[2];
};

_Static_assert(sizeof(struct trace_event) == 32, "two events to a cache line");

/* One line that could not be understood. Valid during the call only. */
struct trace_problem {
	const char *file;
	uint32_t    line;	/* from 1 */
	char	    reason[160];	/* printable, no newline */
};

/**
 * struct trace_sink - where events go
 *
 * A call that returns other than 0 stops the reader: a strict caller returns 1 from @problem.
 * @mark gets the text of a mark, not terminated, without its newline. Any call may be NULL.
 */
struct trace_sink {
	int (*event)(void *arg, const struct trace_event *event);
	int (*mark)(void *arg, const struct trace_event *event, const char *text, size_t len);
	int (*problem)(void *arg, const struct trace_problem *problem);
	void (*progress)(void *arg, uint64_t done_bytes, uint64_t total_bytes);
	void *arg;
};

#define TRACE_UNKNOWN_NAMES 16

/* What a reader saw. total_bytes is 0 where the size is not known (a pipe). */
struct trace_stats {
	uint64_t nr_lines;			/* lines of the text, records of a trace.dat */
	uint64_t nr_events;			/* of every type, unknown ones too */
	uint64_t nr_malformed;			/* lines given to problem() */
	uint64_t nr_lost;			/* events the kernel says it lost */
	uint64_t nr_type[NR_TRACE_TYPES];
	uint64_t read_bytes;			/* as stored, that is, compressed */
	uint64_t text_bytes;			/* after decompression; 0 of a trace.dat */
	double	 input_seconds;			/* of reading and decompressing, not of parsing */
	const char *form;			/* "text", "text.xz", "text.zst", "trace.dat" */
	struct trace_unknown {
		char	 name[48];
		uint64_t nr;
	} unknown[TRACE_UNKNOWN_NAMES];		/* the first names met, the rest only counted */
	char error[256];			/* the sentence that goes with a result below 0 */
};

/* The result of reading. Below 0 the stream ended early; what came before it was delivered. */
enum trace_result {
	TRACE_END = 0,		/* read to the end */
	TRACE_STOPPED = 1,	/* a call of the sink said so */
	TRACE_EIO = -1,		/* cannot be opened or read, or compressed data broken or cut off */
	TRACE_ENOTRACE = -2,	/* empty, or not one line of it is an event */
	TRACE_ENOTBUILT = -3,	/* a form whose library was not there at build time */
	TRACE_ENOMEM = -4,
};

/**
 * trace_read - read a recording to its end
 * @path:  file, or "-" for standard input; the form is told by the first bytes
 * @sink:  gets the events
 * @stats: filled in, whatever the result
 *
 * Context: any; one thread. Return: enum trace_result; below 0 @stats->error says why.
 */
enum trace_result trace_read(const char *path, const struct trace_sink *sink,
			     struct trace_stats *stats);

/**
 * trace_read_memory - the same from @size bytes at @data (not of the form trace.dat)
 * @name: what problems and errors call it
 */
enum trace_result trace_read_memory(const char *name, const void *data, size_t size,
				    const struct trace_sink *sink, struct trace_stats *stats);

/* The kernel's name of an event type, "unknown" of TRACE_UNKNOWN. Never NULL. */
const char *trace_type_name(enum trace_type type);

/* The type of an event by its name of @len bytes; TRACE_UNKNOWN of any other name. */
enum trace_type trace_type_by_name(const char *name, size_t len);

/* What one line of text holds. */
enum trace_line {
	TRACE_LINE_EVENT,	/* an event; its type may be one that is only counted */
	TRACE_LINE_NOTHING,	/* blank, or part of the header */
	TRACE_LINE_LOST,	/* the kernel's note about lost events: event->pfn many */
	TRACE_LINE_BAD,		/* reason is filled in */
};

/* Where the text of a mark, or the name of an event, lies in its line. */
struct trace_span {
	const char *start;
	size_t	    len;
};

/**
 * trace_parse_line - understand one line of ftrace text
 * @line:   @len bytes, without the newline, not terminated
 * @event:  filled in of TRACE_LINE_EVENT, but for event->line
 * @text:   the text of a mark; of TRACE_UNKNOWN the name of the event
 * @reason: sizeof(((struct trace_problem *)0)->reason) bytes, filled in of TRACE_LINE_BAD
 */
enum trace_line trace_parse_line(const char *line, size_t len, struct trace_event *event,
				 struct trace_span *text, char *reason);

/**
 * trace_gfp_parse - the value of a list of GFP names
 * @list:  "GFP_KERNEL|__GFP_ZERO", "none", "__GFP_COMP|0x1000000": names of Linux 6.1
 * @value: set on success
 * @bad:   of a failure, the word that is none of them
 *
 * Return: 0, or -1.
 */
int trace_gfp_parse(const char *list, size_t len, uint32_t *value, struct trace_span *bad);

/**
 * trace_gfp_format - the list of names of a value, as the 6.1 kernel prints it
 * @buf: @size bytes; cut off, but terminated, when it is too small
 *
 * Return: @buf.
 */
char *trace_gfp_format(uint32_t value, char *buf, size_t size);

/**
 * trace_event_check - the limits that every event keeps, whatever form it came in
 * @event:  a candidate
 * @reason: filled in when one is broken
 *
 * Return: 0, or -1.
 */
int trace_event_check(const struct trace_event *event, char *reason);

#endif

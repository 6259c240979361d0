// SPDX-License-Identifier: MIT
/*
 * event.c - the types of events, and the limits each event keeps
 *
 * Idea. Both forms of a recording, text and trace.dat, end in the same struct trace_event, and
 * what is believed of one is written here once: a block of the buddy system starts at a multiple
 * of its size, its order is one that exists, its CPU one that a kernel can have.
 */
#include "event.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct type_name {
	const char *name;
	uint8_t	    len;
	uint8_t	    type;
};

#define TYPE_NAME(n, t) { .name = n, .len = sizeof(n) - 1, .type = t }

/* The most frequent ones first: the search for a name is linear. */
static const struct type_name type_names[] = {
	TYPE_NAME("kmem_cache_alloc", TRACE_KMEM_CACHE_ALLOC),
	TYPE_NAME("kmem_cache_free", TRACE_KMEM_CACHE_FREE),
	TYPE_NAME("mm_page_alloc", TRACE_PAGE_ALLOC),
	TYPE_NAME("mm_page_free", TRACE_PAGE_FREE),
	TYPE_NAME("mm_page_free_batched", TRACE_PAGE_FREE_BATCHED),
	TYPE_NAME("mm_page_alloc_zone_locked", TRACE_BUDDY_OUT),
	TYPE_NAME("mm_page_pcpu_drain", TRACE_BUDDY_IN),
	TYPE_NAME("kfree", TRACE_KFREE),
	TYPE_NAME("kmalloc", TRACE_KMALLOC),
	TYPE_NAME("rss_stat", TRACE_RSS_STAT),
	TYPE_NAME("mm_page_alloc_extfrag", TRACE_EXTFRAG),
	TYPE_NAME("tracing_mark_write", TRACE_MARK),
	TYPE_NAME("print", TRACE_MARK),	/* its name in the binary form */
	TYPE_NAME("percpu_alloc_percpu", TRACE_PERCPU_ALLOC),
	TYPE_NAME("percpu_free_percpu", TRACE_PERCPU_FREE),
	TYPE_NAME("percpu_alloc_percpu_fail", TRACE_PERCPU_ALLOC_FAIL),
	TYPE_NAME("percpu_create_chunk", TRACE_PERCPU_CREATE_CHUNK),
	TYPE_NAME("percpu_destroy_chunk", TRACE_PERCPU_DESTROY_CHUNK),
	TYPE_NAME("mm_vmscan_direct_reclaim_begin", TRACE_RECLAIM_BEGIN),
	TYPE_NAME("mm_vmscan_direct_reclaim_end", TRACE_RECLAIM_END),
	TYPE_NAME("mm_vmscan_wakeup_kswapd", TRACE_WAKEUP_KSWAPD),
	TYPE_NAME("mm_vmscan_kswapd_wake", TRACE_KSWAPD_WAKE),
	TYPE_NAME("mm_vmscan_kswapd_sleep", TRACE_KSWAPD_SLEEP),
	TYPE_NAME("mm_compaction_begin", TRACE_COMPACTION),
	TYPE_NAME("mm_compaction_end", TRACE_COMPACTION_END),
	TYPE_NAME("mm_compaction_migratepages", TRACE_MIGRATED),
	TYPE_NAME("mark_victim", TRACE_MARK_VICTIM),
	TYPE_NAME("kmem_cache_alloc_node", TRACE_KMEM_CACHE_ALLOC_NODE),
	TYPE_NAME("kmalloc_node", TRACE_KMALLOC_NODE),
};

#define NR_TYPE_NAMES (sizeof(type_names) / sizeof(type_names[0]))

const char *trace_type_name(enum trace_type type)
{
	size_t i;

	for (i = 0; i < NR_TYPE_NAMES; i++)
		if (type_names[i].type == type)
			return type_names[i].name;
	return "unknown";
}

enum trace_type trace_type_by_name(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < NR_TYPE_NAMES; i++)
		if (type_names[i].len == len && !memcmp(type_names[i].name, name, len))
			return (enum trace_type)type_names[i].type;
	return TRACE_UNKNOWN;
}

void trace_reason(char *reason, const char *fmt, ...)
{
	va_list args;
	char *c;

	va_start(args, fmt);
	vsnprintf(reason, TRACE_REASON_BYTES, fmt, args);
	va_end(args);
	for (c = reason; *c; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			*c = '?';
}

static int is_block(const struct trace_event *event)
{
	return event->type <= TRACE_BUDDY_IN;
}

int trace_event_check(const struct trace_event *event, char *reason)
{
	if (event->cpu > TRACE_MAX_CPU) {
		trace_reason(reason, "CPU %u is too large, the limit is %u", event->cpu,
			     TRACE_MAX_CPU);
		return -1;
	}
	if (event->order > TRACE_MAX_ORDER) {
		trace_reason(reason, "order %u is too large, the limit is %u", event->order,
			     TRACE_MAX_ORDER);
		return -1;
	}
	if (event->migratetype > TRACE_MAX_MIGRATETYPE) {
		trace_reason(reason, "migrate type %u is too large, the limit is %u",
			     event->migratetype, TRACE_MAX_MIGRATETYPE);
		return -1;
	}
	if (is_block(event) && event->pfn >> TRACE_PFN_BITS) {
		trace_reason(reason, "pfn 0x%" PRIx64 " is beyond any memory", event->pfn);
		return -1;
	}
	if (is_block(event) && event->pfn & ((1u << event->order) - 1)) {
		trace_reason(reason, "pfn 0x%" PRIx64 " is no multiple of 2^%u, the size of its block",
			     event->pfn, event->order);
		return -1;
	}
	if (event->type == TRACE_PAGE_FREE && !event->pfn) {
		trace_reason(reason, "page frame 0 is freed, which no kernel hands out");
		return -1;
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * <linux/vmstat.h> - counters
 */
#ifndef _PAGODA_LINUX_VMSTAT_H
#define _PAGODA_LINUX_VMSTAT_H

#include <linux/mmzone.h>
#include <linux/types.h>

enum zone_stat_item {
	NR_FREE_PAGES,		/* nobody's, those in per-CPU arrays included */
	NR_VM_ZONE_STAT_ITEMS
};

/* Events since boot. Those of PGALLOC and ALLOC_FAIL are in the order of the zones. */
enum vm_event_item {
	PGALLOC_DMA, PGALLOC_DMA32, PGALLOC_NORMAL, PGALLOC_HIGHMEM,	/* pages that left the buddy */
	PGFREE,			/* pages that came back to it */
	PGALLOC_EXTFRAG,	/* blocks taken from another migrate type */
	PGALLOC_FALLBACK,	/* requests the buddy served from another zone than the preferred */
	KSWAPD_WAKE,		/* requests that found every zone below low */
	ALLOC_DIRECT,		/* requests that came to direct reclaim */
	ALLOC_FAIL_DMA, ALLOC_FAIL_DMA32, ALLOC_FAIL_NORMAL, ALLOC_FAIL_HIGHMEM,	/* by zone wanted */
	ALLOC_NOFAIL_WAIT,	/* times a __GFP_NOFAIL request slept */
	PCP_DRAIN,		/* arrays drained from another CPU */
	PAGESET_TIGHT,		/* times a zone stopped using its arrays */
	NR_VM_EVENT_ITEMS
};

#pragma GCC visibility push(default)

/**
 * zone_page_state - a counter of a zone, in pages
 *
 * Context: any. Exact when nobody allocates or frees meanwhile.
 */
unsigned long zone_page_state(struct zone *zone, enum zone_stat_item item);
unsigned long global_zone_page_state(enum zone_stat_item item);

/**
 * all_vm_events - read all event counters
 * @ret: NR_VM_EVENT_ITEMS values
 *
 * Context: any.
 */
void all_vm_events(unsigned long *ret);

#pragma GCC visibility pop

#endif

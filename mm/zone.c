// SPDX-License-Identifier: MIT
/*
 * zone.c - nodes and zones: how they lie, in which order they are asked, how full they must stay
 *
 * Idea. A zone is the part of a node below an address limit. A request may use its own zone and the
 * lower ones; a node's zonelist has all zones of all nodes in the order to try them: nodes by
 * distance, in each the highest zone first, so that scarce low memory is used last. Three watermarks
 * say how low a zone may fall: below low the reclaimer works until high; below min only those may take
 * who help to free memory, or must not fail. What a lower zone keeps from requests that could have
 * used a higher one is lowmem_reserve.
 *
 * Always true after boot
 *	apart    zones do not overlap; a frame's zone follows from zone_limit_pfn and node_limit_pfn
 *	all      every node has the four zones; one without memory has no pages and is in no zonelist
 *
 * Locks: none; written in boot. Reading a counter needs none either.
 */
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/swap.h>
#include <linux/topology.h>

#include "internal.h"
#include "memblock.h"

#define WATERMARK_SCALE_FACTOR 10	/* of 10000: distance of the watermarks, in large zones */

const char *const zone_names[MAX_NR_ZONES] = { "DMA", "DMA32", "Normal", "HighMem" };

struct pglist_data *node_data[MAX_NUMNODES];
unsigned int nr_node_ids;
unsigned int high_zone_of_gfp[NR_PAGE_REQUESTS];
unsigned long min_free_kbytes;

struct zone *first_zone(void)
{
	return nr_node_ids ? node_data[0]->node_zones : NULL;
}

struct zone *next_zone(struct zone *zone)
{
	unsigned int nid = zone_to_nid(zone);

	if (zone_idx(zone) < MAX_NR_ZONES - 1)
		return zone + 1;
	return nid + 1 < nr_node_ids ? node_data[nid + 1]->node_zones : NULL;
}

/* ---- where they lie ---- */

/* First and last frame of memory in [start, end), as *start and *end. */
static void trim_to_memory(unsigned long *start, unsigned long *end)
{
	phys_addr_t base, size;
	unsigned long first = *end, last = *start;

	for (unsigned int i = 0; memblock_range(i, &base, &size); i++) {
		unsigned long from = max_t(unsigned long, PFN_UP(base), *start);
		unsigned long to = min_t(unsigned long, PFN_DOWN(base + size), *end);

		if (from < to) {
			first = min(first, from);
			last = max(last, to);
		}
	}
	*start = first;
	*end = max(first, last);
}

static void zone_start(struct zone *zone, struct pglist_data *node, enum zone_type type,
		       unsigned long start, unsigned long end)
{
	zone->name = zone_names[type];
	zone->zone_pgdat = node;
	spin_lock_init_rank(&zone->lock, RANK_ZONE);
	spin_lock_init_rank(&zone->pageset_lock, RANK_PAGESET);
	spin_lock_init_rank(&zone->lru_lock, RANK_LRU);
	for (int i = 0; i < NR_LRU_LISTS; i++)
		INIT_LIST_HEAD(&zone->lru[i].list);
	buddy_init(zone);
	trim_to_memory(&start, &end);
	if (start == end)
		return;
	zone->zone_start_pfn = start;
	zone->spanned_pages = end - start;
	zone->present_pages = memblock_pages(start, end);
}

static void node_start(struct pglist_data *node, int nid)
{
	unsigned long node_start = nid ? node_limit_pfn[nid - 1] : 0;
	unsigned long node_end = node_limit_pfn[nid];

	node->node_id = nid;
	node->nr_zones = MAX_NR_ZONES;
	for (int type = 0; type < MAX_NR_ZONES; type++) {
		unsigned long start = max(node_start, type ? zone_limit_pfn[type - 1] : 0);
		unsigned long end = min(node_end, zone_limit_pfn[type]);

		zone_start(&node->node_zones[type], node, type, start, max(start, end));
	}
	trim_to_memory(&node_start, &node_end);
	node->node_start_pfn = node_start;
	node->node_spanned_pages = node_end - node_start;
	node->node_present_pages = memblock_pages(node_start, node_end);
}

/* ---- in which order they are asked ---- */

/* Nodes stand in a ring; each step around it costs the same. */
int node_distance(int from, int to)
{
	int nr = nr_node_ids, steps = from < to ? to - from : from - to;

	if (from == to)
		return LOCAL_DISTANCE;
	if (nr - steps < steps)
		steps = nr - steps;
	return LOCAL_DISTANCE + steps * (REMOTE_DISTANCE - LOCAL_DISTANCE);
}

static struct zoneref *list_node(struct zoneref *ref, struct pglist_data *node)
{
	for (int type = MAX_NR_ZONES - 1; type >= 0; type--) {
		if (!populated_zone(&node->node_zones[type]))
			continue;
		ref->zone = &node->node_zones[type];
		ref->zone_idx = type;
		ref++;
	}
	return ref;
}

static struct zoneref *end_list(struct zoneref *ref)
{
	ref->zone = NULL;
	ref->zone_idx = 0;
	return ref + 1;
}

/* All nodes by distance; of equal ones those that come next around the ring first, to spread load. */
static struct zoneref *list_all_nodes(struct zoneref *ref, int nid)
{
	int farthest = 0, nr = nr_node_ids;

	for (int i = 0; i < nr; i++)
		farthest = max(farthest, node_distance(nid, i));
	for (int distance = LOCAL_DISTANCE; distance <= farthest; distance++)
		for (int i = 0; i < nr; i++)
			if (node_distance(nid, (nid + i) % nr) == distance)
				ref = list_node(ref, node_data[(nid + i) % nr]);
	return end_list(ref);
}

unsigned long zone_list_length(void)
{
	return (unsigned long)nr_node_ids * MAX_NR_ZONES + 1 + MAX_NR_ZONES + 1;
}

static void zonelists_start(struct zoneref *ref)
{
	for (unsigned int nid = 0; nid < nr_node_ids; nid++) {
		struct pglist_data *node = node_data[nid];

		node->node_zonelists[ZONELIST_FALLBACK]._zonerefs = ref;
		ref = list_all_nodes(ref, nid);
		node->node_zonelists[ZONELIST_NOFALLBACK]._zonerefs = ref;
		ref = end_list(list_node(ref, node));
	}
}

/*
 * The highest zone for the zone bits of a request. Without high memory "high" is normal; without a
 * DMA32 zone all normal memory is within 32 bits. Several bits ask for what satisfies all of them.
 */
static enum zone_type highest_zone(unsigned int gfp, bool highmem)
{
	if (gfp & __GFP_DMA)
		return ZONE_DMA;
	if (gfp & __GFP_DMA32)
		return highmem ? ZONE_NORMAL : ZONE_DMA32;
	return gfp & __GFP_HIGHMEM ? ZONE_HIGHMEM : ZONE_NORMAL;
}

void zones_start(struct pglist_data *nodes, unsigned int nr_nodes, struct zoneref *zonerefs,
		 bool highmem)
{
	nr_node_ids = nr_nodes;
	for (unsigned int nid = 0; nid < nr_nodes; nid++)
		node_data[nid] = &nodes[nid];
	for (unsigned int nid = 0; nid < nr_nodes; nid++)
		node_start(&nodes[nid], nid);
	zonelists_start(zonerefs);
	for (unsigned int gfp = 0; gfp < NR_PAGE_REQUESTS; gfp++)
		high_zone_of_gfp[gfp] = highest_zone(gfp, highmem);
}

void zones_stop(void)
{
	nr_node_ids = 0;
	for (int nid = 0; nid < MAX_NUMNODES; nid++)
		node_data[nid] = NULL;
}

/* ---- how full they must stay ---- */

static unsigned long int_sqrt(unsigned long x)
{
	unsigned long root = 0;

	for (int bit = ilog2(x | 1) / 2; bit >= 0; bit--) {
		unsigned long next = root | 1UL << bit;

		if (next * next <= x)
			root = next;
	}
	return root;
}

unsigned long nr_free_buffer_pages(void)
{
	unsigned long nr = 0;
	struct zone *zone;

	for_each_populated_zone(zone) {
		unsigned long managed = zone_managed_pages(zone);

		if (!is_highmem(zone) && managed > high_wmark_pages(zone))
			nr += managed - high_wmark_pages(zone);
	}
	return nr;
}

/* More memory needs more reserve, but less than in proportion: the square root of 16 times its size. */
static unsigned long default_min_free_kbytes(unsigned long lowmem_pages)
{
	return clamp(int_sqrt(lowmem_pages * (PAGE_SIZE >> 10) * 16), 128UL, 262144UL);
}

static void zone_set_watermarks(struct zone *zone, unsigned long pages_min,
				unsigned long lowmem_pages)
{
	unsigned long managed = zone_managed_pages(zone);
	unsigned long share = pages_min * managed / max(lowmem_pages, 1UL);
	unsigned long step = max(share / 4, managed * WATERMARK_SCALE_FACTOR / 10000);

	/* Nobody needs high memory in an emergency; a little keeps the reclaimer going. */
	if (is_highmem(zone) && managed)
		share = clamp(managed / 1024, SWAP_CLUSTER_MAX, 128UL);
	zone->watermark[WMARK_MIN] = share;
	zone->watermark[WMARK_LOW] = share + step;
	zone->watermark[WMARK_HIGH] = share + 2 * step;
}

/* What each zone keeps from requests that may use a higher zone: a share of all higher ones' memory. */
static void zone_set_reserve(struct zone *zone, const unsigned long *ratio)
{
	struct zone *zones = zone->zone_pgdat->node_zones;
	enum zone_type type = zone_idx(zone);
	unsigned long higher = 0;

	for (int i = 0; i < MAX_NR_ZONES; i++)
		zone->lowmem_reserve[i] = 0;
	for (int i = type + 1; i < MAX_NR_ZONES; i++) {
		higher += zone_managed_pages(&zones[i]);
		if (ratio[type] && managed_zone(zone))
			zone->lowmem_reserve[i] = higher / ratio[type];
	}
}

void zones_set_watermarks(unsigned long kbytes, const unsigned long *reserve_ratio)
{
	unsigned long pages_min, lowmem_pages = 0;
	struct zone *zone;

	for_each_zone(zone)
		if (!is_highmem(zone))
			lowmem_pages += zone_managed_pages(zone);
	min_free_kbytes = kbytes ? kbytes : default_min_free_kbytes(lowmem_pages);
	pages_min = min_free_kbytes >> (PAGE_SHIFT - 10);
	for_each_zone(zone) {
		zone_set_watermarks(zone, pages_min, lowmem_pages);
		zone_set_reserve(zone, reserve_ratio);
	}
}

static bool has_block(struct zone *zone, unsigned int order)
{
	for (; order < MAX_ORDER; order++)
		if (READ_ONCE(zone->free_area[order].nr_free))
			return true;
	return false;
}

/*
 * May @zone give a block of @order to a request whose highest zone is @highest? After it, the mark must
 * still be left, and for a large block there must be one.
 */
bool zone_watermark_ok(struct zone *zone, unsigned int order, unsigned int alloc_flags,
		       enum zone_type highest)
{
	unsigned long free = READ_ONCE(zone->nr_free);
	unsigned long mark = zone->watermark[alloc_flags & ALLOC_WMARK_MASK];
	unsigned long taken = (1UL << order) - 1;

	if (alloc_flags & ALLOC_NO_WATERMARKS)
		return order ? has_block(zone, order) : free;
	if (alloc_flags & ALLOC_HIGH)
		mark -= mark / 2;
	if (free <= taken || free - taken <= mark + zone->lowmem_reserve[highest])
		return false;
	return !order || has_block(zone, order);
}

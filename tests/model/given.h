/* SPDX-License-Identifier: MIT */
/*
 * given.h - what may be given, by the rules (REQUIREMENTS B, C, D) and the model; and what we then hold
 *
 * The rules are written down here a second time, as plainly as they can be: zone limits as numbers, the
 * watermark as one comparison, no lists of zones. Where the allocator has a choice the check leaves
 * it one; where it has none, both must agree exactly.
 */
#ifndef PAGODA_TESTS_GIVEN_H
#define PAGODA_TESTS_GIVEN_H

#include <linux/gfp.h>
#include <linux/topology.h>

#include "run.h"

/* ---- what the machine should be like, from its rules and not from its variables ---- */

static bool is_i386(void)
{
	return strstr(run.play->arg, "machine=i386");
}

/* Where the zones end (B2). */
static enum zone_type zone_of_frame(unsigned long pfn)
{
	if (pfn < (16UL << 20) >> PAGE_SHIFT)
		return pfn < max_low_pfn ? ZONE_DMA : ZONE_HIGHMEM;
	if (!is_i386())
		return pfn < (4UL << 30) >> PAGE_SHIFT ? ZONE_DMA32 : ZONE_NORMAL;
	return pfn < max_low_pfn ? ZONE_NORMAL : ZONE_HIGHMEM;
}

/* The highest zone that satisfies all zone bits (B5, D3). */
static enum zone_type highest_allowed(gfp_t gfp)
{
	if (gfp & __GFP_DMA)
		return ZONE_DMA;
	if (gfp & __GFP_DMA32)
		return is_i386() ? ZONE_NORMAL : ZONE_DMA32;
	return gfp & __GFP_HIGHMEM ? ZONE_HIGHMEM : ZONE_NORMAL;
}

static unsigned long mark_for(gfp_t gfp, const struct zone *zone)
{
	unsigned long min = min_wmark_pages(zone);

	if ((gfp & __GFP_MEMALLOC) && !(gfp & __GFP_NOMEMALLOC))
		return 0;
	return gfp & __GFP_HIGH ? min - min / 2 : min;
}

static unsigned long reserve_for(gfp_t gfp, const struct zone *zone)
{
	if ((gfp & __GFP_MEMALLOC) && !(gfp & __GFP_NOMEMALLOC))
		return 0;
	return zone->lowmem_reserve[highest_allowed(gfp)];
}

static bool zone_allowed(gfp_t gfp, int nid, const struct zone *zone)
{
	if ((gfp & __GFP_THISNODE) && zone_to_nid(zone) != nid)
		return false;
	return zone_idx(zone) <= highest_allowed(gfp);
}

/* ---- blocks ---- */

static unsigned long *low_page(unsigned long pfn)
{
	return pfn < max_low_pfn ? pfn_to_virt(pfn) : NULL;
}

/* The first and the last word of a page get a value that no other page has. */
static void stamp_page(unsigned long pfn)
{
	unsigned long *words = low_page(pfn);

	if (!words)
		return;
	words[0] = mix(pfn);
	words[PAGE_SIZE / sizeof(long) - 1] = mix(~pfn);
}

static void check_stamp(unsigned long pfn)
{
	const unsigned long *words = low_page(pfn);

	if (words)
		MUST(words[0] == mix(pfn) && words[PAGE_SIZE / sizeof(long) - 1] == mix(~pfn),
		     "kept: pfn %#lx was written to while it was ours", pfn);
}

static void stamp_block(struct block *block)
{
	block->stamped = one_in(8);
	if (!block->stamped)
		return;
	stamp_page(block->pfn);
	stamp_page(block->pfn + block->nr - 1);
}

static void check_block_stamps(const struct block *block)
{
	if (!block->stamped)
		return;
	check_stamp(block->pfn);
	check_stamp(block->pfn + block->nr - 1);
}

static struct block *hold(struct block block)
{
	if (run.nr_live == run.max_live) {
		run.max_live = run.max_live * 2 + 1024;
		run.live = realloc(run.live, run.max_live * sizeof(*run.live));
	}
	run.live[run.nr_live] = block;
	return &run.live[run.nr_live++];
}

/* Takes a block out of the table. */
static struct block drop(size_t i)
{
	struct block block = run.live[i];

	run.live[i] = run.live[--run.nr_live];
	return block;
}

/* The block is gone: its frames are free. */
static void block_is_free(const struct block *block)
{
	frames_set(&run.frames, block->pfn, block->nr, false);
	run.freed[run.nr_freed++ % ARRAY_SIZE(run.freed)] = block->pfn;
}

/* ---- checks of what was given ---- */

static void check_place(const struct page *page, unsigned int nr, unsigned int order, gfp_t gfp, int nid)
{
	unsigned long pfn = page_to_pfn(page);
	enum zone_type type = zone_of_frame(pfn);

	MUST(pfn < max_pfn && !(pfn & ((1UL << order) - 1)), "given: pfn %#lx at order %u", pfn, order);
	MUST(frames_all_free(&run.frames, pfn, nr),
	     "given: pfn %#lx, order %u: a page of it is not free", pfn, order);
	MUST(type <= highest_allowed(gfp), "given: pfn %#lx of zone %d for gfp %#x", pfn, type, gfp);
	MUST(zone_of_frame(pfn + nr - 1) == type && frames_zone(&run.frames, pfn) &&
	     frames_zone(&run.frames, pfn) == frames_zone(&run.frames, pfn + nr - 1),
	     "given: pfn %#lx, order %u crosses a zone", pfn, order);
	MUST(page_zonenum(page) == type && page_zone(page) == frames_zone(&run.frames, pfn)->zone,
	     "given: pfn %#lx says zone %d, is %d", pfn, page_zonenum(page), type);
	MUST(!(gfp & __GFP_THISNODE) || nid == NUMA_NO_NODE || page_to_nid(page) == nid,
	     "given: pfn %#lx of node %d, not %d", pfn, page_to_nid(page), nid);
}

static void check_first_page(const struct page *page, unsigned int order, bool comp)
{
	unsigned long pfn = page_to_pfn(page), expect = comp && order ? BIT(PG_head) : 0;

	MUST(page_ref_count(page) == 1 && page_count(page) == 1, "given: pfn %#lx has count %d", pfn,
	     page_ref_count(page));
	MUST(!page_mapcount(page) && !page->mapping && !page->private,
	     "given: pfn %#lx has a mapping, or private", pfn);
	MUST((page->flags & PAGE_STATES_MASK) == expect, "given: pfn %#lx has flags %#lx", pfn,
	     page->flags);
	MUST(page_address(page) == low_page(pfn), "given: pfn %#lx has address %p", pfn,
	     page_address(page));
	MUST(compound_order(page) == (comp ? order : 0), "given: pfn %#lx is of compound order %u",
	     pfn, compound_order(page));
}

static void check_inner_page(const struct page *head, unsigned long i, bool comp)
{
	const struct page *page = head + i;

	MUST(page_ref_count(page) == 0, "given: inner pfn %#lx has count %d", page_to_pfn(page),
	     page_ref_count(page));
	MUST(!!PageTail(page) == comp && compound_head(page) == (comp ? head : page),
	     "given: inner pfn %#lx has head %p", page_to_pfn(page), (void *)compound_head(page));
}

/* All inner pages of a small block, some of a large one. */
static void check_inner_pages(const struct page *page, unsigned int nr, bool comp)
{
	if (nr <= 16 || one_in(16)) {
		for (unsigned int i = 1; i < nr; i++)
			check_inner_page(page, i, comp);
		return;
	}
	for (int i = 0; i < 4; i++)
		check_inner_page(page, 1 + below(nr - 1), comp);
}

static void check_zero(unsigned long pfn)
{
	const unsigned long *words = low_page(pfn);

	for (size_t i = 0; words && i < PAGE_SIZE / sizeof(long); i++)
		MUST(!words[i], "given: pfn %#lx is not zero at word %zu", pfn, i);
}

static bool wants_zero(gfp_t gfp)
{
	return (gfp & __GFP_ZERO) || strstr(run.play->arg, "init_on_alloc=1");
}

/* B4: those who may not, do not go below the mark. Called with the block marked as used. */
static void check_mark_is_kept(unsigned long pfn, gfp_t gfp)
{
	const struct frame_zone *zone = frames_zone(&run.frames, pfn);

	MUST(zone->free >= mark_for(gfp, zone->zone) + reserve_for(gfp, zone->zone) ||
	     (gfp & __GFP_NOFAIL),
	     "fair: gfp %#x left %lu pages in %s of node %d, min %lu, reserve %lu", gfp, zone->free,
	     zone->zone->name, zone_to_nid(zone->zone), min_wmark_pages(zone->zone),
	     reserve_for(gfp, zone->zone));
}

/* The zone a request should come from first: of the nearest node, the highest that is allowed. */
static const struct frame_zone *preferred_zone(gfp_t gfp, int nid)
{
	const struct frame_zone *best = NULL;

	for (unsigned int i = 0; i < run.frames.nr_zones; i++) {
		const struct zone *zone = run.frames.zone[i].zone;

		if (zone_to_nid(zone) == nid && zone_allowed(gfp, nid, zone) &&
		    (!best || zone_idx(zone) > zone_idx(best->zone)))
			best = &run.frames.zone[i];
	}
	return best;
}

/* So many pages that all arrays could be full, and the zone still above its high mark. */
static bool has_plenty(const struct frame_zone *zone)
{
	unsigned long arrays = (unsigned long)NR_PAGE_ARRAY_ORDERS * MIGRATE_PCPTYPES *
			       num_online_cpus() * zone->zone->pageset_high;

	return zone->free > arrays + 2 * high_wmark_pages(zone->zone);
}

static void check_preference(unsigned long pfn, gfp_t gfp, int nid)
{
	const struct frame_zone *preferred = preferred_zone(gfp, nid);

	if (!preferred || !has_plenty(preferred))
		return;
	MUST(frames_zone(&run.frames, pfn) == preferred,
	     "fair: gfp %#x, node %d: pfn %#lx is of %s, but %s has %lu free", gfp, nid, pfn,
	     frames_zone(&run.frames, pfn)->zone->name, preferred->zone->name, preferred->free);
}

static int node_asked(int nid)
{
	if (nid != NUMA_NO_NODE)
		return nid;
	return run.cpu < 0 ? NUMA_NO_NODE : cpu_to_node(run.cpu);
}

/* A block arrived: check it, and hold it. @nr is less than 1 << @order for an exact block. */
static struct block *check_given(struct page *page, unsigned int nr, unsigned int order, gfp_t gfp, int nid)
{
	unsigned long pfn = page_to_pfn(page);
	bool comp = (gfp & __GFP_COMP) && order;
	struct block *block;

	nid = node_asked(nid);
	check_place(page, nr, order, gfp, nid);
	frames_set(&run.frames, pfn, nr, true);
	if (nid != NUMA_NO_NODE && !order)
		check_preference(pfn, gfp, nid);
	check_mark_is_kept(pfn, gfp);
	check_first_page(page, order, comp);
	if (wants_zero(gfp)) {
		check_zero(pfn);
		check_zero(pfn + below(nr));
	}
	block = hold((struct block){ .pfn = pfn, .nr = nr, .order = order, .refs = 1, .comp = comp });
	stamp_block(block);
	return block;
}

/* NULL is right only when each allowed zone is at its mark, or in too small pieces. */
static void check_refused(unsigned int order, gfp_t gfp, int nid)
{
	unsigned long taken = (1UL << order) - 1;

	nid = node_asked(nid);
	if ((gfp & __GFP_THISNODE) && nid == NUMA_NO_NODE)
		return;
	for (unsigned int i = 0; i < run.frames.nr_zones; i++) {
		const struct frame_zone *zone = &run.frames.zone[i];
		unsigned long keep = mark_for(gfp, zone->zone) + reserve_for(gfp, zone->zone);

		if (!zone_allowed(gfp, nid, zone->zone) || zone->free <= taken + keep)
			continue;
		MUST(!frames_have_block(&run.frames, zone->zone, order),
		     "fair: gfp %#x, order %u, node %d: NULL, but %s of node %d has %lu free, to keep %lu",
		     gfp, order, nid, zone->zone->name, zone_to_nid(zone->zone), zone->free, keep);
	}
}

#endif

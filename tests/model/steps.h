/* SPDX-License-Identifier: MIT */
/*
 * steps.h - what a step may be: take, give, or something between
 *
 * Each makes its choices by run.rng, calls the allocator, tells the model, and compares.
 */
#ifndef PAGODA_TESTS_STEPS_H
#define PAGODA_TESTS_STEPS_H

#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/swap.h>

#include "given.h"

/* ---- chance: requests ---- */

/* For PHASE_STEPS steps memory fills or empties, with small blocks or large ones. */
static unsigned long percent_takes(void)
{
	static const unsigned char percents[] = { 80, 65, 52, 50, 48, 35, 20 };

	return percents[mix(run.seed ^ run.step / PHASE_STEPS) % sizeof(percents)];
}

static unsigned int any_order(void)
{
	unsigned int appetite = mix(~run.seed ^ run.step / PHASE_STEPS) % 4, order = 0;

	if (appetite == 3)
		return 5 + below(MAX_ORDER - 5);
	while (order < MAX_ORDER - 1 && one_in(appetite == 2 ? 2 : 4))
		order++;
	return order;
}

static gfp_t any_zone_bits(void)
{
	static const gfp_t bits[] = {
		0, 0, 0, 0, 0, 0, 0, __GFP_HIGHMEM, __GFP_HIGHMEM, __GFP_HIGHMEM, __GFP_HIGHMEM,
		__GFP_DMA32, __GFP_DMA, __GFP_DMA | __GFP_DMA32, __GFP_DMA32 | __GFP_HIGHMEM,
		__GFP_DMA | __GFP_HIGHMEM,
	};

	return bits[below(ARRAY_SIZE(bits))];
}

static gfp_t any_effort(bool atomic)
{
	static const gfp_t efforts[] = {
		GFP_ATOMIC, GFP_NOWAIT, GFP_ATOMIC | __GFP_NOMEMALLOC, __GFP_MEMALLOC,
		GFP_KERNEL, GFP_KERNEL, GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_USER | __GFP_HARDWALL,
		GFP_KERNEL | __GFP_REPEAT, GFP_KERNEL | __GFP_NORETRY,
		GFP_KERNEL | __GFP_HIGH, GFP_KERNEL | __GFP_NOMEMALLOC,
	};
	gfp_t gfp = efforts[below(atomic ? 4 : ARRAY_SIZE(efforts))];

	return (gfp & __GFP_MEMALLOC) && !one_in(8) ? GFP_NOWAIT : gfp;
}

static gfp_t any_gfp(unsigned int order, bool atomic)
{
	static const gfp_t types[] = { 0, 0, __GFP_MOVABLE, __GFP_MOVABLE, __GFP_RECLAIMABLE,
				       GFP_MOVABLE_MASK };
	gfp_t gfp = any_zone_bits() | any_effort(atomic) | types[below(ARRAY_SIZE(types))];

	gfp |= __GFP_NOWARN;
	if (one_in(8))
		gfp |= __GFP_COLD;
	if (one_in(4))
		gfp |= __GFP_COMP;
	if (order <= 3 && one_in(12))
		gfp |= __GFP_ZERO;
	if (one_in(24))
		gfp |= __GFP_THISNODE;
	return gfp;
}

/* May the request go to a zone of the nearest node that is far from its marks? Then it does not wait. */
static bool surely_served(gfp_t gfp, int nid)
{
	const struct frame_zone *zone = preferred_zone(gfp, node_asked(nid));

	return zone && has_plenty(zone);
}

/* ---- steps that take ---- */

static void take_pages(int nid, unsigned int order, gfp_t gfp)
{
	struct page *page;

	if (!order && one_in(64) && (gfp & __GFP_WAIT) && surely_served(gfp, nid))
		gfp |= __GFP_NOFAIL;
	page = nid == NUMA_NO_NODE && one_in(4) ? alloc_pages(gfp, order) :
						  alloc_pages_node(nid, gfp, order);
	SAY("alloc_pages_node(%d, %#x, %u) = pfn %#lx\n", nid, gfp, order,
	    page ? page_to_pfn(page) : 0);
	if (!page) {
		check_refused(order, gfp, nid);
		return;
	}
	check_given(page, 1U << order, order, gfp, nid);
	check_inner_pages(page, 1U << order, (gfp & __GFP_COMP) && order);
}

static void step_alloc_pages(void)
{
	unsigned int order = any_order();
	gfp_t gfp = any_gfp(order, false);
	struct page *page = alloc_pages(gfp, order);

	SAY("alloc_pages(%#x, %u) = pfn %#lx\n", gfp, order, page ? page_to_pfn(page) : 0);
	if (!page) {
		check_refused(order, gfp, NUMA_NO_NODE);
		return;
	}
	check_given(page, 1U << order, order, gfp, NUMA_NO_NODE);
	check_inner_pages(page, 1U << order, (gfp & __GFP_COMP) && order);
}

static void step_alloc_pages_node(void)
{
	unsigned int order = any_order();
	int nid = (int)below(nr_node_ids + 1) - 1;

	take_pages(nid, order, any_gfp(order, false));
}

static DEFINE_SPINLOCK(any_lock);

/* Where sleeping is forbidden (D6). */
static void step_alloc_atomic(void)
{
	unsigned int order = any_order(), how = below(3);
	gfp_t gfp = any_gfp(order, true);
	unsigned long flags;

	if (how == 0) {
		preempt_disable();
		take_pages(NUMA_NO_NODE, order, gfp);
		preempt_enable();
	} else if (how == 1) {
		spin_lock_irqsave(&any_lock, flags);
		take_pages(NUMA_NO_NODE, order, gfp);
		spin_unlock_irqrestore(&any_lock, flags);
	} else {
		local_irq_save(flags);
		take_pages(NUMA_NO_NODE, order, gfp);
		local_irq_restore(flags);
	}
}

static void step_get_free_pages(void)
{
	bool zeroed = one_in(3);
	unsigned int order = zeroed ? 0 : any_order();
	gfp_t gfp = any_gfp(order, false) & ~(__GFP_HIGHMEM | __GFP_COMP);
	unsigned long addr = zeroed ? get_zeroed_page(gfp) : __get_free_pages(gfp, order);

	SAY("%s(%#x, %u) = %#lx\n", zeroed ? "get_zeroed_page" : "__get_free_pages", gfp, order, addr);
	if (zeroed)
		gfp |= __GFP_ZERO;
	if (!addr) {
		check_refused(order, gfp, NUMA_NO_NODE);
		return;
	}
	MUST(!offset_in_page(addr) && virt_addr_valid((void *)addr), "given: address %#lx", addr);
	check_given(virt_to_page(addr), 1U << order, order, gfp, NUMA_NO_NODE);
}

/* B9: a number of pages that is no power of two; what is over goes back at once. */
static void step_alloc_exact(void)
{
	unsigned int order = any_order();
	gfp_t gfp = any_gfp(order, false) & ~(__GFP_HIGHMEM | __GFP_COMP);
	int nid = one_in(2) ? NUMA_NO_NODE : (int)below(nr_node_ids);
	size_t size = (PAGE_SIZE << order) / 2 + 1 + below((PAGE_SIZE << order) / 2);
	unsigned int nr = DIV_ROUND_UP(size, PAGE_SIZE);
	void *addr = nid == NUMA_NO_NODE ? alloc_pages_exact(size, gfp) :
					   alloc_pages_exact_nid(nid, size, gfp);
	struct block *block;

	SAY("alloc_pages_exact_nid(%d, %zu, %#x) = %p\n", nid, size, gfp, addr);
	if (!addr) {
		check_refused(order, gfp, nid);
		return;
	}
	MUST(!offset_in_page((unsigned long)addr) && virt_addr_valid(addr), "given: address %p", addr);
	block = check_given(virt_to_page(addr), nr, order, gfp, nid);
	block->exact = true;
	for (unsigned int i = 1; i < nr; i++)
		MUST(page_count(virt_to_page(addr) + i) == 1, "given: page %u of %u has count %d", i, nr,
		     page_count(virt_to_page(addr) + i));
}

static void step_bulk(void)
{
	struct page *pages[64] = { NULL }, *mine = pfn_to_page(0);
	unsigned long nr = 1 + below(ARRAY_SIZE(pages)), filled, kept = below(nr);
	gfp_t gfp = any_gfp(0, false) & ~__GFP_NOFAIL;

	pages[kept] = mine;
	filled = alloc_pages_bulk_array(gfp, nr, pages);
	SAY("alloc_pages_bulk_array(%#x, %lu) = %lu\n", gfp, nr, filled);
	MUST(filled <= nr && pages[kept] == mine, "given: a bulk of %lu of %lu", filled, nr);
	for (unsigned long i = 0; i < nr; i++) {
		MUST(i >= filled || pages[i], "given: entry %lu of %lu is empty", i, filled);
		if (pages[i] && i != kept)
			check_given(pages[i], 1, 0, gfp, NUMA_NO_NODE);
	}
	for (unsigned long i = nr; i < ARRAY_SIZE(pages); i++)
		MUST(!pages[i], "given: entry %lu behind the end", i);
	if (filled < nr && !pages[filled])
		check_refused(0, gfp, NUMA_NO_NODE);
}

/* ---- steps that give ---- */

/* One reference less, by one of the ways there are. */
static void put_block_once(const struct block *block)
{
	struct page *page = pfn_to_page(block->pfn);
	unsigned int how = below(4);

	if (how == 0 && low_page(block->pfn))
		free_pages((unsigned long)low_page(block->pfn), block->order);
	else if (how == 1 && block->comp)
		put_page(page + below(block->nr));
	else if (how == 1)
		put_page(page);
	else if (how == 2 && !block->order)
		release_pages(&page, 1);
	else
		__free_pages(page, block->order);
}

static void free_one(size_t i)
{
	struct block *block = &run.live[i], gone;

	check_block_stamps(block);
	SAY("free pfn %#lx, order %u, %u pages, %d references%s%s\n", block->pfn, block->order, block->nr,
	    block->refs, block->comp ? ", compound" : "", block->exact ? ", exact" : "");
	if (block->exact)
		free_pages_exact(low_page(block->pfn), block->nr * PAGE_SIZE - below(PAGE_SIZE));
	else
		put_block_once(block);
	if (--block->refs) {
		MUST(page_count(pfn_to_page(block->pfn)) == block->refs, "kept: pfn %#lx has count %d, not %d",
		     block->pfn, page_count(pfn_to_page(block->pfn)), block->refs);
		return;
	}
	MUST(page_ref_count(pfn_to_page(block->pfn)) == 0, "freed: pfn %#lx has count %d", block->pfn,
	     page_ref_count(pfn_to_page(block->pfn)));
	gone = drop(i);
	block_is_free(&gone);
}

static void step_free_any(void)
{
	if (run.nr_live)
		free_one(below(run.nr_live));
}

static void step_free_newest(void)
{
	if (run.nr_live)
		free_one(run.nr_live - 1);
}

static void step_free_run(void)
{
	size_t nr = below(64);

	while (nr-- && run.nr_live)
		free_one(below(run.nr_live));
}

/* ---- other steps ---- */

static struct block *any_block(void)
{
	return run.nr_live ? &run.live[below(run.nr_live)] : NULL;
}

static void step_split(void)
{
	struct block *block = any_block();
	struct block parts;

	if (!block || block->comp || block->exact || block->refs > 1)
		return;
	SAY("split_page(pfn %#lx, %u)\n", block->pfn, block->order);
	check_block_stamps(block);
	split_page(pfn_to_page(block->pfn), block->order);
	parts = drop(block - run.live);
	for (unsigned int i = 0; i < parts.nr; i++) {
		MUST(page_count(pfn_to_page(parts.pfn + i)) == 1, "given: part %u of pfn %#lx has count %d",
		     i, parts.pfn, page_count(pfn_to_page(parts.pfn + i)));
		hold((struct block){ .pfn = parts.pfn + i, .nr = 1, .refs = 1,
				     .stamped = parts.stamped && (!i || i == parts.nr - 1) });
	}
}

/* The pages of an exact block may be freed one by one. */
static void step_break_exact(void)
{
	struct block *block = any_block();
	struct block parts;

	if (!block || !block->exact)
		return;
	parts = drop(block - run.live);
	for (unsigned int i = 0; i < parts.nr; i++)
		hold((struct block){ .pfn = parts.pfn + i, .nr = 1, .refs = 1,
				     .stamped = parts.stamped && (!i || i == parts.nr - 1) });
}

static void step_get_page(void)
{
	struct block *block = any_block();
	struct page *page;

	if (!block || block->exact || block->refs > 3)
		return;
	page = pfn_to_page(block->pfn) + (block->comp ? below(block->nr) : 0);
	SAY("get_page(pfn %#lx)\n", page_to_pfn(page));
	get_page(page);
	block->refs++;
	MUST(page_count(page) == block->refs, "kept: pfn %#lx has count %d, not %d", block->pfn,
	     page_count(page), block->refs);
}

/* States that an owner may leave behind, on any page of a block. */
static void step_set_states(void)
{
	struct block *block = any_block();
	struct page *page;

	if (!block)
		return;
	page = pfn_to_page(block->pfn) + below(block->nr);
	SAY("SetPageDirty, SetPageUptodate(pfn %#lx)\n", page_to_pfn(page));
	SetPageDirty(page);
	SetPageUptodate(page);
	if (page_to_pfn(page) == block->pfn)
		set_page_private(page, 1 + below(100));
}

static void go_to_cpu(int cpu)
{
	int err = set_cpus_allowed_ptr(current, cpumask_of(cpu));

	SAY("set_cpus_allowed_ptr(%d) = %d\n", cpu, err);
	if (!err)
		run.cpu = cpu;
}

/* Not to a CPU that the host does not have, or does not let us use. */
static void step_change_cpu(void)
{
	go_to_cpu(below(num_online_cpus()));
	MUST(run.cpu < 0 || (int)raw_smp_processor_id() == run.cpu, "bound to CPU %d, runs on %u",
	     run.cpu, raw_smp_processor_id());
}

static void check_free_lists(void)
{
	unsigned long blocks[MAX_ORDER];

	for (unsigned int i = 0; i < run.frames.nr_zones; i++) {
		const struct zone *zone = run.frames.zone[i].zone;

		frames_count_blocks(&run.frames, zone, blocks);
		for (int order = 0; order < MAX_ORDER; order++)
			MUST(zone->free_area[order].nr_free == blocks[order],
			     "joined: %s of node %d has %lu free blocks of order %d, should have %lu",
			     zone->name, zone_to_nid(zone), zone->free_area[order].nr_free, order,
			     blocks[order]);
	}
}

static void step_drain(void)
{
	unsigned int how = below(3);

	SAY("drain %u\n", how);
	if (how == 0) {
		drain_all_pages(NULL);
		check_free_lists();
	} else if (how == 1) {
		drain_local_pages(NULL);
	} else {
		drain_all_pages(run.frames.zone[below(run.frames.nr_zones)].zone);
	}
}

#endif

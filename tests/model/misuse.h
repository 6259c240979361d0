/* SPDX-License-Identifier: MIT */
/*
 * misuse.h - steps that are mistakes (C9, A4): each must be reported once, refused, and change nothing
 */
#ifndef PAGODA_TESTS_MISUSE_H
#define PAGODA_TESTS_MISUSE_H

#include "kernel/panic.h"
#include "steps.h"

#define MAX_REPORT_MS 100	/* naming the callers takes its time: no more of it than this in a run */

static void free_at_wrong_order(struct block *block)
{
	unsigned int order = below(MAX_ORDER);

	__free_pages(pfn_to_page(block->pfn), order == block->order ? order ^ 1 : order);
}

static void free_inner_page(struct block *block)
{
	__free_pages(pfn_to_page(block->pfn) + 1 + below(block->nr - 1), below(2));
}

static void free_locked_page(struct block *block)
{
	struct page *page = pfn_to_page(block->pfn);

	SetPageLocked(page);
	__free_pages(page, block->order);
	MUST(PageLocked(page), "refused: pfn %#lx was freed while it was locked", block->pfn);
	ClearPageLocked(page);
}

static void split_what_cannot_be(struct block *block)
{
	split_page(pfn_to_page(block->pfn), block->comp ? block->order : block->order + 1);
}

static void misuse_block(struct block *block)
{
	unsigned int how = below(4);

	if (how == 0)
		free_at_wrong_order(block);
	else if (how == 1 && block->nr > 1)
		free_inner_page(block);
	else if (how == 2 && block->refs == 1)
		free_locked_page(block);
	else
		split_what_cannot_be(block);
}

static void misuse_free_frame(unsigned long pfn)
{
	struct page *page = pfn_to_page(pfn);
	unsigned int how = below(5);

	if (how == 0)
		get_page(page);
	else if (how == 1)
		put_page(page);
	else if (how == 2)
		__free_pages((struct page *)((char *)page + 8), 0);
	else if (how == 3 && low_page(pfn))
		free_pages((unsigned long)low_page(pfn) + 16, 0);
	else
		__free_pages(page, below(MAX_ORDER));
}

static unsigned long any_freed_frame(void)
{
	unsigned long pfn = run.freed[below(ARRAY_SIZE(run.freed))];

	return run.nr_freed >= ARRAY_SIZE(run.freed) && !frame_used(&run.frames, pfn) ? pfn : 0;
}

/* C9, A4: reported, refused, and nothing has changed. Frame 0 is reserved: nobody's to free. */
static void step_misuse(void)
{
	struct block *block = any_block();
	unsigned long free = nr_free_pages();
	u64 start = now_ms();

	if (run.report_ms > MAX_REPORT_MS)
		return;
	if (block && !block->exact && one_in(2)) {
		SAY("misuse of pfn %#lx, order %u\n", block->pfn, block->order);
		misuse_block(block);
		MUST(page_count(pfn_to_page(block->pfn)) == block->refs,
		     "refused: pfn %#lx has count %d, not %d", block->pfn,
		     page_count(pfn_to_page(block->pfn)), block->refs);
	} else if (one_in(8)) {
		SAY("free of the reserved pfn 0\n");
		__free_pages(pfn_to_page(0), 0);
	} else {
		unsigned long pfn = any_freed_frame();

		if (!pfn)
			return;
		SAY("misuse of the free pfn %#lx\n", pfn);
		misuse_free_frame(pfn);
		MUST(page_ref_count(pfn_to_page(pfn)) == 0, "refused: free pfn %#lx has count %d", pfn,
		     page_ref_count(pfn_to_page(pfn)));
	}
	MUST(nr_free_pages() == free, "refused: %lu pages free, not %lu", nr_free_pages(), free);
	MUST(nr_reports() == run.reports + 1, "refused: %lu reports instead of one",
	     nr_reports() - run.reports);
	run.reports = nr_reports();
	run.report_ms += now_ms() - start;
}

/* Requests that no machine can serve: NULL, and nothing else. Reported once in a process. */
static void step_impossible(void)
{
	unsigned int how = below(4);

	SAY("impossible request %u\n", how);
	if (how == 0)
		MUST(!alloc_pages(GFP_NOWAIT, MAX_ORDER), "refused: a block of MAX_ORDER");
	else if (how == 1)
		MUST(!alloc_pages_node(nr_node_ids, GFP_NOWAIT, 0), "refused: a node too many");
	else if (how == 2)
		MUST(!__get_free_pages(__GFP_HIGHMEM, 0), "refused: an address of high memory");
	else
		MUST(!alloc_pages_exact((PAGE_SIZE << (MAX_ORDER - 1)) + 1, GFP_NOWAIT),
		     "refused: more than the largest block");
	run.reports = nr_reports();
}

#endif

// SPDX-License-Identifier: MIT
/*
 * 21-robust.c - several allocations, and undoing them when one fails
 *
 * Notes: 错误处理, robust_memory_management(). First as in the text, with an if for each step; then in the
 * kernel's usual form, goto undo, newest first, which stays readable with more steps. Each is run with
 * its first, its second, … allocation failing: a machine is filled up, and only so many are let free.
 */
#include <stdio.h>

#include <pagoda/pagoda.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/swap.h>

static int robust_memory_management(void)
{
	unsigned long addr1, addr2;

	addr1 = _get_free_pages(GFP_KERNEL | __GFP_NOWARN, 2);
	if (!addr1)
		return -ENOMEM;

	addr2 = _get_free_pages(GFP_KERNEL | __GFP_NOWARN, 2);
	if (!addr2) {
		free_pages(addr1, 2);
		return -ENOMEM;
	}
	/* ... */
	free_pages(addr2, 2);
	free_pages(addr1, 2);
	return 0;
}

#define NR_RINGS 3

static int with_goto(void)
{
	unsigned long ring[NR_RINGS];
	int i, err = 0;

	for (i = 0; i < NR_RINGS; i++) {
		ring[i] = _get_free_pages(GFP_KERNEL | __GFP_NOWARN, 2);
		if (!ring[i]) {
			err = -ENOMEM;
			goto undo;
		}
	}
	/* ... */
undo:
	while (i--)			/* the one that failed was never ours */
		free_pages(ring[i], 2);
	return err;
}

/* ---- a machine in which exactly so many blocks of order 2 can be had ---- */

static LIST_HEAD(blocks);
static LIST_HEAD(rest);

static void fill_up(void)
{
	struct page *page;

	while ((page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, 2)))
		list_add(&page->lru, &blocks);
	while ((page = alloc_page(GFP_KERNEL | __GFP_NOWARN)))
		list_add(&page->lru, &rest);
}

static bool let_one_free(void)
{
	struct page *page = list_first_entry_or_null(&blocks, struct page, lru);

	if (!page)
		return false;
	list_del(&page->lru);
	__free_pages(page, 2);
	return true;
}

static int run(const char *name, int (*fn)(void))
{
	int err = -ENOMEM;

	if (pagoda_boot("machine=i386 mem=16M nr_cpus=1"))
		return 1;
	fill_up();
	for (int possible = 0; err; possible++) {
		unsigned long before = nr_free_pages();

		err = fn();
		printf("%s, %d possible: %s, pages missing: %lu\n", name, possible,
		       err ? "-ENOMEM" : "0", before - nr_free_pages());
		let_one_free();
	}
	while (let_one_free())
		;
	put_pages_list(&rest);
	return pagoda_shutdown();
}

int main(void)
{
	return run("robust_memory_management()", robust_memory_management) ||
	       run("with_goto()", with_goto);
}

// SPDX-License-Identifier: MIT
/*
 * 19-summary.c - the low-level calls, side by side
 *
 * Notes: 低级页分配方法总结, low_level_page_allocation_summary(). The text's table, but each entry is found out
 * by calling: how many pages went, whether the result is a structure or an address, and whether the
 * memory is all zeros. All of it was filled with 0xa5 before.
 */
#include <stdio.h>
#include <string.h>

#include <pagoda/pagoda.h>
#include <linux/mm.h>
#include <linux/swap.h>

static void spoil_all_memory(void)
{
	LIST_HEAD(hoard);
	struct page *page;

	while ((page = alloc_page(GFP_KERNEL | __GFP_MEMALLOC | __GFP_NOWARN))) {
		memset(page_address(page), 0xa5, PAGE_SIZE);
		list_add(&page->lru, &hoard);
	}
	put_pages_list(&hoard);
}

static bool is_zero(const char *buffer, size_t size)
{
	while (size && !*buffer) {
		buffer++;
		size--;
	}
	return !size;
}

/* A row of the table; gives the pages back. */
static void row(const char *call, struct page *page, const char *kind, unsigned long nr)
{
	printf("%-31s | %lu page%s | %-9s | %s\n", call, nr, nr == 1 ? " " : "s", kind,
	       is_zero(page_address(page), nr * PAGE_SIZE) ? "zeros" : "old data");
	__free_pages(page, get_order(nr * PAGE_SIZE));
}

static void row_page(const char *call, struct page *page, unsigned long nr)
{
	row(call, page, "structure", nr);
}

static void row_addr(const char *call, unsigned long addr, unsigned long nr)
{
	row(call, virt_to_page(addr), "address", nr);
}

/* What the call returns decides which of the two it is. */
#define ROW(call) do {							\
	unsigned long before = nr_free_pages();				\
	__typeof__(call) result = call;					\
									\
	_Generic(result, struct page *: row_page, unsigned long: row_addr)	\
		(#call, result, before - nr_free_pages());		\
} while (0)

static void low_level_page_allocation_summary(void)
{
	ROW(alloc_page(GFP_KERNEL));
	ROW(alloc_pages(GFP_KERNEL, 3));
	ROW(_get_free_page(GFP_KERNEL));
	ROW(_get_free_pages(GFP_KERNEL, 3));
	ROW(get_zeroed_page(GFP_KERNEL));
}

int main(void)
{
	if (pagoda_boot("machine=x86_64 mem=32M nr_cpus=2"))
		return 1;
	spoil_all_memory();
	low_level_page_allocation_summary();
	return pagoda_shutdown() != 0;
}

// SPDX-License-Identifier: MIT
/*
 * 12-alloc-pages.c - 2^order pages in a row
 *
 * Notes: 页分配的核心接口 and alloc_pages 函数, core_page_allocation_functions(), alloc_pages_example(). Eight
 * pages: physically contiguous, aligned to their size, one after the other in the kernel's addresses,
 * too. And what there is no block for gives NULL.
 */
#include <stdio.h>
#include <string.h>

#include <pagoda/pagoda.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/swap.h>

static const char *yes(bool is_so)
{
	return is_so ? "yes" : "no";
}

static int alloc_pages_example(void)
{
	unsigned long before = nr_free_pages();
	struct page *pages;
	bool contiguous = true;
	void *addr;

	pages = alloc_pages(GFP_KERNEL, 3);
	if (!pages)
		return -ENOMEM;
	addr = page_address(pages);
	for (int i = 1; i < 8; i++)
		contiguous &= page_to_phys(pages + i) == page_to_phys(pages) + i * PAGE_SIZE &&
			      page_address(pages + i) == (char *)addr + i * PAGE_SIZE;
	printf("alloc_pages(GFP_KERNEL, 3) took %lu pages\n", before - nr_free_pages());
	printf("contiguous, physically and by address: %s\n", yes(contiguous));
	printf("frame number modulo 8: %lu, address modulo 8 pages: %lu\n", page_to_pfn(pages) % 8,
	       (unsigned long)addr % (8 * PAGE_SIZE));
	memset(addr, 0x5a, 8 * PAGE_SIZE);
	__free_pages(pages, 3);
	printf("freed: %lu pages are missing\n", before - nr_free_pages());
	return 0;
}

/* Every order there is, and the first one there is not. */
static void orders(void)
{
	unsigned int order;

	for (order = 0; order < MAX_ORDER; order++) {
		struct page *page = alloc_pages(GFP_KERNEL, order);

		if (!page || page_to_pfn(page) % (1UL << order))
			break;
		__free_pages(page, order);
	}
	printf("orders 0 to %u work, each aligned to its size\n", order - 1);
}

static int more_than_there_is(void)
{
	LIST_HEAD(hoard);
	struct page *page, *next;
	int nr = 0;

	while ((page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, MAX_ORDER - 1))) {
		list_add(&page->lru, &hoard);
		nr++;
	}
	printf("blocks of order %d until NULL: %s\n", MAX_ORDER - 1, nr ? "some" : "none");
	list_for_each_entry_safe(page, next, &hoard, lru)
		__free_pages(page, MAX_ORDER - 1);
	return -ENOMEM;
}

int main(void)
{
	if (pagoda_boot("machine=i386 mem=128M nr_cpus=2"))
		return 1;
	if (alloc_pages_example())
		return 1;
	orders();
	if (more_than_there_is() != -ENOMEM)
		return 1;
	return pagoda_shutdown() != 0;
}

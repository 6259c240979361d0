// SPDX-License-Identifier: MIT
/*
 * 15-zeroed-page.c - a page of zeros
 *
 * Notes: get_zeroed_page 函数, zeroed_page_example(). All memory is filled with 0xa5 first and given back, so
 * that a page that is all zeros was made so. __GFP_ZERO does it for blocks, and for high memory that
 * has no address.
 */
#include <stdio.h>
#include <string.h>

#include <pagoda/pagoda.h>
#include <linux/errno.h>
#include <linux/mm.h>

static const char *yes(bool is_so)
{
	return is_so ? "yes" : "no";
}

static size_t nonzero_bytes(const char *buffer, size_t size)
{
	size_t nr = 0;

	for (size_t i = 0; i < size; i++)
		nr += buffer[i] != 0;
	return nr;
}

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

static int zeroed_page_example(void)
{
	unsigned long addr = get_zeroed_page(GFP_KERNEL);
	char *buffer = (char *)addr;

	if (!addr)
		return -ENOMEM;
	printf("get_zeroed_page(): %zu bytes are not 0\n", nonzero_bytes(buffer, PAGE_SIZE));
	buffer[0] = 1;
	free_page(addr);
	return 0;
}

static int for_comparison(void)
{
	unsigned long addr = _get_free_page(GFP_KERNEL);

	if (!addr)
		return -ENOMEM;
	printf("_get_free_page(): all bytes are not 0: %s\n",
	       yes(nonzero_bytes((char *)addr, PAGE_SIZE) == PAGE_SIZE));
	free_page(addr);
	return 0;
}

static int zeroed_block(void)
{
	struct page *pages = alloc_pages(GFP_KERNEL | __GFP_ZERO, 4);

	if (!pages)
		return -ENOMEM;
	printf("16 pages with __GFP_ZERO: %zu bytes are not 0\n",
	       nonzero_bytes(page_address(pages), 16 * PAGE_SIZE));
	__free_pages(pages, 4);
	return 0;
}

int main(void)
{
	if (pagoda_boot("machine=i386 mem=16M nr_cpus=2"))
		return 1;
	spoil_all_memory();
	if (for_comparison() || zeroed_page_example() || zeroed_block())
		return 1;
	return pagoda_shutdown() != 0;
}

// SPDX-License-Identifier: MIT
/*
 * 14-single-page.c - one page, both ways
 *
 * Notes: 单页分配函数, single_page_allocation(), single_page_example(). alloc_page() is order 0 and returns the
 * structure, _get_free_page() the address. One page is the common case, and the fast one: each CPU keeps
 * some, so the one just freed is given out next. In this machine of one CPU that can be seen.
 */
#include <stdio.h>

#include <pagoda/pagoda.h>
#include <linux/errno.h>
#include <linux/mm.h>

static const char *yes(bool is_so)
{
	return is_so ? "yes" : "no";
}

static void single_page_example(void)
{
	struct page *page;
	unsigned long addr, pfn = 0;

	/* 1: the structure */
	page = alloc_page(GFP_KERNEL);
	if (page) {
		char *text = page_address(page);

		sprintf(text, "written through page_address()");
		printf("alloc_page(): %s\n", text);
		pfn = page_to_pfn(page);
		__free_page(page);
	}

	/* 2: the address */
	addr = _get_free_page(GFP_KERNEL);
	if (addr) {
		char *text = (char *)addr;

		printf("_get_free_page(): it is the page just freed: %s\n",
		       yes(virt_to_pfn(addr) == pfn));
		sprintf(text, "written through the address");
		printf("_get_free_page(): %s\n", text);
		free_page(addr);
	}
}

/* Many at once: entries that are filled already stay. */
static int many(void)
{
	struct page *pages[16] = { NULL };
	unsigned long nr;

	pages[3] = alloc_page(GFP_KERNEL);
	nr = alloc_pages_bulk_array(GFP_KERNEL, 16, pages);
	printf("alloc_pages_bulk_array(): %lu of 16 entries are filled\n", nr);
	release_pages(pages, nr);
	return nr == 16 ? 0 : -ENOMEM;
}

int main(void)
{
	if (pagoda_boot("machine=i386 mem=64M nr_cpus=1"))
		return 1;
	single_page_example();
	if (many())
		return 1;
	return pagoda_shutdown() != 0;
}

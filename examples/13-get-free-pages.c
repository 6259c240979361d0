// SPDX-License-Identifier: MIT
/*
 * 13-get-free-pages.c - pages by their address
 *
 * Notes: _get_free_pages 函数, get_free_pages_example(). The kernel spells it __get_free_pages(), the notes
 * _get_free_pages(); both names work. From the address every other description of the page follows, and back.
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

static int get_free_pages_example(void)
{
	unsigned long before = nr_free_pages(), addr;
	struct page *page;

	addr = _get_free_pages(GFP_KERNEL, 2);
	if (!addr)
		return -ENOMEM;
	printf("_get_free_pages(GFP_KERNEL, 2) took %lu pages\n", before - nr_free_pages());
	memset((void *)addr, 0, 4 * PAGE_SIZE);		/* used as it is */

	page = virt_to_page(addr);
	printf("virt_to_page() and page_address() are inverse: %s\n",
	       yes((unsigned long)page_address(page) == addr));
	printf("so are __pa() and __va(): %s\n",
	       yes((unsigned long)__va(__pa(addr)) == addr && __pa(addr) == page_to_phys(page)));
	free_pages(addr, 2);
	printf("freed by address: %lu pages are missing\n", before - nr_free_pages());
	return 0;
}

static int both_names(void)
{
	unsigned long a = __get_free_pages(GFP_KERNEL, 1), b = _get_free_pages(GFP_KERNEL, 1);

	if (!a || !b) {
		free_pages(a, 1);		/* 0 is ignored */
		free_pages(b, 1);
		return -ENOMEM;
	}
	printf("__get_free_pages() and _get_free_pages() give two blocks: %s\n",
	       yes(a != b));
	free_pages(b, 1);
	free_pages(a, 1);
	return 0;
}

/* 0 is the answer when there is none: as many as there are, then one more. */
static int failure(void)
{
	struct page *page, *next;
	LIST_HEAD(hoard);
	unsigned long addr;

	while ((addr = _get_free_pages(GFP_KERNEL | __GFP_NOWARN, 4)))
		list_add(&virt_to_page(addr)->lru, &hoard);
	printf("nothing left: %lu\n", addr);
	list_for_each_entry_safe(page, next, &hoard, lru)
		free_pages((unsigned long)page_address(page), 4);
	return addr ? 0 : -ENOMEM;
}

int main(void)
{
	if (pagoda_boot("machine=i386 mem=64M nr_cpus=2"))
		return 1;
	if (get_free_pages_example() || both_names() || failure() != -ENOMEM)
		return 1;
	return pagoda_shutdown() != 0;
}

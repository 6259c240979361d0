// SPDX-License-Identifier: MIT
/*
 * 17-free-pages.c - giving pages back
 *
 * Notes: 页释放函数, page_free_functions(), free_pages_functions_detail(). By structure or by address, with
 * the order they were taken with. Beyond the text: what free means. A freed block is joined with its
 * free partner, so that large blocks come back, also from pages that were given back one by one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pagoda/pagoda.h>
#include <linux/mm.h>
#include <linux/swap.h>

static const char *yes(bool is_so)
{
	return is_so ? "yes" : "no";
}

/* The free blocks of all zones by order, as text. Pages that CPUs keep are put with the others first. */
static char *free_blocks(void)
{
	char *text = NULL;
	size_t len;
	FILE *view = open_memstream(&text, &len);

	drain_all_pages(NULL);
	pagoda_show("buddyinfo", view);
	fclose(view);
	return text;
}

static bool same_as_before(char *before)
{
	char *now = free_blocks();
	bool same = !strcmp(before, now);

	free(now);
	return same;
}

static void free_pages_functions_detail(void)
{
	unsigned long before = nr_free_pages(), addr;
	struct page *page;

	page = alloc_pages(GFP_KERNEL, 3);
	__free_pages(page, 3);
	printf("__free_pages(page, 3): %lu pages are missing\n", before - nr_free_pages());
	addr = __get_free_pages(GFP_KERNEL, 3);
	free_pages(addr, 3);
	printf("free_pages(addr, 3): %lu\n", before - nr_free_pages());
	page = alloc_page(GFP_KERNEL);
	__free_page(page);
	printf("__free_page(page): %lu\n", before - nr_free_pages());
	addr = __get_free_page(GFP_KERNEL);
	free_page(addr);
	printf("free_page(addr): %lu\n", before - nr_free_pages());
	__free_pages(NULL, 3);
	free_pages(0, 3);
	printf("nothing, NULL or 0, is ignored: %lu\n", before - nr_free_pages());
}

static void partners_join(void)
{
	char *before = free_blocks();
	struct page *pages[64], *block;

	for (int i = 0; i < 64; i++)
		pages[i] = alloc_page(GFP_KERNEL);
	printf("64 single pages taken, free blocks as before: %s\n",
	       yes(same_as_before(before)));
	for (int i = 0; i < 64; i += 2)		/* every second: none has its partner */
		__free_page(pages[i]);
	for (int i = 1; i < 64; i += 2)
		__free_page(pages[i]);
	printf("given back in another order: %s\n", yes(same_as_before(before)));

	block = alloc_pages(GFP_KERNEL, 3);
	split_page(block, 3);			/* eight pages of one page each */
	for (int i = 7; i >= 0; i--)
		__free_page(block + i);
	printf("a block split and freed page by page: %s\n", yes(same_as_before(before)));
	free(before);
}

int main(void)
{
	if (pagoda_boot("machine=i386 mem=64M nr_cpus=2"))
		return 1;
	free_pages_functions_detail();
	partners_join();
	return pagoda_shutdown() != 0;
}

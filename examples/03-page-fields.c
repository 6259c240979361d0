// SPDX-License-Identifier: MIT
/*
 * 03-page-fields.c - what struct page says about a page
 *
 * Notes: struct page 结构, page_structure_fields(). flags has at least 32 independent states, _count is -1
 * for a free page, virtual is NULL for a page of high memory. Beyond the text: whose the other fields are.
 */
#include <stdio.h>

#include <pagoda/pagoda.h>
#include <linux/mm.h>

static const char *yes(bool is_so)
{
	return is_so ? "yes" : "no";
}

/* Each state is a bit of its own: setting and clearing it leaves all others as they are. */
static void states(struct page *page)
{
	unsigned long before = page->flags;
	int independent = 0;

	for (int state = 0; state < NR_PAGEFLAGS; state++) {
		bool changed_one;

		set_bit(state, &page->flags);
		changed_one = page->flags == (before | 1UL << state);
		clear_bit(state, &page->flags);
		independent += changed_one && page->flags == before;
	}
	printf("flags: %d states, each set and cleared alone\n", independent);

	SetPageDirty(page);
	printf("flags: dirty %d, locked %d; ", PageDirty(page), PageLocked(page));
	printf("was it locked before we locked it? %d; ", TestSetPageLocked(page));
	printf("and when we unlocked it? %d\n", TestClearPageLocked(page));
	ClearPageDirty(page);
}

static void references(struct page *page)
{
	printf("_count of a page in use: %d, page_count() %d\n", atomic_read(&page->_count),
	       page_count(page));
	printf("_mapcount of a page that no process maps: %d, page_mapcount() %d\n",
	       atomic_read(&page->_mapcount), page_mapcount(page));
}

static void addresses(struct page *low, struct page *high)
{
	printf("virtual of a low page is its address: %s\n",
	       yes(low->virtual && low->virtual == page_address(low)));
	printf("virtual of a high page is NULL: %s\n", yes(!high->virtual));
}

/* mapping, index, private and lru belong to whoever has the page. */
static void owners_fields(void)
{
	LIST_HEAD(pages);
	struct page *page;
	unsigned long sum = 0;

	for (pgoff_t i = 0; i < 3; i++) {
		page = alloc_page(GFP_KERNEL);
		page->index = i;			/* which part of a file, say */
		set_page_private(page, 100 * i);
		list_add_tail(&page->lru, &pages);
	}
	printf("on a list through lru:");
	list_for_each_entry(page, &pages, lru) {
		printf(" index %lu", page->index);
		sum += page_private(page);
	}
	printf("; sum of private: %lu\n", sum);
	put_pages_list(&pages);
}

static void page_structure_fields(void)
{
	struct page *low = alloc_page(GFP_KERNEL), *high = alloc_page(GFP_HIGHUSER);

	states(low);
	references(low);
	addresses(low, high);
	owners_fields();
	__free_page(high);
	__free_page(low);
	printf("_count of a free page: %d, page_count() %d\n", atomic_read(&low->_count),
	       page_count(low));
}

int main(void)
{
	if (pagoda_boot("machine=i386 mem=1G nr_cpus=2"))
		return 1;
	page_structure_fields();
	return pagoda_shutdown() != 0;
}

// SPDX-License-Identifier: MIT
/*
 * 23-large-block.c - 1 MiB in one piece
 *
 * Notes: 大块内存分配, large_memory_allocation(): 2^8 pages of 4 KiB. Easy in a fresh machine. Beyond the
 * text, why large blocks are the first to fail: half of all memory is free, but no two pages in a row.
 */
#include <stdio.h>
#include <string.h>

#include <pagoda/pagoda.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/swap.h>

static unsigned long process_large_data(unsigned char *data, size_t size)
{
	unsigned long sum = 0;

	memset(data, 1, size);
	for (size_t i = 0; i < size; i++)
		sum += data[i];
	return sum;
}

static int large_memory_allocation(void)
{
	unsigned int order = get_order(1024 * 1024);
	unsigned long addr = _get_free_pages(GFP_KERNEL | __GFP_NOWARN, order);

	if (!addr) {
		printf("Failed to allocate 1MB memory\n");
		return -ENOMEM;
	}
	printf("1 MiB is order %u: %u pages of %lu KiB; processed %lu bytes\n", order, 1U << order,
	       PAGE_SIZE >> 10, process_large_data((unsigned char *)addr, 1024 * 1024));
	free_pages(addr, order);
	return 0;
}

static void take_every_page(struct list_head *pages)
{
	struct page *page;

	while ((page = alloc_page(GFP_KERNEL | __GFP_MEMALLOC | __GFP_NOWARN)))
		list_add(&page->lru, pages);
}

static void free_every_second(struct list_head *pages)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, pages, lru)
		if (page_to_pfn(page) % 2 == 0) {
			list_del(&page->lru);
			__free_page(page);
		}
	drain_all_pages(NULL);
}

static int largest_free_order(void)
{
	struct zone *zone;
	int largest = -1;

	for_each_populated_zone(zone)
		for (int order = 0; order < MAX_ORDER; order++)
			if (zone->free_area[order].nr_free && order > largest)
				largest = order;
	return largest;
}

static void fragmented(void)
{
	LIST_HEAD(pages);

	take_every_page(&pages);
	free_every_second(&pages);
	printf("every second page free: %lu %% of memory, largest free order: %d\n",
	       (nr_free_pages() * 100 + totalram_pages() / 2) / totalram_pages(),
	       largest_free_order());
	large_memory_allocation();
	put_pages_list(&pages);
	drain_all_pages(NULL);
	printf("all free again, largest free order: %d\n", largest_free_order());
}

int main(void)
{
	if (pagoda_boot("machine=i386 mem=128M nr_cpus=2"))
		return 1;
	if (large_memory_allocation())
		return 1;
	fragmented();
	if (large_memory_allocation())
		return 1;
	return pagoda_shutdown() != 0;
}

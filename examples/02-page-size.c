// SPDX-License-Identifier: MIT
/*
 * 02-page-size.c - the page is the unit: how many of them a machine has
 *
 * Notes: 页的基本概念, page_concept(), page_size_calculation(): 1 GiB in pages of 4 KiB is 262144 pages. They
 * are counted here, one by one. A build with PAGE_SHIFT=13 has pages of 8 KiB, half as many.
 */
#include <stdio.h>

#include <pagoda/pagoda.h>
#include <linux/mm.h>

static const char *yes(bool is_so)
{
	return is_so ? "yes" : "no";
}

static void page_concept(void)
{
	unsigned long addr = __get_free_page(GFP_KERNEL);

	printf("PAGE_SIZE is %lu bytes, 2^%d\n", PAGE_SIZE, PAGE_SHIFT);
	printf("an address of a page, modulo PAGE_SIZE: %lu\n", offset_in_page(addr));
	printf("its physical address, modulo PAGE_SIZE: %llu\n",
	       (unsigned long long)virt_to_phys((void *)addr) % PAGE_SIZE);
	printf("frame number = physical address / PAGE_SIZE: %s\n",
	       yes(virt_to_phys((void *)addr) / PAGE_SIZE == page_to_pfn(virt_to_page(addr))));
	free_page(addr);
}

static void page_size_calculation(void)
{
	unsigned long frames = 0, memory = 0;
	struct zone *zone;

	while (pfn_valid(frames))
		frames++;
	for_each_zone(zone)
		memory += zone->present_pages;
	printf("1 GiB / %lu KiB = %lu pages\n", PAGE_SIZE >> 10, (1UL << 30) / PAGE_SIZE);
	printf("counted: %lu page frames\n", frames);
	/* As on a PC: the first page, and 640 KiB to 1 MiB, where the screen and the firmware are. */
	printf("of these no memory: %lu\n", frames - memory);
}

int main(void)
{
	if (pagoda_boot("machine=i386 mem=1G nr_cpus=2"))
		return 1;
	page_concept();
	page_size_calculation();
	return pagoda_shutdown() != 0;
}

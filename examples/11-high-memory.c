// SPDX-License-Identifier: MIT
/*
 * 11-high-memory.c - pages that the kernel cannot reach by an address
 *
 * Notes: 高端内存处理, high_memory_handling() and the first half of high_memory_access(). Memory above 896 MiB
 * is not mapped for ever; virtual is NULL, and who needs the content maps the page for a while, with
 * kmap(). That comes with a later part of Pagoda: here the page is taken, described, moved around by
 * its struct page, and given back, which is all that needs no address.
 */
#include <stdio.h>

#include <pagoda/pagoda.h>
#include <linux/errno.h>
#include <linux/mm.h>

static const char *yes(bool is_so)
{
	return is_so ? "yes" : "no";
}

static void describe(const char *what, const struct page *page)
{
	printf("%-25s %-8s PageHighMem %d, at or above 896 MiB: %-4s page_address() %s\n", what,
	       page_zone(page)->name, PageHighMem(page),
	       page_to_phys(page) >= 896UL << 20 ? "yes," : "no,",
	       page_address(page) ? "is an address" : "is NULL");
}

static void high_memory_handling(void)
{
	struct sysinfo info;

	si_meminfo(&info);
	printf("memory above the kernel's mapping: %lu MiB of %lu\n",
	       (max_pfn - max_low_pfn) >> (20 - PAGE_SHIFT), max_pfn >> (20 - PAGE_SHIFT));
	printf("si_meminfo() has high memory: %s, all of it free: %s\n", yes(info.totalhigh),
	       yes(info.freehigh == info.totalhigh));
}

static int high_memory_access(void)
{
	struct page *high, *low;

	high = alloc_page(GFP_HIGHUSER);
	if (!high)
		return -ENOMEM;
	low = alloc_page(GFP_USER);
	if (!low) {
		__free_page(high);
		return -ENOMEM;
	}
	describe("alloc_page(GFP_HIGHUSER)", high);
	describe("alloc_page(GFP_USER)", low);
	__free_page(low);
	__free_page(high);
	return 0;
}

/* Who asks for an address cannot be given high memory: the request is refused and reported (stderr). */
static void address_of_high_memory(void)
{
	unsigned long addr = __get_free_page(GFP_HIGHUSER);

	printf("__get_free_page(GFP_HIGHUSER): %s\n", addr ? "an address" : "0");
}

int main(void)
{
	if (pagoda_boot("machine=i386 mem=2G nr_cpus=2 panic_on_warn=0"))
		return 1;
	high_memory_handling();
	if (high_memory_access())
		return 1;
	address_of_high_memory();
	return pagoda_shutdown() != 0;
}

// SPDX-License-Identifier: MIT
/*
 * 06-zones.c - why there are zones, and which
 *
 * Notes: 区的概念和必要性 and Linux 的四种区, zone_concept(), linux_zones(). Some devices reach only part of
 * the physical addresses, and the kernel maps only part of them: so pages are not alike. Here a
 * thousand pages are taken for each kind of need, and we look where in physical memory they are.
 */
#include <stdio.h>

#include <pagoda/pagoda.h>
#include <linux/mm.h>

#define NR_PAGES 1000

static const struct need {
	const char *name, *why;
	gfp_t gfp;
	unsigned long from_mib, to_mib;		/* where the text has the zone, 0: no end */
} i386_needs[] = {
	{ "GFP_DMA", "a device with 24 address lines", GFP_DMA, 0, 16 },
	{ "GFP_KERNEL", "mapped by the kernel for ever", GFP_KERNEL, 16, 896 },
	{ "GFP_HIGHUSER", "not mapped: no address at all", GFP_HIGHUSER, 896, 0 },
	{ .name = NULL },
}, x86_64_needs[] = {
	{ "GFP_DMA", "a device with 24 address lines", GFP_DMA, 0, 16 },
	{ "GFP_DMA32", "a device with 32 address lines", GFP_DMA32, 16, 4096 },
	{ "GFP_KERNEL", "all memory is mapped", GFP_KERNEL, 4096, 0 },
	{ .name = NULL },
};

static bool inside(const struct need *need, const struct page *page)
{
	unsigned long mib = page_to_phys(page) >> 20;

	return mib >= need->from_mib && (!need->to_mib || mib < need->to_mib);
}

static void try_need(const struct need *need)
{
	static struct page *pages[NR_PAGES];
	unsigned long nr, nr_inside = 0, nr_mapped = 0;
	const char *zone = "";

	for (nr = 0; nr < NR_PAGES; nr++) {
		pages[nr] = alloc_page(need->gfp);
		if (!pages[nr])
			break;
		zone = page_zone(pages[nr])->name;
		nr_inside += inside(need, pages[nr]);
		nr_mapped += page_address(pages[nr]) != NULL;
	}
	printf("  %-12s %-8s %lu pages from %lu MiB", need->name, zone, nr_inside, need->from_mib);
	if (need->to_mib)
		printf(" to %lu MiB", need->to_mib);
	printf(", %lu with an address: %s\n", nr_mapped, need->why);
	release_pages(pages, nr);
}

static int linux_zones(const char *cmdline, const struct need *needs)
{
	if (pagoda_boot(cmdline))
		return 1;
	printf("%s\n", cmdline);
	for (; needs->name; needs++)
		try_need(needs);
	return pagoda_shutdown();
}

int main(void)
{
	return linux_zones("machine=i386 mem=2G nr_cpus=2", i386_needs) ||
	       linux_zones("machine=x86_64 mem=8G nr_cpus=2", x86_64_needs);
}

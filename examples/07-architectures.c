// SPDX-License-Identifier: MIT
/*
 * 07-architectures.c - the same zones lie differently on different machines
 *
 * Notes: 不同体系结构的区分布, architecture_differences(), zone_distribution_table(). Boots both machines of
 * the text, one after the other, and prints their zones. All four exist on both; one without memory
 * is empty. Real PCs have holes: below 1 MiB, and on x86_64 from 3 to 4 GiB, where devices are; the
 * memory that would have been there follows above.
 */
#include <stdio.h>

#include <pagoda/pagoda.h>
#include <linux/mm.h>

static const char *yes(bool is_so)
{
	return is_so ? "yes" : "no";
}

static unsigned long mib(unsigned long pages)
{
	return pages >> (20 - PAGE_SHIFT);
}

static void print_zone(const struct zone *zone)
{
	static const char *const names[MAX_NR_ZONES] = {
		[ZONE_DMA] = "ZONE_DMA", [ZONE_DMA32] = "ZONE_DMA32",
		[ZONE_NORMAL] = "ZONE_NORMAL", [ZONE_HIGHMEM] = "ZONE_HIGHMEM",
	};

	printf("| %-12s | %-7s |", names[zone_idx(zone)], zone->name);
	if (populated_zone(zone))
		printf(" %4lu - %4lu MiB |\n", mib(zone->zone_start_pfn), mib(zone_end_pfn(zone)));
	else
		printf(" %-15s |\n", "empty");
}

static void zone_distribution_table(void)
{
	struct zone *zone;

	printf("+--------------+---------+-----------------+\n");
	for_each_zone(zone)
		print_zone(zone);
	printf("+--------------+---------+-----------------+\n");
}

static int architecture_differences(const char *cmdline)
{
	if (pagoda_boot(cmdline))
		return 1;
	printf("%s\n", cmdline);
	zone_distribution_table();
	printf("the kernel maps the first %lu MiB of %lu, high memory: %s\n\n", mib(max_low_pfn),
	       mib(max_pfn), yes(max_low_pfn < max_pfn));
	return pagoda_shutdown();
}

int main(void)
{
	return architecture_differences("machine=i386 mem=2G nr_cpus=2") ||
	       architecture_differences("machine=x86_64 mem=8G nr_cpus=2") ||
	       /* The layout follows from the machine, not from how much memory it has. */
	       architecture_differences("machine=i386 mem=512M nr_cpus=2") ||
	       architecture_differences("machine=x86_64 mem=512M nr_cpus=2");
}

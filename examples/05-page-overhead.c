// SPDX-License-Identifier: MIT
/*
 * 05-page-overhead.c - what the page structures cost
 *
 * Notes: 页的内存开销, page_structure_overhead(): 40 bytes for each of 524288 pages of 8 KiB are 20 MiB of
 * 4 GiB, 0.5 %. Measured here on a machine of 4 GiB; with PAGE_SHIFT=13 the number of pages is the text's.
 * Pagoda's struct page has 64 bytes, a cache line. And a structure costs the host nothing until its
 * part of memory is first used.
 */
#include <stdio.h>
#include <string.h>

#include <pagoda/pagoda.h>
#include <linux/mm.h>

static const char *yes(bool is_so)
{
	return is_so ? "yes" : "no";
}

/* A line of the view "memmap": a name, a blank, a number. */
static unsigned long memmap(const char *name)
{
	char line[128];
	size_t len = strlen(name);
	unsigned long value = 0;
	FILE *view = tmpfile();

	if (!view || pagoda_show("memmap", view))
		return 0;
	rewind(view);
	while (fgets(line, sizeof(line), view))
		if (!strncmp(line, name, len) && line[len] == ' ')
			sscanf(line + len, "%lu", &value);
	fclose(view);
	return value;
}

static void print_share(const char *what, unsigned long bytes, unsigned long memory)
{
	printf("%s: %lu KiB, %lu.%02lu %% of memory\n", what, bytes >> 10, bytes * 100 / memory,
	       bytes * 10000 / memory % 100);
}

static void page_structure_overhead(void)
{
	unsigned long memory = 4UL << 30, pages = 0, extent;

	while (pfn_valid(pages))
		pages++;
	extent = (char *)(pfn_to_page(pages - 1) + 1) - (char *)pfn_to_page(0);
	printf("%lu pages of %lu KiB\n", pages, PAGE_SIZE >> 10);
	printf("from the first structure to the end of the last: %lu bytes, %lu for a page\n", extent,
	       extent / pages);
	printf("the view memmap says the same: %s\n",
	       yes(memmap("mem_map_bytes") == extent && memmap("struct_page_bytes") == extent / pages));
	print_share("measured", extent, memory);
	print_share("with the 40 bytes of the text", pages * 40, memory);
}

static void paid_when_used(void)
{
	unsigned long made = memmap("mem_map_made_bytes");
	struct page *page;

	printf("made so far is less than a tenth: %s\n", yes(made < memmap("mem_map_bytes") / 10));
	page = pfn_to_page(PHYS_PFN(2UL << 30));	/* in the middle of high memory */
	printf("looking at one page in the middle makes those around it: %lu KiB of structures\n",
	       (memmap("mem_map_made_bytes") - made) >> 10);
	printf("that page is in %s, free: %s\n", page_zone(page)->name,
	       page_count(page) ? "no" : "yes");
}

int main(void)
{
	if (pagoda_boot("machine=i386 mem=4G nr_cpus=2"))
		return 1;
	page_structure_overhead();
	paid_when_used();
	return pagoda_shutdown() != 0;
}

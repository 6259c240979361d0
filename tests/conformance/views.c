// SPDX-License-Identifier: MIT
/*
 * views.c - pagoda_show(): the form of the files in /proc, byte for byte
 *
 * Idea. The lines below are copied from the files of a Linux 6.1 machine. A line of ours has to have the
 * shape of Linux's: equal when every number is replaced by '#', in columns of fixed width together
 * with the blanks in front of it. Order and number of lines are compared, too; so what parses Linux's
 * file parses ours. Where Linux leaves out a feature that is not built in, so may we.
 */
#include "pagoda_test.h"

#include <linux/cpumask.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/swap.h>

#include <ctype.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Replaces numbers by '#', and names of zones in their column by '@'. */
static const char *shape(const char *line)
{
	static const char *const names[] = { "     DMA", "   DMA32", "  Normal", " HighMem" };
	static char shapes[2][512];
	static int turn;
	char *out = shapes[turn++ % 2], *start = out;

	while (*line) {
		bool named = false;

		for (size_t i = 0; i < ARRAY_LEN(names) && !named; i++)
			named = !strncmp(line, names[i], 8) && out > start && out[-1] == ' ';
		if (named) {
			*out++ = '@';
			line += 8;
		} else if (isdigit((unsigned char)*line) && (out == start || !isalpha((unsigned char)out[-1]))) {
			*out++ = '#';
			while (isdigit((unsigned char)*line))
				line++;
		} else {
			*out++ = *line++;
		}
	}
	*out = '\0';
	return start;
}

static void expect_shape(const char *ours, const char *linuxs)
{
	if (strcmp(shape(ours), shape(linuxs)))
		fail_msg("'%s' has not the shape of '%s'", ours, linuxs);
}

/* The lines of a view. */
struct lines {
	char *text;
	const char *line[4096];
	size_t nr, at;
};

static struct lines lines_of(const char *name)
{
	struct lines lines = { .text = strdup(view(name)) };
	char *save;

	/* Every line ends with a newline, the last one as well. */
	assert_int_equal(lines.text[strlen(lines.text) - 1], '\n');
	for (char *line = lines.text; *line; line = save) {
		save = strchr(line, '\n');
		*save++ = '\0';
		assert_true(lines.nr < ARRAY_LEN(lines.line));
		lines.line[lines.nr++] = line;
	}
	return lines;
}

static const char *next_line(struct lines *lines)
{
	if (lines->at == lines->nr)
		fail_msg("the view ends too early, behind '%s'", lines->nr ? lines->line[lines->nr - 1] : "");
	return lines->line[lines->at++];
}

static void expect_lines(struct lines *lines, const char *const *linuxs, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		expect_shape(next_line(lines), linuxs[i]);
}

static void expect_end(struct lines *lines)
{
	if (lines->at < lines->nr)
		fail_msg("the view goes on with '%s'", lines->line[lines->at]);
	free(lines->text);
}

static const char *const machines[] = {
	"machine=x86_64 mem=512M nr_cpus=2", "machine=i386 mem=1536M nr_cpus=2", "machine=x86_64 mem=5G numa=3 nr_cpus=2",
	"machine=i386 mem=12M nr_cpus=1", "machine=i386 mem=1G numa=2 nr_cpus=3",
};

/* A machine on which something happened, so that there are numbers. */
static struct page *taken[64];

static void start(const char *machine)
{
	boot(machine);
	for (int i = 0; i < 64; i++)
		taken[i] = alloc_pages((i % 2 ? GFP_HIGHUSER_MOVABLE : GFP_KERNEL), i % 4);
}

static void stop(void)
{
	for (int i = 0; i < 64; i++)
		__free_pages(taken[i], i % 4);
	shutdown_clean();
}

/* The value that stands behind @label in @line; fails when the label is another one. */
static unsigned long value_of(const char *line, const char *label)
{
	if (strncmp(line, label, strlen(label)))
		fail_msg("'%s' does not begin with '%s'", line, label);
	return strtoul(line + strlen(label), NULL, 10);
}

/* ---- buddyinfo ---- */

static void buddyinfo_is_linuxs(void **state)
{
	static const char linuxs[] =
		"Node 0, zone    DMA32      2      3      1      3      2      1     10      7      4      3     99 ";

	for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
		struct lines lines;
		struct zone *zone;

		start(machines[m]);
		drain_all_pages(NULL);
		lines = lines_of("buddyinfo");
		for_each_populated_zone(zone) {
			const char *line = next_line(&lines);
			char expected[256];
			int len;

			assert_int_equal(strlen(line), strlen(linuxs));
			len = sprintf(expected, "Node %d, zone %8s ", zone_to_nid(zone), zone->name);
			for (int order = 0; order < MAX_ORDER; order++)
				len += sprintf(expected + len, "%6lu ", zone->free_area[order].nr_free);
			assert_string_equal(line, expected);
		}
		expect_end(&lines);
		stop();
	}
}

/* ---- meminfo ---- */

static const char *const linux_meminfo[] = {
	"MemTotal:        1540688 kB", "MemFree:         1495032 kB", "MemAvailable:    1389952 kB",
	"Buffers:               0 kB", "Cached:             4224 kB", "SwapCached:            0 kB",
	"Active:             2960 kB", "Inactive:           1652 kB", "Active(anon):       2960 kB",
	"Inactive(anon):     1652 kB", "Active(file):          0 kB", "Inactive(file):        0 kB",
	"Unevictable:           0 kB", "Mlocked:               0 kB", "HighTotal:        671552 kB",
	"HighFree:         663612 kB", "LowTotal:         869136 kB", "LowFree:          831420 kB",
	"SwapTotal:             0 kB", "SwapFree:              0 kB", "Dirty:                 0 kB",
	"Writeback:             0 kB", "AnonPages:           392 kB", "Mapped:             2228 kB",
	"Shmem:              4224 kB", "KReclaimable:       6776 kB", "Slab:              11060 kB",
	"SReclaimable:       6776 kB", "SUnreclaim:         4284 kB", "KernelStack:         432 kB",
	"PageTables:          180 kB", "SecPageTables:         0 kB", "NFS_Unstable:          0 kB",
	"Bounce:                0 kB", "WritebackTmp:          0 kB", "CommitLimit:      770344 kB",
	"Committed_AS:       6516 kB", "VmallocTotal:     122880 kB", "VmallocUsed:        1620 kB",
	"VmallocChunk:          0 kB", "Percpu:              288 kB",
};

static bool of_high_memory(const char *line)
{
	return !strncmp(line, "High", 4) || !strncmp(line, "Low", 3);
}

static void meminfo_is_linuxs(void **state)
{
	for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
		struct lines lines;

		start(machines[m]);
		lines = lines_of("meminfo");
		for (size_t i = 0; i < ARRAY_LEN(linux_meminfo); i++) {
			const char *line;

			if (of_high_memory(linux_meminfo[i]) && !totalhigh_pages())
				continue;
			line = next_line(&lines);
			assert_int_equal(strlen(line), strlen(linux_meminfo[i]));
			assert_memory_equal(line, linux_meminfo[i], strcspn(line, ":") + 1);
			assert_true(line_matches(line, "[A-Za-z_()]+: +[0-9]+ kB"));
		}
		expect_end(&lines);
		stop();
	}
}

static unsigned long meminfo(const char *label)
{
	const char *at = strstr(view("meminfo"), label);

	assert_non_null(at);
	return value_of(at, label);
}

static void meminfo_has_the_machines_numbers(void **state)
{
	struct page *pages;
	unsigned long free;

	boot("machine=i386 mem=1536M");
	assert_int_equal(meminfo("MemTotal:"), totalram_pages() * (PAGE_SIZE / 1024));
	assert_int_equal(meminfo("HighTotal:"), totalhigh_pages() * (PAGE_SIZE / 1024));
	assert_int_equal(meminfo("LowTotal:") + meminfo("HighTotal:"), meminfo("MemTotal:"));
	assert_int_equal(meminfo("LowFree:") + meminfo("HighFree:"), meminfo("MemFree:"));
	free = meminfo("MemFree:");
	assert_int_equal(free, nr_free_pages() * (PAGE_SIZE / 1024));
	assert_true(meminfo("MemAvailable:") < free);
	pages = alloc_pages(GFP_KERNEL, MAX_ORDER - 1);
	assert_int_equal(meminfo("MemFree:"), free - (PAGE_SIZE / 1024 << (MAX_ORDER - 1)));
	__free_pages(pages, MAX_ORDER - 1);
	shutdown_clean();
}

/* ---- pagetypeinfo ---- */

static void pagetypeinfo_is_linuxs(void **state)
{
	static const char *const head[] = {
		"Page block order: 9", "Pages per block:  512", "",
		"Free pages count per migrate type at order       0      1      2      3      4      5      6      7      8      9     10 ",
	};
	static const char *const types[] = { "Unmovable", "Movable", "Reclaimable", "HighAtomic", "Isolate" };
	static const char free_line[] =
		"Node    0, zone    DMA32, type    Unmovable      1      1      0      1      0      0      2      0      0      1      0 ";
	static const char blocks_head[] =
		"Number of blocks type     Unmovable      Movable  Reclaimable   HighAtomic      Isolate ";
	static const char blocks_line[] =
		"Node 0, zone    DMA32           20          222            6            0            0 ";

	for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
		struct lines lines;
		struct zone *zone;

		start(machines[m]);
		drain_all_pages(NULL);
		lines = lines_of("pagetypeinfo");
		for (size_t i = 0; i < ARRAY_LEN(head); i++)
			assert_string_equal(next_line(&lines), head[i]);
		for_each_populated_zone(zone) {
			unsigned long blocks[MAX_ORDER] = { 0 };

			for (size_t type = 0; type < ARRAY_LEN(types); type++) {
				const char *line = next_line(&lines);
				char start_of_line[64], *number;
				int len = sprintf(start_of_line, "Node %4d, zone %8s, type %12s ",
						  zone_to_nid(zone), zone->name, types[type]);

				assert_int_equal(strlen(line), strlen(free_line));
				assert_memory_equal(line, start_of_line, len);
				number = (char *)line + len;
				for (int order = 0; order < MAX_ORDER; order++)
					blocks[order] += strtoul(number, &number, 10);
				assert_string_equal(number, " ");
			}
			for (int order = 0; order < MAX_ORDER; order++)
				assert_int_equal(blocks[order], zone->free_area[order].nr_free);
		}
		assert_string_equal(next_line(&lines), "");
		assert_string_equal(next_line(&lines), blocks_head);
		for_each_populated_zone(zone) {
			const char *line = next_line(&lines);
			unsigned long blocks = 0;
			char start_of_line[64], *number;
			int len = sprintf(start_of_line, "Node %d, zone %8s ", zone_to_nid(zone), zone->name);

			assert_int_equal(strlen(line), strlen(blocks_line));
			assert_memory_equal(line, start_of_line, len);
			number = (char *)line + len;
			for (size_t type = 0; type < ARRAY_LEN(types); type++)
				blocks += strtoul(number, &number, 10);
			/* Every block that the zone touches, those cut by its ends as well; holes may take some. */
			assert_true(blocks > 0 && blocks <= zone->spanned_pages / pageblock_nr_pages + 2);
		}
		expect_end(&lines);
		stop();
	}
}

/* ---- zoneinfo ---- */

static const char *const zoneinfo_node[] = {
	"  per-node stats",
	"      nr_inactive_anon 95", "      nr_active_anon 506", "      nr_inactive_file 0",
	"      nr_active_file 0", "      nr_unevictable 572", "      nr_slab_reclaimable 2374",
	"      nr_slab_unreclaimable 1823", "      nr_isolated_anon 0", "      nr_isolated_file 0",
	"      workingset_nodes 0", "      workingset_refault_anon 0", "      workingset_refault_file 0",
	"      workingset_activate_anon 0", "      workingset_activate_file 0",
	"      workingset_restore_anon 0", "      workingset_restore_file 0",
	"      workingset_nodereclaim 0", "      nr_anon_pages 395", "      nr_mapped    611",
	"      nr_file_pages 781", "      nr_dirty     0", "      nr_writeback 0",
	"      nr_writeback_temp 0", "      nr_shmem     781", "      nr_shmem_hugepages 0",
	"      nr_shmem_pmdmapped 0", "      nr_file_hugepages 0", "      nr_file_pmdmapped 0",
	"      nr_anon_transparent_hugepages 0", "      nr_vmscan_write 0",
	"      nr_vmscan_immediate_reclaim 0", "      nr_dirtied   0", "      nr_written   0",
	"      nr_throttled_written 0", "      nr_kernel_misc_reclaimable 0",
	"      nr_foll_pin_acquired 0", "      nr_foll_pin_released 0", "      nr_kernel_stack 912",
	"      nr_page_table_pages 27", "      nr_sec_page_table_pages 0", "      nr_swapcached 0",
	"      pgpromote_success 0", "      pgpromote_candidate 0",
};

static const char *const zoneinfo_pages[] = {
	"  pages free     3808", "        boost    0", "        min      22", "        low      27",
	"        high     32", "        spanned  4095", "        present  3998", "        managed  3840",
	"        cma      0", "        protection: (0, 828, 1484, 1484)",	/* four zones, as on i386 */
};

static const char *const zoneinfo_stats[] = {
	"      nr_free_pages 3808", "      nr_zone_inactive_anon 0", "      nr_zone_active_anon 0",
	"      nr_zone_inactive_file 0", "      nr_zone_active_file 0", "      nr_zone_unevictable 0",
	"      nr_zone_write_pending 0", "      nr_mlock     0", "      nr_bounce    0",
	"      nr_zspages   0", "      nr_free_cma  0", "      numa_hit     1", "      numa_miss    0",
	"      numa_foreign 0", "      numa_interleave 1", "      numa_local   1", "      numa_other   0",
	"  pagesets",
};

static const char *const zoneinfo_cpu[] = {
	"    cpu: 0", "              count: 98", "              high:  413", "              batch: 31",
	"  vm stats threshold: 12",
};

static const char *const zoneinfo_end[] = { "  node_unreclaimable:  0", "  start_pfn:           4096" };

static bool first_of_its_node(const struct zone *zone)
{
	const struct zone *each = zone->zone_pgdat->node_zones;

	while (!populated_zone(each))
		each++;
	return each == zone;
}

static void zoneinfo_is_linuxs(void **state)
{
	for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
		struct lines lines;
		struct zone *zone;

		start(machines[m]);
		lines = lines_of("zoneinfo");
		for_each_zone(zone) {
			char head[64];

			sprintf(head, "Node %d, zone %8s", zone_to_nid(zone), zone->name);
			assert_string_equal(next_line(&lines), head);
			if (first_of_its_node(zone))	/* Linux: is_zone_first_populated() */
				expect_lines(&lines, zoneinfo_node, ARRAY_LEN(zoneinfo_node));
			expect_lines(&lines, zoneinfo_pages, ARRAY_LEN(zoneinfo_pages));
			if (!populated_zone(zone))
				continue;	/* no more is told of an empty zone */
			expect_lines(&lines, zoneinfo_stats, ARRAY_LEN(zoneinfo_stats));
			for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
				expect_lines(&lines, zoneinfo_cpu, ARRAY_LEN(zoneinfo_cpu));
			expect_lines(&lines, zoneinfo_end, ARRAY_LEN(zoneinfo_end));
		}
		expect_end(&lines);
		stop();
	}
}

/* Goes to the next line that begins with @label; its value. */
static unsigned long seek(struct lines *lines, const char *label)
{
	const char *line;

	do {
		line = next_line(lines);
	} while (strncmp(line, label, strlen(label)));
	return value_of(line, label);
}

static void zoneinfo_has_the_zones_numbers(void **state)
{
	struct lines lines;
	struct zone *zone;

	start("machine=i386 mem=1536M nr_cpus=2");
	lines = lines_of("zoneinfo");
	for_each_zone(zone) {
		unsigned long free = seek(&lines, "  pages free     "), all_free, in_arrays = 0;
		char protection[128];

		assert_int_equal(seek(&lines, "        min      "), min_wmark_pages(zone));
		assert_int_equal(seek(&lines, "        low      "), low_wmark_pages(zone));
		assert_int_equal(seek(&lines, "        high     "), high_wmark_pages(zone));
		assert_int_equal(seek(&lines, "        spanned  "), zone->spanned_pages);
		assert_int_equal(seek(&lines, "        present  "), zone->present_pages);
		assert_int_equal(seek(&lines, "        managed  "), zone_managed_pages(zone));
		next_line(&lines);
		sprintf(protection, "        protection: (%lu, %lu, %lu, %lu)", zone->lowmem_reserve[0],
			zone->lowmem_reserve[1], zone->lowmem_reserve[2], zone->lowmem_reserve[3]);
		assert_string_equal(next_line(&lines), protection);
		if (!populated_zone(zone))
			continue;
		all_free = seek(&lines, "      nr_free_pages ");
		for (unsigned int cpu = 0; cpu < 2; cpu++) {
			assert_int_equal(seek(&lines, "    cpu: "), cpu);
			in_arrays += seek(&lines, "              count: ");
			assert_true(seek(&lines, "              high:  ") > 0);
			assert_true(seek(&lines, "              batch: ") > 0);
		}
		assert_int_equal(free, all_free);
		assert_int_equal(zone->nr_free + in_arrays, all_free);
		assert_int_equal(all_free, zone_page_state(zone, NR_FREE_PAGES));
		assert_int_equal(seek(&lines, "  start_pfn:           "), zone->zone_start_pfn);
	}
	expect_end(&lines);
	stop();
}

/* ---- vmstat ---- */

static void vmstat_is_names_and_numbers(void **state)
{
	struct lines lines;

	start("machine=i386 mem=1536M");
	drain_all_pages(NULL);
	lines = lines_of("vmstat");
	assert_int_equal(value_of(lines.line[0], "nr_free_pages "), nr_free_pages());
	for (size_t i = 0; i < lines.nr; i++) {
		assert_true(line_matches(lines.line[i], "[a-z_0-9]+ [0-9]+"));
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(strncmp(lines.line[i], lines.line[j],
						     strcspn(lines.line[i], " ") + 1), 0);
	}
	assert_true(seek(&lines, "pgalloc_normal ") > 0);
	free(lines.text);
	stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(buddyinfo_is_linuxs),
		machine_test(meminfo_is_linuxs),
		machine_test(meminfo_has_the_machines_numbers),
		machine_test(pagetypeinfo_is_linuxs),
		machine_test(zoneinfo_is_linuxs),
		machine_test(zoneinfo_has_the_zones_numbers),
		machine_test(vmstat_is_names_and_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

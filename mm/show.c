// SPDX-License-Identifier: MIT
/*
 * show.c - the views of the machine, in the form of the files in /proc
 *
 * What Pagoda does not have is shown as Linux shows a feature that nobody uses: its counters are 0. So
 * parsers of Linux's files read these.
 *
 * Locks: zone->lock where lists are walked; counters are read without.
 */
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/swap.h>
#include <linux/vmstat.h>

#include "internal.h"

struct view {
	emit_fn emit;
	void   *arg;
	bool	failed;
};

static void __printf(2, 3) show(struct view *view, const char *fmt, ...)
{
	char text[160];
	__builtin_va_list args;
	int len;

	__builtin_va_start(args, fmt);
	len = pagoda_vsnprintf(text, sizeof(text), fmt, args);
	__builtin_va_end(args);
	if (!view->emit(view->arg, text, min_t(size_t, len, sizeof(text) - 1)))
		view->failed = true;
}

static unsigned long kbytes(unsigned long pages)
{
	return pages << (PAGE_SHIFT - 10);
}

/* ---- buddyinfo ---- */

static void show_buddyinfo(struct view *view)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		show(view, "Node %d, zone %8s ", zone_to_nid(zone), zone->name);
		for (int order = 0; order < MAX_ORDER; order++)
			show(view, "%6lu ", READ_ONCE(zone->free_area[order].nr_free));
		show(view, "\n");
	}
}

/* ---- pagetypeinfo ---- */

static const char *const migratetype_names[MIGRATE_TYPES] = {
	"Unmovable", "Movable", "Reclaimable", "HighAtomic", "Isolate",
};

/* Free blocks of one order and type; untouched memory is movable, of the largest order. */
static unsigned long count_free(struct zone *zone, int order, int type)
{
	struct list_head *pos;
	unsigned long nr = 0, flags;

	spin_lock_irqsave(&zone->lock, flags);
	list_for_each(pos, &zone->free_area[order].free_list[type])
		nr++;
	if (order == MAX_ORDER - 1 && type == MIGRATE_MOVABLE)
		nr += buddy_deferred_pages(zone) >> order;
	spin_unlock_irqrestore(&zone->lock, flags);
	return nr;
}

static void show_free_by_type(struct view *view, struct zone *zone)
{
	for (int type = 0; type < MIGRATE_TYPES; type++) {
		show(view, "Node %4d, zone %8s, type %12s ", zone_to_nid(zone), zone->name,
		     migratetype_names[type]);
		for (int order = 0; order < MAX_ORDER; order++)
			show(view, "%6lu ", count_free(zone, order, type));
		show(view, "\n");
	}
}

static void show_blocks_by_type(struct view *view, struct zone *zone)
{
	unsigned long nr[MIGRATE_TYPES] = { 0 };
	unsigned long pfn = zone->zone_start_pfn, end = zone_end_pfn(zone);

	while (pfn < end) {
		unsigned long next = ALIGN_DOWN(pfn, pageblock_nr_pages) + pageblock_nr_pages;

		/* Whole untouched sections at once: there are many. */
		if (!section_mapped(pfn) && buddy_deferred(zone, pfn)) {
			next = min(ALIGN_DOWN(pfn, PAGES_PER_SECTION) + PAGES_PER_SECTION, end);
			nr[MIGRATE_MOVABLE] += DIV_ROUND_UP(next - pfn, pageblock_nr_pages);
		} else if (page_in_zone(pfn_to_page(pfn), zone)) {
			nr[get_pageblock_migratetype(mem_map + pfn)]++;
		}
		pfn = next;
	}
	show(view, "Node %d, zone %8s ", zone_to_nid(zone), zone->name);
	for (int type = 0; type < MIGRATE_TYPES; type++)
		show(view, "%12lu ", nr[type]);
	show(view, "\n");
}

static void show_pagetypeinfo(struct view *view)
{
	struct zone *zone;

	show(view, "Page block order: %d\nPages per block:  %lu\n\n", pageblock_order,
	     pageblock_nr_pages);
	show(view, "%-43s ", "Free pages count per migrate type at order");
	for (int order = 0; order < MAX_ORDER; order++)
		show(view, "%6d ", order);
	show(view, "\n");
	for_each_populated_zone(zone)
		show_free_by_type(view, zone);
	show(view, "\n%-23s", "Number of blocks type ");
	for (int type = 0; type < MIGRATE_TYPES; type++)
		show(view, "%12s ", migratetype_names[type]);
	show(view, "\n");
	for_each_populated_zone(zone)
		show_blocks_by_type(view, zone);
}

/* ---- zoneinfo ---- */

static const char *const node_stats[] = {
	"nr_inactive_anon", "nr_active_anon", "nr_inactive_file", "nr_active_file",
	"nr_unevictable", "nr_slab_reclaimable", "nr_slab_unreclaimable", "nr_isolated_anon",
	"nr_isolated_file", "workingset_nodes", "workingset_refault_anon",
	"workingset_refault_file", "workingset_activate_anon", "workingset_activate_file",
	"workingset_restore_anon", "workingset_restore_file", "workingset_nodereclaim",
	"nr_anon_pages", "nr_mapped", "nr_file_pages", "nr_dirty", "nr_writeback",
	"nr_writeback_temp", "nr_shmem", "nr_shmem_hugepages", "nr_shmem_pmdmapped",
	"nr_file_hugepages", "nr_file_pmdmapped", "nr_anon_transparent_hugepages",
	"nr_vmscan_write", "nr_vmscan_immediate_reclaim", "nr_dirtied", "nr_written",
	"nr_throttled_written", "nr_kernel_misc_reclaimable", "nr_foll_pin_acquired",
	"nr_foll_pin_released", "nr_kernel_stack", "nr_page_table_pages",
	"nr_sec_page_table_pages", "nr_swapcached", "pgpromote_success", "pgpromote_candidate",
};

static const char *const zone_stats[] = {
	"nr_zone_inactive_anon", "nr_zone_active_anon", "nr_zone_inactive_file",
	"nr_zone_active_file", "nr_zone_unevictable", "nr_zone_write_pending", "nr_mlock",
	"nr_bounce", "nr_zspages", "nr_free_cma", "numa_hit", "numa_miss", "numa_foreign",
	"numa_interleave", "numa_local", "numa_other",
};

static bool is_first_populated(const struct zone *zone)
{
	const struct zone *each = zone->zone_pgdat->node_zones;

	while (!populated_zone(each))
		each++;
	return zone == each;
}

static void show_zone_pages(struct view *view, struct zone *zone)
{
	show(view, "Node %d, zone %8s", zone_to_nid(zone), zone->name);
	if (is_first_populated(zone)) {
		show(view, "\n  per-node stats");
		for (size_t i = 0; i < ARRAY_SIZE(node_stats); i++)
			show(view, "\n      %-12s %lu", node_stats[i], 0UL);
	}
	show(view, "\n  pages free     %lu", zone_page_state(zone, NR_FREE_PAGES));
	show(view, "\n        boost    %lu", 0UL);
	show(view, "\n        min      %lu", min_wmark_pages(zone));
	show(view, "\n        low      %lu", low_wmark_pages(zone));
	show(view, "\n        high     %lu", high_wmark_pages(zone));
	show(view, "\n        spanned  %lu", zone->spanned_pages);
	show(view, "\n        present  %lu", zone->present_pages);
	show(view, "\n        managed  %lu", zone_managed_pages(zone));
	show(view, "\n        cma      %lu", 0UL);
	show(view, "\n        protection: (%lu", zone->lowmem_reserve[0]);
	for (int i = 1; i < MAX_NR_ZONES; i++)
		show(view, ", %lu", zone->lowmem_reserve[i]);
	show(view, ")");
}

static void show_zoneinfo(struct view *view)
{
	struct zone *zone;
	unsigned int cpu;

	for_each_zone(zone) {
		show_zone_pages(view, zone);
		if (!populated_zone(zone)) {
			show(view, "\n");
			continue;
		}
		show(view, "\n      %-12s %lu", "nr_free_pages",
		     zone_page_state(zone, NR_FREE_PAGES));
		for (size_t i = 0; i < ARRAY_SIZE(zone_stats); i++)
			show(view, "\n      %-12s %lu", zone_stats[i], 0UL);
		show(view, "\n  pagesets");
		for_each_online_cpu(cpu) {
			show(view, "\n    cpu: %u\n              count: %lu", cpu,
			     pageset_cpu_pages(zone, cpu));
			show(view, "\n              high:  %i\n              batch: %i",
			     zone->pageset_high, zone->pageset_batch);
			show(view, "\n  vm stats threshold: %d", 0);
		}
		show(view, "\n  node_unreclaimable:  %u\n  start_pfn:           %lu\n", 0,
		     zone->zone_start_pfn);
	}
}

/* ---- meminfo ---- */

/* What new users could take without pushing others out: what is free above the reserves. */
static unsigned long available_pages(void)
{
	unsigned long available = 0;
	struct zone *zone;

	for_each_populated_zone(zone) {
		unsigned long keep = high_wmark_pages(zone), reserve = 0;
		unsigned long free = READ_ONCE(zone->nr_free);

		for (int i = 0; i < MAX_NR_ZONES; i++)
			reserve = max(reserve, zone->lowmem_reserve[i]);
		keep = min(keep + reserve, zone_managed_pages(zone));
		if (free > keep)
			available += free - keep;
	}
	return available;
}

static const char *const meminfo_unused[] = {
	"Buffers", "Cached", "SwapCached", "Active", "Inactive", "Active(anon)",
	"Inactive(anon)", "Active(file)", "Inactive(file)", "Unevictable", "Mlocked",
};

static const char *const meminfo_unused_behind_high[] = {
	"SwapTotal", "SwapFree", "Dirty", "Writeback", "AnonPages", "Mapped", "Shmem",
	"KReclaimable", "Slab", "SReclaimable", "SUnreclaim", "KernelStack", "PageTables",
	"SecPageTables", "NFS_Unstable", "Bounce", "WritebackTmp", "CommitLimit",
	"Committed_AS", "VmallocTotal", "VmallocUsed", "VmallocChunk", "Percpu",
};

static void show_kb(struct view *view, const char *name, unsigned long pages)
{
	char label[24];
	int len = 0;

	while (name[len] && len < (int)sizeof(label) - 2) {
		label[len] = name[len];
		len++;
	}
	label[len++] = ':';
	label[len] = '\0';
	show(view, "%-16s%8lu kB\n", label, kbytes(pages));
}

static void show_meminfo(struct view *view)
{
	struct sysinfo info;

	si_meminfo(&info);
	show_kb(view, "MemTotal", info.totalram);
	show_kb(view, "MemFree", info.freeram);
	show_kb(view, "MemAvailable", available_pages());
	for (size_t i = 0; i < ARRAY_SIZE(meminfo_unused); i++)
		show_kb(view, meminfo_unused[i], 0);
	if (info.totalhigh) {
		show_kb(view, "HighTotal", info.totalhigh);
		show_kb(view, "HighFree", info.freehigh);
		show_kb(view, "LowTotal", info.totalram - info.totalhigh);
		show_kb(view, "LowFree", info.freeram - info.freehigh);
	}
	for (size_t i = 0; i < ARRAY_SIZE(meminfo_unused_behind_high); i++)
		show_kb(view, meminfo_unused_behind_high[i], 0);
}

/* ---- vmstat ---- */

static const char *const event_names[NR_VM_EVENT_ITEMS] = {
	[PGALLOC_DMA] = "pgalloc_dma", [PGALLOC_DMA32] = "pgalloc_dma32",
	[PGALLOC_NORMAL] = "pgalloc_normal", [PGALLOC_HIGHMEM] = "pgalloc_high",
	[PGFREE] = "pgfree", [PGALLOC_EXTFRAG] = "pgalloc_extfrag",
	[PGALLOC_FALLBACK] = "pgalloc_fallback", [KSWAPD_WAKE] = "kswapd_wake",
	[ALLOC_DIRECT] = "alloc_direct", [ALLOC_FAIL_DMA] = "alloc_fail_dma",
	[ALLOC_FAIL_DMA32] = "alloc_fail_dma32", [ALLOC_FAIL_NORMAL] = "alloc_fail_normal",
	[ALLOC_FAIL_HIGHMEM] = "alloc_fail_high", [ALLOC_NOFAIL_WAIT] = "alloc_nofail_wait",
	[PCP_DRAIN] = "pcp_drain", [PAGESET_TIGHT] = "pageset_tight",
};

static void show_vmstat(struct view *view)
{
	unsigned long events[NR_VM_EVENT_ITEMS];

	show(view, "nr_free_pages %lu\n", global_zone_page_state(NR_FREE_PAGES));
	for (size_t i = 0; i < ARRAY_SIZE(zone_stats); i++)
		show(view, "%s 0\n", zone_stats[i]);
	for (size_t i = 0; i < ARRAY_SIZE(node_stats); i++)
		show(view, "%s 0\n", node_stats[i]);
	all_vm_events(events);
	for (int i = 0; i < NR_VM_EVENT_ITEMS; i++)
		show(view, "%s %lu\n", event_names[i], events[i]);
}

/* ---- memmap: what the structures cost ---- */

static unsigned long mapped_pages(void)
{
	unsigned long nr = 0;

	for (unsigned long pfn = 0; pfn < max_pfn; pfn += PAGES_PER_SECTION)
		if (section_mapped(pfn))
			nr += min(PAGES_PER_SECTION, max_pfn - pfn);
	return nr;
}

static void show_memmap(struct view *view)
{
	const struct machine *machine = (const struct machine *)PAGE_OFFSET;
	unsigned long present = 0, bytes = page_map.nr_pages * sizeof(struct page);
	struct zone *zone;

	for_each_zone(zone)
		present += zone->present_pages;
	show(view, "page_size %lu\nstruct_page_bytes %zu\n", PAGE_SIZE, sizeof(struct page));
	show(view, "present_pages %lu\nmem_map_bytes %lu\n", present, bytes);
	/* of all memory, in hundredths of a percent */
	show(view, "mem_map_share %lu.%02lu%%\n",
	     (unsigned long)(bytes * 100 / PFN_PHYS(present)),
	     (unsigned long)(bytes * 10000 / PFN_PHYS(present) % 100));
	show(view, "mem_map_made_bytes %lu\n", mapped_pages() * sizeof(struct page));
	show(view, "metadata_bytes %llu\n", machine->metadata_bytes);
}

/* ---- by name ---- */

static const struct {
	const char *name;
	void (*show)(struct view *view);
} views[] = {
	{ "buddyinfo", show_buddyinfo },
	{ "pagetypeinfo", show_pagetypeinfo },
	{ "zoneinfo", show_zoneinfo },
	{ "meminfo", show_meminfo },
	{ "vmstat", show_vmstat },
	{ "memmap", show_memmap },
};

static bool same_name(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

int mm_show(const char *name, emit_fn emit, void *arg)
{
	struct view view = { emit, arg, false };

	for (size_t i = 0; i < ARRAY_SIZE(views); i++) {
		if (!same_name(name, views[i].name))
			continue;
		views[i].show(&view);
		return view.failed ? -EIO : 0;
	}
	return -ENOENT;
}

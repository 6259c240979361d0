// SPDX-License-Identifier: MIT
/*
 * boot.c - from a command line to a running machine, and back
 *
 * Idea. The parameters give a memory map, as firmware would. Boot takes what the manager itself needs from
 * the top of it, describes nodes and zones, and hands the rest to the buddy: pieces at once, whole
 * sections deferred, so that the work does not grow with memory. The root at physical address 0 tells
 * where everything is. Each step is undone by machine_down(), whether boot failed or the machine stops.
 *
 * Locks: none. One thread boots and stops; the port sees to that.
 */
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/swap.h>

#include "internal.h"
#include "kernel/panic.h"
#include "kernel/params.h"
#include "kernel/printk.h"
#include "memblock.h"

#define MB(x) ((phys_addr_t)(x) << 20)
#define GB(x) ((phys_addr_t)(x) << 30)

#define MEM_MIN MB(8)
#define MEM_MAX GB(8192)
#define MEM_DEFAULT GB(1)
#define MAX_MAP_ENTRIES 64
#define MAX_RESERVE_ENTRIES 256

/* Where PCs have no memory. */
#define VIDEO_HOLE_START (640ULL << 10)
#define VIDEO_HOLE_END MB(1)
#define PCI_HOLE_START GB(3)
#define PCI_HOLE_END GB(4)

#define DMA_END MB(16)
#define DMA32_END GB(4)
#define I386_LOWMEM_END MB(896)
/* highmem= may leave as many frames low as that is with pages of 4 KiB. */
#define HIGHMEM_LOW_MAX (I386_LOWMEM_END << (PAGE_SHIFT - 12))

struct map_entry {
	phys_addr_t start, size;
	bool memory;			/* or else none */
};

struct boot_params {
	bool i386;
	u64  mem;			/* 0: not given */
	u64  highmem;			/* ~0: not given */
	bool exactmap;
	unsigned int nr_map, nr_reserve;
	struct map_entry map[MAX_MAP_ENTRIES];
	struct map_entry reserve[MAX_RESERVE_ENTRIES];
	struct map_entry boot_area;	/* size 0: not given */
	unsigned long nr_cpus, numa, loglevel;
	unsigned long min_free_kbytes;
	unsigned long reserve_ratio[MAX_NR_ZONES];
	bool init_on_alloc, init_on_free, page_poison;
	bool panic_on_warn, debug_preempt;
	bool portable;
};

static struct boot_params params;
static bool running;
static phys_addr_t low_end;		/* end of the direct map */
static char *boot_area;			/* where it is mapped, NULL without one */
static phys_addr_t boot_area_used;
static u64 metadata_bytes;

/* ---- parameters ---- */

static int set_machine(struct token value, void *arg __maybe_unused)
{
	params.i386 = token_is(value, "i386");
	return params.i386 || token_is(value, "x86_64") ? 0 : -EINVAL;
}

static int set_size(struct token value, void *arg)
{
	int err = token_size(&value, arg);

	return err ? err : value.len ? -EINVAL : 0;
}

static int set_highmem(struct token value, void *arg)
{
	int err = set_size(value, arg);

	return err ? err : *(u64 *)arg <= MEM_MAX ? 0 : -EINVAL;
}

static int set_mem(struct token value, void *arg)
{
	u64 *size = arg;
	int err = set_size(value, arg);

	if (err)
		return err;
	return *size >= MEM_MIN && *size <= MEM_MAX ? 0 : -EINVAL;
}

/* No more than the largest machine has; 0 is the formula. */
static int set_min_free(struct token value, void *arg)
{
	int err = param_set_ulong(value, arg);

	return err ? err : *(unsigned long *)arg <= MEM_MAX >> 10 ? 0 : -EINVAL;
}

static int set_loglevel(struct token value, void *arg)
{
	int err = param_set_ulong(value, arg);

	return err ? err : *(unsigned long *)arg <= 8 ? 0 : -EINVAL;
}

static int set_nr_cpus(struct token value, void *arg)
{
	unsigned long *nr = arg;
	int err = param_set_ulong(value, arg);

	return err ? err : *nr >= 1 && *nr <= NR_CPUS ? 0 : -EINVAL;
}

static int set_numa(struct token value, void *arg)
{
	unsigned long *nr = arg;
	int err = param_set_ulong(value, arg);

	return err ? err : *nr >= 1 && *nr <= MAX_NUMNODES ? 0 : -EINVAL;
}

static int set_array_cache(struct token value, void *arg __maybe_unused)
{
	params.portable = token_is(value, "portable");
	return params.portable || token_is(value, "rseq") ? 0 : -EINVAL;
}

/* "size@start" or, for no memory, "size$start" */
static int parse_range(struct token *token, struct map_entry *entry)
{
	int err = token_size(token, &entry->size);
	char kind;

	if (err || !token->len)
		return err ? err : -EINVAL;
	kind = *token->text;
	if (kind != '@' && kind != '$')
		return -EINVAL;
	token->text++;
	token->len--;
	entry->memory = kind == '@';
	err = token_size(token, &entry->start);
	if (err)
		return err;
	return !entry->size || entry->start > MEM_MAX * 2 || entry->size > MEM_MAX ? -EINVAL : 0;
}

/* @list has been taken apart, up to its end: was there a comma behind the last part? */
static bool ends_with_comma(struct token list)
{
	return list.text[-1] == ',';
}

static int parse_ranges(struct token value, struct map_entry *entries, unsigned int *nr,
			unsigned int max)
{
	do {
		struct token part = token_split(&value, ',');
		int err;

		if (*nr == max)
			return -ENOSPC;
		err = parse_range(&part, &entries[*nr]);
		if (err || part.len)
			return err ? err : -EINVAL;
		(*nr)++;
	} while (value.len);
	return ends_with_comma(value) ? -EINVAL : 0;
}

static int set_memmap(struct token value, void *arg __maybe_unused)
{
	if (!token_is(value, "exactmap"))
		return parse_ranges(value, params.map, &params.nr_map, MAX_MAP_ENTRIES);
	params.exactmap = true;
	return 0;
}

static int set_reserve(struct token value, void *arg __maybe_unused)
{
	return parse_ranges(value, params.reserve, &params.nr_reserve, MAX_RESERVE_ENTRIES);
}

static int set_boot_area(struct token value, void *arg __maybe_unused)
{
	unsigned int nr = 0;
	int err = parse_ranges(value, &params.boot_area, &nr, 1);

	if (err)
		return err;
	return params.boot_area.memory && PAGE_ALIGNED(params.boot_area.start) &&
	       PAGE_ALIGNED(params.boot_area.size) ? 0 : -EINVAL;
}

/* One number for each zone that has a higher one, lowest first: as /proc/sys/vm/lowmem_reserve_ratio. */
static int set_reserve_ratio(struct token value, void *arg __maybe_unused)
{
	int i = 0;

	do {
		struct token part = token_split(&value, ',');
		int err = i == MAX_NR_ZONES ? -EINVAL : param_set_ulong(part, &params.reserve_ratio[i]);

		if (err)
			return err;
		i++;
	} while (value.len);
	return ends_with_comma(value) ? -EINVAL : 0;
}

static const struct param known_params[] = {
	{ "machine", set_machine, NULL },
	{ "mem", set_mem, &params.mem },
	{ "highmem", set_highmem, &params.highmem },
	{ "memmap", set_memmap, NULL },
	{ "boot_reserve", set_reserve, NULL },
	{ "boot_area", set_boot_area, NULL },
	{ "nr_cpus", set_nr_cpus, &params.nr_cpus },
	{ "numa", set_numa, &params.numa },
	{ "loglevel", set_loglevel, &params.loglevel },
	{ "min_free_kbytes", set_min_free, &params.min_free_kbytes },
	{ "lowmem_reserve_ratio", set_reserve_ratio, NULL },
	{ "init_on_alloc", param_set_bool, &params.init_on_alloc },
	{ "init_on_free", param_set_bool, &params.init_on_free },
	{ "page_poison", param_set_bool, &params.page_poison },
	{ "panic_on_warn", param_set_bool, &params.panic_on_warn },
	{ "debug_preempt", param_set_bool, &params.debug_preempt },
	{ "array_cache", set_array_cache, NULL },
	{ NULL, NULL, NULL },
};

static void default_params(void)
{
	params = (struct boot_params){
		.highmem = ~0ULL,
		.nr_cpus = min_t(unsigned long, arch_nr_cpus(), NR_CPUS),
		.numa = 1,
		.loglevel = CONSOLE_LOGLEVEL_DEFAULT,
		.reserve_ratio = { 256, 256, 32, 0 },
		.panic_on_warn = PAGODA_DEBUG,
	};
}

static int parse_cmdline(const char *cmdline, const char *more)
{
	int err;

	default_params();
	err = parse_params(cmdline, known_params);
	if (!err)
		err = parse_params(more, known_params);
	if (err)
		return err;
	if (params.mem && params.exactmap) {
		printk(KERN_ERR "pagoda: mem= and memmap=exactmap contradict each other\n");
		return -EINVAL;
	}
	if (!params.i386 && params.highmem != ~0ULL) {
		printk(KERN_ERR "pagoda: highmem= needs machine=i386\n");
		return -EINVAL;
	}
	if (!params.mem)
		params.mem = MEM_DEFAULT;
	return 0;
}

/* ---- the memory map ---- */

/* As a PC has it: what the holes displace below 4 GiB appears above. */
static int add_pc_memory(void)
{
	phys_addr_t low = params.mem, high = 0;
	int err;

	if (!params.i386 && low > PCI_HOLE_START) {
		high = low - PCI_HOLE_START;
		low = PCI_HOLE_START;
	}
	err = memblock_add(0, low);
	if (!err && high)
		err = memblock_add(PCI_HOLE_END, high);
	return err ? err : memblock_remove(VIDEO_HOLE_START, VIDEO_HOLE_END - VIDEO_HOLE_START);
}

static int add_map(const struct map_entry *entries, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		int err = entries[i].memory ? memblock_add(entries[i].start, entries[i].size) :
					      memblock_remove(entries[i].start, entries[i].size);

		if (err)
			return err;
	}
	return 0;
}

static bool boot_area_in_memory(void)
{
	phys_addr_t end = params.boot_area.start + params.boot_area.size, base, size;

	for (unsigned int i = 0; memblock_range(i, &base, &size); i++)
		if (params.boot_area.start < base + size && base < end)
			return true;
	return false;
}

static int build_memory_map(void)
{
	int err = params.exactmap ? 0 : add_pc_memory();

	if (!err)
		err = add_map(params.map, params.nr_map);
	/* The first page holds the root; Linux leaves it to the firmware, too. */
	if (!err)
		err = memblock_remove(0, PAGE_SIZE);
	for (unsigned int i = 0; !err && i < params.nr_reserve; i++)
		err = memblock_reserve(params.reserve[i].start, params.reserve[i].size);
	if (err)
		return err;
	if (!memblock_end_pfn()) {
		printk(KERN_ERR "pagoda: memmap= leaves no memory\n");
		return -EINVAL;
	}
	if (params.boot_area.size && boot_area_in_memory()) {
		printk(KERN_ERR "pagoda: boot_area= must lie outside of memory\n");
		return -EINVAL;
	}
	return 0;
}

/* Low is at least as much as the smallest machine has, and at most what the direct map reaches. */
static int check_highmem(void)
{
	phys_addr_t end = PFN_PHYS(memblock_end_pfn());

	if (params.highmem == ~0ULL ||
	    (params.highmem <= end && end - params.highmem >= MEM_MIN &&
	     end - params.highmem <= HIGHMEM_LOW_MAX))
		return 0;
	printk(KERN_ERR "pagoda: highmem=%llu: between 8M and %lluM of the memory must be low\n",
	       params.highmem, HIGHMEM_LOW_MAX >> 20);
	return -EINVAL;
}

/* Zones end where devices or the direct map cannot reach. */
static void set_zone_limits(void)
{
	max_pfn = memblock_end_pfn();
	low_end = PFN_PHYS(max_pfn);
	if (params.i386)
		low_end = min(low_end, I386_LOWMEM_END);
	if (params.highmem != ~0ULL)
		low_end = PFN_PHYS(PFN_DOWN(PFN_PHYS(max_pfn) - params.highmem));
	max_low_pfn = PFN_DOWN(low_end);
	zone_limit_pfn[ZONE_DMA] = min_t(unsigned long, PFN_DOWN(DMA_END), max_low_pfn);
	zone_limit_pfn[ZONE_DMA32] = params.i386 ? zone_limit_pfn[ZONE_DMA] :
				     min_t(unsigned long, PFN_DOWN(DMA32_END), max_low_pfn);
	zone_limit_pfn[ZONE_NORMAL] = max_low_pfn;
	zone_limit_pfn[ZONE_HIGHMEM] = max_pfn;
}

/* The frame below which there are @pages pages of memory. */
static unsigned long pfn_after_pages(unsigned long pages)
{
	phys_addr_t base, size;

	for (unsigned int i = 0; memblock_range(i, &base, &size); i++) {
		unsigned long first = PFN_UP(base), end = max(first, (unsigned long)PFN_DOWN(base + size));

		if (pages <= end - first)
			return first + pages;
		pages -= end - first;
	}
	return max_pfn;
}

/* Memory is split evenly; nodes begin at a multiple of the largest block, if they are large enough. */
static int set_node_limits(void)
{
	unsigned long share = memblock_pages(0, max_pfn) / params.numa, start = 0;
	unsigned long align = min_t(unsigned long, MAX_ORDER_NR_PAGES,
				    rounddown_pow_of_two(max(share, 1UL)));

	for (unsigned long nid = 0; nid < params.numa; nid++) {
		unsigned long end = nid == params.numa - 1 ? max_pfn :
				    ALIGN_DOWN(pfn_after_pages(share * (nid + 1)), align);

		if (!memblock_pages(start, end)) {
			printk(KERN_ERR "pagoda: numa=%lu: too many nodes for the memory\n",
			       params.numa);
			return -EINVAL;
		}
		node_limit_pfn[nid] = start = end;
	}
	return 0;
}

/* ---- physical memory, and what boot takes of it ---- */

static int map_direct(void)
{
	phys_addr_t base, size;
	int err = arch_ram_map_direct(0, PAGE_SIZE);	/* the root */

	for (unsigned int i = 0; !err && memblock_range(i, &base, &size); i++) {
		phys_addr_t start = PFN_PHYS(PFN_UP(base));
		phys_addr_t end = min(PFN_PHYS(PFN_DOWN(base + size)), PFN_PHYS(max_low_pfn));

		if (start < end)
			err = arch_ram_map_direct(start, end - start);
	}
	return err;
}

static int create_ram(void)
{
	phys_addr_t end = max(PFN_PHYS(max_pfn), params.boot_area.start + params.boot_area.size);
	void *base = arch_ram_create(end, PFN_PHYS(max_low_pfn));
	int err;

	if (!base) {
		printk(KERN_ERR "pagoda: the host has no room for %#llx bytes of memory\n", end);
		return -ENOMEM;
	}
	page_offset_base = (unsigned long)base;
	high_memory = pfn_to_virt(max_low_pfn);
	err = map_direct();
	boot_area = NULL;
	if (!err && params.boot_area.size) {
		boot_area = arch_ram_map(params.boot_area.start, params.boot_area.size);
		err = boot_area ? 0 : -ENOMEM;
	}
	if (err)
		printk(KERN_ERR "pagoda: the host cannot map the machine's memory\n");
	return err;
}

static void *take_of_boot_area(phys_addr_t size, phys_addr_t *phys)
{
	char *addr = boot_area + boot_area_used;

	*phys = params.boot_area.start + boot_area_used;
	if (size > params.boot_area.size - boot_area_used)
		return NULL;
	boot_area_used += size;
	return addr;
}

static void *take_of_memory(phys_addr_t size, bool low, phys_addr_t *phys)
{
	void *addr;

	*phys = memblock_alloc_phys(size, PAGE_SIZE, PFN_PHYS(low ? max_low_pfn : max_pfn));
	if (!*phys)
		return NULL;
	if (*phys + size <= PFN_PHYS(max_low_pfn))
		return __va(*phys);
	addr = arch_ram_map(*phys, size);
	if (!addr)
		printk(KERN_ERR "pagoda: the host cannot map %llu bytes of high memory\n", size);
	return addr;
}

/* Zeroed memory for the manager itself. What everybody reaches through the direct map must be @low. */
static void *boot_alloc(phys_addr_t size, bool low, phys_addr_t *phys)
{
	void *addr;

	size = PAGE_ALIGN(size);
	addr = boot_area ? take_of_boot_area(size, phys) : take_of_memory(size, low, phys);
	if (addr)
		metadata_bytes += size;
	else if (boot_area || !*phys)
		printk(KERN_ERR "pagoda: no memory for %llu bytes of the manager's own: %s is too small\n",
		       size, boot_area ? "boot_area=" : "mem=");
	return addr;
}

/* The arrays that describe pages; they may lie in high memory. */
static int alloc_memmap(struct machine *root)
{
	unsigned long pages = ALIGN(max_pfn, PAGES_PER_SECTION);
	void *map = boot_alloc(pages * sizeof(struct page), false, &root->mem_map);
	void *owners = boot_alloc(pages * sizeof(struct page_owner), false, &root->page_owner);
	void *types = boot_alloc(pages >> pageblock_order, false, &root->pageblock_types);
	void *sections = boot_alloc(BITS_TO_LONGS(pages / PAGES_PER_SECTION) * sizeof(long), false,
				    &root->sections);

	if (!map || !owners || !types || !sections)
		return -ENOMEM;
	memmap_start(map, owners, types, sections);
	return 0;
}

static void spread_cpus(void)
{
	for (unsigned int cpu = 0; cpu < params.nr_cpus; cpu++)
		cpu_area(cpu)->node = params.nr_cpus >= params.numa ?
				      cpu * params.numa / params.nr_cpus : cpu;
}

static int alloc_cpus(struct machine *root)
{
	phys_addr_t size = (params.nr_cpus + 1) * ARCH_CPU_STRIDE;
	struct cpu_area *areas = boot_alloc(size, true, &root->cpu_areas);

	if (!areas)
		return -ENOMEM;
	cpus_start(areas, params.nr_cpus, params.portable);
	spread_cpus();
	root->cpu_stride = ARCH_CPU_STRIDE;
	root->nr_cpus = params.nr_cpus;
	return 0;
}

static int alloc_zones(struct machine *root)
{
	struct pglist_data *nodes;
	struct zoneref *refs;
	phys_addr_t phys;

	nr_node_ids = params.numa;
	nodes = boot_alloc(params.numa * sizeof(*nodes), true, &root->nodes);
	refs = boot_alloc(params.numa * zone_list_length() * sizeof(*refs), true, &phys);
	if (!nodes || !refs)
		return -ENOMEM;
	zones_start(nodes, params.numa, refs, params.i386);
	root->nr_nodes = params.numa;
	return 0;
}

/* ---- the rest goes to the allocator ---- */

/* Calls @fn for each run of free pages of @zone. */
static void for_each_free_run(struct zone *zone,
			      void (*fn)(struct zone *zone, unsigned long start, unsigned long end))
{
	unsigned long pfn = zone->zone_start_pfn, end = zone_end_pfn(zone), until;

	for (; pfn < end; pfn = until) {
		bool is_free = memblock_state(pfn, &until) == MEMBLOCK_FREE;

		until = min(until, end);
		if (is_free)
			fn(zone, pfn, until);
	}
}

static void count_run(struct zone *zone, unsigned long start, unsigned long end)
{
	atomic_long_add(end - start, &zone->managed_pages);
}

/* Whole sections are deferred, the ends go to the free lists. */
static void free_run(struct zone *zone, unsigned long start, unsigned long end)
{
	unsigned long first = ALIGN(start, PAGES_PER_SECTION);
	unsigned long last = ALIGN_DOWN(end, PAGES_PER_SECTION);

	if (first >= last || !buddy_defer(zone, first, last)) {
		free_boot_pages(start, end);
		return;
	}
	free_boot_pages(start, first);
	free_boot_pages(last, end);
}

static void count_managed(void)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		atomic_long_set(&zone->managed_pages, 0);
		for_each_free_run(zone, count_run);
	}
	zones_set_watermarks(params.min_free_kbytes, params.reserve_ratio);
}

/*
 * The arrays' size follows from the watermarks, and those from what the arrays leave: the arrays are measured
 * first, by what there is without them, and keep that size.
 */
static int alloc_pagesets(void)
{
	static void *memory[MAX_NUMNODES * MAX_NR_ZONES];
	unsigned int i = 0;
	phys_addr_t phys;
	struct zone *zone;

	count_managed();
	for_each_populated_zone(zone) {
		memory[i] = boot_alloc(pageset_measure(zone), true, &phys);
		if (!memory[i++])
			return -ENOMEM;
	}
	count_managed();
	i = 0;
	pagesets_start();
	for_each_populated_zone(zone)
		pageset_init(zone, memory[i++]);
	return 0;
}

static void free_memory(void)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		for_each_free_run(zone, free_run);
		zone->nr_given = 0;
	}
	for_each_populated_zone(zone)
		pageset_after_take(zone);	/* a zone may begin below its low watermark */
}

/* ---- the log ---- */

static void log_zone(const struct zone *zone)
{
	if (populated_zone(zone))
		pr_info("  node %d: %-8s [mem %#018llx-%#018llx] %lu pages, %lu managed\n",
			zone_to_nid(zone), zone->name, PFN_PHYS(zone->zone_start_pfn),
			PFN_PHYS(zone_end_pfn(zone)) - 1, zone->present_pages,
			zone_managed_pages(zone));
}

static void log_machine(const char *cmdline, const char *more)
{
	phys_addr_t base, size;
	struct zone *zone;

	pr_info("Pagoda %s, %s, %lu-byte pages\n", PAGODA_VERSION,
		params.i386 ? "i386" : "x86_64", PAGE_SIZE);
	pr_info("Command line: %s %s\n", cmdline, more);
	pr_info("Memory map:\n");
	for (unsigned int i = 0; memblock_range(i, &base, &size); i++)
		pr_info("  [mem %#018llx-%#018llx] usable\n", base, base + size - 1);
	pr_info("Zones:\n");
	for_each_zone(zone)
		log_zone(zone);
	pr_info("Memory: %luK/%luK available (%lluK of structures)\n",
		totalram_pages() << (PAGE_SHIFT - 10),
		memblock_pages(0, max_pfn) << (PAGE_SHIFT - 10), metadata_bytes >> 10);
	pr_info("CPUs: %u, nodes: %u, array caches: %s\n", nr_cpu_ids, nr_node_ids,
		arch_portable ? "portable" : "rseq");
}

/* ---- up and down ---- */

static void apply_settings(void)
{
	console_loglevel = params.loglevel;
	debug_preempt = params.debug_preempt;
}

static unsigned int page_debug_features(void)
{
	return (params.init_on_alloc ? PAGE_DEBUG_INIT_ON_ALLOC : 0) |
	       (params.init_on_free ? PAGE_DEBUG_INIT_ON_FREE : 0) |
	       (params.page_poison ? PAGE_DEBUG_POISON : 0);
}

/* Everything that boot set up, however far it came. */
static void machine_down(void)
{
	page_alloc_stop();
	zones_stop();
	memmap_stop();
	cpus_stop();
	arch_ram_destroy();
	memblock_reset();
	page_offset_base = 0;
	high_memory = NULL;
	max_pfn = max_low_pfn = 0;
	running = false;
}

static int machine_up(void)
{
	struct machine *root;
	int err;

	boot_area_used = metadata_bytes = 0;
	err = build_memory_map();
	if (!err)
		err = check_highmem();
	if (err)
		return err;
	set_zone_limits();
	err = set_node_limits();
	if (!err)
		err = create_ram();
	if (err)
		return err;
	root = __va(0);
	err = alloc_cpus(root);
	if (!err)
		err = alloc_zones(root);
	if (!err)
		err = alloc_memmap(root);
	if (!err)
		err = alloc_pagesets();
	if (err)
		return err;
	free_memory();
	page_alloc_start(page_debug_features());
	root->magic = MACHINE_MAGIC;
	root->layout = MACHINE_LAYOUT;
	root->page_shift = PAGE_SHIFT;
	root->direct_map = page_offset_base;
	root->max_pfn = max_pfn;
	root->max_low_pfn = max_low_pfn;
	root->metadata_bytes = metadata_bytes;
	return 0;
}

int machine_boot(const char *cmdline, const char *more)
{
	int err;

	if (running) {
		printk(KERN_ERR "pagoda: a machine is running already\n");
		return -EBUSY;
	}
	console_loglevel = CONSOLE_LOGLEVEL_DEFAULT;
	panic_on_warn = false;
	err = parse_cmdline(cmdline, more);
	if (err)
		return err;
	forget_warnings();
	panic_on_warn = params.panic_on_warn;
	err = machine_up();
	if (err) {
		machine_down();
		return err;
	}
	apply_settings();	/* the log level not before: it would hide why a boot fails */
	running = true;
	log_machine(cmdline, more);
	return 0;
}

int machine_shutdown(void)
{
	unsigned long leaked;

	if (!running)
		return -ENODEV;
	drain_all_pages(NULL);
	leaked = account_report_leaks();
	machine_down();
	return min_t(unsigned long, leaked, 0x7fffffff);
}

void machine_forked(bool copied)
{
	if (running && copied)
		cpus_forked();
	else if (running)
		machine_down();
}

int machine_show(const char *name, emit_fn emit, void *arg)
{
	return running ? mm_show(name, emit, arg) : -ENODEV;
}

long machine_check(void)
{
	struct zone *zone;
	long bad = 0;

	if (!running)
		return -ENODEV;
	for_each_populated_zone(zone)
		bad += buddy_check(zone) + pageset_check(zone) + account_check(zone);
	return bad;
}

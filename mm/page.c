// SPDX-License-Identifier: MIT
/*
 * page.c - struct page: made when first touched, counted, described
 *
 * Idea. mem_map has a struct page for every frame, in sparse memory that reads as zeros until written.
 * The pages of a section are made together, when somebody first asks for one of them; so boot does
 * not depend on the size of the machine. Which zone and node a frame belongs to, and whether it is
 * memory, follows from a few boundaries and the memory map.
 *
 * Always true
 *	mapped   a page with PAGE_MAPPED_BIT is complete; the bit is written last, and never cleared
 *	free     _count is -1 in every page that is not the first of an allocated block: free pages,
 *	         inner pages of blocks, tails of compound pages
 *	order    the first page of an allocated block has its order in flags
 *
 * Locks. memmap_lock (RANK_MEMMAP) for making a section. The counts are atomic.
 */
#include <linux/mm.h>
#include <linux/nodemask.h>

#include "internal.h"
#include "memblock.h"
#include "kernel/panic.h"
#include "kernel/printk.h"

#define PAGE_POISON 0xaa

struct page *mem_map;
unsigned long max_pfn, max_low_pfn;
void *high_memory;
unsigned long page_offset_base;
struct page_map page_map;
unsigned long zone_limit_pfn[MAX_NR_ZONES];
unsigned long node_limit_pfn[MAX_NUMNODES];

static spinlock_t memmap_lock = __SPIN_LOCK_UNLOCKED_RANK(RANK_MEMMAP);
static u8 *pageblock_types;		/* migrate type, such that 0 is movable */
static unsigned long *mapped_sections;	/* a bit for each */

void memmap_start(struct page *map, struct page_owner *owners, u8 *types, unsigned long *sections)
{
	mem_map = map;
	page_map = (struct page_map){ map, max_pfn, owners };
	pageblock_types = types;
	mapped_sections = sections;
}

void memmap_stop(void)
{
	mem_map = NULL;
	page_map = (struct page_map){ NULL, 0, NULL };
}

/* ---- making pages ---- */

bool section_mapped(unsigned long pfn)
{
	unsigned long nr = pfn / PAGES_PER_SECTION;

	/* With the barrier of __init_section(). */
	return smp_load_acquire(&mapped_sections[BIT_WORD(nr)]) & BIT_MASK(nr);
}

bool pfn_valid(unsigned long pfn)
{
	return pfn < max_pfn;
}

/* The flags of a page in zone and node of @pfn; *@until: where the next zone or node begins. */
static unsigned long place_flags(unsigned long pfn, unsigned long *until)
{
	unsigned long zone = 0, node = 0;

	while (zone < MAX_NR_ZONES - 1 && pfn >= zone_limit_pfn[zone])
		zone++;
	while (node < nr_node_ids - 1 && pfn >= node_limit_pfn[node])
		node++;
	if (zone < MAX_NR_ZONES - 1)
		*until = min(*until, zone_limit_pfn[zone]);
	if (node < nr_node_ids - 1)
		*until = min(*until, node_limit_pfn[node]);
	return BIT(PAGE_MAPPED_BIT) | zone << PAGE_ZONE_SHIFT | node << PAGE_NODE_SHIFT |
	       (unsigned long)MIGRATE_MOVABLE << PAGE_MT_SHIFT;
}

static void make_page(unsigned long pfn, unsigned long flags)
{
	struct page *page = mem_map + pfn;
	bool reserved = flags & BIT(PG_reserved);

	page->lru.next = LIST_POISON1;
	page->lru.prev = LIST_POISON2;
	page->counts = reserved ? COUNTS_ONE : COUNTS_FREE;
	page->virtual = pfn < max_low_pfn ? pfn_to_virt(pfn) : NULL;
	__atomic_store_n(&page->flags, flags, __ATOMIC_RELEASE);
}

static void make_pages(unsigned long pfn, unsigned long end)
{
	while (pfn < end) {
		unsigned long until;
		enum memblock_state state = memblock_state(pfn, &until);
		unsigned long flags = place_flags(pfn, &until);

		if (state != MEMBLOCK_FREE)
			flags |= BIT(PG_reserved);
		for (until = min(until, end); pfn < until; pfn++)
			make_page(pfn, flags);
	}
}

void __init_section(unsigned long pfn)
{
	unsigned long start = ALIGN_DOWN(pfn, PAGES_PER_SECTION), flags;

	if (WARN_ONCE(pfn >= max_pfn, "pfn_to_page: the machine has no pfn %#lx (it ends at %#lx)",
		      pfn, max_pfn))
		return;
	spin_lock_irqsave(&memmap_lock, flags);
	if (!section_mapped(pfn)) {
		make_pages(start, min(start + PAGES_PER_SECTION, max_pfn));
		smp_wmb();		/* with the acquire of section_mapped() */
		set_bit(pfn / PAGES_PER_SECTION, mapped_sections);
	}
	spin_unlock_irqrestore(&memmap_lock, flags);
}

int get_pageblock_migratetype(const struct page *page)
{
	u8 *type = &pageblock_types[page_to_pfn(page) >> pageblock_order];

	return __atomic_load_n(type, __ATOMIC_RELAXED) ^ MIGRATE_MOVABLE;
}

void set_pageblock_migratetype(struct page *page, int migratetype)
{
	u8 *type = &pageblock_types[page_to_pfn(page) >> pageblock_order];

	__atomic_store_n(type, (u8)(migratetype ^ MIGRATE_MOVABLE), __ATOMIC_RELAXED);
}

/* ---- contents ---- */

/* Calls @fn with each piece of the pages' memory: in place, or, unmapped, in a buffer that is written back. */
static void fill_pages(struct page *page, unsigned long nr_pages, int byte)
{
	u8 buf[128];

	for (; nr_pages--; page++) {
		phys_addr_t phys = page_to_phys(page);

		if (page_to_pfn(page) < max_low_pfn) {
			__builtin_memset(lowmem_page_address(page), byte, PAGE_SIZE);
			continue;
		}
		__builtin_memset(buf, byte, sizeof(buf));
		for (size_t done = 0; done < PAGE_SIZE; done += sizeof(buf))
			arch_ram_write(phys + done, buf, sizeof(buf));
	}
}

void clear_pages(struct page *page, unsigned long nr_pages)
{
	fill_pages(page, nr_pages, 0);
}

void poison_pages(struct page *page, unsigned long nr_pages)
{
	fill_pages(page, nr_pages, PAGE_POISON);
	for (unsigned long i = 0; i < nr_pages; i++)
		change_page_flags(page + i, 0, BIT(PAGE_POISONED_BIT));
}

static void report_poison(const struct page *page, size_t offset, const u8 *bytes, size_t nr)
{
	report_begin();
	printk(KERN_ERR "pagealloc: memory corruption: pfn %#lx, written after free at offset %#zx\n",
	       page_to_pfn(page), offset);
	printk(KERN_ERR "%08zx:", offset);
	for (size_t i = 0; i < nr; i++)
		printk(KERN_ERR " %02x", bytes[i]);
	printk(KERN_ERR "\n");
	dump_page(page, "page poison overwritten");
	report_end(_RET_IP_);
}

/* Reports the first bytes of the page that are not poison; returns whether there are any. */
static bool check_page_poison(const struct page *page)
{
	u8 buf[128];

	for (size_t done = 0; done < PAGE_SIZE; done += sizeof(buf)) {
		arch_ram_read(page_to_phys(page) + done, buf, sizeof(buf));
		for (size_t i = 0; i < sizeof(buf); i++) {
			if (buf[i] == PAGE_POISON)
				continue;
			report_poison(page, done + i, buf + i, min_t(size_t, 16, sizeof(buf) - i));
			return true;
		}
	}
	return false;
}

void check_poison(struct page *page, unsigned long nr_pages)
{
	bool said = false;

	for (; nr_pages--; page++) {
		if (!said && page->flags & BIT(PAGE_POISONED_BIT))
			said = check_page_poison(page);
		change_page_flags(page, BIT(PAGE_POISONED_BIT), 0);
	}
}

/* ---- descriptions ---- */

static const char *const state_names[NR_PAGEFLAGS] = {
	"locked", "error", "referenced", "uptodate", "dirty", "lru", "active", "workingset",
	"waiters", "slab", "owner_priv_1", "arch_1", "reserved", "private", "private_2",
	"writeback", "head", "mappedtodisk", "reclaim", "swapbacked", "unevictable", "mlocked",
	"swapcache", "anon", "table", "hwpoison", "young", "idle", "readahead", "isolated",
	"reported", "arch_2",
};

static void dump_states(unsigned long flags)
{
	printk(KERN_WARNING "flags: %#lx(", flags);
	for (int i = 0; i < NR_PAGEFLAGS; i++)
		if (flags & BIT(i))
			printk(KERN_WARNING "%s|", state_names[i]);
	printk(KERN_WARNING "node=%lu|zone=%lu|order=%lu)\n", flags >> PAGE_NODE_SHIFT,
	       (flags >> PAGE_ZONE_SHIFT) & PAGE_ZONE_MASK,
	       (flags >> PAGE_ORDER_SHIFT) & PAGE_ORDER_MASK);
}

void dump_page(const struct page *page, const char *reason)
{
	const struct page_owner *owner;

	if (!page_ptr_valid(page)) {
		printk(KERN_WARNING "page:%p is not in mem_map\n", (const void *)page);
		return;
	}
	owner = page_owner_of(page);
	printk(KERN_WARNING "page:%p refcount:%d mapcount:%d mapping:%p index:%#lx pfn:%#lx\n",
	       (const void *)page, page_ref_count(page), page_mapcount(page),
	       (void *)page->mapping, page->index, page_to_pfn(page));
	dump_states(page->flags);
	if (owner->alloc_ip)
		printk(KERN_WARNING "page last allocated at %pB\n", (void *)owner->alloc_ip);
	if (owner->free_ip)
		printk(KERN_WARNING "page last freed at %pB\n", (void *)owner->free_ip);
	if (reason)
		printk(KERN_WARNING "page dumped because: %s\n", reason);
}

void bad_page(const struct page *page, unsigned long ip, const char *fmt, ...)
{
	__builtin_va_list args;

	report_begin();
	if (page_ptr_valid(page))
		printk(KERN_ALERT "BUG: Bad page state in process %s  pfn:%05lx\n", current->comm,
		       page_to_pfn(page));
	else
		printk(KERN_ALERT "BUG: Bad page in process %s\n", current->comm);
	__builtin_va_start(args, fmt);
	vprintk_at(KERN_ALERT, fmt, args);
	__builtin_va_end(args);
	printk(KERN_ALERT "\n");
	dump_page(page, NULL);
	report_end(ip);
}

/* ---- references ---- */

bool try_get_page(struct page *page)
{
	return atomic_add_unless(&compound_head(page)->_count, 1, -1);
}

void get_page(struct page *page)
{
	if (unlikely(!page_ptr_valid(page)))
		bad_page(page, _RET_IP_, "get_page: %p is not a page of the machine", (void *)page);
	else if (unlikely(!try_get_page(pfn_to_page(page - mem_map))))	/* makes it, if need be */
		bad_page(page, _RET_IP_, "get_page: pfn %#lx is free", page_to_pfn(page));
}

bool put_page_testzero(struct page *page)
{
	int count = atomic_read(&page->_count);

	do {
		if (unlikely(count < 0)) {
			bad_page(page, _RET_IP_, "put_page: pfn %#lx is free", page_to_pfn(page));
			return false;
		}
	} while (!__atomic_compare_exchange_n(&page->_count.counter, &count, count - 1, true,
					      __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return count == 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * <linux/mm.h> - pages: frame number, address, references
 */
#ifndef _PAGODA_LINUX_MM_H
#define _PAGODA_LINUX_MM_H

#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm_types.h>
#include <linux/mmdebug.h>
#include <linux/mmzone.h>
#include <linux/page-flags.h>
#include <linux/page_ref.h>
#include <linux/sysinfo.h>

#define PAGE_ALIGN(addr) ALIGN(addr, PAGE_SIZE)
#define PAGE_ALIGNED(addr) IS_ALIGNED((unsigned long)(addr), PAGE_SIZE)
#define offset_in_page(p) ((unsigned long)(p) & ~PAGE_MASK)
#define nth_page(page, n) ((page) + (n))

/* The struct page of a frame of the machine, made valid if nobody has touched it yet. */
static __always_inline struct page *pfn_to_page(unsigned long pfn)
{
	struct page *page = mem_map + pfn;

	/* Acquire: whoever sees the bit sees the page. What is beyond the end is reported. */
	if (unlikely(pfn >= max_pfn || !(smp_load_acquire(&page->flags) & BIT(PAGE_MAPPED_BIT))))
		__init_section(pfn);
	return page;
}

static __always_inline unsigned long page_to_pfn(const struct page *page)
{
	return page - mem_map;
}

#define page_to_phys(page) PFN_PHYS(page_to_pfn(page))
#define phys_to_page(phys) pfn_to_page(PHYS_PFN(phys))

static inline phys_addr_t virt_to_phys(const volatile void *address)
{
	return __pa(address);
}

static inline void *phys_to_virt(phys_addr_t phys)
{
	return __va(phys);
}

#define virt_to_pfn(addr) ((unsigned long)(__pa(addr) >> PAGE_SHIFT))
#define pfn_to_virt(pfn) __va(PFN_PHYS(pfn))
#define virt_to_page(addr) pfn_to_page(virt_to_pfn(addr))
#define virt_to_head_page(addr) compound_head(virt_to_page(addr))

/* True when @addr is in the direct map. */
static inline bool virt_addr_valid(const volatile void *addr)
{
	return __pa(addr) < PFN_PHYS(max_low_pfn);
}

static inline enum zone_type page_zonenum(const struct page *page)
{
	return (enum zone_type)((READ_ONCE(page->flags) >> PAGE_ZONE_SHIFT) & PAGE_ZONE_MASK);
}

static inline int page_to_nid(const struct page *page)
{
	return READ_ONCE(page->flags) >> PAGE_NODE_SHIFT;
}

static inline struct zone *page_zone(const struct page *page)
{
	return &NODE_DATA(page_to_nid(page))->node_zones[page_zonenum(page)];
}

static inline int PageHighMem(const struct page *page)
{
	return is_highmem_idx(page_zonenum(page));
}

/**
 * page_address - where a page can be accessed
 * @page: any page
 *
 * Context: any.
 * Return:  the address; NULL for a high page that is not mapped.
 */
static inline void *page_address(const struct page *page)
{
	return READ_ONCE(page->virtual);
}

static inline void *lowmem_page_address(const struct page *page)
{
	return pfn_to_virt(page_to_pfn(page));
}

#define page_to_virt(page) lowmem_page_address(page)

static inline unsigned int compound_order(const struct page *page)
{
	return PageHead(page) ? (READ_ONCE(page->flags) >> PAGE_ORDER_SHIFT) & PAGE_ORDER_MASK : 0;
}

static inline unsigned long compound_nr(const struct page *page)
{
	return 1UL << compound_order(page);
}

static inline unsigned long page_size(const struct page *page)
{
	return PAGE_SIZE << compound_order(page);
}

static inline int page_mapcount(const struct page *page)
{
	return atomic_read(&page->_mapcount) + 1;
}

static inline void page_mapcount_reset(struct page *page)
{
	atomic_set(&page->_mapcount, -1);
}

static inline bool page_mapped(const struct page *page)
{
	return page_mapcount(page) > 0;
}

#define page_private(page) ((page)->private)

static inline void set_page_private(struct page *page, unsigned long private)
{
	page->private = private;
}

/* log2 of the number of pages that hold @size bytes: 0 for 1 .. PAGE_SIZE; for 0 all pages there are */
static inline __attribute__((__const__)) int get_order(unsigned long size)
{
	if (!size)
		return BITS_PER_LONG - PAGE_SHIFT;
	return size <= PAGE_SIZE ? 0 : ilog2(size - 1) + 1 - PAGE_SHIFT;
}

#pragma GCC visibility push(default)

extern void *high_memory;	/* end of the direct map */

/**
 * get_page - take another reference to a page that somebody holds
 * @page: any page of a live block; for a tail the compound page is meant
 *
 * Context: any. A free page is reported and stays free.
 */
void get_page(struct page *page);

/**
 * put_page - drop a reference, and with the last one free the block
 * @page: any page of a live block; for a tail the compound page is meant
 *
 * Context: any. A free page is reported and nothing changes.
 */
void put_page(struct page *page);

/*
 * get_page() without the report. The caller knows that the last reference is not dropped meanwhile. Return:
 * whether there is another reference now; false for a free page.
 */
bool try_get_page(struct page *page);

/* Takes one reference off; true when it was the last: the caller frees the page. */
bool put_page_testzero(struct page *page);

/**
 * split_page - turn a block into single pages
 * @page:  the first page of a block that is not compound
 * @order: its order
 *
 * Every page then has its own count, 1, and is freed on its own.
 *
 * Context: any; the caller owns the block.
 */
void split_page(struct page *page, unsigned int order);

/* put_page() for each page of an array; for each on a list through page->lru. Context: any. */
void release_pages(struct page **pages, int nr);
void put_pages_list(struct list_head *pages);

/**
 * free_reserved_page - give a page that boot_reserve= reserved to the allocator
 * @page: PageReserved; not of a hole, and not of the manager's own structures
 *
 * Context: any. Anything else than a reserved page of memory is reported and refused.
 */
void free_reserved_page(struct page *page);

/**
 * si_meminfo - how much memory there is
 * @val: totalram, freeram, totalhigh and freehigh are set in units of mem_unit bytes, a page;
 *       the other fields are 0
 *
 * Context: any.
 */
void si_meminfo(struct sysinfo *val);

/* Pages that the allocator manages, in all zones and in high memory. Context: any. */
unsigned long totalram_pages(void);
unsigned long totalhigh_pages(void);

/* Pages that lowmem requests could get above the high watermarks. Context: any. */
unsigned long nr_free_buffer_pages(void);

#pragma GCC visibility pop

static inline void clear_page(void *address)
{
	__builtin_memset(address, 0, PAGE_SIZE);
}

static inline void copy_page(void *to, const void *from)
{
	__builtin_memcpy(to, from, PAGE_SIZE);
}

#endif

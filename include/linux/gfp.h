/* SPDX-License-Identifier: MIT */
/*
 * <linux/gfp.h> - asking for pages: which memory, how hard to try, and the calls
 *
 * The type flags are sums of modifiers exactly as in the 2.6 kernels (REQUIREMENTS D4). Later names
 * stand beside them; one that would have no effect of its own is absent.
 */
#ifndef _PAGODA_LINUX_GFP_H
#define _PAGODA_LINUX_GFP_H

#include <asm/page.h>
#include <linux/compiler.h>
#include <linux/mmzone.h>
#include <linux/topology.h>
#include <linux/types.h>

/* Where from. Without one: ZONE_NORMAL, else lower. The low five bits index a table of boot. */
#define __GFP_DMA 0x01u			/* ZONE_DMA only */
#define __GFP_HIGHMEM 0x02u		/* ZONE_HIGHMEM, else as without */
#define __GFP_DMA32 0x04u		/* below 4 GiB: ZONE_DMA32 (on i386 ZONE_NORMAL), else ZONE_DMA */
#define __GFP_MOVABLE 0x08u		/* the content can be moved to another page */
#define __GFP_RECLAIMABLE 0x10u		/* a shrinker gives it back */
#define GFP_ZONEMASK (__GFP_DMA | __GFP_HIGHMEM | __GFP_DMA32)
#define GFP_MOVABLE_MASK (__GFP_MOVABLE | __GFP_RECLAIMABLE)
#define GFP_MOVABLE_SHIFT 3

/* How hard to try (REQUIREMENTS D2). */
#define __GFP_HIGH 0x20u		/* may use the emergency reserve */
#define __GFP_IO 0x40u			/* reclaim may swap */
#define __GFP_FS 0x80u			/* reclaim may write file pages back */
#define __GFP_ZERO 0x100u		/* all bytes zero */
#define __GFP_COLD 0x200u		/* a cache-cold page is good enough */
#define __GFP_WAIT 0x400u		/* may sleep */
#define __GFP_NOWARN 0x2000u		/* no report when it fails */
#define __GFP_REPEAT 0x4000u		/* try harder, may still fail */
#define __GFP_NOFAIL 0x8000u		/* never NULL; waits; needs __GFP_WAIT */
#define __GFP_NORETRY 0x10000u		/* one round, no OOM */
#define __GFP_MEMALLOC 0x20000u		/* may use all reserves */
#define __GFP_COMP 0x40000u		/* a compound page: head and tails */
#define __GFP_NOMEMALLOC 0x80000u	/* never all reserves, not even for a PF_MEMALLOC task */
#define __GFP_HARDWALL 0x100000u	/* accepted, nothing to confine to: there are no cpusets */
#define __GFP_THISNODE 0x200000u	/* the node asked for, or NULL */
#define __GFP_BITS_SHIFT 22
#define __GFP_BITS_MASK ((1u << __GFP_BITS_SHIFT) - 1)

/* Later names. Every request may wake kswapd, so that flag is no bit. */
#define __GFP_DIRECT_RECLAIM __GFP_WAIT
#define __GFP_KSWAPD_RECLAIM 0u
#define __GFP_RECLAIM (__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)
#define __GFP_RETRY_MAYFAIL __GFP_REPEAT

#define GFP_ATOMIC (__GFP_HIGH)
#define GFP_NOWAIT (0u)
#define GFP_NOIO (__GFP_WAIT)
#define GFP_NOFS (__GFP_WAIT | __GFP_IO)
#define GFP_KERNEL (__GFP_WAIT | __GFP_IO | __GFP_FS)
#define GFP_USER (__GFP_WAIT | __GFP_IO | __GFP_FS)
#define GFP_HIGHUSER (GFP_USER | __GFP_HIGHMEM)
#define GFP_HIGHUSER_MOVABLE (GFP_HIGHUSER | __GFP_MOVABLE)
#define GFP_DMA (__GFP_DMA)
#define GFP_DMA32 (__GFP_DMA32)

static inline bool gfpflags_allow_blocking(const gfp_t gfp)
{
	return gfp & __GFP_WAIT;
}

static inline int gfp_migratetype(const gfp_t gfp)
{
	return (gfp & GFP_MOVABLE_MASK) >> GFP_MOVABLE_SHIFT;
}

#pragma GCC visibility push(default)

/**
 * alloc_pages - take a block of physically contiguous pages
 * @gfp:   where from, and how hard to try
 * @order: log2 of the number of pages, 0 .. MAX_ORDER - 1
 *
 * The block is aligned to its size and holds old data, unless @gfp has __GFP_ZERO. It goes back
 * whole: __free_pages() with the same order. Only the first page has a count, unless __GFP_COMP.
 *
 * Context: any, sleeps only with __GFP_WAIT: then process context, and hold no lock reclaim takes.
 * Return:  the first page, its count 1; NULL when no zone that @gfp allows can spare it.
 */
struct page *alloc_pages(gfp_t gfp, unsigned int order);

/**
 * alloc_pages_node - alloc_pages() that prefers a node
 * @nid:   the node to try first, others by distance; NUMA_NO_NODE: that of this CPU
 * @gfp:   as alloc_pages(); with __GFP_THISNODE no other node is tried
 * @order: as alloc_pages()
 *
 * Context: as alloc_pages().
 * Return:  as alloc_pages(); NULL, with a report, for a node the machine does not have.
 */
struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order);

/**
 * __free_pages - drop a reference to a block, and with the last one give it back
 * @page:  the first page, as alloc_pages() returned it; NULL is ignored
 * @order: the order it was allocated with
 *
 * A block that is free already, was never allocated or has another order is reported and not freed.
 *
 * Context: any.
 */
void __free_pages(struct page *page, unsigned int order);

/**
 * __get_free_pages - alloc_pages(), for those who want the address
 * @gfp:   as alloc_pages(), without __GFP_HIGHMEM: high memory has no address
 * @order: as alloc_pages()
 *
 * Context: as alloc_pages().
 * Return:  the address; 0 as alloc_pages() or, with a report, for __GFP_HIGHMEM.
 */
unsigned long __get_free_pages(gfp_t gfp, unsigned int order);

/* One page of zeros: __get_free_pages(gfp | __GFP_ZERO, 0). */
unsigned long get_zeroed_page(gfp_t gfp);

/**
 * free_pages - __free_pages() by address
 * @addr:  what __get_free_pages() returned; 0 is ignored
 * @order: the order it was allocated with
 *
 * Context: any.
 */
void free_pages(unsigned long addr, unsigned int order);

/**
 * alloc_pages_exact - take contiguous pages, no more than needed
 * @size: in bytes; rounded up to pages, at most PAGE_SIZE << (MAX_ORDER - 1)
 * @gfp:  as __get_free_pages(), without __GFP_COMP
 *
 * What the order rounds up is given back at once. Free with free_pages_exact() and the same @size.
 *
 * Context: as alloc_pages().
 * Return:  the address, or NULL.
 */
void *alloc_pages_exact(size_t size, gfp_t gfp);
void *alloc_pages_exact_nid(int nid, size_t size, gfp_t gfp);
void free_pages_exact(void *addr, size_t size);

/**
 * alloc_pages_bulk_array - fill the NULL entries of an array with single pages
 * @gfp:      as alloc_pages()
 * @nr_pages: entries of @pages
 * @pages:    entries that are not NULL stay as they are
 *
 * Context: as alloc_pages().
 * Return:  how many leading entries are filled, @nr_pages if all; the rest may hold NULL.
 */
unsigned long alloc_pages_bulk_array(gfp_t gfp, unsigned long nr_pages, struct page **pages);

/**
 * drain_all_pages - give the pages in all CPUs' arrays back to the free lists
 * @zone: of this zone; NULL: of all
 *
 * Context: any.
 */
void drain_all_pages(struct zone *zone);

/* The same for the arrays of the CPU that runs the caller. */
void drain_local_pages(struct zone *zone);

#pragma GCC visibility pop

#define alloc_page(gfp) alloc_pages(gfp, 0)
#define __get_free_page(gfp) __get_free_pages(gfp, 0)
#define __get_dma_pages(gfp, order) __get_free_pages((gfp) | __GFP_DMA, order)
#define _get_free_pages(gfp, order) __get_free_pages(gfp, order)
#define _get_free_page(gfp) __get_free_pages(gfp, 0)
#define __free_page(page) __free_pages(page, 0)
#define free_page(addr) free_pages(addr, 0)

#endif

/* SPDX-License-Identifier: MIT */
/*
 * <linux/page-flags.h> - the states of a page
 *
 * SetPageX, ClearPageX, TestSetPageX and TestClearPageX are atomic; PageX is a plain read.
 */
#ifndef _PAGODA_LINUX_PAGE_FLAGS_H
#define _PAGODA_LINUX_PAGE_FLAGS_H

#include <linux/bitops.h>
#include <linux/mm_types.h>

enum pageflags {
	PG_locked,
	PG_error,
	PG_referenced,
	PG_uptodate,
	PG_dirty,
	PG_lru,
	PG_active,
	PG_workingset,
	PG_waiters,
	PG_slab,
	PG_owner_priv_1,
	PG_arch_1,
	PG_reserved,
	PG_private,
	PG_private_2,
	PG_writeback,
	PG_head,		/* first page of a compound page */
	PG_mappedtodisk,
	PG_reclaim,
	PG_swapbacked,
	PG_unevictable,
	PG_mlocked,
	PG_swapcache,
	PG_anon,
	PG_table,
	PG_hwpoison,
	PG_young,
	PG_idle,
	PG_readahead,
	PG_isolated,
	PG_reported,
	PG_arch_2,
	NR_PAGEFLAGS,
};

_Static_assert(NR_PAGEFLAGS == 32, "states fill the low 32 bits of page->flags");

/* Above the states: see struct page. */
#define PG_buddy 47		/* first page of a free block in the buddy */
#define PAGE_POISONED_BIT 48
#define PAGE_MAPPED_BIT 49
#define PAGE_ORDER_SHIFT 50
#define PAGE_ORDER_MASK 0xfUL
#define PAGE_ARRAY_SHIFT 54
#define PAGE_MT_SHIFT 54
#define PAGE_MT_MASK 0x3UL
#define PAGE_ZONE_SHIFT 56
#define PAGE_ZONE_MASK 0x3UL
#define PAGE_NODE_SHIFT 58
#define PAGE_STATES_MASK 0xffffffffUL

#define PAGEFLAG(name, bit)							\
static __always_inline int Page##name(const struct page *page)			\
{ return test_bit(bit, &page->flags); }						\
static __always_inline void SetPage##name(struct page *page)			\
{ set_bit(bit, &page->flags); }							\
static __always_inline void ClearPage##name(struct page *page)			\
{ clear_bit(bit, &page->flags); }						\
static __always_inline int TestSetPage##name(struct page *page)		\
{ return test_and_set_bit(bit, &page->flags); }					\
static __always_inline int TestClearPage##name(struct page *page)		\
{ return test_and_clear_bit(bit, &page->flags); }

PAGEFLAG(Locked, PG_locked)
PAGEFLAG(Error, PG_error)
PAGEFLAG(Referenced, PG_referenced)
PAGEFLAG(Uptodate, PG_uptodate)
PAGEFLAG(Dirty, PG_dirty)
PAGEFLAG(LRU, PG_lru)
PAGEFLAG(Active, PG_active)
PAGEFLAG(Workingset, PG_workingset)
PAGEFLAG(Slab, PG_slab)
PAGEFLAG(Checked, PG_owner_priv_1)
PAGEFLAG(Reserved, PG_reserved)
PAGEFLAG(Private, PG_private)
PAGEFLAG(Private2, PG_private_2)
PAGEFLAG(Writeback, PG_writeback)
PAGEFLAG(MappedToDisk, PG_mappedtodisk)
PAGEFLAG(Reclaim, PG_reclaim)
PAGEFLAG(SwapBacked, PG_swapbacked)
PAGEFLAG(Unevictable, PG_unevictable)
PAGEFLAG(Mlocked, PG_mlocked)
PAGEFLAG(SwapCache, PG_swapcache)
PAGEFLAG(Readahead, PG_readahead)

/* Only of a page without references: what an owner writes to his page makes it no free one. */
static __always_inline int PageBuddy(const struct page *page)
{
	return test_bit(PG_buddy, &page->flags) &&
	       __atomic_load_n(&page->_count.counter, __ATOMIC_RELAXED) == -1;
}

static __always_inline int PageHead(const struct page *page)
{
	return test_bit(PG_head, &page->flags);
}

static __always_inline int PageTail(const struct page *page)
{
	return READ_ONCE(page->compound_head) & 1;
}

static __always_inline int PageCompound(const struct page *page)
{
	return PageHead(page) || PageTail(page);
}

static __always_inline struct page *__compound_head(const struct page *page)
{
	unsigned long head = READ_ONCE(page->compound_head);

	return head & 1 ? (struct page *)(head - 1) : (struct page *)page;
}
#define compound_head(page) __compound_head(page)

#endif

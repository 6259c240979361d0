/* SPDX-License-Identifier: MIT */
/* <linux/page_ref.h> - the reference count of a page: page->_count + 1 */
#ifndef _PAGODA_LINUX_PAGE_REF_H
#define _PAGODA_LINUX_PAGE_REF_H

#include <linux/atomic.h>
#include <linux/mm_types.h>
#include <linux/page-flags.h>

static inline int page_ref_count(const struct page *page)
{
	return atomic_read(&page->_count) + 1;
}

/* The count of the block the page belongs to: 0 for a free one. */
static inline int page_count(const struct page *page)
{
	return page_ref_count(compound_head(page));
}

static inline void page_ref_add(struct page *page, int nr)
{
	atomic_add(nr, &page->_count);
}

static inline void page_ref_sub(struct page *page, int nr)
{
	atomic_sub(nr, &page->_count);
}

static inline void page_ref_inc(struct page *page)
{
	atomic_inc(&page->_count);
}

static inline int page_ref_dec_and_test(struct page *page)
{
	return atomic_add_negative(-1, &page->_count);
}

static inline void set_page_count(struct page *page, int count)
{
	atomic_set(&page->_count, count - 1);
}

#endif

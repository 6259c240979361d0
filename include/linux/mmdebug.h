/* SPDX-License-Identifier: MIT */
/* <linux/mmdebug.h> - checks that debug builds make and release builds leave out */
#ifndef _PAGODA_LINUX_MMDEBUG_H
#define _PAGODA_LINUX_MMDEBUG_H

#include <linux/bug.h>

struct page;

#pragma GCC visibility push(default)

/**
 * dump_page - write the state of a page to the log, at KERN_WARNING
 * @page:   any page
 * @reason: why it is shown, or NULL
 *
 * Context: any.
 */
void dump_page(const struct page *page, const char *reason);

#pragma GCC visibility pop

#if PAGODA_DEBUG
#define VM_BUG_ON(condition) BUG_ON(condition)
#define VM_BUG_ON_PAGE(condition, page) do {					\
	if (unlikely(condition)) {						\
		dump_page(page, "VM_BUG_ON_PAGE(" #condition ")");		\
		BUG();								\
	}									\
} while (0)
#define VM_WARN_ON_ONCE(condition) WARN_ON_ONCE(condition)
#else
#define VM_BUG_ON(condition) ((void)sizeof(!!(condition)))
#define VM_BUG_ON_PAGE(condition, page) VM_BUG_ON(condition)
#define VM_WARN_ON_ONCE(condition) ((void)sizeof(!!(condition)))
#endif

#endif

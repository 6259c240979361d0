/* SPDX-License-Identifier: MIT */
/*
 * <linux/bug.h> - reports
 *
 * WARN: the caller broke a contract and we are still sound; panic_on_warn= decides what follows.
 * BUG:  our own structures contradict each other; going on would give memory to two owners.
 */
#ifndef _PAGODA_LINUX_BUG_H
#define _PAGODA_LINUX_BUG_H

#include <linux/compiler.h>
#include <linux/printk.h>

#pragma GCC visibility push(default)

/* One report in the kernel's form, with the place, the message (may be NULL) and the callers. */
void __warn_printk(const char *file, int line, const char *func, const char *fmt, ...)
	__printf(4, 5) __cold;
/* The first time since the machine was booted? @last_boot is the caller's, 0 at first. */
bool __warn_first(unsigned int *last_boot);
void __bug(const char *file, int line, const char *func) __noreturn __cold;

#pragma GCC visibility pop

#define BUG() __bug(__FILE__, __LINE__, __func__)
#define BUG_ON(condition) do { if (unlikely(condition)) BUG(); } while (0)

#define WARN(condition, fmt, ...) ({						\
	bool __warn_cond = !!(condition);					\
	if (unlikely(__warn_cond))						\
		__warn_printk(__FILE__, __LINE__, __func__, fmt, ##__VA_ARGS__);	\
	unlikely(__warn_cond); })
#define WARN_ON(condition) ({							\
	bool __warn_cond = !!(condition);					\
	if (unlikely(__warn_cond))						\
		__warn_printk(__FILE__, __LINE__, __func__, NULL);		\
	unlikely(__warn_cond); })
#define WARN_ONCE(condition, fmt, ...) ({					\
	static unsigned int __warned;						\
	bool __warn_cond = !!(condition);					\
	if (unlikely(__warn_cond) && __warn_first(&__warned))			\
		__warn_printk(__FILE__, __LINE__, __func__, fmt, ##__VA_ARGS__);	\
	unlikely(__warn_cond); })
#define WARN_ON_ONCE(condition) ({						\
	static unsigned int __warned;						\
	bool __warn_cond = !!(condition);					\
	if (unlikely(__warn_cond) && __warn_first(&__warned))			\
		__warn_printk(__FILE__, __LINE__, __func__, NULL);		\
	unlikely(__warn_cond); })

#ifndef BUILD_BUG_ON
#define BUILD_BUG_ON(condition) _Static_assert(!(condition), #condition)
#endif

#endif

/* SPDX-License-Identifier: MIT */
/*
 * <linux/printk.h> - the log
 *
 * A message begins with its level ("<3>…", as KERN_ERR gives it). Those below loglevel= go to the
 * console: standard error in the hosted port.
 */
#ifndef _PAGODA_LINUX_PRINTK_H
#define _PAGODA_LINUX_PRINTK_H

#include <linux/compiler.h>
#include <linux/types.h>

#define KERN_SOH "\001"
#define KERN_EMERG KERN_SOH "0"
#define KERN_ALERT KERN_SOH "1"
#define KERN_CRIT KERN_SOH "2"
#define KERN_ERR KERN_SOH "3"
#define KERN_WARNING KERN_SOH "4"
#define KERN_NOTICE KERN_SOH "5"
#define KERN_INFO KERN_SOH "6"
#define KERN_DEBUG KERN_SOH "7"
#define KERN_DEFAULT ""
#define KERN_CONT KERN_SOH "c"

#pragma GCC visibility push(default)

/**
 * printk, vprintk - write a message to the log
 * @fmt: printf's format, with %pS (the name of a code address) and %pB (that of the call which returns
 *       to the address); floating point is not known
 *
 * Context: any.
 * Return:  the number of characters.
 */
int printk(const char *fmt, ...) __printf(1, 2);
int vprintk(const char *fmt, __builtin_va_list args) __printf(1, 0);

/**
 * panic - stop the machine: the hosted process is aborted
 * @fmt: as printk
 *
 * Context: any.
 */
void panic(const char *fmt, ...) __printf(1, 2) __noreturn;

/**
 * dump_stack - write the callers of this function to the log, at KERN_WARNING
 *
 * Context: any.
 */
void dump_stack(void);

/* printf's formatting into a buffer of @size bytes; returns the length the whole text would have */
int pagoda_vsnprintf(char *buf, size_t size, const char *fmt, __builtin_va_list args);

#pragma GCC visibility pop

#ifndef pr_fmt
#define pr_fmt(fmt) fmt
#endif
#define pr_emerg(fmt, ...) printk(KERN_EMERG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_alert(fmt, ...) printk(KERN_ALERT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_crit(fmt, ...) printk(KERN_CRIT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err(fmt, ...) printk(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn(fmt, ...) printk(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice(fmt, ...) printk(KERN_NOTICE pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info(fmt, ...) printk(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)
#define pr_cont(fmt, ...) printk(KERN_CONT fmt, ##__VA_ARGS__)
#define pr_debug(fmt, ...) printk(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)

#define printk_once(fmt, ...) do {				\
	static bool __printk_said;				\
	if (!__atomic_exchange_n(&__printk_said, true, __ATOMIC_RELAXED))	\
		printk(fmt, ##__VA_ARGS__);			\
} while (0)
#define pr_err_once(fmt, ...) printk_once(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn_once(fmt, ...) printk_once(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info_once(fmt, ...) printk_once(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)

#endif

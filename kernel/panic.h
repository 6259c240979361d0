/* SPDX-License-Identifier: MIT */
/*
 * panic.h - reports: one at a time, in the kernel's form
 */
#ifndef _KERNEL_PANIC_H
#define _KERNEL_PANIC_H

#include <linux/types.h>

#pragma GCC visibility push(hidden)

/*
 * Everything between is one report: no other thread's comes between the lines. report_end() adds the
 * callers and then does what panic_on_warn= says.
 */
void report_begin(void);
void report_end(unsigned long ip);

/* WARN_ONCE() and its kin speak again: once for each boot. */
void forget_warnings(void);

/* Reports that were made since the process began. */
unsigned long nr_reports(void);

extern bool panic_on_warn;

#pragma GCC visibility pop

#endif

/* SPDX-License-Identifier: MIT */
/* printk.h - the console's level */
#ifndef _KERNEL_PRINTK_H
#define _KERNEL_PRINTK_H

#include <linux/types.h>

#pragma GCC visibility push(hidden)

/* Messages of a lower number go to the console. A library is quiet: errors and warnings only. */
#define CONSOLE_LOGLEVEL_DEFAULT 5
extern int console_loglevel;

/* Would a message of this level, KERN_*, go to the console? */
bool printk_shown(const char *level);

/* vprintk() at a level of the caller's, KERN_*: for the middle of a line, whose text has none. */
int vprintk_at(const char *level, const char *fmt, __builtin_va_list args);

#pragma GCC visibility pop

#endif

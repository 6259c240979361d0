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

#pragma GCC visibility pop

#endif

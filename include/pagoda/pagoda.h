/* SPDX-License-Identifier: MIT */
/*
 * <pagoda/pagoda.h> - the host program's side: start a machine, look inside, stop it
 */
#ifndef _PAGODA_PAGODA_H
#define _PAGODA_PAGODA_H

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * pagoda_boot - start a machine
 * @cmdline: parameters separated by blanks (docs/parameters.md); NULL is the same as "". The words
 *           of the environment variable PAGODA follow it, so they win.
 *
 * Context: a plain thread, no machine running.
 * Return:  0; -EINVAL for an unknown word or a bad value, with a message that contains it on standard
 *          error; -EBUSY when a machine is running; -ENOMEM when the host or @cmdline gives too little
 *          memory. On an error nothing is left behind.
 */
int pagoda_boot(const char *cmdline);

/**
 * pagoda_shutdown - stop the machine, reporting what was not given back
 *
 * Pages still allocated are reported by the place that allocated them. The machine is gone in any
 * case, and all pointers into it are invalid.
 *
 * Context: a plain thread; no other thread uses the machine.
 * Return:  how many pages leaked, 0 if none; -ENODEV when no machine is running.
 */
int pagoda_shutdown(void);

/**
 * pagoda_show - write a view of the machine, in the format of Linux's file of that name in /proc
 * @name: "buddyinfo", "zoneinfo", "meminfo", "pagetypeinfo", "vmstat"; and Pagoda's own "memmap" (cost
 *        of the page structures)
 * @out:  where to
 *
 * Context: a plain thread.
 * Return:  0; -ENOENT for an unknown name; -ENODEV without a machine; -EIO when @out fails.
 */
int pagoda_show(const char *name, FILE *out);

/**
 * pagoda_check - check the invariants of all structures, each by name
 *
 * Looks at every page that was ever touched. What other threads do meanwhile may be seen half done in
 * the per-CPU arrays; with none it is exact.
 *
 * Context: a plain thread.
 * Return:  the number of violations, each reported; 0 if all is well; -ENODEV without a machine.
 */
long pagoda_check(void);

/* The version of the library, "0.1.0". */
const char *pagoda_version(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: MIT */
/* <linux/pageblock-flags.h> - page blocks: the unit in which memory is given to a migrate type */
#ifndef _PAGODA_LINUX_PAGEBLOCK_FLAGS_H
#define _PAGODA_LINUX_PAGEBLOCK_FLAGS_H

#define pageblock_order 9
#define pageblock_nr_pages (1UL << pageblock_order)

#endif

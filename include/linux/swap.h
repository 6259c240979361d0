/* SPDX-License-Identifier: MIT */
/* <linux/swap.h> - how much memory is free */
#ifndef _PAGODA_LINUX_SWAP_H
#define _PAGODA_LINUX_SWAP_H

#include <linux/vmstat.h>

#define SWAP_CLUSTER_MAX 32UL

/* Free pages of the machine; exact when nobody allocates or frees meanwhile. Context: any. */
#define nr_free_pages() global_zone_page_state(NR_FREE_PAGES)

#endif

/* SPDX-License-Identifier: MIT */
/* <linux/cache.h> - cache lines */
#ifndef _PAGODA_LINUX_CACHE_H
#define _PAGODA_LINUX_CACHE_H

#include <linux/compiler.h>

#define L1_CACHE_SHIFT 6
#define L1_CACHE_BYTES (1 << L1_CACHE_SHIFT)
#define SMP_CACHE_BYTES L1_CACHE_BYTES
#define L1_CACHE_ALIGN(x) (((x) + (L1_CACHE_BYTES - 1)) & ~(__typeof__(x))(L1_CACHE_BYTES - 1))
#define ____cacheline_aligned __aligned(SMP_CACHE_BYTES)
#define ____cacheline_aligned_in_smp __aligned(SMP_CACHE_BYTES)
#define __cacheline_aligned ____cacheline_aligned
#define cache_line_size() L1_CACHE_BYTES

#endif

/* SPDX-License-Identifier: MIT */
/* <linux/bits.h> - single bits and runs of them */
#ifndef _PAGODA_LINUX_BITS_H
#define _PAGODA_LINUX_BITS_H

#include <linux/types.h>

#define BIT(nr) (1UL << (nr))
#define BIT_ULL(nr) (1ULL << (nr))
#define BIT_MASK(nr) (1UL << ((nr) % BITS_PER_LONG))
#define BIT_WORD(nr) ((nr) / BITS_PER_LONG)
/* bits l .. h, both in */
#define GENMASK(h, l) ((~0UL << (l)) & (~0UL >> (BITS_PER_LONG - 1 - (h))))

#endif

/* SPDX-License-Identifier: MIT */
/* <linux/log2.h> - powers of two; all of them fold to constants for constant arguments */
#ifndef _PAGODA_LINUX_LOG2_H
#define _PAGODA_LINUX_LOG2_H

#include <linux/types.h>

/* floor(log2(n)); n > 0 */
#define ilog2(n) (63 - __builtin_clzll((unsigned long long)(n)))

static inline bool is_power_of_2(unsigned long n)
{
	return n && !(n & (n - 1));
}

/* n > 0; the result must fit in an unsigned long */
static inline unsigned long roundup_pow_of_two(unsigned long n)
{
	return n == 1 ? 1 : 1UL << (ilog2(n - 1) + 1);
}

static inline unsigned long rounddown_pow_of_two(unsigned long n)
{
	return 1UL << ilog2(n);
}

/* ceil(log2(n)); 0 and 1 give 0 */
static inline int order_base_2(unsigned long n)
{
	return n > 1 ? ilog2(n - 1) + 1 : 0;
}

#endif

/* SPDX-License-Identifier: MIT */
/* <linux/minmax.h> - smaller and larger of two values of one type */
#ifndef _PAGODA_LINUX_MINMAX_H
#define _PAGODA_LINUX_MINMAX_H

/* Comparing the addresses of both warns when the types differ. */
#undef min
#define min(x, y) ({						\
	__typeof__(x) __min_x = (x);				\
	__typeof__(y) __min_y = (y);				\
	(void)(&__min_x == &__min_y);				\
	__min_x < __min_y ? __min_x : __min_y; })
#undef max
#define max(x, y) ({						\
	__typeof__(x) __max_x = (x);				\
	__typeof__(y) __max_y = (y);				\
	(void)(&__max_x == &__max_y);				\
	__max_x > __max_y ? __max_x : __max_y; })
#define min_t(type, x, y) min((type)(x), (type)(y))
#define max_t(type, x, y) max((type)(x), (type)(y))
#define clamp(val, lo, hi) min(max((val), (lo)), (hi))
#define clamp_t(type, val, lo, hi) min_t(type, max_t(type, val, lo), hi)
#undef swap
#define swap(a, b) do {						\
	__typeof__(a) __swap_tmp = (a);				\
	(a) = (b);						\
	(b) = __swap_tmp;					\
} while (0)

#endif

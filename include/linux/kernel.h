/* SPDX-License-Identifier: MIT */
/* <linux/kernel.h> - the small macros that everything uses; brings struct sysinfo, as libc expects */
#ifndef _PAGODA_LINUX_KERNEL_H
#define _PAGODA_LINUX_KERNEL_H

#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/sysinfo.h>
#include <linux/types.h>

#define ARRAY_SIZE(arr) (sizeof(arr) / sizeof((arr)[0]))

#define __ALIGN_KERNEL_MASK(x, mask) (((x) + (mask)) & ~(mask))
#undef ALIGN
#define ALIGN(x, a) __ALIGN_KERNEL_MASK(x, (__typeof__(x))(a) - 1)
#undef ALIGN_DOWN
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a) (((x) & ((__typeof__(x))(a) - 1)) == 0)
#define PTR_ALIGN(p, a) ((__typeof__(p))ALIGN((unsigned long)(p), (a)))

#undef DIV_ROUND_UP
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#undef roundup
#define roundup(x, y) ({				\
	__typeof__(y) __roundup_y = (y);		\
	((x) + __roundup_y - 1) / __roundup_y * __roundup_y; })
#define rounddown(x, y) ({				\
	__typeof__(x) __rounddown_x = (x);		\
	__rounddown_x - __rounddown_x % (y); })
#define round_up(x, y) ((((x) - 1) | ((__typeof__(x))(y) - 1)) + 1)
#define round_down(x, y) ((x) & ~((__typeof__(x))(y) - 1))

#ifndef container_of
#define container_of(ptr, type, member) ({				\
	const __typeof__(((type *)0)->member) *__container_ptr = (ptr);	\
	(type *)((char *)__container_ptr - offsetof(type, member)); })
#endif

#define upper_32_bits(n) ((u32)(((n) >> 16) >> 16))
#define lower_32_bits(n) ((u32)(n))

#endif

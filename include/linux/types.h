/* SPDX-License-Identifier: MIT */
/*
 * <linux/types.h> - the kernel's integer types
 *
 * A hosted program gets the system's header of this name as well, for libc headers include it. Where
 * both the kernel and libc have a type, libc's representation is taken, so that both can be seen in
 * one file.
 */
#ifndef _PAGODA_LINUX_TYPES_H
#define _PAGODA_LINUX_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if __STDC_HOSTED__ && defined(__has_include_next)
# if __has_include_next(<linux/types.h>)
#  include_next <linux/types.h>
#  define _PAGODA_SYSTEM_TYPES
# endif
#endif

#ifndef _PAGODA_SYSTEM_TYPES
typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
#endif

typedef __s8 s8;
typedef __u8 u8;
typedef __s16 s16;
typedef __u16 u16;
typedef __s32 s32;
typedef __u32 u32;
typedef __s64 s64;
typedef __u64 u64;

typedef __INTPTR_TYPE__ ssize_t;

/* A physical address, in bytes, and a page frame number. */
typedef u64 phys_addr_t;
typedef phys_addr_t resource_size_t;
typedef u64 dma_addr_t;
typedef unsigned long pgoff_t;

typedef unsigned int gfp_t;

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter;
} atomic64_t;

typedef struct {
	long counter;
} atomic_long_t;

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

#define BITS_PER_BYTE 8
#ifndef BITS_PER_LONG
#define BITS_PER_LONG __LONG_WIDTH__
#endif
#define BITS_TO_LONGS(nr) (((nr) + BITS_PER_LONG - 1) / BITS_PER_LONG)
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]

#endif

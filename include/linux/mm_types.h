/* SPDX-License-Identifier: MIT */
/*
 * <linux/mm_types.h> - struct page
 *
 * One for each page frame of the machine, in one array, mem_map, so that frame number, page and
 * address are arithmetic of each other. 64 bytes, one cache line.
 */
#ifndef _PAGODA_LINUX_MM_TYPES_H
#define _PAGODA_LINUX_MM_TYPES_H

#include <linux/types.h>

struct address_space;

/*
 * (A) atomic operations  (U) the page's owner; while free, the allocator
 *
 * flags
 *	63       58   56   54    50  49  48  47      32                    0
 *	+---------+----+----+-----+---+---+---+-------+--------------------+
 *	|  node   |zone| mt |order|map|poi|bud| unused|   states: PG_*     |
 *	+---------+----+----+-----+---+---+---+-------+--------------------+
 * node, zone, mt (the migrate type of its block when it was taken) together number the per-CPU
 * array the page goes to when freed; order is that of the block it heads; map says that the page
 * has been initialised, poi that it was filled with poison when it was freed, bud that it heads a free
 * block in the buddy.
 */
struct page {
	unsigned long flags;			/* (A) */
	union {
		struct list_head lru;		/* (U) */
		struct {			/* tail of a compound page */
			unsigned long compound_head;	/* the head, bit 0 set */
		};
	};
	struct address_space *mapping;		/* (U) */
	pgoff_t index;				/* (U) */
	unsigned long private;			/* (U) in the buddy: the order */
	union {
		struct {
			union {
				atomic_t _count;	/* (A) references - 1: -1 is free */
				atomic_t _refcount;	/* the later name of the field */
			};
			atomic_t _mapcount;	/* (A) mappings - 1 */
		};
		u64 counts;			/* both, for the allocator */
	};
	void *virtual;				/* address, or NULL: a high page that is not mapped */
};

_Static_assert(sizeof(struct page) == 64, "struct page is one cache line");

#endif

/* SPDX-License-Identifier: MIT */
/*
 * memblock.h - the memory map of the machine, and the allocator of boot
 */
#ifndef _MM_MEMBLOCK_H
#define _MM_MEMBLOCK_H

#include <linux/types.h>

#pragma GCC visibility push(hidden)

enum memblock_state {
	MEMBLOCK_HOLE,		/* no memory */
	MEMBLOCK_MANAGER,	/* memory of the manager's own structures */
	MEMBLOCK_RESERVED,	/* memory that boot keeps for others */
	MEMBLOCK_FREE,		/* memory for the page allocator */
};

void memblock_reset(void);

/**
 * memblock_add, memblock_remove, memblock_reserve - there is memory; there is none; boot keeps it
 * @base: physical address
 * @size: bytes
 *
 * Ranges may overlap what is there, and each other.
 *
 * Context: boot. Return: 0; -ENOSPC when the map has too many pieces.
 */
int memblock_add(phys_addr_t base, phys_addr_t size);
int memblock_remove(phys_addr_t base, phys_addr_t size);
int memblock_reserve(phys_addr_t base, phys_addr_t size);

/**
 * memblock_alloc_phys - take the highest free range below a limit for the manager itself
 * @size:  bytes
 * @align: a power of two
 * @limit: the range ends at or below
 *
 * Context: boot. Return: its physical address; 0 when there is none.
 */
phys_addr_t memblock_alloc_phys(phys_addr_t size, phys_addr_t align, phys_addr_t limit);

/* What the page frame @pfn is; *@until gets the first frame behind it that may be something else. */
enum memblock_state memblock_state(unsigned long pfn, unsigned long *until);

/* Whole pages of memory in frames @start .. @end - 1, reserved ones included. */
unsigned long memblock_pages(unsigned long start, unsigned long end);

/* One more than the last frame of memory. */
unsigned long memblock_end_pfn(void);

/* The i-th range of memory; false behind the last. */
bool memblock_range(unsigned int i, phys_addr_t *base, phys_addr_t *size);

#pragma GCC visibility pop

#endif

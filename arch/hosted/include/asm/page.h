/* SPDX-License-Identifier: MIT */
/* <asm/page.h> - the size of a page, and where low memory is mapped */
#ifndef _PAGODA_ASM_PAGE_H
#define _PAGODA_ASM_PAGE_H

#include <linux/compiler.h>
#include <linux/types.h>

#undef PAGE_SHIFT
#undef PAGE_SIZE
#undef PAGE_MASK
#define PAGE_SHIFT PAGODA_PAGE_SHIFT
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))

#pragma GCC visibility push(default)

/* The address of physical address 0 in the direct map; constant between boot and shutdown. */
extern unsigned long page_offset_base;

#pragma GCC visibility pop

#define PAGE_OFFSET page_offset_base
#define __pa(address) ((phys_addr_t)((unsigned long)(address) - PAGE_OFFSET))
#define __va(phys) ((void *)((unsigned long)(phys) + PAGE_OFFSET))

#define PFN_UP(x) (((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PFN_DOWN(x) ((x) >> PAGE_SHIFT)
#define PFN_PHYS(pfn) ((phys_addr_t)(pfn) << PAGE_SHIFT)
#define PHYS_PFN(phys) ((unsigned long)((phys) >> PAGE_SHIFT))

#endif

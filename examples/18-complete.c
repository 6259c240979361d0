// SPDX-License-Identifier: MIT
/*
 * 18-complete.c - take, check, use, give back, on every way out
 *
 * Notes: 释放示例, complete_allocation_example(), page_structure_example(). As in the text, run twice: once
 * all goes well, once some_error_condition holds; nothing is lost either way.
 */
#include <stdio.h>
#include <string.h>

#include <pagoda/pagoda.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/swap.h>

static int complete_allocation_example(bool some_error_condition)
{
	unsigned long addr = _get_free_pages(GFP_KERNEL, 3);

	if (!addr) {
		printk("Failed to allocate pages\n");
		return -ENOMEM;
	}
	memset((void *)addr, 0xAA, 8 * PAGE_SIZE);
	if (some_error_condition) {
		free_pages(addr, 3);
		return -EIO;
	}
	printf("  the last of 8 pages ends with %#x\n",
	       ((unsigned char *)addr)[8 * PAGE_SIZE - 1]);
	free_pages(addr, 3);
	return 0;
}

static int page_structure_example(void)
{
	struct page *pages = alloc_pages(GFP_KERNEL, 2);
	void *addr;

	if (!pages)
		return -ENOMEM;
	addr = page_address(pages);
	memset(addr, 0xBB, 4 * PAGE_SIZE);
	printf("  the last of 4 pages ends with %#x\n",
	       ((unsigned char *)addr)[4 * PAGE_SIZE - 1]);
	__free_pages(pages, 2);
	return 0;
}

static const char *outcome(int err)
{
	return !err ? "0" : err == -EIO ? "-EIO" : err == -ENOMEM ? "-ENOMEM" : "?";
}

int main(void)
{
	unsigned long before;

	if (pagoda_boot("machine=i386 mem=64M nr_cpus=2"))
		return 1;
	before = nr_free_pages();
	printf("complete_allocation_example(): %s\n", outcome(complete_allocation_example(false)));
	printf("with some_error_condition: %s\n", outcome(complete_allocation_example(true)));
	printf("page_structure_example(): %s\n", outcome(page_structure_example()));
	printf("pages missing: %lu\n", before - nr_free_pages());
	return pagoda_shutdown() != 0;
}

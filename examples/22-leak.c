// SPDX-License-Identifier: MIT
/*
 * 22-leak.c - what was not given back
 *
 * Notes: 内存管理原则, memory_management_principles(): avoid leaks. In a kernel a lost page is lost until the
 * next boot. Here pagoda_shutdown() counts what is missing, and reports by whom it was allocated (stderr).
 */
#include <stdio.h>

#include <pagoda/pagoda.h>
#include <linux/errno.h>
#include <linux/mm.h>

/* The notes' own reference_count_usage(): three references, two of them given back. */
static void __attribute__((__noinline__)) one_reference_too_many(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	get_page(page);
	put_page(page);
}

/* An error path that forgets the first allocation. */
static int __attribute__((__noinline__)) forgetful(bool error)
{
	unsigned long addr = _get_free_pages(GFP_KERNEL, 2);

	if (!addr)
		return -ENOMEM;
	if (error)
		return -EIO;
	free_pages(addr, 2);
	return 0;
}

static int run(bool wrong)
{
	if (pagoda_boot("machine=i386 mem=64M nr_cpus=2 panic_on_warn=0"))
		return -1;
	if (wrong)
		one_reference_too_many();
	forgetful(wrong);
	return pagoda_shutdown();
}

int main(void)
{
	printf("all given back: %d pages leaked\n", run(false));
	printf("one page and one block of order 2 forgotten: %d pages leaked\n", run(true));
	return 0;
}

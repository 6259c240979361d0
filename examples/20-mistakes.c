// SPDX-License-Identifier: MIT
/*
 * 20-mistakes.c - what each mistake of the text's list gets
 *
 * Notes: 错误处理最佳实践, error_handling_best_practices(): not checking, wrong order, freeing twice, using what
 * was freed. With panic_on_warn=0 each is reported on stderr, in the kernel's form, with who allocated and
 * who freed the page; the wrong call is refused, and the machine goes on. With panic_on_warn=1 it would
 * end at the first one. docs/errors.md explains the reports.
 */
#include <stdio.h>
#include <string.h>

#include <pagoda/pagoda.h>
#include <linux/mm.h>
#include <linux/swap.h>

static const char *yes(bool is_so)
{
	return is_so ? "yes" : "no";
}

/* Says whether the mistake changed anything: pages missing or too many, or broken structures. */
static void harmless(const char *mistake, unsigned long free_before)
{
	long difference = nr_free_pages() - free_before;

	printf("%-30s refused; pages %+ld, violated invariants %ld\n", mistake, difference,
	       pagoda_check());
}

static void freed_twice(void)
{
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned long before;

	__free_page(page);
	before = nr_free_pages();
	__free_page(page);
	harmless("freed twice:", before);
}

static void wrong_order(void)
{
	unsigned long addr = _get_free_pages(GFP_KERNEL, 2), before = nr_free_pages();

	free_pages(addr, 3);
	harmless("order 2 freed as order 3:", before);
	free_pages(addr, 1);
	harmless("order 2 freed as order 1:", before);
	free_pages(addr, 2);			/* right: the block was not harmed */
}

static void never_allocated(void)
{
	static char of_the_program[64];
	unsigned long before = nr_free_pages();

	free_pages((unsigned long)of_the_program, 0);
	harmless("not the machine's memory:", before);
	free_page((unsigned long)__va(1UL << 20));	/* is free, nobody took it */
	harmless("a page nobody took:", before);
}

static void inner_page(void)
{
	struct page *block = alloc_pages(GFP_KERNEL, 3);
	unsigned long before = nr_free_pages();

	__free_pages(block + 1, 0);
	harmless("inside of a block:", before);
	__free_pages(block, 3);
}

static void still_in_a_state(void)
{
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned long before = nr_free_pages();

	SetPageLocked(page);
	__free_page(page);
	harmless("freed while locked:", before);
	ClearPageLocked(page);
	__free_page(page);
}

static void reference_to_a_free_page(void)
{
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned long before;

	put_page(page);
	before = nr_free_pages();
	get_page(page);
	harmless("get_page() on a free page:", before);
	put_page(page);
	harmless("put_page() on a free page:", before);
}

/* Needs page_poison=1: free pages are filled with 0xaa, and looked at when they are taken again. */
static void use_after_free(void)
{
	unsigned long addr = _get_free_page(GFP_KERNEL);

	free_page(addr);
	strcpy((char *)addr, "too late");
	while (addr && (addr = _get_free_page(GFP_KERNEL)))	/* the next taker finds it */
		if (!strcmp((char *)addr, "too late"))
			break;
	printf("%-30s found when the page was taken again: %s\n", "written after free:",
	       yes(addr));
	free_page(addr);
}

int main(void)
{
	if (pagoda_boot("machine=i386 mem=64M nr_cpus=1 panic_on_warn=0 page_poison=1"))
		return 1;
	freed_twice();
	wrong_order();
	never_allocated();
	inner_page();
	still_in_a_state();
	reference_to_a_free_page();
	use_after_free();
	return pagoda_shutdown() != 0;
}

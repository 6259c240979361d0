// SPDX-License-Identifier: MIT
/*
 * 01-challenges.c - what is hard about memory inside a kernel
 *
 * Notes: 内核内存管理的特点, kernel_memory_challenges(). The five points of the text, each as something that
 * happens: memory ends, and the answer is NULL (1, 3); some callers must not sleep, so part of it is
 * kept for them (2); and whatever happened, the allocator's own structures are right (4, 5).
 *
 * The machine has 16 MiB and one CPU; min_free_kbytes= sets the emergency reserve to 1 MiB.
 */
#include <stdio.h>

#include <pagoda/pagoda.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/swap.h>

static const char *yes(bool is_so)
{
	return is_so ? "yes" : "no";
}

static LIST_HEAD(hoard);	/* what we took, linked through page->lru */
static DEFINE_SPINLOCK(lock);

/* Takes pages until there is none for us. Returns how many KiB that were. */
static unsigned long take_all(gfp_t gfp)
{
	struct page *page;
	unsigned long kib = 0;

	while ((page = alloc_page(gfp | __GFP_NOWARN))) {
		list_add(&page->lru, &hoard);
		kib += PAGE_SIZE >> 10;
	}
	return kib;
}

static unsigned long free_kib(void)
{
	return nr_free_pages() * (PAGE_SIZE >> 10);
}

static void memory_ends(void)
{
	unsigned long before = free_kib(), taken = take_all(GFP_KERNEL);

	printf("1. Memory ends. After the last page alloc_page() returned NULL, nothing else happened.\n"
	       "   Taken and still free are all there was: %s. Still free: %lu KiB.\n",
	       yes(taken + free_kib() == before), free_kib());
}

static void some_must_not_sleep(void)
{
	struct page *page;
	unsigned long kib;

	spin_lock(&lock);
	kib = take_all(GFP_ATOMIC);
	spin_unlock(&lock);
	printf("2. Under a spinlock nobody may sleep. GFP_ATOMIC never does, and may use half of the\n"
	       "   reserve: it got %lu KiB more.\n", kib);

	put_pages_list(&hoard);
	spin_lock(&lock);
	page = alloc_page(GFP_KERNEL);		/* a mistake: reported on stderr */
	spin_unlock(&lock);
	printf("   GFP_KERNEL may sleep. Under a spinlock that is reported, even if it did not: %s.\n",
	       page ? "served" : "refused");
	__free_page(page);
}

static void callers_handle_failure(void)
{
	struct page *page;

	take_all(GFP_KERNEL);
	page = alloc_page(GFP_KERNEL | __GFP_NOWARN);
	printf("3. Failing is normal, and the caller's to handle: %s.\n", page ? "page" : "NULL");
	put_pages_list(&hoard);
}

static void simple_and_reliable(unsigned long at_boot)
{
	printf("4. 5. All pages are back: %s. Violated invariants: %ld.\n",
	       yes(free_kib() == at_boot), pagoda_check());
}

int main(void)
{
	unsigned long at_boot;

	if (pagoda_boot("machine=i386 mem=16M min_free_kbytes=1024 nr_cpus=1 panic_on_warn=0"))
		return 1;
	at_boot = free_kib();
	memory_ends();
	some_must_not_sleep();
	callers_handle_failure();
	simple_and_reliable(at_boot);
	return pagoda_shutdown() != 0;
}

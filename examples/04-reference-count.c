// SPDX-License-Identifier: MIT
/*
 * 04-reference-count.c - a page lives as long as somebody refers to it
 *
 * Notes: 页的引用计数, reference_count_usage(). The text ends after get_page() and put_page(), with the
 * first reference still there; the last put_page() is added, and what happens without it is
 * 22-leak.c. Two users of one page show what the count is for.
 */
#include <stdio.h>

#include <pagoda/pagoda.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/swap.h>

static int reference_count_usage(void)
{
	unsigned long before = nr_free_pages();
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return -ENOMEM;
	printf("allocated: page_count() %d, free pages %+ld\n", page_count(page),
	       (long)(nr_free_pages() - before));
	get_page(page);
	printf("get_page(): %d\n", page_count(page));
	put_page(page);
	printf("put_page(): %d, free pages %+ld\n", page_count(page),
	       (long)(nr_free_pages() - before));
	put_page(page);
	printf("last put_page(): %d, free pages %+ld\n", page_count(page),
	       (long)(nr_free_pages() - before));
	return 0;
}

/* A page that a disk writes while its owner already forgets it: who is last frees it. */
struct write_request {
	struct page *page;
};

static void start_write(struct write_request *request, struct page *page)
{
	get_page(page);
	request->page = page;
}

static void write_done(struct write_request *request)
{
	put_page(request->page);
	request->page = NULL;
}

static int two_users(void)
{
	struct write_request request;
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return -ENOMEM;
	start_write(&request, page);
	put_page(page);			/* the owner is done with it */
	printf("the owner has put it, the disk still writes: %d\n", page_count(page));
	write_done(&request);
	printf("the disk is done: %d\n", page_count(page));
	return 0;
}

/* The parts of a compound page are one: a reference to any of them keeps all. */
static int compound(void)
{
	struct page *head = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);

	if (!head)
		return -ENOMEM;
	get_page(head + 3);
	printf("compound page of 4, one got by its last part: page_count() of the first %d\n",
	       page_count(head));
	__free_pages(head, 2);
	printf("freed by the first user: %d\n", page_count(head));
	put_page(head + 3);
	printf("put by the second: %d\n", page_count(head));
	return 0;
}

int main(void)
{
	if (pagoda_boot("machine=i386 mem=64M nr_cpus=2"))
		return 1;
	if (reference_count_usage() || two_users() || compound())
		return 1;
	return pagoda_shutdown() != 0;
}

// SPDX-License-Identifier: MIT
/*
 * boot.c - a machine boots, gives pages to several threads and stops, on every architecture
 *
 * CTest: timeout=180
 *
 * In short what the tests with cmocka do at length, for those places where they do not run.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/swap.h>
#include <pagoda/pagoda.h>

#define NR_THREADS 4
#define NR_ROUNDS 20000
#define HELD 32			/* blocks, by a thread */

static int nr_failed;

#define CHECK(condition) do {							\
	if (!(condition)) {							\
		__atomic_fetch_add(&nr_failed, 1, __ATOMIC_RELAXED);		\
		printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);	\
	}									\
} while (0)

/* ---- a block holds what its owner wrote, in its first and its last word ---- */

struct block {
	struct page  *page;
	unsigned int  order;
	unsigned long mark;
};

static unsigned long *last_word(const struct block *block)
{
	return (unsigned long *)((char *)page_address(block->page) + (PAGE_SIZE << block->order)) - 1;
}

static bool take(struct block *block, unsigned int order, unsigned long mark)
{
	*block = (struct block){ alloc_pages(GFP_NOWAIT | __GFP_NOWARN, order), order, mark };
	if (!block->page)
		return false;
	*(unsigned long *)page_address(block->page) = mark;
	*last_word(block) = mark;
	return true;
}

static void give(struct block *block)
{
	CHECK(page_to_pfn(block->page) % (1UL << block->order) == 0);
	CHECK(page_count(block->page) == 1);
	CHECK(*(unsigned long *)page_address(block->page) == block->mark);
	CHECK(*last_word(block) == block->mark);
	__free_pages(block->page, block->order);
	block->page = NULL;
}

/* ---- what is done on each machine ---- */

static void all_orders(void)
{
	unsigned long before = nr_free_pages();
	struct block block[MAX_ORDER];

	for (unsigned int order = 0; order < MAX_ORDER; order++) {
		CHECK(take(&block[0], order, order + 1));
		CHECK(nr_free_pages() == before - (1UL << order));
		give(&block[0]);
	}
	for (unsigned int order = 0; order < MAX_ORDER; order++)
		CHECK(take(&block[order], order, order + 100));
	for (unsigned int order = 0; order < MAX_ORDER; order++)
		give(&block[order]);
	CHECK(nr_free_pages() == before);
	CHECK(pagoda_check() == 0);
}

/* Takes all there is, linked through the pages, and gives it back. */
static void until_nothing_is_left(void)
{
	unsigned long before = nr_free_pages(), nr = 0;
	unsigned long first = 0, next;

	while ((next = __get_free_pages(GFP_ATOMIC | __GFP_NOWARN, 0))) {
		*(unsigned long *)next = first;
		first = next;
		nr++;
	}
	CHECK(nr > before / 2 && nr <= before);
	for (; first; first = next, nr--) {
		next = *(unsigned long *)first;
		free_pages(first, 0);
	}
	CHECK(nr == 0);
	CHECK(nr_free_pages() == before);
	CHECK(pagoda_check() == 0);
}

static void *use_pages(void *arg)
{
	struct block held[HELD] = { { 0 } };
	unsigned int random = (uintptr_t)arg;

	for (unsigned int round = 0; round < NR_ROUNDS; round++) {
		struct block *block;

		random = random * 1664525 + 1013904223;
		block = &held[(random >> 8) % HELD];
		if (block->page)
			give(block);
		else
			take(block, (random >> 24) % 8 ? 0 : (random >> 27) % 5, random);
		if ((random >> 16) % 64 == 0)
			drain_all_pages(NULL);
	}
	for (int i = 0; i < HELD; i++)
		if (held[i].page)
			give(&held[i]);
	return NULL;
}

/* Between get_cpu() and put_cpu() a thread is the only one on its CPU. */
static unsigned long on_cpu[NR_CPUS][8], nr_on_cpus;

static void *use_cpus(void *arg)
{
	(void)arg;
	for (unsigned int round = 0; round < NR_ROUNDS; round++) {
		volatile unsigned long *count = on_cpu[get_cpu()];

		*count = *count + 1;
		CHECK(in_atomic());
		put_cpu();
	}
	__atomic_fetch_add(&nr_on_cpus, NR_ROUNDS, __ATOMIC_RELAXED);
	return NULL;
}

static void threads(void *(*run)(void *))
{
	pthread_t thread[NR_THREADS];
	uintptr_t nr;

	for (nr = 0; nr < NR_THREADS; nr++)
		if (pthread_create(&thread[nr], NULL, run, (void *)(nr + 1)))
			break;
	CHECK(nr == NR_THREADS);
	while (nr)
		pthread_join(thread[--nr], NULL);
}

static void threads_share_pages(void)
{
	unsigned long before = nr_free_pages();

	threads(use_pages);
	CHECK(nr_free_pages() == before);
	CHECK(pagoda_check() == 0);
}

static void threads_take_turns_on_cpus(void)
{
	unsigned long nr = 0;

	memset(on_cpu, 0, sizeof(on_cpu));
	nr_on_cpus = 0;
	threads(use_cpus);
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		nr += on_cpu[cpu][0];
	CHECK(nr == nr_on_cpus && nr == NR_THREADS * NR_ROUNDS);
}

static void machine(const char *cmdline)
{
	int err = pagoda_boot(cmdline);

	printf("%s: %d\n", cmdline, err);
	CHECK(!err);
	if (err)
		return;
	CHECK(pagoda_check() == 0);
	all_orders();
	threads_share_pages();
	threads_take_turns_on_cpus();
	until_nothing_is_left();
	CHECK(pagoda_shutdown() == 0);
}

static void a_leak_is_reported(void)
{
	CHECK(pagoda_boot("mem=64M panic_on_warn=0") == 0);
	CHECK(alloc_pages(GFP_KERNEL, 2));
	CHECK(pagoda_check() == 0);
	CHECK(pagoda_shutdown() == 4);
}

int main(void)
{
	machine("mem=32M");
	machine("machine=x86_64 mem=64M");
	machine("machine=i386 mem=96M nr_cpus=3");
	machine("machine=x86_64 mem=64M numa=2 init_on_alloc=1 init_on_free=1");
	a_leak_is_reported();
	CHECK(pagoda_boot("mem=nonsense") < 0);
	return nr_failed != 0;
}

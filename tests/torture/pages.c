// SPDX-License-Identifier: MIT
/*
 * pages.c - the page allocator under many threads
 *
 * CTest: serial timeout=240
 *
 * Idea. A page has one owner. The owner is written down outside of the allocator, a word for each frame,
 * exchanged when a block comes and when it goes; so a page that has two owners is seen at the moment it gets
 * the second. And it is written into the page, first and last word, which only its owner changes. Everything
 * else is disorder: eight threads on however many CPUs, hopping; short-lived ones besides, for the first and
 * the last call of a thread; all contexts; blocks freed by others than took them, on other CPUs and nodes;
 * drains; memory that fills up to the last page and empties, so that zones go tight and relax; requests
 * that must not fail; and readers of all views. In the end every page is back, and the structures are sound.
 *
 * The owner words are relaxed on purpose: what orders one owner's writes before the next owner's is the
 * allocator, and ThreadSanitizer sees whether it does.
 */
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/preempt.h>
#include <linux/spinlock.h>
#include <linux/swap.h>
#include <pagoda/pagoda.h>

#include "mm/internal.h"
#include "torture.h"

#define NR_THREADS 8
#define NR_NOFAIL 2
#define NR_PLACES 64
#define MAX_HELD 8192
#define NR_TESTS 5
#define RUN_MS 2000
#define MAX_FILL_MS 20000

struct block {
	unsigned long pfn;
	unsigned int  order;
	u64	      stamp;
};

static u64 *owners;			/* the stamp of each frame's block, or 0 */
static struct block *places[NR_PLACES];	/* where blocks change hands */
static u64 next_stamp = 1;
static unsigned int percent_takes;	/* now: memory fills, or empties */
static unsigned long nr_refused, nr_served;
static spinlock_t some_locks[4];

/* ---- ownership ---- */

static void write_stamp(unsigned long pfn, u64 stamp)
{
	u64 *words = pfn < max_low_pfn ? pfn_to_virt(pfn) : NULL;

	if (!words)
		return;
	words[0] = stamp;
	words[PAGE_SIZE / sizeof(*words) - 1] = stamp ^ pfn;
}

static void check_stamp(unsigned long pfn, u64 stamp)
{
	const u64 *words = pfn < max_low_pfn ? pfn_to_virt(pfn) : NULL;

	if (words && (words[0] != stamp || words[PAGE_SIZE / sizeof(*words) - 1] != (stamp ^ pfn)))
		wrong("pfn %#lx was written to while it had an owner", pfn);
}

/* Of a large block the ends and a few pages between get the stamp. */
static bool is_stamped(unsigned long i, unsigned int order)
{
	return i < 4 || i + 1 == 1UL << order;
}

static struct block *own(struct page *page, unsigned int order)
{
	struct block *block = malloc(sizeof(*block));

	block->pfn = page_to_pfn(page);
	block->order = order;
	block->stamp = __atomic_add_fetch(&next_stamp, 1, __ATOMIC_RELAXED);
	if (block->pfn & ((1UL << order) - 1) || page_ref_count(page) != 1)
		wrong("pfn %#lx of order %u, count %d", block->pfn, order, page_ref_count(page));
	for (unsigned long i = 0; i < 1UL << order; i++) {
		u64 other = __atomic_exchange_n(&owners[block->pfn + i], block->stamp, __ATOMIC_RELAXED);

		if (other)
			wrong("pfn %#lx has two owners", block->pfn + i);
		if (is_stamped(i, order))
			write_stamp(block->pfn + i, block->stamp);
	}
	return block;
}

static struct page *disown(struct block *block)
{
	struct page *page = pfn_to_page(block->pfn);

	for (unsigned long i = 0; i < 1UL << block->order; i++) {
		if (is_stamped(i, block->order))
			check_stamp(block->pfn + i, block->stamp);
		if (__atomic_exchange_n(&owners[block->pfn + i], 0, __ATOMIC_RELAXED) != block->stamp)
			wrong("pfn %#lx has another owner", block->pfn + i);
	}
	return page;
}

/* ---- contexts ---- */

static gfp_t any_gfp(struct worker *self, bool atomic)
{
	static const gfp_t where[] = { 0, 0, 0, 0, __GFP_HIGHMEM, __GFP_HIGHMEM, __GFP_DMA32, __GFP_DMA };
	static const gfp_t kind[] = { 0, __GFP_MOVABLE, __GFP_RECLAIMABLE, __GFP_COMP, __GFP_COLD };
	gfp_t gfp = __GFP_NOWARN | where[below(self, ARRAY_SIZE(where))] | kind[below(self, ARRAY_SIZE(kind))];

	return gfp | (atomic ? GFP_ATOMIC : one_in(self, 8) ? GFP_NOWAIT : GFP_KERNEL);
}

static unsigned int any_order(struct worker *self)
{
	unsigned long what = below(self, 100);

	if (what < 70)
		return 0;
	return what < 90 ? 1 + below(self, 3) : what < 98 ? 4 + below(self, 6) : below(self, MAX_ORDER);
}

static struct page *take(struct worker *self, gfp_t gfp, unsigned int order)
{
	if (one_in(self, 4))
		return alloc_pages_node(below(self, nr_node_ids), gfp, order);
	return alloc_pages(gfp, order);
}

/* A block, or none, in any context (D6). */
static struct page *take_somewhere(struct worker *self, unsigned int order)
{
	unsigned int context = below(self, 8);
	spinlock_t *lock = &some_locks[below(self, ARRAY_SIZE(some_locks))];
	struct page *page;
	unsigned long flags;

	if (context == 0) {
		preempt_disable();
		page = take(self, any_gfp(self, true), order);
		preempt_enable();
	} else if (context == 1) {
		spin_lock(lock);
		page = take(self, any_gfp(self, true), order);
		spin_unlock(lock);
	} else if (context == 2) {
		local_irq_save(flags);
		page = take(self, any_gfp(self, true), order);
		local_irq_restore(flags);
	} else {
		page = take(self, any_gfp(self, false), order);
	}
	return page;
}

static void give(struct worker *self, struct page *page, unsigned int order)
{
	if (one_in(self, 16)) {
		get_page(page);
		put_page(page);
	}
	if (one_in(self, 4))
		put_page(page);
	else
		__free_pages(page, order);
}

static void give_somewhere(struct worker *self, struct page *page, unsigned int order)
{
	unsigned int context = below(self, 8);
	spinlock_t *lock = &some_locks[below(self, ARRAY_SIZE(some_locks))];
	unsigned long flags;

	if (context == 0) {
		preempt_disable();
		give(self, page, order);
		preempt_enable();
	} else if (context == 1) {
		spin_lock_irqsave(lock, flags);
		give(self, page, order);
		spin_unlock_irqrestore(lock, flags);
	} else {
		give(self, page, order);
	}
}

/* ---- workers ---- */

struct held {
	struct block *block[MAX_HELD];
	unsigned int nr;
};

static void take_one(struct worker *self, struct held *held)
{
	unsigned int order = any_order(self);
	struct page *page = held->nr < MAX_HELD ? take_somewhere(self, order) : NULL;

	if (page)
		held->block[held->nr++] = own(page, order);
	__atomic_fetch_add(page ? &nr_served : &nr_refused, 1, __ATOMIC_RELAXED);
}

static void free_block(struct worker *self, struct block *block)
{
	give_somewhere(self, disown(block), block->order);
	free(block);
}

static void give_one(struct worker *self, struct held *held)
{
	unsigned int i = below(self, held->nr);
	struct block *block = held->block[i];

	held->block[i] = held->block[--held->nr];
	free_block(self, block);
}

/* Leaves a block for another thread, and frees what lay there. */
static void hand_over(struct worker *self, struct held *held)
{
	struct block *block = held->nr ? held->block[--held->nr] : NULL;

	block = __atomic_exchange_n(&places[below(self, NR_PLACES)], block, __ATOMIC_ACQ_REL);
	if (block)
		free_block(self, block);
}

static void do_something(struct worker *self, struct held *held)
{
	unsigned long what = below(self, 1000);

	if (what < 60)
		hand_over(self, held);
	else if (what < 64)
		hop(self);
	else if (what == 64)
		drain_all_pages(NULL);
	else if (what == 65)
		drain_local_pages(NULL);
	else if (below(self, 100) < __atomic_load_n(&percent_takes, __ATOMIC_RELAXED))
		take_one(self, held);
	else if (held->nr)
		give_one(self, held);
	self->done++;
}

static void work(struct worker *self)
{
	struct held *held = calloc(1, sizeof(*held));

	while (!time_is_up())
		do_something(self, held);
	while (held->nr)
		give_one(self, held);
	free(held);
}

/* A life of a few calls: the first one finds the thread unknown, the last leaves things behind (or not). */
static void live_briefly(struct worker *self)
{
	struct held *held = calloc(1, sizeof(*held));
	unsigned long calls = below(self, 40);

	while (calls--)
		do_something(self, held);
	while (held->nr)
		hand_over(self, held);
	free(held);
}

static void raise_children(struct worker *self)
{
	struct worker children[3];

	while (!time_is_up()) {
		for (unsigned int i = 0; i < ARRAY_SIZE(children); i++)
			if (!start_worker(&children[i], below(self, 1 << 30), live_briefly, NULL))
				wrong("no thread");
		self->done += join_workers(children, ARRAY_SIZE(children));
	}
}

/* Must never see NULL, and never wait for ever: memory empties again and again. */
static void insist(struct worker *self)
{
	while (!time_is_up()) {
		unsigned int order = below(self, 2);
		struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOFAIL, order);

		if (!page) {
			wrong("__GFP_NOFAIL failed");
			return;
		}
		free_block(self, own(page, order));
		self->done++;
		sleep_us(below(self, 500));
	}
}

/* Free lists are sound at any moment; the rest of pagoda_check() wants quiet. */
static void check_lists(void)
{
	struct zone *zone;

	for_each_populated_zone(zone)
		if (buddy_check(zone))
			wrong("the free lists of %s are broken", zone->name);
}

static void look_around(struct worker *self)
{
	static const char *const views[] = { "buddyinfo", "zoneinfo", "meminfo", "pagetypeinfo", "vmstat",
					     "memmap" };
	FILE *nowhere = fopen("/dev/null", "w");

	while (!time_is_up()) {
		if (pagoda_show(views[below(self, ARRAY_SIZE(views))], nowhere))
			wrong("pagoda_show() failed");
		if (!totalram_pages() || nr_free_pages() > 2 * totalram_pages())
			wrong("%lu pages free of %lu", nr_free_pages(), totalram_pages());
		if (one_in(self, 32))
			check_lists();
		self->done++;
		sleep_us(below(self, 2000));
	}
	fclose(nowhere);
}

/* ---- a machine's day ---- */

/* Memory fills up, stays full, empties, stays empty. */
static void make_tides(u64 ms)
{
	static const unsigned int tides[] = { 95, 60, 50, 5, 40, 80, 50, 10 };
	u64 end = now_ms() + ms, latest = end + MAX_FILL_MS;

	__atomic_store_n(&percent_takes, 95, __ATOMIC_RELAXED);
	while (!__atomic_load_n(&nr_refused, __ATOMIC_RELAXED) && now_ms() < latest)
		sleep_us(10000);		/* a slow host fills it slowly */
	for (unsigned int i = 0; now_ms() < end; i++) {
		__atomic_store_n(&percent_takes, tides[i % ARRAY_SIZE(tides)], __ATOMIC_RELAXED);
		sleep_us(ms > 10000 ? 300000 : ms * 1000 / 16);
	}
	call_it_a_day();
}

static void clear_places(void)
{
	struct worker self = { .rng = 1 };

	for (int i = 0; i < NR_PLACES; i++)
		if (places[i])
			free_block(&self, places[i]);
	memset(places, 0, sizeof(places));
}

static void note_blocks(unsigned long *blocks)
{
	struct zone *zone;

	drain_all_pages(NULL);
	for_each_populated_zone(zone)
		for (int order = 0; order < MAX_ORDER; order++)
			*blocks++ = zone->free_area[order].nr_free;
}

/* Everything is back: as many pages, in blocks as large as before. */
static void check_the_end(unsigned long free_at_boot, const unsigned long *blocks_at_boot)
{
	unsigned long blocks[MAX_NUMNODES * MAX_NR_ZONES * MAX_ORDER] = { 0 };

	assert_int_equal(nr_free_pages(), free_at_boot);
	assert_int_equal(pagoda_check(), 0);
	note_blocks(blocks);
	assert_memory_equal(blocks, blocks_at_boot, sizeof(blocks));
	assert_int_equal(nr_free_pages(), free_at_boot);
	assert_int_equal(pagoda_check(), 0);
	for (unsigned long pfn = 0; pfn < max_pfn; pfn++)
		assert_true(!owners[pfn]);
}

static void pages_have_one_owner(const char *cmdline)
{
	struct worker workers[NR_THREADS], nofail[NR_NOFAIL], parent, reader;
	unsigned long blocks[MAX_NUMNODES * MAX_NR_ZONES * MAX_ORDER] = { 0 };
	unsigned long free_at_boot, done, children, insisted, looks;
	u64 ms = torture_ms(RUN_MS, NR_TESTS);

	torture_begin(200 + ms / 1000);
	nr_served = nr_refused = 0;
	for (size_t i = 0; i < ARRAY_SIZE(some_locks); i++)
		spin_lock_init(&some_locks[i]);
	assert_int_equal(pagoda_boot(cmdline), 0);
	owners = calloc(max_pfn, sizeof(*owners));
	free_at_boot = nr_free_pages();
	note_blocks(blocks);
	start_workers(workers, NR_THREADS, 1, work, NULL);
	start_workers(nofail, NR_NOFAIL, 20, insist, NULL);
	start_workers(&parent, 1, 30, raise_children, NULL);
	start_workers(&reader, 1, 40, look_around, NULL);
	make_tides(ms);
	done = join_workers(workers, NR_THREADS);
	insisted = join_workers(nofail, NR_NOFAIL);
	children = join_workers(&parent, 1);
	looks = join_workers(&reader, 1);
	clear_places();
	print_message("%lu calls, %lu of short-lived threads, %lu blocks, %lu refusals, %lu NOFAIL, %lu looks\n",
		      done, children, nr_served, nr_refused, insisted, looks);
	check_the_end(free_at_boot, blocks);
	assert_true(nr_refused && nr_served && insisted && looks);
	assert_int_equal(pagoda_shutdown(), 0);
	free(owners);
	torture_end();
}

static void B7_pages_have_one_owner(void **state)
{
	pages_have_one_owner("machine=x86_64 mem=64M panic_on_warn=1");
}

static void B7_pages_have_one_owner_on_two_nodes(void **state)
{
	pages_have_one_owner("machine=x86_64 mem=48M numa=2 panic_on_warn=1");
}

static void B7_pages_have_one_owner_in_high_memory(void **state)
{
	pages_have_one_owner("machine=i386 mem=48M highmem=17M numa=3 nr_cpus=5 panic_on_warn=1");
}

static void B7_pages_have_one_owner_on_one_cpu(void **state)
{
	pages_have_one_owner("machine=i386 mem=24M nr_cpus=1 panic_on_warn=1");
}

static void B7_pages_have_one_owner_when_poisoned(void **state)
{
	pages_have_one_owner("machine=x86_64 mem=24M page_poison=1 init_on_alloc=1 panic_on_warn=1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(B7_pages_have_one_owner, stop_machine),
		cmocka_unit_test_teardown(B7_pages_have_one_owner_on_two_nodes, stop_machine),
		cmocka_unit_test_teardown(B7_pages_have_one_owner_in_high_memory, stop_machine),
		cmocka_unit_test_teardown(B7_pages_have_one_owner_on_one_cpu, stop_machine),
		cmocka_unit_test_teardown(B7_pages_have_one_owner_when_poisoned, stop_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * page_alloc.c - the policy of page requests, and the calls
 *
 * Idea. A request says what memory will do (a list of zones to try, best first), how low a zone may fall
 * for it (watermarks), and how hard to try. The fast path is one page from this CPU's array of the
 * best zone: no lock, no atomic instruction, a few checks. Everything else is the slow path, a row of
 * stages, each a function: try the zones above low; wake kswapd; try them with the reserves the request
 * may touch; reclaim directly; look again; the OOM killer; wait, when the request must not fail.
 *
 * Every free is checked against what the page itself says (free, order, compound, reserved, states);
 * the page is believed, not the caller. What does not fit is reported and refused, and the block stays
 * as it is. Taking a page checks it again, so that a write into a free page's state is found.
 *
 * A block's last reference is dropped without an atomic instruction by __free_pages() when there is only
 * one: then only the caller can hold it. Two threads that free one page at the same moment break that
 * contract; the page is then in an array twice, and taking it the second time reports it.
 *
 * Locks: none here; arrays and zones have theirs (pageset.c, buddy.c). Waiting for memory sleeps on
 * free_sequence, which every free to the buddy advances while somebody waits.
 */
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/swap.h>
#include <linux/vmstat.h>

#include "internal.h"
#include "kernel/panic.h"
#include "memblock.h"

/* Request flags that the fast path has no say in: how hard to try, and where reclaim may go. */
#define GFP_FAST_OK                                                                      \
	(GFP_ZONEMASK | GFP_MOVABLE_MASK | __GFP_HIGH | __GFP_IO | __GFP_FS | __GFP_WAIT |     \
	 __GFP_NOWARN | __GFP_REPEAT | __GFP_NOFAIL | __GFP_NORETRY | __GFP_MEMALLOC |          \
	 __GFP_NOMEMALLOC | __GFP_HARDWALL | __GFP_COMP)

/* What must be clear in the flags of a single page that is freed, or taken. */
#define PAGE_FLAGS_CHECK (PAGE_STATES_MASK | BIT(PG_buddy) | PAGE_ORDER_MASK << PAGE_ORDER_SHIFT)

struct request {
	gfp_t	      gfp;
	unsigned int  order;
	int	      nid;		/* NUMA_NO_NODE: that of the CPU */
	unsigned long ip;		/* who asks */
	int	      migratetype;
	enum zone_type highest;
	struct zoneref *zones;
};

/*
 * For each node and request the array of the zone to try first, as CPU 0's slot. (C) A thread looks it up
 * by the node it ran on last, which is a hint; so there is a row for every number it may hold.
 */
static struct array_cache **request_slot0[MAX_NUMNODES][NR_PAGE_REQUESTS];
static struct array_cache *no_array = &empty_array;	/* the slot while no machine is running */

/* The fast paths are for restartable sequences only, and not for pages with extra work. */
static u32 slow_requests;		/* flags that the fast path does not serve */
static u32 slow_frees;			/* not 0: no free is served by the fast path */
static unsigned int page_debug;		/* PAGE_DEBUG_* */
static bool mobility;			/* there are enough page blocks to keep types apart */
static u32 free_sequence;		/* advances with frees while somebody waits */

/* ---- a block comes ---- */

static inline void set_owner_alloc(const struct page *page, unsigned long ip)
{
	page_owner_of(page)->alloc_ip = ip;
}

static inline void set_owner_free(const struct page *page, unsigned long ip)
{
	page_owner_of(page)->free_ip = ip;
}

static void make_compound(struct page *page, unsigned int order)
{
	change_page_flags(page, 0, BIT(PG_head));
	for (unsigned long i = 1; i < 1UL << order; i++) {
		clear_old_states(page + i);
		page[i].compound_head = (unsigned long)page | 1;
	}
}

static void unmake_compound(struct page *page, unsigned int order)
{
	change_page_flags(page, BIT(PG_head), 0);
	for (unsigned long i = 1; i < 1UL << order; i++)
		page[i].compound_head = 0;
}

/* A block from a list or an array must look untouched. */
static __always_inline bool block_is_new(const struct page *page, unsigned int order)
{
	const unsigned long expect = (unsigned long)order << PAGE_ORDER_SHIFT;

	return (page->flags & PAGE_FLAGS_CHECK) == expect && page->counts == COUNTS_FREE;
}

/*
 * Takes a free block that somebody has written to out of use for good: as if boot had reserved it.
 * One with references belongs to whoever has them, and is left to him.
 */
static void retire_block(struct page *page, unsigned int order)
{
	if (page->counts != COUNTS_FREE)
		return;
	for (unsigned long i = 0; i < 1UL << order; i++) {
		page[i].counts = COUNTS_ONE;
		set_page_order(page + i, 0);
		change_page_flags(page + i, 0, BIT(PG_reserved) | BIT(PG_hwpoison));
	}
}

/* One that does not is reported, and retired. */
static bool check_new_block(struct page *page, unsigned int order, unsigned long ip)
{
	if (likely(block_is_new(page, order)))
		return true;
	bad_page(page, ip, "alloc_pages: pfn %#lx was changed while it was free, or freed twice",
		 page_to_pfn(page));
	retire_block(page, order);
	return false;
}

static __always_inline struct page *hand_out(struct page *page, unsigned long ip)
{
	WRITE_ONCE(page->counts, COUNTS_ONE);
	page->private = 0;
	set_owner_alloc(page, ip);
	return page;
}

static void prepare_block(struct page *page, const struct request *req)
{
	unsigned long nr = 1UL << req->order;

	if (page_debug & PAGE_DEBUG_POISON)
		check_poison(page, nr);		/* while the page still says whose it was */
	hand_out(page, req->ip);
	if ((req->gfp & __GFP_ZERO) || (page_debug & PAGE_DEBUG_INIT_ON_ALLOC))
		clear_pages(page, nr);
	if ((req->gfp & __GFP_COMP) && req->order)
		make_compound(page, req->order);
}

/* ---- the zones, one after the other ---- */

static struct page *take_block(struct zone *zone, unsigned int order, int migratetype)
{
	unsigned long flags;
	struct page *page;

	spin_lock_irqsave(&zone->lock, flags);
	page = buddy_take(zone, order, migratetype);
	spin_unlock_irqrestore(&zone->lock, flags);
	if (page)
		pageset_after_take(zone);
	return page;
}

static struct page *take_from_zone(struct zone *zone, const struct request *req)
{
	for (;;) {
		struct page *page = page_array_row(req->order) < 0 ?
			take_block(zone, req->order, req->migratetype) :
			pageset_alloc(zone, req->order, req->migratetype, req->gfp & __GFP_COLD);

		/* A broken page is out of all lists now; take another. */
		if (!page || check_new_block(page, req->order, req->ip))
			return page;
	}
}

static struct page *get_page_from_freelist(const struct request *req, unsigned int alloc_flags)
{
	const struct zone *preferred = NULL;

	for (struct zoneref *ref = req->zones; ref->zone; ref++) {
		struct page *page;

		if (ref->zone_idx > (int)req->highest)
			continue;
		if (!preferred)
			preferred = ref->zone;
		if (!zone_watermark_ok(ref->zone, req->order, alloc_flags, req->highest))
			continue;
		page = take_from_zone(ref->zone, req);
		if (!page)
			continue;
		if (ref->zone != preferred)
			count_vm_event(PGALLOC_FALLBACK);
		return page;
	}
	return NULL;
}

/* ---- the stages of the slow path ---- */

/* The background reclaimer would be woken here; until there is one, only the event is counted. */
static void wake_kswapd(const struct request *req __maybe_unused)
{
	count_vm_event(KSWAPD_WAKE);
}

static unsigned int reserve_flags(const struct request *req)
{
	if (!(req->gfp & __GFP_NOMEMALLOC) &&
	    ((req->gfp & __GFP_MEMALLOC) || (current->flags & PF_MEMALLOC)))
		return ALLOC_NO_WATERMARKS;
	return WMARK_MIN | (req->gfp & __GFP_HIGH ? ALLOC_HIGH : 0);
}

/* Pages in the arrays of all CPUs are as good as free ones, and may complete a large block. */
static struct page *after_draining(const struct request *req, unsigned int alloc_flags)
{
	drain_all_pages(NULL);
	return get_page_from_freelist(req, alloc_flags);
}

/* Frees what can be freed for this request. Nothing can yet: there are no LRU pages, no shrinkers. */
static unsigned long direct_reclaim(const struct request *req __maybe_unused)
{
	count_vm_event(ALLOC_DIRECT);
	return 0;
}

static bool should_retry(const struct request *req, unsigned long reclaimed)
{
	return reclaimed && !(req->gfp & __GFP_NORETRY);
}

/* A task would be chosen to give its memory back. There are none whose memory is ours to take. */
static bool out_of_memory(const struct request *req __maybe_unused)
{
	return false;
}

/* Sleeps until somebody has freed something since @sequence was read. */
static void wait_for_free(u32 sequence)
{
	count_vm_event(ALLOC_NOFAIL_WAIT);
	/* The time limit is for frees into an array that was in use when the waiting began. */
	arch_futex_wait(&free_sequence, sequence, 10 * 1000 * 1000);
}

/* Arrays would keep freed pages from us: take them out of use, in all zones that we may use. */
static void tighten_zones(const struct request *req)
{
	for (struct zoneref *ref = req->zones; ref->zone; ref++)
		if (ref->zone_idx <= (int)req->highest)
			pageset_set_tight(ref->zone);
}

/* For __GFP_NOFAIL: waits until the request can be served. The reserves are no longer kept from it. */
static struct page *wait_for_memory(const struct request *req)
{
	struct page *page = NULL;

	__atomic_fetch_add(&pages_waited_for, 1, __ATOMIC_SEQ_CST);
	while (!page) {
		u32 sequence = __atomic_load_n(&free_sequence, __ATOMIC_SEQ_CST);

		tighten_zones(req);
		page = after_draining(req, WMARK_MIN | ALLOC_HIGH);
		if (!page)
			wait_for_free(sequence);
	}
	__atomic_fetch_sub(&pages_waited_for, 1, __ATOMIC_SEQ_CST);
	return page;
}

static void wake_waiters(void)
{
	if (likely(!__atomic_load_n(&pages_waited_for, __ATOMIC_SEQ_CST)))
		return;
	__atomic_fetch_add(&free_sequence, 1, __ATOMIC_SEQ_CST);
	arch_futex_wake(&free_sequence, 0x7fffffff);
}

/* At most ten reports in five seconds. */
static bool failure_report_due(void)
{
	static u64 window_start;
	static unsigned int reports;
	u64 now = arch_clock(), start = __atomic_load_n(&window_start, __ATOMIC_RELAXED);

	if (!start || now - start > 5000000000ULL) {
		__atomic_store_n(&window_start, now, __ATOMIC_RELAXED);
		__atomic_store_n(&reports, 0, __ATOMIC_RELAXED);
	}
	return __atomic_fetch_add(&reports, 1, __ATOMIC_RELAXED) < 10;
}

static void show_zone(const struct zone *zone)
{
	printk(KERN_WARNING "Node %d %s free:%lukB min:%lukB low:%lukB high:%lukB managed:%lukB\n",
	       zone_to_nid(zone), zone->name, zone->nr_free * (PAGE_SIZE >> 10),
	       min_wmark_pages(zone) * (PAGE_SIZE >> 10), low_wmark_pages(zone) * (PAGE_SIZE >> 10),
	       high_wmark_pages(zone) * (PAGE_SIZE >> 10),
	       zone_managed_pages(zone) * (PAGE_SIZE >> 10));
	printk(KERN_WARNING "lowmem_reserve[]: %lu %lu %lu %lu\n", zone->lowmem_reserve[0],
	       zone->lowmem_reserve[1], zone->lowmem_reserve[2], zone->lowmem_reserve[3]);
}

/* Out of memory is no mistake of anybody: a message, not a report that panic_on_warn= would act on. */
static void warn_alloc(const struct request *req)
{
	struct zone *zone;

	if ((req->gfp & __GFP_NOWARN) || !failure_report_due())
		return;
	printk(KERN_WARNING "%s: page allocation failure: order:%u, mode:%#x, nodemask=(null), at %pB\n",
	       current->comm, req->order, req->gfp, (void *)req->ip);
	dump_stack();
	printk(KERN_WARNING "Mem-Info:\n");
	for_each_populated_zone(zone)
		show_zone(zone);
}

static struct page *fail(const struct request *req)
{
	count_vm_event(ALLOC_FAIL_DMA + req->highest);
	warn_alloc(req);
	return NULL;
}

static struct page *alloc_slowpath(const struct request *req)
{
	unsigned int alloc_flags = reserve_flags(req);
	unsigned long reclaimed;
	struct page *page;

	wake_kswapd(req);
	page = get_page_from_freelist(req, alloc_flags);
	if (!page)
		page = after_draining(req, alloc_flags);
	while (!page && (req->gfp & __GFP_WAIT) && !(current->flags & PF_MEMALLOC)) {
		reclaimed = direct_reclaim(req);
		page = after_draining(req, alloc_flags);
		if (page || (!should_retry(req, reclaimed) && !out_of_memory(req)))
			break;
	}
	if (!page && (req->gfp & __GFP_NOFAIL) && (req->gfp & __GFP_WAIT))
		page = wait_for_memory(req);
	return page ? page : fail(req);
}

/* ---- asking ---- */

static bool request_valid(const struct request *req)
{
	if (WARN_ONCE(!page_map.first, "alloc_pages: no machine is running, asked by %pB", (void *)req->ip))
		return false;
	if (req->order >= MAX_ORDER) {
		WARN_ONCE(!(req->gfp & __GFP_NOWARN),
			  "alloc_pages: order %u is too large, asked by %pB", req->order,
			  (void *)req->ip);
		return false;
	}
	if (WARN_ONCE(req->nid != NUMA_NO_NODE && !node_online(req->nid),
		      "alloc_pages_node: there is no node %d, asked by %pB", req->nid,
		      (void *)req->ip))
		return false;
	if (WARN_ONCE(req->gfp & ~__GFP_BITS_MASK, "alloc_pages: unknown flags %#x, asked by %pB",
		      req->gfp, (void *)req->ip))
		return false;
	WARN_ONCE((req->gfp & __GFP_NOFAIL) && !(req->gfp & __GFP_WAIT),
		  "alloc_pages: __GFP_NOFAIL without __GFP_WAIT may fail, asked by %pB",
		  (void *)req->ip);
	return true;
}

/* The rest of a request follows from its flags and node. */
static void complete_request(struct request *req)
{
	int nid = req->nid;

	if (nid == NUMA_NO_NODE)
		nid = arch_current()->node = numa_node_id();
	req->highest = high_zone_of_gfp[req->gfp % NR_PAGE_REQUESTS];
	req->migratetype = mobility ? min(gfp_migratetype(req->gfp), MIGRATE_PCPTYPES - 1) :
				      MIGRATE_UNMOVABLE;
	req->zones = NODE_DATA(nid)->node_zonelists[req->gfp & __GFP_THISNODE ?
			ZONELIST_NOFALLBACK : ZONELIST_FALLBACK]._zonerefs;
}

/* Every request that the fast path could not serve. */
static noinline struct page *__alloc_pages(struct request req)
{
	struct page *page;

	if (!request_valid(&req))
		return NULL;
	if (req.gfp & __GFP_WAIT)
		__might_sleep("alloc_pages");
	complete_request(&req);
	page = get_page_from_freelist(&req, WMARK_LOW);
	if (!page)
		page = alloc_slowpath(&req);
	if (page)
		prepare_block(page, &req);
	return page;
}

static __always_inline struct array_cache **request_slot(gfp_t gfp, const struct task_struct *task)
{
	return request_slot0[task->node][gfp % NR_PAGE_REQUESTS];
}

/*
 * The same as the fast path, for the portable variant and for the larger orders that have arrays. It calls
 * functions, and so costs a little more.
 */
static struct page *alloc_from_array(gfp_t gfp, unsigned int order, unsigned long ip)
{
	const struct task_struct *task = arch_current();
	int row = page_array_row(order);
	struct page *page;

	if ((gfp & ~GFP_FAST_OK) || row < 0 || page_debug || !page_map.first ||
	    ((gfp & __GFP_WAIT) && task->atomic_depth) || (order && (gfp & __GFP_COMP)))
		return NULL;
	page = array_pop(request_slot(gfp, task) + row * NR_PAGE_ARRAYS);
	return page && check_new_block(page, order, ip) ? hand_out(page, ip) : NULL;
}

/* Whatever the fast path does not do: more pages, special wishes, an empty array. */
static noinline struct page *alloc_slow(gfp_t gfp, unsigned int order, unsigned long ip)
{
	struct page *page = order || arch_portable ? alloc_from_array(gfp, order, ip) : NULL;

	return page ? page : __alloc_pages((struct request){ .gfp = gfp, .order = order,
							     .nid = NUMA_NO_NODE, .ip = ip });
}

/* The fast path has come away with nothing, or with a broken page: that one stays out. */
static noinline __cold struct page *alloc_slow_with(struct page *page, gfp_t gfp, unsigned long ip)
{
	if (page)
		check_new_block(page, 0, ip);
	return alloc_slow(gfp, 0, ip);
}

/*
 * One page from this CPU's array of the best zone. Straight code that calls nothing but the slow
 * way, and that as its last act, so that the compiler keeps everything in scratch registers.
 */
static __always_inline struct page *alloc_fast(gfp_t gfp, unsigned int order, unsigned long ip)
{
	const struct task_struct *task = arch_current();
	void *page;

	if (unlikely((gfp & slow_requests) | order))
		return alloc_slow(gfp, order, ip);
	if (unlikely(READ_ONCE(task->atomic_depth)) && (gfp & __GFP_WAIT))
		return alloc_slow(gfp, order, ip);	/* reports it */
	if (unlikely(!arch_array_pop(request_slot(gfp, task), &page) || !block_is_new(page, 0)))
		return alloc_slow_with(page, gfp, ip);
	return hand_out(page, ip);
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	return alloc_fast(gfp, order, _RET_IP_);
}

struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order)
{
	return __alloc_pages((struct request){ .gfp = gfp, .order = order, .nid = nid,
					       .ip = _RET_IP_ });
}

static unsigned long address_of(struct page *page)
{
	return page ? (unsigned long)page_address(page) : 0;
}

static bool gfp_has_address(gfp_t gfp, unsigned long ip)
{
	return !WARN_ONCE(gfp & __GFP_HIGHMEM,
			  "__get_free_pages: __GFP_HIGHMEM has no address, asked by %pB", (void *)ip);
}

unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	if (!gfp_has_address(gfp, _RET_IP_))
		return 0;
	return address_of(alloc_fast(gfp, order, _RET_IP_));
}

unsigned long get_zeroed_page(gfp_t gfp)
{
	if (!gfp_has_address(gfp, _RET_IP_))
		return 0;
	return address_of(__alloc_pages((struct request){ .gfp = gfp | __GFP_ZERO,
							  .nid = NUMA_NO_NODE, .ip = _RET_IP_ }));
}

/* ---- a block goes ---- */

/* Why the block must not be freed as one of @order; NULL if it may. */
static const char *free_refused(const struct page *page, unsigned int order)
{
	if (page_mapcount(page))
		return "is still mapped";
	if (page->mapping)
		return "still belongs to a mapping";
	if (page->flags & PAGE_STATES_BAD_TO_FREE & ~BIT(PG_head))
		return "is in a state that its owner must end first";
	if (order && (page->flags & BIT(PG_head)) && page[1].compound_head != ((unsigned long)page | 1))
		return "is a compound page whose tails are damaged";
	return NULL;
}

/* Gives a block to its array or the buddy; its reference is gone, its states are clear. */
static noinline void give_block(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);
	unsigned long flags;

	if (page_array_row(order) >= 0) {
		pageset_free(zone, page, order);
	} else {
		spin_lock_irqsave(&zone->lock, flags);
		buddy_give(zone, page, order);
		spin_unlock_irqrestore(&zone->lock, flags);
		pageset_after_give(zone);
	}
	wake_waiters();
}

/* The last reference is gone: the counts say free, and nobody else may touch the block. */
static void free_block(struct page *page, unsigned long ip)
{
	unsigned int order = page_order(page);

	set_owner_free(page, ip);
	if (PageHead(page))
		unmake_compound(page, order);
	change_page_flags(page, PAGE_STATES_MASK, 0);
	if (page_debug & PAGE_DEBUG_POISON)
		poison_pages(page, 1UL << order);
	else if (page_debug & PAGE_DEBUG_INIT_ON_FREE)
		clear_pages(page, 1UL << order);
	give_block(page, order);
}

/* Is @page the first page of a live block? Reports what else it is. */
static bool check_free(struct page *page, const char *func, unsigned long ip)
{
	unsigned long pfn = page - mem_map;

	if (unlikely(!page_ptr_valid(page) || !section_mapped(pfn)))
		bad_page(page, ip, "%s: %p is not a page of the machine", func, (void *)page);
	else if (PageTail(page) && page_ref_count(page) <= 0 &&
		 page_ptr_valid(compound_head(page)) && PageHead(compound_head(page)))
		bad_page(page, ip, "%s: pfn %#lx is a tail of the compound page at pfn %#lx", func,
			 pfn, page_to_pfn(compound_head(page)));
	else if (page_ref_count(page) <= 0)
		bad_page(page, ip, "%s: pfn %#lx is free, or inside of a block", func, pfn);
	else if (PageReserved(page) && page_ref_count(page) == 1)
		bad_page(page, ip, "%s: pfn %#lx is reserved, it was never allocated", func, pfn);
	else
		return true;
	return false;
}

/* Drops one reference of a block that was checked; frees it when that was the last. */
static void drop_reference(struct page *page, const char *func, unsigned long ip)
{
	const char *refused = NULL;

	if (page_ref_count(page) == 1) {
		smp_rmb();	/* with the release of the reference that went before ours */
		refused = free_refused(page, page_order(page));
	}
	if (unlikely(refused))
		bad_page(page, ip, "%s: pfn %#lx %s", func, page_to_pfn(page), refused);
	else if (put_page_testzero(page))
		free_block(page, ip);
}

/* A block in its one owner's hands, without states: all checks that matter, in a few loads. */
static __always_inline bool free_is_simple(const struct page *page, unsigned int order)
{
	const unsigned long expect = (unsigned long)order << PAGE_ORDER_SHIFT;

	return (page->flags & PAGE_FLAGS_CHECK) == expect && page->counts == COUNTS_ONE &&
	       !page->mapping;
}

/*
 * The array of a page follows from its flags; but then the next allocation, which wants the array's
 * count, would wait for this page's flags to arrive, and a pair takes twice as long as it need. So the
 * thread guesses that it is the array of the last time. Comparing is off the path of the data; the
 * empty asm keeps the compiler from putting the equal value back on it.
 */
static __always_inline struct array_cache **page_slot0(const struct page *page)
{
	struct task_struct *task = arch_current();
	unsigned int array = task->free_array;

	if (unlikely(page->flags >> PAGE_ARRAY_SHIFT != array))
		task->free_array = array = page->flags >> PAGE_ARRAY_SHIFT;
	__asm__ __volatile__("" : "+r"(array));
	return &cpu_area0->page_array[0][array];
}

static __always_inline void take_back(struct page *page, unsigned long ip)
{
	WRITE_ONCE(page->counts, COUNTS_FREE);
	set_owner_free(page, ip);
}

/* The same as the fast path, for the portable variant and the larger orders that have arrays. */
static bool free_into_array(struct page *page, unsigned int order, unsigned long ip)
{
	int row = page_array_row(order);

	if (row < 0 || page_debug || !page_ptr_valid(page) || !free_is_simple(page, order))
		return false;
	take_back(page, ip);
	if (!array_push(page_slot0(page) + row * NR_PAGE_ARRAYS, page))
		give_block(page, order);
	return true;
}

static noinline void free_slow(struct page *page, unsigned int order, unsigned long ip)
{
	if (!page || ((order || arch_portable) && free_into_array(page, order, ip)))
		return;
	if (WARN_ONCE(!page_map.first, "__free_pages: no machine is running, called by %pB",
		      (void *)ip))
		return;
	if (!check_free(page, "free_pages", ip))
		return;
	if (page_order(page) != order)
		bad_page(page, ip, "free_pages: pfn %#lx freed at order %u, allocated at order %u",
			 page_to_pfn(page), order, page_order(page));
	else
		drop_reference(page, "free_pages", ip);
}

/* The fast path has found something to look at more closely. */
static noinline __cold void free_odd(struct page *page, unsigned long ip)
{
	free_slow(page, 0, ip);
}

static __always_inline void free_fast(struct page *page, unsigned int order, unsigned long ip)
{
	if (unlikely(slow_frees | order))
		return free_slow(page, order, ip);
	if (unlikely(!page_ptr_valid(page) || !free_is_simple(page, 0)))
		return free_odd(page, ip);
	take_back(page, ip);
	if (unlikely(!arch_array_push(page_slot0(page), page)))
		give_block(page, 0);
}

void __free_pages(struct page *page, unsigned int order)
{
	free_fast(page, order, _RET_IP_);
}

void free_pages(unsigned long addr, unsigned int order)
{
	if (!addr)
		return;
	if (unlikely(!virt_addr_valid((void *)addr) || offset_in_page(addr))) {
		bad_page(NULL, _RET_IP_, "free_pages: %#lx is not the address of a page", addr);
		return;
	}
	free_fast(mem_map + virt_to_pfn(addr), order, _RET_IP_);
}

void put_page(struct page *page)
{
	if (unlikely(!page_ptr_valid(page))) {
		bad_page(page, _RET_IP_, "put_page: %p is not a page of the machine", (void *)page);
		return;
	}
	page = compound_head(page);
	if (check_free(page, "put_page", _RET_IP_))
		drop_reference(page, "put_page", _RET_IP_);
}

void release_pages(struct page **pages, int nr)
{
	for (int i = 0; i < nr; i++)
		put_page(pages[i]);
}

void put_pages_list(struct list_head *pages)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, pages, lru)
		put_page(page);
	INIT_LIST_HEAD(pages);
}

/* ---- parts of blocks ---- */

void split_page(struct page *page, unsigned int order)
{
	if (!check_free(page, "split_page", _RET_IP_))
		return;
	if (PageCompound(page) || page_order(page) != order) {
		bad_page(page, _RET_IP_, "split_page: pfn %#lx split as order %u, is %s of order %u",
			 page_to_pfn(page), order, PageCompound(page) ? "compound" : "a block",
			 page_order(page));
		return;
	}
	for (unsigned long i = 0; i < 1UL << order; i++) {
		set_page_order(page + i, 0);
		set_page_taken_type(page + i, page_taken_type(page));
		if (i)
			clear_old_states(page + i);
		page[i].counts = page->counts;
		page[i].mapping = NULL;
		page[i].private = 0;
		set_owner_alloc(page + i, page_owner_of(page)->alloc_ip);
	}
}

static void *alloc_exact(struct request req, size_t size)
{
	unsigned long nr = PFN_UP(size);
	struct page *page;

	req.order = get_order(size);
	if (WARN_ONCE(!size || (req.gfp & __GFP_COMP),
		      "alloc_pages_exact: size 0, or __GFP_COMP, asked by %pB", (void *)req.ip))
		return NULL;
	if (!gfp_has_address(req.gfp, req.ip))
		return NULL;
	page = __alloc_pages(req);
	if (!page)
		return NULL;
	split_page(page, req.order);
	for (unsigned long i = nr; i < 1UL << req.order; i++)
		__free_pages(page + i, 0);
	return page_address(page);
}

void *alloc_pages_exact(size_t size, gfp_t gfp)
{
	return alloc_exact((struct request){ .gfp = gfp, .nid = NUMA_NO_NODE, .ip = _RET_IP_ }, size);
}

void *alloc_pages_exact_nid(int nid, size_t size, gfp_t gfp)
{
	return alloc_exact((struct request){ .gfp = gfp, .nid = nid, .ip = _RET_IP_ }, size);
}

void free_pages_exact(void *addr, size_t size)
{
	for (size_t done = 0; addr && done < size; done += PAGE_SIZE)
		free_pages((unsigned long)addr + done, 0);
}

unsigned long alloc_pages_bulk_array(gfp_t gfp, unsigned long nr_pages, struct page **pages)
{
	unsigned long nr = 0;

	for (; nr < nr_pages; nr++) {
		if (pages[nr])
			continue;
		pages[nr] = alloc_fast(gfp, 0, _RET_IP_);
		if (!pages[nr])
			break;
	}
	return nr;
}

/* ---- memory of boot ---- */

/* The page blocks of a machine with little memory are too few to keep the types apart. */
static bool enough_page_blocks(void)
{
	return totalram_pages() >= pageblock_nr_pages * MIGRATE_TYPES;
}

/*
 * The slot of the first zone in a request's list. If there is none, or pages need extra work, that of no
 * zone, which is always empty: a request without any flag is kept out of the fast path that way.
 */
static struct array_cache **preferred_slot0(int nid, unsigned int gfp)
{
	struct request req = { .gfp = gfp, .nid = nid };
	struct zoneref *ref;

	complete_request(&req);
	for (ref = req.zones; ref->zone && ref->zone_idx > (int)req.highest; ref++)
		;
	if (!ref->zone || page_debug)
		return &cpu_area0->page_array[0][NR_PAGE_ARRAYS - 1];
	return &cpu_area0->page_array[0][zone_array_nr(ref->zone, req.migratetype)];
}

void page_alloc_start(unsigned int debug)
{
	mobility = enough_page_blocks();
	page_debug = debug;
	for (unsigned int nid = 0; nid < MAX_NUMNODES; nid++)
		for (unsigned int gfp = 0; gfp < NR_PAGE_REQUESTS; gfp++)
			request_slot0[nid][gfp] = preferred_slot0(nid % nr_node_ids, gfp);
	account_start();
	slow_requests = debug || arch_portable ? ~0u : ~GFP_FAST_OK;
	slow_frees = debug || arch_portable;
}

/* Also before the first boot: the library calls this when it is loaded. */
void __attribute__((__constructor__)) page_alloc_stop(void)
{
	for (unsigned int nid = 0; nid < MAX_NUMNODES; nid++)
		for (unsigned int gfp = 0; gfp < NR_PAGE_REQUESTS; gfp++)
			request_slot0[nid][gfp] = &no_array;
	slow_requests = ~0u;
	slow_frees = 1;
	page_debug = 0;
}

/* Largest aligned blocks first to last, so that low addresses are taken first. */
void free_boot_pages(unsigned long start_pfn, unsigned long end_pfn)
{
	while (start_pfn < end_pfn) {
		unsigned int order = min_t(unsigned int, MAX_ORDER - 1,
					   start_pfn ? __ffs(start_pfn) : MAX_ORDER - 1);
		struct page *page;
		struct zone *zone;
		unsigned long flags;

		while (start_pfn + (1UL << order) > end_pfn)
			order--;
		page = pfn_to_page(start_pfn);
		zone = page_zone(page);
		spin_lock_irqsave(&zone->lock, flags);
		buddy_give(zone, page, order);
		spin_unlock_irqrestore(&zone->lock, flags);
		start_pfn += 1UL << order;
	}
}

void free_reserved_page(struct page *page)
{
	unsigned long until;

	if (!page_ptr_valid(page) || !section_mapped(page_to_pfn(page)) || !PageReserved(page) ||
	    page_ref_count(page) != 1 || page->flags & BIT(PG_hwpoison) ||
	    memblock_state(page_to_pfn(page), &until) != MEMBLOCK_RESERVED) {
		bad_page(page, _RET_IP_, "free_reserved_page: %p is no page that boot_reserve= reserved",
			 (void *)page);
		return;
	}
	ClearPageReserved(page);
	atomic_long_inc(&page_zone(page)->managed_pages);
	__free_pages(page, 0);
}

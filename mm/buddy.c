// SPDX-License-Identifier: MIT
/*
 * buddy.c - the free blocks of one zone
 *
 * Idea. Free memory is kept in blocks of 2^order pages, each aligned to its own size, so every block has
 * one possible partner, the block at pfn ^ (1 << order). Taking cuts a larger block in half until it
 * fits; giving back joins partners until one is missing. (Knowlton, CACM 8:10, 1965.) Blocks of
 * pageblock_order belong to a migrate type, and each type has its own lists: pages that cannot be moved
 * stay together and do not spoil large blocks. When a type runs out it takes from another, the
 * largest block there is, and if it is worth it the whole page block with it. (Gorman and
 * Whitcroft, "The What, The Why and the Where To of Anti-Fragmentation", OLS 2006.)
 *
 * Memory that nobody has asked for yet is deferred: its pages are not made, it is on no list, but it
 * counts as free blocks of the largest order, movable. When such a block is wanted, a section of it
 * goes to the lists.
 *
 * Always true while zone->lock is free, and what buddy_check() recounts, name by name:
 *	aligned  a free block starts at a multiple of its size and lies inside one zone
 *	tagged   its first page, and no other, is PageBuddy, with the order in page->private; all its pages
 *	         have no reference
 *	joined   two partners are never both free at one order, but for the largest order
 *	counted  free_area[].nr_free is the length of its lists, deferred blocks included, and
 *	         zone->nr_free the sum of nr_free << order
 *
 * Locks. zone->lock, interrupts off, for everything above; inside it memmap_lock, for making pages.
 * Elsewhere: which zone to ask and how low it may go (page_alloc.c).
 */
#include <linux/mm.h>

#include "internal.h"
#include "kernel/panic.h"

#define LARGEST (MAX_ORDER - 1)

/* Counts under the lock what others read without it. */
#define COUNT_ONCE(counter, change) WRITE_ONCE(counter, (counter) change)

/* Where a type that has run out looks next. */
static const int fallbacks[MIGRATE_PCPTYPES][MIGRATE_PCPTYPES - 1] = {
	[MIGRATE_UNMOVABLE]   = { MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE },
	[MIGRATE_MOVABLE]     = { MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE },
	[MIGRATE_RECLAIMABLE] = { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE },
};

void buddy_init(struct zone *zone)
{
	for (int order = 0; order < MAX_ORDER; order++)
		for (int type = 0; type < MIGRATE_TYPES; type++)
			INIT_LIST_HEAD(&zone->free_area[order].free_list[type]);
}

/* ---- the lists ---- */

static void link_block(struct zone *zone, struct page *page, unsigned int order, int type,
		       bool tail)
	__must_hold(&zone->lock)
{
	struct free_area *area = &zone->free_area[order];

	lockdep_assert_held(&zone->lock);
	page->private = order;
	change_page_flags(page, 0, BIT(PG_buddy));
	if (tail)
		list_add_tail(&page->lru, &area->free_list[type]);
	else
		list_add(&page->lru, &area->free_list[type]);
	COUNT_ONCE(area->nr_free, +1);
}

static void unlink_block(struct zone *zone, struct page *page, unsigned int order)
	__must_hold(&zone->lock)
{
	lockdep_assert_held(&zone->lock);
	list_del(&page->lru);
	change_page_flags(page, BIT(PG_buddy), 0);
	page->private = 0;
	COUNT_ONCE(zone->free_area[order].nr_free, -1);
}

static struct page *first_block(struct zone *zone, unsigned int order, int type)
{
	return list_first_entry_or_null(&zone->free_area[order].free_list[type], struct page, lru);
}

/* ---- deferred memory ---- */

bool buddy_defer(struct zone *zone, unsigned long start_pfn, unsigned long end_pfn)
{
	if (zone->nr_deferred == NR_DEFERRED_RANGES)
		return false;
	zone->deferred[zone->nr_deferred++] = (struct pfn_range){ start_pfn, end_pfn };
	COUNT_ONCE(zone->nr_free, +(end_pfn - start_pfn));
	COUNT_ONCE(zone->free_area[LARGEST].nr_free, +((end_pfn - start_pfn) >> LARGEST));
	return true;
}

unsigned long buddy_deferred_pages(const struct zone *zone)
{
	unsigned long nr = 0;

	for (unsigned int i = 0; i < zone->nr_deferred; i++)
		nr += zone->deferred[i].end - zone->deferred[i].start;
	return nr;
}

bool buddy_deferred(const struct zone *zone, unsigned long pfn)
{
	for (unsigned int i = 0; i < zone->nr_deferred; i++)
		if (pfn >= zone->deferred[i].start && pfn < zone->deferred[i].end)
			return true;
	return false;
}

/* Puts the next untouched section on the lists. */
static bool undefer_section(struct zone *zone)
	__must_hold(&zone->lock)
{
	struct pfn_range *range = &zone->deferred[0];
	unsigned long pfn = range->start;

	if (!zone->nr_deferred)
		return false;
	if (!section_mapped(pfn))
		__init_section(pfn);
	range->start += PAGES_PER_SECTION;
	if (range->start == range->end) {
		zone->nr_deferred--;
		__builtin_memmove(range, range + 1, zone->nr_deferred * sizeof(*range));
	}
	COUNT_ONCE(zone->free_area[LARGEST].nr_free, -(PAGES_PER_SECTION >> LARGEST));	/* link_block() counts */
	for (unsigned long end = pfn + PAGES_PER_SECTION; pfn < end; pfn += MAX_ORDER_NR_PAGES) {
		struct page *page = mem_map + pfn;

		link_block(zone, page, LARGEST, get_pageblock_migratetype(page), true);
	}
	return true;
}

/* ---- taking ---- */

/* Cuts @page from @have down to @want; the upper halves stay free. */
static void split_block(struct zone *zone, struct page *page, unsigned int have,
			unsigned int want, int type)
	__must_hold(&zone->lock)
{
	while (have > want) {
		have--;
		link_block(zone, page + (1UL << have), have, type, false);
	}
}

static struct page *take_smallest(struct zone *zone, unsigned int order, int type)
	__must_hold(&zone->lock)
{
	for (unsigned int have = order; have < MAX_ORDER; have++) {
		struct page *page = first_block(zone, have, type);

		if (!page)
			continue;
		unlink_block(zone, page, have);
		split_block(zone, page, have, order, type);
		return page;
	}
	return NULL;
}

/* What a page block holds, in pages. */
struct block_census {
	unsigned long free;		/* on the lists */
	unsigned long movable;		/* allocated for movable content */
};

/* The part of @page's page block that is in @zone. */
static struct pfn_range block_range(const struct zone *zone, const struct page *page)
{
	unsigned long start = ALIGN_DOWN(page_to_pfn(page), pageblock_nr_pages);

	return (struct pfn_range){
		max(start, zone->zone_start_pfn),
		min(start + pageblock_nr_pages, zone_end_pfn(zone)),
	};
}

static struct block_census count_block(struct pfn_range range)
{
	struct block_census census = { 0, 0 };
	unsigned long pfn = range.start, nr;

	for (; pfn < range.end; pfn += nr) {
		const struct page *page = mem_map + pfn;

		nr = 1;
		if (PageBuddy(page)) {
			nr = 1UL << page->private;
			census.free += nr;
		} else if (page_ref_count(page) > 0 && !PageReserved(page)) {
			nr = 1UL << page_order(page);
			if (page_taken_type(page) == MIGRATE_MOVABLE)
				census.movable += nr;
		}
	}
	return census;
}

static void move_free_blocks(struct zone *zone, struct pfn_range range, int type)
	__must_hold(&zone->lock)
{
	unsigned long pfn = range.start;

	while (pfn < range.end) {
		struct page *page = mem_map + pfn;

		if (!PageBuddy(page)) {
			pfn++;
			continue;
		}
		list_move_tail(&page->lru, &zone->free_area[page->private].free_list[type]);
		pfn += 1UL << page->private;
	}
}

/*
 * Is the rest of the page block worth having? For content that cannot be moved, yes, even a small part,
 * for it would end in more blocks otherwise; movable content asks for much or takes what it needs.
 */
static bool worth_whole_block(unsigned int order, int wanted)
{
	return order >= pageblock_order / 2 || wanted != MIGRATE_MOVABLE;
}

/* Takes over what is free around @page, and the page block's type if half of it is or suits us. */
static void claim_block(struct zone *zone, struct page *page, int wanted, int owner)
	__must_hold(&zone->lock)
{
	struct pfn_range range = block_range(zone, page);
	struct block_census census = count_block(range);
	unsigned long alike = 0;

	if (wanted == MIGRATE_MOVABLE)
		alike = census.movable;
	else if (owner == MIGRATE_MOVABLE)	/* what is neither free nor movable is like us */
		alike = range.end - range.start - min(range.end - range.start,
						      census.free + census.movable);
	move_free_blocks(zone, range, wanted);
	if (census.free + alike >= pageblock_nr_pages / 2)
		set_pageblock_migratetype(page, wanted);
}

/* Makes the block @page of @owner's list one of @wanted's. */
static void steal_block(struct zone *zone, struct page *page, unsigned int order, int wanted,
			int owner)
	__must_hold(&zone->lock)
{
	COUNT_ONCE(zone->nr_extfrag, +1);
	if (order >= pageblock_order) {
		for (unsigned long i = 0; i < 1UL << order; i += pageblock_nr_pages)
			set_pageblock_migratetype(page + i, wanted);
	} else if (worth_whole_block(order, wanted)) {
		claim_block(zone, page, wanted, owner);
	}
	list_move(&page->lru, &zone->free_area[order].free_list[wanted]);
}

/* The type that has a block of @order to take, in @type's order of preference; -1 if none has. */
static int other_type_with(struct zone *zone, unsigned int order, int type)
{
	for (int i = 0; i < MIGRATE_PCPTYPES - 1; i++)
		if (first_block(zone, order, fallbacks[type][i]))
			return fallbacks[type][i];
	return -1;
}

/* The largest block, to be back as late as possible; but movable content makes do with the smallest. */
static struct page *find_foreign_block(struct zone *zone, unsigned int order, int type,
				       unsigned int *found, int *owner)
{
	for (int have = LARGEST; have >= (int)order; have--) {
		*owner = other_type_with(zone, have, type);
		if (*owner < 0)
			continue;
		if (!worth_whole_block(have, type))
			break;
		*found = have;
		return first_block(zone, have, *owner);
	}
	for (unsigned int have = order; have < MAX_ORDER; have++) {
		*owner = other_type_with(zone, have, type);
		if (*owner < 0)
			continue;
		*found = have;
		return first_block(zone, have, *owner);
	}
	return NULL;
}

static struct page *take_foreign(struct zone *zone, unsigned int order, int type)
	__must_hold(&zone->lock)
{
	unsigned int have;
	int owner;
	struct page *page = find_foreign_block(zone, order, type, &have, &owner);

	if (!page)
		return NULL;
	steal_block(zone, page, have, type, owner);
	return take_smallest(zone, order, type);
}

struct page *buddy_take(struct zone *zone, unsigned int order, int migratetype)
{
	struct page *page = take_smallest(zone, order, migratetype);

	/* Untouched memory is as good as a largest movable block on the lists; make sure there is one. */
	if (!page && !first_block(zone, LARGEST, MIGRATE_MOVABLE) && undefer_section(zone))
		page = take_smallest(zone, order, migratetype);
	if (!page)
		page = take_foreign(zone, order, migratetype);
	if (!page)
		return NULL;
	COUNT_ONCE(zone->nr_free, -(1UL << order));
	COUNT_ONCE(zone->nr_taken, +(1UL << order));
	clear_old_states(page);
	set_page_order(page, order);
	set_page_taken_type(page, migratetype);
	return page;
}

/* ---- giving back ---- */

/* The free partner of the block at @pfn, or NULL. */
static struct page *free_partner(struct zone *zone, unsigned long pfn, unsigned int order)
{
	unsigned long partner_pfn = pfn ^ (1UL << order);
	struct page *partner = mem_map + partner_pfn;

	/* An untouched page reads as zeros: no free block. Beyond the zone there may be no page at all. */
	if (!zone_spans_pfn(zone, partner_pfn) || !PageBuddy(partner))
		return NULL;
	return partner->private == order && page_in_zone(partner, zone) ? partner : NULL;
}

/* The block that the two would be part of has a free partner: they may soon be joined, use them last. */
static bool join_likely(struct zone *zone, unsigned long pfn, unsigned int order)
{
	if (order >= LARGEST - 1)
		return false;
	return free_partner(zone, pfn & ~(1UL << order), order + 1);
}

void buddy_give(struct zone *zone, struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page);
	struct page *partner;

	COUNT_ONCE(zone->nr_free, +(1UL << order));
	COUNT_ONCE(zone->nr_given, +(1UL << order));
	set_page_order(page, 0);
	for (; order < LARGEST; order++) {
		partner = free_partner(zone, pfn, order);
		if (!partner)
			break;
		unlink_block(zone, partner, order);
		pfn &= ~(1UL << order);
	}
	page = mem_map + pfn;
	link_block(zone, page, order, get_pageblock_migratetype(page),
		   join_likely(zone, pfn, order));
}

/* ---- checking ---- */

static long violation(const struct zone *zone, const char *name, unsigned long pfn,
		      const char *what)
{
	report_begin();
	printk(KERN_ERR "buddy: %s: %s: pfn %#lx %s\n", zone->name, name, pfn, what);
	report_end(_RET_IP_);
	return 1;
}

static long check_block(struct zone *zone, const struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page);
	long bad = 0;

	if (pfn & ((1UL << order) - 1))
		bad += violation(zone, "aligned", pfn, "is not a multiple of its size");
	if (!zone_spans_pfn(zone, pfn) || !zone_spans_pfn(zone, pfn + (1UL << order) - 1))
		bad += violation(zone, "aligned", pfn, "reaches beyond its zone");
	if (!PageBuddy(page) || page->private != order)
		bad += violation(zone, "tagged", pfn, "is on a list, but not tagged so");
	if (order < LARGEST && free_partner(zone, pfn, order))
		bad += violation(zone, "joined", pfn, "and its partner are both free");
	for (unsigned long i = 0; i < 1UL << order; i++) {
		const struct page *inner = page + i;

		if (inner->counts != COUNTS_FREE)
			bad += violation(zone, "tagged", pfn + i, "is free and has references");
		if (!page_in_zone(inner, zone))
			bad += violation(zone, "aligned", pfn + i, "is of another zone");
		if (i && PageBuddy(inner))
			bad += violation(zone, "tagged", pfn + i, "is inside of a free block");
	}
	return bad;
}

static long check_area(struct zone *zone, unsigned int order, unsigned long *nr_free)
{
	unsigned long blocks = order == LARGEST ? buddy_deferred_pages(zone) >> LARGEST : 0;
	const struct page *page;
	long bad = 0;

	for (int type = 0; type < MIGRATE_TYPES; type++)
		list_for_each_entry(page, &zone->free_area[order].free_list[type], lru) {
			bad += check_block(zone, page, order);
			blocks++;
		}
	if (blocks != zone->free_area[order].nr_free)
		bad += violation(zone, "counted", blocks, "blocks on the lists of an order");
	*nr_free += blocks << order;
	return bad;
}

long buddy_check(struct zone *zone)
{
	unsigned long nr_free = 0, flags;
	long bad = 0;

	spin_lock_irqsave(&zone->lock, flags);
	for (unsigned int order = 0; order < MAX_ORDER; order++)
		bad += check_area(zone, order, &nr_free);
	if (nr_free != zone->nr_free)
		bad += violation(zone, "counted", nr_free, "pages on all lists");
	spin_unlock_irqrestore(&zone->lock, flags);
	return bad;
}

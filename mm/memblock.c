// SPDX-License-Identifier: MIT
/*
 * memblock.c - which physical memory there is, and which boot keeps
 *
 * Idea. Two sorted lists of ranges, memory and reserved. Free is what is in the first and not in the
 * second. Boot allocates by reserving from the top, so that scarce low memory stays free, and notes in a
 * third list that this is the manager's own. The lists stay after boot: they say what a page is when
 * its section is touched for the first time.
 *
 * Always true
 *	sorted   ranges ascend, do not touch and are not empty
 *	static   after boot nothing changes
 *
 * Locks: none; written in boot only.
 */
#include "memblock.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <asm/page.h>

#define MAX_RANGES 512

struct range {
	phys_addr_t start, end;		/* end is out */
};

struct range_list {
	unsigned int nr;
	struct range range[MAX_RANGES];
};

static struct range_list memory, reserved;
static struct range_list manager;		/* part of reserved */

void memblock_reset(void)
{
	memory.nr = reserved.nr = manager.nr = 0;
}

/* The first range that ends behind @addr. */
static unsigned int first_ending_behind(const struct range_list *list, phys_addr_t addr)
{
	unsigned int lo = 0, hi = list->nr;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (list->range[mid].end > addr)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

/* Replaces @nr_old ranges from @at by @nr_new of @new. */
static int replace_ranges(struct range_list *list, unsigned int at, unsigned int nr_old,
			  const struct range *new, unsigned int nr_new)
{
	unsigned int behind = list->nr - at - nr_old;

	if (list->nr - nr_old + nr_new > MAX_RANGES)
		return -ENOSPC;
	__builtin_memmove(&list->range[at + nr_new], &list->range[at + nr_old],
			  behind * sizeof(*new));
	for (unsigned int i = 0; i < nr_new; i++)
		list->range[at + i] = new[i];
	list->nr += nr_new - nr_old;
	return 0;
}

static int add_range(struct range_list *list, struct range new)
{
	unsigned int at = new.start ? first_ending_behind(list, new.start - 1) : 0;
	unsigned int end = at;

	if (new.start >= new.end)
		return 0;
	for (; end < list->nr && list->range[end].start <= new.end; end++) {
		new.start = min(new.start, list->range[end].start);
		new.end = max(new.end, list->range[end].end);
	}
	return replace_ranges(list, at, end - at, &new, 1);
}

static int remove_range(struct range_list *list, struct range gone)
{
	unsigned int at = first_ending_behind(list, gone.start);
	unsigned int end = at, nr = 0;
	struct range rest[2];

	if (gone.start >= gone.end)
		return 0;
	for (; end < list->nr && list->range[end].start < gone.end; end++) {
		if (list->range[end].start < gone.start)
			rest[nr++] = (struct range){ list->range[end].start, gone.start };
		if (list->range[end].end > gone.end)
			rest[nr++] = (struct range){ gone.end, list->range[end].end };
	}
	return replace_ranges(list, at, end - at, rest, nr);
}

int memblock_add(phys_addr_t base, phys_addr_t size)
{
	return add_range(&memory, (struct range){ base, base + size });
}

int memblock_remove(phys_addr_t base, phys_addr_t size)
{
	return remove_range(&memory, (struct range){ base, base + size });
}

int memblock_reserve(phys_addr_t base, phys_addr_t size)
{
	return add_range(&reserved, (struct range){ base, base + size });
}

/* The highest aligned place for @size bytes in @gap; 0 when it does not fit. */
static phys_addr_t place_in(struct range gap, phys_addr_t size, phys_addr_t align)
{
	phys_addr_t start;

	if (gap.end < gap.start || gap.end - gap.start < size)
		return 0;
	start = ALIGN_DOWN(gap.end - size, align);
	return start >= gap.start ? start : 0;
}

/* The same among the pieces of @range that are not reserved. */
static phys_addr_t place_in_free(struct range range, phys_addr_t size, phys_addr_t align)
{
	unsigned int i = reserved.nr;
	phys_addr_t place = 0;

	while (!place && range.end > range.start) {
		struct range gap = range;

		while (i && reserved.range[i - 1].start >= gap.end)
			i--;
		if (i)
			gap.start = max(gap.start, reserved.range[i - 1].end);
		place = place_in(gap, size, align);
		range.end = i ? min(gap.start, reserved.range[i - 1].start) : range.start;
	}
	return place;
}

phys_addr_t memblock_alloc_phys(phys_addr_t size, phys_addr_t align, phys_addr_t limit)
{
	for (unsigned int i = memory.nr; i--; ) {
		struct range range = memory.range[i];
		phys_addr_t place;

		range.end = min(range.end, limit);
		place = place_in_free(range, size, align);
		if (!place)
			continue;
		if (memblock_reserve(place, size) ||
		    add_range(&manager, (struct range){ place, place + size }))
			return 0;
		return place;
	}
	return 0;
}

/* Is @addr in @list? *@until: the next address where that changes, if it is nearer. */
static bool in_list(const struct range_list *list, phys_addr_t addr, phys_addr_t *until)
{
	unsigned int i = first_ending_behind(list, addr);

	if (i == list->nr)
		return false;
	if (list->range[i].start > addr) {
		*until = min(*until, list->range[i].start);
		return false;
	}
	*until = min(*until, list->range[i].end);
	return true;
}

/* Of a page that is partly memory or partly reserved the worse part counts. */
static enum memblock_state page_state(phys_addr_t addr, phys_addr_t *until)
{
	phys_addr_t end = addr + PAGE_SIZE;

	*until = ~(phys_addr_t)0;
	if (!in_list(&memory, addr, until) || *until < end)
		return MEMBLOCK_HOLE;
	if (in_list(&manager, addr, until) || *until < end)
		return MEMBLOCK_MANAGER;
	if (in_list(&reserved, addr, until) || *until < end)
		return MEMBLOCK_RESERVED;
	return MEMBLOCK_FREE;
}

enum memblock_state memblock_state(unsigned long pfn, unsigned long *until)
{
	phys_addr_t addr = PFN_PHYS(pfn), change;
	enum memblock_state state = page_state(addr, &change);

	/* A page with a change in it is looked at on its own; so is the one the run ends in. */
	*until = change == ~(phys_addr_t)0 ? ~0UL : PHYS_PFN(change);
	if (*until <= pfn)
		*until = pfn + 1;
	return state;
}

unsigned long memblock_pages(unsigned long start, unsigned long end)
{
	unsigned long nr = 0;

	for (unsigned int i = 0; i < memory.nr; i++) {
		unsigned long from = max_t(unsigned long, PFN_UP(memory.range[i].start), start);
		unsigned long to = min_t(unsigned long, PFN_DOWN(memory.range[i].end), end);

		if (from < to)
			nr += to - from;
	}
	return nr;
}

unsigned long memblock_end_pfn(void)
{
	return memory.nr ? PFN_DOWN(memory.range[memory.nr - 1].end) : 0;
}

bool memblock_range(unsigned int i, phys_addr_t *base, phys_addr_t *size)
{
	if (i >= memory.nr)
		return false;
	*base = memory.range[i].start;
	*size = memory.range[i].end - memory.range[i].start;
	return true;
}

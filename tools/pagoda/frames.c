// SPDX-License-Identifier: MIT
/*
 * frames.c - what the trace tells of each page frame of the traced machine
 *
 * Idea. The traced buddy system can be followed from outside. Blocks leave it by
 * mm_page_alloc_zone_locked; they come back by mm_page_pcpu_drain, or, where their order skips the
 * per-CPU lists, with their mm_page_free. Starting from the frames that were free at the first
 * event this gives at any moment the set of frames in the free lists, and the lists themselves:
 * partners always merge, so the free frames of a zone, cut into the largest aligned blocks, are
 * the blocks. (traces/README section 5, where it was checked against the kernel.)
 *
 * The same bookkeeping tells what a free without an allocation is. A frame that nothing has named
 * before was in use since before the first event. One that left the free lists without being
 * allocated went out in bulk. One that is in the free lists was taken without any event, as
 * compaction takes its targets; from then on the lists are no longer known. If there was no
 * compaction yet and the frame has been free since the first event, then it was not free: the
 * list of free frames, which is derived from the trace, takes memory that is initialised late for
 * free. Such frames are collected.
 *
 * Always true: frame[] covers every frame an event has named; it grows by doubling, its new part is
 * zeros that cost nothing until touched.
 */
#define _GNU_SOURCE
#include "frames.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "command.h"

#define FRAMES_AT_LEAST	(1ull << 16)
#define PAGEBLOCK_ORDER	9
#define PCP_ORDER_LIMIT	3	/* orders 0 .. 3 and 9 go through the per-CPU lists */

static bool skips_arrays(unsigned int order)
{
	return order > PCP_ORDER_LIMIT && order != PAGEBLOCK_ORDER;
}

static bool grow(struct frames *frames, uint64_t nr)
{
	size_t old_bytes = frames->nr * sizeof(struct frame), bytes = nr * sizeof(struct frame);
	void *new;

	if (!frames->frame)
		new = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	else
		new = mremap(frames->frame, old_bytes, bytes, MREMAP_MAYMOVE);
	if (new == MAP_FAILED)
		return false;
	frames->frame = new;
	frames->nr = nr;
	return true;
}

bool frames_reach(struct frames *frames, uint64_t pfn, unsigned int order)
{
	uint64_t end, nr = frames->nr;

	if (pfn >= frames->limit || 1ull << order > frames->limit - pfn)
		return false;
	end = pfn + (1ull << order);
	if (end <= nr)
		return true;
	while (nr < end)
		nr *= 2;
	return grow(frames, nr);
}

int frames_start(struct frames *frames, const struct machine *machine)
{
	const struct frame free_frame = { .in_buddy = 1, .seen = 1, .untouched = 1 };
	uint64_t pfn;
	size_t i;

	*frames = (struct frames){ .limit = FRAMES_MAX };
	if (machine && machine_end(machine) < FRAMES_MAX)
		frames->limit = machine_end(machine);
	if (!grow(frames, FRAMES_AT_LEAST) ||
	    !frames_reach(frames, machine ? frames->limit - 1 : 0, 0)) {
		complain("no memory for a table of page frames: %s", strerror(errno));
		frames_end(frames);
		return -1;
	}
	if (!machine || !machine->knows_free)
		return 0;
	frames->trusted = true;
	for (i = 0; i < machine->free.nr; i++)
		for (pfn = machine->free.span[i].start; pfn < machine->free.span[i].end; pfn++)
			frames->frame[pfn] = free_frame;
	return 0;
}

void frames_end(struct frames *frames)
{
	if (frames->frame)
		munmap(frames->frame, frames->nr * sizeof(struct frame));
	free(frames->late.span);
	*frames = (struct frames){ 0 };
}

void frames_alloc(struct frames *frames, uint64_t pfn, unsigned int order, uint32_t op)
{
	struct frame *frame = &frames->frame[pfn];
	uint64_t i;

	for (i = 0; i < 1ull << order; i++) {
		frame[i].owner = op + 1;
		frame[i].order = (uint8_t)order;
		frame[i].seen = 1;
		frame[i].untouched = 0;
		frame[i].in_array = 0;
	}
}

static void move(struct frames *frames, uint64_t pfn, unsigned int order, uint8_t in_buddy)
{
	struct frame *frame = &frames->frame[pfn];
	uint64_t i;

	for (i = 0; i < 1ull << order; i++) {
		frame[i].in_buddy = in_buddy & 1;
		frame[i].in_array = 0;
		frame[i].seen = 1;
		frame[i].untouched = 0;
	}
}

void frames_out(struct frames *frames, uint64_t pfn, unsigned int order)
{
	move(frames, pfn, order, 0);
}

void frames_in(struct frames *frames, uint64_t pfn, unsigned int order)
{
	move(frames, pfn, order, 1);
}

void frames_compaction(struct frames *frames)
{
	frames->compacted = true;
	frames->trusted = false;
}

void frames_suspect(struct frames *frames, uint64_t pfn, uint32_t op)
{
	frames->frame[pfn].pending = op + 1;
}

uint32_t frames_pending(struct frames *frames, uint64_t pfn)
{
	uint32_t pending = frames->frame[pfn].pending;

	frames->frame[pfn].pending = 0;
	return pending ? pending - 1 : FRAMES_NO_OP;
}

static enum gap classify(struct frames *frames, uint64_t pfn, unsigned int order)
{
	const struct frame *frame = &frames->frame[pfn];

	if (frame->owner)
		return GAP_NONE;
	if (!frame->seen)
		return order >= PAGEBLOCK_ORDER ? GAP_LATE_INIT : GAP_BEFORE;
	if (!frame->in_buddy)
		return GAP_BULK;
	if (frame->untouched && !frames->compacted) {
		span_list_add(&frames->late, pfn, pfn + (1ull << order));
		return GAP_LATE_INIT;
	}
	frames->trusted = false;
	return GAP_COMPACTION;
}

enum gap frames_free(struct frames *frames, uint64_t pfn, unsigned int order, uint32_t *whole)
{
	struct frame *frame = &frames->frame[pfn];
	enum gap gap = classify(frames, pfn, order);
	uint64_t i;

	*whole = frame->owner && frame->order > order ? frame->owner - 1 : FRAMES_NO_OP;
	if (skips_arrays(order) || gap == GAP_LATE_INIT)
		frames_in(frames, pfn, order);
	else
		frames_out(frames, pfn, order);
	for (i = 0; i < 1ull << order; i++) {
		frame[i].owner = 0;
		frame[i].in_array = !frame[i].in_buddy;
	}
	return gap;
}

uint64_t frames_in_arrays(const struct frames *frames)
{
	uint64_t nr = 0, pfn;

	for (pfn = 0; pfn < frames->nr; pfn++)
		nr += frames->frame[pfn].in_array;
	return nr;
}

/* The order of the largest block that starts here and ends in the span of free frames. */
static unsigned int block_order(uint64_t pfn, uint64_t end)
{
	unsigned int order = 0;

	while (order < NR_ORDERS - 1 && !(pfn & ((2ull << order) - 1)) &&
	       pfn + (2ull << order) <= end)
		order++;
	return order;
}

static void derive_zone(const struct frames *frames, const struct pfn_span *span,
			struct zone_state *zone)
{
	uint64_t limit = span->end < frames->nr ? span->end : frames->nr;
	uint64_t pfn = span->start, end;

	while (pfn < limit) {
		if (!frames->frame[pfn].in_buddy) {
			pfn++;
			continue;
		}
		for (end = pfn + 1; end < limit && frames->frame[end].in_buddy; end++)
			;
		while (pfn < end) {
			unsigned int order = block_order(pfn, end);

			zone->nr_free[order]++;
			pfn += 1ull << order;
		}
	}
}

void frames_derive(const struct frames *frames, const struct machine *machine,
		   struct memory_state *state)
{
	int h;

	memset(state, 0, sizeof(*state));
	if (!frames->trusted)
		return;
	for (h = 0; h < NR_HEIGHTS; h++)
		if (machine->zone[h].end)
			derive_zone(frames, &machine->zone[h], state_add(state, 0, height_names[h]));
}

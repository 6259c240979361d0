// SPDX-License-Identifier: MIT
/*
 * engine.c - a recording replayed on the machine that runs
 *
 * Idea. The traced kernel said which block it handed out; we ask our allocator for one like it and
 * remember, frame by frame, which of our pages stands for which of its frames. A free finds our
 * page by that table: one load, no search. Nothing is measured, printed or allocated between two
 * calls of the allocator; the walk stops at the marks, where the clock is off.
 *
 * The traced kernel's frames matter in one case only: where our machine is its copy, a frame that
 * was in use before the first event is reserved at boot, and is released when the trace frees it.
 *
 * Pages that compaction moved live on at frames nobody named. For these we keep as many pages of
 * our own, moved[], and give one back when the trace frees a frame that was taken out of sight.
 *
 * Always true of the table between two ops:
 *   whole	slots of a live block are all SLOT_LIVE, of its order, on a multiple of its size
 *   parallel	slot i of a block stands for page i of ours
 *   single	a slot of SLOT_SPLIT is a block of order 0
 */
#define _GNU_SOURCE
#include "engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/vmstat.h>

#include "command.h"

#define OPS_AT_A_TIME 65536	/* between two looks at the progress bar */

static void fill(struct slot *slot, unsigned int order, enum slot_state state, unsigned long pfn)
{
	unsigned long i;

	for (i = 0; i < 1ul << order; i++) {
		slot[i].pfn = (uint32_t)(pfn + i);
		slot[i].order = (uint8_t)order;
		slot[i].state = (uint8_t)state;
	}
}

static void clear(struct slot *slot, unsigned int order)
{
	fill(slot, order, SLOT_EMPTY, 0);
}

static int is_live(const struct slot *slot)
{
	return slot->state == SLOT_LIVE || slot->state == SLOT_SPLIT;
}

/* The first slot of the live block around @pfn. */
static struct slot *block_start(struct engine *engine, uint64_t pfn)
{
	return &engine->slot[pfn & ~((1ull << engine->slot[pfn].order) - 1)];
}

static void free_block(struct slot *first)
{
	unsigned int order = first->order;

	__free_pages(pfn_to_page(first->pfn), order);
	clear(first, order);
}

/* A block whose parts go back on their own becomes single pages. */
static void split(struct slot *first)
{
	unsigned int order = first->order;
	unsigned long i;

	split_page(pfn_to_page(first->pfn), order);
	for (i = 0; i < 1ul << order; i++) {
		first[i].order = 0;
		first[i].state = SLOT_SPLIT;
	}
}

/* Frees every block that has a page among @nr frames, whole. Return: how many. */
static uint64_t free_blocks(struct engine *engine, uint64_t pfn, uint64_t nr)
{
	uint64_t blocks = 0, i;

	for (i = 0; i < nr; i++) {
		if (!is_live(&engine->slot[pfn + i]))
			continue;
		free_block(block_start(engine, pfn + i));
		blocks++;
	}
	return blocks;
}

static uint64_t release(struct engine *engine, uint64_t pfn, uint64_t nr)
{
	uint64_t pages = 0, i;

	for (i = 0; i < nr; i++) {
		if (engine->slot[pfn + i].state != SLOT_RESERVED)
			continue;
		free_reserved_page(pfn_to_page(pfn + i));
		engine->slot[pfn + i].state = SLOT_EMPTY;
		pages++;
	}
	return pages;
}

static int all_empty(const struct slot *slot, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < 1ul << order; i++)
		if (slot[i].state != SLOT_EMPTY)
			return 0;
	return 1;
}

/*
 * The traced kernel hands out frames that, as far as we know, are not free: what was live there
 * was freed out of sight; what we reserved lay in a per-CPU array at the first event.
 */
static void make_way(struct engine *engine, const struct op *op)
{
	uint64_t nr = 1ull << op->order;

	engine->now->nr_implied += free_blocks(engine, op->pfn, nr);
	engine->now->pages_were_free += release(engine, op->pfn, nr);
	clear(&engine->slot[op->pfn], op->order);
}

static void replay_alloc(struct engine *engine, const struct op *op)
{
	struct slot *slot = &engine->slot[op->pfn];
	enum zone_height wanted, got;
	struct page *page;

	if (!all_empty(slot, op->order))
		make_way(engine, op);
	page = alloc_pages(op->gfp, op->order);
	wanted = preferred_height((enum zone_height)op->height, engine->zones);
	if (!page) {
		engine->now->nr_failed[wanted][op->order]++;
		fill(slot, op->order, SLOT_FAILED, 0);
		return;
	}
	if (op->gap == GAP_NONE)
		engine->now->nr_allocs++;
	else
		engine->now->nr_inferred++;
	got = (enum zone_height)page_zonenum(page);
	if (got != wanted)
		engine->now->nr_fallback[wanted][got]++;
	fill(slot, op->order, SLOT_LIVE, page_to_pfn(page));
}

/* The block is larger than the part that is freed, or was, before it was split. */
static void free_part(struct engine *engine, const struct op *op, struct slot *slot)
{
	if (slot->state == SLOT_LIVE)
		split(block_start(engine, op->pfn));
	free_blocks(engine, op->pfn, 1ull << op->order);
	engine->now->nr_parts++;
	engine->now->nr_frees++;
}

/* Pages stay in use that the trace has just freed at their old frames. */
static void replay_move(struct engine *engine, const struct op *op)
{
	uint32_t i;

	for (i = 0; i < op->pfn; i++) {
		struct page *page = alloc_pages(GFP_HIGHUSER_MOVABLE | __GFP_NOWARN, 0);

		if (!page)
			break;
		engine->moved[engine->nr_moved++] = page;
	}
	engine->now->nr_inferred += i;
}

static void free_moved(struct engine *engine)
{
	__free_page(engine->moved[--engine->nr_moved]);
	engine->now->nr_frees++;
}

/* Nothing of ours stands for the frames: the allocation was out of sight of the trace. */
static void free_unknown(struct engine *engine, const struct op *op)
{
	uint64_t pages = release(engine, op->pfn, 1ull << op->order);

	if (!pages && op->gap == GAP_COMPACTION && engine->nr_moved) {
		free_moved(engine);
		return;
	}
	if (!pages) {
		engine->now->nr_unknown[op->gap]++;
		return;
	}
	engine->now->nr_released[op->gap]++;
	engine->now->pages_released += pages;
}

static void replay_odd_free(struct engine *engine, const struct op *op, struct slot *slot)
{
	switch (slot->state) {
	case SLOT_FAILED:
		engine->now->nr_after_failure++;
		clear(slot, op->order);
		break;
	case SLOT_LIVE:
	case SLOT_SPLIT:
		if (slot->state == SLOT_SPLIT || slot->order > op->order) {
			free_part(engine, op, slot);
			break;
		}
		engine->now->nr_mismatched++;
		free_blocks(engine, op->pfn, 1ull << op->order);
		break;
	default:
		free_unknown(engine, op);
	}
}

static void replay_free(struct engine *engine, const struct op *op)
{
	struct slot *slot = &engine->slot[op->pfn];

	if (slot->state == SLOT_LIVE && slot->order == op->order) {
		free_block(slot);
		engine->now->nr_frees++;
	} else {
		replay_odd_free(engine, op, slot);
	}
}

static void enter_cpu(struct engine *engine, unsigned int cpu)
{
	if (cpu >= engine->nr_cpus)
		cpu %= engine->nr_cpus;
	if ((int)cpu == engine->cpu)
		return;
	set_cpus_allowed_ptr(current, cpumask_of(cpu));
	engine->cpu = (int)cpu;
}

static void replay_ops(struct engine *engine, const struct op *op, const struct op *end)
{
	double start = now_seconds();

	for (; op < end; op++) {
		enter_cpu(engine, op->cpu);
		if (op->type == OP_ALLOC)
			replay_alloc(engine, op);
		else if (op->type == OP_FREE)
			replay_free(engine, op);
		else
			replay_move(engine, op);
	}
	engine->now->seconds += now_seconds() - start;
}

static unsigned long nr_extfrag(void)
{
	unsigned long events[NR_VM_EVENT_ITEMS];

	all_vm_events(events);
	return events[PGALLOC_EXTFRAG];
}

/* The ops of one phase up to @end; what they cost and did is added to it. */
static void replay_until(struct engine *engine, size_t *done, size_t end)
{
	const struct recording *recording = engine->recording;
	unsigned long before = nr_extfrag();

	while (*done < end) {
		size_t next = end - *done > OPS_AT_A_TIME ? *done + OPS_AT_A_TIME : end;

		replay_ops(engine, recording->ops + *done, recording->ops + next);
		*done = next;
		if (engine->progress)
			engine->progress(*done, recording->nr_ops);
	}
	engine->now->nr_extfrag += nr_extfrag() - before;
}

void engine_run(struct engine *engine)
{
	const struct recording *recording = engine->recording;
	size_t phase, snapshot = 0, done = 0;

	for (phase = 0; phase < recording->nr_phases; phase++) {
		size_t end = phase + 1 < recording->nr_phases ?
			recording->phases[phase + 1].first_op : recording->nr_ops;

		engine->now = &engine->phases[phase];
		for (; snapshot < recording->nr_snapshots &&
		       recording->snapshots[snapshot].phase == phase; snapshot++) {
			replay_until(engine, &done, recording->snapshots[snapshot].op);
			state_here(&engine->states[snapshot]);
		}
		replay_until(engine, &done, end);
	}
}

uint64_t engine_free_all(struct engine *engine)
{
	uint64_t blocks = engine->nr_moved;

	while (engine->nr_moved)
		__free_page(engine->moved[--engine->nr_moved]);
	return blocks + free_blocks(engine, 0, engine->nr_slots);
}

static void mark_reserved(struct engine *engine, const struct machine *machine)
{
	struct span_list used = span_list_less(&machine->ram, &machine->free);
	uint64_t pfn, end;
	size_t i;

	for (i = 0; i < used.nr; i++) {
		end = used.span[i].end < engine->nr_slots ? used.span[i].end : engine->nr_slots;
		for (pfn = used.span[i].start; pfn < end; pfn++)
			engine->slot[pfn].state = SLOT_RESERVED;
	}
	free(used.span);
}

static unsigned int populated_zones(void)
{
	unsigned int zones = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		zones |= 1u << zone_idx(zone);
	return zones;
}

static uint64_t nr_to_move(const struct recording *recording)
{
	uint64_t nr = 0;
	size_t i;

	for (i = 0; i < recording->nr_ops; i++)
		if (recording->ops[i].type == OP_MOVE)
			nr += recording->ops[i].pfn;
	return nr;
}

int engine_start(struct engine *engine, const struct recording *recording,
		 const struct machine *reserved)
{
	void (*progress)(uint64_t, uint64_t) = engine->progress;
	void *table;

	*engine = (struct engine){ .recording = recording, .cpu = -1, .progress = progress };
	engine->nr_cpus = nr_cpu_ids;
	engine->nr_slots = recording->pfn_limit ? recording->pfn_limit : 1;
	engine->zones = populated_zones();
	engine->phases = must_alloc(NULL, recording->nr_phases, sizeof(*engine->phases));
	memset(engine->phases, 0, recording->nr_phases * sizeof(*engine->phases));
	engine->states = must_alloc(NULL, recording->nr_snapshots, sizeof(*engine->states));
	memset(engine->states, 0, recording->nr_snapshots * sizeof(*engine->states));
	engine->moved = must_alloc(NULL, nr_to_move(recording), sizeof(*engine->moved));
	table = mmap(NULL, engine->nr_slots * sizeof(struct slot), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (table == MAP_FAILED) {
		complain("no memory for a table of %llu page frames: %s",
			 (unsigned long long)engine->nr_slots, strerror(errno));
		return -1;
	}
	engine->slot = table;
	if (reserved && reserved->knows_free)
		mark_reserved(engine, reserved);
	return 0;
}

void engine_end(struct engine *engine)
{
	size_t i;

	if (engine->slot)
		munmap(engine->slot, engine->nr_slots * sizeof(struct slot));
	for (i = 0; engine->states && i < engine->recording->nr_snapshots; i++)
		state_free(&engine->states[i]);
	free(engine->states);
	free(engine->phases);
	free(engine->moved);
	*engine = (struct engine){ 0 };
}

// SPDX-License-Identifier: MIT
/*
 * recording.c - a trace in memory, ready to be replayed
 *
 * Idea. Everything that can be found out without allocating a page is found out here, once, so
 * that the replay itself is a walk over small records. Allocations and frees become ops, flags are
 * turned into the library's, marks cut the ops into phases and snapshots. What the trace says
 * about the traced machine itself (failures, fallbacks, the gaps of its events) is counted on the
 * way, by phase.
 *
 * Always true: phases and snapshots are in the order of their ops; there is at least one phase.
 *
 * Allocations in bulk have no mm_page_alloc, but the free lists show them: a single page leaves, and
 * is freed without having been allocated. Whether it was allocated is known only then, or never;
 * drained it was not. To infer these, every page that leaves gets an op at once, which is crossed
 * out when the page is seen to be allocated or drained. Of those undecided at the end the youngest
 * lie in the arrays, as many as were recorded there, less what was freed into them; the others are
 * taken for allocated.
 *
 * Compaction frees the pages it moved away from, but takes those it moves to without an event. To
 * infer these, an op keeps as many pages as it says it moved; a free of a frame taken out of sight
 * then gives one of them back.
 *
 * Marks understood: "phase NAME TEXT", "snapshot begin LABEL", "snapshot end LABEL". All others pass.
 */
#define _GNU_SOURCE
#include "recording.h"

#include <linux/gfp.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "flags.h"
#include "frames.h"

/* A recording while it is read. */
struct loading {
	struct recording		*recording;
	const struct recording_options	*options;
	struct frames			 frames;
	size_t				 room;		/* for ops */
	uint64_t			 counted_events;	/* given to phases so far */
};

static struct phase *this_phase(struct loading *loading)
{
	return &loading->recording->phases[loading->recording->nr_phases - 1];
}

static struct outcome *there(struct loading *loading)
{
	return &this_phase(loading)->there;
}

static void close_phase(struct loading *loading)
{
	uint64_t nr = loading->recording->stats.nr_events;

	this_phase(loading)->nr_events = nr - loading->counted_events;
	loading->counted_events = nr;
}

static void open_phase(struct recording *recording, const char *name, const char *text)
{
	struct phase *phase;

	recording->phases = must_alloc(recording->phases, recording->nr_phases + 1, sizeof(*phase));
	phase = &recording->phases[recording->nr_phases++];
	memset(phase, 0, sizeof(*phase));
	phase->name = must_print("%s", name);
	phase->text = must_print("%s", text);
	phase->first_op = recording->nr_ops;
}

static void take_snapshot(struct loading *loading, const char *label)
{
	struct recording *recording = loading->recording;
	struct snapshot *snapshot;

	recording->snapshots = must_alloc(recording->snapshots, recording->nr_snapshots + 1,
					  sizeof(*snapshot));
	snapshot = &recording->snapshots[recording->nr_snapshots++];
	memset(snapshot, 0, sizeof(*snapshot));
	snapshot->label = must_print("%s", label);
	snapshot->op = recording->nr_ops;
	snapshot->phase = recording->nr_phases - 1;
	if (loading->options->machine)
		frames_derive(&loading->frames, loading->options->machine, &snapshot->derived);
}

/* The files of /proc were read somewhere between the two marks. */
static void end_snapshot(struct loading *loading, const char *label)
{
	struct recording *recording = loading->recording;
	struct snapshot *last = recording->snapshots + recording->nr_snapshots - 1;

	if (!recording->nr_snapshots || strcmp(last->label, label) || !loading->options->machine)
		return;
	state_free(&last->derived_after);
	frames_derive(&loading->frames, loading->options->machine, &last->derived_after);
}

static void add_op(struct loading *loading, const struct op *op)
{
	struct recording *recording = loading->recording;
	uint64_t end = op->type == OP_MOVE ? 0 : op->pfn + (1ull << op->order);

	if (recording->nr_ops == loading->room) {
		loading->room = loading->room ? loading->room * 2 : 1 << 16;
		recording->ops = must_alloc(recording->ops, loading->room, sizeof(*op));
	}
	recording->ops[recording->nr_ops++] = *op;
	if (end > recording->pfn_limit)
		recording->pfn_limit = end;
	if (op->cpu > recording->max_cpu)
		recording->max_cpu = op->cpu;
}

/* What is known of an allocation that nothing has reported: the type of the list, and the zone. */
static struct op inferred_op(const struct loading *loading, const struct trace_event *event)
{
	const struct machine *machine = loading->options->machine;
	bool high = machine && machine_zone(machine, event->pfn) == HEIGHT_HIGHMEM;

	return (struct op){
		.pfn = (uint32_t)event->pfn,
		.gfp = GFP_KERNEL | __GFP_NOWARN | (high ? __GFP_HIGHMEM : 0) |
		       (event->migratetype == MIGRATE_MOVABLE ? __GFP_MOVABLE : 0) |
		       (event->migratetype == MIGRATE_RECLAIMABLE ? __GFP_RECLAIMABLE : 0),
		.cpu = event->cpu,
		.type = OP_ALLOC,
		.height = high ? HEIGHT_HIGHMEM : HEIGHT_NORMAL,
		.gap = GAP_BULK,
	};
}

/* Only single pages are allocated in bulk. */
static void take_out(struct loading *loading, const struct trace_event *event)
{
	struct op op;

	frames_out(&loading->frames, event->pfn, event->order);
	if (!loading->options->infer || event->order)
		return;
	op = inferred_op(loading, event);
	frames_suspect(&loading->frames, event->pfn, (uint32_t)loading->recording->nr_ops);
	add_op(loading, &op);
}

/* Pages of a block that were suspected of being allocated out of sight were not. */
static void cross_out(struct loading *loading, const struct trace_event *event)
{
	uint64_t pfn = event->pfn, end = pfn + (1ull << event->order);
	uint32_t op;

	for (; loading->options->infer && pfn < end; pfn++) {
		op = frames_pending(&loading->frames, pfn);
		if (op != FRAMES_NO_OP)
			loading->recording->ops[op].type = OP_NONE;
	}
}

/* Pages of a block that is freed were allocated, seen or not. */
static void confirm(struct loading *loading, const struct trace_event *event)
{
	uint64_t pfn = event->pfn, end = pfn + (1ull << event->order);

	for (; loading->options->infer && pfn < end; pfn++)
		frames_pending(&loading->frames, pfn);
}

static void take_migrated(struct loading *loading, const struct trace_event *event)
{
	uint64_t nr = event->pfn;
	struct op op = { .cpu = event->cpu, .type = OP_MOVE, .gap = GAP_COMPACTION };

	loading->recording->nr_migrated += nr;
	frames_compaction(&loading->frames);
	if (!loading->options->infer || nr >= FRAMES_MAX)
		return;
	op.pfn = (uint32_t)nr;
	add_op(loading, &op);
}

/* What the traced kernel made of a request. */
static void count_there(struct loading *loading, const struct trace_event *event)
{
	const struct machine *machine = loading->options->machine;
	unsigned int zones = machine ? machine_zones(machine) : ~0u;
	enum zone_height wanted = preferred_height(flags_height(event->gfp), zones);
	int got;

	if (!event->pfn) {
		there(loading)->nr_failed[wanted][event->order]++;
		return;
	}
	there(loading)->nr_allocs++;
	got = machine ? machine_zone(machine, event->pfn) : -1;
	if (got >= 0 && got != (int)wanted)
		there(loading)->nr_fallback[wanted][got]++;
}

static void take_alloc(struct loading *loading, const struct trace_event *event)
{
	struct recording *recording = loading->recording;
	unsigned int dropped;
	struct op op = {
		.pfn = (uint32_t)event->pfn,
		.cpu = event->cpu,
		.type = OP_ALLOC,
		.order = event->order,
		.height = flags_height(event->gfp),
	};

	count_there(loading, event);
	if (!event->pfn)
		return;
	cross_out(loading, event);
	op.gfp = flags_here(event->gfp, &dropped);
	recording->nr_dropped_zero += dropped & DROPPED_ZERO ? 1 : 0;
	recording->nr_dropped_nofail += dropped & DROPPED_NOFAIL ? 1 : 0;
	frames_alloc(&loading->frames, event->pfn, event->order, (uint32_t)recording->nr_ops);
	add_op(loading, &op);
}

/* A block that goes back in parts must be one that can be split: not a compound page. */
static void make_plain(struct recording *recording, uint32_t op)
{
	if (recording->ops[op].gfp & __GFP_COMP)
		recording->nr_split++;
	recording->ops[op].gfp &= ~__GFP_COMP;
}

static void take_free(struct loading *loading, const struct trace_event *event)
{
	uint32_t whole;
	struct op op = {
		.pfn = (uint32_t)event->pfn,
		.cpu = event->cpu,
		.type = OP_FREE,
		.order = event->order,
	};

	confirm(loading, event);
	op.gap = frames_free(&loading->frames, event->pfn, event->order, &whole);
	if (whole != FRAMES_NO_OP)
		make_plain(loading->recording, whole);
	there(loading)->nr_frees++;
	add_op(loading, &op);
}

static int take_block(struct loading *loading, const struct trace_event *event)
{
	if (!frames_reach(&loading->frames, event->pfn, event->order)) {
		loading->recording->nr_out_of_range++;
		return 0;
	}
	switch (event->type) {
	case TRACE_PAGE_ALLOC:
		take_alloc(loading, event);
		break;
	case TRACE_PAGE_FREE:
		take_free(loading, event);
		break;
	case TRACE_BUDDY_OUT:
		take_out(loading, event);
		break;
	case TRACE_BUDDY_IN:
		cross_out(loading, event);
		frames_in(&loading->frames, event->pfn, event->order);
		break;
	}
	return 0;
}

static int take_event(void *arg, const struct trace_event *event)
{
	struct loading *loading = arg;

	if (event->type == TRACE_EXTFRAG) {
		there(loading)->nr_extfrag++;
	} else if (event->type == TRACE_MIGRATED) {
		take_migrated(loading, event);
	} else if (event->type == TRACE_COMPACTION) {
		frames_compaction(&loading->frames);
	} else {
		return take_block(loading, event);
	}
	return 0;
}

/* Cuts the first word off a text. */
static char *cut_word(char **text)
{
	char *word = *text + strspn(*text, " ");

	*text = word + strcspn(word, " ");
	if (**text)
		*(*text)++ = '\0';
	return word;
}

static int take_mark(void *arg, const struct trace_event *event, const char *text, size_t len)
{
	struct loading *loading = arg;
	char *copy = must_print("%.*s", (int)len, text), *rest = copy, *word;

	(void)event;
	word = cut_word(&rest);
	if (!strcmp(word, "phase")) {
		close_phase(loading);	/* with this mark as its last event */
		word = cut_word(&rest);
		open_phase(loading->recording, word, rest);
	} else if (!strcmp(word, "snapshot")) {
		word = cut_word(&rest);
		if (!strcmp(word, "begin"))
			take_snapshot(loading, cut_word(&rest));
		else if (!strcmp(word, "end"))
			end_snapshot(loading, cut_word(&rest));
	}
	free(copy);
	return 0;
}

static int take_problem(void *arg, const struct trace_problem *problem)
{
	struct loading *loading = arg;

	if (loading->options->problem)
		loading->options->problem(problem);
	return loading->options->strict;
}

static void tell_progress(void *arg, uint64_t done, uint64_t total)
{
	struct loading *loading = arg;

	if (loading->options->progress)
		loading->options->progress(done, total);
}

/* The youngest pages that left the free lists and have no story yet lie in the arrays. */
static void settle_undecided(struct loading *loading)
{
	struct recording *recording = loading->recording;
	uint64_t freed = frames_in_arrays(&loading->frames);
	uint64_t in_arrays = loading->options->in_arrays;
	size_t i = recording->nr_ops;

	in_arrays = in_arrays > freed ? in_arrays - freed : 0;
	while (i-- && in_arrays) {
		struct op *op = &recording->ops[i];

		if (op->type != OP_ALLOC || op->gap != GAP_BULK ||
		    frames_pending(&loading->frames, op->pfn) != i)
			continue;
		op->type = OP_NONE;
		in_arrays--;
	}
}

/* Takes the ops out that were crossed out; marks keep their place among the others. */
static void close_up(struct recording *recording)
{
	size_t from, to = 0, phase = 0, snapshot = 0;

	for (from = 0; from <= recording->nr_ops; from++) {
		while (phase < recording->nr_phases && recording->phases[phase].first_op == from)
			recording->phases[phase++].first_op = to;
		while (snapshot < recording->nr_snapshots &&
		       recording->snapshots[snapshot].op == from)
			recording->snapshots[snapshot++].op = to;
		if (from == recording->nr_ops || recording->ops[from].type == OP_NONE)
			continue;
		recording->ops[to++] = recording->ops[from];
	}
	recording->nr_ops = to;
}

enum trace_result recording_read(const char *path, const struct recording_options *options,
				 struct recording *recording)
{
	struct loading loading = { .recording = recording, .options = options };
	struct trace_sink sink = { take_event, take_mark, take_problem, tell_progress, &loading };
	double start = now_seconds();
	enum trace_result result;

	memset(recording, 0, sizeof(*recording));
	open_phase(recording, "(boot)", "from the first event to the first mark");
	if (frames_start(&loading.frames, options->machine))
		return TRACE_ENOMEM;
	result = trace_read(path, &sink, &recording->stats);
	close_phase(&loading);
	take_snapshot(&loading, "(last event)");
	if (options->infer) {
		settle_undecided(&loading);
		close_up(recording);
	}
	recording->not_free = loading.frames.late;
	loading.frames.late = (struct span_list){ NULL, 0 };
	span_list_tidy(&recording->not_free);
	frames_end(&loading.frames);
	recording->read_seconds = now_seconds() - start;
	return result;
}

struct outcome recording_there(const struct recording *recording)
{
	struct outcome sum = { 0 };
	size_t i;

	for (i = 0; i < recording->nr_phases; i++)
		outcome_add(&sum, &recording->phases[i].there);
	return sum;
}

void recording_free(struct recording *recording)
{
	size_t i;

	for (i = 0; i < recording->nr_phases; i++) {
		free(recording->phases[i].name);
		free(recording->phases[i].text);
	}
	for (i = 0; i < recording->nr_snapshots; i++) {
		free(recording->snapshots[i].label);
		state_free(&recording->snapshots[i].derived);
		state_free(&recording->snapshots[i].derived_after);
	}
	free(recording->phases);
	free(recording->snapshots);
	free(recording->ops);
	free(recording->not_free.span);
	memset(recording, 0, sizeof(*recording));
}

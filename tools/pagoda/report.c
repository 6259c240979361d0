// SPDX-License-Identifier: MIT
/*
 * report.c - the outcome of a replay, for people
 *
 * Idea. Wherever both machines have a figure they stand side by side, ours under "here", the traced
 * kernel's under "there". First what was read and done, then totals, then a line for each phase,
 * then, unless details are not wanted, the free memory at each snapshot.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "replay.h"

/* 1234567 as "1,234,567", in one of a few buffers in turn. */
static const char *grouped(uint64_t value)
{
	static char buffers[16][32];
	static unsigned int next;
	char digits[24], *to = buffers[next++ % 16], *start = to;
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, value), i;

	for (i = 0; i < len; i++) {
		if (i && !((len - i) % 3))
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return start;
}

static double per_second(uint64_t nr, double seconds)
{
	return seconds > 0 ? (double)nr / seconds / 1e6 : 0;
}

static void report_reading(const struct replay *replay, FILE *out)
{
	const struct recording *r = &replay->recording;
	const struct trace_stats *s = &r->stats;

	fprintf(out, "Trace      %s (%s, %.1f MB", replay->path, s->form, (double)s->read_bytes / 1e6);
	if (s->text_bytes && s->text_bytes != s->read_bytes)
		fprintf(out, ", %.1f MB of text", (double)s->text_bytes / 1e6);
	fprintf(out, ")\n");
	fprintf(out, "Read       %s %s in %.3f s", grouped(s->nr_lines),
		s->text_bytes ? "lines" : "records", r->read_seconds);
	if (s->text_bytes)
		fprintf(out, ", of this %.3f s input and %.3f s parsing, %.1f million lines a second",
			s->input_seconds, r->read_seconds - s->input_seconds,
			per_second(s->nr_lines, r->read_seconds - s->input_seconds));
	fprintf(out, "\n           %s events, %s malformed lines, %s lost events\n",
		grouped(s->nr_events), grouped(s->nr_malformed), grouped(s->nr_lost));
}

static void report_machine(const struct replay *replay, FILE *out)
{
	const struct machine *m = replay->machine;

	if (!replay->own_machine) {
		fprintf(out, "Machine    another one than the trace's: %s\n", replay->command_line);
		return;
	}
	fprintf(out, "Machine    the trace's own, by %s: %s, %s pages of RAM, %u CPUs\n", m->path,
		m->is_32bit ? "i386" : "x86_64", grouped(span_list_pages(&m->ram)), m->nr_cpus);
	if (m->knows_free)
		fprintf(out, "           %s pages free at the first event, the others reserved\n",
			grouped(span_list_pages(&m->free)));
	else
		fprintf(out, "           no initial-free.txt: all memory is free at the first event\n");
}

static void report_rate(const struct replay *replay, FILE *out)
{
	struct rates rates = replay_rates(replay);
	const struct run *run = &replay->runs[0];

	fprintf(out, "Booted     in %.1f ms\n", rates.boot_seconds * 1e3);
	fprintf(out, "Replayed   %s page events in %.3f s, %.2f million a second",
		grouped(replay_nr_events(run)), run->seconds,
		per_second(replay_nr_events(run), run->seconds));
	if (replay->nr_runs > 1)
		fprintf(out, "; median of %zu runs %.2f (%.2f to %.2f)", replay->nr_runs,
			rates.median / 1e6, rates.min / 1e6, rates.max / 1e6);
	fprintf(out, "\n");
	fprintf(out, "Checked    %ld violations; %s blocks live at the end, %d leaked at shutdown\n",
		run->nr_violations, grouped(run->nr_live), run->nr_leaked);
}

static void report_events(const struct replay *replay, FILE *out)
{
	const struct trace_stats *s = &replay->recording.stats;
	int type, i;

	fprintf(out, "\nEvents of the trace\n");
	for (type = 0; type < NR_TRACE_TYPES; type++) {
		if (!s->nr_type[type] || type == TRACE_UNKNOWN)
			continue;
		fprintf(out, "  %-32s %12s%s\n", trace_type_name((enum trace_type)type),
			grouped(s->nr_type[type]),
			type == TRACE_PAGE_ALLOC || type == TRACE_PAGE_FREE ? "  replayed" : "");
	}
	for (i = 0; i < TRACE_UNKNOWN_NAMES && s->unknown[i].nr; i++)
		fprintf(out, "  %-32s %12s  unknown\n", s->unknown[i].name, grouped(s->unknown[i].nr));
}

static void report_pair(FILE *out, const char *what, uint64_t here, uint64_t there)
{
	fprintf(out, "  %-44s %12s %12s\n", what, grouped(here), grouped(there));
}

static void report_failures(const struct outcome *here, const struct outcome *there, FILE *out)
{
	char what[64];
	int h, order;

	for (h = 0; h < NR_HEIGHTS; h++) {
		for (order = 0; order < NR_ORDERS; order++) {
			if (!here->nr_failed[h][order] && !there->nr_failed[h][order])
				continue;
			snprintf(what, sizeof(what), "  wanted from %s, order %d",
				 height_names[h], order);
			report_pair(out, what, here->nr_failed[h][order],
				    there->nr_failed[h][order]);
		}
	}
}

static void report_fallbacks(const struct outcome *here, const struct outcome *there, FILE *out)
{
	char what[64];
	int from, to;

	for (from = 0; from < NR_HEIGHTS; from++) {
		for (to = 0; to < NR_HEIGHTS; to++) {
			if (!here->nr_fallback[from][to] && !there->nr_fallback[from][to])
				continue;
			snprintf(what, sizeof(what), "  wanted from %s, served from %s",
				 height_names[from], height_names[to]);
			report_pair(out, what, here->nr_fallback[from][to],
				    there->nr_fallback[from][to]);
		}
	}
}

static void report_outcome(const struct replay *replay, FILE *out)
{
	const struct outcome *here = &replay->runs[0].total;
	struct outcome there = recording_there(&replay->recording);

	fprintf(out, "\n%-46s %12s %12s\n", "Outcome", "here", "there");
	report_pair(out, "allocations", here->nr_allocs, there.nr_allocs);
	report_pair(out, "failed allocations", outcome_failed(here), outcome_failed(&there));
	report_failures(here, &there, out);
	report_pair(out, "fallbacks to another zone", outcome_fallbacks(here),
		    outcome_fallbacks(&there));
	report_fallbacks(here, &there, out);
	report_pair(out, "external-fragmentation events", here->nr_extfrag, there.nr_extfrag);
}

static void report_count(FILE *out, const char *what, uint64_t nr)
{
	if (nr)
		fprintf(out, "  %-66s %12s\n", what, grouped(nr));
}

static void report_gaps(const struct replay *replay, FILE *out)
{
	const struct recording *r = &replay->recording;
	const struct outcome *t = &replay->runs[0].total;
	struct outcome there = recording_there(r);
	char what[96];
	int gap;

	fprintf(out, "\nWhat the trace does not tell (docs/replay.md)\n");
	report_count(out, "failed allocations of the trace, not replayed", outcome_failed(&there));
	report_count(out, "allocations inferred (--infer)", t->nr_inferred);
	report_count(out, "pages of initial-free.txt that were not free",
		     span_list_pages(&r->not_free));
	for (gap = 0; gap < NR_GAPS; gap++) {
		snprintf(what, sizeof(what), "frees of memory %s, released here", gap_texts[gap]);
		report_count(out, what, t->nr_released[gap]);
	}
	report_count(out, "  pages released by these", t->pages_released);
	fprintf(out, "  %-66s %12s\n", "frees without a known allocation",
		grouped(outcome_unknown(t)));
	for (gap = 0; gap < NR_GAPS; gap++) {
		snprintf(what, sizeof(what), "  %s", gap_texts[gap]);
		report_count(out, what, t->nr_unknown[gap]);
	}
	report_count(out, "pages in per-CPU arrays at the first event", t->pages_were_free);
	report_count(out, "allocations of a live block: implied frees", t->nr_implied);
	report_count(out, "frees of a part of a block", t->nr_parts);
	report_count(out, "frees of more than the live block", t->nr_mismatched);
	report_count(out, "frees of blocks whose allocation failed here", t->nr_after_failure);
	report_count(out, "compound blocks later freed in parts, replayed as plain", r->nr_split);
	report_count(out, "pages moved by compaction", r->nr_migrated);
	report_count(out, "__GFP_ZERO dropped", r->nr_dropped_zero);
	report_count(out, "__GFP_NOFAIL dropped", r->nr_dropped_nofail);
	report_count(out, "events at frames the machine does not have", r->nr_out_of_range);
}

static void report_phases(const struct replay *replay, FILE *out)
{
	const struct recording *r = &replay->recording;
	size_t i;

	fprintf(out, "\n%-14s %11s %9s %8s | %19s | %19s | %19s\n", "", "", "", "",
		"failed", "fallbacks", "ext. fragmentation");
	fprintf(out, "%-14s %11s %9s %8s | %9s %9s | %9s %9s | %9s %9s\n", "Phase", "page events",
		"ms", "M/s", "here", "there", "here", "there", "here", "there");
	for (i = 0; i < r->nr_phases; i++) {
		const struct outcome *here = &replay->engine.phases[i];
		const struct outcome *there = &r->phases[i].there;
		struct run run = { .total = *here };
		uint64_t nr = replay_nr_events(&run);

		fprintf(out, "%-14s %11s %9.2f %8.2f | %9s %9s | %9s %9s | %9s %9s\n",
			r->phases[i].name, grouped(nr), here->seconds * 1e3,
			per_second(nr, here->seconds),
			grouped(outcome_failed(here)), grouped(outcome_failed(there)),
			grouped(outcome_fallbacks(here)), grouped(outcome_fallbacks(there)),
			grouped(here->nr_extfrag), grouped(there->nr_extfrag));
	}
}

/* "0.193", or "-" of a zone that is not known. */
static const char *index_text(const struct zone_state *zone, unsigned int order)
{
	static char buffers[4][8];
	static unsigned int next;
	char *text = buffers[next++ % 4];
	unsigned int index;

	if (!zone)
		return "-";
	index = state_unusable(zone, order);
	snprintf(text, sizeof(buffers[0]), "%u.%03u", index / 1000 % 10, index % 1000);
	return text;
}

static void report_blocks(const struct zone_state *zone, const char *name, const char *whose,
			  bool knows_arrays, FILE *out)
{
	int order;

	fprintf(out, "  %-8s %-6s", name, whose);
	for (order = 0; order < NR_ORDERS; order++)
		fprintf(out, " %6" PRIu64, zone->nr_free[order]);
	fprintf(out, " %9" PRIu64, state_pages(zone));
	if (knows_arrays)
		fprintf(out, " %7" PRIu64, zone->in_arrays);
	else
		fprintf(out, " %7s", "-");
	fprintf(out, " %7d\n", state_largest_order(zone));
}

static void report_unusable(const struct zone_state *zone, const char *name, const char *whose,
			    FILE *out)
{
	unsigned int order;

	fprintf(out, "  %-8s %-6s", name, whose);
	for (order = 0; order < NR_ORDERS; order++)
		fprintf(out, "  %s", index_text(zone, order));
	fprintf(out, "\n");
}

static void report_snapshot(const struct replay *replay, size_t i, FILE *out)
{
	const struct snapshot *s = &replay->recording.snapshots[i];
	const struct memory_state *here = &replay->engine.states[i];
	const char *source;
	const struct memory_state *there = replay_there(replay, i, &source);
	const struct zone_state *other;
	size_t z;

	fprintf(out, "\nSnapshot %s (there: %s)\n", s->label, there ? source : "not known");
	fprintf(out, "  %-8s %-6s", "blocks", "order");
	for (z = 0; z < NR_ORDERS; z++)
		fprintf(out, " %6zu", z);
	fprintf(out, " %9s %7s %7s\n", "pages", "arrays", "largest");
	for (z = 0; z < here->nr; z++) {
		report_blocks(&here->zone[z], here->zone[z].name, "here", true, out);
		other = there ? state_find(there, here->zone[z].nid, here->zone[z].name) : NULL;
		if (other)
			report_blocks(other, "", "there", there->knows_arrays, out);
	}
	fprintf(out, "  unusable\n");
	for (z = 0; z < here->nr; z++) {
		report_unusable(&here->zone[z], here->zone[z].name, "here", out);
		other = there ? state_find(there, here->zone[z].nid, here->zone[z].name) : NULL;
		if (other)
			report_unusable(other, "", "there", out);
	}
}

static void report_snapshots(const struct replay *replay, FILE *out)
{
	size_t i;

	fprintf(out, "\nFree memory: blocks by order, pages in them, pages in per-CPU arrays, the "
		"largest order\nfree, and the unusable-free index by order\n");
	for (i = 0; i < replay->recording.nr_snapshots; i++)
		report_snapshot(replay, i, out);
}

static void report_summary_zone(const char *label, const struct zone_state *here,
				const struct zone_state *there, bool knows_arrays, FILE *out)
{
	char largest[8] = "-";

	if (there)
		snprintf(largest, sizeof(largest), "%d", state_largest_order(there));
	fprintf(out, "%-20s %-8s | %9s %9s | %6s %6s | %5d %5s | %6s %6s | %6s %6s\n",
		label, here->name, grouped(state_pages(here)), there ? grouped(state_pages(there)) : "-",
		grouped(here->in_arrays), there && knows_arrays ? grouped(there->in_arrays) : "-",
		state_largest_order(here), largest, index_text(here, 3), index_text(there, 3),
		index_text(here, 9), index_text(there, 9));
}

/* Free pages, pages in arrays and the largest order: a line for each snapshot and zone. */
static void report_summary(const struct replay *replay, FILE *out)
{
	size_t i, z;

	fprintf(out, "\n%-20s %-8s | %19s | %13s | %11s | %13s | %13s\n", "", "", "free in lists",
		"in arrays", "largest", "unusable at 3", "unusable at 9");
	fprintf(out, "%-20s %-8s | %9s %9s | %6s %6s | %5s %5s | %6s %6s | %6s %6s\n",
		"Snapshot", "zone", "here", "there", "here", "there", "here", "there", "here",
		"there", "here", "there");
	for (i = 0; i < replay->recording.nr_snapshots; i++) {
		const struct memory_state *here = &replay->engine.states[i];
		const char *source;
		const struct memory_state *there = replay_there(replay, i, &source);

		for (z = 0; z < here->nr; z++)
			report_summary_zone(replay->recording.snapshots[i].label, &here->zone[z],
					    there ? state_find(there, here->zone[z].nid,
							       here->zone[z].name) : NULL,
					    there && there->knows_arrays, out);
	}
}

void report_text(const struct replay *replay, bool details, FILE *out)
{
	struct agreement agreement = replay_agreement(replay);

	report_reading(replay, out);
	report_machine(replay, out);
	report_rate(replay, out);
	report_events(replay, out);
	report_outcome(replay, out);
	report_gaps(replay, out);
	report_phases(replay, out);
	if (details)
		report_snapshots(replay, out);
	else
		report_summary(replay, out);
	if (agreement.nr_zones)
		fprintf(out, "\nThe free lists there, as derived from the moves in the trace, equal the "
			"recorded ones in %u of %u cases.\n", agreement.nr_equal, agreement.nr_zones);
	fprintf(out, "\n");
}

// SPDX-License-Identifier: MIT
/*
 * json.c - the outcome of a replay as JSON; docs/replay.md is its schema
 *
 * Numbers are counts, pages or seconds, never strings; a figure that is not known is left out.
 */
#include <inttypes.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "replay.h"

static void put(cJSON *object, const char *name, uint64_t value)
{
	cJSON_AddNumberToObject(object, name, (double)value);
}

static cJSON *json_trace(const struct replay *replay)
{
	const struct recording *r = &replay->recording;
	cJSON *trace = cJSON_CreateObject(), *types;
	int type;

	cJSON_AddStringToObject(trace, "path", replay->path);
	cJSON_AddStringToObject(trace, "form", r->stats.form);
	put(trace, "stored_bytes", r->stats.read_bytes);
	put(trace, "text_bytes", r->stats.text_bytes);
	put(trace, "lines", r->stats.nr_lines);
	put(trace, "events", r->stats.nr_events);
	put(trace, "malformed", r->stats.nr_malformed);
	put(trace, "lost", r->stats.nr_lost);
	put(trace, "out_of_range", r->nr_out_of_range);
	cJSON_AddNumberToObject(trace, "read_seconds", r->read_seconds);
	cJSON_AddNumberToObject(trace, "parse_seconds", r->read_seconds - r->stats.input_seconds);
	types = cJSON_AddObjectToObject(trace, "by_type");
	for (type = 0; type < NR_TRACE_TYPES; type++)
		if (r->stats.nr_type[type])
			put(types, trace_type_name((enum trace_type)type), r->stats.nr_type[type]);
	return trace;
}

static cJSON *json_machine(const struct replay *replay)
{
	const struct machine *m = replay->machine;
	cJSON *machine = cJSON_CreateObject();

	cJSON_AddBoolToObject(machine, "own", replay->own_machine);
	cJSON_AddStringToObject(machine, "command_line", replay->command_line);
	if (m) {
		cJSON_AddStringToObject(machine, "file", m->path);
		put(machine, "ram_pages", span_list_pages(&m->ram));
		put(machine, "trace_cpus", m->nr_cpus);
		if (m->knows_free)
			put(machine, "initially_free_pages", span_list_pages(&m->free));
	}
	return machine;
}

static cJSON *json_run(const struct replay *replay)
{
	struct rates rates = replay_rates(replay);
	const struct run *run = &replay->runs[0];
	cJSON *json = cJSON_CreateObject();

	put(json, "runs", replay->nr_runs);
	put(json, "page_events", replay_nr_events(run));
	cJSON_AddNumberToObject(json, "events_per_second", rates.median);
	cJSON_AddNumberToObject(json, "events_per_second_min", rates.min);
	cJSON_AddNumberToObject(json, "events_per_second_max", rates.max);
	cJSON_AddNumberToObject(json, "boot_seconds", rates.boot_seconds);
	cJSON_AddBoolToObject(json, "runs_differ", replay->runs_differ);
	cJSON_AddNumberToObject(json, "violations", (double)run->nr_violations);
	cJSON_AddNumberToObject(json, "leaked", run->nr_leaked);
	put(json, "live_at_end", run->nr_live);
	return json;
}

static cJSON *json_failed(const struct outcome *outcome)
{
	cJSON *list = cJSON_CreateArray();
	int h, order;

	for (h = 0; h < NR_HEIGHTS; h++) {
		for (order = 0; order < NR_ORDERS; order++) {
			cJSON *item;

			if (!outcome->nr_failed[h][order])
				continue;
			item = cJSON_CreateObject();
			cJSON_AddStringToObject(item, "zone", height_names[h]);
			put(item, "order", (uint64_t)order);
			put(item, "count", outcome->nr_failed[h][order]);
			cJSON_AddItemToArray(list, item);
		}
	}
	return list;
}

static cJSON *json_fallback(const struct outcome *outcome)
{
	cJSON *list = cJSON_CreateArray();
	int from, to;

	for (from = 0; from < NR_HEIGHTS; from++) {
		for (to = 0; to < NR_HEIGHTS; to++) {
			cJSON *item;

			if (!outcome->nr_fallback[from][to])
				continue;
			item = cJSON_CreateObject();
			cJSON_AddStringToObject(item, "preferred", height_names[from]);
			cJSON_AddStringToObject(item, "served", height_names[to]);
			put(item, "count", outcome->nr_fallback[from][to]);
			cJSON_AddItemToArray(list, item);
		}
	}
	return list;
}

/* What both machines know. */
static cJSON *json_outcome(const struct outcome *outcome)
{
	cJSON *json = cJSON_CreateObject();

	put(json, "allocations", outcome->nr_allocs);
	put(json, "frees", outcome->nr_frees);
	put(json, "failed", outcome_failed(outcome));
	cJSON_AddItemToObject(json, "failed_by", json_failed(outcome));
	put(json, "fallbacks", outcome_fallbacks(outcome));
	cJSON_AddItemToObject(json, "fallbacks_by", json_fallback(outcome));
	put(json, "extfrag", outcome->nr_extfrag);
	return json;
}

static cJSON *json_by_gap(const uint64_t *nr)
{
	cJSON *json = cJSON_CreateObject();
	int gap;

	for (gap = 0; gap < NR_GAPS; gap++)
		put(json, gap_names[gap], nr[gap]);
	return json;
}

static cJSON *json_gaps(const struct replay *replay)
{
	const struct recording *r = &replay->recording;
	const struct outcome *t = &replay->runs[0].total;
	cJSON *json = cJSON_CreateObject();

	cJSON_AddItemToObject(json, "released", json_by_gap(t->nr_released));
	put(json, "released_pages", t->pages_released);
	put(json, "unknown", outcome_unknown(t));
	cJSON_AddItemToObject(json, "unknown_by", json_by_gap(t->nr_unknown));
	put(json, "inferred_allocations", t->nr_inferred);
	put(json, "not_free_pages", span_list_pages(&r->not_free));
	put(json, "in_arrays_at_first_event", t->pages_were_free);
	put(json, "implied_frees", t->nr_implied);
	put(json, "part_frees", t->nr_parts);
	put(json, "mismatched_frees", t->nr_mismatched);
	put(json, "frees_after_failure", t->nr_after_failure);
	put(json, "compound_made_plain", r->nr_split);
	put(json, "migrated_pages", r->nr_migrated);
	put(json, "dropped_zero", r->nr_dropped_zero);
	put(json, "dropped_nofail", r->nr_dropped_nofail);
	return json;
}

static cJSON *json_zone(const struct zone_state *zone, bool knows_arrays)
{
	cJSON *json = cJSON_CreateObject(), *blocks, *unusable;
	unsigned int order;

	put(json, "node", (uint64_t)zone->nid);
	cJSON_AddStringToObject(json, "zone", zone->name);
	blocks = cJSON_AddArrayToObject(json, "free_blocks");
	unusable = cJSON_AddArrayToObject(json, "unusable_index");
	for (order = 0; order < NR_ORDERS; order++) {
		double index = state_unusable(zone, order) / 1000.0;

		cJSON_AddItemToArray(blocks, cJSON_CreateNumber((double)zone->nr_free[order]));
		cJSON_AddItemToArray(unusable, cJSON_CreateNumber(index));
	}
	put(json, "free_pages", state_pages(zone));
	if (knows_arrays)
		put(json, "array_pages", zone->in_arrays);
	cJSON_AddNumberToObject(json, "largest_order", state_largest_order(zone));
	return json;
}

static cJSON *json_state(const struct memory_state *state)
{
	cJSON *list = cJSON_CreateArray();
	size_t z;

	for (z = 0; z < state->nr; z++)
		cJSON_AddItemToArray(list, json_zone(&state->zone[z], state->knows_arrays));
	return list;
}

static cJSON *json_phases(const struct replay *replay)
{
	const struct recording *r = &replay->recording;
	cJSON *list = cJSON_CreateArray();
	size_t i;

	for (i = 0; i < r->nr_phases; i++) {
		struct run run = { .total = replay->engine.phases[i] };
		cJSON *phase = cJSON_CreateObject();

		cJSON_AddStringToObject(phase, "name", r->phases[i].name);
		cJSON_AddStringToObject(phase, "text", r->phases[i].text);
		put(phase, "events", r->phases[i].nr_events);
		put(phase, "page_events", replay_nr_events(&run));
		cJSON_AddNumberToObject(phase, "seconds", run.total.seconds);
		cJSON_AddItemToObject(phase, "here", json_outcome(&run.total));
		cJSON_AddItemToObject(phase, "there", json_outcome(&r->phases[i].there));
		cJSON_AddItemToArray(list, phase);
	}
	return list;
}

static cJSON *json_snapshots(const struct replay *replay)
{
	const struct recording *r = &replay->recording;
	cJSON *list = cJSON_CreateArray();
	size_t i;

	for (i = 0; i < r->nr_snapshots; i++) {
		cJSON *snapshot = cJSON_CreateObject();
		const struct memory_state *there;
		const char *source;

		there = replay_there(replay, i, &source);
		cJSON_AddStringToObject(snapshot, "label", r->snapshots[i].label);
		cJSON_AddStringToObject(snapshot, "phase", r->phases[r->snapshots[i].phase].name);
		cJSON_AddItemToObject(snapshot, "here", json_state(&replay->engine.states[i]));
		if (there) {
			cJSON_AddStringToObject(snapshot, "there_source", source);
			cJSON_AddItemToObject(snapshot, "there", json_state(there));
		}
		cJSON_AddItemToArray(list, snapshot);
	}
	return list;
}

cJSON *report_json(const struct replay *replay)
{
	struct agreement agreement = replay_agreement(replay);
	struct outcome there = recording_there(&replay->recording);
	cJSON *json = cJSON_CreateObject();

	cJSON_AddItemToObject(json, "trace", json_trace(replay));
	cJSON_AddItemToObject(json, "machine", json_machine(replay));
	cJSON_AddItemToObject(json, "run", json_run(replay));
	cJSON_AddItemToObject(json, "here", json_outcome(&replay->runs[0].total));
	cJSON_AddItemToObject(json, "there", json_outcome(&there));
	cJSON_AddItemToObject(json, "gaps", json_gaps(replay));
	cJSON_AddItemToObject(json, "phases", json_phases(replay));
	cJSON_AddItemToObject(json, "snapshots", json_snapshots(replay));
	if (agreement.nr_zones) {
		cJSON *derived = cJSON_AddObjectToObject(json, "derived_vs_recorded");

		put(derived, "zones", agreement.nr_zones);
		put(derived, "equal", agreement.nr_equal);
	}
	return json;
}

// SPDX-License-Identifier: MIT
/*
 * replay.c - `pagoda replay': the page events of a real kernel on our machine
 *
 * Idea. For each trace: find out what machine it was made on, read it into memory, boot a machine
 * (a copy of that one, or with --machine and --mem another), replay, check, free what is left,
 * shut down, tell. With --repeat the part from boot to shutdown is done again, for the clock; the
 * outcome must be the same each time.
 */
#define _GNU_SOURCE
#include "replay.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include <pagoda/pagoda.h>

#include "command.h"

#define MAX_PROBLEMS_TOLD 20

struct options {
	const char *machine;
	const char *mem;
	const char *nr_cpus;
	const char *machine_file;
	const char *json;
	const char *boot;
	bool	    strict;
	bool	    quiet;
	bool	    infer;
	size_t	    nr_runs;
	char	  **paths;
	size_t	    nr_paths;
};

enum option_key {
	KEY_MEM = 256,
	KEY_NR_CPUS,
	KEY_MACHINE_FILE,
	KEY_BOOT,
	KEY_JSON,
	KEY_INFER,
	KEY_STRICT,
	KEY_REPEAT,
};

static const struct argp_option argp_options[] = {
	{ "machine", 'm', "KIND", 0, "what if it had been an i386, an x86_64", 0 },
	{ "mem", KEY_MEM, "SIZE", 0, "what if it had had this much memory: 512M, 2G", 0 },
	{ "nr-cpus", KEY_NR_CPUS, "N", 0, "number of CPUs, instead of the trace's", 0 },
	{ "machine-file", KEY_MACHINE_FILE, "FILE", 0, "the machine.txt of the trace", 0 },
	{ "boot", KEY_BOOT, "PARAMETERS", 0, "more boot parameters", 0 },
	{ "json", KEY_JSON, "FILE", 0, "write the outcome as JSON, `-' to standard output", 0 },
	{ "infer", KEY_INFER, NULL, 0,
	  "replay allocations in bulk, too, which only the free lists show", 0 },
	{ "strict", KEY_STRICT, NULL, 0, "end at the first malformed line", 0 },
	{ "quiet", 'q', NULL, 0, "no table for each snapshot, no progress bar", 0 },
	{ "repeat", KEY_REPEAT, "N", 0, "boot and replay N times; the rate is the median", 0 },
	{ 0 }
};

static const char doc[] =
	"Replay the page allocations and frees that a real Linux kernel recorded, phase by phase, and "
	"compare the outcome with what that kernel reported.\v"
	"A TRACE is ftrace text (plain, .xz, .zst, `-' for standard input) or a trace.dat. By default "
	"the machine is the one of the trace, read from the machine.txt that belongs to it; --machine "
	"or --mem try another. Exit status: 0 all is well; 1 lines were malformed, or the outcome "
	"contradicts itself; 2 wrong command line; 3 a file cannot be read or written; 4 the machine "
	"does not boot. What the figures mean: docs/replay.md, pagoda-replay(1).";

/*
 * The progress bar: on a terminal only, and gone when done.
 */
static bool show_progress;

static void draw_progress(const char *what, uint64_t done, uint64_t total)
{
	static double drawn;
	int percent = total ? (int)(done * 100 / total) : 0;

	if (!show_progress || (now_seconds() - drawn < 0.1 && done < total))
		return;
	drawn = now_seconds();
	if (total)
		fprintf(stderr, "\r%-8s [%-40.*s] %3d %%", what, percent * 40 / 100,
			"########################################", percent);
	else
		fprintf(stderr, "\r%-8s %llu bytes", what, (unsigned long long)done);
}

static void end_progress(void)
{
	if (show_progress)
		fprintf(stderr, "\r%*s\r", 60, "");
}

static void reading_progress(uint64_t done, uint64_t total)
{
	draw_progress("reading", done, total);
}

static void replay_progress(uint64_t done, uint64_t total)
{
	draw_progress("replay", done, total);
}

static unsigned int nr_problems;

static void tell_problem(const struct trace_problem *problem)
{
	end_progress();
	if (nr_problems++ < MAX_PROBLEMS_TOLD)
		fprintf(stderr, "%s:%u: %s\n", problem->file, problem->line, problem->reason);
	else if (nr_problems == MAX_PROBLEMS_TOLD + 1)
		fprintf(stderr, "%s: more malformed lines follow, which are only counted\n",
			problem->file);
}

uint64_t replay_nr_events(const struct run *run)
{
	const struct outcome *t = &run->total;

	return t->nr_allocs + outcome_failed(t) + t->nr_frees + t->nr_mismatched +
	       t->nr_inferred + t->nr_after_failure + outcome_unknown(t) + outcome_released(t);
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

struct rates replay_rates(const struct replay *replay)
{
	size_t nr = replay->nr_runs, i;
	double *rate = must_alloc(NULL, nr, sizeof(*rate));
	double *boot = must_alloc(NULL, nr, sizeof(*boot));
	struct rates rates;

	for (i = 0; i < nr; i++) {
		const struct run *run = &replay->runs[i];

		rate[i] = run->seconds > 0 ? (double)replay_nr_events(run) / run->seconds : 0;
		boot[i] = run->boot_seconds;
	}
	qsort(rate, nr, sizeof(*rate), by_value);
	qsort(boot, nr, sizeof(*boot), by_value);
	rates = (struct rates){ rate[nr / 2], rate[0], rate[nr - 1], boot[nr / 2] };
	free(rate);
	free(boot);
	return rates;
}

const struct memory_state *replay_there(const struct replay *replay, size_t snapshot,
					const char **source)
{
	const struct snapshot *s = &replay->recording.snapshots[snapshot];

	*source = "recorded";
	if (replay->recorded[snapshot].nr)
		return &replay->recorded[snapshot];
	*source = "derived";
	return s->derived.nr ? &s->derived : NULL;
}

static bool same_lists(const struct memory_state *derived, const struct zone_state *recorded)
{
	const struct zone_state *zone = state_find(derived, recorded->nid, recorded->name);

	return zone && !memcmp(recorded->nr_free, zone->nr_free, sizeof(zone->nr_free));
}

struct agreement replay_agreement(const struct replay *replay)
{
	struct agreement agreement = { 0, 0 };
	size_t i, z;

	for (i = 0; i < replay->recording.nr_snapshots; i++) {
		const struct snapshot *s = &replay->recording.snapshots[i];

		for (z = 0; s->derived.nr && z < replay->recorded[i].nr; z++) {
			const struct zone_state *recorded = &replay->recorded[i].zone[z];

			agreement.nr_zones++;
			agreement.nr_equal += same_lists(&s->derived, recorded) ||
					      same_lists(&s->derived_after, recorded);
		}
	}
	return agreement;
}

static void read_recorded(struct replay *replay)
{
	const struct recording *recording = &replay->recording;
	size_t i;

	replay->recorded = must_alloc(NULL, recording->nr_snapshots, sizeof(*replay->recorded));
	memset(replay->recorded, 0, recording->nr_snapshots * sizeof(*replay->recorded));
	for (i = 0; replay->machine && i < recording->nr_snapshots; i++)
		state_recorded(replay->machine->dir, recording->snapshots[i].label,
			       &replay->recorded[i]);
}

/* The last thing replayed on a machine: the invariants, then nothing may be left over. */
static void finish_run(struct engine *engine, struct run *run)
{
	size_t i;

	for (i = 0; i < engine->recording->nr_phases; i++)
		outcome_add(&run->total, &engine->phases[i]);
	run->seconds = run->total.seconds;
	run->nr_violations = pagoda_check();
	run->nr_live = engine_free_all(engine);
	run->nr_leaked = pagoda_shutdown();
}

static int run_once(struct replay *replay, struct run *run, struct engine *engine)
{
	double start = now_seconds();
	int err;

	memset(run, 0, sizeof(*run));
	err = pagoda_boot(replay->command_line);
	run->boot_seconds = now_seconds() - start;
	if (err) {
		complain("%s: the machine does not boot: %s", replay->path, strerror(-err));
		return EXIT_BOOT;
	}
	engine->progress = replay_progress;
	if (engine_start(engine, &replay->recording, replay->own_machine ? replay->machine : NULL)) {
		pagoda_shutdown();
		return EXIT_IO;
	}
	engine_run(engine);
	finish_run(engine, run);
	return EXIT_OK;
}

static bool same_outcome(const struct run *a, const struct run *b)
{
	return !memcmp(&a->total, &b->total, offsetof(struct outcome, seconds)) &&
	       a->nr_live == b->nr_live;
}

/* All runs; the first one's engine is kept for the report. */
static int run_all(struct replay *replay, size_t nr)
{
	struct engine engine = { 0 };
	int code;

	replay->runs = must_alloc(NULL, nr, sizeof(*replay->runs));
	code = run_once(replay, &replay->runs[0], &replay->engine);
	replay->nr_runs = 1;
	while (!code && replay->nr_runs < nr) {
		struct run *run = &replay->runs[replay->nr_runs];

		code = run_once(replay, run, &engine);
		engine_end(&engine);
		if (code)
			break;
		replay->runs_differ |= !same_outcome(run, &replay->runs[0]);
		replay->nr_runs++;
	}
	end_progress();
	return code;
}

/* Whether the outcome contradicts itself; each contradiction is said. */
static int judge(const struct replay *replay)
{
	int code = replay->recording.stats.nr_malformed ? EXIT_FINDINGS : EXIT_OK;
	size_t i;

	for (i = 0; i < replay->nr_runs; i++) {
		const struct run *run = &replay->runs[i];

		if (run->nr_violations)
			complain("%s: pagoda_check() found %ld violations", replay->path,
				 run->nr_violations);
		if (run->nr_leaked)
			complain("%s: %d blocks leaked at shutdown", replay->path, run->nr_leaked);
		if (run->nr_violations || run->nr_leaked)
			code = EXIT_FINDINGS;
	}
	if (replay->runs_differ) {
		complain("%s: the runs differ in their outcome", replay->path);
		code = EXIT_FINDINGS;
	}
	return code;
}

static int write_json(const struct options *options, const cJSON *json)
{
	FILE *out = strcmp(options->json, "-") ? fopen(options->json, "we") : stdout;
	char *text = cJSON_Print(json);
	int failed = !out || !text || fprintf(out, "%s\n", text) < 0;

	free(text);
	if (out && (out == stdout ? fflush(out) : fclose(out)))
		failed = 1;
	if (!failed)
		return EXIT_OK;
	complain("%s: %s", options->json, strerror(errno));
	return EXIT_IO;
}

/* With another machine than the trace's, what is not said is taken from the trace. */
static char *what_if_command_line(const struct options *options, const struct replay *replay)
{
	const struct machine *machine = replay->machine;
	const char *kind = options->machine;
	char cpus[16], mem[32];

	if (!kind)
		kind = machine && machine->is_32bit ? "i386" : "x86_64";
	snprintf(cpus, sizeof(cpus), "%u", machine && machine->nr_cpus ? machine->nr_cpus :
		 replay->recording.max_cpu + 1);
	snprintf(mem, sizeof(mem), "%lluK",
		 machine ? (unsigned long long)machine_end(machine) * 4 : 0);
	return boot_command_line(kind, options->mem ? options->mem : mem,
				 options->nr_cpus ? options->nr_cpus : cpus, NULL, options->boot);
}

/* The portable arrays: with them a thread may count as any CPU, at no cost. */
static void make_command_line(const struct options *options, struct replay *replay)
{
	char *line;

	if (replay->own_machine)
		line = machine_command_line(replay->machine, options->nr_cpus, options->boot);
	else
		line = what_if_command_line(options, replay);
	replay->command_line = must_print("array_cache=portable loglevel=4 %s", line);
	free(line);
}

/* What the name says, unless told. Return: enum exit_code. */
static int find_machine(const struct options *options, struct replay *replay,
			struct machine *machine)
{
	char *path = options->machine_file ? must_print("%s", options->machine_file) :
		     strcmp(replay->path, "-") ? machine_find(replay->path) : NULL;
	int err;

	replay->own_machine = !options->machine && !options->mem;
	if (!path) {
		if (options->mem)
			return EXIT_OK;
		complain("%s: no machine.txt belongs to this trace: name it with --machine-file=FILE, "
			 "or choose a machine with --machine=i386|x86_64 and --mem=SIZE", replay->path);
		return EXIT_USAGE;
	}
	err = machine_read(path, machine);
	free(path);
	if (err)
		return EXIT_IO;
	replay->machine = machine;
	return EXIT_OK;
}

static uint64_t recorded_in_arrays(const struct machine *machine, const char *label)
{
	struct memory_state state = { 0 };
	uint64_t pages = 0;
	size_t z;

	if (machine && state_recorded(machine->dir, label, &state))
		for (z = 0; z < state.nr; z++)
			pages += state.zone[z].in_arrays;
	state_free(&state);
	return pages;
}

static int read_recording(const struct options *options, struct replay *replay)
{
	struct recording_options reading = {
		.machine = replay->machine,
		.strict = options->strict,
		.infer = options->infer,
		.in_arrays = recorded_in_arrays(replay->machine, "end"),
		.problem = tell_problem,
		.progress = reading_progress,
	};
	enum trace_result result;

	nr_problems = 0;
	result = recording_read(replay->path, &reading, &replay->recording);
	end_progress();
	if (result == TRACE_STOPPED) {
		complain("%s: stopped at a malformed line, as --strict wants", replay->path);
		return EXIT_FINDINGS;
	}
	if (result < 0) {
		complain("%s", replay->recording.stats.error);
		return EXIT_IO;
	}
	return EXIT_OK;
}

/* What the trace itself shows not to have been free at the first event. */
static void correct_free(struct machine *machine, const struct span_list *not_free)
{
	struct span_list free_then = span_list_less(&machine->free, not_free);

	free(machine->free.span);
	machine->free = free_then;
}

/* A trace that breaks off is replayed as far as it goes. */
static int replay_trace(const struct options *options, struct replay *replay,
			struct machine *machine, cJSON *json)
{
	int code = read_recording(options, replay), run_code;

	if (code == EXIT_FINDINGS || (code && !replay->recording.nr_ops))
		return code;
	if (!replay->recording.nr_ops)
		complain("%s: no page events in this trace", replay->path);
	correct_free(machine, &replay->recording.not_free);
	make_command_line(options, replay);
	read_recorded(replay);
	run_code = run_all(replay, options->nr_runs);
	if (run_code)
		return worse(code, run_code);
	if (!options->json || strcmp(options->json, "-"))
		report_text(replay, !options->quiet, stdout);
	if (json)
		cJSON_AddItemToArray(json, report_json(replay));
	return worse(code, judge(replay));
}

static int replay_one(const struct options *options, const char *path, cJSON *json)
{
	struct replay replay = { .path = path };
	struct machine machine = { 0 };
	size_t i;
	int code = find_machine(options, &replay, &machine);

	if (!code)
		code = replay_trace(options, &replay, &machine, json);
	for (i = 0; replay.recorded && i < replay.recording.nr_snapshots; i++)
		state_free(&replay.recorded[i]);
	free(replay.recorded);
	free(replay.runs);
	free(replay.command_line);
	engine_end(&replay.engine);
	recording_free(&replay.recording);
	machine_free(&machine);
	return code;
}

static void parse_repeat(const char *arg, struct options *options, struct argp_state *state)
{
	char *end;
	unsigned long nr = strtoul(arg, &end, 10);

	if (*end || !nr || nr > 1000)
		argp_error(state, "--repeat=%s: not a number from 1 to 1000", arg);
	options->nr_runs = nr;
}

static void parse_cpus(const char *arg, struct options *options, struct argp_state *state)
{
	char *end;
	unsigned long nr = strtoul(arg, &end, 10);

	if (*end || !nr || nr > 65536)
		argp_error(state, "--nr-cpus=%s: not a number of CPUs", arg);
	options->nr_cpus = arg;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'm':
		options->machine = arg;
		break;
	case 'q':
		options->quiet = true;
		break;
	case KEY_MEM:
		options->mem = arg;
		break;
	case KEY_NR_CPUS:
		parse_cpus(arg, options, state);
		break;
	case KEY_MACHINE_FILE:
		options->machine_file = arg;
		break;
	case KEY_JSON:
		options->json = arg;
		break;
	case KEY_INFER:
		options->infer = true;
		break;
	case KEY_STRICT:
		options->strict = true;
		break;
	case KEY_BOOT:
		options->boot = arg;
		break;
	case KEY_REPEAT:
		parse_repeat(arg, options, state);
		break;
	case ARGP_KEY_ARGS:
		options->paths = state->argv + state->next;
		options->nr_paths = (size_t)(state->argc - state->next);
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "a trace is missing");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

int command_replay(int argc, char **argv)
{
	const struct argp argp = { argp_options, parse, "TRACE...", doc, NULL, NULL, NULL };
	struct options options = { .nr_runs = 1 };
	cJSON *root = NULL, *traces = NULL;
	int code = EXIT_OK;
	size_t i;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	show_progress = !options.quiet && isatty(STDERR_FILENO);
	if (options.json) {
		root = cJSON_CreateObject();
		cJSON_AddStringToObject(root, "pagoda", pagoda_version());
		traces = cJSON_AddArrayToObject(root, "replays");
	}
	for (i = 0; i < options.nr_paths; i++)
		code = worse(code, replay_one(&options, options.paths[i], traces));
	if (root)
		code = worse(code, write_json(&options, root));
	cJSON_Delete(root);
	return code;
}

// SPDX-License-Identifier: MIT
/*
 * main.c - pagoda-bench: Pagoda and its peers, in turn, in one run
 *
 * Idea. Figures of two allocators can be compared when both were taken within the same few
 * milliseconds. So the run goes in rounds; each round measures every row of every bench once, and
 * what counts is the median over the rounds (docs/benchmarks.md).
 */
#define _GNU_SOURCE
#include "bench.h"

#include <argp.h>
#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define MAX_ROUNDS 1000

struct options options = { .rounds = 9, .min_ms = 20 };

static const struct argp_option argp_options[] = {
	{ "rounds", 'r', "N", 0, "measure everything N times (9)", 0 },
	{ "quick", 'q', NULL, 0, "3 rounds of short loops: a look, not a result", 0 },
	{ "only", 'o', "PATTERN", 0, "only benches whose names match, like 'burst-*'; may be repeated", 0 },
	{ "list", 'l', NULL, 0, "name the benches and what they measure, and end", 0 },
	{ "json", 'j', "FILE", 0, "write all samples to FILE, too", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	char *end;

	switch (key) {
	case 'r':
		options.rounds = strtoul(arg, &end, 10);
		if (*end || options.rounds < 1 || options.rounds > MAX_ROUNDS)
			argp_error(state, "--rounds=%s: not a number from 1 to %d", arg, MAX_ROUNDS);
		return 0;
	case 'q':
		options.rounds = 3;
		options.min_ms = 4;
		return 0;
	case 'o':
		if (options.nr_only == sizeof(options.only) / sizeof(options.only[0]))
			argp_error(state, "--only=%s: too many", arg);
		options.only[options.nr_only++] = arg;
		return 0;
	case 'l':
		options.list = true;
		return 0;
	case 'j':
		options.json = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = argp_options,
	.parser	 = parse_option,
	.doc	 = "Measures Pagoda and other allocators in turn and compares them.\v"
		   "Exit status: 0 when everything selected was measured, whether or not it reached "
		   "its target, but for what is not installed; 1 when a measurement failed; 64 for a "
		   "wrong command line.",
};

/* Return: how many benches were selected. */
static unsigned int select_benches(void)
{
	unsigned int nr = 0;

	for (struct bench *b = benches; b->name; b++) {
		b->selected = options.nr_only == 0;
		for (unsigned int i = 0; i < options.nr_only; i++)
			b->selected |= fnmatch(options.only[i], b->name, 0) == 0;
		nr += b->selected;
	}
	return nr;
}

static bool needed(enum contestant_id who, bool crowd)
{
	for (const struct bench *b = benches; b->name; b++)
		for (unsigned int i = 0; b->selected && i < b->nr_rows; i++)
			if (b->sample == sample_served && b->rows[i].who == who &&
			    b->rows[i].crowd == crowd)
				return true;
	return false;
}

static void start_contestants(void)
{
	for (int i = 0; i < NR_CONTESTANTS; i++) {
		crowds[i] = contestants[i];
		if (needed(i, false))
			contest_start(&contestants[i]);
		if (needed(i, true))
			contest_start(&crowds[i]);
	}
}

/* The row of the same bench that does the same on one thread. */
static const struct row *single(const struct bench *b, const struct row *row)
{
	for (unsigned int i = 0; i < b->nr_rows; i++) {
		const struct row *one = &b->rows[i];

		if (one->nr_threads == 1 && one->who == row->who &&
		    strcmp(one->subject, row->subject) == 0)
			return one;
	}
	return NULL;
}

static void *must_calloc(size_t nr, size_t size)
{
	void *p = calloc(nr, size);

	if (!p)
		abort();
	return p;
}

static void keep_sample(struct row *row, const double fig[NR_FIGURES], bool disturbed)
{
	for (int i = 0; i < NR_FIGURES; i++) {
		if (isnan(fig[i]))
			continue;
		if (!row->samples[i])
			row->samples[i] = must_calloc(options.rounds, sizeof(double));
		row->samples[i][row->nr_samples] = fig[i];
	}
	if (!row->disturbed)
		row->disturbed = must_calloc(options.rounds, sizeof(bool));
	row->disturbed[row->nr_samples++] = disturbed;
	row->nr_disturbed += disturbed;
}

/* A row that failed once is left out from then on: its samples would miss rounds. */
static void measure_row(const struct bench *b, struct row *row)
{
	const struct row *one = row->nr_threads > 1 ? single(b, row) : NULL;
	unsigned int round = row->nr_samples;
	double fig[NR_FIGURES];
	int disturbed;

	for (int i = 0; i < NR_FIGURES; i++)
		fig[i] = NAN;
	disturbed = row->failed[0] ? -1 : b->sample(row, fig);
	if (disturbed < 0)
		return;
	if (one && one->nr_samples > round) {
		fig[FIG_SPEEDUP] = one->samples[FIG_GROSS][round] / fig[FIG_GROSS];
		disturbed |= one->disturbed[round];
	}
	keep_sample(row, fig, disturbed);
}

static void progress(unsigned int round, const struct bench *b, const struct row *row)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[Kround %u of %u: %s: %s", round + 1, options.rounds,
			b->name, row->label);
}

static void measure_all(void)
{
	for (unsigned int round = 0; round < options.rounds; round++)
		for (struct bench *b = benches; b->name; b++)
			for (unsigned int i = 0; b->selected && i < b->nr_rows; i++) {
				progress(round, b, &b->rows[i]);
				measure_row(b, &b->rows[i]);
			}
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
}

static bool all_measured(void)
{
	for (const struct bench *b = benches; b->name; b++)
		for (unsigned int i = 0; b->selected && i < b->nr_rows; i++)
			if (b->rows[i].failed[0] && !b->rows[i].absent)
				return false;
	return true;
}

int main(int argc, char **argv)
{
	int status = 0;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	if (select_benches() == 0) {
		fprintf(stderr, "pagoda-bench: no bench has such a name; --list names them\n");
		return 64;
	}
	if (options.list) {
		report_list();
		return 0;
	}
	getloadavg(&options.load, 1);
	signal(SIGPIPE, SIG_IGN);	/* a contestant that died is a result */
	setpriority(PRIO_PROCESS, 0, -20);	/* where we may; the contestants inherit it */
	start_contestants();
	measure_all();
	for (int i = 0; i < NR_CONTESTANTS; i++) {
		contest_stop(&contestants[i]);
		contest_stop(&crowds[i]);
	}
	report_table();
	if (options.json && report_json(options.json) < 0) {
		fprintf(stderr, "pagoda-bench: %s: %s\n", options.json, strerror(errno));
		status = 1;
	}
	return all_measured() ? status : 1;
}

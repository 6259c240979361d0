// SPDX-License-Identifier: MIT
/*
 * report.c - tables for people, JSON for machines
 */
#define _GNU_SOURCE
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <cjson/cJSON.h>

/* Characters. A column has a median and, beside it, the best. */
#define LABEL_WIDTH	26
#define MEDIAN_WIDTH	13
#define BEST_WIDTH	8

static void cpu_model(char *model, size_t size)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	char line[256];

	snprintf(model, size, "unknown CPU");
	while (f && fgets(line, sizeof(line), f)) {
		char *colon = strchr(line, ':');

		if (!colon || strncmp(line, "model name", 10) != 0)
			continue;
		snprintf(model, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
		break;
	}
	if (f)
		fclose(f);
}

/* "median best" of one figure, or nothing where the row has no such figure. */
static void print_cell(const struct row *row, enum figure fig)
{
	int decimals = figure_info[fig].decimals;

	if (row_has(row, fig))
		printf("%*.*f%*.*f", MEDIAN_WIDTH, decimals, row_median(row, fig), BEST_WIDTH,
		       decimals, row_best(row, fig));
	else
		printf("%*s", MEDIAN_WIDTH + BEST_WIDTH, "");
}

static void print_row(const struct bench *b, const struct row *row)
{
	const struct row *peer = b->ranked == NR_FIGURES ? NULL : best_peer(b, b->ranked);
	const struct row *gross = peer ? best_peer(b, FIG_GROSS) : NULL;

	printf("  %-*s", LABEL_WIDTH, row->label);
	if (row->failed[0]) {
		printf("  not measured: %s\n", row->failed);
		return;
	}
	for (const enum figure *fig = b->columns; *fig != NR_FIGURES; fig++)
		print_cell(row, *fig);
	if (peer)
		printf("%12.2f%12.2f", row_median(row, b->ranked) / row_median(peer, b->ranked),
		       row_median(row, FIG_GROSS) / row_median(gross, FIG_GROSS));
	if (row->nr_disturbed)
		printf("  (%u disturbed)", row->nr_disturbed);
	printf("\n");
}

static void print_bench(const struct bench *b)
{
	printf("\n%s: %s\n  %-*s", b->name, b->title, LABEL_WIDTH, "");
	for (const enum figure *fig = b->columns; *fig != NR_FIGURES; fig++) {
		char head[32];

		snprintf(head, sizeof(head), "%s/%s", figure_info[*fig].name,
			 figure_info[*fig].unit);
		printf("%*s%*s", MEDIAN_WIDTH, head, BEST_WIDTH, "best");
	}
	if (b->ranked != NR_FIGURES)
		printf("%12s%12s", "net:peer", "gross:peer");
	printf("\n");
	for (unsigned int i = 0; i < b->nr_rows; i++)
		print_row(b, &b->rows[i]);
}

static const char *verdict(const struct target *t, double measured)
{
	if (isnan(measured))
		return "not measured";
	if (t->relation == INFORMATION)
		return "";
	return target_met(t, measured) ? "ok" : "MISS";
}

static void print_target(const struct target *t)
{
	const char *against;
	double measured = target_measure(t, row_median, &against);
	double best = target_measure(t, row_best, &against);
	char text[100], bound[32] = "", value[32] = "-", at_best[32] = "-";

	snprintf(text, sizeof(text), "%s%s%s", t->text, *against ? " : " : "", against);
	if (t->relation != INFORMATION)
		snprintf(bound, sizeof(bound), "%s %g", t->relation == AT_MOST ? "<=" : ">=",
			 t->bound);
	if (!isnan(measured)) {
		snprintf(value, sizeof(value), "%.2f", measured);
		snprintf(at_best, sizeof(at_best), "%.2f", best);
	}
	printf("  %-58s%10s%10s   %-10s%s\n", text, value, at_best, bound, verdict(t, measured));
}

void report_table(void)
{
	char model[128];

	cpu_model(model, sizeof(model));
	printf("%s, %ld CPUs, load %.1f before; %u rounds, loops of at least %u ms\n"
	       "Each figure is the median of the rounds and, beside it, the best of them.\n",
	       model, sysconf(_SC_NPROCESSORS_ONLN), options.load, options.rounds, options.min_ms);
	for (const struct bench *b = benches; b->name; b++)
		if (b->selected)
			print_bench(b);
	printf("\n  %-58s%10s%10s   %-10s\n", "targets: \"x : y\" is x over y", "medians", "bests",
	       "wanted");
	for (const struct target *t = targets; t->text; t++)
		if (find_bench(t->bench)->selected)
			print_target(t);
}

void report_list(void)
{
	for (const struct bench *b = benches; b->name; b++) {
		if (!b->selected)
			continue;
		printf("%-16s%s\n", b->name, b->title);
		for (unsigned int i = 0; i < b->nr_rows; i++)
			printf("%-16s  %s\n", "", b->rows[i].label);
	}
}

static cJSON *json_row(const struct row *row)
{
	cJSON *json = cJSON_CreateObject(), *disturbed;

	cJSON_AddStringToObject(json, "name", row->label);
	cJSON_AddBoolToObject(json, "peer", row->peer);
	if (row->failed[0])
		cJSON_AddStringToObject(json, "not_measured", row->failed);
	disturbed = cJSON_AddArrayToObject(json, "disturbed");
	for (unsigned int i = 0; i < row->nr_samples; i++)
		cJSON_AddItemToArray(disturbed, cJSON_CreateBool(row->disturbed[i]));
	for (int fig = 0; fig < NR_FIGURES; fig++) {
		cJSON *one;

		if (!row_has(row, fig))
			continue;
		one = cJSON_AddObjectToObject(json, figure_info[fig].name);
		cJSON_AddStringToObject(one, "unit", figure_info[fig].unit);
		cJSON_AddNumberToObject(one, "median", row_median(row, fig));
		cJSON_AddNumberToObject(one, "best", row_best(row, fig));
		cJSON_AddItemToObject(one, "samples",
				      cJSON_CreateDoubleArray(row->samples[fig], row->nr_samples));
	}
	return json;
}

static cJSON *json_bench(const struct bench *b)
{
	cJSON *json = cJSON_CreateObject(), *rows;

	cJSON_AddStringToObject(json, "name", b->name);
	cJSON_AddStringToObject(json, "title", b->title);
	rows = cJSON_AddArrayToObject(json, "rows");
	for (unsigned int i = 0; i < b->nr_rows; i++)
		cJSON_AddItemToArray(rows, json_row(&b->rows[i]));
	return json;
}

static cJSON *json_target(const struct target *t)
{
	cJSON *json = cJSON_CreateObject();
	const char *against;
	double measured = target_measure(t, row_median, &against);

	cJSON_AddStringToObject(json, "text", t->text);
	cJSON_AddStringToObject(json, "bench", t->bench);
	cJSON_AddStringToObject(json, "row", t->row);
	cJSON_AddStringToObject(json, "figure", figure_info[t->figure].name);
	cJSON_AddStringToObject(json, "against", against);
	cJSON_AddNumberToObject(json, "measured", measured);	/* NAN becomes null */
	cJSON_AddNumberToObject(json, "measured_best", target_measure(t, row_best, &against));
	if (t->relation == INFORMATION)
		return json;
	cJSON_AddStringToObject(json, "relation", t->relation == AT_MOST ? "<=" : ">=");
	cJSON_AddNumberToObject(json, "bound", t->bound);
	if (!isnan(measured))
		cJSON_AddBoolToObject(json, "met", target_met(t, measured));
	return json;
}

static void json_machine(cJSON *json)
{
	char text[128];
	struct utsname uts;
	time_t now = time(NULL);

	cpu_model(text, sizeof(text));
	cJSON_AddStringToObject(json, "cpu", text);
	cJSON_AddNumberToObject(json, "cpus", sysconf(_SC_NPROCESSORS_ONLN));
	uname(&uts);
	cJSON_AddStringToObject(json, "kernel", uts.release);
	cJSON_AddStringToObject(json, "compiler", __VERSION__);
	strftime(text, sizeof(text), "%FT%TZ", gmtime(&now));
	cJSON_AddStringToObject(json, "date", text);
	cJSON_AddNumberToObject(json, "load", options.load);
}

static cJSON *json_contestants(void)
{
	cJSON *json = cJSON_CreateArray();

	for (int i = 0; i < NR_CONTESTANTS; i++) {
		cJSON *one = cJSON_CreateObject();

		cJSON_AddStringToObject(one, "name", contestants[i].name);
		cJSON_AddStringToObject(one, "detail", contestants[i].detail);
		if (contestants[i].failed[0])
			cJSON_AddStringToObject(one, "failed", contestants[i].failed);
		cJSON_AddItemToArray(json, one);
	}
	return json;
}

int report_json(const char *path)
{
	cJSON *json = cJSON_CreateObject(), *list;
	FILE *out = fopen(path, "w");
	char *text;
	int err;

	if (!out)
		return -1;
	json_machine(cJSON_AddObjectToObject(json, "machine"));
	cJSON_AddNumberToObject(json, "rounds", options.rounds);
	cJSON_AddNumberToObject(json, "min_ms", options.min_ms);
	cJSON_AddItemToObject(json, "contestants", json_contestants());
	list = cJSON_AddArrayToObject(json, "benches");
	for (const struct bench *b = benches; b->name; b++)
		if (b->selected)
			cJSON_AddItemToArray(list, json_bench(b));
	list = cJSON_AddArrayToObject(json, "targets");
	for (const struct target *t = targets; t->text; t++)
		if (find_bench(t->bench)->selected)
			cJSON_AddItemToArray(list, json_target(t));
	text = cJSON_Print(json);
	err = fprintf(out, "%s\n", text) < 0;
	err |= fclose(out) != 0;
	free(text);
	cJSON_Delete(json);
	return err ? -1 : 0;
}

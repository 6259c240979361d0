// SPDX-License-Identifier: MIT
/*
 * info.c - `pagoda info': a machine, as it is after its boot
 *
 * Idea. The machine's own log and views say everything; this command boots, lets them speak, and
 * shuts down. The log of the boot goes to standard error, as all messages of the library do, the
 * views to standard output. Without a view named: the boot log, the zones and what the page
 * structures cost.
 */
#define _GNU_SOURCE
#include "command.h"

#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/swap.h>

#include <pagoda/pagoda.h>

struct options {
	const char *machine;
	const char *mem;
	const char *nr_cpus;
	const char *numa;
	const char *boot;
	char	  **views;
	int	    nr_views;
};

enum { KEY_MEM = 256, KEY_NR_CPUS, KEY_NUMA, KEY_BOOT };

static const struct argp_option argp_options[] = {
	{ "machine", 'm', "KIND", 0, "i386 or x86_64", 0 },
	{ "mem", KEY_MEM, "SIZE", 0, "how much memory: 512M, 2G", 0 },
	{ "nr-cpus", KEY_NR_CPUS, "N", 0, "number of CPUs", 0 },
	{ "numa", KEY_NUMA, "N", 0, "number of nodes", 0 },
	{ "boot", KEY_BOOT, "PARAMETERS", 0, "more boot parameters", 0 },
	{ 0 }
};

static const char doc[] =
	"Boot a machine and show its memory.\v"
	"A VIEW is a file of Linux's /proc: buddyinfo, zoneinfo, meminfo, pagetypeinfo, vmstat; or "
	"memmap, the cost of the page structures. Without one: the boot log, the zones with their "
	"watermarks, and the cost of the page structures. Exit status: 0 all is well, 2 wrong command "
	"line, 4 the machine does not boot.";

static void show_zone(const struct zone *zone)
{
	printf("%4d  %-8s %#14lx %#14lx %12lu %12lu %10lu %10lu %10lu %12lu\n", zone_to_nid(zone),
	       zone->name, zone->zone_start_pfn, zone_end_pfn(zone) - 1, zone->present_pages,
	       zone_managed_pages(zone), min_wmark_pages(zone), low_wmark_pages(zone),
	       high_wmark_pages(zone), zone->nr_free);
}

static void show_zones(void)
{
	struct zone *zone;

	printf("%4s  %-8s %14s %14s %12s %12s %10s %10s %10s %12s\n", "Node", "zone", "first frame",
	       "last frame", "present", "managed", "min", "low", "high", "free");
	for_each_populated_zone(zone)
		show_zone(zone);
	printf("(pages of %lu bytes)\n", (unsigned long)PAGE_SIZE);
}

/* Return: enum exit_code. */
static int show_view(const char *name, bool with_title)
{
	int err;

	if (with_title)
		printf("==> %s <==\n", name);
	err = pagoda_show(name, stdout);
	if (!err)
		return EXIT_OK;
	complain("%s: %s", name, err == -ENOENT ? "there is no such view" : strerror(-err));
	return err == -ENOENT ? EXIT_USAGE : EXIT_IO;
}

static int show_all(const struct options *options)
{
	int code = EXIT_OK, i;

	for (i = 0; i < options->nr_views; i++)
		code = worse(code, show_view(options->views[i], options->nr_views > 1));
	if (!options->nr_views) {
		show_zones();
		printf("\n");
		code = show_view("memmap", false);
	}
	return code;
}

/* Asked for by name, a view comes alone; else the log of the boot is part of the answer. */
static char *make_command_line(const struct options *options)
{
	char *line = boot_command_line(options->machine, options->mem, options->nr_cpus,
				       options->numa, options->boot);
	char *all = must_print("loglevel=%d %s", options->nr_views ? 4 : 7, line);

	free(line);
	return all;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'm':
		options->machine = arg;
		break;
	case KEY_MEM:
		options->mem = arg;
		break;
	case KEY_NR_CPUS:
		options->nr_cpus = arg;
		break;
	case KEY_NUMA:
		options->numa = arg;
		break;
	case KEY_BOOT:
		options->boot = arg;
		break;
	case ARGP_KEY_ARGS:
		options->views = state->argv + state->next;
		options->nr_views = state->argc - state->next;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

int command_info(int argc, char **argv)
{
	const struct argp argp = { argp_options, parse, "[VIEW...]", doc, NULL, NULL, NULL };
	struct options options = { 0 };
	char *line;
	int code, err;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	line = make_command_line(&options);
	err = pagoda_boot(line);
	free(line);
	if (err) {
		complain("the machine does not boot: %s", strerror(-err));
		return EXIT_BOOT;
	}
	code = show_all(&options);
	pagoda_shutdown();
	return code;
}

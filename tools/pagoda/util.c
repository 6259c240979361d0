// SPDX-License-Identifier: MIT
/*
 * util.c - memory, text and time for the command
 *
 * Idea. A command has nobody to report to that it is out of memory, and nothing better to do than
 * to say so and end: these functions never fail.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "command.h"

void out_of_memory(void)
{
	complain("out of memory");
	exit(EXIT_IO);
}

void *must_alloc(void *old, unsigned long nr, unsigned long size)
{
	void *new = reallocarray(old, nr ? nr : 1, size);

	if (!new)
		out_of_memory();
	return new;
}

char *must_print(const char *fmt, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0)
		out_of_memory();
	return text;
}

double now_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

char *boot_command_line(const char *machine, const char *mem, const char *nr_cpus,
			const char *numa, const char *extra)
{
	const char *const name[] = { "machine=", "mem=", "nr_cpus=", "numa=", "" };
	const char *const value[] = { machine, mem, nr_cpus, numa, extra };
	char *line = must_print("%s", ""), *longer;
	size_t i;

	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		if (!value[i])
			continue;
		longer = must_print("%s%s%s%s", line, *line ? " " : "", name[i], value[i]);
		free(line);
		line = longer;
	}
	return line;
}

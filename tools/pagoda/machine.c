// SPDX-License-Identifier: MIT
/*
 * machine.c - the machine a recording was made on, from the files beside it
 *
 * Idea. machine.txt holds lines of the kernel's boot log. Of these matter: the ranges of RAM that
 * the kernel used ("Early memory node ranges"; if they are missing, what the firmware's e820 map
 * calls usable), the zones, and the number of CPUs. initial-free.txt names the frames that were
 * free at the first event; every other frame of RAM was in use and is reserved in our machine, so
 * that both allocators start from the same free memory.
 *
 * Our own structures may not take any of that RAM. They go into an area above it (boot_area=),
 * which the traced machine does not have.
 */
#define _GNU_SOURCE
#include "machine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>
#include <linux/mm.h>

#include "command.h"

#define TRACE_PAGE_SHIFT 12	/* of the kernels that make such traces */

const char *const height_names[NR_HEIGHTS] = { "DMA", "DMA32", "Normal", "HighMem" };

int height_by_name(const char *name)
{
	int h;

	for (h = 0; h < NR_HEIGHTS; h++)
		if (!strcmp(height_names[h], name))
			return h;
	return -1;
}

enum zone_height preferred_height(enum zone_height height, unsigned int zones_there)
{
	int h = height;

	if (h == HEIGHT_DMA32 && !(zones_there & 1u << h) && (zones_there & 1u << HEIGHT_NORMAL))
		h = HEIGHT_NORMAL;
	while (h > 0 && !(zones_there & 1u << h))
		h--;
	return (enum zone_height)h;
}

/* Where the reading of a machine.txt stands: these lines belong to the heading before them. */
enum section { SECTION_NONE, SECTION_ZONES, SECTION_NODES };

struct machine_reader {
	struct machine	*machine;
	enum section	 section;
	struct span_list usable;	/* by the e820 map */
	struct span_list taken;		/* of that, by the kernel's own corrections */
};

/* Behind "[    0.000000] ", where a line has it. */
static const char *skip_stamp(const char *line)
{
	const char *end;

	if (*line != '[')
		return line;
	end = strchr(line, ']');
	if (!end)
		return line;
	return end[1] == ' ' ? end + 2 : end + 1;
}

/* "[mem 0xSTART-0xLAST]" anywhere in a line. */
static bool find_mem(const char *line, uint64_t *start, uint64_t *end)
{
	const char *mem = strstr(line, "[mem 0x");
	uint64_t last;

	if (!mem || sscanf(mem, "[mem 0x%" SCNx64 "-0x%" SCNx64 "]", start, &last) != 2)
		return false;
	*end = last + 1;
	return last != UINT64_MAX && *start <= last;
}

static bool has_prefix(const char *line, const char *prefix)
{
	return !strncmp(line, prefix, strlen(prefix));
}

/* Whole frames: what is usable is rounded inwards. */
static void add_usable(struct span_list *list, const char *line)
{
	uint64_t start, end, mask = (1u << TRACE_PAGE_SHIFT) - 1;

	if (find_mem(line, &start, &end))
		span_list_add(list, (start + mask) >> TRACE_PAGE_SHIFT, end >> TRACE_PAGE_SHIFT);
}

/* Every frame touched: what is taken is rounded outwards. */
static void add_taken(struct span_list *list, const char *line)
{
	uint64_t start, end, mask = (1u << TRACE_PAGE_SHIFT) - 1;

	if (find_mem(line, &start, &end))
		span_list_add(list, start >> TRACE_PAGE_SHIFT, (end + mask) >> TRACE_PAGE_SHIFT);
}

static void read_zone_line(struct machine *machine, const char *line)
{
	uint64_t start, end;
	char name[16];
	int height;

	if (sscanf(line, " %15s", name) != 1)
		return;
	height = height_by_name(name);
	if (height < 0 || !find_mem(line, &start, &end))
		return;
	machine->zone[height].start = start >> TRACE_PAGE_SHIFT;
	machine->zone[height].end = end >> TRACE_PAGE_SHIFT;
}

static void read_cpus(struct machine *machine, const char *line, const char *word)
{
	const char *found = strstr(line, word);
	unsigned int nr;

	if (found && sscanf(found + strlen(word), "%u", &nr) == 1 && nr)
		machine->nr_cpus = nr;
}

/* Headings, and lines that say by themselves what they are. */
static void read_single_line(struct machine_reader *reader, const char *line)
{
	reader->section = SECTION_NONE;
	if (has_prefix(line, "Zone ranges:"))
		reader->section = SECTION_ZONES;
	else if (has_prefix(line, "Early memory node ranges"))
		reader->section = SECTION_NODES;
	else if (has_prefix(line, "cmdline:"))
		read_cpus(reader->machine, line, " ncpu=");
	else if (has_prefix(line, "setup_percpu:"))
		read_cpus(reader->machine, line, " nr_cpu_ids:");
	else if (has_prefix(line, "BIOS-e820:") && strstr(line, "] usable"))
		add_usable(&reader->usable, line);
	else if (has_prefix(line, "e820: update") || has_prefix(line, "e820: remove"))
		add_taken(&reader->taken, line);
	else if (strstr(line, "LOWMEM available"))
		reader->machine->is_32bit = true;
}

static void read_machine_line(struct machine_reader *reader, const char *line)
{
	line = skip_stamp(line);
	if (*line != ' ')
		read_single_line(reader, line);
	else if (reader->section == SECTION_ZONES)
		read_zone_line(reader->machine, line);
	else if (reader->section == SECTION_NODES)
		add_usable(&reader->machine->ram, line);
}

/* Without the kernel's own list of ranges, the firmware's. */
static void settle_ram(struct machine_reader *reader)
{
	struct machine *machine = reader->machine;

	span_list_tidy(&reader->usable);
	span_list_tidy(&reader->taken);
	if (!machine->ram.nr)
		machine->ram = span_list_less(&reader->usable, &reader->taken);
	span_list_tidy(&machine->ram);
	free(reader->usable.span);
	free(reader->taken.span);
}

static int read_lines(FILE *file, void (*take)(void *arg, const char *line), void *arg)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, file) >= 0) {
		line[strcspn(line, "\r\n")] = '\0';
		take(arg, line);
	}
	free(line);
	return ferror(file) ? -1 : 0;
}

static void take_machine_line(void *arg, const char *line)
{
	read_machine_line(arg, line);
}

static void take_free_line(void *arg, const char *line)
{
	struct machine *machine = arg;
	uint64_t first, last;

	if (sscanf(line, "0x%" SCNx64 " 0x%" SCNx64, &first, &last) == 2 && first <= last &&
	    last != UINT64_MAX)
		span_list_add(&machine->free, first, last + 1);
}

static int read_file(const char *path, void (*take)(void *arg, const char *line), void *arg)
{
	FILE *file = fopen(path, "re");
	int err;

	if (!file)
		return -1;
	err = read_lines(file, take, arg);
	fclose(file);
	return err;
}

char *path_join(const char *dir, const char *name)
{
	return must_print("%s/%s", dir, name);
}

char *path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return must_print(".");
	return must_print("%.*s", slash == path ? 1 : (int)(slash - path), path);
}

/* Free memory outside of RAM would be a contradiction: it is left out. */
static void read_initial_free(struct machine *machine)
{
	char *path = path_join(machine->dir, "initial-free.txt");
	struct span_list outside, inside;

	if (!read_file(path, take_free_line, machine)) {
		machine->knows_free = true;
		span_list_tidy(&machine->free);
		outside = span_list_less(&machine->free, &machine->ram);
		inside = span_list_less(&machine->free, &outside);
		if (outside.nr)
			complain("%s: 0x%" PRIx64 " frames are not in the RAM of the machine, left out",
				 path, span_list_pages(&outside));
		free(outside.span);
		free(machine->free.span);
		machine->free = inside;
	}
	free(path);
}

int machine_read(const char *path, struct machine *machine)
{
	struct machine_reader reader = { .machine = machine };

	memset(machine, 0, sizeof(*machine));
	machine->path = must_print("%s", path);
	machine->dir = path_dir(path);
	if (read_file(path, take_machine_line, &reader)) {
		complain("%s: %s", path, strerror(errno));
		return -1;
	}
	settle_ram(&reader);
	if (machine->zone[HEIGHT_HIGHMEM].end)
		machine->is_32bit = true;
	if (!machine->ram.nr) {
		complain("%s: names no range of RAM: neither \"Early memory node ranges\" nor "
			 "\"BIOS-e820: ... usable\"", path);
		return -1;
	}
	read_initial_free(machine);
	return 0;
}

void machine_free(struct machine *machine)
{
	free(machine->path);
	free(machine->dir);
	free(machine->ram.span);
	free(machine->free.span);
	memset(machine, 0, sizeof(*machine));
}

int machine_zone(const struct machine *machine, uint64_t pfn)
{
	int h;

	for (h = 0; h < NR_HEIGHTS; h++)
		if (pfn >= machine->zone[h].start && pfn < machine->zone[h].end)
			return h;
	return -1;
}

unsigned int machine_zones(const struct machine *machine)
{
	unsigned int zones = 0;
	int h;

	for (h = 0; h < NR_HEIGHTS; h++)
		if (machine->zone[h].end)
			zones |= 1u << h;
	return zones;
}

uint64_t machine_end(const struct machine *machine)
{
	return machine->ram.nr ? machine->ram.span[machine->ram.nr - 1].end : 0;
}

/* "WORD=SIZE@START" of each span, in bytes. */
static void print_spans(FILE *out, const char *word, const struct span_list *list)
{
	size_t i;

	for (i = 0; i < list->nr; i++)
		fprintf(out, " %s=0x%" PRIx64 "@0x%" PRIx64, word,
			(list->span[i].end - list->span[i].start) << PAGE_SHIFT,
			list->span[i].start << PAGE_SHIFT);
}

/*
 * Above all RAM, on a boundary of the largest block. Generous, as what is not used costs nothing:
 * page structures are made for whole sections, and each CPU has an area of its own.
 */
static void print_boot_area(FILE *out, uint64_t end_pfn, unsigned int nr_cpus)
{
	uint64_t mb = 1024 * 1024, align = (uint64_t)PAGE_SIZE << (NR_ORDERS - 1);
	uint64_t start = round_up(end_pfn << PAGE_SHIFT, align);
	uint64_t size = round_up(end_pfn, 1ull << 18) * 128 + (nr_cpus + 1ull) * 4 * mb;

	fprintf(out, " boot_area=0x%" PRIx64 "@0x%" PRIx64, round_up(size, align), start);
}

/* The boundary to high memory depends on how the kernel divides its addresses. */
static void print_highmem(FILE *out, const struct machine *machine)
{
	const struct pfn_span *high = &machine->zone[HEIGHT_HIGHMEM];

	if (high->end)
		fprintf(out, " highmem=0x%" PRIx64, (high->end - high->start) << PAGE_SHIFT);
}

char *machine_command_line(const struct machine *machine, const char *nr_cpus, const char *extra)
{
	struct span_list used = { NULL, 0 };
	unsigned int cpus = nr_cpus ? (unsigned int)strtoul(nr_cpus, NULL, 0) : machine->nr_cpus;
	char *line = NULL;
	size_t size;
	FILE *out = open_memstream(&line, &size);

	if (!out)
		out_of_memory();
	if (machine->knows_free)
		used = span_list_less(&machine->ram, &machine->free);
	fprintf(out, "machine=%s nr_cpus=%u memmap=exactmap", machine->is_32bit ? "i386" : "x86_64",
		cpus ? cpus : 1);
	print_spans(out, "memmap", &machine->ram);
	print_highmem(out, machine);
	print_spans(out, "boot_reserve", &used);
	print_boot_area(out, machine_end(machine), cpus ? cpus : 1);
	if (extra)
		fprintf(out, " %s", extra);
	fclose(out);
	free(used.span);
	return line;
}

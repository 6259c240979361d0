/* SPDX-License-Identifier: MIT */
/*
 * machine.h - the machine a recording was made on, from the files beside it
 */
#ifndef PAGODA_MACHINE_H
#define PAGODA_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span.h"

#define NR_ORDERS	11	/* orders 0 .. 10, as in both kernels */

/* Zones by their height, in the order of fallback from right to left. */
enum zone_height { HEIGHT_DMA, HEIGHT_DMA32, HEIGHT_NORMAL, HEIGHT_HIGHMEM, NR_HEIGHTS };

/* "DMA", "DMA32", "Normal", "HighMem". */
extern const char *const height_names[NR_HEIGHTS];

/* The height of a zone's name; -1 of any other. */
int height_by_name(const char *name);

/*
 * Where a request that may go up to @height starts: the highest of the zones there are. A machine
 * with a Normal zone and no DMA32 is a 32-bit one: all of its low memory is below 4 GiB.
 */
enum zone_height preferred_height(enum zone_height height, unsigned int zones_there);

/* What machine.txt and initial-free.txt say. Frames are of 4096 bytes. */
struct machine {
	char		*path;		/* of machine.txt */
	char		*dir;		/* where it lies, and the other files with it */
	bool		 is_32bit;
	unsigned int	 nr_cpus;	/* 0: not told */
	struct span_list ram;
	struct pfn_span	 zone[NR_HEIGHTS];	/* empty: end 0 */
	bool		 knows_free;	/* there is an initial-free.txt */
	struct span_list free;		/* free at the first event; all the rest was in use */
};

/* DIR/NAME; and the directory of a path, "." where it names none. To be freed. */
char *path_join(const char *dir, const char *name);
char *path_dir(const char *path);

/**
 * machine_find - the machine.txt that belongs to a recording
 *
 * For DIR/NAME.trace.xz and DIR/NAME-REST.dat that is DIR/NAME/machine.txt, of several the one
 * with the longest NAME. DIR/STEM-firstN.* is the start of a longer recording: if only one
 * directory begins with STEM, it is that one's. At last DIR/machine.txt.
 *
 * Return: the path, to be freed; NULL when there is none.
 */
char *machine_find(const char *trace_path);

/**
 * machine_read - read it, and initial-free.txt beside it when there is one
 *
 * Return: 0; -1 with a message. @machine can be given to machine_free() in both cases.
 */
int machine_read(const char *path, struct machine *machine);
void machine_free(struct machine *machine);

/* The zone a frame is in; -1 of a frame in none. */
int machine_zone(const struct machine *machine, uint64_t pfn);

/* Bits of the zones there are, by height. */
unsigned int machine_zones(const struct machine *machine);

/* One more than the last frame of RAM. */
uint64_t machine_end(const struct machine *machine);

/**
 * machine_command_line - the boot parameters that make the library's machine the traced one
 * @machine: frames keep their numbers, whatever the page size of the library
 * @nr_cpus: NULL: as the traced one
 * @extra:   more parameters, or NULL
 *
 * Return: to be freed.
 */
char *machine_command_line(const struct machine *machine, const char *nr_cpus, const char *extra);

#endif

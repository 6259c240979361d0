/* SPDX-License-Identifier: MIT */
/*
 * <pagoda/machine.h> - the core's entry points, for ports; and the root of a machine in its own memory
 */
#ifndef _PAGODA_MACHINE_H
#define _PAGODA_MACHINE_H

#include <linux/types.h>

struct page;
struct page_owner;
struct pglist_data;

#define MACHINE_MAGIC 0x61646f676150UL	/* "Pagoda" */
#define MACHINE_LAYOUT 1		/* changes with every structure reached from the root */

/*
 * At physical address 0. Everything else is found from here: addresses of the direct map are
 * physical addresses plus direct_map, and mem_map lies at a physical address of its own, because high
 * memory is not in the direct map. (C)
 */
struct machine {
	u64	 magic;
	u32	 layout;
	u32	 page_shift;
	u64	 direct_map;		/* address of physical address 0 in the owner's process */
	u64	 max_pfn, max_low_pfn;
	phys_addr_t mem_map;		/* struct page [max_pfn] */
	phys_addr_t page_owner;		/* struct page_owner [max_pfn] */
	phys_addr_t pageblock_types;	/* u8 [page blocks] */
	phys_addr_t sections;		/* bitmap */
	phys_addr_t nodes;		/* struct pglist_data [nr_nodes] */
	phys_addr_t cpu_areas;		/* struct cpu_area [nr_cpus + 1], cpu_stride apart */
	u64	 cpu_stride;
	u32	 nr_cpus, nr_nodes;
	u64	 metadata_bytes;	/* what the manager itself takes */
};

/**
 * machine_boot - build a machine from a command line
 * @cmdline: parameters (docs/parameters.md)
 * @more:    a second line, applied after the first
 *
 * Context: boot. Return: 0 or -errno, with a message on the console and nothing left behind.
 */
int machine_boot(const char *cmdline, const char *more);

/* Reports leaks and takes the machine down. Return: the number of leaks; -ENODEV without a machine. */
int machine_shutdown(void);

/*
 * In a child of fork(), before anything else: there is one thread now, and the memory is a copy of the
 * parent's; @copied false: it could not be copied, there is no machine here.
 */
void machine_forked(bool copied);

/* The calling thread is about to end: nobody may find its task any more. Context: process. */
void machine_thread_exit(void);

/* Takes a piece of text; returns false when it could not. */
typedef bool (*emit_fn)(void *arg, const char *text, size_t len);

/* Writes a view; -ENOENT, -ENODEV, -EIO as pagoda_show(). */
int machine_show(const char *name, emit_fn emit, void *arg);

/* The number of violated invariants, each reported; -ENODEV without a machine. */
long machine_check(void);

#endif

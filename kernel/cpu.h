/* SPDX-License-Identifier: MIT */
/*
 * cpu.h - the machine's CPUs, as the rest of the core sees them
 */
#ifndef _KERNEL_CPU_H
#define _KERNEL_CPU_H

#include <linux/cache.h>
#include <linux/cpumask.h>
#include <linux/page-flags.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <pagoda/arch.h>

#pragma GCC visibility push(hidden)

/* Set in task->atomic_depth while interrupts are off; the bits below are preempt_count(). */
#define ATOMIC_IRQS_OFF 0x80000000u

/* (S) owner only, but for taking it when it is 0  (A) atomic */
struct cpu_slot {
	u32 owner;		/* (S) number of the thread in a section of this CPU, 0 if none; first: <asm/arch.h> */
	u32 nr_waiters;		/* (A) threads that sleep for it, or are about to */
	/* The portable variant of array caches, see array_cache.c. (K) array_lock */
	u32 array_lock;			/* (A) */
	u32 array_quick_changes;	/* (K) how often in a row the owner changed within a short time */
	bool array_shared;		/* (K) no owner any more: everybody takes the lock */
	u64 array_changed;		/* (K) when the owner changed last */
	struct task_struct *array_owner; /* (K, and read by the owner) the thread that needs no lock */
} ____cacheline_aligned;

/*
 * The orders that have arrays: 0 to 3, and that of a page block. In each, one array for each node, zone
 * and migrate type, numbered by the top bits of page->flags.
 */
#define NR_PAGE_ARRAY_ORDERS 5
#define NR_PAGE_ARRAYS (1U << (64 - PAGE_ARRAY_SHIFT))

/*
 * What each CPU has of its own, ARCH_CPU_STRIDE apart. There is one more behind the last CPU's for
 * threads without rseq: its arrays are all empty_array.
 */
struct cpu_area {
	struct cpu_slot	    slot;
	int		    node;				/* (C) nearest memory */
	struct array_cache *page_array[NR_PAGE_ARRAY_ORDERS][NR_PAGE_ARRAYS];	/* see array_cache.h */
};

_Static_assert(sizeof(struct cpu_area) <= ARCH_CPU_STRIDE, "a CPU's area fits in its place");

extern struct cpu_area *cpu_area0;

static __always_inline struct cpu_area *cpu_area(unsigned int cpu)
{
	return (struct cpu_area *)((char *)cpu_area0 + cpu * ARCH_CPU_STRIDE);
}

/* Sets up @nr_cpus CPUs in @areas, zeroed memory for one more than that. Context: boot. */
void cpus_start(struct cpu_area *areas, unsigned int nr_cpus, bool portable);
void cpus_stop(void);
/* The other threads are gone, with what they had of the CPUs. */
void cpus_forked(void);

extern bool debug_preempt;	/* report smp_processor_id() in preemptible code */

/* The calling thread, with its number and name filled in. */
struct task_struct *current_task(void);

/* preempt_disable() and its opposite, on behalf of @ip. */
void __preempt_disable(unsigned long ip);
void __preempt_enable(void);

/* __local_irq_save() on behalf of @ip. */
unsigned long irqs_off(unsigned long ip);

#pragma GCC visibility pop

#endif

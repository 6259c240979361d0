/* SPDX-License-Identifier: MIT */
/*
 * <linux/sched.h> - threads
 *
 * Every thread of the process is a task; it becomes one with its first use of anything here.
 */
#ifndef _PAGODA_LINUX_SCHED_H
#define _PAGODA_LINUX_SCHED_H

#if __STDC_HOSTED__ && defined(__has_include_next)
# if __has_include_next(<linux/sched.h>)
#  include_next <linux/sched.h>
# endif
#endif

#include <linux/cpumask.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/types.h>

#define TASK_COMM_LEN 16

struct cpu_slot;

/* (O) only by the thread itself */
struct task_struct {
	unsigned int	 atomic_depth;		/* (O) preempt_count() and, in the top bit, interrupts off */
	int		 pid;			/* (O) the host's thread number; 0 until first asked for */
	struct cpu_slot	*slot;			/* (O) the CPU whose section we are in, or NULL */
	int		 bound_cpu;		/* (O) 1 + the CPU we are bound to, 0 if to none */
	unsigned long	 atomic_ip;		/* (O) who disabled preemption */
	unsigned long	 irqs_off_ip;		/* (O) who turned interrupts off */
	unsigned int	 node;			/* (O) a hint: that of the CPU we last ran on */
	unsigned int	 array_cpu;		/* (O) portable arrays: the CPU whose arrays we used last */
	u32		 array_busy;		/* (O, read by others) portable arrays: in an operation */
	unsigned int	 free_array;		/* (O) a hint: the page array we last freed into */
	unsigned int	 lock_ranks;		/* (O) ranks held, a bit each; debug builds */
	unsigned int	 flags;			/* (O) PF_* */
	char		 comm[TASK_COMM_LEN];	/* (O) name */
};

#define PF_EXITING 0x00000004	/* about to end */
#define PF_MEMALLOC 0x00000800	/* may use all reserves */

#pragma GCC visibility push(default)

struct task_struct *get_current(void);

/**
 * set_cpus_allowed_ptr - choose the CPUs a task may run on
 * @p:    the task; only current is supported
 * @mask: at least one CPU of the machine. One CPU binds the task; a mask of several CPUs unbinds it.
 *
 * With the portable array caches a bound thread counts as running on its CPU wherever the host has
 * it; with rseq the host's affinity is set.
 *
 * Context: process, may sleep.
 * Return:  0; -EINVAL when the machine has no such CPU, or rseq is in use and the host has none;
 *          -EOPNOTSUPP for another task than current.
 */
int set_cpus_allowed_ptr(struct task_struct *p, const struct cpumask *mask);

#pragma GCC visibility pop

#define current get_current()

#endif

/* SPDX-License-Identifier: MIT */
/*
 * <asm/arch.h> - the inline half of the hosted port: restartable sequences
 *
 * Idea. The kernel of the host promises that a thread which is preempted, migrated or interrupted by
 * a signal inside a marked run of instructions (from its start to its last store, the commit)
 * continues at the run's abort address instead. So a run that reads the CPU number, works on that
 * CPU's data and commits with one store is atomic on its CPU, without a lock or an atomic
 * instruction. Runs are described by struct rseq_cs; a pointer to it goes into the thread's rseq
 * area just before the run. Our abort address goes back to the beginning.
 * (Desnoyers and others, rseq(2); the idea is Bershad, Redell, Ellis, ASPLOS 1992.)
 *
 * Always true
 *	only threads that run on CPU n, in a run, change CPU n's arrays and its slot's owner, but for
 *	detached    whoever swapped an array's pointer and passed arch_restart_cpus() owns the array;
 *	released    the owner of a slot clears it from wherever it runs.
 *
 * Each thread reads its CPU through arch_rseq, which holds the address of its rseq area. A thread
 * that has none yet, and every thread of the portable variant, points to arch_rseq_none instead. Its
 * CPU number is that of a copy of per-CPU data behind the last CPU's, whose arrays are empty and take
 * nothing. So the fast path needs no test for it.
 */
#ifndef _PAGODA_ASM_ARCH_H
#define _PAGODA_ASM_ARCH_H

#include <linux/compiler.h>
#include <linux/types.h>

#define ARCH_CPU_SHIFT 16
#define ARCH_CPU_STRIDE (1UL << ARCH_CPU_SHIFT)

#define ARCH_TLS extern _Thread_local __attribute__((tls_model("initial-exec"), visibility("hidden")))

/* The part of the host's struct rseq that we use; the layout is the host's ABI. */
struct arch_rseq {
	u32 cpu_id_start;
	u32 cpu_id;
	u64 rseq_cs;
};

ARCH_TLS struct task_struct arch_task;
ARCH_TLS struct arch_rseq *arch_rseq;
extern struct arch_rseq arch_rseq_none __attribute__((visibility("hidden")));
extern bool arch_portable __attribute__((visibility("hidden")));
extern bool arch_have_membarrier __attribute__((visibility("hidden")));

/* A thread without its own rseq area is given one, if there is one for it. Returns its CPU. */
unsigned int arch_raw_cpu_slow(void) __attribute__((visibility("hidden")));

static __always_inline struct task_struct *arch_current(void)
{
	return &arch_task;
}

static __always_inline unsigned int arch_raw_cpu(void)
{
	struct arch_rseq *rs = arch_rseq;

	if (likely(rs != &arch_rseq_none))
		return READ_ONCE(rs->cpu_id);
	return arch_raw_cpu_slow();
}

static __always_inline void arch_light_barrier(void)
{
	if (likely(arch_have_membarrier))
		barrier();
	else
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#if defined(__SANITIZE_THREAD__)
#include <asm/rseq-none.h>		/* the sanitizer does not see what assembly does */
#elif defined(__x86_64__)
#include <asm/rseq-x86_64.h>
#elif defined(__aarch64__)
#include <asm/rseq-aarch64.h>
#else
#include <asm/rseq-none.h>
#endif

#endif

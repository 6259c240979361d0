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
	if (likely(!arch_portable))
		barrier();
	else
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)

#define ARCH_HAS_RSEQ 1

/*
 * 0: announce the run, 1: .. 2: the run, 4: where it goes when aborted, behind the signature that the
 * kernel asks for. The descriptor and the way out are kept away from the straight path.
 */
#define ARCH_RSEQ_BEGIN						\
	".pushsection __rseq_cs, \"aw\"\n\t"			\
	".balign 32\n\t"					\
	"3: .long 0, 0\n\t"					\
	".quad 1f, 2f - 1f, 4f\n\t"				\
	".popsection\n\t"					\
	"0: leaq 3b(%%rip), %[tmp]\n\t"				\
	"movq %[tmp], 8(%[rs])\n\t"				\
	"1: movl 4(%[rs]), %k[cpu]\n\t"				\
	"shlq %[shift], %[cpu]\n\t"
#define ARCH_RSEQ_END						\
	"2:\n\t"						\
	".pushsection .text.rseq_abort, \"ax\"\n\t"		\
	".long 0x53053053\n\t"					\
	"4: jmp 0b\n\t"						\
	".popsection\n\t"

/*
 * What the run found is told by a register or by a flag of the processor, never by asm goto: gcc 12
 * mistakes the values of outputs at the labels.
 */

/* struct array_cache begins with u32 avail, u32 limit; its entries begin at byte 16. */
static __always_inline bool arch_array_pop(struct array_cache **slot0, void **object)
{
	unsigned long cpu, tmp;

	__asm__ __volatile__(ARCH_RSEQ_BEGIN
		"movq (%[slot0], %[cpu]), %[cpu]\n\t"		/* the array */
		"xorl %k[obj], %k[obj]\n\t"
		"movl (%[cpu]), %k[tmp]\n\t"			/* avail */
		"subl $1, %k[tmp]\n\t"
		"jc 2f\n\t"
		"movq 16(%[cpu], %[tmp], 8), %[obj]\n\t"
		"movl %k[tmp], (%[cpu])\n\t"			/* commit */
		ARCH_RSEQ_END
		: [obj] "=&r"(*object), [cpu] "=&r"(cpu), [tmp] "=&r"(tmp)
		: [rs] "r"(arch_rseq), [slot0] "r"(slot0), [shift] "i"(ARCH_CPU_SHIFT)
		: "memory", "cc");
	return *object;
}

static __always_inline bool arch_array_push(struct array_cache **slot0, void *object)
{
	unsigned long cpu, tmp;
	bool below;

	__asm__ __volatile__(ARCH_RSEQ_BEGIN
		"movq (%[slot0], %[cpu]), %[cpu]\n\t"
		"movl (%[cpu]), %k[tmp]\n\t"
		"cmpl 4(%[cpu]), %k[tmp]\n\t"			/* limit */
		"jae 2f\n\t"
		"movq %[object], 16(%[cpu], %[tmp], 8)\n\t"	/* nobody reads there yet */
		"leal 1(%k[tmp]), %k[tmp]\n\t"			/* keeps the flags */
		"movl %k[tmp], (%[cpu])\n\t"			/* commit */
		ARCH_RSEQ_END
		: [cpu] "=&r"(cpu), [tmp] "=&r"(tmp), "=@ccb"(below)
		: [rs] "r"(arch_rseq), [slot0] "r"(slot0), [object] "r"(object),
		  [shift] "i"(ARCH_CPU_SHIFT)
		: "memory");
	return below;
}

/* struct cpu_slot begins with u32 owner. */
static __always_inline struct cpu_slot *arch_slot_acquire(struct cpu_slot *slot0, u32 owner)
{
	unsigned long cpu, tmp;
	bool was_free;

	__asm__ __volatile__(ARCH_RSEQ_BEGIN
		"addq %[slot0], %[cpu]\n\t"
		"cmpl $0, (%[cpu])\n\t"
		"jne 2f\n\t"
		"movl %[owner], (%[cpu])\n\t"			/* commit */
		ARCH_RSEQ_END
		: [cpu] "=&r"(cpu), [tmp] "=&r"(tmp), "=@ccz"(was_free)
		: [rs] "r"(arch_rseq), [slot0] "r"(slot0), [owner] "r"(owner),
		  [shift] "i"(ARCH_CPU_SHIFT)
		: "memory");
	return was_free ? (struct cpu_slot *)cpu : NULL;
}

/*
 * Swaps the current CPU's array for @replacement; returns the old one. The commit is an exchange, for
 * another CPU may take the array at the same moment, and one only may have it.
 */
static __always_inline struct array_cache *arch_array_swap(struct array_cache **slot0,
							   struct array_cache *replacement)
{
	unsigned long cpu, tmp;
	struct array_cache *old;

	__asm__ __volatile__(ARCH_RSEQ_BEGIN
		"movq %[replacement], %[old]\n\t"
		"xchgq %[old], (%[slot0], %[cpu])\n\t"		/* commit */
		ARCH_RSEQ_END
		: [old] "=&r"(old), [cpu] "=&r"(cpu), [tmp] "=&r"(tmp)
		: [rs] "r"(arch_rseq), [slot0] "r"(slot0), [replacement] "r"(replacement),
		  [shift] "i"(ARCH_CPU_SHIFT)
		: "memory", "cc");
	return old;
}

#else
#define ARCH_HAS_RSEQ 0

/* Nothing is there to take and there is no room to put: every caller goes the portable way. */
static __always_inline bool arch_array_pop(struct array_cache **slot0 __maybe_unused,
					   void **object __maybe_unused)
{
	return false;
}

static __always_inline bool arch_array_push(struct array_cache **slot0 __maybe_unused,
					    void *object __maybe_unused)
{
	return false;
}

static __always_inline struct cpu_slot *arch_slot_acquire(struct cpu_slot *slot0 __maybe_unused,
							  u32 owner __maybe_unused)
{
	return NULL;
}

static __always_inline struct array_cache *
arch_array_swap(struct array_cache **slot0 __maybe_unused,
		struct array_cache *replacement __maybe_unused)
{
	return NULL;
}

#endif

#endif

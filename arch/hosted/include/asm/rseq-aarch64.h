/* SPDX-License-Identifier: MIT */
/*
 * <asm/rseq-aarch64.h> - the restartable sequences of <asm/arch.h>, for aarch64
 *
 * What a run is, and why it is atomic on its CPU, is told in <asm/arch.h>, the only file that
 * includes this one. What is different here is that a CPU may show its loads and stores to the others
 * in any order. Runs of one CPU see each other in program order, whichever threads they belong to.
 * With other CPUs
 *	attached  whoever attaches an array stores its pointer with release, and all that a run uses of
 *	          an array it reaches through the pointer it has loaded: an address dependency, so a
 *	          plain load will do;
 *	detached  whoever takes an array away looks into it after arch_restart_cpus(), which is a full
 *	          barrier on every CPU;
 *	swapped   arch_array_swap() acquires and releases, like the exchange it may compete with;
 *	released  the last owner of a slot clears it with release, from another CPU perhaps: the load
 *	          that finds the slot free is an acquire.
 */
#ifndef _PAGODA_ASM_RSEQ_AARCH64_H
#define _PAGODA_ASM_RSEQ_AARCH64_H

#define ARCH_HAS_RSEQ 1

/*
 * 0: announce the run, 1: .. 2: the run, 4: where it goes when aborted, behind the signature that the
 * kernel asks for (a brk, so it is written as an instruction: data may be big-endian). The store that
 * announces is the last one before 1:, for the kernel forgets a run announced while it is not in it.
 * Leaves the address of this CPU's copy of slot0 in at.
 */
#define ARCH_RSEQ_BEGIN						\
	".pushsection __rseq_cs, \"aw\"\n\t"			\
	".balign 32\n\t"					\
	"3: .long 0, 0\n\t"					\
	".quad 1f, 2f - 1f, 4f\n\t"				\
	".popsection\n\t"					\
	"0: adrp %[tmp], 3b\n\t"				\
	"add %[tmp], %[tmp], :lo12:3b\n\t"			\
	"str %[tmp], [%[rs], 8]\n\t"				\
	"1: ldr %w[at], [%[rs], 4]\n\t"				\
	"add %[at], %[slot0], %[at], lsl %[shift]\n\t"
#define ARCH_RSEQ_END						\
	"2:\n\t"						\
	".pushsection .text.rseq_abort, \"ax\"\n\t"		\
	".balign 4\n\t"						\
	".inst 0xd428bc00\n\t"					\
	"4: b 0b\n\t"						\
	".popsection\n\t"

/*
 * What the run found is told by a register: not by asm goto, for gcc 12 mistakes the values of outputs
 * at the labels, nor by a flag of the processor, which clang 14 has no output for.
 */

/* struct array_cache begins with u32 avail, u32 limit; its entries begin at byte 16. */
static __always_inline bool arch_array_pop(struct array_cache **slot0, void **object)
{
	unsigned long at, array, tmp;

	__asm__ __volatile__(ARCH_RSEQ_BEGIN
		"ldr %[array], [%[at]]\n\t"
		"ldr %w[obj], [%[array]]\n\t"			/* avail; 0 is NULL too */
		"cbz %w[obj], 2f\n\t"
		"sub %w[tmp], %w[obj], 1\n\t"
		"add %[obj], %[array], %[obj], lsl 3\n\t"
		"ldr %[obj], [%[obj], 8]\n\t"			/* entry[avail - 1] */
		"str %w[tmp], [%[array]]\n\t"			/* commit */
		ARCH_RSEQ_END
		: [obj] "=&r"(*object), [at] "=&r"(at), [array] "=&r"(array), [tmp] "=&r"(tmp)
		: [rs] "r"(arch_rseq), [slot0] "r"(slot0), [shift] "i"(ARCH_CPU_SHIFT)
		: "memory");
	return *object;
}

static __always_inline bool arch_array_push(struct array_cache **slot0, void *object)
{
	unsigned long at, array, end, tmp;
	u32 below;

	__asm__ __volatile__(ARCH_RSEQ_BEGIN
		"ldr %[array], [%[at]]\n\t"
		"ldp %w[tmp], %w[end], [%[array]]\n\t"		/* avail, limit */
		"cmp %w[tmp], %w[end]\n\t"
		"b.hs 2f\n\t"
		"add %[end], %[array], %[tmp], lsl 3\n\t"
		"str %[object], [%[end], 16]\n\t"		/* nobody reads there yet */
		"add %w[tmp], %w[tmp], 1\n\t"			/* keeps the flags */
		"str %w[tmp], [%[array]]\n\t"			/* commit */
		ARCH_RSEQ_END
		"cset %w[below], lo\n\t"
		: [at] "=&r"(at), [array] "=&r"(array), [end] "=&r"(end), [tmp] "=&r"(tmp),
		  [below] "=&r"(below)
		: [rs] "r"(arch_rseq), [slot0] "r"(slot0), [object] "r"(object),
		  [shift] "i"(ARCH_CPU_SHIFT)
		: "memory", "cc");
	return below;
}

/* struct cpu_slot begins with u32 owner. */
static __always_inline struct cpu_slot *arch_slot_acquire(struct cpu_slot *slot0, u32 owner)
{
	unsigned long at, tmp;

	__asm__ __volatile__(ARCH_RSEQ_BEGIN
		"ldar %w[tmp], [%[at]]\n\t"			/* with the release of the last owner */
		"cbnz %w[tmp], 2f\n\t"
		"str %w[owner], [%[at]]\n\t"			/* commit */
		ARCH_RSEQ_END
		: [at] "=&r"(at), [tmp] "=&r"(tmp)
		: [rs] "r"(arch_rseq), [slot0] "r"(slot0), [owner] "r"(owner),
		  [shift] "i"(ARCH_CPU_SHIFT)
		: "memory");
	return tmp ? NULL : (struct cpu_slot *)at;
}

/*
 * Swaps the current CPU's array for @replacement; returns the old one. The commit is an exchange, for
 * another CPU may take the array at the same moment, and one only may have it. Without an
 * instruction for that it is a store that fails if anybody was faster; then everything is done again,
 * outside of the run already.
 */
#ifdef __ARM_FEATURE_ATOMICS
#define ARCH_RSEQ_EXCHANGE					\
	"swpal %[replacement], %[old], [%[at]]\n\t"		\
	ARCH_RSEQ_END
#else
#define ARCH_RSEQ_EXCHANGE					\
	"ldaxr %[old], [%[at]]\n\t"				\
	"stlxr %w[tmp], %[replacement], [%[at]]\n\t"		\
	ARCH_RSEQ_END						\
	"cbnz %w[tmp], 0b\n\t"
#endif

static __always_inline struct array_cache *arch_array_swap(struct array_cache **slot0,
							   struct array_cache *replacement)
{
	struct array_cache *old;
	unsigned long at, tmp;

	__asm__ __volatile__(ARCH_RSEQ_BEGIN
		ARCH_RSEQ_EXCHANGE				/* commit */
		: [old] "=&r"(old), [at] "=&r"(at), [tmp] "=&r"(tmp)
		: [rs] "r"(arch_rseq), [slot0] "r"(slot0), [replacement] "r"(replacement),
		  [shift] "i"(ARCH_CPU_SHIFT)
		: "memory");
	return old;
}

#endif

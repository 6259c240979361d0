/* SPDX-License-Identifier: MIT */
/*
 * <asm/rseq-x86_64.h> - the restartable sequences for x86-64; what they promise is told in <asm/arch.h>
 */
#ifndef _PAGODA_ASM_RSEQ_X86_64_H
#define _PAGODA_ASM_RSEQ_X86_64_H

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
		"leal 1(%[tmp]), %k[tmp]\n\t"			/* keeps the flags */
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

#endif

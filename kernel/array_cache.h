/* SPDX-License-Identifier: MIT */
/*
 * array_cache.h - a LIFO of pointers on each CPU, taken from and added to without lock or atomic
 *
 * Idea. What was used last is warm in the cache of the CPU that used it; and what only one CPU touches
 * needs no lock. So each CPU has a small stack of free objects, reached through a pointer in its cpu
 * area (a slot). Push and pop are restartable sequences of the port (DESIGN §3.1). Everything else
 * (drain, taking from the cold end, other CPUs) first takes the whole array away: swap the slot's
 * pointer for empty_array, wait until nobody is in a sequence that has read the old one, and the
 * array is ours alone. (Array caches: Bonwick and Adams, "Magazines and Vmem", USENIX 2001.)
 *
 * Always true
 *	empty     empty_array has avail = limit = 0: pops find nothing, pushes find no room
 *	detached  an array that no slot points to has one owner, who may use it like any memory
 *	returned  only its owner puts it back into the slot
 *
 * A slot is named by the address of CPU 0's copy. The portable variant uses the same arrays under
 * cpu_slot.array_lock.
 */
#ifndef _KERNEL_ARRAY_CACHE_H
#define _KERNEL_ARRAY_CACHE_H

#include <linux/types.h>
#include <pagoda/arch.h>

#pragma GCC visibility push(hidden)

/* The layout is known to <asm/arch.h>. Of a detached array all but (C) are its owner's. */
struct array_cache {
	u32   avail;		/* entries in use */
	u32   limit;		/* most there may be */
	u32   batchcount;	/* (C) how many to move at a time */
	void *entry[];
};

_Static_assert(offsetof(struct array_cache, avail) == 0 &&
	       offsetof(struct array_cache, limit) == 4 &&
	       offsetof(struct array_cache, entry) == 16, "as <asm/arch.h> has it");

extern struct array_cache empty_array;

/* For who found nothing, or no room: once more, in case it was the thread's first call. */
void *__array_pop(struct array_cache **slot0);
bool __array_push(struct array_cache **slot0, void *object);

/* The portable variant. */
void *portable_array_pop(struct array_cache **slot0);
bool portable_array_push(struct array_cache **slot0, void *object);

/**
 * array_pop - take the object that was pushed last on this CPU
 * @slot0: CPU 0's slot
 *
 * Context: any. Return: the object; NULL when there is none.
 */
static __always_inline void *array_pop(struct array_cache **slot0)
{
	void *object;

	if (unlikely(arch_portable))
		return portable_array_pop(slot0);
	if (likely(arch_array_pop(slot0, &object)))
		return object;
	return __array_pop(slot0);
}

/**
 * array_push - keep an object on this CPU
 * @slot0:  CPU 0's slot
 * @object: not NULL
 *
 * Context: any. Return: false when the array is full, or detached.
 */
static __always_inline bool array_push(struct array_cache **slot0, void *object)
{
	if (unlikely(arch_portable))
		return portable_array_push(slot0, object);
	if (likely(arch_array_push(slot0, object)))
		return true;
	return __array_push(slot0, object);
}

/**
 * array_detach_local - take this CPU's array out of use
 * @slot0: CPU 0's slot
 *
 * Context: any. Return: the array, now the caller's; NULL when somebody else has it.
 */
struct array_cache *array_detach_local(struct array_cache **slot0);

/**
 * array_detach - take a CPU's array out of use
 * @slot0: CPU 0's slot
 * @cpu:   which CPU
 *
 * The array is the caller's only after the next arch_restart_cpus(): one call serves many arrays.
 *
 * Context: any; the caller holds the lock that serialises those who use this function on @slot0.
 * Return:  the array; NULL when somebody else has it.
 */
struct array_cache *array_detach(struct array_cache **slot0, unsigned int cpu);

/* Puts a detached array back to use on @cpu. Same lock. */
void array_attach(struct array_cache **slot0, unsigned int cpu, struct array_cache *array);

/* The portable variant: @self ends, and owns no CPU's arrays any more. */
void arrays_disown(struct task_struct *self);

/* Whether the slot has an array; it may change at any moment. */
bool array_attached(struct array_cache **slot0, unsigned int cpu);

#pragma GCC visibility pop

#endif

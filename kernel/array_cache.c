// SPDX-License-Identifier: MIT
/*
 * array_cache.c - the ways of an array cache that are not inline
 *
 * The idea and the invariants are told in array_cache.h. Lock: cpu_slot.array_lock, in the portable
 * variant only: a test-and-set for a handful of instructions, innermost of all.
 */
#include "array_cache.h"

#include "cpu.h"

struct array_cache empty_array;

static struct array_cache **slot_of(struct array_cache **slot0, unsigned int cpu)
{
	return (struct array_cache **)((char *)slot0 + cpu * ARCH_CPU_STRIDE);
}

/* ---- the portable variant ---- */

static void array_lock(unsigned int cpu)
{
	u32 *lock = &cpu_area(cpu)->slot.array_lock;
	u64 nap_ns = 1000;

	for (int spins = 0; __atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE); spins++) {
		cpu_relax();
		if (spins % 64 == 63)		/* the holder may have lost its CPU */
			arch_futex_wait(lock, 1, nap_ns);
	}
}

static void array_unlock(unsigned int cpu)
{
	__atomic_store_n(&cpu_area(cpu)->slot.array_lock, 0, __ATOMIC_RELEASE);
}

static void *portable_pop(struct array_cache **slot0)
{
	unsigned int cpu = arch_raw_cpu();
	struct array_cache *array;
	void *object = NULL;

	array_lock(cpu);
	array = *slot_of(slot0, cpu);
	if (array->avail)
		object = array->entry[--array->avail];
	array_unlock(cpu);
	return object;
}

static bool portable_push(struct array_cache **slot0, void *object)
{
	unsigned int cpu = arch_raw_cpu();
	struct array_cache *array;
	bool room;

	array_lock(cpu);
	array = *slot_of(slot0, cpu);
	room = array->avail < array->limit;
	if (room)
		array->entry[array->avail++] = object;
	array_unlock(cpu);
	return room;
}

/* ---- both ---- */

noinline void *__array_pop(struct array_cache **slot0)
{
	void *object;

	if (arch_portable)
		return portable_pop(slot0);
	arch_raw_cpu();			/* a new thread has its rseq area from here on */
	return arch_array_pop(slot0, &object) ? object : NULL;
}

noinline bool __array_push(struct array_cache **slot0, void *object)
{
	if (arch_portable)
		return portable_push(slot0, object);
	arch_raw_cpu();
	return arch_array_push(slot0, object);
}

static struct array_cache *portable_swap(struct array_cache **slot0, unsigned int cpu,
					 struct array_cache *array)
{
	struct array_cache *old;

	array_lock(cpu);
	old = *slot_of(slot0, cpu);
	*slot_of(slot0, cpu) = array;
	array_unlock(cpu);
	return old;
}

static struct array_cache *or_null(struct array_cache *array)
{
	return array == &empty_array ? NULL : array;
}

struct array_cache *array_detach_local(struct array_cache **slot0)
{
	unsigned int cpu = arch_raw_cpu();

	if (arch_portable)
		return or_null(portable_swap(slot0, cpu, &empty_array));
	return or_null(arch_array_swap(slot0, &empty_array));
}

struct array_cache *array_detach(struct array_cache **slot0, unsigned int cpu)
{
	if (arch_portable)
		return or_null(portable_swap(slot0, cpu, &empty_array));
	/* A local detach may run on @cpu meanwhile; the exchange decides who gets the array. */
	return or_null(__atomic_exchange_n(slot_of(slot0, cpu), &empty_array, __ATOMIC_ACQ_REL));
}

void array_attach(struct array_cache **slot0, unsigned int cpu, struct array_cache *array)
{
	if (arch_portable)
		portable_swap(slot0, cpu, array);
	else
		__atomic_store_n(slot_of(slot0, cpu), array, __ATOMIC_RELEASE);
}

bool array_attached(struct array_cache **slot0, unsigned int cpu)
{
	return __atomic_load_n(slot_of(slot0, cpu), __ATOMIC_RELAXED) != &empty_array;
}

// SPDX-License-Identifier: MIT
/*
 * array_cache.c - the ways of an array cache that are not inline
 *
 * The idea and the invariants of array caches are told in array_cache.h. Here is the portable variant.
 *
 * Idea. Without restartable sequences a CPU's arrays need a lock; but mostly one thread uses them for
 * a long time. So that thread owns the lock: it only marks itself busy and looks whether it is the
 * owner still, with the light half of an asymmetric barrier between, and pays no atomic instruction.
 * Whoever else wants the arrays takes array_lock, removes the owner, passes the heavy half, and waits
 * until the old owner is not busy. (Biased locks: Kawachiya, Koseki, Onodera, OOPSLA 2002.) When
 * threads take turns within a short time again and again, that would cost more than it saves: then
 * the CPU's arrays are shared until the machine stops, and everybody takes the lock.
 *
 * Always true
 *	one      in an operation on CPU n's arrays is either its owner, busy and without array_lock, or the
 *	         holder of array_lock, after it saw that there is no other owner or that it is not busy
 *	alive    an owner is a thread that has not ended: at its end it takes its locks and disowns
 *
 * Lock: cpu_slot.array_lock, a test-and-set for a handful of instructions, innermost of all.
 */
#include "array_cache.h"

#include "cpu.h"

struct array_cache empty_array;

static __always_inline struct array_cache **slot_of(struct array_cache **slot0, unsigned int cpu)
{
	return (struct array_cache **)((char *)slot0 + cpu * ARCH_CPU_STRIDE);
}

/* ---- the portable variant: who may use a CPU's arrays ---- */

/* Owners that change faster than this share, after some such changes in a row. */
#define QUICK_CHANGE_NS (100 * 1000)
#define MAX_QUICK_CHANGES 8

/* Sleeps for a moment while *@word is not 0: whoever it says is at work may have lost its CPU. */
static void wait_until_zero(u32 *word)
{
	const u64 nap_ns = 1000;

	for (int spins = 1; __atomic_load_n(word, __ATOMIC_ACQUIRE); spins++) {
		cpu_relax();
		if (spins % 64 == 0)
			arch_futex_wait(word, 1, nap_ns);
	}
}

static void remove_owner(struct cpu_slot *slot, const struct task_struct *self)
{
	struct task_struct *owner = slot->array_owner;

	__atomic_store_n(&slot->array_owner, NULL, __ATOMIC_RELAXED);
	if (!owner || owner == self)
		return;
	arch_heavy_barrier();			/* with the light one of array_enter() */
	wait_until_zero(&owner->array_busy);
}

static struct cpu_slot *__array_lock(unsigned int cpu)
{
	struct cpu_slot *slot = &cpu_area(cpu)->slot;

	while (__atomic_exchange_n(&slot->array_lock, 1, __ATOMIC_ACQUIRE))
		wait_until_zero(&slot->array_lock);
	return slot;
}

/* Takes the arrays from whoever has them. */
static struct cpu_slot *array_lock(unsigned int cpu)
{
	struct cpu_slot *slot = __array_lock(cpu);

	remove_owner(slot, arch_current());
	return slot;
}

static void array_unlock(struct cpu_slot *slot)
{
	__atomic_store_n(&slot->array_lock, 0, __ATOMIC_RELEASE);
}

/* Begins an operation of @cpu's owner. False: the caller is not; it leaves, and goes by array_lock. */
static __always_inline bool array_enter(struct task_struct *self, unsigned int cpu)
{
	__atomic_store_n(&self->array_busy, 1, __ATOMIC_RELAXED);
	arch_light_barrier();			/* with the heavy one of remove_owner() */
	return __atomic_load_n(&cpu_area(cpu)->slot.array_owner, __ATOMIC_RELAXED) == self;
}

static __always_inline void array_leave(struct task_struct *self)
{
	__atomic_store_n(&self->array_busy, 0, __ATOMIC_RELEASE);
}

/* Under array_lock: makes the caller the owner, unless owners have changed too often. */
static void own_or_share(struct cpu_slot *slot, struct task_struct *self)
{
	u64 now;

	if (slot->array_shared || (self->flags & PF_EXITING))
		return;
	now = arch_clock();
	if (now - slot->array_changed > QUICK_CHANGE_NS)
		slot->array_quick_changes = 0;
	else if (++slot->array_quick_changes > MAX_QUICK_CHANGES)
		slot->array_shared = true;
	slot->array_changed = now;
	if (!slot->array_shared)
		__atomic_store_n(&slot->array_owner, self, __ATOMIC_RELAXED);
}

/* The way in for everybody but the owner; the caller becomes it, if owners do not change too often. */
static struct cpu_slot *array_lock_local(struct task_struct *self)
{
	struct cpu_slot *slot;

	array_leave(self);
	self->array_cpu = arch_raw_cpu();
	slot = array_lock(self->array_cpu);
	own_or_share(slot, self);
	return slot;
}

void arrays_disown(struct task_struct *self)
{
	/* Of every CPU: who has removed us as the owner may still look at our array_busy, and has the lock. */
	for (unsigned int cpu = 0; cpu < READ_ONCE(nr_cpu_ids); cpu++) {
		struct cpu_slot *slot = __array_lock(cpu);

		if (slot->array_owner == self)
			__atomic_store_n(&slot->array_owner, NULL, __ATOMIC_RELAXED);
		array_unlock(slot);
	}
}

/* ---- the portable variant: operations ---- */

static __always_inline void *take_last(struct array_cache *array)
{
	u32 avail = array->avail;

	if (!avail)
		return NULL;
	WRITE_ONCE(array->avail, avail - 1);	/* others count what is there */
	return array->entry[avail - 1];
}

static __always_inline bool add_last(struct array_cache *array, void *object)
{
	u32 avail = array->avail;

	if (avail == array->limit)
		return false;
	array->entry[avail] = object;
	WRITE_ONCE(array->avail, avail + 1);
	return true;
}

static noinline void *locked_pop(struct array_cache **slot0)
{
	struct task_struct *self = arch_current();
	struct cpu_slot *slot = array_lock_local(self);
	void *object = take_last(*slot_of(slot0, self->array_cpu));

	array_unlock(slot);
	return object;
}

static noinline bool locked_push(struct array_cache **slot0, void *object)
{
	struct task_struct *self = arch_current();
	struct cpu_slot *slot = array_lock_local(self);
	bool done = add_last(*slot_of(slot0, self->array_cpu), object);

	array_unlock(slot);
	return done;
}

void *portable_array_pop(struct array_cache **slot0)
{
	struct task_struct *self = arch_current();
	unsigned int cpu = self->array_cpu;
	void *object;

	if (unlikely(!array_enter(self, cpu)))
		return locked_pop(slot0);
	object = take_last(*slot_of(slot0, cpu));
	array_leave(self);
	return object;
}

bool portable_array_push(struct array_cache **slot0, void *object)
{
	struct task_struct *self = arch_current();
	unsigned int cpu = self->array_cpu;
	bool done;

	if (unlikely(!array_enter(self, cpu)))
		return locked_push(slot0, object);
	done = add_last(*slot_of(slot0, cpu), object);
	array_leave(self);
	return done;
}

/* ---- both ---- */

noinline void *__array_pop(struct array_cache **slot0)
{
	void *object;

	arch_raw_cpu();			/* a new thread has its rseq area from here on */
	return arch_array_pop(slot0, &object) ? object : NULL;
}

noinline bool __array_push(struct array_cache **slot0, void *object)
{
	arch_raw_cpu();
	return arch_array_push(slot0, object);
}

static struct array_cache *portable_swap(struct array_cache **slot0, unsigned int cpu,
					 struct array_cache *array)
{
	struct cpu_slot *slot = array_lock(cpu);
	struct array_cache *old = *slot_of(slot0, cpu);

	__atomic_store_n(slot_of(slot0, cpu), array, __ATOMIC_RELAXED);
	array_unlock(slot);
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

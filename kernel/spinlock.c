// SPDX-License-Identifier: MIT
/*
 * spinlock.c - short locks that survive a holder without a CPU
 *
 * Idea. One word, taken by exchange, given back by a plain store. A waiter spins for about as long as a
 * section lasts, then counts itself in nr_waiters and sleeps on the word. Unlock has to see the
 * waiter or the waiter has to see the unlock; the asymmetric pair of barriers puts the cost of that on
 * the one who is about to sleep anyway, so an uncontended pair has one atomic instruction.
 *
 * Always true
 *	held     locked is 1 while exactly one thread is between lock and unlock
 *	atomic   that thread has preemption disabled
 *	ranked   (debug builds) it holds no lock of equal or higher rank, RANK_NONE apart
 */
#include <linux/bug.h>
#include <linux/spinlock.h>

#include "cpu.h"
#include "panic.h"

#define LOCK_SPINS 200

void spin_lock_init_rank(spinlock_t *lock, enum lock_rank rank)
{
	*lock = (spinlock_t)__SPIN_LOCK_UNLOCKED_RANK(rank);
}

static bool lock_try(spinlock_t *lock)
{
	return !__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE);
}

static void lock_sleep(spinlock_t *lock)
{
	__atomic_fetch_add(&lock->nr_waiters, 1, __ATOMIC_SEQ_CST);
	arch_heavy_barrier();			/* with the light one of lock_release() */
	if (__atomic_load_n(&lock->locked, __ATOMIC_RELAXED))
		arch_futex_wait(&lock->locked, 1, 0);
	__atomic_fetch_sub(&lock->nr_waiters, 1, __ATOMIC_RELAXED);
}

static noinline void lock_slow(spinlock_t *lock)
{
	for (int spins = 0; ; spins++) {
		if (!__atomic_load_n(&lock->locked, __ATOMIC_RELAXED) && lock_try(lock))
			return;
		if (spins < LOCK_SPINS)
			cpu_relax();
		else
			lock_sleep(lock);
	}
}

static __always_inline void lock_release(spinlock_t *lock)
{
	__atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
	arch_light_barrier();			/* with the heavy one of lock_sleep() */
	if (unlikely(__atomic_load_n(&lock->nr_waiters, __ATOMIC_RELAXED)))
		arch_futex_wake(&lock->locked, 1);
}

/* ---- rank checks of debug builds ---- */

static void rank_enter(const spinlock_t *lock, unsigned long ip)
{
	struct task_struct *task = arch_current();

	if (!PAGODA_DEBUG || lock->rank == RANK_NONE)
		return;
	if (task->lock_ranks >> lock->rank) {
		report_begin();
		printk(KERN_ERR "BUG: lock order: rank %u taken while ranks %#x are held\n",
		       lock->rank, task->lock_ranks);
		report_end(ip);
	}
	task->lock_ranks |= 1U << lock->rank;
}

static void rank_leave(const spinlock_t *lock)
{
	if (PAGODA_DEBUG && lock->rank != RANK_NONE)
		arch_current()->lock_ranks &= ~(1U << lock->rank);
}

/* ---- the calls ---- */

static __always_inline void __spin_lock(spinlock_t *lock, unsigned long ip) __no_lock_analysis
{
	__preempt_disable(ip);
	rank_enter(lock, ip);
	if (unlikely(!lock_try(lock)))
		lock_slow(lock);
}

static __always_inline void __spin_unlock(spinlock_t *lock) __no_lock_analysis
{
	if (unlikely(!spin_is_locked(lock))) {
		WARN(1, "spin_unlock: lock %p is not held", (void *)lock);
		return;
	}
	rank_leave(lock);
	lock_release(lock);
	__preempt_enable();
}

void spin_lock(spinlock_t *lock) __no_lock_analysis
{
	__spin_lock(lock, _RET_IP_);
}

bool spin_trylock(spinlock_t *lock) __no_lock_analysis
{
	__preempt_disable(_RET_IP_);
	if (lock_try(lock)) {
		rank_enter(lock, _RET_IP_);
		return true;
	}
	__preempt_enable();
	return false;
}

void spin_unlock(spinlock_t *lock) __no_lock_analysis
{
	__spin_unlock(lock);
}

unsigned long __spin_lock_irqsave(spinlock_t *lock) __no_lock_analysis
{
	unsigned long flags = irqs_off(_RET_IP_);

	__spin_lock(lock, _RET_IP_);
	return flags;
}

void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags) __no_lock_analysis
{
	__spin_unlock(lock);
	local_irq_restore(flags);
}

void spin_lock_irq(spinlock_t *lock) __no_lock_analysis
{
	irqs_off(_RET_IP_);
	__spin_lock(lock, _RET_IP_);
}

void spin_unlock_irq(spinlock_t *lock) __no_lock_analysis
{
	__spin_unlock(lock);
	local_irq_enable();
}

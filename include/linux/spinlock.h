/* SPDX-License-Identifier: MIT */
/*
 * <linux/spinlock.h> - locks for short sections
 *
 * spin_lock() disables preemption, so the holder must not sleep. A waiter spins briefly and then
 * sleeps in the host, because in a process the holder may have lost its CPU.
 */
#ifndef _PAGODA_LINUX_SPINLOCK_H
#define _PAGODA_LINUX_SPINLOCK_H

#include <linux/compiler.h>
#include <linux/irqflags.h>
#include <linux/mmdebug.h>
#include <linux/preempt.h>
#include <linux/types.h>

/*
 * The locks of the memory manager in the order they may be taken, outermost first. Debug builds
 * report a lock taken under one of equal or higher rank. RANK_NONE is not checked: a program's own
 * locks.
 */
enum lock_rank {
	RANK_NONE,
	RANK_SLAB_MUTEX,
	RANK_CACHE_NODE,
	RANK_PAGESET,
	RANK_ZONE,
	RANK_MEMMAP,
	RANK_LRU,
	RANK_VMAP,
	RANK_CONSOLE,
};

typedef struct __lockable spinlock {
	u32 locked;		/* 0 or 1 */
	u16 nr_waiters;		/* threads that sleep, or are about to */
	u16 rank;		/* enum lock_rank */
} spinlock_t;

#define __SPIN_LOCK_UNLOCKED_RANK(r) { .locked = 0, .nr_waiters = 0, .rank = (r) }
#define __SPIN_LOCK_UNLOCKED(name) __SPIN_LOCK_UNLOCKED_RANK(RANK_NONE)
#define DEFINE_SPINLOCK(name) spinlock_t name = __SPIN_LOCK_UNLOCKED(name)

#pragma GCC visibility push(default)

/* Context of all of them: any. Unlocking a lock that is not held is reported. */
void spin_lock_init_rank(spinlock_t *lock, enum lock_rank rank);
void spin_lock(spinlock_t *lock) __acquires(*lock);
bool spin_trylock(spinlock_t *lock) __try_acquires(*lock);
void spin_unlock(spinlock_t *lock) __releases(*lock);
unsigned long __spin_lock_irqsave(spinlock_t *lock) __acquires(*lock);
void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags) __releases(*lock);
void spin_lock_irq(spinlock_t *lock) __acquires(*lock);
void spin_unlock_irq(spinlock_t *lock) __releases(*lock);

#pragma GCC visibility pop

#define spin_lock_init(lock) spin_lock_init_rank(lock, RANK_NONE)
#define spin_lock_irqsave(lock, flags) ((flags) = __spin_lock_irqsave(lock))

static inline bool spin_is_locked(const spinlock_t *lock)
{
	return READ_ONCE(lock->locked);
}

#define lockdep_assert_held(lock) VM_BUG_ON(!spin_is_locked(lock))

#endif

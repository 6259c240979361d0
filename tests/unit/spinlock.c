// SPDX-License-Identifier: MIT
/*
 * spinlock.c - mutual exclusion, what a holder's context is, and the order of ranks
 *
 * Much here is what clang's analysis of locks is there to reject, hence __no_lock_analysis.
 */
#include "pagoda_test.h"

#include <linux/smp.h>
#include <linux/spinlock.h>

#include "kernel/cpu.h"

static int start(void **state)
{
	(void)state;
	boot("");
	return 0;
}

/* ---- one thread ---- */

static void lock_and_unlock_leave_nothing(void **state) __no_lock_analysis
{
	DEFINE_SPINLOCK(lock);

	assert_false(spin_is_locked(&lock));
	spin_lock(&lock);
	assert_true(spin_is_locked(&lock));
	spin_unlock(&lock);
	assert_false(spin_is_locked(&lock));
	assert_int_equal(preempt_count(), 0);
	assert_int_equal(lock.nr_waiters, 0);
}

static void the_holder_is_atomic(void **state) __no_lock_analysis
{
	DEFINE_SPINLOCK(one);
	DEFINE_SPINLOCK(two);

	assert_false(in_atomic());
	spin_lock(&one);
	assert_true(in_atomic());
	assert_int_equal(preempt_count(), 1);
	spin_lock(&two);
	assert_int_equal(preempt_count(), 2);
	spin_unlock(&one);		/* any order */
	assert_int_equal(preempt_count(), 1);
	spin_unlock(&two);
	assert_false(in_atomic());
}

static void irqsave_keeps_and_restores_the_state(void **state) __no_lock_analysis
{
	DEFINE_SPINLOCK(one);
	DEFINE_SPINLOCK(two);
	unsigned long outer, inner;

	assert_false(irqs_disabled());
	spin_lock_irqsave(&one, outer);
	assert_true(irqs_disabled());
	spin_lock_irqsave(&two, inner);
	spin_unlock_irqrestore(&two, inner);
	assert_true(irqs_disabled());		/* as it was */
	assert_int_equal(preempt_count(), 1);
	spin_unlock_irqrestore(&one, outer);
	assert_false(irqs_disabled());
	assert_int_equal(preempt_count(), 0);

	spin_lock_irq(&one);
	assert_true(irqs_disabled());
	spin_unlock_irq(&one);
	assert_false(irqs_disabled());
}

static void trylock_says_whether(void **state) __no_lock_analysis
{
	DEFINE_SPINLOCK(lock);

	assert_true(spin_trylock(&lock));
	assert_int_equal(preempt_count(), 1);
	assert_false(spin_trylock(&lock));	/* not even by the holder */
	assert_int_equal(preempt_count(), 1);
	spin_unlock(&lock);
	assert_int_equal(preempt_count(), 0);
	assert_true(spin_trylock(&lock));
	spin_unlock(&lock);
}

static void unlocking_what_is_not_held_is_reported(void **state) __no_lock_analysis
{
	DEFINE_SPINLOCK(lock);
	const char *text;

	capture_begin();
	spin_unlock(&lock);
	text = capture_end();
	assert_says(text, "spin_unlock: lock ");
	assert_says(text, " is not held");
	assert_int_equal(preempt_count(), 0);
	spin_lock(&lock);		/* and it still works */
	spin_unlock(&lock);
}

static void an_initialised_lock_is_free(void **state) __no_lock_analysis
{
	spinlock_t lock;

	memset(&lock, 0xff, sizeof(lock));
	spin_lock_init(&lock);
	assert_true(spin_trylock(&lock));
	spin_unlock(&lock);
}

/* ---- several threads ---- */

enum { NR_THREADS = 4 };

static spinlock_t shared = __SPIN_LOCK_UNLOCKED(shared);
static unsigned long counter, seen_together;
static int inside;

static void *count(void *arg) __no_lock_analysis
{
	unsigned long rounds = host_is_slow() ? 500 : 20000, flags;

	for (unsigned long i = 0; i < rounds; i++) {
		if (i % 3 == 0)
			while (!spin_trylock(&shared))
				sched_yield();
		else if (i % 3 == 1)
			spin_lock(&shared);
		else
			spin_lock_irqsave(&shared, flags);
		seen_together += inside++;
		counter++;			/* no atomic: the lock must do */
		if (i % 1000 == 0)
			sched_yield();		/* lose the CPU with the lock held */
		inside--;
		if (i % 3 == 2)
			spin_unlock_irqrestore(&shared, flags);
		else
			spin_unlock(&shared);
	}
	return (void *)rounds;
}

static void run_counters(bool pinned)
{
	pthread_t threads[NR_THREADS];
	unsigned long total = 0;

	counter = seen_together = 0;
	for (int i = 0; i < NR_THREADS; i++) {
		if (pinned)
			pin_to_cpu(i);
		thread_start(&threads[i], count, NULL);
	}
	for (int i = 0; i < NR_THREADS; i++)
		total += (unsigned long)thread_join(threads[i]);
	assert_int_equal(counter, total);
	assert_int_equal(seen_together, 0);
	assert_int_equal(shared.nr_waiters, 0);
	assert_false(spin_is_locked(&shared));
}

static void one_thread_at_a_time(void **state)
{
	run_counters(false);
}

static void one_thread_at_a_time_on_fixed_cpus(void **state)
{
	run_counters(true);
}

static void *lock_once(void *arg) __no_lock_analysis
{
	spin_lock(arg);
	counter++;
	spin_unlock(arg);
	return NULL;
}

/*
 * Waiters that went to sleep in the host are woken, each of them. They are on another CPU than the
 * holder, or else they would wait for its CPU and not for the lock.
 */
static void sleeping_waiters_are_woken(void **state) __no_lock_analysis
{
	pthread_t threads[NR_THREADS];

	counter = 0;
	bind_to_cpu(0);
	spin_lock(&shared);
	if (pin_to_cpu(1) == smp_processor_id()) {
		spin_unlock(&shared);
		skip();
	}
	for (int i = 0; i < NR_THREADS; i++)
		thread_start(&threads[i], lock_once, &shared);
	while (!__atomic_load_n(&shared.nr_waiters, __ATOMIC_RELAXED))
		usleep(1000);
	assert_int_equal(counter, 0);
	spin_unlock(&shared);
	for (int i = 0; i < NR_THREADS; i++)
		thread_join(threads[i]);
	assert_int_equal(counter, NR_THREADS);
	assert_int_equal(shared.nr_waiters, 0);
}

/* ---- ranks ---- */

static void take_both(enum lock_rank outer_rank, enum lock_rank inner_rank) __no_lock_analysis
{
	spinlock_t outer, inner;

	spin_lock_init_rank(&outer, outer_rank);
	spin_lock_init_rank(&inner, inner_rank);
	spin_lock(&outer);
	spin_lock(&inner);
	spin_unlock(&inner);
	spin_unlock(&outer);
}

static void the_right_order_is_silent(void **state)
{
	capture_begin();
	take_both(RANK_CACHE_NODE, RANK_ZONE);
	take_both(RANK_PAGESET, RANK_ZONE);
	take_both(RANK_ZONE, RANK_MEMMAP);
	take_both(RANK_NONE, RANK_NONE);
	take_both(RANK_CONSOLE, RANK_NONE);	/* a program's own locks have no rank */
	take_both(RANK_NONE, RANK_SLAB_MUTEX);
	assert_string_equal(capture_end(), "");
}

static void the_wrong_order_is_reported_in_debug_builds(void **state)
{
	const char *text;

	if (!PAGODA_DEBUG)
		skip();
	capture_begin();
	take_both(RANK_ZONE, RANK_PAGESET);
	text = capture_end();
	assert_int_equal(count_of(text, "BUG: lock order: "), 1);
	capture_begin();
	take_both(RANK_ZONE, RANK_ZONE);	/* two of one rank may meet the other way round */
	assert_int_equal(count_of(capture_end(), "BUG: lock order: "), 1);
	capture_begin();
	take_both(RANK_ZONE, RANK_MEMMAP);	/* nothing sticks */
	assert_string_equal(capture_end(), "");
	assert_int_equal(current->lock_ranks, 0);
}

static void trylock_and_irqsave_check_ranks_too(void **state) __no_lock_analysis
{
	spinlock_t outer, inner;
	unsigned long flags;
	const char *text;

	if (!PAGODA_DEBUG)
		skip();
	spin_lock_init_rank(&outer, RANK_MEMMAP);
	spin_lock_init_rank(&inner, RANK_ZONE);
	spin_lock(&outer);
	capture_begin();
	spin_lock_irqsave(&inner, flags);
	spin_unlock_irqrestore(&inner, flags);
	assert_true(spin_trylock(&inner));
	spin_unlock(&inner);
	text = capture_end();
	spin_unlock(&outer);
	assert_int_equal(count_of(text, "BUG: lock order: "), 2);
}

#define test(f) cmocka_unit_test_setup_teardown(f, start, test_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(lock_and_unlock_leave_nothing),
		test(the_holder_is_atomic),
		test(irqsave_keeps_and_restores_the_state),
		test(trylock_says_whether),
		test(unlocking_what_is_not_held_is_reported),
		test(an_initialised_lock_is_free),
		test(one_thread_at_a_time),
		test(one_thread_at_a_time_on_fixed_cpus),
		test(sleeping_waiters_are_woken),
		test(the_right_order_is_silent),
		test(the_wrong_order_is_reported_in_debug_builds),
		test(trylock_and_irqsave_check_ranks_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

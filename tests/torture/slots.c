// SPDX-License-Identifier: MIT
/*
 * slots.c - sections without preemption, and spin locks, under the worst a host can do
 *
 * CTest: serial timeout=240
 *
 * Idea. "At most one thread is in a section of CPU n" (I5) is seen by a word for each CPU which a thread
 * writes on entry, clears on exit, and finds empty in between; and by a plain counter for each CPU that
 * loses an increment when two add at a time. A mover throws the threads from CPU to CPU in the
 * midst of their sections, holders yield and sleep, so that they lose the CPU they own. The same for locks.
 * Waiting is the other half: nobody may sleep for ever beside a CPU or a lock that is free.
 */
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <pagoda/pagoda.h>

#include <errno.h>
#include <semaphore.h>

#include "kernel/cpu.h"
#include "torture.h"

#define NR_THREADS 8
#define NR_LOCKERS 16
#define NR_SECTIONS 4000000UL		/* for each of three machines */
#define NR_LOCKINGS 400000UL
#define NR_TESTS 6
#define MAX_MS 6000

/* What a CPU's sections share, and nobody else touches. */
static struct {
	unsigned int  owner;		/* the worker inside */
	unsigned long sections;
} per_cpu_data[NR_CPUS] __attribute__((aligned(64)));

static unsigned long nr_left;		/* sections still to do, by all */
static u64 end_ms;

static bool more_to_do(unsigned long batch)
{
	unsigned long left = __atomic_load_n(&nr_left, __ATOMIC_RELAXED);

	if (getenv("PAGODA_SOAK") ? now_ms() > end_ms : !left || now_ms() > end_ms)
		return false;
	if (left)
		__atomic_fetch_sub(&nr_left, min(left, batch), __ATOMIC_RELAXED);
	return true;
}

/* ---- sections ---- */

/* Half-way through a section: lose the CPU, nest, or hurry on. */
static void linger(struct worker *self)
{
	unsigned long what = below(self, 4096);

	if (what < 8) {
		sched_yield();
	} else if (what == 8) {
		sleep_us(50);
	} else if (what < 200) {
		preempt_disable();
		preempt_enable();
	}
}

static void one_section(struct worker *self)
{
	unsigned int cpu = get_cpu();

	if (per_cpu_data[cpu].owner)
		wrong("CPU %u: thread %u came in while %u was inside", cpu, self->nr,
		      per_cpu_data[cpu].owner);
	per_cpu_data[cpu].owner = self->nr;
	linger(self);
	if (per_cpu_data[cpu].owner != self->nr || smp_processor_id() != cpu)
		wrong("CPU %u: thread %u is not alone: %u, CPU %u", cpu, self->nr, per_cpu_data[cpu].owner,
		      smp_processor_id());
	per_cpu_data[cpu].sections++;
	per_cpu_data[cpu].owner = 0;
	put_cpu();
}

static void do_sections(struct worker *self)
{
	while (more_to_do(1000)) {
		for (int i = 0; i < 1000; i++)
			one_section(self);
		self->done += 1000;
		if (one_in(self, 8))
			hop(self);
	}
}

/* Throws the others from CPU to CPU, wherever they are in what they do. */
static void move_others(struct worker *self)
{
	struct worker *others = self->arg;

	while (!time_is_up()) {
		struct worker *victim = &others[below(self, NR_THREADS)];
		pid_t tid = __atomic_load_n(&victim->tid, __ATOMIC_ACQUIRE);

		if (tid)
			move_thread(tid, one_in(self, 3) ? -1 : any_host_cpu(below(self, 1024)));
		sleep_us(below(self, 300));
	}
}

static void sections_are_exclusive(const char *cmdline)
{
	struct worker workers[NR_THREADS], mover;
	unsigned long done, counted = 0;

	torture_begin(200 + torture_ms(0, NR_TESTS) / 1000);
	memset(per_cpu_data, 0, sizeof(per_cpu_data));
	nr_left = NR_SECTIONS;
	end_ms = now_ms() + torture_ms(MAX_MS, NR_TESTS);
	assert_int_equal(pagoda_boot(cmdline), 0);
	start_workers(workers, NR_THREADS, 1, do_sections, NULL);
	assert_true(start_worker(&mover, 100, move_others, workers));
	done = join_workers(workers, NR_THREADS);
	call_it_a_day();
	join_workers(&mover, 1);
	for (int cpu = 0; cpu < NR_CPUS; cpu++)
		counted += per_cpu_data[cpu].sections;
	print_message("%lu sections\n", done);
	assert_int_equal(counted, done);
	assert_int_equal(pagoda_shutdown(), 0);
	torture_end();
}

static void I5_a_section_has_its_cpu_alone(void **state)
{
	sections_are_exclusive("mem=16M");
}

static void I5_a_section_has_its_cpu_alone_when_all_share_one(void **state)
{
	sections_are_exclusive("mem=16M nr_cpus=1");
}

static void I5_a_section_has_its_cpu_alone_on_simulated_cpus(void **state)
{
	sections_are_exclusive("mem=16M nr_cpus=7 array_cache=portable");
}

/* ---- locks ---- */

#define NR_LOCKS 4

static struct {
	spinlock_t    lock;
	unsigned int  holder;
	unsigned long times;
} locked_data[NR_LOCKS] __attribute__((aligned(64)));

static void under_lock(struct worker *self, int i)
{
	unsigned long what = below(self, 8192);

	if (locked_data[i].holder)
		wrong("lock %d: thread %u came in while %u held it", i, self->nr, locked_data[i].holder);
	locked_data[i].holder = self->nr;
	if (what < 8)
		sched_yield();		/* the holder loses its CPU */
	else if (what == 8)
		sleep_us(100);
	if (locked_data[i].holder != self->nr)
		wrong("lock %d: %u took it from thread %u", i, locked_data[i].holder, self->nr);
	locked_data[i].times++;
	locked_data[i].holder = 0;
	self->done++;
}

static void lock_plainly(struct worker *self, int i)
{
	spin_lock(&locked_data[i].lock);
	under_lock(self, i);
	spin_unlock(&locked_data[i].lock);
}

static void lock_with_irqs_off(struct worker *self, int i)
{
	unsigned long flags;

	spin_lock_irqsave(&locked_data[i].lock, flags);
	if (!irqs_disabled())
		wrong("lock %d: interrupts are on", i);
	under_lock(self, i);
	spin_unlock_irqrestore(&locked_data[i].lock, flags);
}

static void lock_if_free(struct worker *self, int i)
{
	if (!spin_trylock(&locked_data[i].lock))
		return;
	under_lock(self, i);
	spin_unlock(&locked_data[i].lock);
}

/* Two locks, the lower first. */
static void lock_two(struct worker *self, int i)
{
	if (i + 1 == NR_LOCKS)
		return;
	spin_lock(&locked_data[i].lock);
	spin_lock(&locked_data[i + 1].lock);
	under_lock(self, i);
	under_lock(self, i + 1);
	spin_unlock(&locked_data[i + 1].lock);
	spin_unlock(&locked_data[i].lock);
}

static void do_lockings(struct worker *self)
{
	static void (*const how[])(struct worker *self, int i) = {
		lock_plainly, lock_with_irqs_off, lock_if_free, lock_two,
	};

	while (more_to_do(100)) {
		for (int i = 0; i < 100; i++)
			how[below(self, ARRAY_SIZE(how))](self, one_in(self, 2) ? 0 : below(self, NR_LOCKS));
		if (one_in(self, 64))
			hop(self);
	}
}

static void locks_are_exclusive(const char *cmdline)
{
	struct worker workers[NR_LOCKERS];
	unsigned long done, counted = 0;

	torture_begin(200 + torture_ms(0, NR_TESTS) / 1000);
	memset(locked_data, 0, sizeof(locked_data));
	for (int i = 0; i < NR_LOCKS; i++)
		spin_lock_init(&locked_data[i].lock);
	nr_left = NR_LOCKINGS;
	end_ms = now_ms() + torture_ms(MAX_MS, NR_TESTS);
	assert_int_equal(pagoda_boot(cmdline), 0);
	start_workers(workers, NR_LOCKERS, 1, do_lockings, NULL);
	done = join_workers(workers, NR_LOCKERS);
	for (int i = 0; i < NR_LOCKS; i++) {
		counted += locked_data[i].times;
		assert_false(spin_is_locked(&locked_data[i].lock));
	}
	print_message("%lu times locked\n", done);
	assert_int_equal(counted, done);
	assert_int_equal(pagoda_shutdown(), 0);
	torture_end();
}

static void a_lock_has_one_holder(void **state)
{
	locks_are_exclusive("mem=16M");
}

static void a_lock_has_one_holder_on_simulated_cpus(void **state)
{
	locks_are_exclusive("mem=16M nr_cpus=5 array_cache=portable");
}

/* ---- nobody is forgotten ---- */

static sem_t section_done;

/* Waits on CPU 0 for a section there. */
static void enter_once(struct worker *self)
{
	preempt_disable();
	preempt_enable();
	sem_post(&section_done);
}

/* Starts a thread that sleeps until CPU 0 is free, and waits until it does. */
static void start_sleeper(struct worker *worker, unsigned int nr)
{
	assert_true(start_worker(worker, nr, enter_once, NULL));	/* on our CPU */
	while (__atomic_load_n(&cpu_area0->slot.nr_waiters, __ATOMIC_RELAXED) < nr)
		sleep_us(1000);
	sleep_us(20000);		/* it counts itself before it sleeps */
}

static bool both_came_through(void)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 5;
	return !sem_timedwait(&section_done, &end) && !sem_timedwait(&section_done, &end);
}

/*
 * Two threads sleep for CPU 0. The first that is woken finds itself on CPU 1 and has no more use for CPU 0.
 * Then the second must not sleep on, for nobody else will ever wake it.
 */
static void a_waiter_that_goes_elsewhere_leaves_the_cpu_to_the_next(void **state)
{
	struct worker sleepers[2];
	bool all;

	if (CPU_COUNT(host_cpus()) < 2 || !CPU_ISSET(0, host_cpus()) || !CPU_ISSET(1, host_cpus()))
		skip();
	torture_begin(100);
	sem_init(&section_done, 0, 0);
	assert_int_equal(pagoda_boot("mem=16M"), 0);
	move_thread(0, 0);
	preempt_disable();
	assert_int_equal(smp_processor_id(), 0);
	start_sleeper(&sleepers[0], 1);
	start_sleeper(&sleepers[1], 2);
	move_thread(__atomic_load_n(&sleepers[0].tid, __ATOMIC_ACQUIRE), 1);
	move_thread(0, 1);
	preempt_enable();
	all = both_came_through();
	move_thread(0, 0);		/* a section on CPU 0 wakes whoever was forgotten */
	preempt_disable();
	preempt_enable();
	join_workers(sleepers, 2);
	assert_true(all);
	assert_int_equal(pagoda_shutdown(), 0);
	torture_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_waiter_that_goes_elsewhere_leaves_the_cpu_to_the_next, stop_machine),
		cmocka_unit_test_teardown(I5_a_section_has_its_cpu_alone, stop_machine),
		cmocka_unit_test_teardown(I5_a_section_has_its_cpu_alone_when_all_share_one, stop_machine),
		cmocka_unit_test_teardown(I5_a_section_has_its_cpu_alone_on_simulated_cpus, stop_machine),
		cmocka_unit_test_teardown(a_lock_has_one_holder, stop_machine),
		cmocka_unit_test_teardown(a_lock_has_one_holder_on_simulated_cpus, stop_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

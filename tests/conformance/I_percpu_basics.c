// SPDX-License-Identifier: MIT
/*
 * I_percpu_basics.c - requirements I1, I4 and I5: sections in which a thread keeps its CPU
 *
 * A section of CPU n is exclusive: arrays indexed by CPU need no lock inside. The tests change such data
 * without atomic operations, from more threads than there are CPUs, pinned and unpinned, and
 * lose the host's CPU in the middle on purpose.
 */
#include "pagoda_test.h"

#include <linux/cpumask.h>
#include <linux/hardirq.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/topology.h>

enum { NR_THREADS = 4, MAX_CPUS = 64 };

/* ---- I1, I5: exclusive sections ---- */

static struct {
	unsigned long count;		/* changed in sections only, not atomically */
	int owner;			/* thread in a section of this CPU */
	char pad[48];
} cpu_data[MAX_CPUS];

static unsigned long intruders, lost_cpus;
static bool nested;

static int rounds(void)
{
	return host_is_slow() ? 400 : 20000;
}

static void *count_in_sections(void *arg)
{
	for (int i = 0; i < rounds(); i++) {
		unsigned int cpu = get_cpu();
		unsigned long count = cpu_data[cpu].count;

		if (cpu_data[cpu].owner)
			__atomic_fetch_add(&intruders, 1, __ATOMIC_RELAXED);
		cpu_data[cpu].owner = gettid();
		if (nested) {
			if (get_cpu() != cpu)
				__atomic_fetch_add(&lost_cpus, 1, __ATOMIC_RELAXED);
			put_cpu();
		}
		if (i % 1000 == 0)
			sched_yield();
		if (smp_processor_id() != cpu)
			__atomic_fetch_add(&lost_cpus, 1, __ATOMIC_RELAXED);
		cpu_data[cpu].count = count + 1;
		if (cpu_data[cpu].owner != gettid())
			__atomic_fetch_add(&intruders, 1, __ATOMIC_RELAXED);
		cpu_data[cpu].owner = 0;
		put_cpu();
	}
	return NULL;
}

static void run_sections(const char *machine, bool pinned)
{
	unsigned long total = 0;
	pthread_t threads[NR_THREADS];
	unsigned int cpu;

	boot(machine);
	memset(cpu_data, 0, sizeof(cpu_data));
	intruders = lost_cpus = 0;
	for (int i = 0; i < NR_THREADS; i++) {
		if (pinned)
			pin_to_cpu(i);
		thread_start(&threads[i], count_in_sections, NULL);
	}
	for (int i = 0; i < NR_THREADS; i++)
		thread_join(threads[i]);
	for_each_possible_cpu(cpu)
		total += cpu_data[cpu].count;
	assert_int_equal(intruders, 0);
	assert_int_equal(lost_cpus, 0);
	assert_int_equal(total, NR_THREADS * rounds());
	shutdown_clean();
}

static void I1_arrays_by_cpu_need_no_lock(void **state)
{
	nested = false;
	run_sections("mem=64M", false);
}

static void I5_sections_are_exclusive_for_pinned_threads(void **state)
{
	nested = false;
	run_sections("mem=64M", true);
}

static void I5_sections_are_exclusive_when_nested(void **state)
{
	nested = true;
	run_sections("mem=64M", false);
}

static void I5_sections_are_exclusive_on_one_cpu(void **state)
{
	nested = true;
	run_sections("mem=64M nr_cpus=1", false);
}

static void I5_sections_are_exclusive_on_more_cpus_than_the_host_has(void **state)
{
	nested = false;
	run_sections("mem=64M nr_cpus=16", false);
}

static void *count_when_bound(void *arg)
{
	int err = set_cpus_allowed_ptr(current, cpumask_of((uintptr_t)arg));

	if (err)
		return (void *)(intptr_t)err;
	return count_in_sections(NULL);
}

static void I5_sections_are_exclusive_on_simulated_cpus(void **state)
{
	pthread_t threads[8];

	boot("mem=64M nr_cpus=4 array_cache=portable");
	memset(cpu_data, 0, sizeof(cpu_data));
	intruders = lost_cpus = 0;
	nested = false;
	for (uintptr_t i = 0; i < 8; i++)
		thread_start(&threads[i], count_when_bound, (void *)(i % 4));
	for (int i = 0; i < 8; i++)
		assert_null(thread_join(threads[i]));
	assert_int_equal(intruders, 0);
	assert_int_equal(lost_cpus, 0);
	for (int i = 0; i < 4; i++)		/* each where it was bound to */
		assert_int_equal(cpu_data[i].count, 2 * rounds());
	shutdown_clean();
}

static pthread_barrier_t meeting;

static void *meet_in_section(void *arg)
{
	unsigned int *cpu = arg;

	*cpu = get_cpu();
	pthread_barrier_wait(&meeting);		/* both are inside now */
	put_cpu();
	return NULL;
}

static void I5_sections_of_different_cpus_do_not_wait_for_each_other(void **state)
{
	unsigned int cpus[2];
	pthread_t threads[2];

	boot("mem=64M");
	if (nr_usable_cpus() < 2 || num_online_cpus() < 2)
		skip();
	pthread_barrier_init(&meeting, NULL, 2);
	for (int i = 0; i < 2; i++) {
		pin_to_cpu(i);
		thread_start(&threads[i], meet_in_section, &cpus[i]);
	}
	for (int i = 0; i < 2; i++)
		thread_join(threads[i]);
	pthread_barrier_destroy(&meeting);
	assert_int_not_equal(cpus[0], cpus[1]);
	shutdown_clean();
}

/* ---- nesting and counting ---- */

static void I5_sections_nest(void **state)
{
	unsigned int cpu;

	boot("mem=64M");
	assert_int_equal(preempt_count(), 0);
	assert_true(preemptible());
	cpu = get_cpu();
	for (int depth = 2; depth <= 100; depth++) {
		preempt_disable();
		assert_int_equal(preempt_count(), depth);
		assert_int_equal(smp_processor_id(), cpu);
	}
	for (int depth = 99; depth >= 1; depth--) {
		preempt_enable();
		assert_int_equal(preempt_count(), depth);
		assert_true(in_atomic());
	}
	put_cpu();
	assert_int_equal(preempt_count(), 0);
	assert_false(in_atomic());
	shutdown_clean();
}

static void I5_process_context_is_no_interrupt(void **state)
{
	boot("mem=64M");
	assert_false(in_interrupt());
	assert_false(in_irq());
	assert_false(in_softirq());
	assert_true(in_task());
	preempt_disable();
	assert_false(in_interrupt());
	preempt_enable();
	assert_false(irqs_disabled());
	shutdown_clean();
}

static void I5_an_end_without_a_begin_is_reported(void **state)
{
	boot("mem=64M");
	capture_begin();
	put_cpu();
	assert_says(capture_end(), "preempt_enable: preemption is not disabled");
	assert_int_equal(preempt_count(), 0);
	assert_true(get_cpu() < nr_cpu_ids);
	put_cpu();
	shutdown_clean();
}

/* ---- sleeping there ---- */

void I5_outer_section(void (*inside)(void));
void I5_sleepy_function(void);
void I5_brief_section(void);
void I5_interrupts_off(void (*inside)(void));

not_inlined void I5_sleepy_function(void)
{
	might_sleep();
}

not_inlined void I5_brief_section(void)
{
	DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	spin_unlock(&lock);
	preempt_disable();
	preempt_enable();
}

not_inlined void I5_outer_section(void (*inside)(void))
{
	preempt_disable();
	inside();
	preempt_enable();
}

not_inlined void I5_interrupts_off(void (*inside)(void))
{
	unsigned long flags;

	local_irq_save(flags);
	inside();
	local_irq_restore(flags);
}

static void sleep_after_a_brief_section(void)
{
	I5_brief_section();
	I5_sleepy_function();
}

static void sleep_in_the_inner_of_two(void)
{
	preempt_disable();
	I5_sleepy_function();
	preempt_enable();
}

static void I5_sleeping_in_a_section_is_reported_with_both_places(void **state)
{
	const char *text;

	boot("mem=64M");
	capture_begin();
	I5_sleepy_function();
	assert_string_equal(capture_end(), "");
	capture_begin();
	I5_outer_section(I5_sleepy_function);
	text = capture_end();
	assert_says(text, "sleeping function called from invalid context: I5_sleepy_function");
	assert_says(text, "context made atomic at I5_outer_section+0x");
	assert_says(text, "in_atomic(): 1, irqs_disabled(): 0, preempt_count: 1");
	shutdown_clean();
}

/* A section that is over has not made the context atomic, and one inside of another neither. */
static void I5_the_section_that_lasts_is_the_one_named(void **state)
{
	boot("mem=64M");
	capture_begin();
	I5_outer_section(sleep_after_a_brief_section);
	assert_says(capture_end(), "context made atomic at I5_outer_section+0x");
	capture_begin();
	I5_outer_section(sleep_in_the_inner_of_two);
	assert_says(capture_end(), "context made atomic at I5_outer_section+0x");
	capture_begin();
	I5_interrupts_off(sleep_after_a_brief_section);
	assert_says(capture_end(), "context made atomic at I5_interrupts_off+0x");
	shutdown_clean();
}

static void sleep_strictly(void)
{
	boot("mem=64M panic_on_warn=1");
	I5_outer_section(I5_sleepy_function);
}

static void I5_sleeping_in_a_section_ends_a_strict_program(void **state)
{
	assert_says(dies_in_child(sleep_strictly), "I5_outer_section+0x");
}

/* ---- which CPU ---- */

void I5_asks_for_its_cpu(void);

not_inlined void I5_asks_for_its_cpu(void)
{
	smp_processor_id();
	barrier();
}

static void I5_the_cpu_of_a_preemptible_thread_is_reported_under_debug_preempt(void **state)
{
	boot("mem=64M");
	capture_begin();
	I5_asks_for_its_cpu();
	assert_string_equal(capture_end(), "");
	shutdown_clean();
	boot("mem=64M debug_preempt=1");
	capture_begin();
	I5_asks_for_its_cpu();
	assert_says(capture_end(), "using smp_processor_id() in preemptible code, from I5_asks_for_its_cpu+0x");
	capture_begin();
	raw_smp_processor_id();			/* who says raw knows */
	preempt_disable();
	I5_asks_for_its_cpu();
	preempt_enable();
	bind_to_cpu(0);
	I5_asks_for_its_cpu();
	assert_string_equal(capture_end(), "");
	shutdown_clean();
}

static void I4_cpus_are_numbered_from_0(void **state)
{
	unsigned int cpu, nr = 0;

	boot("mem=64M nr_cpus=5");
	assert_int_equal(num_online_cpus(), 5);
	assert_int_equal(num_possible_cpus(), 5);
	assert_int_equal(nr_cpu_ids, 5);
	for_each_possible_cpu(cpu)
		assert_int_equal(cpu, nr++);
	assert_int_equal(nr, 5);
	nr = 0;
	for_each_online_cpu(cpu)
		assert_int_equal(cpu, nr++);
	assert_int_equal(nr, 5);
	for_each_cpu(cpu, cpu_online_mask)
		assert_true(cpu_online(cpu) && cpu_possible(cpu));
	assert_false(cpu_online(5));
	assert_int_equal(cpumask_weight(cpu_possible_mask), 5);
	assert_true(NR_CPUS >= 5);
	shutdown_clean();
}

static void I4_a_pinned_thread_is_on_the_hosts_cpu(void **state)
{
	boot("mem=64M");
	for (unsigned int i = 0; i < nr_usable_cpus(); i++) {
		unsigned int cpu = pin_to_cpu(i);

		assert_int_equal(raw_smp_processor_id(), cpu);
		assert_int_equal(get_cpu(), cpu);
		put_cpu();
	}
	shutdown_clean();
}

static void *tell_current(void *arg)
{
	preempt_disable();		/* a plain thread's first call */
	preempt_enable();
	return current;
}

static void I5_current_differs_between_threads(void **state)
{
	pthread_t thread;
	void *other;

	boot("mem=64M");
	thread_start(&thread, tell_current, NULL);
	other = thread_join(thread);
	assert_non_null(other);
	assert_ptr_not_equal(other, current);
	shutdown_clean();
}

/* ---- spinlocks ---- */

static spinlock_t lock = __SPIN_LOCK_UNLOCKED(lock);
static unsigned long counter;

static void *count_under_lock(void *arg)
{
	for (int i = 0; i < rounds(); i++) {
		spin_lock(&lock);
		counter++;
		spin_unlock(&lock);
	}
	return NULL;
}

static void I5_a_spinlock_lets_one_thread_in(void **state)
{
	pthread_t threads[NR_THREADS];

	boot("mem=64M");
	counter = 0;
	for (int i = 0; i < NR_THREADS; i++)
		thread_start(&threads[i], count_under_lock, NULL);
	for (int i = 0; i < NR_THREADS; i++)
		thread_join(threads[i]);
	assert_int_equal(counter, NR_THREADS * rounds());
	shutdown_clean();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(I1_arrays_by_cpu_need_no_lock),
		machine_test(I4_cpus_are_numbered_from_0),
		machine_test(I4_a_pinned_thread_is_on_the_hosts_cpu),
		machine_test(I5_sections_are_exclusive_for_pinned_threads),
		machine_test(I5_sections_are_exclusive_when_nested),
		machine_test(I5_sections_are_exclusive_on_one_cpu),
		machine_test(I5_sections_are_exclusive_on_more_cpus_than_the_host_has),
		machine_test(I5_sections_are_exclusive_on_simulated_cpus),
		machine_test(I5_sections_of_different_cpus_do_not_wait_for_each_other),
		machine_test(I5_sections_nest),
		machine_test(I5_process_context_is_no_interrupt),
		machine_test(I5_an_end_without_a_begin_is_reported),
		machine_test(I5_sleeping_in_a_section_is_reported_with_both_places),
		machine_test(I5_the_section_that_lasts_is_the_one_named),
		machine_test(I5_sleeping_in_a_section_ends_a_strict_program),
		machine_test(I5_the_cpu_of_a_preemptible_thread_is_reported_under_debug_preempt),
		machine_test(I5_current_differs_between_threads),
		machine_test(I5_a_spinlock_lets_one_thread_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

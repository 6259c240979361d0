// SPDX-License-Identifier: MIT
/*
 * cpu.c - slots of CPUs, bound threads, masks, and the checks of context
 */
#include "pagoda_test.h"

#include <linux/cpumask.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/topology.h>

#include "kernel/cpu.h"

static u32 owner_of(unsigned int cpu)
{
	return __atomic_load_n(&cpu_area(cpu)->slot.owner, __ATOMIC_RELAXED);
}

/* ---- slots ---- */

static void a_section_owns_the_slot_of_its_cpu(void **state)
{
	unsigned int cpu, other;

	boot("");
	for (other = 0; other < nr_cpu_ids; other++)
		assert_int_equal(owner_of(other), 0);
	cpu = get_cpu();
	for (other = 0; other < nr_cpu_ids; other++)
		assert_int_equal(owner_of(other), other == cpu ? (u32)gettid() : 0);
	assert_ptr_equal(current->slot, &cpu_area(cpu)->slot);
	preempt_disable();
	preempt_enable();
	assert_int_equal(owner_of(cpu), gettid());	/* until the outermost ends */
	put_cpu();
	assert_int_equal(owner_of(cpu), 0);
	assert_null(current->slot);
}

static void the_slot_of_no_cpu_is_never_free(void **state)
{
	boot("");
	assert_int_not_equal(owner_of(nr_cpu_ids), 0);
}

static void a_section_keeps_its_cpu_wherever_the_host_moves_it(void **state)
{
	unsigned int cpu;

	boot("");
	bind_to_cpu(0);
	cpu = get_cpu();
	for (unsigned int i = 0; i < 4; i++) {
		pin_to_cpu(i);
		assert_int_equal(smp_processor_id(), cpu);
		assert_int_equal(raw_smp_processor_id(), cpu);
	}
	put_cpu();
	assert_int_equal(owner_of(cpu), 0);
}

static void too_many_enables_are_reported(void **state)
{
	const char *text;

	boot("");
	capture_begin();
	preempt_enable();
	text = capture_end();
	assert_says(text, "preempt_enable: preemption is not disabled");
	assert_int_equal(preempt_count(), 0);
	preempt_disable();
	assert_int_equal(preempt_count(), 1);
	preempt_enable();
	assert_int_equal(preempt_count(), 0);
}

/* ---- who waits for a slot ---- */

enum { NR_THREADS = 4 };

static int owner_word[NR_CPUS];		/* of each CPU: the number of the thread in a section */
static unsigned long intruders, sections;

static void *enter_sections(void *arg)
{
	int rounds = host_is_slow() ? 300 : 5000;

	while (rounds--) {
		unsigned int cpu = get_cpu();

		if (__atomic_exchange_n(&owner_word[cpu], gettid(), __ATOMIC_RELAXED))
			__atomic_fetch_add(&intruders, 1, __ATOMIC_RELAXED);
		if (rounds % 500 == 0)
			sched_yield();		/* lose the CPU, keep the slot */
		if (__atomic_exchange_n(&owner_word[cpu], 0, __ATOMIC_RELAXED) != gettid())
			__atomic_fetch_add(&intruders, 1, __ATOMIC_RELAXED);
		put_cpu();
		__atomic_fetch_add(&sections, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void run_sections(const char *machine, bool pinned)
{
	pthread_t threads[NR_THREADS];
	unsigned int cpu;

	boot(machine);
	intruders = sections = 0;
	for (int i = 0; i < NR_THREADS; i++) {
		if (pinned)
			pin_to_cpu(i);
		thread_start(&threads[i], enter_sections, NULL);
	}
	for (int i = 0; i < NR_THREADS; i++)
		thread_join(threads[i]);
	assert_int_equal(intruders, 0);
	assert_int_equal(sections, NR_THREADS * (host_is_slow() ? 300 : 5000));
	for_each_online_cpu(cpu) {
		assert_int_equal(owner_of(cpu), 0);
		assert_int_equal(cpu_area(cpu)->slot.nr_waiters, 0);
	}
}

static void one_thread_in_a_section_of_each_cpu(void **state)
{
	run_sections("", false);
}

static void one_thread_in_a_section_of_each_cpu_when_pinned(void **state)
{
	run_sections("", true);
}

static void one_thread_in_a_section_of_a_machine_with_one_cpu(void **state)
{
	run_sections("nr_cpus=1", false);
}

static void *enter_one_section(void *arg)
{
	get_cpu();
	__atomic_fetch_add(&sections, 1, __ATOMIC_RELAXED);
	put_cpu();
	return NULL;
}

static void sleeping_waiters_are_woken(void **state)
{
	pthread_t threads[NR_THREADS];

	boot("nr_cpus=1");
	sections = 0;
	get_cpu();
	for (int i = 0; i < NR_THREADS; i++)
		thread_start(&threads[i], enter_one_section, NULL);
	while (__atomic_load_n(&cpu_area(0)->slot.nr_waiters, __ATOMIC_RELAXED) < NR_THREADS)
		usleep(1000);
	assert_int_equal(sections, 0);
	put_cpu();
	for (int i = 0; i < NR_THREADS; i++)
		thread_join(threads[i]);
	assert_int_equal(sections, NR_THREADS);
	assert_int_equal(cpu_area(0)->slot.nr_waiters, 0);
}

/* ---- interrupts off ---- */

static void interrupts_off_is_kept_by_the_thread(void **state)
{
	unsigned long outer, inner;

	boot("");
	local_irq_save(outer);
	assert_true(irqs_disabled());
	assert_int_equal(preempt_count(), 0);	/* the kernel's count does not know */
	local_irq_save(inner);
	local_irq_restore(inner);
	assert_true(irqs_disabled());
	local_irq_restore(outer);
	assert_false(irqs_disabled());
	local_irq_disable();
	preempt_disable();
	local_irq_enable();
	assert_false(irqs_disabled());
	assert_int_equal(preempt_count(), 1);
	preempt_enable();
	assert_false(in_atomic());
}

/* ---- threads ---- */

static void *tell_current(void *arg)
{
	struct task_struct **task = arg;

	pthread_setname_np(pthread_self(), "another");
	*task = current;
	assert_int_equal(current->pid, gettid());
	assert_string_equal(current->comm, "another");
	return NULL;
}

static void each_thread_is_a_task(void **state)
{
	struct task_struct *other = NULL;
	pthread_t thread;

	boot("");
	assert_int_equal(current->pid, gettid());
	assert_ptr_equal(current, current);
	thread_start(&thread, tell_current, &other);
	thread_join(thread);
	assert_non_null(other);
	assert_ptr_not_equal(other, current);
}

/* ---- bound threads ---- */

static void a_bound_thread_is_on_its_cpu(void **state)
{
	unsigned int cpu;

	boot("nr_cpus=8 array_cache=portable debug_preempt=1");
	for_each_online_cpu(cpu) {
		assert_int_equal(set_cpus_allowed_ptr(current, cpumask_of(cpu)), 0);
		assert_int_equal(smp_processor_id(), cpu);	/* no report either */
		assert_int_equal(get_cpu(), cpu);
		assert_int_equal(owner_of(cpu), gettid());
		put_cpu();
	}
	assert_int_equal(set_cpus_allowed_ptr(current, cpu_online_mask), 0);
	capture_begin();
	smp_processor_id();
	assert_says(capture_end(), "smp_processor_id() in preemptible");
}

static void a_thread_can_be_bound_to_cpus_of_the_host(void **state)
{
	unsigned int cpu;

	boot("");
	for (unsigned int i = 0; i < nr_usable_cpus(); i++) {
		cpu = bind_to_cpu(i);
		assert_int_equal(raw_smp_processor_id(), cpu);
	}
}

static void what_cannot_be_bound_is_refused(void **state)
{
	struct task_struct other = { 0 };
	struct cpumask none;

	boot("nr_cpus=4 array_cache=portable");
	cpumask_clear(&none);
	assert_int_equal(set_cpus_allowed_ptr(current, &none), -EINVAL);
	assert_int_equal(set_cpus_allowed_ptr(current, cpumask_of(4)), -EINVAL);
	assert_int_equal(set_cpus_allowed_ptr(current, cpumask_of(NR_CPUS - 1)), -EINVAL);
	assert_int_equal(set_cpus_allowed_ptr(&other, cpumask_of(0)), -EOPNOTSUPP);
}

/* ---- masks ---- */

static void the_mask_of_one_cpu_has_one_cpu(void **state)
{
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++) {
		const struct cpumask *mask = cpumask_of(cpu);

		assert_int_equal(cpumask_weight(mask), 1);
		assert_int_equal(cpumask_first(mask), cpu);
		assert_true(cpumask_test_cpu(cpu, mask));
		assert_true(cpumask_next(cpu, mask) >= NR_CPUS);
	}
}

static void masks_are_walked_in_order(void **state)
{
	unsigned int cpu, nr = 0, last = 0;
	struct cpumask mask;

	boot("nr_cpus=200 array_cache=portable");
	cpumask_clear(&mask);
	for (cpu = 3; cpu < NR_CPUS; cpu += 7)
		cpumask_set_cpu(cpu, &mask);
	cpumask_clear_cpu(10, &mask);
	for_each_cpu(cpu, &mask) {
		assert_true(cpu % 7 == 3 && cpu != 10 && cpu < 200);
		assert_true(!nr || cpu > last);
		last = cpu;
		nr++;
	}
	assert_int_equal(nr, 200 / 7 + 1 - 1);
}

/* ---- nodes ---- */

static void cpus_are_spread_over_the_nodes(void **state)
{
	unsigned int cpu, nr_on_node[3] = { 0 };

	boot("nr_cpus=8 numa=3 mem=256M array_cache=portable");
	for_each_online_cpu(cpu) {
		int node = cpu_to_node(cpu);

		assert_in_range(node, 0, 2);
		assert_true(!cpu || node >= cpu_to_node(cpu - 1));
		nr_on_node[node]++;
		set_cpus_allowed_ptr(current, cpumask_of(cpu));
		assert_int_equal(numa_node_id(), node);
	}
	for (int node = 0; node < 3; node++)
		assert_in_range(nr_on_node[node], 2, 3);
	assert_int_equal(cpu_to_node(8), 0);		/* there is none */
	assert_int_equal(cpu_to_node(-1), 0);
}

static void nodes_may_have_no_cpu(void **state)
{
	boot("nr_cpus=2 numa=4 mem=256M array_cache=portable");
	assert_int_equal(cpu_to_node(0), 0);
	assert_int_equal(cpu_to_node(1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(a_section_owns_the_slot_of_its_cpu),
		machine_test(the_slot_of_no_cpu_is_never_free),
		machine_test(a_section_keeps_its_cpu_wherever_the_host_moves_it),
		machine_test(too_many_enables_are_reported),
		machine_test(one_thread_in_a_section_of_each_cpu),
		machine_test(one_thread_in_a_section_of_each_cpu_when_pinned),
		machine_test(one_thread_in_a_section_of_a_machine_with_one_cpu),
		machine_test(sleeping_waiters_are_woken),
		machine_test(interrupts_off_is_kept_by_the_thread),
		machine_test(each_thread_is_a_task),
		machine_test(a_bound_thread_is_on_its_cpu),
		machine_test(a_thread_can_be_bound_to_cpus_of_the_host),
		machine_test(what_cannot_be_bound_is_refused),
		machine_test(the_mask_of_one_cpu_has_one_cpu),
		machine_test(masks_are_walked_in_order),
		machine_test(cpus_are_spread_over_the_nodes),
		machine_test(nodes_may_have_no_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * array_cache.c - stacks of pointers on each CPU
 *
 * The slots are the test's own, at the distance that CPUs have, with a copy behind the last CPU's for
 * threads without rseq. A machine runs, since the portable variant uses its CPUs' locks.
 */
#include "pagoda_test.h"

#include <linux/cpumask.h>
#include <linux/sched.h>

#include <sys/mman.h>

#include "kernel/array_cache.h"
#include "kernel/cpu.h"

enum { LIMIT = 8, MAX_CPUS = 16 };

static _Alignas(64) char storage[MAX_CPUS][sizeof(struct array_cache) + LIMIT * sizeof(void *)];
static struct array_cache **slot0;
static size_t slots_bytes;

static struct array_cache *array(unsigned int cpu)
{
	return (struct array_cache *)storage[cpu];
}

/* Boots @cmdline and attaches an empty array on each CPU. */
static void start(const char *cmdline)
{
	unsigned int cpu;

	boot(cmdline);
	assert_true(nr_cpu_ids <= MAX_CPUS);
	slots_bytes = (nr_cpu_ids + 1) * ARCH_CPU_STRIDE;
	slot0 = mmap(NULL, slots_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(slot0 != MAP_FAILED);
	array_attach(slot0, nr_cpu_ids, &empty_array);
	for_each_online_cpu(cpu) {
		*array(cpu) = (struct array_cache){ .avail = 0, .limit = LIMIT };
		array_attach(slot0, cpu, array(cpu));
	}
}

static int stop(void **state)
{
	if (slot0)
		munmap(slot0, slots_bytes);
	slot0 = NULL;
	return test_teardown(state);
}

static void *object(int i)
{
	static char objects[256];

	return &objects[i];
}

static struct array_cache *array_here(void)
{
	return array(raw_smp_processor_id());
}

static void the_last_in_is_the_first_out(void **state)
{
	start("");
	bind_to_cpu(0);
	assert_null(array_pop(slot0));
	for (int i = 0; i < LIMIT; i++)
		assert_true(array_push(slot0, object(i)));
	assert_int_equal(array_here()->avail, LIMIT);
	for (int i = LIMIT; i-- > 0; )
		assert_ptr_equal(array_pop(slot0), object(i));
	assert_null(array_pop(slot0));
	assert_int_equal(array_here()->avail, 0);
}

static void a_full_array_takes_nothing(void **state)
{
	start("");
	bind_to_cpu(0);
	for (int i = 0; i < LIMIT; i++)
		array_push(slot0, object(i));
	assert_false(array_push(slot0, object(100)));
	assert_false(array_push(slot0, object(100)));
	assert_ptr_equal(array_pop(slot0), object(LIMIT - 1));
	assert_true(array_push(slot0, object(100)));
	assert_ptr_equal(array_pop(slot0), object(100));
}

static void a_detached_array_belongs_to_who_detached_it(void **state)
{
	struct array_cache *mine;

	start("");
	bind_to_cpu(0);
	array_push(slot0, object(1));
	array_push(slot0, object(2));
	mine = array_detach_local(slot0);
	assert_ptr_equal(mine, array_here());
	assert_int_equal(mine->avail, 2);
	assert_ptr_equal(mine->entry[0], object(1));
	assert_ptr_equal(mine->entry[1], object(2));
	/* The slot is as good as an empty and full array, and nobody gets it a second time. */
	assert_false(array_attached(slot0, raw_smp_processor_id()));
	assert_null(array_pop(slot0));
	assert_false(array_push(slot0, object(3)));
	assert_null(array_detach_local(slot0));
	assert_null(array_detach(slot0, raw_smp_processor_id()));
	mine->avail = 1;
	array_attach(slot0, raw_smp_processor_id(), mine);
	assert_true(array_attached(slot0, raw_smp_processor_id()));
	assert_ptr_equal(array_pop(slot0), object(1));
	assert_null(array_pop(slot0));
}

static void each_cpu_has_its_own(void **state)
{
	unsigned int first, second;

	start("");
	first = bind_to_cpu(0);
	array_push(slot0, object(1));
	second = bind_to_cpu(1);
	if (first == second)
		skip();
	assert_null(array_pop(slot0));
	array_push(slot0, object(2));
	assert_int_equal(array(first)->avail, 1);
	assert_int_equal(array(second)->avail, 1);
	assert_ptr_equal(array_pop(slot0), object(2));
	assert_null(array_pop(slot0));
	bind_to_cpu(0);
	assert_ptr_equal(array_pop(slot0), object(1));
}

static void another_cpus_array_can_be_detached(void **state)
{
	struct array_cache *other;
	unsigned int first;

	start("");
	first = bind_to_cpu(0);
	array_push(slot0, object(1));
	if (bind_to_cpu(1) == first)
		skip();
	other = array_detach(slot0, first);
	arch_restart_cpus();
	assert_ptr_equal(other, array(first));
	assert_int_equal(other->avail, 1);
	other->avail = 0;
	bind_to_cpu(0);
	assert_false(array_push(slot0, object(2)));
	array_attach(slot0, first, other);
	assert_true(array_push(slot0, object(2)));
}

static void threads_bound_to_simulated_cpus_use_their_arrays(void **state)
{
	unsigned int cpu;

	start("nr_cpus=8 array_cache=portable");
	for_each_online_cpu(cpu) {
		assert_int_equal(set_cpus_allowed_ptr(current, cpumask_of(cpu)), 0);
		assert_int_equal(raw_smp_processor_id(), cpu);
		assert_true(array_push(slot0, object(cpu)));
	}
	for_each_online_cpu(cpu) {
		assert_int_equal(array(cpu)->avail, 1);
		assert_ptr_equal(array(cpu)->entry[0], object(cpu));
	}
	set_cpus_allowed_ptr(current, cpu_online_mask);
}

static void the_empty_array_stays_empty(void **state)
{
	assert_int_equal(empty_array.avail, 0);
	assert_int_equal(empty_array.limit, 0);
}

/* ---- many threads, and one that takes whole arrays away ---- */

enum { NR_THREADS = 4, NR_TOKENS = 64, NR_HELD = 3 };

/* A token is in somebody's hands (1) or in an array (0). Two owners would be seen here. */
static int token_held[NR_TOKENS];
static bool stop_threads;

static void *token(int i)
{
	return &token_held[i];
}

static void grab(int *tok)
{
	assert_true(tok >= token_held && tok < token_held + NR_TOKENS);
	assert_int_equal(__atomic_exchange_n(tok, 1, __ATOMIC_ACQ_REL), 0);
}

static void drop(int *tok)
{
	assert_int_equal(__atomic_exchange_n(tok, 0, __ATOMIC_ACQ_REL), 1);
}

/* Threads report by a count: cmocka's assertions belong to the main thread. */
static unsigned long errors;

static void *push_and_pop(void *arg)
{
	int *held[NR_HELD] = { NULL };
	unsigned long *moved = arg;
	uint64_t random = (uintptr_t)arg;

	while (!__atomic_load_n(&stop_threads, __ATOMIC_RELAXED)) {
		int **mine = &held[test_random(&random) % NR_HELD];

		if (!*mine) {
			*mine = array_pop(slot0);
			if (*mine && __atomic_exchange_n(*mine, 1, __ATOMIC_ACQ_REL))
				__atomic_fetch_add(&errors, 1, __ATOMIC_RELAXED);
			continue;
		}
		if (__atomic_exchange_n(*mine, 0, __ATOMIC_ACQ_REL) != 1)
			__atomic_fetch_add(&errors, 1, __ATOMIC_RELAXED);
		if (array_push(slot0, *mine)) {
			*mine = NULL;
			__atomic_fetch_add(moved, 1, __ATOMIC_RELAXED);
		} else {
			__atomic_store_n(*mine, 1, __ATOMIC_RELEASE);	/* still ours */
		}
	}
	for (int i = 0; i < NR_HELD; i++)
		if (held[i])
			__atomic_store_n(held[i], 2, __ATOMIC_RELEASE);	/* taken home */
	return NULL;
}

/* Turns the array around while it is ours, and puts it back. */
static void visit(unsigned int cpu)
{
	struct array_cache *mine = array_detach(slot0, cpu);

	if (!mine)
		return;
	arch_restart_cpus();
	for (u32 i = 0; i < mine->avail; i++)
		grab(mine->entry[i]);
	for (u32 i = 0, j = mine->avail; i + 1 < j; i++) {
		void *swapped = mine->entry[i];

		mine->entry[i] = mine->entry[--j];
		mine->entry[j] = swapped;
	}
	for (u32 i = 0; i < mine->avail; i++)
		drop(mine->entry[i]);
	array_attach(slot0, cpu, mine);
}

static void run_threads(bool pinned)
{
	unsigned long moved[NR_THREADS] = { 0 }, total = 0, in_arrays = 0, at_home = 0;
	pthread_t threads[NR_THREADS];
	int rounds = host_is_slow() ? 200 : 2000, next = 0;
	unsigned int cpu;

	errors = 0;
	memset(token_held, 0, sizeof(token_held));
	for_each_online_cpu(cpu)
		for (; array(cpu)->avail < LIMIT / 2 && next < NR_TOKENS; next++)
			array(cpu)->entry[array(cpu)->avail++] = token(next);
	__atomic_store_n(&stop_threads, false, __ATOMIC_RELEASE);
	for (int i = 0; i < NR_THREADS; i++) {
		if (pinned)
			pin_to_cpu(i);		/* the thread inherits it */
		thread_start(&threads[i], push_and_pop, &moved[i]);
	}
	for (int i = 0; i < rounds; i++)
		visit(i % nr_cpu_ids);
	do {		/* on one CPU the threads may not have run yet */
		sched_yield();
		for (int i = 0; i < NR_THREADS; i++)
			total += __atomic_load_n(&moved[i], __ATOMIC_RELAXED);
	} while (!total);
	__atomic_store_n(&stop_threads, true, __ATOMIC_RELEASE);
	for (int i = 0; i < NR_THREADS; i++)
		thread_join(threads[i]);
	assert_int_equal(errors, 0);
	for_each_online_cpu(cpu)
		for (u32 i = 0; i < array(cpu)->avail; i++) {
			grab(array(cpu)->entry[i]);
			in_arrays++;
		}
	for (int i = 0; i < next; i++)
		at_home += token_held[i] == 2;
	assert_int_equal(in_arrays + at_home, next);
}

static void no_object_has_two_owners(void **state)
{
	start("");
	run_threads(false);
}

static void no_object_has_two_owners_on_fixed_cpus(void **state)
{
	start("");
	run_threads(true);
}

static void no_object_has_two_owners_on_one_cpu(void **state)
{
	start("nr_cpus=1");
	run_threads(false);
}

static void no_object_has_two_owners_on_many_simulated_cpus(void **state)
{
	start("nr_cpus=16 array_cache=portable");
	run_threads(false);
}

#define test(f) cmocka_unit_test_setup_teardown(f, NULL, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_last_in_is_the_first_out),
		test(a_full_array_takes_nothing),
		test(a_detached_array_belongs_to_who_detached_it),
		test(each_cpu_has_its_own),
		test(another_cpus_array_can_be_detached),
		test(threads_bound_to_simulated_cpus_use_their_arrays),
		test(no_object_has_two_owners),
		test(no_object_has_two_owners_on_fixed_cpus),
		test(no_object_has_two_owners_on_one_cpu),
		test(no_object_has_two_owners_on_many_simulated_cpus),
		test(the_empty_array_stays_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

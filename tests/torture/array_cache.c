// SPDX-License-Identifier: MIT
/*
 * array_cache.c - objects in per-CPU arrays: each is somewhere, once
 *
 * CTest: serial timeout=240
 *
 * Idea. A number of objects, each of which says where it is: in the arrays, or with thread n. Who takes one
 * out changes "in the arrays" to its own number, and must find the former; who puts one in, the other
 * way round. So an object that comes out twice, or was never put in, is seen at once; one that is lost,
 * at the end. Threads push and pop on whatever CPU they are, hop, are moved by others in the midst of an
 * operation, start and end; some detach the local array and work on it as their own, some take the arrays
 * of other CPUs away. The arrays are small, so that full and empty are common.
 *
 * The arrays are this test's own, in a slot that no zone uses: that of the last node a machine can have.
 */
#include <pagoda/pagoda.h>

#include "kernel/array_cache.h"
#include "kernel/cpu.h"
#include "torture.h"

#define NR_THREADS 8
#define NR_OBJECTS 512
#define ARRAY_LIMIT 24
#define NR_TESTS 5
#define RUN_MS 1200

enum { IN_ARRAYS = 0 };			/* or the number of a thread, from 1 */

struct object {
	unsigned int place;
	unsigned int seen;		/* in the last count */
	unsigned long value;		/* the one who has it adds to it, plainly */
	unsigned long sum;		/* of all that was added */
};

static struct object objects[NR_OBJECTS];
static struct array_cache **slot0;
static struct array_cache *array_of_cpu[NR_CPUS];
static pthread_mutex_t arrays_mutex = PTHREAD_MUTEX_INITIALIZER;	/* "the same lock" of array_cache.h */
static struct object *spare[NR_OBJECTS];	/* what has no room in the arrays; under arrays_mutex */
static unsigned int nr_spare;

/* ---- whose an object is ---- */

/* Relaxed: what orders one owner's writes before the next one's must be the array cache. */
static void change_place(struct object *object, unsigned int from, unsigned int to)
{
	unsigned int found = __atomic_exchange_n(&object->place, to, __ATOMIC_RELAXED);

	if (found != from)
		wrong("object %td goes from %u to %u, but was with %u", object - objects, from, to, found);
}

static void use(struct object *object, struct worker *self)
{
	object->value += self->nr;
	object->sum += self->nr;
	if (object->value != object->sum)
		wrong("object %td is used by two", object - objects);
}

/* ---- arrays ---- */

static unsigned int cpu_of(const struct array_cache *array)
{
	unsigned int cpu = 0;

	while (array_of_cpu[cpu] != array)
		cpu++;
	return cpu;
}

static void make_arrays(void)
{
	slot0 = &cpu_area0->page_array[NR_PAGE_ARRAY_ORDERS - 1][NR_PAGE_ARRAYS - 2];
	for (unsigned int cpu = 0; cpu < num_online_cpus(); cpu++) {
		struct array_cache *array = calloc(1, sizeof(*array) + ARRAY_LIMIT * sizeof(void *));

		array->limit = ARRAY_LIMIT;
		array_of_cpu[cpu] = array;
		array_attach(slot0, cpu, array);
	}
}

/* The caller owns @array: it takes out up to @nr objects, the coldest first. */
static unsigned int take_cold(struct array_cache *array, unsigned int nr, struct object **out,
			      struct worker *self)
{
	nr = min(nr, array->avail);
	for (unsigned int i = 0; i < nr; i++) {
		out[i] = array->entry[i];
		change_place(out[i], IN_ARRAYS, self->nr);
	}
	array->avail -= nr;
	memmove(array->entry, array->entry + nr, array->avail * sizeof(void *));
	return nr;
}

/* ---- what a thread does ---- */

struct hand {
	struct object *object[NR_OBJECTS];
	unsigned int nr;
};

static void pop_one(struct worker *self, struct hand *hand)
{
	struct object *object = array_pop(slot0);

	if (!object)
		return;
	change_place(object, IN_ARRAYS, self->nr);
	use(object, self);
	hand->object[hand->nr++] = object;
}

static void push_one(struct worker *self, struct hand *hand)
{
	struct object *object = hand->nr ? hand->object[hand->nr - 1] : NULL;

	if (!object)
		return;
	change_place(object, self->nr, IN_ARRAYS);
	if (array_push(slot0, object))
		hand->nr--;
	else
		change_place(object, IN_ARRAYS, self->nr);
}

/* A full array: half of it comes out, and it goes back. Nobody else may have seen it meanwhile. */
static void flush(struct worker *self, struct hand *hand)
{
	struct array_cache *array = array_detach_local(slot0);

	if (!array)
		return;
	hand->nr += take_cold(array, ARRAY_LIMIT / 2, hand->object + hand->nr, self);
	pthread_mutex_lock(&arrays_mutex);
	array_attach(slot0, cpu_of(array), array);
	pthread_mutex_unlock(&arrays_mutex);
}

static bool detach(unsigned int cpu)
{
	struct array_cache *array = array_detach(slot0, cpu);

	if (array && array != array_of_cpu[cpu])
		wrong("CPU %u had the array of CPU %u", cpu, cpu_of(array));
	return array;
}

/* Takes the arrays of some CPUs away at one time, empties them, and puts them back. */
static void drain(struct worker *self, struct hand *hand)
{
	unsigned int first = below(self, num_online_cpus());
	unsigned int end = one_in(self, 2) ? first + 1 : num_online_cpus();
	bool taken[NR_CPUS] = { false };

	pthread_mutex_lock(&arrays_mutex);
	for (unsigned int cpu = first; cpu < end; cpu++)
		taken[cpu] = detach(cpu);
	arch_restart_cpus();
	for (unsigned int cpu = first; cpu < end; cpu++) {
		if (!taken[cpu])
			continue;
		hand->nr += take_cold(array_of_cpu[cpu], ARRAY_LIMIT, hand->object + hand->nr, self);
		array_attach(slot0, cpu, array_of_cpu[cpu]);
	}
	pthread_mutex_unlock(&arrays_mutex);
}

/* Half of the hand goes to the others, or some of theirs comes. */
static void trade(struct worker *self, struct hand *hand, unsigned int keep)
{
	pthread_mutex_lock(&arrays_mutex);
	while (hand->nr > keep) {
		struct object *object = hand->object[--hand->nr];

		change_place(object, self->nr, ~0U);
		spare[nr_spare++] = object;
	}
	while (hand->nr < keep && nr_spare) {
		struct object *object = spare[--nr_spare];

		change_place(object, ~0U, self->nr);
		hand->object[hand->nr++] = object;
	}
	pthread_mutex_unlock(&arrays_mutex);
}

static void do_something(struct worker *self, struct hand *hand)
{
	unsigned long what = below(self, 4096);

	if (what < 4)
		hop(self);
	else if (what < 8)
		drain(self, hand);
	else if (what < 40)
		flush(self, hand);
	else if (what < 80)
		trade(self, hand, below(self, 32));
	else if (what & 1)
		push_one(self, hand);
	else
		pop_one(self, hand);
	self->done++;
}

static void work(struct worker *self)
{
	struct hand hand = { .nr = 0 };

	while (!time_is_up())
		do_something(self, &hand);
	trade(self, &hand, 0);
}

static void live_briefly(struct worker *self)
{
	struct hand hand = { .nr = 0 };

	for (unsigned long calls = below(self, 200); calls; calls--)
		do_something(self, &hand);
	trade(self, &hand, 0);
}

/*
 * One thread for each CPU, which it never leaves, so that the portable variant makes it the owner of the
 * CPU's arrays, who needs no lock.
 */
static void work_at_home(struct worker *self)
{
	struct hand hand = { .nr = 0 };

	set_cpus_allowed_ptr(current, cpumask_of(self->nr - 1));
	trade(self, &hand, 40);
	while (!time_is_up()) {
		if (one_in(self, 256))
			flush(self, &hand);
		else if (one_in(self, 1024))
			trade(self, &hand, 40);
		else if (one_in(self, 2))
			push_one(self, &hand);
		else
			pop_one(self, &hand);
		self->done++;
	}
	trade(self, &hand, 0);
}

/* Takes their arrays away, seldom enough for them to be owners again in between. */
static void intrude(struct worker *self)
{
	struct hand hand = { .nr = 0 };

	while (!time_is_up()) {
		drain(self, &hand);
		trade(self, &hand, 0);
		sleep_us(120 + below(self, 200));
		self->done++;
	}
}

static void raise_children(struct worker *self)
{
	struct worker children[2];

	while (!time_is_up()) {
		start_worker(&children[0], 1000 + 2 * below(self, 1 << 20), live_briefly, NULL);
		start_worker(&children[1], children[0].nr + 1, live_briefly, NULL);
		self->done += join_workers(children, 2);
	}
}

static void move_others(struct worker *self)
{
	struct worker *others = self->arg;

	while (!time_is_up()) {
		pid_t tid = __atomic_load_n(&others[below(self, NR_THREADS)].tid, __ATOMIC_ACQUIRE);

		if (tid)
			move_thread(tid, one_in(self, 3) ? -1 : any_host_cpu(below(self, 1024)));
		sleep_us(below(self, 200));
	}
}

/* ---- the count ---- */

static void count(struct object *object, unsigned int place)
{
	assert_int_equal(object->place, place);
	assert_int_equal(object->value, object->sum);
	object->seen++;
}

static void every_object_is_somewhere_once(void)
{
	for (unsigned int cpu = 0; cpu < num_online_cpus(); cpu++) {
		struct array_cache *array = array_detach(slot0, cpu);

		arch_restart_cpus();
		assert_ptr_equal(array, array_of_cpu[cpu]);
		assert_true(array->avail <= array->limit);
		for (unsigned int i = 0; i < array->avail; i++)
			count(array->entry[i], IN_ARRAYS);
		free(array);
	}
	for (unsigned int i = 0; i < nr_spare; i++)
		count(spare[i], ~0U);
	for (int i = 0; i < NR_OBJECTS; i++)
		assert_int_equal(objects[i].seen, 1);
	assert_int_equal(empty_array.avail, 0);
	assert_int_equal(empty_array.limit, 0);
}

static void begin(const char *cmdline, u64 ms)
{
	torture_begin(200 + ms / 1000);
	memset(objects, 0, sizeof(objects));
	for (nr_spare = 0; nr_spare < NR_OBJECTS; nr_spare++) {
		objects[nr_spare].place = ~0U;
		spare[nr_spare] = &objects[nr_spare];
	}
	assert_int_equal(pagoda_boot(cmdline), 0);
	make_arrays();
}

static void end(void)
{
	every_object_is_somewhere_once();
	assert_int_equal(pagoda_shutdown(), 0);
	torture_end();
}

static void objects_are_somewhere_once(const char *cmdline)
{
	struct worker workers[NR_THREADS], parent, mover;
	unsigned long done, children;
	u64 ms = torture_ms(RUN_MS, NR_TESTS);

	begin(cmdline, ms);
	start_workers(workers, NR_THREADS, 1, work, NULL);
	start_workers(&parent, 1, 100, raise_children, NULL);
	start_workers(&mover, 1, 200, move_others, workers);
	sleep_us(ms * 1000);
	call_it_a_day();
	join_workers(&mover, 1);
	done = join_workers(workers, NR_THREADS);
	children = join_workers(&parent, 1);
	print_message("%lu operations, %lu of short-lived threads\n", done, children);
	end();
}

static void objects_are_somewhere_once_when_owners_are_disturbed(void **state)
{
	struct worker workers[4], intruder;
	unsigned long done, times;
	u64 ms = torture_ms(RUN_MS, NR_TESTS);

	begin("mem=16M nr_cpus=4 array_cache=portable", ms);
	start_workers(workers, 4, 1, work_at_home, NULL);
	start_workers(&intruder, 1, 100, intrude, NULL);
	sleep_us(ms * 1000);
	call_it_a_day();
	times = join_workers(&intruder, 1);
	done = join_workers(workers, 4);
	print_message("%lu operations, disturbed %lu times\n", done, times);
	end();
}

static void objects_are_somewhere_once_by_default(void **state)
{
	objects_are_somewhere_once("mem=16M");
}

static void objects_are_somewhere_once_on_one_cpu(void **state)
{
	objects_are_somewhere_once("mem=16M nr_cpus=1");
}

static void objects_are_somewhere_once_on_simulated_cpus(void **state)
{
	objects_are_somewhere_once("mem=16M nr_cpus=6");
}

static void objects_are_somewhere_once_on_very_many_cpus(void **state)
{
	objects_are_somewhere_once("mem=64M nr_cpus=64");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(objects_are_somewhere_once_by_default, stop_machine),
		cmocka_unit_test_teardown(objects_are_somewhere_once_on_one_cpu, stop_machine),
		cmocka_unit_test_teardown(objects_are_somewhere_once_on_simulated_cpus, stop_machine),
		cmocka_unit_test_teardown(objects_are_somewhere_once_on_very_many_cpus, stop_machine),
		cmocka_unit_test_teardown(objects_are_somewhere_once_when_owners_are_disturbed, stop_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

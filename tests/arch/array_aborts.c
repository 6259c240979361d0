// SPDX-License-Identifier: MIT
/*
 * array_aborts.c - the sequences under the real kernel, aborted by preemption, migration and signals
 *
 * CTest: only=plain timeout=60
 *
 * More threads than CPUs move objects through the arrays and take the slots. Each is interrupted some
 * thousand times a second by a timer whose handler uses the arrays too, they are bound to one CPU and
 * to another, they take whole arrays away, and the main thread does so on all CPUs. Nobody may ever
 * get what another one has, and in the end every object is there once. What is interrupted where is
 * left to chance here; array_interrupted.c leaves nothing to it, but plays the kernel itself.
 *
 * A signal that hits a run finds the thread at the run's abort address: so the handler can count, and
 * the test ends when there were enough.
 */
#include "sequences.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

#define LIMIT 16			/* of an array */
#define HELD_MOST 4		/* by a thread */
#define SIGNAL_NS 60000
#define MIN_SECONDS 1
#define MAX_SECONDS 15
#define ENOUGH 1000		/* aborts */

struct cpu {
	struct cpu_slot	    slot;
	struct array_cache *array;
	unsigned int	    inside;	/* owners of the slot: 0 or 1 */
	unsigned long	    nr_owned;	/* how often it had one */
};

struct object {
	unsigned int holder;		/* number of the thread that has it, 0: it is in an array */
};

static struct cpu *cpu0;
static unsigned int nr_cpus;
static struct array_cache **home;	/* by CPU: the array that belongs there */
static struct array_cache **detached;	/* by CPU: what the main thread has taken */
static pthread_mutex_t arrays_mutex = PTHREAD_MUTEX_INITIALIZER;	/* for array_detach(), array_attach() */

static struct object *objects;
static unsigned int nr_objects;

static bool stop;
static unsigned long nr_signals, nr_aborts, nr_moves, nr_slots, nr_detached;

static struct cpu *cpu_at(unsigned int cpu)
{
	return (struct cpu *)((char *)cpu0 + cpu * ARCH_CPU_STRIDE);
}

/* ---- who has an object ---- */

/* A failure is counted by many threads; that it is one is enough. */
static void take(struct object *object, unsigned int self)
{
	unsigned int had = __atomic_exchange_n(&object->holder, self, __ATOMIC_RELAXED);

	CHECK(!had, "object %td of thread %u got by %u", object - objects, had, self);
}

static void leave(struct object *object, unsigned int self)
{
	unsigned int had = __atomic_exchange_n(&object->holder, 0, __ATOMIC_RELAXED);

	CHECK(had == self, "object %td of thread %u left by %u", object - objects, had, self);
}

/* Some objects that a thread, or its signal handler, has. */
struct held {
	unsigned int   self;
	unsigned int   nr;
	struct object *object[HELD_MOST];
};

static bool held_pop(struct held *held)
{
	struct object *object = array_pop(&cpu0->array);

	if (!object)
		return false;
	take(object, held->self);
	held->object[held->nr++] = object;
	return true;
}

static bool held_push(struct held *held)
{
	struct object *object = held->object[held->nr - 1];

	leave(object, held->self);
	if (array_push(&cpu0->array, object)) {
		held->nr--;
		return true;
	}
	take(object, held->self);
	return false;
}

/* ---- signals ---- */

static _Thread_local struct held handler_held;

static bool at_abort(const ucontext_t *context)
{
#if defined(__x86_64__)
	uint64_t ip = context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	uint64_t ip = context->uc_mcontext.pc;
#else
	uint64_t ip = 0;		/* main() has left before the first signal */
#endif

	for_each_descriptor(d)
		if (d->abort == ip)
			return true;
	return false;
}

static void on_timer(int sig, siginfo_t *info, void *context)
{
	int saved = errno;

	(void)sig;
	(void)info;
	__atomic_fetch_add(&nr_signals, 1, __ATOMIC_RELAXED);
	if (at_abort(context))
		__atomic_fetch_add(&nr_aborts, 1, __ATOMIC_RELAXED);
	if (handler_held.nr < HELD_MOST)
		held_pop(&handler_held);
	if (handler_held.nr)
		held_push(&handler_held);
	errno = saved;
}

static timer_t start_timer(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN };
	struct itimerspec every = { .it_interval.tv_nsec = SIGNAL_NS, .it_value.tv_nsec = SIGNAL_NS };
	timer_t timer;

	event.sigev_notify_thread_id = gettid();
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &every, NULL)) {
		perror("timer");
		exit(1);
	}
	return timer;
}

/* ---- threads ---- */

static unsigned int cpu_of(const struct array_cache *array)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		if (home[cpu] == array)
			return cpu;
	CHECK(false, "an array that is nobody's");
	abort();
}

/* The array is the caller's: nothing in it changes or is anybody's, whatever the caller does with it. */
static void use_detached(struct array_cache *array, unsigned int self)
{
	unsigned int avail = array->avail;

	CHECK(avail <= array->limit);
	for (unsigned int i = 0; i < avail; i++)
		take(array->entry[i], self);
	for (unsigned int i = 0; i < avail / 2; i++) {
		void *entry = array->entry[i];

		array->entry[i] = array->entry[avail - 1 - i];
		array->entry[avail - 1 - i] = entry;
	}
	for (unsigned int i = 0; i < avail; i++)
		leave(array->entry[i], self);
	CHECK(array->avail == avail);
	__atomic_fetch_add(&nr_detached, 1, __ATOMIC_RELAXED);
}

static void attach(struct array_cache *array)
{
	pthread_mutex_lock(&arrays_mutex);
	array_attach(&cpu0->array, cpu_of(array), array);
	pthread_mutex_unlock(&arrays_mutex);
}

static void detach_own(unsigned int self)
{
	struct array_cache *array = array_detach_local(&cpu0->array);

	if (!array)
		return;
	use_detached(array, self);
	attach(array);
}

static void detach_all(unsigned int self)
{
	pthread_mutex_lock(&arrays_mutex);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		detached[cpu] = array_detach(&cpu0->array, cpu);
	pthread_mutex_unlock(&arrays_mutex);
	arch_restart_cpus();
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		if (!detached[cpu])
			continue;
		CHECK(detached[cpu] == home[cpu]);
		use_detached(detached[cpu], self);
		attach(detached[cpu]);
	}
}

static void own_slot(unsigned int self)
{
	struct cpu *own = (struct cpu *)arch_slot_acquire(&cpu0->slot, self);

	if (!own)
		return;
	CHECK(own->inside++ == 0, "two threads have CPU %u's slot", cpu_of(own->array));
	own->nr_owned++;
	if (own->nr_owned % 16 == 0)
		sched_yield();
	own->inside--;
	__atomic_store_n(&own->slot.owner, 0, __ATOMIC_RELEASE);
	__atomic_fetch_add(&nr_slots, 1, __ATOMIC_RELAXED);
}

static void move(unsigned int random)
{
	arch_set_affinity(random % (nr_cpus + 1) == nr_cpus ? -1 : (int)(random % (nr_cpus + 1)));
	__atomic_fetch_add(&nr_moves, 1, __ATOMIC_RELAXED);
}

static void pop_and_push(struct held *held, unsigned int random)
{
	if (held->nr < HELD_MOST && random % 2)
		held_pop(held);
	else if (held->nr)
		held_push(held);
}

/* The main thread says by what numbers the thread and its handler are called. */
struct worker {
	pthread_t   thread;
	struct held held, handler_held;
};

static void *work(void *arg)
{
	struct worker *worker = arg;
	unsigned int self = worker->held.self, random = self;
	timer_t timer;

	handler_held = worker->handler_held;
	arch_raw_cpu();			/* finds its rseq area before the first signal comes */
	timer = start_timer();
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		random = random * 1664525 + 1013904223;
		if (!(random >> 20))
			move(random >> 8);
		else if (!(random >> 25))
			detach_own(self);
		else if (!(random >> 27))
			own_slot(self);
		else
			pop_and_push(&worker->held, random >> 16);
	}
	timer_delete(timer);
	worker->handler_held = handler_held;
	return NULL;
}

static void count(unsigned int *times, struct object *const *object, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		times[object[i] - objects]++;
}

static void every_object_is_there_once(const struct worker *worker, unsigned int nr_workers)
{
	unsigned int *times = calloc(nr_objects, sizeof(*times));

	for (unsigned int i = 0; i < nr_workers; i++) {
		count(times, worker[i].held.object, worker[i].held.nr);
		count(times, worker[i].handler_held.object, worker[i].handler_held.nr);
	}
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		CHECK(cpu_at(cpu)->array == home[cpu]);
		count(times, (struct object **)home[cpu]->entry, home[cpu]->avail);
	}
	for (unsigned int i = 0; i < nr_objects; i++)
		CHECK(times[i] == 1, "object %u is there %u times", i, times[i]);
	free(times);
}

/* As many objects as the arrays take: they are full at first, and with what the threads have, empty. */
static void make_cpus(void)
{
	nr_objects = nr_cpus * LIMIT;
	objects = calloc(nr_objects, sizeof(*objects));
	home = calloc(nr_cpus, sizeof(*home));
	detached = calloc(nr_cpus, sizeof(*detached));
	cpu0 = mmap(NULL, (nr_cpus + 1) * ARCH_CPU_STRIDE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!objects || !home || !detached || cpu0 == MAP_FAILED)
		abort();
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		home[cpu] = calloc(1, sizeof(**home) + LIMIT * sizeof(void *));
		if (!home[cpu])
			abort();
		home[cpu]->limit = LIMIT;
		for (unsigned int i = 0; i < LIMIT; i++)
			home[cpu]->entry[home[cpu]->avail++] = &objects[cpu * LIMIT + i];
		cpu_at(cpu)->array = home[cpu];
	}
	cpu_at(nr_cpus)->array = &empty_array;
	cpu_at(nr_cpus)->slot.owner = ~0U;
}

static bool enough(uint64_t start)
{
	uint64_t seconds = (arch_clock() - start) / 1000000000;

	return seconds >= MAX_SECONDS || (seconds >= MIN_SECONDS &&
		__atomic_load_n(&nr_aborts, __ATOMIC_RELAXED) >= ENOUGH);
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = on_timer, .sa_flags = SA_SIGINFO | SA_RESTART };
	unsigned int nr_workers;
	struct worker *worker;
	uint64_t start;

	nr_cpus = arch_nr_cpus();
	if (arch_cpus_start(nr_cpus, false)) {
		printf("this host or build has no restartable sequences\n");
		return SKIPPED;
	}
	make_cpus();
	sigaction(SIGRTMIN, &action, NULL);
	nr_workers = nr_cpus * 3 < 32 ? nr_cpus * 3 : 32;
	worker = calloc(nr_workers, sizeof(*worker));
	if (!worker)
		abort();
	start = arch_clock();
	for (unsigned int i = 0; i < nr_workers; i++) {
		worker[i].held.self = 2 * i + 2;
		worker[i].handler_held.self = 2 * i + 3;
		if (pthread_create(&worker[i].thread, NULL, work, &worker[i]))
			abort();
	}
	while (!enough(start)) {
		detach_all(1);
		usleep(200);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < nr_workers; i++)
		pthread_join(worker[i].thread, NULL);

	every_object_is_there_once(worker, nr_workers);
	CHECK(nr_aborts > 0, "nothing was tested");
	CHECK(nr_slots > 0 && nr_detached > 0 && nr_moves > 0);
	printf("%u threads on %u CPUs: %lu signals, %lu aborts by them, %lu moves, %lu arrays detached, "
	       "%lu slots owned\n", nr_workers, nr_cpus, nr_signals, nr_aborts, nr_moves, nr_detached,
	       nr_slots);
	free(worker);
	return nr_failed != 0;
}

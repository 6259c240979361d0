/* SPDX-License-Identifier: MIT */
/*
 * torture.h - many threads that do something until they are told to stop
 *
 * Each thread has its own chance, its number, and the right to move: a torture test wants a thread on every
 * CPU at every moment, preferably at a bad one. Threads do not use cmocka's assertions, which are the main
 * thread's; they count what is wrong, and say the first few.
 */
#ifndef PAGODA_TESTS_TORTURE_H
#define PAGODA_TESTS_TORTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <pagoda/pagoda.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct worker {
	pthread_t thread;
	void	(*run)(struct worker *self);
	void	 *arg;
	unsigned int nr;		/* 1 .. */
	pid_t	  tid;			/* 0 until it runs; others read it */
	u64	  rng;
	unsigned long done;		/* what it counts */
};

static bool torture_over;		/* everybody goes home */
static unsigned long nr_wrong;		/* things that must not happen */
static u64 torture_seed;

static inline bool time_is_up(void)
{
	return __atomic_load_n(&torture_over, __ATOMIC_RELAXED);
}

static inline void call_it_a_day(void)
{
	__atomic_store_n(&torture_over, true, __ATOMIC_RELAXED);
}

/* Counts a violation; the first ones are told. */
static inline void __attribute__((format(printf, 1, 2))) wrong(const char *fmt, ...)
{
	va_list args;

	if (__atomic_fetch_add(&nr_wrong, 1, __ATOMIC_RELAXED) >= 10)
		return;
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

static inline u64 mix(u64 x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static inline unsigned long below(struct worker *self, unsigned long n)
{
	self->rng = mix(self->rng);
	return (self->rng >> 20) % n;
}

static inline bool one_in(struct worker *self, unsigned long n)
{
	return !below(self, n);
}

/* ---- time ---- */

static inline u64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void sleep_us(unsigned long us)
{
	struct timespec time = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&time, NULL);
}

/* How long a test of usually @ms takes: a soak of m minutes is shared by @nr_tests of them. */
static inline u64 torture_ms(u64 ms, unsigned int nr_tests)
{
	const char *minutes = getenv("PAGODA_SOAK");

	return minutes ? strtoul(minutes, NULL, 0) * 60000 / nr_tests : ms;
}

/* ---- CPUs ---- */

static inline cpu_set_t *host_cpus(void)
{
	static cpu_set_t cpus;

	if (!CPU_COUNT(&cpus))
		sched_getaffinity(0, sizeof(cpus), &cpus);
	return &cpus;
}

static inline int any_host_cpu(u64 chance)
{
	unsigned int nr = chance % CPU_COUNT(host_cpus());
	int cpu = 0;

	while (!CPU_ISSET(cpu, host_cpus()) || nr--)
		cpu++;
	return cpu;
}

/* Moves a thread to one CPU of the host, or lets it go where it likes. It may be in the middle of anything. */
static inline void move_thread(pid_t tid, int cpu)
{
	cpu_set_t one = *host_cpus();

	if (cpu >= 0) {
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
	}
	sched_setaffinity(tid, sizeof(one), &one);
}

/* Moves the caller to a CPU of the host or of the machine, or unbinds it. Not in a section. */
static inline void hop(struct worker *self)
{
	unsigned int how = below(self, 3);

	if (how == 0)
		move_thread(0, any_host_cpu(below(self, 1024)));
	else if (how == 1)
		set_cpus_allowed_ptr(current, cpumask_of(below(self, num_online_cpus())));
	else
		set_cpus_allowed_ptr(current, cpu_online_mask);
}

/* ---- threads ---- */

static inline void *worker_main(void *arg)
{
	struct worker *self = arg;

	__atomic_store_n(&self->tid, gettid(), __ATOMIC_RELEASE);
	self->run(self);
	return NULL;
}

static inline bool start_worker(struct worker *worker, unsigned int nr, void (*run)(struct worker *self),
				void *arg)
{
	*worker = (struct worker){ .run = run, .arg = arg, .nr = nr, .rng = mix(torture_seed ^ nr) };
	return !pthread_create(&worker->thread, NULL, worker_main, worker);
}

static inline void start_workers(struct worker *workers, unsigned int nr, unsigned int first,
				 void (*run)(struct worker *self), void *arg)
{
	for (unsigned int i = 0; i < nr; i++)
		assert_true(start_worker(&workers[i], first + i, run, arg));
}

/* Waits for them all; the sum of what they counted. */
static inline unsigned long join_workers(struct worker *workers, unsigned int nr)
{
	unsigned long done = 0;

	for (unsigned int i = 0; i < nr; i++) {
		pthread_join(workers[i].thread, NULL);
		done += workers[i].done;
	}
	return done;
}

/* Begins a test: a seed is a hint only, for threads are not repeatable. */
static inline void torture_begin(unsigned int timeout_s)
{
	const char *value = getenv("PAGODA_SEED");

	torture_over = false;
	nr_wrong = 0;
	host_cpus();			/* while we may still run on all of them */
	torture_seed = value ? strtoull(value, NULL, 0) : (u64)time(NULL) << 16 ^ getpid();
	alarm(timeout_s);		/* stuck threads end as a dead process */
}

static inline void torture_end(void)
{
	assert_int_equal(nr_wrong, 0);
}

/* Teardown of a test that may have failed half-way. */
static inline int stop_machine(void **state)
{
	alarm(0);
	move_thread(0, -1);
	pagoda_shutdown();
	return 0;
}

#endif

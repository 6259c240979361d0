// SPDX-License-Identifier: MIT
/*
 * serve.c - runs a contestant's loops, on threads bound to CPUs, and times them
 *
 * Idea. A request names a subject, a shape, a number of threads and the shortest time worth
 * measuring. The number of turns that takes this long is found once per subject and shape, on one
 * thread, and kept. Every run is made by fresh threads, bound to one CPU each, which warm up, meet,
 * and go together; the empty loop runs right before the real one. Even a single thread is not
 * alone in its process: main() waits beside it, so that nobody gains from "there is but one
 * thread" shortcuts that no threaded program has.
 *
 * A run says nothing about the contestant when the host took the CPU away from a thread for long:
 * for more than a hundredth of the time, by involuntary context switches. While there are no more
 * threads than CPUs it is made again, a few times; what remains disturbed is counted and told.
 */
#define _GNU_SOURCE
#include "contestant.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS	64
#define MAX_TRIES	10	/* runs spent on getting one undisturbed */
#define MAX_LOST	0.01
#define NR_SHUFFLES	16	/* so that no branch predictor learns the one random order */

enum shape { SHAPE_PAIR, SHAPE_ORDER, SHAPE_REVERSE, SHAPE_RANDOM, NR_SHAPES };

static const char *const shape_name[NR_SHAPES] = {
	[SHAPE_PAIR]	= "pair",
	[SHAPE_ORDER]	= "order",
	[SHAPE_REVERSE] = "reverse",
	[SHAPE_RANDOM]	= "random",
};

struct request {
	const struct subject *subject;
	unsigned int	      index;	/* of the subject */
	enum shape	      shape;
	unsigned int	      nr_threads;
	unsigned int	      min_ms;
};

/* Nanoseconds for each object; a pair counts as one. */
struct run {
	double wall;	/* taken and given back, by the wall clock, all threads together */
	double alloc;	/* 0 for pairs */
	double free;
	double lost;	/* share of the time in which a thread had no CPU, the worst thread's */
	bool   failed;
};

/* The threads of one run, from their meeting on. */
struct crew {
	const struct loops *loops;
	enum shape	    shape;
	unsigned long	    nr;		/* turns of each thread: pairs, or bursts */
	unsigned int	    nr_threads;
	atomic_uint	    arrived;
};

struct worker {
	struct crew  *crew;
	pthread_t     thread;
	int	      cpu;
	unsigned long start_ns, end_ns, alloc_ns, free_ns;
	double	      lost;
	bool	      failed;
};

static int cpus[CPU_SETSIZE];
static int nr_cpus;
static unsigned short orders[NR_SHAPES][NR_SHUFFLES][BENCH_BURST];

static unsigned long clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ul + ts.tv_nsec;
}

static unsigned long now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static unsigned long involuntary_switches(void)
{
	struct rusage ru;

	getrusage(RUSAGE_THREAD, &ru);
	return ru.ru_nivcsw;
}

static void fill_orders(void)
{
	unsigned int seed = 20030617;

	for (int s = 0; s < NR_SHUFFLES; s++) {
		unsigned short *random = orders[SHAPE_RANDOM][s];

		for (int i = 0; i < BENCH_BURST; i++) {
			orders[SHAPE_ORDER][s][i] = i;
			orders[SHAPE_REVERSE][s][i] = BENCH_BURST - 1 - i;
			random[i] = i;
		}
		for (int i = BENCH_BURST - 1; i > 0; i--) {
			int j = rand_r(&seed) % (i + 1);
			unsigned short t = random[i];

			random[i] = random[j];
			random[j] = t;
		}
	}
}

/* The last CPU first: the first one takes most of the host's interrupts. */
static void find_cpus(void)
{
	cpu_set_t set;

	sched_getaffinity(0, sizeof(set), &set);
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--)
		if (CPU_ISSET(cpu, &set))
			cpus[nr_cpus++] = cpu;
}

static void bind_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void meet(struct crew *crew)
{
	atomic_fetch_add(&crew->arrived, 1);
	while (atomic_load(&crew->arrived) < crew->nr_threads)
		sched_yield();
}

static void run_bursts(struct worker *w, unsigned long nr)
{
	const struct loops *loops = w->crew->loops;
	void *objs[BENCH_BURST];

	for (unsigned long i = 0; i < nr; i++) {
		const unsigned short *order = orders[w->crew->shape][i % NR_SHUFFLES];
		unsigned long t0 = now_ns(), t1;

		loops->alloc(objs, BENCH_BURST);
		t1 = now_ns();
		w->alloc_ns += t1 - t0;
		for (int k = 0; k < BENCH_BURST; k++)
			w->failed |= !objs[k];
		if (w->failed)
			return;
		t0 = now_ns();
		loops->free(objs, order, BENCH_BURST);
		w->free_ns += now_ns() - t0;
	}
}

static void run_turns(struct worker *w, unsigned long nr)
{
	if (w->crew->shape == SHAPE_PAIR)
		w->crew->loops->pair(nr);
	else
		run_bursts(w, nr);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct crew *crew = w->crew;
	unsigned long switches, cpu_ns;

	bind_to(w->cpu);
	w->failed = contestant_thread_start() != 0;
	if (!w->failed)
		run_turns(w, crew->nr / 16 + 1);
	w->alloc_ns = w->free_ns = 0;
	meet(crew);
	if (w->failed)
		return NULL;
	switches = involuntary_switches();
	cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	w->start_ns = now_ns();
	run_turns(w, crew->nr);
	w->end_ns = now_ns();
	cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_ns;
	if (involuntary_switches() != switches)		/* else it slept, and that counts */
		w->lost = 1 - (double)cpu_ns / (w->end_ns - w->start_ns);
	contestant_thread_end();
	return NULL;
}

static struct run run_once(const struct loops *loops, enum shape shape, unsigned long nr,
			   unsigned int nr_threads)
{
	struct crew crew = { .loops = loops, .shape = shape, .nr = nr, .nr_threads = nr_threads };
	struct worker workers[MAX_THREADS] = { 0 };
	unsigned long start = -1ul, end = 0;
	double objs = (double)nr * (shape == SHAPE_PAIR ? 1 : BENCH_BURST) * nr_threads;
	struct run run = { 0 };

	for (unsigned int i = 0; i < nr_threads; i++) {
		workers[i].crew = &crew;
		workers[i].cpu = cpus[i % nr_cpus];
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
			abort();	/* the others would wait for it for ever */
	}
	for (unsigned int i = 0; i < nr_threads; i++) {
		struct worker *w = &workers[i];

		pthread_join(w->thread, NULL);
		start = w->start_ns < start ? w->start_ns : start;
		end = w->end_ns > end ? w->end_ns : end;
		run.alloc += w->alloc_ns / objs;
		run.free += w->free_ns / objs;
		run.lost = w->lost > run.lost ? w->lost : run.lost;
		run.failed |= w->failed;
	}
	run.wall = (end - start) / objs;
	return run;
}

static struct run run_undisturbed(const struct loops *loops, enum shape shape, unsigned long nr,
				  unsigned int nr_threads)
{
	struct run best = run_once(loops, shape, nr, nr_threads);

	if (nr_threads > (unsigned int)nr_cpus)
		return best;
	for (int i = 1; i < MAX_TRIES && best.lost > MAX_LOST && !best.failed; i++) {
		struct run run = run_once(loops, shape, nr, nr_threads);

		if (run.lost < best.lost)
			best = run;
	}
	return best;
}

/* Turns that take at least @min_ms on one undisturbed thread. */
static unsigned long calibrate(const struct loops *loops, enum shape shape, unsigned int min_ms)
{
	unsigned long unit = shape == SHAPE_PAIR ? 1 : BENCH_BURST;
	unsigned long nr = shape == SHAPE_PAIR ? 10000 : 10;
	double want_ns = min_ms * 1e6;

	for (;;) {
		struct run run = run_undisturbed(loops, shape, nr, 1);
		double ns = run.wall * nr * unit;

		if (run.failed || ns >= want_ns)
			return nr;
		nr = ns < want_ns / 8 ? nr * 8 : nr * (want_ns / ns) * 1.1 + 1;
	}
}

static void measure(const struct request *rq, FILE *out)
{
	static unsigned long turns[256][NR_SHAPES][2];	/* found once, then kept */
	unsigned long *nr = turns[rq->index][rq->shape];
	const struct subject *s = rq->subject;
	struct run empty, real;
	bool disturbed;

	if (!nr[0])
		nr[0] = calibrate(&s->empty, rq->shape, rq->min_ms);
	if (!nr[1])
		nr[1] = calibrate(&s->real, rq->shape, rq->min_ms);
	empty = run_undisturbed(&s->empty, rq->shape, nr[0], rq->nr_threads);
	real = run_undisturbed(&s->real, rq->shape, nr[1], rq->nr_threads);
	disturbed = real.lost > MAX_LOST || empty.lost > MAX_LOST;
	if (rq->nr_threads > (unsigned int)nr_cpus)
		disturbed = false;	/* they take turns, as they must */
	if (real.failed || empty.failed)
		fprintf(out, "failed %s returned nothing\n", s->name);
	else
		fprintf(out, "ok %.6f %.6f %.6f %.6f %.6f %.6f %d\n", real.wall, real.alloc,
			real.free, empty.wall, empty.alloc, empty.free,
			disturbed);
}

/* Return: NULL, or what is wrong with @line. */
static const char *parse(const char *line, struct request *rq)
{
	char subject[64], shape[64];

	if (sscanf(line, "%63s %63s %u %u", subject, shape, &rq->nr_threads, &rq->min_ms) != 4)
		return "a request is: subject shape threads min_ms";
	if (rq->nr_threads < 1 || rq->nr_threads > MAX_THREADS)
		return "too many threads, or none";
	for (rq->index = 0;; rq->index++) {
		rq->subject = &contestant_subjects[rq->index];
		if (!rq->subject->name)
			return "no such subject";
		if (strcmp(rq->subject->name, subject) == 0)
			break;
	}
	for (rq->shape = 0; rq->shape < NR_SHAPES; rq->shape++)
		if (strcmp(shape_name[rq->shape], shape) == 0)
			break;
	if (rq->shape == NR_SHAPES || (rq->shape != SHAPE_PAIR && !rq->subject->real.alloc))
		return "no such shape";
	return NULL;
}

/* Two streams: one for both directions would want a seek between reading and writing. */
static void open_parent(FILE **in, FILE **out)
{
	*in = fdopen(BENCH_FD, "r");
	*out = *in ? fdopen(dup(BENCH_FD), "w") : NULL;
	if (!*out) {
		fprintf(stderr, "contestant: started by pagoda-bench only (descriptor %d: %s)\n",
			BENCH_FD, strerror(errno));
		exit(2);
	}
	setvbuf(*out, NULL, _IOLBF, BUFSIZ);
}

int contestant_refuse(const char *why)
{
	FILE *in, *out;

	open_parent(&in, &out);
	fprintf(out, "failed %s\n", why);
	return 1;
}

int contestant_serve(const char *detail)
{
	FILE *in, *out;
	char line[256];

	open_parent(&in, &out);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	find_cpus();
	fill_orders();
	fprintf(out, "ok %s\n", detail);
	while (fgets(line, sizeof(line), in)) {
		struct request rq;
		const char *wrong = parse(line, &rq);

		if (wrong)
			fprintf(out, "failed %s: %s", wrong, line);
		else
			measure(&rq, out);
	}
	return 0;
}

// SPDX-License-Identifier: MIT
/*
 * core.c - Pagoda itself: pages, blocks, sections and locks; and one boot, weighed
 *
 * pagoda-bench-core CMDLINE        boots the machine and serves
 * pagoda-bench-core --boot CMDLINE boots it, tells the time and the memory that took, and ends
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <pagoda/pagoda.h>

#include "contestant.h"
#include "core_array.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Bursts of single pages only: a thousand blocks of order 10 are no burst but half a machine. */
#define DEFINE_BLOCK(k) \
	DEFINE_PAIR(order##k, alloc_pages, (GFP_KERNEL, k), __free_pages, (obj, k))

DEFINE_LOOPS(page, alloc_pages, (GFP_KERNEL, 0), __free_pages, (obj, 0))
DEFINE_LOOPS(empty, empty_alloc_pages, (GFP_KERNEL, 0), empty_free_pages, (obj, 0))
DEFINE_BLOCK(1)
DEFINE_BLOCK(2)
DEFINE_BLOCK(3)
DEFINE_BLOCK(4)
DEFINE_BLOCK(5)
DEFINE_BLOCK(6)
DEFINE_BLOCK(7)
DEFINE_BLOCK(8)
DEFINE_BLOCK(9)
DEFINE_BLOCK(10)

DEFINE_PAIR(array, bench_array_pop, (), bench_array_push, (obj))
DEFINE_PAIR(empty_array, empty_pop, (), empty_free, (obj))

static DEFINE_SPINLOCK(lock);

static void enter_get_cpu(void)
{
	(void)get_cpu();
}

static void leave_put_cpu(void)
{
	put_cpu();
}

static void enter_lock(void)
	__acquires(&lock)
{
	spin_lock(&lock);
}

static void leave_lock(void)
	__releases(&lock)
{
	spin_unlock(&lock);
}

DEFINE_SECTION(preempt, preempt_disable, (), preempt_enable, ())
DEFINE_SECTION(get_cpu, enter_get_cpu, (), leave_put_cpu, ())
DEFINE_SECTION(spin_lock, enter_lock, (), leave_lock, ())
DEFINE_SECTION(empty_section, empty_enter, (), empty_leave, ())

/* clang-format off */
#define BLOCK(k) { "order-" #k, PAIR(order##k), PAIR(empty) }

const struct subject contestant_subjects[] = {
	{ "page",      LOOPS(page),	LOOPS(empty) },
	{ "array",     PAIR(array),	PAIR(empty_array) },
	BLOCK(1), BLOCK(2), BLOCK(3), BLOCK(4), BLOCK(5),
	BLOCK(6), BLOCK(7), BLOCK(8), BLOCK(9), BLOCK(10),
	{ "preempt",   PAIR(preempt),	PAIR(empty_section) },
	{ "get-cpu",   PAIR(get_cpu),	PAIR(empty_section) },
	{ "spin-lock", PAIR(spin_lock),	PAIR(empty_section) },
	{ 0 },
};
/* clang-format on */

int contestant_thread_start(void)
{
	return 0;
}

void contestant_thread_end(void)
{
}

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}

static void resident_kib(unsigned long *rss, unsigned long *shmem)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[128];

	*rss = *shmem = 0;
	while (status && fgets(line, sizeof(line), status)) {
		sscanf(line, "VmRSS: %lu", rss);
		sscanf(line, "RssShmem: %lu", shmem);
	}
	if (status)
		fclose(status);
}

static int weigh_boot(const char *cmdline)
{
	unsigned long rss, shmem;
	double t0, booted, shutdown;
	int err;

	t0 = now_us();
	err = pagoda_boot(cmdline);
	booted = now_us() - t0;
	if (err) {
		printf("failed pagoda_boot: %s\n", strerror(-err));
		return 1;
	}
	resident_kib(&rss, &shmem);
	t0 = now_us();
	err = pagoda_shutdown();
	shutdown = now_us() - t0;
	printf("ok %.3f %.3f %lu %lu\n", booted, shutdown, rss, shmem);
	return err != 0;
}

int main(int argc, char **argv)
{
	int err, status;

	if (argc == 3 && strcmp(argv[1], "--boot") == 0)
		return weigh_boot(argv[2]);
	if (argc != 2)
		return contestant_refuse("wants a command line to boot");
	err = pagoda_boot(argv[1]);
	if (err)
		return contestant_refuse(strerror(-err));
	bench_array_start();
	status = contestant_serve(argv[1]);
	return pagoda_shutdown() ? 1 : status;
}

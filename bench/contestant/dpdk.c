// SPDX-License-Identifier: MIT
/*
 * dpdk.c - DPDK's rte_mempool: a ring of objects with an array cache of 512 for each core
 *
 * The get and put of its header are inline; here they are called, like everybody else's.
 */
#define _GNU_SOURCE
#include "contestant.h"

#include <sched.h>
#include <stdio.h>

#include <rte_config.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mempool.h>
#include <rte_version.h>

#define OBJECT_BYTES	64
#define CACHE_OBJECTS	512
#define POOL_OBJECTS	32767	/* one less than a power of two suits the ring */

static struct rte_mempool *pool;

static void *mempool_get(void)
{
	void *obj;

	return rte_mempool_get(pool, &obj) == 0 ? obj : NULL;
}

static void mempool_put(void *obj)
{
	rte_mempool_put(pool, obj);
}

DEFINE_LOOPS(mempool, mempool_get, (), mempool_put, (obj))
DEFINE_LOOPS(empty, empty_pop, (), empty_free, (obj))

const struct subject contestant_subjects[] = {
	{ "mempool", LOOPS(mempool), LOOPS(empty) },
	{ 0 },
};

int contestant_thread_start(void)
{
	return rte_thread_register();	/* without a core id there is no cache */
}

void contestant_thread_end(void)
{
	rte_thread_unregister();
}

int main(int argc, char **argv)
{
	char *args[] = { argv[0],	       "--no-huge",	 "--no-pci",
			 "--no-shconf",	       "--no-telemetry", "--log-level=error",
			 "--iova-mode=va", "-m", "256", NULL };
	int nr_args = sizeof(args) / sizeof(args[0]) - 1;
	char detail[80];
	cpu_set_t cpus;

	(void)argc;
	sched_getaffinity(0, sizeof(cpus), &cpus);
	if (rte_eal_init(nr_args, args) < 0)
		return contestant_refuse(rte_strerror(rte_errno));
	sched_setaffinity(0, sizeof(cpus), &cpus);	/* the measuring threads bind themselves */
	pool = rte_mempool_create("bench", POOL_OBJECTS, OBJECT_BYTES, CACHE_OBJECTS, 0, NULL, NULL,
				  NULL, NULL, SOCKET_ID_ANY, 0);
	if (!pool)
		return contestant_refuse(rte_strerror(rte_errno));
	snprintf(detail, sizeof(detail), "%s, cache %d", rte_version(), CACHE_OBJECTS);
	return contestant_serve(detail);
}

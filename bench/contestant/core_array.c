// SPDX-License-Identifier: MIT
/*
 * core_array.c - the one place where the benchmark reaches behind the public interface
 *
 * An array cache is no interface of its own, but what slab caches and zones will be fast by. The
 * slot used here is the last one of the page arrays, which no zone has: its migrate type is none
 * of those that have arrays.
 */
#include "kernel/array_cache.h"
#include "kernel/cpu.h"

#include "core_array.h"

#include <linux/cache.h>
#include <linux/kernel.h>
#include <linux/smp.h>

#define NR_OBJECTS  32	/* more than there are threads */
#define ARRAY_LIMIT 64
#define ARRAY_BYTES (sizeof(struct array_cache) + ARRAY_LIMIT * sizeof(void *))

static char arrays[NR_CPUS][ALIGN(ARRAY_BYTES, SMP_CACHE_BYTES)] ____cacheline_aligned;
static char objects[NR_CPUS][NR_OBJECTS][64] ____cacheline_aligned;
static struct array_cache **slot0;

void bench_array_start(void)
{
	unsigned int cpu;

	slot0 = (struct array_cache **)(&cpu_area0->page_array + 1) - 1;
	for_each_online_cpu(cpu) {
		struct array_cache *array = (struct array_cache *)arrays[cpu];

		array->limit = ARRAY_LIMIT;
		for (int i = 0; i < NR_OBJECTS; i++)
			array->entry[array->avail++] = objects[cpu][i];
		array_attach(slot0, cpu, array);
	}
}

void *bench_array_pop(void)
{
	return array_pop(slot0);
}

void bench_array_push(void *obj)
{
	array_push(slot0, obj);
}

/* SPDX-License-Identifier: MIT */
/*
 * <linux/cpumask.h> - sets of CPUs
 *
 * A machine's CPUs are 0 .. nr_cpu_ids - 1; all of them are possible, present and online from boot to
 * shutdown.
 */
#ifndef _PAGODA_LINUX_CPUMASK_H
#define _PAGODA_LINUX_CPUMASK_H

#include <linux/bitops.h>
#include <linux/threads.h>
#include <linux/types.h>

#pragma GCC visibility push(default)

typedef struct cpumask {
	DECLARE_BITMAP(bits, NR_CPUS);
} cpumask_t;

extern unsigned int nr_cpu_ids;
extern struct cpumask __cpu_online_mask;
#define cpu_online_mask ((const struct cpumask *)&__cpu_online_mask)
#define cpu_possible_mask cpu_online_mask
#define cpu_present_mask cpu_online_mask

/**
 * cpumask_of - the set that holds one CPU
 * @cpu: 0 .. NR_CPUS - 1
 *
 * Context: any.
 * Return:  a constant set, valid until the process ends.
 */
const struct cpumask *cpumask_of(unsigned int cpu);

#pragma GCC visibility pop

static inline bool cpumask_test_cpu(int cpu, const struct cpumask *mask)
{
	return test_bit(cpu, mask->bits);
}

static inline void cpumask_set_cpu(unsigned int cpu, struct cpumask *mask)
{
	set_bit(cpu, mask->bits);
}

static inline void cpumask_clear_cpu(int cpu, struct cpumask *mask)
{
	clear_bit(cpu, mask->bits);
}

static inline void cpumask_clear(struct cpumask *mask)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(NR_CPUS); i++)
		mask->bits[i] = 0;
}

/* The next member after @n (-1: from the first); >= nr_cpu_ids when there is none. */
static inline unsigned int cpumask_next(int n, const struct cpumask *mask)
{
	unsigned int cpu = n + 1;

	while (cpu < NR_CPUS && !cpumask_test_cpu(cpu, mask))
		cpu++;
	return cpu;
}

static inline unsigned int cpumask_first(const struct cpumask *mask)
{
	return cpumask_next(-1, mask);
}

static inline unsigned int cpumask_weight(const struct cpumask *mask)
{
	unsigned int weight = 0;

	for (unsigned int i = 0; i < BITS_TO_LONGS(NR_CPUS); i++)
		weight += hweight_long(mask->bits[i]);
	return weight;
}

#define num_online_cpus() nr_cpu_ids
#define num_possible_cpus() nr_cpu_ids
#define num_present_cpus() nr_cpu_ids
#define cpu_online(cpu) ((unsigned int)(cpu) < nr_cpu_ids)
#define cpu_possible(cpu) cpu_online(cpu)

#define for_each_cpu(cpu, mask) \
	for ((cpu) = cpumask_first(mask); (unsigned int)(cpu) < nr_cpu_ids; \
	     (cpu) = cpumask_next(cpu, mask))
#define for_each_possible_cpu(cpu) for ((cpu) = 0; (unsigned int)(cpu) < nr_cpu_ids; (cpu)++)
#define for_each_online_cpu(cpu) for_each_possible_cpu(cpu)
#define for_each_present_cpu(cpu) for_each_possible_cpu(cpu)

#endif

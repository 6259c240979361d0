/* SPDX-License-Identifier: MIT */
/* <linux/topology.h> - which CPU and which memory belong together */
#ifndef _PAGODA_LINUX_TOPOLOGY_H
#define _PAGODA_LINUX_TOPOLOGY_H

#include <linux/numa.h>

#define LOCAL_DISTANCE 10
#define REMOTE_DISTANCE 20

#pragma GCC visibility push(default)

/**
 * cpu_to_node - the node whose memory is nearest to a CPU
 * @cpu: 0 .. nr_cpu_ids - 1
 *
 * Context: any.
 * Return:  the node; 0 for a CPU the machine does not have.
 */
int cpu_to_node(int cpu);

/**
 * numa_node_id - the node of the CPU that runs the caller
 *
 * Context: any; a hint unless preemption is disabled.
 */
int numa_node_id(void);

/**
 * node_distance - relative cost of an access from node @from to memory of node @to
 *
 * The unit is that of the firmware's tables (ACPI SLIT): LOCAL_DISTANCE is an access to the own node.
 *
 * Context: any.
 */
int node_distance(int from, int to);

#pragma GCC visibility pop

#define cpu_to_mem(cpu) cpu_to_node(cpu)
#define numa_mem_id() numa_node_id()

#endif

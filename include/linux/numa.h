/* SPDX-License-Identifier: MIT */
/* <linux/numa.h> - the largest number of memory nodes a machine can be booted with */
#ifndef _PAGODA_LINUX_NUMA_H
#define _PAGODA_LINUX_NUMA_H

#define NODES_SHIFT 6
#define MAX_NUMNODES (1 << NODES_SHIFT)
#define NUMA_NO_NODE (-1)

#endif

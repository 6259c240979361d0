/* SPDX-License-Identifier: MIT */
/* <linux/nodemask.h> - sets of memory nodes; a machine's nodes are 0 .. nr_node_ids - 1, all online */
#ifndef _PAGODA_LINUX_NODEMASK_H
#define _PAGODA_LINUX_NODEMASK_H

#include <linux/numa.h>
#include <linux/types.h>

#pragma GCC visibility push(default)

typedef struct {
	DECLARE_BITMAP(bits, MAX_NUMNODES);
} nodemask_t;

extern unsigned int nr_node_ids;

#pragma GCC visibility pop

#define num_online_nodes() ((int)nr_node_ids)
#define num_possible_nodes() ((int)nr_node_ids)
#define node_online(nid) ((unsigned int)(nid) < nr_node_ids)
#define for_each_online_node(nid) for ((nid) = 0; (unsigned int)(nid) < nr_node_ids; (nid)++)
#define for_each_node(nid) for_each_online_node(nid)

#endif

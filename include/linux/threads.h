/* SPDX-License-Identifier: MIT */
/* <linux/threads.h> - the largest number of CPUs a machine can be booted with */
#ifndef _PAGODA_LINUX_THREADS_H
#define _PAGODA_LINUX_THREADS_H

#define NR_CPUS 256

#endif

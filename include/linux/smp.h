/* SPDX-License-Identifier: MIT */
/* <linux/smp.h> - which CPU runs the caller */
#ifndef _PAGODA_LINUX_SMP_H
#define _PAGODA_LINUX_SMP_H

#include <linux/cpumask.h>
#include <linux/preempt.h>

#pragma GCC visibility push(default)

/**
 * raw_smp_processor_id - the CPU that runs the caller, at this moment
 *
 * Context: any; a hint unless preemption is disabled.
 * Return:  0 .. nr_cpu_ids - 1.
 */
unsigned int raw_smp_processor_id(void);

/**
 * smp_processor_id - the CPU whose section the caller is in
 *
 * Context: preemption disabled, or a thread bound to one CPU; elsewhere reported under debug_preempt=1.
 * Return:  0 .. nr_cpu_ids - 1.
 */
unsigned int smp_processor_id(void);

/**
 * get_cpu - preempt_disable(), and the CPU; put_cpu() ends the section
 *
 * Context: any.
 * Return:  0 .. nr_cpu_ids - 1.
 */
unsigned int get_cpu(void);

#pragma GCC visibility pop

#define put_cpu() preempt_enable()

#endif

/* SPDX-License-Identifier: MIT */
/*
 * <linux/preempt.h> - sections in which a thread keeps its CPU
 *
 * A section owns the CPU's slot: while one thread is in a section of CPU n, no other is in a section
 * of CPU n, even if the host runs the thread elsewhere (DESIGN §3). Sections nest.
 */
#ifndef _PAGODA_LINUX_PREEMPT_H
#define _PAGODA_LINUX_PREEMPT_H

#include <linux/compiler.h>
#include <linux/types.h>

/* Fields of preempt_count(): depth of disabled preemption, of softirqs and of hardirqs. */
#define PREEMPT_BITS 8
#define SOFTIRQ_BITS 8
#define HARDIRQ_BITS 4
#define PREEMPT_SHIFT 0
#define SOFTIRQ_SHIFT (PREEMPT_SHIFT + PREEMPT_BITS)
#define HARDIRQ_SHIFT (SOFTIRQ_SHIFT + SOFTIRQ_BITS)
#define PREEMPT_MASK (((1U << PREEMPT_BITS) - 1) << PREEMPT_SHIFT)
#define SOFTIRQ_MASK (((1U << SOFTIRQ_BITS) - 1) << SOFTIRQ_SHIFT)
#define HARDIRQ_MASK (((1U << HARDIRQ_BITS) - 1) << HARDIRQ_SHIFT)

#pragma GCC visibility push(default)

/**
 * preempt_disable - enter a section in which nobody else runs on this CPU
 *
 * Waits, spinning and then sleeping in the host, while another thread is in such a section of the
 * same CPU. Costs no atomic instruction when nobody is.
 *
 * Context: any. What follows, up to preempt_enable(), must not sleep.
 */
void preempt_disable(void);

/**
 * preempt_enable - leave the section that the last preempt_disable() entered
 *
 * Context: any. Without a section to leave it is reported, and nothing changes.
 */
void preempt_enable(void);

/**
 * preempt_count - how deep the caller is in sections and interrupts, by the fields above
 *
 * Context: any.
 */
unsigned int preempt_count(void);

/**
 * __might_sleep - report the caller if it is in atomic context
 * @func: the function that may sleep, for the report
 *
 * The report names @func and the place that made the context atomic.
 *
 * Context: any.
 */
void __might_sleep(const char *func);

#pragma GCC visibility pop

#define in_atomic() (preempt_count() != 0)
#define preemptible() (preempt_count() == 0)
#define might_sleep() __might_sleep(__func__)
#define might_sleep_if(condition) do { if (condition) might_sleep(); } while (0)

#define in_hardirq() (preempt_count() & HARDIRQ_MASK)
#define in_irq() in_hardirq()
#define in_softirq() (preempt_count() & SOFTIRQ_MASK)
#define in_interrupt() (preempt_count() & (HARDIRQ_MASK | SOFTIRQ_MASK))
#define in_task() (!in_interrupt())

#endif

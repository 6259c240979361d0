/* SPDX-License-Identifier: MIT */
/*
 * <linux/irqflags.h> - holding interrupts off
 *
 * A flag of the thread, not a system call. Interrupts off is atomic context, and a section in which nobody
 * else runs on the CPU (<linux/preempt.h>).
 */
#ifndef _PAGODA_LINUX_IRQFLAGS_H
#define _PAGODA_LINUX_IRQFLAGS_H

#include <linux/types.h>

#pragma GCC visibility push(default)

/* Context of all of them: any. */
unsigned long __local_irq_save(void);
void local_irq_restore(unsigned long flags);
void local_irq_disable(void);
void local_irq_enable(void);
bool irqs_disabled(void);

#pragma GCC visibility pop

#define local_irq_save(flags) ((flags) = __local_irq_save())

#endif

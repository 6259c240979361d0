/* SPDX-License-Identifier: MIT */
/* <linux/hardirq.h> - in_irq(), in_interrupt() and their kin live in <linux/preempt.h> */
#ifndef _PAGODA_LINUX_HARDIRQ_H
#define _PAGODA_LINUX_HARDIRQ_H

#include <linux/preempt.h>

#endif

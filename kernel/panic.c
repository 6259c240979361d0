// SPDX-License-Identifier: MIT
/*
 * panic.c - what happens after a mistake was found
 *
 * A report is a run of log lines that belong together, then the callers. Afterwards the machine goes on,
 * and whoever reported has refused the wrong operation; or, with panic_on_warn=1, it stops.
 *
 * Lock: report_lock, a plain test-and-set of its own: a report may come from inside any lock, so
 * this one must not take part in lock order, nor sleep. A report inside a report nests.
 */
#include "panic.h"
#include "printk.h"

#include <linux/bug.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <pagoda/arch.h>

#define MAX_CALLERS 24

static u32 report_lock;		/* number of the thread that reports */
static unsigned int report_depth;
static unsigned long reports;

bool panic_on_warn;

static noinline void show_callers(unsigned int skip)
{
	unsigned long entries[MAX_CALLERS];
	char symbol[192];
	unsigned int nr;

	if (!printk_shown(KERN_WARNING))	/* naming them takes long */
		return;
	nr = arch_backtrace(entries, MAX_CALLERS, skip + 1);
	printk(KERN_WARNING "Call Trace:\n");
	for (unsigned int i = 0; i < nr; i++) {
		arch_symbol(entries[i] - 1, symbol, sizeof(symbol));	/* the call, not what follows */
		printk(KERN_WARNING " %s\n", symbol);
	}
}

/* The call at the end must not become a jump: its frame is one of those left out. */
void dump_stack(void)
{
	show_callers(1);
	barrier();
}

void report_begin(void)
{
	u32 self = get_current()->pid;
	u32 holder = 0;

	if (__atomic_load_n(&report_lock, __ATOMIC_RELAXED) != self)
		while (!__atomic_compare_exchange_n(&report_lock, &holder, self, false,
						    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
			holder = 0;
			cpu_relax();
		}
	report_depth++;
}

void report_end(unsigned long ip)
{
	bool stop = panic_on_warn;

	printk(KERN_WARNING "CPU: %u PID: %d Comm: %s at %pB\n", raw_smp_processor_id(),
	       get_current()->pid, get_current()->comm, (void *)ip);
	show_callers(1);
	__atomic_fetch_add(&reports, 1, __ATOMIC_RELAXED);
	if (--report_depth == 0)
		__atomic_store_n(&report_lock, 0, __ATOMIC_RELEASE);
	if (stop)
		panic("panic_on_warn set ...");
}

static unsigned int boot_number = 1;

void forget_warnings(void)
{
	__atomic_fetch_add(&boot_number, 1, __ATOMIC_RELAXED);
}

bool __warn_first(unsigned int *last_boot)
{
	unsigned int boot = __atomic_load_n(&boot_number, __ATOMIC_RELAXED);

	return __atomic_exchange_n(last_boot, boot, __ATOMIC_RELAXED) != boot;
}

unsigned long nr_reports(void)
{
	return __atomic_load_n(&reports, __ATOMIC_RELAXED);
}

void __warn_printk(const char *file, int line, const char *func, const char *fmt, ...)
{
	__builtin_va_list args;

	report_begin();
	printk(KERN_WARNING "------------[ cut here ]------------\n");
	if (fmt) {
		__builtin_va_start(args, fmt);
		vprintk_at(KERN_WARNING, fmt, args);
		__builtin_va_end(args);
		printk(KERN_WARNING "\n");
	}
	printk(KERN_WARNING "WARNING: at %s:%d %s()\n", file, line, func);
	report_end(_RET_IP_);
}

void __bug(const char *file, int line, const char *func)
{
	panic("kernel BUG at %s:%d %s()!", file, line, func);
}

void panic(const char *fmt, ...)
{
	__builtin_va_list args;

	printk(KERN_EMERG "Kernel panic - not syncing: ");
	__builtin_va_start(args, fmt);
	vprintk_at(KERN_EMERG, fmt, args);
	__builtin_va_end(args);
	printk(KERN_EMERG "\n");
	show_callers(1);
	arch_stop();
}

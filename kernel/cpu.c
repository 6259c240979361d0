// SPDX-License-Identifier: MIT
/*
 * cpu.c - CPUs: their slots, sections without preemption, context checks
 *
 * Idea. In a process nobody can forbid the host to take a CPU away, so "preemption disabled" means
 * something weaker that is just as useful: the thread owns the slot of one machine CPU, and at most
 * one thread does. Per-CPU data needs no more. A slot is taken with one restartable store of the owner's
 * number, because only threads that run on the CPU take its slot; it is given back with one plain
 * store, from wherever the owner runs by then. The portable variant takes it with compare-and-swap.
 *
 * Always true
 *	owned    slot->owner is the number of exactly the thread whose task->slot it is, or 0
 *	depth    task->slot is set exactly while preemption is disabled or interrupts are off
 *	woken    whoever sleeps for a slot has counted itself in nr_waiters before it looked at the
 *	         owner a last time; the owner looks at nr_waiters after it has cleared the owner. Both
 *	         are ordered by an asymmetric pair of barriers, so that giving back stays cheap.
 *
 * Locks: none. Of another thread's task nothing is ever read.
 */
#include "cpu.h"

#include <linux/bug.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/topology.h>
#include <pagoda/machine.h>

#include "array_cache.h"
#include "panic.h"

/* Long enough for a section of the usual length on another CPU, short against a sleep. */
#define SLOT_SPINS 200

unsigned int nr_cpu_ids;
struct cpumask __cpu_online_mask;
struct cpu_area *cpu_area0;
bool debug_preempt;

void cpus_start(struct cpu_area *areas, unsigned int nr_cpus, bool portable)
{
	cpu_area0 = areas;
	nr_cpu_ids = nr_cpus;
	cpumask_clear(&__cpu_online_mask);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		cpumask_set_cpu(cpu, &__cpu_online_mask);
	for (unsigned int cpu = 0; cpu <= nr_cpus; cpu++)
		for (unsigned int row = 0; row < NR_PAGE_ARRAY_ORDERS; row++)
			for (unsigned int i = 0; i < NR_PAGE_ARRAYS; i++)
				cpu_area(cpu)->page_array[row][i] = &empty_array;
	/* Nobody takes the slot of the CPU that is none. */
	cpu_area(nr_cpus)->slot.owner = ~0U;
	arch_cpus_start(nr_cpus, portable);
}

void cpus_stop(void)
{
	WRITE_ONCE(nr_cpu_ids, 0);	/* before arch_cpus_stop(): a thread that ends looks at no CPU then */
	arch_cpus_stop();
	cpu_area0 = NULL;
	debug_preempt = false;
	cpumask_clear(&__cpu_online_mask);
}

void cpus_forked(void)
{
	const struct task_struct *self = arch_current();

	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		struct cpu_slot *slot = &cpu_area(cpu)->slot;

		if (slot != self->slot)
			slot->owner = 0;
		slot->nr_waiters = 0;
		slot->array_lock = 0;
		slot->array_owner = NULL;
	}
}

const struct cpumask *cpumask_of(unsigned int cpu)
{
	/* Row i has bit i set in its first word; CPU n's set begins n / BITS_PER_LONG words earlier. */
	static unsigned long rows[BITS_PER_LONG][2 * BITS_TO_LONGS(NR_CPUS)];
	unsigned long *row = rows[cpu % BITS_PER_LONG] + BITS_TO_LONGS(NR_CPUS);

	if (READ_ONCE(*row) != BIT_MASK(cpu))
		WRITE_ONCE(*row, BIT_MASK(cpu));
	return (const struct cpumask *)(row - BIT_WORD(cpu));
}

struct task_struct *current_task(void)
{
	struct task_struct *task = arch_current();

	if (unlikely(!task->pid))
		arch_task_init(task);
	return task;
}

struct task_struct *get_current(void)
{
	return current_task();
}

int set_cpus_allowed_ptr(struct task_struct *p, const struct cpumask *mask)
{
	unsigned int cpu = cpumask_first(mask);
	bool one = cpumask_weight(mask) == 1;

	if (p != arch_current())
		return -EOPNOTSUPP;
	if (cpu >= nr_cpu_ids)
		return -EINVAL;
	if (!arch_portable) {
		int err = arch_set_affinity(one ? (int)cpu : -1);

		if (err)
			return err;
	}
	p->bound_cpu = one ? cpu + 1 : 0;
	p->array_cpu = arch_raw_cpu();
	p->node = cpu_to_node(p->array_cpu);
	return 0;
}

/* ---- slots ---- */

static struct cpu_slot *slot_try(u32 self)
{
	struct cpu_slot *slot = arch_slot_acquire(&cpu_area0->slot, self);
	u32 none = 0;

	if (slot || !arch_portable)
		return slot;
	slot = &cpu_area(arch_raw_cpu())->slot;
	return __atomic_compare_exchange_n(&slot->owner, &none, self, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED) ? slot : NULL;
}

/* Sleeps until @slot may have been given back. */
static void slot_sleep(struct cpu_slot *slot)
{
	u32 owner;

	__atomic_fetch_add(&slot->nr_waiters, 1, __ATOMIC_SEQ_CST);
	arch_heavy_barrier();		/* with the light one of slot_release() */
	owner = __atomic_load_n(&slot->owner, __ATOMIC_RELAXED);
	if (owner)
		arch_futex_wait(&slot->owner, owner, 0);
	__atomic_fetch_sub(&slot->nr_waiters, 1, __ATOMIC_RELAXED);
}

static noinline struct cpu_slot *slot_acquire_slow(u32 self)
{
	struct cpu_slot *slot;

	for (int spins = 0; ; spins++) {
		unsigned int cpu = arch_raw_cpu();	/* also gives a new thread its rseq area */

		slot = slot_try(self);
		if (slot)
			return slot;
		if (spins < SLOT_SPINS)
			cpu_relax();
		else
			slot_sleep(&cpu_area(cpu)->slot);
	}
}

static __always_inline void slot_release(struct cpu_slot *slot)
{
	__atomic_store_n(&slot->owner, 0, __ATOMIC_RELEASE);
	arch_light_barrier();		/* with the heavy one of slot_sleep() */
	/* All of them: whoever wakes takes the slot of the CPU it then runs on, which may be another. */
	if (unlikely(__atomic_load_n(&slot->nr_waiters, __ATOMIC_RELAXED)))
		arch_futex_wake(&slot->owner, 0x7fffffff);
}

/* ---- sections: preemption disabled, interrupts off, or both ---- */

#define IN_SECTION (PREEMPT_MASK | ATOMIC_IRQS_OFF)

static __always_inline void section_enter(struct task_struct *task)
{
	struct cpu_slot *slot;

	if (unlikely(!task->pid))
		arch_task_init(task);
	if (unlikely(!cpu_area0)) {
		WARN_ONCE(1, "preempt_disable: no machine is running");
		return;
	}
	slot = arch_slot_acquire(&cpu_area0->slot, task->pid);
	if (unlikely(!slot))
		slot = slot_acquire_slow(task->pid);
	task->slot = slot;
}

static __always_inline void section_leave(struct task_struct *task)
{
	struct cpu_slot *slot = task->slot;

	task->slot = NULL;
	if (likely(slot))
		slot_release(slot);
}

void __preempt_disable(unsigned long ip)
{
	struct task_struct *task = arch_current();

	if (!(task->atomic_depth & IN_SECTION))
		section_enter(task);
	if (!(task->atomic_depth & PREEMPT_MASK))
		task->atomic_ip = ip;
	task->atomic_depth++;
}

void __preempt_enable(void)
{
	struct task_struct *task = arch_current();

	if (unlikely(!(task->atomic_depth & PREEMPT_MASK))) {
		WARN(1, "preempt_enable: preemption is not disabled");
		return;
	}
	barrier();
	task->atomic_depth--;
	if (!(task->atomic_depth & IN_SECTION))
		section_leave(task);
}

void preempt_disable(void)
{
	__preempt_disable(_RET_IP_);
}

void preempt_enable(void)
{
	__preempt_enable();
}

unsigned int preempt_count(void)
{
	return arch_current()->atomic_depth & ~ATOMIC_IRQS_OFF;
}

/* There is no source of interrupts yet, but with them off nobody else runs on the CPU. */
unsigned long irqs_off(unsigned long ip)
{
	struct task_struct *task = arch_current();
	unsigned long flags = task->atomic_depth & ATOMIC_IRQS_OFF;

	if (flags)
		return flags;
	if (!(task->atomic_depth & IN_SECTION))
		section_enter(task);
	task->irqs_off_ip = ip;
	task->atomic_depth |= ATOMIC_IRQS_OFF;
	barrier();
	return flags;
}

unsigned long __local_irq_save(void)
{
	return irqs_off(_RET_IP_);
}

void local_irq_restore(unsigned long flags)
{
	struct task_struct *task = arch_current();

	if (flags || !(task->atomic_depth & ATOMIC_IRQS_OFF))
		return;
	barrier();
	task->atomic_depth &= ~ATOMIC_IRQS_OFF;
	if (!(task->atomic_depth & IN_SECTION))
		section_leave(task);
}

void local_irq_disable(void)
{
	irqs_off(_RET_IP_);
}

void local_irq_enable(void)
{
	local_irq_restore(0);
}

bool irqs_disabled(void)
{
	return arch_current()->atomic_depth & ATOMIC_IRQS_OFF;
}

/* Who made the context atomic: of two, whoever forbade preemption. */
static unsigned long atomic_since(const struct task_struct *task)
{
	return task->atomic_depth & PREEMPT_MASK ? task->atomic_ip : task->irqs_off_ip;
}

/* A thread ends: what it still has would be had by nobody. */
static void leave_all_sections(struct task_struct *task)
{
	report_begin();
	printk(KERN_ERR "BUG: thread ended in atomic context: pid: %d, name: %s, preempt_count: %u, irqs_disabled(): %d\n",
	       task->pid, task->comm, preempt_count(), irqs_disabled());
	printk(KERN_ERR "context made atomic at %pB\n", (void *)atomic_since(task));
	report_end(_RET_IP_);
	task->atomic_depth = 0;
	section_leave(task);
}

void machine_thread_exit(void)
{
	struct task_struct *task = arch_current();

	task->flags |= PF_EXITING;
	if (!READ_ONCE(nr_cpu_ids))
		return;
	if (task->atomic_depth)
		leave_all_sections(task);
	arrays_disown(task);
}

/* ---- which CPU ---- */

static unsigned int slot_cpu(const struct cpu_slot *slot)
{
	return ((char *)slot - (char *)cpu_area0) >> ARCH_CPU_SHIFT;
}

unsigned int raw_smp_processor_id(void)
{
	struct task_struct *task = arch_current();

	return task->slot ? slot_cpu(task->slot) : arch_raw_cpu();
}

unsigned int smp_processor_id(void)
{
	struct task_struct *task = arch_current();

	if (unlikely(debug_preempt && !task->slot && !task->bound_cpu))
		WARN(1, "BUG: using smp_processor_id() in preemptible code, from %pB",
		     (void *)_RET_IP_);
	return raw_smp_processor_id();
}

unsigned int get_cpu(void)
{
	__preempt_disable(_RET_IP_);
	return raw_smp_processor_id();
}

int cpu_to_node(int cpu)
{
	return cpu_online(cpu) ? cpu_area(cpu)->node : 0;
}

int numa_node_id(void)
{
	return cpu_to_node(raw_smp_processor_id());
}

/* ---- sleeping ---- */

void __might_sleep(const char *func)
{
	struct task_struct *task = arch_current();

	if (likely(!task->atomic_depth))
		return;
	report_begin();
	printk(KERN_ERR "BUG: sleeping function called from invalid context: %s\n", func);
	printk(KERN_ERR "in_atomic(): %d, irqs_disabled(): %d, preempt_count: %u, pid: %d, name: %s\n",
	       in_atomic(), irqs_disabled(), preempt_count(), task->pid, task->comm);
	printk(KERN_ERR "context made atomic at %pB\n", (void *)atomic_since(task));
	report_end(_RET_IP_);
}

// SPDX-License-Identifier: MIT
/*
 * cpu.c - the host's CPUs as the machine's: restartable sequences, barriers, waiting
 *
 * Idea. With restartable sequences (registered by glibc for every thread) machine CPU n is host CPU n. A
 * thread finds its rseq area on its first call and keeps its address in arch_rseq. The portable
 * variant asks the host for the CPU number each time and takes it modulo the machine's CPUs; a
 * thread that is bound to a CPU counts as running there.
 *
 * The portable variant is used when asked for, when the host has no restartable sequences or no
 * membarrier (valgrind, ThreadSanitizer, other processors), and when the machine has another number of
 * CPUs than the host: with fewer, several host CPUs share one; with more, threads are bound to CPUs
 * that the host does not have.
 */
#include <linux/bug.h>
#include <linux/cpumask.h>
#include <linux/sched.h>
#include <pagoda/arch.h>
#include <pagoda/machine.h>

#include <errno.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "hosted.h"

struct arch_rseq arch_rseq_none;
bool arch_portable = true;
bool arch_have_membarrier;

_Thread_local struct task_struct arch_task;
_Thread_local struct arch_rseq *arch_rseq = &arch_rseq_none;

/*
 * The threads that have used the machine: what they know of it is not true of the next one.
 * thread_mutex protects the list; a thread leaves it when it ends.
 */
static struct thread {
	struct thread *next, **link;
	struct arch_rseq **rseq;
	struct task_struct *task;
	bool joined;			/* only the thread itself looks at it */
} *threads;
static _Thread_local struct thread this_thread;
static pthread_mutex_t thread_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t thread_key;
static pthread_once_t thread_key_once = PTHREAD_ONCE_INIT;

static unsigned int machine_cpus = 1;

/* ---- which CPU ---- */

static struct arch_rseq *own_rseq(void)
{
	return (struct arch_rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
}

static bool rseq_registered(void)
{
	return __rseq_size && (int)READ_ONCE(own_rseq()->cpu_id) >= 0;
}

static unsigned int host_cpu(void)
{
	int cpu;

	if (rseq_registered())
		return READ_ONCE(own_rseq()->cpu_id);
	cpu = sched_getcpu();
	return cpu < 0 ? 0 : cpu;
}

/* Where the host let the thread run before it was bound to a CPU. */
static _Thread_local cpu_set_t own_affinity;
static _Thread_local bool have_own_affinity;

static int restore_affinity(void)
{
	if (!have_own_affinity)
		return 0;
	have_own_affinity = false;
	return sched_setaffinity(0, sizeof(own_affinity), &own_affinity) ? -errno : 0;
}

static void thread_leaves(void *arg)
{
	struct thread *thread = arg;

	/* Under the mutex, so that the machine does not go meanwhile: arch_cpus_stop() takes it. */
	pthread_mutex_lock(&thread_mutex);
	machine_thread_exit();
	if (thread->link) {
		*thread->link = thread->next;
		if (thread->next)
			thread->next->link = thread->link;
	}
	/* Destructors that still come may use the machine: the rseq area lasts as long as the thread. */
	thread->link = NULL;
	pthread_mutex_unlock(&thread_mutex);
}

static void make_thread_key(void)
{
	if (pthread_key_create(&thread_key, thread_leaves))
		abort();
}

static void thread_joins(struct arch_rseq *rseq)
{
	struct thread *thread = &this_thread;

	if (arch_task.flags & PF_EXITING) {	/* a destructor that comes after ours: not listed again */
		arch_rseq = rseq;
		return;
	}
	pthread_once(&thread_key_once, make_thread_key);
	pthread_setspecific(thread_key, thread);
	if (!arch_task.bound_cpu)
		restore_affinity();	/* bound by the last machine */
	pthread_mutex_lock(&thread_mutex);
	thread->rseq = &arch_rseq;
	thread->task = &arch_task;
	thread->joined = true;
	if (!thread->link) {
		thread->next = threads;
		thread->link = &threads;
		if (threads)
			threads->link = &thread->next;
		threads = thread;
	}
	arch_rseq = rseq;
	pthread_mutex_unlock(&thread_mutex);
}

static void forget_threads(void)
{
	pthread_mutex_lock(&thread_mutex);
	for (struct thread *thread = threads; thread; thread = thread->next) {
		*thread->rseq = &arch_rseq_none;
		thread->task->bound_cpu = 0;
		thread->task->array_cpu = 0;
		thread->task->node = 0;
	}
	pthread_mutex_unlock(&thread_mutex);
}

unsigned int arch_raw_cpu_slow(void)
{
	if (arch_portable) {
		int bound = arch_task.bound_cpu;

		if (unlikely(!this_thread.joined))
			thread_joins(&arch_rseq_none);
		return bound && (unsigned int)bound <= machine_cpus ? (unsigned int)bound - 1 :
			host_cpu() % machine_cpus;
	}
	if (rseq_registered())
		thread_joins(own_rseq());
	return host_cpu();
}

/* The largest number in a list like "0-3,8", plus one; 0 when there is none. */
static unsigned int cpus_in_file(const char *path)
{
	unsigned int nr = 0, cpu;
	FILE *file = fopen(path, "re");
	int c;

	if (!file)
		return 0;
	while (fscanf(file, "%u", &cpu) == 1) {
		if (cpu + 1 > nr)
			nr = cpu + 1;
		c = fgetc(file);
		if (c != '-' && c != ',')
			break;
	}
	fclose(file);
	return nr;
}

unsigned int arch_nr_cpus(void)
{
	unsigned int nr = cpus_in_file("/sys/devices/system/cpu/possible");
	long conf = sysconf(_SC_NPROCESSORS_CONF);

	if (!nr)
		nr = conf > 0 ? (unsigned int)conf : 1;
	return nr;
}

static int membarrier(int cmd)
{
	return syscall(SYS_membarrier, cmd, 0, 0);
}


/* For each process anew: whether it may use expedited membarriers, and those for restartable sequences. */
static bool register_membarrier(void)
{
	arch_have_membarrier = !membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
	return arch_have_membarrier &&
	       !membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ);
}

bool arch_cpus_start(unsigned int nr_cpus, bool portable)
{
	forget_threads();
	machine_cpus = nr_cpus;
	arch_rseq_none.cpu_id = nr_cpus;
	arch_portable = !register_membarrier() || portable || !ARCH_HAS_RSEQ || nr_cpus != arch_nr_cpus() ||
			!rseq_registered();
	return arch_portable;
}

/* Every thread is on a CPU that is none; its only slot, at offset 0, is the caller's to keep empty. */
void arch_cpus_stop(void)
{
	forget_threads();
	arch_rseq_none.cpu_id = 0;
	machine_cpus = 1;
	arch_portable = true;
}

int arch_set_affinity(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return restore_affinity();
	if (!have_own_affinity)
		have_own_affinity = !sched_getaffinity(0, sizeof(own_affinity), &own_affinity);
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

void arch_task_init(struct task_struct *task)
{
	prctl(PR_GET_NAME, task->comm);
	task->pid = gettid();
}

/* ---- barriers and waiting ---- */

void arch_heavy_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (arch_have_membarrier)	/* it was there at boot: without it now nothing would be safe */
		BUG_ON(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED));
}

void arch_restart_cpus(void)
{
	if (!arch_portable)
		BUG_ON(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ));
}

void arch_futex_wait(u32 *word, u32 value, u64 timeout_ns)
{
	struct timespec timeout = { timeout_ns / 1000000000, timeout_ns % 1000000000 };
	int saved = errno;

	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, timeout_ns ? &timeout : NULL, NULL, 0);
	errno = saved;
}

void arch_futex_wake(u32 *word, int nr_threads)
{
	int saved = errno;

	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, nr_threads, NULL, NULL, 0);
	errno = saved;
}

u64 arch_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The other threads' memory is there in a child of fork(), but will be used for something else. */
void hosted_forget_threads(void)
{
	pthread_mutex_init(&thread_mutex, NULL);
	threads = NULL;
	this_thread.link = NULL;
	arch_task.pid = 0;
	arch_task.array_busy = 0;
	if (this_thread.joined)
		thread_joins(arch_rseq);
	if (arch_have_membarrier)
		register_membarrier();
}

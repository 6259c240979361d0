// SPDX-License-Identifier: MIT
/*
 * array_interrupted.c - each sequence interrupted before each of its instructions
 *
 * CTest: only=plain
 *
 * Idea. The test is the host's kernel. It stops the sequence before one instruction, lets something
 * happen that may happen then (the thread moves to another CPU, another thread or a signal handler
 * uses the arrays, another CPU takes one away), and continues where a kernel would: at the abort
 * address, if the run was under way. What is left in memory, and what everybody got, must be as if
 * the whole sequence had come before the event or after it. The same sequences written in plain C say
 * what that would be. All sequences, events, states of the arrays and instructions are tried.
 *
 * Without the restart the same test must find faults, else it would prove nothing.
 *
 * Stopping: on x86-64 by the processor's trap flag, on aarch64 (where qemu-user knows no such thing)
 * by a breakpoint put in place of the instruction.
 */
#include "sequences.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

/* ---- the state of the machine: all that threads can see of each other ---- */

#define NR_ARRAYS 3		/* those of the CPUs, and a spare one */
#define ME 11			/* owners of slots */
#define OTHER 22

static struct array_cache *arrays[NR_ARRAYS];
static void *other_got;		/* what the event took: object, array or slot */

struct snapshot {
	void		   *result;
	void		   *other_got;
	struct array_cache *array[NR_FAKE_CPUS];
	uint32_t	    owner[NR_FAKE_CPUS];
	uint32_t	    avail[NR_ARRAYS];
	void		   *entry[NR_ARRAYS][ENTRIES];
};

static struct snapshot take_snapshot(void *result)
{
	struct snapshot now;

	memset(&now, 0, sizeof(now));
	now.result = result;
	now.other_got = other_got;
	for (int cpu = 0; cpu < NR_FAKE_CPUS; cpu++) {
		now.array[cpu] = fake_cpus[cpu].array;
		now.owner[cpu] = fake_cpus[cpu].slot.owner;
	}
	for (int i = 0; i < NR_ARRAYS; i++) {
		now.avail[i] = arrays[i]->avail;
		memcpy(now.entry[i], arrays[i]->entry, arrays[i]->avail * sizeof(void *));
	}
	return now;
}

static bool same(const struct snapshot *a, const struct snapshot *b)
{
	return !memcmp(a, b, sizeof(*a));
}

struct state {
	unsigned int avail;	/* of CPU 0's array */
	bool	     detached;	/* it has no array; its own one is at hand */
	bool	     owned;	/* its slot has an owner */
};

static const struct state states[] = {
	{ .avail = 0 }, { .avail = 1 }, { .avail = ENTRIES - 1 }, { .avail = ENTRIES },
	{ .avail = 2, .detached = true }, { .avail = 2, .owned = true },
};

static void set_up(const struct state *state)
{
	static const unsigned int avail[NR_ARRAYS] = { 0, 2, 1 };

	for (int i = 0; i < NR_ARRAYS; i++) {
		arrays[i]->avail = i ? avail[i] : state->avail;
		arrays[i]->limit = ENTRIES;
		for (int j = 0; j < ENTRIES; j++)
			arrays[i]->entry[j] = (void *)(uintptr_t)(0x100 * (i + 1) + j);
	}
	for (int cpu = 0; cpu < NR_FAKE_CPUS; cpu++) {
		fake_cpus[cpu].array = arrays[cpu];
		fake_cpus[cpu].slot.owner = 0;
	}
	if (state->detached)
		fake_cpus[0].array = &empty_array;
	if (state->owned)
		fake_cpus[0].slot.owner = OTHER;
	other_got = NULL;
	run_on(0);
}

/* ---- the sequences, and what they should do ---- */

#define OBJECT ((void *)0x4711)

static union fake_cpu *this_cpu(void)
{
	return &fake_cpus[fake_rseq.cpu_id];
}

static void *plain_pop(void)
{
	struct array_cache *array = this_cpu()->array;

	return array->avail ? array->entry[--array->avail] : NULL;
}

static void *plain_push(void)
{
	struct array_cache *array = this_cpu()->array;

	if (array->avail >= array->limit)
		return NULL;
	array->entry[array->avail++] = OBJECT;
	return OBJECT;
}

static void *plain_acquire(void)
{
	struct cpu_slot *slot = &this_cpu()->slot;

	if (slot->owner)
		return NULL;
	slot->owner = ME;
	return slot;
}

static void *plain_swap(void)
{
	struct array_cache *old = this_cpu()->array;

	this_cpu()->array = arrays[2];
	return old;
}

#define SEQUENCE static __attribute__((noinline)) void *

SEQUENCE pop(void)
{
	void *object;

	return arch_array_pop(FAKE_ARRAY, &object) ? object : NULL;
}

SEQUENCE push(void)
{
	return arch_array_push(FAKE_ARRAY, OBJECT) ? OBJECT : NULL;
}

SEQUENCE acquire(void)
{
	return arch_slot_acquire(FAKE_SLOT, ME);
}

SEQUENCE swap(void)
{
	return arch_array_swap(FAKE_ARRAY, arrays[2]);
}

/* ---- what may happen meanwhile ---- */

static void nothing(void)
{
}

static void moved(void)
{
	run_on(1);
}

static void there_and_back(void)
{
	run_on(1);
	other_got = plain_pop();
	run_on(0);
}

static void other_pops(void)
{
	other_got = fake_cpus[0].array->avail ?
		fake_cpus[0].array->entry[--fake_cpus[0].array->avail] : NULL;
}

static void other_pushes(void)
{
	struct array_cache *array = fake_cpus[0].array;

	if (array->avail < array->limit)
		array->entry[array->avail++] = (void *)0x815;
}

static void other_pops_and_pushes(void)
{
	other_pops();
	other_pushes();
}

static void other_acquires(void)
{
	if (fake_cpus[0].slot.owner)
		return;
	fake_cpus[0].slot.owner = OTHER;
	other_got = &fake_cpus[0].slot;
}

/* A signal handler uses sequences too, and so announces others. */
static void handler_pops(void)
{
	if (!arch_array_pop(FAKE_ARRAY, &other_got))
		other_got = NULL;
}

static void handler_acquires(void)
{
	other_got = arch_slot_acquire(FAKE_SLOT, OTHER);
}

static void other_cpu_detaches(void)
{
	other_got = __atomic_exchange_n(FAKE_ARRAY, &empty_array, __ATOMIC_ACQ_REL);
}

static void other_cpu_changes_it(void)
{
	arrays[0]->avail = 1;
	arrays[0]->entry[0] = (void *)0x4242;
}

static void other_cpu_attaches(void)
{
	if (fake_cpus[0].array == &empty_array)
		__atomic_store_n(FAKE_ARRAY, arrays[0], __ATOMIC_RELEASE);
}

static void owner_leaves(void)
{
	if (fake_cpus[0].slot.owner == OTHER)
		__atomic_store_n(&fake_cpus[0].slot.owner, 0, __ATOMIC_RELEASE);
}

static const struct event {
	const char *name;
	void	   (*happens)(void);
	bool	    restarts;		/* it interrupts the thread, or ends with arch_restart_cpus() */
	void	   *(*only_with)(void);	/* another sequence needs the restart that comes later */
} events[] = {
	{ "is preempted", nothing, true, NULL },
	{ "moves to another CPU", moved, true, NULL },
	{ "moves, runs there and comes back", there_and_back, true, NULL },
	{ "is preempted by a pop", other_pops, true, NULL },
	{ "is preempted by a push", other_pushes, true, NULL },
	{ "is preempted by a pop and a push", other_pops_and_pushes, true, NULL },
	{ "is preempted by an acquire", other_acquires, true, NULL },
	{ "has a signal handler that pops", handler_pops, true, NULL },
	{ "has a signal handler that acquires", handler_acquires, true, NULL },
	{ "loses the array", other_cpu_detaches, true, NULL },
	{ "loses the array, is not yet restarted", other_cpu_detaches, false, swap },
	{ "finds the array changed and back", other_cpu_changes_it, true, NULL },
	{ "gets the array back", other_cpu_attaches, false, NULL },
	{ "finds the slot free at last", owner_leaves, false, NULL },
};

static const struct event popped = { "is preempted by a pop", other_pops, true, NULL };
static const struct event acquired = { "is preempted by an acquire", other_acquires, true, NULL };

static const struct sequence {
	const char	   *name;
	void		   *(*run)(void);
	void		   *(*plain)(void);
	const struct event *against;	/* which it does not stand without a restart */
	bool		    one_access;	/* but this one does: it reads and writes at once */
} sequences[] = {
	{ "pop", pop, plain_pop, &popped, false },
	{ "push", push, plain_push, &popped, false },
	{ "acquire", acquire, plain_acquire, &acquired, false },
	{ "swap", swap, plain_swap, &popped, true },
};

/* ---- the kernel ---- */

static bool kernel_restarts = true;	/* does its work */

/* Where Linux lets a thread continue (rseq_ip_fixup() in kernel/rseq.c). */
static uint64_t kernel_continues_at(uint64_t ip)
{
	const struct descriptor *d = (const struct descriptor *)(uintptr_t)fake_rseq.rseq_cs;

	fake_rseq.rseq_cs = 0;
	return d && in_run(d, ip) ? d->abort : ip;
}

static const struct event *pending;	/* NULL: it has happened */
static unsigned int preempted_before;	/* so many instructions earlier, 0: not; the kernel comes twice */
static bool aborted;			/* by the event */

/*
 * To be called where the thread is stopped, at @ip. Sets @later to the number of instructions after
 * which it is to be stopped again, 0 if it is not. Returns where it continues.
 */
static uint64_t interrupted(uint64_t ip, unsigned int *later)
{
	bool looks = (pending->restarts || preempted_before) && kernel_restarts;
	uint64_t next = looks ? kernel_continues_at(ip) : ip;

	aborted = next != ip;
	*later = preempted_before;
	preempted_before = 0;
	if (!*later) {
		pending->happens();
		pending = NULL;
	}
	return next;
}

/*
 * ---- stopping before an instruction ----
 *
 * stops_prepare(run)	 once for each sequence
 * stop_before(run, n)	 calls run(), and before its instruction n, interrupted()
 * stops_end(n)		 asked after n - 1 was tried: there is no instruction n
 *
 * Instruction 0 is the first, or one before that. An instruction that is jumped over does not stop.
 */

#if defined(__x86_64__)

#define TRAP_FLAG 0x100

static unsigned int steps_left;

static void on_trap(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	unsigned int later;

	(void)sig;
	(void)info;
	if (!pending || steps_left--)
		return;
	regs[REG_RIP] = interrupted(regs[REG_RIP], &later);
	if (later)
		steps_left = later - 1;
	else
		regs[REG_EFL] &= ~TRAP_FLAG;
}

static void stops_prepare(void *(*run)(void))
{
	(void)run;
}

static void *stop_before(void *(*run)(void), unsigned int n)
{
	unsigned long flags = __builtin_ia32_readeflags_u64();
	void *result;

	steps_left = n;
	__builtin_ia32_writeeflags_u64(flags | TRAP_FLAG);
	result = run();
	__builtin_ia32_writeeflags_u64(flags & ~TRAP_FLAG);
	return result;
}

static bool stops_end(unsigned int n)
{
	(void)n;
	return pending;
}

#elif defined(__aarch64__)

#define BREAKPOINT 0xd4200000	/* brk 0 */

static uint32_t *first;		/* of the sequence: it announces the run */
static unsigned int nr_instructions;
static uint32_t *stopped, instead;

static void put_code(uint32_t *where, uint32_t code)
{
	*(volatile uint32_t *)where = code;
	__builtin___clear_cache((char *)where, (char *)(where + 1));
}

static void put_breakpoint(uint32_t *where)
{
	stopped = where;
	instead = *where;
	put_code(where, BREAKPOINT);
}

static void on_trap(int sig, siginfo_t *info, void *context)
{
	mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
	uint32_t *next;
	unsigned int later;

	(void)sig;
	(void)info;
	if (!pending || machine->pc != (uintptr_t)stopped)
		abort();
	put_code(stopped, instead);
	machine->pc = interrupted(machine->pc, &later);
	/* The way out has one instruction, a jump to the first. */
	next = (machine->pc == (uintptr_t)stopped ? stopped : first - 1) + later;
	if (later && next < first + nr_instructions)
		put_breakpoint(next);
}

/* The sequence itself tells where it is. */
static void stops_prepare(void *(*run)(void))
{
	const struct descriptor *d;
	uintptr_t page = sysconf(_SC_PAGESIZE), begin;

	fake_rseq.rseq_cs = 0;
	run();
	d = (const struct descriptor *)(uintptr_t)fake_rseq.rseq_cs;
	first = (uint32_t *)jump_target(d->abort);
	nr_instructions = (d->start + d->length - (uintptr_t)first) / 4 + 1;	/* one behind it */
	begin = (uintptr_t)first & -page;
	if (mprotect((void *)begin, 2 * page, PROT_READ | PROT_WRITE | PROT_EXEC)) {
		perror("mprotect");
		exit(SKIPPED);
	}
}

static void *stop_before(void *(*run)(void), unsigned int n)
{
	void *result;

	put_breakpoint(first + n);
	result = run();
	put_code(stopped, instead);		/* it may not have come there */
	return result;
}

static bool stops_end(unsigned int n)
{
	return n == nr_instructions;
}

#else	/* there are no sequences to be stopped */

static void on_trap(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	interrupted(0, &(unsigned int){ 0 });
}

static void stops_prepare(void *(*run)(void))
{
	(void)run;
}

static void *stop_before(void *(*run)(void), unsigned int n)
{
	(void)n;
	return run();
}

static bool stops_end(unsigned int n)
{
	return n;
}

#endif

/* ---- the test ---- */

#define LONGEST 16		/* instructions of a sequence */

static struct snapshot expect(const struct sequence *sequence, const struct event *event,
			      const struct state *state, bool event_first)
{
	void *result;

	set_up(state);
	if (event_first)
		event->happens();
	result = sequence->plain();
	if (!event_first)
		event->happens();
	return take_snapshot(result);
}

struct verdict {
	unsigned int nr_stops, nr_aborts, nr_faults;
};

static void fault(const struct sequence *sequence, const struct event *event,
		  const struct state *state, unsigned int n, unsigned int before)
{
	CHECK(!kernel_restarts,
	      "a %s before whose instruction %u (preempted) + %u the thread %s, with %u entries%s%s",
	      sequence->name, n, before, event->name, state->avail,
	      state->detached ? ", detached" : "", state->owned ? ", owned" : "");
}

static void try_all_stops(const struct sequence *sequence, const struct event *event,
			  const struct state *state, unsigned int before, struct verdict *verdict)
{
	struct snapshot event_last = expect(sequence, event, state, false);
	struct snapshot event_first = expect(sequence, event, state, true);

	pending = NULL;
	for (unsigned int n = 0; !stops_end(n); n++) {
		struct snapshot now;
		void *result;

		set_up(state);
		pending = event;
		preempted_before = before;
		aborted = false;
		result = stop_before(sequence->run, n);
		if (pending)
			continue;
		now = take_snapshot(result);
		verdict->nr_stops++;
		verdict->nr_aborts += aborted;
		if (same(&now, &event_first) || (!aborted && same(&now, &event_last)))
			continue;
		verdict->nr_faults++;
		fault(sequence, event, state, n, before);
	}
	pending = NULL;
}

static struct verdict try_all(const struct sequence *sequence)
{
	struct verdict verdict = { 0 };

	set_up(&states[0]);
	stops_prepare(sequence->run);
	for (size_t e = 0; e < sizeof(events) / sizeof(events[0]); e++) {
		if (events[e].only_with && events[e].only_with != sequence->run)
			continue;
		for (size_t s = 0; s < sizeof(states) / sizeof(states[0]); s++)
			try_all_stops(sequence, &events[e], &states[s], 0, &verdict);
	}
	/* That the kernel has come once must not make the run miss what happens later. */
	for (unsigned int before = 1; before < LONGEST; before++)
		try_all_stops(sequence, sequence->against, &states[1], before, &verdict);
	return verdict;
}

static void as_if_before_or_after_whatever_happens(void)
{
	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
		struct verdict verdict = try_all(&sequences[i]);

		CHECK(verdict.nr_aborts > 100 && verdict.nr_stops > verdict.nr_aborts);
		printf("%s: %u times interrupted, %u times begun anew\n", sequences[i].name,
		       verdict.nr_stops, verdict.nr_aborts);
	}
}

static void without_restarts_it_goes_wrong(void)
{
	kernel_restarts = false;
	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
		struct verdict verdict = try_all(&sequences[i]);

		CHECK(verdict.nr_aborts == 0);
		CHECK(sequences[i].one_access || verdict.nr_faults, "%s", sequences[i].name);
		printf("%s: %u faults without restarts\n", sequences[i].name, verdict.nr_faults);
	}
	kernel_restarts = true;
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };

	if (!ARCH_HAS_RSEQ) {
		printf("this build has no restartable sequences\n");
		return SKIPPED;
	}
	for (int i = 0; i < NR_ARRAYS; i++) {
		arrays[i] = calloc(1, sizeof(*arrays[i]) + ENTRIES * sizeof(void *));
		if (!arrays[i])
			abort();
	}
	sigaction(SIGTRAP, &action, NULL);
	as_if_before_or_after_whatever_happens();
	without_restarts_it_goes_wrong();
	return nr_failed != 0;
}

// SPDX-License-Identifier: MIT
/*
 * array_sequences.c - the restartable sequences, run straight through
 *
 * CTest: only=plain
 *
 * What each does on which CPU's data, and what it tells the host's kernel about itself. What happens
 * when they are interrupted is in array_interrupted.c, with real aborts in array_aborts.c.
 */
#include "sequences.h"

#include <stdlib.h>

static struct array_cache *new_array(unsigned int limit)
{
	struct array_cache *array = calloc(1, sizeof(*array) + limit * sizeof(void *));

	if (!array)
		abort();
	array->limit = limit;
	return array;
}

static void *object(uintptr_t n)
{
	return (void *)(0x1000 + n);
}

static bool push(uintptr_t n)
{
	return arch_array_push(FAKE_ARRAY, object(n));
}

/* Its number; -1: nothing there; -2: the two answers differ. */
static long pop(void)
{
	void *got = object(12345);
	bool answer = arch_array_pop(FAKE_ARRAY, &got);

	return answer != !!got ? -2 : got ? (long)got - 0x1000 : -1;
}

static void what_was_pushed_last_is_popped_first(void)
{
	for (unsigned int cpu = 0; cpu < NR_FAKE_CPUS; cpu++) {
		run_on(cpu);
		for (long i = 0; i < ENTRIES; i++)
			CHECK(push(10 * cpu + i));
		CHECK(!push(99), "a full array takes nothing");
		CHECK(fake_cpus[cpu].array->avail == ENTRIES);
	}
	for (unsigned int cpu = 0; cpu < NR_FAKE_CPUS; cpu++) {
		run_on(cpu);
		for (long i = ENTRIES - 1; i >= 0; i--) {
			long got = pop();

			CHECK(got == 10 * cpu + i, "CPU %u: %ld instead of %ld", cpu, got, 10 * cpu + i);
		}
		CHECK(pop() == -1, "an empty array gives nothing");
		CHECK(fake_cpus[cpu].array->avail == 0);
	}
}

static void the_other_cpus_array_is_not_touched(void)
{
	struct array_cache *other = fake_cpus[1].array;
	size_t bytes = sizeof(*other) + ENTRIES * sizeof(void *);
	char before[sizeof(*other) + ENTRIES * sizeof(void *)];

	run_on(1);
	CHECK(push(50));
	memcpy(before, other, bytes);
	run_on(0);
	for (int i = 0; i < ENTRIES + 1; i++)
		push(i);
	for (int i = 0; i < ENTRIES + 1; i++)
		pop();
	CHECK(!memcmp(before, other, bytes));
	run_on(1);
	CHECK(pop() == 50);
}

static void the_array_of_no_cpu_is_empty_and_full(void)
{
	run_on(NR_FAKE_CPUS);
	CHECK(pop() == -1);
	CHECK(!push(1));
	CHECK(empty_array.avail == 0 && empty_array.limit == 0);
}

/* The counts are unsigned 32 bits; an array never has so many, but a sign error would show. */
static void counts_are_unsigned(void)
{
	struct array_cache *array = fake_cpus[0].array;

	run_on(0);
	array->limit = ~0U;
	CHECK(push(7));
	CHECK(pop() == 7);
	array->limit = ENTRIES;
	array->avail = ~0U;
	CHECK(!push(8));
	array->avail = 0;
}

static void a_slot_has_one_owner(void)
{
	for (unsigned int cpu = 0; cpu < NR_FAKE_CPUS; cpu++) {
		struct cpu_slot *slot = &fake_cpus[cpu].slot;

		run_on(cpu);
		CHECK(arch_slot_acquire(FAKE_SLOT, 100 + cpu) == slot);
		CHECK(slot->owner == 100 + cpu);
		CHECK(!arch_slot_acquire(FAKE_SLOT, 200), "it is taken");
		CHECK(!arch_slot_acquire(FAKE_SLOT, 100 + cpu), "by the same thread too");
		CHECK(slot->owner == 100 + cpu);
		CHECK(slot->nr_waiters == 0 && slot->array_lock == 0);
	}
	run_on(NR_FAKE_CPUS);
	CHECK(!arch_slot_acquire(FAKE_SLOT, 300), "nobody takes the slot of no CPU");
	fake_cpus[0].slot.owner = 0;
	run_on(0);
	CHECK(arch_slot_acquire(FAKE_SLOT, ~0U) == FAKE_SLOT);
	CHECK(fake_cpus[0].slot.owner == ~0U && fake_cpus[1].slot.owner == 101);
}

static void swap_exchanges_this_cpus_array(void)
{
	struct array_cache *own[] = { fake_cpus[0].array, fake_cpus[1].array };

	for (unsigned int cpu = 0; cpu < NR_FAKE_CPUS; cpu++) {
		run_on(cpu);
		CHECK(push(cpu));
		CHECK(arch_array_swap(FAKE_ARRAY, &empty_array) == own[cpu]);
		CHECK(fake_cpus[cpu].array == &empty_array);
		CHECK(fake_cpus[!cpu].array == own[!cpu]);
		CHECK(pop() == -1 && !push(1), "nothing in it, no room");
		CHECK(arch_array_swap(FAKE_ARRAY, own[cpu]) == &empty_array);
		CHECK(fake_cpus[cpu].array == own[cpu]);
		CHECK(pop() == cpu);
	}
}

/* ---- what the kernel is told ---- */

/*
 * The instructions around a run: the announcement just before it, for the kernel forgets one that it
 * finds while the run is not under way; and the commit at its end.
 */
static void check_edges(const struct descriptor *d)
{
#if defined(__aarch64__)
	uint32_t before = *(const uint32_t *)(d->start - 4);
	uint32_t last = *(const uint32_t *)(d->start + d->length - 4);

	CHECK((before & 0xfffffc00) == 0xf9000400, "str x, [x, 8] expected: %08x", before);
	CHECK((last & 0xbfc00000) == 0xb9000000 ||	/* str */
	      (last & 0xffe0fc00) == 0xc800fc00 ||	/* stlxr w, x */
	      (last & 0xffe0fc00) == 0xf8e08000,	/* swpal x */
	      "the last instruction is no store: %08x", last);
	CHECK(d->start % 4 == 0 && d->length % 4 == 0 && d->abort % 4 == 0);
#elif defined(__x86_64__)
	const unsigned char *code = (const unsigned char *)d->start;

	CHECK(code[-1] == 8 && (code[-3] == 0x89 || code[-4] == 0x89), "movq x, 8(x) expected");
#endif
}

static uint32_t signature(void)
{
#if defined(__x86_64__)
	return 0x53053053;
#elif defined(__AARCH64EB__)
	return 0x00bc28d4;
#else
	return 0xd428bc00;
#endif
}

static void check_descriptor(const struct descriptor *d)
{
	uint64_t announce = jump_target(d->abort);
	uint32_t before_abort;

	memcpy(&before_abort, (const void *)(d->abort - 4), sizeof(before_abort));
	CHECK((uintptr_t)d % 32 == 0);
	CHECK(d->version == 0 && d->flags == 0);
	CHECK(d->length > 0 && d->length < 200, "%lu bytes", (unsigned long)d->length);
	CHECK(!in_run(d, d->abort), "the way out is not in the run");
	CHECK(before_abort == signature(), "%08x", before_abort);
	CHECK(announce < d->start && d->start - announce < 32, "an aborted run begins anew");
	check_edges(d);
}

/* Those of the library, too: all that were linked into this program. */
static void every_descriptor_is_what_the_kernel_wants(void)
{
	int nr = 0;

	for_each_descriptor(d) {
		check_descriptor(d);
		nr++;
	}
	CHECK(nr >= 8, "at least four here and four in the library, not %d", nr);
	printf("%d sequences\n", nr);
}

static const struct descriptor *announced(void)
{
	for_each_descriptor(d)
		if ((uintptr_t)d == fake_rseq.rseq_cs)
			return d;
	return NULL;
}

static void each_sequence_announces_itself(void)
{
	const struct descriptor *of[4];
	void *got;

	run_on(0);
	fake_rseq.rseq_cs = 0;
	arch_array_push(FAKE_ARRAY, object(1));
	of[0] = announced();
	arch_array_pop(FAKE_ARRAY, &got);
	of[1] = announced();
	arch_slot_acquire(FAKE_SLOT, 1);
	of[2] = announced();
	arch_array_swap(FAKE_ARRAY, fake_cpus[0].array);
	of[3] = announced();
	for (int i = 0; i < 4; i++) {
		CHECK(of[i], "sequence %d", i);
		for (int j = 0; j < i; j++)
			CHECK(of[i] != of[j], "sequences %d and %d", i, j);
	}
}

int main(void)
{
	if (!ARCH_HAS_RSEQ) {
		printf("this build has no restartable sequences\n");
		return SKIPPED;
	}
	for (unsigned int cpu = 0; cpu < NR_FAKE_CPUS; cpu++)
		fake_cpus[cpu].array = new_array(ENTRIES);
	fake_cpus[NR_FAKE_CPUS].array = &empty_array;
	fake_cpus[NR_FAKE_CPUS].slot.owner = ~0U;

	what_was_pushed_last_is_popped_first();
	the_other_cpus_array_is_not_touched();
	the_array_of_no_cpu_is_empty_and_full();
	counts_are_unsigned();
	a_slot_has_one_owner();
	swap_exchanges_this_cpus_array();
	every_descriptor_is_what_the_kernel_wants();
	each_sequence_announces_itself();
	return nr_failed != 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * sequences.h - what the tests of the restartable sequences share: checks, descriptors, a machine
 * of two CPUs that is only memory
 *
 * A sequence needs nothing of the host but an rseq area to read the CPU number from and to announce
 * itself in. Here that is a variable of the test, fake_rseq: so the sequences run where the host has
 * no rseq (qemu-user), on the CPU that the test says, and no real abort disturbs.
 */
#ifndef PAGODA_TESTS_SEQUENCES_H
#define PAGODA_TESTS_SEQUENCES_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <pagoda/arch.h>

#include "kernel/array_cache.h"
#include "kernel/cpu.h"

#define SKIPPED 77		/* CTest: this host or build has nothing to test here */

static int nr_failed __maybe_unused;

#define CHECK(condition, ...) do {						\
	if (!(condition)) {							\
		nr_failed++;							\
		printf("%s:%d: failed: %s:", __FILE__, __LINE__, #condition);	\
		printf(" " __VA_ARGS__);					\
		printf("\n");							\
	}									\
} while (0)

/* ---- descriptors: all those of the program stand in one section ---- */

/* The host's struct rseq_cs, which is ABI. */
struct descriptor {
	uint32_t version;
	uint32_t flags;
	uint64_t start;
	uint64_t length;
	uint64_t abort;
};

_Static_assert(sizeof(struct descriptor) == 32, "they stand one behind the other");

extern const struct descriptor __start___rseq_cs[] __attribute__((weak, visibility("hidden")));
extern const struct descriptor __stop___rseq_cs[] __attribute__((weak, visibility("hidden")));

#define for_each_descriptor(d) \
	for (const struct descriptor *d = __start___rseq_cs; d < __stop___rseq_cs; d++)

/* What the host's kernel asks: whether the run is under way at @ip. */
static inline bool in_run(const struct descriptor *d, uint64_t ip)
{
	return ip - d->start < d->length;
}

/* Where the jump at @ip goes; 0 if there is none. */
static inline uint64_t jump_target(uint64_t ip)
{
#if defined(__x86_64__)
	const unsigned char *code = (const unsigned char *)ip;
	int32_t far;

	memcpy(&far, code + 1, sizeof(far));
	return code[0] == 0xeb ? ip + 2 + (signed char)code[1] : code[0] == 0xe9 ? ip + 5 + far : 0;
#elif defined(__aarch64__)
	int32_t code = *(const int32_t *)ip;

	return (code & 0xfc000000) == 0x14000000 ? ip + (int32_t)((uint32_t)code << 6) / 16 : 0;
#else
	return 0;
#endif
}

/* ---- two CPUs, and the one behind them that is none ---- */

#define NR_FAKE_CPUS 2
#define ENTRIES 4

union fake_cpu {
	struct {
		struct cpu_slot	    slot;
		struct array_cache *array;
	};
	char place[ARCH_CPU_STRIDE];
};

static union fake_cpu fake_cpus[NR_FAKE_CPUS + 1] __maybe_unused;
static struct arch_rseq fake_rseq;

#define FAKE_SLOT (&fake_cpus[0].slot)
#define FAKE_ARRAY (&fake_cpus[0].array)

/* From here on the calling thread runs on @cpu. */
static inline void run_on(unsigned int cpu)
{
	fake_rseq.cpu_id_start = fake_rseq.cpu_id = cpu;
	arch_rseq = &fake_rseq;
}

#endif

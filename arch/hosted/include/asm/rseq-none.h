/* SPDX-License-Identifier: MIT */
/* <asm/rseq-none.h> - a processor without restartable sequences: all threads go the portable way */
#ifndef _PAGODA_ASM_RSEQ_NONE_H
#define _PAGODA_ASM_RSEQ_NONE_H

#define ARCH_HAS_RSEQ 0

/* Nothing is there to take and there is no room to put: every caller goes the portable way. */
static __always_inline bool arch_array_pop(struct array_cache **slot0 __maybe_unused,
					   void **object)
{
	*object = NULL;
	return false;
}

static __always_inline bool arch_array_push(struct array_cache **slot0 __maybe_unused,
					    void *object __maybe_unused)
{
	return false;
}

static __always_inline struct cpu_slot *arch_slot_acquire(struct cpu_slot *slot0 __maybe_unused,
							  u32 owner __maybe_unused)
{
	return NULL;
}

static __always_inline struct array_cache *
arch_array_swap(struct array_cache **slot0 __maybe_unused,
		struct array_cache *replacement __maybe_unused)
{
	return NULL;
}

#endif

// SPDX-License-Identifier: MIT
/*
 * host.c - what the host offers: malloc, whichever library is preloaded, and locks
 *
 * The parent names the library in LD_PRELOAD. A library that cannot be loaded is skipped by the
 * dynamic linker with a message only, and the figures would be glibc's under another's name; so
 * the object that malloc really comes from is told first.
 */
#define _GNU_SOURCE
#include "contestant.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define OBJECT_BYTES 64

DEFINE_LOOPS(malloc, malloc, (OBJECT_BYTES), free, (obj))
DEFINE_LOOPS(empty, empty_alloc, (OBJECT_BYTES), empty_free, (obj))

/* The smallest lock there is: what preempt_disable() is held against. */
static struct {
	atomic_int held;
} __attribute__((aligned(64))) c11_spin;

static inline void c11_spin_lock(void)
{
	while (atomic_exchange_explicit(&c11_spin.held, 1, memory_order_acquire))
		;
}

static inline void c11_spin_unlock(void)
{
	atomic_store_explicit(&c11_spin.held, 0, memory_order_release);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_spinlock_t spinlock;

DEFINE_INLINE_SECTION(c11_spin_inline, c11_spin_lock(), c11_spin_unlock())
DEFINE_INLINE_SECTION(nothing, (void)0, (void)0)
DEFINE_SECTION(c11_spin, c11_spin_lock, (), c11_spin_unlock, ())
DEFINE_SECTION(pthread_mutex, pthread_mutex_lock, (&mutex), pthread_mutex_unlock, (&mutex))
DEFINE_SECTION(pthread_spin, pthread_spin_lock, (&spinlock), pthread_spin_unlock, (&spinlock))
DEFINE_SECTION(empty_section, empty_enter, (), empty_leave, ())

/* clang-format off */
const struct subject contestant_subjects[] = {
	{ "malloc",	     LOOPS(malloc),	    LOOPS(empty) },
	{ "empty",	     LOOPS(empty),	    LOOPS(empty) },
	{ "c11-spin",	     PAIR(c11_spin),	    PAIR(empty_section) },
	{ "c11-spin-inline", PAIR(c11_spin_inline), PAIR(nothing) },
	{ "pthread-mutex",   PAIR(pthread_mutex),   PAIR(empty_section) },
	{ "pthread-spin",    PAIR(pthread_spin),    PAIR(empty_section) },
	{ 0 },
};
/* clang-format on */

int contestant_thread_start(void)
{
	return 0;
}

void contestant_thread_end(void)
{
}

int main(void)
{
	char path[PATH_MAX];
	Dl_info info;

	pthread_spin_init(&spinlock, PTHREAD_PROCESS_PRIVATE);
	if (!dladdr(dlsym(RTLD_DEFAULT, "malloc"), &info) || !realpath(info.dli_fname, path))
		return contestant_refuse("cannot tell where malloc comes from");
	return contestant_serve(path);
}

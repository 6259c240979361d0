/* SPDX-License-Identifier: MIT */
/*
 * pagoda_test.h - what every test of Pagoda needs: cmocka, machines, ears, children, hoards
 *
 * Idea. Most of what Pagoda promises is seen in three ways: by a return value, by a line on standard
 * error, or by the end of the process. The first is cmocka's business. For the second standard error
 * is caught while the call runs; for the third the call runs in a child. A test that booted a machine,
 * caught standard error or bound itself to a CPU need not clean up: test_teardown() does, however
 * the test ended.
 *
 * Every test program's first thread is called "tester".
 *
 * The headers of libc and of the kernel come together here on purpose: programs do that, too.
 */
#ifndef PAGODA_TEST_H
#define PAGODA_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/gfp.h>
#include <linux/mm.h>
#include <pagoda/pagoda.h>

/* For functions that reports shall name: not inlined, and with external linkage (in the dynamic symbols). */
#define not_inlined __attribute__((noinline))

#define machine_test(f) cmocka_unit_test_setup_teardown(f, NULL, test_teardown)
int test_teardown(void **state);

/* ---- machines ---- */

/**
 * boot - start a machine, or fail the test
 * @cmdline: its parameters; reports do not end the process unless they say so
 */
void boot(const char *cmdline);
/* Checks the machine's invariants and stops it; fails the test for a violation or a leak. */
void shutdown_clean(void);
/* Stops the machine, with its report caught; returns how many pages leaked. */
int shutdown_leaky(void);
/* pagoda_check() found nothing. */
void assert_sound(void);

/* pagoda_show() into a string that lives until the next call. */
const char *view(const char *name);

/* True where addresses are too few for terabytes: ThreadSanitizer and valgrind. */
bool host_is_narrow(void);
/* True where each instruction costs tens: tests do less then. */
bool host_is_slow(void);

/* ---- standard error ---- */

void capture_begin(void);
/* What was written since; the string lives until the next capture. */
const char *capture_end(void);

unsigned int count_of(const char *text, const char *part);

#define assert_says(text, part) __assert_says(text, part, true, __FILE__, __LINE__)
#define assert_says_not(text, part) __assert_says(text, part, false, __FILE__, __LINE__)
void __assert_says(const char *text, const char *part, bool wanted, const char *file, int line);

/* Does @line match the extended regular expression @regex, from its begin to its end? */
bool line_matches(const char *line, const char *regex);

/* ---- children ---- */

/*
 * Runs @fn in a child, with its standard error caught. There a failed assertion ends the child, and
 * with it the test.
 */
#define in_child(fn) __in_child(fn, 0, __FILE__, __LINE__)
/* The same for a child that has to end by a panic. Both return what it wrote. */
#define dies_in_child(fn) __in_child(fn, SIGABRT, __FILE__, __LINE__)
const char *__in_child(void (*fn)(void), int signal, const char *file, int line);

/* ---- threads ---- */

void thread_start(pthread_t *thread, void *(*fn)(void *), void *arg);
void *thread_join(pthread_t thread);

/*
 * Both confine the calling thread to the nth host CPU that it may use, counted around, and return the
 * machine's number of that CPU. With the first it is the host that confines and Pagoda sees where
 * the thread runs; the second also tells Pagoda, which then counts the thread as being there at once.
 */
unsigned int pin_to_cpu(unsigned int n);
unsigned int bind_to_cpu(unsigned int n);
unsigned int nr_usable_cpus(void);

/* ---- memory ---- */

/* Many blocks, to be given back together. */
struct hoard {
	struct hoard_block {
		struct page *page;
		unsigned int order;
	} *block;
	size_t nr, room;
	unsigned long pages;
};

/* Keeps a block; @page may be NULL. */
void hoard_keep(struct hoard *hoard, struct page *page, unsigned int order);
/* One block more; false when there is none. */
bool hoard_one(struct hoard *hoard, gfp_t gfp, unsigned int order);
/* All there is: blocks of @max_order while there are any, then of the next smaller order, and so on. */
void hoard_all(struct hoard *hoard, gfp_t gfp, unsigned int max_order);
void hoard_free(struct hoard *hoard);
/* Gives back the last block. */
void hoard_free_last(struct hoard *hoard);

/* A zone of node 0, and its free pages; those in per-CPU arrays are free, too. */
struct zone *zone_of(enum zone_type type);
unsigned long zone_free(enum zone_type type);

/* The same numbers every time. */
uint64_t test_random(uint64_t *state);

#endif

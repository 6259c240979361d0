// SPDX-License-Identifier: MIT
/*
 * plan.c - what is measured, on whom, and what it has to reach
 *
 * All tables, no code: the contestants, the benches with their rows, and the targets. Within a
 * round the rows of a bench are measured top to bottom, so a row and what it is compared with are
 * neighbours in time.
 */
#include "bench.h"

/* clang-format off: tables are read by their columns */

#define MACHINE "machine=x86_64 mem=8G"

struct contestant contestants[NR_CONTESTANTS] = {
	[GLIBC]	   = { .name = "glibc", .program = "pagoda-bench-host" },
	[MIMALLOC] = { .name = "mimalloc", .program = "pagoda-bench-host",
		       .preload = "libmimalloc.so.2" },
	[JEMALLOC] = { .name = "jemalloc", .program = "pagoda-bench-host",
		       .preload = "libjemalloc.so.2" },
	[TCMALLOC] = { .name = "tcmalloc", .program = "pagoda-bench-host",
		       .preload = "libtcmalloc_minimal.so.4" },
	[MEMPOOL]  = { .name = "rte_mempool", .program = "pagoda-bench-dpdk" },
	[NATIVE]   = { .name = "pagoda", .program = "pagoda-bench-core", .arg = MACHINE },
	[PORTABLE] = { .name = "pagoda, portable", .program = "pagoda-bench-core",
		       .arg = MACHINE " array_cache=portable" },
};

#define SERVED(text, whom, what, how, nr) \
	.label = text, .who = whom, .subject = what, .shape = how, .nr_threads = nr
#define ROW(text, whom, what, how)  { SERVED(text, whom, what, how, 1) }
#define PEER(text, whom, what, how) { SERVED(text, whom, what, how, 1), .peer = true }
#define CROWD(text, whom, what, how, nr) \
	{ SERVED(text, whom, what, how, nr), .crowd = nr > 2 }

#define PEERS(shape)								\
	PEER("glibc", GLIBC, "malloc", shape),					\
	PEER("mimalloc", MIMALLOC, "malloc", shape),				\
	PEER("jemalloc", JEMALLOC, "malloc", shape),				\
	PEER("tcmalloc", TCMALLOC, "malloc", shape),				\
	PEER("rte_mempool", MEMPOOL, "mempool", shape)

#define PAGES(shape)								\
	ROW("page", NATIVE, "page", shape),					\
	ROW("page, portable", PORTABLE, "page", shape)

static struct row pair_rows[] = {
	PEERS("pair"),
	ROW("array", NATIVE, "array", "pair"),
	ROW("array, portable", PORTABLE, "array", "pair"),
	PAGES("pair"),
};

static struct row order_rows[] = { PEERS("order"), PAGES("order") };
static struct row reverse_rows[] = { PEERS("reverse"), PAGES("reverse") };
static struct row random_rows[] = { PEERS("random"), PAGES("random") };

#define ORDER(k) ROW("order " k, NATIVE, "order-" k, "pair")

static struct row block_rows[] = {
	ROW("order 0", NATIVE, "page", "pair"),
	ORDER("1"), ORDER("2"), ORDER("3"), ORDER("4"), ORDER("5"),
	ORDER("6"), ORDER("7"), ORDER("8"), ORDER("9"), ORDER("10"),
};

/* One thread first: the others are compared with it. */
#define THREADED(name, whom, what, how)						\
	CROWD(name ", 1 thread", whom, what, how, 1),				\
	CROWD(name ", 2 threads", whom, what, how, 2),				\
	CROWD(name ", 4 threads", whom, what, how, 4),				\
	CROWD(name ", 8 threads", whom, what, how, 8)

/* No more threads than CPUs for rte_mempool: its ring waits for whoever lost the CPU inside of it. */
#define ALL_THREADED(how)							\
	THREADED("empty loop", GLIBC, "empty", how),				\
	THREADED("glibc", GLIBC, "malloc", how),				\
	THREADED("mimalloc", MIMALLOC, "malloc", how),				\
	THREADED("jemalloc", JEMALLOC, "malloc", how),				\
	THREADED("tcmalloc", TCMALLOC, "malloc", how),				\
	CROWD("rte_mempool, 1 thread", MEMPOOL, "mempool", how, 1),		\
	CROWD("rte_mempool, 2 threads", MEMPOOL, "mempool", how, 2),		\
	THREADED("page", NATIVE, "page", how),					\
	THREADED("page, portable", PORTABLE, "page", how)

static struct row pair_thread_rows[] = { ALL_THREADED("pair") };
static struct row burst_thread_rows[] = { ALL_THREADED("order") };

static struct row preempt_rows[] = {
	ROW("C11 spinlock", GLIBC, "c11-spin", "pair"),
	ROW("C11 spinlock, inline", GLIBC, "c11-spin-inline", "pair"),
	ROW("pthread_spin", GLIBC, "pthread-spin", "pair"),
	ROW("pthread_mutex", GLIBC, "pthread-mutex", "pair"),
	ROW("preempt_disable+enable", NATIVE, "preempt", "pair"),
	ROW("get_cpu+put_cpu", NATIVE, "get-cpu", "pair"),
	ROW("spin_lock+unlock", NATIVE, "spin-lock", "pair"),
	ROW("preempt, portable", PORTABLE, "preempt", "pair"),
	ROW("get_cpu, portable", PORTABLE, "get-cpu", "pair"),
	ROW("spin_lock, portable", PORTABLE, "spin-lock", "pair"),
};

/* The command line is what they differ in. */
#define BOOT(line) { .label = line, .subject = "machine=" line, .nr_threads = 1 }

static struct row boot_rows[] = {
	BOOT("x86_64 mem=1G"), BOOT("x86_64 mem=64G"), BOOT("x86_64 mem=8T"),
	BOOT("i386 mem=1G"), BOOT("i386 mem=4G"),
};

/* The last one ships with the sources; it is but the boot, 2,259 page events, and says little. */
#define REPLAY(name) { .label = name, .subject = name ".trace.xz", .nr_threads = 1 }

static struct row replay_rows[] = {
	REPLAY("amd64-512m"), REPLAY("i386-1536m-highmem"), REPLAY("amd64-256m-pressure"),
	REPLAY("amd64-512m-first20k"),
};

static const enum figure pair_columns[] = { FIG_GROSS, FIG_EMPTY, FIG_NET, NR_FIGURES };
static const enum figure burst_columns[] = { FIG_ALLOC, FIG_FREE, FIG_NET_ALLOC, FIG_NET_FREE,
					     NR_FIGURES };
static const enum figure thread_columns[] = { FIG_GROSS, FIG_SPEEDUP, NR_FIGURES };
static const enum figure boot_columns[] = { FIG_BOOT, FIG_SHUTDOWN, FIG_RSS, FIG_SHMEM,
					    NR_FIGURES };
static const enum figure replay_columns[] = { FIG_EVENTS, FIG_PARSE, NR_FIGURES };

#define ROWS(table) .rows = table, .nr_rows = sizeof(table) / sizeof((table)[0])

struct bench benches[] = {
	{ "pair", "one hot object taken and given back: 64 bytes, or a page",
	  sample_served, pair_columns, FIG_NET, ROWS(pair_rows) },
	{ "burst-order", "1000 taken, then given back in the order they came",
	  sample_served, burst_columns, FIG_NET, ROWS(order_rows) },
	{ "burst-reverse", "1000 taken, then given back the last one first",
	  sample_served, burst_columns, FIG_NET, ROWS(reverse_rows) },
	{ "burst-random", "1000 taken, then given back in random order",
	  sample_served, burst_columns, FIG_NET, ROWS(random_rows) },
	{ "blocks", "alloc_pages and __free_pages of one block of 2^order pages",
	  sample_served, pair_columns, NR_FIGURES, ROWS(block_rows) },
	{ "threads-pair", "hot pairs on several threads; ns are of all together",
	  sample_served, thread_columns, NR_FIGURES, ROWS(pair_thread_rows) },
	{ "threads-burst", "bursts of 1000 in order on several threads; ns are of all together",
	  sample_served, thread_columns, NR_FIGURES, ROWS(burst_thread_rows) },
	{ "preempt", "sections and uncontended locks, in and out",
	  sample_served, pair_columns, NR_FIGURES, ROWS(preempt_rows) },
	{ "boot", "pagoda_boot in a fresh process",
	  sample_boot, boot_columns, NR_FIGURES, ROWS(boot_rows) },
	{ "replay", "page events of a real kernel, by pagoda replay",
	  sample_replay, replay_columns, NR_FIGURES, ROWS(replay_rows) },
	{ 0 },
};

const struct target targets[] = {
	{ "array pop+push, net",
	  "pair", "array", FIG_NET, BEST_PEER, NULL, AT_MOST, 0.7 },
	{ "array pop+push, gross",
	  "pair", "array", FIG_GROSS, BEST_PEER, NULL, INFORMATION, 0 },
	{ "array pop+push, portable, net",
	  "pair", "array, portable", FIG_NET, BEST_PEER, NULL, AT_MOST, 1.2 },
	{ "array pop+push, portable, gross",
	  "pair", "array, portable", FIG_GROSS, BEST_PEER, NULL, INFORMATION, 0 },
	{ "page pair, net",
	  "pair", "page", FIG_NET, BEST_PEER, NULL, AT_MOST, 1.5 },
	{ "page pair, gross",
	  "pair", "page", FIG_GROSS, BEST_PEER, NULL, INFORMATION, 0 },
	{ "burst in order, alloc, ns a page",
	  "burst-order", "page", FIG_ALLOC, ABSOLUTE, NULL, AT_MOST, 15 },
	{ "burst in order, free, ns a page",
	  "burst-order", "page", FIG_FREE, ABSOLUTE, NULL, AT_MOST, 15 },
	{ "burst reverse, alloc, ns a page",
	  "burst-reverse", "page", FIG_ALLOC, ABSOLUTE, NULL, AT_MOST, 15 },
	{ "burst reverse, free, ns a page",
	  "burst-reverse", "page", FIG_FREE, ABSOLUTE, NULL, AT_MOST, 15 },
	{ "burst random, alloc, ns a page",
	  "burst-random", "page", FIG_ALLOC, ABSOLUTE, NULL, AT_MOST, 15 },
	{ "burst random, free, ns a page",
	  "burst-random", "page", FIG_FREE, ABSOLUTE, NULL, AT_MOST, 15 },
	{ "order 9 pair, ns",
	  "blocks", "order 9", FIG_GROSS, ABSOLUTE, NULL, AT_MOST, 45 },
	{ "two threads, pair, speedup",
	  "threads-pair", "page, 2 threads", FIG_SPEEDUP, ABSOLUTE, NULL, AT_LEAST, 1.9 },
	{ "two threads, empty loop, speedup",
	  "threads-pair", "empty loop, 2 threads", FIG_SPEEDUP, ABSOLUTE, NULL, INFORMATION, 0 },
	{ "two threads, burst, speedup",
	  "threads-burst", "page, 2 threads", FIG_SPEEDUP, ABSOLUTE, NULL, AT_LEAST, 1.9 },
	{ "preempt_disable+enable, net",
	  "preempt", "preempt_disable+enable", FIG_NET, OTHER_ROW, "C11 spinlock", AT_MOST, 1.5 },
	{ "preempt_disable+enable, gross",
	  "preempt", "preempt_disable+enable", FIG_GROSS, OTHER_ROW, "C11 spinlock",
	  INFORMATION, 0 },
	{ "boot of 8T, time",
	  "boot", "x86_64 mem=8T", FIG_BOOT, OTHER_ROW, "x86_64 mem=1G", AT_MOST, 1.5 },
	{ "boot of 8T, resident KiB",
	  "boot", "x86_64 mem=8T", FIG_RSS, ABSOLUTE, NULL, AT_MOST, 32 * 1024 },
	{ "replay, million events a second",
	  "replay", "amd64-512m", FIG_EVENTS, ABSOLUTE, NULL, AT_LEAST, 5 },
	{ "replay with high memory",
	  "replay", "i386-1536m-highmem", FIG_EVENTS, ABSOLUTE, NULL, AT_LEAST, 5 },
	{ "replay under memory pressure",
	  "replay", "amd64-256m-pressure", FIG_EVENTS, ABSOLUTE, NULL, AT_LEAST, 5 },
	{ 0 },
};

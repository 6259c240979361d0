// SPDX-License-Identifier: MIT
/*
 * bench.h - what the parts of pagoda-bench share
 *
 * plan.c says what is measured, contest.c and oneshot.c measure it, stats.c condenses it,
 * report.c prints it, main.c goes round.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct cJSON;

/* What one measurement yields; stats.c describes each. */
enum figure {
	FIG_GROSS,	/* ns, taken and given back */
	FIG_EMPTY,	/* ns, the empty loop */
	FIG_NET,	/* ns, gross less empty, of the same round */
	FIG_ALLOC,	/* ns, bursts only */
	FIG_FREE,
	FIG_EMPTY_ALLOC,
	FIG_EMPTY_FREE,
	FIG_NET_ALLOC,
	FIG_NET_FREE,
	FIG_SPEEDUP,	/* throughput over that of one thread, of the same round */
	FIG_BOOT,	/* microseconds */
	FIG_SHUTDOWN,
	FIG_RSS,	/* KiB resident after the boot */
	FIG_SHMEM,	/* KiB of it in the machine's RAM */
	FIG_EVENTS,	/* million events a second, replayed from memory */
	FIG_PARSE,	/* million events a second, read from text */
	NR_FIGURES
};

struct figure_info {
	const char *name;
	const char *unit;
	int	    decimals;
	bool	    more_is_better;
};

extern const struct figure_info figure_info[NR_FIGURES];

/* A process that serves measurements until it is let go. */
struct contestant {
	const char *name;
	const char *program;	/* in the directory of pagoda-bench */
	const char *preload;	/* library in whose name it serves, or NULL */
	const char *arg;	/* or NULL */
	/* contest.c */
	pid_t	    pid;
	int	    fd;
	char	    detail[PATH_MAX];
	bool	    absent;	/* not installed here, or not built: nobody's fault */
	char	    failed[256];	/* why it does not serve; empty while it does */
};

enum contestant_id { GLIBC, MIMALLOC, JEMALLOC, TCMALLOC, MEMPOOL, NATIVE, PORTABLE,
		     NR_CONTESTANTS };

/*
 * Each serves in up to two processes: what runs of more than two threads leave behind (heaps, who
 * owns what) is to be part of nobody else's figures, lest they depend on which benches were chosen.
 */
extern struct contestant contestants[NR_CONTESTANTS], crowds[NR_CONTESTANTS];

/* One line of a table: what is measured, and what came out in each round. */
struct row {
	const char	  *label;
	enum contestant_id who;
	const char	  *subject;	/* or the command line to boot, or the trace */
	const char	  *shape;
	unsigned int	   nr_threads;
	bool		   crowd;	/* is asked of crowds[], not contestants[] */
	bool		   peer;	/* takes part in "best peer" */
	/* results */
	double		  *samples[NR_FIGURES];	/* [round]; NULL: has no such figure */
	bool		  *disturbed;	/* [round]: the host took the CPU away all the same */
	unsigned int	   nr_samples;
	unsigned int	   nr_disturbed;
	bool		   absent;	/* as of contestant */
	char		   failed[256];
};

/**
 * sample_fn - one measurement
 * @row: what
 * @fig: gets the figures; NAN where there is none
 *
 * Return: 0, or 1 when it was disturbed, or -1 with the reason in row->failed.
 */
typedef int sample_fn(struct row *row, double fig[NR_FIGURES]);

struct bench {
	const char	  *name;
	const char	  *title;
	sample_fn	  *sample;
	const enum figure *columns;	/* ends with NR_FIGURES */
	enum figure	   ranked;	/* compared with the best peer's; NR_FIGURES: none */
	struct row	  *rows;
	unsigned int	   nr_rows;
	bool		   selected;
};

extern struct bench benches[];	/* ends with a NULL name */

enum against { ABSOLUTE, BEST_PEER, OTHER_ROW };
enum relation { AT_MOST, AT_LEAST, INFORMATION };

/* "In @bench, @figure of the line @row, over @against, is @relation @bound." */
struct target {
	const char   *text;
	const char   *bench;
	const char   *row;
	enum figure   figure;
	enum against  against;
	const char   *other;	/* the row, for OTHER_ROW */
	enum relation relation;
	double	      bound;
};

extern const struct target targets[];	/* ends with a NULL text */

struct options {
	double	     load;	/* on the machine before we began */
	unsigned int rounds;
	unsigned int min_ms;	/* shortest loop worth measuring */
	const char  *only[16];
	unsigned int nr_only;
	const char  *json;
	bool	     list;
};

extern struct options options;

/* contest.c */
void contest_start(struct contestant *c);
void contest_stop(struct contestant *c);
sample_fn sample_served;
/* Path of @program beside this one. */
void beside_self(const char *program, char path[PATH_MAX]);

/* oneshot.c */
sample_fn sample_boot, sample_replay;

/* stats.c */
typedef double condense_fn(const struct row *row, enum figure fig);	/* NAN: nothing there */

bool row_has(const struct row *row, enum figure fig);
condense_fn row_median, row_best;
/* The peer with the least median of @fig; NULL when no peer was measured. */
const struct row *best_peer(const struct bench *bench, enum figure fig);
const struct bench *find_bench(const char *name);
const struct row *find_row(const struct bench *bench, const char *label);
/**
 * target_measure - what came of a target
 * @condense: row_median, which is what it is held to, or row_best
 * @against:  gets the name of what it was compared with, or "" where with nothing
 *
 * Return: NAN where something was not measured.
 */
double target_measure(const struct target *t, condense_fn *condense, const char **against);
bool target_met(const struct target *t, double measured);

/* report.c */
void report_table(void);
void report_list(void);
int  report_json(const char *path);

#endif

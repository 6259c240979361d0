/* SPDX-License-Identifier: MIT */
/*
 * shrink.h - play a list of steps in a child process; of a list that fails, find a short one that still does
 *
 * Idea. A step is a number; what it does follows from the seed and this number alone, and from the state it
 * meets. So any subset of a list is a list, too. Take pieces away, first halves, then quarters, and so on,
 * and keep each shorter list that fails. (Zeller and Hildebrandt, "Simplifying and Isolating
 * Failure-Inducing Input", IEEE TSE 28:2, 2002.) Each attempt runs in a child, so that a crash or an
 * endless loop is a failure like any other, and each begins with a fresh machine.
 */
#ifndef PAGODA_TESTS_SHRINK_H
#define PAGODA_TESTS_SHRINK_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What a run came to; in memory that parent and child share. */
struct verdict {
	bool	 failed;
	uint32_t done;			/* how many entries of the list were begun */
	char	 message[480];
};

/* One way to play: the first @nr entries of @steps, telling each step on standard error if @aloud. */
struct play {
	void (*run)(const struct play *play, const uint32_t *steps, size_t nr);
	void *arg;
	struct verdict *verdict;
	bool	 aloud;
	unsigned int timeout_s;
};

static inline uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline struct verdict *new_verdict(void)
{
	void *memory = mmap(NULL, sizeof(struct verdict), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static inline void note_end(struct verdict *verdict, int status)
{
	if (verdict->failed || (WIFEXITED(status) && !WEXITSTATUS(status)))
		return;
	verdict->failed = true;
	if (WIFSIGNALED(status))
		snprintf(verdict->message, sizeof(verdict->message), "killed by signal %d (%s)",
			 WTERMSIG(status),
			 WTERMSIG(status) == SIGALRM ? "stuck" : strsignal(WTERMSIG(status)));
	else
		snprintf(verdict->message, sizeof(verdict->message), "ended with status %d",
			 WEXITSTATUS(status));
}

/* Plays the list in a child. Returns whether it failed; the verdict says how. */
static inline bool play_fails(const struct play *play, const uint32_t *steps, size_t nr)
{
	int status = -1;
	pid_t child;

	memset(play->verdict, 0, sizeof(*play->verdict));
	fflush(NULL);
	child = fork();
	if (child == 0) {
		alarm(play->timeout_s);
		play->run(play, steps, nr);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child) {
		play->verdict->failed = true;
		snprintf(play->verdict->message, sizeof(play->verdict->message), "fork failed");
	} else {
		note_end(play->verdict, status);
	}
	return play->verdict->failed;
}

/* @from without its entries @at .. @at + @nr_out - 1 */
static inline size_t list_without(uint32_t *to, const uint32_t *from, size_t nr, size_t at,
				  size_t nr_out)
{
	if (nr_out > nr - at)
		nr_out = nr - at;
	memcpy(to, from, at * sizeof(*to));
	memcpy(to + at, from + at + nr_out, (nr - at - nr_out) * sizeof(*to));
	return nr - nr_out;
}

/**
 * shrink - shorten a list that fails
 * @play:      how to play it; its verdict is that of @steps as they are now, and of the result afterwards
 * @steps:     the list; becomes the shorter one
 * @nr:        its length
 * @budget_ms: stop looking after this time
 *
 * Return: the new length. The list still fails, unless the failure is one that does not repeat.
 */
static inline size_t shrink(const struct play *play, uint32_t *steps, size_t nr, uint64_t budget_ms)
{
	uint64_t end = now_ms() + budget_ms;
	uint32_t *shorter = malloc((nr + 1) * sizeof(*shorter));
	size_t piece = nr, at, nr_shorter;

	if (play->verdict->done && play->verdict->done < nr)
		nr = play->verdict->done;
	for (piece = nr / 2; piece && shorter; piece /= 2) {
		for (at = 0; at < nr && now_ms() < end; ) {
			nr_shorter = list_without(shorter, steps, nr, at, piece);
			if (!play_fails(play, shorter, nr_shorter)) {
				at += piece;
				continue;
			}
			if (play->verdict->done && play->verdict->done < nr_shorter)
				nr_shorter = play->verdict->done;
			memcpy(steps, shorter, nr_shorter * sizeof(*steps));
			nr = nr_shorter;
		}
	}
	free(shorter);
	play_fails(play, steps, nr);
	return nr;
}

#endif

// SPDX-License-Identifier: MIT
/*
 * contest.c - keeps the contestants as processes and asks them, one at a time
 *
 * Idea. Allocators that replace malloc cannot live together in one process without handicaps
 * (thread-local storage models, symbol lookups, shared statics), and measuring one after the
 * other in separate runs compares the weather. So each contestant is a process of its own, alive
 * for the whole run and asleep but when asked, and the parent asks them in turn, round by round.
 *
 * A contestant that dies, hangs or refuses is left out with the reason; the others go on.
 */
#define _GNU_SOURCE
#include "bench.h"
#include "contestant/contestant.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define REPLY_SECONDS 60

struct contestant crowds[NR_CONTESTANTS];

static __attribute__((format(printf, 2, 3))) int fail(struct contestant *c, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(c->failed, sizeof(c->failed), fmt, args);
	va_end(args);
	return -1;
}

#define absent(c, ...) ((c)->absent = true, fail(c, __VA_ARGS__))

void beside_self(const char *program, char path[PATH_MAX])
{
	char self[PATH_MAX] = "";

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		strcpy(self, "./");
	if (snprintf(path, PATH_MAX, "%s/%s", dirname(self), program) >= PATH_MAX)
		path[0] = '\0';
}

/* Does not return. What the contestant prints is for people: standard error. */
static void become(const struct contestant *c, int fd)
{
	char path[PATH_MAX];

	beside_self(c->program, path);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	dup2(fd, BENCH_FD);
	if (fd == BENCH_FD)
		fcntl(fd, F_SETFD, 0);
	if (c->preload)
		setenv("LD_PRELOAD", c->preload, 1);
	execl(path, c->program, c->arg, (char *)NULL);
	_exit(127);
}

/* One line, without its end; a contestant never sends two unasked. */
static int read_line(struct contestant *c, char *line, size_t size)
{
	struct pollfd pfd = { .fd = c->fd, .events = POLLIN };
	size_t len = 0;

	while (len < size - 1) {
		ssize_t got;

		if (poll(&pfd, 1, REPLY_SECONDS * 1000) == 0)
			return fail(c, "no answer for %d seconds", REPLY_SECONDS);
		got = read(c->fd, line + len, size - 1 - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return fail(c, "it ended");
		len += got;
		if (line[len - 1] == '\n')
			break;
	}
	line[len - 1] = '\0';
	return 0;
}

/* Its reply after "ok", or -1: the contestant is lost. */
static int read_reply(struct contestant *c, char *reply, size_t size)
{
	char line[PATH_MAX];

	if (read_line(c, line, sizeof(line)) < 0)
		return -1;
	if (strncmp(line, "ok ", 3) != 0)
		return fail(c, "%.200s", strncmp(line, "failed ", 7) == 0 ? line + 7 : line);
	snprintf(reply, size, "%s", line + 3);
	return 0;
}

static void check_preload(struct contestant *c)
{
	size_t len;

	if (!c->preload)
		return;
	/* libx.so.2 may really be libx.so.2.0: the first dot of the name ends the comparison */
	len = strcspn(c->preload, ".");
	if (strncmp(basename(c->detail), c->preload, len) != 0)
		absent(c, "%s is not installed", c->preload);
}

void contest_start(struct contestant *c)
{
	char path[PATH_MAX];
	int fds[2];

	beside_self(c->program, path);
	if (access(path, X_OK) < 0) {
		absent(c, "%s was not built", c->program);
		return;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
		fail(c, "socketpair: %s", strerror(errno));
		return;
	}
	c->pid = fork();
	if (c->pid == 0)
		become(c, fds[1]);
	close(fds[1]);
	c->fd = fds[0];
	if (c->pid < 0)
		fail(c, "fork: %s", strerror(errno));
	else if (read_reply(c, c->detail, sizeof(c->detail)) == 0)
		check_preload(c);
	if (c->failed[0])
		contest_stop(c);
}

void contest_stop(struct contestant *c)
{
	if (c->pid <= 0)
		return;
	close(c->fd);		/* which is how it learns */
	if (c->failed[0])
		kill(c->pid, SIGKILL);
	waitpid(c->pid, NULL, 0);
	c->pid = 0;
}

static int ask(struct contestant *c, const struct row *row, char *reply, size_t size)
{
	if (dprintf(c->fd, "%s %s %u %u\n", row->subject, row->shape, row->nr_threads,
		    options.min_ms) < 0)
		return fail(c, "it ended: %s", strerror(errno));
	return read_reply(c, reply, size);
}

int sample_served(struct row *row, double fig[NR_FIGURES])
{
	struct contestant *c = row->crowd ? &crowds[row->who] : &contestants[row->who];
	double wall, alloc, free, empty, empty_alloc, empty_free;
	int disturbed;
	char reply[256];

	if (!c->failed[0] && ask(c, row, reply, sizeof(reply)) < 0)
		contest_stop(c);
	if (c->failed[0]) {
		row->absent = c->absent;
		snprintf(row->failed, sizeof(row->failed), "%s", c->failed);
		return -1;
	}
	if (sscanf(reply, "%lf %lf %lf %lf %lf %lf %d", &wall, &alloc, &free, &empty,
		   &empty_alloc, &empty_free, &disturbed) != 7) {
		snprintf(row->failed, sizeof(row->failed), "odd answer: %.200s", reply);
		return -1;
	}
	fig[FIG_GROSS] = wall;
	fig[FIG_EMPTY] = empty;
	fig[FIG_NET] = wall - empty;
	if (alloc > 0) {
		fig[FIG_ALLOC] = alloc;
		fig[FIG_FREE] = free;
		fig[FIG_EMPTY_ALLOC] = empty_alloc;
		fig[FIG_EMPTY_FREE] = empty_free;
		fig[FIG_NET_ALLOC] = alloc - empty_alloc;
		fig[FIG_NET_FREE] = free - empty_free;
	}
	return disturbed;
}

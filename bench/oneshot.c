// SPDX-License-Identifier: MIT
/*
 * oneshot.c - what takes a fresh process for each sample: a boot, a replay
 */
#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>

/* Does not return. */
static void become(char **argv, int out)
{
	char path[PATH_MAX];
	int null = open("/dev/null", O_RDWR);

	beside_self(argv[0], path);
	dup2(null, STDIN_FILENO);
	dup2(out < 0 ? null : out, STDOUT_FILENO);
	execv(path, argv);
	_exit(127);
}

/* All that comes out of @fd, with a 0 at its end, to be freed. */
static char *slurp(int fd)
{
	size_t size = 4096, len = 0;
	char *text = malloc(size);
	ssize_t got;

	while (text && (got = read(fd, text + len, size - 1 - len)) > 0) {
		len += got;
		if (size - len < size / 2)
			text = realloc(text, size *= 2);
	}
	if (!text)
		abort();
	text[len] = '\0';
	return text;
}

/* Runs a program of our directory. Return: what it printed, to be freed; *@status is -1 for a crash. */
static char *run(char **argv, int *status)
{
	int fds[2];
	char *text;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		abort();
	pid = fork();
	if (pid == 0)
		become(argv, fds[1]);
	close(fds[1]);
	text = slurp(fds[0]);
	close(fds[0]);
	if (pid < 0 || waitpid(pid, status, 0) < 0)
		*status = -1;
	*status = *status != -1 && WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
	return text;
}

static int fail(struct row *row, int status, const char *text)
{
	snprintf(row->failed, sizeof(row->failed), "exit status %d: %.200s", status, text);
	return -1;
}

static bool built(struct row *row, const char *program)
{
	char path[PATH_MAX];

	beside_self(program, path);
	if (access(path, X_OK) == 0)
		return true;
	row->absent = true;
	snprintf(row->failed, sizeof(row->failed), "%s was not built", program);
	return false;
}

int sample_boot(struct row *row, double fig[NR_FIGURES])
{
	char *argv[] = { "pagoda-bench-core", "--boot", (char *)row->subject, NULL };
	int status, err = 0;
	char *text;

	if (!built(row, argv[0]))
		return -1;
	text = run(argv, &status);
	if (status != 0 || sscanf(text, "ok %lf %lf %lf %lf", &fig[FIG_BOOT], &fig[FIG_SHUTDOWN],
				  &fig[FIG_RSS], &fig[FIG_SHMEM]) != 4)
		err = fail(row, status, text);
	free(text);
	return err;
}

/* Where recordings are looked for: beside the machine files that describe what was recorded. */
static bool find_trace(const char *file, char path[PATH_MAX])
{
	const char *dirs[] = { getenv("PAGODA_TRACES"), BENCH_SOURCE_DIR "/../shared/traces",
			       BENCH_SOURCE_DIR "/data" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, PATH_MAX, "%s/%s", dirs[i] ? dirs[i] : "", file);
		if (dirs[i] && access(path, R_OK) == 0)
			return true;
	}
	return false;
}

/* The rates, from what `pagoda replay --json` writes (docs/replay.md). */
static bool read_rates(const char *text, double fig[NR_FIGURES])
{
	cJSON *json = cJSON_Parse(text);
	const cJSON *replay = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "replays"), 0);
	const cJSON *trace = cJSON_GetObjectItem(replay, "trace");
	const cJSON *run = cJSON_GetObjectItem(replay, "run");
	const cJSON *events = cJSON_GetObjectItem(run, "events_per_second");
	const cJSON *lines = cJSON_GetObjectItem(trace, "events");
	const cJSON *seconds = cJSON_GetObjectItem(trace, "parse_seconds");
	bool ok = events && lines && seconds && seconds->valuedouble > 0;

	if (ok) {
		fig[FIG_EVENTS] = events->valuedouble / 1e6;
		fig[FIG_PARSE] = lines->valuedouble / seconds->valuedouble / 1e6;
	}
	cJSON_Delete(json);
	return ok;
}

int sample_replay(struct row *row, double fig[NR_FIGURES])
{
	char path[PATH_MAX];
	char *argv[] = { "pagoda", "replay", "--quiet", "--json", "-", path, NULL };
	int status, err = 0;
	char *text;

	if (!built(row, argv[0]))
		return -1;
	if (!find_trace(row->subject, path)) {
		row->absent = true;
		snprintf(row->failed, sizeof(row->failed), "no such trace: name its directory in "
			 "PAGODA_TRACES");
		return -1;
	}
	text = run(argv, &status);
	if (status != 0 || !read_rates(text, fig))
		err = fail(row, status, text);
	free(text);
	return err;
}

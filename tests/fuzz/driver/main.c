// SPDX-License-Identifier: MIT
/*
 * main.c - runs a fuzz target without a fuzzer
 *
 * Idea. A fuzz target is a function of a byte string. libFuzzer calls it under clang; here the
 * strings come from files, and from a generator that changes them a little. The same seed gives
 * the same strings, with any compiler, so that a failure seen once can be had again. The inputs are
 * run in a child, which notes where it is in memory shared with its parent; so however the child
 * dies, the parent can say how to repeat it.
 *
 *	fuzz-x [--random N] [--seed S] [--first K] [FILE|DIRECTORY]...
 *
 * Each file given is run as it is; then N inputs, each made from one of the files or from nothing.
 * --first K begins at the Kth of them. With PAGODA_SOAK=minutes set, random inputs are run until that
 * time is over, whatever N is.
 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

enum { INPUT_BYTES = 64 * 1024, NR_SEEDS_MAX = 4096, FRESH_BYTES = 512, NR_CHANGES = 8 };

struct input {
	char	*path;
	uint8_t *data;
	size_t	 size;
};

static struct input seeds[NR_SEEDS_MAX];
static size_t nr_seeds;
static uint64_t seed = 1;

/* Where the child is: a file, or with nr_files of them behind it, a random input. */
struct progress {
	size_t	      nr_files;
	unsigned long current;
};
static volatile struct progress *progress;

/* splitmix64 (Steele, Lea, Flood, OOPSLA 2014): any state is a good one, so k can start anywhere */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static size_t below(uint64_t *state, size_t bound)
{
	return bound ? next_random(state) % bound : 0;
}

static void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(2);
}

static void add_seed(const char *path)
{
	struct input *in = &seeds[nr_seeds];
	FILE *file;

	if (nr_seeds == NR_SEEDS_MAX)
		return;
	file = fopen(path, "rb");
	if (!file)
		die(path);
	in->path = strdup(path);
	in->data = malloc(INPUT_BYTES);
	if (!in->path || !in->data)
		die(path);
	in->size = fread(in->data, 1, INPUT_BYTES, file);
	fclose(file);
	nr_seeds++;
}

/* Directories in the order of their names: readdir()'s order differs from host to host. */
static void add_path(const char *path)
{
	struct dirent **names;
	struct stat st;
	int n;

	if (stat(path, &st))
		die(path);
	if (!S_ISDIR(st.st_mode)) {
		add_seed(path);
		return;
	}
	n = scandir(path, &names, NULL, alphasort);
	if (n < 0)
		die(path);
	for (int i = 0; i < n; i++) {
		char *inner;

		if (names[i]->d_name[0] != '.') {
			if (asprintf(&inner, "%s/%s", path, names[i]->d_name) < 0)
				die(path);
			add_path(inner);
			free(inner);
		}
		free(names[i]);
	}
	free(names);
}

static void change(uint8_t *data, size_t *size, uint64_t *state)
{
	static const uint8_t edges[] = { 0, 1, 0x7f, 0x80, 0xff, 0xfe, 10, ' ' };
	size_t at = below(state, *size);

	switch (below(state, 5)) {
	case 0:
		if (*size)
			data[at] ^= 1u << below(state, 8);
		break;
	case 1:
		if (*size)
			data[at] = (uint8_t)next_random(state);
		break;
	case 2:
		if (*size)
			data[at] = edges[below(state, sizeof(edges))];
		break;
	case 3:		/* put one byte in */
		if (*size < INPUT_BYTES) {
			memmove(data + at + 1, data + at, *size - at);
			data[at] = (uint8_t)next_random(state);
			(*size)++;
		}
		break;
	case 4:		/* cut the end off */
		*size = at;
		break;
	}
}

/* The kth input is a function of the seed, k and the seed files, and of nothing else. */
static size_t make_input(uint8_t *data, unsigned long k)
{
	uint64_t state = seed * 0x2545f4914f6cdd1d + k;
	size_t size, changes;

	next_random(&state);
	if (nr_seeds && below(&state, 4)) {
		const struct input *in = &seeds[below(&state, nr_seeds)];

		size = in->size;
		memcpy(data, in->data, size);
	} else {
		size = below(&state, FRESH_BYTES);
		for (size_t i = 0; i < size; i++)
			data[i] = (uint8_t)next_random(&state);
	}
	changes = below(&state, NR_CHANGES + 1);
	while (changes--)
		change(data, &size, &state);
	return size;
}

/*
 * A copy of exactly the input's size, so that a sanitizer sees a read past it; on the heap, for the
 * same reason.
 */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		die("malloc");
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 0);
	if (errno || *end || end == text) {
		fprintf(stderr, "not a number: %s\n", text);
		exit(2);
	}
	return value;
}

static void usage(FILE *out, const char *name)
{
	fprintf(out, "Usage: %s [--random N] [--seed S] [--first K] [FILE|DIRECTORY]...\n"
		"Runs each file, then N inputs made from them. PAGODA_SOAK=minutes: runs until then.\n", name);
}

/* All inputs; @end: until that time, or 0: @random of them. */
static void run_all(unsigned long first, unsigned long random, time_t end)
{
	static uint8_t data[INPUT_BYTES];
	unsigned long k;

	for (; progress->nr_files < nr_seeds; progress->nr_files++)
		run(seeds[progress->nr_files].data, seeds[progress->nr_files].size);
	for (k = first; end ? time(NULL) < end : k < first + random; k++) {
		progress->current = k;
		run(data, make_input(data, k));
	}
	printf("fuzz: %zu files, %lu random inputs, seed %llu\n", nr_seeds, k - first,
	       (unsigned long long)seed);
}

static void say_where(int status)
{
	if (WIFSIGNALED(status))
		fprintf(stderr, "fuzz: killed by %s", strsignal(WTERMSIG(status)));
	else
		fprintf(stderr, "fuzz: ended with %d", WEXITSTATUS(status));
	if (progress->nr_files < nr_seeds)
		fprintf(stderr, " at file %s\n", seeds[progress->nr_files].path);
	else
		fprintf(stderr, ", again by the same files and --seed %llu --first %lu --random 1\n",
			(unsigned long long)seed, progress->current);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "random", required_argument, NULL, 'r' },
		{ "seed", required_argument, NULL, 's' },
		{ "first", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *soak = getenv("PAGODA_SOAK");
	unsigned long random = 0, first = 0;
	time_t end = 0;
	int c, status;
	pid_t child;

	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'r':
			random = number(optarg);
			break;
		case 's':
			seed = number(optarg);
			break;
		case 'f':
			first = number(optarg);
			break;
		default:
			usage(c == 'h' ? stdout : stderr, argv[0]);
			return c == 'h' ? 0 : 2;
		}
	}
	for (; optind < argc; optind++)
		add_path(argv[optind]);
	if (soak)
		end = time(NULL) + 60 * (time_t)number(soak);

	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (progress == MAP_FAILED)
		die("mmap");
	child = fork();
	if (child < 0)
		die("fork");
	if (!child) {
		run_all(first, random, end);
		return 0;
	}
	if (waitpid(child, &status, 0) != child)
		die("waitpid");
	if (!status)
		return 0;
	say_where(status);
	return 1;
}

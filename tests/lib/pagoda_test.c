// SPDX-License-Identifier: MIT
/*
 * pagoda_test.c - machines, standard error, children and threads for tests; told in pagoda_test.h
 *
 * Standard error is caught in a file without a name, since a report may be longer than a pipe holds
 * and nobody reads while the call runs.
 */
#include "pagoda_test.h"

#include <linux/cpumask.h>
#include <linux/mmzone.h>
#include <linux/sched.h>
#include <linux/vmstat.h>

#include <fcntl.h>
#include <regex.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* ---- machines ---- */

/* Constant once the program runs. */
static cpu_set_t first_affinity;
static bool under_valgrind;

static bool look_for_valgrind(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	bool found = false;

	while (maps && fgets(line, sizeof(line), maps))
		found |= strstr(line, "vgpreload") != NULL;
	if (maps)
		fclose(maps);
	return found;
}

static void __attribute__((constructor)) look_around(void)
{
	sched_getaffinity(0, sizeof(first_affinity), &first_affinity);
	under_valgrind = look_for_valgrind();
	pthread_setname_np(pthread_self(), "tester");	/* whoever runs the program */
}

static bool machine_runs(void)
{
	return nr_cpu_ids != 0;
}

void boot(const char *cmdline)
{
	char line[1024];
	int err;

	if (machine_runs())
		fail_msg("boot: the test has a machine already");
	snprintf(line, sizeof(line), "panic_on_warn=0 %s", cmdline);
	err = pagoda_boot(line);
	if (err)
		fail_msg("pagoda_boot(\"%s\"): %s", line, strerror(-err));
}

void assert_sound(void)
{
	long bad = pagoda_check();

	if (bad)
		fail_msg("pagoda_check(): %ld", bad);
}

void shutdown_clean(void)
{
	int leaked;

	assert_sound();
	leaked = pagoda_shutdown();
	if (leaked)
		fail_msg("pagoda_shutdown(): %d", leaked);
}

int shutdown_leaky(void)
{
	int leaked;

	capture_begin();
	leaked = pagoda_shutdown();
	capture_end();
	return leaked;
}

const char *view(const char *name)
{
	static char *text;
	size_t size;
	FILE *out;
	int err;

	free(text);
	text = NULL;
	out = open_memstream(&text, &size);
	if (!out)
		fail_msg("open_memstream: %s", strerror(errno));
	err = pagoda_show(name, out);
	fclose(out);
	if (err)
		fail_msg("pagoda_show(\"%s\"): %s", name, strerror(-err));
	return text;
}

#ifdef PAGODA_TSAN
# define UNDER_TSAN true
#else
# define UNDER_TSAN false
#endif

bool host_is_narrow(void)
{
	return UNDER_TSAN || under_valgrind;
}

bool host_is_slow(void)
{
	return host_is_narrow();
}

/* ---- standard error ---- */

static int real_stderr = -1, caught = -1;
static char *caught_text;

static void forget_caught(void)
{
	free(caught_text);
	caught_text = NULL;
}

static int make_file(void)
{
	int fd = memfd_create("stderr", MFD_CLOEXEC);

	if (fd < 0)
		fail_msg("memfd_create: %s", strerror(errno));
	return fd;
}

/* All of @fd, as a string in caught_text. */
static const char *read_caught(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);

	forget_caught();
	caught_text = calloc(1, size + 1);
	if (!caught_text || pread(fd, caught_text, size, 0) != (ssize_t)size)
		fail_msg("cannot read back standard error");
	return caught_text;
}

void capture_begin(void)
{
	if (caught >= 0)
		fail_msg("capture_begin: already capturing");
	fflush(stderr);
	caught = make_file();
	real_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	dup2(caught, STDERR_FILENO);
}

const char *capture_end(void)
{
	const char *text;

	fflush(stderr);
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	text = read_caught(caught);
	close(caught);
	caught = -1;
	return text;
}

unsigned int count_of(const char *text, const char *part)
{
	unsigned int nr = 0;

	for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
		nr++;
	return nr;
}

void __assert_says(const char *text, const char *part, bool wanted, const char *file, int line)
{
	if (!!strstr(text, part) == wanted)
		return;
	print_error("%s \"%s\" in:\n%s\n", wanted ? "There is no" : "There is", part, text);
	_fail(file, line);
}

bool line_matches(const char *line, const char *regex)
{
	char whole[1024];
	regex_t compiled;
	bool matches;

	snprintf(whole, sizeof(whole), "^%s$", regex);
	if (regcomp(&compiled, whole, REG_EXTENDED | REG_NOSUB))
		fail_msg("not a regular expression: %s", regex);
	matches = !regexec(&compiled, line, 0, NULL, 0);
	regfree(&compiled);
	return matches;
}

/* ---- children ---- */

/* cmocka's own handlers and jumps lead back into the parent's run of tests. */
static void become_child(int output)
{
	static const int signals[] = { SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGSYS };
	struct rlimit no_core = { 0, 0 };

	dup2(output, STDERR_FILENO);
	dup2(output, STDOUT_FILENO);
	setrlimit(RLIMIT_CORE, &no_core);
	setenv("CMOCKA_TEST_ABORT", "1", 1);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_DFL);
}

const char *__in_child(void (*fn)(void), int signal, const char *file, int line)
{
	int output = make_file(), status;
	const char *text;
	pid_t child;
	bool as_wanted;

	fflush(NULL);
	child = fork();
	if (!child) {
		become_child(output);
		fn();
		fflush(NULL);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		fail_msg("fork: %s", strerror(errno));
	text = read_caught(output);
	close(output);
	/* A failed assertion of the child's own ends by abort(), too, but not with a panic. */
	as_wanted = signal ? WIFSIGNALED(status) && WTERMSIG(status) == signal &&
			     strstr(text, "Kernel panic - not syncing: ") : !status;
	if (!as_wanted) {
		print_error("The child ended with status %#x, and had written:\n%s\n", status, text);
		_fail(file, line);
	}
	return text;
}

/* ---- threads ---- */

void thread_start(pthread_t *thread, void *(*fn)(void *), void *arg)
{
	int err = pthread_create(thread, NULL, fn, arg);

	if (err)
		fail_msg("pthread_create: %s", strerror(err));
}

void *thread_join(pthread_t thread)
{
	void *result;
	int err = pthread_join(thread, &result);

	if (err)
		fail_msg("pthread_join: %s", strerror(err));
	return result;
}

unsigned int nr_usable_cpus(void)
{
	return CPU_COUNT(&first_affinity);
}

unsigned int pin_to_cpu(unsigned int n)
{
	cpu_set_t one;
	int cpu = -1;

	n %= nr_usable_cpus();
	do {
		cpu++;
	} while (!CPU_ISSET(cpu, &first_affinity) || n--);
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		fail_msg("sched_setaffinity to CPU %d: %s", cpu, strerror(errno));
	return nr_cpu_ids ? (unsigned int)cpu % nr_cpu_ids : 0;
}

unsigned int bind_to_cpu(unsigned int n)
{
	unsigned int cpu = pin_to_cpu(n);
	int err = set_cpus_allowed_ptr(current, cpumask_of(cpu));

	if (err)
		fail_msg("set_cpus_allowed_ptr to CPU %u: %s", cpu, strerror(-err));
	return cpu;
}

static void unbind(void)
{
	if (machine_runs())
		set_cpus_allowed_ptr(current, cpu_online_mask);
	sched_setaffinity(0, sizeof(first_affinity), &first_affinity);
}

/* ---- memory ---- */

static void hoard_grow(struct hoard *hoard)
{
	size_t room = hoard->room ? 2 * hoard->room : 1024;
	void *more = realloc(hoard->block, room * sizeof(*hoard->block));

	if (!more)
		fail_msg("no memory for the test's own list");
	hoard->block = more;
	hoard->room = room;
}

void hoard_keep(struct hoard *hoard, struct page *page, unsigned int order)
{
	if (!page)
		return;
	if (hoard->nr == hoard->room)
		hoard_grow(hoard);
	hoard->block[hoard->nr++] = (struct hoard_block){ page, order };
	hoard->pages += 1UL << order;
}

bool hoard_one(struct hoard *hoard, gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp, order);

	hoard_keep(hoard, page, order);
	return page;
}

void hoard_all(struct hoard *hoard, gfp_t gfp, unsigned int max_order)
{
	for (int order = max_order; order >= 0; order--)
		while (hoard_one(hoard, gfp | __GFP_NOWARN, order))
			;
}

void hoard_free_last(struct hoard *hoard)
{
	struct hoard_block *block = &hoard->block[--hoard->nr];

	hoard->pages -= 1UL << block->order;
	__free_pages(block->page, block->order);
}

void hoard_free(struct hoard *hoard)
{
	while (hoard->nr)
		hoard_free_last(hoard);
	free(hoard->block);
	*hoard = (struct hoard){ 0 };
}

struct zone *zone_of(enum zone_type type)
{
	return &NODE_DATA(0)->node_zones[type];
}

unsigned long zone_free(enum zone_type type)
{
	return zone_page_state(zone_of(type), NR_FREE_PAGES);
}

/* splitmix64 (Steele, Lea, Flood, OOPSLA 2014) */
uint64_t test_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* ---- after each test ---- */

int test_teardown(void **state)
{
	(void)state;
	if (caught >= 0)	/* the test failed while it listened: what it heard may say why */
		print_error("Caught on standard error:\n%s\n", capture_end());
	forget_caught();
	unbind();
	if (machine_runs())
		pagoda_shutdown();
	return 0;
}

// SPDX-License-Identifier: MIT
/*
 * boot.c - boots for which something is missing: the n-th mapping, a descriptor, address space, memory
 *
 * CTest: timeout=240
 *
 * Idea. pagoda_boot() takes a dozen things from the host and more from the machine's memory. Whichever it
 * does not get, it must return an error and leave nothing behind, so that the next boot, when the thing
 * is there again, works. Here the host really refuses: limits of descriptors and of address space; a process
 * so full of mappings that only the first n of boot find room, for each n; and system calls that a
 * filter answers with an error. Every such process is a child, the parent only looks how it ended.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/swap.h>
#include <pagoda/pagoda.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1			/* the sanitizer needs address space and mappings of its own */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

/* Many pieces of memory, high memory, several nodes, an area of its own: all kinds of mappings. */
static const char *const machines[] = {
	"machine=x86_64 mem=64M",
	"machine=x86_64 mem=5G numa=3",
	"machine=i386 mem=64M highmem=20M",
	"machine=i386 mem=40G numa=2",
	"machine=x86_64 memmap=exactmap memmap=15M@0,24K@16M,24M@4G boot_area=192M@8G",
	"machine=x86_64 mem=48M memmap=4K$9M,4K$11M,4K$13M,4K$15M,4K$17M,4K$19M,64K$21M,1M$23M,2M$26M",
};

/* ---- in a child ---- */

/* A child has no use for cmocka's assertions, which would go on with the parent's tests. */
#define MUST(condition)								\
	do {									\
		if (!(condition)) {						\
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);	\
			_exit(1);						\
		}								\
	} while (0)

static void in_child(void (*fn)(const char *cmdline), const char *cmdline)
{
	int status = -1;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child == 0) {
		alarm(100);
		fn(cmdline);
		_exit(0);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail_msg("%s: status %#x", cmdline, status);
}

/* What a failed boot could leave behind. */
struct footprint {
	unsigned int descriptors;
	unsigned long vm_kb;
};

static unsigned int count_descriptors(void)
{
	unsigned int nr = 0;

	for (int fd = 0; fd < 1024; fd++)
		nr += fcntl(fd, F_GETFD) >= 0;
	return nr;
}

/* Without a library call that may want memory: it may be out. */
static struct footprint look(void)
{
	struct footprint seen = { .descriptors = count_descriptors() };
	static char text[1 << 16];
	int fd = open("/proc/self/statm", O_RDONLY);
	ssize_t len;

	if (fd >= 0) {
		len = read(fd, text, sizeof(text) - 1);
		text[len > 0 ? len : 0] = '\0';
		seen.vm_kb = strtoul(text, NULL, 10) * (sysconf(_SC_PAGESIZE) / 1024);
		close(fd);
	}
	return seen;
}

static unsigned int count_ram_mappings(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned int nr = 0;
	char line[512];

	while (maps && fgets(line, sizeof(line), maps))
		nr += !!strstr(line, "pagoda-ram");
	if (maps)
		fclose(maps);
	return nr;
}

static void nothing_is_left(struct footprint before)
{
	struct footprint after = look();

	MUST(after.descriptors == before.descriptors);
	MUST(after.vm_kb < before.vm_kb + 1024);
	MUST(pagoda_shutdown() == -ENODEV);
	MUST(pagoda_check() == -ENODEV);
	MUST(pagoda_show("meminfo", stderr) == -ENODEV);
}

static int nowhere_fd, stderr_fd;

static int open_nowhere(void **state)
{
	nowhere_fd = open("/dev/null", O_WRONLY);
	stderr_fd = dup(2);
	return 0;
}

/* Boots, without the message why not: there are thousands of them. */
static int boot(const char *cmdline)
{
	int err;

	dup2(nowhere_fd, 2);
	err = pagoda_boot(cmdline);
	dup2(stderr_fd, 2);
	return err;
}

/* A machine as good as any. */
static void use_and_stop(void)
{
	unsigned long before = nr_free_pages();
	struct page *page = alloc_pages(GFP_KERNEL, 1);

	MUST(page && nr_free_pages() == before - 2);
	__free_pages(page, 1);
	MUST(!pagoda_check());
	MUST(!pagoda_shutdown());
	MUST(!count_ram_mappings());
}

/* ---- descriptors ---- */

static void boot_without_descriptors(const char *cmdline)
{
	struct footprint before = look();
	struct rlimit limit, none;
	int lowest_free = dup(2), err;

	close(lowest_free);
	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	none.rlim_cur = lowest_free;
	setrlimit(RLIMIT_NOFILE, &none);
	err = boot(cmdline);
	setrlimit(RLIMIT_NOFILE, &limit);
	MUST(err == -ENOMEM || err == -EMFILE);
	nothing_is_left(before);
	MUST(!boot(cmdline));
	use_and_stop();
}

static void a_boot_without_descriptors_fails_and_leaves_nothing(void **state)
{
	if (RUNNING_ON_VALGRIND)
		skip();			/* valgrind has its own idea of the limit */
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		in_child(boot_without_descriptors, machines[i]);
}

/* ---- address space ---- */

/* Boots with ever more address space, until there is enough. */
static void boot_with_little_address_space(const char *cmdline)
{
	struct footprint before = look();
	struct rlimit limit;
	rlim_t extra = 0;
	int err = -ENOMEM, failed = 0;

	while (err) {
		getrlimit(RLIMIT_AS, &limit);
		limit.rlim_cur = before.vm_kb * 1024 + extra;
		MUST(!setrlimit(RLIMIT_AS, &limit));
		err = boot(cmdline);
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_AS, &limit);
		if (err) {
			MUST(err == -ENOMEM);
			nothing_is_left(before);
			failed++;
		}
		extra += extra / 64 + (4 << 20);
	}
	MUST(failed > 10);
	use_and_stop();
	nothing_is_left(before);
}

static void a_boot_with_little_address_space_fails_and_leaves_nothing(void **state)
{
	if (IS_SANITIZED || RUNNING_ON_VALGRIND)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		in_child(boot_with_little_address_space, machines[i]);
}

/* ---- mappings ---- */

/* Every other page of a region is readable, so that each is a mapping: as many as the host allows. */
#define REGION_PAGES 400000UL

static char *region;
static unsigned long region_used;

static size_t host_page(void)
{
	return sysconf(_SC_PAGESIZE);
}

static bool fill_up_with_mappings(void)
{
	region = mmap(NULL, REGION_PAGES * host_page(), PROT_NONE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (region == MAP_FAILED)
		return false;
	for (region_used = 1; region_used < REGION_PAGES; region_used += 2)
		if (mprotect(region + region_used * host_page(), host_page(), PROT_READ))
			return true;
	return false;			/* the host allows very many */
}

/* Gives two mappings back. */
static void let_some_go(void)
{
	region_used -= 2;
	MUST(!mprotect(region + region_used * host_page(), host_page(), PROT_NONE));
}

/* Boots with room for two mappings more each time: the n-th one of boot is refused, for every other n. */
static void boot_among_too_many_mappings(const char *cmdline)
{
	struct footprint before;
	int err, failed = 0;

	if (!fill_up_with_mappings())
		return;
	before = look();
	while ((err = boot(cmdline))) {
		MUST(err == -ENOMEM);
		nothing_is_left(before);
		failed++;
		let_some_go();
	}
	MUST(failed > 0);
	munmap(region, REGION_PAGES * host_page());
	use_and_stop();
}

/* The same with one less at the start, for the n between. */
static void boot_among_too_many_mappings_and_one(const char *cmdline)
{
	void *one = mmap(NULL, host_page(), PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	MUST(one != MAP_FAILED);
	boot_among_too_many_mappings(cmdline);
}

static void a_boot_fails_and_leaves_nothing_whichever_mapping_is_refused(void **state)
{
	if (IS_SANITIZED || RUNNING_ON_VALGRIND)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		in_child(boot_among_too_many_mappings, machines[i]);
		in_child(boot_among_too_many_mappings_and_one, machines[i]);
	}
}

/* ---- system calls ---- */

/* Answers system call @nr with @err from now on; that of a mapping only when (flags & @mask) == @value. */
static bool refuse_call(unsigned int nr, unsigned int err, unsigned int mask, unsigned int value)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[3])),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | err),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { ARRAY_SIZE(code), code };

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

static void boot_must_fail(const char *cmdline)
{
	struct footprint before = look();

	MUST(boot(cmdline) == -ENOMEM);
	nothing_is_left(before);
	MUST(!count_ram_mappings());
}

static void boot_without_memfd(const char *cmdline)
{
	if (refuse_call(SYS_memfd_create, ENOSYS, 0, 0))
		boot_must_fail(cmdline);
}

static void boot_without_file_size(const char *cmdline)
{
	if (refuse_call(SYS_ftruncate, ENOSPC, 0, 0))
		boot_must_fail(cmdline);
}

static void boot_without_window(const char *cmdline)
{
	if (refuse_call(SYS_mmap, ENOMEM, MAP_NORESERVE | MAP_ANONYMOUS, MAP_NORESERVE | MAP_ANONYMOUS))
		boot_must_fail(cmdline);
}

static void boot_without_direct_map(const char *cmdline)
{
	if (refuse_call(SYS_mmap, ENOMEM, MAP_SHARED | MAP_FIXED, MAP_SHARED | MAP_FIXED))
		boot_must_fail(cmdline);
}

/* Some machines have no second mapping. */
static void boot_without_second_map(const char *cmdline)
{
	struct footprint before = look();

	if (!refuse_call(SYS_mmap, ENOMEM, MAP_SHARED | MAP_FIXED, MAP_SHARED))
		return;
	if (boot(cmdline))
		nothing_is_left(before);
	else
		use_and_stop();
}

/* That one is not needed: the portable variant does without. */
static void boot_without_membarrier(const char *cmdline)
{
	if (!refuse_call(SYS_membarrier, ENOSYS, 0, 0))
		return;
	MUST(!boot(cmdline));
	use_and_stop();
}

static void a_boot_fails_and_leaves_nothing_whichever_call_is_refused(void **state)
{
	static void (*const boots[])(const char *cmdline) = {
		boot_without_memfd, boot_without_file_size, boot_without_window, boot_without_direct_map,
		boot_without_second_map, boot_without_membarrier,
	};

	if (IS_SANITIZED || RUNNING_ON_VALGRIND)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		for (size_t j = 0; j < ARRAY_SIZE(boots); j++)
			in_child(boots[j], machines[i]);
}

/* The host may limit the size of files; then it says so with a signal, which most programs ignore. */
static void boot_with_small_files(const char *cmdline)
{
	struct footprint before = look();
	struct rlimit small = { 1 << 20, RLIM_INFINITY };

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	MUST(boot(cmdline) == -ENOMEM);
	nothing_is_left(before);
	small.rlim_cur = RLIM_INFINITY;
	setrlimit(RLIMIT_FSIZE, &small);
	MUST(!boot(cmdline));
	use_and_stop();
}

static void a_boot_with_small_files_fails_and_leaves_nothing(void **state)
{
	if (RUNNING_ON_VALGRIND)
		skip();
	in_child(boot_with_small_files, machines[0]);
}

/* ---- the machine's own memory ---- */

/* Either there is room for all the structures, and then each node serves, or an error. */
static void boot_or_fail_cleanly(const char *machine, const char *mem, unsigned int nr_cpus, unsigned int numa)
{
	unsigned int descriptors = count_descriptors();
	char cmdline[100];
	int err, nid;

	snprintf(cmdline, sizeof(cmdline), "machine=%s mem=%s nr_cpus=%u numa=%u", machine, mem, nr_cpus, numa);
	err = boot(cmdline);
	if (err) {
		assert_true(err == -ENOMEM || err == -EINVAL);
		assert_int_equal(pagoda_shutdown(), -ENODEV);
	} else {
		assert_int_equal(num_online_nodes(), numa);
		for_each_online_node(nid) {
			struct page *page = alloc_pages_node(nid, GFP_NOWAIT | __GFP_HIGHMEM | __GFP_NOWARN, 0);

			if (page)
				__free_page(page);
		}
		assert_int_equal(pagoda_check(), 0);
		assert_int_equal(pagoda_shutdown(), 0);
	}
	assert_int_equal(count_descriptors(), descriptors);
}

static void many_cpus_and_nodes_in_little_memory_work_or_fail_cleanly(void **state)
{
	static const char *const names[] = { "i386", "x86_64" };
	static const char *const sizes[] = { "8M", "8389K", "16M", "20000001", "64M", "300M" };
	static const unsigned int cpus[] = { 1, 3, 16, 64, 255, 256 }, nodes[] = { 1, 2, 3, 16, 63, 64 };

	for (size_t i = 0; i < ARRAY_SIZE(names) * ARRAY_SIZE(sizes); i++)
		for (size_t cpu = 0; cpu < ARRAY_SIZE(cpus); cpu++)
			for (size_t node = 0; node < ARRAY_SIZE(nodes); node++)
				boot_or_fail_cleanly(names[i % 2], sizes[i / 2], cpus[cpu], nodes[node]);
	assert_int_equal(boot(machines[0]), 0);
	assert_int_equal(pagoda_shutdown(), 0);
}

static void the_smallest_machines_boot(void **state)
{
	assert_int_equal(boot("machine=i386 mem=8M"), 0);
	assert_int_equal(pagoda_shutdown(), 0);
	assert_int_equal(boot("machine=x86_64 mem=8M"), 0);
	assert_int_equal(pagoda_shutdown(), 0);
}

static int stop_machine(void **state)
{
	pagoda_shutdown();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_boot_without_descriptors_fails_and_leaves_nothing),
		cmocka_unit_test(a_boot_with_little_address_space_fails_and_leaves_nothing),
		cmocka_unit_test(a_boot_fails_and_leaves_nothing_whichever_mapping_is_refused),
		cmocka_unit_test(a_boot_fails_and_leaves_nothing_whichever_call_is_refused),
		cmocka_unit_test(a_boot_with_small_files_fails_and_leaves_nothing),
		cmocka_unit_test_teardown(many_cpus_and_nodes_in_little_memory_work_or_fail_cleanly, stop_machine),
		cmocka_unit_test_teardown(the_smallest_machines_boot, stop_machine),
	};

	return cmocka_run_group_tests(tests, open_nowhere, NULL);
}

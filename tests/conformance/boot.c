// SPDX-License-Identifier: MIT
/*
 * boot.c - the command line, machines of all sizes, and what is left when they stop
 *
 * What INTERFACE.md says about pagoda_boot() and pagoda_shutdown(). Only public headers here. A WARN_ONCE
 * is said once in a process, so misuse of that kind is tried in children.
 */
#include "pagoda_test.h"

#include <linux/cpumask.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/swap.h>

#include <dirent.h>
#include <fcntl.h>

#define KB(x) ((phys_addr_t)(x) << 10)
#define MB(x) ((phys_addr_t)(x) << 20)
#define GB(x) ((phys_addr_t)(x) << 30)

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* ---- what a machine leaves in the process ---- */

struct remains {
	int files;
	int mappings;		/* of physical memory */
	unsigned long pages;	/* of address space */
};

static struct remains remains_now(void)
{
	struct remains now = { 0 };
	DIR *dir = opendir("/proc/self/fd");
	FILE *maps = fopen("/proc/self/maps", "re");
	FILE *statm = fopen("/proc/self/statm", "re");
	char line[512];

	if (!dir || !maps || !statm)
		fail_msg("/proc is not there");
	while (readdir(dir))
		now.files++;
	while (fgets(line, sizeof(line), maps))
		now.mappings += strstr(line, "memfd:pagoda") != NULL;
	if (fscanf(statm, "%lu", &now.pages) != 1)
		fail_msg("/proc/self/statm has no number");
	closedir(dir);
	fclose(maps);
	fclose(statm);
	return now;
}

static void expect_remains(struct remains before)
{
	struct remains now = remains_now();

	assert_int_equal(now.files, before.files);
	assert_int_equal(now.mappings, before.mappings);
#if !defined(__SANITIZE_ADDRESS__)
	/* A machine's window is at least as large as its memory. Sanitizers map as they like. */
	if (!host_is_narrow())
		assert_true(now.pages < before.pages + MB(4) / 4096);
#endif
}

/* ---- the command line ---- */

/* Boots a line that must be refused; returns what was said. */
static const char *refused(const char *line)
{
	int err;

	capture_begin();
	err = pagoda_boot(line);
	if (!err) {
		pagoda_shutdown();
		fail_msg("pagoda_boot(\"%s\") is accepted", line);
	}
	if (err != -EINVAL)
		fail_msg("pagoda_boot(\"%s\"): %d, not -EINVAL", line, err);
	return capture_end();
}

static void an_unknown_word_is_named(void **state)
{
	static const char *const words[] = {
		"nonsense", "nonsense=5", "men=64M", "Mem=64M", "mem64M", "nr_cpu=2", "numa_nodes=2",
		"=", "=64M", "-", "--mem=64M", "machine:i386", "quiet", "memory=64M",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		char line[128];

		assert_says(refused(words[i]), words[i]);
		snprintf(line, sizeof(line), "mem=64M %s nr_cpus=1", words[i]);
		assert_says(refused(line), words[i]);
	}
}

static void a_bad_value_is_named(void **state)
{
	static const char *const words[] = {
		"machine=vax", "machine=", "machine", "machine=I386", "machine=i386x", "machine=x86",
		"mem=", "mem", "mem=0", "mem=7M", "mem=8388607", "mem=9T", "mem=8796093022209",
		"mem=abc", "mem=-1", "mem=64Q", "mem=64MM", "mem=64M,", "mem=0x", "mem=99999999999999999999",
		"mem=99999999999T", "nr_cpus=0", "nr_cpus=99999", "nr_cpus=two", "nr_cpus=", "nr_cpus=1.5",
		"nr_cpus=2K", "numa=0", "numa=100000", "numa=x", "numa=", "loglevel=9", "loglevel=x",
		"init_on_alloc=2", "init_on_free=x", "page_poison=maybe", "panic_on_warn=7",
		"debug_preempt=1x", "array_cache=magic", "array_cache=", "min_free_kbytes=x",
		"min_free_kbytes=", "lowmem_reserve_ratio=1,x", "lowmem_reserve_ratio=1,2,3,4,5",
		"memmap=5", "memmap=1M@", "memmap=0@1M", "memmap=1M%1M", "memmap=", "highmem=q",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		char line[128];

		snprintf(line, sizeof(line), "nr_cpus=1 %s", words[i]);
		assert_says(refused(line), words[i]);
	}
}

static void the_first_bad_word_ends_the_line(void **state)
{
	const char *text = refused("mem=64M first_bad second_bad");

	assert_says(text, "first_bad");
	assert_says_not(text, "second_bad");
}

static void the_last_of_several_values_counts(void **state)
{
	boot("machine=x86_64 mem=1G machine=i386 mem=128M nr_cpus=7 nr_cpus=1");
	assert_true(max_pfn <= MB(128) >> PAGE_SHIFT);
	assert_int_equal(num_online_cpus(), 1);
	/* i386: all memory above 16 MiB is Normal */
	assert_true(populated_zone(zone_of(ZONE_NORMAL)));
	shutdown_clean();
}

static void words_are_separated_by_any_blanks(void **state)
{
	boot("\t mem=64M \n\n machine=i386\t\tnr-cpus=1  ");
	assert_int_equal(num_online_cpus(), 1);
	shutdown_clean();
}

static void no_line_is_an_empty_line(void **state)
{
	struct sysinfo info;

	capture_begin();		/* a debug build's default is to panic on a warning: there is none */
	assert_int_equal(pagoda_boot(NULL), 0);
	si_meminfo(&info);
	assert_true(info.totalram > 0);
	assert_int_equal(pagoda_shutdown(), 0);
	assert_int_equal(pagoda_boot(""), 0);
	assert_int_equal(pagoda_shutdown(), 0);
	assert_string_equal(capture_end(), "");		/* a library is quiet */
}

static void a_refused_boot_leaves_nothing(void **state)
{
	static const char *const lines[] = {
		"mem=1G nonsense", "mem=1", "mem=8M nr_cpus=256",	/* too small for its own structures */
		"memmap=exactmap", "mem=64M numa=64 nr_cpus=200", "mem=16M numa=40",
	};
	struct remains before;

	boot("mem=64M");
	shutdown_clean();
	before = remains_now();
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		const char *text;
		int err;

		capture_begin();
		err = pagoda_boot(lines[i]);
		if (!err)
			pagoda_shutdown();
		text = capture_end();
		assert_int_equal(!err, !*text);		/* refused and told, or neither */
		expect_remains(before);
		boot("mem=64M");
		shutdown_clean();
		expect_remains(before);
	}
}

static void too_little_memory_is_said(void **state)
{
	const char *text;
	int err;

	capture_begin();
	err = pagoda_boot("mem=8M nr_cpus=256 array_cache=portable");
	text = capture_end();
	assert_int_equal(err, -ENOMEM);
	assert_says(text, "mem=");
}

static void the_log_is_written_when_asked_for(void **state)
{
	const char *text;

	capture_begin();
	boot("machine=i386 mem=1G numa=2 nr_cpus=2 loglevel=7");
	text = capture_end();
	assert_says(text, "machine=i386 mem=1G");
	assert_says(text, "[mem 0x");
	assert_says(text, "HighMem");
	assert_says(text, "CPUs: 2");
	shutdown_clean();
	capture_begin();
	boot("machine=i386 mem=1G");		/* and it does not stay so */
	shutdown_clean();
	assert_string_equal(capture_end(), "");
}

/* ---- the environment variable ---- */

static void boot_by_environment(void)
{
	const char *old = getenv("PAGODA");
	char line[256];

	snprintf(line, sizeof(line), "%s mem=32M nr_cpus=3", old ? old : "");
	setenv("PAGODA", line, 1);
	boot("mem=64M nr_cpus=1");
	assert_int_equal(num_online_cpus(), 3);
	assert_true(max_pfn <= MB(32) >> PAGE_SHIFT);
	shutdown_clean();
	setenv("PAGODA", "unheard_of=1", 1);
	assert_says(refused("mem=64M"), "unheard_of=1");
	setenv("PAGODA", "mem=lots", 1);
	assert_says(refused("mem=64M"), "mem=lots");
	setenv("PAGODA", "", 1);
	boot("mem=64M");
	shutdown_clean();
}

static void the_environment_has_the_last_word(void **state)
{
	in_child(boot_by_environment);
}

/* ---- sizes ---- */

/* Whole pages of memory, by the rules of a PC: page 0 and 640 KiB .. 1 MiB are not there. */
static unsigned long expected_pages(phys_addr_t mem, bool i386)
{
	unsigned long pages = (mem >> PAGE_SHIFT) - 1 - (KB(384) >> PAGE_SHIFT);

	if (!i386 && mem > GB(3) && (mem & (PAGE_SIZE - 1)))
		pages = (GB(3) >> PAGE_SHIFT) + ((mem - GB(3)) >> PAGE_SHIFT) - 1 -
			(KB(384) >> PAGE_SHIFT);
	return pages;
}

static void use_machine(void)
{
	struct page *page = alloc_page(GFP_KERNEL), *block = alloc_pages(GFP_HIGHUSER, 3);
	unsigned long addr = get_zeroed_page(GFP_KERNEL);

	assert_non_null(page);
	assert_non_null(block);
	assert_true(addr != 0);
	memset(page_address(page), 0x5a, PAGE_SIZE);
	*(char *)addr = 1;
	__free_page(page);
	__free_pages(block, 3);
	free_page(addr);
}

static void try_size(phys_addr_t mem, const char *machine)
{
	struct zone *zone;
	unsigned long present = 0;
	char line[128];

	snprintf(line, sizeof(line), "machine=%s mem=%llu", machine, (unsigned long long)mem);
	boot(line);
	for_each_zone(zone)
		present += zone->present_pages;
	assert_int_equal(present, expected_pages(mem, !strcmp(machine, "i386")));
	use_machine();
	shutdown_clean();
}

static void memory_of_any_size(void **state)
{
	static const phys_addr_t sizes[] = {
		MB(8), MB(8) + 1, MB(9) + 4095, 12345678, MB(16) - 1, MB(16), MB(16) + 4096, MB(17) + 5,
		100000000, MB(127) + 777, MB(895), MB(896), MB(896) + 8192, MB(897), GB(1), GB(1) + 1,
		GB(3) - 1, GB(3), GB(3) + 1, GB(3) + 8192, GB(4), GB(4) + MB(3) + 77, GB(5) + 12345, GB(64),
	};
	static const phys_addr_t huge[] = { GB(1000) + 12345, GB(1024) + 1, GB(8192) - 1, GB(8192) };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		if (host_is_narrow() && sizes[i] > GB(5))
			break;
		try_size(sizes[i], "i386");
		try_size(sizes[i], "x86_64");
	}
	for (size_t i = 0; i < ARRAY_LEN(huge) && !host_is_narrow(); i++) {
		try_size(huge[i], "i386");
		try_size(huge[i], "x86_64");
	}
}

static void sizes_may_be_written_in_every_way(void **state)
{
	static const char *const words[] = {
		"mem=134217728", "mem=0x8000000", "mem=131072K", "mem=131072k", "mem=128M", "mem=128m",
		"mem=0x80M",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		boot(words[i]);
		assert_int_equal(max_pfn, MB(128) >> PAGE_SHIFT);
		shutdown_clean();
	}
}

static long resident_kbytes(void)
{
	FILE *statm = fopen("/proc/self/statm", "re");
	long size = 0, resident = 0;

	if (!statm || fscanf(statm, "%ld %ld", &size, &resident) != 2)
		fail_msg("/proc/self/statm");
	fclose(statm);
	return resident * 4;
}

static void boot_eight_terabytes(void)
{
	long before = resident_kbytes();

	boot("mem=8T");
	use_machine();
	assert_true(resident_kbytes() - before < 32 << 10);
	shutdown_clean();
	before = resident_kbytes();
	boot("machine=i386 mem=8T");
	use_machine();
	assert_true(resident_kbytes() - before < 32 << 10);
	shutdown_clean();
}

static void eight_terabytes_cost_little(void **state)
{
	if (host_is_narrow())
		skip();
	in_child(boot_eight_terabytes);
}

/* ---- CPUs and nodes ---- */

static void any_number_of_cpus(void **state)
{
	static const int numbers[] = { 1, 2, 3, 5, 16, 64, 256 };

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		unsigned int cpu, nr = 0;
		char line[64];

		snprintf(line, sizeof(line), "mem=512M nr_cpus=%d", numbers[i]);
		boot(line);
		assert_int_equal(num_online_cpus(), numbers[i]);
		assert_int_equal(num_possible_cpus(), numbers[i]);
		assert_int_equal(nr_cpu_ids, numbers[i]);
		for_each_online_cpu(cpu)
			nr++;
		assert_int_equal(nr, numbers[i]);
		assert_true(get_cpu() < nr_cpu_ids);
		put_cpu();
		use_machine();
		shutdown_clean();
	}
}

static void the_host_says_how_many_cpus_by_default(void **state)
{
	boot("");
	assert_int_equal(num_online_cpus(), sysconf(_SC_NPROCESSORS_CONF));
	shutdown_clean();
}

static void memory_is_split_evenly_over_nodes(void **state)
{
	static const char *const machines[] = {
		"machine=i386 mem=1G", "machine=x86_64 mem=1G", "machine=x86_64 mem=3333M nr_cpus=2",
		"machine=i386 mem=123456789 nr_cpus=3",
	};

	for (size_t m = 0; m < ARRAY_LEN(machines); m++)
		for (int numa = 1; numa <= 8; numa++) {
			unsigned long total = 0, smallest = ~0UL, largest = 0;
			char line[128];
			int nid;

			snprintf(line, sizeof(line), "%s numa=%d", machines[m], numa);
			boot(line);
			assert_int_equal(num_online_nodes(), numa);
			for_each_online_node(nid) {
				unsigned long present = NODE_DATA(nid)->node_present_pages;

				assert_int_equal(NODE_DATA(nid)->node_id, nid);
				total += present;
				smallest = present < smallest ? present : smallest;
				largest = present > largest ? present : largest;
			}
			/* Nodes begin at a multiple of the largest block; holes count in none. */
			assert_true(largest - smallest <= 2 * MAX_ORDER_NR_PAGES);
			assert_true(total >= (MB(100) >> PAGE_SHIFT));
			use_machine();
			shutdown_clean();
		}
}

static void more_nodes_than_cpus(void **state)
{
	int nid;

	boot("mem=1G numa=8 nr_cpus=1");
	for_each_online_node(nid) {
		struct page *page = alloc_pages_node(nid, GFP_KERNEL, 0);

		assert_non_null(page);
		assert_int_equal(page_to_nid(page), nid);
		__free_page(page);
	}
	shutdown_clean();
}

/* ---- again and again ---- */

static void a_process_boots_any_number_of_times(void **state)
{
	static const char *const machines[] = {
		"machine=i386 mem=64M nr_cpus=1", "machine=x86_64 mem=5G numa=3", "machine=i386 mem=2G numa=2",
		"machine=x86_64 mem=8M", "mem=300M nr_cpus=9", "machine=i386 mem=1G array_cache=portable",
		"mem=1G init_on_alloc=1 page_poison=1",
	};
	struct remains before;

	boot("mem=64M");
	shutdown_clean();
	before = remains_now();
	for (int i = 0; i < 21; i++) {
		boot(machines[i % ARRAY_LEN(machines)]);
		use_machine();
		shutdown_clean();
		expect_remains(before);
	}
}

static void a_second_machine_is_refused(void **state)
{
	unsigned long pages;

	boot("mem=64M");
	pages = totalram_pages();
	capture_begin();
	assert_int_equal(pagoda_boot("mem=128M"), -EBUSY);
	assert_int_equal(pagoda_boot("nonsense"), -EBUSY);
	assert_true(strlen(capture_end()) > 0);
	assert_int_equal(totalram_pages(), pages);
	use_machine();
	shutdown_clean();
	assert_int_equal(pagoda_shutdown(), -ENODEV);
}

static void *boot_in_thread(void *arg)
{
	return (void *)(intptr_t)pagoda_boot("mem=64M");
}

static void of_two_who_boot_at_once_one_wins(void **state)
{
	pthread_t threads[4];
	int won = 0;

	capture_begin();
	for (int i = 0; i < 4; i++)
		thread_start(&threads[i], boot_in_thread, NULL);
	for (int i = 0; i < 4; i++) {
		int err = (intptr_t)thread_join(threads[i]);

		assert_true(!err || err == -EBUSY);
		won += !err;
	}
	capture_end();
	assert_int_equal(won, 1);
	assert_int_equal(pagoda_shutdown(), 0);
}

/* ---- threads that outlive machines ---- */

static pthread_barrier_t turn;

static void *use_each_machine(void *arg)
{
	for (int machine = 0; machine < 4; machine++) {
		pthread_barrier_wait(&turn);		/* it has booted */
		for (int i = 0; i < 100; i++) {
			struct page *page = alloc_page(GFP_KERNEL);

			preempt_disable();
			preempt_enable();
			__free_page(page);
		}
		pthread_barrier_wait(&turn);		/* it may stop */
	}
	return NULL;
}

static void threads_outlive_machines(void **state)
{
	static const char *const machines[] = {
		"mem=64M", "mem=64M array_cache=portable nr_cpus=5", "mem=64M", "mem=1G machine=i386 nr_cpus=1",
	};
	pthread_t threads[3];

	pthread_barrier_init(&turn, NULL, 4);
	for (int i = 0; i < 3; i++)
		thread_start(&threads[i], use_each_machine, NULL);
	for (int machine = 0; machine < 4; machine++) {
		boot(machines[machine]);
		pthread_barrier_wait(&turn);
		pthread_barrier_wait(&turn);
		shutdown_clean();
	}
	for (int i = 0; i < 3; i++)
		thread_join(threads[i]);
	pthread_barrier_destroy(&turn);
}

/* ---- fork ---- */

static void boot_and_use_in_child(void)
{
	boot("machine=i386 mem=2G");
	use_machine();
	assert_int_equal(current->pid, getpid());
	shutdown_clean();
}

static void a_child_forked_before_the_boot_has_its_own_machine(void **state)
{
	in_child(boot_and_use_in_child);
	boot("mem=64M");
	use_machine();
	shutdown_clean();
	in_child(boot_and_use_in_child);
	boot("mem=64M");
	use_machine();
	shutdown_clean();
}

#ifdef PAGODA_TSAN
static const bool under_thread_sanitizer = true;
#else
static const bool under_thread_sanitizer;
#endif

static void *use_and_wait(void *arg)
{
	use_machine();
	pthread_barrier_wait(&turn);		/* the machine is used */
	pthread_barrier_wait(&turn);		/* the parent has forked */
	return NULL;
}

static void *just_use(void *arg)
{
	for (int i = 0; i < 50; i++)
		use_machine();
	return NULL;
}

static void boot_with_new_threads(void)
{
	pthread_t threads[8];

	for (int round = 0; round < 3; round++) {
		boot("mem=64M");
		for (int i = 0; i < 8; i++)
			thread_start(&threads[i], just_use, NULL);
		for (int i = 0; i < 8; i++)
			thread_join(threads[i]);
		shutdown_clean();
	}
}

/* The parent's other threads do not exist in the child, but they are known to the library. */
static void a_child_of_a_process_with_threads_has_its_own_machine(void **state)
{
	pthread_t threads[3];

	pthread_barrier_init(&turn, NULL, 4);
	boot("mem=64M");
	for (int i = 0; i < 3; i++)
		thread_start(&threads[i], use_and_wait, NULL);
	pthread_barrier_wait(&turn);
	shutdown_clean();
	if (!under_thread_sanitizer)	/* which lets no child of such a process start threads */
		in_child(boot_with_new_threads);
	pthread_barrier_wait(&turn);
	for (int i = 0; i < 3; i++)
		thread_join(threads[i]);
	pthread_barrier_destroy(&turn);
}

/* ---- leaks ---- */

void boot_test_leaks_pages(void);
void boot_test_leaks_more(void);

not_inlined void boot_test_leaks_pages(void)
{
	for (volatile int i = 0; i < 3; i++)	/* one place, not three */
		alloc_page(GFP_KERNEL);
	alloc_pages(GFP_KERNEL, 3);
	barrier();
}

not_inlined void boot_test_leaks_more(void)
{
	__get_free_pages(GFP_KERNEL, 1);
	barrier();
}

static void leaks_are_counted_and_their_places_named(void **state)
{
	const char *text;
	int leaked;

	boot("mem=64M");
	boot_test_leaks_pages();
	boot_test_leaks_more();
	use_machine();
	capture_begin();
	leaked = pagoda_shutdown();
	text = capture_end();
	assert_int_equal(leaked, 3 + 8 + 2);
	assert_says(text, "13 pages were not freed");
	assert_says(text, "3 pages in 3 blocks, allocated at boot_test_leaks_pages+0x");
	assert_says(text, "8 pages in 1 blocks, allocated at boot_test_leaks_pages+0x");
	assert_says(text, "2 pages in 1 blocks, allocated at boot_test_leaks_more+0x");
	assert_int_equal(shutdown_leaky(), -ENODEV);
	boot("mem=64M");		/* the next machine has nothing of it */
	shutdown_clean();
}

static void leak_strictly(void)
{
	boot("mem=64M panic_on_warn=1");
	boot_test_leaks_pages();
	pagoda_shutdown();
}

static void a_leak_ends_a_strict_program(void **state)
{
	assert_says(dies_in_child(leak_strictly), "11 pages were not freed");
}

/* ---- without a machine ---- */

#define REPORTS(what, expression) do {						\
	const char *said;							\
	capture_begin();							\
	assert_true(!(expression));						\
	said = capture_end();							\
	assert_says(said, what);						\
	assert_int_equal(count_of(said, "Call Trace:"), 1);			\
} while (0)

static void ask_for_pages(void)
{
	REPORTS("no machine is running", alloc_pages(GFP_KERNEL, 0));
}

static void ask_for_addresses(void)
{
	REPORTS("no machine is running", __get_free_pages(GFP_ATOMIC, 2));
}

static void ask_for_nothing_special(void)
{
	REPORTS("no machine is running", alloc_page(GFP_NOWAIT));
}

static void ask_for_zeros(void)
{
	REPORTS("no machine is running", get_zeroed_page(GFP_KERNEL));
}

static void ask_for_exact_size(void)
{
	REPORTS("no machine is running", alloc_pages_exact(10000, GFP_KERNEL));
}

static void ask_for_node(void)
{
	REPORTS("no machine is running", alloc_pages_node(0, GFP_KERNEL, 0));
}

static void ask_for_many(void)
{
	struct page *pages[4] = { NULL };

	REPORTS("no machine is running", alloc_pages_bulk_array(GFP_KERNEL, 4, pages));
}

static void pages_without_a_machine_are_a_report(void **state)
{
	static void (*const ask[])(void) = {
		ask_for_pages, ask_for_addresses, ask_for_nothing_special, ask_for_zeros,
		ask_for_exact_size, ask_for_node, ask_for_many,
	};

	for (size_t i = 0; i < ARRAY_LEN(ask); i++)
		in_child(ask[i]);
	boot("mem=64M");		/* before the first machine, and after the last */
	shutdown_clean();
	for (size_t i = 0; i < ARRAY_LEN(ask); i++)
		in_child(ask[i]);
}

static struct page *stale;
static unsigned long stale_addr;

static void free_stale_page(void)
{
	REPORTS("no machine is running", (__free_page(stale), 0));
}

static void free_stale_block(void)
{
	REPORTS("no machine is running", (__free_pages(stale, 2), 0));
}

static void free_stale_address(void)
{
	REPORTS("free_pages", (free_page(stale_addr), 0));
}

static void get_stale_page(void)
{
	REPORTS("get_page", (get_page(stale), 0));
}

static void put_stale_page(void)
{
	REPORTS("put_page", (put_page(stale), 0));
}

static void pages_of_a_machine_that_is_gone_are_a_report(void **state)
{
	static void (*const use[])(void) = {
		free_stale_page, free_stale_block, free_stale_address, get_stale_page, put_stale_page,
	};

	boot("mem=64M");
	stale = alloc_page(GFP_KERNEL);
	stale_addr = (unsigned long)page_address(stale);
	__free_page(stale);
	shutdown_clean();
	for (size_t i = 0; i < ARRAY_LEN(use); i++)
		in_child(use[i]);
}

static void ask_harmlessly(void)
{
	struct sysinfo info;

	capture_begin();
	__free_pages(NULL, 0);
	free_pages(0, 0);
	free_pages_exact(NULL, 100);
	assert_int_equal(nr_free_pages(), 0);
	assert_int_equal(totalram_pages(), 0);
	si_meminfo(&info);
	assert_int_equal(info.totalram, 0);
	drain_all_pages(NULL);
	drain_local_pages(NULL);
	assert_int_equal(num_online_cpus(), 0);
	assert_int_equal(pagoda_check(), -ENODEV);
	assert_int_equal(pagoda_show("buddyinfo", stdout), -ENODEV);
	assert_int_equal(pagoda_shutdown(), -ENODEV);
	assert_int_equal(preempt_count(), 0);
	raw_smp_processor_id();
	assert_string_equal(capture_end(), "");
}

static void disable_preemption(void)
{
	DEFINE_SPINLOCK(lock);
	const char *text;

	capture_begin();
	preempt_disable();
	preempt_enable();
	spin_lock(&lock);
	spin_unlock(&lock);
	text = capture_end();
	assert_says(text, "preempt_disable: no machine is running");
	assert_int_equal(preempt_count(), 0);
}

static void without_a_machine_there_is_nothing(void **state)
{
	in_child(ask_harmlessly);
	in_child(disable_preemption);
	boot("mem=64M");
	shutdown_clean();
	in_child(ask_harmlessly);
	in_child(disable_preemption);
}

/* ---- views, and the version ---- */

static void a_view_that_is_unknown_or_cannot_be_written(void **state)
{
	FILE *full = fopen("/dev/full", "w");

	boot("mem=64M");
	assert_int_equal(pagoda_show("slabinfos", stdout), -ENOENT);
	assert_int_equal(pagoda_show("", stdout), -ENOENT);
	if (full) {
		setvbuf(full, NULL, _IONBF, 0);
		assert_int_equal(pagoda_show("zoneinfo", full), -EIO);
		fclose(full);
	}
	shutdown_clean();
}

static void the_version_is_three_numbers(void **state)
{
	assert_true(line_matches(pagoda_version(), "[0-9]+\\.[0-9]+\\.[0-9]+"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(an_unknown_word_is_named),
		machine_test(a_bad_value_is_named),
		machine_test(the_first_bad_word_ends_the_line),
		machine_test(the_last_of_several_values_counts),
		machine_test(words_are_separated_by_any_blanks),
		machine_test(no_line_is_an_empty_line),
		machine_test(a_refused_boot_leaves_nothing),
		machine_test(too_little_memory_is_said),
		machine_test(the_log_is_written_when_asked_for),
		machine_test(the_environment_has_the_last_word),
		machine_test(memory_of_any_size),
		machine_test(sizes_may_be_written_in_every_way),
		machine_test(eight_terabytes_cost_little),
		machine_test(any_number_of_cpus),
		machine_test(the_host_says_how_many_cpus_by_default),
		machine_test(memory_is_split_evenly_over_nodes),
		machine_test(more_nodes_than_cpus),
		machine_test(a_process_boots_any_number_of_times),
		machine_test(a_second_machine_is_refused),
		machine_test(of_two_who_boot_at_once_one_wins),
		machine_test(threads_outlive_machines),
		machine_test(a_child_forked_before_the_boot_has_its_own_machine),
		machine_test(a_child_of_a_process_with_threads_has_its_own_machine),
		machine_test(leaks_are_counted_and_their_places_named),
		machine_test(a_leak_ends_a_strict_program),
		machine_test(pages_without_a_machine_are_a_report),
		machine_test(pages_of_a_machine_that_is_gone_are_a_report),
		machine_test(without_a_machine_there_is_nothing),
		machine_test(a_view_that_is_unknown_or_cannot_be_written),
		machine_test(the_version_is_three_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * boot.c - the root of a machine, what boot keeps for the manager, and a host that gives nothing
 *
 * What a command line means is tested in tests/conformance/boot.c.
 */
#include "pagoda_test.h"

#include <linux/nodemask.h>
#include <linux/page-flags.h>
#include <linux/swap.h>

#include <fcntl.h>
#include <sys/resource.h>

#include "mm/internal.h"
#include "mm/memblock.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static const char *const machines[] = {
	"machine=x86_64 mem=64M", "machine=i386 mem=2G numa=3 nr_cpus=5", "machine=x86_64 mem=6G",
	"machine=i386 mem=5G", "machine=x86_64 mem=64M boot_area=32M@1G", "machine=i386 mem=1G boot_area=128M@8G",
};

/* ---- the root ---- */

/* Another process sees physical memory only: what lies there is compared with what we reach by address. */
static void expect_at(phys_addr_t phys, const void *addr, size_t size)
{
	char *bytes = malloc(size);

	arch_ram_read(phys, bytes, size);
	assert_memory_equal(bytes, addr, size);
	free(bytes);
}

static void everything_is_found_from_the_root(void **state)
{
	for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
		struct machine root;
		struct page *page;
		unsigned long pfn;

		boot(machines[m]);
		page = alloc_page(GFP_KERNEL);
		pfn = page_to_pfn(page);
		arch_ram_read(0, &root, sizeof(root));
		assert_int_equal(root.magic, MACHINE_MAGIC);
		assert_int_equal(root.layout, MACHINE_LAYOUT);
		assert_int_equal(root.page_shift, PAGE_SHIFT);
		assert_int_equal(root.direct_map, PAGE_OFFSET);
		assert_int_equal(root.max_pfn, max_pfn);
		assert_int_equal(root.max_low_pfn, max_low_pfn);
		assert_int_equal(root.nr_cpus, nr_cpu_ids);
		assert_int_equal(root.nr_nodes, nr_node_ids);
		assert_int_equal(root.cpu_stride, ARCH_CPU_STRIDE);
		expect_at(root.mem_map + pfn * sizeof(struct page), page, sizeof(*page));
		expect_at(root.page_owner + pfn * sizeof(struct page_owner), page_owner_of(page),
			  sizeof(struct page_owner));
		expect_at(root.nodes, NODE_DATA(0), sizeof(struct pglist_data));
		expect_at(root.cpu_areas, cpu_area(0), sizeof(struct cpu_area));
		__free_page(page);
		shutdown_clean();
	}
}

static void the_managers_memory_is_counted_and_kept(void **state)
{
	for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
		const struct machine *root;
		unsigned long kept = 0, pages = 0;
		struct zone *zone;
		bool in_memory = !strstr(machines[m], "boot_area");

		boot(machines[m]);
		root = __va(0);
		for_each_zone(zone) {
			kept += zone->present_pages - zone_managed_pages(zone);
			pages += zone->present_pages;
		}
		assert_int_equal(kept << PAGE_SHIFT, in_memory ? root->metadata_bytes : 0);
		assert_int_equal(totalram_pages(), pages - kept);
		/* As much as its largest part, at least. */
		assert_true(root->metadata_bytes >= max_pfn * sizeof(struct page));
		shutdown_clean();
	}
}

static void boot_takes_memory_from_the_top(void **state)
{
	const struct machine *root;

	boot("machine=x86_64 mem=512M");
	root = __va(0);
	assert_true(root->mem_map > 400 << 20);
	assert_true(root->nodes > 400 << 20);
	shutdown_clean();
	boot("machine=i386 mem=2G");
	root = __va(0);
	assert_true(root->mem_map >= PFN_PHYS(max_low_pfn));	/* high memory, for what nobody dereferences */
	assert_true(root->nodes < PFN_PHYS(max_low_pfn));
	assert_true(root->nodes > 800 << 20);
	shutdown_clean();
}

static void a_boot_area_leaves_memory_to_the_allocator(void **state)
{
	boot("machine=i386 mem=64M boot_area=32M@1G");
	assert_int_equal(totalram_pages(), memblock_pages(0, max_pfn));
	shutdown_clean();
}

static void a_boot_area_has_to_be_outside_and_large_enough(void **state)
{
	static const struct {
		const char *line;
		int err;
	} cases[] = {
		{ "mem=64M boot_area=32M@32M", -EINVAL }, { "mem=64M boot_area=32M@63M", -EINVAL },
		{ "mem=64M boot_area=64K@1G", -ENOMEM }, { "mem=64M boot_area=8K@1G", -ENOMEM },
		{ "mem=64M boot_area=32M$1G", -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *text;
		int err;

		capture_begin();
		err = pagoda_boot(cases[i].line);
		text = capture_end();
		assert_int_equal(err, cases[i].err);
		assert_says(text, "boot_area=");
	}
}

/* ---- before and after ---- */

static void without_a_machine_the_core_says_so(void **state)
{
	assert_int_equal(machine_check(), -ENODEV);
	assert_int_equal(machine_show("buddyinfo", NULL, NULL), -ENODEV);
	assert_int_equal(machine_shutdown(), -ENODEV);
	boot("mem=64M");
	shutdown_clean();
	assert_int_equal(machine_check(), -ENODEV);
	assert_null(mem_map);
	assert_null(high_memory);
	assert_int_equal(max_pfn, 0);
	assert_int_equal(PAGE_OFFSET, 0);
	assert_int_equal(nr_node_ids, 0);
	assert_int_equal(nr_cpu_ids, 0);
}

/* ---- a host that gives nothing ---- */

static int boot_quietly(const char *line)
{
	int err;

	capture_begin();
	err = pagoda_boot(line);
	if (!err)
		pagoda_shutdown();
	assert_int_equal(!err, !*capture_end());	/* a failure is told */
	return err;
}

static unsigned long address_space_kbytes(void)
{
	unsigned long pages = 0;
	FILE *statm = fopen("/proc/self/statm", "re");

	if (!statm || fscanf(statm, "%lu", &pages) != 1)
		fail_msg("/proc/self/statm");
	fclose(statm);
	return pages * 4;
}

/* Less and less address space is there: whichever mapping fails, boot fails and leaves nothing. */
static void boot_with_little_address_space(void)
{
	unsigned long base = address_space_kbytes();
	struct rlimit limit;
	int failed = 0, booted = 0;

	getrlimit(RLIMIT_AS, &limit);
	for (unsigned long more = 64; more < 5UL << 20; more += more / 2) {
		rlim_t old = limit.rlim_cur;
		int err;

		limit.rlim_cur = (base + more) << 10;
		setrlimit(RLIMIT_AS, &limit);
		err = boot_quietly("machine=i386 mem=1500M");
		limit.rlim_cur = old;
		setrlimit(RLIMIT_AS, &limit);
		assert_true(!err || err == -ENOMEM);
		failed += !!err;
		booted += !err;
		assert_true(address_space_kbytes() < base + 4096);
		boot("mem=64M");
		shutdown_clean();
	}
	assert_true(failed > 3 && booted > 0);
}

static void a_host_without_addresses_is_no_memory(void **state)
{
#if defined(__SANITIZE_ADDRESS__)
	skip();			/* it has its own idea of address space */
#endif
	if (host_is_narrow())
		skip();
	in_child(boot_with_little_address_space);
}

static void boot_without_descriptors(void)
{
	int fds[1024], nr = 0;

	while (nr < 1024 && (fds[nr] = open("/dev/null", O_RDONLY)) >= 0)
		nr++;
	close(fds[--nr]);	/* what the test itself needs to listen */
	close(fds[--nr]);
	assert_int_equal(boot_quietly("mem=64M"), -ENOMEM);
	while (nr)
		close(fds[--nr]);
	boot("mem=64M");
	shutdown_clean();
}

static void lower_the_limit(void)
{
	struct rlimit limit = { 64, 64 };

	setrlimit(RLIMIT_NOFILE, &limit);
	boot("mem=64M");	/* whatever is opened once and kept */
	shutdown_clean();
	boot_without_descriptors();
}

static void a_host_without_descriptors_is_no_memory(void **state)
{
	if (host_is_narrow())
		skip();		/* valgrind keeps some for itself */
	in_child(lower_the_limit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(everything_is_found_from_the_root),
		machine_test(the_managers_memory_is_counted_and_kept),
		machine_test(boot_takes_memory_from_the_top),
		machine_test(a_boot_area_leaves_memory_to_the_allocator),
		machine_test(a_boot_area_has_to_be_outside_and_large_enough),
		machine_test(without_a_machine_the_core_says_so),
		machine_test(a_host_without_addresses_is_no_memory),
		machine_test(a_host_without_descriptors_is_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * replay_machine.c - machine.txt, initial-free.txt, and which of them belongs to a recording
 *
 * CTest: only=plain
 */
#include "cmocka_unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/mm.h>

#include "command_stub.h"

#include "../../tools/pagoda/find.c"
#include "../../tools/pagoda/machine.c"
#include "../../tools/pagoda/span.c"
#include "../../tools/pagoda/util.c"

static char dir[] = "/tmp/pagoda-test-XXXXXX";

static void write_file(const char *name, const char *text)
{
	char *path = path_join(dir, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	free(path);
}

static void make_machine_dir(const char *name)
{
	char *path = path_join(dir, name), text[256];

	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(text, sizeof(text), "%s/machine.txt", name);
	write_file(text, "");
	free(path);
}

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static struct machine machine;

static int read_text(const char *text)
{
	char *path = path_join(dir, "machine.txt");
	int err;

	write_file("machine.txt", text);
	err = machine_read(path, &machine);
	free(path);
	return err;
}

static const char i386_text[] =
	"version: Linux version 6.1.0-50-686-pae\n"
	"cmdline: console=ttyS0 wl=highmem ncpu=4 loglevel=4\n"
	"[    0.000000] BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable\n"
	"[    0.000000] BIOS-e820: [mem 0x0000000000100000-0x000000005ffcdfff] usable\n"
	"[    0.000000] BIOS-e820: [mem 0x000000005ffce000-0x000000005fffffff] reserved\n"
	"[    0.000000] e820: update [mem 0x00000000-0x00000fff] usable ==> reserved\n"
	"[    0.000000] e820: remove [mem 0x000a0000-0x000fffff] usable\n"
	"[    0.000000] 879MB LOWMEM available.\n"
	"[    0.000000] Zone ranges:\n"
	"[    0.000000]   DMA      [mem 0x0000000000001000-0x0000000000ffffff]\n"
	"[    0.000000]   Normal   [mem 0x0000000001000000-0x0000000036ffdfff]\n"
	"[    0.000000]   HighMem  [mem 0x0000000036ffe000-0x000000005ffcdfff]\n";

static void the_zones_and_the_cpus_are_read(void **state)
{
	(void)state;
	assert_int_equal(read_text(i386_text), 0);
	assert_true(machine.is_32bit);
	assert_int_equal(machine.nr_cpus, 4);
	assert_int_equal(machine.zone[HEIGHT_HIGHMEM].start, 0x36ffe);
	assert_int_equal(machine.zone[HEIGHT_HIGHMEM].end, 0x5ffce);
	assert_int_equal(machine_zone(&machine, 0xfff), HEIGHT_DMA);
	assert_int_equal(machine_zone(&machine, 0x1000), HEIGHT_NORMAL);
	assert_int_equal(machine_zone(&machine, 0), -1);
	assert_int_equal(machine_end(&machine), 0x5ffce);
	machine_free(&machine);
}

static void without_node_ranges_the_firmware_is_believed(void **state)
{
	(void)state;
	assert_int_equal(read_text(i386_text), 0);
	assert_int_equal(machine.ram.nr, 2);
	assert_int_equal(machine.ram.span[0].start, 1);		/* the kernel took page 0 back */
	assert_int_equal(machine.ram.span[0].end, 0x9f);	/* and half a page is none */
	assert_int_equal(machine.ram.span[1].start, 0x100);
	machine_free(&machine);
}

static void node_ranges_are_believed_first(void **state)
{
	(void)state;
	assert_int_equal(read_text(
		"[    0.000000] BIOS-e820: [mem 0x0000000000000000-0x00000000ffffffff] usable\n"
		"[    0.000000]   node   9: [mem 0x0000000000001000-0x0000000000001fff]\n"
		"[    0.000000] Early memory node ranges\n"
		"[    0.000000]   node   0: [mem 0x0000000000100000-0x000000001ffcdfff]\n"
		"[    0.000000]   node   0: [mem 0x0000000000001000-0x000000000009efff]\n"
		"[    0.000000] Initmem setup node 0 [mem 0x0000000000001000-0x000000001ffcdfff]\n"
		"[    0.000000]   node   9: [mem 0x00000000f0001000-0x00000000f0001fff]\n"
		"[    0.000000] setup_percpu: NR_CPUS:8192 nr_cpumask_bits:2 nr_cpu_ids:2 nr_node_ids:1\n"),
		0);
	assert_false(machine.is_32bit);
	assert_int_equal(machine.nr_cpus, 2);
	assert_int_equal(machine.ram.nr, 2);
	assert_int_equal(span_list_pages(&machine.ram), 0x9e + 0x1fece);
	machine_free(&machine);
}

static void a_file_without_memory_is_refused(void **state)
{
	(void)state;
	assert_int_equal(read_text("nothing\n[mem\n[ 0.0\nBIOS-e820: [mem 0xzz] usable\n"), -1);
	assert_non_null(strstr(complained, "names no range of RAM"));
	machine_free(&machine);
	assert_int_equal(machine_read("/nonexistent/machine.txt", &machine), -1);
	assert_non_null(strstr(complained, "No such file"));
	machine_free(&machine);
}

static void what_was_not_free_is_reserved(void **state)
{
	char *line, want[512];

	(void)state;
	write_file("initial-free.txt", "# first last pages\n0x100 0x1ff 256\n0x80 0x9e 31\n"
		   "0x60000 0x60001 2\nrubbish\n");
	assert_int_equal(read_text(i386_text), 0);
	assert_true(machine.knows_free);
	assert_int_equal(span_list_pages(&machine.free), 256 + 31);
	assert_non_null(strstr(complained, "0x2 frames are not in the RAM"));
	line = machine_command_line(&machine, NULL, "loglevel=7");
	snprintf(want, sizeof(want), "machine=i386 nr_cpus=4 memmap=exactmap memmap=%#lx@%#lx "
		 "memmap=%#lx@%#lx highmem=%#lx boot_reserve=%#lx@%#lx boot_reserve=%#lx@%#lx boot_area=",
		 0x9e * PAGE_SIZE, 1 * PAGE_SIZE, 0x5fece * PAGE_SIZE, 0x100 * PAGE_SIZE,
		 0x28fd0 * PAGE_SIZE, 0x7f * PAGE_SIZE, 1 * PAGE_SIZE, 0x5fdce * PAGE_SIZE,
		 0x200 * PAGE_SIZE);
	assert_memory_equal(line, want, strlen(want));
	assert_non_null(strstr(line, " loglevel=7"));
	free(line);
	machine_free(&machine);
}

static void expect_machine(const char *trace, const char *want)
{
	char *path = path_join(dir, trace), *found = machine_find(path), *wanted;

	wanted = want ? path_join(dir, want) : NULL;
	if (want)
		assert_string_equal(found, wanted);
	else
		assert_null(found);
	free(path);
	free(found);
	free(wanted);
}

static void the_longest_name_that_matches_word_by_word_is_taken(void **state)
{
	(void)state;
	make_machine_dir("amd64-512m");
	make_machine_dir("amd64-512m-new");
	make_machine_dir("amd64-256m-pressure");
	expect_machine("amd64-512m.trace.xz", "amd64-512m/machine.txt");
	expect_machine("amd64-512m-first20k.dat", "amd64-512m/machine.txt");
	expect_machine("amd64-512m-new-2.trace", "amd64-512m-new/machine.txt");
	expect_machine("amd64-512m", "amd64-512m/machine.txt");
	expect_machine("amd64-512mb.trace", NULL);
	expect_machine("amd64.trace", NULL);
	expect_machine("other.trace", NULL);
}

static void the_start_of_a_recording_finds_the_only_one_it_can_be_of(void **state)
{
	(void)state;
	make_machine_dir("i386-1536m-highmem");
	make_machine_dir("amd64-256m-pressure");
	expect_machine("i386-1536m-first5k.dat", "i386-1536m-highmem/machine.txt");
	expect_machine("i386-1536m-last5k.dat", NULL);
	expect_machine("i386-1537m-first5k.dat", NULL);
	make_machine_dir("i386-1536m-other");
	expect_machine("i386-1536m-first5k.dat", NULL);
}

static void a_machine_in_the_same_directory_comes_last(void **state)
{
	(void)state;
	write_file("machine.txt", "");
	expect_machine("whatever.trace", "machine.txt");
	make_machine_dir("whatever");
	expect_machine("whatever.trace", "whatever/machine.txt");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_zones_and_the_cpus_are_read),
		TEST(without_node_ranges_the_firmware_is_believed),
		TEST(node_ranges_are_believed_first),
		TEST(a_file_without_memory_is_refused),
		TEST(what_was_not_free_is_reserved),
		TEST(the_longest_name_that_matches_word_by_word_is_taken),
		TEST(the_start_of_a_recording_finds_the_only_one_it_can_be_of),
		TEST(a_machine_in_the_same_directory_comes_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * cmdline.c - fuzz target: any command line boots a machine that works, or is refused and leaves nothing
 *
 * Idea. Random text is refused at its first character and tests little. So a byte with its top bit set
 * stands for a word or a value that means something, and the others for themselves: the fuzzer puts
 * sentences together, and spoils them. The first byte says how many of the others count and whether
 * they are words only, or whole words only, for a long sentence is wrong somewhere. A machine that boots is checked, used
 * and stopped.
 *
 * What a machine says is thrown away; what this file finds wrong is said, and ends the process.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/swap.h>
#include <pagoda/pagoda.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 2048, FIRST_WHOLE_WORD = 36, NR_WHOLE_WORDS = 37 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static const char *const words[] = {
	" ", "\t", "\n", "=", ",", "@", "$", "-", "_", "0x", "K", "M", "G", "T", "P", "E", "k", "m",
	" machine=", " mem=", " highmem=", " nr_cpus=", " numa=", " memmap=", " boot_reserve=", " boot_area=",
	" loglevel=", " min_free_kbytes=", " lowmem_reserve_ratio=", " init_on_alloc=", " init_on_free=",
	" page_poison=", " panic_on_warn=", " debug_preempt=", " array_cache=", " nr-cpus=",
	/* FIRST_WHOLE_WORD */
	" machine=i386", " machine=x86_64", " mem=8M", " mem=64M", " mem=1G", " mem=5G", " mem=8T",
	" mem=12345678", " nr_cpus=1", " nr_cpus=3", " numa=2", " numa=7", " memmap=exactmap",
	" memmap=16M@0", " memmap=32M@16M", " memmap=24K@16M", " memmap=8M@4G", " memmap=1M$3M",
	" memmap=100K@2000K,5000@7M", " boot_area=64M@1G", " boot_area=256M@8G", " highmem=8M",
	" highmem=33333333", " boot_reserve=1M@20M", " boot_reserve=5000@300", " min_free_kbytes=1024",
	" min_free_kbytes=99999999", " lowmem_reserve_ratio=0,0,0", " lowmem_reserve_ratio=1,1,1,1",
	" panic_on_warn=0", " debug_preempt", " page_poison", " init_on_alloc=on", " init_on_free=n",
	" array_cache=rseq", " array_cache=portable", " loglevel=8", " nonsense", " nonsense=5",
	"0", "1", "2", "7", "8", "63", "64", "256", "257", "4095", "4096", "65536", "16M", "16388K", "896M", "3G",
	"4G", "8T", "8796093022208", "18446744073709551615", "99999999999999999999", "0xffffffffffffffff",
	"i386", "x86_64", "exactmap", "on", "off", "y", "rseq", "portable",
};

static int real_stderr, nowhere;

/* Descriptors, mappings of physical memory, and address space in use. */
struct remains {
	int files, mappings;
	unsigned long pages;
};

static void __attribute__((format(printf, 2, 3), noreturn)) wrong(const char *line, const char *fmt, ...)
{
	va_list args;

	dup2(real_stderr, STDERR_FILENO);
	va_start(args, fmt);
	fprintf(stderr, "fuzz: '%s': ", line);
	vfprintf(stderr, fmt, args);
	fprintf(stderr, "\n");
	va_end(args);
	abort();
}

static struct remains remains_now(void)
{
	struct remains now = { 0, 0, 0 };
	DIR *dir = opendir("/proc/self/fd");
	FILE *maps = fopen("/proc/self/maps", "re"), *statm = fopen("/proc/self/statm", "re");
	char text[512];

	while (dir && readdir(dir))
		now.files++;
	while (maps && fgets(text, sizeof(text), maps))
		now.mappings += strstr(text, "memfd:pagoda") != NULL;
	if (!statm || fscanf(statm, "%lu", &now.pages) != 1)
		now.pages = 0;
	if (dir)
		closedir(dir);
	if (maps)
		fclose(maps);
	if (statm)
		fclose(statm);
	return now;
}

static void expect_remains(const char *line, struct remains before)
{
	struct remains now = remains_now();

	if (now.files != before.files)
		wrong(line, "%d descriptors before, %d after", before.files, now.files);
	if (now.mappings != before.mappings)
		wrong(line, "%d mappings before, %d after", before.mappings, now.mappings);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(__clang__)
	/* A machine's window is at least as large as the smallest machine. */
	if (now.pages > before.pages + (4 << 20) / 4096)
		wrong(line, "%lu pages of addresses before, %lu after", before.pages, now.pages);
#endif
}

/* What a byte of the input stands for; the two top bits of the first byte say how to read the others. */
static const char *word_of(uint8_t byte, unsigned int mode)
{
	static char literal[2];

	if (mode >= 2)
		return words[FIRST_WHOLE_WORD + byte % NR_WHOLE_WORDS];
	if (mode == 1 || byte & 0x80)
		return words[(byte & 0x7f) % (sizeof(words) / sizeof(words[0]))];
	literal[0] = byte ? (char)byte : ' ';
	return literal;
}

static void make_line(char *line, const uint8_t *data, size_t size)
{
	unsigned int most = size ? *data & 0x3f : 0, mode = size ? *data >> 6 : 0;
	size_t len = 0;

	if (mode >= 2)
		most /= 8;		/* of whole words a few are enough */
	for (data++; size > 1 && most; data++, size--, most--) {
		const char *word = word_of(*data, mode);

		if (len + strlen(word) >= LINE_BYTES)
			break;
		strcpy(line + len, word);
		len += strlen(word);
	}
	line[len] = '\0';
}

static void use_machine(const char *line)
{
	static const gfp_t requests[] = { GFP_KERNEL, GFP_ATOMIC, GFP_HIGHUSER, GFP_DMA, GFP_NOWAIT };
	struct page *pages[5 * 4];
	unsigned long before = nr_free_pages();

	for (int i = 0; i < 5 * 4; i++)
		pages[i] = alloc_pages(requests[i / 4] | __GFP_NOWARN, i % 4 * 3);
	if (pagoda_check())
		wrong(line, "pagoda_check() after allocations");
	for (int i = 0; i < 5 * 4; i++) {
		if (pages[i] && page_address(pages[i]))
			*(volatile char *)page_address(pages[i]) = 1;
		__free_pages(pages[i], i % 4 * 3);
	}
	if (nr_free_pages() != before)
		wrong(line, "%lu pages free before, %lu after", before, nr_free_pages());
}

static void boot_and_stop(const char *line)
{
	int err = pagoda_boot(line);

	if (err) {
		if (err != -EINVAL && err != -ENOMEM)
			wrong(line, "pagoda_boot(): %d", err);
		if (pagoda_shutdown() != -ENODEV)
			wrong(line, "a refused machine runs");
		return;
	}
	if (pagoda_check())
		wrong(line, "pagoda_check() after the boot");
	use_machine(line);
	if (pagoda_check())
		wrong(line, "pagoda_check() after all was freed");
	err = pagoda_shutdown();
	if (err)
		wrong(line, "pagoda_shutdown(): %d", err);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	real_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	boot_and_stop("mem=64M");		/* what is opened once and kept, is now */
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char line[LINE_BYTES];
	struct remains before = remains_now();

	make_line(line, data, size);
	dup2(nowhere, STDERR_FILENO);
	boot_and_stop(line);
	dup2(real_stderr, STDERR_FILENO);
	expect_remains(line, before);
	return 0;
}

// SPDX-License-Identifier: MIT
/*
 * ram.c - the machine's physical memory: one sparse memfd
 *
 * Idea. Offset n of the file is physical address n. The direct map is one window of reserved addresses
 * in which ranges of RAM are mapped shared; everything that maps memory a second time maps the same
 * file elsewhere. The host gives a page when it is first written, so a machine of terabytes costs
 * what it touches.
 *
 * fork() would leave two processes with the same memory. So before it what was written is copied to a
 * second file, and the child maps that in the place of the first.
 *
 * Always true
 *	holes   addresses of the window that are no RAM are not accessible
 *	listed  every mapping of the file is in mappings[]
 *	one     there is at most one machine; its mappings are all in this file's variables
 *
 * Locks: none; boot and shutdown are single-threaded, and reading and writing need none.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/kernel.h>
#include <linux/mmdebug.h>
#include <pagoda/arch.h>

#include "hosted.h"

#define WINDOW_ALIGN (1UL << 30)
#define COPY_CHUNK (1UL << 20)

struct mapping {
	char  *addr;
	size_t size;
	off_t  start;		/* physical address */
};

static int ram_fd = -1;
static int copy_fd = -1;	/* between the two halves of fork() */
static char *window;		/* the direct map: aligned, in what is reserved */
static char *reserved;
static size_t reserved_size;
static struct mapping *mappings;
static size_t nr_mappings;

/*
 * Reserves addresses for the direct map. Those too many on both sides stay reserved: to give them back could
 * split a mapping, which fails when the process has as many as it may.
 */
static bool reserve_window(size_t size)
{
	reserved_size = size + WINDOW_ALIGN;
	reserved = mmap(NULL, reserved_size, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (reserved == MAP_FAILED) {
		reserved = NULL;
		return false;
	}
	window = reserved + (-(uintptr_t)reserved & (WINDOW_ALIGN - 1));
	return true;
}

void *arch_ram_create(phys_addr_t end, phys_addr_t direct_end)
{
	ram_fd = memfd_create("pagoda-ram", MFD_CLOEXEC);
	if (ram_fd < 0)
		return NULL;
	if (ftruncate(ram_fd, end) ||
	    !reserve_window(ALIGN(direct_end, (phys_addr_t)sysconf(_SC_PAGESIZE))))
		arch_ram_destroy();
	return window;
}

static void *map_ram(void *addr, off_t start, size_t size, int flags)
{
	struct mapping *more = realloc(mappings, (nr_mappings + 1) * sizeof(*more));

	if (!more)
		return NULL;
	mappings = more;
	addr = mmap(addr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE | flags, ram_fd,
		    start);
	if (addr == MAP_FAILED)
		return NULL;
	mappings[nr_mappings++] = (struct mapping){ addr, size, start };
	return addr;
}

int arch_ram_map_direct(phys_addr_t start, phys_addr_t size)
{
	return map_ram(window + start, start, size, MAP_FIXED) ? 0 : -ENOMEM;
}

void *arch_ram_map(phys_addr_t start, phys_addr_t size)
{
	return map_ram(NULL, start, size, 0);
}

void arch_ram_destroy(void)
{
	while (nr_mappings) {
		nr_mappings--;
		munmap(mappings[nr_mappings].addr, mappings[nr_mappings].size);
	}
	free(mappings);
	mappings = NULL;
	if (reserved)
		munmap(reserved, reserved_size);
	reserved = window = NULL;
	if (ram_fd >= 0)
		close(ram_fd);
	ram_fd = -1;
}

/* ---- fork ---- */

/* Copies [start, end) of the file. */
static bool copy_range(char *buf, off_t start, off_t end)
{
	while (start < end) {
		ssize_t nr = pread(ram_fd, buf, min((off_t)COPY_CHUNK, end - start), start);

		if (nr <= 0 || pwrite(copy_fd, buf, nr, start) != nr)
			return false;
		start += nr;
	}
	return true;
}

/* Copies what was ever written; the rest reads as zeros in the copy, too. */
static bool copy_ram(char *buf)
{
	off_t start = lseek(ram_fd, 0, SEEK_DATA), end;

	for (; start >= 0; start = lseek(ram_fd, end, SEEK_DATA)) {
		end = lseek(ram_fd, start, SEEK_HOLE);
		if (end < 0 || !copy_range(buf, start, end))
			return false;
	}
	return errno == ENXIO;		/* behind the last data */
}

void hosted_ram_before_fork(void)
{
	int saved = errno;
	char *buf = ram_fd < 0 ? NULL : malloc(COPY_CHUNK);

	copy_fd = buf ? memfd_create("pagoda-ram", MFD_CLOEXEC) : -1;
	if (copy_fd >= 0 &&
	    (ftruncate(copy_fd, lseek(ram_fd, 0, SEEK_END)) || !copy_ram(buf)))
		hosted_ram_after_fork();
	free(buf);
	errno = saved;
}

void hosted_ram_after_fork(void)
{
	if (copy_fd >= 0)
		close(copy_fd);
	copy_fd = -1;
}

bool hosted_ram_in_child(void)
{
	bool copied = copy_fd >= 0;

	for (size_t i = 0; copied && i < nr_mappings; i++)
		copied = mmap(mappings[i].addr, mappings[i].size, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_NORESERVE | MAP_FIXED, copy_fd,
			      mappings[i].start) != MAP_FAILED;
	if (!copied) {
		hosted_ram_after_fork();
		return false;
	}
	close(ram_fd);
	ram_fd = copy_fd;
	copy_fd = -1;
	return true;
}

/* ---- access without a mapping ---- */

void arch_ram_read(phys_addr_t phys, void *buf, size_t size)
{
	BUG_ON(pread(ram_fd, buf, size, phys) != (ssize_t)size);
}

void arch_ram_write(phys_addr_t phys, const void *buf, size_t size)
{
	BUG_ON(pwrite(ram_fd, buf, size, phys) != (ssize_t)size);
}

// SPDX-License-Identifier: MIT
/*
 * ram.c - the machine's physical memory: one sparse memfd
 *
 * Idea. Offset n of the file is physical address n. The direct map is one window of reserved addresses
 * in which ranges of RAM are mapped shared; everything that maps memory a second time maps the same
 * file elsewhere. The host gives a page when it is first written, so a machine of terabytes costs
 * what it touches.
 *
 * Always true
 *	holes   addresses of the window that are no RAM are not accessible
 *	one     there is at most one machine; its mappings are all in this file's variables
 *
 * Locks: none; boot and shutdown are single-threaded, and reading and writing need none.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/kernel.h>
#include <linux/mmdebug.h>
#include <pagoda/arch.h>

#define WINDOW_ALIGN (1UL << 30)
#define NR_SECOND_MAPS 8

struct mapping {
	void  *addr;
	size_t size;
};

static int ram_fd = -1;
static struct mapping window;			/* the direct map */
static struct mapping second[NR_SECOND_MAPS];
static int nr_second;

/* Reserves addresses, aligned; what is too much on both sides is given back. */
static void *reserve_aligned(size_t size, size_t align)
{
	char *addr = mmap(NULL, size + align, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t before;

	if (addr == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)addr & (align - 1);
	if (before)
		munmap(addr, before);
	munmap(addr + before + size, align - before);
	return addr + before;
}

void *arch_ram_create(phys_addr_t end, phys_addr_t direct_end)
{
	ram_fd = memfd_create("pagoda-ram", MFD_CLOEXEC);
	if (ram_fd < 0)
		return NULL;
	window.size = ALIGN(direct_end, (phys_addr_t)sysconf(_SC_PAGESIZE));
	window.addr = ftruncate(ram_fd, end) ? NULL : reserve_aligned(window.size, WINDOW_ALIGN);
	if (!window.addr)
		arch_ram_destroy();
	return window.addr;
}

int arch_ram_map_direct(phys_addr_t start, phys_addr_t size)
{
	void *addr = mmap((char *)window.addr + start, size, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_FIXED | MAP_NORESERVE, ram_fd, start);

	return addr == MAP_FAILED ? -ENOMEM : 0;
}

void *arch_ram_map(phys_addr_t start, phys_addr_t size)
{
	struct mapping *map = &second[nr_second];

	if (nr_second == NR_SECOND_MAPS)
		return NULL;
	map->addr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, ram_fd,
			 start);
	map->size = size;
	if (map->addr == MAP_FAILED)
		return NULL;
	nr_second++;
	return map->addr;
}

void arch_ram_destroy(void)
{
	while (nr_second) {
		nr_second--;
		munmap(second[nr_second].addr, second[nr_second].size);
	}
	if (window.addr)
		munmap(window.addr, window.size);
	window.addr = NULL;
	if (ram_fd >= 0)
		close(ram_fd);
	ram_fd = -1;
}

void arch_ram_read(phys_addr_t phys, void *buf, size_t size)
{
	BUG_ON(pread(ram_fd, buf, size, phys) != (ssize_t)size);
}

void arch_ram_write(phys_addr_t phys, const void *buf, size_t size)
{
	BUG_ON(pwrite(ram_fd, buf, size, phys) != (ssize_t)size);
}

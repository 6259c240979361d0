// SPDX-License-Identifier: MIT
/*
 * 16-old-data.c - a page that was used before still has the old bytes
 *
 * Notes: 安全考虑, security_considerations(), secure_memory_allocation(). One user writes a password and frees
 * the page; the next one, who gets the same page, can read it, unless it asks for a zeroed page, or the
 * machine zeroes every page: init_on_free=1 and init_on_alloc=1. One CPU, so that the page comes back at once.
 */
#include <stdio.h>
#include <string.h>

#include <pagoda/pagoda.h>
#include <linux/mm.h>

#define SECRET "password: hunter2"

/* Frees a page that holds the secret. Returns its frame number. */
static unsigned long leave_a_secret(void)
{
	unsigned long addr = _get_free_page(GFP_KERNEL), pfn;

	if (!addr)
		return 0;
	strcpy((char *)addr, SECRET);
	pfn = virt_to_pfn(addr);
	free_page(addr);
	return pfn;
}

static void look(const char *how, unsigned long addr, unsigned long secret_pfn)
{
	if (!addr)
		return;
	printf("%-17s the page of the secret: %-4s content: \"%s\"\n", how,
	       virt_to_pfn(addr) == secret_pfn ? "yes," : "no,", (char *)addr);
	free_page(addr);
}

static void secure_memory_allocation(void)
{
	unsigned long pfn = leave_a_secret();

	look("_get_free_page()", _get_free_page(GFP_KERNEL), pfn);	/* not safe */
	pfn = leave_a_secret();
	look("get_zeroed_page()", get_zeroed_page(GFP_KERNEL), pfn);	/* safe */
}

int main(void)
{
	static const char *const cmdlines[] = {
		"machine=i386 mem=64M nr_cpus=1",
		"machine=i386 mem=64M nr_cpus=1 init_on_free=1",
		"machine=i386 mem=64M nr_cpus=1 init_on_alloc=1",
	};

	for (size_t i = 0; i < ARRAY_SIZE(cmdlines); i++) {
		if (pagoda_boot(cmdlines[i]))
			return 1;
		printf("%s\n", cmdlines[i]);
		secure_memory_allocation();
		if (pagoda_shutdown())
			return 1;
	}
	return 0;
}

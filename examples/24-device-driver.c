// SPDX-License-Identifier: MIT
/*
 * 24-device-driver.c - a buffer that a device can reach
 *
 * Notes: 设备驱动中的使用, allocate_device_buffer(), free_device_buffer(). The driver of the text, and a device
 * that is told a physical address and a length and writes there by itself: so the buffer must be in one
 * piece and within the reach of the device, here 16 MiB.
 */
#include <stdio.h>
#include <string.h>

#include <pagoda/pagoda.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/swap.h>

static const char *yes(bool is_so)
{
	return is_so ? "yes" : "no";
}

struct device_buffer {
	struct page *pages;
	void *virt_addr;
	size_t size;
};

static int allocate_device_buffer(struct device_buffer *buf, size_t size)
{
	unsigned int order = get_order(size);

	buf->pages = alloc_pages(GFP_DMA, order);
	if (!buf->pages)
		return -ENOMEM;
	buf->virt_addr = page_address(buf->pages);
	buf->size = size;
	memset(buf->virt_addr, 0, PAGE_SIZE << order);
	return 0;
}

static void free_device_buffer(struct device_buffer *buf)
{
	unsigned int order = get_order(buf->size);

	__free_pages(buf->pages, order);
}

/* The device: it has 24 address lines, and knows nothing of pages. */
static bool device_receive(phys_addr_t address, size_t size)
{
	if (address + size > 1UL << 24)
		return false;
	for (size_t i = 0; i < size; i++)
		*(unsigned char *)phys_to_virt(address + i) = i % 251;
	return true;
}

static bool received_all(const struct device_buffer *buf)
{
	const unsigned char *data = buf->virt_addr;

	for (size_t i = 0; i < buf->size; i++)
		if (data[i] != i % 251)
			return false;
	return true;
}

static int use_device(size_t size)
{
	unsigned long before = nr_free_pages();
	struct device_buffer buf;
	int err = allocate_device_buffer(&buf, size);

	if (err)
		return err;
	printf("%zu bytes: took %lu KiB in zone %s, ", size,
	       (before - nr_free_pages()) << (PAGE_SHIFT - 10), page_zone(buf.pages)->name);
	printf("the device can write there: %s, ",
	       yes(device_receive(page_to_phys(buf.pages), size)));
	printf("all arrived: %s\n", yes(received_all(&buf)));
	free_device_buffer(&buf);
	return 0;
}

int main(void)
{
	if (pagoda_boot("machine=i386 mem=128M nr_cpus=2"))
		return 1;
	if (use_device(8192) || use_device(100000) || use_device(1 << 20))
		return 1;
	return pagoda_shutdown() != 0;
}

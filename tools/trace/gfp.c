// SPDX-License-Identifier: MIT
/*
 * gfp.c - GFP flags as the kernel prints them
 *
 * Idea. The kernel prints a value by going down a table of names: each name whose bits are all
 * still there is printed, and its bits are taken away; what is left comes as a hexadecimal number.
 * Reading is the reverse, a union of the bits. The table is that of Linux 6.1: flags have other
 * values in other versions, so a value means something only together with this table.
 *
 * Always true: trace_gfp_parse(trace_gfp_format(v)) == v, for every v.
 */
#include "trace.h"

#include <stdio.h>
#include <string.h>

struct gfp_name {
	const char *name;
	uint8_t	    len;
	uint32_t    value;
};

#define GFP_NAME(n, v) { .name = n, .len = sizeof(n) - 1, .value = v }

/* In the order of the kernel's table, on which printing depends. */
static const struct gfp_name gfp_names[] = {
	GFP_NAME("GFP_TRANSHUGE", 0x1c24ca),
	GFP_NAME("GFP_TRANSHUGE_LIGHT", 0x1c20ca),
	GFP_NAME("GFP_HIGHUSER_MOVABLE", 0x100cca),
	GFP_NAME("GFP_HIGHUSER", 0x100cc2),
	GFP_NAME("GFP_USER", 0x100cc0),
	GFP_NAME("GFP_KERNEL_ACCOUNT", 0x400cc0),
	GFP_NAME("GFP_KERNEL", 0xcc0),
	GFP_NAME("GFP_NOFS", 0xc40),
	GFP_NAME("GFP_ATOMIC", 0xa20),
	GFP_NAME("GFP_NOIO", 0xc00),
	GFP_NAME("GFP_NOWAIT", 0x800),
	GFP_NAME("GFP_DMA", 0x1),
	GFP_NAME("__GFP_HIGHMEM", 0x2),
	GFP_NAME("GFP_DMA32", 0x4),
	GFP_NAME("__GFP_HIGH", 0x20),
	GFP_NAME("__GFP_ATOMIC", 0x200),
	GFP_NAME("__GFP_IO", 0x40),
	GFP_NAME("__GFP_FS", 0x80),
	GFP_NAME("__GFP_NOWARN", 0x2000),
	GFP_NAME("__GFP_RETRY_MAYFAIL", 0x4000),
	GFP_NAME("__GFP_NOFAIL", 0x8000),
	GFP_NAME("__GFP_NORETRY", 0x10000),
	GFP_NAME("__GFP_COMP", 0x40000),
	GFP_NAME("__GFP_ZERO", 0x100),
	GFP_NAME("__GFP_NOMEMALLOC", 0x80000),
	GFP_NAME("__GFP_MEMALLOC", 0x20000),
	GFP_NAME("__GFP_HARDWALL", 0x100000),
	GFP_NAME("__GFP_THISNODE", 0x200000),
	GFP_NAME("__GFP_RECLAIMABLE", 0x10),
	GFP_NAME("__GFP_MOVABLE", 0x8),
	GFP_NAME("__GFP_ACCOUNT", 0x400000),
	GFP_NAME("__GFP_WRITE", 0x1000),
	GFP_NAME("__GFP_RECLAIM", 0xc00),
	GFP_NAME("__GFP_DIRECT_RECLAIM", 0x400),
	GFP_NAME("__GFP_KSWAPD_RECLAIM", 0x800),
	GFP_NAME("__GFP_ZEROTAGS", 0x800000),
};

#define NR_GFP_NAMES (sizeof(gfp_names) / sizeof(gfp_names[0]))

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* A remainder: 0x and one to eight lower-case digits. */
static int parse_hex(const char *word, size_t len, uint32_t *value)
{
	uint32_t v = 0;
	size_t i;

	if (len < 3 || len > 10 || word[0] != '0' || word[1] != 'x')
		return -1;
	for (i = 2; i < len; i++) {
		int digit = hex_digit(word[i]);

		if (digit < 0)
			return -1;
		v = v << 4 | (uint32_t)digit;
	}
	*value = v;
	return 0;
}

static int parse_word(const char *word, size_t len, uint32_t *value)
{
	size_t i;

	for (i = 0; i < NR_GFP_NAMES; i++) {
		if (gfp_names[i].len == len && !memcmp(gfp_names[i].name, word, len)) {
			*value = gfp_names[i].value;
			return 0;
		}
	}
	return parse_hex(word, len, value);
}

int trace_gfp_parse(const char *list, size_t len, uint32_t *value, struct trace_span *bad)
{
	const char *end = list + len;
	uint32_t sum = 0, bits;

	*value = 0;
	if (len == 4 && !memcmp(list, "none", 4))
		return 0;
	for (;;) {
		const char *bar = memchr(list, '|', (size_t)(end - list));
		size_t word_bytes = (size_t)((bar ? bar : end) - list);

		if (parse_word(list, word_bytes, &bits)) {
			*bad = (struct trace_span){ list, word_bytes };
			return -1;
		}
		sum |= bits;
		if (!bar)
			break;
		list = bar + 1;
	}
	*value = sum;
	return 0;
}

static void append(char *buf, size_t size, size_t *used, const char *word)
{
	int n;

	if (*used >= size)
		return;
	n = snprintf(buf + *used, size - *used, "%s%s", *used ? "|" : "", word);
	*used += (size_t)n;
}

char *trace_gfp_format(uint32_t value, char *buf, size_t size)
{
	char rest[16];
	size_t used = 0;
	size_t i;

	if (size)
		buf[0] = '\0';
	if (!value)
		append(buf, size, &used, "none");
	for (i = 0; i < NR_GFP_NAMES && value; i++) {
		uint32_t bits = gfp_names[i].value;

		if ((value & bits) != bits)
			continue;
		append(buf, size, &used, gfp_names[i].name);
		value &= ~bits;
	}
	if (value) {
		snprintf(rest, sizeof(rest), "0x%x", value);
		append(buf, size, &used, rest);
	}
	return buf;
}

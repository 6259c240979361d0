// SPDX-License-Identifier: MIT
/*
 * reader_gfp.c - GFP lists as Linux 6.1 prints them, read and printed again
 */
#include "cmocka_unit.h"

#include <stdlib.h>
#include <string.h>

#include "../../tools/trace/trace.h"

/* The table of the traces' README, section 4. */
static const struct {
	const char *name;
	uint32_t    value;
} table[] = {
	{ "GFP_TRANSHUGE", 0x1c24ca },	     { "GFP_TRANSHUGE_LIGHT", 0x1c20ca },
	{ "GFP_HIGHUSER_MOVABLE", 0x100cca }, { "GFP_HIGHUSER", 0x100cc2 },
	{ "GFP_USER", 0x100cc0 },	     { "GFP_KERNEL_ACCOUNT", 0x400cc0 },
	{ "GFP_KERNEL", 0xcc0 },	     { "GFP_NOFS", 0xc40 },
	{ "GFP_ATOMIC", 0xa20 },	     { "GFP_NOIO", 0xc00 },
	{ "GFP_NOWAIT", 0x800 },	     { "GFP_DMA", 0x1 },
	{ "__GFP_HIGHMEM", 0x2 },	     { "GFP_DMA32", 0x4 },
	{ "__GFP_HIGH", 0x20 },		     { "__GFP_ATOMIC", 0x200 },
	{ "__GFP_IO", 0x40 },		     { "__GFP_FS", 0x80 },
	{ "__GFP_NOWARN", 0x2000 },	     { "__GFP_RETRY_MAYFAIL", 0x4000 },
	{ "__GFP_NOFAIL", 0x8000 },	     { "__GFP_NORETRY", 0x10000 },
	{ "__GFP_COMP", 0x40000 },	     { "__GFP_ZERO", 0x100 },
	{ "__GFP_NOMEMALLOC", 0x80000 },     { "__GFP_MEMALLOC", 0x20000 },
	{ "__GFP_HARDWALL", 0x100000 },	     { "__GFP_THISNODE", 0x200000 },
	{ "__GFP_RECLAIMABLE", 0x10 },	     { "__GFP_MOVABLE", 0x8 },
	{ "__GFP_ACCOUNT", 0x400000 },	     { "__GFP_WRITE", 0x1000 },
	{ "__GFP_RECLAIM", 0xc00 },	     { "__GFP_DIRECT_RECLAIM", 0x400 },
	{ "__GFP_KSWAPD_RECLAIM", 0x800 },   { "__GFP_ZEROTAGS", 0x800000 },
};

static uint32_t parsed(const char *list)
{
	struct trace_span bad;
	uint32_t value;

	assert_int_equal(trace_gfp_parse(list, strlen(list), &value, &bad), 0);
	return value;
}

static void every_name_of_the_table_has_its_value(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(parsed(table[i].name), table[i].value);
}

static void a_list_is_the_union_of_its_names(void **state)
{
	(void)state;
	assert_int_equal(parsed("none"), 0);
	assert_int_equal(parsed("GFP_KERNEL|__GFP_ZERO"), 0xdc0);
	assert_int_equal(parsed("__GFP_COMP|0x1000000"), 0x1040000);
	assert_int_equal(parsed("0xffffffff"), 0xffffffff);
}

static void a_name_of_no_table_is_told(void **state)
{
	static const struct {
		const char *list, *bad;
	} wrong[] = {
		{ "", "" },
		{ "GFP_KERNEL|", "" },
		{ "|GFP_KERNEL", "" },
		{ "GFP_KERNEL|GFP_NONSENSE|__GFP_ZERO", "GFP_NONSENSE" },
		{ "GFP_KERNE", "GFP_KERNE" },
		{ "gfp_kernel", "gfp_kernel" },
		{ "none|GFP_KERNEL", "none" },
		{ "0x", "0x" },
		{ "0x123456789", "0x123456789" },
		{ "0x12g4", "0x12g4" },
		{ "3264", "3264" },
	};
	struct trace_span bad;
	uint32_t value;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(trace_gfp_parse(wrong[i].list, strlen(wrong[i].list), &value, &bad),
				 -1);
		assert_int_equal(bad.len, strlen(wrong[i].bad));
		assert_memory_equal(bad.start, wrong[i].bad, bad.len);
	}
}

static void values_are_printed_as_the_kernel_does(void **state)
{
	static const struct {
		uint32_t    value;
		const char *list;
	} prints[] = {
		{ 0, "none" },
		{ 0xcc0, "GFP_KERNEL" },
		{ 0x2c40 | 0x8 | 0x100000 | 0x40000 | 0x10000 | 0x2,
		  "GFP_NOFS|__GFP_HIGHMEM|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|__GFP_HARDWALL|"
		  "__GFP_MOVABLE" },
		{ 0x1c24ca | 0x200000, "GFP_TRANSHUGE|__GFP_THISNODE" },
		{ 0x3000000, "0x3000000" },
		{ 0x1000400, "__GFP_DIRECT_RECLAIM|0x1000000" },
	};
	char buf[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(prints) / sizeof(prints[0]); i++)
		assert_string_equal(trace_gfp_format(prints[i].value, buf, sizeof(buf)),
				    prints[i].list);
}

static void what_is_printed_is_read_back(void **state)
{
	char buf[1024];
	uint32_t value;
	int i;

	(void)state;
	srand(1);
	for (i = 0; i < 100000; i++) {
		value = (uint32_t)rand() ^ (uint32_t)rand() << 16;
		assert_int_equal(parsed(trace_gfp_format(value, buf, sizeof(buf))), value);
	}
}

static void a_small_buffer_is_never_overrun(void **state)
{
	char buf[40];
	size_t size;

	(void)state;
	for (size = 0; size < sizeof(buf); size++) {
		memset(buf, '~', sizeof(buf));
		trace_gfp_format(0xffffffff, buf, size);
		assert_int_equal(buf[size], '~');
		if (size)
			assert_non_null(memchr(buf, '\0', size));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_of_the_table_has_its_value),
		cmocka_unit_test(a_list_is_the_union_of_its_names),
		cmocka_unit_test(a_name_of_no_table_is_told),
		cmocka_unit_test(values_are_printed_as_the_kernel_does),
		cmocka_unit_test(what_is_printed_is_read_back),
		cmocka_unit_test(a_small_buffer_is_never_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * vsprintf.c - formatting, compared with libc's
 *
 * libc's snprintf() is the model for everything both know: a list of formats one can think of, and random
 * ones. Where the kernel's printk differs from libc (%p is 16 digits, %pS a symbol, 0 under %#x keeps
 * its 0x) the expected text stands here.
 */
#include "pagoda_test.h"

#include <inttypes.h>
#include <limits.h>

#include <linux/printk.h>

static int ours(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = pagoda_vsnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}

/* The formats are not constants here, so that the compiler has no opinion about the odd ones. */
static int libcs(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}

#define SAME(fmt, ...) do {							\
	const char *__fmt = fmt;						\
	char a[256], b[256];							\
	int na = ours(a, sizeof(a), __fmt, ##__VA_ARGS__);			\
	int nb = libcs(b, sizeof(b), __fmt, ##__VA_ARGS__);			\
	if (na != nb || strcmp(a, b))						\
		fail_msg("'%s': '%s' (%d), libc has '%s' (%d)", __fmt, a, na, b, nb);	\
} while (0)

#define GIVES(expected, ...) do {						\
	char a[256];								\
	int na = ours(a, sizeof(a), __VA_ARGS__);				\
	assert_string_equal(a, expected);					\
	assert_int_equal(na, strlen(expected));					\
} while (0)

static void text_alone_is_copied(void **state)
{
	SAME("");
	SAME("hello");
	SAME("100%%");
	SAME("%%%%");
}

static void integers_of_every_length(void **state)
{
	SAME("%hhd %hd %d %ld %lld", 200, 40000, INT_MIN, LONG_MIN, LLONG_MIN);
	SAME("%hhu %hu %u %lu %llu", -1, -1, -1, -1L, -1LL);
	SAME("%hhx %hx %x %lx %llx", -1, -1, -1, -1L, -1LL);
	SAME("%zu %zd %td %jd %ju", (size_t)-1, (ssize_t)-5, (ptrdiff_t)-7, INTMAX_MIN, UINTMAX_MAX);
	SAME("%i %i", INT_MAX, -1);
	SAME("%o %lo", 0777, 01234567L);
	SAME("%X %x", 0xdeadbeef, 0xdeadbeef);
}

static void zero_in_every_form(void **state)
{
	SAME("%d|%u|%x|%o", 0, 0, 0, 0);
	SAME("%.0d|%.0u|%.0x", 0, 0, 0);
	SAME("%5.0d|%-5.0d|%+.0d", 0, 0, 0);
	GIVES("0x0", "%#x", 0);			/* the kernel's form; libc has no prefix here */
	SAME("%#o", 0);
}

static void width_and_precision(void **state)
{
	SAME("%5d|%-5d|%05d", 42, 42, 42);
	SAME("%5d|%-5d|%05d", -42, -42, -42);
	SAME("%1d|%-1d|%01d", 12345, 12345, 12345);
	SAME("%.5d|%.5d|%8.5d|%-8.5d|%08.5d", 42, -42, -42, -42, 42);
	SAME("%.1x|%.8x|%12.8x", 0xabcd, 0xabcd, 0xabcd);
	SAME("%*d|%-*d|%*d", 7, 1, 7, 1, -7, 1);
	SAME("%.*d|%.*d|%*.*d", 4, 1, -1, 1, 9, 4, 1);
	SAME("%20lu|%-20lu|", ULONG_MAX, ULONG_MAX);
}

static void signs_and_prefixes(void **state)
{
	SAME("%+d|%+d|% d|% d|%+ d", 1, -1, 1, -1, 1);
	SAME("%+5d|% 5d|%+-5d|%+05d|% 05d", 1, 1, 1, 1, 1);
	SAME("%#x|%#X|%#o", 0x1f, 0x1f, 017);
	SAME("%#10x|%-#10x|%#010x|", 0x1f, 0x1f, 0x1f);
	SAME("%#lx|%#018llx", 0x123456789abcdefL, 0x1000LL);
}

static void strings(void **state)
{
	SAME("%s|%10s|%-10s|", "abc", "abc", "abc");
	SAME("%.2s|%10.2s|%-10.2s|%.0s|%.s|", "abc", "abc", "abc", "abc", "abc");
	SAME("%.10s|%.*s|%.*s|", "abc", 1, "abc", -1, "abc");
	SAME("%s|%5s|", "", "");
	SAME("%s", "longer than the width");
	GIVES("(null)", "%s", NULL);
}

static void a_string_with_precision_needs_no_end(void **state)
{
	/* Behind the array is whatever the sanitizer put there. */
	char *text = malloc(3);

	memcpy(text, "abc", 3);
	SAME("%.3s|%.*s", text, 2, text);
	free(text);
}

static void characters(void **state)
{
	SAME("%c%c%c", 'a', 'b', 'c');
	SAME("%5c|%-5c|%1c|%*c|", 'x', 'x', 'x', 3, 'x');
}

static void a_character_may_be_the_end_of_a_string(void **state)
{
	char buf[8];

	assert_int_equal(ours(buf, sizeof(buf), "a%cb", 0), 3);
	assert_memory_equal(buf, "a\0b", 4);
}

static void pointers_are_sixteen_digits(void **state)
{
	GIVES("0000000000000000", "%p", NULL);
	GIVES("00007f0012345678|", "%p|", (void *)0x7f0012345678);
	GIVES("    ffffffffffffffff", "%20p", (void *)-1L);
	GIVES("ffffffffffffffff    |", "%-20p|", (void *)-1L);
}

/* Named in the dynamic symbols, so that it is known without debug information as well. */
void vsprintf_test_symbol(void);
void vsprintf_test_symbol(void)
{
	static volatile int calls;

	calls++;		/* more than one byte of code */
}

static void code_addresses_get_their_name(void **state)
{
	void *inside = (char *)vsprintf_test_symbol + 1;
	char buf[256];

	ours(buf, sizeof(buf), "%pS", inside);
	assert_says(buf, "vsprintf_test_symbol+0x1");
	ours(buf, sizeof(buf), "<%pS>", (void *)0x10);
	assert_string_equal(buf, "<0x10>");
}

/* %pB is for return addresses: when a call is a function's last act, the one behind it is another's. */
static void a_return_address_is_named_by_its_call(void **state)
{
	char buf[256];

	ours(buf, sizeof(buf), "%pB", (char *)vsprintf_test_symbol + 2);
	assert_says(buf, "vsprintf_test_symbol+0x1");
	ours(buf, sizeof(buf), "%pB", vsprintf_test_symbol);
	assert_says_not(buf, "vsprintf_test_symbol");
}

static void what_does_not_fit_is_cut_and_counted(void **state)
{
	for (size_t size = 0; size <= 16; size++) {
		char a[20], b[20];

		memset(a, '#', sizeof(a));
		memset(b, '#', sizeof(b));
		assert_int_equal(ours(a, size, "%5d|%-4s|%x", 123, "ab", 0xff),
				 libcs(b, size, "%5d|%-4s|%x", 123, "ab", 0xff));
		assert_memory_equal(a, b, sizeof(a));	/* not a byte behind the end is written */
	}
	assert_int_equal(ours(NULL, 0, "%d", 12345), 5);
}

static void widths_larger_than_any_buffer(void **state)
{
	char a[512], b[512];

	assert_int_equal(ours(a, sizeof(a), "%300d|", 1), libcs(b, sizeof(b), "%300d|", 1));
	assert_string_equal(a, b);
	assert_int_equal(ours(a, sizeof(a), "%.300d|", 1), libcs(b, sizeof(b), "%.300d|", 1));
	assert_string_equal(a, b);
}

static void what_is_no_conversion_is_copied(void **state)
{
	GIVES("50%", "50%");		/* the format ends here */
	GIVES("k", "%k");
}

static void the_callers_list_of_arguments_stays_usable(void **state)
{
	char buf[32];

	ours(buf, sizeof(buf), "%s %d %c %lx", "a", 1, 'b', 2L);
	assert_string_equal(buf, "a 1 b 2");
}

/* ---- random formats ---- */

static const char *pick(uint64_t *random, const char *const *from, size_t nr)
{
	return from[test_random(random) % nr];
}
#define PICK(random, ...) pick(random, (const char *const[]){ __VA_ARGS__ },	\
			       sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

/* Values near the ends and near nothing are worth more than those between. */
static uint64_t random_value(uint64_t *random)
{
	uint64_t value = test_random(random);

	switch (test_random(random) % 4) {
	case 0:
		return value % 20;
	case 1:
		return -(value % 20);
	case 2:
		return value >> (value % 64);
	default:
		return value;
	}
}

static void random_number(uint64_t *random)
{
	const char *conv = PICK(random, "d", "i", "u", "x", "X", "o");
	uint64_t value = random_value(random);
	bool prefix = (*conv == 'x' || *conv == 'X') && (uint8_t)value;	/* no length makes it 0 */
	char fmt[64];

	snprintf(fmt, sizeof(fmt), "<%%%s%s%s%s%s%s%s>", PICK(random, "", "", "-", "0", "-0"),
		 PICK(random, "", "", "+", " "), prefix ? PICK(random, "", "#") : "",
		 PICK(random, "", "", "1", "3", "8", "21", "40"), PICK(random, "", "", ".", ".0", ".1", ".7", ".25"),
		 PICK(random, "hh", "h", "", "l", "ll", "z", "j", "t"), conv);
	if (strstr(fmt, "ll") || strchr(fmt, 'j'))
		SAME(fmt, (long long)value);
	else if (strchr(fmt, 'l') || strchr(fmt, 'z') || strchr(fmt, 't'))
		SAME(fmt, (long)value);
	else
		SAME(fmt, (int)value);
}

static void random_string(uint64_t *random)
{
	const char *text = PICK(random, "", "a", "ab", "abcdefgh", "a longer string, with blanks");
	char fmt[64];

	snprintf(fmt, sizeof(fmt), "<%%%s%s%ss>", PICK(random, "", "-"),
		 PICK(random, "", "1", "4", "30"), PICK(random, "", ".0", ".2", ".9"));
	SAME(fmt, text);
}

static void random_formats_are_those_of_libc(void **state)
{
	uint64_t random = 42;
	int rounds = host_is_slow() ? 2000 : 100000;

	while (rounds--) {
		random_number(&random);
		if (rounds % 8 == 0)
			random_string(&random);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_alone_is_copied),
		cmocka_unit_test(integers_of_every_length),
		cmocka_unit_test(zero_in_every_form),
		cmocka_unit_test(width_and_precision),
		cmocka_unit_test(signs_and_prefixes),
		cmocka_unit_test(strings),
		cmocka_unit_test(a_string_with_precision_needs_no_end),
		cmocka_unit_test(characters),
		cmocka_unit_test(a_character_may_be_the_end_of_a_string),
		cmocka_unit_test(pointers_are_sixteen_digits),
		cmocka_unit_test(code_addresses_get_their_name),
		cmocka_unit_test(a_return_address_is_named_by_its_call),
		cmocka_unit_test(what_does_not_fit_is_cut_and_counted),
		cmocka_unit_test(widths_larger_than_any_buffer),
		cmocka_unit_test(what_is_no_conversion_is_copied),
		cmocka_unit_test(the_callers_list_of_arguments_stays_usable),
		cmocka_unit_test(random_formats_are_those_of_libc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * params.c - words, names, numbers and sizes of a command line
 */
#include "pagoda_test.h"

#include "kernel/params.h"

static struct token token_of(const char *text)
{
	return (struct token){ text, strlen(text) };
}

/* ---- tokens ---- */

static void a_token_is_compared_whole(void **state)
{
	struct token part = { "portable", 4 };

	assert_true(token_is(token_of("i386"), "i386"));
	assert_false(token_is(token_of("i386"), "i38"));
	assert_false(token_is(token_of("i38"), "i386"));
	assert_false(token_is(token_of("I386"), "i386"));
	assert_false(token_is(token_of(""), "i386"));
	assert_true(token_is(token_of(""), ""));
	assert_true(token_is(part, "port"));
}

static void a_token_is_split_at_the_first_separator(void **state)
{
	struct token rest = token_of("a=b=c"), part = token_split(&rest, '=');

	assert_true(token_is(part, "a"));
	assert_true(token_is(rest, "b=c"));
	part = token_split(&rest, ',');
	assert_true(token_is(part, "b=c"));
	assert_int_equal(rest.len, 0);
	part = token_split(&rest, ',');
	assert_int_equal(part.len, 0);

	rest = token_of(",x");
	assert_int_equal(token_split(&rest, ',').len, 0);
	assert_true(token_is(rest, "x"));
}

/* ---- numbers ---- */

static void expect_number(const char *text, uint64_t value, const char *behind)
{
	struct token token = token_of(text);
	u64 number;

	assert_int_equal(token_number(&token, &number), 0);
	assert_int_equal(number, value);
	assert_true(token_is(token, behind));
}

static int number_error(const char *text)
{
	struct token token = token_of(text);
	u64 number;

	return token_number(&token, &number);
}

static void numbers_are_decimal_or_hexadecimal(void **state)
{
	expect_number("0", 0, "");
	expect_number("007", 7, "");
	expect_number("12345", 12345, "");
	expect_number("0x1F", 31, "");
	expect_number("0XfF", 255, "");
	expect_number("12k", 12, "k");
	expect_number("12a", 12, "a");
	expect_number("0x12g", 0x12, "g");
	expect_number("18446744073709551615", UINT64_MAX, "");
	expect_number("0xffffffffffffffff", UINT64_MAX, "");
	expect_number("0x", 0, "x");		/* a 0 with something behind it */
}

static void what_is_no_number_is_refused(void **state)
{
	assert_int_equal(number_error(""), -EINVAL);
	assert_int_equal(number_error("x"), -EINVAL);
	assert_int_equal(number_error("-1"), -EINVAL);
	assert_int_equal(number_error("+1"), -EINVAL);
	assert_int_equal(number_error(" 1"), -EINVAL);
	assert_int_equal(number_error("0xg"), -EINVAL);
}

static void numbers_that_do_not_fit_are_refused(void **state)
{
	assert_int_equal(number_error("18446744073709551616"), -ERANGE);
	assert_int_equal(number_error("99999999999999999999999"), -ERANGE);
	assert_int_equal(number_error("0x10000000000000000"), -ERANGE);
}

static void a_number_ends_with_its_token(void **state)
{
	struct token token = { "123456", 3 };
	u64 number;

	assert_int_equal(token_number(&token, &number), 0);
	assert_int_equal(number, 123);
}

static void expect_size(const char *text, uint64_t value, const char *behind)
{
	struct token token = token_of(text);
	u64 size;

	assert_int_equal(token_size(&token, &size), 0);
	assert_int_equal(size, value);
	assert_true(token_is(token, behind));
}

static void sizes_have_suffixes(void **state)
{
	expect_size("512", 512, "");
	expect_size("640K", 640 << 10, "");
	expect_size("3k", 3 << 10, "");
	expect_size("16M", 16 << 20, "");
	expect_size("2g", 2ULL << 30, "");
	expect_size("8T", 8ULL << 40, "");
	expect_size("1P", 1ULL << 50, "");
	expect_size("15E", 15ULL << 60, "");
	expect_size("0x10M@5", 16 << 20, "@5");
	expect_size("4M$", 4 << 20, "$");
	expect_size("1MB", 1 << 20, "B");
	expect_size("5@", 5, "@");
}

static void sizes_that_do_not_fit_are_refused(void **state)
{
	struct token token = token_of("16E");
	u64 size;

	assert_int_equal(token_size(&token, &size), -ERANGE);
	token = token_of("99999999999T");
	assert_int_equal(token_size(&token, &size), -ERANGE);
	token = token_of("M");
	assert_int_equal(token_size(&token, &size), -EINVAL);
}

/* ---- values ---- */

static void booleans(void **state)
{
	static const char *const yes[] = { "1", "y", "on", "" }, *const no[] = { "0", "n", "off" };
	static const char *const bad[] = { "2", "yes!", "10", "of", "onn", "-1", "true " };
	bool flag;

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		flag = false;
		assert_int_equal(param_set_bool(token_of(yes[i]), &flag), 0);
		assert_true(flag);
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		flag = true;
		assert_int_equal(param_set_bool(token_of(no[i]), &flag), 0);
		assert_false(flag);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(param_set_bool(token_of(bad[i]), &flag), -EINVAL);
}

static void a_refused_value_changes_nothing(void **state)
{
	unsigned long value = 77;
	bool flag = true;

	assert_int_equal(param_set_ulong(token_of("12x"), &value), -EINVAL);
	assert_int_equal(param_set_ulong(token_of(""), &value), -EINVAL);
	assert_int_equal(param_set_ulong(token_of("99999999999999999999"), &value), -ERANGE);
	assert_int_equal(value, 77);
	assert_int_equal(param_set_bool(token_of("maybe"), &flag), -EINVAL);
	assert_true(flag);
	assert_int_equal(param_set_ulong(token_of("0x20"), &value), 0);
	assert_int_equal(value, 32);
}

/* ---- lines ---- */

static unsigned long number;
static bool flag;
static char words[256];

static int note_word(struct token value, void *arg)
{
	size_t len = strlen(words);

	snprintf(words + len, sizeof(words) - len, "[%s:%.*s]", (const char *)arg, (int)value.len,
		 value.text);
	return token_is(value, "bad") ? -EINVAL : 0;
}

static const struct param known[] = {
	{ "number", param_set_ulong, &number },
	{ "some_flag", param_set_bool, &flag },
	{ "one", note_word, "one" },
	{ "one_more", note_word, "one_more" },
	{ NULL, NULL, NULL },
};

static int reset(void **state)
{
	(void)state;
	number = 0;
	flag = false;
	words[0] = '\0';
	return 0;
}

/* Parses a line that is wrong; returns what was said about it. */
static const char *refused(const char *line, int error)
{
	int err;

	capture_begin();
	err = parse_params(line, known);
	assert_int_equal(err, error);
	return capture_end();
}

static void words_are_applied_in_order(void **state)
{
	assert_int_equal(parse_params("one=1 number=5 one=2 some_flag number=7", known), 0);
	assert_string_equal(words, "[one:1][one:2]");
	assert_int_equal(number, 7);
	assert_true(flag);
}

static void blanks_of_all_kinds_separate_words(void **state)
{
	assert_int_equal(parse_params("", known), 0);
	assert_int_equal(parse_params("  \t\n ", known), 0);
	assert_int_equal(parse_params("\n one=1\t\tone=2\r\n  one=3 ", known), 0);
	assert_string_equal(words, "[one:1][one:2][one:3]");
}

static void the_value_is_everything_behind_the_first_equals_sign(void **state)
{
	assert_int_equal(parse_params("one=a=b,c one= one", known), 0);
	assert_string_equal(words, "[one:a=b,c][one:][one:]");
}

static void dash_and_underscore_are_the_same_in_names(void **state)
{
	assert_int_equal(parse_params("some-flag=1 one-more=a-b one_more=c_d", known), 0);
	assert_true(flag);
	assert_string_equal(words, "[one_more:a-b][one_more:c_d]");
}

static void a_name_is_compared_whole(void **state)
{
	assert_says(refused("on=1", -EINVAL), "unknown parameter 'on=1'");
	assert_says(refused("one_=1", -EINVAL), "unknown parameter 'one_=1'");
	assert_says(refused("one_mor", -EINVAL), "unknown parameter 'one_mor'");
	assert_says(refused("=5", -EINVAL), "unknown parameter '=5'");
	assert_string_equal(words, "");
}

static void an_unknown_word_is_named_and_ends_the_line(void **state)
{
	const char *text = refused("one=1 unheard-of=7 one=2", -EINVAL);

	assert_says(text, "unknown parameter 'unheard-of=7'");
	assert_says_not(text, "one=");
	assert_string_equal(words, "[one:1]");
}

static void a_bad_value_is_named_and_ends_the_line(void **state)
{
	const char *text = refused("number=12 number=1x2 one=2", -EINVAL);

	assert_says(text, "bad value in parameter 'number=1x2'");
	assert_int_equal(number, 12);
	assert_string_equal(words, "");
	assert_says(refused("one=bad", -EINVAL), "'one=bad'");
	assert_says(refused("some_flag=perhaps", -EINVAL), "'some_flag=perhaps'");
	assert_says(refused("number", -EINVAL), "'number'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_is_compared_whole),
		cmocka_unit_test(a_token_is_split_at_the_first_separator),
		cmocka_unit_test(numbers_are_decimal_or_hexadecimal),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(numbers_that_do_not_fit_are_refused),
		cmocka_unit_test(a_number_ends_with_its_token),
		cmocka_unit_test(sizes_have_suffixes),
		cmocka_unit_test(sizes_that_do_not_fit_are_refused),
		cmocka_unit_test(booleans),
		cmocka_unit_test(a_refused_value_changes_nothing),
		cmocka_unit_test_setup_teardown(words_are_applied_in_order, reset, test_teardown),
		cmocka_unit_test_setup_teardown(blanks_of_all_kinds_separate_words, reset, test_teardown),
		cmocka_unit_test_setup_teardown(the_value_is_everything_behind_the_first_equals_sign,
						reset, test_teardown),
		cmocka_unit_test_setup_teardown(dash_and_underscore_are_the_same_in_names, reset,
						test_teardown),
		cmocka_unit_test_setup_teardown(a_name_is_compared_whole, reset, test_teardown),
		cmocka_unit_test_setup_teardown(an_unknown_word_is_named_and_ends_the_line, reset,
						test_teardown),
		cmocka_unit_test_setup_teardown(a_bad_value_is_named_and_ends_the_line, reset,
						test_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

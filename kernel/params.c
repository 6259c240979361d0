// SPDX-License-Identifier: MIT
/*
 * params.c - the kernel command line
 *
 * The line is never changed or copied: words, names and values are tokens, pieces of it. A word that
 * nobody knows is an error, not a warning: who mistypes a parameter wants to hear of it.
 */
#include "params.h"

#include <linux/errno.h>
#include <linux/printk.h>

bool token_is(struct token token, const char *text)
{
	size_t i;

	for (i = 0; i < token.len; i++)
		if (text[i] != token.text[i])	/* the end of @text differs from any character */
			return false;
	return !text[i];
}

struct token token_split(struct token *token, char separator)
{
	struct token part = { token->text, 0 };

	while (part.len < token->len && part.text[part.len] != separator)
		part.len++;
	token->text += part.len;
	token->len -= part.len;
	if (token->len) {
		token->text++;
		token->len--;
	}
	return part;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

static void token_skip(struct token *token, size_t nr)
{
	token->text += nr;
	token->len -= nr;
}

int token_number(struct token *token, u64 *number)
{
	unsigned int base = 10;
	size_t digits = 0;

	if (token->len > 2 && token->text[0] == '0' && (token->text[1] | 0x20) == 'x') {
		base = 16;
		token_skip(token, 2);
	}
	*number = 0;
	for (; token->len && digit_value(*token->text) < (int)base; digits++) {
		if (__builtin_mul_overflow(*number, base, number) ||
		    __builtin_add_overflow(*number, (u64)digit_value(*token->text), number))
			return -ERANGE;
		token_skip(token, 1);
	}
	return digits ? 0 : -EINVAL;
}

int token_size(struct token *token, u64 *size)
{
	static const char suffixes[] = "kmgtpe";
	int err = token_number(token, size);

	if (err || !token->len)
		return err;
	for (int i = 0; suffixes[i]; i++) {
		if ((*token->text | 0x20) != suffixes[i])
			continue;
		token_skip(token, 1);
		return __builtin_mul_overflow(*size, 1ULL << (10 * (i + 1)), size) ? -ERANGE : 0;
	}
	return 0;
}

int param_set_bool(struct token value, void *arg)
{
	bool *flag = arg;

	if (!value.len || token_is(value, "1") || token_is(value, "y") || token_is(value, "on"))
		*flag = true;
	else if (token_is(value, "0") || token_is(value, "n") || token_is(value, "off"))
		*flag = false;
	else
		return -EINVAL;
	return 0;
}

int param_set_ulong(struct token value, void *arg)
{
	u64 number;
	int err = token_number(&value, &number);

	if (err)
		return err;
	if (value.len)
		return -EINVAL;
	*(unsigned long *)arg = number;
	return 0;
}

static char name_char(char c)
{
	return c == '-' ? '_' : c;
}

static bool name_is(struct token token, const char *name)
{
	size_t i;

	for (i = 0; i < token.len; i++)
		if (!name[i] || name_char(name[i]) != name_char(token.text[i]))
			return false;
	return !name[i];
}

static const struct param *find_param(struct token name, const struct param *params)
{
	for (; params->name; params++)
		if (name_is(name, params->name))
			return params;
	return NULL;
}

static int parse_word(struct token word, const struct param *params)
{
	struct token value = word;
	struct token name = token_split(&value, '=');
	const struct param *param = find_param(name, params);
	int err;

	if (!param) {
		printk(KERN_ERR "pagoda: unknown parameter '%.*s'\n", (int)word.len, word.text);
		return -EINVAL;
	}
	err = param->set(value, param->arg);
	if (!err)
		return 0;
	printk(KERN_ERR "pagoda: bad value in parameter '%.*s'%s\n", (int)word.len, word.text,
	       err == -ENOSPC ? ": too many of them" : err == -ERANGE ? ": too large" : "");
	return -EINVAL;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

int parse_params(const char *cmdline, const struct param *params)
{
	while (*cmdline) {
		struct token word = { cmdline, 0 };
		int err;

		while (word.text[word.len] && !is_blank(word.text[word.len]))
			word.len++;
		cmdline += word.len;
		while (is_blank(*cmdline))
			cmdline++;
		err = word.len ? parse_word(word, params) : 0;
		if (err)
			return err;
	}
	return 0;
}

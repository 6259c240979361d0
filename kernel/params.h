/* SPDX-License-Identifier: MIT */
/*
 * params.h - the kernel command line
 */
#ifndef _KERNEL_PARAMS_H
#define _KERNEL_PARAMS_H

#include <linux/types.h>

#pragma GCC visibility push(hidden)

/* A piece of the command line: no terminator of its own. */
struct token {
	const char *text;
	size_t len;
};

/**
 * struct param - one word that the command line may have
 * @name: what stands before the '='
 * @set:  takes the value (len 0 when there is none) and returns 0, or -errno: the value is bad
 * @arg:  for @set
 */
struct param {
	const char *name;
	int (*set)(struct token value, void *arg);
	void *arg;
};

/**
 * parse_params - apply a command line
 * @cmdline: words separated by blanks; "name" or "name=value"; '-' and '_' are the same in names
 * @params:  the words there are, ended by a NULL name
 *
 * Stops at the first word that is unknown or has a bad value, with a message that holds it.
 *
 * Context: boot.
 * Return:  0; -EINVAL at the first bad word.
 */
int parse_params(const char *cmdline, const struct param *params);

/* Values of @set. All take the whole token or return -EINVAL; -ERANGE when a number does not fit. */
int param_set_bool(struct token value, void *arg);	/* bool: 0 1 y n on off, nothing is 1 */
int param_set_ulong(struct token value, void *arg);	/* unsigned long: decimal or 0x */

/* "size", as 4096, 0x1000, 640K, 2G; *@token moves behind it. Suffixes K M G T P E. */
int token_size(struct token *token, u64 *size);
/* Decimal or 0x number without a suffix; *@token moves behind it. */
int token_number(struct token *token, u64 *number);
bool token_is(struct token token, const char *text);
/* The part before the next @separator; *@token moves behind it. */
struct token token_split(struct token *token, char separator);

#pragma GCC visibility pop

#endif

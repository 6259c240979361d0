// SPDX-License-Identifier: MIT
/*
 * vsprintf.c - printf's formatting, for code without libc
 *
 * Conversions d i u x X o c s p %, flags - 0 + blank #, width and precision (also *), lengths hh h l ll z t.
 * %pS names a code address; %pB names the call in front of a return address, which may be the last
 * instruction of its function. Output goes to a cursor that counts what does not fit, too, so the
 * return value is the length of the whole text and the buffer is always terminated.
 */
#include <linux/printk.h>
#include <linux/types.h>
#include <pagoda/arch.h>

struct cursor {
	char  *buf;
	size_t size;
	size_t len;
};

struct spec {
	bool left, zero, plus, blank, alt;
	int  width;
	int  precision;		/* -1: none given */
	int  length;		/* -2 hh, -1 h, 0, 1 l, 2 ll */
};

static void put(struct cursor *out, char c)
{
	if (out->len + 1 < out->size)
		out->buf[out->len] = c;
	out->len++;
}

static void pad(struct cursor *out, char c, int nr)
{
	while (nr-- > 0)
		put(out, c);
}

static void put_string(struct cursor *out, const char *s, const struct spec *spec)
{
	int len = 0;

	if (!s)
		s = "(null)";
	while ((spec->precision < 0 || len < spec->precision) && s[len])
		len++;
	if (!spec->left)
		pad(out, ' ', spec->width - len);
	for (int i = 0; i < len; i++)
		put(out, s[i]);
	if (spec->left)
		pad(out, ' ', spec->width - len);
}

/* @sign: a character to put in front, or 0. @prefix: "0x" or "". */
static void put_number(struct cursor *out, u64 value, unsigned int base, bool upper, char sign,
		       const char *prefix, const struct spec *spec)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[24];
	int len = 0, total, zeros;

	for (; value; value /= base)
		text[len++] = digits[value % base];
	zeros = (spec->precision < 0 ? 1 : spec->precision) - len;
	if (zeros < 0)
		zeros = 0;
	total = len + zeros + !!sign;
	for (const char *p = prefix; *p; p++)
		total++;
	if (spec->zero && !spec->left && spec->precision < 0 && total < spec->width) {
		zeros += spec->width - total;
		total = spec->width;
	}
	if (!spec->left)
		pad(out, ' ', spec->width - total);
	if (sign)
		put(out, sign);
	while (*prefix)
		put(out, *prefix++);
	pad(out, '0', zeros);
	while (len)
		put(out, text[--len]);
	if (spec->left)
		pad(out, ' ', spec->width - total);
}

static int parse_int(const char **fmt, __builtin_va_list *args)
{
	int value = 0;

	if (**fmt == '*') {
		(*fmt)++;
		return __builtin_va_arg(*args, int);
	}
	while (**fmt >= '0' && **fmt <= '9')
		value = value * 10 + *(*fmt)++ - '0';
	return value;
}

static void parse_flags(const char **fmt, struct spec *spec)
{
	for (;; (*fmt)++) {
		switch (**fmt) {
		case '-': spec->left = true; break;
		case '0': spec->zero = true; break;
		case '+': spec->plus = true; break;
		case ' ': spec->blank = true; break;
		case '#': spec->alt = true; break;
		default: return;
		}
	}
}

static void parse_length(const char **fmt, struct spec *spec)
{
	for (;; (*fmt)++) {
		switch (**fmt) {
		case 'h': spec->length--; break;
		case 'l': spec->length++; break;
		case 'z': case 't': case 'j': spec->length = 1; break;
		default: return;
		}
	}
}

static void parse_spec(const char **fmt, struct spec *spec, __builtin_va_list *args)
{
	*spec = (struct spec){ .precision = -1 };
	parse_flags(fmt, spec);
	spec->width = parse_int(fmt, args);
	if (spec->width < 0) {
		spec->left = true;
		spec->width = -spec->width;
	}
	if (**fmt == '.') {
		(*fmt)++;
		spec->precision = parse_int(fmt, args);
	}
	parse_length(fmt, spec);
}

static s64 signed_arg(const struct spec *spec, __builtin_va_list *args)
{
	if (spec->length >= 2)
		return __builtin_va_arg(*args, long long);
	if (spec->length == 1)
		return __builtin_va_arg(*args, long);
	if (spec->length == -1)
		return (short)__builtin_va_arg(*args, int);
	if (spec->length < -1)
		return (signed char)__builtin_va_arg(*args, int);
	return __builtin_va_arg(*args, int);
}

static u64 unsigned_arg(const struct spec *spec, __builtin_va_list *args)
{
	if (spec->length >= 2)
		return __builtin_va_arg(*args, unsigned long long);
	if (spec->length == 1)
		return __builtin_va_arg(*args, unsigned long);
	if (spec->length == -1)
		return (unsigned short)__builtin_va_arg(*args, unsigned int);
	if (spec->length < -1)
		return (unsigned char)__builtin_va_arg(*args, unsigned int);
	return __builtin_va_arg(*args, unsigned int);
}

static void put_pointer(struct cursor *out, const char **fmt, const struct spec *spec, void *ptr)
{
	char symbol[256];
	struct spec hex = *spec;

	if (**fmt == 'S' || **fmt == 'B') {
		arch_symbol((unsigned long)ptr - (*(*fmt)++ == 'B'), symbol, sizeof(symbol));
		put_string(out, symbol, spec);
		return;
	}
	hex.precision = 16;
	put_number(out, (unsigned long)ptr, 16, false, 0, "", &hex);
}

static void put_octal(struct cursor *out, const struct spec *spec, u64 value)
{
	/* The 0 in front is a digit: 0 itself has it already. */
	put_number(out, value, 8, false, 0, spec->alt && value ? "0" : "", spec);
}

static void put_char(struct cursor *out, const struct spec *spec, char c)
{
	if (!spec->left)
		pad(out, ' ', spec->width - 1);
	put(out, c);
	if (spec->left)
		pad(out, ' ', spec->width - 1);
}

static void put_signed(struct cursor *out, const struct spec *spec, s64 value)
{
	char sign = value < 0 ? '-' : spec->plus ? '+' : spec->blank ? ' ' : 0;

	put_number(out, value < 0 ? -(u64)value : (u64)value, 10, false, sign, "", spec);
}

int pagoda_vsnprintf(char *buf, size_t size, const char *fmt, __builtin_va_list list)
{
	struct cursor out = { buf, size, 0 };
	__builtin_va_list args;
	struct spec spec;
	char c;

	__builtin_va_copy(args, list);
	while (*fmt) {
		if (*fmt != '%') {
			put(&out, *fmt++);
			continue;
		}
		fmt++;
		parse_spec(&fmt, &spec, &args);
		c = *fmt ? *fmt++ : '%';
		switch (c) {
		case 'd': case 'i':
			put_signed(&out, &spec, signed_arg(&spec, &args));
			break;
		case 'u':
			put_number(&out, unsigned_arg(&spec, &args), 10, false, 0, "", &spec);
			break;
		case 'o':
			put_octal(&out, &spec, unsigned_arg(&spec, &args));
			break;
		case 'x': case 'X':
			put_number(&out, unsigned_arg(&spec, &args), 16, c == 'X', 0,
				   !spec.alt ? "" : c == 'X' ? "0X" : "0x", &spec);
			break;
		case 'c':
			put_char(&out, &spec, (char)__builtin_va_arg(args, int));
			break;
		case 's':
			put_string(&out, __builtin_va_arg(args, const char *), &spec);
			break;
		case 'p':
			put_pointer(&out, &fmt, &spec, __builtin_va_arg(args, void *));
			break;
		default:
			put(&out, c);
		}
	}
	__builtin_va_end(args);
	if (size)
		buf[out.len < size ? out.len : size - 1] = '\0';
	return out.len;
}

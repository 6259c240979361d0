// SPDX-License-Identifier: MIT
/*
 * printk.c - messages to the console
 *
 * A message is formatted whole in one buffer and written with one call of the port, so lines of
 * different threads do not mix. Text that does not begin with a level has that of the line it goes on
 * with, if the last message did not end one; else it is KERN_WARNING, as in Linux.
 *
 * Lock: console_lock, for the buffer: a test-and-set of its own, since a message may come from inside
 * any other lock. Formatting and writing never log.
 */
#include "printk.h"

#include <linux/kernel.h>
#include <linux/printk.h>
#include <pagoda/arch.h>

int console_loglevel = CONSOLE_LOGLEVEL_DEFAULT;

static char line[1024];		/* console_lock */
static int open_level = -1;	/* of the line that has not ended yet; a hint, whose threads mix */
static u32 console_lock;

/* The level that a message begins with; *@fmt moves behind it. */
static int printk_level(const char **fmt)
{
	int level = READ_ONCE(open_level);

	if (level < 0)
		level = 4;
	if ((*fmt)[0] != KERN_SOH[0] || !(*fmt)[1])
		return level;
	if ((*fmt)[1] >= '0' && (*fmt)[1] <= '7')
		level = (*fmt)[1] - '0';
	*fmt += 2;
	return level;
}

bool printk_shown(const char *level)
{
	return printk_level(&level) < READ_ONCE(console_loglevel);
}

/* Whether the message leaves its line open is seen at its format: it may not be formatted at all. */
static void note_line(int level, const char *fmt)
{
	char last = '\n';

	while (*fmt)
		last = *fmt++;
	WRITE_ONCE(open_level, last == '\n' ? -1 : level);
}

static int emit(int level, const char *fmt, __builtin_va_list args)
{
	int len;

	note_line(level, fmt);
	if (level >= READ_ONCE(console_loglevel))
		return 0;
	while (__atomic_exchange_n(&console_lock, 1, __ATOMIC_ACQUIRE))
		cpu_relax();
	len = pagoda_vsnprintf(line, sizeof(line), fmt, args);
	arch_console_write(level, line, min_t(size_t, len, sizeof(line) - 1));
	__atomic_store_n(&console_lock, 0, __ATOMIC_RELEASE);
	return len;
}

int vprintk(const char *fmt, __builtin_va_list args)
{
	int level = printk_level(&fmt);

	return emit(level, fmt, args);
}

int vprintk_at(const char *level, const char *fmt, __builtin_va_list args)
{
	return emit(printk_level(&level), fmt, args);
}

int printk(const char *fmt, ...)
{
	__builtin_va_list args;
	int len;

	__builtin_va_start(args, fmt);
	len = vprintk(fmt, args);
	__builtin_va_end(args);
	return len;
}

// SPDX-License-Identifier: MIT
/*
 * console.c - the log goes to standard error; the end of the machine is abort()
 */
#include <pagoda/arch.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

void arch_console_write(int level __maybe_unused, const char *text, size_t len)
{
	int saved = errno;

	while (len) {
		ssize_t done = write(STDERR_FILENO, text, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			break;		/* there is nobody to tell */
		text += done;
		len -= done;
	}
	errno = saved;
}

void arch_stop(void)
{
	abort();
}

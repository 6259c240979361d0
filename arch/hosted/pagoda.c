// SPDX-License-Identifier: MIT
/*
 * pagoda.c - the host program's calls, <pagoda/pagoda.h>
 *
 * Lock: boot_mutex, so that two threads that boot or stop at the same time do one after the other.
 */
#include <pagoda/machine.h>
#include <pagoda/pagoda.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include <linux/compiler.h>

#include "hosted.h"

static pthread_mutex_t boot_mutex = PTHREAD_MUTEX_INITIALIZER;

static void become_child(void)
{
	pthread_mutex_init(&boot_mutex, NULL);
	hosted_forget_threads();
	machine_forked(hosted_ram_in_child());
}

static void __attribute__((constructor)) watch_forks(void)
{
	pthread_atfork(hosted_ram_before_fork, hosted_ram_after_fork, become_child);
}

int pagoda_boot(const char *cmdline)
{
	const char *env = getenv("PAGODA");
	int err;

	pthread_mutex_lock(&boot_mutex);
	err = machine_boot(cmdline ? cmdline : "", env ? env : "");
	pthread_mutex_unlock(&boot_mutex);
	return err;
}

int pagoda_shutdown(void)
{
	int leaked;

	pthread_mutex_lock(&boot_mutex);
	leaked = machine_shutdown();
	pthread_mutex_unlock(&boot_mutex);
	return leaked;
}

static bool emit_to_file(void *arg, const char *text, size_t len)
{
	return fwrite(text, 1, len, arg) == len;
}

int pagoda_show(const char *name, FILE *out)
{
	return machine_show(name, emit_to_file, out);
}

long pagoda_check(void)
{
	return machine_check();
}

const char *pagoda_version(void)
{
	return PAGODA_VERSION;
}

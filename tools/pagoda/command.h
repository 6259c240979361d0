/* SPDX-License-Identifier: MIT */
/*
 * command.h - what the subcommands of `pagoda' share
 */
#ifndef PAGODA_COMMAND_H
#define PAGODA_COMMAND_H

/* Exit codes; man/pagoda.1 documents them. The worst one met is what the command ends with. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_FINDINGS = 1,	/* done, but lines were malformed, or it contradicts itself */
	EXIT_USAGE = 2,		/* the command line is wrong */
	EXIT_IO = 3,		/* a file cannot be read or written, or is not what it should be */
	EXIT_BOOT = 4,		/* the machine asked for does not boot */
};

/* A subcommand. argv[0] is its full name, "pagoda replay". Return: enum exit_code. */
int command_replay(int argc, char **argv);
int command_info(int argc, char **argv);

/* The later, the worse; findings never hide that a file could not be read. */
static inline int worse(int a, int b)
{
	return a > b ? a : b;
}

/* Says on standard error "pagoda: " and a sentence. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Says that there is no memory, and ends the process. */
void out_of_memory(void) __attribute__((noreturn));

/* reallocarray(), asprintf() that end the process where there is no memory. To be freed. */
void *must_alloc(void *old, unsigned long nr, unsigned long size);
char *must_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Seconds of a clock that never goes back. */
double now_seconds(void);

/**
 * boot_command_line - "machine=... mem=... nr_cpus=... numa=... EXTRA"
 *
 * Leaves out what is NULL; to be freed by the caller.
 */
char *boot_command_line(const char *machine, const char *mem, const char *nr_cpus,
			const char *numa, const char *extra);

#endif

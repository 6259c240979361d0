// SPDX-License-Identifier: MIT
/*
 * main.c - the command `pagoda'
 *
 * Idea. One command with subcommands, each with its own options, in the GNU manner: `pagoda
 * --help', `pagoda replay --help', long options anywhere, "--" ends them. What goes wrong is said
 * on standard error; results go to standard output and nothing else does.
 */
#define _GNU_SOURCE
#include "command.h"

#include <argp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <pagoda/pagoda.h>

static const struct subcommand {
	const char *name;
	int (*run)(int argc, char **argv);
} subcommands[] = {
	{ "replay", command_replay },
	{ "info", command_info },
};

const char *argp_program_bug_address = "the issue tracker of the project";

static void print_version(FILE *stream, struct argp_state *state)
{
	(void)state;
	fprintf(stream, "pagoda %s\n", pagoda_version());
}

void (*argp_program_version_hook)(FILE *, struct argp_state *) = print_version;

static const char doc[] =
	"The Linux kernel's memory management, in a process of its own.\v"
	"Subcommands:\n"
	"  replay   replay the page events that a real kernel recorded, and compare\n"
	"  info     boot a machine and show its memory\n"
	"\n"
	"`pagoda SUBCOMMAND --help' tells the options of each. Exit status: 0 all is well, 1 done but "
	"with findings (malformed lines, an inconsistency), 2 wrong command line, 3 a file cannot be "
	"read or written, 4 the machine does not boot.";

void complain(const char *fmt, ...)
{
	va_list args;

	fputs("pagoda: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

static const struct subcommand *find_subcommand(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++)
		if (!strcmp(subcommands[i].name, name))
			return &subcommands[i];
	return NULL;
}

/* Hands the rest of the command line to the subcommand, under its full name. */
static int run(const struct subcommand *sub, int argc, char **argv)
{
	char name[64];
	int code;

	snprintf(name, sizeof(name), "pagoda %s", sub->name);
	argv[0] = name;
	code = sub->run(argc, argv);
	if (fflush(stdout) || ferror(stdout)) {
		complain("standard output: cannot be written");
		code = worse(code, EXIT_IO);
	}
	return code;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	const struct subcommand *sub;

	switch (key) {
	case ARGP_KEY_ARG:
		sub = find_subcommand(arg);
		if (!sub)
			argp_error(state, "no subcommand `%s'", arg);
		else
			*(int *)state->input = run(sub, state->argc - state->next + 1,
						   state->argv + state->next - 1);
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "a subcommand is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	const struct argp argp = { .parser = parse, .args_doc = "SUBCOMMAND [ARG...]", .doc = doc };
	int code = EXIT_OK;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &code);
	return code;
}

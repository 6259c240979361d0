/* SPDX-License-Identifier: MIT */
/*
 * command_stub.h - what the files of tools/pagoda expect of main.c, for tests that take single ones
 *
 * A test includes the sources it is about. Messages are kept, for looking at.
 */
#ifndef PAGODA_TESTS_COMMAND_STUB_H
#define PAGODA_TESTS_COMMAND_STUB_H

#include <stdarg.h>
#include <stdio.h>

#include "../../tools/pagoda/command.h"

static char complained[512];

void complain(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(complained, sizeof(complained), fmt, args);
	va_end(args);
}

#endif

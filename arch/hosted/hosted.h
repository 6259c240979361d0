/* SPDX-License-Identifier: MIT */
/* hosted.h - shared by the files of the hosted port */
#ifndef _HOSTED_H
#define _HOSTED_H

#include <stdbool.h>

/* In a child of fork(): there is one thread, with another number. */
void hosted_forget_threads(void);

/*
 * A child of fork() gets a copy of the machine's memory, since two processes that change the same would
 * destroy it. Before the fork; behind it in the parent; in the child, which has a copy if it is true.
 */
void hosted_ram_before_fork(void);
void hosted_ram_after_fork(void);
bool hosted_ram_in_child(void);

#endif

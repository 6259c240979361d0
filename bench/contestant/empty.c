// SPDX-License-Identifier: MIT
/*
 * empty.c - calls that do nothing, to be taken off the calls that do something
 *
 * The object is always the same one.
 */
#include "contestant.h"

static char object[64] __attribute__((aligned(64)));

void *empty_alloc(unsigned long size)
{
	(void)size;
	return object;
}

void *empty_alloc_pages(unsigned int gfp, unsigned int order)
{
	(void)gfp;
	(void)order;
	return object;
}

void *empty_pop(void)
{
	return object;
}

void empty_free(void *obj)
{
	(void)obj;
}

void empty_free_pages(void *obj, unsigned int order)
{
	(void)obj;
	(void)order;
}

void empty_enter(void)
{
}

void empty_leave(void)
{
}

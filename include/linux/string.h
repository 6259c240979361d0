/* SPDX-License-Identifier: MIT */
/* <linux/string.h> - libc's string functions in a hosted program; in the core only those that compilers emit */
#ifndef _PAGODA_LINUX_STRING_H
#define _PAGODA_LINUX_STRING_H

#include <linux/types.h>

#if __STDC_HOSTED__
# include <string.h>
#else
void *memcpy(void *dst, const void *src, size_t size);
void *memmove(void *dst, const void *src, size_t size);
void *memset(void *dst, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
#endif

#endif

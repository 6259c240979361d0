// SPDX-License-Identifier: MIT
/*
 * core_array.h - the array cache alone, without the page allocator above it
 */
#ifndef BENCH_CORE_ARRAY_H
#define BENCH_CORE_ARRAY_H

/* Gives each CPU of the booted machine an array with a few objects in it. */
void bench_array_start(void);

void *bench_array_pop(void);
void bench_array_push(void *obj);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * <linux/atomic.h> - atomic_t, atomic64_t, atomic_long_t
 *
 * As in the kernel: operations that return a value are full barriers, the others are not ordered;
 * _relaxed, _acquire and _release say what they are.
 */
#ifndef _PAGODA_LINUX_ATOMIC_H
#define _PAGODA_LINUX_ATOMIC_H

#include <asm/barrier.h>
#include <linux/compiler.h>
#include <linux/types.h>

#define ATOMIC_INIT(i) { (i) }
#define ATOMIC64_INIT(i) { (i) }
#define ATOMIC_LONG_INIT(i) { (i) }

/* The name in parentheses is a macro of <stdatomic.h>. */
#define __PAGODA_ATOMIC(name, type, T)						\
static __always_inline T name##_read(const type *v)				\
{ return __atomic_load_n(&v->counter, __ATOMIC_RELAXED); }			\
static __always_inline void name##_set(type *v, T i)				\
{ __atomic_store_n(&v->counter, i, __ATOMIC_RELAXED); }				\
static __always_inline void name##_add(T i, type *v)				\
{ __atomic_fetch_add(&v->counter, i, __ATOMIC_RELAXED); }			\
static __always_inline void name##_sub(T i, type *v)				\
{ __atomic_fetch_sub(&v->counter, i, __ATOMIC_RELAXED); }			\
static __always_inline void name##_inc(type *v) { name##_add(1, v); }		\
static __always_inline void name##_dec(type *v) { name##_sub(1, v); }		\
static __always_inline T name##_add_return(T i, type *v)			\
{ return __atomic_add_fetch(&v->counter, i, __ATOMIC_SEQ_CST); }		\
static __always_inline T name##_sub_return(T i, type *v)			\
{ return __atomic_sub_fetch(&v->counter, i, __ATOMIC_SEQ_CST); }		\
static __always_inline T (name##_fetch_add)(T i, type *v)				\
{ return __atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST); }		\
static __always_inline T name##_inc_return(type *v) { return name##_add_return(1, v); }	\
static __always_inline T name##_dec_return(type *v) { return name##_sub_return(1, v); }	\
static __always_inline bool name##_dec_and_test(type *v) { return name##_dec_return(v) == 0; } \
static __always_inline bool name##_inc_and_test(type *v) { return name##_inc_return(v) == 0; } \
static __always_inline bool name##_sub_and_test(T i, type *v)			\
{ return name##_sub_return(i, v) == 0; }					\
static __always_inline bool name##_add_negative(T i, type *v)			\
{ return name##_add_return(i, v) < 0; }						\
static __always_inline T name##_xchg(type *v, T i)				\
{ return __atomic_exchange_n(&v->counter, i, __ATOMIC_SEQ_CST); }		\
static __always_inline T name##_cmpxchg(type *v, T old, T new_)			\
{										\
	__atomic_compare_exchange_n(&v->counter, &old, new_, false,		\
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);	\
	return old;								\
}										\
static __always_inline bool name##_add_unless(type *v, T a, T u)		\
{										\
	T c = name##_read(v);							\
	do {									\
		if (c == u)							\
			return false;						\
	} while (!__atomic_compare_exchange_n(&v->counter, &c, c + a, true,	\
					      __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)); \
	return true;								\
}										\
static __always_inline bool name##_inc_not_zero(type *v) { return name##_add_unless(v, 1, 0); }

__PAGODA_ATOMIC(atomic, atomic_t, int)
__PAGODA_ATOMIC(atomic64, atomic64_t, s64)
__PAGODA_ATOMIC(atomic_long, atomic_long_t, long)

#define xchg(ptr, v) __atomic_exchange_n(ptr, v, __ATOMIC_SEQ_CST)
#define cmpxchg(ptr, old, new_) ({						\
	__typeof__(*(ptr)) __cmpxchg_old = (old);				\
	__atomic_compare_exchange_n(ptr, &__cmpxchg_old, new_, false,		\
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);	\
	__cmpxchg_old; })
#define try_cmpxchg(ptr, oldp, new_)						\
	__atomic_compare_exchange_n(ptr, oldp, new_, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

#endif

/* SPDX-License-Identifier: MIT */
/*
 * <linux/compiler.h> - attributes, hints to the compiler, single accesses
 */
#ifndef _PAGODA_LINUX_COMPILER_H
#define _PAGODA_LINUX_COMPILER_H

#include <pagoda/config.h>

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define barrier() __asm__ __volatile__("" : : : "memory")

#undef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#define __must_check __attribute__((__warn_unused_result__))
#define __maybe_unused __attribute__((__unused__))
#define __always_unused __attribute__((__unused__))
#undef __aligned
#define __aligned(x) __attribute__((__aligned__(x)))
#undef __packed
#define __packed __attribute__((__packed__))
#define __printf(a, b) __attribute__((__format__(printf, a, b)))
#define __noreturn __attribute__((__noreturn__))
#define __malloc __attribute__((__malloc__))
#define __cold __attribute__((__cold__))
#define __weak __attribute__((__weak__))

/*
 * Words that a host program may want to write itself inside of __attribute__(()); kernel code is
 * compiled with __KERNEL__ defined, as always.
 */
#ifdef __KERNEL__
#undef noinline
#define noinline __attribute__((__noinline__))
#undef fallthrough
#define fallthrough __attribute__((__fallthrough__))
#endif

#define __user
#define __iomem
#define __kernel
#define __force
#define __rcu

#define __read_mostly

#ifndef __same_type
#define __same_type(a, b) __builtin_types_compatible_p(__typeof__(a), __typeof__(b))
#endif

/* Clang checks these with -Wthread-safety; gcc does not know them. */
#if defined(__clang__)
#define __pagoda_capability(x) __attribute__((x))
#else
#define __pagoda_capability(x)
#endif
#define __must_hold(x) __pagoda_capability(exclusive_locks_required(x))
#define __acquires(x) __pagoda_capability(exclusive_lock_function(x))
#define __releases(x) __pagoda_capability(unlock_function(x))
#define __try_acquires(x) __pagoda_capability(exclusive_trylock_function(1, x))
#define __no_lock_analysis __pagoda_capability(no_thread_safety_analysis)
#define __lockable __pagoda_capability(capability("lock"))

#if defined(__has_feature)
# if __has_feature(thread_sanitizer) && !defined(__SANITIZE_THREAD__)
#  define __SANITIZE_THREAD__ 1		/* as gcc has it */
# endif
#endif

/*
 * One access, neither torn, repeated nor left out. ThreadSanitizer is told that it is meant: the
 * volatile form looks like a race to it.
 */
#ifdef __SANITIZE_THREAD__
#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
#else
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#endif

#define _RET_IP_ ((unsigned long)__builtin_return_address(0))

#endif

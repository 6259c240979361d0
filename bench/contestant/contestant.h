// SPDX-License-Identifier: MIT
/*
 * contestant.h - what a contestant of the benchmark brings along
 *
 * Idea. A contestant is a process of its own that is asked, over file descriptor 3, to run one of
 * its subjects (a pair of calls: take something, give it back) in one shape, and answers with
 * nanoseconds. A subject is a set of loops around its two calls. The macros below write them, one
 * like the other to the instruction, for all subjects of all contestants: the calls go through a
 * pointer in a register. Neither the detour through a PLT, which costs more here than a good
 * allocator does, nor the luck of inlining is then part of anybody's figure. Next to each set
 * stands the same set around two functions that do nothing: the empty loop.
 */
#ifndef BENCH_CONTESTANT_H
#define BENCH_CONTESTANT_H

#include <stddef.h>

#define BENCH_FD	3	/* requests come in and answers go out here */
#define BENCH_BURST	1000	/* objects taken before the first is given back */

/* What the compiler must believe: @obj is used here, and memory may have changed. */
#define keep(obj) __asm__ volatile("" : "+r"(obj) : : "memory")

struct loops {
	void (*pair)(unsigned long nr);			/* take, give back, @nr times */
	void (*alloc)(void **objs, unsigned int nr);	/* NULL: this subject has no bursts */
	void (*free)(void **objs, const unsigned short *order, unsigned int nr);
};

struct subject {
	const char *name;
	struct loops real;
	struct loops empty;
};

/* clang-format off: what becomes a function shall look like one */

/**
 * DEFINE_PAIR - the loop around one pair of calls, one object at a time
 * @id:   prefix of the function
 * @TAKE: function that hands out an object, and @TAKE_ARGS, in parentheses
 * @GIVE: function that takes it back, and @GIVE_ARGS, in parentheses, the object as `obj`
 *
 * The compiler is kept from knowing which functions these are, so it calls them by address.
 */
#define DEFINE_PAIR(id, TAKE, TAKE_ARGS, GIVE, GIVE_ARGS)				\
static void id##_pair_loop(unsigned long nr)						\
{											\
	__typeof__(TAKE) *take = TAKE;							\
	__typeof__(GIVE) *give = GIVE;							\
											\
	keep(take);									\
	keep(give);									\
	while (nr--) {									\
		void *obj = take TAKE_ARGS;						\
		keep(obj);								\
		give GIVE_ARGS;								\
	}										\
}

/* The same, and the loops of bursts. */
#define DEFINE_LOOPS(id, TAKE, TAKE_ARGS, GIVE, GIVE_ARGS)				\
DEFINE_PAIR(id, TAKE, TAKE_ARGS, GIVE, GIVE_ARGS)					\
static void id##_alloc_loop(void **objs, unsigned int nr)				\
{											\
	__typeof__(TAKE) *take = TAKE;							\
											\
	keep(take);									\
	for (unsigned int i = 0; i < nr; i++)						\
		objs[i] = take TAKE_ARGS;						\
}											\
static void id##_free_loop(void **objs, const unsigned short *order, unsigned int nr)	\
{											\
	__typeof__(GIVE) *give = GIVE;							\
											\
	keep(give);									\
	for (unsigned int i = 0; i < nr; i++) {						\
		void *obj = objs[order[i]];						\
		keep(obj);								\
		give GIVE_ARGS;								\
	}										\
}

/* The loop around a pair that brackets a section and hands out nothing, called in the same way. */
#define DEFINE_SECTION(id, ENTER, ENTER_ARGS, LEAVE, LEAVE_ARGS)			\
static void id##_pair_loop(unsigned long nr)						\
{											\
	__typeof__(ENTER) *enter = ENTER;						\
	__typeof__(LEAVE) *leave = LEAVE;						\
											\
	keep(enter);									\
	keep(leave);									\
	while (nr--) {									\
		enter ENTER_ARGS;							\
		leave LEAVE_ARGS;							\
	}										\
}

/* And as it stands in the source, inlined where its header says so. */
#define DEFINE_INLINE_SECTION(id, ENTER, LEAVE)						\
static void id##_pair_loop(unsigned long nr)						\
{											\
	while (nr--) {									\
		ENTER;									\
		__asm__ volatile("" : : : "memory");					\
		LEAVE;									\
		__asm__ volatile("" : : : "memory");					\
	}										\
}

#define PAIR(id)	{ .pair = id##_pair_loop }
#define LOOPS(id)	\
	{ .pair = id##_pair_loop, .alloc = id##_alloc_loop, .free = id##_free_loop }

/* clang-format on */

/* Do nothing. Compiled apart, so that no caller can look inside. */
void *empty_alloc(unsigned long size);
void *empty_alloc_pages(unsigned int gfp, unsigned int order);
void *empty_pop(void);
void empty_free(void *obj);
void empty_free_pages(void *obj, unsigned int order);
void empty_enter(void);
void empty_leave(void);

/* What each contestant defines. */
extern const struct subject contestant_subjects[];	/* ends with a NULL name */
/* In each measuring thread, once it is bound to its CPU, and before it ends. 0, or fails the run. */
int contestant_thread_start(void);
void contestant_thread_end(void);

/**
 * contestant_serve - answer requests until the parent hangs up
 * @detail: what this contestant is, in words, for the report
 *
 * Return: 0 for main() to return.
 */
int contestant_serve(const char *detail);

/* Tell the parent why there will be no answers. Return: what main() is to return. */
int contestant_refuse(const char *why);

#endif

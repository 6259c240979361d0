/* SPDX-License-Identifier: MIT */
/*
 * span.h - sets of frames, as spans
 */
#ifndef PAGODA_SPAN_H
#define PAGODA_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pfn_span {
	uint64_t start;
	uint64_t end;		/* out */
};

/* A list of zeros is empty, and tidy. span is to be freed. */
struct span_list {
	struct pfn_span *span;
	size_t		 nr;
};

/* Adds the frames from @start to @end, which is out; nothing when there are none. */
void span_list_add(struct span_list *list, uint64_t start, uint64_t end);

/* Sorts a list and joins what touches. All below want tidy lists. */
void span_list_tidy(struct span_list *list);

uint64_t span_list_pages(const struct span_list *list);

/* What is in @all and not in @some, a new list. */
struct span_list span_list_less(const struct span_list *all, const struct span_list *some);

#endif

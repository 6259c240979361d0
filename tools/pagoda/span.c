// SPDX-License-Identifier: MIT
/*
 * span.c - sets of frames, as spans
 *
 * Idea. Memory comes in few long pieces, so a set of frames is a short list of spans. A list is
 * filled in any order and then tidied once; after that all questions are one pass.
 *
 * Always true of a tidy list: ascending, no span is empty, two spans never touch.
 */
#include "span.h"

#include <stdlib.h>

#include "command.h"

uint64_t span_list_pages(const struct span_list *list)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < list->nr; i++)
		sum += list->span[i].end - list->span[i].start;
	return sum;
}

void span_list_add(struct span_list *list, uint64_t start, uint64_t end)
{
	if (start >= end)
		return;
	list->span = must_alloc(list->span, list->nr + 1, sizeof(*list->span));
	list->span[list->nr++] = (struct pfn_span){ start, end };
}

static int by_start(const void *a, const void *b)
{
	const struct pfn_span *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

void span_list_tidy(struct span_list *list)
{
	size_t from, to = 0;

	if (!list->nr)
		return;
	qsort(list->span, list->nr, sizeof(*list->span), by_start);
	for (from = 1; from < list->nr; from++) {
		struct pfn_span *last = &list->span[to];

		if (list->span[from].start > last->end)
			list->span[++to] = list->span[from];
		else if (list->span[from].end > last->end)
			last->end = list->span[from].end;
	}
	list->nr = to + 1;
}

struct span_list span_list_less(const struct span_list *all, const struct span_list *some)
{
	struct span_list rest = { NULL, 0 };
	size_t i, j;

	for (i = 0; i < all->nr; i++) {
		uint64_t start = all->span[i].start, end = all->span[i].end;

		for (j = 0; j < some->nr && start < end; j++) {
			const struct pfn_span *cut = &some->span[j];

			if (cut->end <= start || cut->start >= end)
				continue;
			span_list_add(&rest, start, cut->start);
			start = cut->end;
		}
		span_list_add(&rest, start, end);
	}
	return rest;
}

/* SPDX-License-Identifier: MIT */
/*
 * input.h - the bytes of a recording, decompressed
 */
#ifndef PAGODA_TRACE_INPUT_H
#define PAGODA_TRACE_INPUT_H

#include <stddef.h>
#include <stdint.h>

struct trace_input;

/* What the first bytes say. */
enum trace_form {
	TRACE_FORM_PLAIN,
	TRACE_FORM_XZ,
	TRACE_FORM_ZSTD,
	TRACE_FORM_DAT,
};

/* Opens a file, or standard input of "-". Return: NULL, and errno. */
struct trace_input *trace_input_open(const char *path);

/* Reads from memory, which must live as long. Return: NULL, and errno. */
struct trace_input *trace_input_open_memory(const void *data, size_t size);

void trace_input_close(struct trace_input *input);

enum trace_form trace_input_form(const struct trace_input *input);

/**
 * trace_input_read - the next bytes, decompressed
 * @buf: room for @size bytes, more than 0
 *
 * Return: how many; 0 at the end; -1 of an error (trace_input_error()), -2 where the library for
 * this form was not there at build time.
 */
ptrdiff_t trace_input_read(struct trace_input *input, void *buf, size_t size);

/* The sentence that goes with the last -1 or -2. */
const char *trace_input_error(const struct trace_input *input);

/* Bytes read so far, as stored; and the size of the file, 0 where it has none. */
uint64_t trace_input_done(const struct trace_input *input);
uint64_t trace_input_total(const struct trace_input *input);

/**
 * trace_input_seekable - a file descriptor from which the whole, plain recording can be read
 *
 * That of the file itself, or of a nameless copy in memory where it is a pipe.
 *
 * Return: a new descriptor at offset 0, to be closed by the caller; -1, and errno.
 */
int trace_input_seekable(struct trace_input *input);

#endif

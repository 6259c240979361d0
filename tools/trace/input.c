// SPDX-License-Identifier: MIT
/*
 * input.c - the bytes of a recording, decompressed
 *
 * Idea. A source gives stored bytes (a file, a pipe, memory); a decoder, chosen by the first of
 * them, turns those into plain ones. The first piece is read when the source is opened, so that
 * the form is known before anything is asked; a pipe needs no way back.
 *
 * Always true: raw[raw_pos .. raw_end) are stored bytes read and not yet decoded.
 *
 * A decoder that the build left out is a table entry that says so, not a missing case.
 */
#define _GNU_SOURCE
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef HAVE_LZMA
#include <lzma.h>
#endif
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

#define RAW_BYTES	(256 * 1024)
#define XZ_MEMORY_BYTES	(512ull << 20)	/* a hostile file cannot ask for more */

/* One form of storing: how its decoder starts, goes on and ends. start() returns 0 or -1. */
struct decoder {
	int (*start)(struct trace_input *input);
	ptrdiff_t (*read)(struct trace_input *input, unsigned char *buf, size_t size);
	void (*end)(struct trace_input *input);
};

struct trace_input {
	int		     fd;	/* -1: from memory */
	const unsigned char *raw;	/* the stored bytes: buffer, or the caller's memory */
	size_t		     raw_pos;
	size_t		     raw_end;
	uint64_t	     done_bytes;
	uint64_t	     total_bytes;
	enum trace_form	     form;
	const struct decoder *decoder;
	int		     at_end;	/* the decoder has seen the end of its data */
	int		     failed;	/* error is to be told once the bytes before it are taken */
	char		     error[160];
	union {
#ifdef HAVE_LZMA
		lzma_stream lzma;
#endif
#ifdef HAVE_ZSTD
		struct {
			ZSTD_DStream *stream;
			size_t	      hint;	/* 0 between two frames */
		} zstd;
#endif
		int none;
	} u;
	unsigned char buffer[RAW_BYTES];
};

/* Reads stored bytes when none are left. Return: 1; 0 at the end; -1 and errno. */
static int refill(struct trace_input *input)
{
	ssize_t n;

	if (input->raw_pos < input->raw_end)
		return 1;
	if (input->fd < 0)
		return 0;
	do {
		n = read(input->fd, input->buffer, RAW_BYTES);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return (int)n;
	input->raw_pos = 0;
	input->raw_end = (size_t)n;
	input->done_bytes += (uint64_t)n;
	return 1;
}

static ptrdiff_t io_error(struct trace_input *input)
{
	snprintf(input->error, sizeof(input->error), "%s", strerror(errno));
	return -1;
}

static int nothing_to_start(struct trace_input *input)
{
	(void)input;
	return 0;
}

static void nothing_to_end(struct trace_input *input)
{
	(void)input;
}

static ptrdiff_t plain_read(struct trace_input *input, unsigned char *buf, size_t size)
{
	int got = refill(input);
	size_t n;

	if (got <= 0)
		return got < 0 ? io_error(input) : 0;
	n = input->raw_end - input->raw_pos;
	if (n > size)
		n = size;
	memcpy(buf, input->raw + input->raw_pos, n);
	input->raw_pos += n;
	return (ptrdiff_t)n;
}

static const struct decoder plain_decoder = { nothing_to_start, plain_read, nothing_to_end };

#ifdef HAVE_LZMA
static int xz_start(struct trace_input *input)
{
	lzma_stream init = LZMA_STREAM_INIT;

	input->u.lzma = init;
	return lzma_stream_decoder(&input->u.lzma, XZ_MEMORY_BYTES, LZMA_CONCATENATED) == LZMA_OK ?
		0 : -1;
}

static const char *xz_error(lzma_ret ret)
{
	switch (ret) {
	case LZMA_BUF_ERROR:
		return "the compressed data is cut off";
	case LZMA_DATA_ERROR:
		return "the compressed data is corrupt";
	case LZMA_FORMAT_ERROR:
		return "what follows the compressed data is no xz data";
	case LZMA_OPTIONS_ERROR:
		return "the compressed data has options that this liblzma does not know";
	case LZMA_MEM_ERROR:
	case LZMA_MEMLIMIT_ERROR:
		return "no memory for the xz decoder, or more than 512 MiB asked for";
	default:
		return "the xz decoder failed";
	}
}

static ptrdiff_t xz_read(struct trace_input *input, unsigned char *buf, size_t size)
{
	lzma_stream *s = &input->u.lzma;
	lzma_ret ret = LZMA_OK;
	int got;

	if (input->failed)
		return -1;
	s->next_out = buf;
	s->avail_out = size;
	while (s->avail_out && ret == LZMA_OK && !input->at_end) {
		got = refill(input);
		if (got < 0)
			return io_error(input);
		s->next_in = input->raw + input->raw_pos;
		s->avail_in = input->raw_end - input->raw_pos;
		ret = lzma_code(s, got ? LZMA_RUN : LZMA_FINISH);
		input->raw_pos = input->raw_end - s->avail_in;
	}
	if (ret == LZMA_STREAM_END) {
		input->at_end = 1;
	} else if (ret != LZMA_OK) {
		snprintf(input->error, sizeof(input->error), "%s", xz_error(ret));
		input->failed = 1;
	}
	return s->avail_out == size && input->failed ? -1 : (ptrdiff_t)(size - s->avail_out);
}

static void xz_end(struct trace_input *input)
{
	lzma_end(&input->u.lzma);
}

static const struct decoder xz_decoder = { xz_start, xz_read, xz_end };
#else
static ptrdiff_t xz_read(struct trace_input *input, unsigned char *buf, size_t size)
{
	(void)buf;
	(void)size;
	snprintf(input->error, sizeof(input->error), "built without liblzma");
	return -2;
}

static const struct decoder xz_decoder = { nothing_to_start, xz_read, nothing_to_end };
#endif

#ifdef HAVE_ZSTD
static int zstd_start(struct trace_input *input)
{
	input->u.zstd.stream = ZSTD_createDStream();
	return input->u.zstd.stream ? 0 : -1;
}

static ptrdiff_t zstd_fail(struct trace_input *input, const char *why)
{
	snprintf(input->error, sizeof(input->error), "%s", why);
	return -1;
}

static ptrdiff_t zstd_read(struct trace_input *input, unsigned char *buf, size_t size)
{
	ZSTD_outBuffer out = { buf, size, 0 };

	while (!out.pos) {
		int got = refill(input);
		ZSTD_inBuffer in = { input->raw, input->raw_end, input->raw_pos };

		if (got < 0)
			return io_error(input);
		if (!got && !input->u.zstd.hint)
			return 0;
		input->u.zstd.hint = ZSTD_decompressStream(input->u.zstd.stream, &out, &in);
		if (ZSTD_isError(input->u.zstd.hint))
			return zstd_fail(input, "the compressed data is corrupt");
		if (!got && !out.pos)
			return zstd_fail(input, "the compressed data is cut off");
		input->raw_pos = in.pos;
	}
	return (ptrdiff_t)out.pos;
}

static void zstd_end(struct trace_input *input)
{
	ZSTD_freeDStream(input->u.zstd.stream);
}

static const struct decoder zstd_decoder = { zstd_start, zstd_read, zstd_end };
#else
static ptrdiff_t zstd_read(struct trace_input *input, unsigned char *buf, size_t size)
{
	(void)buf;
	(void)size;
	snprintf(input->error, sizeof(input->error), "built without libzstd");
	return -2;
}

static const struct decoder zstd_decoder = { nothing_to_start, zstd_read, nothing_to_end };
#endif

static const struct form_magic {
	enum trace_form	      form;
	const struct decoder *decoder;
	size_t		      len;
	const char	     *magic;
} form_magics[] = {
	{ TRACE_FORM_XZ, &xz_decoder, 6, "\xfd" "7zXZ\0" },
	{ TRACE_FORM_ZSTD, &zstd_decoder, 4, "\x28\xb5\x2f\xfd" },
	{ TRACE_FORM_DAT, &plain_decoder, 10, "\x17\x08\x44" "tracing" },
};

static int detect(struct trace_input *input)
{
	size_t n = input->raw_end - input->raw_pos;
	size_t i;

	input->form = TRACE_FORM_PLAIN;
	input->decoder = &plain_decoder;
	for (i = 0; i < sizeof(form_magics) / sizeof(form_magics[0]); i++) {
		const struct form_magic *m = &form_magics[i];

		if (n >= m->len && !memcmp(input->raw, m->magic, m->len)) {
			input->form = m->form;
			input->decoder = m->decoder;
		}
	}
	return input->decoder->start(input);
}

/* A pipe may give fewer bytes than a magic number has, so the first piece is read in parts. */
static int read_first(struct trace_input *input)
{
	size_t have = 0;

	while (have < 16) {
		ssize_t n = read(input->fd, input->buffer + have, RAW_BYTES - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (!n)
			break;
		have += (size_t)n;
	}
	input->raw_end = have;
	input->done_bytes = have;
	return 0;
}

static struct trace_input *fail_open(struct trace_input *input)
{
	int error = errno;

	if (input->fd > STDIN_FILENO)
		close(input->fd);
	free(input);
	errno = error;
	return NULL;
}

struct trace_input *trace_input_open(const char *path)
{
	struct trace_input *input = calloc(1, sizeof(*input));
	struct stat st;

	if (!input)
		return NULL;
	input->raw = input->buffer;
	input->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	if (input->fd < 0 || fstat(input->fd, &st) || read_first(input))
		return fail_open(input);
	if (S_ISREG(st.st_mode))
		input->total_bytes = (uint64_t)st.st_size;
	if (detect(input)) {
		errno = ENOMEM;
		return fail_open(input);
	}
	return input;
}

struct trace_input *trace_input_open_memory(const void *data, size_t size)
{
	struct trace_input *input = calloc(1, sizeof(*input));

	if (!input)
		return NULL;
	input->fd = -1;
	input->raw = data;
	input->raw_end = size;
	input->done_bytes = input->total_bytes = size;
	if (detect(input)) {
		errno = ENOMEM;
		return fail_open(input);
	}
	return input;
}

void trace_input_close(struct trace_input *input)
{
	input->decoder->end(input);
	if (input->fd > STDIN_FILENO)
		close(input->fd);
	free(input);
}

enum trace_form trace_input_form(const struct trace_input *input)
{
	return input->form;
}

ptrdiff_t trace_input_read(struct trace_input *input, void *buf, size_t size)
{
	return input->decoder->read(input, buf, size);
}

const char *trace_input_error(const struct trace_input *input)
{
	return input->error;
}

uint64_t trace_input_done(const struct trace_input *input)
{
	return input->done_bytes;
}

uint64_t trace_input_total(const struct trace_input *input)
{
	return input->total_bytes;
}

/* What is left of the recording, into a file in memory. */
static int spool(struct trace_input *input)
{
	int fd = memfd_create("pagoda-trace", MFD_CLOEXEC);

	while (fd >= 0) {
		int got = refill(input);
		ssize_t n;

		if (!got)
			break;
		n = got < 0 ? -1 : write(fd, input->raw + input->raw_pos,
					 input->raw_end - input->raw_pos);
		if (n < 0) {
			close(fd);
			return -1;
		}
		input->raw_pos += (size_t)n;
	}
	return fd;
}

int trace_input_seekable(struct trace_input *input)
{
	int fd = input->fd >= 0 && input->total_bytes ? dup(input->fd) : spool(input);

	if (fd < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

// SPDX-License-Identifier: MIT
/*
 * find.c - which machine.txt belongs to a recording
 *
 * Idea. Recordings of several machines lie in one directory, DIR/NAME.trace.xz beside DIR/NAME/,
 * and a part of one has a name that begins like the whole: NAME-first20k.dat. A wrong machine would
 * give a report that looks right, so a name is believed only when it matches word by word.
 */
#define _GNU_SOURCE
#include "machine.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

/* The name of the recording, up to the first dot. */
static size_t stem_length(const char *base)
{
	return strcspn(base, ".");
}

static bool is_machine_dir(const char *dir, const char *name)
{
	char *sub = path_join(dir, name), *path = path_join(sub, "machine.txt");
	bool there = !access(path, R_OK);

	free(path);
	free(sub);
	return there;
}

/* DIR name is NAME, or NAME-... goes on behind it. */
static bool is_whole_prefix(const char *dir_name, const char *base)
{
	size_t len = strlen(dir_name);

	return !strncmp(dir_name, base, len) &&
	       (base[len] == '.' || base[len] == '-' || !base[len]);
}

/* Length of STEM in "STEM-firstN", 0 of any other name. */
static size_t first_part(const char *base)
{
	size_t len = stem_length(base);
	const char *dash = memrchr(base, '-', len);

	return dash && !strncmp(dash, "-first", 6) && isdigit((unsigned char)dash[6]) ?
		(size_t)(dash - base) : 0;
}

/* Best so far of machine_find(). */
struct candidate {
	char	*name;
	unsigned nr_partial;	/* directories that begin with STEM */
	char	*partial;
};

static void replace(char **name, const char *by)
{
	free(*name);
	*name = must_print("%s", by);
}

static void consider(struct candidate *best, const char *dir, const char *name, const char *base)
{
	size_t part = first_part(base);

	if (name[0] == '.' || !is_machine_dir(dir, name))
		return;
	if (is_whole_prefix(name, base)) {
		if (!best->name || strlen(name) > strlen(best->name))
			replace(&best->name, name);
	} else if (part && !strncmp(name, base, part) && name[part] == '-') {
		best->nr_partial++;
		replace(&best->partial, name);
	}
}

char *machine_find(const char *trace_path)
{
	const char *slash = strrchr(trace_path, '/');
	const char *base = slash ? slash + 1 : trace_path;
	char *dir = path_dir(trace_path), *path = NULL, *sub;
	struct candidate best = { 0 };
	struct dirent *entry;
	DIR *stream = opendir(dir);

	while (stream && (entry = readdir(stream)))
		consider(&best, dir, entry->d_name, base);
	if (stream)
		closedir(stream);
	if (!best.name && best.nr_partial == 1)
		replace(&best.name, best.partial);
	sub = path_join(dir, best.name ? best.name : ".");
	path = path_join(best.name ? sub : dir, "machine.txt");
	if (access(path, R_OK)) {
		free(path);
		path = NULL;
	}
	free(sub);
	free(dir);
	free(best.name);
	free(best.partial);
	return path;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * A forest as bytes: a line with a sum over what follows, lines of text that a person can read, then bins and trees. */
#include "segment/forest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char MAGIC[] = "tomochron forest 1 ";
enum { FIRST_LINE = sizeof(MAGIC) - 1 + 16 + 1 + 16 + 1 };
static const char *const grey_names[] = {
	[GREY_VALUES] = "values", [GREY_PERCENTILES] = "percentiles"};

/* FNV-1a of 64 bits (public domain). */
static uint64_t sum_of(const uint8_t *bytes, int64_t n)
{
	uint64_t sum = 0xcbf29ce484222325u;

	for (int64_t i = 0; i < n; i++)
		sum = (sum ^ bytes[i]) * 0x100000001b3u;
	return sum;
}

static char *head(const struct forest *f, struct arena *arena)
{
	char *text = arena_format(arena,
		"scales %lld\nfeatures %lld\nclasses %lld\ntrees %lld\ngrey %s\nzero %.17g\none "
		"%.17g\nvoxel_um %.17g\nunits %s\n",
		(long long)f->scales, (long long)f->n_features, (long long)f->n_classes,
		(long long)f->n_trees, grey_names[f->grey], f->zero, f->one, f->voxel_um,
		*f->units ? f->units : "-");

	for (int64_t c = 0; text && c < f->n_classes; c++)
		text = arena_format(arena, "%sclass %d %s\n", text, f->value[c], f->name[c]);
	return text ? arena_format(arena, "%send\n", text) : NULL;
}

static int64_t tree_bytes(const struct forest *f, const struct forest_tree *t)
{
	return 8 + t->n_nodes * (4 + 2 * f->n_classes);
}

static uint8_t *put(uint8_t *at, const void *bytes, int64_t n)
{
	memcpy(at, bytes, (size_t)n);
	return at + n;
}

enum err forest_pack(const struct forest *f, uint8_t **bytes, int64_t *n, struct arena *arena)
{
	char *text = head(f, arena), first[FIRST_LINE + 1];
	int64_t size = FIRST_LINE + f->n_features * (int64_t)sizeof(struct forest_bins);
	uint8_t *at;

	NEED(text);
	size += (int64_t)strlen(text);
	for (int64_t t = 0; t < f->n_trees; t++)
		size += tree_bytes(f, f->tree + t);
	NEED(*bytes = ARENA_NEW(arena, uint8_t, size));
	at = put(*bytes + FIRST_LINE, text, (int64_t)strlen(text));
	at = put(at, f->bins, f->n_features * (int64_t)sizeof(*f->bins));
	for (int64_t t = 0; t < f->n_trees; t++) {
		const struct forest_tree *tree = f->tree + t;
		uint32_t numbers[2] = {(uint32_t)tree->n_nodes, (uint32_t)tree->depth};

		at = put(at, numbers, 8);
		at = put(at, tree->node, 4 * tree->n_nodes);
		at = put(at, tree->share, 2 * f->n_classes * tree->n_nodes);
	}
	snprintf(first, sizeof(first), "%s%016llx %016lld\n", MAGIC,
		(unsigned long long)sum_of(*bytes + FIRST_LINE, size - FIRST_LINE),
		(long long)size);
	put(*bytes, first, FIRST_LINE);
	*n = size;
	return OK;
}

/* ------------------------------------------------------------------ and back */

struct reader {
	const char *name;
	const uint8_t *at, *end;
	struct arena *arena;
};

static enum err damaged(const struct reader *r, const char *what)
{
	return fail(ERR_INPUT, "%s: is damaged (%s); train the forest again", r->name, what);
}

/* The rest of a line "KEY REST"; NULL: it is another line. */
static const char *line(struct reader *r, const char *key)
{
	int64_t left = r->end - r->at, n = (int64_t)strlen(key);
	const uint8_t *stop = left > 0 ? memchr(r->at, '\n', (size_t)left) : NULL;
	const char *text;

	if (!stop || stop - r->at < n + 1 || memcmp(r->at, key, (size_t)n) != 0 || r->at[n] != ' ')
		return NULL;
	text = arena_format(
		r->arena, "%.*s", (int)(stop - r->at - n - 1), (const char *)r->at + n + 1);
	if (text)
		r->at = stop + 1;
	return text;
}

static bool whole(struct reader *r, const char *key, int64_t low, int64_t high, int64_t *out)
{
	const char *text = line(r, key);
	char *end;

	if (!text)
		return false;
	*out = strtoll(text, &end, 10);
	return !*end && end != text && *out >= low && *out <= high;
}

static bool real(struct reader *r, const char *key, double *out)
{
	const char *text = line(r, key);
	char *end;

	if (!text)
		return false;
	*out = strtod(text, &end);
	return !*end && end != text;
}

static bool classes(struct reader *r, struct forest *f)
{
	for (int64_t c = 0; c < f->n_classes; c++) {
		const char *text = line(r, "class");
		char *end;
		long value = text ? strtol(text, &end, 10) : 0;

		if (value < 1 || value > 254 || *end != ' ' || !end[1] ||
			(c && value <= f->value[c - 1]))
			return false;
		f->value[c] = (uint8_t)value;
		f->name[c] = end + 1;
	}
	return true;
}

static enum err read_head(struct reader *r, struct forest *f)
{
	const char *grey, *units;

	if (!whole(r, "scales", 1, 4, &f->scales) ||
		!whole(r, "features", 1, FOREST_FEATURES, &f->n_features) ||
		!whole(r, "classes", 2, FOREST_CLASSES, &f->n_classes) ||
		!whole(r, "trees", 1, FOREST_TREES, &f->n_trees))
		return damaged(r, "its first lines");
	grey = line(r, "grey");
	if (!grey || (strcmp(grey, "values") != 0 && strcmp(grey, "percentiles") != 0))
		return damaged(r, "the line that begins with grey");
	f->grey = strcmp(grey, "values") ? GREY_PERCENTILES : GREY_VALUES;
	if (!real(r, "zero", &f->zero) || !real(r, "one", &f->one) ||
		!real(r, "voxel_um", &f->voxel_um) || !(units = line(r, "units")))
		return damaged(r, "its lines on grey values");
	f->units = strcmp(units, "-") ? units : "";
	if (!classes(r, f) || r->end - r->at < 4 || memcmp(r->at, "end\n", 4) != 0)
		return damaged(r, "its lines on classes");
	r->at += 4;
	return OK;
}

static bool take(struct reader *r, void *out, int64_t n)
{
	if (r->end - r->at < n)
		return false;
	memcpy(out, r->at, (size_t)n);
	r->at += n;
	return true;
}

/* Children stand behind their parent, so every walk ends; and it does within the depth. */
static bool sound(const struct forest *f, const struct forest_tree *t, uint8_t *level)
{
	memset(level, 0, (size_t)t->n_nodes);
	for (int64_t i = 0; i < t->n_nodes; i++) {
		int64_t child = t->node[i] >> 16, feature = t->node[i] & 255;

		if (feature >= f->n_features || level[i] > t->depth)
			return false;
		if (child == i && ((t->node[i] >> 8) & 255) == 255)
			continue;
		if (child <= i || child + 1 >= t->n_nodes)
			return false;
		level[child] = level[child + 1] = (uint8_t)(level[i] + 1);
	}
	return true;
}

static enum err read_tree(struct reader *r, const struct forest *f, struct forest_tree *t)
{
	uint32_t numbers[2];
	uint8_t *level;

	if (!take(r, numbers, 8) || numbers[0] < 1 || numbers[0] > 65535 ||
		numbers[1] > FOREST_DEPTH)
		return damaged(r, "the size of a tree");
	t->n_nodes = numbers[0];
	t->depth = numbers[1];
	NEED(t->arena = arena_new());
	NEED(t->node = ARENA_NEW(t->arena, uint32_t, t->n_nodes));
	NEED(t->share = ARENA_NEW(t->arena, uint16_t, t->n_nodes * f->n_classes));
	NEED(level = ARENA_NEW(t->arena, uint8_t, t->n_nodes));
	if (!take(r, t->node, 4 * t->n_nodes) || !take(r, t->share, 2 * t->n_nodes * f->n_classes))
		return damaged(r, "a tree is cut off");
	return sound(f, t, level) ? OK : damaged(r, "a branch leads nowhere");
}

static enum err read_body(struct reader *r, struct forest *f)
{
	NEED(f->bins = ARENA_NEW(r->arena, struct forest_bins, f->n_features));
	NEED(f->tree = ARENA_ZERO(r->arena, struct forest_tree, f->n_trees));
	if (!take(r, f->bins, f->n_features * (int64_t)sizeof(*f->bins)))
		return damaged(r, "the bins of its features");
	for (int64_t k = 0; k < f->n_features; k++)
		if (!isfinite(f->bins[k].low) || !isfinite(f->bins[k].cells))
			return damaged(r, "the range of a feature");
	for (int64_t t = 0; t < f->n_trees; t++)
		TRY(read_tree(r, f, f->tree + t));
	return r->at == r->end ? OK : damaged(r, "more follows its last tree");
}

enum err forest_unpack(
	struct forest *f, const char *name, const uint8_t *bytes, int64_t n, struct arena *arena)
{
	struct reader r = {name, bytes + FIRST_LINE, bytes + n, arena};
	char first[FIRST_LINE + 1] = "";
	long long size;
	unsigned long long sum;
	enum err e;

	*f = (struct forest){0};
	memcpy(first, bytes, (size_t)(n < FIRST_LINE ? n : FIRST_LINE));
	if (memcmp(first, MAGIC, strlen("tomochron forest ")) != 0)
		return fail(ERR_INPUT, "%s: is no forest; segment --train --model-out writes one",
			name);
	if (memcmp(first, MAGIC, sizeof(MAGIC) - 1) != 0)
		return fail(ERR_INPUT,
			"%s: is a forest of version %.*s, but this program reads version 1", name,
			(int)strcspn(first + 17, " \n"), first + 17);
	if (sscanf(first + sizeof(MAGIC) - 1, "%16llx %16lld", &sum, &size) != 2)
		return damaged(&r, "its first line");
	if (size != n)
		return fail(ERR_INPUT, "%s: has %lld of its %lld bytes; train the forest again",
			name, (long long)n, size);
	if (sum != sum_of(bytes + FIRST_LINE, n - FIRST_LINE))
		return damaged(&r, "the sum over its bytes is another");
	e = read_head(&r, f);
	if (e == OK)
		e = read_body(&r, f);
	if (e != OK)
		forest_free(f);
	return e;
}

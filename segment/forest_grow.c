/* SPDX-License-Identifier: BSD-3-Clause
 * Growing a forest; see segment/forest.h. */
#include "core/parallel.h"
#include "segment/forest_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static int by_class_and_place(const void *a, const void *b)
{
	const struct sorted_sample *x = a, *y = b;

	if (x->class != y->class)
		return x->class < y->class ? -1 : 1;
	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

struct binning {
	const struct forest_samples *samples;
	struct forest_bins *bins;
	uint8_t *out;
	float *space; /* n of each thread */
};

/* Cells without samples go with the nearest that has some, so that a branch cuts in the middle of a gap. */
static void fill_gaps(const int64_t *count, uint8_t *bin)
{
	int64_t last = -1;

	for (int64_t c = 0; c < FOREST_CELLS; c++) {
		if (!count[c])
			continue;
		for (int64_t k = last + 1; k < c; k++)
			bin[k] = last >= 0 && k - last <= c - k ? bin[last] : bin[c];
		last = c;
	}
	for (int64_t k = last + 1; k < FOREST_CELLS; k++)
		bin[k] = last >= 0 ? bin[last] : 0;
}

/* The range leaves a thousandth out at either end; bins hold as many samples each. */
static enum err bin_feature(void *context, int64_t feature, int thread)
{
	const struct binning *b = context;
	int64_t n = b->samples->n, count[FOREST_CELLS] = {0}, before = 0;
	const float *values = b->samples->values + feature * n;
	struct forest_bins *bins = b->bins + feature;
	float *sorted = b->space + thread * n;
	double low, high;

	memcpy(sorted, values, (size_t)n * sizeof(*sorted));
	qsort(sorted, (size_t)n, sizeof(*sorted), by_value);
	low = (double)sorted[n / 1000];
	high = (double)sorted[n - 1 - n / 1000];
	bins->low = (float)low;
	bins->cells = high > low ? (float)(FOREST_CELLS / (high - low)) : 0;
	if (!isfinite(bins->cells))
		bins->cells = 0;
	for (int64_t c = 0; c < FOREST_CELLS; c++)
		bins->bin[c] = 0;
	for (int64_t i = 0; i < n; i++) { /* the very numbers that forest_bin() makes */
		float x = (values[i] - bins->low) * bins->cells;

		count[x > 0 ? (int)(x < FOREST_CELLS - 1 ? x : FOREST_CELLS - 1) : 0]++;
	}
	for (int64_t c = 0; c < FOREST_CELLS; before += count[c++])
		bins->bin[c] = (uint8_t)(256 * before / n < 255 ? 256 * before / n : 255);
	fill_gaps(count, bins->bin);
	forest_bin(bins, values, n, b->out + feature * n);
	return OK;
}

static enum err bin_samples(struct growing *g, struct arena *arena)
{
	int64_t n = g->samples->n, features = g->forest->n_features;
	struct binning b = {.samples = g->samples};

	NEED(b.bins = g->forest->bins = ARENA_NEW(arena, struct forest_bins, features));
	NEED(g->bins = b.out = ARENA_NEW(arena, uint8_t, features * n));
	NEED(b.space = ARENA_NEW(arena, float, n *parallel_threads()));
	return parallel_for(features, bin_feature, &b);
}

/* What is drawn together: samples of a class in one place. */
static enum err find_units(struct growing *g, struct arena *arena)
{
	const struct forest_samples *s = g->samples;
	int64_t classes = g->forest->n_classes, of[FOREST_CLASSES] = {0};

	NEED(g->order = ARENA_NEW(arena, struct sorted_sample, s->n));
	NEED(g->unit = ARENA_NEW(arena, int64_t, s->n + 1));
	NEED(g->unit_of = ARENA_NEW(arena, int64_t, s->n));
	for (int64_t i = 0; i < s->n; i++) {
		g->order[i] = (struct sorted_sample){s->place[i], (uint32_t)i, s->class[i]};
		of[s->class[i]]++;
	}
	qsort(g->order, (size_t)s->n, sizeof(*g->order), by_class_and_place);
	for (int64_t i = 0, c = -1; i < s->n; i++) {
		const struct sorted_sample *o = g->order + i;

		if (!i || o->class != o[-1].class || o->place != o[-1].place)
			g->unit[g->n_units++] = i;
		for (; c < o->class;)
			g->first[++c] = g->n_units - 1;
		g->unit_of[o->index] = g->n_units - 1;
	}
	g->unit[g->n_units] = s->n;
	g->first[classes] = g->n_units;
	for (int64_t c = 0; c < classes; c++) {
		if (!of[c])
			return fail(ERR_USAGE, "forest: class %lld has no samples", (long long)c);
		g->weight[c] = (double)s->n / ((double)classes * (double)of[c]);
	}
	return OK;
}

static enum err grow_tree(void *context, int64_t t, int thread)
{
	(void)thread;
	return forest_tree(context, t);
}

struct judging {
	const struct growing *g;
	int16_t *vote; /* of each sample; -1: no tree was grown without it */
};

static int64_t leaf_of(const struct growing *g, const struct forest_tree *tree, int64_t sample)
{
	int64_t at = 0;

	for (int64_t d = 0; d < tree->depth; d++) {
		uint32_t node = tree->node[at];
		uint8_t bin = g->bins[(int64_t)(node & 255) * g->samples->n + sample];

		at = (int64_t)(node >> 16) + (bin > ((node >> 8) & 255));
	}
	return at;
}

enum { JUDGED = 4096 };

static enum err judge(void *context, int64_t block, int thread)
{
	const struct judging *j = context;
	const struct growing *g = j->g;
	int64_t n = g->samples->n, classes = g->forest->n_classes;
	int64_t end = (block + 1) * JUDGED < n ? (block + 1) * JUDGED : n;

	(void)thread;
	for (int64_t i = block * JUDGED; i < end; i++) {
		uint32_t sum[FOREST_CLASSES] = {0}, most = 0;

		j->vote[i] = -1;
		for (int64_t t = 0; t < g->forest->n_trees; t++) {
			const struct forest_tree *tree = g->forest->tree + t;

			if (g->drawn[t * g->n_units + g->unit_of[i]])
				continue;
			for (int64_t c = 0, leaf = leaf_of(g, tree, i); c < classes; c++)
				sum[c] += tree->share[leaf * classes + c];
		}
		for (int64_t c = 0; c < classes; c++)
			if (sum[c] > most) {
				most = sum[c];
				j->vote[i] = (int16_t)c;
			}
	}
	return OK;
}

static enum err report_on(const struct growing *g, struct forest_report *r, struct arena *arena)
{
	int64_t n = g->samples->n, classes = g->forest->n_classes, features = g->forest->n_features;
	struct judging j = {.g = g};
	double all = 0;

	NEED(j.vote = ARENA_NEW(arena, int16_t, n));
	NEED(r->confusion = ARENA_ZERO(arena, int64_t, classes * classes));
	NEED(r->unjudged = ARENA_ZERO(arena, int64_t, classes));
	NEED(r->places = ARENA_ZERO(arena, int64_t, classes));
	NEED(r->importance = ARENA_ZERO(arena, double, features));
	TRY(parallel_for((n + JUDGED - 1) / JUDGED, judge, &j));
	for (int64_t i = 0; i < n; i++)
		if (j.vote[i] >= 0)
			r->confusion[g->samples->class[i] * classes + j.vote[i]]++;
		else
			r->unjudged[g->samples->class[i]]++;
	for (int64_t c = 0; c < classes; c++)
		r->places[c] = g->first[c + 1] - g->first[c];
	for (int64_t t = 0; t < g->forest->n_trees; t++)
		for (int64_t k = 0; k < features; k++)
			all += g->sorted_out[t * features + k];
	for (int64_t t = 0; all > 0 && t < g->forest->n_trees; t++)
		for (int64_t k = 0; k < features; k++)
			r->importance[k] += g->sorted_out[t * features + k] / all;
	return OK;
}

static enum err check(
	const struct forest *f, const struct forest_samples *s, const struct forest_growing *how)
{
	if (f->n_features < 1 || f->n_features > FOREST_FEATURES || f->n_classes < 2 ||
		f->n_classes > FOREST_CLASSES || s->n < f->n_classes || s->n > INT32_MAX)
		return fail(ERR_USAGE,
			"forest: %lld features, %lld classes and %lld samples, but there must be 1 "
			"to %d, 2 to %d, and one a class",
			(long long)f->n_features, (long long)f->n_classes, (long long)s->n,
			FOREST_FEATURES, FOREST_CLASSES);
	if (how->trees < 1 || how->trees > FOREST_TREES || how->depth < 1 ||
		how->depth > FOREST_DEPTH)
		return fail(ERR_USAGE,
			"forest: %lld trees of depth %lld, but there must be 1 to %d, 1 to %d",
			(long long)how->trees, (long long)how->depth, FOREST_TREES, FOREST_DEPTH);
	return OK;
}

enum err forest_grow(struct forest *f, const struct forest_samples *s,
	const struct forest_growing *how, struct forest_report *report, struct arena *arena)
{
	struct growing g = {.forest = f, .samples = s, .how = how};

	TRY(check(f, s, how));
	f->n_trees = how->trees;
	NEED(f->tree = ARENA_ZERO(arena, struct forest_tree, f->n_trees));
	TRY(bin_samples(&g, arena));
	TRY(find_units(&g, arena));
	NEED(g.drawn = ARENA_NEW(arena, uint8_t, f->n_trees * g.n_units));
	NEED(g.sorted_out = ARENA_ZERO(arena, double, f->n_trees * f->n_features));
	TRY(parallel_for(f->n_trees, grow_tree, &g));
	return report_on(&g, report, arena);
}

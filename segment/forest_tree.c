/* SPDX-License-Identifier: BSD-3-Clause
 * One tree of a forest: places are drawn with replacement, and each branch takes the best of a few features by Gini's
 * impurity. Nodes are made level by level, so that the first of many branches come first in memory. */
#include "segment/forest_parts.h"

#include <math.h>
#include <string.h>

/* LEAST: samples of a leaf. */
enum { BINS = 256, LEAST = 3, MOST_NODES = 65535 };

struct item {
	uint32_t index;
	uint16_t times; /* how often it was drawn */
	uint8_t class;
};

struct task {
	int64_t begin, end, depth; /* of its items; -1: a leaf */
};

struct tree {
	const struct growing *g;
	uint64_t random;
	struct item *item, *spare;
	int64_t n;
	struct task *task; /* of each node */
	uint32_t *node;
	int64_t nodes, most, depth;
	uint32_t *count; /* (BINS, classes) */
	double *left, *all;
	double *sorted_out;
};

struct split {
	int64_t feature, bin; /* feature -1: none */
	double gain;
};

/* S. Vigna's splitmix64 (public domain). */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* Below n, which is far below 2^32. */
static int64_t random_below(uint64_t *state, int64_t n)
{
	return (int64_t)((next_random(state) >> 32) * (uint64_t)n >> 32);
}

static enum err draw(struct tree *t, uint8_t *drawn, struct arena *arena)
{
	const struct growing *g = t->g;
	uint16_t *times = ARENA_ZERO(arena, uint16_t, g->n_units);

	NEED(times);
	for (int64_t c = 0; c < g->forest->n_classes; c++) {
		int64_t from = g->first[c], n = g->first[c + 1] - from;

		for (int64_t k = 0; k < n; k++) {
			int64_t u = from + random_below(&t->random, n);

			times[u] = (uint16_t)(times[u] + (times[u] < 65535));
		}
	}
	for (int64_t u = 0; u < g->n_units; u++) {
		drawn[u] = times[u] > 0;
		for (int64_t k = g->unit[u]; times[u] && k < g->unit[u + 1]; k++)
			t->item[t->n++] =
				(struct item){g->order[k].index, times[u], g->order[k].class};
	}
	return OK;
}

static double squares(const double *sum, int64_t n, double *total)
{
	double square = 0;

	*total = 0;
	for (int64_t c = 0; c < n; c++) {
		square += sum[c] * sum[c];
		*total += sum[c];
	}
	return square;
}

/* The best place to cut by one feature, if better than what is there. */
static void try_feature(
	const struct tree *t, const struct task *task, int64_t feature, struct split *best)
{
	const struct growing *g = t->g;
	int64_t classes = g->forest->n_classes, before = 0, all_of = 0;
	const uint8_t *bins = g->bins + feature * g->samples->n;
	double total, whole = squares(t->all, classes, &total) / total;

	memset(t->count, 0, (size_t)(BINS * classes) * sizeof(*t->count));
	memset(t->left, 0, (size_t)classes * sizeof(*t->left));
	for (int64_t i = task->begin; i < task->end; i++) {
		t->count[bins[t->item[i].index] * classes + t->item[i].class] += t->item[i].times;
		all_of += t->item[i].times;
	}
	for (int64_t b = 0; b < BINS - 1; b++) {
		const uint32_t *count = t->count + b * classes;
		double low = 0, high = 0, n_low = 0, gain;
		int64_t here = 0;

		for (int64_t c = 0; c < classes; c++) {
			double right;

			here += count[c];
			t->left[c] += g->weight[c] * count[c];
			right = t->all[c] - t->left[c];
			low += t->left[c] * t->left[c];
			high += right * right;
			n_low += t->left[c];
		}
		before += here;
		if (!here || before < LEAST || all_of - before < LEAST)
			continue;
		gain = low / n_low + high / (total - n_low) - whole;
		if (gain > best->gain)
			*best = (struct split){feature, b, gain};
	}
}

/* Of a few features drawn, and of further ones where these tell nothing. */
static struct split find_split(struct tree *t, const struct task *task)
{
	int64_t n = t->g->forest->n_features, few = (int64_t)(sqrt((double)n) + 0.5);
	uint8_t feature[FOREST_FEATURES];
	double total;
	struct split best = {.feature = -1};

	squares(t->all, t->g->forest->n_classes, &total);
	best.gain = 1e-9 * total;
	for (int64_t k = 0; k < n; k++)
		feature[k] = (uint8_t)k;
	for (int64_t k = 0; k < n && (k < few || best.feature < 0); k++) {
		int64_t other = k + random_below(&t->random, n - k);
		uint8_t chosen = feature[other];

		feature[other] = feature[k];
		try_feature(t, task, chosen, &best);
	}
	return best;
}

/* Items that go to the first child come first, all in the order they had. */
static int64_t part_items(struct tree *t, const struct task *task, const struct split *split)
{
	const uint8_t *bins = t->g->bins + split->feature * t->g->samples->n;
	int64_t low = task->begin, high = 0;

	for (int64_t i = task->begin; i < task->end; i++)
		if (bins[t->item[i].index] <= split->bin)
			t->item[low++] = t->item[i];
		else
			t->spare[high++] = t->item[i];
	memcpy(t->item + low, t->spare, (size_t)high * sizeof(*t->spare));
	return low;
}

static void sum_classes(struct tree *t, const struct task *task)
{
	memset(t->all, 0, (size_t)t->g->forest->n_classes * sizeof(*t->all));
	for (int64_t i = task->begin; i < task->end; i++)
		t->all[t->item[i].class] += t->g->weight[t->item[i].class] * t->item[i].times;
}

static bool pure(const struct tree *t)
{
	int64_t seen = 0;

	for (int64_t c = 0; c < t->g->forest->n_classes; c++)
		seen += t->all[c] > 0;
	return seen < 2;
}

static void grow_node(struct tree *t, int64_t i)
{
	struct task task = t->task[i];
	struct split split = {.feature = -1};
	int64_t middle;

	t->node[i] = (uint32_t)(i << 16 | 255 << 8);
	sum_classes(t, &task);
	if (task.depth < t->g->how->depth && t->nodes + 2 <= t->most && !pure(t))
		split = find_split(t, &task);
	if (split.feature < 0)
		return;
	middle = part_items(t, &task, &split);
	t->sorted_out[split.feature] += split.gain;
	t->node[i] = (uint32_t)(t->nodes << 16 | split.bin << 8 | split.feature);
	t->task[t->nodes++] = (struct task){task.begin, middle, task.depth + 1};
	t->task[t->nodes++] = (struct task){middle, task.end, task.depth + 1};
	if (t->depth < task.depth + 1)
		t->depth = task.depth + 1;
}

/* What the forest keeps. */
static enum err keep(struct tree *t, struct forest_tree *out)
{
	int64_t classes = t->g->forest->n_classes;

	out->n_nodes = t->nodes;
	out->depth = t->depth;
	NEED(out->node = ARENA_NEW(out->arena, uint32_t, t->nodes));
	NEED(out->share = ARENA_ZERO(out->arena, uint16_t, t->nodes * classes));
	memcpy(out->node, t->node, (size_t)t->nodes * sizeof(*t->node));
	for (int64_t i = 0; i < t->nodes; i++) {
		double total;

		if (t->node[i] >> 16 != i)
			continue;
		sum_classes(t, t->task + i);
		squares(t->all, classes, &total);
		for (int64_t c = 0; c < classes; c++)
			out->share[i * classes + c] = (uint16_t)(65535 * (t->all[c] / total) + 0.5);
	}
	return OK;
}

static enum err grow(struct tree *t, int64_t number, struct arena *arena)
{
	const struct growing *g = t->g;
	int64_t n = g->samples->n, classes = g->forest->n_classes;

	t->most = 2 * n + 1 < MOST_NODES ? 2 * n + 1 : MOST_NODES;
	NEED(t->item = ARENA_NEW(arena, struct item, n));
	NEED(t->spare = ARENA_NEW(arena, struct item, n));
	NEED(t->task = ARENA_NEW(arena, struct task, t->most));
	NEED(t->node = ARENA_NEW(arena, uint32_t, t->most));
	NEED(t->count = ARENA_NEW(arena, uint32_t, BINS * classes));
	NEED(t->left = ARENA_NEW(arena, double, classes));
	NEED(t->all = ARENA_NEW(arena, double, classes));
	TRY(draw(t, g->drawn + number * g->n_units, arena));
	t->task[t->nodes++] = (struct task){0, t->n, 0};
	for (int64_t i = 0; i < t->nodes; i++)
		grow_node(t, i);
	return keep(t, g->forest->tree + number);
}

enum err forest_tree(const struct growing *g, int64_t number)
{
	struct tree t = {.g = g, .sorted_out = g->sorted_out + number * g->forest->n_features};
	struct arena *arena = arena_new();
	enum err e = ERR_RESOURCE;

	t.random = g->how->seed * 0x2545f4914f6cdd1du + (uint64_t)number;
	next_random(&t.random);
	if (arena && (g->forest->tree[number].arena = arena_new()))
		e = grow(&t, number, arena);
	arena_free(arena);
	return e;
}

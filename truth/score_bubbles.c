/* SPDX-License-Identifier: BSD-3-Clause */
#include "truth/score_bubbles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct matching {
	struct score_bubbles *b;
	struct arena *arena;
	int64_t *partner[2]; /* of each blob, -1: none */
	bool *overlaps[2];   /* anything? */
};

/* Bubbles that do not overlap but lie near each other. */
struct candidate {
	int64_t truth, found;
	double distance;
};

int64_t bubbles_least(int64_t min_voxels)
{
	return min_voxels > 4 ? (min_voxels + 3) / 4 : 1;
}

void blob_centroid(const struct blob *blob, double centroid[3])
{
	for (int k = 0; k < 3; k++)
		centroid[k] = (double)blob->sum[k] / (double)blob->n;
}

static double distance(const struct blob *a, const struct blob *b)
{
	double p[3], q[3];

	blob_centroid(a, p);
	blob_centroid(b, q);
	return sqrt((p[0] - q[0]) * (p[0] - q[0]) + (p[1] - q[1]) * (p[1] - q[1]) +
		    (p[2] - q[2]) * (p[2] - q[2]));
}

static bool counts(const struct matching *m, int side, int64_t i)
{
	return m->b->blobs.blob[side][i].n >= m->b->min_voxels;
}

static void match(struct matching *m, int64_t truth, int64_t found, int64_t overlap)
{
	struct score_bubbles *b = m->b;
	const struct blob *t = &b->blobs.blob[SCORE_TRUTH][truth];
	const struct blob *f = &b->blobs.blob[SCORE_FOUND][found];

	if (m->partner[SCORE_TRUTH][truth] >= 0 || m->partner[SCORE_FOUND][found] >= 0)
		return;
	m->partner[SCORE_TRUTH][truth] = found;
	m->partner[SCORE_FOUND][found] = truth;
	b->pairs[b->n_pairs++] = (struct bubble_pair){.truth = truth,
		.found = found,
		.overlap = overlap,
		.volume_error = (double)(f->n - t->n) / (double)t->n,
		.distance = distance(t, f)};
}

static void match_overlaps(struct matching *m)
{
	const struct blob_lists *lists = &m->b->blobs;

	for (int64_t i = 0; i < lists->n_overlaps; i++) {
		const struct overlap *o = &lists->overlap[i];

		m->overlaps[SCORE_TRUTH][o->truth] = m->overlaps[SCORE_FOUND][o->found] = true;
		if (counts(m, SCORE_TRUTH, o->truth) || counts(m, SCORE_FOUND, o->found))
			match(m, o->truth, o->found, o->n);
	}
}

static int nearest_first(const void *a, const void *b)
{
	const struct candidate *p = a, *q = b;

	if (p->distance != q->distance)
		return p->distance < q->distance ? -1 : 1;
	if (p->truth != q->truth)
		return p->truth < q->truth ? -1 : 1;
	return p->found < q->found ? -1 : p->found > q->found;
}

struct place {
	double z;
	int64_t i;
};

static int by_z(const void *a, const void *b)
{
	const struct place *p = a, *q = b;

	if (p->z != q->z)
		return p->z < q->z ? -1 : 1;
	return p->i < q->i ? -1 : p->i > q->i;
}

/* Found blobs that overlap nothing, by height, so that few are looked at for each true one. */
static enum err sort_places(const struct matching *m, struct place **places, int64_t *n)
{
	const struct blob_lists *lists = &m->b->blobs;

	NEED(*places = ARENA_NEW(m->arena, struct place, lists->n[SCORE_FOUND]));
	*n = 0;
	for (int64_t f = 0; f < lists->n[SCORE_FOUND]; f++) {
		const struct blob *blob = &lists->blob[SCORE_FOUND][f];

		if (!m->overlaps[SCORE_FOUND][f])
			(*places)[(*n)++] =
				(struct place){(double)blob->sum[0] / (double)blob->n, f};
	}
	qsort(*places, (size_t)*n, sizeof(**places), by_z);
	return OK;
}

static int64_t first_above(const struct place *places, int64_t n, double z)
{
	int64_t low = 0;

	while (low < n) {
		int64_t middle = (low + n) / 2;

		if (places[middle].z < z)
			low = middle + 1;
		else
			n = middle;
	}
	return low;
}

/* out NULL: counts only. */
static int64_t find_candidates(const struct matching *m, const struct place *places,
	int64_t n_places, struct candidate *out)
{
	const struct blob_lists *lists = &m->b->blobs;
	int64_t n = 0;

	for (int64_t t = 0; t < lists->n[SCORE_TRUTH]; t++) {
		const struct blob *blob = &lists->blob[SCORE_TRUTH][t];
		double z = (double)blob->sum[0] / (double)blob->n;
		int64_t i = first_above(places, n_places, z - BUBBLE_NEAR);

		for (; i < n_places && places[i].z <= z + BUBBLE_NEAR; i++) {
			int64_t f = places[i].i;
			double d = distance(blob, &lists->blob[SCORE_FOUND][f]);

			if (m->overlaps[SCORE_TRUTH][t] || d > BUBBLE_NEAR ||
				(!counts(m, SCORE_TRUTH, t) && !counts(m, SCORE_FOUND, f)))
				continue;
			if (out)
				out[n] = (struct candidate){t, f, d};
			n++;
		}
	}
	return n;
}

static enum err match_near(struct matching *m)
{
	struct candidate *all;
	struct place *places;
	int64_t n, n_places;

	TRY(sort_places(m, &places, &n_places));
	n = find_candidates(m, places, n_places, NULL);
	NEED(all = ARENA_NEW(m->arena, struct candidate, n));
	find_candidates(m, places, n_places, all);
	qsort(all, (size_t)n, sizeof(*all), nearest_first);
	for (int64_t i = 0; i < n; i++)
		match(m, all[i].truth, all[i].found, 0);
	return OK;
}

/* Of blobs without partner: those with more than half in one blob of the other side (that has a
 * partner, or this would be it), and those without. */
static enum err sort_rest(struct matching *m, int side, const int64_t **half, int64_t *n_half,
	const int64_t **alone, int64_t *n_alone)
{
	const struct blob_lists *lists = &m->b->blobs;
	int64_t n = lists->n[side];
	bool *held = ARENA_ZERO(m->arena, bool, n);
	int64_t *in = ARENA_NEW(m->arena, int64_t, n), *out = ARENA_NEW(m->arena, int64_t, n);

	NEED(held);
	NEED(*half = in);
	NEED(*alone = out);
	for (int64_t i = 0; i < lists->n_overlaps; i++) {
		const struct overlap *o = &lists->overlap[i];
		int64_t own = side == SCORE_TRUTH ? o->truth : o->found;

		held[own] |= 2 * o->n > lists->blob[side][own].n;
	}
	*n_half = *n_alone = 0;
	for (int64_t i = 0; i < n; i++) {
		if (!counts(m, side, i) || m->partner[side][i] >= 0)
			continue;
		if (held[i])
			in[(*n_half)++] = i;
		else
			out[(*n_alone)++] = i;
	}
	return OK;
}

static void summarise(struct score_bubbles *b)
{
	b->mean_error = b->most_error = b->n_pairs ? 0 : NAN;
	b->mean_distance = b->most_distance = b->n_pairs ? 0 : NAN;
	for (int64_t i = 0; i < b->n_pairs; i++) {
		const struct bubble_pair *p = &b->pairs[i];

		b->mean_error += fabs(p->volume_error) / (double)b->n_pairs;
		b->mean_distance += p->distance / (double)b->n_pairs;
		b->most_error = fmax(b->most_error, fabs(p->volume_error));
		b->most_distance = fmax(b->most_distance, p->distance);
	}
}

enum err bubbles_match(struct score_bubbles *b, const struct blob_lists *blobs, int64_t min_voxels,
	struct arena *arena)
{
	struct matching m = {.b = b, .arena = arena};
	int64_t *n[2] = {&b->n_truth, &b->n_found};

	*b = (struct score_bubbles){.blobs = *blobs, .min_voxels = min_voxels};
	for (int side = 0; side < 2; side++) {
		NEED(m.partner[side] = ARENA_NEW(arena, int64_t, blobs->n[side]));
		NEED(m.overlaps[side] = ARENA_ZERO(arena, bool, blobs->n[side]));
		for (int64_t i = 0; i < blobs->n[side]; i++) {
			m.partner[side][i] = -1;
			*n[side] += counts(&m, side, i);
		}
	}
	NEED(b->pairs = ARENA_NEW(arena, struct bubble_pair, blobs->n[SCORE_TRUTH]));
	match_overlaps(&m);
	TRY(match_near(&m));
	TRY(sort_rest(&m, SCORE_TRUTH, &b->merged, &b->n_merged, &b->missed, &b->n_missed));
	TRY(sort_rest(&m, SCORE_FOUND, &b->split, &b->n_split, &b->invented, &b->n_invented));
	summarise(b);
	return OK;
}

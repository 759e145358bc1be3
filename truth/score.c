/* SPDX-License-Identifier: BSD-3-Clause
 * One pass over both volumes. With plane z just read: labels are counted and bubbles go on in plane z,
 * boundaries are found in plane z - 1, whose neighbours are then there, and looked up in plane z - 1 -
 * SCORE_REACH; cracks and the shift lag by their own reach. */
#include "truth/score.h"

#include "core/metrics.h"
#include "core/parallel.h"
#include "truth/score_kernels.h"
#include "truth/score_planes.h"
#include "truth/score_sum.h"

#include <math.h>
#include <string.h>

const int64_t crack_near[CRACK_NEAR] = {2, 3, CRACK_REACH};

enum { VALUES = 256 };

struct pass {
	const struct score_setup *setup;
	struct arena *arena;
	int64_t nz, ny, nx;
	struct window window;
	struct shift *shift;
	struct blobs *blobs;
	struct near *boundary[VALUES]; /* of labels that came so far */
	struct near *crack[CRACK_KINDS];
	int64_t *counts; /* threads x VALUES x VALUES: truth, found */
	bool *seen;	 /* threads x VALUES: in any plane so far */
	bool there[VALUES];
	int n_there;
	uint8_t *edge; /* threads x a row */
	int64_t at;    /* the plane in work */
};

/* ------------------------------------------------------------------ labels in plane `at` */

static bool same_eight(const uint8_t *at, uint64_t pattern)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word == pattern;
}

/* Long runs of equal pairs are the rule. */
static enum err count_row(void *context, int64_t y, int thread)
{
	struct pass *p = context;
	const uint8_t *t = window_plane(&p->window, SCORE_TRUTH, p->at) + y * p->nx;
	const uint8_t *f = window_plane(&p->window, SCORE_FOUND, p->at) + y * p->nx;
	int64_t *counts = p->counts + (int64_t)thread * VALUES * VALUES;
	bool *seen = p->seen + (int64_t)thread * VALUES;

	for (int64_t x = 0; x < p->nx;) {
		uint64_t like_t = t[x] * 0x0101010101010101u, like_f = f[x] * 0x0101010101010101u;
		int64_t begin = x;

		while (x + 8 <= p->nx && same_eight(t + x, like_t) && same_eight(f + x, like_f))
			x += 8;
		while (x < p->nx && t[x] == t[begin] && f[x] == f[begin])
			x++;
		counts[t[begin] * VALUES + f[begin]] += x - begin;
		seen[t[begin]] = seen[f[begin]] = true;
	}
	return OK;
}

static enum err new_label(struct pass *p, int label)
{
	if (++p->n_there > SCORE_LABELS)
		return fail(ERR_INPUT,
			"%s and %s: there are more than %d different values; these are not labels",
			p->setup->side[SCORE_FOUND]->name, p->setup->side[SCORE_TRUTH]->name,
			(int)SCORE_LABELS);
	p->there[label] = true;
	if (label != LABEL_OUTSIDE)
		TRY(near_new(&p->boundary[label], p->nz, p->ny, p->nx, SCORE_REACH, p->arena));
	if (label != LABEL_CRACK && label != LABEL_CRACK_NAK)
		return OK;
	if (!p->crack[CRACK_ALL])
		TRY(near_new(&p->crack[CRACK_ALL], p->nz, p->ny, p->nx, CRACK_REACH, p->arena));
	return near_new(&p->crack[label == LABEL_CRACK ? CRACK_EMPTY : CRACK_FILLED], p->nz, p->ny,
		p->nx, CRACK_REACH, p->arena);
}

static enum err count_plane(struct pass *p)
{
	TRY(parallel_for(p->ny, count_row, p));
	for (int label = 0; label < VALUES; label++)
		for (int t = 0; t < parallel_threads() && !p->there[label]; t++)
			if (p->seen[t * VALUES + label])
				TRY(new_label(p, label));
	return OK;
}

/* ------------------------------------------------------------------ boundaries */

static void mark_edges(struct pass *p, enum score_side side, int64_t y, int thread)
{
	const uint8_t *plane = window_plane(&p->window, side, p->at);
	const uint8_t *before = window_plane(&p->window, side, p->at - 1);
	const uint8_t *after = window_plane(&p->window, side, p->at + 1);
	const uint8_t *row = plane + y * p->nx;
	const uint8_t *around[4] = {y > 0 ? row - p->nx : row, y + 1 < p->ny ? row + p->nx : row,
		before ? before + y * p->nx : row, after ? after + y * p->nx : row};
	uint8_t *edge = p->edge + (int64_t)thread * p->nx;

	score_kernels_here()->edges(row, around, p->nx, edge);
	for (int64_t x = 0; x < p->nx;) {
		if (x + 8 <= p->nx && same_eight(edge + x, 0)) {
			x += 8;
			continue;
		}
		if (edge[x])
			near_set(p->boundary[edge[x]], side, p->at, y, x);
		x++;
	}
}

static enum err mark_row(void *context, int64_t y, int thread)
{
	mark_edges(context, SCORE_TRUTH, y, thread);
	mark_edges(context, SCORE_FOUND, y, thread);
	return OK;
}

static enum err query_boundary_row(void *context, int64_t y, int thread)
{
	struct pass *p = context;

	for (int label = 0; label < VALUES; label++)
		if (p->boundary[label])
			near_query(p->boundary[label], p->at, y, thread);
	return OK;
}

static enum err mark_boundaries(struct pass *p, int64_t z)
{
	if (z < 0 || z >= p->nz)
		return OK;
	p->at = z;
	for (int label = 0; label < VALUES; label++)
		if (p->boundary[label])
			near_clear(p->boundary[label], z);
	TRY(parallel_for(p->ny, mark_row, p));
	for (int label = 0; label < VALUES; label++)
		if (p->boundary[label])
			near_done(p->boundary[label], z);
	return OK;
}

static enum err query_boundaries(struct pass *p, int64_t z)
{
	p->at = z;
	return z < 0 || z >= p->nz ? OK : parallel_for(p->ny, query_boundary_row, p);
}

/* ------------------------------------------------------------------ cracks */

static enum err mark_crack_row(void *context, int64_t y, int thread)
{
	struct pass *p = context;

	(void)thread;
	for (int side = 0; side < 2; side++) {
		const uint8_t *row = window_plane(&p->window, side, p->at) + y * p->nx;

		for (int64_t x = 0; x < p->nx; x++) {
			bool empty = row[x] == LABEL_CRACK;

			if (!empty && row[x] != LABEL_CRACK_NAK)
				continue;
			near_set(p->crack[CRACK_ALL], side, p->at, y, x);
			near_set(p->crack[empty ? CRACK_EMPTY : CRACK_FILLED], side, p->at, y, x);
		}
	}
	return OK;
}

static enum err query_crack_row(void *context, int64_t y, int thread)
{
	struct pass *p = context;

	for (int i = 0; i < CRACK_KINDS; i++)
		if (p->crack[i])
			near_query(p->crack[i], p->at, y, thread);
	return OK;
}

static enum err mark_cracks(struct pass *p, int64_t z)
{
	if (z >= p->nz || !p->crack[CRACK_ALL])
		return OK;
	p->at = z;
	for (int i = 0; i < CRACK_KINDS; i++)
		if (p->crack[i])
			near_clear(p->crack[i], z);
	TRY(parallel_for(p->ny, mark_crack_row, p));
	for (int i = 0; i < CRACK_KINDS; i++)
		if (p->crack[i])
			near_done(p->crack[i], z);
	return OK;
}

static enum err query_cracks(struct pass *p, int64_t z)
{
	p->at = z;
	return z < 0 || z >= p->nz || !p->crack[CRACK_ALL]
		       ? OK
		       : parallel_for(p->ny, query_crack_row, p);
}

/* ------------------------------------------------------------------ the pass */

static enum err compare_shifted(struct pass *p, int64_t z)
{
	int64_t reach = shift_reach(p->shift);
	const uint8_t *planes[2][SHIFT_MOST + 2];

	if (z < reach || z + reach >= p->nz)
		return OK;
	for (int side = 0; side < 2; side++)
		for (int64_t i = 0; i <= 2 * reach; i++)
			planes[side][i] = window_plane(&p->window, side, z - reach + i);
	return shift_plane(p->shift, z, planes[SCORE_TRUTH], planes[SCORE_FOUND]);
}

static enum err behind(struct pass *p, int64_t z)
{
	TRY(mark_boundaries(p, z - 1));
	TRY(query_boundaries(p, z - 1 - SCORE_REACH));
	TRY(mark_cracks(p, z));
	return query_cracks(p, z - CRACK_REACH);
}

static enum err step(void *context, int64_t z, const uint8_t *const plane[2])
{
	struct pass *p = context;

	window_push(&p->window, plane);
	p->at = z;
	TRY(count_plane(p));
	TRY(blobs_plane(p->blobs, z, plane[SCORE_TRUTH], plane[SCORE_FOUND]));
	TRY(compare_shifted(p, z - shift_reach(p->shift)));
	return behind(p, z);
}

static enum err shift_step(void *context, int64_t z, const uint8_t *const plane[2])
{
	struct pass *p = context;

	window_push(&p->window, plane);
	return compare_shifted(p, z - shift_reach(p->shift));
}

static enum err begin(struct pass *p, const struct score_setup *setup, struct arena *arena)
{
	int64_t depth;

	*p = (struct pass){.setup = setup,
		.arena = arena,
		.nz = setup->n[0],
		.ny = setup->n[1],
		.nx = setup->n[2]};
	TRY(shift_new(&p->shift, p->nz, p->ny, p->nx, setup->search, arena));
	depth = 2 * shift_reach(p->shift) + 1;
	return window_new(&p->window, setup, depth < 3 ? 3 : depth, arena);
}

enum err score_offset(
	struct score_shift *shift, const struct score_setup *setup, struct arena *arena)
{
	struct pass p;

	TRY(begin(&p, setup, arena));
	TRY(planes_run(setup, shift_step, &p, arena));
	*shift = shift_result(p.shift);
	return OK;
}

static enum err finish(struct pass *p, struct score *score)
{
	struct blob_lists blobs;

	for (int64_t z = p->nz; z <= p->nz + SCORE_REACH; z++)
		TRY(behind(p, z));
	score->shift = shift_result(p->shift);
	TRY(blobs_finish(p->blobs, &blobs));
	TRY(bubbles_match(&score->bubbles, &blobs, p->setup->min_voxels, p->arena));
	return score_sum(
		score, &(struct score_sums){p->there, p->counts, p->boundary, p->crack}, p->arena);
}

enum err score_labels(struct score *score, const struct score_setup *setup, struct arena *arena)
{
	int threads = parallel_threads();
	struct pass p;

	*score = (struct score){.n = {setup->n[0], setup->n[1], setup->n[2]}};
	TRY(begin(&p, setup, arena));
	TRY(blobs_new(
		&p.blobs, p.ny, p.nx, LABEL_VOID, bubbles_least(setup->min_voxels), 0, arena));
	NEED(p.counts = ARENA_ZERO(arena, int64_t, (int64_t)threads * VALUES * VALUES));
	NEED(p.seen = ARENA_ZERO(arena, bool, (int64_t)threads *VALUES));
	NEED(p.edge = ARENA_NEW(arena, uint8_t, threads * p.nx));
	TRY(planes_run(setup, step, &p, arena));
	return finish(&p, score);
}

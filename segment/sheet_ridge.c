/* SPDX-License-Identifier: BSD-3-Clause
 * Points of dark sheets; see segment/sheet_ridge.h. */
#include "segment/sheet_ridge.h"

#include "core/parallel.h"
#include "segment/gaussian.h"
#include "segment/hessian.h"
#include "segment/order.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

const double sheet_sigma[SHEET_SCALES] = {1, 1.4, 2, 2.8, 4};

/* Places and normals come from SMOOTHEST at least: from finer scales they are mostly noise. */
enum { TILE = 32, FINEST = 1 };
/* How far from the middle of its voxel, along the main axis, the bottom of the parabola may lie: a half would leave
 * gaps where noise moves it. */
static const double reach = 0.7;

int64_t sheet_halo(void)
{
	return gaussian_halo(sheet_sigma[SHEET_SCALES - 1]) + 1;
}

/* The slab whose output has one plane more on either side, where there is one. */
static struct slab wider(const struct slab *s)
{
	struct slab w = slab_cut(slab_whole(s->nz, s->ny, s->nx), s->z0, s->z1, 1);

	w.z0 = w.p0;
	w.z1 = w.p1;
	w.p0 = s->p0;
	w.p1 = s->p1;
	return w;
}

/* Smoothed planes (with one more on either side) and their sheetness in planes z0 to z1. */
static enum err one_scale(const struct slab *s, const float *in, int k, float *smooth,
	float *sheetness, struct arena *scratch)
{
	struct slab w = wider(s), d = *s;

	TRY(gaussian(&w, in, sheet_sigma[k], smooth, scratch));
	d.p0 = w.z0;
	d.p1 = w.z1;
	return hessian_sheetness(&d, smooth, sheet_sigma[k] * sheet_sigma[k], sheetness, scratch);
}

static int64_t voxels_of(const struct slab *s)
{
	return (s->z1 - s->z0) * s->ny * s->nx;
}

static int64_t wider_voxels(const struct slab *s)
{
	struct slab w = wider(s);

	return voxels_of(&w);
}

/* ------------------------------------------------------------------ the bulk */

struct tile_job {
	const struct slab *slab;
	const float *sheetness;
	const uint8_t *inside;
	float *space,
		*result; /* space: a tile for each thread; result: a number a tile, NAN: not bulk */
	int64_t tiles_x;
};

static enum err survey_tile(void *context, int64_t i, int thread)
{
	const struct tile_job *j = context;
	const struct slab *s = j->slab;
	int64_t y0 = i / j->tiles_x * TILE, x0 = i % j->tiles_x * TILE, n = 0,
		planes = s->z1 - s->z0;
	float *value = j->space + thread * planes * TILE * TILE;

	for (int64_t z = 0; z < planes; z++)
		for (int64_t y = y0; y < y0 + TILE && y < s->ny; y++)
			for (int64_t x = x0; x < x0 + TILE && x < s->nx; x++) {
				int64_t at = (z * s->ny + y) * s->nx + x;

				if (j->inside[at])
					value[n++] = j->sheetness[at];
			}
	j->result[i] = NAN;
	if (n < planes * TILE * TILE / 2)
		return OK;
	j->result[i] = order_pick(value, n, n - 1 - n / 100);
	return OK;
}

static enum err survey_room(struct sheet_survey *v, int64_t more)
{
	if (v->n + more <= v->room)
		return OK;
	v->room = 2 * (v->n + more);
	for (int k = 0; k < SHEET_SCALES; k++) {
		float *longer = ARENA_NEW(v->arena, float, v->room);

		NEED(longer);
		if (v->n)
			memcpy(longer, v->block[k], (size_t)v->n * sizeof(*longer));
		v->block[k] = longer;
	}
	return OK;
}

enum err sheet_survey_add(struct sheet_survey *v, const struct slab *slab, const float *in,
	const uint8_t *inside, struct arena *scratch)
{
	struct arena_mark mark = arena_mark(scratch);
	int64_t tiles_x = (slab->nx + TILE - 1) / TILE,
		tiles = (slab->ny + TILE - 1) / TILE * tiles_x, n = 0;
	float *smooth = ARENA_NEW(scratch, float, wider_voxels(slab));
	float *sheetness = ARENA_NEW(scratch, float, voxels_of(slab));
	struct tile_job j = {
		.slab = slab, .sheetness = sheetness, .inside = inside, .tiles_x = tiles_x};

	NEED(smooth);
	NEED(sheetness);
	NEED(j.result = ARENA_NEW(scratch, float, tiles));
	NEED(j.space = ARENA_NEW(
		     scratch, float, parallel_threads() * (slab->z1 - slab->z0) * TILE * TILE));
	TRY(survey_room(v, tiles));
	for (int k = 0; k < SHEET_SCALES; k++) {
		n = v->n;
		TRY(one_scale(slab, in, k, smooth, sheetness, scratch));
		TRY(parallel_for(tiles, survey_tile, &j));
		for (int64_t i = 0; i < tiles; i++)
			if (!isnan(j.result[i]))
				v->block[k][n++] = j.result[i];
	}
	v->n = n;
	arena_release(scratch, mark);
	return OK;
}

enum err sheet_survey_levels(const struct sheet_survey *v, struct sheet_levels *levels)
{
	if (v->n == 0)
		return fail(ERR_INPUT,
			"the ceramic in view is too small to look for cracks: a block of 32 x 32 "
			"voxels of it is needed");
	for (int k = 0; k < SHEET_SCALES; k++) {
		levels->level[k] = fmax((double)order_median_float(v->block[k], v->n), 1e-12);
	}
	return OK;
}

/* ------------------------------------------------------------------ the ridge */

struct ridge_job {
	const struct slab *slab;
	struct slab smoothed; /* planes at hand of smooth */
	const uint8_t *inside;
	float *smooth[SHEET_SCALES], *strength;
	uint8_t *scale; /* of the largest strength */
	const float *sheetness;
	float low, inverse;
	int current;
	int64_t *count,
		*first; /* of each plane: candidates, then points; where they begin in out */
	struct sheet_point *out;
};

/* Takes the current scale where it is the strongest so far. */
static enum err compare_plane(void *context, int64_t p, int thread)
{
	struct ridge_job *j = context;
	int64_t n = j->slab->ny * j->slab->nx;
	const float *sheetness = j->sheetness + p * n;
	float *strength = j->strength + p * n;
	uint8_t *scale = j->scale + p * n;

	(void)thread;
	for (int64_t i = 0; i < n; i++) {
		float s = sheetness[i] * j->inverse;

		scale[i] = j->current == 0 || s > strength[i] ? (uint8_t)j->current : scale[i];
		strength[i] = j->current == 0 || s > strength[i] ? s : strength[i];
	}
	return OK;
}

static void gradient_at(const struct slab *s, const float *in, const int64_t at[3], double g[3])
{
	for (int k = 0; k < 3; k++) {
		double side[2];

		for (int b = 0; b < 2; b++) {
			int64_t q[3] = {at[0], at[1], at[2]};

			q[k] += b ? 1 : -1;
			q[0] = slab_reflect(q[0], s->nz) - s->p0;
			q[1] = slab_reflect(q[1], s->ny);
			q[2] = slab_reflect(q[2], s->nx);
			side[b] = (double)in[(q[0] * s->ny + q[1]) * s->nx + q[2]];
		}
		g[k] = (side[1] - side[0]) / 2;
	}
}

static bool ridge_at(
	const struct ridge_job *j, const int64_t at[3], int scale, struct sheet_point *p)
{
	const float *smooth = j->smooth[scale > FINEST ? scale : FINEST];
	double h[6], g[3], value[3], vector[3][3], *n = vector[0], t;
	int main = 0;

	hessian_at(&j->smoothed, smooth, at[0], at[1], at[2], h);
	eigen_symmetric(h, value, vector);
	gradient_at(&j->smoothed, smooth, at, g);
	if (value[0] <= 0)
		return false;
	t = -(g[0] * n[0] + g[1] * n[1] + g[2] * n[2]) / value[0];
	for (int k = 1; k < 3; k++)
		main = fabs(n[k]) > fabs(n[main]) ? k : main;
	if (fabs(t) > reach * fabs(n[main]))
		return false;
	for (int k = 0; k < 3; k++) {
		p->at[k] = (float)((double)at[k] + t * n[k]);
		p->normal[k] = (float)(n[main] < 0 ? -n[k] : n[k]);
	}
	return true;
}

static bool is_candidate(const struct ridge_job *j, int64_t i)
{
	return j->strength[i] > j->low && j->inside[i];
}

static enum err count_plane(void *context, int64_t p, int thread)
{
	struct ridge_job *j = context;
	int64_t n = j->slab->ny * j->slab->nx;

	(void)thread;
	j->count[p] = 0;
	for (int64_t i = p * n; i < (p + 1) * n; i++)
		j->count[p] += is_candidate(j, i);
	return OK;
}

/* The points of a plane, where its candidates begin. */
static enum err ridge_plane(void *context, int64_t p, int thread)
{
	struct ridge_job *j = context;
	const struct slab *s = j->slab;
	int64_t n = s->ny * s->nx, count = 0;

	(void)thread;
	for (int64_t i = p * n; i < (p + 1) * n; i++) {
		const int64_t at[3] = {s->z0 + p, (i - p * n) / s->nx, i % s->nx};
		struct sheet_point *point = &j->out[j->first[p] + count];

		if (!is_candidate(j, i) || !ridge_at(j, at, j->scale[i], point))
			continue;
		point->strength = j->strength[i];
		count++;
	}
	j->count[p] = count;
	return OK;
}

static enum err points_room(struct sheet_points *p, int64_t more)
{
	struct sheet_point *longer;

	if (p->n + more <= p->room)
		return OK;
	p->room = 2 * (p->n + more);
	NEED(longer = ARENA_NEW(p->arena, struct sheet_point, p->room));
	if (p->n)
		memcpy(longer, p->list, (size_t)p->n * sizeof(*longer));
	p->list = longer;
	return OK;
}

static enum err write_points(
	struct ridge_job *j, struct sheet_points *points, struct arena *scratch)
{
	int64_t planes = j->slab->z1 - j->slab->z0, candidates = 0;

	TRY(parallel_for(planes, count_plane, j));
	for (int64_t p = 0; p < planes; p++) {
		j->first[p] = candidates;
		candidates += j->count[p];
	}
	if (candidates == 0)
		return OK;
	NEED(j->out = ARENA_NEW(scratch, struct sheet_point, candidates));
	TRY(parallel_for(planes, ridge_plane, j));
	for (int64_t p = 0; p < planes; p++) {
		TRY(points_room(points, j->count[p]));
		if (j->count[p])
			memcpy(points->list + points->n, j->out + j->first[p],
				(size_t)j->count[p] * sizeof(*j->out));
		points->n += j->count[p];
	}
	return OK;
}

enum err sheet_ridge(const struct slab *slab, const float *in, const uint8_t *inside,
	const struct sheet_levels *levels, double low, struct sheet_points *points,
	struct arena *scratch)
{
	struct arena_mark mark = arena_mark(scratch);
	struct ridge_job j = {.slab = slab, .inside = inside, .low = (float)low};
	int64_t n = voxels_of(slab), planes = slab->z1 - slab->z0;
	float *sheetness = ARENA_NEW(scratch, float, n);

	NEED(sheetness);
	NEED(j.strength = ARENA_NEW(scratch, float, n));
	NEED(j.scale = ARENA_NEW(scratch, uint8_t, n));
	NEED(j.count = ARENA_NEW(scratch, int64_t, planes));
	NEED(j.first = ARENA_NEW(scratch, int64_t, planes));
	j.sheetness = sheetness;
	j.smoothed = wider(slab);
	j.smoothed.p0 = j.smoothed.z0;
	j.smoothed.p1 = j.smoothed.z1;
	for (int k = 0; k < SHEET_SCALES; k++) {
		NEED(j.smooth[k] = ARENA_NEW(scratch, float, wider_voxels(slab)));
		TRY(one_scale(slab, in, k, j.smooth[k], sheetness, scratch));
		j.current = k;
		j.inverse = (float)(1 / levels->level[k]);
		TRY(parallel_for(planes, compare_plane, &j));
	}
	TRY(write_points(&j, points, scratch));
	arena_release(scratch, mark);
	return OK;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Support of ridge points by their neighbours; see segment/sheet_support.h. */
#include "segment/sheet_support.h"

#include "core/parallel.h"
#include "segment/cloud.h"
#include "segment/unite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RINGS = 4, CHUNK = 256, ROOM = 4096 };
static const int places[RINGS] = {8, 12, 18, 22}, first_place[RINGS] = {0, 8, 20, 38};
static const float same_slope = 0.8F, linked_slope = 0.5F, linked = 3;
/* A neighbour may lie off the tangent plane by a voxel and a half, and by more further away: sheets are curved and rough. */
static const float off_plane = 1.5F, off_slope = 0.15F;

struct support_job {
	const struct sheet_points *points;
	struct cloud cloud;
	float *share;
	int32_t *found; /* ROOM for each thread */
	int64_t n;
};

static float dot(const float a[3], const float b[3])
{
	return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Two unit vectors across n. */
static void tangents(const float n[3], float u[3], float v[3])
{
	int least = 0;
	float size;

	for (int k = 1; k < 3; k++)
		least = fabsf(n[k]) < fabsf(n[least]) ? k : least;
	for (int k = 0; k < 3; k++)
		u[k] = (k == least ? 1.F : 0.F) - n[least] * n[k];
	size = 1 / sqrtf(dot(u, u));
	for (int k = 0; k < 3; k++)
		u[k] *= size;
	v[0] = n[1] * u[2] - n[2] * u[1];
	v[1] = n[2] * u[0] - n[0] * u[2];
	v[2] = n[0] * u[1] - n[1] * u[0];
}

/* The place that a neighbour speaks for; -1: none. */
static int place_of(const struct sheet_point *p, const struct sheet_point *q, const float u[3],
	const float v[3])
{
	float d[3], across, a, b, r;
	int ring, turn;

	if (fabsf(dot(p->normal, q->normal)) < same_slope)
		return -1;
	for (int k = 0; k < 3; k++)
		d[k] = q->at[k] - p->at[k];
	across = fabsf(dot(d, p->normal));
	a = dot(d, u);
	b = dot(d, v);
	r = sqrtf(a * a + b * b);
	ring = (int)lrintf(r / 2) - 1;
	if (ring < 0 || ring >= RINGS || across > off_plane + off_slope * r)
		return -1;
	turn = (int)floorf((atan2f(b, a) / 6.2831853F + 1) * (float)places[ring] + 0.5F);
	return first_place[ring] + turn % places[ring];
}

static enum err support_chunk(void *context, int64_t chunk, int thread)
{
	const struct support_job *j = context;
	int32_t *found = j->found + thread * ROOM;

	for (int64_t i = chunk * CHUNK; i < (chunk + 1) * CHUNK && i < j->n; i++) {
		const struct sheet_point *p = &j->points->list[i];
		int64_t n = cloud_near(&j->cloud, p->at, 9.3F, found, ROOM);
		uint64_t met = 0;
		float u[3], v[3];

		tangents(p->normal, u, v);
		for (int64_t k = 0; k < n; k++) {
			int place = place_of(p, &j->points->list[found[k]], u, v);

			met |= place < 0 ? 0 : (uint64_t)1 << place;
		}
		j->share[i] = (float)__builtin_popcountll(met) / SUPPORT_PLACES;
	}
	return OK;
}

enum err sheet_support(const struct sheet_points *points, float *share, struct arena *scratch)
{
	struct arena_mark mark = arena_mark(scratch);
	struct support_job j = {.points = points, .share = share, .n = points->n};

	TRY(cloud_new(&j.cloud, points->list, points->n, sizeof(*points->list), scratch));
	NEED(j.found = ARENA_NEW(scratch, int32_t, ROOM * parallel_threads()));
	TRY(parallel_for((j.n + CHUNK - 1) / CHUNK, support_chunk, &j));
	arena_release(scratch, mark);
	return OK;
}

enum err sheet_support_keep(struct sheet_points *points, double least, struct arena *scratch)
{
	struct arena_mark mark = arena_mark(scratch);

	for (int pass = 0; pass < 2 && points->n; pass++) {
		float *share = ARENA_NEW(scratch, float, points->n);
		int64_t kept = 0;

		NEED(share);
		TRY(sheet_support(points, share, scratch));
		for (int64_t i = 0; i < points->n; i++)
			if (share[i] >= (float)least)
				points->list[kept++] = points->list[i];
		points->n = kept;
	}
	arena_release(scratch, mark);
	return OK;
}

/* ------------------------------------------------------------------ pieces */

static enum err link(const struct sheet_points *points, int32_t *parent, struct arena *scratch)
{
	struct arena_mark mark = arena_mark(scratch);
	struct cloud cloud;
	int32_t *found = ARENA_NEW(scratch, int32_t, ROOM);

	NEED(found);
	TRY(cloud_new(&cloud, points->list, points->n, sizeof(*points->list), scratch));
	for (int64_t i = 0; i < points->n; i++) {
		const struct sheet_point *p = &points->list[i];
		int64_t n = cloud_near(&cloud, p->at, linked, found, ROOM);

		for (int64_t k = 0; k < n; k++)
			if (found[k] < i && fabsf(dot(p->normal, points->list[found[k]].normal)) >=
						    linked_slope)
				unite(parent, (int32_t)i, found[k]);
	}
	arena_release(scratch, mark);
	return OK;
}

struct piece {
	int64_t size, strong;
	float low[3], high[3];
	int32_t name;
};

static void add_to_piece(struct piece *piece, const struct sheet_point *p, double high)
{
	for (int k = 0; k < 3; k++) {
		piece->low[k] = piece->size && piece->low[k] < p->at[k] ? piece->low[k] : p->at[k];
		piece->high[k] =
			piece->size && piece->high[k] > p->at[k] ? piece->high[k] : p->at[k];
	}
	piece->size++;
	piece->strong += p->strength >= (float)high;
}

static bool is_sheet(const struct piece *piece, int64_t least)
{
	float d[3], share = (float)piece->strong / (float)piece->size;

	for (int k = 0; k < 3; k++)
		d[k] = piece->high[k] - piece->low[k];
	return piece->size >= least &&
	       share >= (dot(d, d) < PIECE_SURE * PIECE_SURE ? 0.75F : 0.5F);
}

enum err sheet_pieces(struct sheet_points *points, int64_t least, double high, int32_t **object,
	int32_t *objects, struct arena *scratch)
{
	struct arena_mark mark = arena_mark(scratch);
	int32_t *parent = ARENA_NEW(scratch, int32_t, points->n + 1);
	struct piece *piece = ARENA_ZERO(scratch, struct piece, points->n + 1);
	int64_t kept = 0;

	NEED(parent);
	NEED(piece);
	NEED(*object = ARENA_NEW(points->arena, int32_t, points->n + 1));
	for (int64_t i = 0; i < points->n; i++)
		parent[i] = (int32_t)i;
	TRY(link(points, parent, scratch));
	for (int64_t i = 0; i < points->n; i++)
		add_to_piece(&piece[unite_root(parent, (int32_t)i)], &points->list[i], high);
	*objects = 0;
	for (int64_t i = 0; i < points->n; i++) {
		int32_t r = unite_root(parent, (int32_t)i);

		if (!is_sheet(&piece[r], least))
			continue;
		if (r == i)
			piece[i].name = (*objects)++;
		(*object)[kept] = piece[r].name;
		points->list[kept++] = points->list[i];
	}
	points->n = kept;
	arena_release(scratch, mark);
	return OK;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Surfaces, slab by slab; see segment/surface.h. Planes are padded by a voxel on every side, so P = z + 1 and so on;
 * layer L of cells lies between planes L and L + 1. Points are numbered plane by plane: those on edges in plane P, then
 * those on edges up to plane P + 1. */
#include "segment/surface.h"

#include "core/parallel.h"
#include "segment/surface_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INSIDE = 1, BEYOND = 2 };
static const double pull = 0.5, push = -0.53; /* Taubin's lambda and mu */

struct slab_of {
	const struct surface_plan *plan;
	struct surface_table table;
	int64_t my, mx, size; /* of a padded plane */
	int64_t first;	      /* number of the next part's first point */
	int64_t a, b;	      /* planes at hand, padded: [a, b) */
	uint8_t *labels;      /* of these */
	uint8_t *held;	      /* rows of these that hold some of the object */
	uint8_t kind[256];    /* INSIDE, BEYOND or 0 */
	/* points: doubled voxel index x, y, z and what they moved by */
	int64_t n, most;
	int32_t (*at)[3];
	float (*moved)[3], (*place)[3];
	double (*sum)[3];
	uint32_t *ring; /* 0 when the triangles around close to a ring */
	uint16_t *neighbours;
	uint8_t *label;
	int64_t triangles, most_triangles;
	int32_t (*corner)[3];
	/* number of the point on the edge along x, y, z that starts at a voxel; of two planes, two, one */
	int32_t *on[2][2], *up;
};

static uint8_t *plane_of(const struct slab_of *s, int64_t p)
{
	return s->labels + (p - s->a) * s->size;
}

static bool holds(const struct slab_of *s, int64_t p, int64_t y)
{
	return p < s->b && y < s->my && s->held[(p - s->a) * s->my + y];
}

static enum err mark_row(void *context, int64_t i, int thread)
{
	struct slab_of *s = context;
	const uint8_t *row = s->labels + i * s->mx;

	(void)thread;
	s->held[i] = 0;
	for (int64_t x = 0; x < s->mx && !s->held[i]; x++)
		s->held[i] = s->kind[row[x]] == INSIDE;
	return OK;
}

/* Planes [a, b), padded; what lies beyond the volume is `pad`. */
static enum err read_planes(struct slab_of *s, uint8_t *bytes)
{
	const struct surface_plan *plan = s->plan;
	uint8_t pad = 0;

	while (s->kind[pad] != (plan->open ? BEYOND : 0) && pad < 255)
		pad++;
	memset(s->labels, pad, (size_t)((s->b - s->a) * s->size));
	for (int64_t p = s->a; p < s->b; p++) {
		if (p == 0 || p == plan->nz + 1)
			continue;
		TRY(plan->read(plan->context, p - 1, 1, bytes));
		for (int64_t y = 0; y < plan->ny; y++)
			memcpy(plane_of(s, p) + (y + 1) * s->mx + 1, bytes + y * plan->nx,
				(size_t)plan->nx);
	}
	return parallel_for((s->b - s->a) * s->my, mark_row, s);
}

static bool crosses(const struct slab_of *s, uint8_t a, uint8_t b)
{
	return s->kind[a] + s->kind[b] == INSIDE;
}

/* Points on edges that start in a row: along x and y in the plane, or up to the next. */
static int64_t count_row(const struct slab_of *s, int64_t p, int64_t y)
{
	const uint8_t *row = plane_of(s, p) + y * s->mx;
	int64_t n = 0;

	if (!holds(s, p, y) && !holds(s, p, y + 1) && !holds(s, p + 1, y))
		return 0;
	for (int64_t x = 0; x < s->mx; x++) {
		n += x + 1 < s->mx && crosses(s, row[x], row[x + 1]);
		n += y + 1 < s->my && crosses(s, row[x], row[x + s->mx]);
		n += p + 1 < s->b && crosses(s, row[x], row[x + s->size]);
	}
	return n;
}

struct counting {
	const struct slab_of *s;
	int64_t *rows; /* a count each */
};

static enum err count_item(void *context, int64_t i, int thread)
{
	const struct counting *c = context;

	(void)thread;
	c->rows[i] = count_row(c->s, c->s->a + i / c->s->my, i % c->s->my);
	return OK;
}

/* Room for all points, and for as many triangles as there can be: a loop of n points has n - 2, and a point is in the
 * loops of four cells. */
static enum err make_room(struct slab_of *s, struct arena *arena)
{
	int64_t rows = (s->b - s->a) * s->my;
	struct counting c = {s, ARENA_NEW(arena, int64_t, rows)};

	NEED(c.rows);
	TRY(parallel_for(rows, count_item, &c));
	s->most = 1;
	for (int64_t i = 0; i < rows; i++)
		s->most += c.rows[i];
	if (s->most > INT32_MAX)
		return fail(ERR_RESOURCE, "a surface of %lld points in %lld planes is too large",
			(long long)s->most, (long long)(s->b - s->a));
	s->most_triangles = 4 * s->most;
	NEED(s->at = arena_alloc(arena, s->most, sizeof(*s->at)));
	NEED(s->moved = arena_zero(arena, s->most, sizeof(*s->moved)));
	NEED(s->place = arena_alloc(arena, s->most, sizeof(*s->place)));
	NEED(s->sum = arena_alloc(arena, s->most, sizeof(*s->sum)));
	NEED(s->ring = ARENA_ZERO(arena, uint32_t, s->most));
	NEED(s->neighbours = ARENA_ZERO(arena, uint16_t, s->most));
	NEED(s->label = ARENA_NEW(arena, uint8_t, s->most));
	NEED(s->corner = arena_alloc(arena, s->most_triangles, sizeof(*s->corner)));
	return OK;
}

/* The point between voxel (p, y, x) and the next along the axis. */
static int32_t add_point(struct slab_of *s, const int64_t at[3], int axis, uint8_t a, uint8_t b)
{
	int64_t n = s->n++;

	for (int k = 0; k < 3; k++)
		s->at[n][k] = (int32_t)(2 * (at[2 - k] - 1) + (axis == k));
	s->label[n] = s->kind[a] == INSIDE ? a : b;
	return (int32_t)n;
}

static void points_in_plane(struct slab_of *s, int64_t p)
{
	int32_t *along = s->on[p & 1][0], *across = s->on[p & 1][1];

	for (int64_t y = 0; y < s->my; y++) {
		const uint8_t *row = plane_of(s, p) + y * s->mx;

		if (!holds(s, p, y) && !holds(s, p, y + 1))
			continue;
		for (int64_t x = 0; x < s->mx; x++) {
			const int64_t at[3] = {p, y, x};

			if (x + 1 < s->mx && crosses(s, row[x], row[x + 1]))
				along[y * s->mx + x] = add_point(s, at, 0, row[x], row[x + 1]);
			if (y + 1 < s->my && crosses(s, row[x], row[x + s->mx]))
				across[y * s->mx + x] = add_point(s, at, 1, row[x], row[x + s->mx]);
		}
	}
}

static void points_up(struct slab_of *s, int64_t p)
{
	for (int64_t y = 0; y < s->my; y++) {
		const uint8_t *row = plane_of(s, p) + y * s->mx, *above = row + s->size;

		if (!holds(s, p, y) && !holds(s, p + 1, y))
			continue;
		for (int64_t x = 0; x < s->mx; x++) {
			const int64_t at[3] = {p, y, x};

			if (crosses(s, row[x], above[x]))
				s->up[y * s->mx + x] = add_point(s, at, 2, row[x], above[x]);
		}
	}
}

static int32_t point_on(const struct slab_of *s, int64_t layer, int64_t i, int edge)
{
	int corner = surface_edge_corner(edge), axis = surface_edge_axis(edge);
	int64_t j = i + (corner & 1) + (corner >> 1 & 1) * s->mx;

	return axis == 2 ? s->up[j] : s->on[(layer + (corner >> 2)) & 1][axis][j];
}

static enum err add_cell(struct slab_of *s, int64_t layer, int64_t i, int config)
{
	for (int k = 0; k < s->table.n[config]; k++) {
		if (s->triangles == s->most_triangles)
			return fail(ERR_FAILED,
				"more triangles than a surface of %lld points can have",
				(long long)s->most);
		for (int c = 0; c < 3; c++)
			s->corner[s->triangles][c] =
				point_on(s, layer, i, s->table.edge[config][k][c]);
		s->triangles++;
	}
	return OK;
}

static enum err add_cells(struct slab_of *s, int64_t layer, int64_t y)
{
	const uint8_t *low = plane_of(s, layer) + y * s->mx, *high = low + s->size;
	int64_t m = s->mx;

	for (int64_t x = 0; x + 1 < s->mx; x++) {
		const uint8_t v[8] = {low[x], low[x + 1], low[x + m], low[x + m + 1], high[x],
			high[x + 1], high[x + m], high[x + m + 1]};
		int config = 0, beyond = 0;

		for (int k = 0; k < 8; k++) {
			config |= (s->kind[v[k]] & INSIDE) << k;
			beyond |= s->kind[v[k]] & BEYOND;
		}
		if (config && config != 255 && !beyond)
			TRY(add_cell(s, layer, y * s->mx + x, config));
	}
	return OK;
}

static enum err add_layer(struct slab_of *s, int64_t layer)
{
	for (int64_t y = 0; y + 1 < s->my; y++)
		if (holds(s, layer, y) || holds(s, layer, y + 1) || holds(s, layer + 1, y) ||
			holds(s, layer + 1, y + 1))
			TRY(add_cells(s, layer, y));
	return OK;
}

/* ------------------------------------------------------------------ smoothing */

/* Of a point, whatever the slab. */
static uint32_t hash(const int32_t at[3])
{
	uint32_t h = (uint32_t)at[0] * 2654435761u ^ (uint32_t)at[1] * 2246822519u ^
		     (uint32_t)at[2] * 3266489917u;

	h ^= h >> 15;
	h *= 2246822519u;
	return h ^ h >> 13;
}

/* Around a closed ring every neighbour is entered once and left once. */
static void find_rims(struct slab_of *s)
{
	for (int64_t t = 0; t < s->triangles; t++)
		for (int c = 0; c < 3; c++) {
			int32_t here = s->corner[t][c];

			s->ring[here] ^= hash(s->at[s->corner[t][(c + 1) % 3]]) ^
					 hash(s->at[s->corner[t][(c + 2) % 3]]);
			s->neighbours[here]++;
		}
}

static void place_points(struct slab_of *s)
{
	for (int64_t i = 0; i < s->n; i++)
		for (int k = 0; k < 3; k++)
			s->place[i][k] = (float)(0.5 * s->at[i][k] + (double)s->moved[i][k]);
}

/* Each point moves by `share` of the way to the mean of its neighbours, from where all are now. */
static void smooth(struct slab_of *s, double share)
{
	place_points(s);
	memset(s->sum, 0, (size_t)s->n * sizeof(*s->sum));
	for (int64_t t = 0; t < s->triangles; t++)
		for (int c = 0; c < 3; c++) {
			int32_t here = s->corner[t][c], next = s->corner[t][(c + 1) % 3];

			for (int k = 0; k < 3; k++)
				s->sum[here][k] += (double)(s->place[next][k] - s->place[here][k]);
		}
	for (int64_t i = 0; i < s->n; i++) {
		if (s->ring[i] || !s->neighbours[i])
			continue;
		for (int k = 0; k < 3; k++) {
			double d = (double)s->moved[i][k] + share * s->sum[i][k] / s->neighbours[i];

			s->moved[i][k] = (float)fmax(-0.5, fmin(0.5, d));
		}
	}
}

/* ------------------------------------------------------------------ slabs */

static enum err run_slab(
	struct slab_of *s, int64_t layer0, int64_t layer1, uint8_t *bytes, struct arena *arena)
{
	int64_t p0 = 0, p1 = 0, t0 = 0, t1 = 0, halo = 2 * s->plan->rounds + 1;
	int64_t end = s->plan->nz + 2;

	s->a = layer0 > halo ? layer0 - halo : 0;
	s->b = layer1 + halo + 1 < end ? layer1 + halo + 1 : end;
	s->n = s->triangles = 0;
	TRY(read_planes(s, bytes));
	TRY(make_room(s, arena));
	points_in_plane(s, s->a);
	for (int64_t layer = s->a; layer + 1 < s->b; layer++) {
		if (layer == layer0)
			t0 = s->triangles;
		points_up(s, layer);
		if (layer + 1 == layer1)
			p1 = s->n;
		if (layer + 1 == layer0)
			p0 = s->n;
		points_in_plane(s, layer + 1);
		TRY(add_layer(s, layer));
		if (layer + 1 == layer1)
			t1 = s->triangles;
	}
	find_rims(s);
	for (int k = 0; k < s->plan->rounds; k++) {
		smooth(s, pull);
		smooth(s, push);
	}
	place_points(s);
	const struct surface_part part = {.first = s->first - p0,
		.p0 = p0,
		.p1 = p1,
		.at = (const float(*)[3])s->place,
		.label = s->label,
		.n = t1 - t0,
		.corner = (const int32_t(*)[3])(s->corner + t0)};

	s->first += p1 - p0;
	return s->plan->put(s->plan->context, &part);
}

enum err surface_run(const struct surface_plan *plan, struct arena *arena)
{
	struct slab_of s = {.plan = plan,
		.my = plan->ny + 2,
		.mx = plan->nx + 2,
		.size = (plan->ny + 2) * (plan->nx + 2)};
	int64_t most = plan->depth + 2 * (2 * plan->rounds + 1) + 1;
	uint8_t *bytes;

	most = most < plan->nz + 2 ? most : plan->nz + 2;
	surface_table_fill(&s.table);
	for (int k = 0; k < 256; k++)
		s.kind[k] = plan->object[k] ? INSIDE : plan->open && plan->beyond[k] ? BEYOND : 0;
	NEED(bytes = ARENA_NEW(arena, uint8_t, plan->ny * plan->nx));
	NEED(s.labels = ARENA_NEW(arena, uint8_t, most * s.size));
	NEED(s.held = ARENA_NEW(arena, uint8_t, most * s.my));
	for (int k = 0; k < 4; k++)
		NEED(s.on[k & 1][k >> 1] = ARENA_NEW(arena, int32_t, s.size));
	NEED(s.up = ARENA_NEW(arena, int32_t, s.size));
	for (int64_t layer = 0; layer < plan->nz + 1; layer += plan->depth) {
		struct arena_mark mark = arena_mark(arena);
		int64_t to =
			layer + plan->depth < plan->nz + 1 ? layer + plan->depth : plan->nz + 1;

		TRY(run_slab(&s, layer, to, bytes, arena));
		arena_release(arena, mark);
	}
	return OK;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Bounded distances; see segment/distance.h. A thread walks a tile along z: distances along y by running
 * down and up the tile, then minima of shifted squares along x into a ring of 2 radius + 1 tiles, then
 * along z over the ring. */
#include "segment/distance.h"

#include "core/parallel.h"
#include "segment/distance_kernels.h"

#include <string.h>

enum {
	TILE_Y = 32,
	TILE_X = 256,
	PAD = 32, /* keeps the rows of a ring off the same lines of the first cache */
	ROW = TILE_X + PAD,
	SLOT = TILE_Y * ROW + PAD,
	STEP = 64,
	MOST_ROWS = 2 * DISTANCE_RADIUS + 1,
};

struct bounded {
	const struct slab *slab;
	const uint8_t *labels;
	struct label_range object;
	uint16_t *out;
	int64_t r, wide; /* wide: columns of the tile as it is read */
	int64_t tiles_x;
	char *space;
	int64_t share; /* bytes of a thread */
	const struct distance_kernels *kernels;
};

/* A thread's part of the scratch. */
struct own {
	uint16_t *ring, *squares, *far; /* squares: a row as read; far: a row without object */
	uint8_t *along; /* distances along y: a row without object, then the tile's */
};

static int64_t rounded(int64_t n)
{
	return (n + STEP - 1) / STEP * STEP;
}

static struct own own_of(const struct bounded *g, int thread)
{
	struct own o = {.ring = (uint16_t *)(g->space + thread * g->share)};

	o.squares = o.ring + (2 * g->r + 1) * SLOT;
	o.far = o.squares + g->wide;
	o.along = (uint8_t *)(o.far + TILE_X);
	memset(o.along, (int)g->r + 1, (size_t)((TILE_Y + 2 * g->r + 1) * g->wide));
	for (int64_t i = 0; i < TILE_X; i++)
		o.far[i] = (uint16_t)(g->r * g->r + 1);
	return o;
}

/* The tile at (y, x) of plane p: distances in the plane. */
static void plane_distances(
	const struct bounded *g, int64_t p, int64_t y, int64_t x, struct own *o, uint16_t *slot)
{
	const struct slab *s = g->slab;
	int64_t r = g->r, rows = s->ny - y < TILE_Y ? s->ny - y : TILE_Y;
	int64_t ya = y > r ? y - r : 0, yb = y + rows + r < s->ny ? y + rows + r : s->ny;
	int64_t xa = x > r ? x - r : 0, xb = x + TILE_X + r < s->nx ? x + TILE_X + r : s->nx;
	int64_t n = rounded(s->nx - x < TILE_X ? s->nx - x : TILE_X);
	uint8_t *first = o->along + g->wide + xa - (x - r), *row = first;

	for (int64_t j = ya; j < yb; j++, row += g->wide)
		g->kernels->down(g->labels + ((p - s->p0) * s->ny + j) * s->nx + xa, g->object,
			(uint8_t)r, j > ya ? row - g->wide : o->along, xb - xa, row);
	for (int64_t j = yb - 2; j >= y; j--)
		g->kernels->up(first + (j + 1 - ya) * g->wide, xb - xa, first + (j - ya) * g->wide);
	for (int64_t j = 0; j < rows; j++) {
		g->kernels->square(
			o->along + (1 + y + j - ya) * g->wide, (uint8_t)r, g->wide, o->squares);
		g->kernels->line(o->squares, r, n, slot + j * ROW);
	}
}

static void join_planes(const struct bounded *g, int64_t z, int64_t y, int64_t x, struct own *o)
{
	const struct slab *s = g->slab;
	const uint16_t *row[MOST_ROWS];
	int64_t rows = s->ny - y < TILE_Y ? s->ny - y : TILE_Y, r = g->r;
	int64_t n = s->nx - x < TILE_X ? s->nx - x : TILE_X;

	for (int64_t j = 0; j < rows; j++) {
		for (int64_t k = 0; k <= 2 * r; k++) {
			int64_t p = z - r + k;

			row[k] = p < 0 || p >= s->nz ? o->far
						     : o->ring + p % (2 * r + 1) * SLOT + j * ROW;
		}
		g->kernels->rows(row, r, rounded(n), o->squares);
		memcpy(g->out + ((z - s->z0) * s->ny + y + j) * s->nx + x, o->squares,
			(size_t)n * sizeof(*o->squares));
	}
}

static enum err bounded_tile(void *context, int64_t i, int thread)
{
	const struct bounded *g = context;
	const struct slab *s = g->slab;
	int64_t y = i / g->tiles_x * TILE_Y, x = i % g->tiles_x * TILE_X, r = g->r;
	int64_t next = s->z0 > r ? s->z0 - r : 0; /* plane that the ring lacks */
	struct own o = own_of(g, thread);

	for (int64_t z = s->z0; z < s->z1; z++) {
		for (; next <= z + r && next < s->nz; next++)
			plane_distances(g, next, y, x, &o, o.ring + next % (2 * r + 1) * SLOT);
		join_planes(g, z, y, x, &o);
	}
	return OK;
}

enum err distance_bounded(const struct slab *slab, const uint8_t *labels, struct label_range object,
	int64_t radius, uint16_t *out, struct arena *scratch)
{
	struct bounded g = {slab, labels, object, out, .r = radius};
	struct arena_mark mark = arena_mark(scratch);
	int64_t tiles_y = (slab->ny + TILE_Y - 1) / TILE_Y;
	enum err e;

	if (radius < 1 || radius > DISTANCE_RADIUS)
		return fail(ERR_USAGE, "distance: radius is %lld voxels, but it must be 1 to %d",
			(long long)radius, DISTANCE_RADIUS);
	TRY(slab_check(slab, radius, "distance"));
	g.wide = rounded(TILE_X + 2 * radius);
	g.tiles_x = (slab->nx + TILE_X - 1) / TILE_X;
	g.share = ((2 * radius + 1) * SLOT + g.wide + TILE_X) * (int64_t)sizeof(uint16_t);
	g.share += (TILE_Y + 2 * radius + 1) * g.wide;
	g.share = rounded(g.share);
	g.space = ARENA_NEW(scratch, char, g.share *parallel_threads());
	g.kernels = ISA_PICK(distance_kernels);
	NEED(g.space);
	e = parallel_for(tiles_y * g.tiles_x, bounded_tile, &g);
	arena_release(scratch, mark);
	return e;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Walking a slab in tiles; see segment/tiles.h. */
#include "segment/tiles.h"

#include "core/parallel.h"

#include <string.h>

enum { PLANE = (TILE_ROWS + 2) * TILE_STRIDE + 2 * TILE_EDGE };

struct walk {
	const struct slab *slab;
	const float *in;
	tile_do *work;
	void *context;
	char *space;
	int64_t share, tiles_x;
};

/* Rows y - 1 to y + rows, columns x - 1 to x + n of plane p. */
static void read_plane(const struct walk *w, int64_t p, const struct tile *t, float *plane)
{
	int64_t ny = w->slab->ny, nx = w->slab->nx;

	for (int64_t j = -1; j <= t->rows; j++) {
		int64_t y = slab_reflect(t->y + j, ny);
		const float *from = w->in + ((p - w->slab->p0) * ny + y) * nx;
		float *row = plane + (j + 1) * TILE_STRIDE + TILE_EDGE;

		memcpy(row, from + t->x, (size_t)t->n * sizeof(*row));
		row[-1] = from[slab_reflect(t->x - 1, nx)];
		row[t->n] = from[slab_reflect(t->x + t->n, nx)];
	}
}

static enum err walk_tile(void *context, int64_t i, int thread)
{
	const struct walk *w = context;
	const struct slab *s = w->slab;
	float *ring = (float *)(w->space + thread * w->share);
	struct tile t = {.y = i / w->tiles_x * TILE_ROWS, .x = i % w->tiles_x * TILE_COLUMNS};
	int64_t next = s->z0 > 1 ? s->z0 - 1 : 0; /* plane that the ring lacks */

	t.rows = s->ny - t.y < TILE_ROWS ? s->ny - t.y : TILE_ROWS;
	t.n = s->nx - t.x < TILE_COLUMNS ? s->nx - t.x : TILE_COLUMNS;
	t.space = ring + 3 * PLANE;
	memset(ring, 0,
		3 * PLANE * sizeof(*ring)); /* what is read beyond a row's end is a number */
	for (t.z = s->z0; t.z < s->z1; t.z++) {
		for (; next <= t.z + 1 && next < s->nz; next++)
			read_plane(w, next, &t, ring + next % 3 * PLANE);
		for (int k = 0; k < 3; k++)
			t.plane[k] = ring + slab_reflect(t.z - 1 + k, s->nz) % 3 * PLANE +
				     TILE_STRIDE + TILE_EDGE;
		t.out = ((t.z - s->z0) * s->ny + t.y) * s->nx + t.x;
		w->work(w->context, &t);
	}
	return OK;
}

enum err tiles_walk(const struct slab *slab, const float *in, tile_do *work, void *context,
	int64_t space, struct arena *scratch, const char *what)
{
	struct walk w = {.slab = slab, .in = in, .work = work, .context = context};
	struct arena_mark mark = arena_mark(scratch);
	int64_t tiles_y = (slab->ny + TILE_ROWS - 1) / TILE_ROWS;
	enum err e;

	TRY(slab_check(slab, 1, what));
	w.tiles_x = (slab->nx + TILE_COLUMNS - 1) / TILE_COLUMNS;
	w.share = ((int64_t)(3 * PLANE * sizeof(float)) + space + 63) / 64 * 64;
	w.space = ARENA_NEW(scratch, char, w.share *parallel_threads());
	NEED(w.space);
	e = parallel_for(tiles_y * w.tiles_x, walk_tile, &w);
	arena_release(scratch, mark);
	return e;
}

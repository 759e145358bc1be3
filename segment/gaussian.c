/* SPDX-License-Identifier: BSD-3-Clause
 * Separable Gaussian; see segment/gaussian.h. A thread takes a tile of the slices and walks along z: each
 * plane's tile is smoothed in y and x into a ring of 2 halo + 1 tiles, which stays in the second cache, and
 * the ring is summed in z. So the volume is read about once and written once. */
#include "segment/gaussian.h"

#include "core/parallel.h"
#include "segment/gaussian_kernels.h"

#include <math.h>
#include <string.h>

/* PAD keeps tiles and rows of a ring from falling on the same lines of the first cache. */
enum { TILE_Y = 32, TILE_X = 256, PAD = 16, ROW = TILE_X + PAD, SLOT = TILE_Y * ROW + PAD };

int64_t gaussian_halo(double sigma)
{
	return (int64_t)ceil(3.5 * sigma);
}

void gaussian_taps(double sigma, float taps[GAUSSIAN_TAPS])
{
	int64_t r = gaussian_halo(sigma);
	double sum = 1;

	for (int64_t k = 1; k <= r; k++)
		sum += 2 * exp(-(double)(k * k) / (2 * sigma * sigma));
	for (int64_t k = 0; k <= r; k++)
		taps[k] = (float)(exp(-(double)(k * k) / (2 * sigma * sigma)) / sum);
}

struct smooth {
	const struct slab *slab;
	const float *in; /* or labels */
	const uint8_t *labels;
	struct label_range object;
	float *out;
	float taps[GAUSSIAN_TAPS];
	int64_t r, wide; /* wide: floats in a row of the tile as it is read */
	int64_t tiles_x;
	float *space;  /* of all threads */
	int64_t share; /* floats of one */
	const struct gaussian_kernels *kernels;
};

/* Columns of the tile at x, up to a multiple of what kernels take. */
static int64_t width(const struct smooth *g, int64_t x)
{
	int64_t n = g->slab->nx - x < TILE_X ? g->slab->nx - x : TILE_X;

	return (n + GAUSSIAN_STEP - 1) / GAUSSIAN_STEP * GAUSSIAN_STEP;
}

/* Columns x - r to x + TILE_X + r of a row of the volume, mirrored at its ends; in `wide` floats. */
static void read_row(const struct smooth *g, int64_t p, int64_t y, int64_t x, float *row)
{
	int64_t nx = g->slab->nx, at = ((p - g->slab->p0) * g->slab->ny + y) * nx;
	int64_t from = x - g->r, to = x + TILE_X + g->r;
	int64_t first = from < 0 ? 0 : from, last = to > nx ? nx : to;

	if (g->labels) {
		uint8_t base = g->object.first, span = (uint8_t)(g->object.last - base);

		for (int64_t i = first; i < last; i++)
			row[i - from] = (uint8_t)(g->labels[at + i] - base) <= span;
	} else {
		memcpy(row + first - from, g->in + at + first,
			(size_t)(last - first) * sizeof(*row));
	}
	for (int64_t i = from; i < first; i++)
		row[i - from] = row[slab_reflect(i, nx) - from];
	if (last < to && last + g->r < to) /* nobody reads further than r beyond the end */
		to = last + g->r;
	for (int64_t i = last; i < to; i++)
		row[i - from] = row[slab_reflect(i, nx) - from];
	for (int64_t i = to - from; i < g->wide; i++)
		row[i] = 0;
}

/* The tile at (y, x) of plane p smoothed in y and x. tile: (TILE_Y + 2 r) rows; line: one. */
static void smooth_plane(const struct smooth *g, int64_t p, int64_t y, int64_t x, float *tile,
	float *line, float *slot)
{
	const float *row[2 * GAUSSIAN_TAPS];
	int64_t ny = g->slab->ny, rows = ny - y < TILE_Y ? ny - y : TILE_Y, n = width(g, x);
	int64_t n_in = (n + 2 * g->r + GAUSSIAN_STEP - 1) / GAUSSIAN_STEP * GAUSSIAN_STEP;

	for (int64_t j = 0; j < rows + 2 * g->r; j++)
		read_row(g, p, slab_reflect(y - g->r + j, ny), x, tile + j * g->wide);
	for (int64_t j = 0; j < rows; j++) {
		for (int64_t k = 0; k <= 2 * g->r; k++)
			row[k] = tile + (j + k) * g->wide;
		g->kernels->rows(row, g->taps, g->r, n_in, line);
		g->kernels->line(line, g->taps, g->r, n, slot + j * ROW);
	}
}

/* Plane z of the tile from the ring. */
static void sum_planes(
	const struct smooth *g, int64_t z, int64_t y, int64_t x, const float *ring, float *line)
{
	const struct slab *s = g->slab;
	const float *slot[2 * GAUSSIAN_TAPS], *row[2 * GAUSSIAN_TAPS];
	int64_t rows = s->ny - y < TILE_Y ? s->ny - y : TILE_Y;
	int64_t n = s->nx - x < TILE_X ? s->nx - x : TILE_X;

	for (int64_t k = 0; k <= 2 * g->r; k++)
		slot[k] = ring + slab_reflect(z - g->r + k, s->nz) % (2 * g->r + 1) * SLOT;
	for (int64_t j = 0; j < rows; j++) {
		for (int64_t k = 0; k <= 2 * g->r; k++)
			row[k] = slot[k] + j * ROW;
		g->kernels->rows(row, g->taps, g->r, width(g, x), line);
		memcpy(g->out + ((z - s->z0) * s->ny + y + j) * s->nx + x, line,
			(size_t)n * sizeof(*line));
	}
}

static enum err smooth_tile(void *context, int64_t i, int thread)
{
	const struct smooth *g = context;
	const struct slab *s = g->slab;
	int64_t y = i / g->tiles_x * TILE_Y, x = i % g->tiles_x * TILE_X, r = g->r;
	float *ring = g->space + thread * g->share, *tile = ring + (2 * r + 1) * SLOT;
	float *line = tile + (TILE_Y + 2 * r) * g->wide;
	int64_t next = s->z0 > r ? s->z0 - r : 0; /* plane that the ring lacks */

	for (int64_t z = s->z0; z < s->z1; z++) {
		for (; next <= z + r && next < s->nz; next++)
			smooth_plane(g, next, y, x, tile, line, ring + next % (2 * r + 1) * SLOT);
		sum_planes(g, z, y, x, ring, line);
	}
	return OK;
}

static enum err smooth(struct smooth *g, double sigma, struct arena *scratch)
{
	const struct slab *s = g->slab;
	int64_t tiles_y = (s->ny + TILE_Y - 1) / TILE_Y;
	struct arena_mark mark = arena_mark(scratch);
	enum err e;

	if (!(sigma > 0 && sigma <= 18))
		return fail(ERR_USAGE,
			"gaussian: sigma is %g voxels, but it must be above 0 and at most 18",
			sigma);
	g->r = gaussian_halo(sigma);
	TRY(slab_check(s, g->r, "gaussian"));
	gaussian_taps(sigma, g->taps);
	g->wide = (TILE_X + 2 * g->r + GAUSSIAN_STEP - 1) / GAUSSIAN_STEP * GAUSSIAN_STEP;
	g->tiles_x = (s->nx + TILE_X - 1) / TILE_X;
	g->share = (2 * g->r + 1) * SLOT + (TILE_Y + 2 * g->r + 2) * g->wide;
	g->space = ARENA_NEW(scratch, float, g->share *parallel_threads());
	g->kernels = ISA_PICK(gaussian_kernels);
	NEED(g->space);
	e = parallel_for(tiles_y * g->tiles_x, smooth_tile, g);
	arena_release(scratch, mark);
	return e;
}

enum err gaussian(
	const struct slab *slab, const float *in, double sigma, float *out, struct arena *scratch)
{
	struct smooth g = {.slab = slab, .in = in, .out = out};

	return smooth(&g, sigma, scratch);
}

enum err gaussian_indicator(const struct slab *slab, const uint8_t *labels,
	struct label_range object, double sigma, float *out, struct arena *scratch)
{
	struct smooth g = {.slab = slab, .labels = labels, .object = object, .out = out};

	return smooth(&g, sigma, scratch);
}

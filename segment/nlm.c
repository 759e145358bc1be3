/* SPDX-License-Identifier: BSD-3-Clause
 * Non-local means; see segment/nlm.h. A weight holds for both voxels of a pair, so of the 124 offsets d only the 62
 * that point forward are looked at: the weight of (p, p + d) adds to the sums of p and of p + d. A thread takes a tile
 * of the slices and walks along z with five planes of it at hand, and with the sums of three. The sums of a voxel are
 * added to in the same order wherever its tile and slab begin. */
#include "segment/nlm.h"

#include "core/parallel.h"
#include "segment/nlm_kernels.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* S: how far the search goes; a plane is read with MARGIN more on each side; EDGE floats stand before the first voxel
 * of a row, and what is beyond the margin is read, but decides nothing. */
enum {
	S = 2,
	MARGIN = NLM_HALO,
	TILE_Y = 16,
	TILE_X = 256,
	EDGE = 16,
	LONG = TILE_X + 16, /* weights of columns -S to TILE_X + S */
	ROW = EDGE + TILE_X + 3 * 16,
	PLANE = (TILE_Y + 2 * MARGIN) * ROW,
	PLANES = 5,
	SUM_PLANE = TILE_Y * TILE_X,
	SUMS = 3,
	OFFSETS = 2 * S + 1,
	PATCH_ROWS = 4, /* three are wanted at once */
	SPACE = PLANES * PLANE + 2 * SUMS * SUM_PLANE + OFFSETS * (PATCH_ROWS + 1) * LONG + LONG +
		16
};

struct means {
	const struct slab *slab;
	const float *in;
	float *out;
	float above, rate;
	const struct nlm_kernels *kernels;
	float *space;
	int64_t tiles_x;
};

struct tile {
	const struct means *m;
	int64_t y, x, rows, n; /* place and size in the volume */
	int64_t wide;	       /* n rounded up to NLM_STEP */
	float *planes;	       /* ring of PLANES */
	float *sum, *weight;   /* rings of SUMS planes */
	float *patch;	       /* distances along three rows of each offset in x */
	float *weights;	       /* one row of each offset in x */
	float *line;
};

/* Row y (from -MARGIN), column 0 of plane z, which may lie beyond the volume. */
static float *at(const struct tile *t, int64_t z, int64_t y)
{
	return t->planes + (z + PLANES) % PLANES * PLANE + (y + MARGIN) * ROW + EDGE;
}

static void read_plane(const struct tile *t, int64_t z)
{
	const struct slab *s = t->m->slab;
	int64_t p = slab_reflect(z, s->nz) - s->p0;

	for (int64_t j = -MARGIN; j < t->rows + MARGIN; j++) {
		const float *from = t->m->in + (p * s->ny + slab_reflect(t->y + j, s->ny)) * s->nx;
		float *row = at(t, z, j);

		memcpy(row, from + t->x, (size_t)t->n * sizeof(*row));
		for (int64_t k = 1; k <= MARGIN; k++) {
			row[-k] = from[slab_reflect(t->x - k, s->nx)];
			row[t->n - 1 + k] = from[slab_reflect(t->x + t->n - 1 + k, s->nx)];
		}
	}
}

/* Forward offsets with the same z and y, and the rows and planes whose sums they add to. */
struct pair {
	int64_t z, dz, dy, dx0, n; /* offsets in x: dx0, dx0 + 1, ... n of them */
	bool first, second;	   /* the plane of p, that of p + d is wanted */
};

static void add_row(const struct tile *t, const struct pair *p, int64_t y)
{
	const struct nlm_kernels *k = t->m->kernels;
	const float *w[OFFSETS], *f[OFFSETS];
	int64_t q = y + p->dy;

	for (int64_t i = 0; i < p->n; i++) {
		const float *patch = t->patch + i * PATCH_ROWS * LONG;
		const float *r[3] = {patch + ((y + 3) & 3) * LONG, patch + ((y + 4) & 3) * LONG,
			patch + ((y + 5) & 3) * LONG};

		k->weights(r, t->wide + 16, t->m->above, t->m->rate, t->weights + i * LONG);
	}
	if (p->first && y >= 0 && y < t->rows) {
		for (int64_t i = 0; i < p->n; i++) {
			w[i] = t->weights + i * LONG + S;
			f[i] = at(t, p->z + p->dz, q) + p->dx0 + i;
		}
		k->gather(w, f, p->n, t->wide, t->sum + p->z % SUMS * SUM_PLANE + y * TILE_X,
			t->weight + p->z % SUMS * SUM_PLANE + y * TILE_X);
	}
	if (p->second && q >= 0 && q < t->rows) {
		int64_t z = (p->z + p->dz) % SUMS * SUM_PLANE + q * TILE_X;

		for (int64_t i = 0; i < p->n; i++) {
			w[i] = t->weights + i * LONG + S - (p->dx0 + i);
			f[i] = at(t, p->z, y) - (p->dx0 + i);
		}
		k->gather(w, f, p->n, t->wide, t->sum + z, t->weight + z);
	}
}

static void add_pairs(const struct tile *t, const struct pair *p)
{
	int64_t from = p->second && p->dy > 0 ? -p->dy : 0;
	int64_t to = p->second && p->dy < 0 ? t->rows - p->dy : t->rows;

	for (int64_t y = from - 1; y <= to; y++) {
		for (int64_t i = 0; i < p->n; i++) {
			int64_t dx = p->dx0 + i;
			const float *a[3], *b[3];

			for (int64_t k = 0; k < 3; k++) {
				a[k] = at(t, p->z - 1 + k, y) - S;
				b[k] = at(t, p->z + p->dz - 1 + k, y + p->dy) - S + dx;
			}
			t->m->kernels->distances(a, b, t->wide + 16, t->line,
				t->patch + (i * PATCH_ROWS + ((y + 4) & 3)) * LONG);
		}
		if (y > from)
			add_row(t, p, y - 1);
	}
}

/* All pairs whose first voxel lies in plane z. */
static void add_plane(const struct tile *t, int64_t z)
{
	const struct slab *s = t->m->slab;

	for (int64_t dz = 0; dz <= S; dz++)
		for (int64_t dy = dz ? -S : 0; dy <= S; dy++) {
			struct pair p = {.z = z, .dz = dz, .dy = dy, .first = z >= s->z0};

			p.dx0 = dz || dy ? -S : 1;
			p.n = S - p.dx0 + 1;
			p.second = z + dz >= s->z0 && z + dz < s->z1;
			if (p.first || p.second)
				add_pairs(t, &p);
		}
}

/* The sums of a plane begin with the voxel itself. */
static void begin_plane(const struct tile *t, int64_t z)
{
	for (int64_t j = 0; j < t->rows; j++) {
		float *sum = t->sum + z % SUMS * SUM_PLANE + j * TILE_X;
		float *weight = t->weight + z % SUMS * SUM_PLANE + j * TILE_X;
		const float *in = at(t, z, j);

		for (int64_t i = 0; i < t->wide; i++) {
			sum[i] = in[i];
			weight[i] = 1;
		}
	}
}

static void end_plane(const struct tile *t, int64_t z)
{
	const struct slab *s = t->m->slab;

	for (int64_t j = 0; j < t->rows; j++) {
		const float *sum = t->sum + z % SUMS * SUM_PLANE + j * TILE_X;
		const float *weight = t->weight + z % SUMS * SUM_PLANE + j * TILE_X;
		float *out = t->m->out + ((z - s->z0) * s->ny + t->y + j) * s->nx + t->x;

		for (int64_t i = 0; i < t->n; i++)
			out[i] = sum[i] / weight[i];
	}
}

static void walk(const struct tile *t)
{
	const struct slab *s = t->m->slab;
	int64_t next = s->z0 - NLM_HALO, begun = s->z0;

	for (int64_t z = s->z0 - S; z < s->z1; z++) {
		for (; next <= z + S + 1; next++)
			read_plane(t, next);
		for (; begun <= z + S && begun < s->z1; begun++)
			begin_plane(t, begun);
		add_plane(t, z);
		if (z >= s->z0)
			end_plane(t, z);
	}
}

static enum err mean_tile(void *context, int64_t i, int thread)
{
	const struct means *m = context;
	const struct slab *s = m->slab;
	struct tile t = {.m = m, .y = i / m->tiles_x * TILE_Y, .x = i % m->tiles_x * TILE_X};

	t.rows = s->ny - t.y < TILE_Y ? s->ny - t.y : TILE_Y;
	t.n = s->nx - t.x < TILE_X ? s->nx - t.x : TILE_X;
	t.wide = (t.n + NLM_STEP - 1) / NLM_STEP * NLM_STEP;
	t.planes = m->space + thread * SPACE;
	t.sum = t.planes + PLANES * PLANE;
	t.weight = t.sum + SUMS * SUM_PLANE;
	t.patch = t.weight + SUMS * SUM_PLANE;
	t.weights = t.patch + OFFSETS * PATCH_ROWS * LONG;
	t.line = t.weights + OFFSETS * LONG;
	memset(t.planes, 0,
		SPACE * sizeof(*t.planes)); /* what is read beyond a margin is a number */
	walk(&t);
	return OK;
}

enum err nlm(const struct slab *slab, const float *in, double noise, double h, float *out,
	struct arena *scratch)
{
	struct means m = {.slab = slab, .in = in, .out = out, .kernels = ISA_PICK(nlm_kernels)};
	struct arena_mark mark = arena_mark(scratch);
	int64_t tiles_y = (slab->ny + TILE_Y - 1) / TILE_Y;
	enum err e;

	if (!(noise >= 1e-12 && noise <= 1e12))
		return fail(ERR_USAGE,
			"non-local means: the noise is %g, but it must be 1e-12 to 1e12", noise);
	if (!(h >= 0.01 && h <= 100))
		return fail(ERR_USAGE,
			"non-local means: h is %g times the noise, but it must be 0.01 to 100", h);
	TRY(slab_check(slab, NLM_HALO, "non-local means"));
	m.above = (float)(2 * 27 * noise * noise);
	m.rate = (float)(1 / (log(2) * 27 * h * h * noise * noise));
	m.tiles_x = (slab->nx + TILE_X - 1) / TILE_X;
	NEED(m.space = ARENA_NEW(scratch, float, SPACE *parallel_threads()));
	e = parallel_for(tiles_y * m.tiles_x, mean_tile, &m);
	arena_release(scratch, mark);
	return e;
}

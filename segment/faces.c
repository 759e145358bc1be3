/* SPDX-License-Identifier: BSD-3-Clause
 * Normal-weighted faces; see segment/faces.h. Few voxels have such a face: rows are first searched for them. */
#include "segment/faces.h"

#include "core/parallel.h"
#include "segment/cells_kernels.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

struct faces {
	const struct slab *slab;
	const uint8_t *labels;
	struct label_range a, b;
	const float *smooth;
	double *area;
	uint8_t *rows; /* of a thread: sides of a row and of its two neighbours, and faces */
	int64_t share;
	const struct cells_kernels *kernels;
};

static double value(const struct faces *f, int64_t z, int64_t y, int64_t x)
{
	const struct slab *s = f->slab;
	int64_t p = slab_reflect(z, s->nz) - s->p0;

	return (double)
		f->smooth[(p * s->ny + slab_reflect(y, s->ny)) * s->nx + slab_reflect(x, s->nx)];
}

static void add_gradient(const struct faces *f, const int64_t at[3], double g[3])
{
	int64_t z = at[0], y = at[1], x = at[2];

	g[0] += value(f, z + 1, y, x) - value(f, z - 1, y, x);
	g[1] += value(f, z, y + 1, x) - value(f, z, y - 1, x);
	g[2] += value(f, z, y, x + 1) - value(f, z, y, x - 1);
}

/* The face between voxel `at` and the next along the axis. Without any gradient the face is its own surface. */
static double face(const struct faces *f, const int64_t at[3], int axis)
{
	int64_t next[3] = {at[0], at[1], at[2]};
	double g[3] = {0, 0, 0}, norm;

	next[axis]++;
	add_gradient(f, at, g);
	add_gradient(f, next, g);
	norm = sqrt(g[0] * g[0] + g[1] * g[1] + g[2] * g[2]);
	return norm > 0 ? fabs(g[axis]) / norm : 1;
}

/* 1: of object a, 2: of object b; 0 beyond the volume. */
static void sides(const struct faces *f, int64_t z, int64_t y, uint8_t *out)
{
	const struct slab *s = f->slab;

	memset(out, 0, (size_t)s->nx + 1);
	if (z < s->nz && y < s->ny)
		f->kernels->sides(
			f->labels + ((z - s->p0) * s->ny + y) * s->nx, f->a, f->b, s->nx, out);
}

/* hit: bit k where the voxel has a face along axis k. */
static double row_area(const struct faces *f, int64_t z, int64_t y, const uint8_t *hit)
{
	double sum = 0;

	for (int64_t x = 0; x < f->slab->nx; x++) {
		const int64_t at[3] = {z, y, x};
		uint64_t eight;

		memcpy(&eight, hit + x, sizeof(eight));
		if (eight == 0) {
			x += 7;
			continue;
		}
		for (int k = 0; hit[x] && k < 3; k++)
			if (hit[x] >> k & 1)
				sum += face(f, at, k);
	}
	return sum;
}

static enum err plane_area(void *context, int64_t k, int thread)
{
	const struct faces *f = context;
	const struct slab *s = f->slab;
	uint8_t *here = f->rows + thread * f->share, *above = here + s->nx + 1;
	uint8_t *below = above + s->nx + 1, *hit = below + s->nx + 1;
	int64_t z = s->z0 + k;
	double sum = 0;

	memset(hit + s->nx, 0, 8); /* read by eights */
	sides(f, z, 0, here);
	for (int64_t y = 0; y < s->ny; y++) {
		uint8_t *swap = here;

		sides(f, z, y + 1, above);
		sides(f, z + 1, y, below);
		f->kernels->faces(here, below, above, s->nx, hit);
		sum += row_area(f, z, y, hit);
		here = above;
		above = swap;
	}
	f->area[k] = sum;
	return OK;
}

static bool within(uint8_t v, struct label_range r)
{
	return (uint8_t)(v - r.first) <= (uint8_t)(r.last - r.first);
}

enum err faces_area(const struct slab *slab, const uint8_t *labels, struct label_range a,
	struct label_range b, const float *smooth, double *area, struct arena *scratch)
{
	struct faces f = {slab, labels, a, b, smooth, .area = area};
	struct arena_mark mark = arena_mark(scratch);
	enum err e;

	TRY(slab_check(slab, 2, "faces"));
	for (int v = 0; v < 256; v++)
		if (within((uint8_t)v, a) && within((uint8_t)v, b))
			return fail(ERR_USAGE, "faces: label %d is on both sides", v);
	f.share = (4 * slab->nx + 3 + 8 + 63) / 64 * 64;
	f.rows = ARENA_NEW(scratch, uint8_t, f.share * parallel_threads());
	f.kernels = ISA_PICK(cells_kernels);
	NEED(f.rows);
	e = parallel_for(slab->z1 - slab->z0, plane_area, &f);
	arena_release(scratch, mark);
	return e;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Counts of configurations and what follows from them; see segment/cells.h. */
#include "segment/cells.h"

#include "core/parallel.h"
#include "segment/cells_kernels.h"

#include <math.h>
#include <string.h>

struct count {
	const struct slab *slab;
	const uint8_t *labels;
	struct label_range object;
	bool inside;
	int64_t first;	   /* plane below the first layer of cells */
	struct cells *own; /* of each thread */
	uint8_t *line;
	int64_t share; /* bytes of a thread's line */
	const struct cells_kernels *kernels;
};

static const uint8_t *row_of(const struct count *c, int64_t z, int64_t y)
{
	const struct slab *s = c->slab;

	if (z < 0 || z >= s->nz || y < 0 || y >= s->ny)
		return NULL;
	return c->labels + ((z - s->p0) * s->ny + y) * s->nx;
}

/* The layer between planes z and z + 1; rows and columns beyond the volume stand at places -1 and n. */
static enum err count_layer(void *context, int64_t i, int thread)
{
	const struct count *c = context;
	int64_t z = c->first + i, ny = c->slab->ny, nx = c->slab->nx;
	uint8_t *line = c->line + thread * c->share;

	line[0] = line[nx + 1] = 0;
	for (int64_t y = -1; y < ny; y++) {
		const uint8_t *row[4] = {row_of(c, z, y), row_of(c, z, y + 1), row_of(c, z + 1, y),
			row_of(c, z + 1, y + 1)};

		if (c->inside && (!row[0] || !row[1] || !row[2] || !row[3]))
			continue;
		c->kernels->column(row, c->object, nx, line + 1);
		c->kernels->count(line + c->inside, c->inside ? nx - 1 : nx + 1, c->own[thread].n);
	}
	return OK;
}

enum err cells_count(const struct slab *slab, const uint8_t *labels, struct label_range object,
	bool inside, struct cells *cells, struct arena *scratch)
{
	struct count c = {slab, labels, object, inside, .first = slab->z0 > 0 ? slab->z0 : -1};
	struct arena_mark mark = arena_mark(scratch);
	enum err e;

	TRY(slab_check(slab, 1, "cells"));
	c.share = (slab->nx + 2 + 63) / 64 * 64;
	c.line = ARENA_NEW(scratch, uint8_t, c.share * parallel_threads());
	c.own = ARENA_ZERO(scratch, struct cells, parallel_threads());
	c.kernels = ISA_PICK(cells_kernels);
	NEED(c.line);
	NEED(c.own);
	e = parallel_for(slab->z1 - c.first, count_layer, &c);
	for (int t = 0; t < parallel_threads() && e == OK; t++)
		for (int k = 0; k < 256; k++)
			cells->n[k] += c.own[t].n[k];
	arena_release(scratch, mark);
	return e;
}

int64_t cells_volume(const struct cells *cells)
{
	int64_t sum = 0;

	for (int c = 0; c < 256; c++)
		sum += cells->n[c] * __builtin_popcount((unsigned)c);
	return sum / 8; /* each voxel is in eight cells */
}

/* Voxels a and b of a cell are `axes` axes apart: 1 an edge, 2 a face's diagonal, 3 the cell's. */
static int axes(int a, int b)
{
	return __builtin_popcount((unsigned)(a ^ b));
}

/* Twice the weight of a pair over its length, shared by the cells that have it: 4, 2 or 1. */
static double pair_area(int n_axes)
{
	static const double weight[4] = {0, 0.0915557824, 0.0739612558, 0.0703912796};
	static const double cells_of[4] = {1, 4, 2, 1};

	return 2 * weight[n_axes] / sqrt(n_axes) / cells_of[n_axes];
}

double cells_area(const struct cells *cells)
{
	double sum = 0;

	for (int c = 0; c < 256; c++) {
		double area = 0;

		for (int a = 0; a < 8; a++)
			for (int b = a + 1; b < 8; b++)
				if ((c >> a & 1) != (c >> b & 1))
					area += pair_area(axes(a, b));
		sum += area * (double)cells->n[c];
	}
	return sum;
}

/* Voxels of a cell that agree with voxel a in the axes that `fixed` has set. */
static int flat(int a, int fixed)
{
	int set = 0;

	for (int b = 0; b < 8; b++)
		if (((a ^ b) & fixed) == 0)
			set |= 1 << b;
	return set;
}

/* Eight times the cell's share of points - edges + faces - cubes. With 26 neighbours voxels are closed cubes: the
 * middle of the cell is a point of the object if any of its voxels is, and so on. With 6 they are points, joined
 * where all voxels of an edge, a face or the cell are of the object. */
static int euler_of(int c, int connectivity)
{
	int sum = 0;

	for (int fixed = 0; fixed < 8; fixed++) {
		int n = __builtin_popcount((unsigned)fixed), share = 8 >> n;
		int odd = connectivity == 26 ? n % 2 : (3 - n) % 2;

		/* each flat part of the cell once: its voxel with 0 in the free axes */
		for (int a = 0; a < 8; a++) {
			int set = flat(a, fixed);

			if (a & ~fixed)
				continue;
			if (connectivity == 26 ? (c & set) != 0 : (c & set) == set)
				sum += odd ? -share : share;
		}
	}
	return sum;
}

double cells_euler(const struct cells *cells, int connectivity)
{
	int64_t sum = 0;

	for (int c = 0; c < 256; c++)
		sum += cells->n[c] * euler_of(c, connectivity);
	return (double)sum / 8;
}

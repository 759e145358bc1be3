/* SPDX-License-Identifier: BSD-3-Clause
 * Exact distances; see segment/distance.h. Along y by running down and up each plane, then minima of shifted
 * squares along x and along z. Most voxels are near the object, where looking at neighbours further and
 * further away, many voxels at once, ends soon; lines where it does not end by DISTANCE_NEAR are done by
 * lower envelopes, whose cost does not grow with the distance. */
#include "segment/distance.h"

#include "core/parallel.h"
#include "segment/distance_kernels.h"

#include <stdbool.h>
#include <string.h>

enum { LANES = DISTANCE_LANES, NEAR = DISTANCE_NEAR + 3 }; /* kernels look up to 3 further */

struct exact {
	int64_t nz, ny, nx;
	const uint8_t *labels;
	struct label_range object;
	int32_t *out;
	int32_t *space;
	int64_t share; /* numbers of a thread */
	const struct distance_kernels *kernels;
};

/* n values `stride` apart of a line become minima over j of f[j] + (i - j)^2. near: where parabolas reign; from:
 * where each begins; both of n. Squares fit: i^2 + f < 2^31. */
static void envelope(const int32_t *f, int64_t stride, int64_t n, int32_t *near, int32_t *from,
	int32_t *out, int64_t out_stride)
{
	int64_t top = -1;

	for (int32_t u = 0; u < n; u++) {
		int32_t g = f[u * stride];

		if (g >= DISTANCE_FAR)
			continue;
		while (top >= 0) {
			int32_t t = from[top], a = t - near[top], b = t - u;

			if (a * a + f[near[top] * stride] <= b * b + g)
				break;
			top--;
		}
		if (top < 0) {
			top = 0;
			near[0] = u;
			from[0] = 0;
		} else {
			int32_t i = near[top];
			int32_t at = (u * u + g - i * i - f[i * stride]) / (2 * (u - i)) + 1;

			if (at < n) {
				near[++top] = u;
				from[top] = at;
			}
		}
	}
	for (int64_t i = n - 1; i >= 0; i--) {
		int32_t d;

		if (top < 0) {
			out[i * out_stride] = DISTANCE_FAR;
			continue;
		}
		d = (int32_t)i - near[top];
		out[i * out_stride] = d * d + f[near[top] * stride];
		if (i == from[top])
			top--;
	}
}

static void along_y(const struct exact *e, int64_t z)
{
	int64_t nx = e->nx, ny = e->ny;
	const uint8_t *labels = e->labels + z * ny * nx;
	int32_t *plane = e->out + z * ny * nx;

	for (int64_t y = 0; y < ny; y++)
		e->kernels->far_down(labels + y * nx, e->object, y ? plane + (y - 1) * nx : NULL,
			nx, plane + y * nx);
	for (int64_t y = ny - 2; y >= 0; y--)
		e->kernels->far_up(plane + (y + 1) * nx, nx, plane + y * nx);
	e->kernels->far_square(ny * nx, plane);
}

static void fill(int32_t *at, int64_t n)
{
	for (int64_t i = 0; i < n; i++)
		at[i] = DISTANCE_FAR;
}

static bool has_object(const int32_t *row, int64_t n)
{
	int32_t least = DISTANCE_FAR;

	for (int64_t i = 0; i < n; i++)
		least = row[i] < least ? row[i] : least;
	return least < DISTANCE_FAR;
}

/* space: the row with NEAR places without object on either side, then 2 nx numbers */
static void along_x(const struct exact *e, int32_t *row, int32_t *space)
{
	int32_t *in = space + NEAR, *stack = in + e->nx + NEAR;
	bool done = e->nx >= LANES;

	if (!has_object(row, e->nx))
		return;
	memcpy(in, row, (size_t)e->nx * sizeof(*row));
	for (int64_t x = 0; x < e->nx && done; x += LANES) {
		int64_t at = x + LANES < e->nx ? x : e->nx - LANES; /* the last may overlap */

		done = e->kernels->near(in + at, 1, row + at);
	}
	if (!done)
		envelope(in, 1, e->nx, stack, stack + e->nx, row, 1);
}

static enum err exact_plane(void *context, int64_t z, int thread)
{
	const struct exact *e = context;
	int32_t *space = e->space + thread * e->share;

	along_y(e, z);
	fill(space, e->nx + 2 * NEAR);
	for (int64_t y = 0; y < e->ny; y++)
		along_x(e, e->out + (z * e->ny + y) * e->nx, space);
	return OK;
}

/* n <= LANES columns along z, from `column`, a plane apart. */
static void along_z(const struct exact *e, int32_t *column, int64_t n, int32_t *space)
{
	int64_t plane = e->ny * e->nx;
	int32_t *in = space + NEAR * LANES, *stack = in + (e->nz + NEAR) * LANES, lane[LANES];
	bool done = true;

	for (int64_t z = 0; z < e->nz; z++) {
		memcpy(in + z * LANES, column + z * plane, (size_t)n * sizeof(*column));
		for (int64_t l = n; l < LANES; l++) /* lanes that are done at once */
			in[z * LANES + l] = 0;
	}
	for (int64_t z = 0; z < e->nz && done; z++) {
		done = e->kernels->near(in + z * LANES, LANES, lane);
		memcpy(column + z * plane, lane, (size_t)n * sizeof(*column));
	}
	for (int64_t l = 0; l < n && !done; l++)
		envelope(in + l, LANES, e->nz, stack, stack + e->nz, column + l, plane);
}

static enum err exact_rows(void *context, int64_t y, int thread)
{
	const struct exact *e = context;
	int32_t *space = e->space + thread * e->share;

	fill(space, NEAR * LANES);
	fill(space + (NEAR + e->nz) * LANES, NEAR * LANES);
	for (int64_t x = 0; x < e->nx; x += LANES)
		along_z(e, e->out + y * e->nx + x, e->nx - x < LANES ? e->nx - x : LANES, space);
	return OK;
}

enum err distance_exact(int64_t nz, int64_t ny, int64_t nx, const uint8_t *labels,
	struct label_range object, int32_t *out, struct arena *scratch)
{
	struct exact e = {nz, ny, nx, labels, object, .out = out};
	struct slab whole = slab_whole(nz, ny, nx);
	struct arena_mark mark = arena_mark(scratch);
	enum err error;

	TRY(slab_check(&whole, 0, "distance"));
	if (nz >= 1 << 15 || ny >= 1 << 15 || nx >= 1 << 15 ||
		nz * nz + ny * ny + nx * nx >= DISTANCE_FAR)
		return fail(ERR_USAGE,
			"distance: %lld x %lld x %lld voxels, but the squared diagonal must be "
			"below 2^30",
			(long long)nz, (long long)ny, (long long)nx);
	e.share = (nz + 2 * NEAR) * LANES + 2 * nz + 3 * nx + 2 * NEAR;
	e.share = (e.share + 15) / 16 * 16;
	e.space = ARENA_NEW(scratch, int32_t, e.share * parallel_threads());
	e.kernels = ISA_PICK(distance_kernels);
	NEED(e.space);
	error = parallel_for(nz, exact_plane, &e);
	if (error == OK)
		error = parallel_for(ny, exact_rows, &e);
	arena_release(scratch, mark);
	return error;
}

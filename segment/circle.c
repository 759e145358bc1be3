/* SPDX-License-Identifier: BSD-3-Clause
 * The circle of view; see segment/circle.h. */
#include "segment/circle.h"

#include <math.h>

/* Steps from a corner along the diagonal until the value changes. */
static int64_t constant_steps(const float *plane, int64_t ny, int64_t nx, int corner)
{
	int64_t n = (ny < nx ? ny : nx) / 2, k;
	int64_t y0 = corner & 1 ? ny - 1 : 0, x0 = corner & 2 ? nx - 1 : 0;
	int64_t dy = corner & 1 ? -1 : 1, dx = corner & 2 ? -1 : 1;
	float first = plane[y0 * nx + x0];

	for (k = 1; k < n; k++)
		if (plane[(y0 + k * dy) * nx + x0 + k * dx] != first)
			break;
	return k;
}

double circle_radius(const float *plane, int64_t ny, int64_t nx)
{
	double cy = (double)(ny - 1) / 2, cx = (double)(nx - 1) / 2, radius = 0;

	for (int corner = 0; corner < 4; corner++) {
		int64_t k = constant_steps(plane, ny, nx, corner);

		if (k < 3)
			return INFINITY;
		radius = fmax(radius, hypot(cy - (double)k, cx - (double)k) + 0.5);
	}
	/* a diagonal meets the circle between two voxels: where the circle touches the sides is likelier */
	if (fabs(radius - (double)nx / 2) < 1.5)
		radius = (double)nx / 2;
	return radius;
}

/* Where the radius through (y, x), mirrored about the circle, lands. */
static int64_t mirrored(const struct circle *c, int64_t y, int64_t x)
{
	double cy = (double)(c->ny - 1) / 2, cx = (double)(c->nx - 1) / 2;
	double dy = (double)y - cy, dx = (double)x - cx, r = hypot(dy, dx);
	double to = fmax(0, 2 * c->radius - 1 - r);
	int64_t my = llround(cy + dy * to / r), mx = llround(cx + dx * to / r);

	my = my < 0 ? 0 : my >= c->ny ? c->ny - 1 : my;
	mx = mx < 0 ? 0 : mx >= c->nx ? c->nx - 1 : mx;
	return my * c->nx + mx;
}

enum err circle_new(struct circle *c, int64_t ny, int64_t nx, double radius, struct arena *arena)
{
	double cy = (double)(ny - 1) / 2, cx = (double)(nx - 1) / 2;

	if (ny * nx > INT32_MAX)
		return fail(ERR_USAGE,
			"planes of %lld x %lld voxels are too large: 46340 x 46340 at most",
			(long long)ny, (long long)nx);
	*c = (struct circle){.ny = ny, .nx = nx, .radius = radius};
	NEED(c->mirror = ARENA_NEW(arena, int32_t, ny * nx));
	for (int64_t i = 0; i < ny * nx; i++) {
		double dy = (double)(i / nx) - cy, dx = (double)(i % nx) - cx;
		int seen = dy * dy + dx * dx <= radius * radius;

		c->mirror[i] = (int32_t)(seen ? i : mirrored(c, i / nx, i % nx));
		/* rounding must not lead from beyond the circle to itself */
		if (!seen && c->mirror[i] == i)
			c->mirror[i] = (int32_t)(ny / 2 * nx + nx / 2);
		c->inside += seen;
	}
	return OK;
}

int64_t circle_bins(const struct circle *c)
{
	return ((int64_t)hypot((double)(c->ny - 1) / 2, (double)(c->nx - 1) / 2) + 1) *
	       CIRCLE_SECTORS;
}

int64_t circle_bin(const struct circle *c, int64_t i)
{
	double y = (double)(i / c->nx) - (double)(c->ny - 1) / 2;
	double x = (double)(i % c->nx) - (double)(c->nx - 1) / 2;
	int sector = (y < 0 ? 4 : 0) + (x < 0 ? 2 : 0) + (fabs(y) < fabs(x));

	return (int64_t)sqrt(y * y + x * x) * CIRCLE_SECTORS + sector;
}

void circle_fill(const struct circle *c, float *plane)
{
	for (int64_t i = 0; i < c->ny * c->nx; i++)
		if (!circle_has(c, i))
			plane[i] = plane[c->mirror[i]];
}

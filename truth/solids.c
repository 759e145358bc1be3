/* SPDX-License-Identifier: BSD-3-Clause
 * Smooth parts of the cell; see truth/solids.h. */
#include "truth/solids.h"

#include "core/isa.h"
#include "truth/solids_kernels.h"

#include <math.h>
#include <string.h>

ISA_DECLARE(struct solids_kernels, solids_kernels);

/* Heights between which a row of rays stays inside the tube. */
static void range_of(const struct cell *c, const struct ray_row *row, double *low, double *high)
{
	double last = row->from[2] + (row->n - 1) * row->step[2];
	/* The nearest point to the axis is at most this far along the ray. */
	double far = fabs(row->along[2]) * (2 * c->tube_outer + hypot(row->from[0], row->from[1]) +
						   row->n * hypot(row->step[0], row->step[1]));

	*low = fmin(row->from[2], last) - far - row->height;
	*high = fmax(row->from[2], last) + far + row->height;
}

void solids_row(const struct cell *c, const struct ray_row *row, const struct ray_lengths *out)
{
	const struct solids_kernels *k = ISA_PICK(solids_kernels);
	double low, high, tilt = c->tube_outer * (fabs(c->slope[0]) + fabs(c->slope[1]));

	k->pillars(c, row, out);
	range_of(c, row, &low, &high);
	if (high > -c->gap && low < tilt) {
		k->liquid(c, row, out);
		return;
	}
	memset(out->nak, 0, (size_t)row->n * sizeof(float));
	memset(out->ring, 0, (size_t)row->n * sizeof(float));
}

void solids_ring(const struct cell *c, double z, double *inner, double *outer)
{
	double h = z * (2 / c->gap) + 1, cord = c->ring_half * sqrt(fmax(0, 1 - h * h));

	*inner = c->ring_middle - cord;
	*outer = c->ring_middle + cord;
}

enum part solids_part(const struct cell *c, const double p[3], bool solid)
{
	double r = hypot(p[0], p[1]), inner, outer;

	if (r >= c->tube_inner)
		return r < c->tube_outer ? PART_PEEK : PART_OUTSIDE;
	if (p[2] < -c->gap)
		return r < c->rod ? PART_AL : PART_OUTSIDE;
	if (p[2] >= c->pellet)
		return r < c->rod ? PART_NA : PART_OUTSIDE;
	if (solid)
		return r < c->pellet_radius ? PART_NASICON : PART_OUTSIDE;
	solids_ring(c, p[2], &inner, &outer);
	return r < inner ? PART_NAK : r < outer ? PART_RING : PART_OUTSIDE;
}

bool solids_edge(const struct cell *c, const double p[3], double near)
{
	double r = hypot(p[0], p[1]), inner, outer;

	solids_ring(c, p[2], &inner, &outer);
	return fabs(r - c->tube_inner) < near || fabs(r - c->tube_outer) < near ||
	       fabs(r - c->rod) < near || fabs(r - c->pellet_radius) < near ||
	       fabs(p[2] + c->gap) < near || fabs(p[2] - c->pellet) < near ||
	       (p[2] > -c->gap && (fabs(r - inner) < near || fabs(r - outer) < near));
}

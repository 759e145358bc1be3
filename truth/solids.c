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

enum { FINE = 16, N_LENGTHS = 7 };

/* Sample i anew as the mean of FINE rays across it. */
static void refine(const struct cell *c, const struct ray_row *row, int32_t i, bool liquid,
	const struct ray_lengths *out)
{
	const struct solids_kernels *k = ISA_PICK(solids_kernels);
	float line[N_LENGTHS][FINE] = {{0}};
	const struct ray_lengths fine = {
		line[0], line[1], line[2], line[3], line[4], line[5], line[6]};
	float *const to[N_LENGTHS] = {
		out->nasicon, out->far, out->nak, out->al, out->na, out->peek, out->ring};
	double first = i + 0.5 / FINE - 0.5;
	struct ray_row sub = *row;

	for (int j = 0; j < 3; j++) {
		sub.from[j] += first * row->step[j];
		sub.step[j] /= FINE;
	}
	sub.t0 += first * row->dt;
	sub.dt /= FINE;
	sub.n = FINE;
	k->pillars(c, &sub, &fine);
	if (liquid)
		k->liquid(c, &sub, &fine);
	for (int part = 0; part < N_LENGTHS; part++) {
		double sum = 0;

		for (int j = 0; j < FINE; j++)
			sum += (double)line[part][j];
		to[part][i] = (float)(sum / FINE);
	}
}

/* Where rays graze a cylinder about the axis the chord is a root, which the middle of a sample does not stand
 * for. The distance of the rays from the axis is linear along the row. */
static void refine_edges(
	const struct cell *c, const struct ray_row *row, bool liquid, const struct ray_lengths *out)
{
	double root = hypot(row->along[0], row->along[1]);
	double b0 = (row->from[0] * row->along[1] - row->from[1] * row->along[0]) / root;
	double db = (row->step[0] * row->along[1] - row->step[1] * row->along[0]) / root;
	double radius[6] = {c->tube_inner, c->tube_outer, c->rod, c->pellet_radius};
	int n = liquid ? 6 : 4;

	if (liquid) {
		double far = (row->from[0] * row->along[0] + row->from[1] * row->along[1]) /
			     (root * root);

		solids_ring(c, row->from[2] - far * row->along[2], &radius[4], &radius[5]);
	}
	for (int k = 0; k < 2 * n; k++) {
		double at = ((k % 2 ? 1 : -1) * radius[k / 2] - b0) / db;
		int32_t from = (int32_t)fmin(fmax(0, ceil(at - 2.5)), row->n);
		int32_t to = (int32_t)fmin(fmax(-1, floor(at + 2.5)), row->n - 1);

		for (int32_t i = from; i <= to; i++)
			refine(c, row, i, liquid, out);
	}
}

void solids_row(const struct cell *c, const struct ray_row *row, const struct ray_lengths *out)
{
	const struct solids_kernels *k = ISA_PICK(solids_kernels);
	double low, high, tilt = c->tube_outer * (fabs(c->slope[0]) + fabs(c->slope[1]));
	bool liquid;

	k->pillars(c, row, out);
	range_of(c, row, &low, &high);
	liquid = high > -c->gap && low < tilt;
	if (liquid) {
		k->liquid(c, row, out);
	} else {
		memset(out->nak, 0, (size_t)row->n * sizeof(float));
		memset(out->ring, 0, (size_t)row->n * sizeof(float));
	}
	refine_edges(c, row, liquid, out);
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

/* Is the side of the O-ring within `near`? Close to its ends it is nearly level. */
static bool ring_edge(const struct cell *c, double r, double z, double near)
{
	double mid = -c->gap / 2, outer, thick, thin, other, from = z - near, to = z + near;
	double furthest = fabs(from - mid) > fabs(to - mid) ? from : to;

	solids_ring(c, fmin(fmax(mid, from), to), &other, &outer);
	thick = outer - c->ring_middle;
	solids_ring(c, furthest, &other, &outer);
	thin = outer - c->ring_middle;
	r = fabs(r - c->ring_middle);
	return r > thin - near && r < thick + near;
}

bool solids_edge(const struct cell *c, const double p[3], double near)
{
	double r = hypot(p[0], p[1]);

	return fabs(r - c->tube_inner) < near || fabs(r - c->tube_outer) < near ||
	       fabs(r - c->rod) < near || fabs(r - c->pellet_radius) < near ||
	       fabs(p[2] + c->gap) < near || fabs(p[2] - c->pellet) < near ||
	       (p[2] > -c->gap - near && ring_edge(c, r, p[2], near));
}

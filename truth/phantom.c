/* SPDX-License-Identifier: BSD-3-Clause
 * Ellipsoids, their shadows and their voxels; conventions in truth/phantom.h.
 *
 * With the ray p = (t, z) + s d through {p'Mp <= 1}, the chord is 2 sqrt((1 - q(t, z)) / d'Md), where
 * q is the quadratic form M with d eliminated. Per row, q is a parabola in t with a middle and a half
 * width: one square root a pixel, and only in the shadow. */
#include "truth/phantom.h"

#include "core/isa.h"
#include "truth/phantom_kernels.h"

#include <math.h>
#include <string.h>

ISA_DECLARE(struct phantom_kernels, phantom_kernels);

/* v'Mw for M stored as xx xy xz yy yz zz. */
static double product(const double m[6], const double v[3], const double w[3])
{
	return v[0] * (m[0] * w[0] + m[1] * w[1] + m[2] * w[2]) +
	       v[1] * (m[1] * w[0] + m[3] * w[1] + m[4] * w[2]) +
	       v[2] * (m[2] * w[0] + m[4] * w[1] + m[5] * w[2]);
}

struct ellipsoid ellipsoid_make(
	const double centre[3], const double semi[3], const double turn[4], double value)
{
	struct ellipsoid e = {.value = value};
	double norm =
		sqrt(turn[0] * turn[0] + turn[1] * turn[1] + turn[2] * turn[2] + turn[3] * turn[3]);
	double w = turn[0] / norm, x = turn[1] / norm, y = turn[2] / norm, z = turn[3] / norm;
	/* Columns: the ellipsoid's own axes in the frame of the volume. */
	double r[3][3] = {
		{1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)},
		{2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)},
		{2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)},
	};
	int k = 0;

	memcpy(e.centre, centre, sizeof(e.centre));
	memcpy(e.semi, semi, sizeof(e.semi));
	memcpy(e.turn, (double[4]){w, x, y, z}, sizeof(e.turn));
	for (int i = 0; i < 3; i++)
		for (int j = i; j < 3; j++, k++)
			for (int a = 0; a < 3; a++)
				e.form[k] += r[i][a] * r[j][a] / (semi[a] * semi[a]);
	return e;
}

double phantom_value(const struct phantom *p, double x, double y, double z)
{
	double sum = 0;

	for (int64_t i = 0; i < p->n; i++) {
		const struct ellipsoid *e = &p->ellipsoids[i];
		double v[3] = {x - e->centre[0], y - e->centre[1], z - e->centre[2]};

		if (product(e->form, v, v) <= 1)
			sum += e->value;
	}
	return sum;
}

static struct shadow shadow_of(const struct ellipsoid *e, double angle)
{
	const double across[3] = {cos(angle), -sin(angle), 0},
		     along[3] = {sin(angle), cos(angle), 0};
	const double up[3] = {0, 0, 1};
	double dd = product(e->form, along, along);
	double dt = product(e->form, along, across), dz = product(e->form, along, up);
	double tt = product(e->form, across, across) - dt * dt / dd;
	double tz = product(e->form, across, up) - dt * dz / dd;
	double zz = product(e->form, up, up) - dz * dz / dd;

	return (struct shadow){
		.t = e->centre[0] * across[0] + e->centre[1] * across[1],
		.z = e->centre[2],
		.lean = tz / tt,
		.narrow = zz - tz * tz / tt,
		.flat = tt,
		.peak = e->value * 2 / sqrt(dd),
	};
}

void phantom_shadows(const struct phantom *p, double angle, struct shadow *shadows)
{
	for (int64_t i = 0; i < p->n; i++)
		shadows[i] = shadow_of(&p->ellipsoids[i], angle);
}

double phantom_line(const struct phantom *p, double angle, double t, double z)
{
	double sum = 0;

	for (int64_t i = 0; i < p->n; i++) {
		struct shadow s = shadow_of(&p->ellipsoids[i], angle);
		double dz = z - s.z, dt = t - s.t + s.lean * dz;
		double left = 1 - s.narrow * dz * dz - s.flat * dt * dt;

		sum += left > 0 ? s.peak * sqrt(left) : 0;
	}
	return sum;
}

/* Adds the chords of one ellipsoid to line integrals at columns u + shift. */
static void cast(const struct phantom_kernels *kernels, const struct shadow *s, double center,
	double row, double shift, int64_t n_col, float *line)
{
	double dz = row - s->z, room = 1 - s->narrow * dz * dz;
	double half, middle, whole;
	int64_t begin, end;

	if (room <= 0)
		return;
	half = sqrt(room / s->flat);
	middle = s->t - s->lean * dz + center - shift;
	if (middle + half < 0 || middle - half > (double)n_col - 1)
		return;
	begin = middle - half < 0 ? 0 : (int64_t)ceil(middle - half);
	end = middle + half > (double)n_col - 1 ? n_col : (int64_t)floor(middle + half) + 1;
	if (begin >= end)
		return;
	whole = nearbyint(middle);
	kernels->add_chord(line + begin, (int32_t)(end - begin), (int32_t)(begin - (int64_t)whole),
		(float)(whole - middle), (float)half, (float)(s->peak * sqrt(s->flat)));
}

void phantom_row(const struct phantom *p, const struct shadow *shadows, double center, double slope,
	double row, int64_t n_col, float *transmission, float *scratch)
{
	const struct phantom_kernels *kernels = ISA_PICK(phantom_kernels);

	memset(transmission, 0, (size_t)n_col * sizeof(float));
	for (int j = 0; j < SUB_ROWS; j++) {
		double dv = (j + 0.5) / SUB_ROWS - 0.5;

		for (int k = 0; k < SUB_COLUMNS; k++) {
			double du = (k + 0.5) / SUB_COLUMNS - 0.5;

			memset(scratch, 0, (size_t)n_col * sizeof(float));
			for (int64_t i = 0; i < p->n; i++)
				cast(kernels, &shadows[i], center + slope * dv, row + dv, du, n_col,
					scratch);
			kernels->add_transmission(transmission, scratch, (int32_t)n_col,
				1.F / (SUB_ROWS * SUB_COLUMNS));
		}
	}
}

/* Adds value times the part of each pixel that [low, high] covers; pixel i is [i, i + 1]. */
static void fill(float *line, int64_t width, double low, double high, float value)
{
	int64_t first, last;

	low = low < 0 ? 0 : low;
	high = high > (double)width ? (double)width : high;
	if (low >= high)
		return;
	first = (int64_t)low;
	last = (int64_t)high;
	if (first == last) {
		line[first] += value * (float)(high - low);
		return;
	}
	line[first] += value * (float)((double)first + 1 - low);
	for (int64_t i = first + 1; i < last; i++)
		line[i] += value;
	if (last < width)
		line[last] += value * (float)(high - (double)last);
}

void phantom_voxels(const struct phantom *p, double z, int64_t y, int64_t width, float *line)
{
	enum { LINES_Y = 4, LINES_Z = 2 };
	double axis = (double)(width - 1) / 2;

	memset(line, 0, (size_t)width * sizeof(float));
	for (int k = 0; k < LINES_Y * LINES_Z; k++) {
		double sub_y = (k % LINES_Y + 0.5) / LINES_Y - 0.5;
		double sub_z = (k / LINES_Y + 0.5) / LINES_Z - 0.5;

		for (int64_t i = 0; i < p->n; i++) {
			const struct ellipsoid *e = &p->ellipsoids[i];
			const double *m = e->form;
			double dy = (double)y - axis + sub_y - e->centre[1];
			double dz = z + sub_z - e->centre[2];
			double middle = -(m[1] * dy + m[2] * dz) / m[0];
			double rest = m[3] * dy * dy + 2 * m[4] * dy * dz + m[5] * dz * dz - 1;
			double square = middle * middle - rest / m[0];
			double start = e->centre[0] + middle + axis + 0.5;

			if (square > 0)
				fill(line, width, start - sqrt(square), start + sqrt(square),
					(float)(e->value / (LINES_Y * LINES_Z)));
		}
	}
}

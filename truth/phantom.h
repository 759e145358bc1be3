/* SPDX-License-Identifier: BSD-3-Clause
 * Phantoms of ellipsoids, whose line integrals are known exactly. Shares nothing with the
 * reconstruction that is measured with it.
 *
 * Lengths are in px. x and y are counted from the rotation axis, z is the detector row (0-based).
 * A parallel beam at angle a meets detector coordinate t = x cos(a) - y sin(a) from the axis; with
 * the axis at column `center` of the detector, voxel (i, j) of a slice of width w has x = i - (w-1)/2,
 * y = j - (w-1)/2 and lands on column t + center. Attenuation is in 1/px. */
#ifndef TRUTH_PHANTOM_H
#define TRUTH_PHANTOM_H

#include "config/settings.h"
#include "core/arena.h"
#include "core/error.h"

#include <stdint.h>

struct ellipsoid {
	double centre[3], semi[3]; /* x, y, z */
	double turn[4];		   /* unit quaternion w, x, y, z: from its own axes to x, y, z */
	double value;		   /* attenuation it adds, 1/px, may be negative */
	double form[6]; /* p'Mp <= 1 inside, M as xx xy xz yy yz zz; see ellipsoid_make */
};
struct phantom {
	int64_t n;
	struct ellipsoid *ellipsoids;
};

/* Fills `form`. turn need not be normalised. */
struct ellipsoid ellipsoid_make(
	const double centre[3], const double semi[3], const double turn[4], double value);

/* ellipsoids: an elliptic body (0.9 : 1) with bubbles, grains and a few small sharp specks that do
 * not touch each other, placed by the seed; cylinder: one uniform circular one along the axis; ball: one
 * in the middle row. The largest diameter is object * size, and its attenuation along it is
 * `absorption` (body alone). ERR_USAGE: sizes that are not positive. */
enum err phantom_new(
	struct phantom **phantom, const struct simulate_settings *s, struct arena *arena);

/* Attenuation at a point; its integral along one ray (t from the axis, angle in radians). */
double phantom_value(const struct phantom *p, double x, double y, double z);
double phantom_line(const struct phantom *p, double angle, double t, double z);

/* The shadows of all ellipsoids at one angle (phantom->n of them), shared by the rows of a frame. */
struct shadow {
	double t, z;   /* of the middle, from the axis, row */
	double lean;   /* the chord's middle moves by -lean a row */
	double narrow; /* 1 - narrow (row - z)^2 is what is left of width^2 */
	double flat;   /* 1 / half width^2 at z */
	double peak;   /* line integral through the middle */
};
void phantom_shadows(const struct phantom *p, double angle, struct shadow *shadows);

/* Sub-pixels that a detector pixel is averaged over, in transmission, as its area does. */
enum { SUB_COLUMNS = 4, SUB_ROWS = 2 };

/* Transmission of one detector row, n_col pixels, averaged over SUB_COLUMNS x SUB_ROWS rays a pixel.
 * center: column of the axis at this row, slope: px a row that it moves. scratch: n_col floats. */
void phantom_row(const struct phantom *p, const struct shadow *shadows, double center, double slope,
	double row, int64_t n_col, float *transmission, float *scratch);

/* Attenuation of line y of the slice at z of a volume `width` wide, mean over each voxel: exact
 * along x, 4 lines along y and 2 along z. */
void phantom_voxels(const struct phantom *p, double z, int64_t y, int64_t width, float *line);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * The fine grid that line integrals are computed on, `oversample` times finer than the detector's pixels,
 * and the geometry of the measurement.
 *
 * Lab frame, px: x and y from the rotation axis, z in rows from the middle of the detector, all turning
 * with the cell at angle 0. A ray at angle a and t from the axis: t = x cos(a) - y sin(a). The axis lies
 * `roll` off the detector's columns: column u = center + t cos(roll) - z sin(roll), row v = middle +
 * t sin(roll) + z cos(roll). Fine column k covers u from k/os - 1/2 to (k + 1)/os - 1/2, rows alike. */
#ifndef TRUTH_GRID_H
#define TRUTH_GRID_H

#include <stdint.h>

struct grid {
	int64_t os;	       /* fine samples a pixel, each way */
	int64_t n_row, n_col;  /* of the detector */
	int64_t margin;	       /* pixels beyond each side that are needed too */
	double center, middle; /* column of the axis in the middle row; (n_row - 1) / 2 */
	double cos_roll, sin_roll;
};

/* What is added up of one strip at one angle: fine rows x fine columns, lengths in px. */
enum shade { SHADE_NASICON, SHADE_NAK, SHADE_SWAP, N_SHADES };

/* Strip: fine rows [row0, row0 + n_row) by fine columns [col0, col0 + n_col) as seen on the detector;
 * `pitch` floats from line to line, of which the first `pad` are before the first column. */
struct strip {
	int64_t row0, n_row, col0, n_col, pitch, pad;
	float *shade[N_SHADES]; /* at row0, col0; pad floats in front of each line may be written */
};

#endif

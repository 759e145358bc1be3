/* SPDX-License-Identifier: BSD-3-Clause
 * Filtered back-projection by direct summation with linear interpolation (parallel beam):
 *
 *   f(x, y) = sum_i w_i q_i((x - m) cos a_i - (y - m) sin a_i + center),  m = (W - 1) / 2,
 *
 * with q_i the ramp-filtered projection at the measured angle a_i, 0 outside columns [0, W - 1], and
 * w_i the arc that the projection stands for. Method and ramp kernel: Kak & Slaney, Principles of
 * Computerized Tomographic Imaging (SIAM 2001), chapter 3, DOI 10.1137/1.9780898719277.
 * Slices are W x W, attenuation in 1/cm when the pixel size is known, else per pixel.
 *
 * A batch is 1 to FBP_LANES detector rows reconstructed together. The bytes of a slice depend neither
 * on its lane, nor on the number of lanes, on the band of rows asked for, or on threads. */
#ifndef RECON_FBP_H
#define RECON_FBP_H

#include "recon/stage.h"

enum { FBP_LANES = 16 };

struct fbp;

/* Filter, weights and geometry. Keeps nothing of `s` and `g`. Warns of a missing wedge of angles.
 * ERR_INPUT: no angles or columns, values that are not finite. */
enum err fbp_new(
	struct fbp **fbp, const struct settings *s, const struct geometry *g, struct arena *arena);

/* Filters a batch in place. Before: for angle i and lane l a row of n_col floats at
 * batch + (i * lanes + l) * n_col, so that lane l is a sinogram of stride lanes * n_col. After:
 * interleaved, batch[(i * n_col + x) * lanes + l], filtered and weighted, ready to be summed.
 * center_shift (NULL: none): for each lane, columns to add to the centre (tilted axis), done as a
 * phase ramp of the spectrum. Scratch comes from the arena and is given back. */
enum err fbp_filter(const struct fbp *fbp, float *batch, int lanes, const double *center_shift,
	struct arena *arena);

/* Rows [y0, y1) of the slices of a filtered batch: out[(l * (y1 - y0) + y - y0) * n_col + x]. */
enum err fbp_backproject(const struct fbp *fbp, const float *batch, int lanes, int64_t y0,
	int64_t y1, float *out, struct arena *arena);

/* Bytes of scratch that the two take from their arena with so many threads. */
int64_t fbp_filter_scratch(const struct fbp *fbp, int lanes, int threads);
int64_t fbp_backproject_scratch(const struct fbp *fbp, int lanes, int threads);

/* The arc in radians that each of n angles stands for (in any order, modulo half a turn; sets of
 * a full turn are weighted on the full circle and halved). Angles sum to pi when nothing is missing.
 * A gap of more than three typical steps and 2 degrees is not filled; *missing is the sum of such
 * gaps in radians. Scratch from the arena is given back. */
enum err fbp_arc_weights(
	double *weight, const double *angle, int64_t n, double *missing, struct arena *arena);

#endif

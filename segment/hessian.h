/* SPDX-License-Identifier: BSD-3-Clause
 * First and second derivatives of a smoothed volume by central differences, voxel spacing 1. Input: planes p0
 * to p1 with a halo of one plane, finite values below 1e18; output: planes z0 to z1. Beyond its faces the volume is
 * mirrored. Scratch: about 150 KB a thread.
 *
 * Eigenvalues are found in closed form: O. K. Smith, Commun. ACM 4 (1961) 168,
 * DOI 10.1145/355578.366316. Where two of them nearly coincide they are off by up to 1e-3 of the spread of
 * all three (float, from the invariants of the matrix); elsewhere by 1e-6.
 * Sheets from the largest eigenvalue against the others: M. Voorn, U. Exner, A. Rath, Comput. Geosci. 57
 * (2013) 44, DOI 10.1016/j.cageo.2013.04.006. */
#ifndef SEGMENT_HESSIAN_H
#define SEGMENT_HESSIAN_H

#include "core/arena.h"
#include "segment/slab.h"

/* |gradient|, in units of the values a voxel. */
enum err gradient_magnitude(
	const struct slab *slab, const float *in, float *out, struct arena *scratch);

/* |gradient| / step, rounded, at most 255. step > 0 (ERR_USAGE). */
enum err gradient_levels(
	const struct slab *slab, const float *in, double step, uint8_t *out, struct arena *scratch);

/* Eigenvalues of the second derivatives, out[0] >= out[1] >= out[2]. */
enum err hessian_eigenvalues(
	const struct slab *slab, const float *in, float *const out[3], struct arena *scratch);

/* factor * max(0, l0 - max(|l1|, |l2|)): how much more a dark sheet bends the values across than along it.
 * factor is sigma^2 for scales to be comparable. */
enum err hessian_sheetness(
	const struct slab *slab, const float *in, double factor, float *out, struct arena *scratch);

/* Second derivatives at one voxel: zz, yy, xx, zy, zx, yx. z from the start of the volume. */
void hessian_at(
	const struct slab *slab, const float *in, int64_t z, int64_t y, int64_t x, double h[6]);

/* Eigenvalues, descending, and unit eigenvectors vector[k] = (z, y, x) of a symmetric matrix given as zz, yy,
 * xx, zy, zx, yx; by Jacobi rotations, to the last digits of double. */
void eigen_symmetric(const double h[6], double value[3], double vector[3][3]);

#endif

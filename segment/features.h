/* SPDX-License-Identifier: BSD-3-Clause
 * What the forest (segment/forest.h) knows of a voxel: the value and the median of 27; and of Gaussians of 1, 2, 4 ...
 * voxels the value, the gradient, the eigenvalues of the second derivatives, largest first, and their sum (the
 * Laplacian), how much the values about the voxel deviate, and the difference to the next wider Gaussian. Derivatives
 * are in units of the Gaussian's width, so that scales compare. Beyond its faces the volume is mirrored. */
#ifndef SEGMENT_FEATURES_H
#define SEGMENT_FEATURES_H

#include "core/arena.h"
#include "segment/slab.h"

/* FEATURES_SCALES: widths of 1, 2, 4 and 8 voxels. */
enum { FEATURES_SCALES = 4, FEATURES_MOST = 2 + FEATURES_SCALES * 7 + FEATURES_SCALES - 1 };

int64_t features_count(int64_t scales);
int64_t features_halo(int64_t scales);
/* "value", "gradient 2" ...; the text is static storage of the thread. */
const char *features_name(int64_t scales, int64_t feature);

/* Gets planes z0 to z1 of one feature after the other, from 0 on, on the caller's thread; they are finite. */
typedef enum err feature_take(void *context, int64_t feature, const float *values);

/* in: planes p0 to p1 of finite values below 1e15, with a halo of features_halo(); scales 1 to FEATURES_SCALES
 * (ERR_USAGE). Scratch: 4 bytes for each of planes p0 to p1, and 28 for each of planes z0 to z1 and one to either
 * side. */
enum err features_slab(const struct slab *slab, const float *in, int64_t scales, feature_take *take,
	void *context, struct arena *scratch);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Smoothing with a sampled, normalised Gaussian exp(-i^2 / 2 sigma^2), |i| <= ceil(3.5 sigma), along z, y
 * and x. Beyond its faces the volume is mirrored (c b a | a b c), so that a constant stays what it is. */
#ifndef SEGMENT_GAUSSIAN_H
#define SEGMENT_GAUSSIAN_H

#include "core/arena.h"
#include "segment/slab.h"

enum { GAUSSIAN_TAPS = 65 }; /* the middle and one side */

/* Planes that a slab needs on either side. */
int64_t gaussian_halo(double sigma);
/* Weights of offsets 0, 1, ... halo; with both sides their sum is 1. */
void gaussian_taps(double sigma, float taps[GAUSSIAN_TAPS]);

/* in: planes p0 to p1 of finite values; out: planes z0 to z1, not over in. sigma in voxels, above 0 and
 * at most 18 (ERR_USAGE). Scratch: a thread takes (2 halo + 1) * 35 KB + (halo + 17) * 3 KB. */
enum err gaussian(
	const struct slab *slab, const float *in, double sigma, float *out, struct arena *scratch);

/* The same of 1 where a voxel's label is of the object, else 0. */
enum err gaussian_indicator(const struct slab *slab, const uint8_t *labels,
	struct label_range object, double sigma, float *out, struct arena *scratch);

#endif

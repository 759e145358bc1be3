/* SPDX-License-Identifier: BSD-3-Clause
 * The volume as the watershed wants it: less noise, edges where they were. All but the Gaussian keep steps of a voxel, of
 * which no gradient can be taken by differences, so a small Gaussian follows them. */
#ifndef SEGMENT_DENOISE_H
#define SEGMENT_DENOISE_H

#include "config/settings.h"
#include "core/arena.h"
#include "segment/slab.h"

struct denoise {
	enum denoise_method method;
	double sigma; /* of the Gaussian, of the one that follows, voxels */
	double noise; /* r.m.s. of a voxel; not for the Gaussian and the median */
};

const char *denoise_name(enum denoise_method method); /* "non-local means" */

/* Planes that a slab needs on either side. */
int64_t denoise_halo(const struct denoise *denoise);

int64_t denoise_scratch(enum denoise_method method); /* bytes that a thread takes, about */

/* in: planes p0 to p1 with a halo of denoise_halo(); out: planes z0 to z1, not over in. Scratch: 4 bytes for each of
 * planes z0 to z1 and the halo of the Gaussian on both sides, and what the methods take. */
enum err denoise(const struct slab *slab, const float *in, const struct denoise *how, float *out,
	struct arena *scratch);

#endif

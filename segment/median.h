/* SPDX-License-Identifier: BSD-3-Clause
 * Median of the 27 voxels about each, exact, of finite values. Beyond its faces the volume is mirrored. */
#ifndef SEGMENT_MEDIAN_H
#define SEGMENT_MEDIAN_H

#include "core/arena.h"
#include "segment/slab.h"

/* in: planes p0 to p1 with a halo of one plane; out: planes z0 to z1, not over in. Scratch: 170 KB a
 * thread. */
enum err median_27(const struct slab *slab, const float *in, float *out, struct arena *scratch);

#endif

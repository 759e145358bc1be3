/* SPDX-License-Identifier: BSD-3-Clause
 * Squared Euclidean distance, in voxels, of every voxel's centre to the nearest voxel of an object; 0 in the
 * object. Beyond the faces of the volume there is no object. For the distance inside an object ask for the
 * range of all but its label (segment/slab.h). Both are exact integers.
 *
 * Distances separate by axis: T. Saito, J. Toriwaki, Pattern Recognition 27 (1994) 1551,
 * DOI 10.1016/0031-3203(94)90133-3; far distances by lower envelopes of parabolas: A. Meijster, J. Roerdink,
 * W. Hesselink, in Mathematical Morphology (2002) 331, DOI 10.1007/0-306-47025-X_36. */
#ifndef SEGMENT_DISTANCE_H
#define SEGMENT_DISTANCE_H

#include "core/arena.h"
#include "segment/slab.h"

enum { DISTANCE_RADIUS = 180, DISTANCE_FAR = 1 << 30 };

/* Up to `radius` voxels, 1 to DISTANCE_RADIUS (ERR_USAGE); radius^2 + 1 where the object is further away.
 * labels: planes p0 to p1 with a halo of radius planes; out: planes z0 to z1. Scratch: a thread takes
 * about (2 radius + 1) * 19 KB + (2 radius + 33) * (2 radius + 320) bytes. */
enum err distance_bounded(const struct slab *slab, const uint8_t *labels, struct label_range object,
	int64_t radius, uint16_t *out, struct arena *scratch);

/* Without a bound, of a whole volume at once (nz, ny, nx), nz^2 + ny^2 + nx^2 < 2^30 (ERR_USAGE); DISTANCE_FAR
 * everywhere when there is no object. Scratch: (nz + 200) * 270 + nx * 12 bytes a
 * thread. */
enum err distance_exact(int64_t nz, int64_t ny, int64_t nx, const uint8_t *labels,
	struct label_range object, int32_t *out, struct arena *scratch);

#endif

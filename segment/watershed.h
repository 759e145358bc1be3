/* SPDX-License-Identifier: BSD-3-Clause
 * Seeded watershed: labels flood from markers over levels 0 to 255 (of a gradient, say), from low to high, to the
 * 6 neighbours: F. Meyer's flooding, Signal Processing 38 (1994) 113, DOI 10.1016/0165-1684(94)90060-4.
 *
 * The result is a property of the volume alone. A voxel is reached at the first moment one of its neighbours
 * spreads; it spreads itself at its own level, or at once where the flood stands higher. Moments are ordered by
 * level, and within a level by steps, all voxels of a step at the same time. Who is reached by two
 * labels at the same moment takes the smaller where z + y + x is even and the larger where it is odd, which
 * favours none. So neither scanning order nor threads matter, and a slab tells
 * which of its voxels could not be otherwise whatever lies beyond it. */
#ifndef SEGMENT_WATERSHED_H
#define SEGMENT_WATERSHED_H

#include "core/arena.h"
#include "segment/slab.h"

enum { WATERSHED_LABELS = 253 }; /* the largest */

/* level, markers (0: none): planes p0 to p1; labels: planes z0 to z1, not over the markers. Any halo will do:
 * voxels whose label hangs on planes beyond p0 and p1 get 0 and are counted in *uncertain; all others are
 * what the whole volume would give. When there is no marker at all, all are 0. ERR_USAGE: a
 * marker above WATERSHED_LABELS. Scratch: a thread takes 2 bytes a voxel and 4 bytes a voxel without marker of
 * its block of up to 256 planes and its halo, 24 planes as a rule. */
enum err watershed(const struct slab *slab, const uint8_t *level, const uint8_t *markers,
	uint8_t *labels, int64_t *uncertain, struct arena *scratch);

#endif

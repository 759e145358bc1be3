/* SPDX-License-Identifier: BSD-3-Clause
 * Connected pieces of one label in two volumes at once, and how far each piece of one overlaps each piece of the
 * other. Planes come one by one and only the runs of the last are kept; pieces that are
 * finished and too small are forgotten now and then, so that noise does not fill the memory.
 * Neighbours are the 26 around a voxel. Labelling by runs and union-find (Rosenfeld and Pfaltz
 * 1966, doi:10.1145/321356.321357). */
#ifndef TRUTH_SCORE_BLOBS_H
#define TRUTH_SCORE_BLOBS_H

#include "core/arena.h"
#include "core/error.h"
#include "truth/score_near.h" /* the sides */

#include <stdint.h>

struct blob {
	int64_t n;		 /* voxels */
	int64_t sum[3];		 /* of z, y, x */
	int64_t low[3], high[3]; /* bounding box, both included */
	int64_t first;		 /* its first voxel, as z ny nx + y nx + x */
};

struct overlap {
	int64_t truth, found; /* which blobs */
	int64_t n;	      /* voxels in both */
};

struct blobs;

/* Pieces of fewer than `least` voxels are left out. tidy: how many pieces may pile up before the
 * small ones are forgotten (0: a million); changes nothing in the result. */
enum err blobs_new(struct blobs **blobs, int64_t ny, int64_t nx, uint8_t label, int64_t least,
	int64_t tidy, struct arena *arena);

/* Plane z, in order. By one thread. */
enum err blobs_plane(struct blobs *blobs, int64_t z, const uint8_t *truth, const uint8_t *found);

/* After the last plane. Blobs by size, largest first (then by their first voxel); overlaps by size, then by
 * the blobs' numbers. */
struct blob_lists {
	const struct blob *blob[2]; /* by side */
	int64_t n[2];
	const struct overlap *overlap;
	int64_t n_overlaps;
};
enum err blobs_finish(struct blobs *blobs, struct blob_lists *lists);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Bubbles of two label volumes, one to one: by largest overlap; then those that overlap nothing, by the
 * distance of their centroids. */
#ifndef TRUTH_SCORE_BUBBLES_H
#define TRUTH_SCORE_BUBBLES_H

#include "core/arena.h"
#include "core/error.h"
#include "truth/score_blobs.h"

#include <stdint.h>

enum { BUBBLE_NEAR = 3 }; /* voxels between centroids of bubbles that do not overlap */

struct bubble_pair {
	int64_t truth, found; /* numbers in the lists of blobs */
	int64_t overlap;      /* voxels */
	double volume_error;  /* (found - truth) / truth */
	double distance;      /* of the centroids, voxels */
};

struct score_bubbles {
	struct blob_lists blobs;
	int64_t min_voxels;
	int64_t n_truth, n_found; /* those of at least min_voxels */
	/* n_truth = matched (of that size) + merged + missed, n_found = matched + split + invented.
	 * A partner may be smaller, down to a quarter of min_voxels, so that a bubble of the least
	 * size is not lost for a voxel. */
	struct bubble_pair *pairs; /* largest overlap first */
	int64_t n_pairs;
	const int64_t *missed, *invented; /* numbers of blobs */
	int64_t n_missed, n_invented;
	const int64_t *merged; /* true ones, more than half of which lies in another's partner */
	const int64_t *split;  /* found ones, more than half of which lies in a true one with
				* another partner */
	int64_t n_merged, n_split;
	double mean_error, most_error; /* of |volume_error| over the pairs; NAN: no pairs */
	double mean_distance, most_distance;
};

/* Of the least size that blobs must have had for `min_voxels`. */
int64_t bubbles_least(int64_t min_voxels);
enum err bubbles_match(struct score_bubbles *bubbles, const struct blob_lists *blobs,
	int64_t min_voxels, struct arena *arena);

/* The middle of a blob: z, y, x in voxels. */
void blob_centroid(const struct blob *blob, double centroid[3]);

#endif

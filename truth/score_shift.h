/* SPDX-License-Identifier: BSD-3-Clause
 * By how much one label volume lies beside another: for every whole shift within the search, the share
 * of voxels whose labels differ. Voxels are those of sampled rows (all rows of small volumes) whose partners
 * lie in the volume at every shift; outside (0) in either has no say.
 *
 * The share grows with the distance from the true shift as the volume between two surfaces does,
 * linearly: a V, not a parabola. The part below a voxel is where the two lines with the slope of the
 * steeper side meet. It is exact for sharp labels, and does not depend on how many differ for other reasons. */
#ifndef TRUTH_SCORE_SHIFT_H
#define TRUTH_SCORE_SHIFT_H

#include "core/arena.h"
#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

enum { SHIFT_MOST = 8 }; /* of the search, voxels */

struct score_shift {
	/* found(p + whole) agrees best with truth(p): the found labels lie that far from the truth. */
	int64_t whole[3];  /* z, y, x */
	double voxels[3];  /* with the part below a voxel; NAN: cannot be told along this axis */
	int64_t search[3]; /* voxels to either side */
	bool at_limit;	   /* of the search: the real one may lie beyond */
	double differ, differ_unmoved; /* share of the voxels that differ at `whole`, and at 0 */
	int64_t voxels_compared;
};

struct shift;

/* search: voxels to either side, at most SHIFT_MOST and less in small volumes. */
enum err shift_new(struct shift **shift, int64_t nz, int64_t ny, int64_t nx, int64_t search,
	struct arena *arena);

/* Planes around the true plane z that its comparison needs: [z - reach, z + reach]; only planes with
 * those inside the volume have a say. */
int64_t shift_reach(const struct shift *shift);
/* Compares true plane z with found[-reach ... reach], which point at planes z - reach ... z + reach. */
enum err shift_plane(
	struct shift *shift, int64_t z, const uint8_t *truth, const uint8_t *const *found);

struct score_shift shift_result(const struct shift *shift);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * By how much one label volume lies beside another: for every whole shift within the search, the share
 * of voxels whose labels differ. Compared are pairs whose middle lies in sampled rows (all rows of small volumes),
 * the same middles for a shift and its opposite; outside (0) in either has no say.
 *
 * Whatever the shape, that share is symmetric about the true shift: what one step to one side uncovers,
 * the same step to the other side uncovers on the opposite faces. The part below a voxel is the centre of
 * symmetry of the shares (linear between whole shifts, whose error is the same on both sides). It does not depend on
 * how many voxels differ for other reasons. A parabola through three shares would be wrong: they
 * form a cone, and its sides along one axis lean with the shift along the others. */
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
	double voxels[3];  /* with the part below a voxel, unless it is within 1 of the limit of the
			    * search; NAN: cannot be told along this axis */
	int64_t search[3]; /* voxels to either side */
	bool at_limit;	   /* of the search: the real one may lie beyond */
	double differ, differ_unmoved; /* share of the voxels that differ at `whole`, and at 0 */
	int64_t voxels_compared;
};

struct shift;

/* search: voxels to either side, at most SHIFT_MOST and less in small volumes. */
enum err shift_new(struct shift **shift, int64_t nz, int64_t ny, int64_t nx, int64_t search,
	struct arena *arena);

/* Planes around plane z that its comparison needs: [z - reach, z + reach]; only planes with those inside
 * the volume have a say. */
int64_t shift_reach(const struct shift *shift);
/* truth[i] and found[i]: plane z - reach + i, i <= 2 reach. Gives the number of rows to be compared (0: this
 * plane has no say); they may be by different threads. */
int64_t shift_begin(
	struct shift *shift, int64_t z, const uint8_t *const *truth, const uint8_t *const *found);
void shift_row(const struct shift *shift, int64_t i, int thread);

struct score_shift shift_result(const struct shift *shift);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Void without its thin parts: films of gas, up to six voxels thick, would make one piece of bubbles that
 * have nothing to do with each other. Opening by a ball of radius ROUND_REACH (123 voxels): a voxel stays
 * when some ball around it is all void. What lies beyond the volume is void to it. Planes come one by one; both
 * steps look as many planes back as the ball is wide. */
#ifndef TRUTH_SCORE_ROUND_H
#define TRUTH_SCORE_ROUND_H

#include "core/arena.h"
#include "core/error.h"
#include "truth/score_near.h" /* the sides */

#include <stdint.h>

enum { ROUND_REACH = 3 };
/* What the opening leaves of a ball of radius 5, on average over places (432 to 483; the ball has 524 voxels): pieces of
 * this size and more are "of radius 5 voxels and more". */
enum { ROUND_LARGE = 457 };

struct round;
enum err round_new(struct round **round, int64_t nz, int64_t ny, int64_t nx, struct arena *arena);

/* Step 1, row y of plane z; planes: the 2 ROUND_REACH + 1 labels around z, NULL where there is none. */
void round_deep_row(struct round *round, int side, const uint8_t *const *planes, int64_t z,
	int64_t y, int thread);

/* Step 2, row y of plane z, after step 1 of all planes up to z + ROUND_REACH; step 1 of plane
 * z + ROUND_REACH + 1 may be in work. */
void round_open_row(struct round *round, int side, int64_t z, int64_t y);

/* Plane z after step 2: LABEL_VOID or 0; until step 2 of plane z + 2 begins. */
const uint8_t *round_plane(const struct round *round, int side, int64_t z);

#endif

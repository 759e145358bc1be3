/* SPDX-License-Identifier: BSD-3-Clause
 * Distances between two sets of voxels, the true one and the found one, exact up to a reach: for each voxel of
 * either set, how far the nearest voxel of the other is. The sets come plane by plane; only as many planes as the
 * reach needs are kept, a bit a voxel. Counts of squared distances, whole numbers, are the result,
 * so that it depends neither on threads nor on the order. */
#ifndef TRUTH_SCORE_NEAR_H
#define TRUTH_SCORE_NEAR_H

#include "core/arena.h"
#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

enum { SCORE_TRUTH, SCORE_FOUND }; /* sides: of arrays of two, and what `side` is */
enum { NEAR_MOST = 31 };	   /* of a reach: a row's neighbourhood fits 64 bits */

/* Row offsets in order of their distance. */
struct near_step {
	int16_t dz, dy;
	int32_t square;
};

struct near {
	int64_t nz, ny, nx, words; /* 64-bit words a row, padded at both ends */
	int64_t reach, depth, bins;
	struct near_step *steps;
	int64_t n_steps;
	uint64_t *bits[2];   /* by side: a ring of `depth` planes */
	uint8_t *row_any[2]; /* ring: has the row a voxel? */
	_Atomic uint8_t
		*stack[2]; /* ny x words: in how many planes of the ring has the word one? */
	int64_t *count[2]; /* by side: threads x bins */
};

/* reach: 1 to NEAR_MOST voxels. */
enum err near_new(
	struct near **near, int64_t nz, int64_t ny, int64_t nx, int64_t reach, struct arena *arena);

/* Row y of plane z: begin, set voxels, end; one thread a row. Planes come in order, none left out, from any
 * z on: planes before that are empty. */
void near_begin_row(struct near *near, int64_t z, int64_t y);
void near_set(struct near *near, int side, int64_t z, int64_t y, int64_t x);
void near_end_row(struct near *near, int64_t z, int64_t y);

/* Looks up the voxels of row y of plane z, when the planes up to z + reach are done (as far as there are
 * any); plane z + reach + 1 may be in work. Different rows may be asked by different threads. */
void near_query(struct near *near, int64_t z, int64_t y, int thread);

/* Voxels of `side` whose nearest of the other set has this squared distance; square reach^2 + 1:
 * farther than the reach, or none there. */
int64_t near_count(const struct near *near, int side, int64_t square);

#endif

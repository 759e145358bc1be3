/* SPDX-License-Identifier: BSD-3-Clause
 * What the functions of segment/ work on: a block of whole planes of a volume, (planes, ny, nx),
 * contiguous, x fastest. A result for planes [z0, z1) reads planes [p0, p1), which reach further by the
 * function's halo, or to the end of the volume where that is nearer. Results do not depend on how a
 * volume is cut into slabs, nor on the number of threads. */
#ifndef SEGMENT_SLAB_H
#define SEGMENT_SLAB_H

#include "core/error.h"

#include <stdint.h>

struct slab {
	int64_t nz, ny, nx; /* the whole volume, voxels */
	int64_t z0, z1;	    /* planes to be computed: the output holds these */
	int64_t p0, p1;	    /* planes at hand: the input holds these */
};

/* The whole volume at once. */
struct slab slab_whole(int64_t nz, int64_t ny, int64_t nx);
/* Planes [z0, z1) with as much of a halo as the volume has. */
struct slab slab_cut(struct slab volume, int64_t z0, int64_t z1, int64_t halo);

/* ERR_USAGE when sizes are not positive or planes of the halo are missing; `what` names the caller. */
enum err slab_check(const struct slab *slab, int64_t halo, const char *what);

/* Values that count as the object: first, first + 1, ..., last; from 255 it goes on at 0. So {1, 255} is
 * all but 0, {k, k} one label and {k + 1, k - 1} all but label k. */
struct label_range {
	uint8_t first, last;
};

/* x reflected into [0, n) about the outer faces of the end voxels. */
static inline int64_t slab_reflect(int64_t x, int64_t n)
{
	while (x < 0 || x >= n)
		x = x < 0 ? -1 - x : 2 * n - 1 - x;
	return x;
}

#endif

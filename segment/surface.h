/* SPDX-License-Identifier: BSD-3-Clause
 * The surface of labels as triangles: marching cubes (W. E. Lorensen, H. E. Cline, Computer Graphics 21 (1987) 163, DOI
 * 10.1145/37401.37422) on the labels, with points in the middle of each edge between two voxels of which one is of
 * the object, then smoothing without shrinking (G. Taubin, SIGGRAPH 1995, 351, DOI 10.1145/218380.218473) in which no
 * point moves by more than half a voxel along any axis: sheets of one voxel stay sheets.
 *
 * On a face of a cell whose two diagonal pairs differ, the voxels of the object are joined (26 neighbours). The triangles of
 * a cell are chosen so that no edge inside it joins points of one face: each edge belongs to two triangles, and the
 * triangles at a point are one ring. Triangles wind so that their normal points out of the object (x, y, z
 * right-handed).
 *
 * Streams: planes come in slabs, points and triangles leave slab by slab; the result does not depend on the slabs. */
#ifndef SEGMENT_SURFACE_H
#define SEGMENT_SURFACE_H

#include "core/arena.h"
#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Part of a surface. Points are numbered through all parts; point k of `at` has number first + k. Those of this part
 * are [p0, p1): triangles may use points of the next one, which are at hand too. */
struct surface_part {
	int64_t first, p0, p1;
	const float (*at)[3]; /* x, y, z in voxels */
	const uint8_t *label; /* of the voxel of the object at the point */
	int64_t n;
	const int32_t (*corner)[3]; /* places in `at` */
};

struct surface_plan {
	int64_t nz, ny, nx;
	bool object[256]; /* labels whose surface it is */
	/* No wall against these, nor at the end of the volume: cells with such a voxel are left out. */
	bool open;
	bool beyond[256];
	int rounds;    /* of smoothing */
	int64_t depth; /* planes at once, beside 2 rounds + 1 to either side */
	void *context;
	enum err (*read)(void *context, int64_t z, int64_t n, uint8_t *planes);
	enum err (*put)(void *context, const struct surface_part *part);
};

/* Memory: a byte a voxel of the planes at once, 120 bytes a point of them, 20 bytes a column. ERR_RESOURCE when a slab
 * has more than 2^31 points. */
enum err surface_run(const struct surface_plan *plan, struct arena *arena);

#endif

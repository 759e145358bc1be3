/* SPDX-License-Identifier: BSD-3-Clause
 * The surface through ridge points, in elements of about a voxel, so that sums over them are integrals.
 *
 * Moving least squares: D. Levin, Math. Comput. 67 (1998) 1517, DOI 10.1090/S0025-5718-98-00974-0. A voxel owns an
 * element when the surface passes it within half a voxel along the axis that is steepest to the surface; the element's area
 * is one over the normal's component on that axis. On a sphere that is exact to 0.2 %. */
#ifndef SEGMENT_SHEET_SURFACE_H
#define SEGMENT_SHEET_SURFACE_H

#include "segment/sheet_ridge.h"

#include <stdbool.h>

enum sheet_fill { FILL_UNKNOWN, FILL_EMPTY, FILL_LIQUID };

struct sheet_element {
	float at[3];	 /* z, y, x, on the surface */
	float normal[3]; /* unit; its component along `axis` is positive */
	float area;	 /* voxels squared */
	int32_t voxel[3];
	int32_t object;
	uint8_t axis, fill;
	bool rim;	/* not seen, but the surface gone on with to a face */
	float aperture; /* voxels, of the place: median of its surroundings */
	float opening;	/* voxels, whose sum with area is the volume */
};

struct sheet {
	struct arena *arena;
	struct sheet_element *list;
	int64_t n, room;
};

/* points: with object[i]. Elements are in order of the points whose surroundings they were first met in.
 * 44 bytes for each of about 6 voxels a point, in the scratch. */
enum err sheet_surface(const struct sheet_points *points, const int32_t *object,
	struct sheet *sheet, struct arena *scratch);

/* Pieces whose walls (apertures are known) come within 4 voxels of each other are one object: a branch begins beside the wall of a
 * wide crack. *objects: how many there were, and are; they are numbered anew. */
enum err sheet_join(struct sheet *sheet, int32_t *objects, struct arena *scratch);

/* Room for more elements. */
enum err sheet_room(struct sheet *sheet, int64_t more);

#endif

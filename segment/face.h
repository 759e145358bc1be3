/* SPDX-License-Identifier: BSD-3-Clause
 * The two faces of the ceramic as height maps, one column a voxel of the plane: d from the electrode's side
 * (segment/levels.h), between voxels where the smoothed value passes the middle of liquid and ceramic.
 * The front face is where the first four voxels of ceramic follow on each other, so that a chip that was pushed out counts as ceramic; narrow
 * deep places of it (mouths of cracks) are bridged. */
#ifndef SEGMENT_FACE_H
#define SEGMENT_FACE_H

#include "core/metrics.h"
#include "segment/phases.h"

struct face {
	int64_t ny, nx;
	float *front,
		*back; /* NAN: no ceramic in this column; front -INFINITY, back INFINITY: beyond the volume */
	float *slope;		  /* 1/cm a voxel, of the smoothed value at the front face */
	uint8_t *run;		  /* voxels of ceramic on each other so far */
	float *before, *earlier;  /* smoothed values of the two planes before */
	float *start;		  /* where the present run began */
	double plane[3];	  /* d at the middle, d(d)/dx, d(d)/dy */
	double roughness;	  /* r.m.s. distance of the front from its plane, voxels */
	int64_t bridged, missing; /* columns */
	int64_t columns;	  /* with a front face inside the circle */
};

enum err face_new(struct face *face, int64_t ny, int64_t nx, struct arena *arena);

/* The next planes, in order of d. */
enum err face_add(struct face *face, const struct levels *levels, const struct slab *slab,
	const uint8_t *raw, const float *smooth);

/* After the last plane: bridges, fits the plane (robust), fills missing columns from it. */
enum err face_finish(struct face *face, const struct circle *circle, struct arena *arena);

/* sigma of all blur between object and volume, the Gaussian included, from the steepness of the front face,
 * voxels. NAN: no face. */
double face_blur(
	const struct face *face, const struct circle *circle, double contrast, struct arena *arena);

/* Area over projected area of the front at a column, from the map over +-1 column. */
double face_stretch(const struct face *face, const struct circle *circle, int64_t i);

/* The label of a voxel: raw where it lies before the front, ceramic between both faces, hardware behind.
 * In place, plane d. Without ceramic: raw alone. */
void face_label(const struct face *face, const struct circle *circle, const struct levels *levels,
	int64_t d, uint8_t *plane);

#endif

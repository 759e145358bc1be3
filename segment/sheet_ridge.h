/* SPDX-License-Identifier: BSD-3-Clause
 * Points of dark sheets in a volume: where the smoothed volume bends across a plane much more than along it, at
 * several scales, each calibrated on what the bulk of the same volume reaches by noise and pores.
 *
 * Sheetness over scales: M. Voorn, U. Exner, A. Rath, Comput. Geosci. 57 (2013) 44, DOI 10.1016/j.cageo.2013.04.006.
 * A voxel is on the ridge when the parabola across the sheet has its bottom within it: C. Steger, IEEE Trans. Pattern Anal.
 * Mach. Intell. 20 (1998) 113, DOI 10.1109/34.659930. */
#ifndef SEGMENT_SHEET_RIDGE_H
#define SEGMENT_SHEET_RIDGE_H

#include "core/arena.h"
#include "segment/slab.h"

enum { SHEET_SCALES = 5 };
extern const double sheet_sigma[SHEET_SCALES]; /* voxels */

struct sheet_point {
	float at[3];	 /* z, y, x, to parts of a voxel */
	float normal[3]; /* unit; its largest component is positive */
	float strength;	 /* sheetness over what the bulk reaches in one voxel of a hundred */
};

struct sheet_points {
	struct arena *arena;
	struct sheet_point *list;
	int64_t n, room;
};

/* What the bulk reaches in one voxel of a hundred: median over blocks, so that cracks, which lie in few of them, do not
 * count. 1/cm. */
struct sheet_levels {
	double level[SHEET_SCALES];
};

struct sheet_survey {
	struct arena *arena;
	float *block[SHEET_SCALES];
	int64_t n, room;
};

/* Planes that a slab needs on either side. */
int64_t sheet_halo(void);

/* Adds the blocks of a slab, 32 x 32 voxels of all its planes, of which most is `inside` (planes z0 to z1: not 0).
 * in: planes p0 to p1 of finite values. Scratch: 20 bytes a voxel. */
enum err sheet_survey_add(struct sheet_survey *survey, const struct slab *slab, const float *in,
	const uint8_t *inside, struct arena *scratch);
/* ERR_INPUT: not one block. */
enum err sheet_survey_levels(const struct sheet_survey *survey, struct sheet_levels *levels);

/* Appends points with a strength above `low`, in raster order, whatever the slabs and threads. Scratch, which is not the
 * points' arena: 30 bytes a voxel and 28 a candidate. */
enum err sheet_ridge(const struct slab *slab, const float *in, const uint8_t *inside,
	const struct sheet_levels *levels, double low, struct sheet_points *points,
	struct arena *scratch);

#endif

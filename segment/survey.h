/* SPDX-License-Identifier: BSD-3-Clause
 * What the levels of the materials are found from: a histogram of the smoothed values of each plane, and its modes. */
#ifndef SEGMENT_SURVEY_H
#define SEGMENT_SURVEY_H

#include "core/arena.h"
#include "segment/circle.h"
#include "segment/slab.h"

#include <stdbool.h>

enum { LEVEL_BINS = 4096 };

/* One row of counts a plane, of smoothed values inside the circle. */
struct survey {
	int64_t nz;
	double low, step; /* value of the lower side of bin 0; width of a bin */
	int32_t *count;	  /* (nz, LEVEL_BINS) */
	double *rough;	  /* mean |value - smoothed value| of each plane */
	int64_t bins;	  /* circle_bins() */
	float *radial;	  /* (nz, bins): mean smoothed value of each bin about the middle */
	int64_t *in_bin;  /* voxels of a plane there */
};

/* Range of the bins from a sample of values, which is sorted. */
enum err survey_new(struct survey *survey, const struct circle *circle, int64_t nz, float *sample,
	int64_t n, struct arena *arena);
/* Planes [z0, z1) of the slab: raw holds planes p0 to p1, smooth z0 to z1. */
enum err survey_add(struct survey *survey, const struct slab *slab, const struct circle *circle,
	const float *raw, const float *smooth);

/* The mode of a plane's values in [low, high). */
struct peak {
	double at, half_width; /* at half of its height; NAN: none */
	int64_t voxels;	       /* of all values looked at */
};
struct peak survey_peak(const struct survey *survey, int64_t z, double low, double high);

#endif

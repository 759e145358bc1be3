/* SPDX-License-Identifier: BSD-3-Clause
 * Grey values of the materials, found plane by plane. In scans of a part of a wide cell (interior tomography)
 * values are off by an offset that changes from row to row, so each plane has its own level of the liquid
 * and all else is told by contrasts. Levels are modes of histograms of the smoothed volume: means would
 * move with pores and bubbles.
 *
 * Along z the cell is a stack: metal, liquid, ceramic, metal. Planes are counted from the electrode's side: d = z, or
 * d = nz - 1 - z when the liquid lies below the ceramic (`below`). All attenuations in 1/cm. */
#ifndef SEGMENT_LEVELS_H
#define SEGMENT_LEVELS_H

#include "config/settings.h"
#include "segment/survey.h"

#include <stdbool.h>

/* Planes about a step between two materials that may hold both, to either side, and how far it is looked at. */
enum { STEP_REACH = 8, STEP_GAP = 2 };

struct levels {
	int64_t nz;
	bool below;
	bool has_ceramic, has_metal;
	double *liquid; /* of plane d */
	double calm; /* of the liquid away from the ceramic, whose halo may lift the planes at its face */
	double metal;	       /* of the current collector, at its face */
	double ceramic;	       /* mode */
	double scale;	       /* measured contrast of ceramic and liquid over the expected one */
	double gas, collector; /* contrast: liquid - gas, metal - liquid */
	int64_t top, bottom;   /* planes d with mostly ceramic: top <= d < bottom */
	int64_t metal_end;     /* planes d < metal_end are mostly metal */
	int64_t margin;	       /* faces stay within so many planes of these */
	double noise, ceramic_noise; /* r.m.s. of a voxel */
	double smooth_noise;	     /* of the smoothed liquid */
};

/* known: values are in 1/cm, so that the ceramic must be where it is expected; else the largest mode is
 * taken for it. ERR_INPUT: neither ceramic nor liquid can be seen. */
enum err levels_find(struct levels *levels, const struct survey *survey,
	const struct circle *circle, const struct segment_settings *settings, bool known,
	struct arena *arena);

/* Cupping and rings left in: what the liquid has too much in each bin about the middle, median over
 * its planes, so that bubbles do not count. NAN-free; *rms over the circle, 1/cm. false: too few
 * planes of liquid. */
bool levels_cupping(const struct levels *levels, const struct survey *survey,
	const struct circle *circle, float *cupping, double *rms, struct arena *arena);

/* What a plane d can hold. */
enum zone {
	ZONE_METAL,
	ZONE_COLLECTOR_FACE,
	ZONE_LIQUID,
	ZONE_CERAMIC_FACE,
	ZONE_CERAMIC,
	ZONE_BACK_FACE,
	ZONE_BEHIND
};
enum zone levels_zone(const struct levels *levels, int64_t d);

#endif

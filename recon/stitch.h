/* SPDX-License-Identifier: BSD-3-Clause
 * 360 degree half acquisition: the axis stands near a side of the detector, and each half turn sees
 * the part of the object that the other does not. A view and the mirrored view half a turn later are
 * one view of nearly twice the width. They are blended linearly over the columns that both see.
 *
 * The wide frame keeps the pixels of the measured half as they are (the axis keeps its fraction of
 * a pixel); the mirrored half is resampled by 2 * center: exactly where that is an integer, else by
 * cubic interpolation (Catmull-Rom: error below 1 % of detail of 8 px and longer; shorter detail is
 * damped on that side by up to one half at 3 px). Its view is interpolated linearly in angle where
 * the two half turns do not coincide.
 * Like N. T. Vo et al., Opt. Express 29, 17849 (2021), doi:10.1364/OE.418448, with measured angles. */
#ifndef RECON_STITCH_H
#define RECON_STITCH_H

#include "recon/stage.h"

#include <stdbool.h>

struct stitch {
	int64_t n_angle, n_col; /* of the stitched sinogram: about half the views, 2 W - overlap */
	double *angle;		/* radians, ascending, less than half a turn in all */
	double center;		/* column of the axis in the stitched frame */
	int64_t offset;		/* column of the stitched frame where column 0 of the input goes */
	double overlap;		/* columns that both halves see */
	double position;	/* private from here on: centre in the input */
	int64_t n_col_in, n_angle_in;
	bool left; /* the axis is left of the middle */
	const struct stitch_view *view;
};

/* What goes into one stitched view: projection `measured`, and (1 - weight) * mirror[0] + weight *
 * mirror[1] half a turn from it. */
struct stitch_view {
	int64_t measured, mirror[2];
	float weight;
};

/* A full turn whose axis is nearer to a side than 0.3 of the width: to be stitched. */
bool stitch_is_half(const struct geometry *geometry, double center);

/* From the geometry of a full turn and the centre found. ERR_INPUT when the angles cover less than
 * a full turn (a missing end point is allowed: up to two steps), or the centre leaves no overlap. */
enum err stitch_plan(
	const struct geometry *in, double center, struct stitch *out, struct arena *arena);

/* One sinogram, transmission or attenuation: in has the shape of the plan's geometry, out n_angle by
 * n_col of the plan. ERR_INPUT when the shapes differ. */
enum err stitch_apply(const struct stitch *stitch, struct sinogram in, struct sinogram out);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Which ridge points belong to a sheet: others must lie around them in the tangent plane, with the same slope. Around a
 * point of a pore or of noise they do not. */
#ifndef SEGMENT_SHEET_SUPPORT_H
#define SEGMENT_SHEET_SUPPORT_H

#include "segment/sheet_ridge.h"

/* Share of SUPPORT_PLACES places, on rings of 2, 4, 6 and 8 voxels in the tangent plane of point k, near which there is another
 * point whose normal is within 37 degrees; for all points. share: n floats. */
enum { SUPPORT_PLACES = 60 };
enum err sheet_support(const struct sheet_points *points, float *share, struct arena *scratch);

/* Keeps, in order, the points with a share of `least`, twice over. */
enum err sheet_support_keep(struct sheet_points *points, double least, struct arena *scratch);

/* Pieces: points that are within 3 voxels of each other with slopes within 60 degrees. Kept, in order, are pieces of `least` points
 * of which half have a strength of `high`, or three quarters where the piece is less than PIECE_SURE voxels long: clusters of pores
 * are short and weak. object[i]: number of the piece of point i, from 0, in order of first points, in the points' arena. */
enum { PIECE_SURE = 40 };
enum err sheet_pieces(struct sheet_points *points, int64_t least, double high, int32_t **object,
	int32_t *objects, struct arena *scratch);

#endif

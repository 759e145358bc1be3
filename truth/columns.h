/* SPDX-License-Identifier: BSD-3-Clause
 * What cannot be drawn with smooth parts, as columns parallel to the rotation axis: two by two a pixel,
 * each a list of materials with exact heights in between, around the interface. A column holds liquid
 * above, ceramic below, and between them chip, crack, branches and gas. Lab frame, px; z in rows from
 * the middle of the detector. */
#ifndef TRUTH_COLUMNS_H
#define TRUTH_COLUMNS_H

#include "core/arena.h"
#include "core/metrics.h"
#include "truth/scenario.h"

enum { MAX_HEIGHTS = 18 }; /* the most that was seen is 13, with 8 branches */

/* label[0] above z[0], label[i] between z[i - 1] and z[i], label[n] below the last. */
struct column {
	float z[MAX_HEIGHTS];
	uint8_t label[MAX_HEIGHTS + 1], n;
};

struct cell_columns {
	int64_t n;	/* columns a side; the square is centred on the axis */
	int64_t extra;	/* pixels that it reaches beyond the volume on each side */
	float *surface; /* n x n: height of the interface of the pellet, whatever else is there */
	uint32_t *more; /* n x n: index + 1 into `list`, 0: a plain column */
	struct column *list;
	int64_t n_list;
	double plane[3]; /* the interface's plane in the lab frame: z = p[0] + p[1] x + p[2] y */
	struct pose to_cell, to_chip; /* from the lab frame */
	const struct cell *cell;
	const struct cell_state *state;
};

/* width: of the volume, px; reach: px from the axis that must be covered. */
enum err cell_columns_new(struct cell_columns **columns, const struct cell *c,
	const struct cell_state *st, int64_t width, double reach, struct arena *arena);

/* Coordinates of column (i, j): x = cell_columns_at(c, i), y = cell_columns_at(c, j). */
double cell_columns_at(const struct cell_columns *c, int64_t i);

/* Column (i, j) with all its heights. */
struct column cell_columns_get(const struct cell_columns *c, int64_t i, int64_t j);

/* Puts `label` between z0 and z1 wherever one of the labels in `over` (bits) is. */
void column_paint(struct column *col, double z0, double z1, unsigned label, unsigned over);

#endif

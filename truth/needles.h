/* SPDX-License-Identifier: BSD-3-Clause
 * Needles: what columns (truth/columns.h) hold beyond the smooth parts (truth/solids.h), as square
 * prisms parallel to the axis, a pixel wide where all is plain roughness and half a pixel elsewhere,
 * with a length of each material in each fine row. Their shadows are exact: a prism's is a trapezoid.
 * The smooth parts have liquid above the plane of the interface, ceramic below, and gas in the part of
 * attached bubbles above the plane. */
#ifndef TRUTH_NEEDLES_H
#define TRUTH_NEEDLES_H

#include "core/arena.h"
#include "truth/columns.h"
#include "truth/grid.h"

struct needle {
	float x, y;
	int32_t row; /* fine row (as on the detector without roll) of its first weight */
	uint16_t n;
	uint8_t shade, half; /* enum shade; 1: half a pixel wide */
};

/* Needles of a square of TILE x TILE pixels, so that shadows of neighbours stay in the cache. */
struct needle_tile {
	int64_t first, n, first_weight;
	int32_t row_min, row_max; /* fine rows that any of them touches: [min, max) */
};

struct needles {
	struct needle *needle;
	float *weight; /* px of material times the share of a fine column it would fill alone */
	struct needle_tile *tile;
	int64_t n_tiles, n, n_weights;
};

enum err needles_new(struct needles **needles, const struct cell_columns *columns,
	const struct grid *grid, struct arena *arena);

/* Adds their shadows at an angle (radians) to a strip. sink: px that the cell has moved along z, and
 * shift that it has moved along x and y, since the middle of the scan. */
void needles_cast(const struct needles *n, const struct grid *grid, double angle, double sink,
	const struct strip *strip);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * The inner loops of direct back-projection: one tile of the image, one block of angles.
 * Positions on the detector are integers of 2^-POSITION_BITS column: exact and associative, so that
 * a pixel gets the same interpolation whatever tile or band it is computed in. */
#ifndef RECON_KERNEL_BACKPROJECT_H
#define RECON_KERNEL_BACKPROJECT_H

#include <stdint.h>

enum {
	POSITION_BITS = 40,
	RUN = 16,     /* pixels of a row that are computed together; start at multiples of RUN */
	TILE_X = 128, /* pixels; a multiple of RUN */
	TILE_Y = 128,
	TILE_ANGLES = 16,
	TILE_BINS = 200, /* columns that a tile's projection covers at most (186), with margins, and
			    such that the pieces of GROUP angles spread over the cache sets */
};

struct backproject_angle {
	int64_t at;	/* position of the tile's first pixel, relative to the packed piece */
	int64_t step_x; /* change a pixel in x and in y */
	int64_t step_y;
	int64_t low, high; /* positions outside [low, high] see nothing */
	int32_t clipped;   /* some pixels of the tile may be outside */
	int32_t zero_bin;  /* the first of two columns of zeros in the packed piece */
};

struct backproject_tile {
	const float *packed; /* [n_angle][TILE_BINS][2][lanes]: value, step to the next */
	const struct backproject_angle *angle;
	int32_t n_angle, ny;
	const int32_t *run_begin, *run_end; /* for each row: runs to compute */
	float *sum;			    /* [TILE_Y][TILE_X][lanes], added to */
};

/* What a tile sees of one filtered projection: n columns, those in [begin, end) are on the detector. */
struct backproject_piece {
	const float *row; /* [n][lanes], its first column */
	int32_t n, begin, end, lanes;
};

typedef void backproject_pack(const struct backproject_piece *piece, float *packed);
typedef void backproject_fn(const struct backproject_tile *tile);

struct backproject_kernels {
	backproject_fn *lanes8, *lanes16;
	backproject_pack *pack8, *pack16;
};

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Table of the inner loops of truth/kernel_solids.c, one for each instruction set level. */
#ifndef TRUTH_SOLIDS_KERNELS_H
#define TRUTH_SOLIDS_KERNELS_H

#include "truth/grid.h"
#include "truth/solids.h"

#include <stdbool.h>

/* A row through a ball, in fine samples: the row passes `row` below its middle, which is at column `column`;
 * columns [first, last) may meet it. clip: only what lies above a plane counts, which passes `plane` below
 * the middle; a place is `down` further below it a sample down the rows, and `across` and `along` less far a
 * sample along the row and along the beam. */
struct ball_row {
	double radius, row, column, plane, down, across, along;
	double scale; /* px a fine sample */
	int32_t first, last;
	bool clip;
};

struct solids_kernels {
	void (*pillars)(
		const struct cell *c, const struct ray_row *row, const struct ray_lengths *out);
	void (*liquid)(
		const struct cell *c, const struct ray_row *row, const struct ray_lengths *out);
	/* Takes the ball's chords (px, mean over each sample) off the line. */
	void (*ball)(const struct ball_row *ball, float *line);
	/* Sum of lengths times `per_px` of the parts. The ceramic beyond reach is thinned by `porosity`. */
	void (*weigh)(const struct ray_lengths *l, const float *const shade[N_SHADES],
		const double per_px[N_PARTS], double porosity, int32_t n, float *sum);
};

#endif

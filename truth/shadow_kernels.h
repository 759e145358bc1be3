/* SPDX-License-Identifier: BSD-3-Clause
 * Table of the inner loops of truth/kernel_shadow.c, one for each instruction set level: adding the shadows
 * of many small things to a strip. */
#ifndef TRUTH_SHADOW_KERNELS_H
#define TRUTH_SHADOW_KERNELS_H

#include "truth/needles.h"
#include "truth/pores.h"

/* The shadow of a needle lies in TAPS fine columns, TAPS_BEFORE of them before the one it is centred on;
 * its place there is rounded to 1/TAP_PLACES. */
enum { TAPS = 8, TAPS_BEFORE = 3, TAP_PLACES = 128 };

struct shadow_taps {
	float tap[2][TAP_PLACES][TAPS]; /* a pixel wide, half a pixel wide */
};

/* Fine places as numbers whose floor is the sample: t = t_x x + t_y y fine samples from the axis, d = row -
 * row_middle + sink; column = col_0 + t cos_roll - d sin_roll, row = row_middle + t sin_roll + d cos_roll.
 * Columns are those of the strip. */
struct shadow_view {
	float t_x, t_y, col_0, row_middle, sink, cos_roll, sin_roll;
};
struct shadow_view shadow_view(
	const struct grid *grid, double angle, double sink, const struct strip *strip);

/* Fine rows by which roll and sinking can move anything. */
int64_t shadow_slack(const struct grid *grid, double sink);

struct shadow_kernels {
	void (*needles)(const struct needle *needle, const float *weight, int64_t n,
		const struct shadow_view *view, const struct shadow_taps *taps,
		const struct strip *strip);
	void (*pores)(const struct pore *pore, int64_t n, const struct shadow_view *view,
		const struct pore_stamps *stamps, const struct strip *strip);
};

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Private to the optics: the two convolution kernels, and the table of inner loops
 * (truth/kernel_optics.c), one for each instruction set level. */
#ifndef TRUTH_OPTICS_PARTS_H
#define TRUTH_OPTICS_PARTS_H

#include "core/arena.h"
#include "core/error.h"

#include <stdint.h>

/* Rows are padded to whole vectors of the widest level, so that no sample is a remainder. */
enum { OPTICS_LANES = 16 };

/* A symmetric complex kernel: value re[k] + i im[k] at distance k, 0 to reach. */
struct optics_taps {
	int64_t reach;
	float *re, *im;
};

/* The Fresnel propagator on a grid of step h, q = lambda z / h^2: transfer exp(-i pi q u^2) at u
 * cycles a sample up to u = 0.35, fading to nothing at 0.5. Its stationary point moves by q u, so it
 * reaches q / 2 samples and a dozen more; these taps are a least-squares fit, which is within 3e-4 of
 * the transfer up to 0.35 (1e-4 from q = 18 on), and below 1.001 beyond. They sum to 1. */
int64_t optics_reach(double q);
enum err optics_taps_fit(struct optics_taps *taps, double q, struct arena *arena);

/* Gaussian (sigma in pixels) and mean over a pixel, sampled on the fine grid: oversample + 2 spread
 * weights that sum to 1. The Gaussian is cut at 4 sigma. */
int64_t optics_spread(double sigma, int64_t oversample);
void optics_weights(double sigma, int64_t oversample, float *weight);

/* n is a multiple of OPTICS_LANES; im of a complex row is `im` floats behind re. */
struct optics_kernels {
	/* row = exp(-T/2 - 2 pi i turns D) - 1, each part within 2e-7 + 6e-8 times the phase in
	 * radians, which is below 1e9 */
	void (*wave)(
		const float *T, const float *D, int64_t n, float turns, float *row, int64_t im);
	/* change = exp(-T) - 1, within 2e-7 */
	void (*shadow)(const float *T, int64_t n, float *change);
	/* out[r] = sum over k of taps times rows[r + k], r < n_rows, rows of n samples; rows of out
	 * are `stride` apart */
	void (*columns)(float *const *rows, int64_t im, const struct optics_taps *taps,
		int64_t n_rows, int64_t n, float *out, int64_t stride);
	/* change = |1 + the row convolved|^2 - 1; the first value needs row[0 .. 2 reach] */
	void (*intensity)(const float *row, int64_t im, const struct optics_taps *taps, int64_t n,
		float *change);
	/* line = sum of weight[j] rows[j], j < n_weight */
	void (*blend)(
		float *const *rows, const float *weight, int64_t n_weight, int64_t n, float *line);
	/* out[p] = 1 + sum of weight[j] line[p step + j], at least 0, p < n. line and phases hold
	 * (n + n_weight / step + 1) * step samples. */
	void (*bin)(const float *line, int64_t step, const float *weight, int64_t n_weight,
		int64_t n, float *phases, float *out);
};

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Single-distance phase retrieval of projections for an object of one material (constant delta/beta):
 *
 *   T_out = F^-1{ F{T} / (1 + alpha (u^2 + v^2)) },  alpha = pi lambda distance (delta/beta) / pixel^2
 *
 * with u, v in cycles per pixel, so that -log(T_out) is mu times the projected thickness.
 * D. Paganin et al., J. Microsc. 206 (2002) 33, DOI 10.1046/j.1365-2818.2002.01010.x. As the images
 * are samples, u^2 is taken as (2 - 2 cos(2 pi u)) / (2 pi)^2, and v^2 likewise: the Laplacian of
 * neighbouring pixels. D. M. Paganin et al., J. Opt. 22 (2020) 115607, DOI 10.1088/2040-8986/abbab9.
 *
 * In that form the vertical inverse transform for one horizontal frequency is exactly
 * r^|y| / sqrt(c^2 + 4 a c) with a = alpha / (2 pi)^2, c = 1 + a (2 - 2 cos(2 pi u)) and
 * r = 2 a / (c + 2 a + sqrt(c^2 + 4 a c)). Rows are transformed by FFT and convolved vertically with
 * these taps, cut where less than 1e-6 of their sum is left and scaled to keep the sum. So a row of the
 * result depends on paganin_halo() rows above and below it and on nothing else, and slabs join without
 * seams. (The sinogram stage of a similar kind, along the detector only, is stage_phase_ratio.) */
#ifndef RECON_PHASE_H
#define RECON_PHASE_H

#include "recon/stage.h"

struct paganin; /* constant after paganin_new(); any thread may use it */

/* phase.method is paganin and energy, distance, pixel size and delta_beta are usable: ERR_USAGE with a
 * sentence otherwise, also when the halo would be more than 512 rows. */
enum err paganin_check(const struct settings *s, const struct geometry *g);

/* Rows needed above and below a row. 0 when phase.method is not paganin. */
int64_t paganin_halo(const struct settings *s, const struct geometry *g);

/* For images of g->n_col columns. */
enum err paganin_new(struct paganin **paganin, const struct settings *s, const struct geometry *g,
	struct arena *arena);

/* One projection: in has n + 2 halo rows of n_col values, finite; out the n in the middle. Where the
 * detector ends the caller repeats its last row. in and out do not overlap. */
enum err paganin_apply(const struct paganin *paganin, float *out, const float *in, int64_t n,
	struct arena *scratch);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Zingers (direct hits of photons on the camera) found by the ratio to the mean of eight neighbours.
 * N. T. Vo et al., Opt. Express 29 (2021) 17849, DOI 10.1364/OE.418448. The stage for sinograms is
 * stage_zinger; this is the same test on a slab of rows of one projection. */
#ifndef RECON_ZINGER_H
#define RECON_ZINGER_H

#include "config/settings.h"

#include <stdint.h>

/* out: n x n_col. in: (n + 2 halo) x n_col, halo = s->size rows above and below (where the
 * detector ends: rows repeated by the caller); columns end as in the stage. The two do
 * not overlap, so a row of out depends on its own 2 halo + 1 rows only. n_col > size.
 * Returns how many values were replaced. */
int64_t zinger_image(
	const struct zinger_settings *s, float *out, const float *in, int64_t n, int64_t n_col);

#endif

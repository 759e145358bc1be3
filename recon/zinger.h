/* SPDX-License-Identifier: BSD-3-Clause
 * Zingers (direct hits of photons on the camera) found by the ratio to the mean of eight neighbours.
 * N. T. Vo et al., Opt. Express 29 (2021) 17849, DOI 10.1364/OE.418448. The stage for sinograms is
 * stage_zinger; this is the same test for projections that come one by one. Neighbours lie along the row and in the
 * projections before and after, not in other rows: fringes of phase contrast along an edge that lies in the rows are
 * as bright and as narrow as zingers, but they are there from many angles. */
#ifndef RECON_ZINGER_H
#define RECON_ZINGER_H

#include "config/settings.h"

#include <stdint.h>

/* The projection that is compared with projection i of n, size before (side -1) or after it (1). */
int64_t zinger_neighbour(const struct zinger_settings *s, int64_t i, int side, int64_t n);

/* One row of a projection and the same row of both neighbours; columns end as in the stage. out overlaps none of
 * them. n_col > size. Returns how many values were replaced. */
int64_t zinger_row(const struct zinger_settings *s, float *out, const float *before,
	const float *here, const float *after, int64_t n_col);

#endif

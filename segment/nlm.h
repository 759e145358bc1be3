/* SPDX-License-Identifier: BSD-3-Clause
 * Non-local means: each voxel becomes the mean of those in the 5 x 5 x 5 voxels about it, weighted by how alike their
 * surroundings of 3 x 3 x 3 are,
 *     w(p, q) = exp(-max(0, D - 2 * 27 sigma^2) / (27 h^2)),  D = sum of the squared differences of both,
 * sigma being the noise (r.m.s. of a voxel): differences that noise alone makes cost nothing. Beyond its faces the
 * volume is mirrored. A. Buades, B. Coll, J.-M. Morel, Multiscale Model. Simul. 4 (2005) 490,
 * DOI 10.1137/040616024; the noise taken off as in Image Process. On Line 1 (2011) 208,
 * DOI 10.5201/ipol.2011.bcm_nlm. */
#ifndef SEGMENT_NLM_H
#define SEGMENT_NLM_H

#include "core/arena.h"
#include "segment/slab.h"

enum { NLM_HALO = 3 };

/* in: planes p0 to p1 of finite values with a halo of NLM_HALO; out: planes z0 to z1, not over in. noise 1e-12 to 1e12, h in
 * multiples of it, 0.01 to 100 (ERR_USAGE). Scratch: 400 KB a thread. */
enum err nlm(const struct slab *slab, const float *in, double noise, double h, float *out,
	struct arena *scratch);

#endif

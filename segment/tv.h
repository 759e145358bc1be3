/* SPDX-License-Identifier: BSD-3-Clause
 * Denoising by total variation: the u that makes sum |gradient u| + sum (u - f)^2 / (2 lambda) least, gradients by
 * forward differences, 0 across the faces of the volume. L. I. Rudin, S. Osher, E. Fatemi, Physica D 60 (1992) 259,
 * DOI 10.1016/0167-2789(92)90242-F. Solved for its dual p, u = f + lambda div p, |p| <= 1 (A. Chambolle, J. Math.
 * Imaging Vis. 20 (2004) 89, DOI 10.1023/B:JMIV.0000011325.36760.1e) with the accelerated projected gradient of A. Beck
 * and M. Teboulle, IEEE Trans. Image Process. 18 (2009) 2419, DOI 10.1109/TIP.2009.2028250, which in 30 steps comes
 * nearer to the solution than Chambolle's iteration in 60 (tests/test_tv.c). A step reaches a voxel further, so that many
 * steps need that many planes of halo and give the same whatever the slab. */
#ifndef SEGMENT_TV_H
#define SEGMENT_TV_H

#include "core/arena.h"
#include "segment/slab.h"

enum { TV_STEPS = 30 };

/* in: planes p0 to p1 of finite values with a halo of `steps`; out: planes z0 to z1, not over in. lambda above 0, in units
 * of the values; steps 1 to 1000 (ERR_USAGE). Scratch: tv_scratch() a thread, 140 MB for
 * TV_STEPS. */
int64_t tv_scratch(int64_t steps); /* bytes that a thread takes at most */
enum err tv(const struct slab *slab, const float *in, double lambda, int64_t steps, float *out,
	struct arena *scratch);

#endif

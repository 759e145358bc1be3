/* SPDX-License-Identifier: BSD-3-Clause
 * The exponential of the inner loops, written so that compilers make vectors of it. */
#ifndef TRUTH_EXPONENTIAL_H
#define TRUTH_EXPONENTIAL_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* exp(-p) = 2^k e^r with |r| <= ln2 / 2 and a Taylor polynomial of degree 7 (truncation 6e-9): within
 * 2.5e-7 relative for p in [-80, 80], to which p is limited; exactly 1 at 0. */
static inline float exp_minus(float p)
{
	float x = -p, k, r, e, scale;
	int32_t bits;

	x = x < -80 ? -80 : x;
	x = x > 80 ? 80 : x;
	k = rintf(x * 1.44269504F);
	r = (x - k * 0.693359375F) + k * 2.12194440e-4F; /* ln 2 in two pieces */
	e = 1 / 5040.F;
	e = e * r + 1 / 720.F;
	e = e * r + 1 / 120.F;
	e = e * r + 1 / 24.F;
	e = e * r + 1 / 6.F;
	e = e * r + 0.5F;
	e = e * r + 1;
	e = e * r + 1;
	bits = (int32_t)((uint32_t)((int32_t)k + 127) << 23);
	memcpy(&scale, &bits, sizeof(scale));
	return scale * e;
}

#endif

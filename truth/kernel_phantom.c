/* SPDX-License-Identifier: BSD-3-Clause
 * Inner loops of the phantom's projector: chords of one ellipsoid along a detector row, and the
 * transmission of the summed line integrals. See truth/phantom.c. */
#include "core/isa.h"
#include "truth/phantom_kernels.h"

#include <math.h>
#include <string.h>

/* Distances are from the shadow's middle, as a whole number of columns and a fraction: small
 * ellipsoids far from the axis keep all digits. */
static void add_chord(
	float *restrict line, int32_t n, int32_t first, float fraction, float half, float strength)
{
	for (int32_t u = 0; u < n; u++) {
		float d = (float)(u + first) + fraction;
		float inside = (half - d) * (half + d);

		line[u] += strength * sqrtf(inside > 0 ? inside : 0);
	}
}

/* exp(-p) = 2^k e^r with |r| <= ln2 / 2 and a Taylor polynomial of degree 7 (truncation 6e-9): within
 * 2.5e-7 relative for p in [-80, 80], to which p is limited. */
static void add_transmission(
	float *restrict sum, const float *restrict line, int32_t n, float weight)
{
	for (int32_t u = 0; u < n; u++) {
		float x = -line[u], k, r, e, scale;
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
		sum[u] += weight * scale * e;
	}
}

const struct phantom_kernels ISA_NAME(phantom_kernels) = {add_chord, add_transmission};

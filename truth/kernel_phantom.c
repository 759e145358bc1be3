/* SPDX-License-Identifier: BSD-3-Clause
 * Inner loops of the phantom's projector: chords of one ellipsoid along a detector row, and the
 * transmission of the summed line integrals. See truth/phantom.c. */
#include "core/isa.h"
#include "truth/exponential.h"
#include "truth/phantom_kernels.h"

#include <math.h>

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

static void add_transmission(
	float *restrict sum, const float *restrict line, int32_t n, float weight)
{
	for (int32_t u = 0; u < n; u++)
		sum[u] += weight * exp_minus(line[u]);
}

const struct phantom_kernels ISA_NAME(phantom_kernels) = {add_chord, add_transmission};

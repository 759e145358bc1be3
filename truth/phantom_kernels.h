/* SPDX-License-Identifier: BSD-3-Clause
 * Table of the phantom's inner loops (recon/kernel_phantom.c), one for each instruction set level. */
#ifndef TRUTH_PHANTOM_KERNELS_H
#define TRUTH_PHANTOM_KERNELS_H

#include <stdint.h>

struct phantom_kernels {
	/* line[u] += strength * sqrt(half^2 - d^2), d = u + first + fraction, 0 outside; u < n */
	void (*add_chord)(
		float *line, int32_t n, int32_t first, float fraction, float half, float strength);
	/* sum[u] += weight * exp(-line[u]) */
	void (*add_transmission)(float *sum, const float *line, int32_t n, float weight);
};

#endif

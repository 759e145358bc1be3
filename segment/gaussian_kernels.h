/* SPDX-License-Identifier: BSD-3-Clause
 * Table of the inner loops of segment/kernel_gaussian.c, one for each instruction set level. Each value
 * goes through the same operations wherever it stands: results do not depend on tiles. */
#ifndef SEGMENT_GAUSSIAN_KERNELS_H
#define SEGMENT_GAUSSIAN_KERNELS_H

#include "core/isa.h"

#include <stdint.h>

enum { GAUSSIAN_STEP = 64 }; /* lengths are multiples of this */

struct gaussian_kernels {
	/* out[i] = sum over |k| <= r of taps[|k|] row[r + k][i], i < n */
	void (*rows)(const float *const *row, const float *taps, int64_t r, int64_t n, float *out);
	/* out[i] = sum over |k| <= r of taps[|k|] in[r + i + k], i < n */
	void (*line)(const float *in, const float *taps, int64_t r, int64_t n, float *out);
};
ISA_DECLARE(struct gaussian_kernels, gaussian_kernels);

#endif

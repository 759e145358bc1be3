/* SPDX-License-Identifier: BSD-3-Clause
 * Table of the inner loops of segment/kernel_nlm.c, one for each instruction set level. n is a multiple of
 * NLM_STEP, so that every value goes through the same operations: results do not depend on tiles. */
#ifndef SEGMENT_NLM_KERNELS_H
#define SEGMENT_NLM_KERNELS_H

#include "core/isa.h"

#include <stdint.h>

enum { NLM_STEP = 16 };

struct nlm_kernels {
	/* out[i] = sum over k < 3 and |c| <= 1 of (a[k][i + c] - b[k][i + c])^2. line: n + NLM_STEP
	 * floats of scratch. Reads a and b from -1 to n + NLM_STEP - 2. */
	void (*distances)(const float *const a[3], const float *const b[3], int64_t n, float *line,
		float *out);
	/* out[i] = exp2(-rate max(0, r[0][i] + r[1][i] + r[2][i] - above)), not below 2^-120 */
	void (*weights)(const float *const r[3], int64_t n, float above, float rate, float *out);
	/* sum[i] += w[k][i] f[k][i], weight[i] += w[k][i] for all k < rows */
	void (*gather)(const float *const *w, const float *const *f, int64_t rows, int64_t n,
		float *sum, float *weight);
};
ISA_DECLARE(struct nlm_kernels, nlm_kernels);

#endif

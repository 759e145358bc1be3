/* SPDX-License-Identifier: BSD-3-Clause
 * Table of the inner loops of segment/kernel_tv.c, one for each instruction set level. n is a multiple of
 * TV_STEP, so that every value goes through the same operations: results do not depend on tiles. */
#ifndef SEGMENT_TV_KERNELS_H
#define SEGMENT_TV_KERNELS_H

#include "core/isa.h"

#include <stdint.h>

enum { TV_STEP = 16 };

struct tv_kernels {
	/* u = f + lambda div p. before[0], before[1]: p[0] a plane, p[1] a row before; p[2] is read from -1. */
	void (*divergence)(const float *f, const float *const p[3], const float *const before[2],
		int64_t n, float lambda, float *u);
	/* q = r + rate grad u, made 1 long where it is longer; r = q + beta (q - p); p = q. next[0], next[1]: u a
	 * plane, a row further; u is read up to n. */
	void (*step)(const float *u, const float *const next[2], int64_t n, float rate, float beta,
		float *const r[3], float *const p[3]);
};
ISA_DECLARE(struct tv_kernels, tv_kernels);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Table of the inner loops of segment/kernel_hessian.c, one for each instruction set level. A function gets
 * the three planes of a tile at the first voxel of a row (segment/tiles.h); n is a multiple of
 * HESSIAN_STEP, so that every value goes through the same operations. */
#ifndef SEGMENT_HESSIAN_KERNELS_H
#define SEGMENT_HESSIAN_KERNELS_H

#include "core/isa.h"

#include <stdint.h>

enum { HESSIAN_STEP = 16 };

struct hessian_kernels {
	void (*gradient)(const float *const plane[3], int64_t n, float *out);
	void (*levels)(const float *const plane[3], int64_t n, float scale, uint8_t *out);
	void (*eigenvalues)(
		const float *const plane[3], int64_t n, float *out0, float *out1, float *out2);
	void (*sheetness)(const float *const plane[3], int64_t n, float factor, float *out);
};
ISA_DECLARE(struct hessian_kernels, hessian_kernels);

#endif

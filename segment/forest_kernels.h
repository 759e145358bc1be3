/* SPDX-License-Identifier: BSD-3-Clause
 * Table of the inner loops of segment/kernel_forest.c, one for each instruction set level. */
#ifndef SEGMENT_FOREST_KERNELS_H
#define SEGMENT_FOREST_KERNELS_H

#include "core/isa.h"

#include <stdint.h>

enum { FOREST_STEP = 16 };

struct forest_kernels {
	/* Cells of the range, as integers: (v - low) * cells, at least 0, at most `most`. */
	void (*cells)(
		const float *values, int64_t n, float low, float cells, int32_t most, int32_t *out);
	/* Leaf of each of FOREST_STEP samples whose bins stand in rows, `stride` bytes apart. */
	void (*walk)(const uint32_t *node, int64_t depth, const uint8_t *bins, int64_t stride,
		uint32_t *leaf);
};
ISA_DECLARE(struct forest_kernels, forest_kernels);

#endif

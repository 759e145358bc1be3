/* SPDX-License-Identifier: BSD-3-Clause
 * Table of the inner loops of segment/kernel_median.c, one for each instruction set level. */
#ifndef SEGMENT_MEDIAN_KERNELS_H
#define SEGMENT_MEDIAN_KERNELS_H

#include "core/isa.h"

#include <stdint.h>

enum { MEDIAN_STRIDE = 320 }; /* floats from one line to the next of what is sorted */

struct median_kernels {
	/* Sorts values of the three rows at each i < n: lines 0 to 2 of out. */
	void (*triples)(const float *a, const float *b, const float *c, int64_t n, float *out);
	/* Merges three sorted triples at each i < n: lines 0 to 8 of out. */
	void (*nines)(const float *a, const float *b, const float *c, int64_t n, float *out);
	/* Medians of the nines at i, i + 1 and i + 2. */
	void (*median)(const float *nine, int64_t n, float *out);
};
ISA_DECLARE(struct median_kernels, median_kernels);

#endif

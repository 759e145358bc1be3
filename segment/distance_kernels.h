/* SPDX-License-Identifier: BSD-3-Clause
 * Table of the inner loops of segment/kernel_distance.c, one for each instruction set level. */
#ifndef SEGMENT_DISTANCE_KERNELS_H
#define SEGMENT_DISTANCE_KERNELS_H

#include "core/isa.h"
#include "segment/slab.h"

/* DISTANCE_LANES columns are worked on together; DISTANCE_NEAR is how far they look before envelopes are
 * cheaper. */
enum { DISTANCE_LANES = 64, DISTANCE_NEAR = 96 };

struct distance_kernels {
	/* Bounded: distance along y, going on from the row before; at most radius + 1. */
	void (*down)(const uint8_t *labels, struct label_range object, uint8_t radius,
		const uint8_t *before, int64_t n, uint8_t *out);
	/* row = min(row, after + 1) */
	void (*up)(const uint8_t *after, int64_t n, uint8_t *row);
	/* in^2, at most radius^2 + 1 */
	void (*square)(const uint8_t *in, uint8_t radius, int64_t n, uint16_t *out);
	/* out[i] = min over |k| <= r of row[r + k][i] + k^2; n a multiple of 64 */
	void (*rows)(const uint16_t *const *row, int64_t r, int64_t n, uint16_t *out);
	/* out[i] = min over |k| <= r of in[r + i + k] + k^2 */
	void (*line)(const uint16_t *in, int64_t r, int64_t n, uint16_t *out);

	/* Exact: the same along y in whole rows (before NULL: none), and squares of it. */
	void (*far_down)(const uint8_t *labels, struct label_range object, const int32_t *before,
		int64_t n, int32_t *out);
	void (*far_up)(const int32_t *after, int64_t n, int32_t *row);
	void (*far_square)(int64_t n, int32_t *row);
	/* out[l] = min over k of middle[l + k * stride] + k^2 for DISTANCE_LANES lanes l, |k| <=
	 * DISTANCE_NEAR. Returns whether no k beyond that could matter. */
	int (*near)(const int32_t *middle, int64_t stride, int32_t *out);
};
ISA_DECLARE(struct distance_kernels, distance_kernels);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Table of the inner loops of segment/kernel_cells.c, for cells and faces, one for each instruction set level. */
#ifndef SEGMENT_CELLS_KERNELS_H
#define SEGMENT_CELLS_KERNELS_H

#include "core/isa.h"
#include "segment/slab.h"

struct cells_kernels {
	/* out[x] = bits 0 to 3: whether row[k][x] is of the object; row NULL: no. */
	void (*column)(
		const uint8_t *const row[4], struct label_range object, int64_t nx, uint8_t *out);
	/* Adds the n cells of columns i and i + 1, i < n. */
	void (*count)(const uint8_t *column, int64_t n, int64_t bins[256]);
	/* 1 where a voxel is of a, 2 where of b, else 0. */
	void (*sides)(const uint8_t *row, struct label_range a, struct label_range b, int64_t nx,
		uint8_t *out);
	/* Bit 0 where of `here` and of the row below one is 1 and one 2, bit 1 for `above`, bit 2 for the next
	 * of `here`, which has nx + 1 values. */
	void (*faces)(const uint8_t *here, const uint8_t *below, const uint8_t *above, int64_t nx,
		uint8_t *out);
};
ISA_DECLARE(struct cells_kernels, cells_kernels);

#endif

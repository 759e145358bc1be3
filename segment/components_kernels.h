/* SPDX-License-Identifier: BSD-3-Clause
 * Table of the inner loops of segment/kernel_components.c, one for each instruction set level. */
#ifndef SEGMENT_COMPONENTS_KERNELS_H
#define SEGMENT_COMPONENTS_KERNELS_H

#include "core/isa.h"
#include "segment/slab.h"

struct run {
	uint16_t start, end; /* start <= x < end */
};

struct components_kernels {
	/* Runs of a line of nx voxels; their number. */
	int64_t (*count)(const uint8_t *line, int64_t nx, struct label_range object);
	/* Their starts and ends in turn, as in an array of struct run; the number of runs. */
	int64_t (*find)(const uint8_t *line, int64_t nx, struct label_range object, uint16_t *edge);
};
ISA_DECLARE(struct components_kernels, components_kernels);

#endif

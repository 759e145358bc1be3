/* SPDX-License-Identifier: BSD-3-Clause
 * Table of the inner loops of truth/kernel_solids.c, one for each instruction set level. */
#ifndef TRUTH_SOLIDS_KERNELS_H
#define TRUTH_SOLIDS_KERNELS_H

#include "truth/solids.h"

struct solids_kernels {
	void (*pillars)(
		const struct cell *c, const struct ray_row *row, const struct ray_lengths *out);
	void (*liquid)(
		const struct cell *c, const struct ray_row *row, const struct ray_lengths *out);
};

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Table of the inner loops of scoring (truth/kernel_score.c), one for each instruction set level. All
 * results are whole numbers, the same at any level. */
#ifndef TRUTH_SCORE_KERNELS_H
#define TRUTH_SCORE_KERNELS_H

#include <stdint.h>

struct score_kernels {
	/* out[x] = row[x] where one of the six neighbours has another label that is not 0 (outside),
	 * else 0. around: the rows above, below, in front and behind; where there is none: row. */
	void (*edges)(const uint8_t *row, const uint8_t *const around[4], int64_t n, uint8_t *out);
	/* n <= 64. Adds the voxels where both are labelled (not 0) to valid, those of them where the
	 * labels differ to differ. */
	void (*differ)(
		const uint8_t *a, const uint8_t *b, int64_t n, int64_t *differ, int64_t *valid);
};

const struct score_kernels *score_kernels_here(void);

#endif

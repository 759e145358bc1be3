/* SPDX-License-Identifier: BSD-3-Clause
 * Bins and walks through trees; see segment/forest_kernels.h. The samples of a step go down together: each
 * waits for its node and its bin while others move. */
#include "segment/forest_kernels.h"

static void cells(
	const float *values, int64_t n, float low, float per, int32_t most, int32_t *restrict out)
{
	float end = (float)most;

	for (int64_t i = 0; i < n; i++) {
		float x = (values[i] - low) * per;

		x = x > 0 ? x : 0;
		x = x < end ? x : end;
		out[i] = (int32_t)x;
	}
}

static void walk(const uint32_t *node, int64_t depth, const uint8_t *bins, int64_t stride,
	uint32_t *restrict leaf)
{
	for (int64_t i = 0; i < FOREST_STEP; i++)
		leaf[i] = 0;
	for (int64_t d = 0; d < depth; d++)
		for (int64_t i = 0; i < FOREST_STEP; i++) {
			uint32_t here = node[leaf[i]];
			uint32_t bin = bins[(int64_t)(here & 255) * stride + i];

			leaf[i] = (here >> 16) + (bin > ((here >> 8) & 255));
		}
}

const struct forest_kernels ISA_NAME(forest_kernels) = {cells, walk};

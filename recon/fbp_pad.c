/* SPDX-License-Identifier: BSD-3-Clause
 * Truncated projections: the ramp filter reaches far, so what is assumed beyond the detector decides
 * level and cupping of the slice (docs/interior.md has the measurements). */
#include "recon/fbp_parts.h"

#include <math.h>

void fbp_pad(
	enum fbp_padding padding, const float *row, int64_t n_col, float *padded, int64_t n_pad)
{
	int64_t right = (n_pad - n_col + 1) / 2, left = n_pad - n_col - right;

	for (int64_t i = 0; i < n_col; i++)
		padded[i] = row[i];
	for (int64_t i = 0; i < right; i++)
		padded[n_col + i] = padding == PAD_ZERO ? 0 : row[n_col - 1];
	for (int64_t i = 0; i < left; i++)
		padded[n_pad - 1 - i] = padding == PAD_ZERO ? 0 : row[0];
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Symmetric sums; see segment/gaussian_kernels.h. Values at equal distance are added first; each statement
 * has one product at most to be fused with its sum. */
#include "segment/gaussian_kernels.h"
#include "segment/vectors.h"

enum {
	SUMS = 4
}; /* vectors in flight hide the latency of the sum; 4 * 16 floats is GAUSSIAN_STEP */

static void rows(
	const float *const *row, const float *taps, int64_t r, int64_t n, float *restrict out)
{
	for (int64_t i = 0; i < n; i += SUMS * WIDTH) {
		const float *middle = row[r] + i;
		reals s0 = taps[0] * anywhere(middle), s1 = taps[0] * anywhere(middle + WIDTH);
		reals s2 = taps[0] * anywhere(middle + 2 * WIDTH);
		reals s3 = taps[0] * anywhere(middle + 3 * WIDTH);

		for (int64_t k = 1; k <= r; k++) {
			const float *a = row[r - k] + i, *b = row[r + k] + i;

			s0 += taps[k] * (anywhere(a) + anywhere(b));
			s1 += taps[k] * (anywhere(a + WIDTH) + anywhere(b + WIDTH));
			s2 += taps[k] * (anywhere(a + 2 * WIDTH) + anywhere(b + 2 * WIDTH));
			s3 += taps[k] * (anywhere(a + 3 * WIDTH) + anywhere(b + 3 * WIDTH));
		}
		put(out + i, s0);
		put(out + i + WIDTH, s1);
		put(out + i + 2 * WIDTH, s2);
		put(out + i + 3 * WIDTH, s3);
	}
}

static void line(const float *in, const float *taps, int64_t r, int64_t n, float *restrict out)
{
	for (int64_t i = 0; i < n; i += SUMS * WIDTH) {
		const float *at = in + r + i;
		reals s0 = taps[0] * anywhere(at), s1 = taps[0] * anywhere(at + WIDTH);
		reals s2 = taps[0] * anywhere(at + 2 * WIDTH);
		reals s3 = taps[0] * anywhere(at + 3 * WIDTH);

		for (int64_t k = 1; k <= r; k++) {
			const float *a = at - k, *b = at + k;

			s0 += taps[k] * (anywhere(a) + anywhere(b));
			s1 += taps[k] * (anywhere(a + WIDTH) + anywhere(b + WIDTH));
			s2 += taps[k] * (anywhere(a + 2 * WIDTH) + anywhere(b + 2 * WIDTH));
			s3 += taps[k] * (anywhere(a + 3 * WIDTH) + anywhere(b + 3 * WIDTH));
		}
		put(out + i, s0);
		put(out + i + WIDTH, s1);
		put(out + i + 2 * WIDTH, s2);
		put(out + i + 3 * WIDTH, s3);
	}
}

const struct gaussian_kernels ISA_NAME(gaussian_kernels) = {rows, line};

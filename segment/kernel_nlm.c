/* SPDX-License-Identifier: BSD-3-Clause
 * Distances of patches, weights and weighted sums; see segment/nlm_kernels.h. */
#include "segment/nlm_kernels.h"
#include "segment/vectors.h"

#include <string.h>

static void distances(const float *const a[3], const float *const b[3], int64_t n,
	float *restrict line, float *restrict out)
{
	const float *a0 = a[0] - 1, *a1 = a[1] - 1, *a2 = a[2] - 1;
	const float *b0 = b[0] - 1, *b1 = b[1] - 1, *b2 = b[2] - 1;

	for (int64_t i = 0; i < n + NLM_STEP; i++) {
		float d0 = a0[i] - b0[i], d1 = a1[i] - b1[i], d2 = a2[i] - b2[i], sum = d0 * d0;

		sum += d1 * d1;
		sum += d2 * d2;
		line[i] = sum;
	}
	for (int64_t i = 0; i < n; i++)
		out[i] = line[i] + line[i + 1] + line[i + 2];
}

/* 2^x for -120 <= x <= 0: a whole power and the rest, at most a half, by a polynomial (Taylor's, off by 2.4e-6
 * of the value at worst). */
static inline float power_of_two(float x)
{
	static const float shift =
		12582912; /* 1.5 * 2^23: the sum's last bits are the whole part */
	float whole = x + shift, rest = x - (whole - shift), p;
	int32_t bits, exponent;

	p = 1.3333558e-3F;
	p = p * rest + 9.6181291e-3F;
	p = p * rest + 5.5504109e-2F;
	p = p * rest + 2.4022651e-1F;
	p = p * rest + 6.9314718e-1F;
	p = p * rest + 1;
	memcpy(&exponent, &whole, sizeof(exponent));
	memcpy(&bits, &p, sizeof(bits));
	bits = (int32_t)((uint32_t)bits + ((uint32_t)exponent << 23));
	memcpy(&p, &bits, sizeof(p));
	return p;
}

static void weights(
	const float *const r[3], int64_t n, float above, float rate, float *restrict out)
{
	const float *r0 = r[0], *r1 = r[1], *r2 = r[2];

	for (int64_t i = 0; i < n; i++) {
		float t = (r0[i] + r1[i] + r2[i] - above) * rate;

		t = t > 0 ? t : 0;
		t = t < 120 ? t : 120;
		out[i] = power_of_two(-t);
	}
}

static void gather(const float *const *w, const float *const *f, int64_t rows, int64_t n,
	float *restrict sum, float *restrict weight)
{
	for (int64_t i = 0; i < n; i += WIDTH) {
		reals s = anywhere(sum + i), t = anywhere(weight + i);

		for (int64_t k = 0; k < rows; k++) {
			reals v = anywhere(w[k] + i);

			s += v * anywhere(f[k] + i);
			t += v;
		}
		put(sum + i, s);
		put(weight + i, t);
	}
}

const struct nlm_kernels ISA_NAME(nlm_kernels) = {distances, weights, gather};

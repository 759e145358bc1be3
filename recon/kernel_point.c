/* SPDX-License-Identifier: BSD-3-Clause
 * Point kernels (recon/point.h). Conditions are written as selections of values, so that compilers turn
 * them into masks. Polynomials: weighted minimax fits, rounded to float; tests/test_log.c states and
 * checks the errors of the whole functions. */
#include "recon/point.h"

#include <float.h>
#include <string.h>

#define DEFINE_NORMALISE(name, type)                                                               \
	static int32_t name(float *restrict out, const type *restrict raw,                         \
		const float *restrict dark, const float *f0, const float *f1, float w, int32_t n)  \
	{                                                                                          \
		int32_t bad = 0;                                                                   \
		for (int32_t i = 0; i < n; i++) {                                                  \
			float flat = f0[i] + w * (f1[i] - f0[i]);                                  \
			float t = ((float)raw[i] - dark[i]) / flat;                                \
			bad += !(__builtin_fabsf(t) <= FLT_MAX);                                   \
			out[i] = t;                                                                \
		}                                                                                  \
		return bad;                                                                        \
	}

DEFINE_NORMALISE(normalise_u8, uint8_t)
DEFINE_NORMALISE(normalise_u16, uint16_t)
DEFINE_NORMALISE(normalise_f32, float)

/* The order of the sum is Algotom's, so that the same values pass the test. */
static int32_t zinger(float *restrict out, const float *above, const float *here,
	const float *below, int32_t n, int32_t size, float low, float high)
{
	int32_t count = 0;

	for (int32_t i = size; i < n - size; i++) {
		float sum = below[i + size] + below[i];
		sum += below[i - size];
		sum += here[i + size];
		sum += here[i - size];
		sum += above[i + size];
		sum += above[i];
		sum += above[i - size];
		float mean = sum * 0.125f;
		mean = mean == 0.0f ? 1.0f : mean;
		float excess = here[i] / mean - 1.0f;
		int32_t hit = (excess > high) | (excess < low);
		out[i] = hit ? mean : here[i];
		count += hit;
	}
	return count;
}

static inline float float_of(int32_t bits)
{
	float x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

static inline int32_t bits_of(float x)
{
	int32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

/* x = m 2^e with m in [sqrt(1/2), sqrt(2)); log(1 + f) = f - f^2/2 + f^3 q(f), exact about f = 0. */
static inline float log_of(float x)
{
	int32_t e = (bits_of(x) - 0x3f3504f3) >> 23;
	float f = float_of(bits_of(x) - (int32_t)((uint32_t)e << 23)) - 1.0f;
	float k = (float)e, f2 = f * f, q;

	q = 0.06746601f;
	q = q * f - 0.11675641f;
	q = q * f + 0.11888175f;
	q = q * f - 0.12405591f;
	q = q * f + 0.14219551f;
	q = q * f - 0.16667996f;
	q = q * f + 0.20002119f;
	q = q * f - 0.2500001f;
	q = q * f + 0.33333313f;
	/* ln 2 in two parts, the first short enough for k * part to be exact */
	return k * 0.693359375f + (f + (f2 * (f * q - 0.5f) - k * 2.12194440e-4f));
}

/* x = k ln 2 + r with |r| <= ln(2)/2; adding 1.5 2^23 rounds to the nearest whole number. */
static inline float exp_of(float x)
{
	const float round = 12582912.0f;
	float shifted, k, r, p;

	x = x < -87.0f ? -87.0f : x;
	x = x > 87.0f ? 87.0f : x;
	shifted = x * 1.44269504f + round;
	k = shifted - round;
	r = x - k * 0.693359375f;
	r = r + k * 2.12194440e-4f;
	p = 0.00019917818f;
	p = p * r + 0.0013946075f;
	p = p * r + 0.0083332658f;
	p = p * r + 0.041666269f;
	p = p * r + 0.16666667f;
	p = p * r + 0.5f;
	p = p * (r * r) + r + 1.0f;
	return float_of(bits_of(p) + (int32_t)((uint32_t)(int32_t)k << 23));
}

static int32_t minus_log(float *data, float floor, int32_t n)
{
	int32_t count = 0;

	for (int32_t i = 0; i < n; i++) {
		float x = data[i];
		int32_t kept = (x >= floor) & (x <= FLT_MAX);
		count += 1 - kept;
		x = kept ? x : floor;
		data[i] = 0.0f - log_of(x);
	}
	return count;
}

static void exp_minus(float *data, int32_t n)
{
	for (int32_t i = 0; i < n; i++)
		data[i] = exp_of(-data[i]);
}

static void harden(float *data, float a2, float a3, int32_t n)
{
	for (int32_t i = 0; i < n; i++) {
		float p = data[i];
		data[i] = p + p * p * (a2 + a3 * p);
	}
}

static void scale(float *restrict data, const float *restrict factor, int32_t n)
{
	for (int32_t i = 0; i < n; i++)
		data[i] *= factor[i];
}

static void add_pair(float *restrict sum, const float *restrict tap, const float *above,
	const float *below, int32_t n)
{
	for (int32_t i = 0; i < n; i++)
		sum[i] += tap[i] * (above[i] + below[i]);
}

extern const struct point_kernels ISA_NAME(point_kernels);
const struct point_kernels ISA_NAME(point_kernels) = {
	.normalise_u8 = normalise_u8,
	.normalise_u16 = normalise_u16,
	.normalise_f32 = normalise_f32,
	.zinger = zinger,
	.minus_log = minus_log,
	.exp_minus = exp_minus,
	.harden = harden,
	.scale = scale,
	.add_pair = add_pair,
};

/* SPDX-License-Identifier: BSD-3-Clause
 * Inner loops of the optics; what they compute stands in truth/optics_parts.h.
 *
 * The convolutions are written in vectors, because their sums must stay in registers. The kernel is
 * symmetric: samples at equal distance are added first, which saves a third of the work. Each
 * statement has at most one product to be fused with its sum, so that every sample goes through the
 * same operations wherever it stands: results do not depend on strips, bands or tiles. */
#include "core/isa.h"
#include "truth/exponential.h"
#include "truth/optics_parts.h"

#include <math.h>

/* The widest vectors of this level, no wider: compilers split wider ones badly. */
#if defined(ISA_v4)
enum { BYTES = 64 };
#elif defined(ISA_v3)
enum { BYTES = 32 };
#else
enum { BYTES = 16 };
#endif
typedef float reals __attribute__((vector_size(BYTES), may_alias));
typedef float reals_anywhere __attribute__((vector_size(BYTES), aligned(4), may_alias));

enum {
	WIDTH = BYTES / 4,
	STRIP = 64, /* columns of an inner block: the rows that a column reaches stay in L1 */
};

static inline reals aligned(const float *p)
{
	return *(const reals *)p;
}

static inline reals anywhere(const float *p)
{
	return *(const reals_anywhere *)p;
}

/* Quarter turns: angle = (n + r) pi / 2, |r| <= 1/2; Taylor polynomials of degree 9 and 8 (truncation
 * 2e-9 and 3e-8). The product of D and turns is rounded once, 6e-8 of the phase. */
static void wave(const float *restrict T, const float *restrict D, int64_t n, float turns,
	float *restrict row, int64_t im)
{
	float quarters = 4 * turns;

	for (int64_t i = 0; i < n; i++) {
		float q = D[i] * quarters, whole = rintf(q), x = (q - whole) * 1.57079633F;
		float amplitude = exp_minus(0.5F * T[i]);
		float y = x * x, s = 1 / 362880.F, c = 1 / 40320.F, sine, cosine;
		int32_t k = (int32_t)whole;

		s = s * y - 1 / 5040.F;
		s = s * y + 1 / 120.F;
		s = s * y - 1 / 6.F;
		s = s * y + 1;
		s = s * x;
		c = c * y - 1 / 720.F;
		c = c * y + 1 / 24.F;
		c = c * y - 0.5F;
		c = c * y + 1;
		sine = k & 1 ? c : s;
		cosine = k & 1 ? s : c;
		sine = k & 2 ? -sine : sine;
		cosine = (k + 1) & 2 ? -cosine : cosine;
		row[i] = amplitude * cosine - 1;
		row[im + i] = -(amplitude * sine);
	}
}

static void shadow(const float *restrict T, int64_t n, float *restrict change)
{
	for (int64_t i = 0; i < n; i++)
		change[i] = exp_minus(T[i]) - 1;
}

/* One vector of one output row. */
struct sum {
	reals re, im;
};
static const struct sum zero; /* a start with which no first product is left to be fused or not */

static inline struct sum add_tap(struct sum s, reals re, reals im, float tap_re, float tap_im)
{
	s.re += re * tap_re;
	s.im += im * tap_re;
	s.re -= im * tap_im;
	s.im += re * tap_im;
	return s;
}

/* Two rows of out at once: each sample loaded serves both. rows: the first that is reached. */
static inline void two_rows(float *const *rows, int64_t x, int64_t im,
	const struct optics_taps *taps, float *out, int64_t stride)
{
	const float *restrict tap_re = taps->re, *restrict tap_im = taps->im;
	float *const *up = rows + taps->reach, *const *down = up + 1;
	reals up_re = aligned(*up + x), up_im = aligned(*up + im + x);
	reals down_re = aligned(*down + x), down_im = aligned(*down + im + x);
	struct sum a = add_tap(zero, up_re, up_im, tap_re[0], tap_im[0]);
	struct sum b = add_tap(zero, down_re, down_im, tap_re[0], tap_im[0]);

	for (int64_t k = 1; k <= taps->reach; k++) {
		const float *further_up = *--up + x, *further_down = *++down + x;
		reals next_up_re = aligned(further_up), next_up_im = aligned(further_up + im);
		reals next_down_re = aligned(further_down),
		      next_down_im = aligned(further_down + im);

		a = add_tap(a, next_up_re + down_re, next_up_im + down_im, tap_re[k], tap_im[k]);
		b = add_tap(b, up_re + next_down_re, up_im + next_down_im, tap_re[k], tap_im[k]);
		up_re = next_up_re, up_im = next_up_im;
		down_re = next_down_re, down_im = next_down_im;
	}
	*(reals *)(out + x) = a.re;
	*(reals *)(out + im + x) = a.im;
	*(reals *)(out + stride + x) = b.re;
	*(reals *)(out + stride + im + x) = b.im;
}

static inline void one_row(
	float *const *rows, int64_t x, int64_t im, const struct optics_taps *taps, float *out)
{
	float *const *up = rows + taps->reach, *const *down = up;
	struct sum a =
		add_tap(zero, aligned(*up + x), aligned(*up + im + x), taps->re[0], taps->im[0]);

	for (int64_t k = 1; k <= taps->reach; k++) {
		const float *further_up = *--up + x, *further_down = *++down + x;

		a = add_tap(a, aligned(further_up) + aligned(further_down),
			aligned(further_up + im) + aligned(further_down + im), taps->re[k],
			taps->im[k]);
	}
	*(reals *)(out + x) = a.re;
	*(reals *)(out + im + x) = a.im;
}

static void columns(float *const *rows, int64_t im, const struct optics_taps *taps, int64_t n_rows,
	int64_t n, float *out, int64_t stride)
{
	for (int64_t begin = 0; begin < n; begin += STRIP) {
		int64_t end = begin + STRIP < n ? begin + STRIP : n, r = 0;

		for (; r + 1 < n_rows; r += 2)
			for (int64_t x = begin; x < end; x += WIDTH)
				two_rows(rows + r, x, im, taps, out + r * stride, stride);
		for (; r < n_rows; r++)
			for (int64_t x = begin; x < end; x += WIDTH)
				one_row(rows + r, x, im, taps, out + r * stride);
	}
}

static void intensity(const float *restrict row, int64_t im, const struct optics_taps *taps,
	int64_t n, float *restrict change)
{
	for (int64_t x = 0; x < n; x += WIDTH) {
		const float *left = row + x + taps->reach, *right = left;
		struct sum a = add_tap(
			zero, anywhere(left), anywhere(left + im), taps->re[0], taps->im[0]);
		reals square;

		for (int64_t k = 1; k <= taps->reach; k++) {
			left--, right++;
			a = add_tap(a, anywhere(left) + anywhere(right),
				anywhere(left + im) + anywhere(right + im), taps->re[k],
				taps->im[k]);
		}
		square = a.im * a.im;
		square += a.re * (a.re + 2);
		*(reals *)(change + x) = square;
	}
}

static void blend(float *const *rows, const float *restrict weight, int64_t n_weight, int64_t n,
	float *restrict line)
{
	for (int64_t x = 0; x < n; x += WIDTH) {
		reals sum = aligned(rows[0] + x) * weight[0];

		for (int64_t j = 1; j < n_weight; j++)
			sum += aligned(rows[j] + x) * weight[j];
		*(reals *)(line + x) = sum;
	}
}

static void bin(const float *restrict line, int64_t step, const float *restrict weight,
	int64_t n_weight, int64_t n, float *restrict phases, float *restrict out)
{
	int64_t length = n + n_weight / step + 1;

	for (int64_t q = 0; q < step; q++)
		for (int64_t i = 0; i < length; i++)
			phases[q * length + i] = line[i * step + q];
	for (int64_t p = 0; p < n; p += WIDTH) {
		reals sum = {0};

		for (int64_t j = 0; j < n_weight; j++)
			sum += anywhere(phases + j % step * length + j / step + p) * weight[j];
		for (int64_t i = 0; i < WIDTH; i++)
			out[p + i] = sum[i] > -1 ? 1 + sum[i] : 0;
	}
}

const struct optics_kernels ISA_NAME(optics_kernels) = {
	wave, shadow, columns, intensity, blend, bin};

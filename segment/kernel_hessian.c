/* SPDX-License-Identifier: BSD-3-Clause
 * Derivatives and eigenvalues along a row; see segment/hessian_kernels.h. Plain loops without branches, which
 * compilers turn into vectors. */
#include "segment/hessian_kernels.h"
#include "segment/tiles.h"

#include <math.h>

/* The nine rows about voxel 0. */
struct rows {
	const float *r[3][3];
};

static inline struct rows rows_of(const float *const plane[3])
{
	struct rows rows;

	for (int k = 0; k < 3; k++)
		for (int j = 0; j < 3; j++)
			rows.r[k][j] = plane[k] + (j - 1) * TILE_STRIDE;
	return rows;
}

static inline float gradient_of(const struct rows *r, int64_t i)
{
	float z = r->r[2][1][i] - r->r[0][1][i], y = r->r[1][2][i] - r->r[1][0][i];
	float x = r->r[1][1][i + 1] - r->r[1][1][i - 1], sum = z * z;

	sum += y * y;
	sum += x * x;
	return 0.5F * sqrtf(sum);
}

static void gradient(const float *const plane[3], int64_t n, float *restrict out)
{
	struct rows r = rows_of(plane);

	for (int64_t i = 0; i < n; i++)
		out[i] = gradient_of(&r, i);
}

static void levels(const float *const plane[3], int64_t n, float scale, uint8_t *restrict out)
{
	struct rows r = rows_of(plane);

	for (int64_t i = 0; i < n; i++) {
		float level = gradient_of(&r, i) * scale + 0.5F;

		out[i] = (uint8_t)(int32_t)(level < 255 ? level : 255);
	}
}

struct three {
	float l0, l1, l2;
};

/* With K = H - mean, p^2 = tr K^2 / 6 and r = det(K / p) / 2, the eigenvalue furthest from the mean is
 * mean +- 2 p c, c = cos(acos(|r|) / 3), and the others lie p (c -+ sqrt(3) s) on the other side, s^2 =
 * 1 - c^2. c is the root of 4 c^3 - 3 c = |r| in [0.866, 1], where that cubic is steep: two Newton steps
 * from a parabola that is off by 1e-3 reach the last digits. */
__attribute__((always_inline)) static inline struct three eigen(
	float zz, float yy, float xx, float zy, float zx, float yx)
{
	float mean = (zz + yy + xx) * (1 / 3.F), p2, p, inverse, r, c, s, side, far, a, b;

	zz -= mean;
	yy -= mean;
	xx -= mean;
	p2 = zy * zy;
	p2 += zx * zx;
	p2 += yx * yx;
	p2 *= 2;
	p2 += zz * zz;
	p2 += yy * yy;
	p2 += xx * xx;
	p = sqrtf(p2 * (1 / 6.F));
	inverse = 1 / (p > 1e-18F ? p : 1e-18F);
	zz *= inverse;
	yy *= inverse;
	xx *= inverse;
	zy *= inverse;
	zx *= inverse;
	yx *= inverse;
	r = zz * (yy * xx - yx * yx) - zy * (zy * xx - yx * zx) + zx * (zy * yx - yy * zx);
	r *= 0.5F;
	side = copysignf(p, r);
	r = fabsf(r);
	r = r < 1 ? r : 1;
	c = 0.8660254F + r * (0.1666667F - 0.0326921F * r);
	for (int k = 0; k < 2; k++) /* c - (4 c^3 - 3 c - r) / (12 c^2 - 3) */
		c = (8 * c * c * c + r) / (12 * c * c - 3);
	c = c < 1 ? c : 1;
	s = 1.7320508F * sqrtf(1 - c * c);
	far = mean + 2 * side * c;
	a = mean - side * (c - s);
	b = mean - side * (c + s);
	return (struct three){side < 0 ? b : far, a, side < 0 ? far : b};
}

__attribute__((always_inline)) static inline struct three eigen_at(
	const struct rows *rows, int64_t i)
{
	const float *const *a = rows->r[0], *const *h = rows->r[1], *const *b = rows->r[2];
	float twice = 2 * h[1][i];

	return eigen(a[1][i] + b[1][i] - twice, h[0][i] + h[2][i] - twice,
		h[1][i - 1] + h[1][i + 1] - twice,
		0.25F * ((b[2][i] - b[0][i]) - (a[2][i] - a[0][i])),
		0.25F * ((b[1][i + 1] - b[1][i - 1]) - (a[1][i + 1] - a[1][i - 1])),
		0.25F * ((h[2][i + 1] - h[2][i - 1]) - (h[0][i + 1] - h[0][i - 1])));
}

static void eigenvalues(const float *const plane[3], int64_t n, float *restrict out0,
	float *restrict out1, float *restrict out2)
{
	struct rows r = rows_of(plane);

	for (int64_t i = 0; i < n; i++) {
		struct three l = eigen_at(&r, i);

		out0[i] = l.l0;
		out1[i] = l.l1;
		out2[i] = l.l2;
	}
}

static void sheetness(const float *const plane[3], int64_t n, float factor, float *restrict out)
{
	struct rows r = rows_of(plane);

	for (int64_t i = 0; i < n; i++) {
		struct three l = eigen_at(&r, i);
		float one = fabsf(l.l1), two = fabsf(l.l2), above = l.l0 - (one > two ? one : two);

		out[i] = factor * (above > 0 ? above : 0);
	}
}

const struct hessian_kernels ISA_NAME(hessian_kernels) = {gradient, levels, eigenvalues, sheetness};

/* SPDX-License-Identifier: BSD-3-Clause
 * One step for the dual of total variation; see segment/tv_kernels.h. */
#include "segment/tv_kernels.h"

#include <math.h>

static void divergence(const float *f, const float *const p[3], const float *const before[2],
	int64_t n, float lambda, float *restrict u)
{
	const float *pz = p[0], *py = p[1], *px = p[2], *z = before[0], *y = before[1];

	for (int64_t i = 0; i < n; i++) {
		float sum = pz[i] - z[i];

		sum += py[i] - y[i];
		sum += px[i] - px[i - 1];
		u[i] = f[i] + lambda * sum;
	}
}

static void step(const float *u, const float *const next[2], int64_t n, float rate, float beta,
	float *const r[3], float *const p[3])
{
	const float *un = next[0], *um = next[1];
	float *restrict rz = r[0], *restrict ry = r[1], *restrict rx = r[2];
	float *restrict pz = p[0], *restrict py = p[1], *restrict px = p[2];

	for (int64_t i = 0; i < n; i++) {
		float z = rz[i] + rate * (un[i] - u[i]), y = ry[i] + rate * (um[i] - u[i]);
		float x = rx[i] + rate * (u[i + 1] - u[i]), square = z * z, shorter;

		square += y * y;
		square += x * x;
		shorter = 1 / sqrtf(square > 1 ? square : 1);
		z *= shorter;
		y *= shorter;
		x *= shorter;
		rz[i] = z + beta * (z - pz[i]);
		ry[i] = y + beta * (y - py[i]);
		rx[i] = x + beta * (x - px[i]);
		pz[i] = z;
		py[i] = y;
		px[i] = x;
	}
}

const struct tv_kernels ISA_NAME(tv_kernels) = {divergence, step};

/* SPDX-License-Identifier: BSD-3-Clause
 * Truth for tests of filtered back-projection: exact line integrals of ellipses, and the method
 * computed by brute force in double precision (circular convolution in space, a loop over angles). */
#ifndef TESTS_FBP_REFERENCE_H
#define TESTS_FBP_REFERENCE_H

#include "core/arena.h"
#include "recon/fbp.h"

#include <math.h>

/* In pixels from the axis; a, b: half axes, turn: radians; value: attenuation per pixel. The frame
 * is that of the formula in recon/fbp.h: t = x cos - y sin. */
struct test_ellipse {
	double x, y, a, b, turn, value;
};

static inline double test_chord(const struct test_ellipse *e, double angle, double t)
{
	double c = cos(angle + e->turn), s = sin(angle + e->turn);
	double wide = e->a * e->a * c * c + e->b * e->b * s * s;
	double off = t - (e->x * cos(angle) - e->y * sin(angle));

	return off * off < wide ? 2 * e->value * e->a * e->b * sqrt(wide - off * off) / wide : 0;
}

static inline void test_project(
	const struct test_ellipse *e, int n, const struct geometry *g, struct sinogram out)
{
	for (int64_t i = 0; i < g->n_angle; i++)
		for (int64_t x = 0; x < g->n_col; x++) {
			double sum = 0;

			for (int k = 0; k < n; k++)
				sum += test_chord(e + k, g->angle[i], (double)x - g->center);
			sinogram_row(out, i)[x] = (float)sum;
		}
}

/* Space kernel of ramp x window (a function of the share of the cut-off) on a circle of n. */
static inline double *test_kernel(
	int64_t n, double (*window)(double), double cutoff, struct arena *arena)
{
	double *h = ARENA_ZERO(arena, double, n), *spectrum = ARENA_NEW(arena, double, n);
	double *kernel = ARENA_ZERO(arena, double, n);

	h[0] = 0.25;
	for (int64_t i = 1; i < n; i += 2) {
		double d = (double)(i < n - i ? i : n - i);

		h[i] = -1 / (M_PI * M_PI * d * d);
	}
	if (!window)
		return h;
	for (int64_t k = 0; k < n; k++) {
		double share = 2 * (double)(k < n - k ? k : n - k) / (double)n / cutoff;

		spectrum[k] = 0;
		for (int64_t i = 0; i < n; i++)
			spectrum[k] += h[i] * cos(2 * M_PI * (double)(k * i % n) / (double)n);
		spectrum[k] *= share <= 1 ? window(share) : 0;
	}
	for (int64_t i = 0; i < n; i++)
		for (int64_t k = 0; k < n; k++)
			kernel[i] += spectrum[k] * cos(2 * M_PI * (double)(k * i % n) / (double)n) /
				     (double)n;
	return kernel;
}

/* f (W x W), `edge`: pad with the edge values, else zeros; n: padded length, right side first. */
static inline double *test_fbp(const struct geometry *g, struct sinogram sino, const double *weight,
	const double *kernel, int64_t n, bool edge, struct arena *arena)
{
	int64_t w = g->n_col, right = (n - w + 1) / 2;
	double *f = ARENA_ZERO(arena, double, w *w), *q = ARENA_NEW(arena, double, w);
	double *padded = ARENA_NEW(arena, double, n), half = 0.5 * (double)(w - 1);

	for (int64_t i = 0; i < g->n_angle; i++) {
		const float *row = sinogram_row(sino, i);
		double c = cos(g->angle[i]), s = sin(g->angle[i]);

		for (int64_t x = 0; x < n; x++)
			padded[x] = x < w	    ? row[x]
				    : !edge	    ? 0
				    : x < w + right ? row[w - 1]
						    : row[0];
		for (int64_t x = 0; x < w; x++) {
			q[x] = 0;
			for (int64_t k = 0; k < n; k++)
				q[x] += padded[k] * kernel[(x - k + n) % n];
		}
		for (int64_t y = 0; y < w; y++)
			for (int64_t x = 0; x < w; x++) {
				double t =
					((double)x - half) * c - ((double)y - half) * s + g->center;
				int64_t left = (int64_t)floor(t);

				if (t < 0 || t > (double)(w - 1))
					continue;
				left -= left == w - 1;
				f[y * w + x] +=
					weight[i] *
					(q[left] + (t - (double)left) * (q[left + 1] - q[left]));
			}
	}
	return f;
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Orthogonal wavelets of compact support, made rather than tabulated (Daubechies 1992,
 * doi:10.1137/1.9781611970104, chapters 6.4 and 8.1). The squared response is
 * (1 - y)^N P(y), y = sin^2(w/2), P(y) = sum C(N-1+k, k) y^k; each root of P gives a pair z, 1/z.
 * db takes every root inside the unit circle; sym the choice whose phase is nearest to linear.
 * Coefficients of db are good to 1e-15, of sym to 1e-11. */
#include "recon/rings.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROOTS = WAVELET_TAPS / 2 - 1 };

/* All roots of sum c[k] y^k at once (Aberth's iteration), in extended precision. */
static void find_roots(const long double *c, int n, long double complex *root)
{
	for (int i = 0; i < n; i++)
		root[i] = 0.3L * cexpl(I * (0.7L + 6.2831853L * i / n));
	for (int turn = 0; turn < 300; turn++)
		for (int i = 0; i < n; i++) {
			long double complex p = c[n], slope = 0, near = 0, step;

			for (int k = n - 1; k >= 0; k--) {
				slope = slope * root[i] + p;
				p = p * root[i] + c[k];
			}
			for (int j = 0; j < n; j++)
				if (j != i)
					near += 1 / (root[i] - root[j]);
			step = p == 0 ? 0 : p / (slope - p * near);
			root[i] -= step;
		}
}

/* The roots in z inside the circle, one of each conjugate pair; how many. */
static int half_roots(int order, long double complex *z)
{
	long double c[MAX_ROOTS + 1] = {1};
	long double complex y[MAX_ROOTS];
	int n = 0;

	for (int k = 1; k < order; k++)
		c[k] = c[k - 1] * (order - 1 + k) / k;
	find_roots(c, order - 1, y);
	for (int i = 0; i < order - 1; i++) {
		long double complex b = 1 - 2 * y[i], w = csqrtl(b * b - 1);

		if (cimagl(y[i]) < -1e-9L)
			continue; /* its conjugate stands for it */
		z[n++] = cabsl(b - w) < 1 ? b - w : b + w;
	}
	return n;
}

/* Filter of (1 + z)^order times the roots; roots whose bit is set are taken outside the circle. */
static int build(int order, const long double complex *z, int n, unsigned outside, double *filter)
{
	long double h[WAVELET_TAPS] = {1}, sum = 0;
	int taps = 1;

	for (int i = 0; i < order; i++, taps++)
		for (int k = taps; k > 0; k--)
			h[k] += h[k - 1];
	for (int i = 0; i < n; i++) {
		long double complex root = outside >> i & 1 ? 1 / z[i] : z[i];
		bool single = fabsl(cimagl(root)) < 1e-9L;
		long double b = single ? -creall(root) : -2 * creall(root);
		long double a = single ? 0 : creall(root * conjl(root));

		taps += single ? 1 : 2;
		for (int k = taps - 1; k > 0; k--)
			h[k] += b * h[k - 1] + (k > 1 ? a * h[k - 2] : 0);
	}
	for (int k = 0; k < taps; k++)
		sum += h[k];
	for (int k = 0; k < taps; k++)
		filter[k] = (double)(h[k] / sum * sqrtl(2));
	return taps;
}

/* How far the phase is from the straight line to its value at 2.8 rad per sample. (Near the band's
 * edge the response is 0 and its phase means nothing. This choice gives the tables in use, or
 * their mirror image, for all orders but 18 and 20.) */
static double phase_error(const double *filter, int taps)
{
	enum { POINTS = 128 };
	double phase[POINTS], error = 0, before = 0, turn = 2 * acos(-1);

	for (int i = 0; i < POINTS; i++) {
		double w = 2.8 * (i + 1) / POINTS;
		double complex sum = 0, z = cexp(-w * I);

		for (int k = taps - 1; k >= 0; k--)
			sum = sum * z + filter[k];
		phase[i] = carg(sum);
		phase[i] -= turn * round((phase[i] - before) / turn);
		before = phase[i];
	}
	for (int i = 0; i < POINTS; i++) {
		double off = phase[i] - phase[POINTS - 1] * (i + 1) / POINTS;

		error += off * off;
	}
	return error;
}

static int symlet(int order, const long double complex *z, int n, double *filter)
{
	double least = INFINITY, trial[WAVELET_TAPS];
	int taps = 0;

	for (unsigned outside = 0; outside < 1U << (n > 1 ? n - 1 : 0); outside++) {
		double error;

		taps = build(order, z, n, outside, trial);
		error = phase_error(trial, taps);
		if (error < least) {
			least = error;
			memcpy(filter, trial, sizeof(trial));
		}
	}
	return taps;
}

int daubechies(const char *name, double filter[WAVELET_TAPS])
{
	bool sym = !strncmp(name, "sym", 3), db = !strncmp(name, "db", 2);
	const char *digits = name + (sym ? 3 : 2);
	long double complex z[MAX_ROOTS];
	long order;
	char *end;
	int n;

	if ((!sym && !db) || *digits < '1' || *digits > '9')
		return 0;
	order = strtol(digits, &end, 10);
	if (*end || order > WAVELET_TAPS / 2 || order < (sym ? 2 : 1))
		return 0;
	n = half_roots((int)order, z);
	return sym ? symlet((int)order, z, n, filter) : build((int)order, z, n, 0, filter);
}

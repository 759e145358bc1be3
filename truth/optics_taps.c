/* SPDX-License-Identifier: BSD-3-Clause
 * The convolution kernels of the optics: Fresnel propagator, blur and pixel. */
#include "truth/optics_parts.h"

#include <math.h>

/* The fit. In the pass band the transfer is the propagator; from there to Nyquist it is the same
 * times a smooth fall to 0, asked for with little weight, so that the taps are spent on the pass
 * band: with the same number a cut window would be ten times worse. */
static const double PASS = 0.7; /* of Nyquist */
static const double FADE_WEIGHT = 1e-4;
enum { TAIL = 13 }; /* taps beyond the stationary point of Nyquist */

int64_t optics_reach(double q)
{
	return (int64_t)ceil(0.5 * q) + TAIL;
}

static double fade(double u)
{
	double c = 0.5 * (1 + cos(M_PI * (u - PASS) / (1 - PASS)));

	return u <= PASS ? 1 : c * c * (3 - 2 * c);
}

/* Normal equations of the fit at `points` frequencies v (of Nyquist, 0 to 1) with terms cos(pi k v):
 * products of two terms are sums of two, so that the matrix comes from 2 n sums. */
struct fit {
	int64_t n;	 /* unknowns: reach + 1 */
	double *sum;	 /* 2 n: of weight cos(pi m v) */
	double *re, *im; /* n right-hand sides, then the solution */
	double *matrix;	 /* n x n, lower part, then its Cholesky factor */
};

static void gather(struct fit *f, double q)
{
	int64_t points = 8 * f->n;

	for (int64_t j = 0; j <= points; j++) {
		double v = (double)j / (double)points, phase = -M_PI * q * 0.25 * v * v;
		double weight = (j == 0 || j == points ? 0.5 : 1) * (v <= PASS ? 1 : FADE_WEIGHT);

		for (int64_t m = 0; m < 2 * f->n; m++) {
			double term = weight * cos(M_PI * (double)m * v);

			f->sum[m] += term;
			if (m >= f->n)
				continue;
			f->re[m] += term * fade(v) * cos(phase);
			f->im[m] += term * fade(v) * sin(phase);
		}
	}
	for (int64_t k = 0; k < f->n; k++)
		for (int64_t l = 0; l <= k; l++)
			f->matrix[k * f->n + l] = 0.5 * (f->sum[k - l] + f->sum[k + l]);
}

static void factor(struct fit *f)
{
	double *a = f->matrix;

	for (int64_t k = 0; k < f->n; k++)
		for (int64_t l = 0; l <= k; l++) {
			double left = a[k * f->n + l];

			for (int64_t m = 0; m < l; m++)
				left -= a[k * f->n + m] * a[l * f->n + m];
			a[k * f->n + l] = k == l ? sqrt(left) : left / a[l * f->n + l];
		}
}

static void substitute(const struct fit *f, double *x)
{
	const double *a = f->matrix;

	for (int64_t k = 0; k < f->n; k++) {
		for (int64_t m = 0; m < k; m++)
			x[k] -= a[k * f->n + m] * x[m];
		x[k] /= a[k * f->n + k];
	}
	for (int64_t k = f->n - 1; k >= 0; k--) {
		for (int64_t m = k + 1; m < f->n; m++)
			x[k] -= a[m * f->n + k] * x[m];
		x[k] /= a[k * f->n + k];
	}
}

/* Divided by their sum, so that a plane wave stays 1. The unknowns of k > 0 are those of two taps. */
static void normalise(const struct fit *f, struct optics_taps *taps)
{
	double re = 0, im = 0, square;

	for (int64_t k = 0; k < f->n; k++) {
		re += f->re[k];
		im += f->im[k];
	}
	square = re * re + im * im;
	for (int64_t k = 0; k < f->n; k++) {
		double half = k ? 0.5 : 1;

		taps->re[k] = (float)(half * (f->re[k] * re + f->im[k] * im) / square);
		taps->im[k] = (float)(half * (f->im[k] * re - f->re[k] * im) / square);
	}
}

enum err optics_taps_fit(struct optics_taps *taps, double q, struct arena *arena)
{
	struct fit f = {.n = optics_reach(q) + 1};
	struct arena *own = arena_new();

	NEED(own);
	taps->reach = f.n - 1;
	taps->re = ARENA_NEW(arena, float, f.n);
	taps->im = ARENA_NEW(arena, float, f.n);
	f.sum = ARENA_ZERO(own, double, 2 * f.n);
	f.re = ARENA_ZERO(own, double, f.n);
	f.im = ARENA_ZERO(own, double, f.n);
	f.matrix = ARENA_ZERO(own, double, f.n *f.n);
	if (!(taps->re && taps->im && f.sum && f.re && f.im && f.matrix)) {
		arena_free(own);
		return ERR_RESOURCE;
	}
	gather(&f, q);
	factor(&f);
	substitute(&f, f.re);
	substitute(&f, f.im);
	normalise(&f, taps);
	arena_free(own);
	return OK;
}

int64_t optics_spread(double sigma, int64_t oversample)
{
	return (int64_t)ceil(4 * sigma * (double)oversample);
}

void optics_weights(double sigma, int64_t oversample, float *weight)
{
	int64_t spread = optics_spread(sigma, oversample), n = oversample + 2 * spread;
	double sum = 0;

	for (int pass = 0; pass < 2; pass++)
		for (int64_t j = 0; j < n; j++) {
			/* px from the middle of the pixel to the sample */
			double x = ((double)j + 0.5 - 0.5 * (double)n) / (double)oversample;
			double root = sigma * M_SQRT2;
			double w = sigma > 0 ? erf((x + 0.5) / root) - erf((x - 0.5) / root) : 1;

			if (pass == 0)
				sum += w;
			else
				weight[j] = (float)(w / sum);
		}
}

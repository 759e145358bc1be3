/* SPDX-License-Identifier: BSD-3-Clause
 * Simulated sinograms for the test and the benchmark of ring removal: ellipses with exact line
 * integrals, as transmission, Poisson noise (as a normal deviate), and stripes of each kind. */
#ifndef TESTS_SINO_RINGS_H
#define TESTS_SINO_RINGS_H

#include "recon/rings.h"

#include <math.h>
#include <stdint.h>

enum stripes {
	STRIPES_NONE,
	STRIPES_FULL,	 /* gains of single columns, all angles */
	STRIPES_PARTIAL, /* gains over a third of the angles */
	STRIPES_WIDE,	 /* gain of 20 columns */
	STRIPES_DEAD,	 /* stuck and fluctuating columns */
	STRIPES_DRIFT,	 /* gain that runs through 0 along the angles */
	N_STRIPES,
};

/* Algotom's defaults. */
static inline struct settings rings_defaults(enum rings_method method)
{
	struct settings s = {0};

	s.rings = (struct rings_settings){.method = method,
		.snr = 3,
		.large = 51,
		.small = 21,
		.drop = 0.1,
		.norm_sigma = 15,
		.filter_sigma = 3,
		.fit_order = 2,
		.fit_sigma = 10,
		.wavelet = "db9",
		.wavelet_level = 5,
		.wavelet_sigma = 1};
	return s;
}

static inline double random_unit(uint64_t *state) /* in (0, 1) */
{
	*state = *state * 6364136223846793005U + 1442695040888963407U;
	return ((double)(*state >> 12) + 0.5) / 4503599627370496.0;
}

static inline double random_normal(uint64_t *state)
{
	double u = random_unit(state), v = random_unit(state);

	return sqrt(-2 * log(u)) * cos(2 * acos(-1) * v);
}

/* Transmission of six ellipses over half a turn; the object is wider than the detector if size > 1. */
static inline void simulate_ellipses(float *out, int64_t n_angle, int64_t n_col, double size)
{
	static const double e[6][6] = {/* x, y, half axes, tilt, optical depth over its width */
		{0, 0, 0.92, 0.9, 0, 1.2}, {0.3, 0.2, 0.3, 0.15, 0.6, 0.4},
		{-0.35, 0.1, 0.12, 0.4, -0.3, -0.3}, {0.05, -0.45, 0.2, 0.1, 0.2, 0.5},
		{-0.1, 0.5, 0.06, 0.06, 0, 0.3}, {0.55, -0.3, 0.04, 0.12, 1, 0.25}};

	for (int64_t i = 0; i < n_angle; i++) {
		double t = acos(-1) * (double)i / (double)n_angle;

		for (int64_t c = 0; c < n_col; c++) {
			double s = (2 * (double)c + 1 - (double)n_col) / ((double)n_col * size);
			double depth = 0;

			for (int k = 0; k < 6; k++) {
				double u = s - e[k][0] * cos(t) - e[k][1] * sin(t);
				double a = e[k][2] * cos(t - e[k][4]),
				       b = e[k][3] * sin(t - e[k][4]);
				double w = a * a + b * b;

				if (u * u < w)
					depth += e[k][5] * e[k][2] * e[k][3] * sqrt(w - u * u) / w /
						 fmax(e[k][2], e[k][3]);
			}
			out[i * n_col + c] = (float)exp(-depth);
		}
	}
}

static inline void add_noise(float *x, int64_t n, double photons, uint64_t seed)
{
	for (int64_t i = 0; i < n; i++)
		x[i] += (float)(sqrt(fmax((double)x[i], 0) / photons) * random_normal(&seed));
}

static inline void add_stripes(
	float *x, int64_t n_angle, int64_t n_col, enum stripes kind, uint64_t seed)
{
	int64_t each = kind == STRIPES_NONE   ? n_col + 1
		       : kind == STRIPES_WIDE ? n_col / 4
		       : kind == STRIPES_DEAD ? n_col / 8
					      : n_col / 24 + 1;
	int64_t width = kind == STRIPES_WIDE ? 20 : kind == STRIPES_DEAD ? 2 : 1;

	for (int64_t first = each; first + width + 4 < n_col; first += each) {
		double gain =
			0.04 * (random_unit(&seed) < 0.5 ? -1 : 1) * (0.5 + random_unit(&seed));
		double start = random_unit(&seed) * 0.66, level = random_unit(&seed);

		for (int64_t i = 0; i < n_angle; i++)
			for (int64_t c = first; c < first + width; c++) {
				double along = (double)i / (double)n_angle;
				float *at = x + i * n_col + c;

				if (kind == STRIPES_DEAD)
					*at = (float)(level < 0.5 ? level
								  : random_unit(&seed) * level);
				else if (kind == STRIPES_DRIFT)
					*at *= (float)(1 + gain * (2 * along - 1));
				else if (kind != STRIPES_PARTIAL ||
					 (along > start && along < start + 0.33))
					*at *= (float)(1 + gain);
			}
	}
}

#endif

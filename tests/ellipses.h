/* SPDX-License-Identifier: BSD-3-Clause
 * Exact parallel projections of ellipses, for tests: the truth that recon/ is compared with.
 * Coordinates in px about the rotation axis. Pixels average `fine` rays across their width. */
#ifndef TESTS_ELLIPSES_H
#define TESTS_ELLIPSES_H

#include "recon/stage.h"

#include <math.h>

enum { MAX_ELLIPSES = 40 };

struct ellipse {
	double x, y, a, b, phi, mu; /* centre, half axes, tilt (radians), attenuation a px */
};

struct ellipses {
	int n;
	struct ellipse e[MAX_ELLIPSES];
};

/* A generator that is the same everywhere (splitmix64). */
static inline double random_uniform(uint64_t *seed)
{
	uint64_t z = (*seed += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static inline double random_normal(uint64_t *seed)
{
	double u = random_uniform(seed) + 1e-300, v = random_uniform(seed);

	return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

static inline double ellipse_ray(const struct ellipse *e, double theta, double s)
{
	double c = cos(theta - e->phi), d = sin(theta - e->phi);
	double r2 = e->a * e->a * c * c + e->b * e->b * d * d;
	double q = s - e->x * cos(theta) - e->y * sin(theta);

	return q * q < r2 ? 2 * e->mu * e->a * e->b * sqrt(r2 - q * q) / r2 : 0;
}

/* One view of line integrals; column i is at i - center. */
static inline void ellipses_view(
	const struct ellipses *set, double theta, double center, int64_t n_col, float *out)
{
	enum { FINE = 3 };

	for (int64_t i = 0; i < n_col; i++)
		out[i] = 0;
	for (int k = 0; k < set->n; k++) {
		const struct ellipse *e = &set->e[k];
		double at = center + e->x * cos(theta) + e->y * sin(theta), r = fmax(e->a, e->b);
		int64_t first = (int64_t)fmax(0, at - r - 1);
		int64_t last = (int64_t)fmin((double)n_col - 1, at + r + 2);

		for (int64_t i = first; i <= last; i++)
			for (int f = 0; f < FINE; f++)
				out[i] += (float)(ellipse_ray(e, theta,
							  (double)i + (f + 0.5) / FINE - 0.5 -
								  center) /
						  FINE);
	}
}

/* An object of about `radius` px: a body off the axis and n - 1 smaller ellipses of other contrast
 * in it. The attenuation along the diameter is about `absorption`. */
static inline struct ellipses ellipses_random(
	double radius, int n, double absorption, uint64_t *seed)
{
	struct ellipses set = {.n = n};
	double mu = absorption / (2 * radius);

	set.e[0] = (struct ellipse){.x = 0.05 * radius * (random_uniform(seed) - 0.5),
		.y = 0.05 * radius * (random_uniform(seed) - 0.5),
		.a = 0.95 * radius,
		.b = (0.75 + 0.2 * random_uniform(seed)) * radius,
		.phi = M_PI * random_uniform(seed),
		.mu = 0.7 * mu};
	for (int k = 1; k < n; k++) {
		double at = 0.65 * radius * sqrt(random_uniform(seed));
		double turn = 2 * M_PI * random_uniform(seed);

		set.e[k] = (struct ellipse){.x = at * cos(turn),
			.y = at * sin(turn),
			.a = radius * (0.03 + 0.15 * random_uniform(seed)),
			.b = radius * (0.03 + 0.15 * random_uniform(seed)),
			.phi = M_PI * random_uniform(seed),
			.mu = mu * (2 * random_uniform(seed) - 0.7)};
	}
	return set;
}

#endif

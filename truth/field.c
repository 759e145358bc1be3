/* SPDX-License-Identifier: BSD-3-Clause
 * Smooth random surfaces; see truth/field.h. */
#include "truth/field.h"

#include <math.h>

static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint64_t field_hash(uint64_t seed, int64_t x, int64_t y, int64_t z)
{
	uint64_t h = mix(seed + 0x9e3779b97f4a7c15u);

	h = mix(h ^ ((uint64_t)x * 0xd6e8feb86659fd93u));
	h = mix(h ^ ((uint64_t)y * 0xa0761d6478bd642fu));
	return mix(h ^ ((uint64_t)z * 0xe7037ed1a0b428dbu));
}

/* Mean 0, variance 1, nearly normal: the sum of four uniform numbers, each of 16 bits. */
static double lattice(uint64_t seed, int64_t x, int64_t y)
{
	uint64_t h = mix(mix(seed + (uint64_t)x * 0xd6e8feb86659fd93u) ^
			 ((uint64_t)y * 0xa0761d6478bd642fu));
	double sum = (double)(h & 0xffff) + (double)(h >> 16 & 0xffff) +
		     (double)(h >> 32 & 0xffff) + (double)(h >> 48);

	return (sum / 65535 - 2) * 1.7320508075688772;
}

static void spline(double t, double w[4])
{
	double u = 1 - t;

	w[0] = u * u * u / 6;
	w[1] = (4 - 6 * t * t + 3 * t * t * t) / 6;
	w[2] = (4 - 6 * u * u + 3 * u * u * u) / 6;
	w[3] = t * t * t / 6;
}

static double octave_at(uint64_t seed, double x, double y)
{
	double fx = floor(x), fy = floor(y), wx[4], wy[4], sum = 0;
	int64_t ix = (int64_t)fx, iy = (int64_t)fy;

	spline(x - fx, wx);
	spline(y - fy, wy);
	for (int j = 0; j < 4; j++) {
		double line = 0;

		for (int i = 0; i < 4; i++)
			line += wx[i] * lattice(seed, ix + i - 1, iy + j - 1);
		sum += wy[j] * line;
	}
	return sum;
}

double field_at(const struct field *f, double x, double y)
{
	/* The mean over places of the sum of squared weights is 151/315 along each axis. */
	double sum = 0, height = 1, square = 0, scale = 1 / f->size;

	for (int k = 0; k < f->octaves; k++) {
		sum += height * octave_at(f->seed + (uint64_t)k, x * scale, y * scale);
		square += height * height;
		height /= 2;
		scale *= 2;
	}
	return f->sd * sum / (sqrt(square) * (151.0 / 315));
}

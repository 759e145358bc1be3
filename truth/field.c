/* SPDX-License-Identifier: BSD-3-Clause
 * Smooth random surfaces; see truth/field.h. */
#include "truth/field.h"

#include <math.h>
#include <stdbool.h>

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

enum err field_keep(struct field *f, double half, struct arena *arena)
{
	for (int k = 0; k < f->octaves; k++) {
		int64_t n = (int64_t)ceil(half / f->size * (1 << k)) + 3;

		f->side[k] = 2 * n;
		f->table[k] = NULL;
		if (n > 2048) /* 64 MB: rather drawn anew */
			continue;
		float *table = ARENA_NEW(arena, float, 4 * n * n);
		NEED(table);
		for (int64_t y = -n; y < n; y++)
			for (int64_t x = -n; x < n; x++)
				table[(y + n) * 2 * n + x + n] =
					(float)lattice(f->seed + (uint64_t)k, x, y);
		f->table[k] = table;
	}
	return OK;
}

static double octave_at(const struct field *f, int k, double x, double y)
{
	double fx = floor(x), fy = floor(y), wx[4], wy[4], sum = 0;
	int64_t ix = (int64_t)fx - 1, iy = (int64_t)fy - 1, half = f->side[k] / 2;
	bool kept = f->table[k] && ix >= -half && ix + 4 <= half && iy >= -half && iy + 4 <= half;
	const float *table = kept ? f->table[k] + (iy + half) * f->side[k] + ix + half : NULL;

	spline(x - fx, wx);
	spline(y - fy, wy);
	for (int j = 0; j < 4; j++) {
		double line = 0;

		for (int i = 0; i < 4; i++)
			line += wx[i] * (kept ? (double)table[j * f->side[k] + i]
					      : (double)(float)lattice(
							f->seed + (uint64_t)k, ix + i, iy + j));
		sum += wy[j] * line;
	}
	return sum;
}

double field_at(const struct field *f, double x, double y)
{
	/* The mean over places of the sum of squared weights is 151/315 along each axis. */
	double sum = 0, height = 1, square = 0, scale = 1 / f->size;

	for (int k = 0; k < f->octaves; k++) {
		sum += height * octave_at(f, k, x * scale, y * scale);
		square += height * height;
		height *= 0.574; /* 2^-0.8 */
		scale *= 2;
	}
	return f->sd * sum / (sqrt(square) * (151.0 / 315));
}

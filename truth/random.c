/* SPDX-License-Identifier: BSD-3-Clause
 * Uniform, normal and Poisson numbers; see truth/random.h. */
#include "truth/random.h"

#include <math.h>

static uint64_t rotate(uint64_t x, int bits)
{
	return (x << bits) | (x >> (64 - bits));
}

/* splitmix64: one step and its mixed output. */
static uint64_t split_next(uint64_t *x)
{
	uint64_t z = *x += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint64_t random_key(uint64_t seed, uint64_t part)
{
	uint64_t x = seed;

	x = split_next(&x) ^ part;
	return split_next(&x);
}

struct random random_start(uint64_t seed, uint64_t stream, uint64_t item)
{
	struct random r = {.has_spare = false};
	uint64_t x = seed;

	/* Mixed between the keys: neighbouring frames must not start on neighbouring states. */
	x = split_next(&x) ^ stream;
	x = split_next(&x) ^ item;
	for (int i = 0; i < 4; i++)
		r.state[i] = split_next(&x);
	return r;
}

static inline uint64_t next(struct random *r)
{
	uint64_t *s = r->state, out = rotate(s[0] + s[3], 23) + s[0], t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return out;
}

uint64_t random_bits(struct random *r)
{
	return next(r);
}

double random_uniform(struct random *r)
{
	return (double)(next(r) >> 11) * 0x1p-53;
}

double random_between(struct random *r, double low, double high)
{
	return low + (high - low) * random_uniform(r);
}

double random_normal(struct random *r)
{
	double x, y, square, scale;

	if (r->has_spare) {
		r->has_spare = false;
		return r->spare;
	}
	do {
		x = 2 * random_uniform(r) - 1;
		y = 2 * random_uniform(r) - 1;
		square = x * x + y * y;
	} while (square >= 1 || square <= 0);
	scale = sqrt(-2 * log(square) / square);
	r->spare = y * scale;
	r->has_spare = true;
	return x * scale;
}

/* Layers of equal area under exp(-x^2 / 2), from the tail down to x = 0. */
void ziggurat_fill(struct ziggurat *z)
{
	const double tail = 3.6541528853610088, area = 0.00492867323397465524;

	z->x[0] = area / exp(-0.5 * tail * tail); /* as if the tail were a rectangle */
	z->x[1] = tail;
	for (int i = 2; i < ZIGGURAT_LAYERS; i++) {
		double x = z->x[i - 1];

		z->x[i] = sqrt(-2 * log(area / x + exp(-0.5 * x * x)));
	}
	z->x[ZIGGURAT_LAYERS] = 0;
	for (int i = 0; i < ZIGGURAT_LAYERS; i++)
		z->inside[i] = z->x[i + 1] / z->x[i];
}

/* Beyond the tail's begin (Marsaglia 1964). */
static double normal_tail(struct random *r, double begin)
{
	double x, y;

	do {
		x = -log(1 - random_uniform(r)) / begin;
		y = -log(1 - random_uniform(r));
	} while (2 * y < x * x);
	return begin + x;
}

/* What the quick test could not decide about a point u, -1 to 1, of a layer. */
static __attribute__((noinline)) double normal_edge(
	struct random *r, const struct ziggurat *z, int layer, double u)
{
	for (;;) {
		double x = u * z->x[layer], low, high;
		uint64_t bits;

		if (fabs(u) < z->inside[layer])
			return x;
		if (layer == 0)
			return copysign(normal_tail(r, z->x[1]), u);
		low = exp(-0.5 * (z->x[layer] * z->x[layer] - x * x));
		high = exp(-0.5 * (z->x[layer + 1] * z->x[layer + 1] - x * x));
		if (low + random_uniform(r) * (high - low) < 1)
			return x;
		bits = next(r);
		layer = (int)(bits & (ZIGGURAT_LAYERS - 1));
		u = (double)((int64_t)bits >> 11) * 0x1p-52;
	}
}

void random_normals(struct random *r, const struct ziggurat *z, double *out, int64_t n)
{
	struct random own = *r; /* kept in registers */

	for (int64_t i = 0; i < n; i++) {
		uint64_t bits = next(&own);
		int layer = (int)(bits & (ZIGGURAT_LAYERS - 1));
		double u = (double)((int64_t)bits >> 11) * 0x1p-52;

		if (fabs(u) < z->inside[layer])
			out[i] = u * z->x[layer];
		else
			out[i] = normal_edge(&own, z, layer, u);
	}
	*r = own;
}

static double poisson_small(struct random *r, double mean)
{
	double limit = exp(-mean), product = random_uniform(r), n = 0;

	while (product > limit) {
		product *= random_uniform(r);
		n++;
	}
	return n;
}

double random_poisson(struct random *r, double mean)
{
	double b = 0.931 + 2.53 * sqrt(mean), a = -0.059 + 0.02483 * b;
	double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), v_r = 0.9277 - 3.6224 / (b - 2);

	if (mean < 10)
		return mean > 0 ? poisson_small(r, mean) : 0;
	for (;;) {
		double u = random_uniform(r) - 0.5, v = random_uniform(r), us = 0.5 - fabs(u);
		double k = floor((2 * a / us + b) * u + mean + 0.43);
		int sign;

		if (us >= 0.07 && v <= v_r)
			return k;
		if (k < 0 || (us < 0.013 && v > us))
			continue;
		/* lgamma_r: lgamma writes a global that other threads would race for. */
		if (log(v * inverse_alpha / (a / (us * us) + b)) <=
			k * log(mean) - mean - lgamma_r(k + 1, &sign))
			return k;
	}
}

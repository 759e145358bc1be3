/* SPDX-License-Identifier: BSD-3-Clause
 * Random numbers of the simulator. A generator is started from (seed, stream, item), so that each
 * frame has its own and the bytes do not depend on which thread draws them, or in which order.
 * Generator: xoshiro256++ (Blackman and Vigna 2021, doi:10.1145/3460772), seeded by splitmix64. */
#ifndef TRUTH_RANDOM_H
#define TRUTH_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
	uint64_t state[4];
	double spare; /* normals come in pairs */
	bool has_spare;
};

/* A seed made of two: of a part of something that has a seed. */
uint64_t random_key(uint64_t seed, uint64_t part);
struct random random_start(uint64_t seed, uint64_t stream, uint64_t item);
uint64_t random_bits(struct random *r);
double random_uniform(struct random *r); /* [0, 1) */
double random_between(struct random *r, double low, double high);

/* Mean 0, variance 1 (Marsaglia and Bray 1964, doi:10.1137/1006063). */
double random_normal(struct random *r);

/* The same distribution many at a time, about ten times as fast: a ziggurat of 256 layers (Marsaglia
 * and Tsang 2000, doi:10.18637/jss.v005.i08) whose layer and place come from different bits of a number
 * (Doornik 2005); the tail beyond 3.654 is exact. Every number costs one draw, seldom more. */
enum { ZIGGURAT_LAYERS = 256 };
struct ziggurat {
	double x[ZIGGURAT_LAYERS + 1];	/* right ends of the layers, falling, the last 0 */
	double inside[ZIGGURAT_LAYERS]; /* x[i + 1] / x[i]: below it a point needs no test */
};
void ziggurat_fill(struct ziggurat *z);
void random_normals(struct random *r, const struct ziggurat *z, double *out, int64_t n);

/* Exact at any mean >= 0: multiplication of uniforms below 10, transformed rejection from there on
 * (Hoermann 1993, doi:10.1016/0167-6687(93)90997-4). */
double random_poisson(struct random *r, double mean);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Smooth random surfaces: a sum of octaves, each a cubic B-spline over random numbers on a square
 * lattice, so that a value costs the same anywhere and depends on seed and place only. Mean 0, r.m.s.
 * `sd`, twice differentiable. */
#ifndef TRUTH_FIELD_H
#define TRUTH_FIELD_H

#include <stdint.h>

struct field {
	uint64_t seed;
	double size; /* lattice of the coarsest octave; about the size of its hills */
	double sd;
	int octaves; /* each half as large and half as high as the one before */
};

double field_at(const struct field *f, double x, double y);

/* A well mixed 64-bit number of a place; `seed` tells streams apart. */
uint64_t field_hash(uint64_t seed, int64_t x, int64_t y, int64_t z);

#endif

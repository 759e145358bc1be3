/* SPDX-License-Identifier: BSD-3-Clause
 * Smooth random surfaces: a sum of octaves, each a cubic B-spline over random numbers on a square
 * lattice, so that a value costs the same anywhere and depends on seed and place only. Mean 0, r.m.s.
 * `sd`, twice differentiable. Octaves fall as those of fracture surfaces do, with a roughness exponent of
 * 0.8 (Bouchaud 1997, doi:10.1088/0953-8984/9/21/002). */
#ifndef TRUTH_FIELD_H
#define TRUTH_FIELD_H

#include "core/arena.h"
#include "core/error.h"

#include <stdint.h>

enum { MAX_OCTAVES = 5 };

struct field {
	uint64_t seed;
	double size; /* lattice of the coarsest octave; about the size of its hills */
	double sd;
	int octaves; /* each half as large as the one before, and lower by 2^-0.8 */
	/* Lattices of the octaves, side x side around 0, kept so that they are drawn once; NULL: not kept. */
	float *table[MAX_OCTAVES];
	int64_t side[MAX_OCTAVES];
};

/* Keeps the lattices for |x|, |y| <= half: values stay the same but for rounding to float. */
enum err field_keep(struct field *f, double half, struct arena *arena);

double field_at(const struct field *f, double x, double y);

/* A well mixed 64-bit number of a place; `seed` tells streams apart. */
uint64_t field_hash(uint64_t seed, int64_t x, int64_t y, int64_t z);

#endif

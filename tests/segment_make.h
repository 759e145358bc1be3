/* SPDX-License-Identifier: BSD-3-Clause
 * Volumes for the tests and benchmarks of segment/: random numbers, and shapes under noise. */
#ifndef TESTS_SEGMENT_MAKE_H
#define TESTS_SEGMENT_MAKE_H

#include <math.h>
#include <stdint.h>

/* Uniform in [0, 1). */
static inline float make_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (float)(*seed >> 40) / 16777216.0f;
}

static inline void make_noise(float *out, int64_t n, uint64_t seed)
{
	for (int64_t i = 0; i < n; i++)
		out[i] = 2 * make_random(&seed) - 1;
}

/* 1 with the given probability. */
static inline void make_mask(uint8_t *out, int64_t n, float share, uint64_t seed)
{
	for (int64_t i = 0; i < n; i++)
		out[i] = make_random(&seed) < share;
}

/* A body of many smooth walls, of which a share of the voxels is flipped. */
static inline void make_walls(
	uint8_t *out, int64_t nz, int64_t ny, int64_t nx, float flipped, uint64_t seed)
{
	for (int64_t z = 0; z < nz; z++)
		for (int64_t y = 0; y < ny; y++) {
			double a = sin(0.05 * (double)z) + sin(0.043 * (double)y);

			for (int64_t x = 0; x < nx; x++) {
				uint8_t in = a + sin(0.037 * (double)x) > 0.4;

				*out++ = in ^ (make_random(&seed) < flipped);
			}
		}
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Runs of a line. 64 voxels become the bits of a word; where a bit differs from the one before, a run
 * starts or ends. Most words have no such place. */
#include "segment/components_kernels.h"

#include <emmintrin.h>
#include <string.h>

/* Bit i: voxel i is of the object, n <= 64. Compilers do not find the instruction that makes bits of bytes; packing
 * them by multiplication took a third longer. */
static inline uint64_t word(const uint8_t *line, int64_t n, struct label_range object)
{
	const __m128i first = _mm_set1_epi8((char)object.first);
	const __m128i span = _mm_set1_epi8((char)(uint8_t)(object.last - object.first));
	uint8_t rest[64];
	uint64_t bits = 0;

	if (n < 64) {
		memset(rest, 0, sizeof(rest));
		memcpy(rest, line, (size_t)n);
		line = rest;
	}
	for (int k = 0; k < 64; k += 16) {
		__m128i v = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(line + k)), first);
		__m128i in = _mm_cmpeq_epi8(_mm_min_epu8(v, span), v); /* v <= span */

		bits |= (uint64_t)(uint32_t)_mm_movemask_epi8(in) << k;
	}
	return n < 64 ? bits & ~(~(uint64_t)0 << n) : bits;
}

static int64_t count(const uint8_t *line, int64_t nx, struct label_range object)
{
	uint64_t last = 0;
	int64_t n = 0;

	for (int64_t x = 0; x < nx; x += 64) {
		uint64_t bits = word(line + x, nx - x < 64 ? nx - x : 64, object);

		n += __builtin_popcountll(bits & ~(bits << 1 | last));
		last = bits >> 63;
	}
	return n;
}

static int64_t find(const uint8_t *line, int64_t nx, struct label_range object, uint16_t *edge)
{
	uint64_t last = 0;
	int64_t n = 0; /* starts and ends so far */

	for (int64_t x = 0; x < nx; x += 64) {
		uint64_t bits = word(line + x, nx - x < 64 ? nx - x : 64, object);
		uint64_t changes = bits ^ (bits << 1 | last);

		for (; changes; changes &= changes - 1)
			edge[n++] = (uint16_t)(x + __builtin_ctzll(changes));
		last = bits >> 63;
	}
	if (n % 2)
		edge[n++] = (uint16_t)nx;
	return n / 2;
}

const struct components_kernels ISA_NAME(components_kernels) = {count, find};

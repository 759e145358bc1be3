/* SPDX-License-Identifier: BSD-3-Clause
 * Runs of a line. 64 voxels become the bits of a word; where a bit differs from the one before, a run
 * starts or ends. Most words have no such place. */
#include "segment/components_kernels.h"

#include <string.h>

/* Bit i: voxel i is of the object, n <= 64. */
static inline uint64_t word(const uint8_t *restrict line, int64_t n, struct label_range object)
{
	uint8_t first = object.first, span = (uint8_t)(object.last - object.first);
	uint8_t in[64] = {0};
	uint64_t bits = 0;

	if (n == 64) {
		for (int i = 0; i < 64; i++)
			in[i] = (uint8_t)(line[i] - first) <= span;
	} else {
		for (int64_t i = 0; i < n; i++)
			in[i] = (uint8_t)(line[i] - first) <= span;
	}
	for (int k = 0; k < 8; k++) {
		uint64_t eight;

		memcpy(&eight, in + 8 * k, sizeof(eight));
		/* each byte's lowest bit to the top byte, in order; no two of them meet */
		bits |= (eight * 0x0102040810204080u >> 56) << 8 * k;
	}
	return bits;
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

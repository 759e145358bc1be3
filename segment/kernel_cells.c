/* SPDX-License-Identifier: BSD-3-Clause
 * Configurations along a row; see segment/cells_kernels.h. Most stretches are all object or none: 16 columns are
 * looked at together. */
#include "segment/cells_kernels.h"

#include <string.h>

static void add_bit(
	const uint8_t *row, struct label_range object, int bit, int64_t nx, uint8_t *restrict out)
{
	uint8_t first = object.first, span = (uint8_t)(object.last - object.first);
	uint8_t value = (uint8_t)(1 << bit);

	for (int64_t x = 0; x < nx; x++)
		out[x] |= (uint8_t)(row[x] - first) <= span ? value : 0;
}

static void column(const uint8_t *const row[4], struct label_range object, int64_t nx, uint8_t *out)
{
	memset(out, 0, (size_t)nx);
	for (int k = 0; k < 4; k++)
		if (row[k])
			add_bit(row[k], object, k, nx, out);
}

static inline uint64_t eight(const uint8_t *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof(x));
	return x;
}

static void count(const uint8_t *c, int64_t n, int64_t bins[256])
{
	uint32_t part[2][256] = {{0}};
	int64_t i = 0, empty = 0, full = 0;

	for (; i + 16 <= n; i += 16) {
		uint64_t a = eight(c + i), b = eight(c + i + 8);

		if ((a | b | c[i + 16]) == 0) {
			empty += 16;
			continue;
		}
		if ((a & b) == 0x0f0f0f0f0f0f0f0fu && c[i + 16] == 15) {
			full += 16;
			continue;
		}
		for (int k = 0; k < 16; k += 2) {
			part[0][c[i + k] | c[i + k + 1] << 4]++;
			part[1][c[i + k + 1] | c[i + k + 2] << 4]++;
		}
	}
	for (; i < n; i++)
		part[0][c[i] | c[i + 1] << 4]++;
	bins[0] += empty;
	bins[255] += full;
	for (int k = 0; k < 256; k++)
		bins[k] += part[0][k] + part[1][k];
}

static void sides(const uint8_t *row, struct label_range a, struct label_range b, int64_t nx,
	uint8_t *restrict out)
{
	uint8_t span_a = (uint8_t)(a.last - a.first), span_b = (uint8_t)(b.last - b.first);

	for (int64_t x = 0; x < nx; x++) {
		uint8_t in_a = (uint8_t)(row[x] - a.first) <= span_a ? 1 : 0;
		uint8_t in_b = (uint8_t)(row[x] - b.first) <= span_b ? 2 : 0;

		out[x] = in_a | in_b;
	}
}

static void faces(const uint8_t *here, const uint8_t *below, const uint8_t *above, int64_t nx,
	uint8_t *restrict out)
{
	for (int64_t x = 0; x < nx; x++) {
		uint8_t z = (here[x] ^ below[x]) == 3 ? 1 : 0;
		uint8_t y = (here[x] ^ above[x]) == 3 ? 2 : 0;

		out[x] = z | y | ((here[x] ^ here[x + 1]) == 3 ? 4 : 0);
	}
}

const struct cells_kernels ISA_NAME(cells_kernels) = {column, count, sides, faces};

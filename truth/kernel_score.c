/* SPDX-License-Identifier: BSD-3-Clause
 * Inner loops of scoring: plain loops over bytes, which compilers turn into vectors. */
#include "core/isa.h"
#include "truth/score_kernels.h"

static uint8_t other(uint8_t label, uint8_t neighbour)
{
	return (uint8_t)((neighbour != label) & (neighbour != 0));
}

static uint8_t edge(
	const uint8_t *row, const uint8_t *const around[4], int64_t x, uint8_t left, uint8_t right)
{
	uint8_t is = other(row[x], left) | other(row[x], right);

	for (int i = 0; i < 4; i++)
		is |= other(row[x], around[i][x]);
	return is ? row[x] : 0;
}

static void edges(const uint8_t *restrict row, const uint8_t *const around[4], int64_t n,
	uint8_t *restrict out)
{
	const uint8_t *restrict a = around[0], *restrict b = around[1], *restrict c = around[2],
				*restrict d = around[3];

	for (int64_t x = 1; x < n - 1; x++) {
		uint8_t is = other(row[x], row[x - 1]) | other(row[x], row[x + 1]);

		is |= other(row[x], a[x]) | other(row[x], b[x]);
		is |= other(row[x], c[x]) | other(row[x], d[x]);
		out[x] = (uint8_t)(row[x] & (uint8_t)-is);
	}
	out[0] = edge(row, around, 0, row[0], row[n > 1]);
	if (n > 1)
		out[n - 1] = edge(row, around, n - 1, row[n - 2], row[n - 1]);
}

static void differ(
	const uint8_t *restrict a, const uint8_t *restrict b, int64_t n, int64_t *bad, int64_t *all)
{
	uint8_t differing = 0, valid = 0; /* at most 64: no overflow */

	if (n == 64) { /* a count that the compiler knows */
		for (int x = 0; x < 64; x++) {
			uint8_t both = (uint8_t)((a[x] != 0) & (b[x] != 0));

			valid = (uint8_t)(valid + both);
			differing = (uint8_t)(differing + (both & (a[x] != b[x])));
		}
	} else {
		for (int64_t x = 0; x < n; x++) {
			uint8_t both = (uint8_t)((a[x] != 0) & (b[x] != 0));

			valid = (uint8_t)(valid + both);
			differing = (uint8_t)(differing + (both & (a[x] != b[x])));
		}
	}
	*all += valid;
	*bad += differing;
}

const struct score_kernels ISA_NAME(score_kernels) = {edges, differ};

/* SPDX-License-Identifier: BSD-3-Clause */
#include "io/percentile.h"

#include <math.h>
#include <string.h>

enum { BINS = 1 << 16 };

struct percentiles {
	double share[2];
	int pass;
	int64_t n, rank[2]; /* rank: within the bin, after the first pass */
	uint32_t upper[2], lower[2];
	int64_t *first, *second[2];
};

struct percentiles *percentiles_new(double low, double high, struct arena *arena)
{
	struct percentiles *p = ARENA_ZERO(arena, struct percentiles, 1);

	if (!p || !(p->first = ARENA_ZERO(arena, int64_t, BINS)) ||
		!(p->second[0] = ARENA_ZERO(arena, int64_t, BINS)) ||
		!(p->second[1] = ARENA_ZERO(arena, int64_t, BINS)))
		return NULL;
	p->share[0] = low;
	p->share[1] = high;
	return p;
}

/* Keys sort as the floats do: negative ones are turned round, the others go above them. */
static uint32_t key_of(float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

static float value_of(uint32_t key)
{
	uint32_t bits = key & 0x80000000u ? key & 0x7fffffffu : ~key;
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

void percentiles_add(struct percentiles *p, const float *values, int64_t n)
{
	for (int64_t i = 0; i < n; i++) {
		uint32_t key = key_of(values[i]);

		if (!isfinite(values[i]))
			continue;
		if (p->pass == 0) {
			p->first[key >> 16]++;
			continue;
		}
		for (int end = 0; end < 2; end++)
			p->second[end][key & 0xffff] += key >> 16 == p->upper[end];
	}
}

/* The bin that holds a rank; the rank becomes that within the bin. */
static uint32_t find(const int64_t *bins, int64_t *rank)
{
	uint32_t bin = 0;

	while (bin < BINS - 1 && *rank >= bins[bin])
		*rank -= bins[bin++];
	return bin;
}

int64_t percentiles_next(struct percentiles *p)
{
	if (p->pass == 0)
		for (int bin = 0; bin < BINS; bin++)
			p->n += p->first[bin];
	for (int end = 0; end < 2 && p->n > 0; end++) {
		if (p->pass == 0) {
			p->rank[end] = llround(p->share[end] * (double)(p->n - 1));
			p->upper[end] = find(p->first, &p->rank[end]);
		} else {
			p->lower[end] = find(p->second[end], &p->rank[end]);
		}
	}
	p->pass++;
	return p->n;
}

void percentiles_values(const struct percentiles *p, double *low, double *high)
{
	*low = value_of(p->upper[0] << 16 | p->lower[0]);
	*high = value_of(p->upper[1] << 16 | p->lower[1]);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * The search goes over rows in order of their distance and ends when no row can be nearer than what
 * was found; within a row the nearest voxel comes from two bit scans of the 2 reach + 1 bits around. */
#include "truth/score_near.h"

#include "core/parallel.h"

#include <stdlib.h>
#include <string.h>

static int by_distance(const void *a, const void *b)
{
	const struct near_step *p = a, *q = b;

	if (p->square != q->square)
		return p->square < q->square ? -1 : 1;
	if (p->dz != q->dz)
		return p->dz < q->dz ? -1 : 1;
	return p->dy < q->dy ? -1 : p->dy > q->dy;
}

static enum err make_steps(struct near *n, struct arena *arena)
{
	int reach = (int)n->reach, side = 2 * reach + 1;

	NEED(n->steps = ARENA_NEW(arena, struct near_step, (int64_t)side * side));
	for (int dz = -reach; dz <= reach; dz++)
		for (int dy = -reach; dy <= reach; dy++)
			if (dz * dz + dy * dy <= reach * reach)
				n->steps[n->n_steps++] = (struct near_step){
					(int16_t)dz, (int16_t)dy, dz * dz + dy * dy};
	qsort(n->steps, (size_t)n->n_steps, sizeof(*n->steps), by_distance);
	return OK;
}

enum err near_new(
	struct near **near, int64_t nz, int64_t ny, int64_t nx, int64_t reach, struct arena *arena)
{
	struct near *n = ARENA_ZERO(arena, struct near, 1);

	NEED(*near = n);
	n->nz = nz;
	n->ny = ny;
	n->nx = nx;
	n->reach = reach;
	n->depth = 2 * reach + 1;
	n->words = (nx + 63) / 64 + 2;
	n->bins = reach * reach + 2;
	TRY(make_steps(n, arena));
	for (int side = 0; side < 2; side++) {
		NEED(n->bits[side] = ARENA_ZERO(arena, uint64_t, n->depth * ny * n->words));
		NEED(n->row_any[side] = ARENA_ZERO(arena, uint8_t, n->depth * ny));
		NEED(n->plane_any[side] = ARENA_ZERO(arena, bool, n->depth));
		NEED(n->count[side] = ARENA_ZERO(arena, int64_t, parallel_threads() * n->bins));
	}
	return OK;
}

void near_clear(struct near *n, int64_t z)
{
	int64_t slot = z % n->depth;

	for (int side = 0; side < 2; side++) {
		if (n->plane_any[side][slot])
			memset(n->bits[side] + slot * n->ny * n->words, 0,
				(size_t)(n->ny * n->words) * sizeof(uint64_t));
		memset(n->row_any[side] + slot * n->ny, 0, (size_t)n->ny);
		n->plane_any[side][slot] = false;
	}
}

static uint64_t *row_of(const struct near *n, int side, int64_t z, int64_t y)
{
	return n->bits[side] + (z % n->depth * n->ny + y) * n->words;
}

void near_set(struct near *n, enum score_side side, int64_t z, int64_t y, int64_t x)
{
	row_of(n, side, z, y)[1 + x / 64] |= (uint64_t)1 << (x % 64);
	n->row_any[side][z % n->depth * n->ny + y] = 1;
}

void near_done(struct near *n, int64_t z)
{
	int64_t slot = z % n->depth;

	for (int side = 0; side < 2; side++)
		n->plane_any[side][slot] =
			memchr(n->row_any[side] + slot * n->ny, 1, (size_t)n->ny) != NULL;
}

/* The 64 bits of a row from voxel x on; x > -64. */
static uint64_t bits_from(const uint64_t *row, int64_t x)
{
	int64_t at = x + 64, word = at / 64, shift = at % 64;

	return shift ? row[word] >> shift | row[word + 1] << (64 - shift) : row[word];
}

/* Distance along the row to the nearest voxel, beyond the reach: 64. */
static int64_t nearest(const uint64_t *row, int64_t x, int64_t reach)
{
	uint64_t window = bits_from(row, x - reach);
	uint64_t right = window >> reach, left = window & (((uint64_t)2 << reach) - 1);
	int64_t r = right ? __builtin_ctzll(right) : 64;
	int64_t l = left ? reach - (63 - __builtin_clzll(left)) : 64;

	return l < r ? l : r;
}

static int64_t search(const struct near *n, int other, int64_t z, int64_t y, int64_t x)
{
	int64_t best = n->reach * n->reach + 1, here = z % n->depth;

	for (int64_t i = 0; i < n->n_steps && n->steps[i].square < best; i++) {
		int64_t row = y + n->steps[i].dy, plane = z + n->steps[i].dz, d;
		int64_t slot = here + n->steps[i].dz;

		slot += slot < 0 ? n->depth : slot >= n->depth ? -n->depth : 0;
		if (row < 0 || row >= n->ny || plane < 0 || plane >= n->nz ||
			!n->row_any[other][slot * n->ny + row])
			continue;
		d = nearest(n->bits[other] + (slot * n->ny + row) * n->words, x, n->reach);
		d = d * d + n->steps[i].square;
		best = d < best ? d : best;
	}
	return best;
}

static bool any_near(const struct near *n, int side, int64_t z)
{
	int64_t first = z - n->reach < 0 ? 0 : z - n->reach;
	int64_t last = z + n->reach < n->nz ? z + n->reach : n->nz - 1;

	for (int64_t i = first; i <= last; i++)
		if (n->plane_any[side][i % n->depth])
			return true;
	return false;
}

static void query_side(struct near *n, int side, int64_t z, int64_t y, int64_t *count)
{
	const uint64_t *own = row_of(n, side, z, y), *other = row_of(n, !side, z, y);
	bool any = any_near(n, !side, z);

	for (int64_t word = 1; word < n->words - 1; word++) {
		uint64_t left = own[word] & ~other[word];

		count[0] += __builtin_popcountll(own[word] & other[word]);
		if (!any) {
			count[n->bins - 1] += __builtin_popcountll(left);
			continue;
		}
		for (; left; left &= left - 1)
			count[search(n, !side, z, y, (word - 1) * 64 + __builtin_ctzll(left))]++;
	}
}

void near_query(struct near *n, int64_t z, int64_t y, int thread)
{
	for (int side = 0; side < 2; side++)
		if (n->row_any[side][z % n->depth * n->ny + y])
			query_side(n, side, z, y, n->count[side] + thread * n->bins);
}

int64_t near_count(const struct near *n, enum score_side side, int64_t square)
{
	int64_t sum = 0;

	for (int t = 0; t < parallel_threads(); t++)
		sum += n->count[side][t * n->bins + square];
	return sum;
}

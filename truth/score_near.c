/* SPDX-License-Identifier: BSD-3-Clause
 * The search goes over rows in order of their distance and ends when no row can be nearer than what
 * was found; within a row the nearest voxel comes from two bit scans of the 2 reach + 1 bits around.
 * Where nothing is near, columns that are empty in all planes are found out first and passed over. */
#include "truth/score_near.h"

#include "core/parallel.h"

#include <stdatomic.h>
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
	n->depth = 2 * reach + 2; /* one more is being filled */
	n->words = (nx + 63) / 64 + 2;
	n->bins = reach * reach + 2;
	TRY(make_steps(n, arena));
	for (int side = 0; side < 2; side++) {
		NEED(n->bits[side] = ARENA_ZERO(arena, uint64_t, n->depth * ny * n->words));
		NEED(n->row_any[side] = ARENA_ZERO(arena, uint8_t, n->depth * ny));
		NEED(n->stack[side] = arena_zero(arena, ny * n->words, sizeof(*n->stack[side])));
		NEED(n->count[side] = ARENA_ZERO(arena, int64_t, parallel_threads() * n->bins));
	}
	return OK;
}

static uint64_t *row_of(const struct near *n, int side, int64_t z, int64_t y)
{
	return n->bits[side] + (z % n->depth * n->ny + y) * n->words;
}

void near_set(struct near *n, int side, int64_t z, int64_t y, int64_t x)
{
	row_of(n, side, z, y)[1 + x / 64] |= (uint64_t)1 << (x % 64);
	n->row_any[side][z % n->depth * n->ny + y] = 1;
}

/* The row's words that have voxels come to the stack, or go. */
static void add_to_stack(struct near *n, int side, int64_t z, int64_t y, int change)
{
	const uint64_t *row = row_of(n, side, z, y);
	_Atomic uint8_t *stack = n->stack[side] + y * n->words;

	for (int64_t i = 1; i < n->words - 1; i++)
		if (row[i])
			atomic_store_explicit(&stack[i],
				(uint8_t)(atomic_load_explicit(&stack[i], memory_order_relaxed) +
					  change),
				memory_order_relaxed);
}

void near_begin_row(struct near *n, int64_t z, int64_t y)
{
	for (int side = 0; side < 2; side++) {
		uint8_t *any = &n->row_any[side][z % n->depth * n->ny + y];

		if (!*any)
			continue;
		add_to_stack(n, side, z, y, -1);
		memset(row_of(n, side, z, y), 0, (size_t)n->words * sizeof(uint64_t));
		*any = 0;
	}
}

void near_end_row(struct near *n, int64_t z, int64_t y)
{
	for (int side = 0; side < 2; side++)
		if (n->row_any[side][z % n->depth * n->ny + y])
			add_to_stack(n, side, z, y, 1);
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

/* Of a row: which columns of words in which rows have anything in any plane. */
struct columns {
	int64_t first, last; /* words of a row that were asked about */
	uint64_t rows;	     /* bit reach + dy: there is something in row y + dy */
};

/* Within the reach of voxel x (and some more). Neighbouring voxels have the same answer. Planes that come
 * or go just now are not within the reach: a bit may be set for them, too, and does no harm. */
static void ask_columns(const struct near *n, int other, int64_t y, int64_t x, struct columns *c)
{
	int64_t first = 1 + (x < n->reach ? 0 : x - n->reach) / 64;
	int64_t last = 1 + (x + n->reach < n->nx ? x + n->reach : n->nx - 1) / 64;

	if (c->first == first && c->last == last)
		return;
	*c = (struct columns){first, last, 0};
	for (int64_t dy = -n->reach; dy <= n->reach; dy++) {
		const _Atomic uint8_t *stack = n->stack[other] + (y + dy) * n->words;

		if (y + dy < 0 || y + dy >= n->ny)
			continue;
		if (atomic_load_explicit(&stack[first], memory_order_relaxed) ||
			atomic_load_explicit(&stack[last], memory_order_relaxed))
			c->rows |= (uint64_t)1 << (dy + n->reach);
	}
}

/* Squared distance to the nearest voxel. */
static int64_t search(
	const struct near *n, int other, int64_t z, int64_t y, int64_t x, struct columns *c)
{
	enum { CLOSE = 9 }; /* squared: so far looking is cheaper than asking */
	int64_t best = n->reach * n->reach + 1, here = z % n->depth;
	uint64_t rows = ~(uint64_t)0;
	bool asked = false;

	for (int64_t i = 0; i < n->n_steps && n->steps[i].square < best && rows; i++) {
		int64_t row = y + n->steps[i].dy, plane = z + n->steps[i].dz, d;
		int64_t slot = here + n->steps[i].dz;

		if (!asked && n->steps[i].square > CLOSE) {
			ask_columns(n, other, y, x, c);
			rows = c->rows;
			asked = true;
		}
		slot += slot < 0 ? n->depth : slot >= n->depth ? -n->depth : 0;
		if (!(rows >> (n->steps[i].dy + n->reach) & 1) || row < 0 || row >= n->ny ||
			plane < 0 || plane >= n->nz || !n->row_any[other][slot * n->ny + row])
			continue;
		d = nearest(n->bits[other] + (slot * n->ny + row) * n->words, x, n->reach);
		d = d * d + n->steps[i].square;
		best = d < best ? d : best;
	}
	return best;
}

static void query_side(struct near *n, int side, int64_t z, int64_t y, int64_t *count)
{
	const uint64_t *own = row_of(n, side, z, y), *other = row_of(n, !side, z, y);
	struct columns columns = {0, 0, 0};

	for (int64_t word = 1; word < n->words - 1; word++) {
		uint64_t left = own[word] & ~other[word];

		count[0] += __builtin_popcountll(own[word] & other[word]);
		for (; left; left &= left - 1)
			count[search(n, !side, z, y, (word - 1) * 64 + __builtin_ctzll(left),
				&columns)]++;
	}
}

void near_query(struct near *n, int64_t z, int64_t y, int thread)
{
	for (int side = 0; side < 2; side++)
		if (n->row_any[side][z % n->depth * n->ny + y])
			query_side(n, side, z, y, n->count[side] + thread * n->bins);
}

int64_t near_count(const struct near *n, int side, int64_t square)
{
	int64_t sum = 0;

	for (int t = 0; t < parallel_threads(); t++)
		sum += n->count[side][t * n->bins + square];
	return sum;
}

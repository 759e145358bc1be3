/* SPDX-License-Identifier: BSD-3-Clause
 * Points and voxels in hash tables; see segment/cloud.h. */
#include "segment/cloud.h"

#include <math.h>
#include <string.h>

static uint64_t scatter(uint64_t key)
{
	key *= 0x9E3779B97F4A7C15u;
	return key ^ (key >> 29);
}

/* The slot of a key, or the free one where it would go. */
static int64_t slot_of(const uint64_t *table, int64_t slots, uint64_t key)
{
	int64_t i = (int64_t)(scatter(key) & (uint64_t)(slots - 1));

	while (table[i] != 0 && table[i] != key)
		i = (i + 1) & (slots - 1);
	return i;
}

static int64_t cell_of(float x)
{
	return (int64_t)floorf(x / CLOUD_CELL) + 1;
}

static uint64_t cell_key(int64_t z, int64_t y, int64_t x)
{
	return (uint64_t)(z << 42 | y << 21 | x) + 1;
}

static int64_t power_above(int64_t n)
{
	int64_t p = 16;

	while (p < n)
		p *= 2;
	return p;
}

struct input {
	const char *at;
	size_t stride;
};

static const float *point(const struct input *in, int64_t i)
{
	return (const float *)(const void *)(in->at + (size_t)i * in->stride);
}

/* Counts the points of each cell; slot[i] is that of point i. */
static void count_cells(struct cloud *c, const struct input *in, int64_t *slot)
{
	for (int64_t i = 0; i < c->n; i++) {
		const float *p = point(in, i);
		uint64_t key = cell_key(cell_of(p[0]), cell_of(p[1]), cell_of(p[2]));

		slot[i] = slot_of(c->key, c->slots, key);
		c->key[slot[i]] = key;
		c->range[slot[i]][1]++;
	}
}

static void place(struct cloud *c, const struct input *in, const int64_t *slot)
{
	int32_t next = 0;

	for (int64_t k = 0; k < c->slots; k++) {
		int32_t count = c->range[k][1];

		c->range[k][0] = c->range[k][1] = next;
		next += count;
	}
	for (int64_t i = 0; i < c->n; i++) {
		int32_t to = c->range[slot[i]][1]++;

		memcpy(c->at[to], point(in, i), sizeof(c->at[to]));
		c->item[to] = (int32_t)i;
	}
}

enum err cloud_new(struct cloud *c, const void *at, int64_t n, size_t stride, struct arena *arena)
{
	struct input in = {at, stride};
	struct arena_mark mark;
	int64_t *slot;

	if (n >= INT32_MAX)
		return fail(ERR_USAGE, "cloud: %lld points, but fewer than 2^31 are needed",
			(long long)n);
	*c = (struct cloud){.n = n, .slots = power_above(2 * n)};
	NEED(c->at = arena_alloc(arena, n + 1, sizeof(*c->at)));
	NEED(c->item = ARENA_NEW(arena, int32_t, n + 1));
	NEED(c->key = ARENA_ZERO(arena, uint64_t, c->slots));
	NEED(c->range = arena_zero(arena, c->slots, sizeof(*c->range)));
	mark = arena_mark(arena);
	NEED(slot = ARENA_NEW(arena, int64_t, n + 1));
	count_cells(c, &in, slot);
	place(c, &in, slot);
	arena_release(arena, mark);
	return OK;
}

int64_t cloud_near(
	const struct cloud *c, const float place[3], float radius, int32_t *found, int64_t room)
{
	int64_t low[3], high[3], n = 0;
	float most = radius * radius;

	for (int k = 0; k < 3; k++) {
		low[k] = cell_of(place[k] - radius);
		high[k] = cell_of(place[k] + radius);
		low[k] = low[k] < 0 ? 0 : low[k];
	}
	for (int64_t z = low[0]; z <= high[0]; z++)
		for (int64_t y = low[1]; y <= high[1]; y++)
			for (int64_t x = low[2]; x <= high[2]; x++) {
				int64_t s = slot_of(c->key, c->slots, cell_key(z, y, x));

				for (int32_t i = c->range[s][0]; i < c->range[s][1]; i++) {
					float dz = c->at[i][0] - place[0];
					float dy = c->at[i][1] - place[1];
					float dx = c->at[i][2] - place[2];

					if (dz * dz + dy * dy + dx * dx <= most && n < room)
						found[n++] = c->item[i];
				}
			}
	return n;
}

/* ------------------------------------------------------------------ voxels */

enum { SET_START = 1024, SET_OFFSET = 1000 };

static uint64_t voxel_key(const int32_t at[3])
{
	uint64_t key = 0;

	for (int k = 0; k < 3; k++)
		key = key << 21 | (uint64_t)((int64_t)at[k] + SET_OFFSET);
	return key + 1;
}

enum err voxel_set_new(struct voxel_set *set, struct arena *arena)
{
	*set = (struct voxel_set){.arena = arena, .slots = 2 * SET_START, .room = SET_START};
	NEED(set->key = ARENA_ZERO(arena, uint64_t, set->slots));
	NEED(set->at = arena_alloc(arena, set->room, sizeof(*set->at)));
	return OK;
}

bool voxel_set_has(const struct voxel_set *set, const int32_t at[3])
{
	return set->key[slot_of(set->key, set->slots, voxel_key(at))] != 0;
}

static enum err grow(struct voxel_set *set)
{
	struct voxel_set more = {
		.arena = set->arena, .n = set->n, .slots = 2 * set->slots, .room = 2 * set->room};

	NEED(more.key = ARENA_ZERO(set->arena, uint64_t, more.slots));
	NEED(more.at = arena_alloc(set->arena, more.room, sizeof(*more.at)));
	memcpy(more.at, set->at, (size_t)set->n * sizeof(*set->at));
	for (int64_t i = 0; i < set->n; i++) {
		uint64_t key = voxel_key(more.at[i]);

		more.key[slot_of(more.key, more.slots, key)] = key;
	}
	*set = more;
	return OK;
}

enum err voxel_set_put(struct voxel_set *set, const int32_t at[3], bool *is_new)
{
	uint64_t key = voxel_key(at);
	int64_t slot;

	if (set->n == set->room)
		TRY(grow(set));
	slot = slot_of(set->key, set->slots, key);
	*is_new = set->key[slot] == 0;
	if (!*is_new)
		return OK;
	set->key[slot] = key;
	memcpy(set->at[set->n++], at, sizeof(*set->at));
	return OK;
}

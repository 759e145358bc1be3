/* SPDX-License-Identifier: BSD-3-Clause
 * Points in space, found by place: in cells of CLOUD_CELL voxels, kept in a hash table, so that memory goes with
 * the points and not with the volume. Coordinates from -CLOUD_CELL to 2^22. */
#ifndef SEGMENT_CLOUD_H
#define SEGMENT_CLOUD_H

#include "core/arena.h"
#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

enum { CLOUD_CELL = 4 };

struct cloud {
	int64_t n;
	float (*at)[3]; /* z, y, x in order of cells */
	int32_t *item;	/* number of the point there */
	int64_t slots;	/* of the table, a power of two */
	uint64_t *key;	/* of the cell in a slot; 0: free */
	int32_t (*range)[2];
};

/* at: n points (ERR_USAGE from 2^31 on), `stride` bytes apart, each beginning with three floats. 36 bytes a point and up
 * to 32 a cell, in the arena. */
enum err cloud_new(
	struct cloud *cloud, const void *at, int64_t n, size_t stride, struct arena *arena);

/* Numbers of points within `radius` of a place, at most `room` of them; by cells in raster order, in a cell by
 * number. */
int64_t cloud_near(const struct cloud *cloud, const float place[3], float radius, int32_t *found,
	int64_t room);

/* Whole numbers, each once, in the order in which they were put. */
struct voxel_set {
	struct arena *arena;
	int64_t n, slots, room;
	uint64_t *key;
	int32_t (*at)[3];
};

enum err voxel_set_new(struct voxel_set *set, struct arena *arena);
bool voxel_set_has(const struct voxel_set *set, const int32_t at[3]);
/* Coordinates from -1000 to 2^21 - 1001. 44 bytes a voxel at most, twice that while it grows. */
enum err voxel_set_put(struct voxel_set *set, const int32_t at[3], bool *is_new);

#endif

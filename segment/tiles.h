/* SPDX-License-Identifier: BSD-3-Clause
 * Functions of the 27 voxels about each: the slab is walked in tiles, each along z, with three planes of the
 * tile at hand in rows that go on by a voxel on every side, mirrored at the faces of the volume
 * (c b a | a b c). */
#ifndef SEGMENT_TILES_H
#define SEGMENT_TILES_H

#include "core/arena.h"
#include "segment/slab.h"

/* TILE_EDGE: floats of a row before its first voxel, so that this one is aligned. */
enum {
	TILE_ROWS = 32,
	TILE_COLUMNS = 256,
	TILE_EDGE = 16,
	TILE_STRIDE = TILE_COLUMNS + 3 * TILE_EDGE
};

struct tile {
	/* Planes z - 1, z, z + 1 at voxel (y, x); rows and columns -1 and one beyond the end hold values too.
	 * Rows are TILE_STRIDE apart, and up to TILE_COLUMNS readable, whatever n is. */
	const float *plane[3];
	int64_t z, y, x; /* of the volume */
	int64_t rows, n; /* of the tile: voxels in y and x */
	int64_t out;	 /* index of its first voxel in the output, planes z0 to z1 */
	void *space;	 /* the thread's scratch, as much as was asked for, 64-byte aligned */
};

typedef void tile_do(void *context, const struct tile *tile);

/* Calls tile_do for each plane of each tile, from any thread. in: planes p0 to p1. ERR_USAGE when the halo of
 * one plane is missing. Scratch: 130 KB and `space` bytes a thread. */
enum err tiles_walk(const struct slab *slab, const float *in, tile_do *work, void *context,
	int64_t space, struct arena *scratch, const char *what);

#endif

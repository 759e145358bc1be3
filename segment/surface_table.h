/* SPDX-License-Identifier: BSD-3-Clause
 * The triangles of a cell of 2 x 2 x 2 voxels; see segment/surface.h. Corner k lies at x = k & 1, y = k >> 1 & 1,
 * z = k >> 2. An edge runs along axis a (0 x, 1 y, 2 z) from a corner; its number is 4 a + the other two bits of that
 * corner, the lower axis first. */
#ifndef SEGMENT_SURFACE_TABLE_H
#define SEGMENT_SURFACE_TABLE_H

#include <stdint.h>

struct surface_table {
	uint8_t n[256]; /* triangles */
	uint8_t edge[256][5][3];
};

/* Corner from which an edge starts, and its axis. */
int surface_edge_corner(int edge);
static inline int surface_edge_axis(int edge)
{
	return edge >> 2;
}

void surface_table_fill(struct surface_table *table);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Connected components of a mask, by runs along x and union-find. The mask comes slab by slab, each voxel
 * once; what is kept are the runs, 8 bytes each, and 4 bytes a line, so that a volume of any size can be
 * labelled and painted afterwards.
 *
 * Components are numbered from 1 in the order of their first voxels (z, then y, then x), whatever the slabs
 * and threads. Counts are 64-bit; at most 2^32 - 2 components.
 * Run-based labelling: L. He, Y. Chao, K. Suzuki, IEEE Trans. Image Process. 17 (2008) 749,
 * DOI 10.1109/TIP.2008.919369. */
#ifndef SEGMENT_COMPONENTS_H
#define SEGMENT_COMPONENTS_H

#include "core/arena.h"
#include "segment/slab.h"

struct component {
	int64_t voxels;
	int64_t sum[3];		 /* of z, y and x over the voxels: centroid times voxels */
	int32_t low[3], high[3]; /* bounding box in z, y, x: low <= index < high */
};

struct components;

/* Planes of ny x nx, at most 65535 each way (ERR_USAGE). connectivity: 6 (faces) or 26 (faces, edges and
 * corners). Everything lives in the arena; *out is the new labelling. */
enum err components_new(struct components **out, int64_t ny, int64_t nx, int connectivity,
	struct label_range object, struct arena *arena);

/* The next n planes. Costs 4 bytes a line, 8 bytes a run and about 60 bytes for a component of a block of
 * 16 planes. */
enum err components_add(struct components *c, const uint8_t *planes, int64_t n);

/* After the last plane: numbers the components. */
enum err components_finish(struct components *c);
int64_t components_count(const struct components *c);
/* Component k is at [k - 1]. */
const struct component *components_list(const struct components *c);

/* labels (n, ny, nx) of planes z to z + n: component numbers, 0 outside. After components_finish(). */
enum err components_paint(const struct components *c, int64_t z, int64_t n, uint32_t *labels);
/* Sets the voxels of component k to value[k - 1]; other voxels of `planes` stay. */
enum err components_mark(
	const struct components *c, int64_t z, int64_t n, const uint8_t *value, uint8_t *planes);

#endif

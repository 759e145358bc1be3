/* SPDX-License-Identifier: BSD-3-Clause
 * Volume, surface and Euler number of an object from the counts of its 2 x 2 x 2 configurations: J. Ohser,
 * F. Muecklich, Statistical Analysis of Microstructures in Materials Science (Wiley 2000); weights of the
 * 13 directions as in D. Legland, I. Arganda-Carreras, P. Andrey, Bioinformatics 32 (2016) 3532,
 * DOI 10.1093/bioinformatics/btw413. */
#ifndef SEGMENT_CELLS_H
#define SEGMENT_CELLS_H

#include "core/arena.h"
#include "segment/slab.h"

#include <stdbool.h>

/* n[c]: cells whose voxel at (z + dz, y + dy, x + dx) is of the object where bit 4 dx + 2 dz + dy of c is set. */
struct cells {
	int64_t n[256];
};

/* Adds the cells between planes z and z + 1 for z0 <= z < z1, so that slabs add up to the volume. labels: planes
 * p0 to p1 with a halo of one plane. Beyond its faces the volume has no object; inside: cells with a voxel
 * beyond them are left out. */
enum err cells_count(const struct slab *slab, const uint8_t *labels, struct label_range object,
	bool inside, struct cells *cells, struct arena *scratch);

/* Voxels of the object, of cells counted with those beyond the faces. */
int64_t cells_volume(const struct cells *cells);

/* Surface by Crofton's formula over 13 directions, in voxel faces. On average over directions unbiased; a plane
 * square to an axis reads 7.3 % low, others within 3 %. Faces of the volume count as surface, unless
 * `inside`. */
double cells_area(const struct cells *cells);

/* Pieces - tunnels + cavities, of the object with 26 neighbours (its background has 6), or with 6. A fraction of
 * 8 when cells were counted inside only. */
double cells_euler(const struct cells *cells, int connectivity);

#endif

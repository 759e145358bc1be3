/* SPDX-License-Identifier: BSD-3-Clause
 * Area of the surface between two labels: every voxel face between them counts with the component of the surface's
 * normal along its axis, which makes a staircase as large as the plane it stands for. The normal is the
 * gradient of the first label's indicator, smoothed by a Gaussian of 2 voxels, mean of the two voxels.
 * Sums of estimated normals over faces: D. Coeurjolly, F. Flin, O. Teytaud, L. Tougne, Lecture Notes in Computer
 * Science 2616 (2003) 101. */
#ifndef SEGMENT_FACES_H
#define SEGMENT_FACES_H

#include "core/arena.h"
#include "segment/slab.h"

/* smooth: gaussian_indicator() of object a. labels and smooth: planes p0 to p1, with a halo of two planes. area:
 * for planes z0 to z1, of faces in plane z and between z and z + 1, in voxel faces; add them up in the order of
 * planes to get the same last digit for any slabs. Faces of the volume do not count. The ranges must not
 * meet (ERR_USAGE). */
enum err faces_area(const struct slab *slab, const uint8_t *labels, struct label_range a,
	struct label_range b, const float *smooth, double *area, struct arena *scratch);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * The truth, voxel by voxel: labels, how much of each voxel its label's material fills, attenuation, and
 * the volumes added up. Heights within a voxel are exact; across it columns stand 2 x 2 at the interface
 * and the crack, 6 x 6 at other edges: partial volumes are right to 0.5 % (r.m.s.), at worst to 10 % where
 * walls stand upright, and to 35 % where a crack ends or liquid in it does.
 *
 * A voxel is crack where crack fills half of it, or where the middle of the sheet passes through at least two
 * of its four columns: cracks thinner than a voxel are sheets one voxel thick. Else its label is that
 * of the largest share. Closed pores are part of the ceramic, but lower its fraction. Outside the circle
 * as wide as the volume all is LABEL_OUTSIDE. */
#ifndef TRUTH_VOXELS_H
#define TRUTH_VOXELS_H

#include "core/metrics.h"
#include "truth/cell_scan.h"

enum { VOXEL_APERTURE = 16 }; /* steps a px */

struct voxel_plane {
	uint8_t *label, *fraction; /* size x size; fraction 0 to 255 */
	float *mu;		   /* 1/px, or NULL */
	double volume[N_LABELS];   /* px^3 in the circle; pores count as ceramic */
	double pores;		   /* px^3 of them */
	/* size x size, or NULL: of voxels that are crack the aperture across the sheet, in 1/16 px (at
	 * least 1, at most 255); of others 0 */
	uint8_t *aperture;
};

/* The plane of detector row `row`. Any thread, any order; arena: scratch of that thread. */
enum err voxels_plane(
	const struct cell_scan *scan, int64_t row, struct voxel_plane *plane, struct arena *arena);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * One bubble in a block of voxels around it. Volume by partial volumes: the sum of (liquid - f) / (liquid - gas) over the
 * bubble and three voxels around it, with the liquid's level from a shell beyond; voxels near solids or other
 * gas, whose values these would change, count by their label alone. Surface by faces with normals
 * (segment/faces.h).
 *
 * Smoothing makes a ball's contour shrink, by sigma^2 / r. So the labels are set anew: of the voxels in the sum, the
 * darkest, as many as the volume has. */
#ifndef SEGMENT_BUBBLES_H
#define SEGMENT_BUBBLES_H

#include "core/arena.h"
#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	BUBBLE_HALO = 8
}; /* voxels that the block reaches beyond the bubble's box, or to the volume's side */

struct bubble_block {
	int64_t n[3];	 /* planes, rows, columns */
	uint8_t *labels; /* enum label; the bubble's voxels afterwards are those of its volume */
	const float *values;	 /* not smoothed, 1/cm */
	int64_t low[3], high[3]; /* the bubble's box within the block */
	int64_t voxels;		 /* of the bubble, 26-connected, label LABEL_VOID */
	double liquid,
		gas; /* level, and expected contrast (liquid - gas), where they cannot be measured */
	double noise;	   /* of a voxel */
	double correlated; /* variance of a sum of n voxels over n noise^2 */
};

struct bubble_shape {
	double volume, volume_sd, area, sphericity, sphericity_sd; /* voxels */
	bool touches;	  /* the ceramic, within 2 voxels */
	double contrast;  /* used, liquid - gas */
	int64_t labelled; /* voxels of the bubble now */
	int64_t core;	  /* voxels that measured the gas; 0: the expected contrast was taken */
};

/* ERR_FAILED: no such bubble in the block. */
enum err bubble_measure(
	const struct bubble_block *block, struct bubble_shape *shape, struct arena *scratch);

#endif

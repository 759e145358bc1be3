/* SPDX-License-Identifier: BSD-3-Clause
 * Shared by segment/forest_grow.c, which prepares samples and judges the forest, and segment/forest_tree.c, which
 * grows one tree. */
#ifndef SEGMENT_FOREST_PARTS_H
#define SEGMENT_FOREST_PARTS_H

#include "segment/forest.h"

struct sorted_sample {
	uint32_t place, index;
	uint8_t class;
};

struct growing {
	struct forest *forest;
	const struct forest_samples *samples;
	const struct forest_growing *how;
	const uint8_t *bins;	     /* (features, n) */
	struct sorted_sample *order; /* by class, then by place */
	int64_t *unit;	  /* first in that order of each draw: one class, one place; n_units + 1 */
	int64_t *unit_of; /* sample -> draw */
	int64_t first[FOREST_CLASSES + 1]; /* draw of each class */
	int64_t n_units;
	double weight[FOREST_CLASSES]; /* of a sample */
	uint8_t *drawn;		       /* (trees, n_units): is it in the tree */
	double *sorted_out;	       /* (trees, features) */
};

/* Tree t: its nodes, what was drawn, what its branches sort out. */
enum err forest_tree(const struct growing *g, int64_t t);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * A random forest: many decision trees, each grown on another draw of the samples, with another few features at each
 * branch; their leaves' shares of the classes are averaged. L. Breiman, Mach. Learn. 45 (2001) 5,
 * DOI 10.1023/A:1010933404324. Features are looked at in 256 bins of about as many samples each.
 *
 * A forest is its numbers: packed, stored and read back it gives the same labels. It is grown from a seed, so that the same
 * samples give the same forest, for any number of threads. */
#ifndef SEGMENT_FOREST_H
#define SEGMENT_FOREST_H

#include "core/arena.h"
#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

/* FOREST_CELLS: cells of equal width that a feature's range is cut into, each in one of the bins; FOREST_BLOCK: samples
 * that are looked at at once. */
enum {
	FOREST_CELLS = 4096,
	FOREST_BLOCK = 2048,
	FOREST_CLASSES = 254,
	FOREST_TREES = 500,
	FOREST_DEPTH = 16,
	FOREST_FEATURES = 64
};

/* Grey values as the features take them: (value - zero) / (one - zero). */
enum forest_grey { GREY_VALUES, GREY_PERCENTILES };

struct forest_bins {
	float low, cells; /* where the range begins; cells a unit */
	uint8_t bin[FOREST_CELLS];
};

struct forest_tree {
	int64_t n_nodes, depth;
	uint32_t *
		node; /* feature, bin (8 bits each), first child (16): it goes to the first child where
			  * the feature's bin is not above that bin, else to the one after it. A leaf is its own
			  * child, with bin 255 */
	uint16_t *share; /* (n_nodes, classes): of each class, 65535 in all but for rounding */
	struct arena *arena;
};

struct forest {
	int64_t scales, n_features, n_classes, n_trees;
	enum forest_grey grey;
	double zero, one; /* grey values of the volume that it was trained on */
	double voxel_um;  /* of that volume; NAN: unknown */
	const char *units;
	uint8_t value[FOREST_CLASSES];	  /* label of each class, ascending */
	const char *name[FOREST_CLASSES]; /* without blanks and commas */
	struct forest_bins *bins;	  /* of each feature */
	struct forest_tree *tree;
};

void forest_free(struct forest *forest); /* its trees; the rest is the arena's */

/* Bins of n values of a feature. */
void forest_bin(const struct forest_bins *bins, const float *values, int64_t n, uint8_t *out);

/* Classes of n samples, their bins in rows, one a feature, `stride` bytes apart. vote: the class's place among
 * the classes; sure: its share of the trees' votes, 255 is all. Equal votes: the first. Scratch of the caller: (classes)
 * * FOREST_BLOCK numbers. */
void forest_classify(const struct forest *forest, const uint8_t *bins, int64_t stride, int64_t n,
	uint32_t *scratch, uint8_t *vote, uint8_t *sure);

/* ---- training */

struct forest_samples {
	int64_t n;
	float *values;	 /* (features, n) */
	uint8_t *class;	 /* place among the classes */
	uint32_t *place; /* samples of one place are drawn together, since neighbours are alike */
};

struct forest_growing {
	int64_t trees, depth; /* 1 to FOREST_TREES, 1 to FOREST_DEPTH */
	uint64_t seed;
};

struct forest_report {
	/* Of samples, by the trees that were grown without their place: (true class, class voted for). */
	int64_t *confusion;
	int64_t *unjudged;  /* of each class: in all trees, since it is all in one place */
	int64_t *places;    /* of each class */
	double *importance; /* of each feature: share of what branches by it sort out */
};

/* Grows the trees of a forest whose n_features, n_classes are set; the classes weigh the same, however many samples
 * they have. ERR_USAGE: numbers out of range, a class without samples. */
enum err forest_grow(struct forest *forest, const struct forest_samples *samples,
	const struct forest_growing *how, struct forest_report *report, struct arena *arena);

/* ---- in a file: lines of text, then numbers, little-endian; segment/forest_pack.c */

enum err forest_pack(const struct forest *forest, uint8_t **bytes, int64_t *n, struct arena *arena);
/* ERR_INPUT: `name` is not a forest that this program understands, or is damaged. */
enum err forest_unpack(struct forest *forest, const char *name, const uint8_t *bytes, int64_t n,
	struct arena *arena);

#endif

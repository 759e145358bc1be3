/* SPDX-License-Identifier: BSD-3-Clause
 * How right a label volume is, voxel by voxel, against the true one. Shares no code with segmentation.
 * Two volumes stream through in planes; memory: some 100 planes of bytes, whatever their number. All
 * sums are of whole numbers: the result depends neither on threads nor on how many planes are read at once.
 *
 * Boundaries are voxels of a phase with one of six neighbours of another phase; the volume's own sides and
 * the outside (label 0) make none. Distances are Euclidean, between voxel centres, exact up to
 * SCORE_REACH. Symmetric surface distances as usual for segmentations (Taha and Hanbury 2015,
 * doi:10.1186/s12880-015-0068-x): the mean is over the boundary voxels of both, the 95 % distance is the larger
 * of the two directed ones. */
#ifndef TRUTH_SCORE_H
#define TRUTH_SCORE_H

#include "core/arena.h"
#include "core/error.h"
#include "truth/score_bubbles.h"
#include "truth/score_near.h"
#include "truth/score_round.h"
#include "truth/score_sheet.h"
#include "truth/score_shift.h"

#include <stdbool.h>
#include <stdint.h>

enum { SCORE_REACH = 16, SCORE_LABELS = 16 }; /* voxels; different labels at most */

/* A label volume that is read in order, by one thread. */
struct score_volume {
	const char *name;
	int64_t nz, ny, nx;
	int64_t first_row; /* detector row of plane 0; -1: unknown */
	double voxel_um;   /* NAN: unknown */
	int64_t depth;	   /* planes that are read best at once */
	void *context;
	enum err (*read)(void *context, int64_t z0, int64_t n, uint8_t *out);
};

struct score_setup {
	const struct score_volume *side[2];  /* SCORE_TRUTH, SCORE_FOUND */
	const struct score_volume *aperture; /* of the truth, as the truth lies; NULL: not known */
	int64_t begin[2][3];		     /* first plane, row, column scored, of each */
	int64_t n[3];			     /* planes, rows, columns scored */
	int64_t min_voxels;		     /* of a bubble */
	int64_t search;			     /* of the shift, voxels */
	int64_t slab;			     /* planes read at once; 0: what suits the files */
	double mask; /* radius of the circle scored, as a share of half the width; NAN: all */
	bool (*stop)(void);		/* may be NULL */
	void (*progress)(int64_t done); /* after each plane; may be NULL */
};

/* Sets begin and n to the rows that both have. Sides with equal numbers of planes of which one does not
 * know its rows are taken as they are. ERR_INPUT: sizes or voxels differ, no row in common. */
enum err score_align(struct score_setup *setup);
/* Moves the found volume by -whole, so that what lay `whole` from the truth lies on it; what has no
 * partner then is left out. */
void score_move(struct score_setup *setup, const int64_t whole[3]);

struct score_boundary {
	int64_t n_truth, n_found; /* boundary voxels */
	int64_t beyond;		  /* of both: farther than SCORE_REACH, counted as that */
	double mean, most95;	  /* voxels; NAN: no boundary in either */
};

struct score_phase {
	int label;
	int64_t n_truth, n_found, n_both; /* voxels */
	double dice, iou;		  /* NAN: in neither volume */
	double volume_error;		  /* (found - truth) / truth; NAN: not in truth */
	struct score_boundary boundary;
};

/* Thin sheets: by the neighbourhood. */
enum { CRACK_NEAR = 3, CRACK_REACH = 7 };
extern const int64_t crack_near[CRACK_NEAR]; /* 2, 3, 7 voxels */
struct score_crack {
	const char *name; /* "all", "crack", "crack_nak" */
	int64_t n_truth, n_found;
	double truth_found
		[CRACK_NEAR]; /* share of true voxels with a found one so near; NAN: none */
	double found_true[CRACK_NEAR];
};
enum { CRACK_ALL, CRACK_EMPTY, CRACK_FILLED, CRACK_KINDS };

/* Bubbles of radius 5 voxels and more, films of gas taken off (truth/score_round.h). Dice is of the true ones of that
 * size with the found pieces that overlap them or are of that size. */
struct score_large {
	struct score_bubbles bubbles;
	int64_t n_truth, n_found, n_both; /* voxels */
	double dice;			  /* NAN: none in either */
};

struct score {
	int64_t n[3];
	int n_labels;
	uint8_t label[SCORE_LABELS];		       /* that are there, ascending */
	int64_t confusion[SCORE_LABELS][SCORE_LABELS]; /* voxels: truth, found */
	int64_t n_inside;			       /* voxels not outside in both */
	double agreement;			       /* share of those with equal labels */
	int n_phases;
	struct score_phase *phases; /* the N_LABELS known ones, then others that are there */
	struct score_crack crack[CRACK_KINDS];
	struct score_bubbles bubbles;
	struct score_large large;
	struct score_sheet sheet;
	struct score_shift shift;
};

/* ERR_INPUT: reading failed, or too many different values to be labels. ERR_INTERRUPTED. */
enum err score_labels(struct score *score, const struct score_setup *setup, struct arena *arena);

/* The shift alone, in a pass of its own. */
enum err score_offset(
	struct score_shift *shift, const struct score_setup *setup, struct arena *arena);

#endif

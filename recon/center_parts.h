/* SPDX-License-Identifier: BSD-3-Clause
 * What the methods of the centre search share; private to recon/center*.c.
 * A method first reduces each row to a small state (its own struct), then gives a cost for any
 * candidate centre: 0 is a perfect match, larger is worse, independent of the row's contrast. */
#ifndef RECON_CENTER_PARTS_H
#define RECON_CENTER_PARTS_H

#include "recon/center.h"

#include <complex.h>
#include <stdbool.h>

/* A gap of more than this many steps where half a turn should close is not bridged. */
#define SEAM_STEPS 2.5

/* Angles and search range, the same for all rows. */
struct center_plan {
	int64_t n_col, n_view; /* views after sorting and dropping repeated angles */
	const int64_t *order;  /* projection of view i */
	const double *t;       /* its angle, radians, ascending from 0 */
	double step, span;     /* median step; t of the last view */
	bool pairs;	       /* enough views half a turn apart to need no seam */
	double low, high;      /* candidate centres, px */
	int64_t bin;	       /* columns averaged in the coarse search */
};

/* One row: attenuation, views sorted, spikes and narrow stripes removed; n_view rows of n_col. */
struct views {
	float *data;
};

enum err center_plan_make(struct center_plan *plan, const struct settings *settings,
	const struct geometry *g, struct arena *arena);
enum err center_views(struct views *views, const struct center_plan *plan, struct sinogram sino,
	struct arena *scratch);

/* Costs at first + i * step. */
struct curve {
	int64_t n;
	double first, step;
	double *cost;
};

struct vo_state {
	int64_t n_harmonic, n_col; /* of the fine data */
	int64_t n_coarse, n_col_coarse;
	const int64_t *harmonic, *coarse_harmonic;
	float complex *fine, *coarse; /* harmonic by column */
	double pixel;		      /* columns of the detector in one coarse column */
};

/* false: the angles do not allow the method. */
bool vo_possible(const struct center_plan *plan);
enum err vo_prepare(struct vo_state *state, const struct center_plan *plan,
	const struct views *views, struct arena *keep, struct arena *scratch);
enum err vo_curve(
	const struct vo_state *state, bool coarse, struct curve *curve, struct arena *scratch);

struct correlation_state {
	int n_pair;
	double margin;	     /* columns at both ends that the filter spoils */
	float *left, *right; /* n_pair rows of n_col: right mirrored about the centre is left */
};

enum err correlation_prepare(struct correlation_state *state, const struct center_plan *plan,
	const struct views *views, struct arena *keep, struct arena *scratch);
void correlation_curve(
	const struct correlation_state *state, const struct center_plan *plan, struct curve *curve);

/* What the coarse search says, for the verdict. */
struct evidence {
	double start;		 /* px: the best of all rows and methods together */
	double depth;		 /* 0..1, of that */
	double vo, correlation;	 /* px: the best of each alone; NAN: not tried */
	const double *own;	 /* px: each row's own best */
	const double *own_depth; /* 0..1 */
};

/* From the rows' vo and correlation to everything else in the result. */
enum err center_judge(struct center_result *result, const struct center_plan *plan,
	const struct evidence *evidence, struct arena *arena);

double center_median(double *values, int64_t n); /* sorts them; NAN when n is 0 */

#endif

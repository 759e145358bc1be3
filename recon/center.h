/* SPDX-License-Identifier: BSD-3-Clause
 * Rotation centre from a few sinograms, by two methods that fail differently and are compared:
 *
 * vo           continuity of the 360 degree sinogram made by mirroring (N. T. Vo et al., Opt.
 *              Express 22, 19078 (2014), doi:10.1364/OE.22.019078), here restricted to the columns
 *              that both halves see, so that objects wider than the detector keep working, and
 *              normalised to 0 (continuous) .. about 0.65 (unrelated)
 * correlation  views half a turn apart, one mirrored, by normalised cross-correlation; where the set
 *              has no exact pair, both sides are extrapolated to a common angle across the seam
 *
 * Measured angles are used as measured, in any order. What was measured stands in docs/centre.md. */
#ifndef RECON_CENTER_H
#define RECON_CENTER_H

#include "recon/stage.h"

#include <stdbool.h>

struct center_row {
	double row, value, weight; /* px; weight 0..1: how well this row determines its centre */
	double vo, correlation;	   /* px, NAN: not tried */
	bool used;		   /* false: rejected as empty or as an outlier */
};

/* One method over all rows. */
struct center_method_result {
	double value, spread; /* px: median over rows, robust standard deviation; NAN: not tried */
	double depth;	      /* 0..1: how much its best centre stands out from all others */
};

struct center_result {
	double center;	     /* 0-based column of the frame given, pixel centres are integers */
	double row;	     /* the row where `center` holds (matters with a slope) */
	double spread_px;    /* robust standard deviation over rows and methods */
	double slope;	     /* px a row; 0 unless significant */
	double tilt_deg;     /* atan(slope) */
	double agreement_px; /* |vo - correlation|; NAN with one method */
	double confidence;   /* 0..1; below CENTER_SURE the verdict is "doubtful" */
	const char *verdict; /* "sure" or "doubtful" */
	const char *reason;  /* a sentence for people */
	int n_rows;
	struct center_row *rows;
	struct center_method_result vo, correlation;
};

#define CENTER_SURE 0.5

/* n sinograms (transmission: normalised, zingers removed, neither rings removed nor log) of the
 * detector rows rows[]; they are not changed. geometry: n_angle, n_col and angle are used. The
 * search covers settings->center.search of the width either side of the middle, and the whole width
 * for scans over more than 200 degrees. Rows run in parallel; the result does not depend on the
 * number of threads. ERR_INPUT when the shapes do not fit; a poor answer is no error but a verdict. */
enum err center_find(struct center_result *result, const struct settings *settings,
	const struct geometry *geometry, const struct sinogram *sinos, const double *rows, int n,
	struct arena *arena);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * The audit of an acquisition: can this scan be trusted? Counts frames and angles, looks for gaps,
 * repeats and reversals of the sweep, beam loss, saturation, dead and hot pixels, flats that do not
 * fit. Large scans are sampled; what was sampled is said. */
#ifndef IO_AUDIT_H
#define IO_AUDIT_H

#include "io/scan.h"

#include <stdbool.h>

enum { MAX_FINDINGS = 32 };

struct finding {
	bool serious;	  /* the scan should not be used as it is */
	const char *code; /* "angle_gap", for programs */
	char text[256];	  /* a sentence for people, no full stop */
};

struct audit {
	const struct scan *scan;
	/* angles, in degrees */
	double first, last, span, step, worst_step_error; /* step: median; error: in steps */
	int64_t repeated, gaps, missing, reversals;
	int direction;	 /* +1, -1 */
	bool closes_180; /* the last view repeats the first, mirrored */
	/* pixels of the flats and darks */
	int64_t dead, hot, zero_flats, pixels;
	double flat_level, dark_level, flat_ratio; /* ratio: last group over first */
	/* projections */
	int64_t sampled_frames, sampled_rows;
	double *intensity; /* mean of (projection - dark) / (flat - dark), sampled frames */
	double *frame;	   /* the index of each sampled frame */
	int64_t saturated; /* sampled values at the largest number of the type */
	int64_t not_finite;
	double transmission_low, transmission_high; /* 0.1 and 99.9 percent of the sampled values */
	/* pictures: three projections (transmission where flats exist) and the sinogram between them */
	const float *projection[3];
	int64_t projection_index[3];
	float *sinogram; /* sampled_frames x n_col, of the middle row */
	int n_findings;
	struct finding findings[MAX_FINDINGS];
};

enum err audit_scan(struct audit *audit, struct scan *scan, struct arena *arena);

/* One JSON object (without the pictures), as text. */
enum err audit_json(const struct audit *audit, struct arena *arena, char **text);

#endif

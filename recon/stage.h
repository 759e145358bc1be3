/* SPDX-License-Identifier: BSD-3-Clause
 * A stage of sinogram processing is one constant. The engine runs the stages of one detector row one
 * after the other on one thread, many rows at once; no stage contains a thread.
 *
 * A sinogram is n_angle rows of n_col floats; row i starts at data + i * stride. Sinogram
 * stages before `log` see transmission (flat-fielded intensity, about 0 to 1), later ones
 * line integrals of attenuation (dimensionless). */
#ifndef RECON_STAGE_H
#define RECON_STAGE_H

#include "config/settings.h"
#include "core/arena.h"
#include "core/error.h"

#include <stdint.h>

struct sinogram {
	float *data;
	int64_t n_angle, n_col, stride;
};

static inline float *sinogram_row(struct sinogram s, int64_t i)
{
	return s.data + i * s.stride;
}

/* What is counted per slice and reported; names and meanings in recon/stage.c. */
enum count {
	COUNT_UNUSABLE_FLAT, /* pixels x projections replaced: flat - dark not above 0, or not finite */
	COUNT_NOT_FINITE,   /* raw values that were NaN or infinite, replaced */
	COUNT_ZINGERS,	    /* values replaced as zingers */
	COUNT_RING_COLUMNS, /* columns interpolated or replaced by ring removal */
	COUNT_CLIPPED,	    /* transmissions raised to log.floor */
	N_COUNTS,
};
struct counts {
	int64_t n[N_COUNTS];
};
extern const char *const count_names[N_COUNTS]; /* "unusable_flat", ... for files and JSON */
extern const char *const count_texts[N_COUNTS]; /* a sentence each, for people */

/* What the whole scan looks like to the stages, after cropping and binning. */
struct geometry {
	int64_t n_angle, n_col;
	const double *angle; /* radians, measured, in the order of the projections */
	double center;	     /* column of the rotation axis in this (cropped, binned) frame */
	double center_slope; /* px per row (binned), 0: not followed */
	double center_row;   /* the (binned, full-detector) row where `center` holds */
	double pixel_um;     /* after binning; NAN: unknown */
	double energy_kev, distance_mm; /* NAN: unknown */
};

struct stage {
	const char *name; /* also the section of its options */
	/* Is it switched on? */
	bool (*active)(const struct settings *s);
	/* Settings against the real shape: ERR_USAGE or ERR_INPUT with a sentence. May be NULL. */
	enum err (*check)(const struct settings *s, const struct geometry *g);
	/* Scratch bytes that one apply() takes from its arena, for the memory plan. */
	int64_t (*scratch)(const struct settings *s, const struct geometry *g);
	/* One sinogram, in place. Counts are added to, never cleared. */
	enum err (*apply)(const struct settings *s, const struct geometry *g, struct sinogram sino,
		struct arena *scratch, struct counts *counts);
};

extern const struct stage stage_zinger, stage_rings, stage_phase_ratio, stage_log, stage_hardening;

/* All of them in the order they are applied; ends with NULL. */
extern const struct stage *const stages[];

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Flat-field normalisation: transmission T = (P - D) / (F(t) - D), where t is the index of the
 * projection, D the reduced dark and F(t) the reduced flats interpolated in time.
 *
 * The order of use: reduce_frames() for the darks and for each group of flats, fill `struct fields`,
 * fields_prepare(), then normalise_sinogram() or normalise_image() from any thread.
 *
 * A pixel is unusable where a flat is not above the dark by more than a thousandth of the median of
 * its row, or where flat or dark is not finite. Its transmissions, and those of raw values that are not
 * finite, are interpolated linearly between the nearest good columns of the same projection and row
 * (constant beyond the last; 1 if there is none) and counted. */
#ifndef RECON_NORMALISE_H
#define RECON_NORMALISE_H

#include "recon/stage.h"

enum raw_type { RAW_U8, RAW_U16, RAW_F32 };

/* Mean or median over n frames of `pixels` values each, pixel by pixel; n >= 1. Values that are not
 * finite are left out; NAN where all are. Sums are double, in the order of the frames. */
enum err reduce_frames(float *out, const void *frames, enum raw_type type, int64_t n,
	int64_t pixels, enum average how, struct arena *scratch);

enum { MAX_FLATS = 64 };

/* Reduced fields of the detector rows in hand, each n_row x n_col. */
struct fields {
	int64_t n_row, n_col;
	const float *dark; /* NULL: taken as 0; the caller warns */
	int n_flats;
	float *flat[MAX_FLATS]; /* fields_prepare() turns these into flat - dark, NAN: unusable */
	double at[MAX_FLATS];	/* time, in projection indices: -1 before, n after; NAN: -1 */
	int64_t n_frames[MAX_FLATS];	  /* frames in each, the weights when flats are pooled */
	enum flats_in_time flats_in_time; /* by fields_prepare() */
	int32_t *n_unusable;		  /* by fields_prepare(): pixels in each row */
};

/* Puts the flats in order of time, merges those of one time (pooled: all) by the number of frames,
 * subtracts the dark and marks unusable pixels. A pixel that is unusable in one flat is so in all. What
 * happens to a row depends on that row alone. ERR_INPUT if there are no flats, or if a
 * flat has no usable pixel at all. */
enum err fields_prepare(
	struct fields *fields, const struct normalise_settings *s, struct arena *arena);

/* Row `row` of the fields: projection i, time i, starts raw_stride samples after projection i - 1. */
void normalise_sinogram(const struct fields *fields, int64_t row, const void *raw,
	enum raw_type type, int64_t raw_stride, struct sinogram out, struct counts *counts);

/* One projection, number `projection`, rows [row0, row0 + n) of the fields; raw and out are
 * n x n_col. counts may be one for each row (per_row) or one for all. */
void normalise_image(const struct fields *fields, int64_t row0, int64_t n, int64_t projection,
	const void *raw, enum raw_type type, float *out, struct counts *counts, bool per_row);

#endif

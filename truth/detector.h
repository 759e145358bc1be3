/* SPDX-License-Identifier: BSD-3-Clause
 * A simulated camera: from transmission to counts, with the faults real ones have.
 *
 * In the order of the physics, for a pixel of column u at time t (0 before the first projection, 1 after
 * the last) in a frame that is the mean of m exposures:
 *
 *	mean    = photons * profile * beam * transmission        photons an exposure
 *	charge  = Poisson(m * mean) / m * gain * pixel * stripe  counts
 *	signal  = charge + dark charge of a hot pixel + read noise / sqrt(m)
 *	counts  = 100 + signal, dead pixels and columns put in, rounded, 0 to 65535; then zingers
 *
 * - profile: smooth, 1 at the brightest; beam_drift moves it by that many rows (and half as many columns) t.
 * - beam: (1 - decay t) (1 + flicker * normal number of the frame), 0 in darks.
 * - pixel: gains of 0.94, 2 % r.m.s.; profile * pixel is at most 1. The flats show both.
 * - gain: counts a photon, 1, less where `photons` would not fit 16 bits.
 * - Poisson numbers are exact up to a mean of 1000; beyond they are normal ones with variance and skewness
 *   put right (Cornish and Fisher 1938).
 * - stripe: gain errors of columns in projections only, so that flats do not remove them: `stripes` of all
 *   columns and wide bands the whole scan long, others in a part of it only or drifting through zero.
 * - dead pixels see nothing; hot ones have a dark charge with its shot noise and 2 % of it r.m.s. more.
 *   Dead columns have one value in every frame, flats and darks too. Zingers: spikes in every frame.
 * - photons = 0: no noise at all, flats of about 40000 counts.
 *
 * The camera (gains, dead and hot pixels and columns, full and wide stripes) comes from the seed alone and is
 * the same in all steps of a series; noise, zingers, partial and drifting stripes come from the step
 * too. Random numbers are started anew for (seed, step, kind of frame, index, row): bytes depend on
 * nothing else. */
#ifndef TRUTH_DETECTOR_H
#define TRUTH_DETECTOR_H

#include "config/settings.h"
#include "core/arena.h"
#include "core/error.h"
#include "truth/random.h"

#include <stdbool.h>
#include <stdint.h>

enum exposure { EXPOSE_PROJECTION, EXPOSE_FLAT, EXPOSE_FLAT_AFTER, EXPOSE_DARK };

/* A column whose gain is off by `size` from one time to another. */
struct partial_stripe {
	int64_t column;
	double size, from, to;
};
/* One whose gain is off by size * sin(pi (t - zero)). */
struct drifting_stripe {
	int64_t column;
	double size, zero;
};
/* Column c has the gain error size * (1 + cos(pi (c - middle) / half)) / 2 within half of the middle. */
struct wide_stripe {
	double middle, half, size;
};
struct bad_pixel {
	int64_t at;  /* row * n_col + column */
	double dark; /* counts an exposure of a hot pixel; 0: dead */
};

struct detector {
	int64_t n_row, n_col;
	float *level;	/* n_row x n_col: profile * pixel at time 0, 0 to 1 */
	float *pixel;	/* n_row x n_col */
	float *stripe;	/* n_col, about 1: full and wide ones */
	double *ripple; /* n_col cosines, then n_col sines: the profile's part that a column knows */
	int64_t *dead;	/* n_dead columns, each once */
	struct partial_stripe *partial;
	struct drifting_stripe *drifting;
	struct wide_stripe *wide;
	struct bad_pixel *bad; /* by place */
	int64_t *bad_row;      /* n_row + 1: where the bad pixels of a row begin */
	int64_t n_dead, n_partial, n_drifting, n_wide, n_bad;
	double photons, gain, zingers;
	double read_noise, offset; /* counts */
	double decay, flicker, drift;
	int64_t averaged; /* exposures of a projection */
	bool noise;
	uint64_t seed; /* of the step */
	struct ziggurat ziggurat;
};

/* ERR_USAGE: sizes or numbers that cannot be. step: 0 is that of a single scan. */
enum err detector_new(struct detector **detector, const struct simulate_settings *s, uint64_t seed,
	int64_t step, struct arena *arena);

/* A whole frame of its kind. transmission: n_row x n_col, NULL: open beam. time: see above. Any thread,
 * any order. */
void detector_frame(const struct detector *d, enum exposure kind, int64_t index, double time,
	const float *transmission, uint16_t *counts);

/* The same row by row, in any order, then the end of the whole frame: for whoever has one row of
 * transmission at a time. */
struct shot {
	enum exposure kind;
	int64_t index;
	double time, beam, exposures;
	uint64_t key; /* of its noise */
};
struct shot detector_shot(const struct detector *d, enum exposure kind, int64_t index, double time);
void detector_row(const struct detector *d, const struct shot *shot, int64_t row,
	const float *transmission, uint16_t *counts);
void detector_end(const struct detector *d, const struct shot *shot, uint16_t *frame);

/* Gain error of a column at a time, 1: none. */
double detector_stripe(const struct detector *d, int64_t column, double time);

#endif

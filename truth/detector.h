/* SPDX-License-Identifier: BSD-3-Clause
 * A simulated camera: from transmission to counts, with the faults real ones have.
 *
 * counts = round(100 + gain * Poisson(photons * level * beam * transmission) + read noise), uint16.
 * - level: smooth beam profile times 2 % pixel gains, 1 at the brightest; the flats show it.
 * - beam: falls linearly with time by `decay`.
 * - gain: counts a photon, 1, less where `photons` would not fit 16 bits.
 * - Poisson numbers are exact up to a mean of 1000, normal with the same variance beyond (there the
 *   skewness left out is below 0.03). Read noise is normal, 1.5 counts r.m.s.
 * - photons = 0: no noise at all, flats of about 40000 counts.
 * - stripes: gain errors of whole columns, in projections only, so that flats do not remove them.
 * - dead columns: one value in every frame, flats and darks too; zingers: spikes in every frame. */
#ifndef TRUTH_DETECTOR_H
#define TRUTH_DETECTOR_H

#include "config/settings.h"
#include "core/arena.h"
#include "core/error.h"
#include "truth/random.h"

#include <stdint.h>

struct detector {
	int64_t n_row, n_col;
	float *level;  /* n_row x n_col, 0 to 1 */
	float *stripe; /* n_col, about 1 */
	int64_t *dead; /* n_dead columns, each once */
	int64_t n_dead;
	double photons, gain, zingers;
	double read_noise, offset; /* counts */
	bool noise;
};

enum err detector_new(
	struct detector **detector, const struct simulate_settings *s, struct arena *arena);

/* Counts of one row. transmission: n_col values, NULL for an open beam. beam: 1 at the start of the
 * scan, 0 for darks. projection: stripes act. averaged: exposures whose mean this is. */
void detector_row(const struct detector *d, struct random *r, int64_t row,
	const float *transmission, double beam, bool projection, int64_t averaged,
	uint16_t *counts);

/* Zingers and dead columns of a whole frame. */
void detector_defects(const struct detector *d, struct random *r, uint16_t *frame);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * A whole simulated scan, frame by frame: phantom or cell, camera, angles, axis. Frames may be asked for in
 * any order and block size, with any number of threads: the bytes are the same. */
#ifndef TRUTH_SIMULATE_H
#define TRUTH_SIMULATE_H

#include "config/settings.h"
#include "core/arena.h"
#include "core/error.h"
#include "truth/cell_scan.h"
#include "truth/detector.h"
#include "truth/phantom.h"

#include <stdint.h>

struct simulation {
	const struct simulate_settings *settings;
	const struct phantom *phantom; /* NULL: */
	const struct cell_scan *cell;  /* the cell at one step; may be set later than the rest */
	const struct detector *detector;
	int64_t n_proj;	   /* in the file: angles - drop_frames, the last ones are missing */
	int64_t n_reading; /* angles * averaged */
	double *reading;   /* degrees, as recorded: jitter is really there and is recorded */
	double *angle;	   /* degrees, of each of the `angles` projections: mean of its readings.
			    * The exposures averaged into one are not blurred over their arc. */
	double center;	   /* column of the axis in the middle row */
	double slope;	   /* px a row: tan(tilt); a shear, rows stay level */
	int64_t truth_width; /* of the volume that holds what the scan sees: size, more for half scans */
};

enum err simulation_new(
	struct simulation **simulation, const struct simulate_settings *s, struct arena *arena);

/* A scan of the cell at a step of the series; its jitter, noise and some stripes are its own. */
enum err simulation_new_step(struct simulation **simulation, const struct simulate_settings *s,
	int64_t step, struct arena *arena);

/* Frames [first, first + n) of a kind, in parallel; frames: n x rows x size. arena: scratch. */
enum err simulation_frames(const struct simulation *s, enum exposure kind, int64_t first, int64_t n,
	uint16_t *frames, struct arena *arena);

/* The true slice at detector row z, truth_width squared, times `scale` (1e4 / um gives 1/cm). */
enum err simulation_truth(const struct simulation *s, int64_t z, double scale, float *slice);

#endif

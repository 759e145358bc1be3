/* SPDX-License-Identifier: BSD-3-Clause
 * CPU time of the simulated camera: nanoseconds a pixel, and seconds for one detector row of 3072 columns
 * in 3001 projections, by photons. Not run as a test. */
#include "truth/detector.h"

#include <stdio.h>
#include <time.h>

enum { COLS = 3072, ROWS = 64, FRAMES = 48 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void measure(double photons, bool faults, struct arena *arena)
{
	const struct simulate_settings s = {.size = COLS,
		.rows = ROWS,
		.photons = photons,
		.read_noise = 1.5,
		.stripes = 0.01,
		.stripe_size = 0.02,
		.stripes_partial = faults ? 20 : 0,
		.stripes_drifting = faults ? 20 : 0,
		.stripes_wide = faults ? 5 : 0,
		.dead_pixels = faults ? 100 : 0,
		.hot_pixels = faults ? 100 : 0,
		.zingers = faults ? 1e-5 : 0,
		.beam_drift = faults ? 3 : 0,
		.beam_flicker = faults ? 0.01 : 0};
	struct arena_mark mark = arena_mark(arena);
	uint16_t *counts = ARENA_NEW(arena, uint16_t, COLS * ROWS);
	float *transmission = ARENA_NEW(arena, float, COLS *ROWS);
	struct detector *d;
	double start, each;

	if (!counts || !transmission || detector_new(&d, &s, 1, 0, arena) != OK)
		return;
	for (int i = 0; i < COLS * ROWS; i++)
		transmission[i] = 0.3F + 0.2F * (float)(i % COLS) / COLS;
	start = now();
	for (int i = 0; i < FRAMES; i++)
		detector_frame(d, EXPOSE_PROJECTION, i, (double)i / FRAMES, transmission, counts);
	each = (now() - start) / ((double)FRAMES * ROWS * COLS);
	printf("%8.0f photons%-14s %6.1f ns/px %7.3f s a row of 3001 x 3072\n", photons,
		faults ? ", all faults" : "", each * 1e9, each * 3001 * 3072);
	arena_release(arena, mark);
}

int main(void)
{
	const double photons[] = {0, 10, 100, 1500, 30000};
	struct arena *arena = arena_new();

	for (int faults = 0; arena && faults < 2; faults++)
		for (int i = 0; i < 5; i++)
			measure(photons[i], faults, arena);
	arena_free(arena);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Small raw scans to write in tests: frames that tell their step, kind, group and number. */
#ifndef TESTS_SCAN_PLAN_H
#define TESTS_SCAN_PLAN_H

#include "io/scan_write.h"

#include <ftw.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { N_PROJ = 11, N_FLAT = 4, N_DARK = 3, ROWS = 5, COLS = 24, PIXELS = ROWS * COLS };

static struct arena *arena;
static char folder[64];
static double angles[N_PROJ];

static inline int setup(void **state)
{
	(void)state;
	arena = arena_new();
	for (int i = 0; i < N_PROJ; i++)
		angles[i] = 18.0 * i;
	strcpy(folder, "scan_plan_XXXXXX");
	return arena && mkdtemp(folder) ? 0 : 1;
}

static inline int drop_one(const char *path, const struct stat *s, int type, struct FTW *walk)
{
	(void)s;
	(void)type;
	(void)walk;
	return remove(path);
}

static inline void drop(const char *dir)
{
	nftw(dir, drop_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline int teardown(void **state)
{
	(void)state;
	drop(folder);
	arena_free(arena);
	return 0;
}

static inline uint16_t pixel(
	int64_t step, enum frame_kind kind, int group, int64_t frame, int64_t i)
{
	return (uint16_t)(1000 * step + 10000 * (int)kind + 5000 * group + 200 * frame + i);
}

static inline struct scan_plan plan_of(enum layout layout, const char *dir)
{
	return (struct scan_plan){
		.dir = dir,
		.layout = layout,
		.n_proj = N_PROJ,
		.n_row = ROWS,
		.n_col = COLS,
		.n_flat = N_FLAT,
		.n_dark = N_DARK,
		.n_flat_after = layout == LAYOUT_NXTOMO ? N_FLAT : 0,
		.step = -1,
		.reading = angles,
		.n_reading = N_PROJ,
		.pixel_um = 1.3,
		.energy_kev = 80,
		.distance_mm = NAN,
		.resume = true,
		.key = "simulate:\n  photons: 3000\n",
	};
}

/* The frames of a kind that are not there yet, two at a time; before_block(frames made so far) may end the
 * process. */
static inline enum err write_rest(struct scan_writer *w, int64_t step, enum frame_kind kind,
	int group, void (*before_block)(int64_t n))
{
	uint16_t frames[2 * PIXELS];
	int64_t n = scan_write_count(w, kind, group);

	for (int64_t first = scan_write_done(w, kind, group); first < n; first += 2) {
		int64_t now = n - first < 2 ? n - first : 2;

		if (before_block)
			before_block(now);
		for (int64_t i = 0; i < now * PIXELS; i++)
			frames[i] = pixel(step, kind, group, first + i / PIXELS, i % PIXELS);
		TRY(scan_write_frames(w, kind, group, first, now, frames));
	}
	return OK;
}

static inline enum err write_all(
	struct scan_writer *w, int64_t step, void (*before_block)(int64_t n))
{
	TRY(write_rest(w, step, FRAME_FLAT, 0, before_block));
	TRY(write_rest(w, step, FRAME_DARK, 0, before_block));
	TRY(write_rest(w, step, FRAME_PROJECTION, 0, before_block));
	return write_rest(w, step, FRAME_FLAT, 1, before_block);
}

#endif

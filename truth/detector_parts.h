/* SPDX-License-Identifier: BSD-3-Clause
 * Private to truth/detector*.c: what is chosen when a camera is made. */
#ifndef TRUTH_DETECTOR_PARTS_H
#define TRUTH_DETECTOR_PARTS_H

#include "truth/detector.h"

/* Streams of random numbers; below 256 they are letters: 'g' pixel gains by row, 'd' stripes and dead
 * columns, 'f' and the three after it zingers by frame. */
enum {
	STREAM_NOISE = 1000, /* and the three after it: by frame */
	STREAM_BEAM = 1010,
	STREAM_ROW = 1020, /* of a frame's key */
	STREAM_BAD_ROW,
	STREAM_BAD_END,
	STREAM_BAD_PIXELS,
	STREAM_WIDE,
	STREAM_CHANGING,
};

/* Full stripes and dead columns, wide, partial and drifting stripes. */
enum err detector_columns(
	struct detector *d, const struct simulate_settings *s, uint64_t seed, struct arena *arena);

/* Dead and hot pixels: singles, and three in ten of the draws clusters of two to six. */
enum err detector_bad_pixels(
	struct detector *d, const struct simulate_settings *s, uint64_t seed, struct arena *arena);

#endif

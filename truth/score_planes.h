/* SPDX-License-Identifier: BSD-3-Clause
 * The planes of two label volumes one after the other, cropped to what is scored. Reading runs beside
 * the computing. Private to truth/score*. */
#ifndef TRUTH_SCORE_PLANES_H
#define TRUTH_SCORE_PLANES_H

#include "truth/score.h"

/* Beside both labels, when setup->aperture is there: true apertures. */
enum { SCORE_APERTURE = SCORE_FOUND + 1, SCORE_PLANES };

/* The last planes of both volumes, and of apertures. */
struct window {
	int64_t n, depth, plane_bytes, last; /* last: the newest plane, -1: none yet */
	uint8_t *ring[SCORE_PLANES];	     /* NULL: there are none */
};

enum err window_new(
	struct window *window, const struct score_setup *setup, int64_t depth, struct arena *arena);
/* NULL: no such plane in the volume, or no such volume. It must be among the last `depth`. */
const uint8_t *window_plane(const struct window *window, int side, int64_t z);

/* Calls step(context, z, planes) for each plane in order, on this thread. */
typedef enum err planes_step(void *context, int64_t z, const uint8_t *const plane[SCORE_PLANES]);
enum err planes_run(
	const struct score_setup *setup, planes_step *step, void *context, struct arena *arena);
void window_push(struct window *window, const uint8_t *const plane[SCORE_PLANES]);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Colours. Ramps run through CIELAB with lightness even from end to end, so that equal steps of a number look equal,
 * also in print without colour and to the colour-blind. */
#ifndef REPORT_RAMP_H
#define REPORT_RAMP_H

#include "core/metrics.h"

#include <stdint.h>

extern const uint32_t label_colours[N_LABELS]; /* 0xRRGGBB */

enum ramp {
	RAMP_SEA,
	/* dark violet, green, yellow */ RAMP_EMBER, /* cream, orange, dark red */
	RAMP_PLUM				     /* pale to dark violet */
};

/* t from 0 to 1, clamped. */
uint32_t ramp_colour(enum ramp ramp, double t);
double colour_lightness(uint32_t rgb); /* L* of CIELAB, 0 to 100 */

/* share of a over b. */
uint32_t colour_mix(uint32_t a, uint32_t b, double share);

#endif

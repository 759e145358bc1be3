/* SPDX-License-Identifier: BSD-3-Clause
 * Input settings with nothing given, for tests of scans. */
#ifndef TESTS_SCAN_INPUT_H
#define TESTS_SCAN_INPUT_H

#include "config/settings.h"

#include <math.h>

static inline struct input_settings no_input(void)
{
	struct input_settings input = {
		.scan = "",
		.data = "",
		.darks_flats = "",
		.flats = "",
		.darks = "",
		.angles = "",
		.pixel_size = NAN,
		.energy = NAN,
		.distance = NAN,
		.rows = {0, -1, 1},
		.cols = {0, -1, 1},
		.proj = {0, -1, 1},
		.bin = 1,
	};

	return input;
}

#endif

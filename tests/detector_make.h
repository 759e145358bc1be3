/* SPDX-License-Identifier: BSD-3-Clause
 * A small simulated camera for its tests. */
#ifndef TESTS_DETECTOR_MAKE_H
#define TESTS_DETECTOR_MAKE_H

#include "truth/detector.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { ROWS = 48, COLS = 160, PIXELS = ROWS * COLS };

/* cmocka's own compares floats. */
static inline void near(double got, double want, double tolerance, int line)
{
	if (!(fabs(got - want) <= tolerance)) {
		print_error("got %.9g, not %.9g +- %.3g\n", got, want, tolerance);
		_fail(__FILE__, line);
	}
}
#define assert_near(got, want, tolerance) near((double)(got), want, tolerance, __LINE__)

static struct arena *arena;

static inline int setup(void **state)
{
	(void)state;
	arena = arena_new();
	return arena ? 0 : 1;
}

static inline int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static inline struct simulate_settings plain(void)
{
	return (struct simulate_settings){
		.size = COLS, .rows = ROWS, .averaged = 1, .stripe_size = 0.02};
}

static inline struct detector *make(const struct simulate_settings *s, int64_t step)
{
	struct detector *d = NULL;

	assert_int_equal(detector_new(&d, s, 5, step, arena), OK);
	return d;
}

static inline uint16_t *shoot(const struct detector *d, enum exposure kind, int64_t index,
	double time, const float *transmission)
{
	uint16_t *frame = ARENA_NEW(arena, uint16_t, PIXELS);

	assert_non_null(frame);
	detector_frame(d, kind, index, time, transmission, frame);
	return frame;
}

#endif

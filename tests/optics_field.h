/* SPDX-License-Identifier: BSD-3-Clause
 * Fields for the tests of the optics: T and D from functions of x (along a row) and y, in um from the
 * middle of the pixels that are wanted. */
#ifndef TESTS_OPTICS_FIELD_H
#define TESTS_OPTICS_FIELD_H

#include "truth/optics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const double energy = 80, pixel = 1.3; /* keV, um */

static struct arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = arena_new();
	return arena ? 0 : 1;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* cmocka's own compares floats. */
static inline void near(double got, double want, double tolerance, int line)
{
	if (!(fabs(got - want) <= tolerance)) {
		print_error("got %.9g, not %.9g +- %.3g\n", got, want, tolerance);
		_fail(__FILE__, line);
	}
}
#define assert_near(got, want, tolerance) near((double)(got), want, tolerance, __LINE__)

static inline struct optics_plan plan_of(int64_t oversample, double distance_mm, double blur_px)
{
	return (struct optics_plan){oversample, pixel, energy, distance_mm, blur_px};
}

static inline double wave_number(void)
{
	return 2 * M_PI / optics_wavelength(energy);
}

struct field {
	struct optics_plan plan;
	struct optics *optics;
	int64_t n_row, n_col, margin, rows, cols; /* pixels wanted; samples given */
	float *T, *D, *out;
};

static inline struct field field_new(struct optics_plan plan, int64_t n_row, int64_t n_col)
{
	struct field f = {.plan = plan, .n_row = n_row, .n_col = n_col};

	if (optics_new(&f.optics, &plan, arena) != OK)
		fail_msg("%s", error_message());
	f.margin = optics_margin(f.optics);
	f.rows = (n_row + 2 * f.margin) * plan.oversample;
	f.cols = (n_col + 2 * f.margin) * plan.oversample;
	f.T = ARENA_ZERO(arena, float, f.rows *f.cols);
	f.D = ARENA_ZERO(arena, float, f.rows *f.cols);
	f.out = ARENA_NEW(arena, float, n_row *n_col);
	assert_true(f.T && f.D && f.out);
	return f;
}

static inline void field_apply(struct field *f)
{
	struct arena *scratch = arena_new();

	assert_non_null(scratch);
	if (optics_apply(f->optics, f->n_row, f->n_col, f->T, f->D, f->out, scratch) != OK)
		fail_msg("%s", error_message());
	arena_free(scratch);
}

/* Middle of sample i of `samples`, um from the middle of them all. */
static inline double sample_at(const struct field *f, int64_t i, int64_t samples)
{
	return ((double)i + 0.5 - 0.5 * (double)samples) * pixel / (double)f->plan.oversample;
}

/* Middle of pixel p of n. */
static inline double pixel_at(int64_t p, int64_t n)
{
	return ((double)p + 0.5 - 0.5 * (double)n) * pixel;
}

typedef double surface(double x, double y, const void *context);

static inline void field_fill(
	const struct field *f, float *values, surface *value, const void *context)
{
	for (int64_t i = 0; i < f->rows; i++)
		for (int64_t j = 0; j < f->cols; j++)
			values[i * f->cols + j] = (float)value(
				sample_at(f, j, f->cols), sample_at(f, i, f->rows), context);
}

/* Reproducible numbers in [0, 1). */
static inline double uniform(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005U + 1442695040888963407U;
	return (double)(*seed >> 40) / 16777216;
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Half acquisition: stitched sinograms against the exact sinogram of the full width. */
#include "recon/center.h"
#include "recon/stitch.h"
#include "tests/ellipses.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
/* after the standard headers */
#include <cmocka.h>

enum { N_COL = 300 };

static struct sinogram sinogram_new(int64_t n_angle, int64_t n_col, struct arena *arena)
{
	return (struct sinogram){ARENA_NEW(arena, float, n_angle *n_col), n_angle, n_col, n_col};
}

/* Stitches an exact half acquisition; returns the r.m.s. error in units of the largest value. */
static double stitch_error(double center, int64_t n_angle, double step, bool backwards,
	double *center_out, int64_t *n_angle_out)
{
	struct arena *arena = arena_new();
	double reach = fmax(center, N_COL - 1 - center), *angle = ARENA_NEW(arena, double, n_angle);
	struct sinogram in = sinogram_new(n_angle, N_COL, arena), out;
	struct geometry g = {.n_angle = n_angle, .n_col = N_COL, .angle = angle};
	uint64_t seed = 5;
	struct ellipses object = ellipses_random(0.9 * reach, 12, 1.2, &seed);
	float exact[2 * N_COL];
	double sum = 0, largest = 0;
	struct stitch stitch;

	for (int64_t i = 0; i < n_angle; i++) {
		angle[i] = (backwards ? -step : step) * (double)i * M_PI / 180 + 0.3;
		ellipses_view(&object, angle[i], center, N_COL, sinogram_row(in, i));
	}
	assert_int_equal(stitch_plan(&g, center, &stitch, arena), OK);
	assert_true(stitch.n_col <= 2 * N_COL);
	/* The wide frame holds all that the two halves see: s from -reach to reach. */
	assert_true(fabs((double)(stitch.n_col - 1) / 2 - reach) <= 0.5);
	out = sinogram_new(stitch.n_angle, stitch.n_col, arena);
	assert_int_equal(stitch_apply(&stitch, in, out), OK);
	for (int64_t i = 0; i < stitch.n_angle; i++) {
		ellipses_view(&object, stitch.angle[i], stitch.center, stitch.n_col, exact);
		for (int64_t x = 0; x < stitch.n_col; x++) {
			sum += pow((double)(sinogram_row(out, i)[x] - exact[x]), 2);
			largest = fmax(largest, (double)exact[x]);
		}
	}
	*center_out = stitch.center;
	*n_angle_out = stitch.n_angle;
	arena_free(arena);
	return sqrt(sum / (double)(out.n_angle * out.n_col)) / largest;
}

static void test_against_full_width(void **state)
{
	/* Whole, half and other fractions of a pixel, both sides. */
	static const double centers[] = {20, 19.5, 18.3, 23.85, 279, 281.37, 270.5, 268.75};
	double center, error;
	int64_t n;

	(void)state;
	for (size_t k = 0; k < sizeof(centers) / sizeof(*centers); k++) {
		error = stitch_error(centers[k], 720, 0.5, k % 2, &center, &n);
		print_message("centre %.2f: error %.1e, stitched centre %.2f\n", centers[k], error,
			center);
		assert_int_equal(n, 360);
		assert_true(fabs((center - centers[k]) - round(center - centers[k])) < 1e-9);
		/* Where 2 * centre is an integer and angles coincide nothing is interpolated: float
		 * rounding. Else cubic interpolation of ellipse edges (square root singularities);
		 * linear interpolation or a shift by a tenth of a pixel would be above this. */
		assert_true(error < (fmod(2 * centers[k], 1) == 0 ? 1e-6 : 1.5e-3));
	}
}

/* 701 views over a full turn: no view has a partner exactly half a turn away. */
static void test_angles_between_views(void **state)
{
	double center;
	int64_t n;
	double error = stitch_error(21.3, 701, 360.0 / 701, false, &center, &n);

	(void)state;
	print_message("error %.1e\n", error);
	assert_int_equal(n, 351);
	assert_true(error < 1e-3); /* linear in angle between views 0.5 degrees apart */
}

static void test_end_point_twice(void **state)
{
	double center;
	int64_t n;

	(void)state;
	assert_true(stitch_error(20, 721, 0.5, false, &center, &n) < 1e-6);
	assert_int_equal(n, 360);
}

static void test_refuses(void **state)
{
	struct arena *arena = arena_new();
	double angle[200];
	struct geometry g = {.n_angle = 200, .n_col = N_COL, .angle = angle};
	struct sinogram small = sinogram_new(10, N_COL, arena);
	struct stitch stitch;

	(void)state;
	for (int i = 0; i < 200; i++)
		angle[i] = i * 1.2 * M_PI / 180; /* 240 degrees */
	assert_int_equal(stitch_plan(&g, 20, &stitch, arena), ERR_INPUT);
	for (int i = 0; i < 200; i++)
		angle[i] = i * 1.8 * M_PI / 180;
	assert_int_equal(stitch_plan(&g, -3, &stitch, arena), ERR_INPUT);
	assert_int_equal(stitch_plan(&g, NAN, &stitch, arena), ERR_INPUT);
	assert_int_equal(stitch_plan(&g, 20, &stitch, arena), OK);
	assert_int_equal(stitch_apply(&stitch, small, small), ERR_INPUT);
	arena_free(arena);
}

/* The whole chain: the axis is found near a side, and the scan is seen to be half acquisition. */
static void test_center_then_stitch(void **state)
{
	struct arena *arena = arena_new();
	double angle[600], row = 10;
	struct sinogram in = sinogram_new(600, N_COL, arena);
	struct geometry g = {.n_angle = 600, .n_col = N_COL, .angle = angle};
	struct settings settings = {.center = {.search = 0.25}, .stitch = {.mode = STITCH_AUTO}};
	uint64_t seed = 9;
	struct ellipses object = ellipses_random(250, 14, 1.2, &seed);
	struct center_result found;

	(void)state;
	for (int64_t i = 0; i < 600; i++) {
		angle[i] = (double)i * 0.6 * M_PI / 180;
		ellipses_view(&object, angle[i], 278.4, N_COL, sinogram_row(in, i));
		for (int64_t x = 0; x < N_COL; x++)
			sinogram_row(in, i)[x] = expf(-sinogram_row(in, i)[x]);
	}
	assert_int_equal(center_find(&found, &settings, &g, &in, &row, 1, arena), OK);
	print_message("found %.3f: %s, %s\n", found.center, found.verdict, found.reason);
	assert_true(fabs(found.center - 278.4) < 0.1);
	assert_true(stitch_is_half(&g, found.center));
	assert_false(stitch_is_half(&g, 200)); /* the axis near the middle */
	g.n_angle = 500;
	assert_false(stitch_is_half(&g, found.center)); /* 300 degrees only */
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_full_width),
		cmocka_unit_test(test_angles_between_views),
		cmocka_unit_test(test_end_point_twice),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_center_then_stitch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

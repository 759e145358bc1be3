/* SPDX-License-Identifier: BSD-3-Clause
 * The rotation centre: simulated scans whose centre is known, scans without one, and two real ones. */
#include "recon/center.h"
#include "core/parallel.h"
#include "tests/ellipses.h"

#include <hdf5.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* after the standard headers */
#include <cmocka.h>

enum { MAX_ROWS = 9 };

struct scan_case {
	int64_t n_col, n_angle;
	double first, span; /* degrees; span / (n_angle - 1) is the step */
	double radius;	    /* of the object over the width: 0.4 fits, 0.75 is 1.5 times too wide */
	double jitter;	    /* steps */
	double photons;	    /* 0: no noise */
	double zingers, stripes;
	double center, tilt; /* px; px a row */
	int rows, empty;     /* of the rows, this many hold air only */
	bool reversed, noise_only;
	uint64_t seed;
};

static void simulate_row(const struct scan_case *c, struct sinogram s, const double *angle,
	double center, bool empty, uint64_t *seed)
{
	struct ellipses object = ellipses_random(c->radius * (double)c->n_col, 14, 1.2, seed);
	float gain[2048];

	for (int64_t x = 0; x < c->n_col; x++) {
		bool hit = random_uniform(seed) < 0.3;

		gain[x] = (float)exp(hit ? c->stripes * random_normal(seed) : 0);
	}
	if (empty)
		object.n = 0;
	for (int64_t i = 0; i < c->n_angle; i++) {
		float *out = sinogram_row(s, i);

		ellipses_view(&object, angle[i], center, c->n_col, out);
		for (int64_t x = 0; x < c->n_col; x++) {
			double v = c->noise_only ? 0.5 + 0.1 * random_normal(seed)
						 : exp(-(double)out[x]) * (double)gain[x];

			if (c->photons > 0)
				v += sqrt(fmax(v, 0) / c->photons) * random_normal(seed);
			if (random_uniform(seed) < c->zingers)
				v += 2 * random_uniform(seed);
			out[x] = (float)v;
		}
	}
}

static struct center_result find(const struct scan_case *c, struct arena *arena)
{
	struct settings settings = {.center = {.search = 0.25}};
	struct geometry g = {.n_angle = c->n_angle, .n_col = c->n_col};
	double *angle = ARENA_NEW(arena, double, c->n_angle), rows[MAX_ROWS];
	struct sinogram sinos[MAX_ROWS];
	struct center_result result;
	uint64_t seed = c->seed;

	for (int64_t i = 0; i < c->n_angle; i++) {
		double step = c->span / (double)(c->n_angle - 1) * (c->reversed ? -1 : 1);

		angle[i] = M_PI / 180 *
			   (c->first + step * ((double)i + c->jitter * random_normal(&seed)));
	}
	g.angle = angle;
	for (int r = 0; r < c->rows; r++) {
		rows[r] = 50 + 100.0 * r;
		sinos[r] = (struct sinogram){ARENA_NEW(arena, float, c->n_angle * c->n_col),
			c->n_angle, c->n_col, c->n_col};
		simulate_row(
			c, sinos[r], angle, c->center + c->tilt * rows[r], r < c->empty, &seed);
	}
	assert_int_equal(center_find(&result, &settings, &g, sinos, rows, c->rows, arena), OK);
	return result;
}

static void expect(const struct scan_case *c, double tolerance)
{
	struct arena *arena = arena_new();
	struct center_result r = find(c, arena);
	double truth = c->center + c->tilt * r.row;

	print_message("center %.2f found %.3f spread %.2f agreement %.2f confidence %.2f: %s, %s\n",
		truth, r.center, r.spread_px, r.agreement_px, r.confidence, r.verdict, r.reason);
	assert_string_equal(r.verdict, "sure");
	assert_true(fabs(r.center - truth) < tolerance);
	arena_free(arena);
}

static void expect_doubt(const struct scan_case *c)
{
	struct arena *arena = arena_new();
	struct center_result r = find(c, arena);

	print_message("found %.3f confidence %.2f: %s, %s\n", r.center, r.confidence, r.verdict,
		r.reason);
	assert_string_equal(r.verdict, "doubtful");
	assert_true(isfinite(r.center));
	arena_free(arena);
}

static const struct scan_case fits = {.n_col = 512,
	.n_angle = 361,
	.span = 180,
	.radius = 0.4,
	.photons = 30000,
	.zingers = 1e-3,
	.stripes = 0.01,
	.center = 255.5 + 37.3,
	.rows = 3,
	.seed = 7};

/* 0.1 px blurs nothing at the pixel scale; the r.m.s. error measured over many seeds is 0.03. */
static void test_object_fits(void **state)
{
	struct scan_case c = fits;

	(void)state;
	expect(&c, 0.1);
	c.center = 255.5 - 50.8;
	c.reversed = true;
	c.seed = 8;
	expect(&c, 0.1);
	c.n_angle = 180; /* 0 to 179 degrees: no pair half a turn apart */
	c.span = 179;
	expect(&c, 0.1);
	c.n_angle = 361;
	c.span = 180;
	c.jitter = 0.2;
	c.first = -90;
	expect(&c, 0.1);
}

/* Interior scans: r.m.s. error over many seeds 0.06 to 0.1 px. */
static void test_object_wider_than_detector(void **state)
{
	struct scan_case c = fits;

	(void)state;
	c.radius = 0.75;
	expect(&c, 0.25);
	c.center = 255.5 - 44.1;
	c.n_angle = 360;
	c.span = 179.5;
	expect(&c, 0.25);
	c.jitter = 0.2;
	c.seed = 11;
	expect(&c, 0.25);
}

static void test_full_turn(void **state)
{
	struct scan_case c = fits;

	(void)state;
	c.n_angle = 720;
	c.span = 359.5;
	expect(&c, 0.05);
	/* Half acquisition: the axis near a side, the object twice as wide as what one view sees. */
	c.center = 25.3;
	c.radius = 0.9;
	c.rows = 2;
	expect(&c, 0.15);
}

static void test_tilt_and_empty_rows(void **state)
{
	struct scan_case c = fits;
	struct arena *arena = arena_new();
	struct center_result r;

	(void)state;
	c.rows = 7;
	c.empty = 2;
	c.tilt = 0.006;
	c.n_angle = 181;
	r = find(&c, arena);
	assert_false(r.rows[0].used);
	assert_false(r.rows[1].used);
	assert_true(r.rows[6].used);
	assert_string_equal(r.verdict, "sure");
	assert_true(fabs(r.slope - c.tilt) < 0.0006); /* 0.1 px over the five rows */
	assert_true(fabs(r.tilt_deg - c.tilt * 180 / M_PI) < 0.035);
	assert_true(fabs(r.center - c.center - c.tilt * r.row) < 0.1);
	c.tilt = 0;
	r = find(&c, arena);
	assert_true(r.slope == 0);
	arena_free(arena);
}

static void test_never_silently_wrong(void **state)
{
	struct scan_case c = fits;

	(void)state;
	c.empty = c.rows;
	expect_doubt(&c); /* air and stripes */
	c.stripes = 0;
	expect_doubt(&c); /* air */
	c.photons = 0;
	c.zingers = 0;
	expect_doubt(&c); /* constant */
	c.noise_only = true;
	expect_doubt(&c);
	c.rows = 1;
	expect_doubt(&c);
	c = fits;
	c.center = 60; /* beyond the quarter of the width that is searched */
	expect_doubt(&c);
	c = fits;
	c.span = 150; /* no seam to close */
	expect_doubt(&c);
}

static void test_threads_do_not_matter(void **state)
{
	struct arena *arena = arena_new();
	struct center_result one, two;

	(void)state;
	parallel_set_threads(1);
	one = find(&fits, arena);
	parallel_set_threads(3);
	two = find(&fits, arena);
	parallel_set_threads(0);
	assert_memory_equal(&one.center, &two.center, sizeof(double));
	assert_memory_equal(&one.confidence, &two.confidence, sizeof(double));
	arena_free(arena);
}

static float *read_block(const char *path, const char *key, hsize_t dims[3], struct arena *arena)
{
	hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), data, space;
	float *out;

	assert_true(file >= 0);
	data = H5Dopen2(file, key, H5P_DEFAULT);
	assert_true(data >= 0);
	space = H5Dget_space(data);
	dims[1] = dims[2] = 1;
	assert_true(H5Sget_simple_extent_dims(space, dims, NULL) >= 1);
	out = ARENA_NEW(arena, float, (int64_t)(dims[0] * dims[1] * dims[2]));
	assert_true(H5Dread(data, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0);
	H5Sclose(space);
	H5Dclose(data);
	H5Fclose(file);
	return out;
}

static float frames_mean(const float *frames, const hsize_t dims[3], hsize_t pixel)
{
	double sum = 0;

	for (hsize_t i = 0; i < dims[0]; i++)
		sum += (double)frames[i * dims[1] * dims[2] + pixel];
	return (float)(sum / (double)dims[0]);
}

/* The centre of a DXchange file over rows first, first + step, ... */
static struct center_result find_real(
	const char *path, hsize_t first, hsize_t step, int n, struct arena *arena)
{
	struct settings settings = {.center = {.search = 0.25}};
	hsize_t dims[3], flat_dims[3], dark_dims[3], theta_dims[3];
	float *data, *flats, *darks, *theta;
	struct sinogram sinos[MAX_ROWS];
	double rows[MAX_ROWS], *angle;
	struct center_result result;
	struct geometry g;

	if (access(path, R_OK) != 0) {
		print_message("skipped: %s is not there\n", path);
		arena_free(arena);
		skip();
	}
	data = read_block(path, "/exchange/data", dims, arena);
	flats = read_block(path, "/exchange/data_white", flat_dims, arena);
	darks = read_block(path, "/exchange/data_dark", dark_dims, arena);
	theta = read_block(path, "/exchange/theta", theta_dims, arena);
	assert_true(theta_dims[0] == dims[0]);
	angle = ARENA_NEW(arena, double, (int64_t)dims[0]);
	g = (struct geometry){
		.n_angle = (int64_t)dims[0], .n_col = (int64_t)dims[2], .angle = angle};
	for (hsize_t i = 0; i < dims[0]; i++)
		angle[i] = (double)theta[i] * M_PI / 180;
	for (int r = 0; r < n; r++) {
		hsize_t row = first + (hsize_t)r * step;

		rows[r] = (double)row;
		sinos[r] = (struct sinogram){
			ARENA_NEW(arena, float, g.n_angle *g.n_col), g.n_angle, g.n_col, g.n_col};
		for (hsize_t x = 0; x < dims[2]; x++) {
			float flat = frames_mean(flats, flat_dims, row * dims[2] + x);
			float dark = frames_mean(darks, dark_dims, row * dims[2] + x);

			for (hsize_t i = 0; i < dims[0]; i++)
				sinogram_row(sinos[r], (int64_t)i)[x] =
					(data[(i * dims[1] + row) * dims[2] + x] - dark) /
					(flat - dark);
		}
	}
	assert_int_equal(center_find(&result, &settings, &g, sinos, rows, n, arena), OK);
	for (int r = 0; r < n; r++)
		print_message("  row %.0f: %.2f vo %.2f correlation %.2f weight %.2f%s\n", rows[r],
			result.rows[r].value, result.rows[r].vo, result.rows[r].correlation,
			result.rows[r].weight, result.rows[r].used ? "" : " not used");
	print_message("%.2f spread %.2f slope %.4f confidence %.2f: %s, %s\n", result.center,
		result.spread_px, result.slope, result.confidence, result.verdict, result.reason);
	return result;
}

static void test_tooth(void **state)
{
	struct arena *arena = arena_new();
	struct center_result r =
		find_real(SOURCE_DIR "/../shared/data/tooth/tooth.h5", 0, 1, 2, arena);

	(void)state;
	assert_true(r.center > 295.6 && r.center < 296.4);
	assert_string_equal(r.verdict, "sure");
	arena_free(arena);
}

static void test_24737(void **state)
{
	struct arena *arena = arena_new();
	struct center_result r =
		find_real(SOURCE_DIR "/../shared/data/dxchange/scan_001.h5", 30, 10, 8, arena);

	(void)state;
	assert_true(r.center > 85.2 && r.center < 86.0);
	assert_true(r.spread_px < 0.3);
	assert_string_equal(r.verdict, "sure");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_object_fits),
		cmocka_unit_test(test_object_wider_than_detector),
		cmocka_unit_test(test_full_turn),
		cmocka_unit_test(test_tilt_and_empty_rows),
		cmocka_unit_test(test_never_silently_wrong),
		cmocka_unit_test(test_threads_do_not_matter),
		cmocka_unit_test(test_tooth),
		cmocka_unit_test(test_24737),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

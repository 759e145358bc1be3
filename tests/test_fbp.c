/* SPDX-License-Identifier: BSD-3-Clause
 * Filtered back-projection against brute force, against known attenuation, and its promise that the
 * bytes of a slice depend on nothing but its sinogram. */
#include "core/log.h"
#include "core/parallel.h"
#include "recon/fft.h"
#include "tests/fbp_reference.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h> /* cmocka comes last: its macro fail() hides ours */
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = arena_new();
	return arena ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	parallel_set_threads(0);
	arena_free(arena);
	return 0;
}

static const struct test_ellipse phantom[] = {
	{3, -4, 38, 30, 0.4, 0.02},
	{-12, 5, 9, 6, 1.1, 0.03},
	{14, -9, 5, 11, -0.3, -0.015},
	{5, 15, 3, 3, 0, 0.05},
};
enum { N_PHANTOM = 4 };

static struct settings plain(enum fbp_filter filter)
{
	return (struct settings){.fbp = {.filter = filter, .cutoff = 1, .order = 2, .mask = 0}};
}

static struct sinogram new_sinogram(const struct geometry *g)
{
	float *data = ARENA_ZERO(arena, float, g->n_angle * g->n_col);

	assert_non_null(data);
	return (struct sinogram){data, g->n_angle, g->n_col, g->n_col};
}

/* The same sinogram in every lane of a batch, filtered and back-projected; rows [y0, y1). */
static float *reconstruct(const struct settings *s, const struct geometry *g, struct sinogram sino,
	int lanes, const double *shift, int64_t y0, int64_t y1)
{
	float *batch = ARENA_NEW(arena, float, g->n_angle * g->n_col * lanes);
	float *out = ARENA_NEW(arena, float, (y1 - y0) * g->n_col * lanes);
	struct fbp *fbp;

	assert_true(batch && out);
	for (int64_t i = 0; i < g->n_angle; i++)
		for (int l = 0; l < lanes; l++)
			memcpy(batch + (i * lanes + l) * g->n_col, sinogram_row(sino, i),
				(size_t)g->n_col * sizeof(float));
	assert_int_equal(fbp_new(&fbp, s, g, arena), OK);
	assert_int_equal(fbp_filter(fbp, batch, lanes, shift, arena), OK);
	assert_int_equal(fbp_backproject(fbp, batch, lanes, y0, y1, out, arena), OK);
	for (int64_t i = 0; i < (y1 - y0) * g->n_col * lanes; i++)
		assert_true(isfinite(out[i]));
	return out;
}

/* RMS difference inside 0.95 of the circle, relative to the RMS of the reference there. */
static double difference(const float *image, const double *reference, int64_t w)
{
	double half = 0.5 * (double)(w - 1), sum = 0, norm = 0;

	for (int64_t y = 0; y < w; y++)
		for (int64_t x = 0; x < w; x++) {
			double dx = (double)x - half, dy = (double)y - half, d;

			if (dx * dx + dy * dy > 0.95 * 0.95 * half * half)
				continue;
			d = image[y * w + x] - reference[y * w + x];
			sum += d * d;
			norm += reference[y * w + x] * reference[y * w + x];
		}
	return sqrt(sum / norm);
}

/* Angles: n from 0 over span, moved by up to `jitter` steps, backwards if reversed. */
static double *angles(int64_t n, double span, double jitter, bool reversed)
{
	double *angle = ARENA_NEW(arena, double, n);
	uint32_t random = 1;

	assert_non_null(angle);
	for (int64_t i = 0; i < n; i++) {
		random = random * 1664525u + 1013904223u;
		angle[i] =
			span / (double)n * ((double)i + jitter * ((double)random / 0x1p32 - 0.5));
	}
	for (int64_t i = 0; reversed && i < n / 2; i++) {
		double swap = angle[i];

		angle[i] = angle[n - 1 - i];
		angle[n - 1 - i] = swap;
	}
	return angle;
}

/* 1e-4: single precision sums over the angles, and weights of 25 bits. */
static void compare(const struct settings *s, const struct geometry *g, const double *weight,
	double (*window)(double))
{
	int64_t n = fft_good_size(2 * g->n_col);
	struct sinogram sino = new_sinogram(g);
	double *kernel = test_kernel(n, window, s->fbp.cutoff, arena), *reference;
	float *image;
	double error;

	test_project(phantom, N_PHANTOM, g, sino);
	reference = test_fbp(g, sino, weight, kernel, n, s->fbp.padding == PAD_EDGE, arena);
	image = reconstruct(s, g, sino, 1, NULL, 0, g->n_col);
	error = difference(image, reference, g->n_col);
	print_message("%lld x %lld: relative difference %.1e\n", (long long)g->n_angle,
		(long long)g->n_col, error);
	assert_true(error < 1e-4);
}

static double *equal_weights(int64_t n)
{
	double *weight = ARENA_NEW(arena, double, n);

	for (int64_t i = 0; i < n; i++)
		weight[i] = M_PI / (double)n;
	return weight;
}

static void agrees_with_brute_force(void **state)
{
	struct settings s = plain(FILTER_RAMLAK);
	static const struct {
		int64_t n_angle, n_col;
		double offset, span;
		bool reversed;
		enum fbp_padding padding;
	} cases[] = {
		{90, 96, 0, M_PI, false, PAD_EDGE},
		{75, 97, 0, M_PI, true, PAD_ZERO},
		{60, 131, 11.3, M_PI, false, PAD_ZERO},
		{121, 80, -2.25, 2 * M_PI, false, PAD_EDGE},
		{33, 145, -30.5, M_PI, false, PAD_EDGE},
		{37, 16, 0.5, M_PI, false, PAD_EDGE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct geometry g = {cases[i].n_angle, cases[i].n_col,
			angles(cases[i].n_angle, cases[i].span, 0, cases[i].reversed),
			0.5 * (double)(cases[i].n_col - 1) + cases[i].offset, 0, 0, NAN, NAN, NAN};

		s.fbp.padding = cases[i].padding;
		compare(&s, &g, equal_weights(g.n_angle), NULL);
	}
}

/* Jittered angles in order: half the way to both neighbours, written out. */
static void jittered_angles_have_their_arcs(void **state)
{
	struct settings s = plain(FILTER_RAMLAK);
	struct geometry g = {90, 96, angles(90, M_PI, 0.9, false), 47.5, 0, 0, NAN, NAN, NAN};
	double *weight = equal_weights(90);

	(void)state;
	for (int i = 0; i < 90; i++) {
		double before = i > 0 ? g.angle[i - 1] : g.angle[89] - M_PI;
		double after = i < 89 ? g.angle[i + 1] : g.angle[0] + M_PI;

		weight[i] = (after - before) / 2;
	}
	compare(&s, &g, weight, NULL);
}

static double window_shepp(double x)
{
	return x > 0 ? sin(M_PI * x / 2) / (M_PI * x / 2) : 1;
}
static double window_cosine(double x)
{
	return cos(M_PI * x / 2);
}
static double window_hann(double x)
{
	return cos(M_PI * x / 2) * cos(M_PI * x / 2);
}
static double window_hamming(double x)
{
	return 0.08 + 0.92 * cos(M_PI * x / 2) * cos(M_PI * x / 2);
}
static double window_parzen(double x)
{
	return pow(1 - x, 3);
}
static double window_butterworth(double x)
{
	return 1 / (1 + x * x * x * x);
}

static void filters_are_as_named(void **state)
{
	static const struct {
		enum fbp_filter filter;
		double (*window)(double);
		double cutoff;
	} cases[] = {
		{FILTER_SHEPP, window_shepp, 1},
		{FILTER_COSINE, window_cosine, 0.8},
		{FILTER_HANN, window_hann, 0.7},
		{FILTER_HAMMING, window_hamming, 1},
		{FILTER_PARZEN, window_parzen, 1},
		{FILTER_BUTTERWORTH, window_butterworth, 1},
	};
	struct geometry g = {60, 90, angles(60, M_PI, 0, false), 44.5, 0, 0, NAN, NAN, NAN};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct settings s = plain(cases[i].filter);

		s.fbp.cutoff = cases[i].cutoff;
		compare(&s, &g, equal_weights(60), cases[i].window);
	}
}

static double mean_inside(const float *image, int64_t w, double x0, double y0, double radius)
{
	double half = 0.5 * (double)(w - 1), sum = 0, n = 0;

	for (int64_t y = 0; y < w; y++)
		for (int64_t x = 0; x < w; x++)
			if (hypot((double)x - half - x0, (double)y - half - y0) < radius) {
				sum += image[y * w + x];
				n++;
			}
	return sum / n;
}

/* 0.2 %: the share that sampling at 200 columns leaves for a disc. */
static void disc_has_its_attenuation(void **state)
{
	struct test_ellipse disc = {12, -20, 55, 55, 0, 2.2 * 1.3e-4}; /* 2.2 / cm at 1.3 um */

	(void)state;
	for (int padding = PAD_EDGE; padding <= PAD_ELLIPSE; padding++)
		for (int offset = 0; offset < 2; offset++) {
			struct settings s = plain(FILTER_HANN);
			struct geometry g = {300, 200, angles(300, M_PI, 0, false),
				99.5 + 3.4 * offset, 0, 0, 1.3, NAN, NAN};
			struct sinogram sino = new_sinogram(&g);
			double mean;

			s.fbp.padding = (enum fbp_padding)padding;
			test_project(&disc, 1, &g, sino);
			mean = mean_inside(
				reconstruct(&s, &g, sino, 1, NULL, 0, 200), 200, 12, -20, 45);
			assert_true(fabs(mean / 2.2 - 1) < 0.002);
		}
}

/* Larger than the detector. `ellipse` is exact for such bodies up to sampling and pad: 0.5 %. */
static void truncated_cylinder_is_level(void **state)
{
	static const struct test_ellipse bodies[] = {{0, 0, 150, 150, 0, 0.01},
		{10, -25, 200, 150, 0.7, 0.01}, {0, 0, 300, 300, 0, 0.01}};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct settings s = plain(FILTER_HANN);
		struct geometry g = {
			300, 200, angles(300, M_PI, 0, false), 99.5, 0, 0, NAN, NAN, NAN};
		struct sinogram sino = new_sinogram(&g);
		float *image;
		double middle, rim;

		s.fbp.padding = PAD_ELLIPSE;
		test_project(bodies + i, 1, &g, sino);
		image = reconstruct(&s, &g, sino, 1, NULL, 0, 200);
		middle = mean_inside(image, 200, 0, 0, 30) / 0.01 - 1;
		rim = mean_inside(image, 200, 75, 45, 8) / 0.01 - 1;
		print_message("truncated body %d: middle %+.4f, rim %+.4f\n", i, middle, rim);
		assert_true(fabs(middle) < 0.005 && fabs(rim) < 0.005);
	}
}

/* A slice does not depend on its lane, on the number of lanes, on bands or threads. */
static void bytes_depend_on_the_sinogram_only(void **state)
{
	struct settings s = plain(FILTER_SHEPP);
	struct geometry g = {77, 150, angles(77, M_PI, 0.5, false), 80.3, 0, 0, NAN, NAN, NAN};
	struct sinogram sino = new_sinogram(&g);
	static const int lanes[] = {1, 3, 8, 9, 16};
	size_t size = 150 * 150 * sizeof(float);
	float *one;

	(void)state;
	s.fbp.mask = 1;
	test_project(phantom, N_PHANTOM, &g, sino);
	parallel_set_threads(1);
	one = reconstruct(&s, &g, sino, 1, NULL, 0, 150);
	for (int i = 0; i < 5; i++)
		for (int threads = 1; threads <= 3; threads += 2) {
			float *many, *band;

			parallel_set_threads(threads);
			many = reconstruct(&s, &g, sino, lanes[i], NULL, 0, 150);
			band = reconstruct(&s, &g, sino, lanes[i], NULL, 37, 119);
			for (int64_t l = 0; l < lanes[i]; l++) {
				assert_memory_equal(many + l * 150 * 150, one, size);
				assert_memory_equal(band + l * (119 - 37) * 150, one + 37 * 150,
					(119 - 37) * 150 * sizeof(float));
			}
		}
}

/* Moving the axis by a phase ramp is moving the centre: 0.5 % for a smooth projection (interpolation of
 * the two differs); no shift changes nothing at all. */
static void center_shift_moves_the_center(void **state)
{
	struct settings s = plain(FILTER_HANN);
	struct geometry g = {90, 128, angles(90, M_PI, 0, false), 63.5, 0, 0, NAN, NAN, NAN};
	struct geometry moved = g;
	struct sinogram sino = new_sinogram(&g);
	double shift[2] = {0.37, 0}, *reference = ARENA_NEW(arena, double, 128 * 128);
	float *image, *direct, *none;

	(void)state;
	s.fbp.cutoff = 0.3;
	moved.center += 0.37;
	test_project(phantom, N_PHANTOM, &moved, sino);
	direct = reconstruct(&s, &moved, sino, 1, NULL, 0, 128);
	none = reconstruct(&s, &g, sino, 1, NULL, 0, 128);
	image = reconstruct(&s, &g, sino, 2, shift, 0, 128);
	for (int64_t i = 0; i < 128 * 128; i++)
		reference[i] = direct[i];
	assert_true(difference(image, reference, 128) < 0.005);
	assert_true(difference(none, reference, 128) > 0.02);
	assert_memory_equal(image + 128 * 128, none, 128 * 128 * sizeof(float));
}

static void mask_clears_outside(void **state)
{
	struct settings s = plain(FILTER_RAMLAK);
	struct geometry g = {40, 301, angles(40, M_PI, 0, false), 150, 0, 0, NAN, NAN, NAN};
	struct sinogram sino = new_sinogram(&g);
	float *image, *whole;

	(void)state;
	for (int64_t i = 0; i < 40 * 301; i++)
		sino.data[i] = 1 + (float)(i % 7);
	whole = reconstruct(&s, &g, sino, 1, NULL, 0, 301);
	s.fbp.mask = 0.8;
	image = reconstruct(&s, &g, sino, 1, NULL, 0, 301);
	for (int64_t y = 0; y < 301; y++)
		for (int64_t x = 0; x < 301; x++) {
			bool kept = hypot((double)x - 150, (double)y - 150) <= 0.4 * 301;

			assert_true(image[y * 301 + x] == (kept ? whole[y * 301 + x] : 0));
		}
}

static void sum_and_weights(
	const double *angle, int64_t n, double *weight, double *sum, double *gap)
{
	assert_int_equal(fbp_arc_weights(weight, angle, n, gap, arena), OK);
	*sum = 0;
	for (int64_t i = 0; i < n; i++)
		*sum += weight[i];
}

static void weights_are_arcs(void **state)
{
	enum { MAX = 1500 };
	double angle[MAX], weight[MAX], sum, gap, step = M_PI / 180;
	int i;

	(void)state;
	for (i = 0; i < MAX; i++)
		angle[i] = (7 + i) * step;
	sum_and_weights(angle, 181, weight, &sum, &gap); /* both ends: they share one arc */
	assert_true(fabs(weight[0] - step / 2) < 1e-12 && fabs(weight[180] - step / 2) < 1e-12);
	assert_true(fabs(weight[90] - step) < 1e-12 && fabs(sum - M_PI) < 1e-9 && gap == 0);
	sum_and_weights(angle, 180, weight, &sum, &gap);
	for (i = 0; i < 180; i++)
		assert_true(fabs(weight[i] - step) < 1e-12);
	sum_and_weights(angle, 361, weight, &sum, &gap);
	assert_true(fabs(weight[0] - step / 4) < 1e-12 && fabs(weight[360] - step / 4) < 1e-12);
	assert_true(fabs(weight[100] - step / 2) < 1e-12 && fabs(sum - M_PI) < 1e-9 && gap == 0);
	sum_and_weights(angle, 1440, weight, &sum, &gap); /* four turns */
	for (i = 0; i < 1440; i++)
		assert_true(fabs(weight[i] - step / 8) < 1e-12);
	sum_and_weights(angle, 270, weight, &sum, &gap); /* a quarter seen twice */
	assert_true(fabs(sum - M_PI) < 1e-9 && fabs(weight[45] - step / 2) < 1e-12);
	sum_and_weights(angle, 151, weight, &sum, &gap); /* 0 to 150: the wedge is left empty */
	assert_true(fabs(sum - 151 * step) < 1e-9 && fabs(gap - 29 * step) < 1e-9);
	assert_true(fabs(weight[0] - step) < 1e-12 && fabs(weight[150] - step) < 1e-12);
	for (i = 0; i < 180; i++)
		angle[i] = -(double)(i * 77 % 180) * step; /* any order, negative */
	sum_and_weights(angle, 180, weight, &sum, &gap);
	for (i = 0; i < 180; i++)
		assert_true(fabs(weight[i] - step) < 1e-12);
	sum_and_weights(angle, 1, weight, &sum, &gap);
	assert_true(fabs(weight[0] - M_PI) < 1e-12);
}

static void missing_wedge_is_told(void **state)
{
	struct settings s = plain(FILTER_RAMLAK);
	struct geometry g = {
		120, 32, angles(120, 2 * M_PI / 3, 0, false), 15.5, 0, 0, NAN, NAN, NAN};
	struct fbp *fbp;
	int before = log_warning_count();

	(void)state;
	assert_int_equal(fbp_new(&fbp, &s, &g, arena), OK);
	assert_int_equal(log_warning_count(), before + 1);
	g.center = NAN;
	assert_int_equal(fbp_new(&fbp, &s, &g, arena), ERR_INPUT);
}

/* Noise, zeros and negative values must not become NaN in any padding (reconstruct() looks). */
static void no_padding_makes_nan(void **state)
{
	struct geometry g = {20, 40, angles(20, M_PI, 0, false), 19.5, 0, 0, NAN, NAN, NAN};
	struct sinogram sino = new_sinogram(&g);
	uint32_t random = 1;

	(void)state;
	for (int round = 0; round < 3; round++)
		for (int padding = PAD_EDGE; padding <= PAD_ELLIPSE; padding++) {
			struct settings s = plain(FILTER_RAMLAK);

			s.fbp.padding = (enum fbp_padding)padding;
			for (int64_t i = 0; i < 20 * 40; i++) {
				random = random * 1664525u + 1013904223u;
				sino.data[i] =
					round == 0 ? 0 : (float)random / 0x1p31f - (float)round;
			}
			reconstruct(&s, &g, sino, 3, NULL, 0, 40);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(agrees_with_brute_force, setup, teardown),
		cmocka_unit_test_setup_teardown(jittered_angles_have_their_arcs, setup, teardown),
		cmocka_unit_test_setup_teardown(filters_are_as_named, setup, teardown),
		cmocka_unit_test_setup_teardown(disc_has_its_attenuation, setup, teardown),
		cmocka_unit_test_setup_teardown(truncated_cylinder_is_level, setup, teardown),
		cmocka_unit_test_setup_teardown(bytes_depend_on_the_sinogram_only, setup, teardown),
		cmocka_unit_test_setup_teardown(center_shift_moves_the_center, setup, teardown),
		cmocka_unit_test_setup_teardown(mask_clears_outside, setup, teardown),
		cmocka_unit_test_setup_teardown(weights_are_arcs, setup, teardown),
		cmocka_unit_test_setup_teardown(missing_wedge_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(no_padding_makes_nan, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

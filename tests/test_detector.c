/* SPDX-License-Identifier: BSD-3-Clause
 * The simulated camera's noise: moments and tails of the random numbers, variance of the counts against
 * the photons, bytes that do not depend on the order. */
#include "tests/detector_make.h"

static double density(double x)
{
	return exp(-0.5 * x * x);
}

static void layers_have_one_area(void **state)
{
	struct ziggurat z;
	double area;

	(void)state;
	ziggurat_fill(&z);
	/* the lowest: a rectangle and the tail beyond it */
	area = z.x[1] * density(z.x[1]) + sqrt(M_PI / 2) * erfc(z.x[1] / sqrt(2));
	assert_near(z.x[0] * density(z.x[1]), area, 1e-12 * area);
	/* the recursion sums 256 roundings, and the last layer takes what is left */
	for (int i = 1; i < ZIGGURAT_LAYERS; i++)
		assert_near(z.x[i] * (density(z.x[i + 1]) - density(z.x[i])), area, 1e-9 * area);
}

static void normals_are_normal(void **state)
{
	enum { N = 1 << 22, BINS = 160 };
	const double moments[] = {0, 1, 0, 3, 0, 15, 0, 105}, limits[] = {2, 3, 3.7, 4.2};
	double *x = ARENA_NEW(arena, double, N), sum[8] = {0}, neighbours = 0, chi = 0, n = N;
	struct random r = random_start(1, 2, 3);
	int64_t bins[BINS] = {0}, beyond[4] = {0};
	struct ziggurat z;

	(void)state;
	assert_non_null(x);
	ziggurat_fill(&z);
	random_normals(&r, &z, x, N);
	for (int i = 0; i < N; i++) {
		double power = 1;

		for (int k = 0; k < 8; k++)
			sum[k] += power *= x[i];
		neighbours += i ? x[i] * x[i - 1] : 0;
		if (fabs(x[i]) < 4)
			bins[(int)((x[i] + 4) * BINS / 8)]++;
		for (int k = 0; k < 4; k++)
			beyond[k] += fabs(x[i]) > limits[k];
	}
	/* 5 standard errors: the variance of x^k is the moment 2k less the square of the moment k */
	for (int k = 1; k < 4; k++)
		assert_near(sum[k - 1] / n, moments[k - 1], 5 * sqrt(moments[2 * k - 1] / n));
	assert_near(sum[3] / n, 3, 5 * sqrt(96 / n));
	assert_near(sum[5] / n, 15, 5 * sqrt(10170 / n));
	assert_near(neighbours / n, 0, 5 / sqrt(n));
	for (int k = 0; k < 4; k++) {
		double want = n * erfc(limits[k] / sqrt(2));

		assert_near(beyond[k], want, 5 * sqrt(want));
	}
	for (int b = 0; b < BINS; b++) {
		double low = -4 + 8.0 * b / BINS, high = low + 8.0 / BINS;
		double want = n / 2 * (erfc(low / sqrt(2)) - erfc(high / sqrt(2)));

		chi += pow((double)bins[b] - want, 2) / want;
	}
	assert_near(chi, BINS, 5 * sqrt(2 * BINS));
}

/* Frames of a kind: their variance over what the model says, mean over all pixels, and the third
 * cumulant over that of the photons. */
static void check_noise(const struct simulate_settings *s, enum exposure kind,
	const float *transmission, bool third)
{
	enum { N = 120 };
	struct detector *d = make(s, 0);
	double m = kind == EXPOSE_PROJECTION ? (double)s->averaged : 1;
	double *sum = ARENA_ZERO(arena, double, 3 * PIXELS), ratio = 0, cumulant = 0, light = 0;
	double n = N;

	for (int i = 0; i < N; i++) {
		struct arena_mark mark = arena_mark(arena);
		uint16_t *frame = shoot(d, kind, i, 0, transmission);

		for (int p = 0; p < PIXELS; p++) {
			double stripe = kind == EXPOSE_PROJECTION ? (double)d->stripe[p % COLS] : 1;
			double want = d->photons * d->gain * (double)d->level[p] * stripe, x;

			want *= transmission ? (double)transmission[p] : 1;
			x = frame[p] - 100 - (kind == EXPOSE_DARK ? 0 : want);
			sum[p] += x;
			sum[PIXELS + p] += x * x;
			sum[2 * PIXELS + p] += x * x * x;
		}
		arena_release(arena, mark);
	}
	for (int p = 0; p < PIXELS; p++) {
		double stripe = kind == EXPOSE_PROJECTION ? (double)d->stripe[p % COLS] : 1;
		double gain = d->gain * (double)d->pixel[p] * stripe;
		double photons = d->photons * (double)(d->level[p] / d->pixel[p]);
		double read = s->read_noise * s->read_noise, variance;

		photons *= transmission ? (double)transmission[p] : 1;
		photons *= kind != EXPOSE_DARK;
		/* the rounding to whole counts adds a twelfth */
		variance = (gain * gain * photons + read) / m + 1 / 12.;
		ratio += (sum[PIXELS + p] - sum[p] * sum[p] / n) / (n - 1) / variance / PIXELS;
		/* per pixel, 7680 of them: 6 standard errors, and a bias of the rounding */
		assert_near(sum[p] / n, 0, 6 * sqrt(variance / n) + 0.02);
		cumulant += (sum[2 * PIXELS + p] - 3 * variance * sum[p]) / n;
		light += pow(gain, 3) * photons / (m * m);
	}
	/* the issue asks for 2 %; the standard error of 900000 draws is 0.15 % */
	assert_near(ratio, 1, 0.0075);
	if (third)
		assert_near(cumulant / light, 1, 0.4);
}

static void noise_is_that_of_photons_gain_and_reading(void **state)
{
	const double photons[] = {30, 700, 1400, 9000, 2e5};
	struct simulate_settings s = plain();
	float *half = ARENA_NEW(arena, float, PIXELS);

	(void)state;
	for (int p = 0; p < PIXELS; p++)
		half[p] = 0.4F + 0.3F * (float)(p % COLS) / COLS;
	s.stripes = 0.05;
	for (int i = 0; i < 5; i++) {
		s.photons = photons[i];
		s.read_noise = i == 1 ? 12 : 1.5;
		/* the third cumulant's error is sqrt(6 / 900000) in units of the skewness
		 * 1 / sqrt(photons): 1.4 % at 30 photons, 10 % at 1400 */
		check_noise(&s, EXPOSE_FLAT, NULL, i == 0 || i == 2);
		check_noise(&s, EXPOSE_PROJECTION, half, false);
		check_noise(&s, EXPOSE_DARK, NULL, false);
	}
	s.averaged = 4;
	s.photons = 900;
	check_noise(&s, EXPOSE_PROJECTION, half, false);
	check_noise(&s, EXPOSE_FLAT, NULL, false);
}

static double correlation(const uint16_t *a, const uint16_t *b, const struct detector *d, int n)
{
	double sum = 0, aa = 0, bb = 0;

	for (int p = 0; p < n; p++) {
		double want = 100 + d->photons * (double)d->level[p], x = a[p] - want,
		       y = b[p] - want;

		sum += x * y;
		aa += x * x;
		bb += y * y;
	}
	return sum / sqrt(aa * bb);
}

static void frames_rows_and_steps_have_their_own_noise(void **state)
{
	struct simulate_settings s = plain();
	struct detector *d, *next;
	uint16_t *frame;

	(void)state;
	s.photons = 5000;
	d = make(&s, 0);
	next = make(&s, 1);
	frame = shoot(d, EXPOSE_FLAT, 3, 0, NULL);
	/* 5 standard errors each */
	assert_near(correlation(frame, shoot(d, EXPOSE_FLAT, 4, 0, NULL), d, PIXELS), 0,
		5 / sqrt(PIXELS));
	assert_near(correlation(frame, shoot(d, EXPOSE_FLAT_AFTER, 3, 0, NULL), d, PIXELS), 0,
		5 / sqrt(PIXELS));
	assert_near(correlation(frame, shoot(next, EXPOSE_FLAT, 3, 0, NULL), d, PIXELS), 0,
		5 / sqrt(PIXELS));
	/* the row above, at nearly the same level */
	assert_near(correlation(frame, frame + COLS, d, PIXELS - COLS), 0, 0.2);
}

static void bytes_do_not_depend_on_the_order(void **state)
{
	struct simulate_settings s = plain();
	struct detector *d, *again;
	float *half = ARENA_NEW(arena, float, PIXELS);
	uint16_t *frames[4], rows[PIXELS];
	struct shot shot;

	(void)state;
	for (int p = 0; p < PIXELS; p++)
		half[p] = 0.5F;
	s.photons = 1500; /* both kinds of noise */
	s.zingers = 1e-3;
	s.dead_pixels = s.hot_pixels = 3000;
	s.stripes_partial = s.stripes_drifting = s.stripes_wide = 3;
	s.beam_drift = 2;
	s.beam_flicker = 0.01;
	s.dead_columns = 2;
	d = make(&s, 2);
	again = make(&s, 2);
	for (int i = 0; i < 4; i++)
		frames[i] = shoot(d, EXPOSE_PROJECTION, i, i / 4.0, half);
	for (int i = 3; i >= 0; i--) {
		assert_memory_equal(shoot(again, EXPOSE_PROJECTION, i, i / 4.0, half), frames[i],
			PIXELS * sizeof(uint16_t));
		assert_memory_not_equal(frames[i], frames[(i + 1) % 4], PIXELS * sizeof(uint16_t));
	}
	shot = detector_shot(again, EXPOSE_PROJECTION, 1, 0.25);
	for (int v = ROWS - 1; v >= 0; v--)
		detector_row(again, &shot, v, half + v * COLS, rows + v * COLS);
	detector_end(again, &shot, rows);
	assert_memory_equal(rows, frames[1], sizeof(rows));
}

static void the_camera_stays_through_a_series(void **state)
{
	struct simulate_settings s = plain();
	struct detector *one, *two;

	(void)state;
	s.photons = 2000;
	s.dead_pixels = s.hot_pixels = 2000;
	s.stripes = 0.01;
	s.stripes_wide = 2;
	s.stripes_partial = s.stripes_drifting = 3;
	s.dead_columns = 2;
	one = make(&s, 0);
	two = make(&s, 7);
	assert_memory_equal(one->level, two->level, PIXELS * sizeof(float));
	assert_memory_equal(one->stripe, two->stripe, COLS * sizeof(float));
	assert_memory_equal(one->dead, two->dead, 2 * sizeof(int64_t));
	assert_memory_equal(one->bad, two->bad, (size_t)one->n_bad * sizeof(*one->bad));
	assert_memory_not_equal(one->partial, two->partial, 3 * sizeof(*one->partial));
	assert_memory_not_equal(one->drifting, two->drifting, 3 * sizeof(*one->drifting));
}

static void counts_saturate(void **state)
{
	struct simulate_settings s = plain();
	float *bright = ARENA_NEW(arena, float, PIXELS);
	uint16_t *frame;

	(void)state;
	for (int p = 0; p < PIXELS; p++)
		bright[p] = 4;
	s.photons = 30000;
	frame = shoot(make(&s, 0), EXPOSE_PROJECTION, 0, 0, bright);
	for (int p = 0; p < PIXELS; p++)
		assert_int_equal(frame[p], 65535);
}

static void what_cannot_be_is_refused(void **state)
{
	struct simulate_settings s = plain();
	struct detector *d;

	(void)state;
	s.stripes_partial = 1 + (COLS - 4) / 4;
	assert_int_equal(detector_new(&d, &s, 1, 0, arena), ERR_USAGE);
	assert_non_null(strstr(error_message(), "simulate.stripes_partial: 40, must be 0 to 39"));
	s = plain();
	s.dead_pixels = 90000;
	s.hot_pixels = 20000;
	assert_int_equal(detector_new(&d, &s, 1, 0, arena), ERR_USAGE);
	s = plain();
	s.read_noise = NAN;
	assert_int_equal(detector_new(&d, &s, 1, 0, arena), ERR_USAGE);
	/* as many as there may be: each finds its column, and bands wider than the detector do no harm */
	s = plain();
	s.size = 8;
	s.dead_columns = 2;
	s.stripes_partial = 1;
	s.stripes_wide = 8;
	s.dead_pixels = 50000;
	assert_int_equal(detector_new(&d, &s, 1, 0, arena), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layers_have_one_area),
		cmocka_unit_test(normals_are_normal),
		cmocka_unit_test(noise_is_that_of_photons_gain_and_reading),
		cmocka_unit_test(frames_rows_and_steps_have_their_own_noise),
		cmocka_unit_test(bytes_do_not_depend_on_the_order),
		cmocka_unit_test(the_camera_stays_through_a_series),
		cmocka_unit_test(counts_saturate),
		cmocka_unit_test(what_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

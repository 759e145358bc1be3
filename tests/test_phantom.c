/* SPDX-License-Identifier: BSD-3-Clause
 * The simulator against formulas and brute force: chords, voxels, axis convention, noise, faults, and
 * the same bytes for any number of threads. */
#include "core/parallel.h"
#include "truth/simulate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* cmocka's own compares floats. */
static void near(double got, double want, double tolerance, int line)
{
	if (!(fabs(got - want) <= tolerance)) {
		print_error("got %.9g, not %.9g +- %.3g\n", got, want, tolerance);
		_fail(__FILE__, line);
	}
}
#define assert_near(got, want, tolerance) near((double)(got), want, tolerance, __LINE__)

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

static struct simulate_settings plain(void)
{
	return (struct simulate_settings){
		.phantom = PHANTOM_ELLIPSOIDS,
		.size = 96,
		.rows = 6,
		.angles = 24,
		.span = 180,
		.endpoint = true,
		.object = 0.8,
		.absorption = 1.5,
		.flats = 10,
		.darks = 10,
		.averaged = 1,
		.read_noise = 1.5,
		.seed = 3,
	};
}

static struct simulation *simulation(const struct simulate_settings *s)
{
	struct simulation *sim = NULL;

	assert_int_equal(simulation_new(&sim, s, arena), OK);
	return sim;
}

static uint16_t *frames(const struct simulation *sim, enum exposure kind, int64_t n)
{
	int64_t pixels = sim->detector->n_row * sim->detector->n_col;
	uint16_t *out = ARENA_NEW(arena, uint16_t, n * pixels);

	assert_non_null(out);
	assert_int_equal(simulation_frames(sim, kind, 0, n, out, arena), OK);
	return out;
}

static void sphere_has_the_chords_of_the_formula(void **state)
{
	struct ellipsoid e = ellipsoid_make((double[3]){11, -7, 4}, (double[3]){9, 9, 9},
		(double[4]){0.3, 0.5, -0.2, 0.7}, 0.01);
	struct phantom p = {1, &e};

	(void)state;
	for (double a = -1; a < 7; a += 0.37)
		for (double off = -8.5; off < 9; off += 1.3)
			for (double up = -8; up < 9; up += 2) {
				double t = 11 * cos(a) + 7 * sin(a) + off;
				double left = 81 - off * off - up * up;
				double want = left > 0 ? 0.02 * sqrt(left) : 0;

				/* rounding of the 1 - q near the rim, then its root */
				assert_near(phantom_line(&p, a, t, 4 + up), want, 1e-9);
			}
}

static void turned_ellipsoids_match_numeric_integration(void **state)
{
	struct ellipsoid e[2] = {
		ellipsoid_make((double[3]){4, 9, 2}, (double[3]){20, 6, 11},
			(double[4]){0.8, 0.3, -0.5, 0.1}, 0.02),
		ellipsoid_make((double[3]){-3, 8, 0}, (double[3]){3, 7, 5},
			(double[4]){0.1, 0.9, 0.4, -0.3}, -0.05),
	};
	struct phantom p = {2, e};
	const double step = 1e-3;
	int crossed = 0;

	(void)state;
	for (int i = 0; i < 40; i++) {
		double a = 0.31 * i, t = 4 * cos(a) - 9 * sin(a) + (i % 7) * 2 - 6, z = i % 5;
		double sum = 0, line = phantom_line(&p, a, t, z);

		for (double s = -45; s < 45; s += step)
			sum += step * phantom_value(&p, t * cos(a) + s * sin(a),
					      -t * sin(a) + s * cos(a), z);
		/* four ends of chords, each known to a step */
		assert_near(line, sum, 4 * 0.05 * step);
		crossed += fabs(line) > 0.1;
	}
	assert_true(crossed > 10);
}

static void rows_average_transmission_over_the_pixel(void **state)
{
	struct simulate_settings s = plain();
	struct simulation *sim = simulation(&s);
	const struct phantom *p = sim->phantom;
	struct shadow shadows[32];
	float line[96], scratch[96];
	double center = 45.3, slope = 0.02;

	(void)state;
	assert_true(p->n > 10);
	for (int i = 0; i < 12; i++) {
		double angle = 0.5 * i, row = i % 6;

		phantom_shadows(p, angle, shadows);
		phantom_row(p, shadows, center, slope, row, 96, line, scratch);
		for (int u = 0; u < 96; u++) {
			double sum = 0;

			for (int k = 0; k < SUB_COLUMNS * SUB_ROWS; k++) {
				double du = (k % SUB_COLUMNS + 0.5) / SUB_COLUMNS - 0.5;
				double dv = (k / SUB_COLUMNS + 0.5) / SUB_ROWS - 0.5;

				sum += exp(-phantom_line(
					p, angle, u + du - center - slope * dv, row + dv));
			}
			/* the row is computed in float: a chord's rim moves by 1e-6 px, its root by 1e-3
			 * of 0.02 /px */
			assert_near(line[u], sum / (SUB_COLUMNS * SUB_ROWS), 1e-5);
		}
	}
}

static void voxels_are_the_mean_of_points(void **state)
{
	struct simulate_settings s = plain();
	struct simulation *sim = simulation(&s);
	const int fine = 200;
	float line[96];
	double top = sim->phantom->ellipsoids[0].value * 4;

	(void)state;
	for (int64_t y = 3; y < 96; y += 9) {
		phantom_voxels(sim->phantom, 2, y, 96, line);
		for (int x = 0; x < 96; x++) {
			double sum = 0;

			for (int k = 0; k < 8; k++)
				for (int i = 0; i < fine; i++)
					sum += phantom_value(sim->phantom,
						x - 48 + (i + 0.5) / fine,
						(double)y - 47.5 + (k % 4 + 0.5) / 4 - 0.5,
						2 + (k / 4 + 0.5) / 2 - 0.5);
			/* each of at most two rims is known to a part in `fine` */
			assert_near(line[x], sum / (8 * fine), 2 * top / fine);
		}
	}
}

/* Mass and centre of mass of the projections follow those of the slice: t = x cos a - y sin a. */
static void projections_and_slices_share_one_convention(void **state)
{
	struct simulate_settings s = plain();
	double mass = 0, mass_x = 0, mass_y = 0;
	float slice[96 * 96];
	uint16_t *projections, *flats;
	struct simulation *sim;

	(void)state;
	s.center_offset = 4.25;
	s.tilt = 10;
	s.absorption =
		0.2; /* little enough for the mean over a pixel to be that of the line integral */
	sim = simulation(&s);
	assert_int_equal(simulation_truth(sim, 5, 1, slice), OK);
	for (int i = 0; i < 96 * 96; i++) {
		mass += (double)slice[i];
		mass_x += (double)slice[i] * (i % 96 - 47.5);
		mass_y += (double)slice[i] * (i / 96 - 47.5);
	}
	projections = frames(sim, EXPOSE_PROJECTION, 24);
	flats = frames(sim, EXPOSE_FLAT, 1);
	for (int i = 0; i < 24; i++) {
		double a = sim->angle[i] * M_PI / 180, sum = 0, moment = 0;
		double center = 47.5 + 4.25 + tan(10 * M_PI / 180) * 2.5;

		for (int u = 0; u < 96; u++) {
			double open = flats[5 * 96 + u] - 100;
			double line = -log((projections[(i * 6 + 5) * 96 + u] - 100) / open);

			sum += line;
			moment += line * u;
		}
		/* counts are rounded to 1 in 40000: 96 columns of 1.5e-5, weighted by up to 48 px */
		assert_near(sum / mass, 1, 1e-3);
		assert_near(
			moment / sum - center, (mass_x * cos(a) - mass_y * sin(a)) / mass, 0.01);
	}
}

static void any_threads_and_blocks_give_the_same_bytes(void **state)
{
	struct simulate_settings s = plain();
	int64_t pixels = 96 * 6;
	uint16_t *one, *two;
	struct simulation *sim;

	(void)state;
	s.photons = 900;
	s.zingers = 1e-3;
	s.stripes = 0.01;
	s.dead_columns = 2;
	s.jitter = 0.1;
	s.decay = 0.1;
	parallel_set_threads(1);
	one = frames(simulation(&s), EXPOSE_PROJECTION, 24);
	parallel_set_threads(2);
	sim = simulation(&s);
	two = ARENA_NEW(arena, uint16_t, 24 * pixels);
	assert_non_null(two);
	for (int64_t i = 24 - 5; i > -5; i -= 5) {
		int64_t first = i < 0 ? 0 : i, n = i < 0 ? 5 + i : 5;

		assert_int_equal(simulation_frames(sim, EXPOSE_PROJECTION, first, n,
					 two + first * pixels, arena),
			OK);
	}
	parallel_set_threads(0);
	assert_memory_equal(one, two, (size_t)(24 * pixels) * sizeof(uint16_t));
	s.seed = 4;
	two = frames(simulation(&s), EXPOSE_PROJECTION, 24);
	assert_memory_not_equal(one, two, (size_t)(24 * pixels) * sizeof(uint16_t));
}

static void poisson_numbers_are_poisson(void **state)
{
	const double means[] = {0.3, 3, 9.9, 10.1, 40, 600};

	(void)state;
	for (size_t m = 0; m < sizeof(means) / sizeof(means[0]); m++) {
		struct random r = random_start(9, 1, m);
		double mean = means[m], sum = 0, square = 0, cube = 0, n = 200000, below = 0;
		double cumulative = 0, term = exp(-mean), limit = floor(mean - sqrt(mean));

		for (int i = 0; i < (int)n; i++) {
			double k = random_poisson(&r, mean), d = k - mean;

			sum += d;
			square += d * d;
			cube += d * d * d;
			below += k <= limit;
		}
		for (double k = 0; k <= limit; term *= mean / ++k)
			cumulative += term;
		/* 5 standard errors of the estimates, at 200000 draws */
		assert_near(sum / n, 0, 5 * sqrt(mean / n));
		assert_near(square / n / mean, 1, 0.02 + 0.01 / mean);
		assert_near(cube / n / mean, 1, 0.1 + 0.1 * sqrt(mean));
		assert_near(below / n, cumulative, 5 * sqrt(0.25 / n));
	}
}

static void check_flat_variance(double photons)
{
	enum { N = 300, PIXELS = 96 * 6 };
	struct simulate_settings s = plain();
	double ratio = 0;
	struct simulation *sim;
	uint16_t *flats;

	s.photons = photons;
	sim = simulation(&s);
	flats = frames(sim, EXPOSE_FLAT, N);
	for (int i = 0; i < PIXELS; i++) {
		double want = photons * (double)sim->detector->level[i], sum = 0, square = 0;

		for (int k = 0; k < N; k++) {
			double d = flats[k * PIXELS + i] - 100 - want;

			sum += d;
			square += d * d;
		}
		/* photons through the gain of the pixel, read noise, rounding to whole counts */
		want = (double)sim->detector->pixel[i] * want + 1.5 * 1.5 + 1 / 12.;
		ratio += (square - sum * sum / N) / (N - 1) / want / PIXELS;
		assert_near(sum / N, 0, 6 * sqrt(want / N));
	}
	/* the estimate's standard error is sqrt(2 / 170000) = 0.35 % */
	assert_near(ratio, 1, 0.02);
}

static void noise_has_the_variance_of_its_photons(void **state)
{
	(void)state;
	check_flat_variance(60); /* multiplication and rejection */
	check_flat_variance(800);
	check_flat_variance(9000); /* normal */
}

static void faults_are_as_asked(void **state)
{
	struct simulate_settings s = plain();
	struct simulation *clean = simulation(&s), *faulty;
	uint16_t *before = frames(clean, EXPOSE_FLAT, 1), *after, *spoilt;
	double square = 0;
	int hit = 0, stuck = 0;

	(void)state;
	s.decay = 0.2;
	after = frames(simulation(&s), EXPOSE_FLAT_AFTER, 1);
	for (int i = 0; i < 96 * 6; i++)
		assert_near((after[i] - 100) / (double)(before[i] - 100), 0.8, 1e-3);

	s = plain();
	s.zingers = 0.01;
	spoilt = frames(simulation(&s), EXPOSE_FLAT, 10);
	for (int i = 0; i < 10 * 96 * 6; i++)
		hit += spoilt[i] != before[i % (96 * 6)];
	assert_in_range(hit, 58 - 35, 58 + 35); /* Poisson of 58, 4.6 sigma */

	s = plain();
	s.dead_columns = 3;
	s.stripes = 0.05;
	faulty = simulation(&s);
	spoilt = frames(faulty, EXPOSE_DARK, 1);
	for (int u = 0; u < 96; u++)
		stuck += spoilt[u] != 100 && spoilt[u] == spoilt[5 * 96 + u];
	assert_int_equal(stuck, 3);
	for (int u = 0; u < 96; u++)
		square += pow((double)faulty->detector->stripe[u] - 1, 2) / 96;
	assert_near(sqrt(square), 0.05, 0.05 * 5 / sqrt(2 * 96)); /* 5 sigma of the estimate */
}

static void angles_are_as_asked(void **state)
{
	struct simulate_settings s = plain();
	struct simulation *sim = simulation(&s);
	double square = 0;

	(void)state;
	assert_near(sim->angle[0], 0, 0);
	assert_near(sim->angle[23], 180, 1e-12);
	s.endpoint = false;
	s.reversed = true;
	s.averaged = 4;
	s.drop_frames = 3;
	s.start = -20;
	sim = simulation(&s);
	assert_int_equal(sim->n_proj, 21);
	assert_int_equal(sim->n_reading, 96);
	assert_near(sim->reading[95], -20, 1e-12);
	assert_near(sim->reading[0], -20 + 180 * 95 / 96., 1e-12);
	assert_near(sim->angle[23], -20 + 1.5 * 180 / 96, 1e-12);
	s = plain();
	s.angles = 2001;
	s.jitter = 0.3;
	sim = simulation(&s);
	for (int i = 0; i < 2001; i++)
		square += pow((sim->angle[i] - i * 0.09) / 0.09, 2) / 2001;
	assert_near(sqrt(square), 0.3, 0.3 * 5 / sqrt(2 * 2001)); /* 5 sigma */
}

static void nothing_is_negative_and_settings_are_checked(void **state)
{
	struct simulate_settings s = plain();
	struct simulation *sim;
	float slice[96 * 96];

	(void)state;
	for (s.seed = 0; s.seed < 20; s.seed++) {
		sim = simulation(&s);
		assert_int_equal(simulation_truth(sim, 3, 1, slice), OK);
		for (int i = 0; i < 96 * 96; i++)
			assert_true((double)slice[i] >= -1e-6);
	}
	s.object = 0;
	assert_int_equal(simulation_new(&sim, &s, arena), ERR_USAGE);
	s = plain();
	s.dead_columns = 96;
	assert_int_equal(simulation_new(&sim, &s, arena), ERR_USAGE);
	s = plain();
	s.drop_frames = 24;
	assert_int_equal(simulation_new(&sim, &s, arena), ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sphere_has_the_chords_of_the_formula),
		cmocka_unit_test(turned_ellipsoids_match_numeric_integration),
		cmocka_unit_test(rows_average_transmission_over_the_pixel),
		cmocka_unit_test(voxels_are_the_mean_of_points),
		cmocka_unit_test(projections_and_slices_share_one_convention),
		cmocka_unit_test(any_threads_and_blocks_give_the_same_bytes),
		cmocka_unit_test(poisson_numbers_are_poisson),
		cmocka_unit_test(noise_has_the_variance_of_its_photons),
		cmocka_unit_test(faults_are_as_asked),
		cmocka_unit_test(angles_are_as_asked),
		cmocka_unit_test(nothing_is_negative_and_settings_are_checked),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

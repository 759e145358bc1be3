/* SPDX-License-Identifier: BSD-3-Clause
 * The Gaussian against its definition in double, voxel by voxel. */
#include "core/parallel.h"
#include "segment/gaussian.h"
#include "tests/segment_make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 70000 };
static float in[MOST], out[MOST], again[MOST];
static double truth[MOST], pass[MOST];
static uint8_t labels[MOST];

/* One axis: n values at distance `step`, mirrored, with taps of its own. */
static void plain_line(const double *from, double *to, int64_t n, int64_t step, double sigma)
{
	int64_t r = (int64_t)ceil(3.5 * sigma);

	for (int64_t i = 0; i < n; i++) {
		double sum = 0, weight = 0;

		for (int64_t k = -r; k <= r; k++) {
			double w = exp(-0.5 * (double)(k * k) / (sigma * sigma));
			int64_t at = (i + k) % (2 * n);

			at = at < 0 ? at + 2 * n : at;
			at = at < n ? at : 2 * n - 1 - at;
			sum += w * from[at * step];
			weight += w;
		}
		to[i * step] = sum / weight;
	}
}

static void plain(struct slab s, const float *from, double sigma)
{
	for (int64_t i = 0; i < s.nz * s.ny * s.nx; i++)
		truth[i] = (double)from[i];
	for (int64_t i = 0; i < s.nz * s.ny; i++)
		plain_line(truth + i * s.nx, pass + i * s.nx, s.nx, 1, sigma);
	for (int64_t i = 0; i < s.nz * s.nx; i++) {
		int64_t at = i / s.nx * s.ny * s.nx + i % s.nx;

		plain_line(pass + at, truth + at, s.ny, s.nx, sigma);
	}
	for (int64_t i = 0; i < s.ny * s.nx; i++)
		plain_line(truth + i, pass + i, s.nz, s.ny * s.nx, sigma);
}

/* Values are within 1: three passes, each of at most 129 sums of 2^-24. Measured below 3e-7. */
static void within(struct slab s)
{
	for (int64_t i = 0; i < s.nz * s.ny * s.nx; i++)
		assert_true(fabs((double)out[i] - pass[i]) < 1e-6);
}

static const int64_t shapes[][3] = {
	{1, 1, 1}, {2, 3, 5}, {9, 33, 65}, {30, 5, 261}, {3, 70, 257}, {5, 4, 520}, {40, 37, 7}};
static const double sigmas[] = {0.3, 1, 1.5, 2.8, 8, 18};

static void equals_definition(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t k = 0; k < sizeof(shapes) / sizeof(*shapes); k++)
		for (size_t f = 0; f < sizeof(sigmas) / sizeof(*sigmas); f++) {
			struct slab s = slab_whole(shapes[k][0], shapes[k][1], shapes[k][2]);

			make_noise(in, s.nz * s.ny * s.nx, k);
			assert_int_equal(gaussian(&s, in, sigmas[f], out, arena), OK);
			plain(s, in, sigmas[f]);
			within(s);
		}
	arena_free(arena);
}

/* The same bytes whatever the slabs and threads. */
static void slabs_and_threads(void **state)
{
	struct arena *arena = arena_new();
	struct slab whole = slab_whole(23, 40, 70);
	int64_t plane = whole.ny * whole.nx;

	(void)state;
	make_noise(in, whole.nz * plane, 5);
	for (size_t f = 0; f < sizeof(sigmas) / sizeof(*sigmas); f++) {
		parallel_set_threads(1);
		assert_int_equal(gaussian(&whole, in, sigmas[f], out, arena), OK);
		for (int64_t step = 1; step < 23; step += 5) {
			parallel_set_threads((int)step / 5 + 1);
			for (int64_t z = 0; z < whole.nz; z += step) {
				int64_t end = z + step < whole.nz ? z + step : whole.nz;
				struct slab s = slab_cut(whole, z, end, gaussian_halo(sigmas[f]));

				assert_int_equal(gaussian(&s, in + s.p0 * plane, sigmas[f],
							 again + z * plane, arena),
					OK);
			}
			assert_memory_equal(out, again, (size_t)(whole.nz * plane) * sizeof(*out));
		}
	}
	parallel_set_threads(0);
	arena_free(arena);
}

static void indicators(void **state)
{
	static const struct label_range ranges[] = {{1, 1}, {2, 0}, {0, 255}};
	struct slab s = slab_whole(11, 35, 90);
	struct arena *arena = arena_new();

	(void)state;
	for (size_t k = 0; k < sizeof(ranges) / sizeof(*ranges); k++) {
		uint64_t seed = k;

		for (int64_t i = 0; i < s.nz * s.ny * s.nx; i++) {
			labels[i] = (uint8_t)(make_random(&seed) * 4);
			in[i] = k == 0 ? labels[i] == 1 : k == 1 ? labels[i] != 1 : 1;
		}
		assert_int_equal(gaussian_indicator(&s, labels, ranges[k], 2, out, arena), OK);
		plain(s, in, 2);
		within(s);
	}
	arena_free(arena);
}

static void refusals(void **state)
{
	struct arena *arena = arena_new();
	struct slab s = slab_whole(10, 4, 4), cut = slab_cut(s, 4, 6, 1);

	(void)state;
	assert_int_equal(gaussian(&s, in, 0, out, arena), ERR_USAGE);
	assert_int_equal(gaussian(&s, in, (double)NAN, out, arena), ERR_USAGE);
	assert_int_equal(gaussian(&s, in, 19, out, arena), ERR_USAGE);
	assert_int_equal(gaussian(&cut, in, 1, out, arena), ERR_USAGE);
	assert_non_null(strstr(error_message(), "planes 0 to 10 are needed"));
	s.nx = 0;
	assert_int_equal(gaussian(&s, in, 1, out, arena), ERR_USAGE);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_definition),
		cmocka_unit_test(slabs_and_threads),
		cmocka_unit_test(indicators),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

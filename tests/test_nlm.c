/* SPDX-License-Identifier: BSD-3-Clause
 * Non-local means against the formula, voxel by voxel in double; and what must stay as it is. */
#include "core/parallel.h"
#include "segment/nlm.h"
#include "tests/segment_make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void near(double a, double b, double tolerance)
{
	if (!(fabs(a - b) <= tolerance))
		fail_msg("%.9g is not %.9g within %g", a, b, tolerance);
}

enum { MOST = 70000 };
static float in[MOST], out[MOST], again[MOST];

static double value(const struct slab *s, int64_t z, int64_t y, int64_t x)
{
	int64_t row = slab_reflect(z, s->nz) * s->ny + slab_reflect(y, s->ny);

	return (double)in[row * s->nx + slab_reflect(x, s->nx)];
}

/* Squared differences of the 27 voxels about voxel i and about the one at offset d. */
static double distance(const struct slab *s, const int64_t i[3], const int64_t d[3])
{
	double sum = 0;

	for (int k = 0; k < 27; k++) {
		int64_t z = i[0] + k / 9 - 1, y = i[1] + k / 3 % 3 - 1, x = i[2] + k % 3 - 1;
		double a = value(s, z, y, x), b = value(s, z + d[0], y + d[1], x + d[2]);

		sum += (a - b) * (a - b);
	}
	return sum;
}

static double mean_at(const struct slab *s, const int64_t i[3], double noise, double h)
{
	double sum = 0, weights = 0;

	for (int k = 0; k < 125; k++) {
		int64_t d[3] = {k / 25 - 2, k / 5 % 5 - 2, k % 5 - 2};
		double more = distance(s, i, d) - 2 * 27 * noise * noise;
		double w = exp(-fmax(0, more) / (27 * h * h * noise * noise));

		sum += w * value(s, i[0] + d[0], i[1] + d[1], i[2] + d[2]);
		weights += w;
	}
	return sum / weights;
}

/* Steps under noise, so that all weights occur. */
static void make_steps(int64_t n, uint64_t seed, float noise)
{
	make_noise(in, n, seed);
	for (int64_t i = 0; i < n; i++)
		in[i] = noise * in[i] + (i / 7 % 3 == 0);
}

/* Values are 1 at most; float sums of 27 squares and of 125 weights, and the power of two that is off by 2.4e-6:
 * 1e-5 holds. */
static void equals_formula(void **state)
{
	static const int64_t shapes[][3] = {{1, 1, 1}, {2, 3, 5}, {7, 33, 17}, {3, 18, 261}};
	static const double noises[] = {0.02, 0.3, 3};
	struct arena *arena = arena_new();

	(void)state;
	for (int k = 0; k < 12; k++) {
		const int64_t *shape = shapes[k / 3];
		struct slab s = slab_whole(shape[0], shape[1], shape[2]);

		make_steps(s.nz * s.ny * s.nx, (uint64_t)k, (float)noises[k % 3]);
		assert_int_equal(nlm(&s, in, noises[k % 3] / 2, 0.8, out, arena), OK);
		for (int64_t i = 0; i < s.nz * s.ny * s.nx; i++) {
			int64_t p[3] = {i / s.nx / s.ny, i / s.nx % s.ny, i % s.nx};

			near((double)out[i], mean_at(&s, p, noises[k % 3] / 2, 0.8),
				1e-5 * fmax(1, noises[k % 3]));
		}
	}
	arena_free(arena);
}

/* A flat volume stays what it is to the last digit but one: sums of 125 equal values. An edge of 20 times the noise
 * keeps its place and its height: no voxel takes 1 % of the other side. */
static void flat_and_edges(void **state)
{
	struct slab s = slab_whole(9, 20, 40);
	struct arena *arena = arena_new();
	double low = 0, high = 0, before = 0, after = 0;

	(void)state;
	for (int64_t i = 0; i < 7200; i++)
		in[i] = 0.7F;
	assert_int_equal(nlm(&s, in, 0.1, 0.8, out, arena), OK);
	for (int64_t i = 0; i < 7200; i++)
		near((double)out[i], (double)0.7F, 3e-6);
	make_noise(in, 7200, 3);
	for (int64_t i = 0; i < 7200; i++) {
		before += (double)(in[i] * in[i]) * 0.0075 / 7200;
		in[i] = 0.0866F * in[i] + (i % 40 < 20); /* r.m.s. 0.05 */
	}
	assert_int_equal(nlm(&s, in, 0.05, 0.8, out, arena), OK);
	for (int64_t i = 0; i < 7200; i++) {
		double off = (double)out[i] - (i % 40 < 20);

		after += off * off / 7200;
		assert_true(fabs(off) < 0.1);
		*(i % 40 < 20 ? &high : &low) += (double)out[i] / 3600;
	}
	near(low, 0, 0.01);
	near(high, 1, 0.01);
	/* of the noise's 0.05 less than a third is left, that of the mean of 10 */
	assert_true(sqrt(after) < sqrt(before) / 3);
	arena_free(arena);
}

static void slabs_and_threads(void **state)
{
	struct slab whole = slab_whole(19, 40, 61);
	struct arena *arena = arena_new();
	int64_t plane = whole.ny * whole.nx;

	(void)state;
	make_steps(whole.nz * plane, 5, 0.3F);
	parallel_set_threads(1);
	assert_int_equal(nlm(&whole, in, 0.15, 0.8, out, arena), OK);
	for (int64_t step = 1; step < 19; step += 5) {
		parallel_set_threads((int)step / 5 + 1);
		for (int64_t z = 0; z < whole.nz; z += step) {
			struct slab s = slab_cut(
				whole, z, z + step < whole.nz ? z + step : whole.nz, NLM_HALO);

			assert_int_equal(
				nlm(&s, in + s.p0 * plane, 0.15, 0.8, again + z * plane, arena),
				OK);
		}
		assert_memory_equal(out, again, (size_t)(whole.nz * plane) * sizeof(*out));
	}
	parallel_set_threads(0);
	arena_free(arena);
}

/* Enormous differences make weights of nothing, not numbers that are none. */
static void finite_and_refused(void **state)
{
	struct arena *arena = arena_new();
	struct slab s = slab_whole(6, 9, 30);

	(void)state;
	for (int64_t i = 0; i < 6 * 9 * 30; i++)
		in[i] = ldexpf(i % 2 ? 1 : -1, (int)(i * 7919 % 240) - 120);
	assert_int_equal(nlm(&s, in, 1e-12, 0.01, out, arena), OK);
	for (int64_t i = 0; i < 6 * 9 * 30; i++)
		assert_true(isfinite(out[i]));
	assert_int_equal(nlm(&s, in, 0, 0.8, out, arena), ERR_USAGE);
	assert_int_equal(nlm(&s, in, (double)NAN, 0.8, out, arena), ERR_USAGE);
	assert_int_equal(nlm(&s, in, 1, 0, out, arena), ERR_USAGE);
	s = slab_cut(slab_whole(19, 4, 4), 8, 10, 2);
	assert_int_equal(nlm(&s, in, 1, 0.8, out, arena), ERR_USAGE);
	assert_non_null(strstr(error_message(), "planes 5 to 13 are needed"));
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_formula),
		cmocka_unit_test(flat_and_edges),
		cmocka_unit_test(slabs_and_threads),
		cmocka_unit_test(finite_and_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

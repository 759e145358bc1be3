/* SPDX-License-Identifier: BSD-3-Clause
 * Logarithm and hardening stages against double arithmetic and their own promises. */
#include "recon/point.h"
#include "recon/stage.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

static const struct geometry geometry = {.n_angle = 3, .n_col = 1000};

static void run(const struct stage *stage, const struct settings *s, float *data, int64_t n,
	struct counts *counts)
{
	struct sinogram sino = {data, 1, n, n};
	struct arena *arena = arena_new();

	assert_int_equal(stage->apply(s, &geometry, sino, arena, counts), OK);
	arena_free(arena);
}

/* Every 97th float from floor to 1e4: a stride prime to the mantissa's period meets every exponent with
 * 86 thousand different mantissas. */
static void log_is_accurate(void **state)
{
	struct settings s = {.log.floor = 1e-6};
	uint32_t first, last, bits;
	float low = 1e-6f, high = 1e4f, t[4096], p[4096];
	double worst_relative = 0, worst_near_one = 0;

	(void)state;
	memcpy(&first, &low, 4);
	memcpy(&last, &high, 4);
	for (bits = first; bits < last;) {
		int64_t n = 0;
		struct counts counts = {{0}};

		for (; n < 4096 && bits < last; n++, bits += 97)
			memcpy(&t[n], &bits, 4);
		memcpy(p, t, sizeof(p));
		run(&stage_log, &s, p, n, &counts);
		assert_int_equal(counts.n[COUNT_CLIPPED], 0);
		for (int64_t i = 0; i < n; i++) {
			double truth = -log((double)t[i]), error = fabs((double)p[i] - truth);

			if (fabs(truth) < 0.3)
				worst_near_one = fmax(worst_near_one, error);
			if (truth != 0)
				worst_relative = fmax(worst_relative, error / fabs(truth));
		}
	}
	print_message("log: worst relative %.3g, absolute within 0.3 of 1 %.3g\n", worst_relative,
		worst_near_one);
	assert_true(worst_relative < 3e-7); /* 5 units of the last place, promised in point.h */
	assert_true(worst_near_one < 6e-8); /* promised in point.h */
}

static void log_is_accurate_next_to_one(void **state)
{
	struct settings s = {.log.floor = 1e-6};
	float t[4001], p[4001];
	struct counts counts = {{0}};

	(void)state;
	t[2000] = 1;
	for (int i = 2001; i <= 4000; i++)
		t[i] = nextafterf(t[i - 1], 2);
	for (int i = 1999; i >= 0; i--)
		t[i] = nextafterf(t[i + 1], 0);
	memcpy(p, t, sizeof(p));
	run(&stage_log, &s, p, 4001, &counts);
	for (int i = 0; i <= 4000; i++) {
		double truth = -log((double)t[i]);
		assert_true(
			fabs((double)p[i] - truth) <= 1.2e-7 * fabs(truth)); /* one last place */
	}
	assert_true(p[2000] == 0.0f && !signbit(p[2000]));
}

static void exp_is_accurate(void **state)
{
	float p[4096], t[4096];
	double worst = 0;

	(void)state;
	for (int i = 0; i < 4096; i++)
		t[i] = p[i] = -40.0f + 80.0f * (float)i / 4096.0f;
	point_kernels()->exp_minus(t, 4096);
	for (int i = 0; i < 4096; i++) {
		double truth = exp(-(double)p[i]);
		worst = fmax(worst, fabs((double)t[i] - truth) / truth);
	}
	print_message("exp: worst relative %.3g\n", worst);
	assert_true(worst < 2e-7); /* promised in point.h */
}

static void floor_is_kept_and_counted(void **state)
{
	struct settings s = {.log.floor = 1e-3};
	float data[40];
	struct counts counts = {{0}};

	(void)state;
	for (int i = 0; i < 40; i++)
		data[i] = 0.5f;
	data[0] = 0;
	data[7] = -1;
	data[8] = NAN;
	data[21] = INFINITY;
	data[33] = -INFINITY;
	data[38] = 1e-4f;
	data[39] = 1e-3f; /* at the floor: kept, not counted */
	run(&stage_log, &s, data, 40, &counts);
	assert_int_equal(counts.n[COUNT_CLIPPED], 6);
	for (int i = 0; i < 40; i++) {
		bool clipped = i == 0 || i == 7 || i == 8 || i == 21 || i >= 38 || i == 33;
		double truth = clipped ? -log(1e-3) : -log(0.5);
		assert_true(fabs((double)data[i] - truth) < 1e-6); /* two last places of 7 */
	}
}

static void log_refuses_floor(void **state)
{
	struct settings s = {.log.floor = 0};

	(void)state;
	assert_int_equal(stage_log.check(&s, &geometry), ERR_USAGE);
	s.log.floor = NAN;
	assert_int_equal(stage_log.check(&s, &geometry), ERR_USAGE);
	s.log.floor = 1e-6;
	assert_int_equal(stage_log.check(&s, &geometry), OK);
}

static void hardening_is_the_polynomial(void **state)
{
	struct settings s = {.hardening = {.a2 = 0.03, .a3 = 0.002}};
	float data[100];
	struct counts counts = {{0}};

	(void)state;
	for (int i = 0; i < 100; i++)
		data[i] = 0.08f * (float)i - 0.2f;
	run(&stage_hardening, &s, data, 100, &counts);
	for (int i = 0; i < 100; i++) {
		double p = (double)(0.08f * (float)i - 0.2f);
		double truth = p + 0.03 * p * p + 0.002 * p * p * p;
		assert_true(fabs((double)data[i] - truth) <= 4e-7 * fabs(truth) + 1e-9);
	}
}

static void hardening_must_rise(void **state)
{
	/* a2, a3, rises on 0..8: slopes 1 + 2 a2 p + 3 a3 p^2 worked out by hand */
	static const struct {
		double a2, a3;
		bool rises;
	} cases[] = {
		{0.1, 0, true},
		{-0.0625, 0, false}, /* slope 0 at 8 */
		{-0.06, 0, true},
		{-0.3, 0.02,
			false},	   /* 1 - 0.6 p + 0.06 p^2 is -0.5 at 5, above 0 at 0 and 8? 0.04 */
		{0, -0.005, true}, /* 1 - 0.015 64 = 0.04 */
		{0, -0.006, false},
		{NAN, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct settings s = {.hardening = {.a2 = cases[i].a2, .a3 = cases[i].a3}};

		assert_true(stage_hardening.active(&s));
		assert_int_equal(
			stage_hardening.check(&s, &geometry), cases[i].rises ? OK : ERR_USAGE);
	}
	assert_false(stage_hardening.active(&(struct settings){.log.floor = 1e-6}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(log_is_accurate),
		cmocka_unit_test(log_is_accurate_next_to_one),
		cmocka_unit_test(exp_is_accurate),
		cmocka_unit_test(floor_is_kept_and_counted),
		cmocka_unit_test(log_refuses_floor),
		cmocka_unit_test(hardening_is_the_polynomial),
		cmocka_unit_test(hardening_must_rise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

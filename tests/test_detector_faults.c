/* SPDX-License-Identifier: BSD-3-Clause
 * The simulated camera's faults: each where and what it should be. */
#include "tests/detector_make.h"

/* Which columns of noiseless open projections at a time differ from those of a clean camera, checked
 * against detector_stripe(). */
static int changed_columns(const struct detector *d, const struct detector *clean, double time)
{
	uint16_t *got = shoot(d, EXPOSE_PROJECTION, 0, time, NULL);
	uint16_t *want = shoot(clean, EXPOSE_PROJECTION, 0, time, NULL);
	int changed = 0;

	for (int u = 0; u < COLS; u++) {
		double ratio = detector_stripe(d, u, time);

		for (int v = 0; v < ROWS; v++) {
			double light = want[v * COLS + u] - 100;

			/* both are rounded to whole counts */
			assert_near(got[v * COLS + u] - 100, light * ratio, 1.1);
		}
		changed += fabs(ratio - 1) > 1e-6;
	}
	return changed;
}

static void partial_stripes_begin_and_end(void **state)
{
	struct simulate_settings s = plain();
	struct detector *clean = make(&s, 0), *d;
	double seen = 0;

	(void)state;
	s.stripes_partial = 5;
	s.stripe_size = 0.1;
	d = make(&s, 0);
	assert_memory_equal(shoot(d, EXPOSE_FLAT, 0, 0.5, NULL),
		shoot(clean, EXPOSE_FLAT, 0, 0.5, NULL), PIXELS * sizeof(uint16_t));
	for (int i = 0; i < 5; i++) {
		const struct partial_stripe *p = &d->partial[i];

		assert_true(p->from >= 0 && p->to <= 1 && p->to - p->from >= 0.1);
		assert_true(fabs(p->size) >= 0.05 && fabs(p->size) <= 0.15);
		assert_near(detector_stripe(d, p->column, p->from - 1e-9), 1, 0);
		assert_near(detector_stripe(d, p->column, p->from), 1 + p->size, 1e-12);
		assert_near(detector_stripe(d, p->column, p->to), 1, 0);
		seen += p->to - p->from;
		for (int j = 0; j < i; j++)
			assert_true(d->partial[j].column != p->column);
	}
	for (int i = 0; i < 200; i++)
		seen -= changed_columns(d, clean, (i + 0.5) / 200) / 200.0;
	assert_near(seen, 0, 5 * 2 / 200.0); /* each edge within one step */
}

static void drifting_stripes_cross_zero(void **state)
{
	struct simulate_settings s = plain();
	struct detector *clean = make(&s, 0), *d;

	(void)state;
	s.stripes_drifting = 6;
	s.stripe_size = 0.08;
	d = make(&s, 0);
	assert_int_equal(changed_columns(d, clean, 0.1), 6);
	assert_int_equal(changed_columns(d, clean, 0.9), 6);
	for (int i = 0; i < 6; i++) {
		int64_t u = d->drifting[i].column;
		double first = detector_stripe(d, u, 0) - 1, last = detector_stripe(d, u, 1) - 1;
		double before = first;

		assert_true(first * last < 0);
		for (double t = 0; t <= 1; t += 0.01) {
			double now = detector_stripe(d, u, t) - 1;

			assert_true(fabs(now) <= 0.12 && fabs(now - before) < 0.12 * 0.032);
			before = now;
		}
		assert_near(detector_stripe(d, u, d->drifting[i].zero), 1, 1e-12);
	}
}

static void wide_stripes_are_smooth_bands(void **state)
{
	struct simulate_settings s = plain();
	struct detector *clean, *d;
	int changed;

	(void)state;
	clean = make(&s, 0);
	s.stripes_wide = 1;
	s.stripe_size = 0.1;
	for (uint64_t seed = 0; seed < 30; seed++) {
		const struct wide_stripe *w;

		assert_int_equal(detector_new(&d, &s, seed, 0, arena), OK);
		w = &d->wide[0];
		changed = 0;
		for (int u = 1; u < COLS; u++) {
			double step = (double)(d->stripe[u] - d->stripe[u - 1]);

			changed += fabs((double)d->stripe[u] - 1) > 1e-6;
			/* the steepest of a raised cosine */
			assert_true(fabs(step) <= fabs(w->size) * M_PI / (2 * w->half) + 1e-6);
			assert_true(fabs((double)d->stripe[u] - 1) <= 0.15);
		}
		assert_in_range(changed, 4, 30);
		assert_near(changed, 2 * w->half, 1.01);
	}
	d = make(&s, 0);
	assert_true(changed_columns(d, clean, 0.5) >= 4);
}

static void bad_pixels_are_dead_or_hot(void **state)
{
	enum { N = 400 };
	struct simulate_settings s = plain();
	int dead = 0, hot = 0, with_neighbour = 0;
	double *sum = ARENA_ZERO(arena, double, 2 * PIXELS), ratio = 0, n = N;
	uint8_t *bad = ARENA_ZERO(arena, uint8_t, PIXELS);
	uint16_t *flat;
	struct detector *d;

	(void)state;
	s.dead_pixels = 10000;
	s.hot_pixels = 8000;
	s.photons = 3000;
	s.read_noise = 2;
	d = make(&s, 0);
	flat = shoot(d, EXPOSE_FLAT, 0, 0, NULL);
	for (int i = 0; i < N; i++) {
		struct arena_mark mark = arena_mark(arena);
		uint16_t *dark = shoot(d, EXPOSE_DARK, i, 0, NULL);

		for (int p = 0; p < PIXELS; p++) {
			sum[p] += dark[p] - 100;
			sum[PIXELS + p] += pow(dark[p] - 100, 2);
		}
		arena_release(arena, mark);
	}
	for (int64_t i = 0; i < d->n_bad; i++)
		bad[d->bad[i].at] = 1;
	for (int64_t i = 0; i < d->n_bad; i++) {
		int64_t p = d->bad[i].at, v = p / COLS, u = p % COLS;
		double level = d->bad[i].dark, variance;

		with_neighbour += (u > 0 && bad[p - 1]) || (u < COLS - 1 && bad[p + 1]) ||
				  (v > 0 && bad[p - COLS]) || (v < ROWS - 1 && bad[p + COLS]);
		dead += level <= 0;
		hot += level > 0;
		variance = level + pow(0.02 * level, 2) + 2 * 2 + 1 / 12.;
		assert_near(sum[p] / n, level, 5 * sqrt(variance / n));
		ratio += (sum[PIXELS + p] - sum[p] * sum[p] / n) / (n - 1) / variance /
			 (double)d->n_bad;
		if (level <= 0)
			assert_near(flat[p], 100, 6 * 2 + 0.5);
		else
			assert_near(flat[p] - 100 - level, 3000 * (double)d->level[p],
				6 * sqrt(3000 + variance));
	}
	assert_int_equal(dead, 77);
	assert_int_equal(hot, 61);
	assert_near(ratio, 1, 5 * sqrt(2 / n / 138)); /* 5 standard errors */
	/* clusters of 2 to 6 are 3 draws in 10, so 6 pixels in 10 */
	assert_in_range(with_neighbour, 138 * 3 / 10, 138 * 9 / 10);
	for (int p = 0; p < PIXELS; p++)
		assert_true(bad[p] || fabs(sum[p] / n) < 6 * sqrt(4.1 / n));
}

static void the_beam_drifts_and_flickers(void **state)
{
	struct simulate_settings s = plain();
	struct detector *d;
	uint16_t *before, *after;
	double sum = 0, square = 0, n = 400;

	(void)state;
	s.beam_drift = 6;
	d = make(&s, 0);
	before = shoot(d, EXPOSE_FLAT, 0, 0, NULL);
	after = shoot(d, EXPOSE_FLAT_AFTER, 0, 1, NULL);
	for (int v = 6; v < ROWS; v++)
		for (int u = 3; u < COLS; u++) {
			int64_t p = v * COLS + u, from = (v - 6) * COLS + u - 3;
			double want = (before[from] - 100) / (double)d->pixel[from];

			/* half a count each in about 38000, or the cap at 1 of pixel and beam */
			if (before[from] < 40090 && after[p] < 40090)
				assert_near((after[p] - 100) / (double)d->pixel[p], want, 1.2);
		}
	s.beam_drift = 0;
	s.beam_flicker = 0.03;
	s.decay = 0.2;
	d = make(&s, 0);
	for (int i = 0; i < (int)n; i++) {
		double ratio;

		after = shoot(d, EXPOSE_PROJECTION, i, 0.5, NULL);
		ratio = (after[COLS] - 100) / ((before[COLS] - 100) * 0.9) - 1;
		sum += ratio;
		square += ratio * ratio;
	}
	assert_near(sum / n, 0, 5 * 0.03 / sqrt(n));
	assert_near(sqrt(square / n), 0.03, 0.03 * 5 / sqrt(2 * n));
	assert_int_equal(shoot(d, EXPOSE_DARK, 0, 0, NULL)[7], 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(partial_stripes_begin_and_end),
		cmocka_unit_test(drifting_stripes_cross_zero),
		cmocka_unit_test(wide_stripes_are_smooth_bands),
		cmocka_unit_test(bad_pixels_are_dead_or_hot),
		cmocka_unit_test(the_beam_drifts_and_flickers),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

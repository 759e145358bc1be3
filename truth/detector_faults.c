/* SPDX-License-Identifier: BSD-3-Clause
 * Where the simulated camera is faulty: columns and pixels. */
#include "truth/detector_parts.h"

#include <math.h>

/* A column that nothing has yet, none within two pixels of the rim where nothing could repair it. */
static int64_t choose_column(const struct detector *d, struct random *r, uint8_t *taken)
{
	for (;;) {
		int64_t column = 2 + (int64_t)(random_uniform(r) * (double)(d->n_col - 4));

		if (taken[column])
			continue;
		taken[column] = 1;
		return column;
	}
}

static double either_sign(struct random *r)
{
	return random_uniform(r) < 0.5 ? -1 : 1;
}

/* Wide bands, one factor with the full stripes. */
static void put_wide(struct detector *d, const struct simulate_settings *s, uint64_t seed)
{
	struct random r = random_start(seed, STREAM_WIDE, 0);

	for (int64_t i = 0; i < d->n_wide; i++) {
		struct wide_stripe *w = &d->wide[i];

		w->half = fmin(random_between(&r, 2.5, 15), (double)d->n_col / 4);
		w->middle = random_between(&r, w->half, (double)d->n_col - 1 - w->half);
		w->size = s->stripe_size * random_between(&r, 0.5, 1.5) * either_sign(&r);
		for (int64_t u = 0; u < d->n_col; u++) {
			double off = fabs((double)u - w->middle) / w->half;

			if (off < 1)
				d->stripe[u] *= (float)(1 + w->size * (1 + cos(M_PI * off)) / 2);
		}
	}
}

/* Those that are another matter in each step. */
static void put_changing(struct detector *d, const struct simulate_settings *s, uint8_t *taken)
{
	struct random r = random_start(d->seed, STREAM_CHANGING, 0);

	for (int64_t i = 0; i < d->n_partial; i++) {
		double a = random_uniform(&r), length = random_between(&r, 0.1, 0.7);

		a *= 1 - length;
		d->partial[i] = (struct partial_stripe){
			.column = choose_column(d, &r, taken),
			.size = s->stripe_size * random_between(&r, 0.5, 1.5) * either_sign(&r),
			.from = a,
			.to = a + length,
		};
	}
	for (int64_t i = 0; i < d->n_drifting; i++)
		d->drifting[i] = (struct drifting_stripe){
			.column = choose_column(d, &r, taken),
			.size = s->stripe_size * random_between(&r, 0.5, 1.5) * either_sign(&r),
			.zero = random_between(&r, 0.25, 0.75),
		};
}

enum err detector_columns(
	struct detector *d, const struct simulate_settings *s, uint64_t seed, struct arena *arena)
{
	struct random r = random_start(seed, 'd', 0);
	struct arena_mark mark = arena_mark(arena);
	uint8_t *taken = ARENA_ZERO(arena, uint8_t, d->n_col);

	NEED(taken);
	for (int64_t u = 0; u < d->n_col; u++)
		d->stripe[u] = (float)fmax(0.1, 1 + s->stripes * random_normal(&r));
	for (int64_t i = 0; i < d->n_dead; i++)
		d->dead[i] = choose_column(d, &r, taken);
	put_wide(d, s, seed);
	put_changing(d, s, taken);
	arena_release(arena, mark);
	return OK;
}

double detector_stripe(const struct detector *d, int64_t column, double time)
{
	double stripe = (double)d->stripe[column];

	for (int64_t i = 0; i < d->n_partial; i++)
		if (d->partial[i].column == column && time >= d->partial[i].from &&
			time < d->partial[i].to)
			stripe *= 1 + d->partial[i].size;
	for (int64_t i = 0; i < d->n_drifting; i++)
		if (d->drifting[i].column == column)
			stripe *=
				1 + d->drifting[i].size * sin(M_PI * (time - d->drifting[i].zero));
	return stripe;
}

enum { GOOD, DEAD, HOT };

/* n pixels become `what`: singles, or clusters grown by steps to a neighbour. */
static void spoil(struct detector *d, struct random *r, int64_t n, uint8_t what, uint8_t *map)
{
	while (n > 0) {
		int64_t u = (int64_t)(random_uniform(r) * (double)d->n_col);
		int64_t v = (int64_t)(random_uniform(r) * (double)d->n_row);
		int64_t size = 1;

		if (random_uniform(r) < 0.3)
			size = 2 + (int64_t)(5 * random_uniform(r));
		for (int64_t i = 0; i < size && n > 0; i++) {
			uint64_t way = random_bits(r) >> 62;

			if (map[v * d->n_col + u] == GOOD) {
				map[v * d->n_col + u] = what;
				n--;
			}
			u += way == 0 ? 1 : way == 1 ? -1 : 0;
			v += way == 2 ? 1 : way == 3 ? -1 : 0;
			u = u < 0 ? 0 : u >= d->n_col ? d->n_col - 1 : u;
			v = v < 0 ? 0 : v >= d->n_row ? d->n_row - 1 : v;
		}
	}
}

static void list_bad(struct detector *d, struct random *r, const uint8_t *map)
{
	int64_t n = 0;

	for (int64_t v = 0; v < d->n_row; v++) {
		d->bad_row[v] = n;
		for (int64_t u = 0; u < d->n_col; u++) {
			int64_t at = v * d->n_col + u;

			if (map[at] == GOOD)
				continue;
			d->bad[n].at = at;
			/* from hardly seen to blinding */
			d->bad[n++].dark = map[at] == HOT ? 300 * pow(100, random_uniform(r)) : 0;
		}
	}
	d->bad_row[d->n_row] = n;
}

enum err detector_bad_pixels(
	struct detector *d, const struct simulate_settings *s, uint64_t seed, struct arena *arena)
{
	double pixels = (double)(d->n_row * d->n_col);
	int64_t dead = (int64_t)rint(s->dead_pixels * pixels * 1e-6);
	int64_t hot = (int64_t)rint(s->hot_pixels * pixels * 1e-6);
	struct random r = random_start(seed, STREAM_BAD_PIXELS, 0);
	struct arena_mark mark;
	uint8_t *map;

	d->n_bad = dead + hot;
	NEED(d->bad = ARENA_NEW(arena, struct bad_pixel, d->n_bad + 1));
	NEED(d->bad_row = ARENA_ZERO(arena, int64_t, d->n_row + 1));
	if (d->n_bad == 0)
		return OK;
	mark = arena_mark(arena);
	NEED(map = ARENA_ZERO(arena, uint8_t, d->n_row * d->n_col));
	spoil(d, &r, dead, DEAD, map);
	spoil(d, &r, hot, HOT, map);
	list_bad(d, &r, map);
	arena_release(arena, mark);
	return OK;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * The simulated camera; its model stands in truth/detector.h. */
#include "truth/detector.h"

#include <math.h>

static const double full_counts = 40000; /* brightest flat, when noiseless or too many photons */

static void fill_level(struct detector *d, uint64_t seed)
{
	for (int64_t v = 0; v < d->n_row; v++) {
		struct random r = random_start(seed, 'g', (uint64_t)v);
		double y = d->n_row > 1 ? (double)v / (double)(d->n_row - 1) - 0.5 : 0;

		for (int64_t u = 0; u < d->n_col; u++) {
			double x = (double)u / (double)d->n_col - 0.5;
			/* Brightest a little off the middle, with the ripple of a multilayer. */
			double beam = (1 - 0.6 * (x - 0.05) * (x - 0.05)) * (1 - y * y) *
				      (0.98 + 0.02 * cos(40 * y + 3 * x));
			double pixel = 0.94 + 0.02 * random_normal(&r);

			d->level[v * d->n_col + u] = (float)fmin(1, fmax(0.05, beam * pixel));
		}
	}
}

/* n different columns, none within two pixels of the rim where nothing could repair them. */
static void choose_dead(struct detector *d, struct random *r)
{
	for (int64_t i = 0; i < d->n_dead;) {
		int64_t column = 2 + (int64_t)(random_uniform(r) * (double)(d->n_col - 4));
		int64_t j = 0;

		while (j < i && d->dead[j] != column)
			j++;
		if (j == i)
			d->dead[i++] = column;
	}
}

enum err detector_new(
	struct detector **detector, const struct simulate_settings *s, struct arena *arena)
{
	struct detector *d = ARENA_ZERO(arena, struct detector, 1);
	struct random r = random_start((uint64_t)s->seed, 'd', 0);

	NEED(d);
	if (s->size < 8 || s->rows < 1)
		return fail(ERR_USAGE, "simulate: a detector of %lld x %lld px: at least 8 x 1",
			(long long)s->size, (long long)s->rows);
	if (s->dead_columns < 0 || s->dead_columns > (s->size - 4) / 2)
		return fail(ERR_USAGE, "simulate.dead_columns: %lld, must be 0 to %lld",
			(long long)s->dead_columns, (long long)((s->size - 4) / 2));
	*d = (struct detector){
		.n_row = s->rows,
		.n_col = s->size,
		.n_dead = s->dead_columns,
		.noise = s->photons > 0,
		.photons = s->photons > 0 ? s->photons : full_counts,
		.zingers = s->zingers,
		.read_noise = s->photons > 0 ? 1.5 : 0,
		.offset = 100,
	};
	d->gain = fmin(1, full_counts / d->photons);
	d->level = ARENA_NEW(arena, float, d->n_row * d->n_col);
	d->stripe = ARENA_NEW(arena, float, d->n_col);
	d->dead = ARENA_NEW(arena, int64_t, d->n_dead + 1);
	NEED(d->level);
	NEED(d->stripe);
	NEED(d->dead);
	fill_level(d, (uint64_t)s->seed);
	for (int64_t u = 0; u < d->n_col; u++)
		d->stripe[u] = (float)fmax(0.1, 1 + s->stripes * random_normal(&r));
	choose_dead(d, &r);
	*detector = d;
	return OK;
}

static uint16_t digitise(double counts)
{
	return (uint16_t)(counts < 0 ? 0 : counts > 65535 ? 65535 : counts + 0.5);
}

void detector_row(const struct detector *d, struct random *r, int64_t row,
	const float *transmission, double beam, bool projection, int64_t averaged, uint16_t *counts)
{
	const float *level = d->level + row * d->n_col;
	double many = (double)averaged, read_noise = d->read_noise / sqrt(many);
	double gain = d->gain / many, read_variance = read_noise * read_noise;

	for (int64_t u = 0; u < d->n_col; u++) {
		double mean = d->photons * many * beam * (double)level[u];
		double noise = 0;

		mean *= transmission ? (double)transmission[u] : 1;
		mean *= projection ? (double)d->stripe[u] : 1;
		if (d->noise && mean > 1000) {
			noise = sqrt(gain * gain * mean + read_variance) * random_normal(r);
		} else if (d->noise) {
			mean = random_poisson(r, mean);
			noise = read_noise * random_normal(r);
		}
		counts[u] = digitise(d->offset + gain * mean + noise);
	}
}

void detector_defects(const struct detector *d, struct random *r, uint16_t *frame)
{
	int64_t n = d->n_row * d->n_col;
	double full = d->photons * d->gain;
	int64_t hits = d->zingers > 0 ? (int64_t)random_poisson(r, d->zingers * (double)n) : 0;

	for (int64_t i = 0; i < hits; i++) {
		int64_t pixel = (int64_t)(random_uniform(r) * (double)n);

		frame[pixel] = digitise(frame[pixel] + full * random_between(r, 0.3, 1.5));
	}
	for (int64_t i = 0; i < d->n_dead; i++) {
		uint16_t stuck = digitise(d->offset + full * (0.2 + 0.1 * (double)(i % 5)));

		for (int64_t v = 0; v < d->n_row; v++)
			frame[v * d->n_col + d->dead[i]] = stuck;
	}
}

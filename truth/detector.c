/* SPDX-License-Identifier: BSD-3-Clause
 * The simulated camera, made; its model stands in truth/detector.h. */
#include "truth/detector.h"

#include "truth/detector_parts.h"

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
			d->pixel[v * d->n_col + u] = (float)fmax(0.05, pixel);
		}
	}
	for (int64_t u = 0; u < d->n_col; u++) {
		double x = (double)u / (double)d->n_col - 0.5;

		d->ripple[u] = cos(3 * x);
		d->ripple[d->n_col + u] = sin(3 * x);
	}
}

static enum err within(const char *name, int64_t value, int64_t most)
{
	if (value >= 0 && value <= most)
		return OK;
	return fail(ERR_USAGE, "simulate.%s: %lld, must be 0 to %lld", name, (long long)value,
		(long long)most);
}

static enum err check(const struct simulate_settings *s)
{
	int64_t inner = s->size - 4;

	if (s->size < 8 || s->rows < 1)
		return fail(ERR_USAGE, "simulate: a detector of %lld x %lld px: at least 8 x 1",
			(long long)s->size, (long long)s->rows);
	TRY(within("dead_columns", s->dead_columns, inner / 2));
	TRY(within("stripes_partial", s->stripes_partial, inner / 4));
	TRY(within("stripes_drifting", s->stripes_drifting, inner / 4 - s->stripes_partial));
	TRY(within("stripes_wide", s->stripes_wide, s->size));
	if (!(s->dead_pixels >= 0 && s->hot_pixels >= 0 &&
		    s->dead_pixels + s->hot_pixels <= 100000))
		return fail(ERR_USAGE,
			"simulate: %g dead and %g hot pixels a megapixel, must be 0 to 100000 in "
			"all",
			s->dead_pixels, s->hot_pixels);
	if (!(s->read_noise >= 0))
		return fail(
			ERR_USAGE, "simulate.read_noise: %g, must be at least 0", s->read_noise);
	return OK;
}

static enum err allocate(struct detector *d, struct arena *arena)
{
	NEED(d->level = ARENA_NEW(arena, float, d->n_row * d->n_col));
	NEED(d->pixel = ARENA_NEW(arena, float, d->n_row * d->n_col));
	NEED(d->stripe = ARENA_NEW(arena, float, d->n_col));
	NEED(d->ripple = ARENA_NEW(arena, double, 2 * d->n_col));
	NEED(d->dead = ARENA_NEW(arena, int64_t, d->n_dead + 1));
	NEED(d->partial = ARENA_NEW(arena, struct partial_stripe, d->n_partial + 1));
	NEED(d->drifting = ARENA_NEW(arena, struct drifting_stripe, d->n_drifting + 1));
	NEED(d->wide = ARENA_NEW(arena, struct wide_stripe, d->n_wide + 1));
	return OK;
}

enum err detector_new(struct detector **detector, const struct simulate_settings *s, uint64_t seed,
	int64_t step, struct arena *arena)
{
	struct detector *d = ARENA_ZERO(arena, struct detector, 1);

	NEED(d);
	TRY(check(s));
	*d = (struct detector){
		.n_row = s->rows,
		.n_col = s->size,
		.n_dead = s->dead_columns,
		.n_partial = s->stripes_partial,
		.n_drifting = s->stripes_drifting,
		.n_wide = s->stripes_wide,
		.noise = s->photons > 0,
		.photons = s->photons > 0 ? s->photons : full_counts,
		.zingers = s->zingers,
		.read_noise = s->photons > 0 ? s->read_noise : 0,
		.offset = 100,
		.decay = s->decay,
		.flicker = s->beam_flicker,
		.drift = s->beam_drift,
		.averaged = s->averaged > 1 ? s->averaged : 1,
		.seed = step > 0 ? random_key(seed, (uint64_t)step) : seed,
	};
	d->gain = fmin(1, full_counts / d->photons);
	TRY(allocate(d, arena));
	ziggurat_fill(&d->ziggurat);
	fill_level(d, seed);
	TRY(detector_columns(d, s, seed, arena));
	TRY(detector_bad_pixels(d, s, seed, arena));
	*detector = d;
	return OK;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Frames of the simulated camera. A row goes through short blocks that stay in the nearest cache: means,
 * noise, faults, rounding. */
#include "truth/detector_parts.h"

#include <math.h>

enum { BLOCK = 512 };

struct block {
	int64_t first, n;     /* columns */
	double mean[BLOCK];   /* photons of all exposures, noiseless */
	double gain[BLOCK];   /* counts a photon */
	double normal[BLOCK]; /* random numbers */
	double signal[BLOCK]; /* counts */
};

struct shot detector_shot(const struct detector *d, enum exposure kind, int64_t index, double time)
{
	struct random noise = random_start(d->seed, STREAM_NOISE + (uint64_t)kind, (uint64_t)index);
	struct shot shot = {.kind = kind,
		.index = index,
		.time = time,
		.beam = 1 - d->decay * time,
		.exposures = kind == EXPOSE_PROJECTION ? (double)d->averaged : 1,
		.key = random_bits(&noise)};

	if (kind == EXPOSE_DARK) {
		shot.beam = 0;
	} else if (d->flicker > 0) {
		struct random beam =
			random_start(d->seed, STREAM_BEAM + (uint64_t)kind, (uint64_t)index);

		shot.beam *= fmax(0, 1 + d->flicker * random_normal(&beam));
	}
	return shot;
}

/* Levels of a row under the beam as it stands then. */
static void moved_level(
	const struct detector *d, double time, int64_t row, const struct block *b, double *level)
{
	const float *pixel = d->pixel + row * d->n_col;
	const double *cosine = d->ripple, *sine = d->ripple + d->n_col;
	double height = d->n_row > 1 ? (double)(d->n_row - 1) : 1;
	double right = 0.5 * d->drift * time / (double)d->n_col;
	double y = d->n_row > 1 ? (double)row / height - 0.5 : 0;

	y -= d->drift * time / height;
	double phase_cos = 0.02 * cos(40 * y - 3 * right),
	       phase_sin = 0.02 * sin(40 * y - 3 * right);

	for (int64_t i = 0; i < b->n; i++) {
		int64_t u = b->first + i;
		double x = (double)u / (double)d->n_col - 0.55 - right;
		double beam = (1 - 0.6 * x * x) * (1 - y * y) *
			      (0.98 + phase_cos * cosine[u] - phase_sin * sine[u]);

		level[i] = fmin(1, fmax(0.05, beam * (double)pixel[u]));
	}
}

static void apply_stripes(const struct detector *d, double time, struct block *b)
{
	for (int64_t i = 0; i < b->n; i++)
		b->signal[i] *= (double)d->stripe[b->first + i];
	for (int64_t i = 0; i < d->n_partial; i++) {
		const struct partial_stripe *p = &d->partial[i];
		int64_t at = p->column - b->first;

		if (at >= 0 && at < b->n && time >= p->from && time < p->to)
			b->signal[at] *= 1 + p->size;
	}
	for (int64_t i = 0; i < d->n_drifting; i++) {
		const struct drifting_stripe *p = &d->drifting[i];
		int64_t at = p->column - b->first;

		if (at >= 0 && at < b->n)
			b->signal[at] *= 1 + p->size * sin(M_PI * (time - p->zero));
	}
}

/* What a noiseless camera would count, and with noise also photons and gain behind it. */
static void expected(const struct detector *d, const struct shot *shot, int64_t row,
	const float *transmission, struct block *b)
{
	const float *level = d->level + row * d->n_col + b->first;
	const float *pixel = d->pixel + row * d->n_col + b->first;
	double all = d->photons * shot->exposures * shot->beam, gain = d->gain / shot->exposures;
	double moved[BLOCK];

	if (d->drift != 0) {
		moved_level(d, shot->time, row, b, moved);
		for (int64_t i = 0; i < b->n; i++)
			b->signal[i] = all * moved[i];
	} else {
		for (int64_t i = 0; i < b->n; i++)
			b->signal[i] = all * (double)level[i];
	}
	for (int64_t i = 0; transmission && i < b->n; i++)
		b->signal[i] *= (double)transmission[b->first + i];
	for (int64_t i = 0; d->noise && i < b->n; i++)
		b->mean[i] = b->signal[i] / (double)pixel[i];
	if (shot->kind == EXPOSE_PROJECTION)
		apply_stripes(d, shot->time, b);
	for (int64_t i = 0; i < b->n; i++)
		b->signal[i] *= gain;
	for (int64_t i = 0; d->noise && i < b->n; i++)
		b->gain[i] = b->mean[i] > 0 ? b->signal[i] / b->mean[i] : 0;
}

/* x = mean + sd z + a (z^2 - 1) has, to first order, the third moment 6 a sd^2: that of the photons. */
static void add_noise(
	const struct detector *d, const struct shot *shot, struct random *r, struct block *b)
{
	double read_noise = d->read_noise / sqrt(shot->exposures);
	double read_variance = read_noise * read_noise;

	random_normals(r, &d->ziggurat, b->normal, b->n);
	for (int64_t i = 0; i < b->n; i++) {
		double z = b->normal[i], g = b->gain[i];

		if (b->mean[i] > 1000) {
			double light = g * b->signal[i], variance = light + read_variance;

			b->signal[i] +=
				sqrt(variance) * z + g * light / (6 * variance) * (z * z - 1);
		} else {
			b->signal[i] = g * random_poisson(r, b->mean[i]) + read_noise * z;
		}
	}
}

static uint16_t digitise(double counts)
{
	return (uint16_t)(counts < 0 ? 0 : counts > 65535 ? 65535 : counts + 0.5);
}

/* Charge of hot pixels; the dead ones get their value last of all. */
static void add_dark_charge(
	const struct detector *d, const struct shot *shot, int64_t row, struct block *b)
{
	const struct bad_pixel *bad = d->bad + d->bad_row[row], *end = d->bad + d->bad_row[row + 1];

	for (; bad < end; bad++) {
		int64_t at = bad->at - row * d->n_col - b->first;
		struct random r;
		double more;

		if (bad->dark <= 0 || at < 0 || at >= b->n)
			continue;
		r = random_start(shot->key, STREAM_BAD_ROW, (uint64_t)bad->at);
		more = d->gain * bad->dark + 4e-4 * bad->dark * bad->dark;
		b->signal[at] += bad->dark;
		if (d->noise)
			b->signal[at] += sqrt(more / shot->exposures) * random_normal(&r);
	}
}

void detector_row(const struct detector *d, const struct shot *shot, int64_t row,
	const float *transmission, uint16_t *counts)
{
	struct random r = random_start(shot->key, STREAM_ROW, (uint64_t)row);
	struct block b;

	for (b.first = 0; b.first < d->n_col; b.first += b.n) {
		b.n = d->n_col - b.first < BLOCK ? d->n_col - b.first : BLOCK;
		expected(d, shot, row, transmission, &b);
		if (d->noise)
			add_noise(d, shot, &r, &b);
		if (d->bad_row[row] < d->bad_row[row + 1])
			add_dark_charge(d, shot, row, &b);
		for (int64_t i = 0; i < b.n; i++)
			counts[b.first + i] = digitise(d->offset + b.signal[i]);
	}
}

static void add_zingers(const struct detector *d, const struct shot *shot, uint16_t *frame)
{
	struct random r = random_start(d->seed, 'f' + (uint64_t)shot->kind, (uint64_t)shot->index);
	int64_t n = d->n_row * d->n_col;
	double full = d->photons * d->gain;
	int64_t hits = d->zingers > 0 ? (int64_t)random_poisson(&r, d->zingers * (double)n) : 0;

	for (int64_t i = 0; i < hits; i++) {
		int64_t pixel = (int64_t)(random_uniform(&r) * (double)n);

		frame[pixel] = digitise(frame[pixel] + full * random_between(&r, 0.3, 1.5));
	}
}

void detector_end(const struct detector *d, const struct shot *shot, uint16_t *frame)
{
	struct random r = random_start(shot->key, STREAM_BAD_END, 0);
	double read_noise = d->read_noise / sqrt(shot->exposures);

	add_zingers(d, shot, frame);
	for (int64_t i = 0; i < d->n_bad; i++)
		if (d->bad[i].dark <= 0)
			frame[d->bad[i].at] = digitise(d->offset + read_noise * random_normal(&r));
	for (int64_t i = 0; i < d->n_dead; i++) {
		uint16_t stuck =
			digitise(d->offset + d->photons * d->gain * (0.2 + 0.1 * (double)(i % 5)));

		for (int64_t v = 0; v < d->n_row; v++)
			frame[v * d->n_col + d->dead[i]] = stuck;
	}
}

void detector_frame(const struct detector *d, enum exposure kind, int64_t index, double time,
	const float *transmission, uint16_t *counts)
{
	struct shot shot = detector_shot(d, kind, index, time);

	for (int64_t v = 0; v < d->n_row; v++)
		detector_row(d, &shot, v, transmission ? transmission + v * d->n_col : NULL,
			counts + v * d->n_col);
	detector_end(d, &shot, counts);
}

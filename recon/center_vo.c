/* SPDX-License-Identifier: BSD-3-Clause
 * Vo's centre: mirrored about the right centre, half a turn continues into a full turn without a
 * seam, so the 2D Fourier transform of the two stacked is empty outside a double wedge.
 * Only the columns about the candidate that both halves see are used, under a taper; then the
 * transform along columns of the mirrored half is the reversed one of the first half times a phase,
 * which makes shifts exact at any fraction of a pixel and needs one 1D transform a harmonic. */
#include "recon/center_parts.h"
#include "recon/fft.h"

#include <math.h>
#include <string.h>

enum { FINE_HARMONICS = 128, COARSE_HARMONICS = 48, BLOCK = 16 };

/* How far objects may reach from the axis, as a share of the width. Vo takes a quarter; this much
 * measured best for objects wider than the detector and costs nothing for those that fit. */
static const double wedge_radius = 0.9;

bool vo_possible(const struct center_plan *plan)
{
	return plan->n_view >= 8 && M_PI - plan->span < SEAM_STEPS * plan->step;
}

/* Where the uniform angle grid samples the measured views: two to four views and their weights. */
struct sample {
	int64_t first;
	int n;
	float weight[4];
};

static void place(struct sample *sample, const struct center_plan *plan, double at)
{
	int64_t i = 0, high = plan->n_view - 1;

	while (high - i > 1) {
		int64_t middle = (i + high) / 2;

		if (plan->t[middle] <= at)
			i = middle;
		else
			high = middle;
	}
	*sample = (struct sample){.first = i, .n = 2};
	if (i > 0 && i + 2 < plan->n_view) {
		sample->first = i - 1;
		sample->n = 4;
	}
	for (int k = 0; k < sample->n; k++) {
		double weight = 1, here = plan->t[sample->first + k];

		for (int j = 0; j < sample->n; j++)
			if (j != k)
				weight *= (at - plan->t[sample->first + j]) /
					  (here - plan->t[sample->first + j]);
		sample->weight[k] = (float)weight;
	}
}

/* m directions over exactly half a turn. Ends that were not measured are shared by both sides. */
static enum err grid(
	struct sample **samples, int64_t *m, const struct center_plan *plan, struct arena *scratch)
{
	double step, start;

	*m = (int64_t)llround(M_PI / plan->step);
	step = M_PI / (double)*m;
	start = fmin(0, (plan->span - (double)(*m - 1) * step) / 2);
	*samples = ARENA_NEW(scratch, struct sample, *m);
	NEED(*samples);
	for (int64_t k = 0; k < *m; k++)
		place(*samples + k, plan, start + (double)k * step);
	return OK;
}

/* Evenly spread harmonics of the full turn. */
static const int64_t *choose(int64_t low, int64_t high, int64_t *n, struct arena *keep)
{
	int64_t *list = ARENA_NEW(keep, int64_t, *n);

	if (!list)
		return NULL;
	if (high - low + 1 < *n)
		*n = high - low + 1;
	for (int64_t i = 0; i < *n; i++)
		list[i] = low + i * (high - low) / (*n > 1 ? *n - 1 : 1);
	return list;
}

/* Column by column: resample in angle, transform with as many zeros behind, keep the harmonics. */
static enum err transform(struct vo_state *state, const struct center_plan *plan,
	const struct views *views, const struct sample *samples, int64_t m, struct arena *scratch)
{
	const struct fft *fft;
	int64_t stride = (2 * m + 15) / 16 * 16;
	float *column = ARENA_ZERO(scratch, float, BLOCK *stride);
	float complex *spectrum = ARENA_NEW(scratch, float complex, m + 1);

	NEED(column && spectrum);
	TRY(fft_real(&fft, 2 * m));
	for (int64_t x0 = 0; x0 < plan->n_col; x0 += BLOCK) {
		int64_t n = plan->n_col - x0 < BLOCK ? plan->n_col - x0 : BLOCK;

		for (int64_t k = 0; k < m; k++)
			for (int64_t x = 0; x < n; x++) {
				const float *view =
					views->data + samples[k].first * plan->n_col + x0 + x;
				float sum = 0;

				for (int j = 0; j < samples[k].n; j++)
					sum += samples[k].weight[j] * view[j * plan->n_col];
				column[x * stride + k] = sum;
			}
		for (int64_t x = 0; x < n; x++) {
			fft_forward(fft, column + x * stride, spectrum);
			for (int64_t h = 0; h < state->n_harmonic; h++)
				state->fine[h * plan->n_col + x0 + x] =
					spectrum[state->harmonic[h]];
			for (int64_t h = 0; h < state->n_coarse; h++) {
				int64_t to = (x0 + x) / (int64_t)state->pixel;

				if (to < state->n_col_coarse)
					state->coarse[h * state->n_col_coarse + to] +=
						spectrum[state->coarse_harmonic[h]];
			}
		}
	}
	return OK;
}

enum err vo_prepare(struct vo_state *state, const struct center_plan *plan,
	const struct views *views, struct arena *keep, struct arena *scratch)
{
	struct sample *samples;
	int64_t m, low, high;

	TRY(grid(&samples, &m, plan, scratch));
	low = m / 20 < 6 ? m / 20 + 1 : 6;
	/* Finer structure places the centre better, until noise drowns it. */
	high = plan->n_col / 6 > 250 ? plan->n_col / 6 : 250;
	high = m * 3 / 4 < high ? m * 3 / 4 : high;
	*state = (struct vo_state){.n_col = plan->n_col,
		.n_harmonic = FINE_HARMONICS,
		.n_coarse = COARSE_HARMONICS,
		.n_col_coarse = plan->n_col / plan->bin,
		.pixel = (double)plan->bin};
	state->harmonic = choose(low, high, &state->n_harmonic, keep);
	state->coarse_harmonic = choose(low, high < 100 ? high : 100, &state->n_coarse, keep);
	state->fine = ARENA_NEW(keep, float complex, state->n_harmonic * state->n_col);
	state->coarse = ARENA_ZERO(keep, float complex, state->n_coarse * state->n_col_coarse);
	NEED(state->harmonic && state->coarse_harmonic && state->fine && state->coarse);
	return transform(state, plan, views, samples, m, scratch);
}

/* Weights of the columns within `half` of the candidate: 1, falling as a cosine to 0. */
static void window(float *weight, int64_t n, double center)
{
	double half = fmin(center, (double)n - 1 - center) + 0.5;

	for (int64_t x = 0; x < n; x++) {
		double edge = (half - fabs((double)x - center)) / (0.25 * half);

		weight[x] = edge <= 0 ? 0 : edge >= 1 ? 1 : (float)(0.5 - 0.5 * cos(M_PI * edge));
	}
}

/* Adds this harmonic's part of numerator and denominator; line holds its windowed columns. */
static void harmonic_cost(const float complex *line, int64_t size, int64_t harmonic, double center,
	int64_t reach, double sums[2])
{
	double sign = harmonic % 2 ? -1 : 1;

	for (int64_t k = 1; k <= reach; k++) {
		double turn = 4 * M_PI * (double)k * center / (double)size;
		double c = sign * cos(turn), s = sign * sin(turn);
		double ar = (double)crealf(line[k]), ai = (double)cimagf(line[k]);
		double br = (double)crealf(line[size - k]), bi = (double)cimagf(line[size - k]);
		/* a + sign e^{-i turn} b, and the same with k and -k exchanged: equal in size. */
		double re = ar + c * br + s * bi, im = ai + c * bi - s * br;

		sums[0] += sqrt(re * re + im * im);
		sums[1] += sqrt(ar * ar + ai * ai) + sqrt(br * br + bi * bi);
	}
}

enum err vo_curve(
	const struct vo_state *state, bool coarse, struct curve *curve, struct arena *scratch)
{
	int64_t n_col = coarse ? state->n_col_coarse : state->n_col;
	int64_t n_harmonic = coarse ? state->n_coarse : state->n_harmonic;
	const int64_t *harmonic = coarse ? state->coarse_harmonic : state->harmonic;
	const float complex *data = coarse ? state->coarse : state->fine;
	double pixel = coarse ? state->pixel : 1;
	int64_t size = fft_good_size(n_col);
	float complex *line = ARENA_NEW(scratch, float complex, size);
	float *weight = ARENA_NEW(scratch, float, n_col);
	const struct fft *fft;

	NEED(line && weight);
	TRY(fft_complex(&fft, 1, size));
	for (int64_t i = 0; i < curve->n; i++) {
		double center = (curve->first + (double)i * curve->step - (pixel - 1) / 2) / pixel;
		double sums[2] = {0, 1e-30};

		window(weight, n_col, center);
		for (int64_t h = 0; h < n_harmonic; h++) {
			double reach = (double)harmonic[h] * (double)size /
				       (2 * M_PI * wedge_radius * (double)n_col);

			for (int64_t x = 0; x < n_col; x++)
				line[x] = weight[x] * data[h * n_col + x];
			memset(line + n_col, 0, (size_t)(size - n_col) * sizeof(*line));
			fft_complex_forward(fft, line);
			harmonic_cost(line, size, harmonic[h], center,
				(int64_t)fmin(reach, 0.35 * (double)size), sums);
		}
		curve->cost[i] = sums[0] / sums[1];
	}
	return OK;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * The ramp filter. It is sampled in space, h[0] = 1/4, h[odd n] = -1 / (pi n)^2, h[even n] = 0, on the
 * padded length: its transform keeps the small value at frequency 0 that a ramp drawn in the Fourier
 * domain loses, and with it the level of the slice (Kak & Slaney, chapter 3). */
#include "recon/fbp_parts.h"

#include "core/parallel.h"

#include <math.h>
#include <string.h>

static double window(const struct fbp_settings *s, double share)
{
	double x = share / s->cutoff;

	if (s->filter == FILTER_BUTTERWORTH)
		return 1 / (1 + pow(x, 2 * (double)s->order));
	if (x > 1)
		return 0;
	switch (s->filter) {
	case FILTER_SHEPP:
		return x > 0 ? sin(M_PI_2 * x) / (M_PI_2 * x) : 1;
	case FILTER_COSINE:
		return cos(M_PI_2 * x);
	case FILTER_HANN:
		return 0.5 + 0.5 * cos(M_PI * x);
	case FILTER_HAMMING:
		return 0.54 + 0.46 * cos(M_PI * x);
	case FILTER_PARZEN:
		return (1 - x) * (1 - x) * (1 - x);
	default:
		return 1;
	}
}

/* Transform of the sampled kernel at frequency k, summed directly: in double and once a run. */
static double ramp(int64_t k, int64_t n, const double *cosine)
{
	double sum = 0;
	int64_t step = 2 * k % n, at = k % n;

	for (int64_t i = 1; 2 * i < n; i += 2) {
		sum += cosine[at] / ((double)i * (double)i);
		at += step;
		at -= at >= n ? n : 0;
	}
	sum *= 2;
	if (n / 2 % 2 == 1) /* the sample half way round has no partner */
		sum += cosine[(n / 2 * k) % n] / (0.25 * (double)n * (double)n);
	return 0.25 - sum / (M_PI * M_PI);
}

enum err fbp_make_filter(struct fbp *fbp, const struct fbp_settings *s, struct arena *arena)
{
	int64_t sides = s->padding == PAD_ELLIPSE ? 4 : 2;
	int64_t n = fft_good_size(sides * fbp->n_col);
	struct arena_mark mark;
	double *cosine;

	fbp->n_pad = n;
	TRY(fbp_plan_pad(&fbp->pad, s->padding, fbp->n_col, n, arena));
	TRY(fft_real(&fbp->fft, n));
	fbp->response = ARENA_NEW(arena, float, n / 2 + 1);
	mark = arena_mark(arena);
	cosine = ARENA_NEW(arena, double, n);
	NEED(fbp->response && cosine);
	for (int64_t i = 0; i < n; i++)
		cosine[i] = cos(2 * M_PI * (double)i / (double)n);
	for (int64_t k = 0; k <= n / 2; k++) {
		double h = s->filter == FILTER_NONE ? 1 : ramp(k, n, cosine);

		h *= window(s, 2 * (double)k / (double)n);
		fbp->response[k] = (float)(h / (double)n);
	}
	arena_release(arena, mark);
	return OK;
}

struct filter_job {
	const struct fbp *fbp;
	float *batch;
	int lanes;
	const float complex *const *shift; /* per lane: phases, NULL: none */
	float **padded, **filtered;	   /* per thread */
	float complex **spectrum;
};

static void multiply(const struct fbp *fbp, float complex *spectrum, const float complex *phase)
{
	int64_t n = fbp->n_pad / 2 + 1;

	float *value = (float *)spectrum; /* real, imaginary, real, ... as C defines complex */

	if (!phase) {
		for (int64_t k = 0; k < n; k++) {
			value[2 * k] *= fbp->response[k];
			value[2 * k + 1] *= fbp->response[k];
		}
		return;
	}
	for (int64_t k = 0; k < n; k++) {
		float real = value[2 * k], imaginary = value[2 * k + 1];

		value[2 * k] = real * crealf(phase[k]) - imaginary * cimagf(phase[k]);
		value[2 * k + 1] = real * cimagf(phase[k]) + imaginary * crealf(phase[k]);
	}
}

static enum err filter_angle(void *context, int64_t i, int thread)
{
	const struct filter_job *job = context;
	const struct fbp *fbp = job->fbp;
	float *rows = job->batch + i * job->lanes * fbp->n_col;
	float *padded = job->padded[thread], *out = job->filtered[thread];
	float weight = (float)fbp->weight[i];

	for (int64_t l = 0; l < job->lanes; l++) {
		fbp_pad(&fbp->pad, rows + l * fbp->n_col, padded);
		fft_forward(fbp->fft, padded, job->spectrum[thread]);
		multiply(fbp, job->spectrum[thread], job->shift[l]);
		fft_backward(fbp->fft, job->spectrum[thread], padded);
		for (int64_t x = 0; x < fbp->n_col; x++)
			out[x * job->lanes + l] = weight * padded[x];
	}
	memcpy(rows, out, (size_t)(fbp->n_col * job->lanes) * sizeof(*out));
	return OK;
}

/* Phases that move a projection by `shift` columns to the left, times the response. */
static enum err shift_phases(
	const float complex **phases, const struct fbp *fbp, double shift, struct arena *arena)
{
	int64_t n = fbp->n_pad;
	float complex *phase;

	*phases = NULL;
	if (shift == 0)
		return OK;
	phase = ARENA_NEW(arena, float complex, n / 2 + 1);
	NEED(phase);
	for (int64_t k = 0; k <= n / 2; k++) {
		double turn = 2 * M_PI * (double)k * shift / (double)n;
		double imaginary = 2 * k == n ? 0 : sin(turn); /* Nyquist stays real */

		((float *)phase)[2 * k] = fbp->response[k] * (float)cos(turn);
		((float *)phase)[2 * k + 1] = fbp->response[k] * (float)imaginary;
	}
	*phases = phase;
	return OK;
}

enum err fbp_filter(const struct fbp *fbp, float *batch, int lanes, const double *center_shift,
	struct arena *arena)
{
	struct arena_mark mark = arena_mark(arena);
	int threads = parallel_threads();
	const float complex *shift[FBP_LANES] = {NULL};
	struct filter_job job = {fbp, batch, lanes, shift, ARENA_NEW(arena, float *, threads),
		ARENA_NEW(arena, float *, threads), ARENA_NEW(arena, float complex *, threads)};
	enum err e;

	NEED(job.padded && job.filtered && job.spectrum);
	for (int l = 0; center_shift && l < lanes; l++)
		TRY(shift_phases(&shift[l], fbp, center_shift[l], arena));
	for (int t = 0; t < threads; t++) {
		job.padded[t] = ARENA_NEW(arena, float, fbp->n_pad);
		job.filtered[t] = ARENA_NEW(arena, float, fbp->n_col *lanes);
		job.spectrum[t] = ARENA_NEW(arena, float complex, fbp->n_pad / 2 + 1);
		NEED(job.padded[t] && job.filtered[t] && job.spectrum[t]);
	}
	e = parallel_for(fbp->n_angle, filter_angle, &job);
	arena_release(arena, mark);
	return e;
}

int64_t fbp_filter_scratch(const struct fbp *fbp, int lanes, int threads)
{
	int64_t spectrum = (fbp->n_pad / 2 + 1) * (int64_t)sizeof(float complex) + 64;
	int64_t rows = (fbp->n_pad + fbp->n_col * lanes) * (int64_t)sizeof(float) + 128;

	return threads * (spectrum + rows + 3 * 64) + lanes * spectrum;
}

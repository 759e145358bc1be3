/* SPDX-License-Identifier: BSD-3-Clause
 * Low-pass filter of Fresnel shape along the detector, on one sinogram: exp(-F^-1{ F{-log T} /
 * (1 + ratio u^2) }). N. T. Vo et al., Opt. Express 29 (2021) 17849, DOI 10.1364/OE.418448; the number
 * means what it does in Algotom's fresnel_filter (dim 1) and in the HEX scripts' -r. Their u
 * is k / n_col at frequency k / (n_col + 300) and stops at 1/2; kept, so that results agree. The logarithm
 * is guarded by log.floor: Algotom's is not, and one value of 0 makes its whole row NaN. */
#include "recon/fft.h"
#include "recon/point.h"
#include "recon/stage.h"

#include <math.h>
#include <string.h>

enum { PAD = 150 };

static bool active(const struct settings *s)
{
	return s->phase.method == PHASE_RATIO;
}

static enum err check(const struct settings *s, const struct geometry *g)
{
	(void)g;
	if (!(isfinite(s->phase.ratio) && s->phase.ratio > 0))
		return fail(
			ERR_USAGE, "--phase.ratio is %g, but it must be above 0", s->phase.ratio);
	return OK;
}

static int64_t scratch_bytes(const struct settings *s, const struct geometry *g)
{
	int64_t n = fft_good_size(g->n_col + 2 * PAD);

	(void)s;
	return (3 * n + 64) * (int64_t)sizeof(float);
}

/* Each real and imaginary part's factor, with the 1/n of the transform pair. */
static void make_window(float *window, int64_t n, int64_t n_col, double ratio)
{
	for (int64_t k = 0; k <= n / 2; k++) {
		double u = (double)k / (double)n * (double)(n_col + 2 * PAD) / (double)n_col;

		u = u < 0.5 ? u : 0.5;
		window[2 * k] = window[2 * k + 1] = (float)(1 / ((1 + ratio * u * u) * (double)n));
	}
}

static enum err apply(const struct settings *s, const struct geometry *g, struct sinogram sino,
	struct arena *scratch, struct counts *counts)
{
	const struct point_kernels *kernels = point_kernels();
	int64_t n_col = sino.n_col, n = fft_good_size(n_col + 2 * PAD);
	int64_t middle = n_col + (n - n_col) / 2;
	const struct fft *fft;
	float *window = ARENA_NEW(scratch, float, n + 2);
	float *padded = ARENA_NEW(scratch, float, n);
	float *spectrum = ARENA_NEW(scratch, float, n + 2);

	(void)g;
	NEED(window);
	NEED(padded);
	NEED(spectrum);
	TRY(fft_real(&fft, n));
	make_window(window, n, n_col, s->phase.ratio);
	for (int64_t i = 0; i < sino.n_angle; i++) {
		float *row = sinogram_row(sino, i);

		counts->n[COUNT_CLIPPED] +=
			kernels->minus_log(row, (float)s->log.floor, (int32_t)n_col);
		memcpy(padded, row, (size_t)n_col * sizeof(float));
		for (int64_t j = n_col; j < n; j++)
			padded[j] = j < middle ? row[n_col - 1] : row[0];
		fft_forward(fft, padded, (float complex *)spectrum);
		kernels->scale(spectrum, window, (int32_t)(n + 2));
		fft_backward(fft, (float complex *)spectrum, padded);
		memcpy(row, padded, (size_t)n_col * sizeof(float));
		kernels->exp_minus(row, (int32_t)n_col);
	}
	return OK;
}

const struct stage stage_phase_ratio = {"phase", active, check, scratch_bytes, apply};

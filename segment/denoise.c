/* SPDX-License-Identifier: BSD-3-Clause
 * Choice of the denoiser; see segment/denoise.h. */
#include "segment/denoise.h"

#include "segment/gaussian.h"
#include "segment/median.h"
#include "segment/nlm.h"
#include "segment/tv.h"

#include <math.h>

/* In multiples of the noise. Total variation takes 3 lambda / r off the contrast of a ball of radius r: with twice this
 * lambda, which leaves less noise, bubbles go (docs/segment.md). */
static const double nlm_h = 0.8, tv_lambda = 0.6;

const char *denoise_name(enum denoise_method method)
{
	static const char *const names[] = {
		[DENOISE_GAUSSIAN] = "Gaussian",
		[DENOISE_MEDIAN] = "median",
		[DENOISE_NLM] = "non-local means",
		[DENOISE_TV] = "total variation",
	};

	return names[method];
}

static int64_t method_halo(enum denoise_method method)
{
	switch (method) {
	case DENOISE_MEDIAN:
		return 1;
	case DENOISE_NLM:
		return NLM_HALO;
	case DENOISE_TV:
		return TV_STEPS;
	default:
		return 0;
	}
}

int64_t denoise_halo(const struct denoise *d)
{
	return gaussian_halo(d->sigma) + method_halo(d->method);
}

int64_t denoise_scratch(enum denoise_method method)
{
	return method == DENOISE_TV ? tv_scratch(TV_STEPS) : 1 << 20;
}

static enum err run_method(const struct denoise *d, const struct slab *s, const float *in,
	float *out, struct arena *scratch)
{
	double noise = fmax(d->noise, 1e-9); /* a volume may have none */

	switch (d->method) {
	case DENOISE_MEDIAN:
		return median_27(s, in, out, scratch);
	case DENOISE_NLM:
		return nlm(s, in, noise, nlm_h, out, scratch);
	default:
		return tv(s, in, tv_lambda * noise, TV_STEPS, out, scratch);
	}
}

enum err denoise(const struct slab *slab, const float *in, const struct denoise *how, float *out,
	struct arena *scratch)
{
	struct slab whole = slab_whole(slab->nz, slab->ny, slab->nx), wide, last = *slab;
	struct arena_mark mark = arena_mark(scratch);
	float *middle;

	if (how->method == DENOISE_GAUSSIAN)
		return gaussian(slab, in, how->sigma, out, scratch);
	TRY(slab_check(slab, denoise_halo(how), "denoise"));
	wide = slab_cut(whole, slab->z0, slab->z1, gaussian_halo(how->sigma));
	last.p0 = wide.z0 = wide.p0; /* what the Gaussian reads is what the method makes */
	last.p1 = wide.z1 = wide.p1;
	wide.p0 = slab->p0;
	wide.p1 = slab->p1;
	NEED(middle = ARENA_NEW(scratch, float, (wide.z1 - wide.z0) * slab->ny * slab->nx));
	TRY(run_method(how, &wide, in, middle, scratch));
	TRY(gaussian(&last, middle, how->sigma, out, scratch));
	arena_release(scratch, mark);
	return OK;
}

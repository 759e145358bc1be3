/* SPDX-License-Identifier: BSD-3-Clause
 * Paganin's filter on slabs of rows; see recon/phase.h for the method. */
#include "recon/phase.h"

#include "recon/fft.h"
#include "recon/point.h"

#include <math.h>
#include <string.h>

static const double tail = 1e-6; /* share of the taps that may be cut off */
enum { MAX_HALO = 512 };

struct paganin {
	int64_t n_col, n_fft, stride, halo; /* stride: floats between rows of spectra */
	const struct fft *fft;
	/* tap[y] is for the rows y above and below, for the lowest n_tap[y] / 2 frequencies, each
	 * twice (real, imaginary part). */
	float **tap;
	int32_t *n_tap;
};

/* alpha / (2 pi)^2 in pixels^2. */
static double strength(const struct settings *s, const struct geometry *g)
{
	double lambda = 1.239841984e-9 / g->energy_kev; /* m */
	double pixel = g->pixel_um * 1e-6;

	return lambda * g->distance_mm * 1e-3 * s->phase.delta_beta / (4 * M_PI * pixel * pixel);
}

struct taps {
	double first, r; /* first * r^|y| */
};

static struct taps taps_at(double a, double u)
{
	double c = 1 + a * (2 - 2 * cos(2 * M_PI * u));
	double root = sqrt(c * c + 4 * a * c);

	return (struct taps){1 / root, 2 * a / (c + 2 * a + root)};
}

/* Taps needed on one side: 2 r^(h + 1) / (1 + r) <= tail. */
static int64_t reach(struct taps t)
{
	double h = log(tail * (1 + t.r) / 2) / log(t.r) - 1;

	return h > 0 ? (int64_t)ceil(h) : 0;
}

int64_t paganin_halo(const struct settings *s, const struct geometry *g)
{
	if (s->phase.method != PHASE_PAGANIN)
		return 0;
	return reach(taps_at(strength(s, g), 0));
}

static enum err need_known(double value, const char *what, const char *option)
{
	if (isfinite(value) && value > 0)
		return OK;
	return fail(ERR_USAGE,
		"--phase.method=paganin needs the %s, which the scan does not tell; give it with "
		"%s",
		what, option);
}

enum err paganin_check(const struct settings *s, const struct geometry *g)
{
	double a;

	if (s->phase.method != PHASE_PAGANIN)
		return OK;
	TRY(need_known(g->energy_kev, "photon energy", "--energy"));
	TRY(need_known(g->distance_mm, "distance from sample to detector", "--distance"));
	TRY(need_known(g->pixel_um, "pixel size", "--pixel-size"));
	if (!(isfinite(s->phase.delta_beta) && s->phase.delta_beta > 0))
		return fail(ERR_USAGE, "--phase.delta_beta is %g, but it must be above 0",
			s->phase.delta_beta);
	a = strength(s, g);
	if (!(a < 1e6) || paganin_halo(s, g) > MAX_HALO)
		return fail(ERR_USAGE,
			"--phase.method=paganin blurs over %.0f px here, which needs more than %d "
			"rows "
			"around each; --phase.delta_beta %g, --energy %g keV, --distance %g mm or "
			"--pixel-size %g um is wrong, or --bin would help",
			sqrt(a), MAX_HALO, s->phase.delta_beta, g->energy_kev, g->distance_mm,
			g->pixel_um);
	return OK;
}

static enum err make_taps(struct paganin *p, double a, struct arena *arena)
{
	int64_t n_u = p->n_fft / 2 + 1;
	struct taps *taps = ARENA_NEW(arena, struct taps, n_u);
	int64_t *h = ARENA_NEW(arena, int64_t, n_u);

	NEED(taps);
	NEED(h);
	for (int64_t u = 0; u < n_u; u++) {
		struct taps t = taps_at(a, (double)u / (double)p->n_fft);
		double lost;

		h[u] = reach(t);
		lost = 2 * pow(t.r, (double)h[u] + 1) / (1 + t.r);
		t.first /= (1 - lost) * (double)p->n_fft; /* the FFT pair multiplies by n_fft */
		taps[u] = t;
	}
	NEED(p->tap = ARENA_NEW(arena, float *, p->halo + 1));
	NEED(p->n_tap = ARENA_NEW(arena, int32_t, p->halo + 1));
	for (int64_t y = 0; y <= p->halo; y++) {
		int64_t n = 0;

		while (n < n_u && h[n] >= y) /* h falls with u */
			n++;
		p->n_tap[y] = (int32_t)(2 * n);
		NEED(p->tap[y] = ARENA_NEW(arena, float, 2 * n));
		for (int64_t i = 0; i < 2 * n; i++)
			p->tap[y][i] = (float)(taps[i / 2].first * pow(taps[i / 2].r, (double)y));
	}
	return OK;
}

enum err paganin_new(struct paganin **paganin, const struct settings *s, const struct geometry *g,
	struct arena *arena)
{
	struct paganin *p = ARENA_ZERO(arena, struct paganin, 1);

	NEED(p);
	TRY(paganin_check(s, g));
	p->n_col = g->n_col;
	p->halo = paganin_halo(s, g);
	/* The blur is as wide as it is high, and must not reach round from the other edge. */
	p->n_fft = fft_good_size(p->n_col + 2 * p->halo);
	p->stride = (p->n_fft + 2 + 15) / 16 * 16;
	TRY(fft_real(&p->fft, p->n_fft));
	TRY(make_taps(p, strength(s, g), arena));
	*paganin = p;
	return OK;
}

/* Edge values are repeated, half of the padding each: the transform is periodic. */
static void pad_row(const struct paganin *p, float *padded, const float *row)
{
	int64_t n = p->n_col, middle = n + (p->n_fft - n) / 2;

	memcpy(padded, row, (size_t)n * sizeof(float));
	for (int64_t i = n; i < middle; i++)
		padded[i] = row[n - 1];
	for (int64_t i = middle; i < p->n_fft; i++)
		padded[i] = row[0];
}

enum err paganin_apply(
	const struct paganin *p, float *out, const float *in, int64_t n, struct arena *scratch)
{
	const struct point_kernels *kernels = point_kernels();
	struct arena_mark mark = arena_mark(scratch);
	float *spectra = ARENA_NEW(scratch, float, (n + 2 * p->halo) * p->stride);
	float *row = ARENA_NEW(scratch, float, p->stride);
	float *sum = ARENA_NEW(scratch, float, p->stride);

	NEED(spectra);
	NEED(row);
	NEED(sum);
	for (int64_t i = 0; i < n + 2 * p->halo; i++) {
		pad_row(p, row, in + i * p->n_col);
		fft_forward(p->fft, row, (float complex *)(spectra + i * p->stride));
	}
	for (int64_t i = 0; i < n; i++) {
		const float *here = spectra + (i + p->halo) * p->stride;

		memcpy(sum, here, (size_t)p->n_tap[0] * sizeof(float));
		kernels->scale(sum, p->tap[0], p->n_tap[0]);
		for (int64_t y = 1; y <= p->halo; y++)
			kernels->add_pair(sum, p->tap[y], here - y * p->stride,
				here + y * p->stride, p->n_tap[y]);
		fft_backward(p->fft, (float complex *)sum, row);
		memcpy(out + i * p->n_col, row, (size_t)p->n_col * sizeof(float));
	}
	arena_release(scratch, mark);
	return OK;
}

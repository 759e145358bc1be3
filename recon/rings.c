/* SPDX-License-Identifier: BSD-3-Clause
 * Ring removal, as a stage: which method, its checks and its memory. What the methods do and when
 * to use which: docs/rings.md. */
#include "recon/rings.h"

struct method {
	const char *name;
	rings_apply *apply;
	rings_bytes *bytes;
};

static const struct method methods[] = {
	[RINGS_NONE] = {"none", NULL, NULL},
	[RINGS_SORT] = {"sort", rings_sort, rings_sort_bytes},
	[RINGS_FILTER] = {"filter", rings_filter, rings_filter_bytes},
	[RINGS_FIT] = {"fit", rings_fit, rings_fit_bytes},
	[RINGS_LARGE] = {"large", rings_large, rings_large_bytes},
	[RINGS_DEAD] = {"dead", rings_dead, rings_large_bytes},
	[RINGS_ALL] = {"all", rings_all, rings_large_bytes},
	[RINGS_NORM] = {"norm", rings_norm, rings_norm_bytes},
	[RINGS_WAVELET] = {"wavelet", rings_wavelet, rings_wavelet_bytes},
};

static bool active(const struct settings *s)
{
	return s->rings.method != RINGS_NONE;
}

static enum err check(const struct settings *s, const struct geometry *g)
{
	double filter[WAVELET_TAPS];

	if (g->n_angle > INT32_MAX / 4 || g->n_col > INT32_MAX / 64)
		return fail(ERR_INPUT, "rings: a sinogram of %lld x %lld is too large",
			(long long)g->n_angle, (long long)g->n_col);
	if (s->rings.method == RINGS_WAVELET && !daubechies(s->rings.wavelet, filter))
		return fail(ERR_USAGE,
			"rings.wavelet: %s is not known; db1 to db20 and sym2 to sym20 are",
			s->rings.wavelet);
	return OK;
}

static int64_t scratch_bytes(const struct settings *s, const struct geometry *g)
{
	if (!active(s))
		return 0;
	return methods[s->rings.method].bytes(&s->rings, g->n_angle, g->n_col);
}

static enum err apply(const struct settings *s, const struct geometry *g, struct sinogram sino,
	struct arena *scratch, struct counts *counts)
{
	const struct method *method = &methods[s->rings.method];
	struct arena_mark mark = arena_mark(scratch);
	enum err code;

	(void)g;
	if (!method->apply || sino.n_angle < 1 || sino.n_col < 1)
		return OK;
	code = method->apply(&s->rings, sino, scratch, counts);
	if (code != OK)
		return note(code, "rings (%s)", method->name);
	arena_release(scratch, mark);
	return OK;
}

const struct stage stage_rings = {
	.name = "rings",
	.active = active,
	.check = check,
	.scratch = scratch_bytes,
	.apply = apply,
};

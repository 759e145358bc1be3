/* SPDX-License-Identifier: BSD-3-Clause
 * Features of voxels; see segment/features.h. */
#include "segment/features.h"

#include "core/parallel.h"
#include "segment/gaussian.h"
#include "segment/hessian.h"
#include "segment/median.h"

#include <math.h>
#include <stdio.h>

enum { RAW = 2, OF_SCALE = 7 };

static double width(int64_t scale)
{
	return (double)((int64_t)1 << scale);
}

int64_t features_count(int64_t scales)
{
	return RAW + scales * OF_SCALE + scales - 1;
}

int64_t features_halo(int64_t scales)
{
	return gaussian_halo(width(scales - 1)) + 1;
}

const char *features_name(int64_t scales, int64_t feature)
{
	static const char *const of_scale[] = {"Gaussian", "gradient", "largest curvature",
		"middle curvature", "least curvature", "Laplacian", "deviation"};
	static _Thread_local char name[48];
	int64_t scale = (feature - RAW) / OF_SCALE, pair = feature - RAW - scales * OF_SCALE;

	if (feature < RAW)
		return feature ? "median of 27" : "value";
	if (pair >= 0)
		snprintf(name, sizeof(name), "Gaussian %g less %g", width(pair), width(pair + 1));
	else
		snprintf(name, sizeof(name), "%s %g", of_scale[(feature - RAW) % OF_SCALE],
			width(scale));
	return name;
}

struct making {
	const struct slab *slab;
	const float *in;
	feature_take *take;
	void *context;
	struct arena *scratch;
	struct slab wide;	  /* planes z0 - 1 to z1 + 1 */
	struct slab inner;	  /* z0 to z1, with those at hand */
	float *smooth;		  /* planes of wide */
	float *square;		  /* in^2, planes p0 to p1 */
	float *out[4];		  /* planes z0 to z1 */
	float *last;		  /* the Gaussian before, planes z0 to z1 */
	int64_t n, plane, scales; /* n: voxels of planes z0 to z1 */
};

enum finishing { SCALE, SUM, DEVIATE, SUBTRACT };

/* One pass over planes z0 to z1: what is left to do after the filters. */
struct pass {
	const struct making *m;
	const float *smooth; /* at plane z0 */
	double factor;
	enum finishing what;
};

static enum err pass_plane(void *context, int64_t z, int thread)
{
	const struct pass *p = context;
	float *const *out = p->m->out;
	float factor = (float)p->factor;

	(void)thread;
	for (int64_t i = z * p->m->plane; i < (z + 1) * p->m->plane; i++)
		switch (p->what) {
		case SCALE:
			out[0][i] *= factor;
			out[1][i] *= factor;
			out[2][i] *= factor;
			break;
		case SUM:
			out[3][i] = out[0][i] + out[1][i] + out[2][i];
			break;
		case DEVIATE: {
			float left = out[0][i] - p->smooth[i] * p->smooth[i];

			out[0][i] = sqrtf(left > 0 ? left : 0);
			break;
		}
		case SUBTRACT:
			out[0][i] = p->m->last[i] - p->smooth[i];
			break;
		}
	return OK;
}

static enum err finish(const struct making *m, enum finishing what, double factor)
{
	struct pass p = {m, m->smooth + (m->inner.z0 - m->wide.z0) * m->plane, factor, what};

	return parallel_for(m->slab->z1 - m->slab->z0, pass_plane, &p);
}

static enum err make_scale(struct making *m, int64_t scale)
{
	double sigma = width(scale);
	int64_t feature = RAW + scale * OF_SCALE;
	const float *here = m->smooth + (m->inner.z0 - m->wide.z0) * m->plane;

	TRY(gaussian(&m->wide, m->in, sigma, m->smooth, m->scratch));
	TRY(m->take(m->context, feature, here));
	TRY(gradient_magnitude(&m->inner, m->smooth, m->out[0], m->scratch));
	TRY(finish(m, SCALE, sigma));
	TRY(m->take(m->context, feature + 1, m->out[0]));
	TRY(hessian_eigenvalues(&m->inner, m->smooth, m->out, m->scratch));
	TRY(finish(m, SCALE, sigma * sigma));
	TRY(finish(m, SUM, 0));
	for (int64_t k = 0; k < 4; k++)
		TRY(m->take(m->context, feature + 2 + k, m->out[k]));
	TRY(gaussian(m->slab, m->square, sigma, m->out[0], m->scratch));
	TRY(finish(m, DEVIATE, 0));
	TRY(m->take(m->context, feature + 6, m->out[0]));
	if (scale == 0)
		return OK;
	TRY(finish(m, SUBTRACT, 0));
	return m->take(m->context, RAW + m->scales * OF_SCALE + scale - 1, m->out[0]);
}

static enum err square_plane(void *context, int64_t z, int thread)
{
	const struct making *m = context;

	(void)thread;
	for (int64_t i = z * m->plane; i < (z + 1) * m->plane; i++)
		m->square[i] = m->in[i] * m->in[i];
	return OK;
}

static enum err keep_plane(void *context, int64_t z, int thread)
{
	const struct making *m = context;
	int64_t at = z * m->plane, from = (z + m->inner.z0 - m->wide.z0) * m->plane;

	(void)thread;
	for (int64_t i = 0; i < m->plane; i++)
		m->last[at + i] = m->smooth[from + i];
	return OK;
}

static enum err make(struct making *m)
{
	const struct slab *s = m->slab;
	int64_t depth = s->z1 - s->z0, wide = m->wide.z1 - m->wide.z0;

	NEED(m->smooth = ARENA_ZERO(m->scratch, float, wide * m->plane));
	NEED(m->square = ARENA_NEW(m->scratch, float, (s->p1 - s->p0) * m->plane));
	NEED(m->last = ARENA_NEW(m->scratch, float, m->n));
	for (int k = 0; k < 4; k++)
		NEED(m->out[k] = ARENA_ZERO(m->scratch, float, m->n));
	TRY(parallel_for(s->p1 - s->p0, square_plane, m));
	TRY(m->take(m->context, 0, m->in + (s->z0 - s->p0) * m->plane));
	TRY(median_27(s, m->in, m->out[0], m->scratch));
	TRY(m->take(m->context, 1, m->out[0]));
	for (int64_t k = 0; k < m->scales; k++) {
		TRY(make_scale(m, k));
		TRY(parallel_for(depth, keep_plane, m));
	}
	return OK;
}

enum err features_slab(const struct slab *slab, const float *in, int64_t scales, feature_take *take,
	void *context, struct arena *scratch)
{
	struct slab whole = slab_whole(slab->nz, slab->ny, slab->nx);
	struct arena_mark mark = arena_mark(scratch);
	struct making m = {.slab = slab,
		.in = in,
		.take = take,
		.context = context,
		.scratch = scratch,
		.plane = slab->ny * slab->nx,
		.scales = scales};

	if (scales < 1 || scales > FEATURES_SCALES)
		return fail(ERR_USAGE, "features: %lld scales, but there are 1 to %d",
			(long long)scales, FEATURES_SCALES);
	TRY(slab_check(slab, features_halo(scales), "features"));
	m.n = (slab->z1 - slab->z0) * m.plane;
	m.inner = slab_cut(whole, slab->z0, slab->z1, 1);
	m.wide = m.inner;
	m.wide.z0 = m.inner.p0;
	m.wide.z1 = m.inner.p1;
	m.wide.p0 = slab->p0;
	m.wide.p1 = slab->p1;
	TRY(make(&m));
	arena_release(scratch, mark);
	return OK;
}

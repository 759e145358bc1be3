/* SPDX-License-Identifier: BSD-3-Clause
 * Materials by grey value; see segment/phases.h. */
#include "segment/phases.h"

#include "core/parallel.h"
#include "segment/hessian.h"
#include "segment/watershed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Level 255 of the gradient stands for half of the ceramic's contrast a voxel: sharper than any blurred edge. */
static double level_step(const struct levels *l)
{
	return l->has_ceramic ? 0.0025 * l->ceramic : 0.01 * l->gas;
}

double phases_flat(const struct levels *l, double sigma)
{
	/* 0.06 1/cm a voxel is the steepest edge of gas in liquid after a Gaussian of 1.5; noise may be more */
	return fmax(0.27 * l->gas, 2 * l->smooth_noise * 1.5 / sigma);
}

int64_t phases_halo(const struct phases *p, int64_t flood)
{
	return flood + 1 + denoise_halo(&p->denoise);
}

/* Gas is seen where the smoothed value is lower than the liquid's by so many times its noise. */
enum { GAS_SIGMAS = 5 };

struct marking {
	const struct phases *phases;
	const struct slab *slab; /* z0 to z1: planes with markers */
	const float *smooth;	 /* planes from `first` */
	const uint8_t *level;
	uint8_t *markers;
	int64_t first;
	double flat_level;
};

/* Levels between which the materials of one plane lie. */
struct plane_levels {
	float gas, liquid_low, liquid_high, metal, metal_high, ceramic;
	bool has_metal, has_ceramic;
};

static struct plane_levels plane_levels(const struct phases *p, int64_t d)
{
	const struct levels *l = p->levels;
	double n = l->liquid[d], half = p->core * l->gas;
	/* a halo of the ceramic is not all over a plane: beside it the liquid is as dark as elsewhere */
	double dark = l->has_ceramic && d >= l->top - l->margin ? fmin(n, l->calm) : n;
	struct plane_levels at = {
		.gas = (float)(dark - fmax(l->gas - half, GAS_SIGMAS * l->smooth_noise)),
		.liquid_low = (float)(dark - half),
		.liquid_high = (float)(n + half),
		.metal = (float)(n + 0.75 * l->collector),
		.metal_high = (float)(n + 2.5 * l->collector),
		.ceramic = (float)(n + 0.75 * (l->ceramic - n)),
		.has_metal = l->has_metal && llabs(d - l->metal_end) <= l->margin};

	at.has_ceramic = l->has_ceramic && d >= l->top - l->margin;
	return at;
}

/* RAW_NONE: the whole plane is not of one material for sure. */
static enum raw whole_plane(const struct levels *l, int64_t d)
{
	switch (levels_zone(l, d)) {
	case ZONE_METAL:
		return RAW_METAL;
	case ZONE_CERAMIC:
		return RAW_CERAMIC;
	case ZONE_BEHIND:
		return RAW_LIQUID;
	default:
		return RAW_NONE;
	}
}

static uint8_t marker(const struct plane_levels *l, float value, bool flat)
{
	if (l->has_ceramic && value > l->ceramic)
		return RAW_CERAMIC;
	if (!flat)
		return RAW_NONE;
	if (value < l->gas)
		return RAW_VOID;
	if (value > l->liquid_low && value < l->liquid_high)
		return RAW_LIQUID;
	return l->has_metal && value > l->metal && value < l->metal_high ? RAW_METAL : RAW_NONE;
}

static enum err mark_plane(void *context, int64_t i, int thread)
{
	const struct marking *m = context;
	int64_t n = m->slab->ny * m->slab->nx, d = m->slab->z0 + i;
	struct plane_levels l = plane_levels(m->phases, d);
	const float *smooth = m->smooth + (d - m->first) * n;
	const uint8_t *level = m->level + i * n;
	uint8_t *out = m->markers + i * n;
	enum raw whole = whole_plane(m->phases->levels, d);

	(void)thread;
	if (whole != RAW_NONE) {
		memset(out, (int)whole, (size_t)n);
		return OK;
	}
	for (int64_t k = 0; k < n; k++)
		out[k] = marker(&l, smooth[k], level[k] < m->flat_level);
	return OK;
}

/* For voxels that no flood reached for sure: the material whose level is nearest. */
static void nearest_level(
	const struct phases *p, int64_t d, const float *smooth, uint8_t *raw, int64_t n)
{
	const struct levels *l = p->levels;
	struct plane_levels at = plane_levels(p, d);
	double liquid = l->liquid[d], gas = fmin(liquid, l->calm) - 0.5 * l->gas;

	for (int64_t k = 0; k < n; k++) {
		double v = (double)smooth[k];

		if (raw[k] != RAW_NONE)
			continue;
		if (at.has_ceramic && v > 0.5 * (liquid + l->ceramic))
			raw[k] = RAW_CERAMIC;
		else if (at.has_metal && v > liquid + 0.5 * l->collector)
			raw[k] = RAW_METAL;
		else
			raw[k] = v < gas ? RAW_VOID : RAW_LIQUID;
	}
}

/* The whole slab is of one material: nothing to be smoothed. */
static bool all_one(const struct levels *l, const struct slab *s, uint8_t *raw)
{
	enum raw whole = whole_plane(l, s->z0);

	for (int64_t d = s->z0; d < s->z1; d++)
		if (whole_plane(l, d) != whole || whole == RAW_NONE)
			return false;
	memset(raw, (int)whole, (size_t)((s->z1 - s->z0) * s->ny * s->nx));
	return true;
}

static enum err flood_slab(const struct phases *p, const struct slab *out,
	const struct slab *marked, const struct slab *smoothed, const float *smooth, uint8_t *raw,
	int64_t *uncertain, struct arena *scratch)
{
	int64_t n = out->ny * out->nx, planes = marked->z1 - marked->z0;
	double step = level_step(p->levels);
	struct slab gradient = *marked, flood = *out;
	struct marking m = {.phases = p,
		.slab = marked,
		.smooth = smooth,
		.first = smoothed->z0,
		.flat_level = p->flat / step};
	uint8_t *level = ARENA_NEW(scratch, uint8_t, planes * n);

	NEED(level);
	NEED(m.markers = ARENA_NEW(scratch, uint8_t, planes * n));
	gradient.p0 = smoothed->z0;
	gradient.p1 = smoothed->z1;
	TRY(gradient_levels(&gradient, smooth, step, level, scratch));
	m.level = level;
	TRY(parallel_for(planes, mark_plane, &m));
	flood.p0 = marked->z0;
	flood.p1 = marked->z1;
	return watershed(&flood, level, m.markers, raw, uncertain, scratch);
}

enum err phases_slab(const struct phases *p, const struct slab *slab, int64_t flood,
	const float *in, uint8_t *raw, float *smooth, int64_t *uncertain, struct arena *scratch)
{
	struct slab whole = slab_whole(slab->nz, slab->ny, slab->nx);
	struct slab marked = slab_cut(whole, slab->z0, slab->z1, flood), smoothed;
	struct arena_mark mark = arena_mark(scratch);
	int64_t n = slab->ny * slab->nx;
	float *wide;

	*uncertain = 0;
	TRY(slab_check(slab, phases_halo(p, flood), "phases"));
	if (all_one(p->levels, slab, raw))
		return denoise(slab, in, &p->denoise, smooth, scratch);
	marked.z0 = marked.p0; /* markers are wanted for the halo too */
	marked.z1 = marked.p1;
	smoothed = slab_cut(whole, marked.z0, marked.z1, 1);
	smoothed.z0 = smoothed.p0;
	smoothed.z1 = smoothed.p1;
	smoothed.p0 = slab->p0;
	smoothed.p1 = slab->p1;
	NEED(wide = ARENA_NEW(scratch, float, (smoothed.z1 - smoothed.z0) * n));
	TRY(denoise(&smoothed, in, &p->denoise, wide, scratch));
	TRY(flood_slab(p, slab, &marked, &smoothed, wide, raw, uncertain, scratch));
	memcpy(smooth, wide + (slab->z0 - smoothed.z0) * n,
		(size_t)((slab->z1 - slab->z0) * n) * sizeof(*smooth));
	for (int64_t d = slab->z0; d < slab->z1; d++)
		nearest_level(p, d, smooth + (d - slab->z0) * n, raw + (d - slab->z0) * n, n);
	arena_release(scratch, mark);
	return OK;
}

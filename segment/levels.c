/* SPDX-License-Identifier: BSD-3-Clause
 * Levels of the materials; see segment/levels.h. */
#include "segment/levels.h"

#include "segment/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CLAMP_REACH = 12, NEAR = 24 };

struct search {
	const struct survey *survey;
	const struct circle *circle;
	const struct segment_settings *settings;
	int64_t nz;
	double *mode, *lower, *width, *space; /* space: nz numbers */
	double half;			      /* between liquid and ceramic */
	double unit;	     /* expected attenuations times this are the volume's */
	int64_t first, last; /* planes of the ceramic, by z */
};

/* The longest run of planes with a high mode; two planes without are bridged. */
static void find_block(struct search *s)
{
	int64_t start = -1, end = -1;

	s->first = s->last = 0;
	for (int64_t z = 0; z < s->nz; z++) {
		if (!(s->mode[z] > s->half))
			continue;
		if (start < 0 || z - end > 2)
			start = z;
		end = z + 1;
		if (end - start > s->last - s->first) {
			s->first = start;
			s->last = end;
		}
	}
}

/* Modes below the ceramic's; planes with too little of that take the next one's. */
static void find_lower(struct search *s)
{
	for (int64_t z = 0; z < s->nz; z++) {
		struct peak p = survey_peak(s->survey, z, -INFINITY, s->half);
		bool good = p.voxels >= s->circle->inside / 10;

		s->lower[z] = good ? p.at : NAN;
		s->width[z] = good ? p.half_width : NAN;
	}
	for (int64_t z = 0; z < s->nz; z++) {
		int64_t k = 0;

		while (k < s->nz && !(z - k >= 0 && isfinite(s->lower[z - k])) &&
			!(z + k < s->nz && isfinite(s->lower[z + k])))
			k++;
		s->space[z] = k == s->nz				? NAN
			      : z - k >= 0 && isfinite(s->lower[z - k]) ? s->lower[z - k]
									: s->lower[z + k];
	}
	memcpy(s->lower, s->space, (size_t)s->nz * sizeof(*s->lower));
}

static double median_of(const struct search *s, const double *values, int64_t z0, int64_t z1)
{
	int64_t n = 0;

	for (int64_t z = z0 < 0 ? 0 : z0; z < z1 && z < s->nz; z++)
		if (isfinite(values[z]))
			s->space[n++] = values[z];
	return order_median(s->space, n);
}

/* A plane that is mostly gas has the gas as its mode: it takes the level of the planes around. */
static enum err lift_gas(struct search *s, double gas, struct arena *arena)
{
	double *copy = ARENA_NEW(arena, double, s->nz);

	NEED(copy);
	memcpy(copy, s->lower, (size_t)s->nz * sizeof(*copy));
	for (int64_t z = 0; z < s->nz; z++) {
		double around = median_of(s, copy, z - CLAMP_REACH, z + CLAMP_REACH + 1);

		if (copy[z] < around - 0.5 * gas)
			s->lower[z] = around;
	}
	return OK;
}

/* Where, from the ceramic outwards, the level rises by half of what liquid and metal differ. dir: -1 towards
 * z = 0 from plane `from`. Number of planes away; -1: nowhere. */
static int64_t find_step(const struct search *s, int64_t from, int dir, double rise)
{
	int64_t n = dir < 0 ? from + 1 : s->nz - from, best = -1;
	double most = 0.5 * rise;

	for (int64_t i = STEP_REACH; i + STEP_REACH <= n; i++) {
		int64_t in = from + dir * (i - STEP_GAP - 1), out = from + dir * (i + STEP_GAP);
		int64_t span = STEP_REACH - STEP_GAP - 1;
		double inner = dir < 0 ? median_of(s, s->lower, in, in + span + 1)
				       : median_of(s, s->lower, in - span, in + 1);
		double outer = dir < 0 ? median_of(s, s->lower, out - span, out + 1)
				       : median_of(s, s->lower, out, out + span + 1);

		if (outer - inner > most) {
			most = outer - inner;
			best = i;
		}
	}
	return best;
}

static bool choose_side(const struct search *s, int64_t step[2])
{
	int64_t room[2] = {s->first, s->nz - s->last};

	if (s->settings->electrode != ELECTRODE_AUTO)
		return s->settings->electrode == ELECTRODE_BELOW;
	if (room[0] < 5 || room[1] < 5)
		return room[1] > room[0];
	return step[1] >= 0 && step[0] < 0;
}

static void flip(double *values, int64_t n)
{
	for (int64_t i = 0; i < n / 2; i++) {
		double swap = values[i];

		values[i] = values[n - 1 - i];
		values[n - 1 - i] = swap;
	}
}

/* Planes beside the metal's face, and beyond it, take the levels at some distance from it. */
static void settle_metal(struct levels *l, struct search *s, int64_t step)
{
	int64_t reach = STEP_REACH + 4;
	double liquid;

	l->has_metal = step >= 0;
	if (!l->has_metal)
		return;
	l->metal_end = (l->has_ceramic ? l->top - 1 : l->nz - 1) - step + 1;
	liquid = median_of(s, l->liquid, l->metal_end + STEP_GAP, l->metal_end + reach);
	l->metal = median_of(s, l->liquid, l->metal_end - reach, l->metal_end - STEP_GAP);
	l->collector = l->metal - liquid;
	for (int64_t d = 0; d < l->metal_end + STEP_GAP && d < l->nz; d++)
		l->liquid[d] = liquid;
}

static void find_noise(struct levels *l, const struct search *s)
{
	int64_t n = 0;
	double sd_per_mean = sqrt(acos(-1.0) / 2);

	for (int64_t z = 0; z < s->nz; z++)
		if (s->mode[z] <= s->half)
			s->space[n++] = s->survey->rough[z] * sd_per_mean;
	l->noise = order_median(s->space, n);
	l->ceramic_noise = l->has_ceramic
				   ? sd_per_mean * median_of(s, s->survey->rough, s->first, s->last)
				   : NAN;
	l->smooth_noise = median_of(s, s->width, 0, s->nz) / 1.1774;
	if (!isfinite(l->smooth_noise))
		l->smooth_noise = 0;
}

static enum err find_ceramic(struct levels *l, struct search *s, bool known)
{
	const struct segment_settings *set = s->settings;
	double top;

	for (int64_t z = 0; z < s->nz; z++)
		s->mode[z] = survey_peak(s->survey, z, -INFINITY, INFINITY).at;
	memcpy(s->space, s->mode, (size_t)s->nz * sizeof(*s->space));
	qsort(s->space, (size_t)s->nz, sizeof(*s->space), order_doubles);
	top = s->space[s->nz * 9 / 10];
	s->unit = known ? 1 : top / set->nasicon;
	if (!known && !(top > 0))
		return fail(ERR_INPUT,
			"no material can be seen: the modes of all planes are %.3g and less", top);
	s->half = 0.5 * s->unit * (set->nasicon + set->nak);
	find_block(s);
	l->has_ceramic = s->last > s->first;
	if (!l->has_ceramic)
		return OK;
	l->ceramic = median_of(s, s->mode, s->first, s->last);
	s->half = 0.5 * (l->ceramic + s->unit * set->nak);
	return OK;
}

static enum err find_contrasts(struct levels *l, const struct search *s)
{
	const struct segment_settings *set = s->settings;
	double liquid = median_of(s, s->lower, 0, s->nz);
	double near[2] = {median_of(s, s->lower, s->first - NEAR, s->first - NEAR / 3),
		median_of(s, s->lower, s->last + NEAR / 3, s->last + NEAR)};

	l->scale = s->unit;
	if (l->has_ceramic)
		liquid = fmin(isfinite(near[0]) ? near[0] : INFINITY,
			isfinite(near[1]) ? near[1] : INFINITY);
	if (l->has_ceramic && isfinite(liquid))
		l->scale = (l->ceramic - liquid) / (set->nasicon - set->nak);
	if (!l->has_ceramic &&
		!(liquid > 0.4 * s->unit * set->nak && liquid < 2.5 * s->unit * set->nak))
		return fail(ERR_INPUT,
			"neither ceramic (%.3g 1/cm) nor liquid (%.3g 1/cm) can be seen: the most "
			"frequent value is %.3g",
			set->nasicon, set->nak, liquid);
	l->gas = l->scale * set->nak;
	l->collector = l->scale * (set->al - set->nak);
	return OK;
}

/* In planes that the ceramic's face runs along, the most frequent value is one of its blurred edge: towards the
 * face the level may rise slowly only, as offsets do. */
static void hold_rise(struct levels *l)
{
	int64_t first = l->top - l->margin, last = l->top + l->margin;

	for (int64_t d = first < 1 ? 1 : first; l->has_ceramic && d < last && d < l->nz; d++)
		l->liquid[d] = fmin(l->liquid[d], l->liquid[d - 1] + 0.03 * l->gas);
	first = l->bottom - l->margin;
	last = l->bottom + l->margin < l->nz - 1 ? l->bottom + l->margin : l->nz - 2;
	for (int64_t d = last; l->has_ceramic && l->bottom < l->nz && d > first && d >= 0; d--)
		l->liquid[d] = fmin(l->liquid[d], l->liquid[d + 1] + 0.03 * l->gas);
}

/* The contrast against the liquid that touches the ceramic, once its side is known. */
static void settle_contrasts(struct levels *l, struct search *s)
{
	const struct segment_settings *set = s->settings;
	double near = median_of(s, l->liquid, l->top - NEAR, l->top - NEAR / 3);

	l->calm = median_of(s, l->liquid, l->has_metal ? l->metal_end + NEAR / 3 : 0,
		l->has_ceramic ? l->top - NEAR / 2 : l->nz);
	l->calm = isfinite(l->calm) ? l->calm : l->liquid[l->top > 0 ? l->top - 1 : 0];
	if (!l->has_ceramic || !isfinite(near))
		return;
	l->scale = (l->ceramic - near) / (set->nasicon - set->nak);
	l->gas = l->scale * set->nak;
	if (!l->has_metal)
		l->collector = l->scale * (set->al - set->nak);
}

enum err levels_find(struct levels *l, const struct survey *survey, const struct circle *circle,
	const struct segment_settings *settings, bool known, struct arena *arena)
{
	struct search s = {
		.survey = survey, .circle = circle, .settings = settings, .nz = survey->nz};
	int64_t step[2];

	*l = (struct levels){.nz = survey->nz};
	NEED(s.mode = ARENA_NEW(arena, double, s.nz));
	NEED(s.lower = ARENA_NEW(arena, double, s.nz));
	NEED(s.width = ARENA_NEW(arena, double, s.nz));
	NEED(s.space = ARENA_NEW(arena, double, s.nz));
	TRY(find_ceramic(l, &s, known));
	find_lower(&s);
	TRY(find_contrasts(l, &s));
	TRY(lift_gas(&s, l->gas, arena));
	if (!l->has_ceramic)
		s.first = s.last = s.nz;
	step[0] = find_step(&s, s.first - 1, -1, l->collector);
	step[1] = l->has_ceramic ? find_step(&s, s.last, 1, l->collector) : -1;
	l->below = choose_side(&s, step);
	find_noise(l, &s);
	l->liquid = s.lower;
	l->top = l->below ? s.nz - s.last : s.first;
	l->bottom = l->below ? s.nz - s.first : s.last;
	if (l->below)
		flip(l->liquid, s.nz);
	for (int64_t d = 0; d < s.nz; d++)
		if (!isfinite(l->liquid[d])) /* no liquid in view at all */
			l->liquid[d] = l->gas;
	l->margin = (int64_t)(0.06 * (double)circle->nx) + 8;
	hold_rise(l);
	settle_metal(l, &s, step[l->below]);
	settle_contrasts(l, &s);
	return OK;
}

enum zone levels_zone(const struct levels *l, int64_t d)
{
	if (l->has_metal && d < l->metal_end - l->margin)
		return ZONE_METAL;
	if (l->has_ceramic && d >= l->bottom + l->margin)
		return ZONE_BEHIND;
	if (l->has_ceramic && d >= l->bottom - l->margin && l->bottom < l->nz)
		return ZONE_BACK_FACE;
	if (l->has_ceramic && d >= l->top + l->margin)
		return ZONE_CERAMIC;
	if (l->has_ceramic && d >= l->top - l->margin)
		return ZONE_CERAMIC_FACE;
	return l->has_metal && d < l->metal_end + l->margin ? ZONE_COLLECTOR_FACE : ZONE_LIQUID;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * The contrast of ceramic and liquid, anew, once the face is known: from planes that hold both, or nearly so. Levels of planes far apart,
 * which the first look compares, differ by the offsets that truncated scans have from row to row: a twentieth of the
 * contrast, which is as much of every aperture, and half of what gas and liquid differ by in a crack. */
#include "cli/segment.h"
#include "core/log.h"
#include "segment/order.h"

#include <math.h>

/* Voxels from the face, beyond its blur; a median needs `FEW` voxels, all together `ENOUGH`; ceramic and liquid are
 * compared over `APART` planes at most. */
enum { CLOSE = 3, FAR = 8, FEW = 500, ENOUGH = 4000, APART = 8, SAMPLE = 1 << 18 };

struct sides {
	float *ceramic, *liquid;
	int64_t n[2];
};

static void part(const struct segment_job *job, int64_t d, const float *plane, struct sides *s)
{
	const struct face *f = &job->face;
	int64_t all = f->ny * f->nx, stride = 1 + all / SAMPLE;

	s->n[0] = s->n[1] = 0;
	for (int64_t i = 0; i < all; i += stride) {
		float t = (float)d - f->front[i];

		if (!circle_has(&job->circle, i))
			continue;
		if (t >= CLOSE && t < FAR && (float)d < f->back[i] - CLOSE)
			s->ceramic[s->n[0]++] = plane[i];
		else if (t <= -CLOSE && t > -FAR)
			s->liquid[s->n[1]++] = plane[i];
	}
}

struct plane_levels {
	double ceramic, liquid;
	int64_t n[2];
};

static enum err look_at_planes(
	struct segment_job *job, int64_t first, int64_t last, struct plane_levels *levels)
{
	float *plane = ARENA_NEW(job->arena, float, job->volume.ny * job->volume.nx);
	struct sides s = {
		ARENA_NEW(job->arena, float, SAMPLE), ARENA_NEW(job->arena, float, SAMPLE), {0, 0}};

	NEED(plane);
	NEED(s.ceramic);
	NEED(s.liquid);
	for (int64_t d = first; d < last; d++) {
		struct plane_levels *l = &levels[d - first];

		TRY(segment_plane(job, job->levels.below ? job->levels.nz - 1 - d : d, plane));
		part(job, d, plane, &s);
		for (int k = 0; k < 2; k++)
			l->n[k] = s.n[k] < FEW ? 0 : s.n[k];
		l->ceramic = (double)order_median_float(s.ceramic, s.n[0]);
		l->liquid = (double)order_median_float(s.liquid, s.n[1]);
	}
	return OK;
}

/* From planes as near to each other as have enough of both; NAN: there are none. */
static double nearest_contrast(const struct plane_levels *levels, int64_t planes, int64_t *apart)
{
	for (*apart = 0; *apart <= APART; ++*apart) {
		double weight = 0, sum = 0;

		for (int64_t d = 0; d + *apart < planes; d++) {
			const struct plane_levels *in = &levels[d + *apart], *out = &levels[d];
			int64_t n = in->n[0] < out->n[1] ? in->n[0] : out->n[1];

			weight += (double)n;
			sum += n ? (double)n * (in->ceramic - out->liquid) : 0;
		}
		if (weight >= ENOUGH)
			return sum / weight;
	}
	return NAN;
}

enum err segment_contrast(struct segment_job *job)
{
	const struct segment_settings *set = &job->s->segment;
	struct levels *l = &job->levels;
	struct arena_mark mark = arena_mark(job->arena);
	int64_t first = l->top - l->margin, last = l->top + l->margin, apart;
	struct plane_levels *levels;
	double contrast;

	if (!l->has_ceramic || !isfinite(job->face.plane[0]))
		return OK;
	first = first < 0 ? 0 : first;
	last = last < l->nz ? last : l->nz;
	NEED(levels = ARENA_NEW(job->arena, struct plane_levels, last - first + 1));
	TRY(look_at_planes(job, first, last, levels));
	contrast = nearest_contrast(levels, last - first, &apart);
	arena_release(job->arena, mark);
	if (!(contrast > 0)) {
		log_info("contrast  no planes have both ceramic and liquid; that of the levels "
			 "stays");
		return OK;
	}
	l->scale = contrast / (set->nasicon - set->nak);
	l->gas = l->scale * set->nak;
	log_info("contrast  of ceramic and liquid at the face: %.3f 1/cm (planes %lld apart), %.3f "
		 "of "
		 "the expected",
		contrast, (long long)apart, l->scale);
	return OK;
}

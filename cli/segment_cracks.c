/* SPDX-License-Identifier: BSD-3-Clause
 * Cracks as sheets: the pass that finds them. See docs/segment.md. */
#include "cli/segment_cracks.h"

#include "cli/console.h"
#include "core/log.h"
#include "core/parallel.h"
#include "segment/order.h"
#include "segment/sheet_support.h"

#include <math.h>
#include <string.h>

/* SAMPLE voxels of a plane give its level; SURVEY_SLABS times SURVEY_DEPTH planes the level of noise and pores. */
enum { SAMPLE = 16384, SURVEY_SLABS = 6, SURVEY_DEPTH = 8, BLOCK = 16 };

enum err ceramic_view_new(struct ceramic_view *view, struct segment_job *job)
{
	const struct face *f = &job->face;
	double low = INFINITY, high = -INFINITY;

	*view = (struct ceramic_view){.job = job};
	for (int64_t i = 0; i < f->ny * f->nx; i++) {
		if (!circle_has(&job->circle, i))
			continue;
		low = fmin(low, (double)f->front[i]);
		high = fmax(high, (double)f->back[i]);
	}
	view->first = low > 0 ? (int64_t)fmin(low, (double)job->volume.nz) : 0;
	view->last = high < (double)job->volume.nz ? (int64_t)fmax(high, 0) : job->volume.nz;
	NEED(view->level = ARENA_NEW(job->arena, float, job->volume.nz));
	NEED(view->plane = ARENA_NEW(job->arena, float, job->volume.ny * job->volume.nx));
	for (int64_t d = 0; d < job->volume.nz; d++)
		view->level[d] = NAN;
	return OK;
}

struct mark_job {
	const struct ceramic_view *view;
	int64_t d;
	uint8_t *inside;
	float *values;
	float level, outside;
};

static enum err mark_row(void *context, int64_t y, int thread)
{
	const struct mark_job *m = context;
	const struct segment_job *job = m->view->job;
	const struct face *f = &job->face;
	double cy = (double)(f->ny - 1) / 2, cx = (double)(f->nx - 1) / 2;
	double r2 = pow(job->circle.radius - CERAMIC_GUARD, 2);
	float d = (float)m->d;

	(void)thread;
	for (int64_t x = 0; x < f->nx; x++) {
		int64_t i = y * f->nx + x;
		double far =
			((double)y - cy) * ((double)y - cy) + ((double)x - cx) * ((double)x - cx);

		m->inside[i] = d - f->front[i] >= CERAMIC_GUARD &&
			       f->back[i] - d >= CERAMIC_GUARD && far <= r2;
	}
	return OK;
}

static enum err flatten_row(void *context, int64_t y, int thread)
{
	const struct mark_job *m = context;
	int64_t nx = m->view->job->face.nx;
	float usual = (float)m->view->job->levels.ceramic;

	(void)thread;
	for (int64_t i = y * nx; i < (y + 1) * nx; i++)
		m->values[i] = m->inside[i] ? m->values[i] - m->level + usual : m->outside;
	return OK;
}

/* The median of the ceramic in a plane; where little of it is in the plane, the usual level. */
static enum err plane_level(
	struct ceramic_view *view, const float *values, const uint8_t *inside, float *level)
{
	struct arena *arena = view->job->arena;
	struct arena_mark mark = arena_mark(arena);
	int64_t all = view->job->face.ny * view->job->face.nx, n = 0, stride = 1 + all / SAMPLE;
	float *sample = ARENA_NEW(arena, float, SAMPLE);

	NEED(sample);
	for (int64_t i = 0; i < all && n < SAMPLE; i += stride)
		if (inside[i])
			sample[n++] = values[i];
	*level = n > 200 ? order_median_float(sample, n) : (float)view->job->levels.ceramic;
	arena_release(arena, mark);
	return OK;
}

enum err ceramic_read(struct ceramic_view *view, int64_t d0, int64_t d1, bool keep_nan,
	float *values, uint8_t *inside)
{
	struct segment_job *job = view->job;
	int64_t n = job->volume.ny * job->volume.nx;

	for (int64_t d = d0; d < d1; d++) {
		int64_t z = job->levels.below ? job->volume.nz - 1 - d : d;
		struct mark_job m = {.view = view,
			.d = d,
			.inside = inside + (d - d0) * n,
			.values = values + (d - d0) * n};

		TRY(segment_plane(job, z, m.values));
		TRY(parallel_for(job->volume.ny, mark_row, &m));
		if (isnan(view->level[d]))
			TRY(plane_level(view, m.values, m.inside, &view->level[d]));
		m.level = view->level[d];
		m.outside = keep_nan ? NAN : (float)job->levels.ceramic;
		TRY(parallel_for(job->volume.ny, flatten_row, &m));
	}
	return console_interrupted() ? fail(ERR_INTERRUPTED, "interrupted; nothing was written")
				     : OK;
}

/* ------------------------------------------------------------------ noise and pores */

static enum err survey_ceramic(struct ceramic_view *view, struct sheet_levels *levels)
{
	struct segment_job *job = view->job;
	struct arena_mark mark = arena_mark(job->arena);
	struct slab whole = slab_whole(job->volume.nz, job->volume.ny, job->volume.nx);
	struct sheet_survey survey = {.arena = arena_new()};
	int64_t n = job->volume.ny * job->volume.nx, planes = view->last - view->first;
	int64_t slabs = planes / SURVEY_DEPTH < SURVEY_SLABS ? planes / SURVEY_DEPTH : SURVEY_SLABS;
	int64_t most = SURVEY_DEPTH + 2 * sheet_halo();
	float *values = ARENA_NEW(job->arena, float, most *n);
	uint8_t *inside = ARENA_NEW(job->arena, uint8_t, most * n);
	enum err e = survey.arena && values && inside ? OK : ERR_RESOURCE;

	for (int64_t k = 0; k < slabs && e == OK; k++) {
		int64_t d = view->first + (planes - SURVEY_DEPTH) * (2 * k + 1) / (2 * slabs);
		struct slab slab = slab_cut(whole, d, d + SURVEY_DEPTH, sheet_halo());

		e = ceramic_read(view, slab.p0, slab.p1, false, values, inside);
		if (e == OK)
			e = sheet_survey_add(&survey, &slab, values,
				inside + (slab.z0 - slab.p0) * n, job->arena);
	}
	e = e == OK ? sheet_survey_levels(&survey, levels) : e;
	arena_free(survey.arena);
	arena_release(job->arena, mark);
	return e;
}

/* ------------------------------------------------------------------ the pass */

static enum err find_points(
	struct ceramic_view *view, const struct sheet_levels *levels, struct sheet_points *points)
{
	struct segment_job *job = view->job;
	struct arena_mark mark = arena_mark(job->arena);
	struct slab whole = slab_whole(job->volume.nz, job->volume.ny, job->volume.nx);
	int64_t n = job->volume.ny * job->volume.nx, halo = sheet_halo(), depth, have = 0, at = 0;
	float *values;
	uint8_t *inside;

	/* values, mask, five smoothed, sheetness, strength, scale */
	TRY(segment_depth(job, 34, halo, &depth));
	NEED(values = ARENA_NEW(job->arena, float, (depth + 2 * halo) * n));
	NEED(inside = ARENA_NEW(job->arena, uint8_t, (depth + 2 * halo) * n));
	progress_start("segment: cracks", "planes", view->last - view->first);
	for (int64_t d = view->first; d < view->last; d += depth) {
		struct slab slab =
			slab_cut(whole, d, d + depth < view->last ? d + depth : view->last, halo);
		int64_t kept = have > slab.p0 ? have - slab.p0 : 0;

		/* planes of the slab before are the halo of this one */
		memmove(values, values + (slab.p0 - at) * n, (size_t)(kept * n) * sizeof(*values));
		memmove(inside, inside + (slab.p0 - at) * n, (size_t)(kept * n));
		TRY(ceramic_read(view, slab.p0 + kept, slab.p1, false, values + kept * n,
			inside + kept * n));
		at = slab.p0;
		have = slab.p1;
		TRY(sheet_ridge(&slab, values, inside + (slab.z0 - slab.p0) * n, levels,
			job->s->segment.crack_low, points, job->arena));
		progress_add(slab.z1 - slab.z0);
	}
	progress_end();
	arena_release(job->arena, mark);
	return OK;
}
/* Contrast of the ceramic to gas and to the liquid. */
static struct crack_contrast contrasts(const struct segment_job *job)
{
	const struct levels *l = &job->levels;
	const struct segment_settings *set = &job->s->segment;

	return (struct crack_contrast){.gas = l->scale * set->nasicon,
		.liquid = l->scale * (set->nasicon - set->nak),
		.noise = l->ceramic_noise};
}

/* An ideal sheet of aperture w and contrast c behind a total blur s bends by c w / (sqrt(2 pi) s^3). The smallest aperture
 * that reaches `high`, over the scales. */
static double detection_limit(
	const struct sheet_levels *levels, const struct crack_contrast *contrast, double high)
{
	const double usual_blur = 0.8;
	double least = INFINITY;

	for (int k = 0; k < SHEET_SCALES; k++) {
		double own = sheet_sigma[k] * sheet_sigma[k],
		       s = sqrt(own + usual_blur * usual_blur);

		least = fmin(least, high * levels->level[k] * sqrt(2 * acos(-1.0)) * s * s * s /
					    (own * contrast->gas));
	}
	return least;
}

static enum err find_sheet(struct ceramic_view *view, struct sheet_points *points, int32_t *objects)
{
	struct segment_job *job = view->job;
	const struct segment_settings *set = &job->s->segment;
	struct crack_contrast contrast = contrasts(job);
	struct sheet_levels levels;
	int64_t all;
	int32_t *object;

	TRY(survey_ceramic(view, &levels));
	TRY(find_points(view, &levels, points));
	all = points->n;
	TRY(sheet_support_keep(points, set->crack_support, job->arena));
	log_debug("cracks: %lld ridge points, %lld of them supported", (long long)all,
		(long long)points->n);
	TRY(sheet_pieces(points, set->min_crack, set->crack_high, &object, objects, job->arena));
	job->crack_limit = detection_limit(&levels, &contrast, set->crack_high);
	log_info(
		"cracks    are looked for down to openings of %.2f voxels, by what an even, smooth "
		"sheet of that would give in this noise and these pores",
		job->crack_limit);
	return sheet_surface(points, object, &job->sheet, job->arena);
}

enum err segment_cracks(struct segment_job *job, struct step_metrics *m)
{
	struct ceramic_view view;
	struct sheet_points points;
	struct crack_contrast contrast = contrasts(job);
	int32_t objects = 0;
	enum err e;

	if (!job->levels.has_ceramic || !job->s->segment.cracks)
		return OK;
	/* its own arena: passes give theirs back */
	NEED(job->sheet.arena = arena_new());
	points = (struct sheet_points){.arena = arena_new()};
	NEED(points.arena);
	e = ceramic_view_new(&view, job);
	e = e == OK ? find_sheet(&view, &points, &objects) : e;
	arena_free(points.arena);
	TRY(e);
	if (job->sheet.n)
		TRY(crack_open(&view, &contrast, &objects));
	return crack_measure(job, objects, m);
}

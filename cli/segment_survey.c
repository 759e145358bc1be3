/* SPDX-License-Identifier: BSD-3-Clause
 * The first pass of `segment`: circle of view, levels, noise; see cli/segment.h. */
#include "cli/console.h"
#include "cli/segment.h"
#include "core/log.h"
#include "segment/gaussian.h"

#include <math.h>
#include <stdlib.h>

/* SURVEY_SIGMA is what levels are looked at with. */
enum { SAMPLE = 1 << 20 };
static const double survey_sigma = 1.5;

static enum err find_circle(struct segment_job *job)
{
	const struct volume_view *v = &job->volume;
	double share = job->s->segment.mask, radius = share * (double)v->nx / 2;
	float *plane = ARENA_NEW(job->arena, float, v->ny * v->nx);

	NEED(plane);
	TRY(segment_plane(job, v->nz / 2, plane));
	if (!isfinite(share))
		radius = circle_radius(plane, v->ny, v->nx);
	TRY(circle_new(&job->circle, v->ny, v->nx, radius, job->arena));
	if (isfinite(radius))
		log_info("view      a circle of %.1f voxels radius%s", radius,
			isfinite(share) ? "" : " (found: the corners are constant)");
	else
		log_info("view      the whole of each plane (the corners are not constant)");
	return OK;
}

/* Values from up to 64 planes, evenly. */
static enum err take_sample(struct segment_job *job, float *plane, float *sample, int64_t *n)
{
	int64_t nz = job->volume.nz, all = job->circle.ny * job->circle.nx;
	int64_t planes = nz < 64 ? nz : 64, stride = 1 + planes * all / SAMPLE;

	*n = 0;
	for (int64_t k = 0; k < planes; k++) {
		TRY(segment_plane(job, k * nz / planes, plane));
		for (int64_t i = k % stride; i < all && *n < SAMPLE; i += stride)
			if (circle_has(&job->circle, i))
				sample[(*n)++] = plane[i];
	}
	return OK;
}

static enum err count_planes(struct segment_job *job, double sigma)
{
	const struct volume_view *v = &job->volume;
	struct slab whole = slab_whole(v->nz, v->ny, v->nx);
	int64_t halo = gaussian_halo(sigma), depth, n = v->ny * v->nx;
	float *in, *smooth;

	TRY(segment_depth(job, 8, halo, &depth));
	NEED(in = ARENA_NEW(job->arena, float, (depth + 2 * halo) * n));
	NEED(smooth = ARENA_NEW(job->arena, float, depth *n));
	progress_start("segment: levels", "planes", v->nz);
	for (int64_t z = 0; z < v->nz; z += depth) {
		struct slab slab = slab_cut(whole, z, z + depth < v->nz ? z + depth : v->nz, halo);
		struct arena_mark mark = arena_mark(job->arena);

		TRY(segment_planes(job, slab.p0, slab.p1, in));
		TRY(gaussian(&slab, in, sigma, smooth, job->arena));
		TRY(survey_add(&job->survey, &slab, &job->circle, in, smooth));
		arena_release(job->arena, mark);
		progress_add(slab.z1 - slab.z0);
	}
	progress_end();
	return OK;
}

static void say_levels(const struct segment_job *job)
{
	const struct levels *l = &job->levels;
	int64_t middle = l->has_ceramic ? l->top - l->margin : l->nz / 2;
	const char *side = l->below ? "below" : "above";

	middle = middle < 0 ? 0 : middle;
	if (l->has_ceramic)
		log_info("levels    ceramic %.3f, liquid %.3f 1/cm (plane %lld), contrast %.2f of "
			 "the expected",
			l->ceramic, l->liquid[middle],
			(long long)(l->below ? l->nz - 1 - middle : middle), l->scale);
	else
		log_info("levels    no ceramic; liquid %.3f 1/cm", l->liquid[middle]);
	if (l->has_ceramic)
		log_info("stack     ceramic about planes %lld to %lld, liquid %s it%s",
			(long long)(l->below ? l->nz - l->bottom : l->top),
			(long long)(l->below ? l->nz - l->top : l->bottom), side,
			job->s->segment.electrode == ELECTRODE_AUTO ? " (found)" : "");
	if (l->has_metal)
		log_info("stack     current collector up to about %lld planes from that side, %.3f "
			 "1/cm above the liquid",
			(long long)l->metal_end, l->collector);
	else
		log_info("stack     no current collector in view");
	log_info("noise     %.3f 1/cm a voxel in the liquid, %.3f in the ceramic; %.4f in the "
		 "smoothed liquid",
		l->noise, l->ceramic_noise, l->smooth_noise);
	if (job->known && l->has_ceramic && (l->scale < 0.7 || l->scale > 1.4))
		log_warning("the contrast of ceramic and liquid is %.2f times the expected one: "
			    "are energy and materials right?",
			l->scale);
}

/* Bubbles need a contrast of six times the noise that the Gaussian leaves. */
static double choose_sigma(const struct segment_job *job)
{
	const struct levels *l = &job->levels;
	double given = job->s->segment.sigma, sigma;

	if (isfinite(given))
		return given;
	sigma = survey_sigma * fmax(1, pow(6 * l->smooth_noise / l->gas, 2.0 / 3));
	sigma = fmin(3, 0.25 * ceil(4 * sigma - 1e-9));
	log_info("denoise   Gaussian of %.2f voxels (found: noise is %.2f of the contrast of gas)",
		sigma, l->smooth_noise / l->gas);
	return sigma;
}

static enum err look(struct segment_job *job, double sigma)
{
	struct arena_mark mark = arena_mark(job->arena);
	bool below;

	job->levels.below = false; /* planes are counted as they lie */
	TRY(count_planes(job, sigma));
	arena_release(job->arena, mark);
	TRY(levels_find(&job->levels, &job->survey, &job->circle, &job->s->segment, job->known,
		job->arena));
	below = job->levels.below;
	log_debug("levels with a Gaussian of %.2f: smoothed noise %.4f, liquid %s", sigma,
		job->levels.smooth_noise, below ? "below" : "above");
	return OK;
}

/* Structure about the middle of every plane is an artefact: it is taken off where it matters. */
static enum err find_cupping(struct segment_job *job)
{
	float *cupping = ARENA_NEW(job->arena, float, job->survey.bins);
	double rms;

	NEED(cupping);
	if (!levels_cupping(&job->levels, &job->survey, &job->circle, cupping, &rms, job->arena) ||
		rms < 0.1 * job->levels.gas)
		return OK;
	log_info("cupping   rings and cupping of %.3f 1/cm r.m.s. in the liquid, taken off", rms);
	job->cupping = cupping;
	return look(job, survey_sigma);
}

enum err segment_survey(struct segment_job *job)
{
	float *plane, *sample;
	double sigma;
	int64_t n;

	TRY(find_circle(job));
	NEED(plane = ARENA_NEW(job->arena, float, job->circle.ny * job->circle.nx));
	NEED(sample = ARENA_NEW(job->arena, float, SAMPLE));
	TRY(take_sample(job, plane, sample, &n));
	TRY(survey_new(&job->survey, &job->circle, job->volume.nz, sample, n, job->arena));
	TRY(look(job, survey_sigma));
	TRY(find_cupping(job));
	sigma = choose_sigma(job);
	if (sigma != survey_sigma)
		TRY(look(job, sigma));
	say_levels(job);
	job->phases = (struct phases){.levels = &job->levels, .circle = &job->circle, .core = 0.33};
	job->phases.sigma = sigma;
	job->phases.flat = phases_flat(&job->levels, sigma);
	/* a blob of noise is as large as the Gaussian */
	job->least = (int64_t)(4.2 * pow(1.2 * sigma, 3));
	job->least =
		job->least > job->s->segment.min_bubble ? job->least : job->s->segment.min_bubble;
	log_info("bubbles   need %lld voxels and %.3f 1/cm less than the liquid",
		(long long)job->least, fmax(0.67 * job->levels.gas, 5 * job->levels.smooth_noise));
	if (5 * job->levels.smooth_noise > job->levels.gas)
		log_warning(
			"the noise hides bubbles: only gas that is darker than expected is seen");
	return OK;
}

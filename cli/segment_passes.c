/* SPDX-License-Identifier: BSD-3-Clause
 * The passes of `segment`; see cli/segment.h. */
#include "cli/console.h"
#include "cli/plan.h"
#include "cli/segment.h"
#include "core/log.h"
#include "io/disk.h"
#include "segment/gaussian.h"

#include <math.h>
#include <stdlib.h>

/* SURVEY_SIGMA is what levels are looked at with; FLOOD is the halo of the watershed, doubled up to MOST_FLOOD where it
 * leaves voxels open. */
enum { FLOOD = 24, MOST_FLOOD = 96, MOST_DEPTH = 64, BLOCK = 16, SAMPLE = 1 << 20 };
static const double survey_sigma = 1.5;

static enum err stop_if_asked(void)
{
	return console_interrupted() ? fail(ERR_INTERRUPTED, "interrupted; nothing was written")
				     : OK;
}

enum err segment_depth(const struct segment_job *job, double bytes, int64_t halo, int64_t *depth)
{
	double plane = bytes * (double)(job->volume.ny * job->volume.nx);
	/* maps of the faces, labels being compressed, components of void */
	double rest = 40.0 * (double)(job->volume.ny * job->volume.nx) + 1e8;
	double room = 0.9 * (double)memory_limit(job->s) - rest;
	int64_t planes = (int64_t)(room / plane) - 2 * halo;

	if (planes < 1)
		return fail(ERR_RESOURCE,
			"--memory %lldM is too little: planes of %lld x %lld voxels need --memory "
			"%lldM",
			(long long)(memory_limit(job->s) >> 20), (long long)job->volume.ny,
			(long long)job->volume.nx,
			(long long)((rest + plane * (double)(2 * halo + 1)) / 0.9 / 1048576) + 1);
	*depth = planes > MOST_DEPTH ? MOST_DEPTH : planes;
	return OK;
}

enum err segment_plane(struct segment_job *job, int64_t z, float *out)
{
	const struct volume_view *v = &job->volume;
	const struct hdf5_window all = {.z = z, .step = 1, .n = v->ny, .m = v->nx};

	TRY(volume_view_read(&job->volume, &all, out));
	for (int64_t i = 0; i < v->ny * v->nx; i++) {
		out[i] = (float)(job->scale * (double)out[i]);
		if (!isfinite(out[i])) {
			out[i] = 0;
			job->strange++;
		}
	}
	for (int64_t i = 0; job->cupping && i < v->ny * v->nx; i++)
		out[i] -= job->cupping[circle_bin(&job->circle, i)];
	if (job->circle.mirror)
		circle_fill(&job->circle, out);
	return OK;
}

/* Planes [p0, p1) counted from the electrode's side. */
static enum err read_planes(struct segment_job *job, int64_t p0, int64_t p1, float *out)
{
	int64_t n = job->volume.ny * job->volume.nx;

	for (int64_t d = p0; d < p1; d++) {
		int64_t z = job->levels.below ? job->volume.nz - 1 - d : d;

		TRY(segment_plane(job, z, out + (d - p0) * n));
	}
	return stop_if_asked();
}

/* ------------------------------------------------------------------ levels */

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

		TRY(read_planes(job, slab.p0, slab.p1, in));
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

/* ------------------------------------------------------------------ materials */

static enum err keep_planes(struct segment_job *job, const struct slab *slab, const uint8_t *raw)
{
	int64_t n = slab->ny * slab->nx;

	for (int64_t d = slab->z0; d < slab->z1; d++) {
		int64_t z = job->levels.below ? slab->nz - 1 - d : d;

		TRY(disk_write(job->fd, job->scratch, raw + (d - slab->z0) * n, n, z * n));
	}
	return OK;
}

/* One slab, with as much halo as leaves no voxel open. */
static enum err flood(
	struct segment_job *job, int64_t z0, int64_t z1, uint8_t *raw, float *smooth, int64_t *open)
{
	const struct volume_view *v = &job->volume;
	struct slab whole = slab_whole(v->nz, v->ny, v->nx);
	int64_t wide = FLOOD;

	for (;; wide *= 2) {
		struct slab slab = slab_cut(whole, z0, z1, phases_halo(&job->phases, wide));
		struct arena_mark mark = arena_mark(job->arena);
		float *in = ARENA_NEW(job->arena, float, (slab.p1 - slab.p0) * v->ny * v->nx);

		NEED(in);
		TRY(read_planes(job, slab.p0, slab.p1, in));
		TRY(phases_slab(&job->phases, &slab, wide, in, raw, smooth, open, job->arena));
		arena_release(job->arena, mark);
		if (*open == 0 || 2 * wide > MOST_FLOOD)
			break;
	}
	return OK;
}

static void say_face(const struct segment_job *job)
{
	const struct face *f = &job->face;
	const struct levels *l = &job->levels;
	double blur, psf;

	if (!l->has_ceramic || !isfinite(f->plane[0])) {
		log_warning("no face of the ceramic towards the liquid is in view: nothing is "
			    "measured there");
		return;
	}
	log_info("interface %.2f planes from the electrode's side in the middle, tilted by %.4f "
		 "and %.4f, roughness %.2f voxels",
		f->plane[0], f->plane[1], f->plane[2], f->roughness);
	if (f->bridged)
		log_info("interface %lld columns of narrow deep places (mouths of cracks) were "
			 "bridged",
			(long long)f->bridged);
	if (f->missing)
		log_info("interface %lld columns without ceramic take the plane",
			(long long)f->missing);
	blur = face_blur(f, &job->circle, l->ceramic - l->gas * 0.5, job->arena);
	psf = sqrt(fmax(0, blur * blur - job->phases.sigma * job->phases.sigma));
	log_info("edges     width (PSF) sigma %.2f voxels, from the face of the ceramic", psf);
	if (!(psf > 0.2))
		log_warning("the ceramic's face is steeper than any edge behind this Gaussian: "
			    "phase contrast. Its fringes shift the face and look like gas; recon "
			    "--phase paganin avoids them");
}

enum err segment_phases(struct segment_job *job)
{
	const struct volume_view *v = &job->volume;
	int64_t n = v->ny * v->nx, depth, open, all_open = 0;
	uint8_t *raw;
	float *smooth;

	/* 4 in, 4 smoothed, gradient, markers, labels, and what the watershed keeps */
	TRY(segment_depth(job, 18, phases_halo(&job->phases, FLOOD), &depth));
	TRY(face_new(&job->face, v->ny, v->nx, job->arena));
	NEED(raw = ARENA_NEW(job->arena, uint8_t, depth * n));
	NEED(smooth = ARENA_NEW(job->arena, float, depth *n));
	progress_start("segment: materials", "planes", v->nz);
	for (int64_t z = 0; z < v->nz; z += depth) {
		int64_t z1 = z + depth < v->nz ? z + depth : v->nz;
		struct slab slab = {v->nz, v->ny, v->nx, z, z1, z, z1};

		TRY(flood(job, z, z1, raw, smooth, &open));
		all_open += open;
		TRY(face_add(&job->face, &job->levels, &slab, raw, smooth));
		TRY(keep_planes(job, &slab, raw));
		progress_add(z1 - z);
	}
	progress_end();
	if (all_open)
		log_warning(
			"%lld voxels without a sure flood got the material whose level is nearest",
			(long long)all_open);
	if (job->levels.has_ceramic)
		TRY(face_finish(&job->face, &job->circle, job->arena));
	say_face(job);
	return OK;
}

static enum err drop_small(struct segment_job *job, uint8_t *planes)
{
	const struct component *list = components_list(job->voids);
	int64_t pieces = components_count(job->voids), n = job->circle.ny * job->circle.nx;
	uint8_t *value = ARENA_NEW(job->arena, uint8_t, pieces + 1);

	NEED(value);
	for (int64_t k = 0; k < pieces; k++) {
		bool small = list[k].voxels < job->least;

		value[k] = small ? LABEL_NAK : LABEL_VOID;
		job->n_small += small;
	}
	for (int64_t z = 0; z < job->volume.nz && job->n_small; z += BLOCK) {
		int64_t m = z + BLOCK < job->volume.nz ? BLOCK : job->volume.nz - z;

		TRY(disk_read(job->fd, job->scratch, planes, m * n, z * n));
		TRY(components_mark(job->voids, z, m, value, planes));
		TRY(disk_write(job->fd, job->scratch, planes, m * n, z * n));
	}
	return OK;
}

enum err segment_finish(struct segment_job *job)
{
	const struct volume_view *v = &job->volume;
	int64_t n = v->ny * v->nx;
	uint8_t *planes = ARENA_NEW(job->arena, uint8_t, BLOCK * n);

	NEED(planes);
	TRY(components_new(&job->voids, v->ny, v->nx, 26,
		(struct label_range){LABEL_VOID, LABEL_VOID}, job->arena));
	for (int64_t z = 0; z < v->nz; z += BLOCK) {
		int64_t m = z + BLOCK < v->nz ? BLOCK : v->nz - z;

		TRY(stop_if_asked());
		TRY(disk_read(job->fd, job->scratch, planes, m * n, z * n));
		for (int64_t k = 0; k < m; k++)
			face_label(&job->face, &job->circle, &job->levels,
				job->levels.below ? v->nz - 1 - z - k : z + k, planes + k * n);
		TRY(components_add(job->voids, planes, m));
		TRY(disk_write(job->fd, job->scratch, planes, m * n, z * n));
	}
	TRY(components_finish(job->voids));
	return drop_small(job, planes);
}

/* Columns of plane z whose front face is just behind it and that hold gas. */
static void note_gas(struct segment_job *job, int64_t z, const uint8_t *plane)
{
	int64_t n = job->circle.ny * job->circle.nx,
		d = job->levels.below ? job->volume.nz - 1 - z : z;

	for (int64_t i = 0; i < n; i++) {
		float ahead = ceilf(job->face.front[i]) - (float)d;

		if (plane[i] == LABEL_VOID && ahead >= 1 && ahead <= 2)
			job->gas[i] = 1;
		job->count[plane[i]]++;
	}
}

static enum err write_planes(struct segment_job *job, struct labels_writer *writer, uint8_t *planes)
{
	const struct volume_view *v = &job->volume;
	int64_t n = v->ny * v->nx;

	for (int64_t z = 0; z < v->nz; z += BLOCK) {
		int64_t m = z + BLOCK < v->nz ? BLOCK : v->nz - z;

		TRY(stop_if_asked());
		TRY(disk_read(job->fd, job->scratch, planes, m * n, z * n));
		for (int64_t k = 0; k < m; k++)
			note_gas(job, z + k, planes + k * n);
		TRY(labels_put(writer, z, m, planes, NULL));
		progress_add(m);
	}
	return OK;
}

enum err segment_write(struct segment_job *job, const struct labels_plan *plan)
{
	int64_t n = job->circle.ny * job->circle.nx;
	struct labels_writer *writer = NULL;
	uint8_t *planes;
	enum err e;

	NEED(planes = ARENA_NEW(job->arena, uint8_t, BLOCK * n));
	NEED(job->gas = ARENA_ZERO(job->arena, uint8_t, n));
	TRY(labels_create(&writer, plan, job->arena));
	progress_start("segment: writing", "planes", job->volume.nz);
	e = write_planes(job, writer, planes);
	progress_end();
	if (e == OK)
		return labels_finish(writer);
	labels_abandon(writer);
	return e;
}

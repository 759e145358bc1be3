/* SPDX-License-Identifier: BSD-3-Clause
 * The second pass of `segment`: materials by grey value, faces of the ceramic; see cli/segment.h. */
#include "cli/console.h"
#include "cli/segment.h"
#include "core/log.h"
#include "io/disk.h"

#include <math.h>

/* FLOOD is the halo of the watershed, doubled up to MOST_FLOOD where it leaves voxels open. */
enum { FLOOD = 24, MOST_FLOOD = 96 };

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
		TRY(segment_planes(job, slab.p0, slab.p1, in));
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

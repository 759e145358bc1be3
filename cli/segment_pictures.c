/* SPDX-License-Identifier: BSD-3-Clause
 * The pictures of a run of `segment`. */
#include "cli/label_pictures.h"
#include "cli/segment.h"
#include "core/log.h"
#include "io/disk.h"

#include <math.h>

static enum err read_scratch(void *context, int64_t z, int64_t n, uint8_t *planes)
{
	const struct segment_job *job = context;
	int64_t size = job->volume.ny * job->volume.nx;

	return disk_read(job->fd, job->scratch, planes, n * size, z * size);
}

static struct label_source source_of(struct segment_job *job, const char *name)
{
	return (struct label_source){.context = job,
		.read = read_scratch,
		.nz = job->volume.nz,
		.ny = job->volume.ny,
		.nx = job->volume.nx,
		.first_row = job->volume.first_row > 0 ? job->volume.first_row : 0,
		.voxel_um = job->voxel_um,
		.below = job->levels.below,
		.name = name};
}

enum err segment_pictures(struct segment_job *job, const struct step_metrics *metrics,
	const char *stem, const char *name)
{
	struct arena_mark mark = arena_mark(job->arena);
	struct label_source source = source_of(job, name);
	bool plane = metrics->has_interface && isfinite(job->face.plane[0]);
	struct topview view;
	struct face_maps maps;
	const char *cuts;

	if (!job->s->segment.pictures && job->s->mesh.format == MESH_NONE)
		return OK;
	NEED(stem);
	NEED(cuts = arena_format(job->arena, "%s.cuts.png", stem));
	TRY(label_topview(&source, &view, job->arena));
	TRY(topview_maps(&view, plane ? job->face.plane : NULL, &maps, job->arena));
	if (job->s->segment.pictures) {
		TRY(label_pictures(&source, &view, &maps, &job->volume,
			metrics->interface.contact_fraction, cuts, stem, job->arena));
		log_info(
			"pictures  %s.cuts.png, %s.crack.png and %s.contact.png", stem, stem, stem);
	}
	if (job->s->mesh.format != MESH_NONE)
		TRY(label_meshes(&source, &maps, &job->s->mesh, stem, job->arena));
	arena_release(job->arena, mark);
	return OK;
}

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

static const uint8_t fills[] = {
	[FILL_UNKNOWN] = CRACK_UNSURE, [FILL_EMPTY] = CRACK_EMPTY, [FILL_LIQUID] = CRACK_FILLED};

/* What was measured across the cracks takes the place of what voxels tell, from the widest crack of each column. */
static void put_sheet(const struct segment_job *job, bool plane, struct face_maps *maps)
{
	const struct sheet *sheet = &job->sheet;
	double my = 0.5 * (double)(maps->ny - 1), mx = 0.5 * (double)(maps->nx - 1);

	for (int64_t k = 0; k < sheet->n; k++)
		maps->aperture[sheet->list[k].voxel[1] * maps->nx + sheet->list[k].voxel[2]] = -1;
	for (int64_t k = 0; k < sheet->n; k++) {
		const struct sheet_element *e = &sheet->list[k];
		int64_t i = e->voxel[1] * maps->nx + e->voxel[2];
		double face = job->face.plane[0] + job->face.plane[1] * ((double)e->voxel[2] - mx) +
			      job->face.plane[2] * ((double)e->voxel[1] - my);

		if (e->aperture <= maps->aperture[i])
			continue;
		maps->aperture[i] = e->aperture;
		maps->crack[i] = fills[e->fill];
		if (plane)
			maps->depth[i] = (float)fmax(0, (double)e->at[0] - face);
	}
}

/* The labels are there: pictures that fail do not end the run. */
static enum err draw(struct segment_job *job, const struct label_source *source,
	const struct topview *view, const struct face_maps *maps,
	const struct step_metrics *metrics, const char *stem)
{
	const char *cuts = arena_format(job->arena, "%s.cuts.png", stem);
	enum err e;

	NEED(cuts);
	e = label_pictures(source, view, maps, &job->volume, metrics->interface.contact_fraction,
		cuts, stem, job->arena);
	if (e == ERR_INTERRUPTED)
		return e;
	if (e == OK)
		log_info("pictures  %s, %s.crack.png and %s.contact.png", cuts, stem, stem);
	else
		log_warning("no pictures: %s", error_message());
	return OK;
}

enum err segment_pictures(struct segment_job *job, const struct step_metrics *metrics,
	const char *stem, const char *name)
{
	struct arena_mark mark = arena_mark(job->arena);
	struct label_source source = source_of(job, name);
	bool plane = metrics->has_interface && isfinite(job->face.plane[0]);
	struct topview view;
	struct face_maps maps;

	if (!job->s->segment.pictures && job->s->mesh.format == MESH_NONE)
		return OK;
	NEED(stem);
	TRY(label_topview(&source, &view, job->arena));
	TRY(topview_maps(&view, plane ? job->face.plane : NULL, &maps, job->arena));
	put_sheet(job, plane, &maps);
	if (job->s->segment.pictures)
		TRY(draw(job, &source, &view, &maps, metrics, stem));
	if (job->s->mesh.format != MESH_NONE)
		TRY(label_meshes(&source, &maps, &job->s->mesh, stem, job->arena));
	arena_release(job->arena, mark);
	return OK;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * The passes of `segment` over the labels: geometry, small pieces, the file; see cli/segment.h. */
#include "cli/console.h"
#include "cli/segment.h"
#include "io/disk.h"

#include <math.h>

/* Planes at once. */
enum { BLOCK = 16 };

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

		TRY(segment_stop());
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

		TRY(segment_stop());
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

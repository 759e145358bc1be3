/* SPDX-License-Identifier: BSD-3-Clause
 * tomochron segment VOLUME -o LABELS: opens the volume, runs the passes (cli/segment_*.c), writes labels
 * and numbers. */
#include "cli/segment.h"

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/label_pictures.h"
#include "cli/resolve.h"
#include "cli/segment_forest.h"
#include "core/log.h"
#include "io/disk.h"
#include "io/metrics_json.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum err segment_open(struct segment_job *job, const char *place)
{
	struct volume_view *v = &job->volume;
	int64_t missing;

	TRY(volume_view(v, place, job->arena));
	missing = v->is_tiff ? 0 : hdf5_view_unfinished(&v->hdf5, job->arena);
	if (missing)
		return fail(ERR_INPUT,
			"%s: %lld of %lld slices are not finished; the recon command that began it "
			"finishes it",
			v->path, (long long)missing, (long long)v->nz);
	job->voxel_um = isfinite(job->s->input.pixel_size) ? job->s->input.pixel_size : v->voxel_um;
	job->scale = 1;
	job->known = !strcmp(v->units, "1/cm");
	if (!strcmp(v->units, "1/px") && isfinite(job->voxel_um)) {
		job->scale = 1e4 / job->voxel_um;
		job->known = true;
	}
	return OK;
}

static enum err open_volume(struct segment_job *job, const char *place)
{
	const struct volume_view *v = &job->volume;

	TRY(segment_open(job, place));
	if (v->nz < 16 || v->ny < 16 || v->nx < 16)
		return fail(ERR_INPUT,
			"%s: is %lld x %lld x %lld voxels; at least 16 each way are needed",
			v->path, (long long)v->nz, (long long)v->ny, (long long)v->nx);
	if (!job->known)
		log_warning("%s: values are not known to be in 1/cm: the brightest planes are "
			    "taken for ceramic",
			v->path);
	if (!isfinite(job->voxel_um))
		log_warning("%s: does not say how large a voxel is: lengths and volumes are not "
			    "given (--pixel-size)",
			v->path);
	return OK;
}

static bool ends_in(const char *path, const char *ending)
{
	size_t n = strlen(path), m = strlen(ending);

	return n > m && !strcasecmp(path + n - m, ending);
}

enum err segment_place(const struct segment_job *job)
{
	const char *out = job->s->output.path;

	if (!*out)
		return fail(ERR_USAGE, "-o is missing: the label file, FILE.h5");
	if (!ends_in(out, ".h5") && !ends_in(out, ".hdf5") && !ends_in(out, ".hdf") &&
		!ends_in(out, ".nxs"))
		return fail(ERR_USAGE, "%s: labels are an HDF5 file: FILE.h5", out);
	if (access(out, F_OK) == 0 && !job->s->run.force)
		return fail(
			ERR_USAGE, "%s: exists; choose another name or --force to replace it", out);
	if (job->s->mesh.format != MESH_NONE)
		TRY(label_meshes_check(&job->s->mesh));
	return disk_parent(out, job->arena);
}

/* LABELS without its ending, and then `tail`. */
const char *segment_beside(const struct segment_job *job, const char *tail)
{
	const char *out = job->s->output.path, *dot = strrchr(out, '.');

	return arena_format(job->arena, "%.*s%s", (int)(dot - out), out, tail);
}

/* A file that is gone with this process, whatever ends it. */
static enum err open_scratch(struct segment_job *job)
{
	int64_t bytes = job->volume.nz * job->volume.ny * job->volume.nx;
	const char *name = arena_format(job->arena, "%s.scratch", job->s->output.path);

	NEED(name);
	NEED(job->scratch = disk_part(name, job->arena));
	TRY(disk_need(job->s->output.path, bytes));
	TRY(disk_open(&job->fd, job->scratch, O_RDWR | O_CREAT | O_TRUNC));
	unlink(job->scratch);
	return disk_reserve(job->fd, job->scratch, 0, bytes);
}

enum err segment_plan(
	struct segment_job *job, const struct command_line *line, struct labels_plan *plan)
{
	const char *command;
	char *yaml, *text;

	TRY(settings_command(job->s, line, "segment", job->arena, &text));
	command = text;
	TRY(settings_yaml(job->s, IN_SEGMENT, false, false, job->arena, &yaml));
	*plan = (struct labels_plan){.path = job->s->output.path,
		.nz = job->volume.nz,
		.ny = job->volume.ny,
		.nx = job->volume.nx,
		.first_row = job->volume.first_row > 0 ? job->volume.first_row : 0,
		.voxel_um = job->voxel_um,
		.config_yaml = yaml,
		.command = command,
		.version = TOMO_VERSION};
	return OK;
}

static enum err write_metrics(struct segment_job *job, struct step_metrics *metrics)
{
	const char *json = segment_beside(job, ".metrics.json"),
		   *csv = segment_beside(job, ".metrics.csv");
	const char *out = job->s->output.path, *slash = strrchr(out, '/'),
		   *name = slash ? slash + 1 : out;

	NEED(json);
	NEED(csv);
	NEED(metrics->name =
			arena_format(job->arena, "%.*s", (int)(strrchr(name, '.') - name), name));
	metrics->scan = job->volume.path;
	TRY(metrics_write(json, metrics, job->arena));
	TRY(metrics_write_csv(csv, metrics, 1, job->arena));
	log_info("wrote     %s, %s and %s", out, json, csv);
	return OK;
}

static enum err segment(struct segment_job *job, const struct command_line *line)
{
	struct step_metrics metrics;
	struct labels_plan plan;

	if (forest_wanted(job->s))
		return segment_forest(job, line);
	TRY(segment_place(job));
	TRY(open_volume(job, line->positional[0]));
	NEED(segment_beside(job, ".log"));
	TRY(console_log_to(segment_beside(job, ".log"), console_argc, console_argv));
	log_info("volume    %s: %lld x %lld x %lld", job->volume.path, (long long)job->volume.nz,
		(long long)job->volume.ny, (long long)job->volume.nx);
	console_orderly();
	TRY(segment_survey(job));
	TRY(open_scratch(job));
	TRY(segment_phases(job));
	TRY(segment_contrast(job));
	TRY(segment_finish(job));
	TRY(segment_bubbles(job, &metrics));
	TRY(segment_cracks(job, &metrics));
	/* What score found on simulated scans; docs/segment.md has the tables. */
	log_warning("segment is not finished: it does not split O-ring and tube from the "
		    "liquid, and "
		    "on scans with phase fringes or thin films of gas its void and its contact "
		    "fraction are not to be trusted, whatever their _sd says");
	TRY(segment_plan(job, line, &plan));
	TRY(segment_write(job, &plan));
	if (job->strange)
		log_warning("%s: values that are no numbers were taken as 0", job->volume.path);
	TRY(segment_measure(job, &metrics));
	TRY(write_metrics(job, &metrics));
	return segment_pictures(job, &metrics, segment_beside(job, ""), metrics.name);
}

enum err command_segment(struct settings *s, const struct command_line *line, struct arena *arena)
{
	struct segment_job job = {.s = s, .arena = arena, .fd = -1};
	enum err e;

	job.volume.hdf5 = (struct hdf5_view){.file = -1, .id = -1};
	e = segment(&job, line);
	volume_view_close(&job.volume);
	arena_free(job.sheet.arena);
	if (job.fd >= 0)
		close(job.fd);
	return e;
}

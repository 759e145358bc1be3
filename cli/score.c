/* SPDX-License-Identifier: BSD-3-Clause
 * tomochron score LABELS TRUTH: opens both, finds the metrics that go with them, and lets truth/score*
 * compare. */
#include "cli/score.h"

#include "cli/commands.h"
#include "cli/console.h"
#include "core/log.h"
#include "core/parallel.h"
#include "io/labels.h"
#include "io/metrics_json.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct job {
	const struct settings *s;
	struct arena *arena;
	struct labels truth, found;
	struct volume_view volume; /* instead of `found`, when LABELS is a reconstruction */
	double scale;		   /* of its values to 1/cm */
	struct score_volume side[2], aperture;
	struct score_report *report;
};

static enum err read_labels(void *context, int64_t z0, int64_t n, uint8_t *out)
{
	return labels_read(context, z0, n, out);
}

static enum err read_fraction(void *context, int64_t z0, int64_t n, uint8_t *out)
{
	return labels_read_fraction(context, z0, n, out);
}

static enum err read_aperture(void *context, int64_t z0, int64_t n, uint8_t *out)
{
	return labels_read_aperture(context, z0, n, out);
}

static enum err read_real(void *context, int64_t z, float *out)
{
	struct job *job = context;
	const struct volume_view *v = &job->volume;
	const struct hdf5_window all = {.z = z, .step = 1, .n = v->ny, .m = v->nx};

	TRY(volume_view_read(&job->volume, &all, out));
	for (int64_t i = 0; i < v->ny * v->nx && job->scale != 1; i++)
		out[i] = (float)(job->scale * (double)out[i]);
	return OK;
}

static struct score_volume side_of(struct labels *l)
{
	return (struct score_volume){.name = l->path,
		.nz = l->nz,
		.ny = l->ny,
		.nx = l->nx,
		.first_row = l->first_row,
		.voxel_um = l->voxel_um,
		.depth = labels_depth(l),
		.context = l,
		.read = read_labels};
}

/* Real numbers, or whole ones that stand for them. */
static bool is_reconstruction(const struct volume_view *v)
{
	if (isfinite(v->low) && isfinite(v->high))
		return true;
	return v->is_tiff ? v->bits == 32 : !v->hdf5.whole;
}

static enum err open_volume(struct job *job)
{
	struct volume_view *v = &job->volume;
	int64_t missing = v->is_tiff ? 0 : hdf5_view_unfinished(&v->hdf5, job->arena);

	job->report->is_volume = true;
	if (missing)
		return fail(ERR_INPUT,
			"%s: %lld of %lld slices are not finished; the command that began it "
			"finishes it",
			v->path, (long long)missing, (long long)v->nz);
	if (!job->truth.attenuation)
		return fail(ERR_INPUT,
			"%s: is a volume of real numbers, and %s has no /entry/truth/attenuation "
			"to "
			"compare it with",
			v->path, job->truth.path);
	if (v->row_step != 1)
		return fail(ERR_INPUT,
			"%s: is binned, a slice stands for %lld detector rows; the truth has one a "
			"plane",
			v->path, (long long)v->row_step);
	job->scale = 1;
	if (!strcmp(v->units, "1/px") && !isfinite(job->truth.voxel_um))
		return fail(ERR_INPUT, "%s: is per pixel, and %s does not say how large a voxel is",
			v->path, job->truth.path);
	if (!strcmp(v->units, "1/px"))
		job->scale = 1e4 / job->truth.voxel_um;
	else if (strcmp(v->units, "1/cm") != 0)
		log_warning("%s: does not say its units; taken as 1/cm", v->path);
	job->side[SCORE_FOUND] = (struct score_volume){.name = v->path,
		.nz = v->nz,
		.ny = v->ny,
		.nx = v->nx,
		.first_row = v->first_row,
		.voxel_um = v->voxel_um,
		.depth = 1};
	return OK;
}

/* Files whose values have other names must not be compared by number. */
static enum err same_names(const struct labels *a, const struct labels *b)
{
	int64_t n = a->n_names < b->n_names ? a->n_names : b->n_names;

	for (int64_t i = 0; i < n; i++)
		if (strcmp(a->names[i], b->names[i]) != 0)
			return fail(ERR_INPUT,
				"%s: calls label %lld %s, the truth %s calls it %s; both must mean "
				"the same",
				a->path, (long long)i, a->names[i], b->path, b->names[i]);
	return OK;
}

static enum err open_both(struct job *job, const char *labels, const char *truth)
{
	TRY(labels_open(&job->truth, truth, job->arena));
	job->side[SCORE_TRUTH] = side_of(&job->truth);
	TRY(volume_view(&job->volume, labels, job->arena));
	if (is_reconstruction(&job->volume))
		return open_volume(job);
	volume_view_close(&job->volume);
	TRY(labels_open(&job->found, labels, job->arena));
	job->side[SCORE_FOUND] = side_of(&job->found);
	return same_names(&job->found, &job->truth);
}

static void close_both(struct job *job)
{
	labels_close(&job->truth);
	labels_close(&job->found);
	volume_view_close(&job->volume);
}

/* ------------------------------------------------------------------ metrics */

/* "step_03" of "truth/step_03.h5" */
static const char *stem_of(const char *path, struct arena *arena)
{
	size_t n = strlen(path);
	const char *begin, *dot;

	while (n > 1 && path[n - 1] == '/')
		n--;
	for (begin = path + n; begin > path && begin[-1] != '/'; begin--)
		;
	dot = memrchr(begin, '.', (size_t)(path + n - begin));
	return arena_format(
		arena, "%.*s", (int)((dot && dot > begin ? dot : path + n) - begin), begin);
}

static const char *beside(const char *path, const char *name, struct arena *arena)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	while (n > 0 && path[n - 1] != '/')
		n--;
	return arena_format(arena, "%.*s%s", (int)n, path, name);
}

/* Of those that may lie beside a file the first that is there; NULL: none. */
static enum err find_metrics(const char *path, bool named, const char **found, struct arena *arena)
{
	const char *stem, *file, *name;

	*found = NULL;
	NEED(stem = stem_of(path, arena));
	NEED(name = arena_format(arena, "%s.metrics.json", stem));
	NEED(file = beside(path, name, arena));
	if (named && access(file, R_OK) == 0) {
		*found = file;
		return OK;
	}
	NEED(file = beside(path, "metrics.json", arena));
	if (access(file, R_OK) == 0)
		*found = file;
	return OK;
}

/* The step by name, else by the number at the end of the name. */
static const struct step_metrics *step_of(const struct metrics_file *file, const char *name)
{
	const struct step_metrics *step = metrics_find(file, -1, *name ? name : "?");
	size_t n = strlen(name);

	while (n > 0 && isdigit((unsigned char)name[n - 1]))
		n--;
	if (!step && name[n])
		step = metrics_find(file, strtoll(name + n, NULL, 10), "");
	return step;
}

static enum err no_step(const char *path, const char *name)
{
	return fail(ERR_INPUT, "%s: has no step %s", path, name);
}

static enum err compare_metrics(struct job *job, const char *labels, const char *truth)
{
	struct score_report *r = job->report;
	const char *name, *own;
	const struct step_metrics *t, *f;
	struct metrics_file truths, founds;

	NEED(name = stem_of(r->truth, job->arena));
	NEED(own = stem_of(r->labels, job->arena));
	TRY(metrics_read(truth, &truths, job->arena));
	TRY(metrics_read(labels, &founds, job->arena));
	t = step_of(&truths, name);
	if (!t)
		return no_step(truth, name);
	f = step_of(&founds, own);
	if (!f)
		f = metrics_find(&founds, t->step, "");
	if (!f)
		return no_step(labels, *t->name ? t->name : name);
	r->has_metrics = true;
	r->metrics = labels;
	r->truth_metrics = truth;
	r->step = *t->name ? t->name : name;
	return score_metrics(&r->numbers, t, f, job->arena);
}

/* Files that were named must be there; those found beside may be of others. */
static enum err metrics(struct job *job)
{
	const char *labels = job->s->score.metrics, *truth = job->s->score.truth_metrics;
	bool named = *labels || *truth;
	enum err e;

	if (!*labels && !job->report->is_volume)
		TRY(find_metrics(job->report->labels, true, &labels, job->arena));
	if (!*truth)
		TRY(find_metrics(job->report->truth, false, &truth, job->arena));
	if (named && (!labels || !*labels || !truth))
		return fail(ERR_USAGE, "%s has no metrics beside it; name them with --%s",
			truth ? job->report->labels : job->report->truth,
			truth ? "metrics" : "truth-metrics");
	if (!labels || !*labels || !truth)
		return OK;
	e = compare_metrics(job, labels, truth);
	if (e != ERR_INPUT || named)
		return e;
	log_warning("metrics are not compared: %s", error_message());
	return OK;
}

/* ------------------------------------------------------------------ the command */

static enum err score_both(struct job *job)
{
	struct score_report *r = job->report;
	struct score_setup *setup = &r->setup;

	progress_start("score", "planes", setup->n[0] * (job->s->score.registered ? 2 : 1));
	if (job->s->score.registered) {
		TRY(score_offset(&r->shift, setup, job->arena));
		score_move(setup, r->shift.whole);
		r->moved = true;
	}
	TRY(score_labels(&r->score, setup, job->arena));
	if (!r->moved)
		r->shift = r->score.shift;
	return OK;
}

static enum err score_reconstruction(struct job *job)
{
	struct score_report *r = job->report;
	const struct score_interior interior = {.setup = &r->setup,
		.real = {&job->side[SCORE_FOUND], job, read_real},
		.read_fraction = job->truth.has_fraction ? read_fraction : NULL,
		.attenuation = job->truth.attenuation};

	if (job->s->score.registered)
		return fail(
			ERR_USAGE, "--register: a reconstruction is not moved, only labels are");
	r->has_fraction = job->truth.has_fraction;
	if (!isfinite(r->setup.mask))
		r->setup.mask = 1;
	progress_start("score", "planes", r->setup.n[0]);
	return score_interior(&interior, r->material, job->arena);
}

static enum err score_files(struct job *job, const char *labels, const char *truth)
{
	struct score_report *r = job->report;
	struct score_setup *setup = &r->setup;

	TRY(open_both(job, labels, truth));
	r->labels = job->side[SCORE_FOUND].name;
	r->truth = job->side[SCORE_TRUTH].name;
	*setup = (struct score_setup){.side = {&job->side[SCORE_TRUTH], &job->side[SCORE_FOUND]},
		.min_voxels = job->s->score.min_voxels,
		.search = job->s->score.search,
		.mask = job->s->score.mask,
		.progress = progress_add};
	if (job->truth.has_aperture) {
		job->aperture = job->side[SCORE_TRUTH];
		job->aperture.read = read_aperture;
		setup->aperture = &job->aperture;
	}
	TRY(score_align(setup));
	for (int side = 0; side < 2 && r->first_row < 0; side++)
		if (job->side[side].first_row >= 0)
			r->first_row = job->side[side].first_row + setup->begin[side][0];
	r->voxel_um = isfinite(job->truth.voxel_um) ? job->truth.voxel_um
						    : job->side[SCORE_FOUND].voxel_um;
	if (setup->n[0] < job->truth.nz || setup->n[0] < job->side[SCORE_FOUND].nz)
		log_warning(
			"only the %lld planes of detector rows %lld to %lld are in both and are "
			"scored",
			(long long)setup->n[0], (long long)r->first_row,
			(long long)(r->first_row + setup->n[0] - 1));
	/* threads meet once a plane: in small volumes that takes longer than the work */
	if (setup->n[0] * setup->n[1] * setup->n[2] < 1 << 24)
		parallel_set_threads(1);
	TRY(r->is_volume ? score_reconstruction(job) : score_both(job));
	progress_end();
	return metrics(job);
}

enum err command_score(struct settings *s, const struct command_line *line, struct arena *arena)
{
	struct score_report report = {.first_row = -1, .voxel_um = NAN};
	struct job job = {.s = s, .arena = arena, .report = &report};
	enum err e;

	job.truth.view.hdf5 = job.found.view.hdf5 = job.volume.hdf5 =
		(struct hdf5_view){.file = -1, .id = -1};
	job.truth.fraction = job.found.fraction = job.truth.aperture = job.found.aperture =
		job.volume.hdf5;
	e = score_files(&job, line->positional[0], line->positional[1]);
	close_both(&job);
	TRY(e);
	if (s->run.json)
		return score_json(stdout, &report);
	score_print(stdout, &report);
	return OK;
}

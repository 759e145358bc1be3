/* SPDX-License-Identifier: BSD-3-Clause
 * Labels by a forest: it is trained or read, then the volume streams through in slabs; see cli/segment_forest.h. */
#include "cli/segment_forest.h"

#include "cli/console.h"
#include "cli/plan.h"
#include "core/log.h"
#include "core/parallel.h"
#include "io/disk.h"
#include "segment/features.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Deeper slabs are no faster; a forest file is no larger. */
enum { MOST_DEPTH = 64, MOST_BYTES = 1 << 30 };

bool forest_wanted(const struct settings *s)
{
	return *s->forest.train || *s->forest.model || *s->forest.model_out;
}

static enum err check_wish(const struct settings *s)
{
	const struct forest_settings *f = &s->forest;

	if (*f->train && *f->model)
		return fail(ERR_USAGE, "--train and --model: a forest is either trained or read");
	if (*f->model_out && !*f->train)
		return fail(ERR_USAGE, "--model-out: is where a trained forest goes; --train is "
				       "missing");
	if (*f->train && !*f->model_out && !*s->output.path)
		return fail(
			ERR_USAGE, "--train: neither --model-out nor -o: nothing would be kept");
	if (*f->model_out && access(f->model_out, F_OK) == 0 && !s->run.force)
		return fail(ERR_USAGE, "%s: exists; choose another name or --force to replace it",
			f->model_out);
	return OK;
}

enum err forest_planes(struct forest_job *f, int64_t p0, int64_t p1, float *out)
{
	int64_t n = (p1 - p0) * f->job->volume.ny * f->job->volume.nx;
	double scale = 1 / (f->one - f->zero);

	TRY(segment_planes(f->job, p0, p1, out));
	for (int64_t i = 0; i < n; i++) {
		double v = ((double)out[i] - f->zero) * scale;

		out[i] = (float)fmin(1e12, fmax(-1e12, v)); /* squares stay finite */
	}
	return OK;
}

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static enum err find_percentiles(struct forest_job *f)
{
	struct segment_job *job = f->job;
	struct arena_mark mark = arena_mark(job->arena);
	float *plane, *sample;
	int64_t n;

	NEED(plane = ARENA_NEW(job->arena, float, job->circle.ny * job->circle.nx));
	NEED(sample = ARENA_NEW(job->arena, float, SEGMENT_SAMPLE));
	TRY(segment_sample(job, plane, sample, &n));
	qsort(sample, (size_t)n, sizeof(*sample), by_value);
	f->percent[0] = n ? (double)sample[n / 100] : 0;
	f->percent[1] = n ? (double)sample[n - 1 - n / 100] : 0;
	arena_release(job->arena, mark);
	if (!(f->percent[1] > f->percent[0]))
		return fail(ERR_INPUT, "%s: is the same value nearly everywhere (%g)",
			job->volume.path, f->percent[0]);
	return OK;
}

/* What features count grey values by. */
static void take_grey(struct forest_job *f, enum forest_grey grey)
{
	f->zero = grey == GREY_VALUES ? 0 : f->percent[0];
	f->one = grey == GREY_VALUES ? 1 : f->percent[1];
	if (grey == GREY_VALUES)
		log_info("grey      as they are%s", f->job->known ? ", in 1/cm" : "");
	else
		log_info("grey      between %.4g and %.4g, the 1 and 99 percentiles", f->zero,
			f->one);
}

static enum err read_file(const char *path, uint8_t **bytes, int64_t *n, struct arena *arena)
{
	struct stat st;
	enum err e;
	int fd;

	if (stat(path, &st) != 0)
		return fail(ERR_INPUT, "%s: no such file", path);
	if (!S_ISREG(st.st_mode) || st.st_size > MOST_BYTES)
		return fail(ERR_INPUT, "%s: is no forest; segment --train --model-out writes one",
			path);
	*n = st.st_size;
	NEED(*bytes = ARENA_NEW(arena, uint8_t, *n + 1));
	TRY(disk_open(&fd, path, O_RDONLY));
	e = disk_read(fd, path, *bytes, *n, 0);
	close(fd);
	return e;
}

static enum err load(struct forest_job *f)
{
	struct segment_job *job = f->job;
	const char *path = job->s->forest.model;
	struct forest *forest = &f->forest;
	uint8_t *bytes = NULL;
	int64_t n = 0;

	TRY(read_file(path, &bytes, &n, job->arena));
	TRY(forest_unpack(forest, path, bytes, n, job->arena));
	if (forest->n_features != features_count(forest->scales))
		return fail(ERR_INPUT, "%s: has %lld features, but this program makes %lld", path,
			(long long)forest->n_features, (long long)features_count(forest->scales));
	log_info("forest    %s: %lld trees, %lld classes", path, (long long)forest->n_trees,
		(long long)forest->n_classes);
	if (forest->grey == GREY_VALUES && !strcmp(forest->units, "1/cm") != job->known)
		log_warning("%s: learnt values in %s, but those of %s are in %s: is this right? "
			    "(--forest.grey percentiles, when training, takes any)",
			path, *forest->units ? forest->units : "unknown units", job->volume.path,
			job->known ? "1/cm" : "unknown units");
	if (isfinite(forest->voxel_um) && isfinite(job->voxel_um) &&
		fabs(forest->voxel_um / job->voxel_um - 1) > 0.05)
		log_warning(
			"%s: learnt voxels of %.4g um, but those of %s are %.4g um: it looks at "
			"other sizes than it learnt",
			path, forest->voxel_um, job->volume.path, job->voxel_um);
	take_grey(f, forest->grey);
	return OK;
}

static enum err save(struct forest_job *f)
{
	struct arena *arena = f->job->arena;
	const char *path = f->job->s->forest.model_out, *part = disk_part(path, arena);
	uint8_t *bytes;
	int64_t n;
	enum err e;
	int fd;

	NEED(part);
	TRY(forest_pack(&f->forest, &bytes, &n, arena));
	TRY(disk_open(&fd, part, O_WRONLY | O_CREAT | O_TRUNC));
	e = disk_write(fd, part, bytes, n, 0);
	if (e == OK)
		e = disk_close(&fd, part);
	else
		close(fd);
	if (e == OK)
		e = disk_rename(part, path);
	if (e != OK) {
		unlink(part);
		return e;
	}
	log_info("wrote     %s", path);
	return OK;
}

/* ------------------------------------------------------------------ labels */

struct labelling {
	struct forest_job *f;
	uint8_t *bins; /* (features, voxels of the slab) */
	uint8_t *labels, *sure;
	int64_t n, plane; /* voxels of the slab, of a plane */
	uint32_t *votes;  /* of all threads */
	/* of the feature that is being binned */
	const float *values;
	int64_t feature;
	int64_t count[FOREST_CLASSES], sureness[FOREST_CLASSES];
};

static enum err bin_plane(void *context, int64_t z, int thread)
{
	const struct labelling *l = context;

	(void)thread;
	forest_bin(l->f->forest.bins + l->feature, l->values + z * l->plane, l->plane,
		l->bins + l->feature * l->n + z * l->plane);
	return OK;
}

static enum err bin_feature(void *context, int64_t feature, const float *values)
{
	struct labelling *l = context;

	l->feature = feature;
	l->values = values;
	return parallel_for(l->n / l->plane, bin_plane, l);
}

static enum err label_block(void *context, int64_t i, int thread)
{
	const struct labelling *l = context;
	int64_t from = i * FOREST_BLOCK,
		n = l->n - from < FOREST_BLOCK ? l->n - from : FOREST_BLOCK;

	forest_classify(&l->f->forest, l->bins + from, l->n, n,
		l->votes + thread * l->f->forest.n_classes * FOREST_BLOCK, l->labels + from,
		l->sure + from);
	return OK;
}

/* Places among the classes become painted values; 0 beyond the circle of view. */
static void name_voxels(struct labelling *l)
{
	const struct circle *circle = &l->f->job->circle;

	for (int64_t i = 0; i < l->n; i++) {
		uint8_t class = l->labels[i];

		if (!circle_has(circle, i % l->plane)) {
			l->labels[i] = l->sure[i] = 0;
			continue;
		}
		l->count[class]++;
		l->sureness[class] += l->sure[i];
		l->labels[i] = l->f->forest.value[class];
	}
}

static enum err label_slab(struct labelling *l, int64_t z0, int64_t z1)
{
	struct segment_job *job = l->f->job;
	const struct volume_view *v = &job->volume;
	int64_t halo = features_halo(l->f->forest.scales);
	struct slab slab = slab_cut(slab_whole(v->nz, v->ny, v->nx), z0, z1, halo);
	struct arena_mark mark = arena_mark(job->arena);
	float *in = ARENA_NEW(job->arena, float, (slab.p1 - slab.p0) * l->plane);

	NEED(in);
	l->n = (z1 - z0) * l->plane;
	TRY(forest_planes(l->f, slab.p0, slab.p1, in));
	TRY(features_slab(&slab, in, l->f->forest.scales, bin_feature, l, job->arena));
	arena_release(job->arena, mark);
	TRY(parallel_for((l->n + FOREST_BLOCK - 1) / FOREST_BLOCK, label_block, l));
	name_voxels(l);
	return OK;
}

static enum err find_depth(const struct forest_job *f, int64_t *depth)
{
	const struct segment_job *job = f->job;
	int64_t halo = features_halo(f->forest.scales);
	double plane = (double)(job->volume.ny * job->volume.nx);
	/* what is read and its squares; features in the making; bins, labels and how sure */
	double each = 8 + 28 + (double)f->forest.n_features + 2;
	double rest = 16 * (double)halo * plane + 16 * plane + 1e8;
	double room = 0.9 * (double)memory_limit(job->s) - rest;

	*depth = (int64_t)(room / (each * plane));
	if (*depth < 1)
		return fail(ERR_RESOURCE,
			"--memory %lldM is too little: planes of %lld x %lld voxels need --memory "
			"%lldM",
			(long long)(memory_limit(job->s) >> 20), (long long)job->volume.ny,
			(long long)job->volume.nx,
			(long long)((rest + each * plane) / 0.9 / 1048576) + 1);
	*depth = *depth > MOST_DEPTH ? MOST_DEPTH : *depth;
	*depth = *depth > job->volume.nz ? job->volume.nz : *depth;
	return OK;
}

static enum err label_all(struct labelling *l, struct labels_writer *writer)
{
	struct segment_job *job = l->f->job;
	int64_t depth, nz = job->volume.nz;

	TRY(find_depth(l->f, &depth));
	l->plane = job->volume.ny * job->volume.nx;
	NEED(l->bins = ARENA_NEW(job->arena, uint8_t, l->f->forest.n_features * depth * l->plane));
	NEED(l->labels = ARENA_NEW(job->arena, uint8_t, depth * l->plane));
	NEED(l->sure = ARENA_NEW(job->arena, uint8_t, depth * l->plane));
	NEED(l->votes = ARENA_NEW(job->arena, uint32_t,
		     parallel_threads() * l->f->forest.n_classes * FOREST_BLOCK));
	for (int64_t z = 0; z < nz; z += depth) {
		int64_t z1 = z + depth < nz ? z + depth : nz;

		TRY(label_slab(l, z, z1));
		TRY(labels_put(
			writer, z, z1 - z, l->labels, job->s->forest.confidence ? l->sure : NULL));
		progress_add(z1 - z);
	}
	return OK;
}

/* How much there is of each class: LABELS without its ending and .classes.csv. */
static enum err write_classes(const struct labelling *l)
{
	const struct segment_job *job = l->f->job;
	const struct forest *forest = &l->f->forest;
	const char *path = segment_beside(job, ".classes.csv");
	char *text = arena_copy(job->arena, "value,name,voxels,volume_um3,confidence\n");
	double voxel = pow(job->voxel_um, 3);

	for (int64_t c = 0; text && c < forest->n_classes; c++) {
		double n = (double)l->count[c], sure = (double)l->sureness[c] / fmax(1, n) / 255;

		log_info("class     %d %s: %lld voxels, sure by %.3f", forest->value[c],
			forest->name[c], (long long)l->count[c], sure);
		if (isfinite(voxel))
			text = arena_format(job->arena, "%s%d,%s,%lld,%.9g,%.4f\n", text,
				forest->value[c], forest->name[c], (long long)l->count[c],
				n * voxel, sure);
		else
			text = arena_format(job->arena, "%s%d,%s,%lld,,%.4f\n", text,
				forest->value[c], forest->name[c], (long long)l->count[c], sure);
	}
	NEED(text);
	NEED(path);
	TRY(disk_save(path, text, job->arena));
	log_info("wrote     %s and %s", job->s->output.path, path);
	return OK;
}

/* Names of values 0, 1, ... up to the largest. */
static enum err name_labels(const struct forest *f, struct labels_plan *plan, struct arena *arena)
{
	const char **names;

	plan->n_names = f->value[f->n_classes - 1] + 1;
	NEED(names = ARENA_NEW(arena, const char *, plan->n_names));
	for (int64_t k = 0; k < plan->n_names; k++)
		names[k] = k ? "unused" : "outside";
	for (int64_t c = 0; c < f->n_classes; c++)
		names[f->value[c]] = f->name[c];
	plan->names = names;
	return OK;
}

static enum err label(struct forest_job *f, const struct command_line *line)
{
	struct segment_job *job = f->job;
	struct labelling l = {.f = f};
	struct labels_writer *writer;
	struct labels_plan plan;
	int64_t depth;
	enum err e;

	TRY(find_depth(f, &depth));
	TRY(segment_plan(job, line, &plan));
	TRY(name_labels(&f->forest, &plan, job->arena));
	plan.confidence = job->s->forest.confidence;
	TRY(labels_create(&writer, &plan, job->arena));
	progress_start("segment: forest", "planes", job->volume.nz);
	e = label_all(&l, writer);
	progress_end();
	if (e != OK) {
		labels_abandon(writer);
		return e;
	}
	TRY(labels_finish(writer));
	if (job->strange)
		log_warning("%s: values that are no numbers were taken as 0", job->volume.path);
	return write_classes(&l);
}

static enum err run(struct forest_job *f, const struct command_line *line)
{
	const struct settings *s = f->job->s;
	enum forest_grey grey =
		s->forest.grey == FOREST_GREY_PERCENTILES ||
				(s->forest.grey == FOREST_GREY_AUTO && !f->job->known)
			? GREY_PERCENTILES
			: GREY_VALUES;

	TRY(segment_circle(f->job));
	TRY(find_percentiles(f));
	if (*s->forest.train) {
		take_grey(f, grey);
		f->forest.grey = grey;
		TRY(forest_train(f));
		if (*s->forest.model_out)
			TRY(save(f));
	} else {
		TRY(load(f));
	}
	return *s->output.path ? label(f, line) : OK;
}

enum err segment_forest(struct segment_job *job, const struct command_line *line)
{
	struct forest_job f = {.job = job};
	enum err e;

	TRY(check_wish(job->s));
	if (*job->s->output.path)
		TRY(segment_place(job));
	if (*job->s->forest.model_out)
		TRY(disk_parent(job->s->forest.model_out, job->arena));
	TRY(segment_open(job, line->positional[0]));
	if (*job->s->output.path) {
		NEED(segment_beside(job, ".log"));
		TRY(console_log_to(segment_beside(job, ".log"), console_argc, console_argv));
	}
	log_info("volume    %s: %lld x %lld x %lld", job->volume.path, (long long)job->volume.nz,
		(long long)job->volume.ny, (long long)job->volume.nx);
	console_orderly();
	e = run(&f, line);
	forest_free(&f.forest);
	return e;
}

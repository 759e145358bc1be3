/* SPDX-License-Identifier: BSD-3-Clause
 * Training a forest from painted slices: which voxels are learnt from, their features, what the forest says of itself. */
#include "cli/console.h"
#include "cli/segment_forest.h"
#include "core/log.h"
#include "io/painted.h"
#include "segment/features.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* PLACE: side of the cubes whose voxels are drawn together, since neighbours are alike; RUN: planes whose features are made
 * at once. */
enum { PLACE = 16, RUN = 8, VALUES = 256 };

struct picked {
	int64_t z, i; /* plane, voxel of it */
	uint8_t class;
};

struct training {
	struct forest_job *f;
	struct painted painted;
	uint8_t *page;	       /* one, as painted */
	int64_t count[VALUES]; /* painted voxels of each value */
	int64_t beyond;	       /* painted outside the circle of view */
	uint8_t class[VALUES]; /* place among the classes */
	struct picked *picked;
	int64_t n;
	struct forest_samples samples;
	/* run of planes whose features are being made */
	int64_t z0, z1, first, end; /* samples of it */
};

static int64_t plane_size(const struct training *t)
{
	return t->painted.ny * t->painted.nx;
}

static enum err count_values(struct training *t)
{
	const struct circle *circle = &t->f->job->circle;

	for (int64_t k = 0; k < t->painted.n; k++) {
		TRY(painted_read(&t->painted, k, t->page));
		for (int64_t i = 0; i < plane_size(t); i++)
			if (t->page[i] && !circle_has(circle, i))
				t->beyond++;
			else
				t->count[t->page[i]]++;
	}
	return OK;
}

static enum err set_classes(struct training *t)
{
	struct forest *f = &t->f->forest;

	for (int v = 1; v < VALUES - 1; v++) {
		if (!t->count[v])
			continue;
		t->class[v] = (uint8_t)f->n_classes;
		f->value[f->n_classes] = (uint8_t)v;
		NEED(f->name[f->n_classes++] = arena_format(t->f->job->arena, "value_%d", v));
	}
	if (!f->n_classes)
		return fail(ERR_INPUT, "--train: nothing is painted on %lld slices%s",
			(long long)t->painted.n, t->beyond ? " inside of the circle of view" : "");
	if (f->n_classes == 1)
		return fail(ERR_INPUT,
			"--train: only the value %d is painted; a forest tells two or more apart",
			f->value[0]);
	return OK;
}

/* --train-names 1=dentine,2=enamel */
static enum err set_names(struct training *t)
{
	char *rest = arena_copy(t->f->job->arena, t->f->job->s->forest.names);

	NEED(rest);
	for (char *one = strsep(&rest, ","); one; one = strsep(&rest, ",")) {
		char *end;
		long value = strtol(one, &end, 10);

		if (!*one)
			continue;
		if (end == one || *end != '=' || !end[1] || strpbrk(end, " \t\"\n"))
			return fail(ERR_USAGE,
				"--train-names: \"%.40s\" is not VALUE=NAME, with no blank in it",
				one);
		if (value < 1 || value > 254 || !t->count[value])
			return fail(
				ERR_USAGE, "--train-names: the value %ld is not painted", value);
		t->f->forest.name[t->class[value]] = end + 1;
	}
	return OK;
}

/* A number that nobody can foresee, of a voxel and a seed: the finaliser of splitmix64. */
static uint64_t scatter(uint64_t seed, uint64_t voxel)
{
	uint64_t z = voxel * 0x9e3779b97f4a7c15u + seed * 0xd1342543de82ef95u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static int64_t most_of(const struct training *t, int v)
{
	int64_t most = t->f->job->s->forest.samples;

	return t->count[v] < most ? t->count[v] : most;
}

/* Of each value as many as are wanted, evenly; how many are left to come and to be picked decides. */
static enum err pick(struct training *t)
{
	uint64_t seed = (uint64_t)t->f->job->s->forest.seed;
	int64_t left[VALUES], wanted[VALUES], n = 0, plane = plane_size(t);

	for (int v = 0; v < VALUES; v++) {
		left[v] = t->count[v];
		wanted[v] = v ? most_of(t, v) : 0;
		n += wanted[v];
	}
	NEED(t->picked = ARENA_NEW(t->f->job->arena, struct picked, n));
	for (int64_t k = 0; k < t->painted.n; k++) {
		int64_t z = t->painted.page[k].z;

		TRY(painted_read(&t->painted, k, t->page));
		for (int64_t i = 0; i < plane; i++) {
			uint8_t v = t->page[i];
			double chance;

			if (!v || !circle_has(&t->f->job->circle, i))
				continue;
			chance = (double)(scatter(seed, (uint64_t)(z * plane + i)) >> 11) * 0x1p-53;
			if (chance * (double)left[v]-- >= (double)wanted[v])
				continue;
			wanted[v]--;
			t->picked[t->n++] = (struct picked){z, i, t->class[v]};
		}
	}
	return OK;
}

static enum err take_feature(void *context, int64_t feature, const float *values)
{
	struct training *t = context;

	for (int64_t k = t->first; k < t->end; k++)
		t->samples.values[feature * t->n + k] =
			values[(t->picked[k].z - t->z0) * plane_size(t) + t->picked[k].i];
	return OK;
}

/* Features of the picked voxels in planes [z0, z1). */
static enum err make_run(struct training *t)
{
	struct segment_job *job = t->f->job;
	const struct volume_view *v = &job->volume;
	int64_t halo = features_halo(t->f->forest.scales);
	struct slab slab = slab_cut(slab_whole(v->nz, v->ny, v->nx), t->z0, t->z1, halo);
	struct arena_mark mark = arena_mark(job->arena);
	float *in = ARENA_NEW(job->arena, float, (slab.p1 - slab.p0) * plane_size(t));

	NEED(in);
	TRY(forest_planes(t->f, slab.p0, slab.p1, in));
	TRY(features_slab(&slab, in, t->f->forest.scales, take_feature, t, job->arena));
	arena_release(job->arena, mark);
	return OK;
}

static enum err make_features(struct training *t)
{
	struct forest_samples *s = &t->samples;
	struct arena *arena = t->f->job->arena;
	int64_t nx = t->painted.nx, ny = t->painted.ny;

	s->n = t->n;
	NEED(s->values = ARENA_NEW(arena, float, t->f->forest.n_features * t->n));
	NEED(s->class = ARENA_NEW(arena, uint8_t, t->n));
	NEED(s->place = ARENA_NEW(arena, uint32_t, t->n));
	for (int64_t k = 0; k < t->n; k++) {
		const struct picked *p = t->picked + k;
		int64_t place = p->z / PLACE * (ny / PLACE + 1) + p->i / nx / PLACE;

		s->class[k] = p->class;
		s->place[k] = (uint32_t)(place * (nx / PLACE + 1) + p->i % nx / PLACE);
	}
	progress_start("segment: features", "voxels", t->n);
	for (t->first = 0; t->first < t->n; t->first = t->end) {
		t->z0 = t->picked[t->first].z;
		for (t->end = t->first; t->end < t->n && t->picked[t->end].z < t->z0 + RUN;)
			t->z1 = t->picked[t->end++].z + 1;
		TRY(make_run(t));
		progress_add(t->end - t->first);
	}
	progress_end();
	return OK;
}

/* ------------------------------------------------------------------ what is said of it */

static void say_class(const struct training *t, const struct forest_report *r, int64_t c)
{
	const struct forest *f = &t->f->forest;
	const int64_t *row = r->confusion + c * f->n_classes;
	int64_t judged = 0, worst = c ? 0 : 1;
	const char *about = r->places[c] < 4 ? "; paint more, in other places" : "";

	for (int64_t k = 0; k < f->n_classes; k++) {
		judged += row[k];
		if (k != c && row[k] > row[worst])
			worst = k;
	}
	if (!judged)
		log_info(
			"class     %d %s: %lld of %lld painted voxels, all in one place: its error "
			"is not known; paint more, in other places",
			f->value[c], f->name[c], (long long)most_of(t, f->value[c]),
			(long long)t->count[f->value[c]]);
	else if (row[c] == judged)
		log_info(
			"class     %d %s: %lld of %lld painted voxels, %lld places; none taken for "
			"another%s",
			f->value[c], f->name[c], (long long)most_of(t, f->value[c]),
			(long long)t->count[f->value[c]], (long long)r->places[c], about);
	else
		log_info("class     %d %s: %lld of %lld painted voxels, %lld places; %.2f %% taken "
			 "for others, most for %s%s",
			f->value[c], f->name[c], (long long)most_of(t, f->value[c]),
			(long long)t->count[f->value[c]], (long long)r->places[c],
			100 * (double)(judged - row[c]) / (double)judged, f->name[worst], about);
}

/* Rows: painted; columns: voted for, both in the order of the values. */
static enum err say_confusion(const struct training *t, const struct forest_report *r)
{
	const struct forest *f = &t->f->forest;
	struct arena *arena = t->f->job->arena;

	for (int64_t c = 0; c < f->n_classes && f->n_classes <= 12; c++) {
		const char *text = arena_format(arena, "%-16.16s", f->name[c]);

		for (int64_t k = 0; text && k < f->n_classes; k++)
			text = arena_format(arena, "%s %9lld", text,
				(long long)r->confusion[c * f->n_classes + k]);
		NEED(text);
		log_info("confusion %s", text);
	}
	return OK;
}

static void say_importance(const struct training *t, const struct forest_report *r)
{
	const struct forest *f = &t->f->forest;
	bool said[FOREST_FEATURES] = {false};

	for (int rank = 0; rank < 6; rank++) {
		int64_t best = -1;

		for (int64_t k = 0; k < f->n_features; k++)
			if (!said[k] && (best < 0 || r->importance[k] > r->importance[best]))
				best = k;
		if (best < 0 || r->importance[best] <= 0)
			return;
		said[best] = true;
		log_info("feature   %-22s %5.1f %%", features_name(f->scales, best),
			100 * r->importance[best]);
	}
}

static enum err report(const struct training *t, const struct forest_report *r)
{
	const struct forest *f = &t->f->forest;
	int64_t judged = 0, right = 0;

	for (int64_t c = 0; c < f->n_classes; c++)
		say_class(t, r, c);
	TRY(say_confusion(t, r));
	say_importance(t, r);
	for (int64_t k = 0; k < f->n_classes * f->n_classes; k++) {
		judged += r->confusion[k];
		right += k % (f->n_classes + 1) ? 0 : r->confusion[k];
	}
	log_info("forest    %lld trees from %lld voxels of %lld slices; %.2f %% of voxels wrong by "
		 "trees that did not see their place",
		(long long)f->n_trees, (long long)t->n, (long long)t->painted.n,
		judged ? 100 * (double)(judged - right) / (double)judged : (double)NAN);
	return OK;
}

static enum err gather(struct training *t)
{
	TRY(count_values(t));
	if (t->beyond)
		log_warning(
			"%lld painted voxels lie beyond the circle of view: they are not learnt "
			"from",
			(long long)t->beyond);
	TRY(set_classes(t));
	TRY(set_names(t));
	TRY(pick(t));
	return make_features(t);
}

static enum err train(struct training *t)
{
	const struct forest_settings *s = &t->f->job->s->forest;
	const struct volume_view *v = &t->f->job->volume;
	struct forest_growing how = {s->trees, s->depth, (uint64_t)s->seed};
	struct forest_report r;

	TRY(painted_open(&t->painted, s->train, s->slices, v->nz, v->ny, v->nx, t->f->job->arena));
	NEED(t->page = ARENA_NEW(t->f->job->arena, uint8_t, plane_size(t)));
	TRY(gather(t));
	TRY(segment_stop());
	TRY(forest_grow(&t->f->forest, &t->samples, &how, &r, t->f->job->arena));
	return report(t, &r);
}

enum err forest_train(struct forest_job *f)
{
	const struct segment_job *job = f->job;
	struct training t = {.f = f};
	enum err e;

	if (2 * job->s->forest.scale > job->volume.ny || 2 * job->s->forest.scale > job->volume.nx)
		return fail(ERR_USAGE,
			"--forest.scale %lld: %s has slices of %lld x %lld voxels, but they must "
			"be "
			"twice as wide",
			(long long)job->s->forest.scale, job->volume.path,
			(long long)job->volume.ny, (long long)job->volume.nx);
	for (f->forest.scales = 1; 1 << (f->forest.scales - 1) < job->s->forest.scale;)
		f->forest.scales++;
	f->forest.n_features = features_count(f->forest.scales);
	f->forest.zero = f->zero;
	f->forest.one = f->one;
	f->forest.voxel_um = job->voxel_um;
	f->forest.units = job->known ? "1/cm" : job->volume.units;
	e = train(&t);
	painted_close(&t.painted);
	return e;
}

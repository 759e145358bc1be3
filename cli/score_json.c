/* SPDX-License-Identifier: BSD-3-Clause
 * The JSON of tomochron score: one object; docs/score.md explains the names. */
#include "cli/score.h"

#include <jansson.h>
#include <math.h>

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *numbers(const double *values, int n)
{
	json_t *list = json_array();

	for (int i = 0; i < n; i++)
		json_array_append_new(list, number(values[i]));
	return list;
}

static json_t *integers(const int64_t *values, int n)
{
	json_t *list = json_array();

	for (int i = 0; i < n; i++)
		json_array_append_new(list, json_integer(values[i]));
	return list;
}

static void put(json_t *object, const char *key, double value)
{
	json_object_set_new(object, key, number(value));
}

static void count(json_t *object, const char *key, int64_t value)
{
	json_object_set_new(object, key, json_integer(value));
}

static json_t *shift(const struct score_report *r)
{
	const struct score_shift *s = &r->shift;
	json_t *o = json_object();

	json_object_set_new(o, "voxels", numbers(s->voxels, 3));
	json_object_set_new(o, "whole", integers(s->whole, 3));
	json_object_set_new(o, "search", integers(s->search, 3));
	json_object_set_new(o, "at_limit", json_boolean(s->at_limit));
	json_object_set_new(o, "registered", json_boolean(r->moved));
	put(o, "differ", s->differ);
	put(o, "differ_unmoved", s->differ_unmoved);
	return o;
}

static json_t *boundary(const struct score_boundary *b)
{
	json_t *o = json_object();

	put(o, "mean", b->mean);
	put(o, "p95", b->most95);
	count(o, "beyond", b->beyond);
	count(o, "voxels_truth", b->n_truth);
	count(o, "voxels_labels", b->n_found);
	return o;
}

static json_t *phases(const struct score_report *r)
{
	json_t *all = json_object();
	double voxel = r->voxel_um * r->voxel_um * r->voxel_um;

	for (int i = 0; i < r->score.n_phases; i++) {
		const struct score_phase *p = &r->score.phases[i];
		json_t *o = json_object();

		json_object_set_new(o, "absent", json_boolean(p->n_truth + p->n_found == 0));
		put(o, "dice", p->dice);
		put(o, "iou", p->iou);
		put(o, "volume_error", p->volume_error);
		put(o, "volume_um3", voxel * (double)p->n_found);
		put(o, "volume_um3_truth", voxel * (double)p->n_truth);
		count(o, "voxels_truth", p->n_truth);
		count(o, "voxels_labels", p->n_found);
		count(o, "voxels_both", p->n_both);
		json_object_set_new(o, "boundary", boundary(&p->boundary));
		json_object_set_new(all, label_text(p->label).s, o);
	}
	return all;
}

static json_t *within(const double share[CRACK_NEAR])
{
	json_t *o = json_object();
	char key[8];

	for (int i = 0; i < CRACK_NEAR; i++) {
		snprintf(key, sizeof(key), "%d", (int)crack_near[i]);
		put(o, key, share[i]);
	}
	return o;
}

static json_t *cracks(const struct score_report *r)
{
	json_t *all = json_object();

	for (int i = 0; i < CRACK_KINDS; i++) {
		const struct score_crack *c = &r->score.crack[i];
		json_t *o = json_object();

		count(o, "voxels_truth", c->n_truth);
		count(o, "voxels_labels", c->n_found);
		json_object_set_new(o, "truth_found_within", within(c->truth_found));
		json_object_set_new(o, "found_true_within", within(c->found_true));
		json_object_set_new(all, c->name, o);
	}
	return all;
}

static json_t *blob(const struct blob *b)
{
	json_t *o = json_object();
	double centroid[3];

	blob_centroid(b, centroid);
	count(o, "voxels", b->n);
	json_object_set_new(o, "centroid", numbers(centroid, 3));
	json_object_set_new(o, "low", integers(b->low, 3));
	json_object_set_new(o, "high", integers(b->high, 3));
	return o;
}

static json_t *list(const struct blob *blobs, const int64_t *which, int64_t n)
{
	json_t *all = json_array();

	for (int64_t i = 0; i < n; i++)
		json_array_append_new(all, blob(&blobs[which[i]]));
	return all;
}

static json_t *pairs(const struct score_bubbles *b)
{
	json_t *all = json_array();

	for (int64_t i = 0; i < b->n_pairs; i++) {
		const struct bubble_pair *p = &b->pairs[i];
		json_t *o = json_object();

		json_object_set_new(o, "truth", blob(&b->blobs.blob[SCORE_TRUTH][p->truth]));
		json_object_set_new(o, "found", blob(&b->blobs.blob[SCORE_FOUND][p->found]));
		count(o, "overlap", p->overlap);
		put(o, "volume_error", p->volume_error);
		put(o, "distance", p->distance);
		json_array_append_new(all, o);
	}
	return all;
}

static json_t *bubbles(const struct score_bubbles *b)
{
	const struct blob *truth = b->blobs.blob[SCORE_TRUTH];
	const struct blob *found = b->blobs.blob[SCORE_FOUND];
	json_t *o = json_object();

	count(o, "min_voxels", b->min_voxels);
	count(o, "truth", b->n_truth);
	count(o, "found", b->n_found);
	count(o, "matched", b->n_pairs);
	count(o, "missed", b->n_missed);
	count(o, "invented", b->n_invented);
	count(o, "merged", b->n_merged);
	count(o, "split", b->n_split);
	put(o, "volume_error_mean", b->mean_error);
	put(o, "volume_error_max", b->most_error);
	put(o, "distance_mean", b->mean_distance);
	put(o, "distance_max", b->most_distance);
	json_object_set_new(o, "pairs", pairs(b));
	json_object_set_new(o, "missed_ones", list(truth, b->missed, b->n_missed));
	json_object_set_new(o, "invented_ones", list(found, b->invented, b->n_invented));
	json_object_set_new(o, "merged_ones", list(truth, b->merged, b->n_merged));
	json_object_set_new(o, "split_ones", list(found, b->split, b->n_split));
	return o;
}

static json_t *large_bubbles(const struct score_large *l)
{
	json_t *o = bubbles(&l->bubbles);

	count(o, "voxels_truth", l->n_truth);
	count(o, "voxels_labels", l->n_found);
	put(o, "dice", l->dice);
	return o;
}

/* Recall of the true crack by its aperture. */
static json_t *by_aperture(const struct score_sheet *s)
{
	json_t *all = json_array();

	for (int i = 0; i < APERTURES && s->has_aperture; i++)
		json_array_append_new(all,
			json_pack("{s:f, s:o, s:I, s:I, s:o}", "from", aperture_from[i], "to",
				number(aperture_from[i + 1]), "voxels_truth", (json_int_t)s->n[i],
				"found", (json_int_t)s->found[i], "recall", number(s->recall[i])));
	return all;
}

static json_t *filling(const struct score_sheet *s)
{
	static const char *const kinds[FILLS] = {"empty", "filled", "indeterminate", "not_found"};
	json_t *all = json_object();

	for (int i = 0; i < 2; i++) {
		json_t *o = json_object();

		for (int k = 0; k < FILLS; k++)
			put(o, kinds[k], s->area[i][k]);
		json_object_set_new(all, kinds[i], o);
	}
	put(all, "told", s->told);
	put(all, "wrong", s->wrong);
	return all;
}

static json_t *skin(const struct score_sheet *s)
{
	json_t *all = json_object();

	for (int i = 0; i < FACES; i++)
		json_object_set_new(all, face_names[i],
			json_pack("{s:I, s:I, s:o}", "faces", (json_int_t)s->faces[i], "false",
				(json_int_t)s->skins[i], "share", number(s->skin[i])));
	return all;
}

static json_t *confusion(const struct score_report *r)
{
	const struct score *s = &r->score;
	json_t *names = json_array(), *rows = json_array();

	for (int i = 0; i < s->n_labels; i++) {
		json_array_append_new(names, json_string(label_text(s->label[i]).s));
		json_array_append_new(rows, integers(s->confusion[i], s->n_labels));
	}
	return json_pack("{s:o, s:o}", "labels", names, "voxels", rows);
}

static json_t *materials(const struct score_report *r)
{
	json_t *all = json_object();

	for (int i = LABEL_VOID; i < N_LABELS; i++) {
		const struct score_material *m = &r->material[i];
		json_t *o = json_object();

		count(o, "voxels", m->n);
		put(o, "truth_per_cm", m->truth);
		put(o, "mean_per_cm", m->mean);
		put(o, "sd_per_cm", m->sd);
		put(o, "bias_per_cm", m->bias);
		put(o, "rmse_per_cm", m->rmse);
		put(o, "relative_bias", m->relative_bias);
		put(o, "relative_rmse", m->relative_rmse);
		json_object_set_new(all, label_names[i], o);
	}
	return all;
}

static json_t *metric(const struct metric_score *m)
{
	json_t *o = json_object();

	json_object_set_new(o, "object", json_string(m->object));
	if (*m->name)
		json_object_set_new(o, "name", json_string(m->name));
	if (m->truth_id >= 0) {
		count(o, "truth_id", m->truth_id);
		count(o, "id", m->found_id);
	}
	json_object_set_new(o, "quantity", json_string(m->quantity));
	json_object_set_new(o, "unit", json_string(m->unit));
	put(o, "truth", m->truth);
	put(o, "value", m->found);
	put(o, "error", m->error);
	put(o, "relative", m->relative);
	put(o, "sd", m->sd);
	put(o, "z", m->z);
	return o;
}

static json_t *metrics(const struct score_report *r)
{
	const struct metrics_score *m = &r->numbers;
	json_t *o = json_object(), *rows = json_array();

	if (!r->has_metrics) {
		json_decref(rows);
		json_decref(o);
		return json_null();
	}
	json_object_set_new(o, "file", json_string(r->metrics));
	json_object_set_new(o, "truth", json_string(r->truth_metrics));
	json_object_set_new(o, "step", json_string(r->step));
	for (int i = 0; i < 3; i++)
		json_object_set_new(o, m->objects[i].object,
			json_pack("{s:I, s:I, s:I}", "truth", (json_int_t)m->objects[i].n_truth,
				"found", (json_int_t)m->objects[i].n_found, "matched",
				(json_int_t)m->objects[i].matched));
	for (int64_t i = 0; i < m->n; i++)
		json_array_append_new(rows, metric(&m->rows[i]));
	json_object_set_new(o, "quantities", rows);
	count(o, "with_sd", m->n_z);
	count(o, "within_2_sd", m->n_within);
	put(o, "share_within_2_sd", m->within);
	return o;
}

enum err score_json(FILE *out, const struct score_report *r)
{
	json_t *root = json_object();
	bool bad = json_object_set_new(
			   root, r->is_volume ? "volume" : "labels", json_string(r->labels)) != 0;

	bad |= json_object_set_new(root, "truth", json_string(r->truth)) != 0;
	json_object_set_new(root, "shape", integers(r->setup.n, 3));
	json_object_set_new(
		root, "first_row", r->first_row < 0 ? json_null() : json_integer(r->first_row));
	put(root, "voxel_um", r->voxel_um);
	if (r->is_volume) {
		json_object_set_new(root, "materials", materials(r));
	} else {
		put(root, "agreement", r->score.agreement);
		json_object_set_new(root, "offset", shift(r));
		json_object_set_new(root, "phases", phases(r));
		json_object_set_new(root, "cracks", cracks(r));
		json_object_set_new(root, "crack_by_aperture", by_aperture(&r->score.sheet));
		json_object_set_new(root, "crack_filling", filling(&r->score.sheet));
		json_object_set_new(root, "skin", skin(&r->score.sheet));
		json_object_set_new(root, "bubbles", bubbles(&r->score.bubbles));
		json_object_set_new(root, "bubbles_large", large_bubbles(&r->score.large));
		json_object_set_new(root, "confusion", confusion(r));
	}
	json_object_set_new(root, "metrics", metrics(r));
	if (bad) {
		json_decref(root);
		return fail(ERR_FAILED, "score: a file name that is not UTF-8 cannot be JSON");
	}
	json_dumpf(root, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
	fputc('\n', out);
	json_decref(root);
	return OK;
}

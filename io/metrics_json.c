/* SPDX-License-Identifier: BSD-3-Clause */
#include "io/metrics_json.h"

#include "io/disk.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* JSON has no NaN: what is not known is null. */
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

static void put_quantity(json_t *object, const char *name, struct quantity q)
{
	char sd[64];

	snprintf(sd, sizeof(sd), "%s_sd", name);
	json_object_set_new(object, name, number(q.value));
	json_object_set_new(object, sd, number(q.sd));
}

static void put_fields(json_t *object, const void *from, const struct metric_field *fields)
{
	for (; fields->name; fields++)
		put_quantity(object, fields->name, *metric_at(from, fields));
}

static json_t *phases(const struct step_metrics *m)
{
	json_t *all = json_object();

	for (int i = LABEL_VOID; i < N_LABELS; i++) {
		json_t *phase = json_object();

		put_quantity(phase, "volume_um3", m->phase_um3[i]);
		json_object_set_new(all, label_names[i], phase);
	}
	return all;
}

static json_t *bubble(const struct bubble_metrics *b)
{
	json_t *o = json_object(), *parents = json_array();

	json_object_set_new(o, "id", json_integer(b->id));
	put_fields(o, b, bubble_fields);
	json_object_set_new(o, "centroid_um", numbers(b->centroid_um, 3));
	json_object_set_new(o, "touches_interface", json_boolean(b->touches_interface));
	for (int i = 0; i < b->n_parents; i++)
		json_array_append_new(parents, json_integer(b->parents[i]));
	if (b->n_parents > 0)
		json_object_set(o, "parents", parents);
	json_decref(parents);
	return o;
}

static json_t *crack(const struct crack_metrics *c)
{
	json_t *o = json_object();

	json_object_set_new(o, "id", json_integer(c->id));
	put_fields(o, c, crack_fields);
	json_object_set_new(o, "reaches_interface", json_boolean(c->reaches_interface));
	return o;
}

static json_t *chip(const struct chip_metrics *c)
{
	json_t *o = json_object();

	json_object_set_new(o, "id", json_integer(c->id));
	put_fields(o, c, chip_fields);
	return o;
}

static json_t *interface(const struct interface_metrics *i)
{
	json_t *o = json_object();

	json_object_set_new(o, "plane", numbers(i->plane, 3));
	put_fields(o, i, interface_fields);
	return o;
}

static json_t *transform(const struct step_metrics *m)
{
	json_t *rows = json_array();

	for (int i = 0; i < 3; i++)
		json_array_append_new(rows, numbers(m->transform[i], 4));
	return rows;
}

/* NULL: a text is not UTF-8. */
static json_t *step_object(const struct step_metrics *m)
{
	json_t *o = json_object(), *bubbles = json_array(), *cracks = json_array(),
	       *chips = json_array();
	bool bad;

	json_object_set_new(o, "step", json_integer(m->step));
	bad = json_object_set_new(o, "name", json_string(m->name)) != 0;
	bad |= json_object_set_new(o, "scan", json_string(m->scan)) != 0;
	json_object_set_new(o, "time", number(m->time_s));
	json_object_set_new(o, "voxel_um", number(m->voxel_um));
	json_object_set_new(o, "phases", phases(m));
	for (int64_t i = 0; i < m->n_bubbles; i++)
		json_array_append_new(bubbles, bubble(&m->bubbles[i]));
	for (int64_t i = 0; i < m->n_cracks; i++)
		json_array_append_new(cracks, crack(&m->cracks[i]));
	for (int64_t i = 0; i < m->n_chips; i++)
		json_array_append_new(chips, chip(&m->chips[i]));
	json_object_set_new(o, "bubbles", bubbles);
	json_object_set_new(o, "cracks", cracks);
	json_object_set_new(o, "chips", chips);
	json_object_set_new(
		o, "interface", m->has_interface ? interface(&m->interface) : json_null());
	if (m->has_transform)
		json_object_set_new(o, "transform", transform(m));
	if (!bad)
		return o;
	json_decref(o);
	return NULL;
}

/* Takes the object over. */
static enum err save(const char *path, json_t *root, struct arena *arena)
{
	char *text = root ? json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(12)) : NULL;
	char *line = text ? arena_format(arena, "%s\n", text) : NULL;

	json_decref(root);
	if (!text)
		return fail(
			ERR_FAILED, "%s: a name of a step is not UTF-8; JSON cannot hold it", path);
	free(text);
	NEED(line);
	return disk_save(path, line, arena);
}

enum err metrics_write(const char *path, const struct step_metrics *step, struct arena *arena)
{
	return save(path, step_object(step), arena);
}

enum err metrics_write_series(const char *path, const char *name, const struct step_metrics *steps,
	int64_t n, struct arena *arena)
{
	json_t *list = json_array(), *root = json_object();
	bool bad = json_object_set_new(root, "series", json_string(name)) != 0;

	for (int64_t i = 0; i < n; i++)
		bad |= json_array_append_new(list, step_object(&steps[i])) != 0;
	json_object_set_new(root, "steps", list);
	if (bad) {
		json_decref(root);
		root = NULL;
	}
	return save(path, root, arena);
}

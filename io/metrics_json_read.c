/* SPDX-License-Identifier: BSD-3-Clause
 * Reading the numbers of steps. A value of the wrong kind is told with its place in the file. */
#include "io/metrics_json.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PLACE = 128 };

struct reader {
	const char *path;
	struct arena *arena;
};

static const char *kind(const json_t *value)
{
	static const char *const names[] = {[JSON_OBJECT] = "an object",
		[JSON_ARRAY] = "a list",
		[JSON_STRING] = "a text",
		[JSON_INTEGER] = "a number",
		[JSON_REAL] = "a number",
		[JSON_TRUE] = "true",
		[JSON_FALSE] = "false",
		[JSON_NULL] = "null"};

	return names[json_typeof(value)];
}

/* place: of the object ("" at the top), key: in it. */
static enum err wrong(const struct reader *r, const char *place, const char *key,
	const json_t *value, const char *want)
{
	return fail(ERR_INPUT, "%s: %s%s%s is %s; %s is expected", r->path, place,
		*place && *key ? "." : "", key, kind(value), want);
}

/* A number; null or not there: NAN. */
static enum err get_number(const struct reader *r, const json_t *object, const char *place,
	const char *key, double *value)
{
	const json_t *got = json_object_get(object, key);

	*value = NAN;
	if (got && !json_is_null(got) && !json_is_number(got))
		return wrong(r, place, key, got, "a number or null");
	if (json_is_number(got))
		*value = json_number_value(got);
	return OK;
}

static enum err get_integer(const struct reader *r, const json_t *object, const char *place,
	const char *key, int64_t *value)
{
	const json_t *got = json_object_get(object, key);

	if (got && !json_is_integer(got))
		return wrong(r, place, key, got, "a whole number");
	if (got)
		*value = json_integer_value(got);
	return OK;
}

static enum err get_bool(const struct reader *r, const json_t *object, const char *place,
	const char *key, bool *value)
{
	const json_t *got = json_object_get(object, key);

	if (got && !json_is_boolean(got) && !json_is_null(got))
		return wrong(r, place, key, got, "true or false");
	*value = json_is_true(got);
	return OK;
}

static enum err get_text(const struct reader *r, const json_t *object, const char *place,
	const char *key, const char **value)
{
	const json_t *got = json_object_get(object, key);

	*value = "";
	if (got && !json_is_string(got) && !json_is_null(got))
		return wrong(r, place, key, got, "a text");
	if (json_is_string(got))
		NEED(*value = arena_copy(r->arena, json_string_value(got)));
	return OK;
}

/* A list of n numbers (each may be null); not there: NAN. */
static enum err list_numbers(const struct reader *r, const json_t *list, const char *place,
	const char *key, double *values, int n)
{
	for (int i = 0; i < n; i++)
		values[i] = NAN;
	if (!list || json_is_null(list))
		return OK;
	if (!json_is_array(list))
		return wrong(r, place, key, list, "a list of numbers");
	if (json_array_size(list) != (size_t)n)
		return fail(ERR_INPUT, "%s: %s%s%s has %d numbers; %d are expected", r->path, place,
			*place ? "." : "", key, (int)json_array_size(list), n);
	for (int i = 0; i < n; i++) {
		const json_t *got = json_array_get(list, (size_t)i);

		if (!json_is_number(got) && !json_is_null(got))
			return wrong(r, place, key, list, "a list of numbers");
		if (json_is_number(got))
			values[i] = json_number_value(got);
	}
	return OK;
}

static enum err get_fields(const struct reader *r, const json_t *object, const char *place,
	void *into, const struct metric_field *field)
{
	for (; field->name; field++) {
		struct quantity *q = metric_at(into, field);
		char sd[64];

		snprintf(sd, sizeof(sd), "%s_sd", field->name);
		TRY(get_number(r, object, place, field->name, &q->value));
		TRY(get_number(r, object, place, sd, &q->sd));
	}
	return OK;
}

static enum err get_parents(
	const struct reader *r, const json_t *object, const char *place, struct bubble_metrics *b)
{
	const json_t *list = json_object_get(object, "parents");
	const size_t most = sizeof(b->parents) / sizeof(*b->parents);

	if (!list || json_is_null(list))
		return OK;
	if (!json_is_array(list) || json_array_size(list) > most)
		return fail(ERR_INPUT, "%s: %s.parents is not a list of at most %d ids", r->path,
			place, (int)most);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *id = json_array_get(list, i);

		if (!json_is_integer(id))
			return wrong(r, place, "parents", list, "a list of whole numbers");
		b->parents[b->n_parents++] = json_integer_value(id);
	}
	return OK;
}

static enum err get_bubble(
	const struct reader *r, const json_t *o, const char *place, struct bubble_metrics *b)
{
	TRY(get_integer(r, o, place, "id", &b->id));
	TRY(get_fields(r, o, place, b, bubble_fields));
	TRY(list_numbers(
		r, json_object_get(o, "centroid_um"), place, "centroid_um", b->centroid_um, 3));
	TRY(get_bool(r, o, place, "touches_interface", &b->touches_interface));
	return get_parents(r, o, place, b);
}

static enum err get_crack(
	const struct reader *r, const json_t *o, const char *place, struct crack_metrics *c)
{
	TRY(get_integer(r, o, place, "id", &c->id));
	TRY(get_fields(r, o, place, c, crack_fields));
	return get_bool(r, o, place, "reaches_interface", &c->reaches_interface);
}

static enum err get_chip(
	const struct reader *r, const json_t *o, const char *place, struct chip_metrics *c)
{
	TRY(get_integer(r, o, place, "id", &c->id));
	return get_fields(r, o, place, c, chip_fields);
}

/* The list `key` of objects; *n 0 when it is not there. */
static enum err get_list(const struct reader *r, const json_t *step, const char *place,
	const char *key, const json_t **list, int64_t *n)
{
	*list = json_object_get(step, key);
	*n = 0;
	if (!*list || json_is_null(*list))
		return OK;
	if (!json_is_array(*list))
		return wrong(r, place, key, *list, "a list of objects");
	*n = (int64_t)json_array_size(*list);
	return OK;
}

/* Element i and its place. */
static enum err get_element(const struct reader *r, const json_t *list, int64_t i,
	const char *place, const char *key, const json_t **element, char *its_place)
{
	*element = json_array_get(list, (size_t)i);
	snprintf(its_place, PLACE, "%s%s%s[%lld]", place, *place ? "." : "", key, (long long)i);
	return json_is_object(*element) ? OK : wrong(r, its_place, "", *element, "an object");
}

static enum err get_objects(
	const struct reader *r, const json_t *step, const char *place, struct step_metrics *m)
{
	const json_t *list, *element;
	char its_place[PLACE];

	TRY(get_list(r, step, place, "bubbles", &list, &m->n_bubbles));
	NEED(m->bubbles = ARENA_ZERO(r->arena, struct bubble_metrics, m->n_bubbles));
	for (int64_t i = 0; i < m->n_bubbles; i++) {
		TRY(get_element(r, list, i, place, "bubbles", &element, its_place));
		TRY(get_bubble(r, element, its_place, &m->bubbles[i]));
	}
	TRY(get_list(r, step, place, "cracks", &list, &m->n_cracks));
	NEED(m->cracks = ARENA_ZERO(r->arena, struct crack_metrics, m->n_cracks));
	for (int64_t i = 0; i < m->n_cracks; i++) {
		TRY(get_element(r, list, i, place, "cracks", &element, its_place));
		TRY(get_crack(r, element, its_place, &m->cracks[i]));
	}
	TRY(get_list(r, step, place, "chips", &list, &m->n_chips));
	NEED(m->chips = ARENA_ZERO(r->arena, struct chip_metrics, m->n_chips));
	for (int64_t i = 0; i < m->n_chips; i++) {
		TRY(get_element(r, list, i, place, "chips", &element, its_place));
		TRY(get_chip(r, element, its_place, &m->chips[i]));
	}
	return OK;
}

/* An object under a key; NULL when it is not there or null. */
static enum err get_object(const struct reader *r, const json_t *step, const char *place,
	const char *key, const json_t **object)
{
	*object = json_object_get(step, key);
	if (json_is_null(*object))
		*object = NULL;
	return !*object || json_is_object(*object) ? OK
						   : wrong(r, place, key, *object, "an object");
}

static enum err get_phases(
	const struct reader *r, const json_t *step, const char *place, struct step_metrics *m)
{
	static const struct metric_field volume[] = {{"volume_um3", "um3", 0}, {NULL, NULL, 0}};
	const json_t *phases, *phase;
	char its_place[PLACE];

	TRY(get_object(r, step, place, "phases", &phases));
	snprintf(its_place, PLACE, "%s%sphases", place, *place ? "." : "");
	for (int i = 0; i < N_LABELS && phases; i++) {
		char where[2 * PLACE];

		TRY(get_object(r, phases, its_place, label_names[i], &phase));
		snprintf(where, sizeof(where), "%s.%s", its_place, label_names[i]);
		if (phase)
			TRY(get_fields(r, phase, where, &m->phase_um3[i], volume));
	}
	return OK;
}

static enum err get_interface(
	const struct reader *r, const json_t *step, const char *place, struct step_metrics *m)
{
	const json_t *o;
	char its_place[PLACE];

	TRY(get_object(r, step, place, "interface", &o));
	m->has_interface = o != NULL;
	if (!o)
		return OK;
	snprintf(its_place, PLACE, "%s%sinterface", place, *place ? "." : "");
	TRY(list_numbers(
		r, json_object_get(o, "plane"), its_place, "plane", m->interface.plane, 3));
	return get_fields(r, o, its_place, &m->interface, interface_fields);
}

static enum err get_transform(
	const struct reader *r, const json_t *step, const char *place, struct step_metrics *m)
{
	const json_t *rows = json_object_get(step, "transform");

	if (!rows || json_is_null(rows))
		return OK;
	if (!json_is_array(rows) || json_array_size(rows) != 3)
		return wrong(r, place, "transform", rows, "three rows of four numbers");
	for (int i = 0; i < 3; i++)
		TRY(list_numbers(r, json_array_get(rows, (size_t)i), place, "transform",
			m->transform[i], 4));
	m->has_transform = true;
	return OK;
}

static enum err get_step(
	const struct reader *r, const json_t *step, const char *place, struct step_metrics *m)
{
	*m = metrics_unknown();
	TRY(get_integer(r, step, place, "step", &m->step));
	TRY(get_text(r, step, place, "name", &m->name));
	TRY(get_text(r, step, place, "scan", &m->scan));
	TRY(get_number(r, step, place, "time", &m->time_s));
	TRY(get_number(r, step, place, "voxel_um", &m->voxel_um));
	TRY(get_phases(r, step, place, m));
	TRY(get_objects(r, step, place, m));
	TRY(get_interface(r, step, place, m));
	return get_transform(r, step, place, m);
}

static enum err get_series(
	const struct reader *r, const json_t *root, const json_t *steps, struct metrics_file *file)
{
	const json_t *step;
	char place[PLACE];

	TRY(get_text(r, root, "", "series", &file->series));
	if (!json_is_array(steps))
		return wrong(r, "", "steps", steps, "a list of objects");
	file->n = (int64_t)json_array_size(steps);
	NEED(file->steps = ARENA_ZERO(r->arena, struct step_metrics, file->n));
	for (int64_t i = 0; i < file->n; i++) {
		TRY(get_element(r, steps, i, "", "steps", &step, place));
		TRY(get_step(r, step, place, &file->steps[i]));
	}
	return OK;
}

static enum err get_file(const struct reader *r, const json_t *root, struct metrics_file *file)
{
	const json_t *steps = json_object_get(root, "steps");

	if (!json_is_object(root))
		return fail(ERR_INPUT, "%s: is not a JSON object; metrics are one a step", r->path);
	if (steps)
		return get_series(r, root, steps, file);
	if (!json_object_get(root, "phases") && !json_object_get(root, "bubbles"))
		return fail(ERR_INPUT,
			"%s: has neither `steps` nor `phases`; these are not metrics of a step or "
			"series",
			r->path);
	file->n = 1;
	NEED(file->steps = ARENA_ZERO(r->arena, struct step_metrics, 1));
	return get_step(r, root, "", file->steps);
}

enum err metrics_read(const char *path, struct metrics_file *file, struct arena *arena)
{
	struct reader r = {.path = path, .arena = arena};
	json_error_t trouble;
	json_t *root;
	enum err e;

	*file = (struct metrics_file){.path = path, .series = ""};
	if (access(path, R_OK) != 0)
		return fail(ERR_INPUT, "%s: no such file, or it cannot be read", path);
	root = json_load_file(path, JSON_REJECT_DUPLICATES, &trouble);
	if (!root)
		return fail(ERR_INPUT, "%s:%d: is not JSON: %s", path, trouble.line, trouble.text);
	e = get_file(&r, root, file);
	json_decref(root);
	return e;
}

const struct step_metrics *metrics_find(
	const struct metrics_file *file, int64_t step, const char *name)
{
	if (file->n == 1 && !*file->series)
		return file->steps;
	for (int64_t i = 0; i < file->n; i++)
		if ((step < 0 || file->steps[i].step == step) &&
			(!*name || !strcmp(file->steps[i].name, name)))
			return &file->steps[i];
	return NULL;
}

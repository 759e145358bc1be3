/* SPDX-License-Identifier: BSD-3-Clause */
#include "io/audit.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

/* NaN has no place in JSON: unknown numbers are null. */
static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *groups(const struct frame_group *g, int n)
{
	json_t *list = json_array();

	for (int i = 0; i < n; i++)
		json_array_append_new(list, json_pack("{s:I, s:o}", "frames", (json_int_t)g[i].n,
						    "at", number(g[i].at)));
	return list;
}

static json_t *scan_part(const struct scan *s)
{
	static const char *const types[] = {"uint8", "uint16", "float32"};
	json_t *inputs = json_array();

	for (int i = 0; i < s->n_inputs; i++)
		json_array_append_new(inputs, json_string(s->inputs[i]));
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o}",
		"path", s->path, "layout", s->layout, "projections", (json_int_t)s->n_proj, "rows",
		(json_int_t)s->n_row, "columns", (json_int_t)s->n_col, "type", types[s->type],
		"compressed", s->compressed, "flats", groups(s->flats, s->n_flat_groups), "darks",
		groups(s->darks, s->n_dark_groups), "pixel_um", number(s->pixel_um), "energy_kev",
		number(s->energy_kev), "distance_mm", number(s->distance_mm), "inputs", inputs);
}

static json_t *angle_part(const struct audit *a)
{
	return json_pack("{s:s, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:i, s:b}",
		"source", a->scan->angle_source, "readings", (json_int_t)a->scan->n_angle_read,
		"note", a->scan->angle_note, "first", number(a->first), "last", number(a->last),
		"span", number(a->span), "step", number(a->step), "worst_step_error",
		number(a->worst_step_error), "repeated", (json_int_t)a->repeated, "gaps",
		(json_int_t)a->gaps, "missing", (json_int_t)a->missing, "reversals",
		(json_int_t)a->reversals, "direction", a->direction, "closes_180", a->closes_180);
}

static json_t *pixel_part(const struct audit *a)
{
	json_t *intensity = json_array(), *frame = json_array();

	for (int64_t i = 0; i < a->sampled_frames; i++) {
		json_array_append_new(intensity, number(a->intensity[i]));
		json_array_append_new(frame, json_integer((json_int_t)a->frame[i]));
	}
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:I, s:o, s:o, s:I, s:o, s:o}",
		"dead", (json_int_t)a->dead, "hot", (json_int_t)a->hot, "zero_flats",
		(json_int_t)a->zero_flats, "saturated", (json_int_t)a->saturated, "not_finite",
		(json_int_t)a->not_finite, "flat_level", number(a->flat_level), "dark_level",
		number(a->dark_level), "flat_ratio", number(a->flat_ratio), "sampled_rows",
		(json_int_t)a->sampled_rows, "transmission_low", number(a->transmission_low),
		"transmission_high", number(a->transmission_high), "sampled_frames",
		(json_int_t)a->sampled_frames, "frame", frame, "intensity", intensity);
}

enum err audit_json(const struct audit *a, struct arena *arena, char **text)
{
	json_t *findings = json_array(), *root;
	char *dump;

	for (int i = 0; i < a->n_findings; i++)
		json_array_append_new(findings,
			json_pack("{s:s, s:b, s:s}", "code", a->findings[i].code, "serious",
				a->findings[i].serious, "text", a->findings[i].text));
	root = json_pack("{s:o, s:o, s:o, s:o}", "scan", scan_part(a->scan), "angles",
		angle_part(a), "pixels", pixel_part(a), "findings", findings);
	dump = root ? json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) : NULL;
	json_decref(root);
	if (!dump)
		return fail(ERR_FAILED, "%s: the audit has text that is not UTF-8", a->scan->path);
	*text = arena_copy(arena, dump);
	free(dump);
	NEED(*text);
	return OK;
}

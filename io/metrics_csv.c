/* SPDX-License-Identifier: BSD-3-Clause
 * The numbers of steps as one long table, a number a row. */
#include "io/disk.h"
#include "io/metrics_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct table {
	FILE *out;
	int64_t step;
};

static void cell(FILE *out, double value)
{
	if (isfinite(value))
		fprintf(out, "%.12g", value);
	fputc(',', out);
}

/* id: a number or, for phases, a name. */
static void row(const struct table *t, const char *object, const char *id, const char *quantity,
	struct quantity q, const char *unit)
{
	fprintf(t->out, "%lld,%s,%s,%s,", (long long)t->step, object, id, quantity);
	cell(t->out, q.value);
	cell(t->out, q.sd);
	fprintf(t->out, "%s\n", unit);
}

static void exact(const struct table *t, const char *object, const char *id, const char *quantity,
	double value, const char *unit)
{
	row(t, object, id, quantity, (struct quantity){value, NAN}, unit);
}

static void fields(const struct table *t, const char *object, const char *id, const void *from,
	const struct metric_field *field)
{
	for (; field->name; field++)
		row(t, object, id, field->name, *metric_at(from, field), field->unit);
}

static void objects(const struct table *t, const struct step_metrics *m)
{
	static const char *const centroid[] = {"centroid_z_um", "centroid_y_um", "centroid_x_um"};
	char id[32];

	for (int64_t i = 0; i < m->n_bubbles; i++) {
		const struct bubble_metrics *b = &m->bubbles[i];

		snprintf(id, sizeof(id), "%lld", (long long)b->id);
		fields(t, "bubble", id, b, bubble_fields);
		for (int k = 0; k < 3; k++)
			exact(t, "bubble", id, centroid[k], b->centroid_um[k], "um");
		exact(t, "bubble", id, "touches_interface", b->touches_interface, "");
	}
	for (int64_t i = 0; i < m->n_cracks; i++) {
		const struct crack_metrics *c = &m->cracks[i];

		snprintf(id, sizeof(id), "%lld", (long long)c->id);
		fields(t, "crack", id, c, crack_fields);
		exact(t, "crack", id, "reaches_interface", c->reaches_interface, "");
	}
	for (int64_t i = 0; i < m->n_chips; i++) {
		snprintf(id, sizeof(id), "%lld", (long long)m->chips[i].id);
		fields(t, "chip", id, &m->chips[i], chip_fields);
	}
}

static void step_rows(const struct table *t, const struct step_metrics *m)
{
	static const char *const plane[] = {"plane_z_um", "plane_dz_dx", "plane_dz_dy"};

	exact(t, "step", "", "time", m->time_s, "s");
	exact(t, "step", "", "voxel_um", m->voxel_um, "um");
	for (int i = LABEL_VOID; i < N_LABELS; i++)
		row(t, "phase", label_names[i], "volume_um3", m->phase_um3[i], "um3");
	objects(t, m);
	if (!m->has_interface)
		return;
	for (int i = 0; i < 3; i++)
		exact(t, "interface", "", plane[i], m->interface.plane[i], i == 0 ? "um" : "");
	fields(t, "interface", "", &m->interface, interface_fields);
}

enum err metrics_write_csv(
	const char *path, const struct step_metrics *steps, int64_t n, struct arena *arena)
{
	char *text = NULL;
	size_t size;
	struct table t = {.out = open_memstream(&text, &size)};
	enum err e;

	if (!t.out)
		return fail(ERR_RESOURCE, "out of memory");
	fputs("step,object,id,quantity,value,sd,unit\n", t.out);
	for (int64_t i = 0; i < n; i++) {
		t.step = steps[i].step;
		step_rows(&t, &steps[i]);
	}
	if (fclose(t.out) != 0) {
		free(text);
		return fail(ERR_RESOURCE, "out of memory");
	}
	e = disk_save(path, text, arena);
	free(text);
	return e;
}

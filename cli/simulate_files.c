/* SPDX-License-Identifier: BSD-3-Clause
 * Files about a whole simulated series; see cli/simulate_series.h. */
#include "cli/simulate_series.h"
#include "io/biologic_write.h"
#include "io/disk.h"
#include "io/metrics_json.h"
#include "report/labels_picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* DIR/run.yaml: the series as tomochron run takes it, with paths from there. */
static enum err write_run(const struct series *series)
{
	const struct settings *s = series->settings;
	size_t skip = strlen(series->dir) + 1;
	const char *path = arena_format(series->arena, "%s/run.yaml", series->dir);
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);
	enum err e;

	NEED(path);
	if (!out)
		return fail(ERR_RESOURCE, "%s: no memory to write it", path);
	fprintf(out,
		"# A simulated series; the truth is in truth/.\n"
		"series: {name: simulated %s, output: out, pixel_size: %g um, energy: %g keV}\n"
		"electrochemistry: {file: cell.mpt, area: %g cm2, clock_offset: 0 s}\n"
		"steps:\n",
		s->simulate.scenario == SCENARIO_PLATING     ? "plating"
		: s->simulate.scenario == SCENARIO_STRIPPING ? "stripping"
							     : "quiet",
		series->view.pixel_um, series->view.energy_kev, s->cell.area);
	for (int64_t k = 0; k < s->simulate.steps; k++) {
		const struct made_scan *made = &series->made[k];
		double length =
			(double)(s->simulate.angles * s->simulate.averaged) * s->cell.exposure;

		fprintf(out, "  - {scan: %s, ", made->scan + skip);
		if (*made->darks_flats)
			fprintf(out, "darks_flats: %s, ", made->darks_flats + skip);
		fprintf(out, "name: step_%02lld, start: %g s, duration: %g s}\n", (long long)k,
			SCENARIO_REST + (double)k * s->cell.interval, length);
	}
	if (fclose(out) != 0)
		return fail(ERR_RESOURCE, "%s: no memory to write it", path);
	e = disk_save(path, text, series->arena);
	free(text);
	return e;
}

static enum err write_record(const struct series *series)
{
	const struct settings *s = series->settings;
	const char *mpt = arena_format(series->arena, "%s/cell.mpt", series->dir);
	const char *csv = arena_format(series->arena, "%s/cell.csv", series->dir);
	struct battery_record record;
	struct cell_record out;

	NEED(mpt);
	NEED(csv);
	TRY(scenario_record(&record, &s->simulate, &s->cell, series->arena));
	out = (struct cell_record){.n = record.n,
		.time_s = record.time_s,
		.voltage_v = record.voltage_v,
		.current_ma = record.current_ma,
		.area_cm2 = s->cell.area};
	TRY(biologic_write_mpt(mpt, &out, series->arena));
	return biologic_write_csv(csv, &out, series->arena);
}

/* All steps' numbers in one file. */
static enum err write_numbers(const struct series *series)
{
	int64_t n = series->settings->simulate.steps;
	const char *json = arena_format(series->arena, "%s/metrics.json", series->truth);
	const char *csv = arena_format(series->arena, "%s/metrics.csv", series->truth);
	struct step_metrics *steps = ARENA_ZERO(series->arena, struct step_metrics, n);

	NEED(json);
	NEED(csv);
	NEED(steps);
	for (int64_t k = 0; k < n; k++) {
		const char *path = arena_format(
			series->arena, "%s/step_%02lld.json", series->truth, (long long)k);
		struct metrics_file file;

		NEED(path);
		TRY(metrics_read(path, &file, series->arena));
		steps[k] = file.steps[0];
	}
	TRY(metrics_write_series(json, "simulated", steps, n, series->arena));
	return metrics_write_csv(csv, steps, n, series->arena);
}

/* Where the scenario happens: the chip, the bubble on the interface, or the middle. */
static struct labels_cut cut_of(const struct series *series, int64_t number, enum err *error)
{
	const struct settings *s = series->settings;
	const struct cell *c = series->cell;
	double middle = (double)(series->view.size - 1) / 2, half = (double)series->view.size / 2;
	double at[3] = {0, 0, 0};
	struct cell_state state;

	*error = scenario_state(&state, c, &s->simulate, &s->cell, half, number);
	if (*error != OK)
		return (struct labels_cut){.half = 0};
	if (s->simulate.scenario == SCENARIO_PLATING) {
		at[0] = c->lens_x;
		at[1] = c->lens_y;
		at[2] = cell_plane(c, at[0], at[1]) + 0.6 * c->lens_depth;
		half = fmin(half, 1.35 * c->lens_radius);
	} else if (state.n_bubbles > 0) {
		for (int i = 0; i < 3; i++)
			at[i] = state.bubbles[0].centre[i];
		half *= 0.7;
	}
	pose_apply(&state.pose, at, at);
	return (struct labels_cut){
		.labels = arena_format(
			series->arena, "%s/step_%02lld.h5", series->truth, (long long)number),
		.name = arena_format(series->arena, "step_%02lld", (long long)number),
		.at = {at[2] + (double)(series->view.rows - 1) / 2, at[1] + middle, at[0] + middle},
		.half = half,
	};
}

/* The true labels of all steps, up to twelve of them. */
static enum err draw_steps(const struct series *series)
{
	int64_t steps = series->settings->simulate.steps, n = steps < 12 ? steps : 12;
	struct labels_cut *cuts = ARENA_ZERO(series->arena, struct labels_cut, n);
	const char *out = arena_format(series->arena, "%s/steps.png", series->truth);
	enum err e;

	NEED(cuts);
	NEED(out);
	for (int64_t k = 0; k < n; k++) {
		cuts[k] = cut_of(series, n > 1 ? k * (steps - 1) / (n - 1) : steps - 1, &e);
		TRY(e);
		NEED(cuts[k].labels);
		NEED(cuts[k].name);
	}
	return labels_picture(out, "True labels", cuts, n, series->arena);
}

enum err write_series_files(const struct series *series)
{
	TRY(write_record(series));
	TRY(write_numbers(series));
	TRY(write_run(series));
	return draw_steps(series);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * tomochron simulate -o DIR: a series of the operando cell (cli/simulate_cell.c) or, with --phantom, a
 * raw scan of a phantom (truth/simulate.h) in one of the layouts (io/scan_write.h) and DIR/truth.h5 with
 * the slices a reconstruction should give. DIR/simulate.yaml, written last, makes the same again. */
#include "cli/simulate.h"

#include "cli/commands.h"
#include "cli/console.h"
#include "io/disk.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct simulate_result {
	struct made_scan scan;
	const char *truth;
	double center;
};

/* A new or empty folder, one with a scan that is not finished (simulate.yaml comes last), or any with
 * force. */
static enum err check_folder(const char *dir, bool force, struct arena *arena)
{
	const char *scans = arena_format(arena, "%s/scans", dir);
	const struct scan_plan single = {.dir = dir, .step = -1}, series = {.dir = scans};
	const char *last = arena_format(arena, "%s/simulate.yaml", dir);
	bool empty = true, begun, begun_series;

	NEED(scans);
	NEED(last);
	if (force)
		return disk_remove(last);
	if (access(dir, F_OK) == 0)
		TRY(disk_folder_empty(dir, &empty));
	TRY(scan_write_begun(&single, &begun, arena));
	TRY(scan_write_begun(&series, &begun_series, arena));
	if (empty || ((begun || begun_series) && access(last, F_OK) != 0))
		return OK;
	return fail(ERR_USAGE,
		"%s: is not empty, name another folder or replace files with --force", dir);
}

static enum err write_slices(
	const struct simulation *sim, double scale, struct truth *file, struct arena *arena)
{
	float *slice = ARENA_NEW(arena, float, sim->truth_width * sim->truth_width);

	NEED(slice);
	for (int64_t z = 0; z < sim->settings->rows; z++) {
		TRY(simulation_truth(sim, z, scale, slice));
		TRY(truth_put(file, z, slice));
	}
	return OK;
}

static enum err write_truth(const struct settings *s, const struct simulation *sim, const char *dir,
	struct simulate_result *result, struct arena *arena)
{
	const struct truth_plan plan = {
		.path = arena_format(arena, "%s/truth.h5", dir),
		.units = "1/cm",
		.n = s->simulate.rows,
		.width = sim->truth_width,
		.center = sim->center,
		.slope = sim->slope,
		.pixel_um = result->scan.pixel_um,
		.angle = sim->angle,
		.n_angle = s->simulate.angles,
	};
	struct truth *file = NULL;
	const char *sentence;
	enum err e;

	NEED(plan.path);
	TRY(disk_need(dir, plan.n * plan.width * plan.width * 4));
	TRY(truth_open(&file, &plan, arena));
	result->truth = plan.path;
	result->center = sim->center;
	e = write_slices(sim, 1e4 / result->scan.pixel_um, file, arena);
	if (e == OK)
		return truth_close(file);
	sentence = arena_copy(arena, error_message());
	truth_close(file);
	return fail(e, "%s", sentence ? sentence : "");
}

static enum err write_settings(const struct settings *s, const char *dir, struct arena *arena)
{
	const char *path = arena_format(arena, "%s/simulate.yaml", dir);
	char *yaml;

	NEED(path);
	TRY(settings_yaml(s, IN_SIMULATE, false, true, arena, &yaml));
	return disk_save(path, yaml, arena);
}

static enum err write_scan(const struct settings *s, const struct simulation *sim, const char *dir,
	struct simulate_result *result, struct arena *arena)
{
	struct scan_writer *writer = NULL;
	struct scan_plan plan;
	enum err e;

	TRY(scan_plan_of(&plan, s, sim, dir, -1, result->scan.pixel_um, arena));
	TRY(scan_write_open(&writer, &plan, arena));
	progress_start("simulate", "frames", sim->n_proj);
	e = write_all_frames(sim, writer, arena);
	progress_end();
	result->scan = scan_made(s, writer, result->scan.pixel_um);
	return finish_scan(writer, e, arena);
}

static enum err simulate_phantom(const struct settings *s, const char *dir,
	struct simulate_result *result, struct arena *arena)
{
	struct simulation *sim;

	*result = (struct simulate_result){.scan.pixel_um = isfinite(s->input.pixel_size)
								    ? s->input.pixel_size
								    : default_pixel_um};
	TRY(check_folder(dir, s->run.force, arena));
	TRY(simulation_new(&sim, &s->simulate, arena));
	TRY(write_scan(s, sim, dir, result, arena));
	TRY(write_truth(s, sim, dir, result, arena));
	return write_settings(s, dir, arena);
}

static void print_result(
	const struct settings *s, const struct simulate_result *r, const char *volume)
{
	printf("scan         %s\n", r->scan.scan);
	if (*r->scan.darks_flats)
		printf("darks, flats %s\n", r->scan.darks_flats);
	printf("truth        %s (1/cm)\n", r->truth);
	printf("center       %.3f (0-based column, middle row)\n\n", r->center);
	printf("Next:\n");
	print_recon_command(s, &r->scan, volume);
}

static enum err print_json(const struct simulate_result *r)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:f, s:f}", "scan", r->scan.scan, "darks_flats",
		r->scan.darks_flats, "truth", r->truth, "center", r->center, "pixel_size_um",
		r->scan.pixel_um);

	if (!json)
		return fail(ERR_FAILED, "simulate: a file name that is not UTF-8 cannot be JSON");
	json_dumpf(json, stdout, JSON_INDENT(2));
	printf("\n");
	json_decref(json);
	return OK;
}

/* Sizes that are 0 go by the others. */
static void fill_defaults(struct simulate_settings *s)
{
	bool cell = s->phantom == PHANTOM_NONE;

	if (s->rows == 0)
		s->rows = cell ? s->size : 16;
	if (s->angles == 0)
		s->angles = !cell ? 361 : s->size < 2000 ? s->size * 3 / 2 + 1 : 3001;
}

enum err command_simulate(struct settings *s, const struct command_line *line, struct arena *arena)
{
	const char *dir = s->output.path, *volume;
	struct simulate_result result;

	if (line->n_positional > 0)
		return fail(ERR_USAGE,
			"simulate: '%s' is not expected here, the folder is given as -o DIR",
			line->positional[0]);
	if (!*dir)
		return fail(ERR_USAGE, "simulate: no folder to write to, give one with -o DIR");
	fill_defaults(&s->simulate);
	if (s->simulate.phantom == PHANTOM_NONE) {
		TRY(check_folder(dir, s->run.force, arena));
		TRY(simulate_cell(s, dir, arena));
		return write_settings(s, dir, arena);
	}
	volume = arena_format(arena, "%s/volume.h5", dir);
	NEED(volume);
	TRY(simulate_phantom(s, dir, &result, arena));
	if (s->run.json)
		return print_json(&result);
	print_result(s, &result, volume);
	return OK;
}

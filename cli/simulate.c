/* SPDX-License-Identifier: BSD-3-Clause
 * tomochron simulate -o DIR: a raw scan of a phantom (truth/simulate.h) in one of the layouts
 * (io/scan_write.h), DIR/truth.h5 with the slices a reconstruction should give, and DIR/simulate.yaml
 * that makes the same again. Frames stream: a block is computed by all threads, then written. */
#include "cli/commands.h"
#include "core/log.h"
#include "core/parallel.h"
#include "io/disk.h"
#include "io/scan_write.h"
#include "truth/simulate.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct simulate_result {
	const char *scan, *darks_flats; /* to pass to recon; darks_flats "" if in the scan */
	const char *truth;
	double center, pixel_um;
	bool pixel_size_known; /* the layout stores it */
};

static const double default_pixel_um = 1.3;

/* A new or empty folder, one with a scan that is not finished (simulate.yaml comes last), or any with
 * force. */
static enum err check_folder(const char *dir, bool force, struct arena *arena)
{
	const struct scan_plan single = {.dir = dir, .step = -1};
	const char *last = arena_format(arena, "%s/simulate.yaml", dir);
	bool empty = true, begun;

	NEED(last);
	if (force)
		return disk_remove(last);
	if (access(dir, F_OK) == 0)
		TRY(disk_folder_empty(dir, &empty));
	TRY(scan_write_begun(&single, &begun, arena));
	if (empty || (begun && access(last, F_OK) != 0))
		return OK;
	return fail(ERR_USAGE,
		"%s: is not empty, name another folder or replace files with --force", dir);
}

static enum err write_frames(const struct simulation *sim, enum exposure kind,
	struct scan_writer *writer, struct arena *arena)
{
	static const enum frame_kind kinds[] = {
		FRAME_PROJECTION, FRAME_FLAT, FRAME_FLAT, FRAME_DARK};
	int64_t pixels = sim->detector->n_row * sim->detector->n_col;
	/* Enough frames that threads wait little for each other, in 128 MB or one frame a thread. */
	int64_t block = 8 * parallel_threads(), room = (1 << 27) / (pixels * 2);
	int group = kind == EXPOSE_FLAT_AFTER;
	int64_t n = scan_write_count(writer, kinds[kind], group);
	struct arena_mark mark = arena_mark(arena);
	uint16_t *frames;

	block = block > room ? room : block;
	block = block < parallel_threads() ? parallel_threads() : block;
	block = block > n ? n : block;
	frames = ARENA_NEW(arena, uint16_t, block * pixels);
	NEED(frames);
	for (int64_t first = scan_write_done(writer, kinds[kind], group); first < n;
		first += block) {
		int64_t now = n - first < block ? n - first : block;

		TRY(simulation_frames(sim, kind, first, now, frames, arena));
		TRY(scan_write_frames(writer, kinds[kind], group, first, now, frames));
		log_debug("simulate: %lld of %lld frames", (long long)(first + now), (long long)n);
	}
	arena_release(arena, mark);
	return OK;
}

/* HEX layouts keep every reading of the encoder, the others one angle a projection. */
static bool keeps_readings(enum layout layout)
{
	return layout == LAYOUT_HEX || layout == LAYOUT_HEX_LEGACY;
}

static enum err write_all_frames(
	const struct simulation *sim, struct scan_writer *writer, struct arena *arena)
{
	TRY(write_frames(sim, EXPOSE_FLAT, writer, arena));
	TRY(write_frames(sim, EXPOSE_DARK, writer, arena));
	TRY(write_frames(sim, EXPOSE_PROJECTION, writer, arena));
	return write_frames(sim, EXPOSE_FLAT_AFTER, writer, arena);
}

static enum err write_scan(const struct settings *s, const struct simulation *sim, const char *dir,
	struct simulate_result *result, struct arena *arena)
{
	const struct simulate_settings *set = &s->simulate;
	bool readings = keeps_readings(set->layout);
	char *key;
	struct scan_plan plan = {
		.dir = dir,
		.layout = set->layout,
		.compression = set->compression,
		.n_proj = sim->n_proj,
		.n_row = set->rows,
		.n_col = set->size,
		.n_flat = set->flats,
		.n_dark = set->darks,
		.n_flat_after = set->layout == LAYOUT_NXTOMO ? set->flats : 0,
		.step = -1,
		.resume = true,
		.force = s->run.force,
		.reading = readings ? sim->reading : sim->angle,
		.n_reading = readings ? sim->n_reading : set->angles,
		.pixel_um = result->pixel_um,
		.energy_kev = s->input.energy,
		.distance_mm = s->input.distance,
		.half = sim->truth_width != set->size,
	};
	struct scan_writer *writer = NULL;
	enum err e, closed;

	TRY(settings_yaml(s, IN_SIMULATE, false, false, arena, &key));
	plan.key = key;
	TRY(scan_write_open(&writer, &plan, arena));
	e = write_all_frames(sim, writer, arena);
	if (e != OK) {
		const char *sentence = arena_copy(arena, error_message());

		scan_write_close(writer);
		return fail(e, "%s", sentence ? sentence : "");
	}
	closed = scan_write_close(writer);
	result->scan = scan_write_scan(writer);
	result->darks_flats = scan_write_darks_flats(writer);
	result->pixel_size_known = set->layout == LAYOUT_NXTOMO || set->layout == LAYOUT_DXCHANGE;
	return closed;
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
		.pixel_um = result->pixel_um,
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
	e = write_slices(sim, 1e4 / result->pixel_um, file, arena);
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

static enum err simulate_phantom(const struct settings *s, const char *dir,
	struct simulate_result *result, struct arena *arena)
{
	struct simulation *sim;

	*result = (struct simulate_result){
		.pixel_um = isfinite(s->input.pixel_size) ? s->input.pixel_size : default_pixel_um,
	};
	TRY(check_folder(dir, s->run.force, arena));
	TRY(simulation_new(&sim, &s->simulate, arena));
	TRY(write_scan(s, sim, dir, result, arena));
	TRY(write_truth(s, sim, dir, result, arena));
	return write_settings(s, dir, arena);
}

/* ' NAME VALUE' with the value as a shell takes it: in quotes where it has other than plain letters. */
static void print_argument(const char *name, const char *value)
{
	const char *plain =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=+,@%";

	printf(" %s%s", name, *name ? " " : "");
	if (*value && strspn(value, plain) == strlen(value)) {
		fputs(value, stdout);
		return;
	}
	putchar('\'');
	for (const char *c = value; *c; c++) {
		if (*c == '\'')
			fputs("'\\'", stdout);
		putchar(*c);
	}
	putchar('\'');
}

static void print_result(
	const struct settings *s, const struct simulate_result *r, const char *volume)
{
	const struct simulate_settings *set = &s->simulate;

	printf("scan         %s\n", r->scan);
	if (*r->darks_flats)
		printf("darks, flats %s\n", r->darks_flats);
	printf("truth        %s (1/cm)\n", r->truth);
	printf("center       %.3f (0-based column, middle row)\n\n", r->center);
	printf("Next:\n  tomochron recon");
	print_argument("", r->scan);
	if (*r->darks_flats)
		print_argument("--darks-flats", r->darks_flats);
	if (!r->pixel_size_known)
		printf(" --pixel-size %gum", r->pixel_um);
	if (set->drop_frames > 0)
		printf(" --angles-policy truncate");
	else if (set->averaged > 1 && keeps_readings(set->layout))
		printf(" --angles-policy average");
	print_argument("-o", volume);
	printf("\n");
}

static enum err print_json(const struct simulate_result *r)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:f, s:f}", "scan", r->scan, "darks_flats",
		r->darks_flats, "truth", r->truth, "center", r->center, "pixel_size_um",
		r->pixel_um);

	if (!json)
		return fail(ERR_FAILED, "simulate: a file name that is not UTF-8 cannot be JSON");
	json_dumpf(json, stdout, JSON_INDENT(2));
	printf("\n");
	json_decref(json);
	return OK;
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
	volume = arena_format(arena, "%s/volume.h5", dir);
	NEED(volume);
	TRY(simulate_phantom(s, dir, &result, arena));
	if (s->run.json)
		return print_json(&result);
	print_result(s, &result, volume);
	return OK;
}

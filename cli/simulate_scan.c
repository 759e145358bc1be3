/* SPDX-License-Identifier: BSD-3-Clause
 * Frames of a simulated scan to its files; see cli/simulate.h. Frames stream: a block is computed by all
 * threads, then written. */
#include "cli/simulate.h"

#include "cli/console.h"
#include "core/parallel.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const double default_pixel_um = 1.3;

static enum err write_frames(const struct simulation *sim, enum exposure kind,
	struct scan_writer *writer, struct arena *arena)
{
	static const enum frame_kind kinds[] = {
		FRAME_PROJECTION, FRAME_FLAT, FRAME_FLAT, FRAME_DARK};
	int64_t pixels = sim->detector->n_row * sim->detector->n_col;
	/* Enough frames that threads wait little for each other. */
	int64_t block = 8 * parallel_threads(), room = SIMULATE_BLOCK_BYTES / (pixels * 2);
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
		if (kind == EXPOSE_PROJECTION)
			progress_add(now);
	}
	arena_release(arena, mark);
	return OK;
}

/* HEX layouts keep every reading of the encoder, the others one angle a projection. */
static bool keeps_readings(enum layout layout)
{
	return layout == LAYOUT_HEX || layout == LAYOUT_HEX_LEGACY;
}

enum err write_all_frames(
	const struct simulation *sim, struct scan_writer *writer, struct arena *arena)
{
	TRY(write_frames(sim, EXPOSE_FLAT, writer, arena));
	TRY(write_frames(sim, EXPOSE_DARK, writer, arena));
	TRY(write_frames(sim, EXPOSE_PROJECTION, writer, arena));
	return write_frames(sim, EXPOSE_FLAT_AFTER, writer, arena);
}

enum err scan_plan_of(struct scan_plan *plan, const struct settings *s,
	const struct simulation *sim, const char *dir, int64_t step, double pixel_um,
	struct arena *arena)
{
	const struct simulate_settings *set = &s->simulate;
	bool readings = keeps_readings(set->layout);
	char *key;

	TRY(settings_yaml(s, IN_SIMULATE, false, false, arena, &key));
	*plan = (struct scan_plan){
		.dir = dir,
		.layout = set->layout,
		.compression = set->compression,
		.n_proj = sim->n_proj,
		.n_row = set->rows,
		.n_col = set->size,
		.n_flat = set->flats,
		.n_dark = set->darks,
		.n_flat_after = set->layout == LAYOUT_NXTOMO ? set->flats : 0,
		.step = step,
		.own_flats = set->own_flats,
		.resume = true,
		.force = s->run.force,
		.key = key,
		.reading = readings ? sim->reading : sim->angle,
		.n_reading = readings ? sim->n_reading : set->angles,
		.pixel_um = pixel_um,
		.energy_kev = s->input.energy,
		.distance_mm = s->input.distance,
		.half = sim->truth_width != set->size,
		.sample = step < 0 ? NULL : "simulated cell",
	};
	return OK;
}

enum err finish_scan(struct scan_writer *writer, enum err e, struct arena *arena)
{
	const char *sentence;

	if (e == OK)
		return scan_write_close(writer);
	sentence = arena_copy(arena, error_message());
	scan_write_close(writer);
	return fail(e, "%s", sentence ? sentence : "");
}

struct made_scan scan_made(
	const struct settings *s, const struct scan_writer *writer, double pixel_um)
{
	enum layout layout = s->simulate.layout;

	return (struct made_scan){
		.scan = scan_write_scan(writer),
		.darks_flats = scan_write_darks_flats(writer),
		.pixel_um = pixel_um,
		.pixel_size_known = layout == LAYOUT_NXTOMO || layout == LAYOUT_DXCHANGE,
	};
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

void print_recon_command(const struct settings *s, const struct made_scan *scan, const char *volume)
{
	const struct simulate_settings *set = &s->simulate;

	printf("  tomochron recon");
	print_argument("", scan->scan);
	if (*scan->darks_flats)
		print_argument("--darks-flats", scan->darks_flats);
	if (!scan->pixel_size_known)
		printf(" --pixel-size %gum", scan->pixel_um);
	if (set->drop_frames > 0)
		printf(" --angles-policy truncate");
	else if (set->averaged > 1 && keeps_readings(set->layout))
		printf(" --angles-policy average");
	print_argument("-o", volume);
	printf("\n");
}

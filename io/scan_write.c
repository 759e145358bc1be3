/* SPDX-License-Identifier: BSD-3-Clause
 * Raw scans out: common part, TIFF folder, truth. The HDF5 layouts are in io/scan_layouts.c. */
#include "io/scan_write.h"

#include "io/disk.h"
#include "io/scan_layouts.h"
#include "io/tiff_write.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum err make_folders(const char *path)
{
	char folder[4096];
	size_t n = strlen(path);

	if (n >= sizeof(folder))
		return fail(ERR_USAGE, "%.60s...: path of more than 4095 letters", path);
	for (size_t i = 1; i <= n; i++) {
		if (path[i] != '/' && path[i] != 0)
			continue;
		memcpy(folder, path, i);
		folder[i] = 0;
		if (mkdir(folder, 0777) != 0 && errno != EEXIST)
			return fail(ERR_RESOURCE, "%s: cannot make the folder: %s", folder,
				strerror(errno));
	}
	return OK;
}

static enum err open_tiff(struct scan_writer *w, const struct scan_plan *plan)
{
	const char *names[] = {"proj", "flats", "darks"};
	const char *path = arena_format(w->arena, "%s/angles.txt", plan->dir);
	FILE *file;
	bool good;

	NEED(path);
	for (int kind = 0; kind < 3; kind++) {
		w->target[kind].folder = arena_format(w->arena, "%s/%s", plan->dir, names[kind]);
		w->target[kind].stem = kind == 0 ? "proj" : kind == 1 ? "flat" : "dark";
		NEED(w->target[kind].folder);
		TRY(make_folders(w->target[kind].folder));
	}
	file = fopen(path, "w");
	if (!file)
		return fail(ERR_RESOURCE, "%s: cannot write: %s", path, strerror(errno));
	for (int64_t i = 0; i < plan->n_reading; i++)
		fprintf(file, "%.9f\n", plan->reading[i]);
	good = !ferror(file);
	good = fclose(file) == 0 && good;
	w->scan = plan->dir;
	return good ? OK : fail(ERR_RESOURCE, "%s: cannot write: %s", path, strerror(errno));
}

static enum err open_layout(struct scan_writer *w, const struct scan_plan *plan)
{
	switch (plan->layout) {
	case LAYOUT_HEX:
		return open_hex(w, plan);
	case LAYOUT_HEX_LEGACY:
		return open_hex_legacy(w, plan);
	case LAYOUT_NXTOMO:
		return open_nxtomo(w, plan);
	case LAYOUT_DXCHANGE:
		return open_dxchange(w, plan);
	case LAYOUT_TIFF:
		return open_tiff(w, plan);
	}
	return fail(ERR_USAGE, "simulate.layout: unknown number %d", (int)plan->layout);
}

enum err scan_write_open(
	struct scan_writer **writer, const struct scan_plan *plan, struct arena *arena)
{
	struct scan_writer *w = ARENA_ZERO(arena, struct scan_writer, 1);
	int64_t frames = plan->n_proj + plan->n_flat + plan->n_flat_after + plan->n_dark;
	enum err e;

	NEED(w);
	w->arena = arena;
	w->n_row = plan->n_row;
	w->n_col = plan->n_col;
	w->darks_flats = "";
	TRY(make_folders(plan->dir));
	if (plan->compression == COMPRESS_NONE || plan->layout == LAYOUT_TIFF)
		TRY(disk_need(plan->dir, frames * plan->n_row * plan->n_col * 2));
	e = open_layout(w, plan);
	if (e != OK) {
		struct arena_mark mark = arena_mark(arena);
		const char *sentence = arena_copy(arena, error_message());

		scan_write_close(w);
		e = fail(e, "%s", sentence ? sentence : "");
		arena_release(arena, mark);
		return e;
	}
	*writer = w;
	return OK;
}

/* As area detectors write it: uint16, one strip. */
static enum err write_tiff(
	const struct scan_writer *w, const struct target *t, int64_t number, const uint16_t *frame)
{
	const struct tiff_plan plan = {.n = 1,
		.ny = w->n_row,
		.nx = w->n_col,
		.bits = 16,
		.voxel_um = NAN,
		.step_um = NAN,
		.min = NAN,
		.max = NAN,
		.low = NAN,
		.high = NAN,
		.units = "counts",
		.origin = "tomochron simulate"};
	struct arena_mark mark = arena_mark(w->arena);
	const char *path =
		arena_format(w->arena, "%s/%s_%05lld.tif", t->folder, t->stem, (long long)number);

	NEED(path);
	TRY(tiff_save(path, &plan, frame, w->arena));
	arena_release(w->arena, mark);
	return OK;
}

enum err scan_write_frames(struct scan_writer *w, enum frame_kind kind, int group, int64_t first,
	int64_t n, const uint16_t *frames)
{
	const struct target *t = &w->target[kind];
	int64_t at = first + (group == 1 ? t->after : t->offset);

	if (t->file)
		return hdf5_put_block(t->file, t->key, (int64_t[]){at, 0, 0},
			(int64_t[]){n, w->n_row, w->n_col}, frames);
	for (int64_t i = 0; i < n; i++)
		TRY(write_tiff(w, t, at + i, frames + i * w->n_row * w->n_col));
	return OK;
}

enum err scan_write_close(struct scan_writer *w)
{
	enum err first = OK;

	for (int i = 0; w && i < w->n_files; i++) {
		enum err e = hdf5_close(&w->files[i]);

		first = first == OK ? e : first;
	}
	return first;
}

const char *scan_write_scan(const struct scan_writer *w)
{
	return w->scan;
}

const char *scan_write_darks_flats(const struct scan_writer *w)
{
	return w->darks_flats;
}

struct truth {
	struct hdf5_out out;
	int64_t width;
};

static enum err truth_describe(struct hdf5_out *f, const struct truth_plan *plan)
{
	const struct hdf5_array slices = {
		.type = HDF5_F32, .rank = 3, .shape = {plan->n, plan->width, plan->width}};
	const struct hdf5_array angles = {.type = HDF5_F64, .rank = 1, .shape = {plan->n_angle}};

	TRY(hdf5_group(f, "entry", "NXentry"));
	TRY(hdf5_group(f, "entry/data", "NXdata"));
	TRY(hdf5_note(f, "entry/data", "signal", "data"));
	TRY(hdf5_put(f, "entry/data/data", &slices, NULL, NULL));
	TRY(hdf5_note(f, "entry/data/data", "units", plan->units));
	TRY(hdf5_group(f, "entry/truth", "NXcollection"));
	TRY(hdf5_put_number(f, "entry/truth/center", plan->center));
	TRY(hdf5_put_number(f, "entry/truth/center_slope", plan->slope));
	TRY(hdf5_put_number(f, "entry/truth/voxel_size", plan->pixel_um));
	TRY(hdf5_note(f, "entry/truth/voxel_size", "units", "um"));
	TRY(hdf5_put(f, "entry/truth/angle", &angles, plan->angle, NULL));
	return hdf5_note(f, "entry/truth/angle", "units", "deg");
}

enum err truth_open(struct truth **truth, const struct truth_plan *plan, struct arena *arena)
{
	struct truth *t = ARENA_ZERO(arena, struct truth, 1);
	enum err e;

	NEED(t);
	t->width = plan->width;
	TRY(hdf5_create(&t->out, plan->path, false));
	e = truth_describe(&t->out, plan);
	if (e != OK)
		return hdf5_drop(&t->out, e);
	*truth = t;
	return OK;
}

enum err truth_put(struct truth *t, int64_t z, const float *slice)
{
	return hdf5_put_block(&t->out, "entry/data/data", (int64_t[]){z, 0, 0},
		(int64_t[]){1, t->width, t->width}, slice);
}

enum err truth_close(struct truth *t)
{
	return t ? hdf5_close(&t->out) : OK;
}

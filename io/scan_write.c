/* SPDX-License-Identifier: BSD-3-Clause
 * Raw scans out: common part, TIFF folder, truth. The HDF5 layouts are in io/scan_layouts.c. */
#include "io/scan_write.h"

#include "io/disk.h"
#include "io/hdf5_scan.h"
#include "io/scan_layouts.h"

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

enum err scan_write_frames(struct scan_writer *w, enum frame_kind kind, int group, int64_t first,
	int64_t n, const uint16_t *frames)
{
	const struct target *t = &w->target[kind];
	int64_t at = first + (group == 1 ? t->after : t->offset);

	if (t->file)
		return h5_scan_put(t->file, t->key, at, n, frames);
	for (int64_t i = 0; i < n; i++) {
		char path[4352];

		snprintf(path, sizeof(path), "%.4096s/%s_%05lld.tif", t->folder, t->stem,
			(long long)(at + i));
		TRY(tiff_scan_write(path, w->n_row, w->n_col, frames + i * w->n_row * w->n_col));
	}
	return OK;
}

enum err scan_write_close(struct scan_writer *w)
{
	enum err first = OK;

	for (int i = 0; w && i < w->n_files; i++) {
		enum err e = h5_scan_close(w->files[i]);

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

static enum err truth_describe(struct h5_scan *f, const struct truth_plan *plan)
{
	struct h5_frames frames = {
		.n = plan->n, .n_row = plan->width, .n_col = plan->width, .real = true};

	TRY(h5_scan_group(f, "entry", "NXentry"));
	TRY(h5_scan_group(f, "entry/data", "NXdata"));
	TRY(h5_scan_attribute(f, "entry/data", "signal", "data"));
	TRY(h5_scan_frames(f, "entry/data/data", &frames));
	TRY(h5_scan_attribute(f, "entry/data/data", "units", plan->units));
	TRY(h5_scan_group(f, "entry/truth", "NXcollection"));
	TRY(h5_scan_numbers(f, "entry/truth/center", &plan->center, 1, false, false));
	TRY(h5_scan_numbers(f, "entry/truth/center_slope", &plan->slope, 1, false, false));
	TRY(h5_scan_numbers(f, "entry/truth/voxel_size", &plan->pixel_um, 1, false, false));
	TRY(h5_scan_attribute(f, "entry/truth/voxel_size", "units", "um"));
	TRY(h5_scan_numbers(f, "entry/truth/angle", plan->angle, plan->n_angle, false, false));
	return h5_scan_attribute(f, "entry/truth/angle", "units", "deg");
}

enum err truth_open(struct h5_scan **file, const struct truth_plan *plan, struct arena *arena)
{
	enum err e;

	TRY(h5_scan_create(file, plan->path, false, arena));
	e = truth_describe(*file, plan);
	if (e != OK) {
		h5_scan_close(*file);
		*file = NULL;
	}
	return e;
}

enum err truth_put(struct h5_scan *file, int64_t z, const float *slice)
{
	return h5_scan_put(file, "entry/data/data", z, 1, slice);
}

enum err truth_close(struct h5_scan *file)
{
	return file ? h5_scan_close(file) : OK;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * A volume in an HDF5 file. libhdf5 makes the file and leaves; pixels, counters and flags are then
 * written where it said they lie, so that the thread that reads the scan has libhdf5 for itself and
 * a kill cannot leave its structures half changed. */
#include "io/disk.h"
#include "io/hdf5_view.h"
#include "io/hdf5_write.h"
#include "io/volume_store.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

static const char DATA[] = "/entry/data/data", FINISHED[] = "/entry/process/slices/finished";

static enum err put_axis(struct volume *v, struct hdf5_out *out, const char *path, int64_t n,
	double first, double step)
{
	const struct hdf5_array array = {.type = HDF5_F64, .rank = 1, .shape = {n}};
	struct arena_mark mark = arena_mark(v->arena);
	double *values = ARENA_NEW(v->arena, double, n);

	NEED(values);
	for (int64_t i = 0; i < n; i++)
		values[i] = first + step * (double)i;
	TRY(hdf5_put(out, path, &array, values, NULL));
	arena_release(v->arena, mark);
	return hdf5_note(out, path, "units", isfinite(v->plan.voxel_um) ? "um" : "px");
}

static enum err put_data(struct volume *v, struct hdf5_out *out)
{
	static const char *const axes[] = {"z", "y", "x"};
	const struct volume_plan *p = &v->plan;
	const struct hdf5_array array = {
		.type = p->bits == 32	? HDF5_F32
			: p->bits == 16 ? HDF5_U16
					: HDF5_U8,
		.rank = 3,
		.shape = {p->nz, p->ny, p->nx},
	};
	bool known = isfinite(p->voxel_um);
	double step = known ? p->voxel_um : (double)p->row_step;

	TRY(hdf5_group(out, "/entry/data", "NXdata"));
	TRY(hdf5_note(out, "/entry/data", "signal", "data"));
	TRY(hdf5_note_texts(out, "/entry/data", "axes", axes, 3));
	TRY(hdf5_put(out, DATA, &array, NULL, &v->pixels_at));
	TRY(hdf5_note(out, DATA, "units", p->units));
	TRY(hdf5_note(out, DATA, "long_name", "linear attenuation coefficient"));
	TRY(hdf5_note_integer(out, DATA, "first_row", p->first_row));
	TRY(hdf5_note_integer(out, DATA, "row_step", p->row_step));
	if (known)
		TRY(hdf5_note_number(out, DATA, "voxel_um", p->voxel_um));
	if (p->bits < 32) {
		const char *sentence = volume_scale_text(p, v->arena);

		NEED(sentence);
		TRY(hdf5_note_number(out, DATA, "scale_low", p->low));
		TRY(hdf5_note_number(out, DATA, "scale_high", p->high));
		TRY(hdf5_note(out, DATA, "scale", sentence));
	}
	TRY(put_axis(v, out, "/entry/data/z", p->nz, p->origin_row_um, step));
	TRY(put_axis(v, out, "/entry/data/y", p->ny, -0.5 * step * (double)(p->ny - 1), step));
	return put_axis(v, out, "/entry/data/x", p->nx, -0.5 * step * (double)(p->nx - 1), step);
}

static enum err put_inputs(struct volume *v, struct hdf5_out *out)
{
	const struct hdf5_array array = {.type = HDF5_I64, .rank = 1, .shape = {v->plan.n_inputs}};
	int n = v->plan.n_inputs;
	const char **paths = ARENA_NEW(v->arena, const char *, n);
	int64_t *bytes = ARENA_NEW(v->arena, int64_t, n), *mtime = ARENA_NEW(v->arena, int64_t, n);

	NEED(paths);
	NEED(bytes);
	NEED(mtime);
	for (int i = 0; i < n; i++) {
		paths[i] = v->inputs[i].path;
		bytes[i] = v->inputs[i].bytes;
		mtime[i] = v->inputs[i].mtime_s * 1000000000 + v->inputs[i].mtime_ns;
	}
	TRY(hdf5_put_texts(out, "/entry/process/inputs", paths, n));
	TRY(hdf5_put(out, "/entry/process/input_bytes", &array, n ? bytes : NULL, NULL));
	TRY(hdf5_put(out, "/entry/process/input_mtime", &array, n ? mtime : NULL, NULL));
	return hdf5_note(out, "/entry/process/input_mtime", "units", "ns since 1970-01-01 UTC");
}

static enum err put_process(struct volume *v, struct hdf5_out *out)
{
	const struct volume_plan *p = &v->plan;

	TRY(hdf5_group(out, "/entry/process", "NXprocess"));
	TRY(hdf5_put_text(out, "/entry/process/program", "tomochron"));
	TRY(hdf5_put_text(out, "/entry/process/version", p->version));
	TRY(hdf5_put_text(out, "/entry/process/command", p->command));
	TRY(hdf5_put_text(out, "/entry/process/config", p->config_yaml));
	TRY(hdf5_put_number(out, "/entry/process/center", p->center));
	TRY(hdf5_note(out, "/entry/process/center", "units", "px"));
	TRY(hdf5_note(out, "/entry/process/center", "long_name",
		"rotation axis, full-detector column, 0-based"));
	TRY(hdf5_put_number(out, "/entry/process/center_slope", p->center_slope));
	TRY(hdf5_note(out, "/entry/process/center_slope", "units", "px/row"));
	TRY(hdf5_put_number(out, "/entry/process/center_sd", p->center_sd));
	TRY(hdf5_note(out, "/entry/process/center_sd", "units", "px"));
	TRY(hdf5_put_texts(out, "/entry/process/warnings", p->warnings, p->n_warnings));
	return put_inputs(v, out);
}

static enum err put_slices(struct volume *v, struct hdf5_out *out)
{
	const struct hdf5_array counts = {.type = HDF5_I64, .rank = 1, .shape = {v->plan.nz}};
	const struct hdf5_array flags = {.type = HDF5_U8, .rank = 1, .shape = {v->plan.nz}};
	int64_t *zeros = ARENA_ZERO(v->arena, int64_t, v->plan.nz);

	NEED(zeros);
	TRY(hdf5_group(out, "/entry/process/slices", "NXcollection"));
	for (int i = 0; i < v->n_counts; i++) {
		const char *path =
			arena_format(v->arena, "/entry/process/slices/%s", v->count_names[i]);

		NEED(path);
		TRY(hdf5_put(out, path, &counts, zeros, &v->counts_at[i]));
	}
	return hdf5_put(out, FINISHED, &flags, zeros, &v->finished_at);
}

static enum err build(struct volume *v, struct hdf5_out *out)
{
	TRY(hdf5_group(out, "/", "NXroot"));
	TRY(hdf5_note(out, "/", "default", "entry"));
	TRY(hdf5_group(out, "/entry", "NXentry"));
	TRY(hdf5_note(out, "/entry", "default", "data"));
	TRY(put_process(v, out));
	TRY(put_slices(v, out));
	return put_data(v, out);
}

static enum err prepare(struct volume *v)
{
	const char *part = disk_part(v->plan.path, v->arena);
	int64_t bytes = v->plan.nz * v->slice_bytes;
	int64_t tables = v->plan.nz * 8 * (v->n_counts + 3) + (1 << 16) +
			 2 * (int64_t)strlen(v->plan.config_yaml);
	struct hdf5_out out = {0};
	enum err e;

	NEED(part);
	for (int i = 0; i < v->plan.n_inputs; i++)
		tables += (int64_t)strlen(v->inputs[i].path) + 64;
	TRY(disk_need(v->plan.path, bytes + tables));
	/* after a failed write libhdf5 1.10 crashes when the process ends: so not with libhdf5 */
	TRY(disk_open(&v->fd, part, O_RDWR | O_CREAT | O_TRUNC));
	TRY(disk_probe(v->fd, v->plan.path, bytes + tables));
	TRY(disk_close(&v->fd, part));
	TRY(hdf5_create(&out, part, false));
	e = build(v, &out);
	TRY(e == OK ? hdf5_close(&out) : hdf5_drop(&out, e));
	TRY(disk_open(&v->fd, part, O_RDWR));
	return disk_reserve(v->fd, v->plan.path, v->pixels_at, bytes);
}

static enum err publish(struct volume *v)
{
	const char *part = disk_part(v->plan.path, v->arena);

	NEED(part);
	return disk_rename(part, v->plan.path);
}

static void discard(struct volume *v)
{
	const char *part = disk_part(v->plan.path, v->arena);

	if (part)
		unlink(part);
}

static enum err clear(struct volume *v, struct arena *arena)
{
	(void)arena;
	return disk_remove(v->plan.path);
}

/* The file must be as build() made it. */
static enum err find_places(struct volume *v, struct hdf5_view *view)
{
	const struct volume_plan *p = &v->plan;
	int64_t n;
	bool fits = view->nz == p->nz && view->ny == p->ny && view->nx == p->nx &&
		    view->bits == p->bits && view->offset > 0;

	v->pixels_at = view->offset;
	hdf5_view_place(view, FINISHED, &v->finished_at, &n);
	fits = fits && v->finished_at > 0 && n == p->nz;
	for (int i = 0; i < v->n_counts; i++) {
		const char *path =
			arena_format(v->arena, "/entry/process/slices/%s", v->count_names[i]);

		NEED(path);
		hdf5_view_place(view, path, &v->counts_at[i], &n);
		fits = fits && v->counts_at[i] > 0 && n == p->nz;
	}
	if (!fits)
		return fail(ERR_USAGE,
			"%s: does not have the datasets that its journal tells of; --force starts "
			"over",
			p->path);
	return OK;
}

static enum err reopen(struct volume *v)
{
	const char *place = arena_format(v->arena, "%s:%s", v->plan.path, DATA);
	struct hdf5_view view;
	enum err e;

	NEED(place);
	e = hdf5_view(&view, place, v->arena);
	if (e != OK)
		return fail(ERR_USAGE, "%s: is damaged and cannot be taken up; --force starts over",
			v->plan.path);
	e = find_places(v, &view);
	hdf5_view_close(&view);
	TRY(e);
	return disk_open(&v->fd, v->plan.path, O_RDWR);
}

static int64_t pixels_at(const struct volume *v, int64_t z)
{
	return v->pixels_at + z * v->slice_bytes;
}

static enum err checksum_slice(struct volume *v, int64_t z, void *scratch, int64_t n, uint32_t *crc)
{
	return disk_checksum(v->fd, v->plan.path, pixels_at(v, z), v->slice_bytes, scratch, n, crc);
}

static enum err put(struct volume *v, int64_t z, int64_t y0, int64_t n, const void *pixels)
{
	return disk_write(
		v->fd, v->plan.path, pixels, n * v->row_bytes, pixels_at(v, z) + y0 * v->row_bytes);
}

/* Counters first, then the flags that say that all is there. */
static enum err commit(struct volume *v, int64_t z0, int64_t z1)
{
	struct arena_mark mark = arena_mark(v->arena);
	int64_t *counts = ARENA_NEW(v->arena, int64_t, z1 - z0);
	uint8_t *flags = ARENA_NEW(v->arena, uint8_t, z1 - z0);

	NEED(counts);
	NEED(flags);
	for (int i = 0; i < v->n_counts; i++) {
		for (int64_t z = z0; z < z1; z++)
			counts[z - z0] = v->slices[z].counts[i];
		TRY(disk_write(
			v->fd, v->plan.path, counts, (z1 - z0) * 8, v->counts_at[i] + z0 * 8));
	}
	for (int64_t z = z0; z < z1; z++)
		flags[z - z0] = v->slices[z].done;
	TRY(disk_write(v->fd, v->plan.path, flags, z1 - z0, v->finished_at + z0));
	arena_release(v->arena, mark);
	return OK;
}

/* Counters and flags as the journal has them; room that was not to be had before. */
static enum err resume(struct volume *v)
{
	TRY(disk_reserve(v->fd, v->plan.path, v->pixels_at, v->plan.nz * v->slice_bytes));
	return commit(v, 0, v->plan.nz);
}

/* Quotas and network file systems tell of a failed write only when asked to have it on disk. */
static enum err finish(struct volume *v)
{
	if (fdatasync(v->fd) != 0 && errno != EINVAL && errno != ENOTSUP)
		return disk_fail(v->plan.path, "writing", 0);
	return disk_close(&v->fd, v->plan.path);
}

static void close_file(struct volume *v)
{
	if (v->fd >= 0)
		close(v->fd);
	v->fd = -1;
}

const struct volume_store volume_store_hdf5 = {
	.folder = false,
	.prepare = prepare,
	.publish = publish,
	.discard = discard,
	.clear = clear,
	.reopen = reopen,
	.checksum = checksum_slice,
	.resume = resume,
	.put = put,
	.commit = commit,
	.finish = finish,
	.close = close_file,
};

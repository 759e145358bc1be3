/* SPDX-License-Identifier: BSD-3-Clause
 * Writing label volumes. Planes are gathered until a layer of chunks is full, so that each chunk is packed once and
 * the bytes of the file do not depend on how the planes came. */
#include "io/labels.h"

#include "io/disk.h"
#include "io/hdf5_write.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

static const char DATA[] = "/entry/data/data", APERTURE[] = "/entry/data/aperture";
enum { CHUNK_SIDE = 128 };

struct labels_writer {
	struct labels_plan plan;
	struct arena *
		arena; /* its own: planes may be put from a thread that does not own the caller's */
	struct hdf5_out out;
	const char *part;
	int64_t plane, done; /* voxels a plane; planes that came */
	/* the layer being gathered; NULL: not planned */
	uint8_t *labels, *fraction, *aperture;
};

/* Shares of the material, or how sure the label is. */
static const char *second_path(const struct labels_plan *p)
{
	return p->confidence ? "/entry/data/confidence" : "/entry/data/fraction";
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static enum err put_axis(struct labels_writer *w, const char *path, int64_t n, double first)
{
	const struct hdf5_array array = {.type = HDF5_F64, .rank = 1, .shape = {n}};
	bool known = isfinite(w->plan.voxel_um);
	struct arena_mark mark = arena_mark(w->arena);
	double *values = ARENA_NEW(w->arena, double, n);

	NEED(values);
	for (int64_t i = 0; i < n; i++)
		values[i] = (first + (double)i) * (known ? w->plan.voxel_um : 1);
	TRY(hdf5_put(&w->out, path, &array, values, NULL));
	arena_release(w->arena, mark);
	return hdf5_note(&w->out, path, "units", known ? "um" : "px");
}

static enum err put_array(struct labels_writer *w, const char *path, const char *name)
{
	const struct labels_plan *p = &w->plan;
	const struct hdf5_array array = {
		.type = HDF5_U8,
		.rank = 3,
		.shape = {p->nz, p->ny, p->nx},
		.chunk = {smaller(p->nz, LABELS_DEPTH), smaller(p->ny, CHUNK_SIDE),
			smaller(p->nx, CHUNK_SIDE)},
		.packing = HDF5_GZIP,
	};

	TRY(hdf5_put(&w->out, path, &array, NULL, NULL));
	return hdf5_note(&w->out, path, "long_name", name);
}

static enum err put_data(struct labels_writer *w)
{
	static const char *const axes[] = {"z", "y", "x"},
				 *const about[] = {
					 "share of the voxel that its material fills, 255: all",
					 "share of the votes that the label got, 255: all"};
	const struct labels_plan *p = &w->plan;
	const char *all[] = {p->confidence ? "confidence" : "fraction", "aperture"};
	struct hdf5_out *out = &w->out;

	TRY(hdf5_group(out, "/entry/data", "NXdata"));
	TRY(hdf5_note(out, "/entry/data", "signal", "data"));
	TRY(hdf5_note_texts(out, "/entry/data", "axes", axes, 3));
	TRY(put_array(w, DATA, "material of the voxel"));
	TRY(hdf5_note_texts(out, DATA, "labels", p->names ? p->names : label_names,
		p->names ? p->n_names : N_LABELS));
	TRY(hdf5_note_integer(out, DATA, "first_row", p->first_row));
	TRY(hdf5_note_integer(out, DATA, "row_step", 1));
	if (isfinite(p->voxel_um))
		TRY(hdf5_note_number(out, DATA, "voxel_um", p->voxel_um));
	if (p->fraction || p->aperture)
		TRY(hdf5_note_texts(out, "/entry/data", "auxiliary_signals", all + !p->fraction,
			p->fraction + p->aperture));
	if (p->fraction)
		TRY(put_array(w, second_path(p), about[p->confidence]));
	if (p->aperture) {
		TRY(put_array(w, APERTURE, "opening of the crack across it, 255: that or more"));
		TRY(hdf5_note_number(out, APERTURE, "step_voxel", 1.0 / LABELS_APERTURE));
	}
	TRY(put_axis(w, "/entry/data/z", p->nz, (double)p->first_row));
	TRY(put_axis(w, "/entry/data/y", p->ny, -0.5 * (double)(p->ny - 1)));
	return put_axis(w, "/entry/data/x", p->nx, -0.5 * (double)(p->nx - 1));
}

static enum err put_truth(struct labels_writer *w)
{
	const struct hdf5_array array = {.type = HDF5_F64, .rank = 1, .shape = {N_LABELS}};
	static const char path[] = "/entry/truth/attenuation";

	if (!w->plan.attenuation)
		return OK;
	TRY(hdf5_group(&w->out, "/entry/truth", "NXcollection"));
	TRY(hdf5_put(&w->out, path, &array, w->plan.attenuation, NULL));
	TRY(hdf5_note(&w->out, path, "units", "1/cm"));
	return hdf5_note_texts(&w->out, path, "labels", label_names, N_LABELS);
}

static enum err build(struct labels_writer *w)
{
	struct hdf5_out *out = &w->out;

	TRY(hdf5_group(out, "/", "NXroot"));
	TRY(hdf5_note(out, "/", "default", "entry"));
	TRY(hdf5_group(out, "/entry", "NXentry"));
	TRY(hdf5_note(out, "/entry", "default", "data"));
	TRY(hdf5_group(out, "/entry/process", "NXprocess"));
	TRY(hdf5_put_text(out, "/entry/process/program", "tomochron"));
	TRY(hdf5_put_text(out, "/entry/process/version", w->plan.version));
	TRY(hdf5_put_text(out, "/entry/process/command", w->plan.command));
	TRY(hdf5_put_text(out, "/entry/process/config", w->plan.config_yaml));
	TRY(put_truth(w));
	return put_data(w);
}

static enum err check(const struct labels_plan *p, struct arena *arena)
{
	int64_t voxels;

	if (p->nz < 1 || p->ny < 1 || p->nx < 1)
		return fail(ERR_USAGE, "%s: a volume of %lld x %lld x %lld has no voxels", p->path,
			(long long)p->nz, (long long)p->ny, (long long)p->nx);
	if (__builtin_mul_overflow(p->nz, p->ny, &voxels) ||
		__builtin_mul_overflow(voxels, p->nx, &voxels))
		return fail(ERR_USAGE, "%s: the volume is larger than any file", p->path);
	return disk_parent(p->path, arena);
}

static int64_t pieces(int64_t n, int64_t size)
{
	return (n + size - 1) / size;
}

static int64_t arrays(const struct labels_plan *p)
{
	return 1 + p->fraction + p->aperture;
}

/* Everything in the file but its chunks, which the index counts with some 100 bytes each. */
static int64_t tables(const struct labels_plan *p)
{
	int64_t chunks =
		pieces(p->nz, LABELS_DEPTH) * pieces(p->ny, CHUNK_SIDE) * pieces(p->nx, CHUNK_SIDE);

	return (1 << 18) + 8 * (p->nz + p->ny + p->nx) + 200 * chunks * arrays(p) +
	       2 * (int64_t)(strlen(p->config_yaml) + strlen(p->command));
}

static enum err begin(struct labels_writer *w)
{
	const struct labels_plan *p = &w->plan;
	int64_t layer = smaller(p->nz, LABELS_DEPTH) * w->plane;
	enum err e;
	int fd;

	NEED(w->part = disk_part(p->path, w->arena));
	NEED(w->labels = ARENA_NEW(w->arena, uint8_t, layer));
	if (p->fraction)
		NEED(w->fraction = ARENA_NEW(w->arena, uint8_t, layer));
	if (p->aperture)
		NEED(w->aperture = ARENA_NEW(w->arena, uint8_t, layer));
	TRY(disk_open(&fd, w->part, O_RDWR | O_CREAT | O_TRUNC));
	e = disk_probe(fd, w->part, tables(p));
	close(fd);
	TRY(e);
	TRY(hdf5_create(&w->out, w->part, false));
	return build(w);
}

enum err labels_create(
	struct labels_writer **writer, const struct labels_plan *plan, struct arena *arena)
{
	struct labels_writer *w;
	struct arena *own;
	enum err e;

	*writer = NULL;
	TRY(check(plan, arena));
	NEED(own = arena_new());
	w = ARENA_ZERO(own, struct labels_writer, 1);
	if (!w) {
		arena_free(own);
		return ERR_RESOURCE;
	}
	w->plan = *plan;
	w->plan.fraction = plan->fraction || plan->confidence;
	w->arena = own;
	w->plane = plan->ny * plan->nx;
	e = begin(w);
	if (e != OK)
		labels_abandon(w);
	else
		*writer = w;
	return e;
}

/* After a failed write libhdf5 1.10 crashes when the process ends: so room is asked for first, for
 * chunks that cannot be packed at all. */
static enum err write_layer(struct labels_writer *w, int64_t z0, int64_t n)
{
	const struct labels_plan *p = &w->plan;
	int64_t start[3] = {z0}, count[3] = {n, p->ny, p->nx};

	int64_t side = CHUNK_SIDE, area = pieces(p->ny, side) * pieces(p->nx, side) * side * side;
	int64_t bytes = LABELS_DEPTH * area * arrays(p);

	TRY(disk_room(w->part, bytes + bytes / 100 + tables(p)));
	TRY(hdf5_put_block(&w->out, DATA, start, count, w->labels));
	if (p->fraction)
		TRY(hdf5_put_block(&w->out, second_path(p), start, count, w->fraction));
	return p->aperture ? hdf5_put_block(&w->out, APERTURE, start, count, w->aperture) : OK;
}

static void gather(const struct labels_writer *w, uint8_t *layer, int64_t at, const uint8_t *from,
	int64_t first, int64_t n)
{
	if (layer)
		memcpy(layer + at * w->plane, from + first * w->plane, (size_t)(n * w->plane));
}

enum err labels_put_sheets(struct labels_writer *w, int64_t z0, int64_t n, const uint8_t *labels,
	const uint8_t *fraction, const uint8_t *aperture)
{
	if (z0 != w->done || n < 0 || z0 + n > w->plan.nz || !fraction == w->plan.fraction ||
		!aperture == w->plan.aperture)
		return fail(ERR_FAILED, "%s: planes %lld to %lld come out of order", w->plan.path,
			(long long)z0, (long long)(z0 + n - 1));
	for (int64_t i = 0, now; i < n; i += now) {
		int64_t at = w->done % LABELS_DEPTH;

		now = smaller(n - i, LABELS_DEPTH - at);
		gather(w, w->labels, at, labels, i, now);
		gather(w, w->fraction, at, fraction, i, now);
		gather(w, w->aperture, at, aperture, i, now);
		w->done += now;
		if (at + now == LABELS_DEPTH || w->done == w->plan.nz)
			TRY(write_layer(w, w->done - at - now, at + now));
	}
	return OK;
}

enum err labels_put(struct labels_writer *w, int64_t z0, int64_t n, const uint8_t *labels,
	const uint8_t *fraction)
{
	return labels_put_sheets(w, z0, n, labels, fraction, NULL);
}

enum err labels_finish(struct labels_writer *w)
{
	enum err e = OK;

	if (w->done < w->plan.nz)
		e = fail(ERR_FAILED, "%s: %lld of %lld planes are missing", w->plan.path,
			(long long)(w->plan.nz - w->done), (long long)w->plan.nz);
	if (e == OK)
		e = hdf5_close(&w->out);
	if (e == OK)
		e = disk_rename(w->part, w->plan.path);
	if (e != OK) {
		labels_abandon(w);
		return e;
	}
	arena_free(w->arena);
	return OK;
}

void labels_abandon(struct labels_writer *w)
{
	if (!w)
		return;
	hdf5_drop(&w->out, OK);
	if (w->part)
		unlink(w->part);
	arena_free(w->arena);
}

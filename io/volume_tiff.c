/* SPDX-License-Identifier: BSD-3-Clause
 * A volume as a folder of TIFF slices. A slice gets its name when it is whole; until all its rows are
 * put it is held in memory. Counters are kept in the journal and written as a table at the end. */
#include "io/disk.h"
#include "io/tiff_write.h"
#include "io/volume_store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct pending {
	int64_t z, rows;
	uint8_t *pixels;
	struct pending *next;
};

enum { HEAD_ROOM = 4096 }; /* bytes of a slice that are not pixels, at most about */
static const char *const own_files[] = {"provenance.yaml", "counters.csv", NULL};

static const char *slice_path(const struct volume *v, int64_t z, struct arena *arena)
{
	return arena_format(arena, "%s/recon_%05lld.tif", v->plan.path,
		(long long)(v->plan.first_row + z * v->plan.row_step));
}

static enum err prepare(struct volume *v)
{
	return disk_need(v->plan.path, v->plan.nz * (v->slice_bytes + HEAD_ROOM));
}

/* A YAML text in single quotes. */
static const char *quoted(const char *text, struct arena *arena)
{
	char *out = ARENA_NEW(arena, char, 2 * (int64_t)strlen(text) + 3), *at = out;

	if (!out)
		return NULL;
	*at++ = '\'';
	for (; *text; text++) {
		if (*text == '\'')
			*at++ = '\'';
		*at++ = *text == '\n' ? ' ' : *text;
	}
	*at++ = '\'';
	*at = '\0';
	return out;
}

/* Lines of the inputs and of the warnings. */
static enum err lists(const struct volume *v, char **inputs, char **warnings)
{
	int64_t room = 1, n = 0;
	const char *text;

	for (int i = 0; i < v->plan.n_inputs; i++)
		room += 2 * (int64_t)strlen(v->inputs[i].path) + 128;
	NEED(*inputs = ARENA_ZERO(v->arena, char, room));
	for (int i = 0; i < v->plan.n_inputs; i++) {
		const struct volume_input *in = &v->inputs[i];

		NEED(text = quoted(in->path, v->arena));
		n += sprintf(*inputs + n, "  - {path: %s, bytes: %lld, mtime: %lld.%09lld}\n", text,
			(long long)in->bytes, (long long)in->mtime_s, (long long)in->mtime_ns);
	}
	NEED(*warnings = arena_copy(v->arena, ""));
	for (int i = 0; i < v->plan.n_warnings; i++) {
		NEED(text = quoted(v->plan.warnings[i], v->arena));
		NEED(*warnings = arena_format(v->arena, "%s  - %s\n", *warnings, text));
	}
	return OK;
}

static const char *real(double value, struct arena *arena)
{
	return isfinite(value) ? arena_format(arena, "%.17g", value) : ".nan";
}

static enum err put_provenance(struct volume *v, const char *path)
{
	const struct volume_plan *p = &v->plan;
	const char *command = quoted(p->command, v->arena), *scale = "", *config, *text;
	char *inputs, *warnings;

	NEED(command);
	TRY(lists(v, &inputs, &warnings));
	if (p->bits < 32)
		NEED(scale = arena_format(v->arena,
			     "scale_low: %.17g\nscale_high: %.17g\nscale: '%s'\n", p->low, p->high,
			     volume_scale_text(p, v->arena)));
	TRY(volume_indent(p->config_yaml, &config, v->arena));
	NEED(text = arena_format(v->arena,
		     "program: tomochron\nversion: %s\ncommand: %s\nshape: [%lld, %lld, %lld]\n"
		     "first_row: %lld\nrow_step: %lld\nz0_%s: %.17g\nvoxel_um: %s\nunits: %s\n"
		     "bits: %lld\n%scenter: %.17g\ncenter_slope: %.17g\ncenter_sd: %s\n"
		     "warnings:%s\n%sinputs:%s\n%sconfig:\n%s",
		     p->version, command, (long long)p->nz, (long long)p->ny, (long long)p->nx,
		     (long long)p->first_row, (long long)p->row_step,
		     isfinite(p->voxel_um) ? "um" : "px", p->origin_row_um,
		     real(p->voxel_um, v->arena), p->units, (long long)p->bits, scale, p->center,
		     p->center_slope, real(p->center_sd, v->arena), *warnings ? "" : " []",
		     warnings, *inputs ? "" : " []", inputs, config));
	return disk_save(path, text, v->arena);
}

static enum err publish(struct volume *v)
{
	const char *path = arena_format(v->arena, "%s/%s", v->plan.path, own_files[0]);

	NEED(path);
	if (mkdir(v->plan.path, 0777) != 0 && errno != EEXIST)
		return disk_fail(v->plan.path, "making the folder", 0);
	return access(path, F_OK) == 0 ? OK : put_provenance(v, path);
}

static void discard(struct volume *v)
{
	rmdir(v->plan.path); /* if it is empty */
}

static enum err clear(struct volume *v, struct arena *arena)
{
	bool empty;

	TRY(disk_clear_slices(v->plan.path, own_files, arena));
	TRY(disk_folder_empty(v->plan.path, &empty));
	return empty || access(v->plan.path, W_OK) == 0
		       ? OK
		       : disk_fail(v->plan.path, "writing to the folder", 0);
}

static enum err reopen(struct volume *v)
{
	return publish(v);
}

/* The pixels are the end of the file. Called from many threads: no arena of the volume here. */
static enum err checksum_slice(struct volume *v, int64_t z, void *scratch, int64_t n, uint32_t *crc)
{
	char path[4200];
	struct stat st;
	enum err e;
	int fd;

	if (snprintf(path, sizeof(path), "%s/recon_%05" PRId64 ".tif", v->plan.path,
		    v->plan.first_row + z * v->plan.row_step) >= (int)sizeof(path))
		return fail(ERR_USAGE, "%s: the name is too long", v->plan.path);
	TRY(disk_open(&fd, path, O_RDONLY));
	if (fstat(fd, &st) != 0 || st.st_size <= v->slice_bytes)
		e = fail(ERR_INPUT, "%s: is too short", path);
	else
		e = disk_checksum(
			fd, path, st.st_size - v->slice_bytes, v->slice_bytes, scratch, n, crc);
	close(fd);
	return e;
}

static enum err resume(struct volume *v)
{
	int64_t left = 0;

	for (int64_t z = 0; z < v->plan.nz; z++)
		left += !v->slices[z].done;
	return disk_need(v->plan.path, left * (v->slice_bytes + HEAD_ROOM));
}

/* Smallest and largest number of a slice, for the display range. */
static void range(const struct volume *v, const void *pixels, double *min, double *max)
{
	const float *real32 = pixels;
	const uint16_t *wide = pixels;
	const uint8_t *narrow = pixels;
	int64_t n = v->plan.ny * v->plan.nx;
	float low = INFINITY, high = -INFINITY;

	for (int64_t i = 0; i < n; i++) {
		float value = v->plan.bits == 32   ? real32[i]
			      : v->plan.bits == 16 ? wide[i]
						   : narrow[i];

		low = value < low ? value : low;
		high = value > high ? value : high;
	}
	*min = low;
	*max = high;
}

static enum err save(struct volume *v, int64_t z, const void *pixels)
{
	const struct volume_plan *p = &v->plan;
	struct arena_mark mark = arena_mark(v->arena);
	struct tiff_plan tiff = {.n = 1,
		.ny = p->ny,
		.nx = p->nx,
		.bits = p->bits,
		.voxel_um = p->voxel_um,
		.step_um = NAN,
		.low = p->low,
		.high = p->high,
		.units = p->units};
	const char *path = slice_path(v, z, v->arena);

	NEED(path);
	NEED(tiff.origin = arena_format(v->arena, "tomochron %s, see provenance.yaml", p->version));
	range(v, pixels, &tiff.min, &tiff.max);
	TRY(tiff_save(path, &tiff, pixels, v->arena));
	arena_release(v->arena, mark);
	return OK;
}

/* The slice being gathered; a new one takes over the memory of one that is done. */
static struct pending *gathered(struct volume *v, int64_t z)
{
	struct pending *p;

	for (p = v->pending; p; p = p->next)
		if (p->z == z)
			return p;
	p = v->spare;
	if (p) {
		v->spare = p->next;
	} else {
		p = ARENA_NEW(v->arena, struct pending, 1);
		if (!p || !(p->pixels = ARENA_NEW(v->arena, uint8_t, v->slice_bytes)))
			return NULL;
	}
	p->z = z;
	p->rows = 0;
	p->next = v->pending;
	v->pending = p;
	return p;
}

static void let_go(struct volume *v, struct pending *done)
{
	struct pending **link = &v->pending;

	while (*link != done)
		link = &(*link)->next;
	*link = done->next;
	done->next = v->spare;
	v->spare = done;
}

static enum err put(struct volume *v, int64_t z, int64_t y0, int64_t n, const void *pixels)
{
	struct pending *p;

	if (n == v->plan.ny)
		return save(v, z, pixels);
	NEED(p = gathered(v, z));
	memcpy(p->pixels + y0 * v->row_bytes, pixels, (size_t)(n * v->row_bytes));
	p->rows += n;
	if (p->rows < v->plan.ny)
		return OK;
	TRY(save(v, z, p->pixels));
	let_go(v, p);
	return OK;
}

static enum err commit(struct volume *v, int64_t z0, int64_t z1)
{
	(void)v;
	(void)z0;
	(void)z1;
	return OK;
}

static enum err finish(struct volume *v)
{
	struct arena_mark mark = arena_mark(v->arena);
	int64_t room = 64 + (int64_t)v->n_counts * 64 + v->plan.nz * 21 * (v->n_counts + 2), n;
	const char *path = arena_format(v->arena, "%s/%s", v->plan.path, own_files[1]);
	char *text = ARENA_NEW(v->arena, char, room);

	NEED(path);
	NEED(text);
	n = sprintf(text, "row,crc32");
	for (int i = 0; i < v->n_counts; i++)
		n += sprintf(text + n, ",%.60s", v->count_names[i]);
	for (int64_t z = 0; z < v->plan.nz; z++) {
		n += sprintf(text + n, "\n%" PRId64 ",%08x",
			v->plan.first_row + z * v->plan.row_step, v->slices[z].crc);
		for (int i = 0; i < v->n_counts; i++)
			n += sprintf(text + n, ",%" PRId64, v->slices[z].counts[i]);
	}
	sprintf(text + n, "\n");
	TRY(disk_save(path, text, v->arena));
	arena_release(v->arena, mark);
	return OK;
}

static void close_all(struct volume *v)
{
	v->pending = v->spare = NULL;
}

const struct volume_store volume_store_tiff = {
	.folder = true,
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
	.close = close_all,
};

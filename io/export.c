/* SPDX-License-Identifier: BSD-3-Clause */
#include "io/export.h"

#include "io/disk.h"
#include "io/hdf5_view.h"
#include "io/journal.h"
#include "io/percentile.h"
#include "io/tiff_write.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum kind { TO_FOLDER, TO_FILE, TO_XDMF };
static const char *const own_files[] = {"provenance.yaml", "counters.csv", NULL};

struct job {
	const struct export_plan *plan;
	struct export_result *result;
	struct arena *arena;
	struct hdf5_view view;
	enum kind kind;
	const char *out, *part, *units;
	double voxel_um, stored_low, stored_high; /* NAN: not known, not scaled */
	int64_t first_row, row_step;
	bool raw;    /* numbers are copied as they are */
	float *real; /* a slice */
	void *numbers;
	int64_t done, total;
};

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n > m && !strcasecmp(text + n - m, end);
}

static enum err check(struct job *job)
{
	const struct export_plan *plan = job->plan;

	if (plan->bits != 32 && plan->bits != 16 && plan->bits != 8)
		return fail(ERR_USAGE, "output.bits: %lld; 32, 16 or 8 are possible",
			(long long)plan->bits);
	if (isfinite(plan->low) != isfinite(plan->high))
		return fail(ERR_USAGE, "output.low and output.high: give both or neither");
	if (isfinite(plan->low) && plan->low >= plan->high)
		return fail(ERR_USAGE, "output.low: %g is not below output.high, %g", plan->low,
			plan->high);
	job->kind = ends_with(plan->out, ".xdmf")				    ? TO_XDMF
		    : ends_with(plan->out, ".tif") || ends_with(plan->out, ".tiff") ? TO_FILE
										    : TO_FOLDER;
	return disk_parent(plan->out, job->arena);
}

/* Nothing in the way, or what may be replaced. */
static enum err make_place(struct job *job)
{
	struct stat st, in;
	bool empty = false;

	if (stat(job->out, &st) != 0)
		return errno == ENOENT ? OK : disk_fail(job->out, "looking it up", 0);
	if (stat(job->view.path, &in) == 0 && in.st_dev == st.st_dev && in.st_ino == st.st_ino)
		return fail(ERR_USAGE, "%s: is the volume itself; choose another output", job->out);
	if ((job->kind == TO_FOLDER) != (S_ISDIR(st.st_mode) != 0))
		return fail(ERR_USAGE, "%s: is %s; choose another output", job->out,
			S_ISDIR(st.st_mode) ? "a folder" : "not a folder");
	if (job->kind == TO_FOLDER)
		TRY(disk_folder_empty(job->out, &empty));
	if (!empty && !job->plan->force)
		return fail(ERR_USAGE, "%s: exists; choose another name or --force to replace it",
			job->out);
	return OK;
}

static enum err count_finished(struct job *job)
{
	int64_t at, n, missing = 0;
	uint8_t *flags;
	enum err e;
	int fd;

	if (strcmp(job->view.key, "/entry/data/data") != 0)
		return OK;
	hdf5_view_place(&job->view, "/entry/process/slices/finished", &at, &n);
	if (at < 0 || n != job->view.nz)
		return OK; /* not a volume of ours: whole as it is */
	NEED(flags = ARENA_NEW(job->arena, uint8_t, n));
	TRY(disk_open(&fd, job->view.path, O_RDONLY));
	e = disk_read(fd, job->view.path, flags, n, at);
	close(fd);
	TRY(e);
	for (int64_t z = 0; z < n; z++)
		missing += !flags[z];
	if (missing)
		return fail(ERR_INPUT,
			"%s: %lld of %lld slices are not finished; the command that began it "
			"finishes it",
			job->view.path, (long long)missing, (long long)n);
	return OK;
}

static void read_facts(struct job *job)
{
	double row = 0, step = 1;

	job->voxel_um = job->stored_low = job->stored_high = NAN;
	job->units = "1";
	hdf5_view_text(&job->view, NULL, "units", &job->units, job->arena);
	hdf5_view_number(&job->view, NULL, "voxel_um", &job->voxel_um);
	hdf5_view_number(&job->view, NULL, "first_row", &row);
	hdf5_view_number(&job->view, NULL, "row_step", &step);
	if (job->view.bits == 8 || job->view.bits == 16) {
		hdf5_view_number(&job->view, NULL, "scale_low", &job->stored_low);
		hdf5_view_number(&job->view, NULL, "scale_high", &job->stored_high);
	}
	job->first_row = (int64_t)row;
	job->row_step = (int64_t)step;
	job->raw = job->plan->bits < 32 && job->view.bits == job->plan->bits &&
		   !isfinite(job->plan->low);
}

static enum err read_slice(struct job *job, int64_t z)
{
	int64_t n = job->view.ny * job->view.nx;
	double top = job->view.bits == 16 ? 65535 : 255;
	double step = (job->stored_high - job->stored_low) / top;

	if (job->raw)
		TRY(hdf5_view_raw(&job->view, z, job->numbers));
	else
		TRY(hdf5_view_float(&job->view, z, job->real));
	if (!job->raw && isfinite(step))
		for (int64_t i = 0; i < n; i++)
			job->real[i] = (float)(job->stored_low + step * job->real[i]);
	job->done++;
	if (job->plan->progress)
		return job->plan->progress(job->plan->context, job->done, job->total);
	return OK;
}

/* The scale for numbers, by two passes of counting when it is not given. */
static enum err find_scale(struct job *job)
{
	struct export_result *r = job->result;
	double tail = job->plan->tail > 0 ? job->plan->tail : 0.1;
	int64_t n = job->view.ny * job->view.nx;
	struct percentiles *count;

	r->low = job->plan->low;
	r->high = job->plan->high;
	if (job->raw) {
		r->low = job->stored_low;
		r->high = job->stored_high;
	}
	if (job->plan->bits == 32)
		r->low = r->high = NAN;
	if (job->plan->bits == 32 || job->raw || isfinite(r->low))
		return OK;
	job->total *= 3;
	NEED(count = percentiles_new(tail / 100, 1 - tail / 100, job->arena));
	for (int pass = 0; pass < 2; pass++) {
		for (int64_t z = 0; z < job->view.nz; z++) {
			TRY(read_slice(job, z));
			percentiles_add(count, job->real, n);
		}
		if (percentiles_next(count) == 0)
			return fail(ERR_INPUT, "%s: %s: has no finite value", job->view.path,
				job->view.key);
	}
	percentiles_values(count, &r->low, &r->high);
	if (r->low >= r->high) /* a constant volume: any scale that holds it */
		r->high = r->low + fmax(1, fabs(r->low));
	return OK;
}

static const void *to_numbers(struct job *job)
{
	const struct export_result *r = job->result;
	double top = job->plan->bits == 16 ? 65535 : 255, factor = top / (r->high - r->low);
	int64_t n = job->view.ny * job->view.nx;
	uint16_t *wide = job->numbers;
	uint8_t *narrow = job->numbers;

	if (job->raw)
		return job->numbers;
	if (job->plan->bits == 32)
		return job->real;
	for (int64_t i = 0; i < n; i++) {
		double value = (job->real[i] - r->low) * factor + 0.5;
		bool inside = value >= 0 && value < top + 1;
		int number = inside ? (int)value : value > 0 ? (int)top : 0;

		job->result->clipped += !inside;
		if (job->plan->bits == 16)
			wide[i] = (uint16_t)number;
		else
			narrow[i] = (uint8_t)number;
	}
	return job->numbers;
}

static enum err plan_tiff(struct job *job, struct tiff_plan *tiff, int64_t pages)
{
	const char *base = strrchr(job->view.path, '/');

	*tiff = (struct tiff_plan){.n = pages,
		.ny = job->view.ny,
		.nx = job->view.nx,
		.bits = job->plan->bits,
		.voxel_um = job->voxel_um,
		.step_um = pages > 1 ? job->voxel_um : NAN,
		.min = job->plan->bits < 32 ? 0 : NAN,
		.max = job->plan->bits == 16  ? 65535
		       : job->plan->bits == 8 ? 255
					      : NAN,
		.low = job->result->low,
		.high = job->result->high,
		.units = job->units,
		.big_above = job->plan->big_above};
	NEED(tiff->origin = arena_format(job->arena, "%s:%s, row %lld, tomochron " TOMO_VERSION,
		     base ? base + 1 : job->view.path, job->view.key, (long long)job->first_row));
	return OK;
}

static enum err write_pages(struct job *job, int fd)
{
	struct tiff_plan tiff;
	struct tiff_head head;

	TRY(plan_tiff(job, &tiff, job->view.nz));
	TRY(tiff_head(&head, &tiff, job->arena));
	job->result->big = head.big;
	job->result->bytes = head.file_bytes;
	TRY(disk_need(job->out, head.file_bytes));
	TRY(disk_reserve(fd, job->out, 0, head.file_bytes));
	TRY(disk_write(fd, job->out, head.bytes, head.n, 0));
	for (int64_t z = 0; z < job->view.nz; z++) {
		TRY(read_slice(job, z));
		TRY(disk_write(fd, job->out, to_numbers(job), head.page_bytes,
			head.n + z * head.page_bytes));
	}
	return OK;
}

static enum err write_file(struct job *job)
{
	enum err e;
	int fd;

	TRY(disk_open(&fd, job->part, O_RDWR | O_CREAT | O_TRUNC));
	e = write_pages(job, fd);
	if (e == OK)
		e = disk_close(&fd, job->out);
	if (e == OK)
		e = disk_rename(job->part, job->out);
	if (e != OK) {
		if (fd >= 0)
			close(fd);
		unlink(job->part);
	}
	return e;
}

static enum err write_slices(struct job *job)
{
	struct tiff_plan tiff;

	TRY(plan_tiff(job, &tiff, 1));
	for (int64_t z = 0; z < job->view.nz; z++) {
		struct arena_mark mark = arena_mark(job->arena);
		const char *path = arena_format(job->arena, "%s/recon_%05lld.tif", job->part,
			(long long)(job->first_row + z * job->row_step));
		const void *pixels;

		NEED(path);
		TRY(read_slice(job, z));
		pixels = to_numbers(job);
		TRY(tiff_save(path, &tiff, pixels, job->arena));
		job->result->bytes += job->view.ny * job->view.nx * (job->plan->bits / 8);
		arena_release(job->arena, mark);
	}
	return OK;
}

/* The old slices, and the journal that told of them. */
static enum err clear_old(struct job *job)
{
	const char *journal = arena_format(job->arena, "%s.journal", job->out);
	struct journal_text text;

	NEED(journal);
	TRY(journal_read(&text, journal, job->arena));
	if (text.state == JOURNAL_BEGUN || text.state == JOURNAL_COMPLETE)
		TRY(disk_remove(journal));
	return disk_clear_slices(job->out, own_files, job->arena);
}

/* Gathered in a folder aside, which takes the place of the old one at the end. */
static enum err write_folder(struct job *job)
{
	enum err e;

	TRY(disk_need(job->out,
		job->view.nz * (job->view.ny * job->view.nx * (job->plan->bits / 8) + 4096)));
	TRY(disk_clear_slices(job->part, own_files, job->arena));
	if (mkdir(job->part, 0777) != 0 && errno != EEXIST)
		return disk_fail(job->out, "making the folder", 0);
	job->result->files = job->view.nz;
	e = write_slices(job);
	if (e == OK && job->plan->force)
		e = clear_old(job);
	if (e == OK && rename(job->part, job->out) != 0)
		e = errno == ENOTEMPTY || errno == EEXIST
			    ? fail(ERR_USAGE,
				      "%s: holds files that are not slices; move them away, or "
				      "choose another folder",
				      job->out)
			    : disk_fail(job->out, "renaming to it", 0);
	if (e != OK) {
		char sentence[1024];

		snprintf(sentence, sizeof(sentence), "%s", error_message());
		(void)disk_clear_slices(job->part, own_files, job->arena);
		rmdir(job->part);
		return fail(e, "%s", sentence);
	}
	return OK;
}

static enum err write_xdmf(struct job *job)
{
	const struct hdf5_view *v = &job->view;
	bool known = isfinite(job->voxel_um);
	double step = known ? job->voxel_um : 1;
	char *path = realpath(v->path, NULL);
	const char *text;

	NEED(path);
	text = arena_format(job->arena,
		"<?xml version=\"1.0\"?>\n<Xdmf Version=\"3.0\">\n<Domain>\n"
		"<Grid Name=\"volume\" GridType=\"Uniform\">\n"
		"<Topology TopologyType=\"3DCoRectMesh\" Dimensions=\"%lld %lld %lld\"/>\n"
		"<Geometry GeometryType=\"ORIGIN_DXDYDZ\">\n"
		"<DataItem Dimensions=\"3\" NumberType=\"Float\" "
		"Precision=\"8\" Format=\"XML\">0 0 0</DataItem>\n"
		"<DataItem Dimensions=\"3\" NumberType=\"Float\" "
		"Precision=\"8\" Format=\"XML\">%.9g %.9g %.9g</DataItem>\n"
		"</Geometry>\n<Attribute Name=\"data\" AttributeType=\"Scalar\" Center=\"Node\">\n"
		"<DataItem Dimensions=\"%lld %lld %lld\" NumberType=\"%s\" Precision=\"%d\" "
		"Format=\"HDF\">\n%s:%s\n</DataItem>\n</Attribute>\n</Grid>\n</Domain>\n</Xdmf>\n",
		(long long)v->nz, (long long)v->ny, (long long)v->nx, step, step, step,
		(long long)v->nz, (long long)v->ny, (long long)v->nx,
		v->bits == 8	? "UChar"
		: v->bits == 16 ? "UShort"
				: "Float",
		v->bits == 8	? 1
		: v->bits == 16 ? 2
				: 4,
		path, v->key);
	free(path);
	NEED(text);
	job->result->bytes = (int64_t)strlen(text);
	return disk_save(job->out, text, job->arena);
}

static enum err convert(struct job *job)
{
	const struct hdf5_view *view = &job->view;
	int64_t n = view->ny * view->nx;

	job->result->nz = view->nz;
	job->result->ny = view->ny;
	job->result->nx = view->nx;
	job->result->files = 1;
	job->result->low = job->result->high = NAN;
	job->total = view->nz;
	TRY(make_place(job));
	TRY(count_finished(job));
	read_facts(job);
	if (job->kind == TO_XDMF)
		return write_xdmf(job);
	NEED(job->real = ARENA_NEW(job->arena, float, n));
	NEED(job->numbers = ARENA_NEW(job->arena, uint16_t, n));
	TRY(find_scale(job));
	return job->kind == TO_FILE ? write_file(job) : write_folder(job);
}

enum err export_volume(
	const struct export_plan *plan, struct export_result *result, struct arena *arena)
{
	struct job job = {.plan = plan, .result = result, .arena = arena};
	char *out = arena_copy(arena, plan->out);
	enum err e;

	NEED(out);
	for (size_t n = strlen(out); n > 1 && out[n - 1] == '/'; n--)
		out[n - 1] = '\0';
	*result = (struct export_result){0};
	job.out = out;
	NEED(job.part = disk_part(out, arena));
	TRY(check(&job));
	TRY(hdf5_view(&job.view, plan->volume, arena));
	e = convert(&job);
	hdf5_view_close(&job.view);
	return e;
}

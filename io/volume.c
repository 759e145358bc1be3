/* SPDX-License-Identifier: BSD-3-Clause
 * The front of io/volume.h: is the place free, ours to take up, or to be left alone; scaling; the
 * journal. The reasons for the order of things stand in io/volume_store.h. */
#include "io/volume.h"

#include "core/log.h"
#include "core/parallel.h"
#include "io/checksum.h"
#include "io/disk.h"
#include "io/volume_store.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCALE_BYTES = 1 << 22, VERIFY_BYTES = 1 << 20 };

int64_t volume_buffer_bytes(const struct volume_plan *plan, int64_t slices_at_once)
{
	int64_t scaled = plan->bits < 32 ? SCALE_BYTES + plan->nx * 2 : 0;
	int64_t held = plan->format == OUTPUT_TIFF ? plan->ny * plan->nx * (plan->bits / 8) : 0;

	return scaled + held * slices_at_once +
	       plan->nz * (int64_t)(sizeof(struct slice_record) + sizeof(struct slice_progress) +
				    8 * ((size_t)plan->n_counts + 1));
}

static enum err allocate(struct volume *v)
{
	const struct volume_plan *p = &v->plan;
	int64_t *counts;

	v->n_counts = p->n_counts + (p->bits < 32);
	v->row_bytes = p->nx * (p->bits / 8);
	v->slice_bytes = p->ny * v->row_bytes;
	NEED(v->count_names = ARENA_NEW(v->arena, const char *, v->n_counts));
	for (int i = 0; i < p->n_counts; i++)
		v->count_names[i] = p->count_names[i];
	if (p->bits < 32) {
		v->count_names[p->n_counts] = "beyond_scale";
		v->scaled_rows = SCALE_BYTES / v->row_bytes + 1;
		if (v->scaled_rows > p->ny)
			v->scaled_rows = p->ny;
		NEED(v->scaled = ARENA_NEW(v->arena, uint8_t, v->scaled_rows * v->row_bytes));
	}
	NEED(v->slices = ARENA_ZERO(v->arena, struct slice_record, p->nz));
	NEED(v->progress = ARENA_ZERO(v->arena, struct slice_progress, p->nz));
	NEED(v->counts_at = ARENA_ZERO(v->arena, int64_t, v->n_counts));
	NEED(counts = ARENA_ZERO(v->arena, int64_t, p->nz * v->n_counts));
	for (int64_t z = 0; z < p->nz; z++)
		v->slices[z].counts = counts + z * v->n_counts;
	return OK;
}

static void let_folder_go(struct volume *v)
{
	if (v->held >= 0)
		close(v->held);
	v->held = -1;
}

static enum err start_new(struct volume *v, const char *journal, const char *head)
{
	enum err e = v->store->prepare(v);

	if (e == OK)
		e = journal_create(&v->journal, journal, head, v->arena);
	if (e == OK)
		e = v->store->publish(v);
	if (e != OK)
		v->store->discard(v);
	return e;
}

/* Slices that the journal tells of, checked against what is on disk. */
struct verify {
	struct volume *v;
	char *scratch; /* VERIFY_BYTES a thread */
	bool *wrong;
};

static enum err verify_slice(void *context, int64_t z, int thread)
{
	struct verify *job = context;
	struct slice_record *slice = &job->v->slices[z];
	uint32_t crc;

	if (!slice->done)
		return OK;
	/* one that cannot be read is as wrong as one that reads otherwise: it is made again */
	job->wrong[z] = job->v->store->checksum(job->v, z, job->scratch + thread * VERIFY_BYTES,
				VERIFY_BYTES, &crc) != OK ||
			crc != slice->crc;
	return OK;
}

static enum err verify(struct volume *v)
{
	struct arena_mark mark = arena_mark(v->arena);
	struct verify job = {.v = v};
	int64_t kept = 0;

	NEED(job.scratch = ARENA_NEW(v->arena, char, (int64_t)parallel_threads() * VERIFY_BYTES));
	NEED(job.wrong = ARENA_ZERO(v->arena, bool, v->plan.nz));
	TRY(parallel_for(v->plan.nz, verify_slice, &job));
	for (int64_t z = 0; z < v->plan.nz; z++) {
		if (job.wrong[z]) {
			log_info("%s: slice %lld differs from its checksum; it is made again",
				v->plan.path, (long long)z);
			v->slices[z].done = false;
			memset(v->slices[z].counts, 0, (size_t)v->n_counts * sizeof(int64_t));
		}
		kept += v->slices[z].done;
	}
	log_info("%s: resumed, %lld of %lld slices are there", v->plan.path, (long long)kept,
		(long long)v->plan.nz);
	arena_release(v->arena, mark);
	return OK;
}

static enum err take_up(
	struct volume *v, const char *journal, const struct journal_text *text, const char *head)
{
	const char *difference;

	if (text->state == JOURNAL_COMPLETE)
		return fail(ERR_USAGE, "%s: is complete; --force makes it again", v->plan.path);
	TRY(journal_difference(text->head, head, &difference, v->arena));
	if (difference)
		return fail(ERR_USAGE,
			"%s: was begun with other options (%s); use the same options or --force "
			"to start over",
			v->plan.path, difference);
	TRY(journal_reopen(&v->journal, journal, text->good));
	let_folder_go(v);
	TRY(journal_replay(text, journal, v->slices, v->plan.nz, v->n_counts));
	TRY(v->store->reopen(v));
	TRY(verify(v));
	return v->store->resume(v);
}

/* Is there nothing at the place? An empty folder is nothing. A folder where a file is wanted, or
 * the other way round, stays untouched whatever was asked. */
static enum err look(const struct volume *v, bool *vacant)
{
	const char *path = v->plan.path;
	struct stat st;

	*vacant = false;
	if (stat(path, &st) != 0) {
		*vacant = true;
		return errno == ENOENT ? OK : disk_fail(path, "looking it up", 0);
	}
	if (v->store->folder && !S_ISDIR(st.st_mode))
		return fail(ERR_USAGE, "%s: is a file; TIFF slices need a folder", path);
	if (!v->store->folder && !S_ISREG(st.st_mode))
		return fail(ERR_USAGE, "%s: is not a file; an HDF5 volume needs one", path);
	return v->store->folder ? disk_folder_empty(path, vacant) : OK;
}

/* Removes an old output, unless somebody is writing it. A folder takes many steps to clear: its
 * journal goes first, so that a half cleared one is not taken for a volume. */
static enum err clear(struct volume *v, const char *journal, const struct journal_text *text)
{
	if (text->state == JOURNAL_BEGUN) {
		TRY(journal_reopen(&v->journal, journal, text->good));
		journal_close(&v->journal);
	}
	if (v->store->folder)
		TRY(disk_remove(journal));
	TRY(v->store->clear(v, v->arena));
	return disk_remove(journal);
}

static enum err open_volume(struct volume *v, bool force)
{
	struct journal_text text;
	const char *journal, *head;
	bool vacant;

	TRY(volume_check(&v->plan, v->arena));
	TRY(volume_inputs(&v->plan, &v->inputs, v->arena));
	TRY(allocate(v));
	v->held = disk_hold_folder(v->plan.path, v->arena);
	TRY(look(v, &vacant));
	NEED(journal = arena_format(v->arena, "%s.journal", v->plan.path));
	TRY(volume_head(v, &head, v->arena));
	TRY(journal_read(&text, journal, v->arena));
	if (text.state == JOURNAL_FOREIGN)
		return fail(ERR_USAGE,
			"%s: is in the way of the journal and was not written by this program; "
			"move it",
			journal);
	if (force && !vacant) {
		TRY(clear(v, journal, &text));
		vacant = true;
	}
	if (vacant)
		return start_new(v, journal, head);
	if (text.state == JOURNAL_NONE)
		return fail(ERR_USAGE,
			"%s: exists and has no journal that says what it is; choose another name "
			"or --force to replace it",
			v->plan.path);
	return take_up(v, journal, &text, head);
}

enum err volume_create(
	struct volume **volume, const struct volume_plan *plan, bool force, struct arena *arena)
{
	struct volume *v = ARENA_ZERO(arena, struct volume, 1);
	char *path;
	enum err e;

	*volume = NULL;
	NEED(v);
	NEED(v->arena = arena_new());
	v->plan = *plan;
	v->fd = v->held = v->journal.fd = -1;
	v->store = plan->format == OUTPUT_TIFF ? &volume_store_tiff : &volume_store_hdf5;
	v->plan.path = path = arena_copy(v->arena, plan->path);
	for (size_t n = path ? strlen(path) : 0; n > 1 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	e = path ? open_volume(v, force) : ERR_RESOURCE;
	let_folder_go(v);
	if (e != OK)
		volume_abandon(v);
	else
		*volume = v;
	return e;
}

bool volume_has(const struct volume *volume, int64_t z)
{
	return volume->slices[z].done;
}

/* To the nearest number of the scale. Not-a-numbers become 0. */
static int64_t scale(const struct volume_plan *p, const float *in, int64_t n, void *out)
{
	double top = p->bits == 16 ? 65535 : 255, factor = top / (p->high - p->low);
	uint16_t *wide = out;
	uint8_t *narrow = out;
	int64_t clipped = 0;

	for (int64_t i = 0; i < n; i++) {
		double value = (in[i] - p->low) * factor + 0.5;
		bool inside = value >= 0 && value < top + 1;
		int number = inside ? (int)value : value > 0 ? (int)top : 0;

		clipped += !inside;
		if (p->bits == 16)
			wide[i] = (uint16_t)number;
		else
			narrow[i] = (uint8_t)number;
	}
	return clipped;
}

static enum err put_pixels(struct volume *v, int64_t z, int64_t y0, int64_t n, const void *pixels)
{
	struct slice_progress *progress = &v->progress[z];

	if (progress->rows == 0)
		*progress = (struct slice_progress){.in_order = true, .clipped = progress->clipped};
	progress->in_order = progress->in_order && y0 == progress->rows;
	if (progress->in_order)
		progress->crc = checksum(progress->crc, pixels, n * v->row_bytes);
	TRY(v->store->put(v, z, y0, n, pixels));
	progress->rows += n;
	return OK;
}

enum err volume_put(struct volume *volume, int64_t z, int64_t y0, int64_t n, const float *rows)
{
	const struct volume_plan *p = &volume->plan;

	if (z < 0 || z >= p->nz || y0 < 0 || n < 0 || y0 + n > p->ny)
		return fail(ERR_FAILED, "%s: rows %lld to %lld of slice %lld are outside", p->path,
			(long long)y0, (long long)(y0 + n), (long long)z);
	if (p->bits == 32)
		return put_pixels(volume, z, y0, n, rows);
	for (int64_t y = 0; y < n; y += volume->scaled_rows) {
		int64_t some = n - y < volume->scaled_rows ? n - y : volume->scaled_rows;

		volume->progress[z].clipped +=
			scale(p, rows + y * p->nx, some * p->nx, volume->scaled);
		TRY(put_pixels(volume, z, y0 + y, some, volume->scaled));
	}
	return OK;
}

enum err volume_commit(struct volume *volume, int64_t z0, int64_t z1, const int64_t *counts)
{
	struct arena_mark mark = arena_mark(volume->arena);
	int n = volume->plan.n_counts;
	void *scratch;

	NEED(scratch = ARENA_NEW(volume->arena, char, VERIFY_BYTES));
	for (int64_t z = z0; z < z1; z++) {
		struct slice_progress *progress = &volume->progress[z];
		struct slice_record *slice = &volume->slices[z];

		if (progress->rows != volume->plan.ny)
			return fail(ERR_FAILED, "%s: slice %lld has %lld of its %lld rows",
				volume->plan.path, (long long)z, (long long)progress->rows,
				(long long)volume->plan.ny);
		slice->crc = progress->crc;
		if (!progress->in_order)
			TRY(volume->store->checksum(volume, z, scratch, VERIFY_BYTES, &slice->crc));
		if (n > 0)
			memcpy(slice->counts, counts + (z - z0) * n, (size_t)n * sizeof(int64_t));
		if (volume->n_counts > n)
			slice->counts[n] = progress->clipped;
		slice->done = true;
		*progress = (struct slice_progress){0};
	}
	arena_release(volume->arena, mark);
	TRY(volume->store->commit(volume, z0, z1));
	return journal_slab(
		&volume->journal, z0, z1, volume->slices, volume->n_counts, volume->arena);
}

enum err volume_finish(struct volume *volume)
{
	enum err e = OK;

	for (int64_t z = 0; e == OK && z < volume->plan.nz; z++)
		if (!volume->slices[z].done)
			e = fail(ERR_FAILED, "%s: slice %lld was never made", volume->plan.path,
				(long long)z);
	if (e == OK)
		e = volume->store->finish(volume);
	if (e == OK)
		e = journal_complete(&volume->journal);
	volume_abandon(volume);
	return e;
}

void volume_abandon(struct volume *volume)
{
	if (!volume)
		return;
	volume->store->close(volume);
	journal_close(&volume->journal);
	arena_free(volume->arena);
	volume->arena = NULL;
}

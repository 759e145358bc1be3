/* SPDX-License-Identifier: BSD-3-Clause
 * A scan that can be taken up again. As with volumes (io/volume_store.h) libhdf5 makes the files and
 * leaves, and frames are written where it said they lie, so that a kill cannot leave its structures half
 * changed. The order of things:
 *
 *	the journal appears, with its head: what lies here is ours from now on
 *	the files are made, whole but for their frames; a line for record 0 says so
 *	frames are written, then a line with their checksums; and so on
 *	all on disk, the journal is replaced by one that says complete
 *
 * Killed before record 0, the files are made again. What the journal tells of is checked against the
 * checksums (a power cut may keep the line and lose the pixels). Compressed frames have no known place:
 * such a scan is begun again unless it is complete. */
#include "core/log.h"
#include "core/isa.h"
#include "core/parallel.h"
#include "io/checksum.h"
#include "io/disk.h"
#include "io/hdf5_places.h"
#include "io/scan_layouts.h"
#include "io/volume_store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { VERIFY_BYTES = 1 << 20 };

const char *scan_journal_path(const struct scan_plan *plan, struct arena *arena)
{
	if (plan->step < 0)
		return arena_format(arena, "%s/scan.journal", plan->dir);
	return arena_format(arena, "%s/scan_%02lld.journal", plan->dir, (long long)plan->step);
}

static int64_t frame_bytes(const struct scan_writer *w)
{
	return w->plan.n_row * w->plan.n_col * 2;
}

static enum err close_files(struct scan_writer *w)
{
	while (w->n_files > 0)
		TRY(hdf5_close(&w->files[--w->n_files]));
	return OK;
}

/* Where frames lie, and a checksum of all that. */
static enum err find_places(struct scan_writer *w, uint32_t *crc)
{
	*crc = 0;
	for (int kind = 0; kind < 3 && w->direct; kind++) {
		struct target *t = &w->target[kind];

		if (t->n == 0)
			continue;
		if (!t->at)
			NEED(t->at = ARENA_NEW(w->arena, int64_t, t->n));
		TRY(hdf5_frame_places(t->path, t->key, t->n, w->plan.n_row, w->plan.n_col, t->at));
		*crc = checksum(*crc, t->at, t->n * 8);
		if (t->fd < 0)
			TRY(disk_open(&t->fd, t->path, O_RDWR));
	}
	return OK;
}

/* The room is taken now. Frames of one array lie behind each other, if not without gaps. */
static enum err reserve(struct scan_writer *w)
{
	for (int kind = 0; kind < 3; kind++) {
		const struct target *t = &w->target[kind];

		if (t->fd >= 0)
			TRY(disk_reserve(t->fd, t->path, t->at[0],
				t->at[t->n - 1] - t->at[0] + frame_bytes(w)));
	}
	return OK;
}

enum err scan_need_room(const struct scan_writer *w)
{
	if (w->plan.compression != COMPRESS_NONE && w->layout != &scan_tiff)
		return OK;
	return disk_need(w->plan.dir, w->n_frames * frame_bytes(w));
}

static enum err make(struct scan_writer *w, uint32_t *crc)
{
	TRY(w->layout->make(w));
	if (w->direct)
		TRY(close_files(w));
	TRY(find_places(w, crc));
	return reserve(w);
}

enum err scan_make(struct scan_writer *w)
{
	uint32_t crc;

	return make(w, &crc);
}

/* Everything that decides the bytes. */
static enum err describe(struct scan_writer *w)
{
	static const char *const layouts[] = {"hex", "hex-legacy", "nxtomo", "dxchange", "tiff"};
	static const char *const packings[] = {"none", "gzip", "szip"};
	const struct scan_plan *p = &w->plan;
	const char *config;

	TRY(volume_indent(p->key ? p->key : "", &config, w->arena));
	NEED(w->head = arena_format(w->arena,
		     "version: %s\nmachine level: %s\nlayout: %s\ncompression: %s\n"
		     "shape: %lld projections, %lld flats, %lld darks, %lld flats after, of %lld x "
		     "%lld\nangles: %lld, crc %08x\nstep: %lld%s\npixel: %.17g\nenergy: "
		     "%.17g\ndistance: %.17g\nhalf: %d\nconfig:\n%s",
		     TOMO_VERSION, isa_name(), layouts[p->layout], packings[p->compression],
		     (long long)p->n_proj, (long long)p->n_flat, (long long)p->n_dark,
		     (long long)p->n_flat_after, (long long)p->n_row, (long long)p->n_col,
		     (long long)p->n_reading, checksum(0, p->reading, p->n_reading * 8),
		     (long long)p->step, p->own_flats ? ", own flats" : "", p->pixel_um,
		     p->energy_kev, p->distance_mm, p->half, config));
	return OK;
}

static enum err sync_file(const char *path)
{
	enum err e = OK;
	int fd;

	TRY(disk_open(&fd, path, O_RDWR));
	if (fsync(fd) != 0 && errno != EINVAL && errno != ENOTSUP)
		e = disk_fail(path, "writing", 0);
	close(fd);
	return e;
}

static enum err make_anew(struct scan_writer *w)
{
	for (int64_t i = 0; i <= w->n_frames; i++)
		w->record[i].done = false;
	TRY(scan_need_room(w));
	TRY(make(w, &w->record[0].crc));
	if (!w->direct && w->layout != &scan_tiff)
		return OK;
	if (w->angles)
		TRY(sync_file(w->angles));
	if (w->direct)
		TRY(sync_file(w->scan));
	for (int kind = 0; kind < 3; kind++)
		if (w->target[kind].fd >= 0)
			TRY(sync_file(w->target[kind].path));
	w->record[0].done = true;
	return journal_slab(&w->journal, 0, 1, w->record, 0, w->arena);
}

static bool there(const char *path)
{
	return !path || access(path, F_OK) == 0;
}

/* Is every file there? */
static bool has_files(const struct scan_writer *w)
{
	bool all = there(w->scan) && there(w->angles);

	for (int kind = 0; kind < 3; kind++)
		if (w->target[kind].n > 0)
			all = all && there(w->target[kind].path) && there(w->target[kind].folder);
	return all;
}

struct verify {
	struct scan_writer *w;
	enum frame_kind kind;
	int group;
	char *scratch; /* VERIFY_BYTES a thread */
};

static enum err verify_frame(void *context, int64_t frame, int thread)
{
	const struct verify *job = context;
	struct scan_writer *w = job->w;
	const struct target *t = &w->target[job->kind];
	struct slice_record *record = &w->record[scan_record(w, job->kind, job->group, frame)];
	char *scratch = job->scratch + thread * VERIFY_BYTES;
	int64_t place = frame + (job->group == 1 ? t->after : t->offset);
	uint32_t crc;
	enum err e;

	if (!record->done)
		return OK;
	if (t->path)
		e = disk_checksum(
			t->fd, t->path, t->at[place], frame_bytes(w), scratch, VERIFY_BYTES, &crc);
	else
		e = scan_tiff_checksum(w, job->kind, place, scratch, VERIFY_BYTES, &crc);
	/* one that cannot be read is as wrong as one that reads otherwise: it is made again */
	record->done = e == OK && crc == record->crc;
	return OK;
}

static enum err verify(struct scan_writer *w)
{
	static const enum frame_kind kinds[] = {
		FRAME_FLAT, FRAME_DARK, FRAME_PROJECTION, FRAME_FLAT};
	struct arena_mark mark = arena_mark(w->arena);
	struct verify job = {.w = w};
	int64_t kept = 0;

	NEED(job.scratch = ARENA_NEW(w->arena, char, (int64_t)parallel_threads() * VERIFY_BYTES));
	for (int i = 0; i < 4; i++) {
		int64_t n = scan_write_count(w, kinds[i], i == 3);

		job.kind = kinds[i];
		job.group = i == 3;
		if (w->direct)
			TRY(parallel_for(n, verify_frame, &job));
		else /* names are made in an arena, which is one thread's */
			for (int64_t f = 0; f < n; f++)
				verify_frame(&job, f, 0);
	}
	arena_release(w->arena, mark);
	for (int64_t i = 1; i <= w->n_frames; i++)
		kept += w->record[i].done;
	log_info("%s: resumed, %lld of %lld frames are there", w->scan, (long long)kept,
		(long long)w->n_frames);
	return OK;
}

/* The journal is open and belongs to this scan. */
static enum err go_on(struct scan_writer *w, const struct journal_text *text)
{
	uint32_t crc;

	TRY(journal_replay(text, w->journal.path, w->record, w->n_frames + 1, 0));
	if (!w->record[0].done)
		return make_anew(w);
	if (!has_files(w) || find_places(w, &crc) != OK || crc != w->record[0].crc) {
		log_info("%s: its files are not as they were made; the scan is begun again",
			w->scan);
		return make_anew(w);
	}
	TRY(reserve(w));
	return verify(w);
}

static enum err refuse_others(
	const struct scan_writer *w, const struct journal_text *text, const char *path)
{
	const char *difference;

	if (text->state == JOURNAL_FOREIGN)
		return fail(ERR_USAGE,
			"%s: is in the way of the journal and was not written by this program; "
			"move it",
			path);
	if (text->state == JOURNAL_NONE || w->plan.force)
		return OK;
	TRY(journal_difference(text->head, w->head, &difference, w->arena));
	if (!difference)
		return OK;
	return fail(ERR_USAGE,
		"%s: was %s with other options (%s); use the same options or --force to start over",
		w->scan, text->state == JOURNAL_COMPLETE ? "made" : "begun", difference);
}

static enum err open_journal(struct scan_writer *w)
{
	const char *path = scan_journal_path(&w->plan, w->arena);
	struct journal_text text;

	NEED(path);
	TRY(describe(w));
	w->held = disk_hold_folder(path, w->arena);
	TRY(journal_read(&text, path, w->arena));
	TRY(refuse_others(w, &text, path));
	if (text.state == JOURNAL_COMPLETE && !w->plan.force && has_files(w)) {
		for (int64_t i = 0; i <= w->n_frames; i++)
			w->record[i].done = true;
		w->complete = true;
		return OK;
	}
	if (text.state == JOURNAL_BEGUN) { /* fails when another process writes */
		TRY(journal_reopen(&w->journal, path, text.good));
		if (!w->plan.force)
			return OK;
		journal_close(&w->journal);
	}
	w->anew = true;
	return journal_create(&w->journal, path, w->head, w->arena);
}

enum err scan_take_up(struct scan_writer *w)
{
	struct journal_text text;
	enum err e = open_journal(w);

	if (w->held >= 0)
		close(w->held);
	w->held = -1;
	TRY(e);
	if (w->complete)
		return OK;
	if (w->anew)
		return make_anew(w);
	TRY(journal_read(&text, w->journal.path, w->arena));
	return go_on(w, &text);
}

enum err scan_conclude(struct scan_writer *w)
{
	for (int kind = 0; kind < 3; kind++) {
		struct target *t = &w->target[kind];

		if (t->fd >= 0 && fdatasync(t->fd) != 0 && errno != EINVAL && errno != ENOTSUP)
			return disk_fail(t->path, "writing", 0);
	}
	return journal_conclude(&w->journal, w->head, w->arena);
}

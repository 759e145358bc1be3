/* SPDX-License-Identifier: BSD-3-Clause
 * Raw scans out: the part that all layouts share. */
#include "io/scan_write.h"

#include "core/parallel.h"
#include "io/checksum.h"
#include "io/disk.h"
#include "io/scan_layouts.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static const struct scan_layout *layout_of(enum layout layout)
{
	switch (layout) {
	case LAYOUT_HEX:
		return &scan_hex;
	case LAYOUT_HEX_LEGACY:
		return &scan_hex_legacy;
	case LAYOUT_NXTOMO:
		return &scan_nxtomo;
	case LAYOUT_DXCHANGE:
		return &scan_dxchange;
	case LAYOUT_TIFF:
		return &scan_tiff;
	}
	return NULL;
}

int64_t scan_write_count(const struct scan_writer *w, enum frame_kind kind, int group)
{
	switch (kind) {
	case FRAME_PROJECTION:
		return w->plan.n_proj;
	case FRAME_DARK:
		return w->plan.n_dark;
	default:
		return group == 1 ? w->plan.n_flat_after : w->plan.n_flat;
	}
}

int64_t scan_record(const struct scan_writer *w, enum frame_kind kind, int group, int64_t frame)
{
	const struct scan_plan *p = &w->plan;
	int64_t at = 1 + frame;

	if (kind == FRAME_FLAT && group == 0)
		return at;
	at += p->n_flat;
	if (kind == FRAME_DARK)
		return at;
	at += p->n_dark;
	return kind == FRAME_PROJECTION ? at : at + p->n_proj;
}

static enum err open_scan(struct scan_writer *w)
{
	static const char *const names[] = {"hex", "hex-legacy", "nxtomo", "dxchange", "tiff"};
	struct scan_plan *p = &w->plan;
	const char *journal;

	w->layout = layout_of(p->layout);
	if (!w->layout)
		return fail(ERR_USAGE, "simulate.layout: unknown number %d", (int)p->layout);
	if (p->n_flat_after > 0 && p->layout != LAYOUT_NXTOMO)
		return fail(ERR_USAGE, "layout %s: has no place for flats after the scan",
			names[p->layout]);
	if (p->step > 0 && !p->own_flats) /* they are in the first step */
		p->n_flat = p->n_dark = p->n_flat_after = 0;
	TRY(w->layout->name(w));
	w->direct = w->layout != &scan_tiff && p->compression == COMPRESS_NONE;
	w->n_frames = p->n_proj + p->n_flat + p->n_flat_after + p->n_dark;
	TRY(make_folders(p->dir));
	if (!p->resume)
		TRY(scan_need_room(w));
	NEED(w->record = ARENA_ZERO(w->arena, struct slice_record, w->n_frames + 1));
	if (p->resume)
		return scan_take_up(w);
	NEED(journal = scan_journal_path(p, w->arena));
	TRY(disk_remove(journal)); /* it would tell of files that are now replaced */
	return scan_make(w);
}

enum err scan_write_open(
	struct scan_writer **writer, const struct scan_plan *plan, struct arena *arena)
{
	struct scan_writer *w = ARENA_ZERO(arena, struct scan_writer, 1);
	enum err e;

	NEED(w);
	w->arena = arena;
	w->plan = *plan;
	w->darks_flats = "";
	w->journal.fd = w->held = -1;
	for (int kind = 0; kind < 3; kind++)
		w->target[kind].fd = -1;
	w->scratch = arena_new();
	e = w->scratch ? open_scan(w) : ERR_RESOURCE;
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

enum err scan_write_begun(const struct scan_plan *plan, bool *begun, struct arena *arena)
{
	const char *path = scan_journal_path(plan, arena);

	NEED(path);
	*begun = access(path, F_OK) == 0;
	return OK;
}

int64_t scan_write_done(const struct scan_writer *w, enum frame_kind kind, int group)
{
	int64_t n = scan_write_count(w, kind, group), done = 0;

	while (done < n && w->record[scan_record(w, kind, group, done)].done)
		done++;
	return done;
}

struct block {
	struct scan_writer *w;
	const struct target *target;
	int64_t at, record;
	const uint16_t *frames;
};

static enum err put_frame(void *context, int64_t i, int thread)
{
	const struct block *b = context;
	struct scan_writer *w = b->w;
	int64_t pixels = w->plan.n_row * w->plan.n_col;
	const uint16_t *frame = b->frames + i * pixels;

	(void)thread;
	if (w->journal.fd >= 0)
		w->record[b->record + i].crc = checksum(0, frame, pixels * 2);
	if (!w->direct)
		return OK;
	return disk_write(
		b->target->fd, b->target->path, frame, pixels * 2, b->target->at[b->at + i]);
}

/* By libhdf5, or as files of their own. */
static enum err put_indirect(
	struct scan_writer *w, enum frame_kind kind, int64_t at, int64_t n, const uint16_t *frames)
{
	const struct target *t = &w->target[kind];
	int64_t n_row = w->plan.n_row, n_col = w->plan.n_col;

	for (int i = 0; i < w->n_files; i++)
		if (t->path && !strcmp(w->files[i].path, t->path))
			return hdf5_put_block(&w->files[i], t->key, (int64_t[]){at, 0, 0},
				(int64_t[]){n, n_row, n_col}, frames);
	for (int64_t i = 0; i < n; i++)
		TRY(scan_tiff_write(w, kind, at + i, frames + i * n_row * n_col));
	return OK;
}

enum err scan_write_frames(struct scan_writer *w, enum frame_kind kind, int group, int64_t first,
	int64_t n, const uint16_t *frames)
{
	const struct target *t = &w->target[kind];
	struct block b = {.w = w,
		.target = t,
		.at = first + (group == 1 ? t->after : t->offset),
		.record = scan_record(w, kind, group, first),
		.frames = frames};

	if (w->complete || first < 0 || first + n > scan_write_count(w, kind, group))
		return fail(ERR_FAILED, "%s: frames %lld to %lld are not asked for", w->scan,
			(long long)first, (long long)(first + n));
	TRY(parallel_for(n, put_frame, &b));
	if (!w->direct)
		TRY(put_indirect(w, kind, b.at, n, frames));
	for (int64_t i = 0; i < n; i++)
		w->record[b.record + i].done = true;
	if (w->journal.fd < 0 || !w->record[0].done)
		return OK;
	return journal_slab(&w->journal, b.record, b.record + n, w->record, 0, w->scratch);
}

/* Complete: every frame is there. */
static bool has_all(const struct scan_writer *w)
{
	for (int64_t i = 1; i <= w->n_frames; i++)
		if (!w->record[i].done)
			return false;
	return true;
}

enum err scan_write_close(struct scan_writer *w)
{
	enum err first = OK;

	if (!w)
		return OK;
	for (; w->n_files > 0; w->n_files--) {
		enum err e = hdf5_close(&w->files[w->n_files - 1]);

		first = first == OK ? e : first;
	}
	if (first == OK && w->journal.fd >= 0 && w->record && has_all(w))
		first = scan_conclude(w);
	journal_close(&w->journal);
	for (int kind = 0; kind < 3; kind++) {
		struct target *t = &w->target[kind];
		enum err e = disk_close(&t->fd, t->path ? t->path : "");

		first = first == OK ? e : first;
	}
	arena_free(w->scratch);
	w->scratch = NULL;
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

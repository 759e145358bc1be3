/* SPDX-License-Identifier: BSD-3-Clause */
#include "io/rows.h"

#include "core/log.h"
#include "io/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A selection A:B (-1: to the end) of n rows or columns, cut to a multiple of bin. */
static enum err select_range(
	const char *what, struct range r, int64_t n, int64_t bin, int64_t *first, int64_t *count)
{
	int64_t end = r.end == -1 ? n : r.end;

	if (r.begin < 0 || r.begin >= n || end > n || end <= r.begin)
		return fail(ERR_USAGE,
			"--%s %lld:%lld: the detector has %lld, so 0:%lld is the whole", what,
			(long long)r.begin, (long long)r.end, (long long)n, (long long)n);
	*first = r.begin;
	*count = (end - r.begin) / bin;
	if (*count < 1)
		return fail(ERR_USAGE, "--%s %lld:%lld is fewer than --bin %lld", what,
			(long long)r.begin, (long long)r.end, (long long)bin);
	return OK;
}

enum err rows_open(struct rows *rows, struct scan *scan, const struct input_settings *input,
	int64_t block, struct arena *arena)
{
	int64_t band;

	*rows = (struct rows){.scan = scan, .bin = input->bin, .scratch = -1};
	TRY(select_range("rows", input->rows, scan->n_row, rows->bin, &rows->row0, &rows->n_row));
	TRY(select_range("cols", input->cols, scan->n_col, rows->bin, &rows->col0, &rows->n_col));
	rows->type = rows->bin > 1 ? SAMPLE_F32 : scan->type;
	band = rows->bin * scan->n_col * 4; /* at least one (binned) row of one frame */
	rows->block = block > band ? block : band;
	rows->buffer = arena_alloc(arena, rows->block, 1);
	NEED(rows->buffer);
	return OK;
}

void rows_close(struct rows *rows)
{
	if (rows->scratch >= 0)
		close(rows->scratch);
	rows->scratch = -1;
}

/* By memcpy, since rows_read_field() widens a buffer in place. */
static float sample_at(const void *data, enum sample type, int64_t i)
{
	uint16_t u16;
	float f32;

	switch (type) {
	case SAMPLE_U8:
		return ((const unsigned char *)data)[i];
	case SAMPLE_U16:
		memcpy(&u16, (const char *)data + 2 * i, 2);
		return u16;
	default:
		memcpy(&f32, (const char *)data + 4 * i, 4);
		return f32;
	}
}

/* Detector rows of `frames` frames in `in` (whole width) to cropped, binned rows in `out`. */
static void crop_and_bin(const struct rows *r, const void *in, enum sample in_type, int64_t frames,
	int64_t n, void *out, enum sample out_type, int64_t out_frame_stride)
{
	int64_t b = r->bin, width = r->scan->n_col, bytes = sample_bytes(in_type);
	const char *from = in;

	for (int64_t f = 0; f < frames; f++) {
		for (int64_t y = 0; y < n; y++) {
			int64_t to = f * out_frame_stride + y * r->n_col;
			int64_t at = (f * n + y) * b * width + r->col0;

			if (b == 1 && in_type == out_type) {
				memcpy((char *)out + to * bytes, from + at * bytes,
					(size_t)(r->n_col * bytes));
				continue;
			}
			for (int64_t x = 0; x < r->n_col; x++) {
				double sum = 0;

				for (int64_t j = 0; j < b; j++)
					for (int64_t i = 0; i < b; i++)
						sum += sample_at(
							in, in_type, at + j * width + x * b + i);
				((float *)out)[to + x] = (float)(sum / (double)(b * b));
			}
		}
	}
}

/* Through the buffer in pieces: as many frames as fit, or single frames in bands of rows. */
static enum err read_frames(struct rows *r, enum frame_kind kind, int group, int64_t first,
	int64_t n, int64_t r0, int64_t r1, void *out, enum sample out_type)
{
	enum sample type = scan_type(r->scan, kind, group);
	int64_t row = r->bin * r->scan->n_col * sample_bytes(type), all = r1 - r0;
	int64_t band = r->block / row < all ? r->block / row : all;
	int64_t frames = r->block / (row * band), bytes = sample_bytes(out_type);

	for (int64_t f = 0; f < n; f += frames) {
		int64_t count = f + frames < n ? frames : n - f;

		for (int64_t y = r0; y < r1; y += band) {
			int64_t rows = y + band < r1 ? band : r1 - y;
			char *to = (char *)out + (f * all + (y - r0)) * r->n_col * bytes;

			TRY(scan_read(r->scan, kind, group, first + f, count, r->row0 + y * r->bin,
				r->row0 + (y + rows) * r->bin, r->buffer));
			crop_and_bin(r, r->buffer, type, count, rows, to, out_type, all * r->n_col);
		}
	}
	return OK;
}

/* Where in the scratch file a row of projection p stands. */
static int64_t scratch_at(const struct rows *r, int64_t p, int64_t row)
{
	return ((row - r->scratch0) * r->scan->n_proj + p) * r->n_col * sample_bytes(r->type);
}

enum err rows_reorder(
	struct rows *r, int64_t r0, int64_t r1, const char *folder, bool (*stop)(void))
{
	char name[4096];
	int64_t line = r->n_col * sample_bytes(r->type), n_proj = r->scan->n_proj;
	int64_t n_row = r1 - r0, frames = r->block / (n_row * line);
	struct arena *arena;
	enum err e = OK;
	char *in, *out;

	if (!r->scan->compressed || r->scratch >= 0)
		return OK;
	r->scratch = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600); /* never has a name */
	if (r->scratch < 0) { /* not every file system can */
		snprintf(name, sizeof(name), "%s/.tomochron-scratch-XXXXXX", folder);
		r->scratch = mkstemp(name);
		if (r->scratch < 0)
			return disk_fail(folder, "making a scratch file", 0);
		unlink(name);
	}
	r->scratch0 = r0;
	log_info("frames are compressed one by one: reordering the selected rows once (%.1f GB in "
		 "%s)",
		(double)(n_proj * n_row * line) / 1e9, folder);
	frames = frames < 1 ? 1 : frames;
	arena = arena_new();
	NEED(arena);
	in = arena_alloc(arena, 2 * frames * n_row, (size_t)line);
	out = in ? in + frames * n_row * line : NULL;
	for (int64_t p = 0; in && p < n_proj && e == OK; p += frames) {
		int64_t n = p + frames < n_proj ? frames : n_proj - p;

		if (stop && stop())
			e = fail(ERR_INTERRUPTED, "interrupted");
		if (e == OK)
			e = read_frames(r, FRAME_PROJECTION, 0, p, n, r0, r1, in, r->type);
		for (int64_t y = 0; y < n_row && e == OK; y++) {
			for (int64_t f = 0; f < n; f++)
				memcpy(out + f * line, in + (f * n_row + y) * line, (size_t)line);
			e = disk_write(r->scratch, folder, out, n * line, scratch_at(r, p, r0 + y));
		}
	}
	if (!in)
		e = ERR_RESOURCE;
	arena_free(arena);
	if (e != OK)
		rows_close(r);
	return e == ERR_RESOURCE ? note(e, "scratch file") : e;
}

enum err rows_read(struct rows *r, int64_t p0, int64_t p1, int64_t r0, int64_t r1, void *out)
{
	int64_t line = r->n_col * sample_bytes(r->type), piece = r->block / line;

	if (r->scratch < 0)
		return read_frames(r, FRAME_PROJECTION, 0, p0, p1 - p0, r0, r1, out, r->type);
	for (int64_t y = r0; y < r1; y++) {
		for (int64_t p = p0; p < p1; p += piece) {
			int64_t n = p + piece < p1 ? piece : p1 - p;

			TRY(disk_read(r->scratch, "scratch file", r->buffer, n * line,
				scratch_at(r, p, y)));
			for (int64_t f = 0; f < n; f++)
				memcpy((char *)out + ((p - p0 + f) * (r1 - r0) + (y - r0)) * line,
					(char *)r->buffer + f * line, (size_t)line);
		}
	}
	return OK;
}

enum err rows_read_field(struct rows *r, enum frame_kind kind, int group, int64_t first, int64_t n,
	int64_t r0, int64_t r1, float *out)
{
	enum sample type = scan_type(r->scan, kind, group);
	int64_t values = n * (r1 - r0) * r->n_col;

	if (r->bin > 1 || type == SAMPLE_F32)
		return read_frames(r, kind, group, first, n, r0, r1, out, SAMPLE_F32);
	/* unbinned integers: read as they are into the end of the result, then widen from the front */
	{
		char *raw = (char *)out + values * (4 - sample_bytes(type));

		TRY(read_frames(r, kind, group, first, n, r0, r1, raw, type));
		for (int64_t i = 0; i < values; i++)
			out[i] = sample_at(raw, type, i);
	}
	return OK;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Bands of detector rows of all projections of a scan, cropped and binned: what reconstruction
 * reads. Rows here are binned rows counted from the first selected one. Where frames are
 * compressed one by one, a band would cost a pass over the whole scan: then the selected rows are
 * written once, in row order, to a scratch file (deleted while open, so that nothing stays). */
#ifndef IO_ROWS_H
#define IO_ROWS_H

#include "io/scan.h"

#include <stdbool.h>

struct rows {
	struct scan *scan;
	int64_t bin;
	int64_t row0, col0;   /* first selected detector row and column */
	int64_t n_row, n_col; /* selected, after binning */
	enum sample type;     /* as delivered: F32 when binned, else as in the scan */
	int64_t block;	      /* bytes of frames read at a time */
	void *buffer;	      /* block bytes; also one binned frame band */
	int scratch;	      /* file descriptor, -1: none */
	int64_t scratch0;     /* first row in it */
};

/* The selection of the settings against the scan: ERR_USAGE with a sentence when empty or outside. */
enum err rows_open(struct rows *rows, struct scan *scan, const struct input_settings *input,
	int64_t block, struct arena *arena);
void rows_close(struct rows *rows);

/* If the scan's frames are compressed: reorders rows [r0, r1) once into a file in `folder`; only these
 * can be read afterwards. stop (may be NULL) is asked between blocks of frames; true ends with
 * ERR_INTERRUPTED. */
enum err rows_reorder(
	struct rows *rows, int64_t r0, int64_t r1, const char *folder, bool (*stop)(void));

/* Rows [r0, r1) of projections [p0, p1) to out[projection][row][col], as rows->type. */
enum err rows_read(struct rows *rows, int64_t p0, int64_t p1, int64_t r0, int64_t r1, void *out);

/* The same of flats or darks of a group, always as float. */
enum err rows_read_field(struct rows *rows, enum frame_kind kind, int group, int64_t first,
	int64_t n, int64_t r0, int64_t r1, float *out);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Reading one three-dimensional array of an HDF5 file slice by slice, with the attributes that a
 * volume of ours has. libhdf5 is not thread-safe: one thread at a time in the whole process. */
#ifndef IO_HDF5_VIEW_H
#define IO_HDF5_VIEW_H

#include "core/arena.h"
#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

struct hdf5_view {
	int64_t file, id; /* of libhdf5 */
	const char *path, *key;
	int64_t nz, ny, nx;
	int64_t bits;	/* as stored: 8, 16 unsigned, 32 float; 0: another type, read as float */
	int64_t offset; /* of the first pixel in the file; -1 when it is not contiguous */
	int64_t depth;	/* slices a chunk, 1 when there are no chunks */
	bool whole;	/* whole numbers, signed or not */
};

/* place: FILE or FILE:KEY; KEY /entry/data/data when not given. ERR_INPUT with a sentence. */
enum err hdf5_view(struct hdf5_view *view, const char *place, struct arena *arena);
void hdf5_view_close(struct hdf5_view *view); /* twice is fine */

/* Slice z as floats, or as stored (bits 8, 16 or 32). */
enum err hdf5_view_float(struct hdf5_view *view, int64_t z, float *out);
enum err hdf5_view_raw(struct hdf5_view *view, int64_t z, void *out);

/* Of slice z, n rows y0, y0 + step, ... and in each the columns [x0, x0 + m). In bounds. */
struct hdf5_window {
	int64_t z, y0, step, n, x0, m;
};
enum err hdf5_view_window(struct hdf5_view *view, const struct hdf5_window *window, float *out);

/* Slices [z, z + n) of an array of bits 8, as stored. */
enum err hdf5_view_bytes(struct hdf5_view *view, int64_t z, int64_t n, uint8_t *out);

/* What is not there leaves *value as it is. path NULL: the array itself. */
void hdf5_view_number(
	struct hdf5_view *view, const char *path, const char *attribute, double *value);
void hdf5_view_text(struct hdf5_view *view, const char *path, const char *attribute,
	const char **value, struct arena *arena);

/* An attribute of the array that is a row of texts; n 0 when it is not there. */
enum err hdf5_view_texts(struct hdf5_view *view, const char *attribute, const char *const **texts,
	int64_t *n, struct arena *arena);

/* A dataset of n numbers, or one; what is not there leaves the values as they are: false. */
bool hdf5_view_values(struct hdf5_view *view, const char *path, int64_t n, double *values);
void hdf5_view_value(struct hdf5_view *view, const char *path, double *value);

/* Slices of a volume of ours that are not finished; 0 for others. */
int64_t hdf5_view_unfinished(struct hdf5_view *view, struct arena *arena);

/* Offset and length of another contiguous array of the file; -1 when it is not there. */
void hdf5_view_place(struct hdf5_view *view, const char *path, int64_t *offset, int64_t *n);

#endif

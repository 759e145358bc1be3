/* SPDX-License-Identifier: BSD-3-Clause
 * Writing HDF5: groups, arrays, texts, attributes and links, by path from the root. Groups on the way are
 * made. Files carry no times and open in HDF5 1.8 and later. libhdf5 is not thread-safe: one thread at a time in the
 * whole process. Errors: as in io/disk.h, with file and path. */
#ifndef IO_HDF5_WRITE_H
#define IO_HDF5_WRITE_H

#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

enum hdf5_type { HDF5_F32, HDF5_F64, HDF5_U8, HDF5_U16, HDF5_I64 };
enum hdf5_packing { HDF5_PLAIN, HDF5_GZIP, HDF5_SZIP };

struct hdf5_out {
	int64_t id;
	const char *path;
};

/* An array. chunk[0] 0: contiguous and allocated at once, so that it has an offset. */
struct hdf5_array {
	enum hdf5_type type;
	int rank; /* 0: a single number */
	int64_t shape[4], chunk[4];
	enum hdf5_packing packing; /* of chunks; gzip: shuffled, level 1 */
	bool growing;		   /* chunks, and no upper limit of shape[0], as detectors write */
	bool early; /* room for all chunks at once, bytes undefined, as for contiguous ones */
};

/* Replaces a file of that name. newest: in the newest format, for HDF5 1.10 and later. */
enum err hdf5_create(struct hdf5_out *out, const char *path, bool newest);
enum err hdf5_close(struct hdf5_out *out); /* a closed or never opened (id 0) one is fine */

/* Closes after an error and gives that error back, its sentence kept. */
enum err hdf5_drop(struct hdf5_out *out, enum err error);

enum err hdf5_group(struct hdf5_out *out, const char *path, const char *nx_class); /* "": none */

/* data: all of it, or NULL: not written (contiguous: undefined bytes, no time spent on filling).
 * offset: of the first byte of a contiguous array in the file; may be NULL. */
enum err hdf5_put(struct hdf5_out *out, const char *path, const struct hdf5_array *array,
	const void *data, int64_t *offset);
/* A block of an array of the file, in the file's own type. */
enum err hdf5_put_block(struct hdf5_out *out, const char *path, const int64_t *start,
	const int64_t *count, const void *data);

enum err hdf5_put_number(struct hdf5_out *out, const char *path, double value);
enum err hdf5_put_text(struct hdf5_out *out, const char *path, const char *text);
enum err hdf5_put_texts(struct hdf5_out *out, const char *path, const char *const *texts, int n);

/* Attributes of a group or array that is there. */
enum err hdf5_note(struct hdf5_out *out, const char *path, const char *name, const char *text);
enum err hdf5_note_texts(
	struct hdf5_out *out, const char *path, const char *name, const char *const *texts, int n);
enum err hdf5_note_number(struct hdf5_out *out, const char *path, const char *name, double value);
enum err hdf5_note_integer(struct hdf5_out *out, const char *path, const char *name, int64_t value);

/* path becomes a link to `target` in another file (as stored), or a hard link when file is NULL. */
enum err hdf5_link(struct hdf5_out *out, const char *path, const char *file, const char *target);

#endif

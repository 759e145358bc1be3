/* SPDX-License-Identifier: BSD-3-Clause
 * Reading HDF5 without its types: looking at paths, small numbers and texts, and stacks of frames.
 * Links (soft, external) and virtual datasets are followed; junk and dangling links are reported
 * as such and do no harm. Files are opened read-only, without locks. */
#ifndef IO_HDF5_READ_H
#define IO_HDF5_READ_H

#include "io/source.h"

struct hdf5_file {
	const char *path;
	int64_t id;
	struct hdf5_file *next;
};

/* By its first bytes. */
bool hdf5_is(const char *path);
/* Opens (or finds again) a file; closed with the source. ERR_INPUT: no HDF5, truncated, ... */
enum err hdf5_open(struct scan_source *source, const char *path, struct hdf5_file **file);
void hdf5_close_all(struct scan_source *source);

enum hdf5_kind { HDF5_ABSENT, HDF5_DANGLING, HDF5_GROUP, HDF5_DATASET };
enum { HDF5_MAX_RANK = 8 };
struct hdf5_shape {
	enum hdf5_kind kind;
	int rank; /* dim[] holds the first HDF5_MAX_RANK */
	int64_t dim[HDF5_MAX_RANK];
	bool number;
};

/* What stands at a path, never an error. `rest`, when not NULL, is appended with a slash. */
struct hdf5_shape hdf5_look(const struct hdf5_file *file, const char *path, const char *rest);
bool hdf5_is_stack(const struct hdf5_file *file, const char *path, const char *rest);
/* Fails with the sentence why nothing can be read at `path`: absent, or a link to what file. */
enum err hdf5_missing(const struct hdf5_file *file, const char *path);
/* Names in a group, by name. */
enum err hdf5_list(const struct hdf5_file *file, const char *group, struct arena *arena,
	const char ***names, int64_t *n);
/* Paths of all datasets of 3 dimensions (at most 20), for error sentences. */
const char *hdf5_stack_names(const struct hdf5_file *file, struct arena *arena);

/* A row of numbers, as double. ERR_INPUT when it is none. Adds the file to the inputs. */
enum err hdf5_numbers(struct scan_source *source, const struct hdf5_file *file, const char *path,
	double **value, int64_t *n);
/* One number (also typed as text, "1.3 um"), NAN if there is none; *units may become "". */
double hdf5_number(const struct hdf5_file *file, const char *path, const char *rest,
	struct arena *arena, const char **units);
const char *hdf5_text(const struct hdf5_file *file, const char *path, const char *rest,
	struct arena *arena); /* NULL if there is none */
/* Attribute `units` or `unit`; NULL if there is none. */
const char *hdf5_units(const struct hdf5_file *file, const char *path, struct arena *arena);
/* The file in which a dataset really is, links followed. */
const char *hdf5_real_file(const struct hdf5_file *file, const char *path, struct arena *arena);

/* io/hdf5_frames.c: a dataset (n, rows, columns), or (rows, columns) if single, as a stack. Checked:
 * rank, type, extents, that something was written, filters, sources of a virtual dataset. */
enum err hdf5_stack(struct scan_source *source, const struct hdf5_file *file, const char *path,
	bool single, struct stack **stack);

/* Shared with hdf5_frames.c: the innermost reason of the last HDF5 error ("" if none). */
const char *hdf5_reason(void);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Writing raw scans as HDF5 without its types: frames, angles, texts and links. Groups on the way to a
 * key are made. Failing to write is ERR_RESOURCE with the system's reason. From one thread. */
#ifndef IO_HDF5_SCAN_H
#define IO_HDF5_SCAN_H

#include "config/settings.h"
#include "core/arena.h"
#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

struct h5_scan { /* a file open for writing */
	const char *path;
	int64_t id; /* below 0: closed */
};

/* Replaces an existing file. latest: the newest file format, as PandA boxes write it. */
enum err h5_scan_create(struct h5_scan **file, const char *path, bool latest, struct arena *arena);
/* Safe to call again. */
enum err h5_scan_close(struct h5_scan *file);

/* A dataset (n, rows, columns) of uint16 or, if real, float32. growing: one frame a chunk and no
 * upper limit on n, as detectors write; else contiguous unless compressed. */
struct h5_frames {
	int64_t n, n_row, n_col;
	bool real, growing;
	enum compression compression;
};
enum err h5_scan_frames(struct h5_scan *file, const char *key, const struct h5_frames *frames);
enum err h5_scan_put(
	struct h5_scan *file, const char *key, int64_t first, int64_t n, const void *frames);

/* Rows of numbers; integers are stored as int32. growing: in chunks of 1024. */
enum err h5_scan_numbers(struct h5_scan *file, const char *key, const double *value, int64_t n,
	bool integers, bool growing);
enum err h5_scan_text(struct h5_scan *file, const char *key, const char *text);
enum err h5_scan_group(struct h5_scan *file, const char *key, const char *nx_class);

/* Attribute of an object: a text, or the int 1 when text is NULL. */
enum err h5_scan_attribute(
	struct h5_scan *file, const char *key, const char *name, const char *text);

/* A link to `key` of another file (path as stored), or a hard link when other is NULL. */
enum err h5_scan_link(struct h5_scan *file, const char *at, const char *other, const char *key);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Volumes on disk: HDF5 (design: /entry/data/data, contiguous, allocated at creation, NXdata axes in
 * um) or a folder of TIFF slices; a journal beside it makes killed runs resumable. */
#ifndef IO_VOLUME_H
#define IO_VOLUME_H

#include "config/settings.h"
#include "core/arena.h"
#include "core/error.h"

#include <stdint.h>

/* What is to be written. Everything in it, and nothing else, decides the bytes of the file. */
struct volume_plan {
	const char *path;
	enum output_format format; /* HDF5 or TIFF, resolved */
	int64_t nz, ny, nx;
	int64_t first_row, row_step; /* detector row of slice 0, detector rows a slice (bin) */
	double origin_row_um;	     /* z of slice 0 in um (or px) */
	double voxel_um;	     /* NAN: unknown; axes then in px */
	const char *units;	     /* of the values: "1/cm" or "1/px" */
	int64_t bits;		     /* 32, 16, 8 */
	double low, high;	     /* scale for 16 and 8 */
	const char *command, *config_yaml, *version;
	double center, center_slope; /* full-detector columns; stored */
	double center_sd;	     /* NAN when given by hand */
	const char *const *inputs;   /* with size and mtime, stored and part of the resume key */
	int n_inputs;
	const char *const *warnings;
	int n_warnings;
	int n_counts; /* per-slice counters, stored as /entry/process/slices/NAME */
	const char *const *count_names;
};

struct volume; /* open for writing */

/* New, or taken up again: if the file and its journal exist, were made by the same plan and are
 * unfinished, the finished slabs are checked against their checksums and kept. Otherwise an existing
 * output is ERR_USAGE (a sentence says whether it is complete, was made with other options - which -
 * or is foreign) unless force, which starts over. */
enum err volume_create(
	struct volume **volume, const struct volume_plan *plan, bool force, struct arena *arena);

/* Is slice z already there and verified? (from a run before) */
bool volume_has(const struct volume *volume, int64_t z);

/* Rows [y0, y0 + n) of slice z, float; scaled here when bits < 32. Different slices and rows may be
 * put in any order, from one thread. Values scaled beyond 0 or the maximum are clipped and counted. */
enum err volume_put(struct volume *volume, int64_t z, int64_t y0, int64_t n, const float *rows);

/* Slices [z0, z1) are complete: counts are n_counts numbers a slice. Appends to the journal. */
enum err volume_commit(struct volume *volume, int64_t z0, int64_t z1, const int64_t *counts);

/* All slices there: marks the journal complete and closes. After an error or interruption:
 * volume_abandon() closes and keeps what is finished. */
enum err volume_finish(struct volume *volume);
void volume_abandon(struct volume *volume); /* NULL is fine */

#endif

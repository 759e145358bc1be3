/* SPDX-License-Identifier: BSD-3-Clause
 * Volumes on disk, written so that a run killed at any moment is taken up again by the same command.
 *
 * HDF5: /entry/data/data (z, y, x), contiguous and allocated at creation, NXdata axes z, y, x in um
 * (px when the voxel is unknown; y and x are 0 in the middle of the slice); /entry/process with
 * configuration, command, inputs, centre and warnings; /entry/process/slices/NAME a number a slice,
 * `finished` among them. The file is whole from the start; unfinished slices hold undefined numbers.
 * TIFF: a folder with recon_00000.tif by detector row, provenance.yaml, and counters.csv at the end.
 * Beside either PATH.journal (io/journal.h).
 *
 * What is written depends on the plan alone: no dates, no host, no thread count; broken off and
 * resumed gives the same bytes as unbroken. libhdf5 is called in volume_create() only. */
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

/* Memory that writing takes besides the caller's rows, for the memory plan. slices_at_once: slices
 * that have some rows put and others not, at the same time (TIFF holds each whole until then). */
int64_t volume_buffer_bytes(const struct volume_plan *plan, int64_t slices_at_once);

/* New, or taken up again: if the file and its journal exist, were made by the same plan and are
 * unfinished, the finished slabs are checked against their checksums and kept. Otherwise an existing
 * output is ERR_USAGE (a sentence says whether it is complete, was made with other options - which -
 * or is foreign) unless force, which starts over. An input is never overwritten, a folder's other
 * files stay. ERR_RESOURCE when there is no room for all of it. ERR_INPUT when an input is gone.
 * The plan's texts must live until the volume is closed. */
enum err volume_create(
	struct volume **volume, const struct volume_plan *plan, bool force, struct arena *arena);

/* Is slice z already there and verified? (from a run before, or committed) */
bool volume_has(const struct volume *volume, int64_t z);

/* Rows [y0, y0 + n) of slice z, float; scaled here when bits < 32. Different slices and rows may be
 * put in any order, each once, from one thread. When bits < 32, values beyond low and high are clipped
 * and counted, in slices/beyond_scale; NaN becomes 0 and counts too. */
enum err volume_put(struct volume *volume, int64_t z, int64_t y0, int64_t n, const float *rows);

/* Slices [z0, z1) are complete: counts are n_counts numbers a slice. Appends to the journal. */
enum err volume_commit(struct volume *volume, int64_t z0, int64_t z1, const int64_t *counts);

/* All slices there: marks the journal complete and closes. After an error or interruption:
 * volume_abandon() closes and keeps what is finished. */
enum err volume_finish(struct volume *volume);
void volume_abandon(struct volume *volume); /* NULL is fine */

#endif

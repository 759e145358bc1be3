/* SPDX-License-Identifier: BSD-3-Clause
 * Inside io/volume*.c: the open volume and what a kind of store must do. The front (io/volume.c)
 * keeps the journal, the records and the scaling; a store keeps the pixels.
 *
 * How a kill at any moment is survived. A new output goes through
 *	prepare   HDF5: the whole file as PATH.tomochron-part, its room reserved. TIFF: nothing
 *	journal   PATH.journal appears, whole, by a rename
 *	publish   HDF5: PATH.tomochron-part becomes PATH. TIFF: the folder and its provenance
 * so there is never a PATH without its journal. A journal without a PATH (killed between, or the
 * output was moved away) counts for nothing: the next run starts over by itself; a leftover part is
 * overwritten. --force first removes the old PATH, then goes the same way: killed in it, the state is
 * one of these again. From then on a slab's pixels are written first, then its counters and flags,
 * then its line in the journal: what the journal tells of is there, and is still checked against the
 * checksums (a power cut may keep the line and lose the pixels). */
#ifndef IO_VOLUME_STORE_H
#define IO_VOLUME_STORE_H

#include "io/journal.h"
#include "io/volume.h"

#include <stdbool.h>

struct volume_input {
	const char *path;
	int64_t bytes, mtime_s, mtime_ns;
};

/* Progress of a slice within this run. */
struct slice_progress {
	int64_t rows;	 /* put so far */
	bool in_order;	 /* rows came from the first on: crc holds */
	uint32_t crc;	 /* of the rows so far */
	int64_t clipped; /* values beyond the scale */
};

struct pending; /* a TIFF slice whose rows are not all there */

struct volume {
	struct volume_plan plan;
	const struct volume_store *store;
	struct arena
		*arena; /* its own: rows are put from a thread that does not own the caller's */
	struct journal journal;
	int held; /* the folder, until the journal is locked: two that begin at once take turns */
	const struct volume_input *inputs;
	int n_counts; /* plan.n_counts, and beyond_scale when bits < 32 */
	const char **count_names;
	struct slice_record *slices;
	struct slice_progress *progress;
	int64_t row_bytes, slice_bytes;
	uint8_t *scaled; /* rows as numbers of 16 or 8 bits */
	int64_t scaled_rows;

	/* HDF5 */
	int fd;
	int64_t pixels_at, finished_at, *counts_at; /* offsets in the file */
	/* TIFF */
	struct pending *pending, *spare;
};

struct volume_store {
	bool folder;
	enum err (*prepare)(struct volume *v);
	enum err (*publish)(struct volume *v);
	void (*discard)(struct volume *v);			  /* undo prepare */
	enum err (*clear)(struct volume *v, struct arena *arena); /* remove an old output */
	/* Take up an output that is there; then checksum() of finished slices is asked, from any
	 * thread, then resume() with the records that hold. */
	enum err (*reopen)(struct volume *v);
	enum err (*checksum)(struct volume *v, int64_t z, void *scratch, int64_t n, uint32_t *crc);
	enum err (*resume)(struct volume *v);
	enum err (*put)(struct volume *v, int64_t z, int64_t y0, int64_t n, const void *pixels);
	enum err (*commit)(struct volume *v, int64_t z0, int64_t z1);
	enum err (*finish)(struct volume *v);
	void (*close)(struct volume *v);
};
extern const struct volume_store volume_store_hdf5, volume_store_tiff;

/* io/volume_plan.c */
enum err volume_check(const struct volume_plan *plan, struct arena *arena);
enum err volume_inputs(
	const struct volume_plan *plan, const struct volume_input **inputs, struct arena *arena);
enum err volume_head(const struct volume *v, const char **head, struct arena *arena);
/* The lines of a YAML text, two blanks in front of each. */
enum err volume_indent(const char *yaml, const char **text, struct arena *arena);
const char *volume_scale_text(const struct volume_plan *plan, struct arena *arena);

#endif

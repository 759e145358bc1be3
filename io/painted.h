/* SPDX-License-Identifier: BSD-3-Clause
 * Slices on which a user has painted labels: TIFFs of ImageJ, napari and others, whole numbers from 0 (nothing is
 * painted) to 254. Which slice of the volume a page is: as many pages as the volume has slices are all of them; else
 * the list that was given; else the last number in the file's name (slice_0123.tif), counted from 0. */
#ifndef IO_PAINTED_H
#define IO_PAINTED_H

#include "core/arena.h"
#include "core/error.h"
#include "io/labels.h"

struct painted_page {
	int64_t z;	       /* slice of the volume */
	struct labels *labels; /* its file */
	int64_t page;
};

struct painted {
	int64_t n; /* ascending in z, each slice once */
	struct painted_page *page;
	int64_t ny, nx;
	struct labels **files; /* private */
	int64_t n_files;
};

/* places: files and folders, separated by commas; slices: numbers, separated by commas, for all pages in this order, or
 * "". ERR_INPUT: sizes are not those of the volume, no such slice, a slice twice. ERR_USAGE: as many numbers as pages
 * are needed. */
enum err painted_open(struct painted *painted, const char *places, const char *slices, int64_t nz,
	int64_t ny, int64_t nx, struct arena *arena);
/* ERR_INPUT: a value of 255 or no whole number. */
enum err painted_read(const struct painted *painted, int64_t i, uint8_t *out);
void painted_close(struct painted *painted);

#endif

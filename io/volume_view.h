/* SPDX-License-Identifier: BSD-3-Clause
 * A written volume, HDF5 file, folder of TIFF slices or TIFF of many pages, read in small pieces: for pictures of volumes
 * that do not fit into memory. Numbers of 8 and 16 bits come as the values that they stand for. One
 * thread at a time in the whole process (libhdf5). */
#ifndef IO_VOLUME_VIEW_H
#define IO_VOLUME_VIEW_H

#include "core/arena.h"
#include "core/error.h"
#include "io/hdf5_view.h"

#include <stdbool.h>
#include <stdint.h>

struct volume_view {
	const char *path;
	int64_t nz, ny, nx, bits;
	int64_t first_row, row_step; /* detector row of slice 0 (-1: not known), rows a slice */
	double voxel_um, center;     /* NAN: not known */
	const char *units;	     /* of the values, "" when not known */
	double low, high;	     /* values of 0 and the largest number; NAN: no scale */
	bool is_tiff;
	struct hdf5_view hdf5;
	struct scan_source *tiff; /* private */
	struct stack *stack;
	void *row;
};

/* place: FILE, FILE:KEY (io/hdf5_view.h), a folder of recon_*.tif (else all its TIFFs, by name),
 * or FILE.tif.
 * ERR_INPUT with a sentence. */
enum err volume_view(struct volume_view *view, const char *place, struct arena *arena);
void volume_view_close(struct volume_view *view); /* twice is fine */

/* n rows y0, y0 + step, ... of slice z and in each the columns [x0, x0 + m): n x m floats. */
enum err volume_view_read(struct volume_view *view, const struct hdf5_window *window, float *out);

#endif

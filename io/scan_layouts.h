/* SPDX-License-Identifier: BSD-3-Clause
 * Private to io/scan_write.c and io/scan_layouts.c: where frames of each kind go. */
#ifndef IO_SCAN_LAYOUTS_H
#define IO_SCAN_LAYOUTS_H

#include "io/hdf5_write.h"
#include "io/scan_write.h"

struct target {
	struct hdf5_out *file; /* NULL: TIFF files */
	const char *key;
	int64_t offset, after; /* where group 0 and group 1 begin */
	const char *folder, *stem;
};

struct scan_writer {
	struct arena *arena;
	int64_t n_row, n_col;
	struct target target[3]; /* by frame_kind */
	struct hdf5_out files[8];
	int n_files;
	const char *scan, *darks_flats;
};

/* Each makes the files of its layout and fills target[], scan and darks_flats. */
enum err open_hex(struct scan_writer *w, const struct scan_plan *plan);
enum err open_hex_legacy(struct scan_writer *w, const struct scan_plan *plan);
enum err open_nxtomo(struct scan_writer *w, const struct scan_plan *plan);
enum err open_dxchange(struct scan_writer *w, const struct scan_plan *plan);

#endif

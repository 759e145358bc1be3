/* SPDX-License-Identifier: BSD-3-Clause
 * A page that shows whether a volume came out right: three cuts through its middle, slices near its
 * ends, all on one grey scale that is printed. Read back from the disk in small pieces: memory of a
 * few megabytes and seconds of time, whatever the volume. */
#ifndef REPORT_PREVIEW_H
#define REPORT_PREVIEW_H

#include "core/arena.h"
#include "core/error.h"

/* volume: HDF5 file, FILE:KEY or folder of TIFF slices (io/volume_view.h). out: the PNG.
 * scan: where it came from, a line of the heading; NULL: none. */
enum err preview_picture(
	const char *volume, const char *out, const char *scan, struct arena *arena);

#endif

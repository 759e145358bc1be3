/* SPDX-License-Identifier: BSD-3-Clause
 * What both kinds of `simulate` share: the frames of a scan on their way to the files, and the command that
 * reads them. */
#ifndef CLI_SIMULATE_H
#define CLI_SIMULATE_H

#include "config/options.h"
#include "io/scan_write.h"
#include "truth/simulate.h"

extern const double default_pixel_um;

/* Frames are computed and written in blocks of this many bytes, or one for each thread. */
enum { SIMULATE_BLOCK_BYTES = 1 << 27 };

struct made_scan {
	const char *scan, *darks_flats; /* to pass to recon; darks_flats "" if in the scan */
	double pixel_um;
	bool pixel_size_known; /* the layout stores it */
};

/* What a scan of these settings is; step -1: a single one. texts in the arena. */
enum err scan_plan_of(struct scan_plan *plan, const struct settings *s,
	const struct simulation *sim, const char *dir, int64_t step, double pixel_um,
	struct arena *arena);
/* Writes the frames that are not there yet. */
enum err write_all_frames(
	const struct simulation *sim, struct scan_writer *writer, struct arena *arena);
/* Closes the writer, also after the error e, whose sentence is kept. */
enum err finish_scan(struct scan_writer *writer, enum err e, struct arena *arena);
struct made_scan scan_made(
	const struct settings *s, const struct scan_writer *writer, double pixel_um);

/* "tomochron recon ... -o VOLUME" on stdout, as a shell takes it. */
void print_recon_command(
	const struct settings *s, const struct made_scan *scan, const char *volume);

/* simulate without --phantom: a series of the cell. */
enum err simulate_cell(const struct settings *s, const char *dir, struct arena *arena);

#endif

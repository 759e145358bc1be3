/* SPDX-License-Identifier: BSD-3-Clause
 * Raw scans out, in the layouts that scans come in; frame by frame, so that nothing needs them whole.
 * The layouts (under the folder `dir`; HEX ones as NSLS-II 27-ID writes them):
 * - HEX: pass-000000/assets/kinetix-det1/2026/scan_00012/proj_scan_00012_UUID.h5, angles in
 *   assets/panda1/..., flats and darks in scan_00011, joined by relative external links in
 *   tomography/metadata/scan_NNNNN/scan_NNNNN.nxs. No pixel size.
 * - HEX legacy: tomography/raw_data/scan_00008/{proj_00000.hdf, panda.hdf, scan_00008.nxs},
 *   scan_00009/{flat,dark}_00000.hdf. No pixel size.
 * - NXtomo: scan.nxs; frames stand as flats, darks, projections, flats after.
 * - DXchange: scan_001.h5. TIFF: proj/ flats/ darks/ of one page each, angles.txt in degrees. */
#ifndef IO_SCAN_WRITE_H
#define IO_SCAN_WRITE_H

#include "config/settings.h"
#include "core/arena.h"
#include "core/error.h"
#include "io/scan.h"

#include <stdbool.h>
#include <stdint.h>

struct scan_plan {
	const char *dir; /* made if it is not there */
	enum layout layout;
	enum compression compression; /* of HDF5 frames: gzip (with shuffle) or szip */
	int64_t n_proj, n_row, n_col;
	int64_t n_flat, n_dark;
	int64_t n_flat_after;  /* flats of group 1; NXtomo only, 0 in the others */
	const double *reading; /* degrees as recorded; NXtomo wants one a projection */
	int64_t n_reading;
	double pixel_um, energy_kev, distance_mm; /* NAN: not written */
	bool half;				  /* axis near one side (NXtomo field_of_view) */
};

struct scan_writer;

/* Makes folders, files, angles, links. ERR_USAGE: what the layout cannot hold; ERR_RESOURCE: no room
 * on the disk for uncompressed frames, or not writable. Existing files are replaced. */
enum err scan_write_open(
	struct scan_writer **writer, const struct scan_plan *plan, struct arena *arena);

/* Frames [first, first + n) of a kind, n x n_row x n_col; group 1 of flats are those after. */
enum err scan_write_frames(struct scan_writer *writer, enum frame_kind kind, int group,
	int64_t first, int64_t n, const uint16_t *frames);

/* Closes. Also to be called after an error (NULL is fine), then its own result does not matter. */
enum err scan_write_close(struct scan_writer *writer);

/* What to pass as SCAN and --darks-flats; the latter "" when SCAN holds them. */
const char *scan_write_scan(const struct scan_writer *writer);
const char *scan_write_darks_flats(const struct scan_writer *writer);

/* The folders of a path. */
enum err make_folders(const char *path);

/* truth.h5: /entry/data/data (n, width, width) float32 in `units`, slice by slice by
 * truth_put(); axis in the middle of the slices, `center` (in the middle row) and `slope` in
 * detector columns, and the true angle of each projection in degrees. */
struct truth;
struct truth_plan {
	const char *path, *units;
	int64_t n, width;
	double center, slope, pixel_um;
	const double *angle;
	int64_t n_angle;
};
enum err truth_open(struct truth **truth, const struct truth_plan *plan, struct arena *arena);
enum err truth_put(struct truth *truth, int64_t z, const float *slice);
enum err truth_close(struct truth *truth); /* NULL is fine */

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Raw scans out, in the layouts that scans come in; frame by frame, so that nothing needs them whole.
 * The layouts (under the folder `dir`; HEX ones as NSLS-II 27-ID writes them):
 * - HEX: pass-000000/assets/kinetix-det1/2026/scan_00012/proj_scan_00012_UUID.h5, angles in
 *   assets/panda1/..., flats and darks in scan_00011, joined by relative external links in
 *   tomography/metadata/scan_NNNNN/scan_NNNNN.nxs. No pixel size.
 * - HEX legacy: tomography/raw_data/scan_00008/{proj_00000.hdf, panda.hdf, scan_00008.nxs},
 *   scan_00009/{flat,dark}_00000.hdf. No pixel size.
 * - NXtomo: scan.nxs; frames stand as flats, darks, projections, flats after.
 * - DXchange: scan_001.h5. TIFF: proj/ flats/ darks/ of one page each, angles.txt in degrees.
 *
 * Steps of a series share `dir`. Projections of step k are scan 12 + 2k (HEX), 8 + 2k (legacy),
 * scan_NN.nxs from 00, scan_NNN.h5 from 001, scan_NN/ from 00 (TIFF). Darks and flats are those of step 0 in
 * all steps, which then are written with step 0 only, or each step's own: scan 11 + 2k, 9 + 2k, or with
 * the projections.
 *
 * With `resume` a journal beside the scan (scan.journal, scan_NN.journal) tells what was asked and which
 * frames are there, and the same plan goes on from there. The end is the same bytes as if it had never
 * been broken. Not for compressed frames: a scan of those is known when it is complete, else begun
 * again. */
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
	int64_t n_flat_after; /* flats of group 1; NXtomo only, 0 in the others */
	int64_t step;	      /* of a series, from 0; -1: a single scan */
	bool own_flats;	      /* of each step of a series */
	bool resume;
	bool force;	       /* with resume: start over, whatever is there */
	const char *key;       /* with resume: YAML of what decides the frames; NULL: nothing */
	const double *reading; /* degrees as recorded; NXtomo wants one a projection */
	int64_t n_reading;
	double pixel_um, energy_kev, distance_mm; /* NAN: not written */
	bool half;				  /* axis near one side (NXtomo field_of_view) */
	const char *sample;			  /* NXtomo; NULL: "phantom of ellipsoids" */
};

struct scan_writer;

/* Makes folders, files, angles, links. ERR_USAGE: what the layout cannot hold, or with resume what was begun
 * with other options or is being written by another process; ERR_RESOURCE: no room on the disk for uncompressed
 * frames, or not writable. Existing files are replaced unless they are resumed. */
enum err scan_write_open(
	struct scan_writer **writer, const struct scan_plan *plan, struct arena *arena);

/* Is there a journal of such a scan, begun or complete? Uses dir and step only. */
enum err scan_write_begun(const struct scan_plan *plan, bool *begun, struct arena *arena);

/* How many of the first frames of a kind and group are there: the next to write. */
int64_t scan_write_done(const struct scan_writer *writer, enum frame_kind kind, int group);

/* How many are asked for; 0 for darks and flats that are those of step 0. */
int64_t scan_write_count(const struct scan_writer *writer, enum frame_kind kind, int group);

/* Frames [first, first + n) of a kind, n x n_row x n_col; group 1 of flats are those after. With
 * resume they are kept from when it returns. From one thread at a time, which need not be the one
 * that owns the arena; compressed frames go through libhdf5, which is one thread's in the whole process. */
enum err scan_write_frames(struct scan_writer *writer, enum frame_kind kind, int group,
	int64_t first, int64_t n, const uint16_t *frames);

/* Closes; with resume and all frames there, the journal then says complete. Also to be called after an
 * error (NULL is fine), then its own result does not matter. */
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

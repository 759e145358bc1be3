/* SPDX-License-Identifier: BSD-3-Clause
 * A raw scan, whatever its layout on disk: projections with angles, darks, flats and what the file
 * says of pixel size, energy and distance. Facts of each layout stand at the head of its file
 * (io/layout_*.c). All calls on scans must come from one thread at a time (libhdf5 is not
 * thread-safe).
 * --scan, --data, --flats, --darks and --angles are FILE or FILE:KEY (KEY: an HDF5 path), each with
 * :A:B behind it for frames (lines of a text file) A to B-1; --darks-flats is FILE or FOLDER. */
#ifndef IO_SCAN_H
#define IO_SCAN_H

#include "config/settings.h"
#include "core/arena.h"
#include "core/error.h"

#include <stdint.h>

enum sample { SAMPLE_U8, SAMPLE_U16, SAMPLE_F32 }; /* other types on disk are read as F32 */

static inline int64_t sample_bytes(enum sample type)
{
	return type == SAMPLE_U8 ? 1 : type == SAMPLE_U16 ? 2 : 4;
}

/* Flats or darks taken together. `at` is where they stand in time, in units of the projection
 * index of this struct scan: below 0 before the first projection (-1 when all projections are
 * selected), above n_proj - 1 after the last, k - 0.5 between k - 1 and k; NAN when unknown (then:
 * before). */
struct frame_group {
	int64_t n;
	double at;
	const char *from; /* "FILE:KEY", "FOLDER/name*.tif", or what constant stands in */
};
enum { MAX_GROUPS = 64 };

enum frame_kind { FRAME_PROJECTION, FRAME_FLAT, FRAME_DARK };

struct scan_source; /* private: where the frames are */

struct scan {
	const char *path, *layout;    /* layout: "HEX", "HEX legacy", "NXtomo", "DXchange", ... */
	const char *from;	      /* of the projections, as in frame_group */
	int64_t n_proj, n_row, n_col; /* projections selected by --proj; full detector */
	int64_t n_proj_file;	      /* projections there are, before --proj */
	enum sample type;	      /* of the projections */
	double *angle;		      /* degrees, n_proj, as measured */
	const char *angle_source;     /* "FILE:KEY", or what was computed and why */
	int64_t n_angle_read;	      /* readings found, before any policy */
	const char *angle_note;	      /* policy that was applied, "" if none was needed */
	int n_flat_groups, n_dark_groups;
	struct frame_group flats[MAX_GROUPS], darks[MAX_GROUPS];
	double pixel_um, energy_kev, distance_mm; /* settings first, else the file, else NAN */
	const char *pixel_source;		  /* "--pixel-size", "FILE:KEY", or "" */
	double exposure[3];			  /* seconds, by frame_kind; NAN when unknown */
	bool compressed;     /* frames are compressed: reading rows costs a whole frame */
	bool half;	     /* the file says: field_of_view Half */
	const char **inputs; /* every file that pixels or angles come from, for provenance */
	int n_inputs;
	struct scan_source *source;
};

/* Opens what --scan, --darks-flats, --data, --angles ... name. All layout detection, all checks
 * of frames against angles. Errors: ERR_INPUT, one sentence with the file and dataset.
 * Missing darks or flats are allowed here (zero groups); recon decides. Lives in `arena`. */
enum err scan_open(struct scan **scan, const struct input_settings *input, struct arena *arena);
void scan_close(struct scan *scan); /* NULL is fine */

/* Rows [row0, row1) of frames [first, first + n) of a kind and group (0 for projections), whole
 * width, in the order frame, row, column, as scan->type for projections and as float otherwise
 * unless the type is U8 or U16 too (then also raw: see scan_type()). */
enum err scan_read(struct scan *scan, enum frame_kind kind, int group, int64_t first, int64_t n,
	int64_t row0, int64_t row1, void *out);
enum sample scan_type(const struct scan *scan, enum frame_kind kind, int group);

#endif

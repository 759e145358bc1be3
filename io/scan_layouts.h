/* SPDX-License-Identifier: BSD-3-Clause
 * Private to io/scan_*.c: where frames of each kind go, and the layouts. */
#ifndef IO_SCAN_LAYOUTS_H
#define IO_SCAN_LAYOUTS_H

#include "io/hdf5_write.h"
#include "io/journal.h"
#include "io/scan_write.h"

struct target {
	const char *path, *key; /* path NULL: TIFF files */
	int64_t offset, after;	/* where group 0 and group 1 begin */
	const char *folder, *stem;
	int64_t *at; /* offset in the file of each frame of the dataset; NULL: by libhdf5 */
	int64_t n;   /* frames of the dataset */
	int fd;
};

struct scan_writer {
	struct arena *arena;
	struct arena
		*scratch; /* its own: frames may come from a thread that does not own the other */
	struct scan_plan plan; /* without the darks and flats that another step holds */
	const struct scan_layout *layout;
	struct target target[3]; /* by frame_kind */
	struct hdf5_out files[8];
	int n_files;
	const char *scan, *darks_flats, *angles;

	struct journal journal; /* fd -1: none */
	const char *head;
	int held;		     /* the folder, until the journal is locked */
	int64_t n_frames;	     /* of all kinds */
	struct slice_record *record; /* the first: files made; then flats, darks, projections,
				      * flats after, whatever order they have in the files */
	bool direct;		     /* frames are written where they lie */
	bool complete;		     /* it was when it was opened: nothing is to do */
	bool anew;		     /* the journal has just been begun */
};

/* name() fills target[], scan, darks_flats and angles and refuses what the layout cannot hold; make()
 * makes all files with everything but the frames, and leaves them open. */
struct scan_layout {
	enum err (*name)(struct scan_writer *w);
	enum err (*make)(struct scan_writer *w);
};
extern const struct scan_layout scan_hex, scan_hex_legacy, scan_nxtomo, scan_dxchange, scan_tiff;

/* The record of a frame. */
int64_t scan_record(const struct scan_writer *w, enum frame_kind kind, int group, int64_t frame);

/* io/scan_tiff.c */
enum err scan_tiff_write(
	const struct scan_writer *w, enum frame_kind kind, int64_t frame, const uint16_t *pixels);
/* ERR_* when the file is not there or not whole. */
enum err scan_tiff_checksum(const struct scan_writer *w, enum frame_kind kind, int64_t frame,
	void *scratch, int64_t scratch_bytes, uint32_t *crc);

/* io/scan_journal.c. With plan.resume: takes up what is there or makes it anew; without: makes it. */
enum err scan_take_up(struct scan_writer *w);
enum err scan_make(struct scan_writer *w);
enum err scan_need_room(const struct scan_writer *w); /* on the disk, as far as it is known */
const char *scan_journal_path(const struct scan_plan *plan, struct arena *arena);
/* All frames are there: the journal says complete. */
enum err scan_conclude(struct scan_writer *w);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * A volume in other clothes: a folder of TIFF slices or one TIFF of many pages, which ImageJ opens as a
 * stack with its voxel size (BigTIFF above 4 GB, which it opens with Bio-Formats only), or an XDMF
 * file by which ParaView reads the HDF5 file itself. Memory: two slices and 1 MB, whatever the volume. */
#ifndef IO_EXPORT_H
#define IO_EXPORT_H

#include "core/arena.h"
#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

struct export_plan {
	const char *volume; /* FILE or FILE:KEY (KEY: /entry/data/data when not given) */
	const char *out;    /* FILE.tif, FILE.tiff, FILE.xdmf, or a folder */
	int64_t bits;	    /* 32 float; 16, 8 unsigned on one scale for the whole volume */
	double low, high;   /* the values that become 0 and the largest number; NAN: percentiles */
	double tail;	    /* per cent beyond either end then; 0: 0.1 */
	bool force;	    /* replace what is there */
	int64_t big_above;  /* bytes that make it BigTIFF; 0: 4 000 000 000 */
	/* After each slice read, done of total (a slice counts once a pass); may be NULL. What it
	 * returns other than OK stops the export. */
	enum err (*progress)(void *context, int64_t done, int64_t total);
	void *context;
};

struct export_result {
	int64_t nz, ny, nx;
	double low, high; /* the scale used; NAN for 32 bits */
	int64_t clipped;  /* values beyond it; not-a-numbers, which become 0, among them */
	int64_t bytes, files;
	bool big; /* BigTIFF */
};

/* Whole numbers that already have the bits wanted are copied as they are when no scale is given;
 * otherwise those with scale_low and scale_high are read as the values that they stand for.
 * Percentiles are exact: found by counting, in two passes over the volume.
 * The output appears whole at the end. ERR_USAGE: it is there already (and not force), no such place;
 * ERR_INPUT: no such volume, not finished; ERR_RESOURCE: no room. */
enum err export_volume(
	const struct export_plan *plan, struct export_result *result, struct arena *arena);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Uncompressed TIFF (revision 6.0; BigTIFF above 4 GB) that ImageJ, Fiji, tifffile and libtiff
 * read: little-endian, one strip a page, all tags in front and the pixels of all pages one after
 * the other behind them. So every page has a known offset and may be written in any order, and
 * ImageJ, which reads a stack as one run of pixels from the first page on, finds it so.
 * Written by hand because libtiff would put each page's tags behind its pixels. */
#ifndef IO_TIFF_WRITE_H
#define IO_TIFF_WRITE_H

#include "core/arena.h"
#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

struct tiff_plan {
	int64_t n, ny, nx;  /* pages, rows, columns */
	int64_t bits;	    /* 32: float; 16, 8: unsigned */
	double voxel_um;    /* NAN: unknown, no resolution is written */
	double step_um;	    /* between pages; NAN: unknown */
	double min, max;    /* display range in numbers as stored; NAN: none */
	double low, high;   /* physical values of 0 and the largest number, when bits < 32 */
	const char *units;  /* of the values */
	const char *origin; /* a line of provenance */
	int64_t big_above;  /* bytes of a file that make it BigTIFF; 0: 4 000 000 000 */
};

struct tiff_head {
	void *bytes; /* all before the pixels */
	int64_t n;   /* of them: the offset of the first page, a multiple of 16 */
	int64_t page_bytes, file_bytes;
	bool big;
};

/* Page i has its pixels, row by row, at head->n + i * head->page_bytes. */
enum err tiff_head(struct tiff_head *head, const struct tiff_plan *plan, struct arena *arena);

/* A file of all its pages, written aside and renamed: whole or not there. */
enum err tiff_save(
	const char *path, const struct tiff_plan *plan, const void *pixels, struct arena *arena);

#endif

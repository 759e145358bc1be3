/* SPDX-License-Identifier: BSD-3-Clause
 * Frames in TIFF files: one page a file, or many pages in one; grey, 8, 16 or 32 bit (64 too), any byte
 * order, strips or tiles, any compression of libtiff. Uncompressed rows are read where they lie,
 * without the rest of the page; also ImageJ's stacks of one page and `images=N`. */
#ifndef IO_TIFF_READ_H
#define IO_TIFF_READ_H

#include "io/source.h"

/* The files in this order; `folder` is put in front of each name. n >= 1. The first and the last file
 * are checked here, each other one when it is read. Adds them to the inputs. */
enum err tiff_stack(struct scan_source *source, const char *folder, const char *const *names,
	int64_t n, const char *label, struct stack **stack);

#endif

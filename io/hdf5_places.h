/* SPDX-License-Identifier: BSD-3-Clause
 * Where the frames of a scan lie in an HDF5 file, so that they can be written there without libhdf5. */
#ifndef IO_HDF5_PLACES_H
#define IO_HDF5_PLACES_H

#include "core/error.h"

#include <stdint.h>

/* Offsets of the n frames of an array of uint16 (n, n_row, n_col) that is contiguous, or has a chunk for
 * each frame, not packed and all there. ERR_INPUT: it is not so. One thread at a time. */
enum err hdf5_frame_places(
	const char *path, const char *key, int64_t n, int64_t n_row, int64_t n_col, int64_t *at);

#endif

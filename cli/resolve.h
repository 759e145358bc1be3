/* SPDX-License-Identifier: BSD-3-Clause
 * Questions about the output that several commands ask. */
#ifndef CLI_RESOLVE_H
#define CLI_RESOLVE_H

#include "config/options.h"
#include "core/arena.h"
#include "core/error.h"

/* HDF5 by the ending of the path, else a folder of TIFFs. */
enum output_format output_format(const struct settings *s);

/* The windows of ring removal for a detector (binned) narrower than rings.reference_width, where they
 * are not given. The settings then hold what is used. */
void fit_ring_windows(struct settings *s, const bool *given, int64_t width);

/* -o there, and bits with a scale: ERR_USAGE otherwise. */
enum err check_output(const struct settings *s);

/* The path without a trailing slash, for what lies beside the output. */
const char *output_stem(const struct settings *s, struct arena *arena);

/* --scratch, else the folder that the output is in; NULL: no memory. */
const char *scratch_folder(const struct settings *s, struct arena *arena);

#endif

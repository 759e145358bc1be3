/* SPDX-License-Identifier: BSD-3-Clause
 * Questions about the output that several commands ask. */
#ifndef CLI_RESOLVE_H
#define CLI_RESOLVE_H

#include "config/settings.h"
#include "core/arena.h"
#include "core/error.h"

/* HDF5 by the ending of the path, else a folder of TIFFs. */
enum output_format output_format(const struct settings *s);

/* -o there, and bits with a scale: ERR_USAGE otherwise. */
enum err check_output(const struct settings *s);

/* The path without a trailing slash, for what lies beside the output. */
const char *output_stem(const struct settings *s, struct arena *arena);

/* --scratch, else the folder that the output is in; NULL: no memory. */
const char *scratch_folder(const struct settings *s, struct arena *arena);

#endif

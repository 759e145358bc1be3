/* SPDX-License-Identifier: BSD-3-Clause
 * The commands. Each is given resolved settings, prints its results to stdout and returns what
 * becomes the exit status; main() prints the sentence of an error. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "config/options.h"
#include "core/arena.h"
#include "core/error.h"

enum err command_simulate(struct settings *s, const struct command_line *line, struct arena *arena);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * The commands: one file each, thin. Results go to stdout, everything else through the console. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "config/options.h"

typedef enum err command_run(
	struct settings *s, const struct command_line *line, struct arena *arena);

struct command {
	const char *name;
	unsigned bit;	      /* its options in the table */
	int n_positional;     /* as many are needed; -1: one or none */
	const char *synopsis; /* after the name */
	const char *summary;
	const char *about, *example; /* for the manual page: paragraphs, lines */
	command_run *run;
};
extern const struct command commands[]; /* ends with a row whose name is NULL */

command_run command_info, command_center, command_recon, command_simulate, command_export,
	command_check, command_score, command_segment;

#endif

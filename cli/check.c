/* SPDX-License-Identifier: BSD-3-Clause
 * tomochron check: a run file against the option table, before anything is read. */
#include "cli/commands.h"

enum err command_check(struct settings *s, const struct command_line *line, struct arena *arena)
{
	char *yaml;

	if (line->n_positional) /* parsing it is the check */
		TRY(settings_load(s, arena, line->positional[0], line->given));
	TRY(settings_yaml(s, IN_CHECK, true, true, arena, &yaml));
	fputs(yaml, stdout);
	return OK;
}

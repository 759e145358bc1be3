/* SPDX-License-Identifier: BSD-3-Clause
 * tomochron check: a run file against the option table, before anything is read. */
#include "cli/commands.h"

enum err command_check(struct settings *s, const struct command_line *line, struct arena *arena)
{
	char *yaml;

	(void)line; /* parsing it was the check */
	TRY(settings_yaml(s, IN_RECON, true, true, arena, &yaml));
	fputs(yaml, stdout);
	return OK;
}

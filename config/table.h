/* SPDX-License-Identifier: BSD-3-Clause
 * Looking things up in the option table. Private to config/. */
#ifndef CONFIG_TABLE_H
#define CONFIG_TABLE_H

#include "config/options.h"

int option_count(void);
const struct section *find_section(const char *name);

/* By section and name, or NULL. - and _ are the same. */
const struct option *find_option(const char *section, const char *name);

/* The first row with this alias that one of `commands` knows, or NULL. */
const struct option *find_alias(const char *alias, unsigned commands);

/* Is the row this one? */
bool option_is(const struct option *option, const char *section, const char *name);

/* A YAML text instead of a file; `name` stands for it in errors. Aliases at the top are those of
 * `commands`. For rows that more than one command calls the same, the first in the table counts. */
enum err settings_load_text(struct settings *s, struct arena *arena, const char *text, int64_t size,
	const char *name, unsigned commands, bool *given);
/* settings_load() for the aliases of `commands`. */
enum err settings_load_for(
	struct settings *s, struct arena *arena, const char *path, unsigned commands, bool *given);

const char *command_name(unsigned bit); /* "recon" */

#endif

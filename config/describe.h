/* SPDX-License-Identifier: BSD-3-Clause
 * Phrases about rows that help, manual and run files share. Private to config/. Texts live in the
 * arena; all may be NULL when it is out of memory. */
#ifndef CONFIG_DESCRIBE_H
#define CONFIG_DESCRIBE_H

#include "config/options.h"

/* "-o, --output, --output.path" without the value; dashes, not underscores. */
const char *describe_flags(const struct option *option, struct arena *arena);

/* What stands for the value: "N", "LENGTH", "A:B:S", ...; "" for a bool. */
const char *describe_value(const struct option *option);

/* "none, sort, filter", "1 to 100 px", ...; "" when anything goes. */
const char *describe_allowed(const struct option *option, struct arena *arena);

/* "default 3; 2.5 in preset hex; 1 to 1000". */
const char *describe_default(const struct option *option, struct arena *arena);

/* Prints text in lines of at most `width` columns, each behind `indent`. */
void print_wrapped(FILE *out, const char *text, const char *indent, int width);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * Presets are run files that are compiled in. */
#include "config/presets.h"
#include "config/table.h"
#include "config/text.h"

#include <stdio.h>
#include <string.h>

enum err settings_preset(struct settings *s, struct arena *arena, const char *name, bool *given)
{
	struct near_miss near = {.typed = name};
	char place[80], list[512] = "";

	for (const struct preset *preset = presets; preset->name; preset++) {
		size_t n = strlen(list);
		if (strcmp(preset->name, name) == 0) {
			snprintf(place, sizeof(place), "preset %.60s", name);
			return settings_load_text(s, arena, preset->yaml,
				(int64_t)strlen(preset->yaml), place, IN_ALL, given);
		}
		snprintf(list + n, sizeof(list) - n, "%s%s", n ? ", " : "", preset->name);
		near_miss_try(&near, preset->name);
	}
	return fail(ERR_USAGE, "run.preset: '%.80s' is not one of %s%s%s%s", name, list,
		near.name ? "; did you mean '" : "", near.name ? near.name : "",
		near.name ? "'?" : "");
}

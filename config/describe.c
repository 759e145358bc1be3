/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/describe.h"

#include "config/presets.h"
#include "config/table.h"

#include <string.h>

static char *dashed(char *text)
{
	for (char *at = text; at && *at; at++)
		*at = *at == '_' ? '-' : *at;
	return text;
}

const char *describe_flags(const struct option *option, struct arena *arena)
{
	char letter[8] = "";

	if (option->letter)
		snprintf(letter, sizeof(letter), "-%c, ", option->letter);
	return dashed(arena_format(arena, "%s%s%s%s--%s.%s", letter, option->alias ? "--" : "",
		option->alias ? option->alias : "", option->alias ? ", " : "", option->section,
		option->name));
}

const char *describe_value(const struct option *option)
{
	static const char *const names[] = {
		[TYPE_BOOL] = "",
		[TYPE_INT] = "N",
		[TYPE_REAL] = "X",
		[TYPE_LENGTH] = "LENGTH",
		[TYPE_ENERGY] = "ENERGY",
		[TYPE_BYTES] = "BYTES",
		[TYPE_CHOICE] = "NAME",
		[TYPE_TEXT] = "TEXT",
		[TYPE_RANGE] = "A:B:S",
		[TYPE_SWEEP] = "A:B:S",
	};

	if (option->type == TYPE_RANGE && option->high <= 1)
		return "A:B";
	return names[option->type];
}

static const char *list_choices(const struct option *option, struct arena *arena)
{
	const char *list = option->choices[1] ? "one of " : "only ";

	for (int i = 0; list && option->choices[i]; i++)
		list = arena_format(arena, "%s%s%s", list, i ? ", " : "", option->choices[i]);
	return list;
}

const char *describe_allowed(const struct option *option, struct arena *arena)
{
	const char *space = *option->unit ? " " : "";

	if (option->choices)
		return list_choices(option, arena);
	switch (option->type) {
	case TYPE_INT:
	case TYPE_REAL:
	case TYPE_LENGTH:
	case TYPE_ENERGY:
		if (option->high >= 1e9) /* no limit that anybody meets */
			return "";
		return arena_format(arena, "%.10g to %.10g%s%s", option->low, option->high, space,
			option->unit);
	default:
		return "";
	}
}

/* The row's value in a preset that sets it; NULL otherwise. */
static const char *in_preset(const struct option *option, const char *preset, struct arena *arena)
{
	struct settings s;
	bool *given = ARENA_ZERO(arena, bool, option_count());

	if (!given || settings_defaults(&s, arena) != OK ||
		settings_preset(&s, arena, preset, given) != OK || !given[option - options])
		return NULL;
	return option_print(&s, option, arena);
}

const char *describe_default(const struct option *option, struct arena *arena)
{
	const char *allowed = describe_allowed(option, arena);
	const char *text =
		*option->initial ? arena_format(arena, "default %s", option->initial) : "";

	for (const struct preset *preset = presets; text && preset->name; preset++) {
		const char *value = in_preset(option, preset->name, arena);
		if (value && strcmp(value, option->initial) != 0)
			text = arena_format(
				arena, "%s; %s in preset %s", text, value, preset->name);
	}
	if (!text || !allowed)
		return NULL;
	return arena_format(arena, "%s%s%s", text, *text && *allowed ? "; " : "", allowed);
}

void print_wrapped(FILE *out, const char *text, const char *indent, int width)
{
	int room = width - (int)strlen(indent), column = 0;

	while (*text) {
		int n = (int)strcspn(text, " ");
		if (column > 0 && column + 1 + n > room) {
			fputc('\n', out);
			column = 0;
		}
		fputs(column == 0 ? indent : " ", out);
		column += column > 0;
		fwrite(text, 1, (size_t)n, out);
		column += n;
		text += n;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

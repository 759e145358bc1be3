/* SPDX-License-Identifier: BSD-3-Clause
 * Help for the terminal, made from the table. */
#include "config/describe.h"
#include "config/table.h"
#include "config/text.h"

#include <string.h>

enum { WIDTH = 88 };

static void print_option(FILE *out, const struct option *option)
{
	struct arena *arena = arena_new();
	const char *flags, *defaults;
	char *text;

	if (!arena)
		return;
	flags = describe_flags(option, arena);
	defaults = describe_default(option, arena);
	if (flags && defaults) {
		text = arena_format(arena, "%s%s%s%s", option->help, *defaults ? " (" : "",
			defaults, *defaults ? ")" : "");
		fprintf(out, "  %s%s%s\n", flags, option->type == TYPE_BOOL ? "" : " ",
			describe_value(option));
		if (text)
			print_wrapped(out, text, "        ", WIDTH);
	}
	arena_free(arena);
}

static bool in_section(
	const struct option *option, const struct section *section, unsigned commands)
{
	return strcmp(option->section, section->name) == 0 && (option->commands & commands);
}

static void print_section(FILE *out, const struct section *section, unsigned commands)
{
	bool first = true;

	for (const struct option *option = options; option->name; option++) {
		if (!in_section(option, section, commands))
			continue;
		if (first)
			fprintf(out, "\n%s: %s\n", section->name, section->summary);
		first = false;
		print_option(out, option);
	}
}

void options_help(FILE *out, unsigned command)
{
	for (const struct section *section = sections; section->name; section++)
		print_section(out, section, command);
	fputc('\n', out);
	print_wrapped(out,
		"An option is given as --section.name=value or by its short name; true or false "
		"ones "
		"also as --name and --no-name. -h, --help prints this. In a run file (--config "
		"FILE) "
		"the same reads section: {name: value}. Options given last win over the run file, "
		"which wins over the preset, which wins over the defaults.",
		"", WIDTH);
}

static void print_section_topic(FILE *out, const struct section *section)
{
	fprintf(out, "%s: %s\n", section->name, section->summary);
	if (*section->cite)
		print_wrapped(out, section->cite, "  ", WIDTH);
	for (const struct option *option = options; option->name; option++) {
		if (!in_section(option, section, IN_ALL))
			continue;
		fputc('\n', out);
		print_option(out, option);
	}
}

static void print_option_topic(FILE *out, const struct option *option)
{
	print_option(out, option);
	fputs("  Commands:", out);
	for (unsigned bit = 1; bit & IN_ALL; bit <<= 1)
		if (option->commands & bit)
			fprintf(out, " %s", command_name(bit));
	if (option->command_line)
		fputs("\n", out);
	else
		fprintf(out, "\n  In a run file: %s: {%s: %s}\n", option->section, option->name,
			*option->initial ? option->initial : "...");
}

static bool is_topic(const struct option *option, const char *topic)
{
	const char *dot = strchr(topic, '.');
	size_t n = strlen(option->section);

	if (option->alias && same_name(option->alias, topic))
		return true;
	if (!dot)
		return same_name(option->name, topic);
	return (size_t)(dot - topic) == n && strncmp(topic, option->section, n) == 0 &&
	       same_name(option->name, dot + 1);
}

enum err topic_help(FILE *out, const char *topic)
{
	const struct section *section;
	struct near_miss near = {0};
	int found = 0;

	while (*topic == '-')
		topic++;
	section = find_section(topic);
	if (section) {
		print_section_topic(out, section);
		return OK;
	}
	near.typed = topic;
	for (const struct option *option = options; option->name; option++) {
		if (is_topic(option, topic)) {
			if (found++)
				fputc('\n', out);
			print_option_topic(out, option);
		}
		near_miss_try(&near, option->name);
		if (option->alias)
			near_miss_try(&near, option->alias);
	}
	for (section = sections; section->name; section++)
		near_miss_try(&near, section->name);
	if (found)
		return OK;
	return fail(ERR_USAGE, "no help on '%.80s'%s%s%s", topic,
		near.name ? "; did you mean '" : "", near.name ? near.name : "",
		near.name ? "'?" : "");
}

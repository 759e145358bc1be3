/* SPDX-License-Identifier: BSD-3-Clause
 * The manual pages, made from the table: roff for man(1), markdown for docs/. */
#include "config/describe.h"
#include "config/table.h"

#include <string.h>

#ifndef TOMO_VERSION
#define TOMO_VERSION "unknown"
#endif

/* Text with what roff would take as its own escaped. */
static void roff(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text; text++) {
		if (*text == '-')
			fputs("\\-", out);
		else if (*text == '\\')
			fputs("\\e", out);
		else
			fputc(*text, out);
	}
}

static void man_line(FILE *out, const char *macro, const char *text)
{
	if (*macro)
		fprintf(out, "%s\n", macro);
	roff(out, text);
	fputc('\n', out);
}

static void man_option(FILE *out, const struct option *option)
{
	struct arena *arena = arena_new();
	const char *flags, *defaults, *value = describe_value(option);

	if (!arena)
		return;
	flags = describe_flags(option, arena);
	defaults = describe_default(option, arena);
	if (flags && defaults) {
		fputs(".TP\n\\fB", out);
		roff(out, flags);
		fputs("\\fR", out);
		if (*value)
			fprintf(out, " \\fI%s\\fR", value);
		fputc('\n', out);
		roff(out, option->help);
		if (*defaults) {
			fputs(" (", out);
			roff(out, defaults);
			fputs(")", out);
		}
		fputs(".\n", out);
	}
	arena_free(arena);
}

static void man_sections(FILE *out, unsigned bit)
{
	for (const struct section *section = sections; section->name; section++) {
		bool first = true;
		for (const struct option *option = options; option->name; option++) {
			if (strcmp(option->section, section->name) != 0 ||
				!(option->commands & bit))
				continue;
			if (first) {
				fprintf(out, ".SS %s\n", section->name);
				man_line(out, "", section->summary);
				if (*section->cite)
					man_line(out, ".br", section->cite);
			}
			first = false;
			man_option(out, option);
		}
	}
}

static void man_statuses(FILE *out)
{
	static const char *const statuses[][2] = {
		{"0", "done"},
		{"1", "failed"},
		{"2", "wrong command line or configuration"},
		{"3", "input inconsistent or unreadable"},
		{"5", "interrupted; the same command takes up again"},
		{"6", "out of memory or disk"},
	};

	fputs(".SH EXIT STATUS\n", out);
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		fprintf(out, ".TP\n%s\n%s\n", statuses[i][0], statuses[i][1]);
}

void options_man(
	FILE *out, const char *command, unsigned bit, const char *summary, const char *synopsis)
{
	fprintf(out, ".TH TOMOCHRON-");
	for (const char *at = command; *at; at++)
		fputc(*at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at, out);
	fprintf(out, " 1 \"\" \"tomochron %s\" \"tomochron\"\n.SH NAME\ntomochron\\-%s \\- ",
		TOMO_VERSION, command);
	man_line(out, "", summary);
	fprintf(out, ".SH SYNOPSIS\n.B tomochron %s\n", command);
	man_line(out, "", synopsis);
	fputs(".SH DESCRIPTION\n", out);
	man_line(out, "",
		"Values come, in rising precedence, from the defaults, the preset (--preset), the "
		"run "
		"file (--config) and the options given.");
	man_line(out, "",
		"An option is given as --section.name=value or by its short name; true or false "
		"options also as --name and --no-name.");
	fputs("In a run file (YAML) the same reads\n.IR section :\n{\\fIname\\fR: value}.\n", out);
	fputs(".SH OPTIONS\n", out);
	man_sections(out, bit);
	fputs(".SS help\n.TP\n\\fB\\-h, \\-\\-help\\fR\nPrint the options.\n", out);
	man_statuses(out);
	fputs(".SH SEE ALSO\n.B tomochron help\n", out);
}

static void cell(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void markdown_row(FILE *out, const struct option *option)
{
	struct arena *arena = arena_new();
	const char *flags, *defaults;

	if (!arena)
		return;
	flags = describe_flags(option, arena);
	defaults = describe_default(option, arena);
	if (flags && defaults) {
		const char *value = describe_value(option);
		fprintf(out, "| `%s%s%s` | ", flags, *value ? " " : "", value);
		cell(out, defaults);
		fputs(" | ", out);
		for (unsigned bit = 1; bit & IN_ALL; bit <<= 1)
			if (option->commands & bit)
				fprintf(out, "%s ", command_name(bit));
		fputs("| ", out);
		cell(out, option->help);
		fputs(" |\n", out);
	}
	arena_free(arena);
}

void options_markdown(FILE *out)
{
	for (const struct section *section = sections; section->name; section++) {
		fprintf(out, "## %s\n\n%s.\n", section->name, section->summary);
		if (*section->cite)
			fprintf(out, "Source: %s.\n", section->cite);
		fputs("\n| option | default and allowed | commands | |\n|---|---|---|---|\n", out);
		for (const struct option *option = options; option->name; option++)
			if (strcmp(option->section, section->name) == 0)
				markdown_row(out, option);
		fputc('\n', out);
	}
}

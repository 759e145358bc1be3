/* SPDX-License-Identifier: BSD-3-Clause
 * The manual pages, made from the table: roff for man(1), markdown for docs/. */
#include "config/describe.h"
#include "config/table.h"

#include <string.h>

#ifndef TOMO_VERSION
#define TOMO_VERSION "unknown"
#endif

void roff_text(FILE *out, const char *text)
{
	bool starts = true;

	for (; *text; starts = *text++ == '\n') {
		if (starts && (*text == '.' || *text == '\''))
			fputs("\\&", out);
		if (*text == '-')
			fputs("\\-", out);
		else if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '\n' && text[1] == '\n')
			fputs("\n.PP", out);
		else
			fputc(*text, out);
	}
}

static void man_line(FILE *out, const char *macro, const char *text)
{
	if (*macro)
		fprintf(out, "%s\n", macro);
	roff_text(out, text);
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
		roff_text(out, flags);
		fputs("\\fR", out);
		if (*value)
			fprintf(out, " \\fI%s\\fR", value);
		fputc('\n', out);
		roff_text(out, option->help);
		if (*defaults) {
			fputs(" (", out);
			roff_text(out, defaults);
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

void roff_exit_status(FILE *out)
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
		fprintf(out, ".TP\n%s\n%s.\n", statuses[i][0], statuses[i][1]);
}

/* TOMOCHRON-RECON */
static void man_title(FILE *out, const char *command)
{
	fprintf(out, ".TH TOMOCHRON-");
	for (const char *at = command; *at; at++)
		fputc(*at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at, out);
	fprintf(out, " 1 \"\" \"tomochron %s\" \"tomochron\"\n", TOMO_VERSION);
}

void options_man(FILE *out, const struct man_page *page)
{
	man_title(out, page->command);
	fprintf(out, ".SH NAME\ntomochron\\-%s \\- ", page->command);
	man_line(out, "", page->summary);
	fprintf(out, ".SH SYNOPSIS\n.B tomochron %s\n", page->command);
	man_line(out, "", page->synopsis);
	fputs("[OPTION]...\n.SH DESCRIPTION\n", out);
	man_line(out, "", page->about);
	fputs(".SH OPTIONS\n", out);
	man_line(out, "",
		"Values come, in rising precedence, from the defaults, the preset (--preset, where "
		"the command has it), the run file (--config) and the options given. An option is "
		"given as --section.name=value or by its short name; true or false options also as "
		"--name and --no-name.");
	fputs("In a run file (YAML) the same reads\n.IR section :\n{\\fIname\\fR: value}.\n", out);
	man_sections(out, page->bit);
	fputs(".SS help\n.TP\n\\fB\\-h, \\-\\-help\\fR\nPrint the options.\n", out);
	roff_exit_status(out);
	fputs(".SH EXAMPLE\n.nf\n", out);
	man_line(out, "", page->example);
	fputs(".fi\n.SH SEE ALSO\n.BR tomochron (1)\n", out);
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
	fputs("# Options\n\nMade by `tomochron help --markdown`; `tomochron help OPTION` says the "
	      "same. Short names are given where there are some. In a run file (YAML) "
	      "`--section.name=value` reads `section: {name: value}`.\n\n",
		out);
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

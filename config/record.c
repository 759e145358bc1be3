/* SPDX-License-Identifier: BSD-3-Clause
 * Settings written down so that they can be used again: a run file, and a command. */
#include "config/describe.h"
#include "config/table.h"
#include "config/text.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH = 92 };

/* Texts that YAML reads back as they are, without quotes. */
static bool is_plain(const char *text)
{
	size_t n = strlen(text);
	bool number = text[0] == '-' && text[1] >= '0' && text[1] <= '9';

	if (n == 0 || text[n - 1] == ':' || strchr(":+_-", text[0]))
		if (!number)
			return false;
	for (; *text; text++)
		if (!(*text >= 'a' && *text <= 'z') && !(*text >= 'A' && *text <= 'Z') &&
			!(*text >= '0' && *text <= '9') && !strchr("_./:+-", *text))
			return false;
	return true;
}

/* Characters that stand in a double-quoted scalar as they are. */
static bool is_printable(uint32_t code)
{
	if (code < 0x7f)
		return code >= 0x20 && code != '"' && code != '\\';
	return code >= 0xa0 && code != 0x2028 && code != 0x2029 && code != 0xfeff &&
	       code != 0xfffe && code != 0xffff;
}

static enum err yaml_scalar(FILE *out, const char *text)
{
	if (is_plain(text)) {
		fputs(text, out);
		return OK;
	}
	fputc('"', out);
	while (*text) {
		struct character next = text_character(text);
		if (next.length == 0)
			return fail(ERR_USAGE, "'%.80s' is not UTF-8 text", text);
		if (is_printable(next.code))
			fwrite(text, 1, next.length, out);
		else
			fprintf(out, "\\U%08x", (unsigned int)next.code);
		text += next.length;
	}
	fputc('"', out);
	return OK;
}

static enum err yaml_row(FILE *out, const struct settings *s, const struct option *option,
	bool comments, struct arena *arena)
{
	const char *value = option_print(s, option, arena);

	NEED(value);
	if (comments) {
		const char *defaults = describe_default(option, arena), *text;
		NEED(defaults);
		text = arena_format(arena, "%s%s%s%s", option->help, *defaults ? " (" : "",
			defaults, *defaults ? ")" : "");
		NEED(text);
		print_wrapped(out, text, "  # ", WIDTH);
	}
	fprintf(out, "  %s: ", option->name);
	TRY(yaml_scalar(out, value));
	fputc('\n', out);
	return OK;
}

static enum err yaml_section(FILE *out, const struct settings *s, const struct section *section,
	unsigned commands, bool execution, bool comments, struct arena *arena)
{
	bool first = true;

	for (const struct option *option = options; option->name; option++) {
		if (strcmp(option->section, section->name) != 0 || option->command_line ||
			!(option->commands & commands) || (option->execution && !execution))
			continue;
		if (first && comments)
			fprintf(out, "\n# %s\n", section->summary);
		if (first && comments && *section->cite)
			print_wrapped(out, section->cite, "#   ", WIDTH);
		if (first)
			fprintf(out, "%s:\n", section->name);
		first = false;
		TRY(yaml_row(out, s, option, comments, arena));
	}
	return OK;
}

enum err settings_yaml(const struct settings *s, unsigned commands, bool execution, bool comments,
	struct arena *arena, char **yaml)
{
	enum err code = OK;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return fail(ERR_RESOURCE, "out of memory");
	for (const struct section *section = sections; section->name && code == OK; section++)
		code = yaml_section(out, s, section, commands, execution, comments, arena);
	if (fclose(out) != 0 && code == OK)
		code = fail(ERR_RESOURCE, "out of memory");
	if (code == OK && !(*yaml = arena_copy(arena, text)))
		code = ERR_RESOURCE;
	free(text);
	return code;
}

/* A word as the shell reads it back. */
static void shell_word(FILE *out, const char *text)
{
	static const char harmless[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				       "0123456789_./:=,+@%-";

	if (*text && text[strspn(text, harmless)] == 0) {
		fputs(text, out);
		return;
	}
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else
			fputc(*text, out);
	}
	fputc('\'', out);
}

static enum err command_options(
	FILE *out, const struct settings *s, const struct command_line *line, struct arena *arena)
{
	for (const struct option *option = options; option->name; option++) {
		bool positional = line->n_positional && option_is(option, "input", "scan");
		bool preset = option_is(option, "run", "preset");
		const char *value, *word;

		if (!line->given[option - options] || positional || (option->execution && !preset))
			continue;
		value = preset ? line->preset : option_print(s, option, arena);
		NEED(value);
		word = arena_format(arena, "--%s.%s=%s", option->section, option->name, value);
		NEED(word);
		fputc(' ', out);
		shell_word(out, word);
	}
	return OK;
}

enum err settings_command(const struct settings *s, const struct command_line *line,
	const char *command, struct arena *arena, char **text)
{
	enum err code;
	bool dash = false;
	char *made = NULL;
	size_t size;
	FILE *out = open_memstream(&made, &size);

	if (!out)
		return fail(ERR_RESOURCE, "out of memory");
	fprintf(out, "tomochron %s", command);
	for (int i = 0; i < line->n_positional; i++)
		dash = dash || line->positional[i][0] == '-';
	for (int i = 0; i < line->n_positional && !dash; i++) {
		fputc(' ', out);
		shell_word(out, line->positional[i]);
	}
	code = command_options(out, s, line, arena);
	fputs(dash ? " --" : "", out);
	for (int i = 0; i < line->n_positional && dash; i++) {
		fputc(' ', out);
		shell_word(out, line->positional[i]);
	}
	if (fclose(out) != 0 && code == OK)
		code = fail(ERR_RESOURCE, "out of memory");
	if (code == OK && !(*text = arena_copy(arena, made)))
		code = ERR_RESOURCE;
	free(made);
	return code;
}

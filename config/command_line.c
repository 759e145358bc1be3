/* SPDX-License-Identifier: BSD-3-Clause
 * The command line. All of it is read before any value is set, because --preset and --config, which
 * may stand anywhere, come before the other options in precedence. */
#include "config/table.h"
#include "config/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct item {
	const struct option *option;
	const char *value;
};

struct parser {
	struct arena *arena;
	struct command_line *line;
	int argc, at; /* at: the next argument */
	char **argv;
	struct item *items;
	int n_items;
};

static const struct {
	unsigned bit;
	const char *name;
	int positionals;
} commands[] = {
	{IN_INFO, "info", 1},
	{IN_CENTER, "center", 1},
	{IN_RECON, "recon", 1},
	{IN_SIMULATE, "simulate", 0},
	{IN_EXPORT, "export", 1},
	{IN_CHECK, "check", 1},
	{IN_SCORE, "score", 2},
	{IN_SEGMENT, "segment", 1},
	{0, "", 8},
};

const char *command_name(unsigned bit)
{
	int i = 0;

	while (commands[i].bit && commands[i].bit != bit)
		i++;
	return commands[i].name;
}

static int most_positionals(unsigned bit)
{
	int i = 0;

	while (commands[i].bit && commands[i].bit != bit)
		i++;
	return commands[i].positionals;
}

static const struct option *find_letter(char letter, unsigned bits)
{
	for (const struct option *option = options; option->name; option++)
		if (option->letter == letter && (option->commands & bits))
			return option;
	return NULL;
}

static void add(struct parser *parser, const struct option *option, const char *value)
{
	parser->items[parser->n_items++] = (struct item){option, value};
}

static enum err unknown_option(const struct parser *parser, const char *key)
{
	struct near_miss near = {.typed = key};
	const char *command = command_name(parser->line->command);

	for (const struct option *option = options; option->name; option++) {
		const char *full;

		if (!(option->commands & parser->line->command))
			continue;
		full = arena_format(parser->arena, "%s.%s", option->section, option->name);
		NEED(full);
		if (same_name(option->name, key)) {
			near.name = full;
			break;
		}
		near_miss_try(&near, full);
		if (option->alias)
			near_miss_try(&near, option->alias);
	}
	if (near.name) {
		char *typed = arena_copy(parser->arena, near.name);
		NEED(typed);
		for (char *at = typed; *at; at++)
			*at = *at == '_' ? '-' : *at;
		return fail(ERR_USAGE, "command line: unknown option --%.80s; did you mean --%s?",
			key, typed);
	}
	return fail(ERR_USAGE,
		"command line: unknown option --%.80s; tomochron help %s lists those there are",
		key, command);
}

static enum err not_for_command(const struct parser *parser, const char *typed, unsigned bits)
{
	char list[128] = "";

	for (int i = 0; commands[i].bit; i++) {
		size_t n = strlen(list);
		if (bits & commands[i].bit)
			snprintf(list + n, sizeof(list) - n, "%s%s", n ? ", " : "",
				commands[i].name);
	}
	return fail(ERR_USAGE, "command line: %s is not an option of %s but of %s", typed,
		command_name(parser->line->command), list);
}

/* "rings.method" or an alias; NULL when there is no such row, whatever the command. */
static const struct option *find_key(const char *key, unsigned bits)
{
	char section[64];
	const char *dot = strchr(key, '.');
	const struct option *option = NULL;

	if (!dot) {
		option = find_alias(key, bits);
		return option ? option : find_alias(key, IN_ALL);
	}
	if ((size_t)(dot - key) < sizeof(section)) {
		snprintf(section, sizeof(section), "%.*s", (int)(dot - key), key);
		option = find_option(section, dot + 1);
	}
	return option;
}

static bool is_truth(const char *word)
{
	bool value;

	return isalpha((unsigned char)*word) && text_bool(word, &value) == OK;
}

/* The argument behind an option as its value. A forgotten value must not swallow the next option;
 * a value that begins with - and a letter is given with = . */
static enum err take_value(
	struct parser *parser, const struct option *option, const char *typed, const char **value)
{
	const char *next = parser->at < parser->argc ? parser->argv[parser->at] : NULL;

	if (!next || (next[0] == '-' && (next[1] == '-' || isalpha((unsigned char)next[1]))))
		return fail(ERR_USAGE, "command line: %s needs a value (%s.%s)", typed,
			option->section, option->name);
	*value = next;
	parser->at++;
	return OK;
}

static enum err parse_long(struct parser *parser, const char *argument)
{
	const char *equals = strchr(argument, '='), *value = equals ? equals + 1 : NULL;
	const struct option *option;
	bool negated = false;
	char key[128];
	size_t n = equals ? (size_t)(equals - argument) : strlen(argument);

	if (n >= sizeof(key))
		return fail(ERR_USAGE, "command line: unknown option %.80s...", argument);
	memcpy(key, argument, n);
	key[n] = 0;
	option = find_key(key + 2, parser->line->command);
	if (!option && strncmp(key, "--no-", 5) == 0) {
		option = find_key(key + 5, parser->line->command);
		negated = option && option->type == TYPE_BOOL;
		option = negated ? option : NULL;
	}
	if (!option)
		return unknown_option(parser, key + 2);
	if (!(option->commands & parser->line->command))
		return not_for_command(parser, key, option->commands);
	if (negated && value)
		return fail(ERR_USAGE, "command line: %s takes no value", key);
	if (option->type == TYPE_BOOL && !value) {
		value = negated ? "false" : "true";
		if (!negated && parser->at < parser->argc && is_truth(parser->argv[parser->at]))
			value = parser->argv[parser->at++];
	}
	if (!value)
		TRY(take_value(parser, option, key, &value));
	add(parser, option, value);
	return OK;
}

/* -q, -qv, -oPATH, -o PATH */
static enum err parse_letters(struct parser *parser, const char *argument)
{
	for (const char *at = argument + 1; *at; at++) {
		const struct option *option = find_letter(*at, parser->line->command);
		const char typed[] = {'-', *at, 0}, *value = at + 1;

		if (*at == 'h') {
			parser->line->help = true;
			return OK;
		}
		if (!option) {
			option = find_letter(*at, IN_ALL);
			if (option)
				return not_for_command(parser, typed, option->commands);
			return fail(ERR_USAGE,
				"command line: unknown option %.80s; tomochron help %s lists those "
				"there are",
				argument, command_name(parser->line->command));
		}
		if (option->type == TYPE_BOOL) {
			add(parser, option, "true");
			continue;
		}
		if (*value == '=')
			value++;
		else if (!*value)
			TRY(take_value(parser, option, typed, &value));
		add(parser, option, value);
		break;
	}
	return OK;
}

static enum err add_positional(struct parser *parser, const char *argument)
{
	struct command_line *line = parser->line;
	int most = most_positionals(line->command);

	if (line->n_positional == most)
		return fail(ERR_USAGE, "command line: '%.80s' is too much: %s takes %s", argument,
			command_name(line->command),
			most == 0   ? "options only"
			: most == 1 ? "one file or folder"
				    : "two files or folders");
	line->positional[line->n_positional++] = argument;
	return OK;
}

static enum err parse_arguments(struct parser *parser)
{
	bool options_end = false;

	while (parser->at < parser->argc && !parser->line->help) {
		const char *argument = parser->argv[parser->at++];

		if (options_end || argument[0] != '-' || argument[1] == 0)
			TRY(add_positional(parser, argument));
		else if (strcmp(argument, "--") == 0)
			options_end = true;
		else if (strcmp(argument, "--help") == 0)
			parser->line->help = true;
		else if (argument[1] == '-')
			TRY(parse_long(parser, argument));
		else
			TRY(parse_letters(parser, argument));
	}
	return OK;
}

/* The value of the last --preset or --config, or NULL. */
static const char *last_of(const struct parser *parser, const char *name)
{
	const char *value = NULL;

	for (int i = 0; i < parser->n_items; i++)
		if (option_is(parser->items[i].option, "run", name))
			value = parser->items[i].value;
	return value;
}

/* A phantom is measured without the faults of the cell's camera unless they are asked for. */
static bool wants_phantom(const struct parser *parser, const struct settings *file)
{
	bool phantom = file->simulate.phantom != PHANTOM_NONE;

	for (int i = 0; i < parser->n_items; i++)
		if (option_is(parser->items[i].option, "simulate", "phantom"))
			phantom = strcmp(parser->items[i].value, "none") != 0;
	return phantom;
}

/* Which preset: of the command line, else of the run file, else the default. */
static enum err choose_preset(const struct parser *parser, const struct settings *defaults)
{
	struct command_line *line = parser->line;
	struct settings trial = *defaults;

	line->preset = last_of(parser, "preset");
	if (!line->preset) {
		if (*line->config)
			TRY(settings_load_for(
				&trial, parser->arena, line->config, line->command, NULL));
		line->preset = trial.run.preset;
	}
	if (strcmp(line->preset, "auto") == 0)
		line->preset = line->command != IN_SIMULATE    ? "hex"
			       : wants_phantom(parser, &trial) ? "none"
							       : "cell";
	if (strcmp(line->preset, "none") == 0)
		line->preset = "";
	return OK;
}

static enum err fill(const struct parser *parser, struct settings *s)
{
	struct command_line *line = parser->line;
	bool *given = line->given;
	const struct option *preset = find_option("run", "preset");

	line->config = last_of(parser, "config");
	if (!line->config)
		line->config = "";
	if (preset->commands & line->command) {
		TRY(choose_preset(parser, s));
		if (*line->preset)
			TRY(settings_preset(s, parser->arena, line->preset, NULL));
	}
	if (*line->config)
		TRY(settings_load_for(s, parser->arena, line->config, line->command, given));
	for (int i = 0; i < parser->n_items; i++) {
		const struct item *item = &parser->items[i];
		TRY(settings_set(s, parser->arena, item->option, item->value, "command line"));
		given[item->option - options] = true;
	}
	if (line->n_positional > 0 && (line->command & IN_SCAN)) {
		const struct option *scan = find_option("input", "scan");
		TRY(settings_set(s, parser->arena, scan, line->positional[0], "command line"));
		given[scan - options] = true;
	}
	return OK;
}

enum err settings_parse(
	struct settings *s, struct arena *arena, int argc, char **argv, struct command_line *out)
{
	struct parser parser = {.arena = arena, .line = out, .argc = argc, .argv = argv};
	int64_t letters = 0;

	*out = (struct command_line){.command = out->command, .preset = "", .config = ""};
	for (int i = 0; i < argc; i++)
		letters += (int64_t)strlen(argv[i]);
	parser.items = ARENA_NEW(arena, struct item, letters); /* -qv is two items */
	out->given = ARENA_ZERO(arena, bool, option_count());
	NEED(parser.items);
	NEED(out->given);
	TRY(settings_defaults(s, arena));
	TRY(parse_arguments(&parser));
	return out->help ? OK : fill(&parser, s);
}

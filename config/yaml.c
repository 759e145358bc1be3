/* SPDX-License-Identifier: BSD-3-Clause
 * Run files and presets. Two levels only: `section: {name: value}`, or `alias: value` at the top.
 * libyaml loads the document; the walk over it checks every key against the option table, so that
 * a misspelt key is an error and never a silent default. */
#include "config/presets.h"
#include "config/table.h"
#include "config/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <yaml.h>

enum { MAX_FILE = 1 << 18, MAX_DEPTH = 100 };

struct reader {
	struct settings *s;
	struct arena *arena;
	const char *name; /* of the file, for errors */
	unsigned commands;
	bool *given;
	yaml_document_t *document;
	size_t *option_line, *section_line; /* where each was set in this file; 0: not yet */
};

static size_t line_of(const yaml_node_t *node)
{
	return node->start_mark.line + 1;
}

static const char *kind_of(const yaml_node_t *node)
{
	return node->type == YAML_MAPPING_NODE	  ? "a mapping"
	       : node->type == YAML_SEQUENCE_NODE ? "a list"
						  : "a value";
}

/* Text of a scalar, or NULL: not a scalar, or with a zero byte in it. */
static const char *scalar(const yaml_node_t *node)
{
	if (node->type != YAML_SCALAR_NODE)
		return NULL;
	if (memchr(node->data.scalar.value, 0, node->data.scalar.length))
		return NULL;
	return (const char *)node->data.scalar.value;
}

static enum err read_key(const struct reader *reader, const yaml_node_t *key, const char **text)
{
	*text = scalar(key);
	return *text ? OK
		     : fail(ERR_USAGE, "%s:%zu: a name is expected before the colon", reader->name,
			       line_of(key));
}

static enum err once(const struct reader *reader, const char *name, size_t *line, size_t now)
{
	if (*line)
		return fail(ERR_USAGE, "%s:%zu: %s is given a second time (first in line %zu)",
			reader->name, now, name, *line);
	*line = now;
	return OK;
}

static enum err read_value(const struct reader *reader, const struct option *option,
	const yaml_node_t *key, const yaml_node_t *node)
{
	const char *full, *where, *value = scalar(node);

	full = arena_format(reader->arena, "%s.%s", option->section, option->name);
	where = arena_format(reader->arena, "%s:%zu", reader->name, line_of(key));
	NEED(full);
	NEED(where);
	if (option->command_line)
		return fail(ERR_USAGE, "%s: %s belongs on the command line", where, full);
	if (!value)
		return fail(ERR_USAGE, "%s: %s takes one value, not %s", where, full,
			node->type == YAML_SCALAR_NODE ? "a text with a zero byte" : kind_of(node));
	TRY(once(reader, full, &reader->option_line[option - options], line_of(key)));
	TRY(settings_set(reader->s, reader->arena, option, value, where));
	if (reader->given)
		reader->given[option - options] = true;
	return OK;
}

static enum err unknown_in_section(
	const struct reader *reader, const struct section *section, const char *name, size_t line)
{
	struct near_miss near = {.typed = name};
	char list[1024] = "";

	for (const struct option *option = options; option->name; option++) {
		size_t n = strlen(list);
		if (strcmp(option->section, section->name) != 0 || option->command_line)
			continue;
		snprintf(list + n, sizeof(list) - n, "%s%s", n ? ", " : "", option->name);
		near_miss_try(&near, option->name);
	}
	return fail(ERR_USAGE, "%s:%zu: unknown name '%.80s' in %s%s%s%s (known: %s)", reader->name,
		line, name, section->name, near.name ? "; did you mean '" : "",
		near.name ? near.name : "", near.name ? "'?" : "", list);
}

static enum err unknown_at_top(const struct reader *reader, const char *name, size_t line)
{
	struct near_miss near = {.typed = name};
	char list[512] = "";

	for (const struct section *section = sections; section->name; section++) {
		size_t n = strlen(list);
		snprintf(list + n, sizeof(list) - n, "%s%s", n ? ", " : "", section->name);
		near_miss_try(&near, section->name);
	}
	for (const struct option *option = options; option->name; option++) {
		if (same_name(option->name, name))
			return fail(ERR_USAGE,
				"%s:%zu: '%.80s' belongs in a section, as in %s: {%s: ...}",
				reader->name, line, name, option->section, option->name);
		if (option->alias && (option->commands & reader->commands))
			near_miss_try(&near, option->alias);
	}
	return fail(ERR_USAGE, "%s:%zu: unknown section '%.80s'%s%s%s (known: %s)", reader->name,
		line, name, near.name ? "; did you mean '" : "", near.name ? near.name : "",
		near.name ? "'?" : "", list);
}

static enum err read_section(
	const struct reader *reader, const struct section *section, const yaml_node_t *mapping)
{
	const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;

	for (; pair < mapping->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
		const yaml_node_t *value = yaml_document_get_node(reader->document, pair->value);
		const struct option *option;
		const char *name;

		TRY(read_key(reader, key, &name));
		option = find_option(section->name, name);
		if (!option)
			return unknown_in_section(reader, section, name, line_of(key));
		TRY(read_value(reader, option, key, value));
	}
	return OK;
}

static enum err read_top(
	const struct reader *reader, const yaml_node_t *key, const yaml_node_t *value)
{
	const struct section *section;
	const struct option *alias;
	const char *name, *text = scalar(value);

	TRY(read_key(reader, key, &name));
	section = find_section(name);
	alias = find_alias(name, reader->commands);
	/* "rings:" with nothing, or only comments, below it is an empty section */
	if (section && (value->type == YAML_MAPPING_NODE || (text && !*text))) {
		TRY(once(reader, section->name, &reader->section_line[section - sections],
			line_of(key)));
		return text ? OK : read_section(reader, section, value);
	}
	if (alias)
		return read_value(reader, alias, key, value);
	if (section)
		return fail(ERR_USAGE, "%s:%zu: %s is a section, not one value: %s: {NAME: VALUE}",
			reader->name, line_of(key), section->name, section->name);
	return unknown_at_top(reader, name, line_of(key));
}

static enum err read_document(struct reader *reader)
{
	const yaml_node_t *root = yaml_document_get_root_node(reader->document);
	const yaml_node_pair_t *pair;
	int64_t n_sections = 0;

	if (!root || (root->type == YAML_SCALAR_NODE && root->data.scalar.length == 0))
		return OK;
	if (root->type != YAML_MAPPING_NODE)
		return fail(ERR_USAGE, "%s:%zu: sections of options are expected, not %s",
			reader->name, line_of(root), kind_of(root));
	while (sections[n_sections].name)
		n_sections++;
	reader->option_line = ARENA_ZERO(reader->arena, size_t, option_count());
	reader->section_line = ARENA_ZERO(reader->arena, size_t, n_sections);
	NEED(reader->option_line);
	NEED(reader->section_line);
	for (pair = root->data.mapping.pairs.start; pair < root->data.mapping.pairs.top; pair++)
		TRY(read_top(reader, yaml_document_get_node(reader->document, pair->key),
			yaml_document_get_node(reader->document, pair->value)));
	return OK;
}

/* Errors of the characters come with an offset, those of the grammar with a line. */
static enum err parser_problem(const yaml_parser_t *parser, const char *text, const char *name)
{
	size_t line = parser->problem_mark.line + 1;

	if (parser->error == YAML_MEMORY_ERROR)
		return fail(ERR_RESOURCE, "%s: out of memory", name);
	if (parser->error == YAML_READER_ERROR) {
		line = 1;
		for (size_t i = 0; i < parser->problem_offset; i++)
			line += text[i] == '\n';
	}
	return fail(ERR_USAGE, "%s:%zu: not valid YAML: %s%s%s", name, line,
		parser->context ? parser->context : "", parser->context ? ": " : "",
		parser->problem ? parser->problem : "unknown problem");
}

static enum err load_document(
	yaml_parser_t *parser, struct reader *reader, const char *text, yaml_document_t *second)
{
	enum err code;

	if (!yaml_parser_load(parser, reader->document))
		return parser_problem(parser, text, reader->name);
	code = read_document(reader);
	if (code == OK && yaml_document_get_root_node(reader->document)) {
		if (!yaml_parser_load(parser, second)) {
			code = parser_problem(parser, text, reader->name);
		} else {
			const yaml_node_t *root = yaml_document_get_root_node(second);
			if (root)
				code = fail(ERR_USAGE, "%s:%zu: a second document; one is expected",
					reader->name, line_of(root));
			yaml_document_delete(second);
		}
	}
	yaml_document_delete(reader->document);
	return code;
}

/* libyaml takes time in the square of the nesting; no run file nests deeper than three. */
static bool too_deep(const char *text, int64_t size)
{
	int64_t depth = 0;

	for (int64_t i = 0; i < size && depth <= MAX_DEPTH; i++) {
		depth += text[i] == '[' || text[i] == '{';
		depth -= depth > 0 && (text[i] == ']' || text[i] == '}');
	}
	return depth > MAX_DEPTH;
}

enum err settings_load_text(struct settings *s, struct arena *arena, const char *text, int64_t size,
	const char *name, unsigned commands, bool *given)
{
	yaml_document_t document, second;
	yaml_parser_t parser;
	struct reader reader = {.s = s,
		.arena = arena,
		.name = name,
		.commands = commands,
		.given = given,
		.document = &document};
	enum err code;

	if (too_deep(text, size))
		return fail(ERR_USAGE, "%s: not a run file: brackets nest too deep", name);
	if (!yaml_parser_initialize(&parser))
		return fail(ERR_RESOURCE, "%s: out of memory", name);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, (size_t)size);
	code = load_document(&parser, &reader, text, &second);
	yaml_parser_delete(&parser);
	return code;
}

enum err settings_load_for(
	struct settings *s, struct arena *arena, const char *path, unsigned commands, bool *given)
{
	char *text = ARENA_NEW(arena, char, MAX_FILE + 1);
	FILE *file = fopen(path, "rb");
	size_t size;
	int problem;

	if (!file)
		return fail(ERR_USAGE, "%s: cannot be opened: %s", path, strerror(errno));
	if (!text) {
		fclose(file);
		return ERR_RESOURCE;
	}
	errno = 0;
	size = fread(text, 1, MAX_FILE + 1, file);
	problem = ferror(file) ? errno : 0;
	fclose(file);
	if (problem)
		return fail(ERR_USAGE, "%s: cannot be read: %s", path, strerror(problem));
	if (size > MAX_FILE)
		return fail(ERR_USAGE, "%s: too large for a run file (more than 256 kB)", path);
	return settings_load_text(s, arena, text, (int64_t)size, path, commands, given);
}

enum err settings_load(struct settings *s, struct arena *arena, const char *path, bool *given)
{
	return settings_load_for(s, arena, path, IN_ALL, given);
}

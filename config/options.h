/* SPDX-License-Identifier: BSD-3-Clause
 * The option table: one row an option. Command line, run files, presets, help, manual pages,
 * validation and provenance are loops over it. */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include "config/settings.h"
#include "core/arena.h"
#include "core/error.h"

#include <stddef.h>
#include <stdio.h>

enum option_type {
	TYPE_BOOL,   /* bool */
	TYPE_INT,    /* int64_t */
	TYPE_REAL,   /* double; "auto" and "" give NAN where the default is NAN */
	TYPE_LENGTH, /* double, in the row's unit; typed with um, mm, cm, m, nm or bare */
	TYPE_ENERGY, /* double keV; keV, eV, MeV or bare */
	TYPE_BYTES,  /* int64_t; 24G, 512M, 1.5GiB */
	TYPE_CHOICE, /* an enum, by its names in .choices */
	TYPE_TEXT,   /* const char * */
	TYPE_RANGE,  /* struct range */
	TYPE_SWEEP,  /* struct sweep */
};

/* Commands that know an option. */
enum command_set {
	IN_INFO = 1,
	IN_CENTER = 2,
	IN_RECON = 4,
	IN_SIMULATE = 8,
	IN_EXPORT = 16,
	IN_CHECK = 32,
	IN_SCORE = 64,
	IN_SEGMENT = 128,
	IN_SCAN = IN_INFO | IN_CENTER | IN_RECON,
	IN_ALL = 255,
};

struct option {
	const char *section, *name; /* --section.name, and in YAML section: {name: value} */
	const char *alias;	    /* --alias, or NULL; in YAML also `alias: value` at the top */
	char letter;		    /* -o, or 0 */
	enum option_type type;
	size_t offset;		    /* in struct settings */
	const char *initial;	    /* default, as it would be typed */
	double low, high;	    /* allowed, both included; of a range: its step */
	const char *const *choices; /* NULL-ended, in the order of the enum; of an int: allowed */
	const char *unit;	    /* "" or "px", "um", "keV", ... */
	unsigned commands;	    /* enum command_set bits */
	bool execution;	   /* changes how, not what: kept out of provenance and resume keys */
	bool command_line; /* has no place in a run file (--config) */
	const char *help;  /* one sentence, no full stop */
};

extern const struct option options[]; /* ends with a row whose name is NULL */

struct section {
	const char *name, *summary, *cite; /* cite: paper and DOI, or "" */
};
extern const struct section sections[]; /* ends with NULL */

/* All defaults of the table. */
enum err settings_defaults(struct settings *s, struct arena *arena);

/* One value as typed. `where` goes in front of the sentence of an error ("run.yaml:12" or
 * "command line"). */
enum err settings_set(struct settings *s, struct arena *arena, const struct option *option,
	const char *value, const char *where);

/* A run file or preset (YAML). Unknown sections, unknown keys, wrong values: ERR_USAGE with
 * file:line, the value, what is allowed and the near miss. Sections of commands that are not here
 * yet are unknown too. given[], when not NULL, has one flag a row: set for the rows of the file.
 * An alias at the top that several commands use for different rows is the first one in the table
 * (rows: input.rows); settings_parse() takes the one of its command. */
enum err settings_load(struct settings *s, struct arena *arena, const char *path, bool *given);

/* A shipped preset by name ("hex", "raw"), compiled in from config/presets/. */
enum err settings_preset(struct settings *s, struct arena *arena, const char *name, bool *given);

/* A command line after the command's name (argv[0] is the first argument behind it); the caller sets
 * out->command. Fills s: defaults, then preset (of --preset, else run.preset of the run file, else
 * hex; none for info, simulate, export, score and segment), then --config FILE, then the options given. Positionals
 * go to positional[], at most as many as the command takes; the first is also input.scan for info,
 * center and recon. --help ends the reading: then s holds the defaults.
 * --section.name=value, --section.name value, --alias value, -x value, --bool, --no-bool; "--". */
struct command_line {
	unsigned command; /* one command_set bit, set by the caller */
	const char *positional[8];
	int n_positional;
	bool help;		     /* --help or -h was given */
	bool *given;		     /* one flag a row of options[]: set by file or command line */
	const char *preset, *config; /* "": none */
};
enum err settings_parse(
	struct settings *s, struct arena *arena, int argc, char **argv, struct command_line *out);

/* The value of a row as it would be typed (arena text). */
const char *option_print(
	const struct settings *s, const struct option *option, struct arena *arena);

/* The resolved configuration as a commented YAML run file that parses back to the same settings:
 * every row known to `commands`; execution rows only if asked. */
enum err settings_yaml(const struct settings *s, unsigned commands, bool execution, bool comments,
	struct arena *arena, char **yaml);

/* The command that repeats this: "tomochron recon SCAN --rings.method=sort", only the rows given and
 * not of execution, and --run.preset if it was given; shell-quoted where needed. */
enum err settings_command(const struct settings *s, const struct command_line *line,
	const char *command, struct arena *arena, char **text);

/* Help texts, made from the table. topic: a section ("rings") or an option's full name, name or
 * alias, with or without dashes. options_help lists the options a command knows, grouped by section. */
void options_help(FILE *out, unsigned command);
enum err topic_help(FILE *out, const char *topic);
/* The manual pages: man (roff) or markdown. about: paragraphs, with an empty line between; example:
 * lines. */
struct man_page {
	const char *command;
	unsigned bit;
	const char *summary, *synopsis, *about, *example;
};
void options_man(FILE *out, const struct man_page *page);
/* Text with what roff would take as its own escaped, and the section on exit codes. */
void roff_text(FILE *out, const char *text);
void roff_exit_status(FILE *out);
void options_markdown(FILE *out);

#endif

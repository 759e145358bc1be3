/* SPDX-License-Identifier: BSD-3-Clause
 * tomochron: the command table, help, and exit codes. */
#include "cli/commands.h"
#include "cli/console.h"
#include "core/parallel.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct command commands[] = {
	{"info", IN_INFO, 1, "SCAN [--darks-flats SCAN] [-o PREFIX]",
		"what is in a scan, and an audit of the acquisition", command_info},
	{"center", IN_CENTER, 1, "SCAN [--darks-flats SCAN] [--sweep A:B:S -o DIR]",
		"rotation centre, with its confidence", command_center},
	{"recon", IN_RECON, 1, "SCAN [--darks-flats SCAN] -o VOLUME",
		"raw scan to attenuation volume (HDF5 file or folder of TIFFs)", command_recon},
	{"simulate", IN_SIMULATE, 0, "--phantom ellipsoids -o DIR",
		"a raw scan of a phantom whose truth is known", command_simulate},
	{"export", IN_EXPORT, 1, "VOLUME -o OUT",
		"volume to TIFF slices or one (Big)TIFF, 8 or 16 bit on one global scale",
		command_export},
	{"check", IN_CHECK, -1, "[RUN.yaml] [--preset NAME]",
		"checks a run file and prints the complete one it stands for", command_check},
	{0},
};

static void usage(FILE *out)
{
	fputs("tomochron " TOMO_VERSION ": raw synchrotron tomography scans to volumes\n\nusage:\n",
		out);
	for (const struct command *c = commands; c->name; c++)
		fprintf(out, "  tomochron %-9s %s\n", c->name, c->synopsis);
	fputs("  tomochron help      [COMMAND | SECTION | OPTION]\n\ncommands:\n", out);
	for (const struct command *c = commands; c->name; c++)
		fprintf(out, "  %-9s %s\n", c->name, c->summary);
	fputs("\nsections of options (tomochron help SECTION):\n ", out);
	for (const struct section *s = sections; s->name; s++)
		fprintf(out, " %s", s->name);
	fputs("\n\nexit codes: 0 done, 1 failed, 2 usage or configuration, 3 input inconsistent or "
	      "unreadable,\n            5 interrupted (the same command resumes), 6 out of memory "
	      "or "
	      "disk\n",
		out);
}

static const struct command *find_command(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

static void command_help(const struct command *c)
{
	printf("tomochron %s %s\n\n%s\n\n", c->name, c->synopsis, c->summary);
	options_help(stdout, c->bit);
}

static enum err help(int argc, char **argv)
{
	const struct command *c;

	if (argc == 0) {
		usage(stdout);
		return OK;
	}
	if (argc == 2 && !strcmp(argv[0], "--man") && (c = find_command(argv[1]))) {
		options_man(stdout, c->name, c->bit, c->summary, c->synopsis);
		return OK;
	}
	if (!strcmp(argv[0], "--markdown")) {
		options_markdown(stdout);
		return OK;
	}
	c = find_command(argv[0]);
	if (c)
		command_help(c);
	else
		return topic_help(stdout, argv[0]);
	return OK;
}

static enum err run(const struct command *c, int argc, char **argv, struct arena *arena)
{
	static struct settings s; /* zero until parsed */
	struct command_line line = {.command = c->bit};
	int most = c->n_positional < 0 ? -c->n_positional : c->n_positional;

	TRY(settings_parse(&s, arena, argc, argv, &line));
	if (line.help) {
		command_help(c);
		return OK;
	}
	if (line.n_positional < c->n_positional)
		return fail(ERR_USAGE, "a scan or volume is missing: tomochron %s %s", c->name,
			c->synopsis);
	if (line.n_positional > most)
		return fail(ERR_USAGE, "'%s' is one argument too many: tomochron %s %s",
			line.positional[most], c->name, c->synopsis);
	if (c->n_positional > 0)
		s.input.scan = line.positional[0];
	console_start(s.run.quiet || s.run.json, s.run.verbose);
	console_catch_signals();
	parallel_set_threads((int)s.run.threads);
	return c->run(&s, &line, arena);
}

static enum err dispatch(int argc, char **argv, struct arena *arena)
{
	const struct command *c;

	if (argc < 2) {
		usage(stderr);
		return fail(ERR_USAGE, "a command is missing");
	}
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return help(argc - 2, argv + 2);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "version")) {
		puts("tomochron " TOMO_VERSION);
		return OK;
	}
	c = find_command(argv[1]);
	if (!c)
		return fail(ERR_USAGE, "unknown command '%s'; tomochron help lists them", argv[1]);
	return run(c, argc - 2, argv + 2, arena);
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	enum err e;

	console_argc = argc;
	console_argv = argv;
	e = arena ? dispatch(argc, argv, arena) : ERR_RESOURCE;
	progress_end();
	if (e != OK)
		fprintf(stderr, "tomochron: %s\n", error_message());
	if ((fflush(stdout) != 0 || ferror(stdout)) && e == OK) {
		fputs("tomochron: cannot write to stdout\n", stderr);
		e = ERR_RESOURCE;
	}
	console_close();
	arena_free(arena);
	return (int)e;
}

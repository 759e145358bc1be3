/* SPDX-License-Identifier: BSD-3-Clause
 * The command line: forms, errors, precedence; presets; help and manual. */
#include "config/presets.h"
#include "config/table.h"

#include <math.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena *arena;
static struct settings s;
static struct command_line line;

static int set_up(void **state)
{
	(void)state;
	arena = arena_new();
	return arena ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void assert_contains(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' does not contain '%s'", text, part);
}

/* A command line of words separated by blanks, into s and line. */
static enum err parse(unsigned command, const char *words)
{
	char *argv[64], *copy = arena_copy(arena, words), *save;
	int argc = 0;

	for (char *at = strtok_r(copy, " ", &save); at; at = strtok_r(NULL, " ", &save))
		argv[argc++] = at;
	line = (struct command_line){.command = command};
	return settings_parse(&s, arena, argc, argv, &line);
}

static bool given(const char *section, const char *name)
{
	return line.given[find_option(section, name) - options];
}

static void test_forms(void **state)
{
	(void)state;
	assert_int_equal(parse(IN_RECON, "scan.h5 --rings.method=sort --rings.large 81 -o out.h5 "
					 "--darks_flats d.h5 --center 12.5 -qv --tilt --memory 2G"),
		OK);
	assert_string_equal(s.input.scan, "scan.h5");
	assert_string_equal(line.positional[0], "scan.h5");
	assert_string_equal(s.output.path, "out.h5");
	assert_string_equal(s.input.darks_flats, "d.h5");
	assert_int_equal(s.rings.method, RINGS_SORT);
	assert_int_equal(s.rings.large, 81);
	assert_true(s.center.value == 12.5 && s.center.tilt && s.run.quiet && s.run.verbose);
	assert_true(given("rings", "large") && given("input", "scan") && !given("fbp", "filter"));
	assert_int_equal(parse(IN_RECON, "-oa.h5 --output=b.h5 --tilt --no-tilt --force=no"), OK);
	assert_string_equal(s.output.path, "b.h5"); /* later wins */
	assert_false(s.center.tilt);
	assert_false(s.run.force);
	assert_int_equal(line.n_positional, 0);
	assert_int_equal(parse(IN_RECON, "--tilt false -- --strange.h5"), OK);
	assert_false(s.center.tilt);
	assert_string_equal(s.input.scan, "--strange.h5");
	assert_int_equal(parse(IN_CENTER, "a.h5 --row -1 --rows 3"), OK);
	assert_int_equal(s.center.row, -1);
	assert_int_equal(s.input.rows.end, 4);
	assert_int_equal(parse(IN_RECON, "a.h5 --help --nonsense"), OK);
	assert_true(line.help);
	assert_int_equal(parse(IN_RECON, "-h"), OK);
	assert_true(line.help);
}

static void test_command_decides(void **state)
{
	(void)state;
	assert_int_equal(parse(IN_SIMULATE, "--rows 40 --tilt 0.5 --flats 3 -o d"), OK);
	assert_int_equal(s.simulate.rows, 40);
	assert_true(s.simulate.tilt == 0.5);
	assert_int_equal(s.simulate.flats, 3);
	assert_string_equal(s.input.flats, "");
	assert_int_equal(parse(IN_RECON, "x.h5 --rows 40 --tilt --flats f.h5"), OK);
	assert_int_equal(s.input.rows.begin, 40);
	assert_int_equal(s.simulate.rows, 0);
	assert_true(s.center.tilt);
}

static void test_errors(void **state)
{
	static const struct {
		unsigned command;
		const char *words, *sentence;
	} cases[] = {
		{IN_RECON, "--fliter hann", "unknown option --fliter; did you mean --filter?"},
		{IN_RECON, "--snr 3", "did you mean --rings.snr?"},
		{IN_RECON, "--rings.methd=sort", "did you mean --rings.method?"},
		{IN_RECON, "--darks-flat x", "did you mean --darks-flats?"},
		{IN_RECON, "--bogus", "tomochron help recon lists"},
		{IN_RECON, "--phantom ball", "--phantom is not an option of recon but of simulate"},
		{IN_SIMULATE, "--row 3", "--row is not an option of simulate but of center"},
		{IN_INFO, "--dry-run", "--dry-run is not an option of info but of recon"},
		{IN_RECON, "--rows", "--rows needs a value (input.rows)"},
		{IN_RECON, "--rows --bin 2", "--rows needs a value"},
		{IN_RECON, "-o -q", "-o needs a value"},
		{IN_RECON, "-z", "unknown option -z"},
		{IN_RECON, "a b", "'b' is too much: recon takes one file or folder"},
		{IN_SIMULATE, "a", "'a' is too much: simulate takes options only"},
		{IN_RECON, "--no-tilt=yes", "--no-tilt takes no value"},
		{IN_RECON, "--no-filter", "unknown option --no-filter"},
		{IN_RECON, "--filter shep", "command line: fbp.filter: 'shep' is not one of"},
		{IN_RECON, "--preset hx",
			"run.preset: 'hx' is not one of cell, hex, raw; did you mean"},
		{IN_RECON, "--config no-such.yaml", "no-such.yaml: cannot be opened"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (parse(cases[i].command, cases[i].words) != ERR_USAGE)
			fail_msg("accepted: %s", cases[i].words);
		assert_contains(error_message(), cases[i].sentence);
	}
}

static void write_file(char *path, const char *text)
{
	int file = mkstemps(path, 5);

	assert_true(file >= 0);
	assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
	close(file);
}

static void test_precedence(void **state)
{
	char path[] = "test_config_XXXXXX.yaml", raw[] = "test_config_XXXXXX.yaml";
	struct settings defaults;

	(void)state;
	write_file(path, "rings: {large: 91, small: 41}\nrows: 2:4\n");
	write_file(raw, "preset: raw\nrings: {snr: 7}\n");
	assert_int_equal(settings_defaults(&defaults, arena), OK);
	assert_int_equal(parse(IN_RECON, "a.h5"), OK);
	assert_string_equal(line.preset, "hex");
	assert_true(s.rings.large == 71 && s.rings.snr == 2.5);
	assert_true(defaults.rings.large == 51);
	assert_int_equal(
		parse(IN_RECON, arena_format(arena, "a.h5 --rings.small 51 --config %s", path)),
		OK);
	assert_true(s.rings.snr == 2.5 && s.rings.large == 91 && s.rings.small == 51);
	assert_int_equal(s.input.rows.begin, 2);
	assert_true(given("rings", "large") && given("rings", "small") && !given("rings", "snr"));
	assert_string_equal(line.config, path);
	assert_int_equal(parse(IN_RECON, "a.h5 --preset raw"), OK);
	assert_int_equal(s.rings.method, RINGS_NONE);
	assert_int_equal(parse(IN_RECON, arena_format(arena, "a.h5 --config %s", raw)), OK);
	assert_true(s.rings.method == RINGS_NONE && s.rings.snr == 7);
	assert_int_equal(
		parse(IN_RECON, arena_format(arena, "a.h5 --config %s --preset hex", raw)), OK);
	assert_true(s.rings.method == RINGS_ALL && s.rings.snr == 7);
	assert_int_equal(parse(IN_SIMULATE, "-o d"), OK);
	assert_true(s.rings.large == 51); /* no preset */
	unlink(path);
	unlink(raw);
}

static void test_presets(void **state)
{
	(void)state;
	for (int i = 0; presets[i].name; i++) {
		assert_int_equal(settings_defaults(&s, arena), OK);
		if (settings_preset(&s, arena, presets[i].name, NULL) != OK)
			fail_msg("%s", error_message());
	}
	assert_true(presets[0].name && presets[1].name);
}

/* What a printer prints, as text. */
static char *printed(void (*print)(FILE *out))
{
	char *text = NULL, *copy;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	print(out);
	fclose(out);
	copy = arena_copy(arena, text);
	free(text);
	return copy;
}

static void print_help(FILE *out)
{
	options_help(out, IN_RECON);
}

static void print_man(FILE *out)
{
	static const struct man_page page = {
		"recon", IN_RECON, "reconstruct a scan", "SCAN -o VOLUME", "one\n\n.two", "three"};

	options_man(out, &page);
}

/* The whole word, not the front of a longer one. */
static bool has_word(const char *text, const char *word)
{
	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
		if (strchr(" \n", at[strlen(word)]))
			return true;
	return false;
}

static void test_help(void **state)
{
	char *help = printed(print_help), *man = printed(print_man), *save;
	char *markdown = printed(options_markdown);

	(void)state;
	for (const struct option *option = options; option->name; option++) {
		char *flag = arena_format(arena, "--%s.%s", option->section, option->name);
		for (char *at = flag; *at; at++)
			*at = *at == '_' ? '-' : *at;
		assert_contains(markdown, flag);
		assert_true(has_word(help, flag) == ((option->commands & IN_RECON) != 0));
	}
	assert_contains(help, "2.5 in preset hex");
	assert_contains(man, ".TH TOMOCHRON-RECON 1");
	assert_contains(man, "one\n.PP\n\\&.two\n");
	assert_contains(man, "\\fB\\-o, \\-\\-output, \\-\\-output.path\\fR \\fITEXT\\fR");
	for (char *at = strtok_r(help, "\n", &save); at; at = strtok_r(NULL, "\n", &save))
		assert_true(strlen(at) <= 88);
}

static enum err topic_code;

static void print_topic(FILE *out)
{
	topic_code = topic_help(out, "rings");
}

static void print_row_topic(FILE *out)
{
	topic_code = topic_help(out, "--rows");
}

static void print_no_topic(FILE *out)
{
	topic_code = topic_help(out, "fliter");
}

static void test_topics(void **state)
{
	char *text = printed(print_topic);

	(void)state;
	assert_int_equal(topic_code, OK);
	assert_contains(text, "doi:10.1364/OE.26.028396");
	assert_contains(text, "--rings.wavelet-level N");
	text = printed(print_row_topic);
	assert_contains(text, "--simulate.rows");
	assert_contains(text, "Commands: center recon check");
	text = printed(print_no_topic);
	assert_int_equal(topic_code, ERR_USAGE);
	assert_contains(error_message(), "did you mean 'filter'?");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_forms),
	cmocka_unit_test(test_command_decides),
	cmocka_unit_test(test_errors),
	cmocka_unit_test(test_precedence),
	cmocka_unit_test(test_presets),
	cmocka_unit_test(test_help),
	cmocka_unit_test(test_topics),
};

int main(void)
{
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * The option table and all that is made from it: values, run files, command lines, help, records. */
#include "config/table.h"

#include <math.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <wordexp.h>

#include <cmocka.h>

static struct arena *arena;

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

static uint64_t random_state = 88172645463325252u;

static uint64_t random_below(uint64_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % n;
}

static enum err load(struct settings *s, const char *yaml)
{
	return settings_load_text(
		s, arena, yaml, (int64_t)strlen(yaml), "run.yaml", IN_RECON, NULL);
}

static const struct option *row(const char *section, const char *name)
{
	const struct option *option = find_option(section, name);

	assert_non_null(option);
	return option;
}

static void test_rows(void **state)
{
	(void)state;
	for (const struct option *option = options; option->name; option++) {
		size_t n = strlen(option->help);

		assert_non_null(find_section(option->section));
		assert_true(option->commands != 0);
		assert_non_null(option->unit);
		assert_true(n > 10 && option->help[n - 1] != '.');
		assert_null(strstr(option->help, "  "));
		if (option->type == TYPE_CHOICE)
			assert_true(option->choices && option->choices[0]);
		assert_ptr_equal(find_option(option->section, option->name), option);
		for (const struct option *other = options; other != option; other++) {
			if (!(other->commands & option->commands))
				continue;
			assert_false(other->letter && other->letter == option->letter);
			if (other->alias && option->alias)
				assert_string_not_equal(other->alias, option->alias);
		}
	}
}

/* Rows of a section stand together, in the order of the sections. */
static void test_sections(void **state)
{
	const struct option *option = options;

	(void)state;
	for (const struct section *section = sections; section->name; section++) {
		assert_string_equal(option->section, section->name);
		while (option->name && strcmp(option->section, section->name) == 0)
			option++;
	}
	assert_null(option->name);
}

static size_t size_of(enum option_type type)
{
	static const size_t sizes[] = {
		[TYPE_BOOL] = sizeof(bool),
		[TYPE_INT] = sizeof(int64_t),
		[TYPE_REAL] = sizeof(double),
		[TYPE_LENGTH] = sizeof(double),
		[TYPE_ENERGY] = sizeof(double),
		[TYPE_BYTES] = sizeof(int64_t),
		[TYPE_CHOICE] = sizeof(unsigned int),
		[TYPE_TEXT] = sizeof(char *),
		[TYPE_RANGE] = sizeof(struct range),
		[TYPE_SWEEP] = sizeof(struct sweep),
	};

	return sizes[type];
}

static size_t align_of(enum option_type type)
{
	return type == TYPE_RANGE || type == TYPE_SWEEP ? 8 : size_of(type);
}

static size_t round_up(size_t n, size_t step)
{
	return (n + step - 1) / step * step;
}

/* Rows stand in the order of the fields, and between two fields is nothing but padding, so no field
 * lacks a row. (Only the last, narrow field of a section could hide in the padding behind it.) */
static void test_fields_covered(void **state)
{
	size_t end = 0;

	(void)state;
	for (const struct option *option = options; option->name;) {
		const struct option *first = option;
		size_t align = 1;

		for (; option->name && strcmp(option->section, first->section) == 0; option++)
			if (align_of(option->type) > align)
				align = align_of(option->type);
		end = round_up(end, align);
		for (const struct option *at = first; at != option; at++) {
			end = round_up(end, align_of(at->type));
			if (at->offset != end)
				fail_msg("no row for what stands before %s.%s", at->section,
					at->name);
			end += size_of(at->type);
		}
		end = round_up(end, align);
	}
	assert_int_equal(round_up(end, 8), sizeof(struct settings));
}

static void test_defaults(void **state)
{
	struct settings s;

	(void)state;
	assert_int_equal(settings_defaults(&s, arena), OK);
	assert_true(isnan(s.center.value) && isnan(s.input.pixel_size) && isnan(s.output.low));
	assert_int_equal(s.input.rows.end, -1);
	assert_int_equal(s.input.proj.step, 1);
	assert_int_equal(s.rings.method, RINGS_ALL);
	assert_true(s.zinger.threshold == 0.08);
	assert_true(s.center.sweep.step == 0);
	assert_true(s.simulate.endpoint);
	assert_string_equal(s.rings.wavelet, "db9");
	assert_int_equal(s.fbp.filter, FILTER_HANN);
}

static void test_values(void **state)
{
	/* exact: a unit moves the decimal point of the text, it does not multiply */
	static const struct {
		const char *section, *name, *typed, *printed;
	} cases[] = {
		{"input", "pixel_size", "1.3um", "1.3"},
		{"input", "pixel_size", " 1.3 um ", "1.3"},
		{"input", "pixel_size", "0.0013 mm", "1.3"},
		{"input", "pixel_size", "1300nm", "1.3"},
		{"input", "pixel_size", "1.3e-6m", "1.3"},
		{"input", "pixel_size", "1.3\u00b5m", "1.3"},
		{"input", "pixel_size", "auto", "auto"},
		{"input", "pixel_size", "", "auto"},
		{"input", "distance", "0.7 m", "700"},
		{"input", "energy", "80keV", "80"},
		{"input", "energy", "80500 eV", "80.5"},
		{"input", "energy", "50eV", "0.05"},
		{"run", "memory", "24G", "24G"},
		{"run", "memory", "512 MB", "512M"},
		{"run", "memory", "1.5GiB", "1536M"},
		{"run", "memory", "2147483649", "2147483649"},
		{"input", "rows", "100:200", "100:200"},
		{"input", "rows", "7", "7:8"},
		{"input", "rows", "7:", "7:-1"},
		{"input", "rows", ":9", "0:9"},
		{"input", "proj", "0:-1:10", "0:-1:10"},
		{"center", "sweep", "1530:1540:0.5", "1530:1540:0.5"},
		{"center", "sweep", "", ""},
		{"center", "tilt", "Yes", "true"},
		{"simulate", "layout", "hex_legacy", "hex-legacy"},
		{"simulate", "photons", "3e4", "30000"},
		{"log", "floor", "1e-5", "1e-05"},
		{"center", "row", "-1", "-1"},
		{"center", "value", "1535.25", "1535.25"},
		{"center", "value", "-3.5", "-3.5"},
		{"output", "bits", "16", "16"},
	};
	struct settings s;

	(void)state;
	assert_int_equal(settings_defaults(&s, arena), OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct option *option = row(cases[i].section, cases[i].name);
		if (settings_set(&s, arena, option, cases[i].typed, "test") != OK)
			fail_msg("%s", error_message());
		assert_string_equal(option_print(&s, option, arena), cases[i].printed);
	}
	settings_set(&s, arena, row("input", "pixel_size"), "0.0013mm", "test");
	assert_true(s.input.pixel_size == 1.3);
	settings_set(&s, arena, row("run", "memory"), "24G", "test");
	assert_int_equal(s.run.memory, 24LL << 30);
}

static void test_wrong_values(void **state)
{
	static const struct {
		const char *section, *name, *typed, *sentence;
	} cases[] = {
		{"rings", "snr", "abc", "here: rings.snr: 'abc' is not a number"},
		{"rings", "snr", "3x", "'x' is too much"},
		{"rings", "snr", "0x10", "'x10' is too much"},
		{"rings", "snr", "nan", "is not a number"},
		{"rings", "snr", "inf", "is not a number"},
		{"rings", "snr", "1e999", "too large"},
		{"rings", "snr", "", "a value is missing"},
		{"rings", "snr", "2000", "out of range: 1 to 1000 are allowed"},
		{"rings", "snr", "auto", "is not a number"},
		{"rings", "large", "2.5", "is not a whole number"},
		{"rings", "large", "99999999999999999999", "too large"},
		{"rings", "large", "0", "out of range: 1 to 10001 px"},
		{"fbp", "filter", "shep", "did you mean 'shepp'?"},
		{"fbp", "filter", "quux", "not one of ramlak, shepp"},
		{"input", "pixel_size", "1.3 keV", "unknown unit 'keV' (nm, um"},
		{"input", "pixel_size", "-1", "out of range"},
		{"input", "pixel_size", "0", "out of range"},
		{"input", "energy", "80 kg", "(eV, keV, MeV)"},
		{"input", "rows", "5:5", "is empty"},
		{"input", "rows", "-5:5", "begins before 0"},
		{"input", "rows", "0:-2", "negative end"},
		{"input", "rows", "0:9:2", "has a step"},
		{"input", "proj", "0:9:0", "step below 1"},
		{"input", "proj", "0:9:1:1", "is not a range"},
		{"input", "proj", "a:b", "'a' is not a whole number"},
		{"center", "sweep", "1:2", "is not a sweep"},
		{"center", "sweep", "2:1:1", "upwards"},
		{"center", "sweep", "0:1e9:1", "more than 10000"},
		{"center", "tilt", "maybe", "neither true nor false"},
		{"run", "memory", "24", "write 24G or 512M"},
		{"run", "memory", "24Q", "is not an amount of memory"},
		{"run", "memory", "9e30G", "is out of range"},
		{"output", "bits", "12", "not one of 8, 16, 32"},
		{"output", "path", "caf\xe9.h5", "is not UTF-8"},
	};
	struct settings s, before;

	(void)state;
	assert_int_equal(settings_defaults(&s, arena), OK);
	before = s;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct option *option = row(cases[i].section, cases[i].name);
		if (settings_set(&s, arena, option, cases[i].typed, "here") != ERR_USAGE)
			fail_msg("'%s' was accepted", cases[i].typed);
		assert_contains(error_message(), cases[i].sentence);
		assert_memory_equal(&s, &before, sizeof(s)); /* untouched */
	}
}

static const char *random_text(const struct option *option)
{
	static const char *const texts[] = {"", "scan.h5", "a b.nxs:/entry/data", "-o", "~", "# x",
		"it's", "\"q\" \\ back", "tab\tnewline\nend", "\u00e9\u03bc\U0001f600",
		"\xc2\x85\u2028", "x: y", "a:", "[1, 2]", "{a: b}", "&x *y !z %", "null", "---",
		"...", "\x01\x7f"};
	double share = (double)random_below(1000001) / 1e6, low = option->low, high = option->high;

	switch (option->type) {
	case TYPE_BOOL:
		return random_below(2) ? "true" : "false";
	case TYPE_INT:
		if (option->choices)
			return option->choices[random_below(3)];
		return arena_format(arena, "%.0f", floor(low + share * (high - low)));
	case TYPE_REAL:
	case TYPE_LENGTH:
	case TYPE_ENERGY:
		return arena_format(arena, "%.17g", low + share * (high - low));
	case TYPE_BYTES:
		return arena_format(arena, "%dK", 1024 + (int)random_below(1 << 30));
	case TYPE_CHOICE: {
		uint64_t n = 0;
		while (option->choices[n])
			n++;
		return option->choices[random_below(n)];
	}
	case TYPE_TEXT:
		return texts[random_below(sizeof(texts) / sizeof(texts[0]))];
	case TYPE_RANGE:
		return arena_format(arena, "%d:%d", (int)random_below(100), 101 + (int)share);
	case TYPE_SWEEP:
		return arena_format(arena, "%.17g:200:0.25", share);
	}
	return "";
}

static void randomise(struct settings *s)
{
	for (const struct option *option = options; option->name; option++)
		if (!option->command_line &&
			settings_set(s, arena, option, random_text(option), "random") != OK)
			fail_msg("%s", error_message());
}

/* Printed reals are exact, so equal texts mean equal values. */
static void assert_same(const struct settings *a, const struct settings *b, bool execution)
{
	for (const struct option *option = options; option->name; option++)
		if (execution || !option->execution)
			assert_string_equal(
				option_print(a, option, arena), option_print(b, option, arena));
}

static void test_yaml_round_trip(void **state)
{
	struct settings s, again;
	char *yaml;

	(void)state;
	for (int i = 0; i < 200; i++) {
		struct arena_mark mark = arena_mark(arena);
		assert_int_equal(settings_defaults(&s, arena), OK);
		if (i > 1)
			randomise(&s);
		assert_int_equal(settings_yaml(&s, IN_ALL, true, i % 2 == 0, arena, &yaml), OK);
		assert_int_equal(settings_defaults(&again, arena), OK);
		if (load(&again, yaml) != OK)
			fail_msg("%s\n%s", error_message(), yaml);
		assert_same(&s, &again, true);
		arena_release(arena, mark);
	}
	assert_int_equal(settings_defaults(&s, arena), OK);
	assert_int_equal(settings_yaml(&s, IN_RECON, false, true, arena, &yaml), OK);
	assert_null(strstr(yaml, "threads:"));
	assert_null(strstr(yaml, "simulate:"));
}

static void test_command_round_trip(void **state)
{
	struct settings s, again;
	struct command_line line, line_again;

	(void)state;
	for (int i = 0; i < 100; i++) {
		struct arena_mark mark = arena_mark(arena);
		char *argv[200], *text;
		int argc = 0;
		wordexp_t words;

		argv[argc++] =
			i % 2 ? arena_copy(arena, "it's a $scan.h5") : arena_copy(arena, "s.h5");
		for (const struct option *option = options; option->name; option++)
			if ((option->commands & IN_RECON) && !option->execution &&
				!option_is(option, "input", "scan") && random_below(2))
				argv[argc++] = arena_format(arena, "--%s.%s=%s", option->section,
					option->name, random_text(option));
		argv[argc++] = arena_copy(arena, "--preset=raw");
		line = line_again = (struct command_line){.command = IN_RECON};
		if (settings_parse(&s, arena, argc, argv, &line) != OK)
			fail_msg("%s", error_message());
		assert_int_equal(settings_command(&s, &line, "recon", arena, &text), OK);
		assert_int_equal(wordexp(text, &words, WRDE_NOCMD), 0);
		assert_string_equal(words.we_wordv[1], "recon");
		if (settings_parse(&again, arena, (int)words.we_wordc - 2, words.we_wordv + 2,
			    &line_again) != OK)
			fail_msg("%s", error_message());
		assert_same(&s, &again, false);
		assert_string_equal(line_again.preset, "raw");
		wordfree(&words);
		arena_release(arena, mark);
	}
}

static void test_run_file(void **state)
{
	struct settings s;

	(void)state;
	assert_int_equal(settings_defaults(&s, arena), OK);
	assert_int_equal(load(&s, ""), OK);
	assert_int_equal(load(&s, "# nothing\n"), OK);
	assert_int_equal(load(&s, "---\n"), OK);
	assert_int_equal(load(&s, "rings:\n  # method: sort\nfbp:\n"), OK);
	assert_int_equal(load(&s, "center: 12.5\nrows: 3:9\nrings: {method: sort, fit-order: 3}\n"
				  "input: {darks-flats: d.h5, proj: 0:-1:2}\npixel-size: 1.3 um\n"),
		OK);
	assert_true(s.center.value == 12.5 && s.input.rows.begin == 3 && s.rings.fit_order == 3);
	assert_int_equal(s.input.proj.step, 2);
	assert_string_equal(s.input.darks_flats, "d.h5");
	assert_int_equal(load(&s, "center: {value: auto, rows: 3}\n"), OK);
	assert_true(isnan(s.center.value) && s.center.rows == 3);
	assert_int_equal(s.input.rows.begin, 3);
}

static void test_wrong_run_files(void **state)
{
	static const struct {
		const char *yaml, *sentence;
	} cases[] = {
		{"rings:\n  snrr: 3\n",
			"run.yaml:2: unknown name 'snrr' in rings; did you mean 'snr'?"},
		{"rings: {qqqqqq: 3}\n", "(known: method, snr, large"},
		{"ringz: {snr: 3}\n", "run.yaml:1: unknown section 'ringz'; did you mean 'rings'?"},
		{"\n\nsnr: 3\n", "run.yaml:3: 'snr' belongs in a section, as in rings: {snr: ...}"},
		{"electrochemistry: {a: 1}\n", "unknown section 'electrochemistry'"},
		{"rings: {snr: 3}\nrings: {drop: 0}\n", "run.yaml:2: rings is given a second time"},
		{"rings:\n  snr: 3\n  snr: 4\n",
			"run.yaml:3: rings.snr is given a second time (first "
			"in line 2)"},
		{"center: 3\ncenter: {value: 4}\n", "center.value is given a second time"},
		{"rings: {snr: [3]}\n", "rings.snr takes one value, not a list"},
		{"rings: {snr: {a: 3}}\n", "rings.snr takes one value, not a mapping"},
		{"rings: [a]\n", "rings.method takes one value, not a list"},
		{"log: 3\n", "log is a section, not one value"},
		{"- a\n", "sections of options are expected, not a list"},
		{"word\n", "sections of options are expected, not a value"},
		{"[a]: 3\n", "a name is expected before the colon"},
		{"rings:\n  snr: high\n", "run.yaml:2: rings.snr: 'high' is not a number"},
		{"rings:\n\tsnr: 3\n", "run.yaml:2: not valid YAML"},
		{"rings: {snr: 3\n", "not valid YAML"},
		{"a: b\n\xff\n", "run.yaml:2: not valid YAML"},
		{"center: 3\n---\nrows: 4\n", "a second document"},
		{"input: {scan: \"a\\0b\"}\n", "a text with a zero byte"},
		{"run: {config: a.yaml}\n", "belongs on the command line"},
		{"fbp: {<<: {filter: hann}}\n", "unknown name '<<' in fbp"},
		{"fbp: &a {method: *a}\n", "not a mapping"},
	};
	struct settings s;

	(void)state;
	assert_int_equal(settings_defaults(&s, arena), OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (load(&s, cases[i].yaml) != ERR_USAGE)
			fail_msg("accepted: %s", cases[i].yaml);
		assert_contains(error_message(), cases[i].sentence);
	}
	assert_int_equal(settings_load(&s, arena, "no such file.yaml", NULL), ERR_USAGE);
	assert_contains(error_message(), "no such file.yaml: cannot be opened");
	assert_int_equal(settings_load(&s, arena, ".", NULL), ERR_USAGE);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_rows),
	cmocka_unit_test(test_sections),
	cmocka_unit_test(test_fields_covered),
	cmocka_unit_test(test_defaults),
	cmocka_unit_test(test_values),
	cmocka_unit_test(test_wrong_values),
	cmocka_unit_test(test_yaml_round_trip),
	cmocka_unit_test(test_command_round_trip),
	cmocka_unit_test(test_run_file),
	cmocka_unit_test(test_wrong_run_files),
};

int main(void)
{
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

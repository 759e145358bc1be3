/* SPDX-License-Identifier: BSD-3-Clause
 * Run files and command lines with random damage: an error or a result, never a crash. Most useful
 * in a build with sanitizers (cmake --preset asan). Always the same random numbers. */
#include "config/table.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { MAX_TEXT = 4096 };

static uint64_t random_state = 0x9e3779b97f4a7c15u;

static size_t random_below(size_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (size_t)(random_state % n);
}

static const char *const pieces[] = {"rings", "center", ": ", ":", "{", "}", "[", "]", ",", "\n",
	"  ", "\t", "- ", "&a ", "*a", "!!str ", "\"", "'", "|\n", ">\n", "---\n", "...\n", "#",
	"auto", "1e9", "-1", "0:-1", "\xff", "\xc3\xa9", "\xf0\x9f\x98\x80", "\\0", "%YAML 1.1\n",
	"? ", "method", "=", "--", "nan", "99999999999999999999", "1.3um", "\xef\xbb\xbf", "<<",
	"--no-", "."};

/* A few bytes changed, dropped, doubled, or pieces put in. */
static size_t damage(char *text, size_t n)
{
	for (size_t times = 1 + random_below(6); times > 0; times--) {
		const char *piece = pieces[random_below(sizeof(pieces) / sizeof(pieces[0]))];
		size_t at = random_below(n + 1), m = strlen(piece);

		switch (random_below(4)) {
		case 0:
			if (at < n)
				text[at] = (char)random_below(256);
			break;
		case 1: {
			size_t cut = random_below(n - at + 1) % 40;
			memmove(text + at, text + at + cut, n - at - cut);
			n -= cut;
			break;
		}
		default:
			if (n + m < MAX_TEXT) {
				memmove(text + at + m, text + at, n - at);
				memcpy(text + at, piece, m);
				n += m;
			}
		}
	}
	return n;
}

/* What loaded can be written and loaded again. */
static void check_result(const struct settings *s, struct arena *arena)
{
	struct settings again;
	char *yaml;

	assert_int_equal(settings_yaml(s, IN_ALL, true, false, arena, &yaml), OK);
	assert_int_equal(settings_defaults(&again, arena), OK);
	assert_int_equal(settings_load_text(
				 &again, arena, yaml, (int64_t)strlen(yaml), "again", IN_ALL, NULL),
		OK);
	for (const struct option *option = options; option->name; option++)
		if (!option->command_line)
			assert_string_equal(option_print(s, option, arena),
				option_print(&again, option, arena));
}

static bool load(const char *text, size_t n, struct arena *arena)
{
	char *exact = malloc(n ? n : 1); /* so that a sanitizer sees one byte too many */
	struct settings s;
	enum err code;

	assert_non_null(exact);
	memcpy(exact, text, n);
	assert_int_equal(settings_defaults(&s, arena), OK);
	code = settings_load_text(&s, arena, exact, (int64_t)n, "fuzz.yaml", IN_ALL, NULL);
	free(exact);
	if (code == OK) {
		check_result(&s, arena);
	} else {
		assert_int_equal(code, ERR_USAGE);
		assert_int_equal(strncmp(error_message(), "fuzz.yaml:", 10), 0);
	}
	return code == OK;
}

static void test_run_files(void **state)
{
	static const char *const seeds[] = {
		"rings: {method: all, snr: 2.5, large: 71}\nfbp: {filter: hann}\ncenter: auto\n",
		"input: {scan: \"a b.h5\", rows: 3:9, pixel_size: 1.3 um}\nrun:\n  memory: 2G\n",
		"# comment\noutput: {path: 'x.h5', bits: 16, low: -1, high: 1e-3}\ntilt: true\n",
		"simulate:\n  phantom: ball\n  seed: 7\n  photons: 1e4\nproj: 0:-1:2\n"};
	struct arena *arena = arena_new();
	int accepted = 0, n_tries = 8000;

	(void)state;
	for (int i = 0; i < n_tries; i++) {
		struct arena_mark mark = arena_mark(arena);
		const char *seed = seeds[random_below(sizeof(seeds) / sizeof(seeds[0]))];
		char text[MAX_TEXT];
		size_t n = strlen(seed);

		memcpy(text, seed, n);
		n = damage(text, n);
		accepted += load(text, n, arena);
		arena_release(arena, mark);
	}
	assert_true(accepted > n_tries / 100 && accepted < n_tries); /* both kinds were seen */
	arena_free(arena);
}

/* Nesting as deep as a file can be does not take long either. */
static void test_deep(void **state)
{
	static const char *const units[] = {
		"[", "{", "{a: ", "- ", "? ", "[a, ", "!a ", "&a ", "'", "a: "};
	struct arena *arena = arena_new();
	size_t size = 100000;
	char *text = malloc(size);

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t m = strlen(units[i]);
		clock_t start = clock();
		for (size_t at = 0; at < size; at++)
			text[at] = units[i][at % m];
		load(text, size, arena);
		if (clock() - start > 2 * CLOCKS_PER_SEC)
			fail_msg("'%s' many times takes too long", units[i]);
	}
	free(text);
	arena_free(arena);
}

static void test_command_lines(void **state)
{
	static const char *const words[] = {"--rings.method=all", "--rows", "3:9", "-o", "x.h5",
		"-qv", "--tilt", "--no-tilt", "--", "-", "", "a.h5", "--memory", "24G",
		"--center=auto", "--filter", "hann", "--sweep", "1:2:0.5", "--phantom=ball",
		"--preset", "raw", "-h", "--help", "--simulate.size=64", "--config"};
	struct arena *arena = arena_new();
	int accepted = 0, n_tries = 8000;

	(void)state;
	for (int i = 0; i < n_tries; i++) {
		struct arena_mark mark = arena_mark(arena);
		struct command_line line = {.command = 1u << random_below(6)};
		char *argv[10], text[MAX_TEXT];
		int argc = (int)random_below(9);
		struct settings s;
		enum err code;

		for (int k = 0; k < argc; k++) {
			const char *word = words[random_below(sizeof(words) / sizeof(words[0]))];
			size_t n = strlen(word);
			memcpy(text, word, n);
			if (random_below(4) == 0)
				n = damage(text, n);
			text[n] = 0;
			argv[k] = strdup(text);
			assert_non_null(argv[k]);
		}
		code = settings_parse(&s, arena, argc, argv, &line);
		if (code == OK) {
			char *command;
			assert_int_equal(settings_command(&s, &line, "recon", arena, &command), OK);
			check_result(&s, arena);
			accepted++;
		} else {
			assert_int_equal(code, ERR_USAGE);
			assert_true(*error_message());
		}
		for (int k = 0; k < argc; k++)
			free(argv[k]);
		arena_release(arena, mark);
	}
	assert_true(accepted > n_tries / 100 && accepted < n_tries);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run_files),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_command_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

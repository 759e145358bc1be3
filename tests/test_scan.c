/* SPDX-License-Identifier: BSD-3-Clause
 * Real scans in every layout: the same pixels must come out of each wrapping. */
#include "core/log.h"
#include "io/scan.h"
#include "tests/scan_input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define DATA	    SOURCE_DIR "/../shared/data/"
#define TIFF_FOLDER DATA "i13_24737"

enum { N = 91, ROWS = 135, COLS = 160 };

static struct arena *arena;
static uint16_t *truth; /* the TIFF pixels, by libtiff's way in */

static void need_data(void)
{
	struct stat s;

	if (stat(DATA, &s) != 0) {
		print_message("skipped: %s is absent\n", DATA);
		skip();
	}
}

static struct scan *open_ok(const struct input_settings *input)
{
	struct scan *scan;
	enum err code = scan_open(&scan, input, arena);

	if (code != OK)
		print_message("%s\n", error_message());
	assert_int_equal(code, OK);
	return scan;
}

static struct scan *open_tiffs(void)
{
	struct input_settings input = no_input();

	input.scan = TIFF_FOLDER;
	input.angles = TIFF_FOLDER "/angles.txt:10:101";
	return open_ok(&input);
}

static int setup(void **state)
{
	struct stat s;

	(void)state;
	arena = arena_new();
	if (stat(DATA, &s) == 0) {
		struct scan *scan = open_tiffs();
		truth = ARENA_NEW(arena, uint16_t, (int64_t)N * ROWS * COLS);
		assert_int_equal(scan->type, SAMPLE_U16);
		assert_int_equal(scan_read(scan, FRAME_PROJECTION, 0, 0, N, 0, ROWS, truth), OK);
		scan_close(scan);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* Whole frames and a band of rows are the pixels of the TIFFs; angles are -88.2 ... 91.8 by 2. */
static void check_same(struct scan *scan)
{
	int64_t row0 = 57, row1 = 61, band = (row1 - row0) * COLS;
	uint16_t *all = ARENA_NEW(arena, uint16_t, (int64_t)N * ROWS * COLS);

	assert_int_equal(scan->n_proj, N);
	assert_int_equal(scan->n_row, ROWS);
	assert_int_equal(scan->n_col, COLS);
	assert_int_equal(scan->type, SAMPLE_U16);
	assert_int_equal(scan_read(scan, FRAME_PROJECTION, 0, 0, N, 0, ROWS, all), OK);
	assert_memory_equal(all, truth, (size_t)N * ROWS * COLS * 2);
	assert_int_equal(scan_read(scan, FRAME_PROJECTION, 0, 3, N - 3, row0, row1, all), OK);
	for (int64_t i = 3; i < N; i++)
		assert_memory_equal(
			all + (i - 3) * band, truth + (i * ROWS + row0) * COLS, (size_t)band * 2);
	for (int64_t i = 0; i < N; i++) /* the stage was read back to 3e-4 degrees */
		assert_true(fabs(scan->angle[i] - (-88.2 + 2 * (double)i)) < 4e-4);
}

static void check_group(struct scan *scan, enum frame_kind kind, int group, const char *name)
{
	static float a[ROWS * COLS], b[ROWS * COLS];
	static uint16_t raw[ROWS * COLS];
	struct scan *tiff = open_tiffs();

	assert_int_equal(scan_type(tiff, kind, 0), SAMPLE_F32);
	assert_int_equal(scan_read(tiff, kind, 0, 0, 1, 0, ROWS, a), OK);
	assert_int_equal(scan_type(scan, kind, group), SAMPLE_U16);
	assert_int_equal(scan_read(scan, kind, group, 0, 1, 0, ROWS, raw), OK);
	for (int i = 0; i < ROWS * COLS; i++)
		b[i] = raw[i];
	for (int i = 0; i < ROWS * COLS; i++) /* half a count: rewrapping rounded to uint16 */
		if (fabsf(a[i] - b[i]) > 0.501f)
			fail_msg("%s: pixel %d is %g, not %g", name, i, (double)b[i], (double)a[i]);
	scan_close(tiff);
}

static void check_flats_darks(struct scan *scan)
{
	assert_true(scan->n_flat_groups > 0);
	assert_true(scan->n_dark_groups > 0);
	check_group(scan, FRAME_FLAT, 0, "flat");
	check_group(scan, FRAME_DARK, 0, "dark");
}

static bool has_input(const struct scan *scan, const char *ending)
{
	for (int i = 0; i < scan->n_inputs; i++) {
		size_t n = strlen(scan->inputs[i]), m = strlen(ending);
		if (n >= m && !strcmp(scan->inputs[i] + n - m, ending))
			return true;
	}
	return false;
}

#define HEX DATA "hex/pass-123456/"

static void test_hex(void **state)
{
	struct input_settings input = no_input();
	struct scan *scan;

	(void)state;
	need_data();
	input.scan = HEX "tomography/metadata/scan_00012/scan_00012.nxs";
	input.darks_flats = HEX "tomography/metadata/scan_00011/scan_00011.nxs";
	scan = open_ok(&input);
	assert_string_equal(scan->layout, "HEX");
	check_same(scan);
	check_flats_darks(scan);
	assert_true(isnan(scan->flats[0].at));
	assert_true(has_input(scan, "proj_scan_00012_3b0e6b1e-0000-4000-8000-000000000001.h5"));
	assert_true(has_input(scan, "panda1_scan_00012_3b0e6b1e-0000-4000-8000-000000000001.h5"));
	assert_true(has_input(scan, "scan_00011.nxs"));
	assert_false(scan->compressed);
	scan_close(scan);
}

static void test_hex_assets(void **state)
{
	struct input_settings input = no_input();
	const char *uuid = "3b0e6b1e-0000-4000-8000-000000000001";
	struct scan *scan;

	(void)state;
	need_data();
	input.scan = arena_format(
		arena, HEX "assets/kinetix-det1/2025/scan_00012/proj_scan_00012_%s.h5", uuid);
	assert_int_equal(scan_open(&scan, &input, arena), ERR_INPUT);
	assert_non_null(strstr(error_message(), "--angles"));
	input.angles = arena_format(
		arena, HEX "assets/panda1/2025/scan_00012/panda1_scan_00012_%s.h5", uuid);
	input.darks_flats = HEX "assets/kinetix-det1/2025/scan_00011";
	scan = open_ok(&input);
	check_same(scan);
	check_flats_darks(scan);
	scan_close(scan);
	input.darks_flats = "";
	input.flats = arena_format(
		arena, HEX "assets/kinetix-det1/2025/scan_00011/flat_scan_00011_%s.h5", uuid);
	input.darks = arena_format(
		arena, HEX "assets/kinetix-det1/2025/scan_00011/dark_scan_00011_%s.h5", uuid);
	scan = open_ok(&input);
	check_flats_darks(scan);
	scan_close(scan);
}

static void test_hex_legacy(void **state)
{
	struct input_settings input = no_input();
	struct scan *scan;

	(void)state;
	need_data();
	input.scan = DATA "hex/tomography/raw_data/scan_00008"; /* the folder is enough */
	input.darks_flats = DATA "hex/tomography/raw_data/scan_00009";
	scan = open_ok(&input);
	assert_string_equal(scan->layout, "HEX legacy");
	check_same(scan);
	check_flats_darks(scan);
	scan_close(scan);
	input.scan = DATA "hex/tomography/raw_data/scan_00008/scan_00008.nxs";
	scan = open_ok(&input);
	check_same(scan);
	scan_close(scan);
}

/* The Blosc plugin never frees its global state, which the leak sanitizer would lay at our door. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

static void expect_leaks(bool on)
{
	if (on && __lsan_disable)
		__lsan_disable();
	if (!on && __lsan_enable)
		__lsan_enable();
}

static void test_nxtomo(void **state)
{
	static const char *const names[] = {
		"plain", "gzip_shuffle", "szip", "lz4", "bslz4", "blosc_lz4"};
	struct input_settings input = no_input();
	struct scan *scan;

	(void)state;
	need_data();
	for (int i = 0; i < 6; i++) {
		enum err code;

		input.scan = arena_format(arena, DATA "nxtomo/tomo_%s.nxs", names[i]);
		if (i == 5)
			expect_leaks(true);
		code = scan_open(&scan, &input, arena);
		if (code != OK && i > 2 && strstr(error_message(), "the Debian package")) {
			print_message("skipped: %s\n", error_message());
			if (i == 5)
				expect_leaks(false);
			continue;
		}
		assert_int_equal(code, OK);
		assert_string_equal(scan->layout, "NXtomo");
		assert_int_equal(scan->compressed, i > 0);
		check_same(scan);
		check_flats_darks(scan);
		assert_int_equal(scan->n_flat_groups, 2);
		assert_int_equal(scan->n_dark_groups, 2);
		assert_int_equal(scan->flats[1].n, 5);
		assert_true(scan->flats[0].at == -1 && scan->flats[1].at == N);
		check_group(scan, FRAME_FLAT, 1, "flat after");
		scan_close(scan);
		if (i == 5)
			expect_leaks(false);
	}
}

static void test_dxchange(void **state)
{
	struct input_settings input = no_input();
	struct scan *scan;

	(void)state;
	need_data();
	input.scan = DATA "dxchange/scan_001.h5";
	scan = open_ok(&input);
	check_same(scan);
	check_flats_darks(scan);
	scan_close(scan);
	input.scan = DATA "tooth/tooth.h5";
	scan = open_ok(&input);
	assert_int_equal(scan->n_proj, 181);
	assert_int_equal(scan->type, SAMPLE_F32);
	assert_true(scan->angle[0] == 0 && fabs(scan->angle[180] - 180) < 1.1);
	assert_int_equal(scan->flats[0].n, 10);
	scan_close(scan);
}

static void test_tiff_folder_needs_the_right_angles(void **state)
{
	struct input_settings input = no_input();
	struct scan *scan;

	(void)state;
	need_data();
	input.scan = TIFF_FOLDER "/";
	assert_int_equal(scan_open(&scan, &input, arena), ERR_INPUT);
	assert_non_null(strstr(error_message(), "111 angles"));
	assert_non_null(strstr(error_message(), "91 projections"));
	scan = open_tiffs();
	check_same(scan);
	assert_string_equal(scan->layout, "TIFF");
	assert_int_equal(scan->n_flat_groups, 1);
	assert_int_equal(scan->n_inputs, 91 + 2 + 1);
	scan_close(scan);
}

static void test_k11(void **state)
{
	struct input_settings input = no_input();
	uint16_t frame[22 * 26];
	struct scan *scan;

	(void)state;
	need_data();
	input.scan = DATA "k11_3001/k11-18014.nxs";
	scan = open_ok(&input);
	assert_string_equal(scan->layout, "NXtomo (GDA)");
	assert_int_equal(scan->n_proj, 3001);
	/* those of the projections; 89.97 and 270.03 belong to flats and darks */
	assert_true(fabs(scan->angle[0] - 89.99511) < 1e-5);
	assert_true(fabs(scan->angle[3000] - 269.99463) < 1e-5);
	assert_int_equal(scan->n_flat_groups, 2);
	assert_int_equal(scan->flats[0].n + scan->flats[1].n, 100);
	assert_int_equal(scan->darks[0].n + scan->darks[1].n, 100);
	assert_true(scan->darks[0].at == -1 && scan->darks[1].at == 3001);
	assert_int_equal(scan->type, SAMPLE_U16);
	assert_int_equal(scan_read(scan, FRAME_PROJECTION, 0, 3000, 1, 0, 22, frame), OK);
	scan_close(scan);
}

static void test_projections_selected(void **state)
{
	struct input_settings input = no_input();
	static uint16_t all[12 * COLS];
	struct scan *scan;

	(void)state;
	need_data();
	input.scan = DATA "nxtomo/tomo_plain.nxs";
	input.proj = (struct range){10, 46, 3};
	scan = open_ok(&input);
	assert_int_equal(scan->n_proj, 12);
	assert_int_equal(scan->n_proj_file, N);
	assert_int_equal(scan_read(scan, FRAME_PROJECTION, 0, 0, 12, 100, 101, all), OK);
	for (int64_t i = 0; i < 12; i++) {
		int64_t from = 10 + 3 * i;
		assert_true(fabs(scan->angle[i] - (-88.2 + 2 * (double)from)) < 4e-4);
		assert_memory_equal(all + i * COLS, truth + (from * ROWS + 100) * COLS, COLS * 2);
	}
	assert_true(scan->flats[0].at < 0 && scan->flats[1].at == 27); /* (91 - 10) / 3 */
	scan_close(scan);
	input.proj = (struct range){0, 92, 1};
	assert_int_equal(scan_open(&scan, &input, arena), ERR_USAGE);
}

static void test_file_key(void **state)
{
	struct input_settings input = no_input();
	struct scan *scan;

	(void)state;
	need_data();
	input.data = DATA "nxtomo/tomo_plain.nxs:/entry1/tomo_entry/data/data:10:101";
	input.angles = TIFF_FOLDER "/angles.txt:10:101";
	input.scan = "";
	assert_int_equal(scan_open(&scan, &input, arena), ERR_INPUT); /* 91 projections already */
	input.data = DATA "dxchange/scan_001.h5:/exchange/data";
	scan = open_ok(&input);
	check_same(scan);
	scan_close(scan);
	input.angles =
		DATA "nxtomo/tomo_gzip_shuffle.nxs:/entry1/tomo_entry/data/rotation_angle:10:101";
	scan = open_ok(&input);
	check_same(scan);
	scan_close(scan);
	input.scan = DATA "nxtomo/tomo_plain.nxs"; /* 111 angles: one for every frame */
	input.data = "";
	input.angles = TIFF_FOLDER "/angles.txt";
	scan = open_ok(&input);
	check_same(scan);
	scan_close(scan);
}

static void test_missing_pixels(void **state)
{
	struct input_settings input = no_input();
	struct scan *scan;

	(void)state;
	need_data();
	input.scan = DATA "nxtomo_odd/24888.nxs";
	assert_int_equal(scan_open(&scan, &input, arena), ERR_INPUT);
	assert_non_null(strstr(error_message(), "/dls/i13/data/2014/mt9396-1/raw/pco1-24888.hdf"));
	input.scan = DATA "nxtomo_odd/112482.nxs";
	assert_int_equal(scan_open(&scan, &input, arena), ERR_INPUT);
	assert_non_null(strstr(error_message(), "pco1-112482.hdf"));
	assert_null(strchr(error_message(), '\n'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_hex_assets),
		cmocka_unit_test(test_hex_legacy),
		cmocka_unit_test(test_nxtomo),
		cmocka_unit_test(test_dxchange),
		cmocka_unit_test(test_tiff_folder_needs_the_right_angles),
		cmocka_unit_test(test_k11),
		cmocka_unit_test(test_projections_selected),
		cmocka_unit_test(test_file_key),
		cmocka_unit_test(test_missing_pixels),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

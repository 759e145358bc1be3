/* SPDX-License-Identifier: BSD-3-Clause
 * Series of scans in one folder: names of the steps, and every frame of every step as the program's own
 * reader finds it, with darks and flats in common or of each step. */
#include "io/scan.h"
#include "tests/scan_input.h"
#include "tests/scan_plan.h"

enum { STEPS = 3 };

static const char *const layouts[] = {"hex", "hex-legacy", "nxtomo", "dxchange", "tiff"};

/* All frames of a kind and group are those of a step. */
static void has_frames(
	struct scan *scan, enum frame_kind kind, int group, int64_t n, int64_t step, int written)
{
	uint16_t frames[N_PROJ * PIXELS];

	assert_int_equal(scan_type(scan, kind, group), SAMPLE_U16);
	assert_int_equal(scan_read(scan, kind, group, 0, n, 0, ROWS, frames), OK);
	for (int64_t i = 0; i < n * PIXELS; i++)
		assert_int_equal(frames[i], pixel(step, kind, written, i / PIXELS, i % PIXELS));
}

static void check_step(const struct scan_writer *w, enum layout layout, int64_t step, bool own)
{
	struct input_settings input = no_input();
	bool after = layout == LAYOUT_NXTOMO;
	struct scan *scan;

	input.scan = scan_write_scan(w);
	input.darks_flats = scan_write_darks_flats(w);
	assert_int_equal(scan_open(&scan, &input, arena), OK);
	assert_int_equal(scan->n_proj, N_PROJ);
	assert_int_equal(scan->n_row, ROWS);
	assert_int_equal(scan->n_col, COLS);
	for (int i = 0; i < N_PROJ; i++)
		assert_true(fabs(scan->angle[i] - angles[i]) < 1e-9);
	has_frames(scan, FRAME_PROJECTION, 0, N_PROJ, step, 0);
	assert_int_equal(scan->n_flat_groups, after ? 2 : 1);
	assert_int_equal(scan->n_dark_groups, 1);
	has_frames(scan, FRAME_FLAT, 0, N_FLAT, own ? step : 0, 0);
	has_frames(scan, FRAME_DARK, 0, N_DARK, own ? step : 0, 0);
	if (after)
		has_frames(scan, FRAME_FLAT, 1, N_FLAT, own ? step : 0, 1);
	scan_close(scan);
}

static void every_step_is_read_back(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		enum layout layout = (enum layout)(i / 2);
		bool own = i % 2;
		const char *dir =
			arena_format(arena, "%s/%s%s", folder, layouts[layout], own ? "-own" : "");
		struct scan_writer *w[STEPS];

		for (int64_t step = 0; step < STEPS; step++) {
			struct scan_plan plan = plan_of(layout, dir);

			plan.step = step;
			plan.own_flats = own;
			assert_int_equal(scan_write_open(&w[step], &plan, arena), OK);
			assert_int_equal(scan_write_count(w[step], FRAME_FLAT, 0),
				step == 0 || own ? N_FLAT : 0);
			assert_int_equal(write_all(w[step], step, NULL), OK);
			assert_int_equal(scan_write_close(w[step]), OK);
		}
		for (int64_t step = 0; step < STEPS; step++)
			check_step(w[step], layout, step, own);
	}
}

static void is_there(const char *dir, const char *name)
{
	const char *path = arena_format(arena, "%s/%s/%s", folder, dir, name);

	if (access(path, R_OK) != 0) {
		print_error("there is no %s\n", path);
		fail();
	}
}

static void is_not_there(const char *dir, const char *name)
{
	assert_int_not_equal(access(arena_format(arena, "%s/%s/%s", folder, dir, name), F_OK), 0);
}

/* Runs after the test above. */
static void names_count_as_the_beamlines_do(void **state)
{
	(void)state;
	is_there("hex", "pass-000000/tomography/metadata/scan_00016/scan_00016.nxs");
	is_there("hex", "pass-000000/tomography/metadata/scan_00011/scan_00011.nxs");
	is_not_there("hex", "pass-000000/tomography/metadata/scan_00013");
	is_there("hex", "pass-000000/assets/kinetix-det1/2026/scan_00014/"
			"proj_scan_00014_c0ffee00-0000-4000-8000-000000000014.h5");
	is_there("hex", "pass-000000/assets/panda1/2026/scan_00014/"
			"panda1_scan_00014_c0ffee00-0000-4000-8000-000000000014.h5");
	is_there("hex-own", "pass-000000/tomography/metadata/scan_00015/scan_00015.nxs");
	is_there("hex-own", "pass-000000/assets/kinetix-det1/2026/scan_00013/"
			    "flat_scan_00013_c0ffee00-0000-4000-8000-000000000014.h5");
	is_there("hex-legacy", "tomography/raw_data/scan_00012/proj_00000.hdf");
	is_there("hex-legacy", "tomography/raw_data/scan_00009/flat_00000.hdf");
	is_not_there("hex-legacy", "tomography/raw_data/scan_00011");
	is_there("hex-legacy-own", "tomography/raw_data/scan_00013/dark_00000.hdf");
	is_there("nxtomo", "scan_00.nxs");
	is_there("nxtomo", "scan_02.nxs");
	is_there("dxchange", "scan_001.h5");
	is_there("dxchange", "scan_003.h5");
	is_there("tiff", "scan_00/darks/dark_00002.tif");
	is_not_there("tiff", "scan_01/darks");
	is_there("tiff-own", "scan_02/angles.txt");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_step_is_read_back),
		cmocka_unit_test(names_count_as_the_beamlines_do),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

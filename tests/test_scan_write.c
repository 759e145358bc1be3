/* SPDX-License-Identifier: BSD-3-Clause
 * Written scans, read back by plain HDF5 and libtiff calls: keys, links, every pixel and angle in each
 * layout, and what is refused. */
#include "io/scan_write.h"

#include <ftw.h>
#include <hdf5.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>
#include <cmocka.h>

enum { N_PROJ = 7, N_FLAT = 3, N_DARK = 2, ROWS = 4, COLS = 32, PIXELS = ROWS * COLS };

static struct arena *arena;
static char folder[64];
static double angles[N_PROJ];

static int setup(void **state)
{
	(void)state;
	arena = arena_new();
	for (int i = 0; i < N_PROJ; i++)
		angles[i] = 30.5 * i - 1;
	strcpy(folder, "scan_write_XXXXXX");
	return arena && mkdtemp(folder) ? 0 : 1;
}

static int drop(const char *path, const struct stat *s, int type, struct FTW *walk)
{
	(void)s;
	(void)type;
	(void)walk;
	return remove(path);
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return nftw(folder, drop, 16, FTW_DEPTH | FTW_PHYS);
}

/* A frame that tells its kind, group and number. */
static uint16_t pixel(enum frame_kind kind, int group, int64_t frame, int64_t i)
{
	return (uint16_t)(10000 * (int)kind + 5000 * group + 200 * frame + i);
}

static void write_kind(struct scan_writer *w, enum frame_kind kind, int group, int64_t n)
{
	uint16_t frames[2 * PIXELS];

	for (int64_t first = 0; first < n; first += 2) {
		int64_t now = n - first < 2 ? n - first : 2;

		for (int64_t i = 0; i < now * PIXELS; i++)
			frames[i] = pixel(kind, group, first + i / PIXELS, i % PIXELS);
		assert_int_equal(scan_write_frames(w, kind, group, first, now, frames), OK);
	}
}

static struct scan_plan plan_of(enum layout layout, enum compression compression)
{
	return (struct scan_plan){
		.dir = arena_format(arena, "%s/made", folder),
		.layout = layout,
		.compression = compression,
		.n_proj = N_PROJ,
		.n_row = ROWS,
		.n_col = COLS,
		.step = -1,
		.n_flat = N_FLAT,
		.n_dark = N_DARK,
		.n_flat_after = layout == LAYOUT_NXTOMO ? N_FLAT : 0,
		.reading = angles,
		.n_reading = N_PROJ,
		.pixel_um = 1.3,
		.energy_kev = 80,
		.distance_mm = NAN,
	};
}

/* Writes a scan and moves it: links that are not relative would break. */
static const char *make(enum layout layout, enum compression compression)
{
	struct scan_plan plan = plan_of(layout, compression);
	const char *moved = arena_format(arena, "%s/moved_%d_%d", folder, layout, compression);
	struct scan_writer *w = NULL;

	assert_int_equal(scan_write_open(&w, &plan, arena), OK);
	write_kind(w, FRAME_PROJECTION, 0, N_PROJ);
	write_kind(w, FRAME_FLAT, 0, N_FLAT);
	write_kind(w, FRAME_DARK, 0, N_DARK);
	write_kind(w, FRAME_FLAT, 1, plan.n_flat_after);
	assert_int_equal(scan_write_close(w), OK);
	assert_int_equal(access(scan_write_scan(w), R_OK), 0);
	assert_true(!*scan_write_darks_flats(w) || access(scan_write_darks_flats(w), R_OK) == 0);
	assert_int_equal(rename(plan.dir, moved), 0);
	return moved;
}

static hid_t open_key(const char *dir, const char *name, const char *key, hid_t *file)
{
	hid_t data;

	*file = H5Fopen(arena_format(arena, "%s/%s", dir, name), H5F_ACC_RDONLY, H5P_DEFAULT);
	assert_true(*file >= 0);
	data = H5Dopen2(*file, key, H5P_DEFAULT);
	assert_true(data >= 0);
	return data;
}

/* n frames from `at` on are those of a kind, and of `total` there. */
static void has_frames(const char *dir, const char *name, const char *key, enum frame_kind kind,
	int group, int64_t at, int64_t n, int64_t total)
{
	uint16_t *all = ARENA_NEW(arena, uint16_t, total * PIXELS);
	hsize_t shape[3];
	hid_t file, data = open_key(dir, name, key, &file), space = H5Dget_space(data);
	hid_t type = H5Dget_type(data);

	assert_int_equal(H5Sget_simple_extent_dims(space, shape, NULL), 3);
	assert_true(shape[0] == (hsize_t)total && shape[1] == ROWS && shape[2] == COLS);
	assert_true(H5Tequal(type, H5T_STD_U16LE));
	assert_true(H5Dread(data, H5T_NATIVE_UINT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, all) >= 0);
	for (int64_t i = 0; i < n * PIXELS; i++)
		assert_int_equal(all[at * PIXELS + i], pixel(kind, group, i / PIXELS, i % PIXELS));
	H5Tclose(type);
	H5Sclose(space);
	H5Dclose(data);
	H5Fclose(file);
}

static void has_numbers(
	const char *dir, const char *name, const char *key, const double *want, int n)
{
	double got[64];
	hid_t file, data = open_key(dir, name, key, &file), space = H5Dget_space(data);

	assert_int_equal(H5Sget_simple_extent_npoints(space), n);
	assert_true(H5Dread(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, got) >= 0);
	for (int i = 0; i < n; i++)
		assert_true(fabs(got[i] - want[i]) <= 1e-12 * fabs(want[i]));
	H5Sclose(space);
	H5Dclose(data);
	H5Fclose(file);
}

static void has_external_link(const char *dir, const char *name, const char *key)
{
	hid_t file = H5Fopen(arena_format(arena, "%s/%s", dir, name), H5F_ACC_RDONLY, H5P_DEFAULT);
	H5L_info_t link;

	assert_true(file >= 0);
	assert_true(H5Lget_info(file, key, &link, H5P_DEFAULT) >= 0);
	assert_int_equal(link.type, H5L_TYPE_EXTERNAL);
	H5Fclose(file);
}

static void hex_joins_detector_and_angles_by_links(void **state)
{
	const enum compression ways[] = {COMPRESS_NONE, COMPRESS_GZIP, COMPRESS_SZIP};
	const char *scan = "pass-000000/tomography/metadata/scan_00012/scan_00012.nxs";
	const char *other = "pass-000000/tomography/metadata/scan_00011/scan_00011.nxs";
	const char *detector = "pass-000000/assets/kinetix-det1/2026/scan_00012/"
			       "proj_scan_00012_c0ffee00-0000-4000-8000-000000000012.h5";

	(void)state;
	for (int i = 0; i < 3; i++) {
		const char *dir = make(LAYOUT_HEX, ways[i]);
		hid_t file, data, list;
		hsize_t chunk[3];

		has_external_link(dir, scan, "entry/data/data");
		has_external_link(dir, scan, "entry/data/rotation_angle");
		has_frames(dir, scan, "entry/data/data", FRAME_PROJECTION, 0, 0, N_PROJ, N_PROJ);
		has_numbers(dir, scan, "entry/data/rotation_angle", angles, N_PROJ);
		has_frames(dir, other, "entry/data/flat", FRAME_FLAT, 0, 0, N_FLAT, N_FLAT);
		has_frames(dir, other, "entry/data/dark", FRAME_DARK, 0, 0, N_DARK, N_DARK);
		data = open_key(dir, detector, "entry/instrument/detector/data", &file);
		list = H5Dget_create_plist(data);
		assert_int_equal(H5Pget_chunk(list, 3, chunk), 3);
		assert_true(chunk[0] == 1 && chunk[1] == ROWS && chunk[2] == COLS);
		assert_int_equal(H5Pget_nfilters(list), i == 0 ? 0 : i == 1 ? 2 : 1);
		assert_true(H5Aexists(data, "signal"));
		H5Pclose(list);
		H5Dclose(data);
		H5Fclose(file);
	}
}

static void hex_legacy_has_its_files(void **state)
{
	const char *dir = make(LAYOUT_HEX_LEGACY, COMPRESS_NONE);
	const char *scan = "tomography/raw_data/scan_00008/scan_00008.nxs",
		   *key = "entry/data/data";

	(void)state;
	has_external_link(dir, scan, key);
	has_frames(dir, scan, key, FRAME_PROJECTION, 0, 0, N_PROJ, N_PROJ);
	has_numbers(dir, scan, "entry/data/rotation_angle", angles, N_PROJ);
	has_numbers(dir, "tomography/raw_data/scan_00008/panda.hdf", "Angle", angles, N_PROJ);
	has_frames(dir, "tomography/raw_data/scan_00009/flat_00000.hdf", key, FRAME_FLAT, 0, 0,
		N_FLAT, N_FLAT);
	has_frames(dir, "tomography/raw_data/scan_00009/dark_00000.hdf", key, FRAME_DARK, 0, 0,
		N_DARK, N_DARK);
}

static void nxtomo_tells_frames_by_image_key(void **state)
{
	const double keys[] = {1, 1, 1, 2, 2, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1};
	const enum compression ways[] = {COMPRESS_NONE, COMPRESS_GZIP};
	const char *data = "entry/instrument/detector/data";
	double all[15], metres = 1.3e-6;

	(void)state;
	for (int i = 0; i < 15; i++)
		all[i] = angles[i < 5 ? 0 : i < 12 ? i - 5 : N_PROJ - 1];
	for (int i = 0; i < 2; i++) {
		const char *dir = make(LAYOUT_NXTOMO, ways[i]);

		has_frames(dir, "scan.nxs", data, FRAME_FLAT, 0, 0, N_FLAT, 15);
		has_frames(dir, "scan.nxs", data, FRAME_DARK, 0, 3, N_DARK, 15);
		has_frames(dir, "scan.nxs", "entry/data/data", FRAME_PROJECTION, 0, 5, N_PROJ, 15);
		has_frames(dir, "scan.nxs", data, FRAME_FLAT, 1, 12, N_FLAT, 15);
		has_numbers(dir, "scan.nxs", "entry/data/image_key", keys, 15);
		has_numbers(dir, "scan.nxs", "entry/sample/rotation_angle", all, 15);
		has_numbers(dir, "scan.nxs", "entry/instrument/detector/x_pixel_size", &metres, 1);
	}
}

static void dxchange_has_its_keys(void **state)
{
	const char *dir = make(LAYOUT_DXCHANGE, COMPRESS_SZIP), *name = "scan_001.h5";
	double pixel_um = 1.3, energy = 80;

	(void)state;
	has_frames(dir, name, "exchange/data", FRAME_PROJECTION, 0, 0, N_PROJ, N_PROJ);
	has_frames(dir, name, "exchange/data_white", FRAME_FLAT, 0, 0, N_FLAT, N_FLAT);
	has_frames(dir, name, "exchange/data_dark", FRAME_DARK, 0, 0, N_DARK, N_DARK);
	has_numbers(dir, name, "exchange/theta", angles, N_PROJ);
	has_numbers(dir, name, "measurement/instrument/detection_system/objective/resolution",
		&pixel_um, 1);
	has_numbers(dir, name, "measurement/instrument/monochromator/energy", &energy, 1);
}

static void tiff_folders_hold_a_page_a_frame(void **state)
{
	const char *dir = make(LAYOUT_TIFF, COMPRESS_GZIP);
	const char *names[] = {
		"proj/proj_00006.tif", "flats/flat_00002.tif", "darks/dark_00001.tif"};
	const int last[] = {N_PROJ - 1, N_FLAT - 1, N_DARK - 1};
	FILE *text = fopen(arena_format(arena, "%s/angles.txt", dir), "r");
	double angle;

	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		TIFF *tiff = TIFFOpen(arena_format(arena, "%s/%s", dir, names[kind]), "r");
		uint16_t line[COLS];

		assert_non_null(tiff);
		for (uint32_t y = 0; y < ROWS; y++) {
			assert_int_equal(TIFFReadScanline(tiff, line, y, 0), 1);
			for (int x = 0; x < COLS; x++)
				assert_int_equal(
					line[x], pixel((enum frame_kind)kind, 0, last[kind],
							 (int64_t)y * COLS + x));
		}
		TIFFClose(tiff);
	}
	assert_non_null(text);
	for (int i = 0; i < N_PROJ; i++) {
		assert_int_equal(fscanf(text, "%lf", &angle), 1);
		assert_true(fabs(angle - angles[i]) < 1e-9);
	}
	assert_int_equal(fscanf(text, "%lf", &angle), EOF);
	fclose(text);
}

static void truth_is_read_back(void **state)
{
	const struct truth_plan plan = {
		.path = arena_format(arena, "%s/truth.h5", folder),
		.units = "1/cm",
		.n = 2,
		.width = 3,
		.center = 1.25,
		.slope = 0.5,
		.pixel_um = 1.3,
		.angle = angles,
		.n_angle = N_PROJ,
	};
	double want[18];
	struct truth *file;

	(void)state;
	assert_int_equal(truth_open(&file, &plan, arena), OK);
	for (int z = 1; z >= 0; z--) {
		float slice[9];

		for (int i = 0; i < 9; i++) {
			want[z * 9 + i] = z * 9 + i + 0.5;
			slice[i] = (float)want[z * 9 + i];
		}
		assert_int_equal(truth_put(file, z, slice), OK);
	}
	assert_int_equal(truth_close(file), OK);
	has_numbers(folder, "truth.h5", "entry/data/data", want, 18);
	has_numbers(folder, "truth.h5", "entry/truth/center", &plan.center, 1);
	has_numbers(folder, "truth.h5", "entry/truth/angle", angles, N_PROJ);
}

static void what_cannot_be_written_is_refused(void **state)
{
	struct scan_plan plan = plan_of(LAYOUT_NXTOMO, COMPRESS_NONE);
	struct scan_writer *w = NULL;

	(void)state;
	plan.n_proj = N_PROJ - 1;
	assert_int_equal(scan_write_open(&w, &plan, arena), ERR_USAGE);
	assert_non_null(strstr(error_message(), "7 angles for 6 projections"));
	plan = plan_of(LAYOUT_HEX, COMPRESS_NONE);
	plan.n_flat_after = 1;
	assert_int_equal(scan_write_open(&w, &plan, arena), ERR_USAGE);
	plan = plan_of(LAYOUT_HEX, COMPRESS_NONE);
	plan.n_proj = INT64_C(1) << 48;
	assert_int_equal(scan_write_open(&w, &plan, arena), ERR_RESOURCE);
	assert_non_null(strstr(error_message(), "free on its file system"));
	plan = plan_of(LAYOUT_HEX, COMPRESS_NONE);
	plan.dir = arena_format(arena, "%s/truth.h5/below", folder); /* a file, no folder */
	assert_int_equal(scan_write_open(&w, &plan, arena), ERR_RESOURCE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hex_joins_detector_and_angles_by_links),
		cmocka_unit_test(hex_legacy_has_its_files),
		cmocka_unit_test(nxtomo_tells_frames_by_image_key),
		cmocka_unit_test(dxchange_has_its_keys),
		cmocka_unit_test(tiff_folders_hold_a_page_a_frame),
		cmocka_unit_test(truth_is_read_back),
		cmocka_unit_test(what_cannot_be_written_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

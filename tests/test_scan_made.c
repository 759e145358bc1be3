/* SPDX-License-Identifier: BSD-3-Clause
 * Made scans that must open: angles and policies, times of flats, fallbacks, units, links. */
#include "core/log.h"
#include "tests/scan_make.h"

static struct scan *open_angles(const char *angles, enum angles_policy policy)
{
	struct input_settings input = no_input();

	input.scan = in_folder("plain.h5:/x/frames");
	input.angles = in_folder(angles);
	input.angles_policy = policy;
	return open_ok(&input);
}

static void check_angles(struct scan *scan, double first, double step)
{
	for (int64_t i = 0; i < scan->n_proj; i++)
		assert_true(fabs(scan->angle[i] - first - step * (double)i) < 1e-9);
	scan_close(scan);
}

static void test_angle_policies(void **state)
{
	hid_t file = make_h5("plain.h5");
	struct input_settings input = no_input();
	struct scan *scan;

	(void)state;
	put_frames(file, "/x/frames", 0, 4);
	put_angles(file, "/right", 4, -90, 45, NULL);
	put_angles(file, "/twice", 8, -90, 22.5, NULL);
	put_angles(file, "/more", 6, 0, 30, NULL);
	put_angles(file, "/less", 3, 0, 30, NULL);
	H5Fclose(file);
	scan = open_angles("plain.h5:/right", ANGLES_LINSPACE); /* no policy is needed */
	assert_string_equal(scan->angle_note, "");
	check_angles(scan, -90, 45);
	scan = open_angles("plain.h5:/twice", ANGLES_AVERAGE);
	assert_non_null(strstr(scan->angle_note, "mean of 2"));
	assert_int_equal(scan->n_angle_read, 8);
	check_angles(scan, -90 + 11.25, 45);
	check_angles(open_angles("plain.h5:/more", ANGLES_TRUNCATE), 0, 30);
	check_angles(open_angles("plain.h5:/more", ANGLES_LINSPACE), 0, 50);
	check_angles(open_angles("plain.h5:/more:1:5", ANGLES_STOP), 30, 30);
	scan = open_angles("plain.h5:/less", ANGLES_TRUNCATE);
	assert_int_equal(scan->n_proj, 3);
	check_angles(scan, 0, 30);
	input.scan = in_folder("plain.h5:/x/frames");
	input.angles_policy = ANGLES_LINSPACE; /* none at all: 0 to 180, both included */
	check_angles(open_ok(&input), 0, 60);
}

static void test_angle_units(void **state)
{
	const double rad = 3.14159265358979323846 / 180;
	hid_t file = make_h5("plain.h5");
	struct input_settings input = no_input();

	(void)state;
	put_frames(file, "/x/frames", 0, 4);
	put_angles(file, "/radians", 4, 0, 60 * rad, NULL);
	put_angles(file, "/small", 4, 0, 0.5, "degree");
	put_angles(file, "/small_rad", 4, 0, 20 * rad, "rad");
	put_angles(file, "/Angle", 4, 39660, -200 * 60, NULL);
	H5Fclose(file);
	check_angles(open_angles("plain.h5:/radians", ANGLES_STOP), 0, 60);
	check_angles(open_angles("plain.h5:/small", ANGLES_STOP), 0, 0.5);
	check_angles(open_angles("plain.h5:/small_rad", ANGLES_STOP), 0, 20);
	check_angles(open_angles("plain.h5", ANGLES_STOP), 39660 / 200.0, -60); /* encoder */
	input.scan = in_folder("plain.h5:/x/frames");
	input.angles = in_folder("plain.h5:/radians");
	input.angles_unit = UNIT_DEGREES;
	check_angles(open_ok(&input), 0, 60 * rad);
}

static void test_colons_in_paths(void **state)
{
	struct input_settings input = no_input();
	hid_t file;

	(void)state;
	make_sub("12:30:00");
	file = make_h5("12:30:00/scan:1:2.h5");
	put_frames(file, "/x/frames", 0, 6);
	put_angles(file, "/x/theta", 6, 0, 30, NULL);
	H5Fclose(file);
	input.scan = in_folder("12:30:00/scan:1:2.h5:/x/frames:1:5");
	input.angles = in_folder("12:30:00/scan:1:2.h5:/x/theta:1:5");
	struct scan *scan = open_ok(&input);
	check_frame(scan, FRAME_PROJECTION, 0, 0, 1);
	check_angles(scan, 30, 30);
	check_angles(open_name("12:30:00/scan:1:2.h5:/x/frames"), 0, 30); /* theta beside it */
}

static void test_groups_in_time(void **state)
{
	/* a flat before, one in the middle, two after; an unusable frame; darks before */
	static const double key[12] = {2, 2, 1, 0, 0, 3, 1, 0, 0, 0, 1, 1};
	hid_t file = make_h5("groups.nxs");
	struct scan *scan;

	(void)state;
	put_text(file, "/entry0000/definition", "NXtomo");
	put_frames_as(
		file, "/entry0000/instrument/detector/data", 0, 12, H5T_STD_I32BE, H5P_DEFAULT);
	put_row(file, "/entry0000/instrument/detector/image_key", key, 12, NULL);
	put_angles(file, "/entry0000/sample/rotation_angle", 12, 0, 20, "deg");
	put_number(file, "/entry0000/sample/x_pixel_size", 1.3e-6, "m");
	put_number(file, "/entry0000/instrument/detector/distance", 0.5, "m");
	put_number(file, "/entry0000/instrument/beam/incident_energy", 80, "keV");
	put_number(file, "/entry0000/instrument/detector/count_time", 0.2, "s");
	put_text(file, "/entry0000/instrument/detector/field_of_view", "Half");
	H5Fclose(file);
	scan = open_name("groups.nxs");
	assert_int_equal(scan->n_proj, 5);
	assert_int_equal(scan->n_flat_groups, 3);
	assert_int_equal(scan->n_dark_groups, 1);
	assert_true(scan->flats[0].at == -1 && scan->flats[1].at == 1.5 && scan->flats[2].at == 5);
	assert_int_equal(scan->flats[2].n, 2);
	assert_true(scan->angle[1] == 80 && scan->angle[2] == 140);
	check_frame(scan, FRAME_PROJECTION, 0, 2, 7);
	check_frame(scan, FRAME_FLAT, 2, 1, 11);
	check_frame(scan, FRAME_DARK, 0, 1, 1);
	assert_true(fabs(scan->pixel_um - 1.3) < 1e-12);
	assert_true(scan->distance_mm == 500 && scan->energy_kev == 80 && scan->half);
	assert_true(scan->exposure[FRAME_PROJECTION] == 0.2);
	scan_close(scan);
}

static void test_dxchange_fallbacks(void **state)
{
	hid_t file = make_h5("dx.h5");
	float pixels[H * W];
	struct scan *scan;
	int warnings = log_warning_count();

	(void)state;
	put_frames(file, "/exchange/data", 0, 4);
	put_number(file, "/process/acquisition/flat_fields/flat_field_value", 900, NULL);
	put_number(file, "/process/acquisition/dark_fields/dark_field_value", 10, NULL);
	put_number(file, "/measurement/instrument/detector/pixel_size_x", 0.00345, NULL); /* mm */
	put_number(
		file, "/measurement/instrument/detection_system/objective/magnification", 5, NULL);
	H5Fclose(file);
	scan = open_name("dx.h5");
	assert_int_equal(log_warning_count(), warnings + 1);
	assert_non_null(strstr(scan->flats[0].from, "constant 900"));
	assert_int_equal(scan_type(scan, FRAME_FLAT, 0), SAMPLE_F32);
	assert_int_equal(scan_read(scan, FRAME_FLAT, 0, 0, 1, 0, H, pixels), OK);
	assert_true(pixels[7] == 900);
	assert_int_equal(scan_read(scan, FRAME_DARK, 0, 0, 1, 0, H, pixels), OK);
	assert_true(pixels[7] == 10);
	assert_true(fabs(scan->pixel_um - 0.69) < 1e-12);
	check_angles(scan, 0, 60);
	file = open_h5("dx.h5");
	put_number(file, "/process/acquisition/rotation/rotation_start", 10, NULL);
	put_number(file, "/process/acquisition/rotation/rotation_step", 0.5, NULL);
	put_number(file, "/measurement/instrument/detection_system/objective/resolution", 1.17,
		"microns");
	put_number(file, "/measurement/instrument/monochromator/energy", 25, NULL);
	H5Fclose(file);
	scan = open_name("dx.h5");
	assert_true(fabs(scan->pixel_um - 1.17) < 1e-12 && scan->energy_kev == 25);
	check_angles(scan, 10, 0.5);
}

static void test_separate_dxchange_files(void **state)
{
	hid_t file = make_dxchange("main.h5");
	struct input_settings input = no_input();
	struct scan *scan;

	(void)state;
	H5Fclose(file);
	file = make_h5("white.h5");
	put_frames(file, "/exchange/data_white", 30, 3);
	H5Fclose(file);
	file = make_h5("dark.h5");
	put_frames(file, "/exchange/data", 40, 2);
	H5Fclose(file);
	input.scan = in_folder("main.h5");
	input.flats = in_folder("white.h5");
	input.darks = in_folder("dark.h5");
	scan = open_ok(&input);
	check_frame(scan, FRAME_FLAT, 0, 2, 32);
	check_frame(scan, FRAME_DARK, 0, 0, 40);
	scan_close(scan);
	input.flats = in_folder("dark.h5:/exchange/data:1:2"); /* one file, named frame by frame */
	scan = open_ok(&input);
	assert_int_equal(scan->flats[0].n, 1);
	check_frame(scan, FRAME_FLAT, 0, 0, 41);
	scan_close(scan);
}

static void test_pixel_sizes(void **state)
{
	static const struct {
		double value;
		const char *units;
		double um;
	} cases[] = {{6.5e-6, "m", 6.5}, {0.00065, "mm", 0.65}, {1.3, "um", 1.3}, {1.3, "µm", 1.3},
		{650, "nm", 0.65}, {2e-6, NULL, 2}, {3, "undefined", NAN}, {NAN, "m", NAN},
		{5, "m", NAN}, {-1, "um", NAN}, {0, "um", NAN}};
	struct input_settings input = no_input();
	struct scan *scan;
	char name[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(name, sizeof(name), "pixel%zu.nxs", i);
		hid_t file = make_h5(name);
		put_text(file, "/e/definition", "NXtomo");
		put_frames(file, "/e/instrument/detector/data", 0, 4);
		put_angles(file, "/e/sample/rotation_angle", 4, 0, 45, "deg");
		put_number(file, "/e/instrument/detector/x_pixel_size", cases[i].value,
			cases[i].units);
		put_text(file, "/e/instrument/detector/distance", "b2017b74-c39d");
		H5Fclose(file);
		input.scan = in_folder(name);
		scan = open_ok(&input);
		if (isnan(cases[i].um))
			assert_true(isnan(scan->pixel_um));
		else
			assert_true(fabs(scan->pixel_um - cases[i].um) < 1e-9);
		assert_true(isnan(scan->distance_mm));
		scan_close(scan);
	}
	input.pixel_size = 0.9; /* settings win */
	scan = open_ok(&input);
	assert_true(scan->pixel_um == 0.9);
	scan_close(scan);
}

static void test_storage_ways(void **state)
{
	hsize_t chunks[3][3] = {{1, H, W}, {3, 2, W}, {4, 1, 2}};
	struct scan *scan;
	char name[32];

	(void)state;
	for (int i = 0; i < 6; i++) {
		hid_t create = H5Pcreate(H5P_DATASET_CREATE), file;
		snprintf(name, sizeof(name), "stored%d.h5", i);
		H5Pset_chunk(create, 3, chunks[i / 2]);
		if (i % 2)
			H5Pset_deflate(create, 1);
		file = make_h5(name);
		put_frames_as(file, "/exchange/data", 0, 7, i % 2 ? H5T_IEEE_F64BE : H5T_STD_U16BE,
			create);
		put_angles(file, "/exchange/theta", 7, 0, 30, "degrees");
		H5Pclose(create);
		H5Fclose(file);
		scan = open_name(name);
		assert_int_equal(scan->type, i % 2 ? SAMPLE_F32 : SAMPLE_U16);
		assert_int_equal(scan->compressed, i == 1 || i == 3); /* few rows a chunk: cheap */
		for (int64_t f = 0; f < 7; f++)
			check_frame(scan, FRAME_PROJECTION, 0, f, f);
		scan_close(scan);
	}
}

static int64_t memory_used(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long all = 0, resident = 0;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%ld %ld", &all, &resident), 2);
	fclose(file);
	return resident * sysconf(_SC_PAGESIZE);
}

/* Reading a row of every compressed frame must not keep the frames. */
static void test_chunk_cache_is_bounded(void **state)
{
	hsize_t dim[3] = {64, 512, 512}, chunk[3] = {1, 512, 512};
	hid_t create = H5Pcreate(H5P_DATASET_CREATE), file = make_h5("large.h5"), id;
	uint16_t *pixels = ARENA_ZERO(arena, uint16_t, 64 * 512 * 512);
	struct scan *scan;
	int64_t before;

	(void)state;
#ifdef __SANITIZE_ADDRESS__
	print_message("skipped: the sanitizer keeps freed memory\n");
	skip();
#endif
	H5Pset_chunk(create, 3, chunk);
	H5Pset_deflate(create, 1);
	id = put_dataset(file, "/exchange/data", H5T_STD_U16LE, 3, dim, create);
	H5Dwrite(id, H5T_NATIVE_UINT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, pixels);
	H5Dclose(id);
	H5Pclose(create);
	put_angles(file, "/exchange/theta", 64, 0, 2, "degrees");
	H5Fclose(file);
	scan = open_name("large.h5");
	before = memory_used();
	assert_int_equal(scan_read(scan, FRAME_PROJECTION, 0, 0, 64, 3, 4, pixels), OK);
	assert_true(memory_used() - before < 16 << 20); /* half of the 32 MB of all frames */
	scan_close(scan);
}

static void test_savu_separate_fields(void **state)
{
	hsize_t dim[2] = {H, W};
	float average[H * W];
	hid_t file = make_h5("savu.nxs"), id;
	struct scan *scan;

	(void)state;
	put_text(file, "/entry1/tomo_entry/definition", "NXtomo");
	put_frames(file, "/entry1/tomo_entry/instrument/detector/data", 0, 4);
	put_frames(file, "/entry1/tomo_entry/instrument/detector/flatfield", 20, 2);
	id = put_dataset(file, "/entry1/tomo_entry/instrument/detector/darkfield", H5T_IEEE_F32LE,
		2, dim, H5P_DEFAULT);
	for (int i = 0; i < H * W; i++)
		average[i] = (float)pixel(0, i / W, i % W);
	H5Dwrite(id, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, average);
	H5Dclose(id);
	put_angles(file, "/entry1/tomo_entry/sample/rotation_angle", 4, 0, 45, "deg");
	H5Fclose(file);
	scan = open_name("savu.nxs");
	check_frame(scan, FRAME_FLAT, 0, 1, 21);
	check_frame(scan, FRAME_DARK, 0, 0, 0);
	scan_close(scan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_angle_policies),
		cmocka_unit_test(test_angle_units),
		cmocka_unit_test(test_colons_in_paths),
		cmocka_unit_test(test_groups_in_time),
		cmocka_unit_test(test_dxchange_fallbacks),
		cmocka_unit_test(test_separate_dxchange_files),
		cmocka_unit_test(test_pixel_sizes),
		cmocka_unit_test(test_storage_ways),
		cmocka_unit_test(test_chunk_cache_is_bounded),
		cmocka_unit_test(test_savu_separate_fields),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Broken and contradictory scans: each is one sentence that names the place, and never a crash. */
#include "tests/scan_make.h"

static void test_no_scan_files(void **state)
{
	struct input_settings input = no_input();
	struct scan *scan;

	(void)state;
	check_sentence(scan_open(&scan, &input, arena), ERR_USAGE, "no scan");
	name_fails("absent.nxs", "there is no such file or folder");
	put_lines("empty.h5", "");
	name_fails("empty.h5", "is empty");
	put_lines("text.h5", "these are not pixels\n");
	name_fails("text.h5", "neither HDF5 nor TIFF");
	make_sub("nothing");
	name_fails("nothing", "holds no TIFF");
	H5Fclose(make_h5("bare.h5"));
	name_fails("bare.h5", "it has no frames");
	put_lines("bad.tif", "II*nothing");
	name_fails("bad.tif", "cannot be read as TIFF");
}

static void test_truncated_hdf5(void **state)
{
	hid_t file = make_dxchange("cut.h5");

	(void)state;
	H5Fclose(file);
	assert_int_equal(truncate(in_folder("cut.h5"), 1500), 0);
	name_fails("cut.h5", "cannot open the file");
	assert_int_equal(truncate(in_folder("cut.h5"), 100), 0);
	name_fails("cut.h5", "cut.h5");
}

static void test_wrong_shapes_and_types(void **state)
{
	hsize_t dim[4] = {3, 4, 5, 6}, none[3] = {0, 4, 5},
		huge[3] = {1u << 30, 1u << 30, 1u << 30};
	hsize_t chunk[3] = {1, 4, 5};
	hid_t file = make_h5("shapes.h5"), create = H5Pcreate(H5P_DATASET_CREATE);
	hid_t text = H5Tcopy(H5T_C_S1), record = H5Tcreate(H5T_COMPOUND, 8);
	struct input_settings input = no_input();

	(void)state;
	H5Tset_size(text, 8);
	H5Tinsert(record, "a", 0, H5T_NATIVE_INT);
	H5Pset_chunk(create, 3, chunk);
	H5Dclose(put_dataset(file, "/rank2", H5T_STD_U16LE, 2, dim, H5P_DEFAULT));
	H5Dclose(put_dataset(file, "/rank4", H5T_STD_U16LE, 4, dim, H5P_DEFAULT));
	H5Dclose(put_dataset(file, "/none", H5T_STD_U16LE, 3, none, H5P_DEFAULT));
	H5Dclose(put_dataset(file, "/huge", H5T_STD_U16LE, 3, huge, create));
	H5Dclose(put_dataset(file, "/unwritten", H5T_STD_U16LE, 3, dim, create));
	H5Dclose(put_dataset(file, "/text", text, 3, dim, H5P_DEFAULT));
	H5Dclose(put_dataset(file, "/record", record, 3, dim, H5P_DEFAULT));
	put_frames(file, "/group/frames", 0, 2);
	H5Tclose(text);
	H5Tclose(record);
	H5Pclose(create);
	H5Fclose(file);
	static const char *const cases[][2] = {{"rank2", "2 dimensions"}, {"rank4", "4 dimensions"},
		{"none", "is empty"}, {"huge", "cannot be frames"}, {"unwritten", "ever written"},
		{"text", "holds text"}, {"record", "compound"}, {"absent", "has no /absent"},
		{"group", "is a group"}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		input.scan = arena_format(arena, "%s/shapes.h5:/%s", folder, cases[i][0]);
		open_fails(&input, cases[i][1]);
	}
	name_fails("shapes.h5", "/group/frames"); /* no layout: the datasets are listed */
}

static void test_angles_that_do_not_fit(void **state)
{
	static const double with_nan[4] = {0, 1, NAN, 3}, same[4] = {12, 12, 12, 12};
	hid_t file = make_h5("a.h5");
	struct input_settings input = no_input();

	(void)state;
	put_frames(file, "/frames", 0, 4);
	put_row(file, "/nan", with_nan, 4, "deg");
	put_row(file, "/same", same, 4, "deg");
	put_angles(file, "/small", 4, 0, 0.5, NULL);
	put_angles(file, "/five", 5, 0, 30, NULL);
	put_angles(file, "/eight", 8, 0, 20, NULL);
	put_text(file, "/text", "180");
	H5Fclose(file);
	put_lines("a.txt", "# degrees\n0\n 45.0\n\n90 degrees\n135\n");
	put_lines("none.txt", "# nothing\n");
	static const char *const cases[][2] = {{"a.h5:/nan", "angle 2 is not a number"},
		{"a.h5:/same", "nothing was turned"}, {"a.h5:/small", "angles_unit"},
		{"a.h5:/five", "5 angles"}, {"a.h5:/eight", "--angles-policy average"},
		{"a.h5:/text", "not a row of numbers"}, {"a.h5:/frames", "not a row of numbers"},
		{"a.h5:/no", "has no /no"}, {"a.h5", "no angles at the usual places"},
		{"a.txt", "a.txt:5:"}, {"none.txt", "holds no angles"},
		{"a.h5:/eight:4:9", "asks for angles 4 to 8"}, {"a.txt:/key", "is not HDF5"},
		{"absent.txt", "no such file"}};
	input.scan = in_folder("a.h5:/frames");
	open_fails(&input, "has no angles");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		input.angles = in_folder(cases[i][0]);
		open_fails(&input, cases[i][1]);
	}
	input.angles_policy = ANGLES_AVERAGE;
	input.angles = in_folder("a.h5:/five");
	open_fails(&input, "not a multiple");
}

static void test_image_keys(void **state)
{
	static const double key[4] = {2, 0, 0, 0}, odd[5] = {1, 0, 0, 0, NAN};
	static const double flats[5] = {1, 1, 1, 1, 1}, one[5] = {1, 0, 1, 1, 2};
	static const double *const keys[] = {key, odd, flats, one};
	static const char *const part[] = {
		"has 4 keys", "not 0, 1, 2 or 3", "no projections", "has one projection"};
	char name[16];

	(void)state;
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "key%d.nxs", i);
		hid_t file = make_h5(name);
		put_text(file, "/entry/definition", "NXtomo");
		put_frames(file, "/entry/instrument/detector/data", 0, 5);
		put_row(file, "/entry/instrument/detector/image_key", keys[i], i ? 5 : 4, NULL);
		put_angles(file, "/entry/sample/rotation_angle", 5, 0, 40, "deg");
		H5Fclose(file);
		name_fails(name, part[i]);
	}
}

static void test_several_entries_and_detectors(void **state)
{
	hid_t file = make_h5("two.nxs");
	char name[64];
	struct scan *scan;

	(void)state;
	for (int i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "/entry000%d/definition", i);
		put_text(file, name, "NXtomo");
		snprintf(name, sizeof(name), "/entry000%d/instrument/detector/data", i);
		put_frames(file, name, 10 * i, 4);
		snprintf(name, sizeof(name), "/entry000%d/sample/rotation_angle", i);
		put_angles(file, name, 4, 0, 45, "deg");
	}
	H5Fclose(file);
	name_fails("two.nxs", "/entry0001");
	scan = open_name("two.nxs:/entry0001");
	check_frame(scan, FRAME_PROJECTION, 0, 1, 11);
	scan_close(scan);

	file = make_h5("detectors.nxs");
	put_frames(file, "/entry/data/kinetix-det1", 0, 4);
	put_frames(file, "/entry/data/kinetix-det3", 20, 4);
	put_frames(file, "/entry/data/flat-kinetix-det1", 40, 2);
	put_frames(file, "/entry/data/flat-kinetix-det3", 50, 2);
	put_angles(file, "/entry/data/rotation_angle", 4, 0, 45, NULL);
	H5Fclose(file);
	name_fails("detectors.nxs", "--data ");
	scan = open_name("detectors.nxs:/entry/data/kinetix-det3");
	check_frame(scan, FRAME_PROJECTION, 0, 0, 20);
	check_frame(scan, FRAME_FLAT, 0, 1, 51);
	scan_close(scan);
	struct input_settings input = no_input();
	input.scan = in_folder("detectors.nxs");
	input.data = "/entry/data/kinetix-det1"; /* a key of the scan's file */
	scan = open_ok(&input);
	check_frame(scan, FRAME_PROJECTION, 0, 3, 3);
	check_frame(scan, FRAME_FLAT, 0, 0, 40);
	scan_close(scan);
}

static void test_dangling_links(void **state)
{
	hid_t file = make_h5("dangling.nxs"), list = make_groups();

	(void)state;
	put_link(file, "/entry/data/data", "../assets/proj.h5", "entry/data/data");
	put_angles(file, "/entry/data/rotation_angle", 4, 0, 45, NULL);
	H5Fclose(file);
	name_fails("dangling.nxs", "../assets/proj.h5");
	file = make_h5("soft.h5");
	H5Lcreate_soft("/nowhere", file, "/exchange/data", list, H5P_DEFAULT);
	H5Pclose(list);
	H5Fclose(file);
	name_fails("soft.h5", "is a link to /nowhere");
}

static void test_darks_and_flats_that_do_not_fit(void **state)
{
	hsize_t dim[3] = {2, H, W + 1};
	hid_t file = make_dxchange("main.h5"), id;
	struct input_settings input = no_input();
	uint16_t values[2 * H * (W + 1)] = {0};

	(void)state;
	H5Fclose(file);
	file = make_h5("other.h5");
	id = put_dataset(file, "/flat", H5T_STD_U16LE, 3, dim, H5P_DEFAULT);
	H5Dwrite(id, H5T_NATIVE_UINT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
	H5Dclose(id);
	put_frames(file, "/entry/data/data", 0, 6);
	H5Fclose(file);
	input.scan = in_folder("main.h5");
	input.flats = in_folder("other.h5:/flat");
	open_fails(&input, "6 x 6");
	input.flats = "";
	input.darks_flats = in_folder("other.h5");
	open_fails(&input, "which frames are darks");
	input.darks_flats = "";
	input.flats = in_folder("other.h5:/entry/data/data:4:9");
	open_fails(&input, "asks for frames 4 to 8");
}

/* A filter that copies, under the number of Zstandard. */
static size_t copy_filter(unsigned flags, size_t n, const unsigned values[], size_t bytes,
	size_t *size, void **buffer)
{
	(void)flags;
	(void)n;
	(void)values;
	(void)size;
	(void)buffer;
	return bytes;
}

static void test_missing_filter(void **state)
{
	static const H5Z_class2_t filter = {
		H5Z_CLASS_T_VERS, 32015, 1, 1, "copy", NULL, NULL, copy_filter};
	hsize_t chunk[3] = {1, H, W};
	hid_t create = H5Pcreate(H5P_DATASET_CREATE), file;

	(void)state;
	assert_true(H5Zregister(&filter) >= 0);
	H5Pset_chunk(create, 3, chunk);
	H5Pset_filter(create, 32015, H5Z_FLAG_MANDATORY, 0, NULL);
	file = make_h5("zstd.h5");
	put_frames_as(file, "/exchange/data", 0, 4, H5T_STD_U16LE, create);
	H5Pclose(create);
	H5Fclose(file);
	assert_true(H5Zunregister(32015) >= 0);
	name_fails("zstd.h5", "filter 32015 (Zstandard)");
}

static void test_virtual_source_missing(void **state)
{
	hsize_t dim[3] = {4, H, W};
	hid_t file = make_h5("virtual.h5"), create = H5Pcreate(H5P_DATASET_CREATE);
	hid_t space = H5Screate_simple(3, dim, NULL);
	struct scan *scan;

	(void)state;
	H5Pset_virtual(create, space, "source.h5", "/frames", space);
	H5Dclose(put_dataset(file, "/exchange/data", H5T_STD_U16LE, 3, dim, create));
	put_angles(file, "/exchange/theta", 4, 0, 45, "degrees");
	H5Sclose(space);
	H5Pclose(create);
	H5Fclose(file);
	name_fails("virtual.h5", "source.h5");
	file = make_h5("source.h5");
	put_frames(file, "/frames", 7, 4);
	H5Fclose(file);
	scan = open_name("virtual.h5");
	check_frame(scan, FRAME_PROJECTION, 0, 2, 9);
	assert_int_equal(scan->n_inputs, 2);
	scan_close(scan);
}

static void test_damaged_chunk(void **state)
{
	hsize_t chunk[3] = {1, H, W}, start[3] = {2, 0, 0};
	hid_t create = H5Pcreate(H5P_DATASET_CREATE), file = make_dxchange("damaged.h5"), id;
	uint16_t pixels[4 * H * W];
	struct scan *scan;

	(void)state;
	H5Pset_chunk(create, 3, chunk);
	H5Pset_deflate(create, 4);
	put_frames_as(file, "/exchange/data_white", 0, 4, H5T_STD_U16LE, create);
	id = H5Dopen2(file, "/exchange/data_white", H5P_DEFAULT);
	assert_true(H5Dwrite_chunk(id, H5P_DEFAULT, 0, start, 8, "damaged") >= 0);
	H5Dclose(id);
	H5Pclose(create);
	H5Fclose(file);
	scan = open_name("damaged.h5");
	check_frame(scan, FRAME_FLAT, 0, 1, 1);
	check_sentence(scan_read(scan, FRAME_FLAT, 0, 0, 4, 0, H, pixels), ERR_INPUT,
		"data_white: frames 0");
	scan_close(scan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_scan_files),
		cmocka_unit_test(test_truncated_hdf5),
		cmocka_unit_test(test_wrong_shapes_and_types),
		cmocka_unit_test(test_angles_that_do_not_fit),
		cmocka_unit_test(test_image_keys),
		cmocka_unit_test(test_several_entries_and_detectors),
		cmocka_unit_test(test_dangling_links),
		cmocka_unit_test(test_darks_and_flats_that_do_not_fit),
		cmocka_unit_test(test_missing_filter),
		cmocka_unit_test(test_virtual_source_missing),
		cmocka_unit_test(test_damaged_chunk),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

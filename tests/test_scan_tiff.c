/* SPDX-License-Identifier: BSD-3-Clause
 * Folders of TIFFs as beamlines name them, and the kinds of TIFF they write. */
#include "tests/scan_make.h"

struct form {
	const char *mode; /* of TIFFOpen: "w", "wb" big-endian, "w8" BigTIFF */
	int bits, format, compression, strip, tile;
};

static const struct form plain = {"w", 16, SAMPLEFORMAT_UINT, COMPRESSION_NONE, H, 0};

static void fill(char *to, struct form form, int64_t frame, int64_t row, int64_t col)
{
	double value = row < H && col < W ? pixel(frame, row, col) : 0;

	if (form.format == SAMPLEFORMAT_IEEEFP && form.bits == 64)
		memcpy(to, &value, 8);
	else if (form.format == SAMPLEFORMAT_IEEEFP)
		memcpy(to, &(float){(float)value}, 4);
	else if (form.bits == 8)
		memcpy(to, &(uint8_t){(uint8_t)value}, 1);
	else if (form.bits == 16)
		memcpy(to, &(uint16_t){(uint16_t)value}, 2);
	else
		memcpy(to, &(uint32_t){(uint32_t)value}, 4);
}

static void put_page(TIFF *tiff, struct form form, int64_t frame)
{
	int64_t size = form.bits / 8, side = form.tile;
	char data[16 * 16 * 8];

	TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, W);
	TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, H);
	TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, form.bits);
	TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, form.format);
	TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
	TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
	TIFFSetField(tiff, TIFFTAG_COMPRESSION, form.compression);
	if (side) {
		TIFFSetField(tiff, TIFFTAG_TILEWIDTH, (uint32_t)side);
		TIFFSetField(tiff, TIFFTAG_TILELENGTH, (uint32_t)side);
		for (int64_t i = 0; i < side * side; i++)
			fill(data + i * size, form, frame, i / side, i % side);
		assert_true(TIFFWriteEncodedTile(tiff, 0, data, side * side * size) > 0);
	} else {
		TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, (uint32_t)form.strip);
		for (uint32_t row = 0; row < H; row++) {
			for (int64_t col = 0; col < W; col++)
				fill(data + col * size, form, frame, row, col);
			assert_int_equal(TIFFWriteScanline(tiff, data, row, 0), 1);
		}
	}
	assert_int_equal(TIFFWriteDirectory(tiff), 1);
}

static void put_tiff(const char *name, struct form form, int64_t frame, int64_t pages)
{
	TIFF *tiff = TIFFOpen(in_folder(name), form.mode);

	assert_non_null(tiff);
	for (int64_t i = 0; i < pages; i++)
		put_page(tiff, form, frame + i);
	TIFFClose(tiff);
}

static void test_forms(void **state)
{
	static const struct form forms[] = {
		{"w", 16, SAMPLEFORMAT_UINT, COMPRESSION_NONE, H, 0},
		{"wb", 16, SAMPLEFORMAT_UINT, COMPRESSION_NONE, 1, 0},
		{"wb", 32, SAMPLEFORMAT_IEEEFP, COMPRESSION_NONE, 4, 0},
		{"w8", 32, SAMPLEFORMAT_IEEEFP, COMPRESSION_LZW, 4, 0},
		{"wb", 16, SAMPLEFORMAT_UINT, COMPRESSION_ADOBE_DEFLATE, 4, 0},
		{"w", 16, SAMPLEFORMAT_UINT, COMPRESSION_DEFLATE, H, 0},
		{"w", 16, SAMPLEFORMAT_UINT, COMPRESSION_NONE, 0, 16},
		{"wb", 32, SAMPLEFORMAT_IEEEFP, COMPRESSION_LZW, 0, 16},
		{"w", 64, SAMPLEFORMAT_IEEEFP, COMPRESSION_NONE, 2, 0},
		{"w", 32, SAMPLEFORMAT_UINT, COMPRESSION_PACKBITS, 2, 0},
		{"wb", 32, SAMPLEFORMAT_INT, COMPRESSION_NONE, 3, 0},
	};
	struct input_settings input = no_input();
	struct scan *scan;
	char name[32];

	(void)state;
	input.angles_policy = ANGLES_LINSPACE;
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		snprintf(name, sizeof(name), "form%zu.tif", i);
		put_tiff(name, forms[i], 3, 4);
		input.scan = in_folder(name);
		scan = open_ok(&input);
		assert_int_equal(scan->n_proj, 4);
		assert_int_equal(scan->type,
			forms[i].bits == 16 && forms[i].format == SAMPLEFORMAT_UINT ? SAMPLE_U16
										    : SAMPLE_F32);
		for (int64_t f = 3; f >= 0; f--)
			check_frame(scan, FRAME_PROJECTION, 0, f, 3 + f);
		scan_close(scan);
	}
}

static void test_bytes(void **state)
{
	struct input_settings input = no_input();
	uint8_t all[2 * H * W];
	struct form form = plain;
	struct scan *scan;

	(void)state;
	form.bits = 8;
	put_tiff("bytes.tif", form, 0, 2);
	input.scan = in_folder("bytes.tif");
	input.angles_policy = ANGLES_LINSPACE;
	scan = open_ok(&input);
	assert_int_equal(scan->type, SAMPLE_U8);
	assert_int_equal(scan_read(scan, FRAME_PROJECTION, 0, 0, 2, 0, H, all), OK);
	assert_int_equal(all[H * W + W + 2], (uint8_t)(1000 + 12));
	scan_close(scan);
}

static void put_be(FILE *file, int bytes, int64_t value)
{
	for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
		fputc((int)(value >> shift & 255), file);
}

/* One directory, `images=N`, and all the pixels behind each other: how ImageJ passes 4 GB. */
static void test_imagej_stack(void **state)
{
	static const char text[] = "ImageJ=1.53t\nimages=3\nslices=3\n";
	static const int entry[9][4] = {{256, 4, 1, W}, {257, 4, 1, H}, {258, 3, 1, 16 << 16},
		{259, 3, 1, 1 << 16}, {262, 3, 1, 1 << 16}, {270, 2, sizeof(text), 200},
		{273, 4, 1, 300}, {278, 4, 1, H}, {279, 4, 1, H * W * 2}};
	FILE *file = fopen(in_folder("imagej.tif"), "w");
	struct input_settings input = no_input();
	struct scan *scan;

	(void)state;
	fputs("MM", file);
	put_be(file, 2, 42);
	put_be(file, 4, 8);
	put_be(file, 2, 9);
	for (int i = 0; i < 9; i++)
		for (int j = 0; j < 4; j++)
			put_be(file, j < 2 ? 2 : 4, entry[i][j]);
	put_be(file, 4, 0);
	fseek(file, 200, SEEK_SET);
	fputs(text, file);
	fseek(file, 300, SEEK_SET);
	for (int64_t i = 0; i < 3 * H * W; i++)
		put_be(file, 2, (int64_t)pixel(i / (H * W), i / W % H, i % W));
	fclose(file);
	input.scan = in_folder("imagej.tif");
	input.angles_policy = ANGLES_LINSPACE;
	scan = open_ok(&input);
	assert_int_equal(scan->n_proj, 3);
	for (int64_t f = 0; f < 3; f++)
		check_frame(scan, FRAME_PROJECTION, 0, f, f);
	scan_close(scan);
	assert_int_equal(truncate(input.scan, 300 + 2 * H * W * 2 + 9), 0);
	scan = open_ok(&input);
	uint16_t all[3 * H * W];
	check_sentence(
		scan_read(scan, FRAME_PROJECTION, 0, 0, 3, 0, H, all), ERR_INPUT, "truncated");
	scan_close(scan);
}

/* Files of a habit: "proj/p_%d.tif" and so on; two flats, one dark, twelve projections. */
static void make_habit(const char *root, const char *proj, const char *flat, const char *dark)
{
	char name[256];

	make_sub(root);
	for (int i = 0; i < 15; i++) {
		const char *format = i < 12 ? proj : i < 14 ? flat : dark;
		char part[128], *slash;

		snprintf(part, sizeof(part), "%s", format);
		slash = strchr(part, '/');
		if (slash) {
			*slash = '\0';
			snprintf(name, sizeof(name), "%s/%s", root, part);
			mkdir(in_folder(name), 0777);
		}
		char *number = strchr(strcpy(part, format), '#');
		snprintf(name, sizeof(name), "%s/%.*s%d%s", root, (int)(number - part), part,
			i < 12 ? i : i - 12, number + 1);
		put_tiff(name, plain, i, 1);
	}
}

static void test_habits(void **state)
{
	static const char *const habits[][3] = {
		{"proj/p_#.tif", "flats/f_#.tif", "darks/d_#.tif"}, /* natural order: p_2 < p_10 */
		{"tomo_000#.tif", "flat_#.tif", "dark_#.tif"},
		{"radios/image_#.tif", "flats/image_#.tif", "darks/image_#.tif"},
		{"S1_T_#.tif", "BG__BEFORE_#.tif", "DF__BEFORE_#.tif"},
		{"cell_0000_#.tif", "cellbak_#.tif", "celldrk_#.tif"},
		{"tiffs/raw_#.tiff", "flat_#.tiff", "dark_#.tiff"},
		{"Tomo/IMG_#.tif", "Flat_Before/IMG_#.tif", "Dark_Before/IMG_#.tif"},
	};
	struct input_settings input = no_input();
	struct scan *scan;
	char root[32];

	(void)state;
	input.angles_policy = ANGLES_LINSPACE;
	for (size_t i = 0; i < sizeof(habits) / sizeof(*habits); i++) {
		snprintf(root, sizeof(root), "flat_habit%zu", i); /* a name that must not matter */
		make_habit(root, habits[i][0], habits[i][1], habits[i][2]);
		input.scan = in_folder(root);
		scan = open_ok(&input);
		assert_int_equal(scan->n_proj, 12);
		assert_int_equal(scan->n_flat_groups, 1);
		assert_int_equal(scan->flats[0].n, 2);
		assert_int_equal(scan->darks[0].n, 1);
		for (int64_t f = 0; f < 12; f++)
			check_frame(scan, FRAME_PROJECTION, 0, f, f);
		check_frame(scan, FRAME_FLAT, 0, 1, 13);
		check_frame(scan, FRAME_DARK, 0, 0, 14);
		if (strstr(habits[i][1], "B"))
			assert_true(scan->flats[0].at == -1);
		assert_false(scan->compressed);
		scan_close(scan);
	}
}

static void test_before_and_after(void **state)
{
	struct input_settings input = no_input();
	struct scan *scan;

	(void)state;
	make_habit("mantid", "Tomo/IMG_#.tif", "Flat_Before/IMG_#.tif", "Dark_Before/IMG_#.tif");
	make_sub("mantid/Flat_After");
	make_sub("mantid/180deg");
	put_tiff("mantid/Flat_After/IMG_0.tif", plain, 30, 1);
	put_tiff("mantid/180deg/IMG_0.tif", plain, 31, 1);
	put_lines("mantid/angles.txt", "0\n10\n20\n30\n40\n50\n60\n70\n80\n90\n100\n110\n");
	input.scan = in_folder("mantid");
	scan = open_ok(&input);
	assert_int_equal(scan->n_flat_groups, 2);
	assert_true(scan->flats[0].at + scan->flats[1].at == 11); /* -1 and 12 */
	assert_true(scan->angle[11] == 110);
	assert_non_null(strstr(scan->angle_source, "angles.txt"));
	scan_close(scan);
	input.scan = in_folder("mantid/Tomo"); /* parts named one by one */
	input.angles = in_folder("mantid/angles.txt");
	input.flats = in_folder("mantid/Flat_After");
	input.darks = in_folder("mantid/Dark_Before/IMG_2.tif");
	scan = open_ok(&input);
	check_frame(scan, FRAME_FLAT, 0, 0, 30);
	check_frame(scan, FRAME_DARK, 0, 0, 14);
	scan_close(scan);
}

static void test_bad_series(void **state)
{
	struct form bytes = plain;
	struct input_settings input = no_input();
	uint16_t all[4 * H * W];
	struct scan *scan;

	(void)state;
	bytes.bits = 8;
	make_sub("mixed");
	for (int i = 0; i < 4; i++)
		put_tiff(arena_format(arena, "mixed/a_%d.tif", i), i == 2 ? bytes : plain, i, 1);
	input.angles_policy = ANGLES_LINSPACE;
	input.scan = in_folder("mixed");
	scan = open_ok(&input); /* the odd one is met when it is read */
	check_sentence(scan_read(scan, FRAME_PROJECTION, 0, 0, 4, 0, H, all), ERR_INPUT, "a_2.tif");
	scan_close(scan);
	put_tiff("mixed/a_3.tif", bytes, 3, 1);
	name_fails("mixed", "a_3.tif");
	put_tiff("mixed/a_2.tif", plain, 2, 1);
	put_tiff("mixed/a_3.tif", plain, 3, 1);
	assert_int_equal(truncate(in_folder("mixed/a_1.tif"), 40), 0);
	scan = open_ok(&input);
	check_sentence(scan_read(scan, FRAME_PROJECTION, 0, 0, 4, 0, H, all), ERR_INPUT, "a_1.tif");
	scan_close(scan);
	put_tiff("mixed/b_1.tif", plain, 0, 1);
	put_tiff("mixed/b_2.tif", plain, 0, 1);
	name_fails("mixed", "mixed/b_*.tif");
	make_sub("flatsonly");
	put_tiff("flatsonly/flat_1.tif", plain, 0, 1);
	name_fails("flatsonly", "no projections");
}

static void test_colour(void **state)
{
	TIFF *tiff = TIFFOpen(in_folder("colour.tif"), "w");
	uint8_t row[3 * W] = {0};

	(void)state;
	TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, W);
	TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, 1);
	TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
	TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 3);
	TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_RGB);
	TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
	TIFFWriteScanline(tiff, row, 0, 0);
	TIFFClose(tiff);
	name_fails("colour.tif", "colour");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_imagej_stack),
		cmocka_unit_test(test_habits),
		cmocka_unit_test(test_before_and_after),
		cmocka_unit_test(test_bad_series),
		cmocka_unit_test(test_colour),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Bands of rows: crops, bins and the reordered scratch file against pixels read directly. */
#include "io/rows.h"
#include "io/scan_write.h"
#include "tests/scan_make.h"

enum { N_PROJ = 7, N_ROW = 12, N_COL = 11 };

/* A scan whose pixel is frame * 1000 + row * 20 + col, as DXchange. */
static struct scan *make(enum compression compression, const char *name)
{
	static double angle[N_PROJ];
	static uint16_t frame[N_ROW * N_COL];
	struct scan_plan plan = {.dir = in_folder(name),
		.layout = LAYOUT_DXCHANGE,
		.compression = compression,
		.n_proj = N_PROJ,
		.n_row = N_ROW,
		.n_col = N_COL,
		.step = -1,
		.n_flat = 1,
		.n_dark = 1,
		.reading = angle,
		.n_reading = N_PROJ,
		.pixel_um = NAN,
		.energy_kev = NAN,
		.distance_mm = NAN};
	struct input_settings input = no_input();
	struct scan_writer *writer;
	struct scan *scan;

	for (int i = 0; i < N_PROJ; i++)
		angle[i] = 30.0 * i;
	assert_int_equal(scan_write_open(&writer, &plan, arena), OK);
	for (int f = 0; f < N_PROJ; f++) {
		for (int i = 0; i < N_ROW * N_COL; i++)
			frame[i] = (uint16_t)(f * 1000 + i / N_COL * 20 + i % N_COL);
		assert_int_equal(scan_write_frames(writer, FRAME_PROJECTION, 0, f, 1, frame), OK);
	}
	assert_int_equal(scan_write_frames(writer, FRAME_FLAT, 0, 0, 1, frame), OK);
	assert_int_equal(scan_write_frames(writer, FRAME_DARK, 0, 0, 1, frame), OK);
	input.scan = scan_write_scan(writer);
	assert_int_equal(scan_write_close(writer), OK);
	assert_int_equal(scan_open(&scan, &input, arena), OK);
	return scan;
}

static double truth(int64_t f, int64_t row, int64_t col, int64_t bin)
{
	double sum = 0;

	for (int64_t j = 0; j < bin; j++)
		for (int64_t i = 0; i < bin; i++)
			sum += (double)(f * 1000 + (row + j) * 20 + col + i);
	return sum / (double)(bin * bin);
}

static void check_rows(struct scan *scan, int64_t bin, bool reorder, int64_t block)
{
	struct input_settings input = no_input();
	struct rows r;
	float out[N_PROJ * N_ROW * N_COL];
	uint16_t raw[N_PROJ * N_ROW * N_COL];

	input.bin = bin;
	input.rows = (struct range){1, 11, 1};
	input.cols = (struct range){2, -1, 1};
	assert_int_equal(rows_open(&r, scan, &input, block, arena), OK);
	assert_int_equal(r.n_row, 10 / bin);
	assert_int_equal(r.n_col, 9 / bin);
	if (reorder) {
		assert_int_equal(rows_reorder(&r, 0, r.n_row, folder, NULL), OK);
		assert_true(r.scratch >= 0);
	}
	for (int64_t r0 = 0; r0 < r.n_row; r0 += 2) {
		int64_t r1 = r0 + 3 < r.n_row ? r0 + 3 : r.n_row;

		assert_int_equal(rows_read(&r, 1, 6, r0, r1, bin > 1 ? (void *)out : raw), OK);
		for (int64_t f = 1; f < 6; f++)
			for (int64_t y = r0; y < r1; y++)
				for (int64_t x = 0; x < r.n_col; x++) {
					int64_t at = ((f - 1) * (r1 - r0) + y - r0) * r.n_col + x;
					double want = truth(f, 1 + y * bin, 2 + x * bin, bin);

					/* sums of small whole numbers are exact, their mean one rounding */
					assert_true(fabs((bin > 1 ? (double)out[at] : raw[at]) -
							    want) <= 1e-4);
				}
	}
	rows_close(&r);
}

static void test_crop_bin_reorder(void **state)
{
	struct scan *plain = make(COMPRESS_NONE, "plain"), *gzip = make(COMPRESS_GZIP, "gzip");

	(void)state;
	assert_true(gzip->compressed && !plain->compressed);
	for (int64_t bin = 1; bin <= 3; bin++)
		for (int64_t block = 1; block <= 100000;
			block *= 100) { /* from a row to all at once */
			check_rows(plain, bin, false, block);
			check_rows(gzip, bin, false, block);
			check_rows(gzip, bin, true, block);
		}
	scan_close(plain);
	scan_close(gzip);
}

static void test_selection_outside(void **state)
{
	struct scan *scan = make(COMPRESS_NONE, "outside");
	struct input_settings input = no_input();
	struct rows r;

	(void)state;
	input.bin = 1;
	input.rows = (struct range){0, 13, 1};
	assert_int_equal(rows_open(&r, scan, &input, 100, arena), ERR_USAGE);
	assert_non_null(strstr(error_message(), "--rows 0:13"));
	input.rows = (struct range){3, 4, 1};
	input.bin = 2;
	assert_int_equal(rows_open(&r, scan, &input, 100, arena), ERR_USAGE);
	scan_close(scan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crop_bin_reorder),
		cmocka_unit_test(test_selection_outside),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

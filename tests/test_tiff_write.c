/* SPDX-License-Identifier: BSD-3-Clause
 * TIFF files read back by libtiff, and exports of volumes against their numbers. */
#include "io/export.h"
#include "io/percentile.h"
#include "io/tiff_write.h"
#include "io/volume.h"

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

enum { NZ = 5, NY = 9, NX = 14 };
static char folder[256];
static struct arena *arena;
static float truth[NZ][NY * NX];

static int enter(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "%s/tomochron-test-XXXXXX",
		getenv("TMPDIR") ? getenv("TMPDIR") : P_tmpdir);
	arena = arena_new();
	for (int i = 0; i < NZ * NY * NX; i++)
		truth[i / (NY * NX)][i % (NY * NX)] = (float)(cos(0.7 * i) - 0.01 * i);
	truth[3][61] = -1e30f; /* an outlier, which percentiles must not feel */
	return arena && mkdtemp(folder) ? chdir(folder) : -1;
}

static int leave(void **state)
{
	char command[320];

	(void)state;
	arena_free(arena);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return chdir("/") == 0 ? system(command) : -1;
}

static void check_page(TIFF *tiff, const struct tiff_plan *plan, const char *expected)
{
	uint32_t width, height;
	uint16_t bits, format, unit;
	float resolution;
	static char strip[NY * NX * 4];
	int64_t bytes = plan->ny * plan->nx * plan->bits / 8;

	assert_int_equal(TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width), 1);
	assert_int_equal(TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height), 1);
	assert_int_equal(TIFFGetField(tiff, TIFFTAG_BITSPERSAMPLE, &bits), 1);
	assert_int_equal(TIFFGetField(tiff, TIFFTAG_SAMPLEFORMAT, &format), 1);
	assert_int_equal(TIFFGetField(tiff, TIFFTAG_XRESOLUTION, &resolution), 1);
	assert_int_equal(TIFFGetField(tiff, TIFFTAG_RESOLUTIONUNIT, &unit), 1);
	assert_int_equal(width, plan->nx);
	assert_int_equal(height, plan->ny);
	assert_int_equal(bits, plan->bits);
	assert_int_equal(format, plan->bits == 32 ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
	assert_true(fabs(resolution * plan->voxel_um - 1) < 1e-6); /* the fraction has 6 digits */
	assert_int_equal(unit, RESUNIT_NONE);
	assert_int_equal(TIFFReadEncodedStrip(tiff, 0, strip, (tmsize_t)sizeof(strip)), bytes);
	assert_memory_equal(strip, expected, (size_t)bytes);
}

static void tags_and_pixels(void **state)
{
	static const int64_t depths[] = {32, 16, 8}, limits[] = {0, 100};

	(void)state;
	for (int d = 0; d < 3; d++) {
		for (int big = 0; big < 2; big++) {
			struct tiff_plan plan = {.n = NZ,
				.ny = NY,
				.nx = NX,
				.bits = depths[d],
				.voxel_um = 1.3,
				.step_um = 2.6,
				.min = 0,
				.max = 200,
				.low = -1,
				.high = 3,
				.units = "1/cm",
				.origin = "here",
				.big_above = limits[big]};
			const char *pixels = (const char *)truth, *text;
			TIFF *tiff;

			assert_int_equal(tiff_save("t.tif", &plan, pixels, arena), OK);
			assert_non_null(tiff = TIFFOpen("t.tif", "r"));
			assert_int_equal(TIFFIsBigTIFF(tiff), big);
			assert_int_equal(TIFFNumberOfDirectories(tiff), NZ);
			assert_int_equal(TIFFSetDirectory(tiff, 0), 1);
			assert_int_equal(TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &text), 1);
			assert_non_null(strstr(text, "ImageJ="));
			assert_non_null(strstr(text, "images=5\nslices=5\nunit=micron\n"));
			assert_non_null(strstr(text, "spacing=2.6\n"));
			assert_int_equal(strstr(text, "cf=0\nc0=-1\n") != NULL, d > 0);
			for (int z = 0; z < NZ; z++) {
				assert_int_equal(TIFFSetDirectory(tiff, (tdir_t)z), 1);
				check_page(tiff, &plan, pixels + z * NY * NX * depths[d] / 8);
			}
			TIFFClose(tiff);
		}
	}
}

/* More than 4 GB is BigTIFF by itself; only the tags are made. */
static void big_by_size(void **state)
{
	struct tiff_plan plan = {.n = 480,
		.ny = 3072,
		.nx = 3072,
		.bits = 8,
		.voxel_um = NAN,
		.step_um = NAN,
		.min = NAN,
		.max = NAN,
		.units = "1/px",
		.origin = "here"};
	struct tiff_head head;

	(void)state;
	assert_int_equal(tiff_head(&head, &plan, arena), OK);
	assert_true(head.big);
	assert_int_equal(head.file_bytes, head.n + 480LL * 3072 * 3072);
	plan.n = 420;
	assert_int_equal(tiff_head(&head, &plan, arena), OK);
	assert_false(head.big);
}

static int rising(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static void percentiles_by_sorting(void **state)
{
	enum { N = 10007 };
	static float values[N + 2], sorted[N];
	double low, high;

	(void)state;
	for (int i = 0; i < N; i++)
		values[i] = sorted[i] = (float)(sin(i * 1.1) * exp(6 * cos(i * 0.37)));
	values[N] = NAN;
	values[N + 1] = INFINITY;
	qsort(sorted, N, sizeof(float), rising);
	for (int k = 0; k <= 50; k++) {
		struct percentiles *p = percentiles_new(k / 100.0, 1 - k / 100.0, arena);

		for (int pass = 0; pass < 2; pass++) {
			percentiles_add(p, values, 1000);
			percentiles_add(p, values + 1000, N + 2 - 1000);
			assert_int_equal(percentiles_next(p), N);
		}
		percentiles_values(p, &low, &high);
		assert_true(low == (double)sorted[llround(k / 100.0 * (N - 1))]);
		assert_true(high == (double)sorted[llround((1 - k / 100.0) * (N - 1))]);
	}
}

static void make_volume(const char *path, int64_t bits)
{
	struct volume_plan plan = {.path = path,
		.format = OUTPUT_HDF5,
		.nz = NZ,
		.ny = NY,
		.nx = NX,
		.first_row = 40,
		.row_step = 1,
		.voxel_um = 1.3,
		.units = "1/cm",
		.bits = bits,
		.low = -2,
		.high = 2,
		.command = "",
		.config_yaml = "",
		.version = "0"};
	struct volume *v;

	assert_int_equal(volume_create(&v, &plan, false, arena), OK);
	for (int z = 0; z < NZ; z++) {
		assert_int_equal(volume_put(v, z, 0, NY, truth[z]), OK);
		assert_int_equal(volume_commit(v, z, z + 1, NULL), OK);
	}
	assert_int_equal(volume_finish(v), OK);
}

static void read_page(const char *path, int page, void *out)
{
	TIFF *tiff = TIFFOpen(path, "r");

	assert_non_null(tiff);
	assert_int_equal(TIFFSetDirectory(tiff, (tdir_t)page), 1);
	assert_true(TIFFReadEncodedStrip(tiff, 0, out, -1) > 0);
	TIFFClose(tiff);
}

static void exports(void **state)
{
	struct export_plan plan = {
		.volume = "v.h5", .out = "v.tif", .bits = 32, .low = NAN, .high = NAN};
	struct export_result result;
	float page[NY * NX];
	uint8_t narrow[NY * NX];
	uint16_t wide[NY * NX];
	int64_t clipped = 0;

	(void)state;
	make_volume("v.h5", 32);
	make_volume("n.h5", 16);
	assert_int_equal(export_volume(&plan, &result, arena), OK);
	read_page("v.tif", 3, page);
	assert_memory_equal(page, truth[3], sizeof(page));
	assert_int_equal(export_volume(&plan, &result, arena), ERR_USAGE);
	assert_non_null(strstr(error_message(), "v.tif: exists"));

	plan.out = "slices";
	plan.bits = 8;
	plan.tail = 1;
	assert_int_equal(export_volume(&plan, &result, arena), OK);
	read_page("slices/recon_00041.tif", 0, narrow);
	for (int i = 0; i < NZ * NY * NX; i++)
		clipped += truth[i / (NY * NX)][i % (NY * NX)] < result.low ||
			   truth[i / (NY * NX)][i % (NY * NX)] > result.high;
	assert_true(result.low > -9 && result.high < 2); /* the outlier is not felt */
	/* values within half a step of the ends round to them and are not clipped */
	assert_true(result.clipped > 0 && result.clipped <= clipped);
	for (int i = 0; i < NY * NX; i++) {
		double value = (truth[1][i] - result.low) / (result.high - result.low) * 255;

		assert_int_equal(narrow[i], fmin(255, fmax(0, floor(value + 0.5))));
	}
	plan.force = true;
	assert_int_equal(export_volume(&plan, &result, arena), OK);
	assert_int_equal(access("slices.tomochron-part", F_OK), -1);

	plan = (struct export_plan){.volume = "n.h5:/entry/data/data",
		.out = "n.tiff",
		.bits = 16,
		.low = NAN,
		.high = NAN,
		.big_above = 1};
	assert_int_equal(export_volume(&plan, &result, arena), OK);
	assert_true(result.big && result.low == -2 && result.high == 2);
	read_page("n.tiff", 2, wide);
	for (int i = 0; i < NY * NX; i++) /* half a step of the scale */
		assert_true(
			fabs(-2 + wide[i] * 4 / 65535.0 - fmax(-2, fmin(2, truth[2][i]))) < 3.1e-5);
	plan.out = "f.tif";
	plan.bits = 32; /* the numbers stand for values again */
	assert_int_equal(export_volume(&plan, &result, arena), OK);
	read_page("f.tif", 2, page);
	for (int i = 0; i < NY * NX; i++)
		assert_true(fabs(page[i] - (-2 + wide[i] * 4 / 65535.0)) < 1e-6);
	plan.out = "n.xdmf";
	assert_int_equal(export_volume(&plan, &result, arena), OK);
	assert_int_equal(system("grep -q 'n.h5:/entry/data/data' n.xdmf"), 0);
	plan.volume = "n.h5:/entry/nothing";
	plan.out = "o.tif";
	assert_int_equal(export_volume(&plan, &result, arena), ERR_INPUT);
	plan.volume = "n.h5";
	plan.out = "n.h5";
	plan.force = true;
	assert_int_equal(export_volume(&plan, &result, arena), ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_and_pixels),
		cmocka_unit_test(big_by_size),
		cmocka_unit_test(percentiles_by_sorting),
		cmocka_unit_test(exports),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}

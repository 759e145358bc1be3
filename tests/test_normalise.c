/* SPDX-License-Identifier: BSD-3-Clause
 * Reduction and flat-field normalisation against the formula in double, and what becomes of pixels that
 * have no flat. */
#include "core/parallel.h"
#include "recon/normalise.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 3, COLS = 37, ANGLES = 11 };

static struct arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = arena_new();
	return arena ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static float noise(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (float)(*seed >> 40) / 16777216.0f;
}

/* Dark 100, flat 1000 and another slope each, in every row and column something else. */
static struct fields make_fields(int n_flats)
{
	struct fields f = {.n_row = ROWS, .n_col = COLS, .n_flats = n_flats};
	float *dark = ARENA_NEW(arena, float, ROWS *COLS);

	for (int i = 0; i < ROWS * COLS; i++)
		dark[i] = 100.0f + (float)(i % 5);
	f.dark = dark;
	for (int k = 0; k < n_flats; k++) {
		f.flat[k] = ARENA_NEW(arena, float, ROWS *COLS);
		f.at[k] = k == 0 ? -1 : k == 1 ? ANGLES : 5;
		f.n_frames[k] = 10 * (k + 1);
		for (int i = 0; i < ROWS * COLS; i++)
			f.flat[k][i] = 1000.0f + (float)((i * (k + 3)) % 29) + 50.0f * (float)k;
	}
	return f;
}

static uint16_t *make_raw(void)
{
	uint16_t *raw = ARENA_NEW(arena, uint16_t, ANGLES * ROWS * COLS);
	uint64_t seed = 3;

	for (int i = 0; i < ANGLES * ROWS * COLS; i++)
		raw[i] = (uint16_t)(90 + (int)(noise(&seed) * 1000));
	return raw;
}

static double transmission(double raw, double dark, double flat)
{
	return (raw - dark) / (flat - dark);
}

static struct sinogram make_sinogram(void)
{
	return (struct sinogram){ARENA_NEW(arena, float, ANGLES *COLS), ANGLES, COLS, COLS};
}

/* Normalises row 1 and compares with weights[angle][flat] applied to the flats. */
static void compare(struct fields f, enum flats_in_time how, double weights[ANGLES][3])
{
	struct normalise_settings s = {AVERAGE_MEAN, how};
	struct sinogram out = make_sinogram();
	const uint16_t *raw = make_raw();
	struct counts counts = {{0}};
	float *flats[3];

	for (int k = 0; k < f.n_flats; k++) {
		flats[k] = ARENA_NEW(arena, float, ROWS *COLS);
		memcpy(flats[k], f.flat[k], ROWS * COLS * sizeof(float));
	}
	int n_flats = f.n_flats;
	assert_int_equal(fields_prepare(&f, &s, arena), OK);
	normalise_sinogram(&f, 1, raw + COLS, RAW_U16, ROWS * COLS, out, &counts);
	for (int i = 0; i < ANGLES; i++) {
		for (int c = 0; c < COLS; c++) {
			double flat = 0, want;

			for (int k = 0; k < n_flats; k++)
				flat += weights[i][k] * (double)flats[k][COLS + c];
			want = transmission(
				raw[(i * ROWS + 1) * COLS + c], (double)f.dark[COLS + c], flat);
			/* floats of size 1 after three roundings */
			assert_true(fabs((double)sinogram_row(out, i)[c] - want) < 5e-7);
		}
	}
	for (int k = 0; k < N_COUNTS; k++)
		assert_int_equal(counts.n[k], 0);
}

static void one_flat(void **state)
{
	double weights[ANGLES][3];

	(void)state;
	for (int i = 0; i < ANGLES; i++)
		memcpy(weights[i], (double[3]){1, 0, 0}, sizeof(weights[i]));
	compare(make_fields(1), FLATS_INTERPOLATE, weights);
}

/* Three groups, out of order: at -1, 11, 5. */
static void interpolated(void **state)
{
	double weights[ANGLES][3] = {{0}};
	struct fields f = make_fields(3);

	(void)state;
	f.at[0] = 1; /* constant before it */
	for (int i = 0; i < ANGLES; i++) {
		double w = i <= 1 ? 0 : i <= 5 ? (i - 1) / 4.0 : (i - 5) / 6.0;

		weights[i][i <= 5 ? 0 : 2] += 1 - w;
		weights[i][i <= 5 ? 2 : 1] += w;
	}
	compare(f, FLATS_INTERPOLATE, weights);
}

static void nearest(void **state)
{
	double weights[ANGLES][3] = {{0}};

	(void)state;
	for (int i = 0; i < ANGLES; i++) /* halfway belongs to the earlier */
		weights[i][i <= 2 ? 0 : i <= 8 ? 2 : 1] = 1;
	compare(make_fields(3), FLATS_NEAREST, weights);
}

static void pooled(void **state)
{
	double weights[ANGLES][3];

	(void)state;
	for (int i = 0; i < ANGLES; i++)
		memcpy(weights[i], (double[3]){1.0 / 6, 2.0 / 6, 3.0 / 6}, sizeof(weights[i]));
	compare(make_fields(3), FLATS_POOLED, weights);
}

/* Two groups of unknown time count as one taken before. */
static void same_time_is_merged(void **state)
{
	double weights[ANGLES][3];
	struct fields f = make_fields(2);

	(void)state;
	f.at[0] = f.at[1] = NAN;
	for (int i = 0; i < ANGLES; i++)
		memcpy(weights[i], (double[3]){1.0 / 3, 2.0 / 3, 0}, sizeof(weights[i]));
	compare(f, FLATS_INTERPOLATE, weights);
}

static void no_dark_is_zero(void **state)
{
	static float zero[ROWS * COLS];
	struct fields f = make_fields(1), g = make_fields(1);
	struct normalise_settings s = {AVERAGE_MEAN, FLATS_INTERPOLATE};
	struct sinogram a = make_sinogram(), b = make_sinogram();
	struct counts counts = {{0}};

	(void)state;
	f.dark = NULL;
	g.dark = zero;
	assert_int_equal(fields_prepare(&f, &s, arena), OK);
	assert_int_equal(fields_prepare(&g, &s, arena), OK);
	normalise_sinogram(&f, 2, make_raw(), RAW_U16, ROWS * COLS, a, &counts);
	normalise_sinogram(&g, 2, make_raw(), RAW_U16, ROWS * COLS, b, &counts);
	assert_memory_equal(a.data, b.data, ANGLES * COLS * sizeof(float));
}

/* Dead pixels, NaN in flat and dark, NaN and inf in the data: interpolated along the row, counted. */
static void unusable_pixels(void **state)
{
	struct fields f = make_fields(2);
	struct normalise_settings s = {AVERAGE_MEAN, FLATS_INTERPOLATE};
	struct sinogram out = make_sinogram();
	float *raw = ARENA_NEW(arena, float, ANGLES *COLS), *dark;
	struct counts counts = {{0}};

	(void)state;
	dark = ARENA_NEW(arena, float, ROWS *COLS);
	memcpy(dark, f.dark, ROWS * COLS * sizeof(float));
	f.dark = dark;
	f.flat[0][0] = 0;		  /* below the dark, at the edge */
	f.flat[1][10] = NAN;		  /* only in the second flat */
	f.flat[0][11] = dark[11];	  /* flat = dark */
	dark[12] = INFINITY;		  /* three in a row: 10 11 12 */
	f.flat[0][20] = dark[20] + 0.01f; /* next to nothing above the dark */
	assert_int_equal(fields_prepare(&f, &s, arena), OK);
	assert_int_equal(f.n_unusable[0], 5);
	assert_int_equal(f.n_unusable[1], 0);
	for (int i = 0; i < ANGLES; i++) /* transmission is 0.01 times the column */
		for (int c = 0; c < COLS; c++) {
			float w = (float)(i + 1) / (ANGLES + 1);
			float flat = f.flat[0][c] * (1 - w) + f.flat[1][c] * w;
			raw[i * COLS + c] = dark[c] + 0.01f * (float)c * flat;
		}
	raw[3 * COLS + 36] = NAN;
	raw[3 * COLS + 11] = NAN; /* has no flat anyhow: counted there */
	raw[4 * COLS + 30] = -INFINITY;
	normalise_sinogram(&f, 0, raw, RAW_F32, COLS, out, &counts);
	assert_int_equal(counts.n[COUNT_UNUSABLE_FLAT], 5 * ANGLES);
	assert_int_equal(counts.n[COUNT_NOT_FINITE], 2);
	for (int i = 0; i < ANGLES; i++)
		for (int c = 0; c < COLS; c++) {
			double want = 0.01 * (c == 0 ? 1 : c == 36 && i == 3 ? 35 : c);
			assert_true(fabs((double)sinogram_row(out, i)[c] - want) < 1e-6);
		}
}

static void row_without_flat_is_one(void **state)
{
	struct fields f = make_fields(1);
	struct normalise_settings s = {AVERAGE_MEAN, FLATS_INTERPOLATE};
	struct sinogram out = make_sinogram();
	struct counts counts = {{0}};

	(void)state;
	memset(f.flat[0] + COLS, 0, COLS * sizeof(float));
	assert_int_equal(fields_prepare(&f, &s, arena), OK);
	normalise_sinogram(&f, 1, make_raw(), RAW_U16, ROWS * COLS, out, &counts);
	assert_int_equal(counts.n[COUNT_UNUSABLE_FLAT], ANGLES * COLS);
	for (int i = 0; i < ANGLES * COLS; i++)
		assert_true(out.data[i] == 1);
}

static void fields_that_cannot_be_used(void **state)
{
	struct normalise_settings s = {AVERAGE_MEAN, FLATS_INTERPOLATE};
	struct fields none = make_fields(0), shut = make_fields(2);

	(void)state;
	assert_int_equal(fields_prepare(&none, &s, arena), ERR_INPUT);
	memset(shut.flat[1], 0, ROWS * COLS * sizeof(float));
	assert_int_equal(fields_prepare(&shut, &s, arena), ERR_INPUT);
}

static void image_equals_sinogram(void **state)
{
	struct fields f = make_fields(3);
	struct normalise_settings s = {AVERAGE_MEAN, FLATS_INTERPOLATE};
	struct sinogram out = make_sinogram();
	uint8_t *raw = ARENA_NEW(arena, uint8_t, ANGLES * ROWS * COLS);
	float image[2 * COLS];
	struct counts all = {{0}}, rows[2] = {{{0}}};

	(void)state;
	for (int i = 0; i < ANGLES * ROWS * COLS; i++)
		raw[i] = (uint8_t)(i * 7);
	f.flat[1][2 * COLS + 4] = NAN;
	assert_int_equal(fields_prepare(&f, &s, arena), OK);
	normalise_sinogram(&f, 2, raw + 2 * COLS, RAW_U8, ROWS * COLS, out, &all);
	for (int i = 0; i < ANGLES; i++) {
		normalise_image(
			&f, 1, 2, i, raw + (i * ROWS + 1) * COLS, RAW_U8, image, rows, true);
		assert_memory_equal(image + COLS, sinogram_row(out, i), COLS * sizeof(float));
	}
	assert_int_equal(rows[0].n[COUNT_UNUSABLE_FLAT], 0);
	assert_int_equal(rows[1].n[COUNT_UNUSABLE_FLAT], ANGLES);
	assert_int_equal(all.n[COUNT_UNUSABLE_FLAT], ANGLES);
}

static int compare_floats(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static void reduction(void **state)
{
	enum { PIXELS = 5000, MOST = 8 };
	float *frames = ARENA_NEW(arena, float, MOST *PIXELS);
	float *mean = ARENA_NEW(arena, float, PIXELS), *middle = ARENA_NEW(arena, float, PIXELS);
	float *again = ARENA_NEW(arena, float, PIXELS);
	uint64_t seed = 5;

	(void)state;
	for (int i = 0; i < MOST * PIXELS; i++) {
		float r = noise(&seed);
		frames[i] = r < 0.05f ? NAN : r < 0.08f ? INFINITY : floorf(r * 20);
	}
	for (int f = 0; f < MOST; f++)
		frames[f * PIXELS + 17] = NAN;
	for (int n = 1; n <= MOST; n++) {
		parallel_set_threads(2);
		assert_int_equal(
			reduce_frames(mean, frames, RAW_F32, n, PIXELS, AVERAGE_MEAN, arena), OK);
		assert_int_equal(
			reduce_frames(middle, frames, RAW_F32, n, PIXELS, AVERAGE_MEDIAN, arena),
			OK);
		parallel_set_threads(1);
		assert_int_equal(
			reduce_frames(again, frames, RAW_F32, n, PIXELS, AVERAGE_MEDIAN, arena),
			OK);
		assert_memory_equal(again, middle, PIXELS * sizeof(float));
		for (int p = 0; p < PIXELS; p++) {
			float v[MOST];
			double sum = 0;
			int m = 0;

			for (int f = 0; f < n; f++)
				if (isfinite(frames[f * PIXELS + p]))
					sum += (double)(v[m++] = frames[f * PIXELS + p]);
			if (m == 0) {
				assert_true(isnan(mean[p]) && isnan(middle[p]));
				continue;
			}
			qsort(v, (size_t)m, sizeof(float), compare_floats);
			assert_true(mean[p] == (float)(sum / m));
			assert_true(middle[p] == (v[(m - 1) / 2] + v[m / 2]) / 2);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_flat),
		cmocka_unit_test(interpolated),
		cmocka_unit_test(nearest),
		cmocka_unit_test(pooled),
		cmocka_unit_test(same_time_is_merged),
		cmocka_unit_test(no_dark_is_zero),
		cmocka_unit_test(unusable_pixels),
		cmocka_unit_test(row_without_flat_is_one),
		cmocka_unit_test(fields_that_cannot_be_used),
		cmocka_unit_test(image_equals_sinogram),
		cmocka_unit_test(reduction),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Phase filters: Paganin on slabs against the filter in two-dimensional Fourier space, against edges
 * propagated by the transport-of-intensity equation, and for seams; the one-dimensional filter against
 * its formula and against what Algotom computed. */
#include "recon/fft.h"
#include "recon/phase.h"

#include <hdf5.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

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

/* Wavelength 1 Angstrom, pixel 1 um, distance 4 pi mm: alpha / (2 pi)^2 is delta_beta / 10 px^2. */
static struct settings paganin_settings(double a)
{
	return (struct settings){
		.phase = {.method = PHASE_PAGANIN, .delta_beta = 10 * a}, .log.floor = 1e-6};
}

static struct geometry paganin_geometry(int64_t n_col)
{
	return (struct geometry){.n_angle = 10,
		.n_col = n_col,
		.pixel_um = 1,
		.energy_kev = 12.39841984,
		.distance_mm = 4 * M_PI};
}

/* The whole image through the slab filter, `slab` rows at a time. */
static void filter_image(
	double a, float *out, const float *image, int64_t n_row, int64_t n_col, int64_t slab)
{
	struct settings s = paganin_settings(a);
	struct geometry g = paganin_geometry(n_col);
	int64_t halo = paganin_halo(&s, &g);
	struct paganin *p;
	float *in = ARENA_NEW(arena, float, (n_row + 2 * halo) * n_col);

	for (int64_t i = 0; i < n_row + 2 * halo; i++) {
		int64_t row = i < halo ? 0 : i - halo >= n_row ? n_row - 1 : i - halo;
		memcpy(in + i * n_col, image + row * n_col, (size_t)n_col * sizeof(float));
	}
	assert_int_equal(paganin_new(&p, &s, &g, arena), OK);
	for (int64_t i = 0; i < n_row; i += slab) {
		int64_t n = n_row - i < slab ? n_row - i : slab;
		assert_int_equal(paganin_apply(p, out + i * n_col, in + i * n_col, n, arena), OK);
	}
}

static void equals_filter_in_fourier_space(void **state)
{
	enum { ROWS = 50, COLS = 83, SIZE = 512 };
	const double a = 20;
	float *image = ARENA_NEW(arena, float, ROWS *COLS);
	float *out = ARENA_NEW(arena, float, ROWS *COLS);
	float complex *f = ARENA_NEW(arena, float complex, SIZE *SIZE);
	const struct fft *fft;
	uint64_t seed = 1;
	double worst = 0, change = 0;

	(void)state;
	for (int i = 0; i < ROWS * COLS; i++)
		image[i] = 0.2f + noise(&seed);
	filter_image(a, out, image, ROWS, COLS, ROWS);
	for (int y = 0; y < SIZE; y++) { /* edges repeated, half of the padding each side */
		int row = y < ROWS ? y : y < (SIZE + ROWS) / 2 ? ROWS - 1 : 0;
		for (int x = 0; x < SIZE; x++) {
			int col = x < COLS ? x : x < (SIZE + COLS) / 2 ? COLS - 1 : 0;
			f[y * SIZE + x] = image[row * COLS + col];
		}
	}
	assert_int_equal(fft_complex(&fft, SIZE, SIZE), OK);
	fft_complex_forward(fft, f);
	for (int y = 0; y < SIZE; y++)
		for (int x = 0; x < SIZE; x++) {
			double u = 2 - 2 * cos(2 * M_PI * x / SIZE);
			double v = 2 - 2 * cos(2 * M_PI * y / SIZE);
			f[y * SIZE + x] *= (float)(1 / (1 + a * (u + v)) / SIZE / SIZE);
		}
	fft_complex_backward(fft, f);
	for (int y = 0; y < ROWS; y++)
		for (int x = 0; x < COLS; x++) {
			double want = (double)crealf(f[y * SIZE + x]);
			worst = fmax(worst, fabs((double)out[y * COLS + x] - want));
			change = fmax(change, fabs((double)image[y * COLS + x] - want));
		}
	print_message("worst difference to the filter in Fourier space %.3g\n", worst);
	assert_true(change > 0.3); /* the filter does something */
	assert_true(worst < 3e-6); /* taps cut at 1e-6, twice, and float transforms */
}

/* A blurred edge of contrast 0.3 in any direction: value and Laplacian. */
static double edge(double x, double y, double sigma, double *laplacian)
{
	double t = (0.6 * x + 0.8 * y) / sigma;

	*laplacian = 0.3 * t * exp(-t * t / 2) / sqrt(2 * M_PI) / (sigma * sigma);
	return 1 - 0.3 * 0.5 * (1 + erf(t / M_SQRT2));
}

/* I = T - a Laplacian(T), the equation that the method inverts. */
static double restored_edge(bool discrete)
{
	enum { SIZE = 220, BORDER = 80 }; /* the edge leaves the image: look away from there */
	const double a = 10, sigma = 3;
	float *image = ARENA_NEW(arena, float, SIZE *SIZE);
	float *out = ARENA_NEW(arena, float, SIZE *SIZE);
	double worst = 0, none;

	for (int i = 0; i < SIZE * SIZE; i++) {
		double x = i % SIZE - SIZE / 2, y = i / SIZE - SIZE / 2, laplacian;
		double t = edge(x, y, sigma, &laplacian);

		if (discrete)
			laplacian = edge(x - 1, y, sigma, &none) + edge(x + 1, y, sigma, &none) +
				    edge(x, y - 1, sigma, &none) + edge(x, y + 1, sigma, &none) -
				    4 * t;
		image[i] = (float)(t - a * laplacian);
	}
	filter_image(a, out, image, SIZE, SIZE, 64);
	for (int i = 0; i < SIZE * SIZE; i++) {
		int x = i % SIZE, y = i / SIZE;
		double t = edge(x - SIZE / 2, y - SIZE / 2, sigma, &none);

		if (x >= BORDER && x < SIZE - BORDER && y >= BORDER && y < SIZE - BORDER)
			worst = fmax(worst, fabs((double)out[i] - t) / t);
	}
	return worst;
}

static void restores_an_edge(void **state)
{
	double exact = restored_edge(true), real = restored_edge(false);

	(void)state;
	print_message("edge restored to %.3g (differences), %.3g (derivatives)\n", exact, real);
	assert_true(exact < 3e-6); /* the exact inverse: cut taps and floats remain */
	assert_true(real < 1e-3);  /* pixels of 1/3 of the blur: the Laplacian's sampling error */
}

static void slabs_join_without_seams(void **state)
{
	enum { ROWS = 70, COLS = 101 };
	static const int64_t slabs[] = {1, 7, 64};
	float *image = ARENA_NEW(arena, float, ROWS *COLS);
	float *whole = ARENA_NEW(arena, float, ROWS *COLS);
	float *out = ARENA_NEW(arena, float, ROWS *COLS);
	uint64_t seed = 2;

	(void)state;
	for (int i = 0; i < ROWS * COLS; i++)
		image[i] = noise(&seed);
	filter_image(5, whole, image, ROWS, COLS, ROWS);
	for (int k = 0; k < 3; k++) {
		filter_image(5, out, image, ROWS, COLS, slabs[k]);
		assert_memory_equal(out, whole, ROWS * COLS * sizeof(float));
	}
}

static void constant_stays(void **state)
{
	enum { ROWS = 3, COLS = 300 };
	static const float values[] = {0, 0.7f};
	float *image = ARENA_NEW(arena, float, ROWS *COLS);
	float *out = ARENA_NEW(arena, float, ROWS *COLS);

	(void)state;
	for (int k = 0; k < 2; k++) {
		for (int i = 0; i < ROWS * COLS; i++)
			image[i] = values[k];
		filter_image(1200, out, image, ROWS, COLS, 2);
		for (int i = 0; i < ROWS * COLS; i++) /* sums of some 500 floats */
			assert_true(fabsf(out[i] - values[k]) <= 2e-6f * values[k]);
	}
}

/* 60 keV, 0.5 m, delta/beta 500, 1.4 um: alpha = 8.28e3 px^2, decay length sqrt(alpha) / 2 pi =
 * 14.5 px; 2 r^(h+1) / (1 + r) = 1e-6 at 13.8 decay lengths = 200 rows. */
static void halo_is_as_long_as_the_blur(void **state)
{
	struct settings s = paganin_settings(50);
	struct geometry g = {.n_col = 100, .energy_kev = 60, .distance_mm = 500, .pixel_um = 1.4};
	int64_t halo = paganin_halo(&s, &g);

	(void)state;
	assert_in_range(halo, 198, 202);
	s.phase.method = PHASE_NONE;
	assert_int_equal(paganin_halo(&s, &g), 0);
}

static void paganin_asks_for_what_it_needs(void **state)
{
	struct settings s = paganin_settings(50);
	struct geometry g = paganin_geometry(100), all = g;

	(void)state;
	assert_int_equal(paganin_check(&s, &g), OK);
	g.energy_kev = NAN;
	assert_int_equal(paganin_check(&s, &g), ERR_USAGE);
	assert_non_null(strstr(error_message(), "--energy"));
	g = all;
	g.distance_mm = NAN;
	assert_int_equal(paganin_check(&s, &g), ERR_USAGE);
	assert_non_null(strstr(error_message(), "--distance"));
	g = all;
	g.pixel_um = 0;
	assert_int_equal(paganin_check(&s, &g), ERR_USAGE);
	assert_non_null(strstr(error_message(), "--pixel-size"));
	g = all;
	g.distance_mm = 1e4;
	assert_int_equal(paganin_check(&s, &g), ERR_USAGE);
	assert_non_null(strstr(error_message(), "512"));
	g.distance_mm = 1e300;
	assert_int_equal(paganin_check(&s, &g), ERR_USAGE);
}

static void run_ratio(
	float *data, int64_t n_angle, int64_t n_col, double ratio, struct counts *counts)
{
	struct settings s = {.phase = {.method = PHASE_RATIO, .ratio = ratio}, .log.floor = 1e-6};
	struct geometry g = {.n_angle = n_angle, .n_col = n_col};
	struct sinogram sino = {data, n_angle, n_col, n_col};

	assert_true(stage_phase_ratio.active(&s));
	assert_int_equal(stage_phase_ratio.check(&s, &g), OK);
	assert_int_equal(stage_phase_ratio.apply(&s, &g, sino, arena, counts), OK);
}

/* The formula as a sum over all frequencies in double, no transform. */
static void ratio_equals_formula(void **state)
{
	enum { COLS = 61, N = COLS + 300 };
	const double ratio = 300;
	float row[COLS];
	double p[N];
	uint64_t seed = 4;
	struct counts counts = {{0}};

	(void)state;
	for (int i = 0; i < COLS; i++)
		row[i] = 0.1f + 0.8f * noise(&seed);
	for (int i = 0; i < N; i++) {
		int at = i < 150 ? 0 : i >= 150 + COLS ? COLS - 1 : i - 150;
		p[i] = -log((double)row[at]);
	}
	run_ratio(row, 1, COLS, ratio, &counts);
	for (int x = 0; x < COLS; x++) {
		double sum = 0;

		for (int d = 0; d < N; d++) { /* kernel of the filter, on the circle of N */
			double h = 0;

			for (int k = -(N / 2); k <= N / 2; k++) {
				double u = fmin(fabs((double)k) / COLS, 0.5);
				h += cos(2 * M_PI * k * d / N) / (1 + ratio * u * u) / N;
			}
			sum += h * p[(x + 150 + d) % N];
		}
		/* the program's transform is longer (384), so its frequencies stand closer */
		assert_true(fabs((double)row[x] - exp(-sum)) < 1e-4);
	}
	assert_int_equal(counts.n[COUNT_CLIPPED], 0);
}

static void ratio_survives_zeros(void **state)
{
	float data[3 * 50] = {0};
	struct counts counts = {{0}};

	(void)state;
	for (int i = 0; i < 50; i++)
		data[50 + i] = data[100 + i] = 0.5f;
	data[70] = -1;
	data[71] = NAN;
	run_ratio(data, 3, 50, 100, &counts);
	assert_int_equal(counts.n[COUNT_CLIPPED], 52);
	for (int i = 0; i < 150; i++) {
		assert_true(isfinite(data[i]) && data[i] > 0);
		if (i < 50) /* all floor stays the floor: exp of 13.8 in float */
			assert_true(fabsf(data[i] - 1e-6f) < 1e-11f);
		if (i >= 100)
			assert_true(fabsf(data[i] - 0.5f) < 1e-6f);
	}
}

static float *read_set(hid_t file, const char *name, hsize_t dims[2])
{
	hid_t set = H5Dopen2(file, name, H5P_DEFAULT), space = H5Dget_space(set);
	float *data;

	H5Sget_simple_extent_dims(space, dims, NULL);
	data = ARENA_NEW(arena, float, (int64_t)(dims[0] * dims[1]));
	assert_true(H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
	H5Sclose(space);
	H5Dclose(set);
	return data;
}

static void ratio_equals_algotom(void **state)
{
	static const char *const paths[] = {
		SOURCE_DIR "/../shared/data/algotom/i13_24737_row60.h5",
		SOURCE_DIR "/../shared/data/algotom/tooth_row0.h5",
	};

	(void)state;
	for (int k = 0; k < 2; k++) {
		struct counts counts = {{0}};
		double error = 0, norm = 0;
		hsize_t dims[2];
		float *data, *want;
		hid_t file;

		if (access(paths[k], R_OK)) {
			print_message("%s is absent\n", paths[k]);
			skip();
		}
		file = H5Fopen(paths[k], H5F_ACC_RDONLY, H5P_DEFAULT);
		want = read_set(file, "fresnel_filter", dims);
		data = read_set(file, "sinogram", dims);
		H5Fclose(file);
		run_ratio(data, (int64_t)dims[0], (int64_t)dims[1], 100, &counts);
		for (hsize_t i = 0; i < dims[0] * dims[1]; i++) {
			double d = (double)data[i] - (double)want[i];
			error += d * d;
			norm += (double)want[i] * (double)want[i];
		}
		print_message("relative r.m.s. difference %.3g\n", sqrt(error / norm));
		assert_true(sqrt(error / norm) < 1e-4); /* another length of the transform */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_filter_in_fourier_space),
		cmocka_unit_test(restores_an_edge),
		cmocka_unit_test(slabs_join_without_seams),
		cmocka_unit_test(constant_stays),
		cmocka_unit_test(halo_is_as_long_as_the_blur),
		cmocka_unit_test(paganin_asks_for_what_it_needs),
		cmocka_unit_test(ratio_equals_formula),
		cmocka_unit_test(ratio_survives_zeros),
		cmocka_unit_test(ratio_equals_algotom),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Gradient, eigenvalues and sheetness against differences and Jacobi rotations in double. */
#include "core/parallel.h"
#include "segment/hessian.h"
#include "tests/segment_make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 60000 };
static float in[MOST], out[4][MOST], again[MOST];
static uint8_t levels[MOST], levels_again[MOST];
static float *const three[3] = {out[0], out[1], out[2]};
static const int64_t shapes[][3] = {
	{1, 1, 1}, {2, 3, 5}, {9, 33, 65}, {30, 5, 261}, {3, 70, 257}, {40, 37, 7}};

static double value(struct slab s, int64_t z, int64_t y, int64_t x)
{
	return (double)in[(slab_reflect(z, s.nz) * s.ny + slab_reflect(y, s.ny)) * s.nx +
			  slab_reflect(x, s.nx)];
}

/* Vectors are unit and at right angles, and each is an eigenvector. */
static void jacobi_solves(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		double h[6], l[3], v[3][3];

		for (int k = 0; k < 6; k++)
			h[k] = (double)make_random(&seed) - 0.5;
		for (int k = 3; k < 6; k++) /* also nearly and quite diagonal */
			h[k] *= i % 3 == 0 ? 1 : i % 3 == 1 ? 1e-7 : 0;
		if (i % 5 == 0)
			h[1] = h[0];
		eigen_symmetric(h, l, v);
		assert_true(l[0] >= l[1] && l[1] >= l[2]);
		for (int k = 0; k < 3; k++) {
			const double *u = v[k], *w = v[(k + 1) % 3];
			double a[3] = {h[0] * u[0] + h[3] * u[1] + h[4] * u[2],
				h[3] * u[0] + h[1] * u[1] + h[5] * u[2],
				h[4] * u[0] + h[5] * u[1] + h[2] * u[2]};

			for (int j = 0; j < 3; j++)
				assert_true(fabs(a[j] - l[k] * u[j]) < 1e-14);
			assert_true(fabs(u[0] * u[0] + u[1] * u[1] + u[2] * u[2] - 1) < 1e-14);
			assert_true(fabs(u[0] * w[0] + u[1] * w[1] + u[2] * w[2]) < 1e-14);
		}
	}
}

static double gradient_at(struct slab s, int64_t z, int64_t y, int64_t x)
{
	double gz = value(s, z + 1, y, x) - value(s, z - 1, y, x);
	double gy = value(s, z, y + 1, x) - value(s, z, y - 1, x);
	double gx = value(s, z, y, x + 1) - value(s, z, y, x - 1);

	return sqrt(gz * gz + gy * gy + gx * gx) / 2;
}

static void gradient_equals_differences(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t k = 0; k < sizeof(shapes) / sizeof(*shapes); k++) {
		struct slab s = slab_whole(shapes[k][0], shapes[k][1], shapes[k][2]);

		make_noise(in, s.nz * s.ny * s.nx, k);
		assert_int_equal(gradient_magnitude(&s, in, out[0], arena), OK);
		assert_int_equal(gradient_levels(&s, in, 0.004, levels, arena), OK);
		for (int64_t i = 0; i < s.nz * s.ny * s.nx; i++) {
			double g = gradient_at(s, i / s.nx / s.ny, i / s.nx % s.ny, i % s.nx);
			double level = g / 0.004 < 255 ? g / 0.004 : 255;

			assert_true(fabs((double)out[0][i] - g) < 1e-6); /* a few roundings of 1 */
			assert_true(fabs(levels[i] - level) < 0.5001);
		}
	}
	arena_free(arena);
}

/* Errors as shares of the spread of the eigenvalues, p of Smith's paper times sqrt 6. The closed form takes
 * the root of rounding errors where two eigenvalues meet: sqrt(1e-6). Differences of values are off by
 * ten roundings of the largest, 6e-7, which 2e-3 of a spread of 3e-4 stands for. */
static double check_eigenvalues(struct slab s, double *mean)
{
	double worst = 0, sum = 0, most = 0;
	int64_t n = s.nz * s.ny * s.nx;

	for (int64_t i = 0; i < n; i++)
		most = fmax(most, fabs((double)in[i]));
	for (int64_t i = 0; i < n; i++) {
		double h[6], l[3], v[3][3], spread, sheet;

		hessian_at(&s, in, i / s.nx / s.ny, i / s.nx % s.ny, i % s.nx, h);
		eigen_symmetric(h, l, v);
		spread = l[0] - l[2] + 3e-4 * most + 1e-30;
		assert_true(out[0][i] >= out[1][i] && out[1][i] >= out[2][i]);
		for (int k = 0; k < 3; k++) {
			double e = fabs((double)out[k][i] - l[k]) / spread;

			worst = e > worst ? e : worst;
			sum += e;
		}
		sheet = 2.25 * fmax(0, l[0] - fmax(fabs(l[1]), fabs(l[2])));
		assert_true(fabs((double)out[3][i] - sheet) < 2.25 * 4e-3 * spread);
	}
	*mean = sum / (double)(3 * n);
	return worst;
}

static void eigenvalues_equal_jacobi(void **state)
{
	struct arena *arena = arena_new();
	double mean, worst;

	(void)state;
	for (size_t k = 0; k < sizeof(shapes) / sizeof(*shapes); k++) {
		struct slab s = slab_whole(shapes[k][0], shapes[k][1], shapes[k][2]);

		make_noise(in, s.nz * s.ny * s.nx, k);
		assert_int_equal(hessian_eigenvalues(&s, in, three, arena), OK);
		assert_int_equal(hessian_sheetness(&s, in, 2.25, out[3], arena), OK);
		worst = check_eigenvalues(s, &mean);
		assert_true(worst < 2e-3);
		assert_true(mean < 5e-6);
	}
	arena_free(arena);
}

/* Valleys and ridges along one and two axes, where eigenvalues coincide exactly, and a constant. */
static void coinciding_eigenvalues(void **state)
{
	static const double shape[][3] = {{1, 0, 0}, {0, -1, 0}, {0, 0, 1}, {1, 1, 0}, {0, -1, -1},
		{1, 1, 1}, {-1, -1, 2}, {0, 0, 0}};
	struct slab s = slab_whole(12, 13, 40);
	struct arena *arena = arena_new();
	double mean;

	(void)state;
	for (size_t k = 0; k < sizeof(shape) / sizeof(*shape); k++) {
		for (int64_t i = 0; i < s.nz * s.ny * s.nx; i++) {
			double z = (double)(i / s.nx / s.ny), y = (double)(i / s.nx % s.ny);
			double x = (double)(i % s.nx);

			in[i] = (float)(0.01 * (shape[k][0] * z * z + shape[k][1] * y * y +
						       shape[k][2] * x * x));
		}
		assert_int_equal(hessian_eigenvalues(&s, in, three, arena), OK);
		assert_int_equal(hessian_sheetness(&s, in, 2.25, out[3], arena), OK);
		assert_true(check_eigenvalues(s, &mean) < 2e-3);
	}
	arena_free(arena);
}

static void run_all(const struct slab *s, int64_t plane, float *const to[4], uint8_t *bytes,
	struct arena *arena)
{
	const float *from = in + s->p0 * plane;
	float *l[3] = {to[0] + s->z0 * plane, to[1] + s->z0 * plane, to[2] + s->z0 * plane};

	assert_int_equal(hessian_eigenvalues(s, from, l, arena), OK);
	assert_int_equal(gradient_levels(s, from, 0.01, bytes + s->z0 * plane, arena), OK);
	assert_int_equal(hessian_sheetness(s, from, 1, to[3] + s->z0 * plane, arena), OK);
}

static void slabs_and_threads(void **state)
{
	static float other[3][MOST];
	float *const first[4] = {out[0], out[1], out[2], out[3]};
	float *const second[4] = {other[0], other[1], other[2], again};
	struct slab whole = slab_whole(23, 40, 61);
	struct arena *arena = arena_new();
	int64_t plane = whole.ny * whole.nx;
	size_t bytes = (size_t)(whole.nz * plane) * sizeof(float);

	(void)state;
	make_noise(in, whole.nz * plane, 5);
	parallel_set_threads(1);
	run_all(&whole, plane, first, levels, arena);
	for (int64_t step = 1; step < 23; step += 5) {
		parallel_set_threads((int)step / 5 + 1);
		for (int64_t z = 0; z < whole.nz; z += step) {
			struct slab s =
				slab_cut(whole, z, z + step < whole.nz ? z + step : whole.nz, 1);

			run_all(&s, plane, second, levels_again, arena);
		}
		for (int k = 0; k < 4; k++)
			assert_memory_equal(first[k], second[k], bytes);
		assert_memory_equal(levels, levels_again, bytes / sizeof(float));
	}
	parallel_set_threads(0);
	arena_free(arena);
}

static void refusals(void **state)
{
	struct arena *arena = arena_new();
	struct slab s = slab_cut(slab_whole(9, 4, 4), 4, 6, 0);

	(void)state;
	assert_int_equal(hessian_sheetness(&s, in, 1, out[0], arena), ERR_USAGE);
	s = slab_whole(9, 4, 4);
	assert_int_equal(gradient_levels(&s, in, 0, levels, arena), ERR_USAGE);
	assert_non_null(strstr(error_message(), "step"));
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jacobi_solves),
		cmocka_unit_test(gradient_equals_differences),
		cmocka_unit_test(eigenvalues_equal_jacobi),
		cmocka_unit_test(coinciding_eigenvalues),
		cmocka_unit_test(slabs_and_threads),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

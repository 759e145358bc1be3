/* SPDX-License-Identifier: BSD-3-Clause
 * The zinger test against its definition written out plainly, and against what Algotom computed
 * from two real sinograms. */
#include "recon/stage.h"
#include "recon/zinger.h"

#include <hdf5.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static float noise(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (float)(*seed >> 40) / 16777216.0f;
}

/* i + d, at an edge i - d */
static int64_t beside(int64_t i, int64_t d, int64_t n)
{
	if (i + d >= 0 && i + d < n)
		return i + d;
	return i - d >= 0 && i - d < n ? i - d : i;
}

/* The definition, value by value. Returns the number replaced. */
static int64_t plain(float *out, const float *in, int64_t n_row, int64_t n_col, int64_t size,
	double threshold, bool both)
{
	int64_t count = 0;

	for (int64_t r = 0; r < n_row; r++) {
		for (int64_t c = 0; c < n_col; c++) {
			double sum = 0, x = (double)in[r * n_col + c], excess;

			for (int64_t dr = -size; dr <= size; dr += size)
				for (int64_t dc = -size; dc <= size; dc += size)
					if (dr || dc)
						sum += (double)in[beside(r, dr, n_row) * n_col +
								  beside(c, dc, n_col)];
			sum = sum == 0 ? 1 : sum / 8;
			excess = x / sum - 1;
			if (excess > threshold || (both && excess < -threshold)) {
				x = sum;
				count++;
			}
			out[r * n_col + c] = (float)x;
		}
	}
	return count;
}

static void make(float *data, int64_t n)
{
	uint64_t seed = 7;

	for (int64_t i = 0; i < n; i++) {
		float hit = noise(&seed);

		data[i] = 0.5f + 0.02f * noise(&seed);
		if (hit > 0.98f)
			data[i] *= 1.5f;
		if (hit < 0.02f)
			data[i] *= 0.5f;
	}
}

/* Sizes that leave no middle, one column of middle, and a vector and a tail. */
static void equals_definition(void **state)
{
	static const int64_t shapes[][3] = {
		{5, 7, 1}, {4, 4, 3}, {3, 5, 2}, {9, 83, 2}, {40, 130, 3}, {12, 33, 11}};

	(void)state;
	for (size_t k = 0; k < sizeof(shapes) / sizeof(*shapes); k++) {
		for (int both = 0; both < 2; both++) {
			int64_t n_row = shapes[k][0], n_col = shapes[k][1], n = n_row * n_col;
			struct settings s = {.zinger = {ZINGER_RATIO, 0.1, shapes[k][2],
						     both ? ZINGER_BOTH : ZINGER_BRIGHT}};
			struct geometry g = {.n_angle = n_row, .n_col = n_col};
			struct arena *arena = arena_new();
			float *data = ARENA_NEW(arena, float, n_row *(n_col + 3));
			float *in = ARENA_NEW(arena, float, n), *want = ARENA_NEW(arena, float, n);
			struct counts counts = {{0}};
			int64_t count;

			make(in, n);
			for (int64_t r = 0; r < n_row; r++)
				memcpy(data + r * (n_col + 3), in + r * n_col,
					(size_t)n_col * sizeof(float));
			count = plain(want, in, n_row, n_col, s.zinger.size, 0.1, both);
			assert_true(stage_zinger.active(&s));
			assert_int_equal(stage_zinger.check(&s, &g), OK);
			assert_int_equal(stage_zinger.apply(&s, &g,
						 (struct sinogram){data, n_row, n_col, n_col + 3},
						 arena, &counts),
				OK);
			assert_int_equal(counts.n[COUNT_ZINGERS], count);
			for (int64_t i = 0; i < n; i++) /* sum of eight floats: some 1e-7 */
				assert_true(fabsf(data[i / n_col * (n_col + 3) + i % n_col] -
						    want[i]) < 3e-7f);
			arena_free(arena);
		}
	}
}

/* Air at one edge, the object at the other: nothing is a zinger. */
static void edges_do_not_meet(void **state)
{
	float data[20 * 30], want[20 * 30];
	struct settings s = {.zinger = {ZINGER_RATIO, 0.08, 1, ZINGER_BOTH}};
	struct geometry g = {.n_angle = 20, .n_col = 30};
	struct arena *arena = arena_new();
	struct counts counts = {{0}};

	(void)state;
	for (int i = 0; i < 600; i++)
		want[i] = data[i] = 1 - 0.02f * (float)(i % 30) - 0.002f * (float)(i / 30);
	assert_int_equal(
		stage_zinger.apply(&s, &g, (struct sinogram){data, 20, 30, 30}, arena, &counts),
		OK);
	assert_memory_equal(data, want, sizeof(data));
	assert_int_equal(counts.n[COUNT_ZINGERS], 0);
	arena_free(arena);
}

static void zeros_stay_zero(void **state)
{
	float data[20 * 30] = {0};
	struct settings s = {.zinger = {ZINGER_RATIO, 0.08, 1, ZINGER_BOTH}};
	struct geometry g = {.n_angle = 20, .n_col = 30};
	struct arena *arena = arena_new();
	struct counts counts = {{0}};

	(void)state;
	s.zinger.sign = ZINGER_BRIGHT;
	assert_int_equal(
		stage_zinger.apply(&s, &g, (struct sinogram){data, 20, 30, 30}, arena, &counts),
		OK);
	for (int i = 0; i < 600; i++)
		assert_true(data[i] == 0);
	assert_int_equal(counts.n[COUNT_ZINGERS], 0);
	arena_free(arena);
}

/* Projections one by one give what the stage gives to the sinogram of one of their rows, to the bit. */
static void projections_as_sinograms(void **state)
{
	enum { ANGLES = 30, COLS = 77 };
	static float in[ANGLES * COLS], sino[ANGLES * COLS], out[COLS];

	(void)state;
	for (int64_t size = 1; size < 30; size += 9) {
		struct settings s = {.zinger = {ZINGER_RATIO, 0.1, size, ZINGER_BRIGHT}};
		struct geometry g = {.n_angle = ANGLES, .n_col = COLS};
		struct arena *arena = arena_new();
		struct counts counts = {{0}};
		int64_t count = 0;

		make(in, ANGLES * COLS);
		memcpy(sino, in, sizeof(in));
		assert_int_equal(
			stage_zinger.apply(&s, &g, (struct sinogram){sino, ANGLES, COLS, COLS},
				arena, &counts),
			OK);
		for (int64_t i = 0; i < ANGLES; i++) {
			int64_t before = zinger_neighbour(&s.zinger, i, -1, ANGLES);
			int64_t after = zinger_neighbour(&s.zinger, i, 1, ANGLES);

			assert_true(before == i - size || (i < size && before == i + size) ||
				    (i < size && i + size >= ANGLES && before == i));
			count += zinger_row(&s.zinger, out, in + before * COLS, in + i * COLS,
				in + after * COLS, COLS);
			assert_memory_equal(out, sino + i * COLS, sizeof(out));
		}
		assert_true(count > 20 && count == counts.n[COUNT_ZINGERS]);
		arena_free(arena);
	}
}

static void refuses_size_and_threshold(void **state)
{
	struct settings s = {.zinger = {ZINGER_RATIO, 0.08, 4, ZINGER_BRIGHT}};
	struct geometry g = {.n_angle = 4, .n_col = 30};

	(void)state;
	assert_int_equal(stage_zinger.check(&s, &g), ERR_USAGE);
	s.zinger.size = 0;
	assert_int_equal(stage_zinger.check(&s, &g), ERR_USAGE);
	s.zinger.size = 3;
	assert_int_equal(stage_zinger.check(&s, &g), OK);
	s.zinger.threshold = 0;
	assert_int_equal(stage_zinger.check(&s, &g), ERR_USAGE);
}

static float *read_set(hid_t file, const char *name, struct arena *arena, hsize_t dims[2])
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

static void equals_algotom(void **state)
{
	static const char *const paths[] = {
		SOURCE_DIR "/../shared/data/algotom/i13_24737_row60.h5",
		SOURCE_DIR "/../shared/data/algotom/tooth_row0.h5",
	};

	(void)state;
	for (int k = 0; k < 2; k++) {
		struct settings s = {.zinger = {ZINGER_RATIO, 0.08, 1, ZINGER_BRIGHT}};
		struct geometry g = {0};
		struct arena *arena;
		struct counts counts = {{0}};
		hsize_t dims[2];
		hid_t file;
		float *data, *want;

		if (access(paths[k], R_OK)) {
			print_message("%s is absent\n", paths[k]);
			skip();
		}
		arena = arena_new();
		file = H5Fopen(paths[k], H5F_ACC_RDONLY, H5P_DEFAULT);
		want = read_set(file, "remove_zinger", arena, dims);
		data = read_set(file, "sinogram", arena, dims);
		H5Fclose(file);
		g.n_angle = (int64_t)dims[0];
		g.n_col = (int64_t)dims[1];
		assert_int_equal(stage_zinger.apply(&s, &g,
					 (struct sinogram){data, g.n_angle, g.n_col, g.n_col},
					 arena, &counts),
			OK);
		print_message("%lld zingers\n", (long long)counts.n[COUNT_ZINGERS]);
		/* the same sums in the same order: the same bytes, but for the edges */
		for (int64_t i = 1; i < g.n_angle - 1; i++)
			assert_memory_equal(data + i * g.n_col + 1, want + i * g.n_col + 1,
				(size_t)(g.n_col - 2) * sizeof(float));
		arena_free(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_definition),
		cmocka_unit_test(edges_do_not_meet),
		cmocka_unit_test(zeros_stay_zero),
		cmocka_unit_test(projections_as_sinograms),
		cmocka_unit_test(refuses_size_and_threshold),
		cmocka_unit_test(equals_algotom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

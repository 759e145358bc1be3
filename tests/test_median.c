/* SPDX-License-Identifier: BSD-3-Clause
 * The median against sorting the 27 values, to the bit. */
#include "core/parallel.h"
#include "segment/median.h"
#include "tests/segment_make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 60000 };
static float in[MOST], out[MOST], again[MOST];

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return x < y ? -1 : x > y;
}

static float median_at(struct slab s, int64_t z, int64_t y, int64_t x)
{
	float v[27];

	for (int k = 0; k < 27; k++) {
		int64_t p = slab_reflect(z + k / 9 - 1, s.nz);
		int64_t q = slab_reflect(y + k / 3 % 3 - 1, s.ny);

		v[k] = in[(p * s.ny + q) * s.nx + slab_reflect(x + k % 3 - 1, s.nx)];
	}
	qsort(v, 27, sizeof(*v), by_value);
	return v[13];
}

static void compare(struct slab s, struct arena *arena)
{
	assert_int_equal(median_27(&s, in, out, arena), OK);
	for (int64_t i = 0; i < s.nz * s.ny * s.nx; i++)
		assert_true(out[i] == median_at(s, i / s.nx / s.ny, i / s.nx % s.ny, i % s.nx));
}

/* Any values, few values (many equal), and zeros and ones, for which a network that is right is right for all
 * (the 0-1 principle). */
static void equals_sorting(void **state)
{
	static const int64_t shapes[][3] = {
		{1, 1, 1}, {2, 3, 5}, {9, 33, 65}, {30, 5, 261}, {3, 70, 257}, {40, 37, 7}};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t k = 0; k < sizeof(shapes) / sizeof(*shapes); k++) {
		struct slab s = slab_whole(shapes[k][0], shapes[k][1], shapes[k][2]);
		int64_t n = s.nz * s.ny * s.nx;

		make_noise(in, n, k);
		compare(s, arena);
		for (int levels = 1; levels < 4; levels++) {
			for (int64_t i = 0; i < n; i++)
				in[i] = roundf(in[i] * (float)levels);
			compare(s, arena);
			make_noise(in, n, k + 10);
		}
		for (int64_t i = 0; i < n; i++) /* enormous beside tiny, both signs */
			in[i] = ldexpf(in[i], (int)(i * 7919 % 240) - 120);
		compare(s, arena);
	}
	arena_free(arena);
}

/* A single spike goes, an edge stays. */
static void spikes_and_edges(void **state)
{
	struct slab s = slab_whole(7, 9, 20);
	struct arena *arena = arena_new();

	(void)state;
	for (int64_t i = 0; i < 7 * 9 * 20; i++)
		in[i] = i % 20 < 10;
	in[(3 * 9 + 4) * 20 + 15] = 1e6f;
	assert_int_equal(median_27(&s, in, out, arena), OK);
	for (int64_t i = 0; i < 7 * 9 * 20; i++)
		assert_true(out[i] == (i % 20 < 10 ? 1 : 0));
	arena_free(arena);
}

static void slabs_and_threads(void **state)
{
	struct slab whole = slab_whole(23, 40, 61);
	struct arena *arena = arena_new();
	int64_t plane = whole.ny * whole.nx;

	(void)state;
	make_noise(in, whole.nz * plane, 5);
	parallel_set_threads(1);
	assert_int_equal(median_27(&whole, in, out, arena), OK);
	for (int64_t step = 1; step < 23; step += 5) {
		parallel_set_threads((int)step / 5 + 1);
		for (int64_t z = 0; z < whole.nz; z += step) {
			struct slab s =
				slab_cut(whole, z, z + step < whole.nz ? z + step : whole.nz, 1);

			assert_int_equal(
				median_27(&s, in + s.p0 * plane, again + z * plane, arena), OK);
		}
		assert_memory_equal(out, again, (size_t)(whole.nz * plane) * sizeof(*out));
	}
	parallel_set_threads(0);
	arena_free(arena);
}

static void refusals(void **state)
{
	struct arena *arena = arena_new();
	struct slab s = slab_cut(slab_whole(9, 4, 4), 4, 6, 0);

	(void)state;
	assert_int_equal(median_27(&s, in, out, arena), ERR_USAGE);
	assert_non_null(strstr(error_message(), "planes 3 to 7 are needed"));
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_sorting),
		cmocka_unit_test(spikes_and_edges),
		cmocka_unit_test(slabs_and_threads),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

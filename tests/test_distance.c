/* SPDX-License-Identifier: BSD-3-Clause
 * Distances against the nearest of all voxels of the object, and planes, points and balls of any size. */
#include "core/parallel.h"
#include "segment/distance.h"
#include "tests/segment_make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 300000 };
static uint8_t labels[MOST];
static uint16_t out[MOST], again[MOST];
static int32_t far[MOST], far_again[MOST], truth[MOST], object[MOST][3];
static const struct label_range some = {1, 255};

static void plain(struct slab s)
{
	int64_t n = 0;

	for (int64_t i = 0; i < s.nz * s.ny * s.nx; i++)
		if (labels[i]) {
			object[n][0] = (int32_t)(i / s.nx / s.ny);
			object[n][1] = (int32_t)(i / s.nx % s.ny);
			object[n++][2] = (int32_t)(i % s.nx);
		}
	for (int64_t i = 0; i < s.nz * s.ny * s.nx; i++) {
		int32_t z = (int32_t)(i / s.nx / s.ny), y = (int32_t)(i / s.nx % s.ny);
		int32_t x = (int32_t)(i % s.nx), least = DISTANCE_FAR;

		for (int64_t k = 0; k < n; k++) {
			int32_t dz = object[k][0] - z, dy = object[k][1] - y, dx = object[k][2] - x;
			int32_t d = dz * dz + dy * dy + dx * dx;

			least = d < least ? d : least;
		}
		truth[i] = least;
	}
}

static void compare(struct slab s, struct arena *arena)
{
	static const int64_t radii[] = {1, 2, 5, 16, 33, 180};
	int64_t n = s.nz * s.ny * s.nx;

	plain(s);
	assert_int_equal(distance_exact(s.nz, s.ny, s.nx, labels, some, far, arena), OK);
	assert_memory_equal(far, truth, (size_t)n * sizeof(*far));
	for (size_t k = 0; k < sizeof(radii) / sizeof(*radii); k++) {
		int64_t most = radii[k] * radii[k];

		assert_int_equal(distance_bounded(&s, labels, some, radii[k], out, arena), OK);
		for (int64_t i = 0; i < n; i++)
			assert_int_equal(out[i], truth[i] <= most ? truth[i] : most + 1);
	}
}

static void equals_search(void **state)
{
	static const int64_t shapes[][3] = {{1, 1, 1}, {2, 3, 5}, {9, 35, 65}, {30, 5, 261},
		{3, 70, 257}, {40, 37, 7}, {260, 2, 3}, {2, 300, 3}};
	static const float shares[] = {0, 0.0003f, 0.01f, 0.3f};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t k = 0; k < sizeof(shapes) / sizeof(*shapes); k++)
		for (size_t f = 0; f < sizeof(shares) / sizeof(*shares); f++) {
			struct slab s = slab_whole(shapes[k][0], shapes[k][1], shapes[k][2]);

			make_mask(labels, s.nz * s.ny * s.nx, shares[f], 10 * k + f);
			labels[0] |= f == 1; /* one at least, and that in the corner */
			compare(s, arena);
		}
	arena_free(arena);
}

/* One voxel, and lines far longer than what neighbours are looked at: the envelopes. */
static void far_away(void **state)
{
	static const int64_t shapes[][3] = {{400, 3, 70}, {2, 400, 130}, {3, 2, 900}, {60, 60, 75}};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t k = 0; k < sizeof(shapes) / sizeof(*shapes); k++) {
		struct slab s = slab_whole(shapes[k][0], shapes[k][1], shapes[k][2]);
		int64_t n = s.nz * s.ny * s.nx;

		for (int points = 1; points < 4; points++) {
			memset(labels, 0, sizeof(labels));
			for (int i = 0; i < points; i++)
				labels[(n - 1) * i * 5 / 13] = 1;
			compare(s, arena);
		}
	}
	arena_free(arena);
}

/* Inside an object: all but its label. */
static void complement(void **state)
{
	struct slab s = slab_whole(20, 31, 66);
	struct arena *arena = arena_new();
	int64_t n = s.nz * s.ny * s.nx;
	uint64_t seed = 4;

	(void)state;
	make_mask(labels, n, 0.01f, 4);
	plain(s);
	for (int64_t i = 0; i < n; i++)
		labels[i] = labels[i] ? (uint8_t)(4 + 248 * make_random(&seed)) : 3;
	assert_int_equal(
		distance_exact(s.nz, s.ny, s.nx, labels, (struct label_range){4, 2}, far, arena),
		OK);
	assert_memory_equal(far, truth, (size_t)n * sizeof(*far));
	assert_int_equal(
		distance_bounded(&s, labels, (struct label_range){4, 2}, 50, out, arena), OK);
	for (int64_t i = 0; i < n; i++)
		assert_int_equal(out[i], truth[i]);
	arena_free(arena);
}

static void slabs_and_threads(void **state)
{
	struct slab whole = slab_whole(45, 40, 61);
	struct arena *arena = arena_new();
	int64_t plane = whole.ny * whole.nx;
	size_t n = (size_t)(whole.nz * plane);

	(void)state;
	make_mask(labels, (int64_t)n, 0.001f, 5);
	parallel_set_threads(1);
	assert_int_equal(distance_bounded(&whole, labels, some, 9, out, arena), OK);
	assert_int_equal(distance_exact(45, 40, 61, labels, some, far, arena), OK);
	for (int64_t step = 1; step < 45; step += 11) {
		parallel_set_threads((int)step / 11 + 1);
		for (int64_t z = 0; z < whole.nz; z += step) {
			struct slab s =
				slab_cut(whole, z, z + step < whole.nz ? z + step : whole.nz, 9);

			assert_int_equal(distance_bounded(&s, labels + s.p0 * plane, some, 9,
						 again + z * plane, arena),
				OK);
		}
		assert_memory_equal(out, again, n * sizeof(*out));
		assert_int_equal(distance_exact(45, 40, 61, labels, some, far_again, arena), OK);
		assert_memory_equal(far, far_again, n * sizeof(*far));
	}
	parallel_set_threads(0);
	arena_free(arena);
}

static void refusals(void **state)
{
	struct arena *arena = arena_new();
	struct slab s = slab_cut(slab_whole(9, 4, 4), 4, 6, 1);

	(void)state;
	assert_int_equal(distance_bounded(&s, labels, some, 2, out, arena), ERR_USAGE);
	assert_int_equal(distance_bounded(&s, labels, some, 0, out, arena), ERR_USAGE);
	assert_int_equal(distance_bounded(&s, labels, some, 181, out, arena), ERR_USAGE);
	assert_non_null(strstr(error_message(), "181"));
	assert_int_equal(distance_exact(40000, 1, 1, labels, some, far, arena), ERR_USAGE);
	assert_int_equal(distance_exact(20000, 20000, 20000, labels, some, far, arena), ERR_USAGE);
	assert_int_equal(distance_exact(0, 1, 1, labels, some, far, arena), ERR_USAGE);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_search),
		cmocka_unit_test(far_away),
		cmocka_unit_test(complement),
		cmocka_unit_test(slabs_and_threads),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

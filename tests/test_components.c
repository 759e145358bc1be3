/* SPDX-License-Identifier: BSD-3-Clause
 * Components against a flood fill of the same mask, voxel by voxel. */
#include "core/parallel.h"
#include "segment/components.h"
#include "tests/segment_make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 40 * 40 * 200 };
static uint8_t mask[MOST];
static uint32_t labels[MOST], truth[MOST];
static int32_t stack[MOST];
static struct component expected[MOST];

static bool in_range(uint8_t v, struct label_range r)
{
	return r.first <= r.last ? v >= r.first && v <= r.last : v >= r.first || v <= r.last;
}

/* Visits the component of voxel `at`. */
static void flood(struct slab s, int connectivity, struct label_range r, int32_t at, uint32_t id)
{
	struct component *c = expected + id - 1;
	int64_t n = 0;

	*c = (struct component){0, {0}, {INT32_MAX, INT32_MAX, INT32_MAX}, {0}};
	truth[at] = id;
	stack[n++] = at;
	while (n > 0) {
		int64_t i = stack[--n], p[3] = {i / s.nx / s.ny, i / s.nx % s.ny, i % s.nx};

		c->voxels++;
		for (int k = 0; k < 3; k++) {
			c->sum[k] += p[k];
			c->low[k] = p[k] < c->low[k] ? (int32_t)p[k] : c->low[k];
			c->high[k] = p[k] >= c->high[k] ? (int32_t)p[k] + 1 : c->high[k];
		}
		for (int k = 0; k < 27; k++) {
			int64_t dz = k / 9 - 1, dy = k / 3 % 3 - 1, dx = k % 3 - 1;
			int64_t z = p[0] + dz, y = p[1] + dy, x = p[2] + dx,
				j = (z * s.ny + y) * s.nx + x;

			if (connectivity == 6 && llabs(dz) + llabs(dy) + llabs(dx) > 1)
				continue;
			if (z < 0 || y < 0 || x < 0 || z >= s.nz || y >= s.ny || x >= s.nx)
				continue;
			if (in_range(mask[j], r) && !truth[j]) {
				truth[j] = id;
				stack[n++] = (int32_t)j;
			}
		}
	}
}

static uint32_t flood_all(struct slab s, int connectivity, struct label_range r)
{
	uint32_t count = 0;

	memset(truth, 0, sizeof(truth));
	for (int32_t i = 0; i < s.nz * s.ny * s.nx; i++)
		if (in_range(mask[i], r) && !truth[i])
			flood(s, connectivity, r, i, ++count);
	return count;
}

static struct components *label(
	struct slab s, int connectivity, struct label_range r, int64_t step, struct arena *arena)
{
	struct components *c;

	assert_int_equal(components_new(&c, s.ny, s.nx, connectivity, r, arena), OK);
	for (int64_t z = 0; z < s.nz; z += step)
		assert_int_equal(components_add(c, mask + z * s.ny * s.nx,
					 z + step < s.nz ? step : s.nz - z),
			OK);
	assert_int_equal(components_finish(c), OK);
	return c;
}

static void compare(struct slab s, int connectivity, struct label_range r, int64_t step)
{
	struct arena *arena = arena_new();
	uint32_t count = flood_all(s, connectivity, r);
	struct components *c = label(s, connectivity, r, step, arena);

	assert_int_equal(components_count(c), count);
	assert_memory_equal(components_list(c), expected, count * sizeof(*expected));
	memset(labels, 0xff, sizeof(labels));
	for (int64_t z = 0; z < s.nz; z += 7)
		assert_int_equal(components_paint(c, z, z + 7 < s.nz ? 7 : s.nz - z,
					 labels + z * s.ny * s.nx),
			OK);
	assert_memory_equal(labels, truth, (size_t)(s.nz * s.ny * s.nx) * sizeof(*labels));
	arena_free(arena);
}

/* Widths about the 64 voxels of a word, blocks of planes and slabs that do not fit into each other. */
static void equals_flood(void **state)
{
	static const int64_t shapes[][3] = {{1, 1, 1}, {1, 1, 64}, {3, 5, 65}, {40, 7, 63},
		{35, 9, 129}, {17, 40, 31}, {5, 2, 200}};
	static const float shares[] = {0.02f, 0.12f, 0.3f, 0.6f, 0.97f};

	(void)state;
	for (size_t k = 0; k < sizeof(shapes) / sizeof(*shapes); k++)
		for (size_t f = 0; f < sizeof(shares) / sizeof(*shares); f++) {
			struct slab s = slab_whole(shapes[k][0], shapes[k][1], shapes[k][2]);

			make_mask(mask, s.nz * s.ny * s.nx, shares[f], k * 100 + f);
			for (int64_t step = 1; step < 50; step += 16) {
				parallel_set_threads((int)(step / 16) + 1);
				compare(s, 6, (struct label_range){1, 255}, step);
				compare(s, 26, (struct label_range){1, 255}, step);
			}
		}
	parallel_set_threads(0);
}

static void ranges_of_labels(void **state)
{
	static const struct label_range ranges[] = {
		{3, 3}, {2, 4}, {4, 2}, {0, 255}, {0, 0}, {255, 0}};
	struct slab s = slab_whole(20, 11, 70);
	uint64_t seed = 3;

	(void)state;
	for (int64_t i = 0; i < s.nz * s.ny * s.nx; i++) {
		mask[i] = (uint8_t)(make_random(&seed) * 6);
		mask[i] = mask[i] == 5 ? 255 : mask[i];
	}
	for (size_t k = 0; k < sizeof(ranges) / sizeof(*ranges); k++)
		compare(s, k % 2 ? 6 : 26, ranges[k], 9);
}

/* A spiral staircase: one component whose pieces meet again and again in later blocks. */
static void winding(void **state)
{
	struct slab s = slab_whole(40, 40, 200);

	(void)state;
	memset(mask, 0, sizeof(mask));
	for (int64_t z = 0; z < s.nz; z++)
		for (int64_t x = 0; x < s.nx; x++)
			for (int64_t y = 0; y < s.ny; y++)
				mask[(z * s.ny + y) * s.nx + x] =
					y % 2 == 0 || (z == 39 && x == (y / 2 % 2 ? 0 : 199));
	compare(s, 6, (struct label_range){1, 1}, 40);
	assert_int_equal(flood_all(s, 6, (struct label_range){1, 1}), 1);
}

static void marking(void **state)
{
	struct slab s = slab_whole(20, 15, 66);
	int64_t n = s.nz * s.ny * s.nx;
	struct arena *arena = arena_new();
	struct components *c;
	uint8_t *value;

	(void)state;
	make_mask(mask, n, 0.1f, 9);
	flood_all(s, 26, (struct label_range){1, 255});
	c = label(s, 26, (struct label_range){1, 255}, 20, arena);
	value = ARENA_NEW(arena, uint8_t, components_count(c));
	for (int64_t k = 0; k < components_count(c); k++)
		value[k] = components_list(c)[k].voxels < 3 ? 7 : 2;
	for (int64_t i = 0; i < n; i++)
		mask[i] = mask[i] ? 1 : 9;
	assert_int_equal(components_mark(c, 0, s.nz, value, mask), OK);
	for (int64_t i = 0; i < n; i++)
		assert_int_equal(mask[i], truth[i] ? value[truth[i] - 1] : 9);
	arena_free(arena);
}

static void refusals(void **state)
{
	struct arena *arena = arena_new();
	struct components *c;
	struct label_range r = {1, 255};

	(void)state;
	assert_int_equal(components_new(&c, 4, 4, 18, r, arena), ERR_USAGE);
	assert_non_null(strstr(error_message(), "18"));
	assert_int_equal(components_new(&c, 4, 65536, 6, r, arena), ERR_USAGE);
	assert_int_equal(components_new(&c, 0, 4, 6, r, arena), ERR_USAGE);
	assert_int_equal(components_new(&c, 4, 4, 6, r, arena), OK);
	assert_int_equal(components_add(c, mask, 2), OK);
	assert_int_equal(components_paint(c, 0, 2, labels), ERR_USAGE);
	assert_int_equal(components_finish(c), OK);
	assert_int_equal(components_paint(c, 0, 3, labels), ERR_USAGE);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_flood),
		cmocka_unit_test(ranges_of_labels),
		cmocka_unit_test(winding),
		cmocka_unit_test(marking),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

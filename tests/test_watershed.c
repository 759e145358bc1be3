/* SPDX-License-Identifier: BSD-3-Clause
 * The watershed against its definition, step by step over all voxels of the volume. */
#include "core/parallel.h"
#include "segment/watershed.h"
#include "tests/segment_make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 120000 };
static uint8_t level[MOST], markers[MOST], labels[MOST], truth[MOST];
static int32_t
	moment[MOST]; /* when a voxel spreads: level, later its place in time; -1: has spread */
static bool spreads[MOST];

static int64_t neighbour(struct slab s, int64_t i, int d)
{
	int64_t z = i / s.nx / s.ny, y = i / s.nx % s.ny, x = i % s.nx;
	int64_t *c = d / 2 == 0 ? &z : d / 2 == 1 ? &y : &x;

	*c += d % 2 ? 1 : -1;
	if (z < 0 || y < 0 || x < 0 || z >= s.nz || y >= s.ny || x >= s.nx)
		return -1;
	return (z * s.ny + y) * s.nx + x;
}

/* All voxels that `spreads` reach their neighbours at the same time: even ones take the smallest label, odd ones the
 * largest. */
static void step(struct slab s, int now)
{
	int64_t n = s.nz * s.ny * s.nx;
	static uint8_t before[MOST];

	memcpy(before, truth, sizeof(before));
	for (int64_t i = 0; i < n; i++) {
		bool even = (i / s.nx / s.ny + i / s.nx % s.ny + i % s.nx) % 2 == 0;
		uint8_t best = 0;

		for (int d = 0; d < 6 && !before[i]; d++) {
			int64_t j = neighbour(s, i, d);

			if (j >= 0 && spreads[j] &&
				(!best || (even ? before[j] < best : before[j] > best)))
				best = before[j];
		}
		if (best) {
			truth[i] = best;
			moment[i] = level[i] > now ? level[i] : now;
		}
	}
	for (int64_t i = 0; i < n; i++)
		if (spreads[i])
			moment[i] = -1;
}

static void plain(struct slab s)
{
	int64_t n = s.nz * s.ny * s.nx;

	memcpy(truth, markers, sizeof(truth));
	for (int64_t i = 0; i < n; i++) {
		spreads[i] = markers[i] != 0;
		moment[i] = -1;
	}
	step(s, 0);
	for (int now = 0; now < 256; now++)
		for (bool any = true; any;) {
			any = false;
			for (int64_t i = 0; i < n; i++)
				any |= spreads[i] = truth[i] && moment[i] == now;
			if (any)
				step(s, now);
		}
}

/* Levels rough or smooth (broad plateaus), markers few or many. */
static void make(struct slab s, int kind, float share, uint64_t seed)
{
	int64_t n = s.nz * s.ny * s.nx;

	for (int64_t i = 0; i < n; i++) {
		float r = make_random(&seed);

		level[i] = (uint8_t)(kind == 0 ? r * 256 : kind == 1 ? r * 3 : 7);
		markers[i] = make_random(&seed) < share ? (uint8_t)(1 + make_random(&seed) * 5) : 0;
	}
}

static void equals_definition(void **state)
{
	static const int64_t shapes[][3] = {
		{1, 1, 1}, {2, 3, 5}, {9, 13, 35}, {40, 11, 9}, {3, 30, 57}, {70, 7, 7}};
	static const float shares[] = {0, 0.002f, 0.05f, 0.5f};

	struct arena *arena = arena_new();

	(void)state;
	for (size_t k = 0; k < sizeof(shapes) / sizeof(*shapes); k++)
		for (size_t f = 0; f < sizeof(shares) / sizeof(*shares); f++)
			for (int kind = 0; kind < 3; kind++) {
				struct slab s =
					slab_whole(shapes[k][0], shapes[k][1], shapes[k][2]);
				int64_t uncertain = -1, n = s.nz * s.ny * s.nx;

				make(s, kind, shares[f], k * 10 + f);
				plain(s);
				for (int threads = 1; threads < 5; threads += 3) {
					parallel_set_threads(threads);
					memset(labels, 9, sizeof(labels));
					assert_int_equal(watershed(&s, level, markers, labels,
								 &uncertain, arena),
						OK);
					assert_int_equal(uncertain, 0);
					assert_memory_equal(labels, truth, (size_t)n);
				}
			}
	parallel_set_threads(0);
	arena_free(arena);
}

/* Whatever the halo, no voxel is wrong; and a halo as large as the volume leaves none open. */
static void slabs_are_certain_or_open(void **state)
{
	struct slab whole = slab_whole(60, 20, 25);
	int64_t plane = whole.ny * whole.nx, open_before = INT64_MAX;

	struct arena *arena = arena_new();

	(void)state;
	make(whole, 0, 0.02f, 3);
	plain(whole);
	for (int64_t halo = 0; halo < 64; halo = halo ? 2 * halo : 1) {
		int64_t open = 0;

		for (int64_t z = 0; z < whole.nz; z += 13) {
			int64_t end = z + 13 < whole.nz ? z + 13 : whole.nz, uncertain, zero = 0;
			struct slab s = slab_cut(whole, z, end, halo);

			assert_int_equal(watershed(&s, level + s.p0 * plane, markers + s.p0 * plane,
						 labels, &uncertain, arena),
				OK);
			for (int64_t i = 0; i < (end - z) * plane; i++) {
				zero += labels[i] == 0;
				assert_true(!labels[i] || labels[i] == truth[z * plane + i]);
			}
			assert_int_equal(zero, uncertain);
			open += uncertain;
		}
		assert_true(halo > 0 || open > 1000); /* beyond the slab was unknown indeed */
		assert_true(open <= open_before);

		open_before = open;
	}
	assert_int_equal(open_before, 0);
	arena_free(arena);
}

/* Between two markers on level ground the middle plane is reached by both at once: each has half of it. */
static void ties_favour_none(void **state)
{
	struct slab s = slab_whole(20, 20, 21);
	struct arena *arena = arena_new();
	int64_t uncertain, ones = 0;

	(void)state;
	make(s, 2, 0, 1);
	for (int64_t i = 0; i < 400; i++) {
		markers[i * 21] = 1;
		markers[i * 21 + 20] = 2;
	}
	assert_int_equal(watershed(&s, level, markers, labels, &uncertain, arena), OK);
	for (int64_t i = 0; i < 400 * 21; i++)
		ones += labels[i] == 1;
	assert_int_equal(ones, 400 * 10 + 200);
	arena_free(arena);
}

/* A single seed at one end: the first halo is too small, the block has to be done again. */
static void far_seed(void **state)
{
	struct slab s = slab_whole(300, 5, 6);
	int64_t uncertain;

	struct arena *arena = arena_new();

	(void)state;
	parallel_set_threads(4);
	make(s, 1, 0, 8);
	markers[0] = WATERSHED_LABELS;
	plain(s);
	assert_int_equal(watershed(&s, level, markers, labels, &uncertain, arena), OK);
	assert_int_equal(uncertain, 0);
	assert_memory_equal(labels, truth, 300 * 5 * 6);
	assert_int_equal(labels[300 * 5 * 6 - 1], WATERSHED_LABELS);
	parallel_set_threads(0);
	arena_free(arena);
}

static void refusals(void **state)
{
	struct slab s = slab_whole(4, 4, 4);
	int64_t uncertain;

	struct arena *arena = arena_new();

	(void)state;
	memset(markers, 0, sizeof(markers));
	markers[5] = 254;
	assert_int_equal(watershed(&s, level, markers, labels, &uncertain, arena), ERR_USAGE);
	assert_non_null(strstr(error_message(), "254"));
	s.p0 = 1;
	assert_int_equal(watershed(&s, level, markers, labels, &uncertain, arena), ERR_USAGE);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_definition),
		cmocka_unit_test(slabs_are_certain_or_open),
		cmocka_unit_test(ties_favour_none),
		cmocka_unit_test(far_seed),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

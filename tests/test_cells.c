/* SPDX-License-Identifier: BSD-3-Clause
 * Configurations cell by cell; Euler numbers of complexes counted piece by piece and of known shapes; areas of
 * planes and balls, by Crofton's formula and by faces with normals. */
#include "core/parallel.h"
#include "segment/cells.h"
#include "segment/faces.h"
#include "segment/gaussian.h"
#include "tests/segment_make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 64 * 64 * 64 };
static uint8_t labels[MOST];
static float smooth[MOST];
static double area[64], area_again[64];
static const struct label_range some = {1, 255};

static int at(struct slab s, int64_t z, int64_t y, int64_t x)
{
	if (z < 0 || y < 0 || x < 0 || z >= s.nz || y >= s.ny || x >= s.nx)
		return 0;
	return labels[(z * s.ny + y) * s.nx + x] != 0;
}

static void plain(struct slab s, bool inside, struct cells *cells)
{
	int64_t first = inside ? 0 : -1, less = inside ? 1 : 0;

	*cells = (struct cells){{0}};
	for (int64_t z = first; z < s.nz - less; z++)
		for (int64_t y = first; y < s.ny - less; y++)
			for (int64_t x = first; x < s.nx - less; x++) {
				int c = 0;

				for (int k = 0; k < 8; k++)
					c |= at(s, z + (k >> 1 & 1), y + (k & 1), x + (k >> 2))
					     << k;
				cells->n[c]++;
			}
}

/* Adds up slabs of `step` planes. */
static struct cells count(struct slab whole, bool inside, int64_t step)
{
	struct arena *arena = arena_new();
	struct cells cells = {{0}};

	for (int64_t z = 0; z < whole.nz; z += step) {
		struct slab s = slab_cut(whole, z, z + step < whole.nz ? z + step : whole.nz, 1);

		assert_int_equal(
			cells_count(&s, labels + s.p0 * s.ny * s.nx, some, inside, &cells, arena),
			OK);
	}
	arena_free(arena);
	return cells;
}

/* Points, edges, faces and cubes of the union of closed voxels, on a grid of half voxels. */
static int64_t euler_closed(struct slab s)
{
	int64_t sum = 0;

	for (int64_t z = 0; z <= 2 * s.nz; z++)
		for (int64_t y = 0; y <= 2 * s.ny; y++)
			for (int64_t x = 0; x <= 2 * s.nx; x++) {
				int any = 0; /* odd: the middle of a voxel in that axis */

				for (int k = 0; k < 8; k++)
					any |= at(s, (z - 1 + (k & 1)) >> 1,
						(y - 1 + (k >> 1 & 1)) >> 1,
						(x - 1 + (k >> 2)) >> 1);
				if (any)
					sum += (z + y + x) % 2 ? -1 : 1;
			}
	return sum;
}

/* Voxels - pairs + squares - cubes of voxels. */
static int64_t euler_open(struct slab s)
{
	int64_t sum = 0;

	for (int64_t i = 0; i < s.nz * s.ny * s.nx; i++)
		for (int k = 0; k < 8; k++) {
			int all = 1;

			for (int j = 0; j < 8; j++)
				if ((j & ~k) == 0)
					all &= at(s, i / s.nx / s.ny + (j & 1),
						i / s.nx % s.ny + (j >> 1 & 1),
						i % s.nx + (j >> 2));
			sum += __builtin_popcount((unsigned)k) % 2 ? -all : all;
		}
	return sum;
}

static void equals_definition(void **state)
{
	static const int64_t shapes[][3] = {
		{1, 1, 1}, {2, 3, 5}, {9, 8, 35}, {20, 11, 9}, {3, 17, 64}};
	static const float shares[] = {0, 0.01f, 0.2f, 0.6f, 0.99f, 1.1f};

	(void)state;
	for (size_t k = 0; k < sizeof(shapes) / sizeof(*shapes); k++)
		for (size_t f = 0; f < sizeof(shares) / sizeof(*shares); f++) {
			struct slab s = slab_whole(shapes[k][0], shapes[k][1], shapes[k][2]);
			struct cells truth, cells;
			int64_t volume = 0, n = s.nz * s.ny * s.nx;

			make_mask(labels, n, shares[f], k * 10 + f);
			for (int64_t i = 0; i < n; i++)
				volume += labels[i];
			for (int64_t step = 1; step < 22; step += 6) {
				parallel_set_threads((int)step / 6 + 1);
				plain(s, true, &truth);
				cells = count(s, true, step);
				assert_memory_equal(&cells, &truth, sizeof(cells));
				plain(s, false, &truth);
				cells = count(s, false, step);
				assert_memory_equal(&cells, &truth, sizeof(cells));
			}
			assert_int_equal(cells_volume(&cells), volume);
			assert_true(cells_euler(&cells, 26) == (double)euler_closed(s));
			assert_true(cells_euler(&cells, 6) == (double)euler_open(s));
		}
	parallel_set_threads(0);
}

/* Ball of radius r about the middle, less a ball of radius inner; a ring when tube > 0. */
static void make_ball(struct slab s, double r, double inner, double tube)
{
	for (int64_t i = 0; i < s.nz * s.ny * s.nx; i++) {
		double z = (double)(i / s.nx / s.ny) - 31.6, y = (double)(i / s.nx % s.ny) - 31.4;
		double x = (double)(i % s.nx) - 31.7, d = sqrt(z * z + y * y + x * x);
		double ring = hypot(hypot(y, x) - r, z);

		labels[i] = tube > 0 ? ring < tube : d < r && d >= inner;
	}
}

static void euler_of_shapes(void **state)
{
	struct slab s = slab_whole(64, 64, 64), few = slab_whole(4, 4, 4);
	struct cells cells;

	(void)state;
	make_ball(s, 20, 0, 0);
	cells = count(s, false, 64);
	assert_true(cells_euler(&cells, 26) == 1 && cells_euler(&cells, 6) == 1);
	make_ball(s, 20, 12, 0);
	cells = count(s, false, 64);
	assert_true(cells_euler(&cells, 26) == 2 && cells_euler(&cells, 6) == 2);
	make_ball(s, 20, 0, 5);
	cells = count(s, false, 64);
	assert_true(cells_euler(&cells, 26) == 0 && cells_euler(&cells, 6) == 0);
	memset(labels, 0, 64);
	labels[0] = labels[16 + 4 + 1] = 1; /* touching at a corner */
	cells = count(few, false, 4);
	assert_true(cells_euler(&cells, 26) == 1 && cells_euler(&cells, 6) == 2);
}

static double faces(struct slab whole, struct label_range a, struct label_range b, int64_t step)
{
	struct arena *arena = arena_new();
	int64_t plane = whole.ny * whole.nx;
	double sum = 0;

	assert_int_equal(gaussian_indicator(&whole, labels, a, 2, smooth, arena), OK);
	for (int64_t z = 0; z < whole.nz; z += step) {
		struct slab s = slab_cut(whole, z, z + step < whole.nz ? z + step : whole.nz, 2);

		assert_int_equal(faces_area(&s, labels + s.p0 * plane, a, b, smooth + s.p0 * plane,
					 area + z, arena),
			OK);
	}
	for (int64_t z = 0; z < whole.nz; z++)
		sum += area[z];
	arena_free(arena);
	return sum;
}

/* Measured over placements: Crofton -1.1 % and faces -1.5 % at radius 3, both within 0.5 % from radius 12 on. */
static void area_of_balls(void **state)
{
	static const double radius[] = {3, 5, 8, 12, 20, 27},
			    most[] = {2.5, 1.5, 0.7, 0.5, 0.5, 0.5};
	struct slab s = slab_whole(64, 64, 64);

	(void)state;
	for (size_t k = 0; k < sizeof(radius) / sizeof(*radius); k++) {
		double truth = 4 * 3.14159265358979 * radius[k] * radius[k], one, two;
		struct cells cells;

		make_ball(s, radius[k], 0, 0);
		cells = count(s, false, 64);
		one = 100 * (cells_area(&cells) / truth - 1);
		two = 100 * (faces(s, (struct label_range){1, 1}, (struct label_range){0, 0}, 64) /
					    truth -
				    1);
		assert_true(fabs(one) < most[k] && fabs(two) < most[k]);
	}
}

/* A plane that leaves the volume by its four sides: its area inside is exact. */
static double plane_error(double a, double b)
{
	struct slab s = slab_whole(64, 64, 64);
	double sum, slope = sqrt(1 + a * a + b * b), truth = 64 * 64 * slope;

	for (int64_t i = 0; i < MOST; i++) {
		double z = (double)(i / 64 / 64), y = (double)(i / 64 % 64), x = (double)(i % 64);

		labels[i] = z < 31.3 + a * (x - 31.5) + b * (y - 31.5) ? 4 : 9;
	}
	sum = faces(s, (struct label_range){4, 4}, (struct label_range){9, 9}, 64);
	return fabs(sum / truth - 1);
}

static void area_of_planes(void **state)
{
	struct cells cells;

	(void)state;
	assert_true(plane_error(0, 0) < 1e-6);
	for (double a = 0.1; a < 0.45; a += 0.07) /* steeper ones would leave by the lid */
		for (double b = 0; b < 0.4; b += 0.13)
			assert_true(plane_error(a, b) < 0.01); /* measured below 0.7 % */
	/* Crofton of a plane square to an axis: 0.9266 of it, as its header says */
	for (int64_t i = 0; i < MOST; i++)
		labels[i] = i / 64 / 64 < 30;
	cells = count(slab_whole(64, 64, 64), true, 64);
	assert_true(fabs(cells_area(&cells) / (63 * 63) - 0.92664) < 1e-4);
}

/* Three labels: the parts of a surface add up, whatever the slabs and threads. */
static void parts_and_slabs(void **state)
{
	struct slab s = slab_whole(64, 64, 64);
	double all, parts;

	(void)state;
	make_ball(s, 20, 0, 0);
	for (int64_t i = 0; i < MOST; i++)
		labels[i] = labels[i] ? 5 : i % 64 < 25 ? 2 : 3;
	all = faces(s, (struct label_range){5, 5}, (struct label_range){2, 3}, 64);
	memcpy(area_again, area, sizeof(area));
	for (int64_t step = 1; step < 40; step += 12) {
		parallel_set_threads((int)step / 12 + 1);
		faces(s, (struct label_range){5, 5}, (struct label_range){2, 3}, step);
		assert_memory_equal(area, area_again, sizeof(area));
	}
	parallel_set_threads(0);
	parts = faces(s, (struct label_range){5, 5}, (struct label_range){2, 2}, 64);
	parts += faces(s, (struct label_range){5, 5}, (struct label_range){3, 3}, 64);
	assert_true(fabs(parts - all) < 1e-9 * all);
	assert_true(fabs(all / (4 * 3.14159265 * 400) - 1) < 0.005);
}

static void refusals(void **state)
{
	struct slab s = slab_cut(slab_whole(9, 4, 4), 4, 6, 0);
	struct arena *arena = arena_new();
	struct cells cells;

	(void)state;
	assert_int_equal(cells_count(&s, labels, some, false, &cells, arena), ERR_USAGE);
	assert_int_equal(
		faces_area(&s, labels, some, (struct label_range){0, 0}, smooth, area, arena),
		ERR_USAGE);
	s = slab_whole(9, 4, 4);
	assert_int_equal(
		faces_area(&s, labels, some, (struct label_range){7, 7}, smooth, area, arena),
		ERR_USAGE);
	assert_non_null(strstr(error_message(), "label 7"));
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_definition),
		cmocka_unit_test(euler_of_shapes),
		cmocka_unit_test(area_of_balls),
		cmocka_unit_test(area_of_planes),
		cmocka_unit_test(parts_and_slabs),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

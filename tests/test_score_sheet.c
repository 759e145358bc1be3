/* SPDX-License-Identifier: BSD-3-Clause
 * Recall by aperture, filling, false skins and bubbles without films: random volumes against brute force, and scenes
 * whose answer is known. */
#include "core/metrics.h"
#include "core/parallel.h"
#include "truth/score.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 1 << 17 };

static uint8_t truth[MOST], found[MOST], aperture[MOST], opened[2][MOST];
static int64_t size[3]; /* z, y, x */
static struct arena *arena;

static int set_up(void **state)
{
	(void)state;
	srand(5);
	return (arena = arena_new()) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	parallel_set_threads(0);
	arena_free(arena);
	return 0;
}

static void resize(int64_t z, int64_t y, int64_t x)
{
	size[0] = z;
	size[1] = y;
	size[2] = x;
	assert_true(z * y * x <= MOST);
}

static int64_t voxels(void)
{
	return size[0] * size[1] * size[2];
}

/* -1: beyond the volume. */
static int at(const uint8_t *labels, int64_t z, int64_t y, int64_t x)
{
	if (z < 0 || y < 0 || x < 0 || z >= size[0] || y >= size[1] || x >= size[2])
		return -1;
	return labels[(z * size[1] + y) * size[2] + x];
}

static enum err read_array(void *context, int64_t z0, int64_t n, uint8_t *out)
{
	int64_t plane = size[1] * size[2];

	memcpy(out, (const uint8_t *)context + z0 * plane, (size_t)(n * plane));
	return OK;
}

static struct score_volume volume_of(const char *name, uint8_t *labels)
{
	return (struct score_volume){.name = name,
		.nz = size[0],
		.ny = size[1],
		.nx = size[2],
		.first_row = -1,
		.voxel_um = NAN,
		.depth = 1,
		.context = labels,
		.read = read_array};
}

static struct score run(int threads, int64_t slab, bool with_aperture)
{
	const struct score_volume t = volume_of("truth", truth), f = volume_of("found", found);
	const struct score_volume a = volume_of("aperture", aperture);
	struct score_setup setup = {.side = {&t, &f},
		.aperture = with_aperture ? &a : NULL,
		.min_voxels = 5,
		.search = 1,
		.slab = slab,
		.mask = NAN};
	struct score score;

	parallel_set_threads(threads);
	assert_int_equal(score_align(&setup), OK);
	assert_int_equal(score_labels(&score, &setup, arena), OK);
	return score;
}

static void ball(uint8_t *labels, double z, double y, double x, double r, int label)
{
	for (int64_t i = 0; i < voxels(); i++) {
		double dz = (double)(i / size[2] / size[1]) - z, dx = (double)(i % size[2]) - x;
		double dy = (double)(i / size[2] % size[1]) - y;

		if (dz * dz + dy * dy + dx * dx <= r * r)
			labels[i] = (uint8_t)label;
	}
}

static double uniform(double most)
{
	return most * rand() / ((double)RAND_MAX + 1);
}

static void scene(uint8_t *labels, const int *of, int n, int balls, double noise)
{
	memset(labels, of[0], (size_t)voxels());
	for (int i = 0; i < balls; i++)
		ball(labels, uniform((double)size[0]), uniform((double)size[1]),
			uniform((double)size[2]), uniform(9), of[rand() % n]);
	for (int64_t i = 0; i < voxels(); i++)
		if (uniform(1) < noise)
			labels[i] = (uint8_t)of[rand() % n];
}

static void same(double a, double b, double within)
{
	if (!(isnan(a) && isnan(b)) && !(fabs(a - b) <= within))
		fail_msg("%.9g is not %.9g within %.3g", a, b, within);
}

/* ------------------------------------------------------------------ brute force */

static int fill_of(int label)
{
	return label == 4   ? FILL_EMPTY
	       : label == 5 ? FILL_FILLED
	       : label == 7 ? FILL_UNTOLD
			    : FILL_NONE;
}

/* Of the found voxels at that squared distance: is one so filled? */
static bool any_at(int64_t z, int64_t y, int64_t x, int64_t square, int fill)
{
	for (int64_t c = z - 2; c <= z + 2; c++)
		for (int64_t b = y - 2; b <= y + 2; b++)
			for (int64_t a = x - 2; a <= x + 2; a++)
				if ((c - z) * (c - z) + (b - y) * (b - y) + (a - x) * (a - x) ==
						square &&
					fill_of(at(found, c, b, a)) == fill)
					return true;
	return false;
}

/* Nearest first; the right one, if several are as near. Others as near: -1, whichever. */
static int brute_fill(int64_t z, int64_t y, int64_t x, int right)
{
	for (int64_t square = 0; square <= 4; square++) {
		int n = 0, fill = FILL_NONE;

		if (any_at(z, y, x, square, right))
			return right;
		for (int k = 0; k < FILL_NONE; k++)
			if (any_at(z, y, x, square, k)) {
				fill = k;
				n++;
			}
		if (n)
			return n == 1 ? fill : -1;
	}
	return FILL_NONE;
}

static void brute_cracks(struct score_sheet *s, double *open)
{
	static const double from[] = {0, 0.5, 1, 2};

	for (int64_t i = 0; i < voxels(); i++) {
		int64_t z = i / size[2] / size[1], y = i / size[2] % size[1], x = i % size[2];
		int fill = fill_of(truth[i]), nearest;
		double width = aperture[i] / 16.0, area = width > 1 ? 1 / width : 1;

		if (fill > FILL_FILLED)
			continue;
		nearest = brute_fill(z, y, x, fill);
		if (nearest >= 0)
			s->area[fill][nearest] += area;
		*open += nearest < 0 ? area : 0;
		for (int k = 3; k >= 0; k--)
			if (width >= from[k]) {
				s->n[k]++;
				s->found[k] += nearest != FILL_NONE;
				break;
			}
	}
}

static bool holds_other(const uint8_t *labels, int64_t z, int64_t y, int64_t x, int a, int b)
{
	for (int64_t k = 0; k < 125; k++) {
		int64_t dz = k / 25 - 2, dy = k / 5 % 5 - 2, dx = k % 5 - 2;
		int label = at(labels, z + dz, y + dy, x + dx);

		if (dz * dz + dy * dy + dx * dx <= 4 && label >= 0 && label != a && label != b)
			return true;
	}
	return false;
}

static void brute_skins(struct score_sheet *s)
{
	static const int other[FACES] = {LABEL_NAK, LABEL_VOID, LABEL_HARDWARE};

	for (int64_t i = 0; i < voxels(); i++)
		for (int k = 0; k < FACES && truth[i] == LABEL_NASICON; k++) {
			int64_t z = i / size[2] / size[1], y = i / size[2] % size[1],
				x = i % size[2];

			if ((at(truth, z + 1, y, x) == other[k] ||
				    at(truth, z - 1, y, x) == other[k] ||
				    at(truth, z, y + 1, x) == other[k] ||
				    at(truth, z, y - 1, x) == other[k] ||
				    at(truth, z, y, x + 1) == other[k] ||
				    at(truth, z, y, x - 1) == other[k]) &&
				!holds_other(truth, z, y, x, LABEL_NASICON, other[k])) {
				s->faces[k]++;
				s->skins[k] += holds_other(found, z, y, x, LABEL_NASICON, other[k]);
			}
		}
}

static void check_sheet(const struct score_sheet *s)
{
	struct score_sheet b = {.told = 0};
	double open = 0, sum[2] = {0, 0};

	brute_cracks(&b, &open);
	brute_skins(&b);
	for (int k = 0; k < APERTURES; k++) {
		assert_int_equal(s->n[k], b.n[k]);
		assert_int_equal(s->found[k], b.found[k]);
		same(s->recall[k], b.n[k] ? (double)b.found[k] / (double)b.n[k] : NAN, 1e-12);
	}
	for (int k = 0; k < FACES; k++) {
		assert_int_equal(s->faces[k], b.faces[k]);
		assert_int_equal(s->skins[k], b.skins[k]);
	}
	for (int k = 0; k < 2 * FILLS; k++) {
		/* areas are rounded to 2^-16; ties between wrong ones may go either way */
		sum[0] += s->area[k / FILLS][k % FILLS];
		sum[1] += b.area[k / FILLS][k % FILLS];
		assert_true(s->area[k / FILLS][k % FILLS] > b.area[k / FILLS][k % FILLS] - 0.1);
	}
	same(sum[0], sum[1] + open, 0.1);
	same(s->area[0][FILL_EMPTY], b.area[0][FILL_EMPTY], 0.1);
	same(s->area[1][FILL_FILLED], b.area[1][FILL_FILLED], 0.1);
	same(s->area[0][FILL_NONE], b.area[0][FILL_NONE], 0.1);
}

static void sheets_by_brute_force(void **state)
{
	static const int cell[] = {3, 3, 2, 4, 5, 1, 6}, faces[] = {3, 2, 2, 1, 6};
	static const int told[] = {3, 4, 5, 7, 2, 1, 6, 0};
	static const int64_t sizes[][3] = {{1, 1, 1}, {2, 9, 30}, {21, 3, 11}, {20, 19, 33}};

	(void)state;
	for (int i = 0; i < 40; i++) {
		bool sharp = i % 2;

		resize(sizes[i % 4][0], sizes[i % 4][1], sizes[i % 4][2]);
		scene(truth, sharp ? faces : cell, sharp ? 5 : 7, 9, sharp ? 0 : 0.02);
		memcpy(found, truth, (size_t)voxels());
		for (int64_t v = 0; v < voxels(); v++) {
			bool crack = truth[v] == LABEL_CRACK || truth[v] == LABEL_CRACK_NAK;

			aperture[v] = (uint8_t)(crack ? 1 + rand() % (i % 3 ? 60 : 20) : 0);
			if (uniform(1) < (sharp ? 0.003 : 0.3))
				found[v] = (uint8_t)told[rand() % 8];
		}
		for (int threads = 1; threads <= 3; threads += 2) {
			struct score s = run(threads, threads + i % 2, true);

			check_sheet(&s.sheet);
		}
	}
}

/* ------------------------------------------------------------------ scenes whose answer is known */

/* An upright crack of one voxel, 3/4 of a voxel wide, half of it empty: found 2 voxels aside in three
 * quarters; of the filled half half is called empty and half not told. */
static void crack_by_parts(void **state)
{
	struct score s;

	(void)state;
	resize(8, 40, 20);
	memset(truth, LABEL_NASICON, (size_t)voxels());
	memset(found, LABEL_NASICON, (size_t)voxels());
	memset(aperture, 0, (size_t)voxels());
	for (int64_t i = 0; i < voxels(); i += size[2]) {
		int64_t y = i / size[2] % size[1];

		truth[i + 10] = y < 20 ? LABEL_CRACK : LABEL_CRACK_NAK;
		aperture[i + 10] = 12;
		/* a ball reaches a row or two over each end */
		if (y < 10)
			continue;
		found[i + 12] = y < 30 ? LABEL_CRACK : SHEET_UNTOLD;
	}
	s = run(2, 0, true);
	assert_true(s.sheet.has_aperture);
	assert_int_equal(s.sheet.n[1], 8 * 40);
	assert_int_equal(s.sheet.n[0] + s.sheet.n[2] + s.sheet.n[3], 0);
	same(s.sheet.recall[1], 0.75,
		1e-9); /* two voxels aside: no reach along the sheet is left */
	same(s.sheet.area[FILL_EMPTY][FILL_EMPTY], 80, 1e-3);
	same(s.sheet.area[FILL_EMPTY][FILL_NONE], 80, 1e-3);
	same(s.sheet.area[FILL_FILLED][FILL_EMPTY], 80, 1e-3);
	same(s.sheet.area[FILL_FILLED][FILL_UNTOLD], 80, 1e-3);
	same(s.sheet.told, 2.0 / 3, 1e-6);
	same(s.sheet.wrong, 1.0 / 3, 1e-6);
	assert_int_equal(s.crack[CRACK_ALL].n_found, 8 * 30);
	assert_int_equal(s.crack[CRACK_FILLED].n_found, 0);
	s = run(1, 0, false);
	assert_true(!s.sheet.has_aperture && isnan(s.sheet.recall[1]));
	same(s.sheet.area[FILL_EMPTY][FILL_EMPTY], 80, 1e-3);
}

/* A skin of metal between liquid and ceramic over a third of the face; a real film of gas is none. */
static void skin_of_a_face(void **state)
{
	struct score s;

	(void)state;
	resize(20, 30, 30);
	for (int64_t i = 0; i < voxels(); i++) {
		int64_t z = i / size[2] / size[1], x = i % size[2];

		truth[i] = z < 10 ? LABEL_NAK : LABEL_NASICON;
		truth[i] = z == 9 && x >= 20 ? LABEL_VOID : truth[i];
		found[i] = z == 9 && x < 10 ? LABEL_HARDWARE : truth[i];
	}
	s = run(2, 0, false);
	/* two columns beside the film are no plain face any more: the ball in the row below the film
	 * reaches it from one column away, and two in its own row */
	assert_int_equal(s.sheet.faces[FACE_NAK], 30 * 19);
	assert_int_equal(s.sheet.skins[FACE_NAK], 30 * 11);
	assert_int_equal(s.sheet.skins[FACE_VOID] + s.sheet.skins[FACE_HARDWARE], 0);
	assert_int_equal(s.sheet.faces[FACE_HARDWARE], 0);
}

/* Opening by brute force: a voxel stays when a ball in the void holds it. Centres lie in the volume. */
static void brute_opening(const uint8_t *labels, uint8_t *out)
{
	memset(out, 0, (size_t)voxels());
	for (int64_t i = 0; i < voxels(); i++) {
		int64_t z = i / size[2] / size[1], y = i / size[2] % size[1], x = i % size[2];

		for (int pass = 0; pass < 2; pass++)
			for (int k = 0; k < 343; k++) {
				int64_t dz = k / 49 - 3, dy = k / 7 % 7 - 3, dx = k % 7 - 3;
				int label = at(labels, z + dz, y + dy, x + dx);

				if (dz * dz + dy * dy + dx * dx > 9 || label < 0)
					continue;
				if (pass == 0 && label != LABEL_VOID)
					goto next;
				if (pass == 1)
					out[((z + dz) * size[1] + y + dy) * size[2] + x + dx] =
						LABEL_VOID;
			}
	next:;
	}
}

static void opening_by_brute_force(void **state)
{
	static const int labels[] = {2, 1, 1, 2};
	static const int64_t sizes[][3] = {{1, 1, 1}, {3, 20, 20}, {25, 2, 30}, {24, 22, 35}};

	(void)state;
	for (int i = 0; i < 24; i++) {
		int64_t sum[2] = {0, 0}, both = 0;
		struct score s;

		resize(sizes[i % 4][0], sizes[i % 4][1], sizes[i % 4][2]);
		scene(truth, labels, 4, 14, 0.002);
		scene(found, labels, 4, 0, 0.002);
		for (int64_t v = 0; v < voxels() && i % 3; v++)
			found[v] = uniform(1) < 0.002 ? 2 : truth[v];
		s = run(1 + i % 3, 1 + i % 4, false);
		brute_opening(truth, opened[0]);
		brute_opening(found, opened[1]);
		for (int64_t v = 0; v < voxels(); v++) {
			sum[0] += opened[0][v];
			sum[1] += opened[1][v];
			both += opened[0][v] && opened[1][v];
		}
		/* pieces too small to count are left out: one or two balls of 123 voxels */
		assert_true(s.large.n_truth <= sum[0] && s.large.n_found <= sum[1]);
		if (s.large.bubbles.blobs.n[SCORE_TRUTH] == 1 && s.large.n_truth > 0 &&
			s.large.bubbles.blobs.n[SCORE_FOUND] == 1)
			same(s.large.dice, 2 * (double)both / (double)(sum[0] + sum[1]), 0.05);
		for (int side = 0; side < 2; side++)
			for (int64_t k = 0; k < s.large.bubbles.blobs.n[side]; k++) {
				int64_t first = s.large.bubbles.blobs.blob[side][k].first;

				assert_int_equal(opened[side][first], LABEL_VOID);
			}
	}
}

/* Two bubbles that a film of 4 voxels joins are two, and the film itself is none. */
static void films_are_no_bubbles(void **state)
{
	struct score s;

	(void)state;
	resize(30, 40, 70);
	memset(truth, LABEL_NAK, (size_t)voxels());
	for (int64_t i = 0; i < voxels(); i++)
		truth[i] = i / size[2] / size[1] / 4 == 1 ? LABEL_VOID : truth[i];
	ball(truth, 13, 20, 18, 7, LABEL_VOID);
	ball(truth, 13, 20, 48, 6, LABEL_VOID);
	memcpy(found, truth, (size_t)voxels());
	for (int64_t i = 0; i < voxels(); i++) /* the film is not found */
		found[i] = i / size[2] / size[1] < 7 ? LABEL_NAK : found[i];
	s = run(2, 0, false);
	assert_int_equal(s.bubbles.n_truth, 1);
	assert_int_equal(s.large.bubbles.n_truth, 2);
	assert_int_equal(s.large.bubbles.n_pairs, 2);
	assert_int_equal(s.large.bubbles.n_missed + s.large.bubbles.n_invented, 0);
	/* the film belongs to a bubble as far as a ball of radius 3 reaches into it: some 6 % of these */
	assert_true(s.large.dice > 0.92 && s.large.dice < 1);
	ball(found, 23, 20, 62, 5.2, LABEL_VOID);
	ball(found, 13, 20, 48, 8, LABEL_NAK);
	s = run(2, 0, false);
	assert_int_equal(s.large.bubbles.n_missed, 1);
	assert_int_equal(s.large.bubbles.n_invented, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sheets_by_brute_force),
		cmocka_unit_test(crack_by_parts),
		cmocka_unit_test(skin_of_a_face),
		cmocka_unit_test(opening_by_brute_force),
		cmocka_unit_test(films_are_no_bubbles),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

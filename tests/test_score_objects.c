/* SPDX-License-Identifier: BSD-3-Clause
 * Connected pieces against a flood fill, who is matched with whom, and the shift between two volumes against shifts
 * that were made. */
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

enum { MOST = 1 << 18 };

static uint8_t truth[MOST], found[MOST];
static int64_t size[3], count; /* z, y, x; voxels */
static struct arena *arena;

static int set_up(void **state)
{
	(void)state;
	srand(3);
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
	count = z * y * x;
	assert_true(count <= MOST);
}

static int64_t at(int64_t z, int64_t y, int64_t x)
{
	return (z * size[1] + y) * size[2] + x;
}

/* Voxels whose middle lies in the ball. */
static void ball(uint8_t *labels, double z, double y, double x, double r, int label)
{
	for (int64_t k = 0; k < size[0]; k++)
		for (int64_t j = 0; j < size[1]; j++)
			for (int64_t i = 0; i < size[2]; i++) {
				double dz = (double)k - z, dy = (double)j - y, dx = (double)i - x;

				if (dz * dz + dy * dy + dx * dx <= r * r)
					labels[at(k, j, i)] = (uint8_t)label;
			}
}

static void same(double a, double b, double within)
{
	if (!(isnan(a) && isnan(b)) && !(fabs(a - b) <= within))
		fail_msg("%.9g is not %.9g within %.3g", a, b, within);
}

/* ------------------------------------------------------------------ pieces */

static struct blob_lists pieces(int64_t least, int64_t tidy)
{
	struct blob_lists lists;
	struct blobs *b;

	assert_int_equal(blobs_new(&b, size[1], size[2], LABEL_VOID, least, tidy, arena), OK);
	for (int64_t z = 0; z < size[0]; z++)
		assert_int_equal(blobs_plane(b, z, truth + z * size[1] * size[2],
					 found + z * size[1] * size[2]),
			OK);
	assert_int_equal(blobs_finish(b, &lists), OK);
	return lists;
}

/* Numbers the piece that holds a voxel, by flood fill over the 26 neighbours. */
static struct blob flood(const uint8_t *labels, int32_t *number, int64_t first, int32_t name)
{
	static int64_t stack[MOST];
	struct blob b = {
		.first = first, .low = {INT64_MAX, INT64_MAX, INT64_MAX}, .high = {-1, -1, -1}};
	int64_t n = 0;

	stack[n++] = first;
	number[first] = name;
	while (n > 0) {
		int64_t i = stack[--n];
		int64_t p[3] = {i / size[2] / size[1], i / size[2] % size[1], i % size[2]};

		b.n++;
		for (int k = 0; k < 3; k++) {
			b.sum[k] += p[k];
			b.low[k] = p[k] < b.low[k] ? p[k] : b.low[k];
			b.high[k] = p[k] > b.high[k] ? p[k] : b.high[k];
		}
		for (int s = 0; s < 27; s++) {
			int64_t z = p[0] + s / 9 - 1, y = p[1] + s / 3 % 3 - 1,
				x = p[2] + s % 3 - 1;

			if (z < 0 || y < 0 || x < 0 || z >= size[0] || y >= size[1] || x >= size[2])
				continue;
			if (labels[at(z, y, x)] == LABEL_VOID && number[at(z, y, x)] < 0) {
				number[at(z, y, x)] = name;
				stack[n++] = at(z, y, x);
			}
		}
	}
	return b;
}

/* Pieces of one side in the order of their first voxels. */
static int32_t flood_all(const uint8_t *labels, int32_t *number, struct blob *blob)
{
	int32_t n = 0;

	for (int64_t i = 0; i < count; i++)
		number[i] = -1;
	for (int64_t i = 0; i < count; i++)
		if (labels[i] == LABEL_VOID && number[i] < 0) {
			blob[n] = flood(labels, number, i, n);
			n++;
		}
	return n;
}

static void check_pieces(const struct blob_lists *lists, int64_t least)
{
	static int32_t number[2][MOST];
	static struct blob blob[2][MOST];
	int64_t overlaps = 0, total = 0;

	for (int side = 0; side < 2; side++) {
		int32_t n =
			flood_all(side == SCORE_TRUTH ? truth : found, number[side], blob[side]);
		int64_t large = 0;

		for (int32_t i = 0; i < n; i++)
			large += blob[side][i].n >= least;
		assert_int_equal(lists->n[side], large);
		for (int64_t i = 0; i < large; i++) {
			const struct blob *b = &lists->blob[side][i];

			assert_memory_equal(b, &blob[side][number[side][b->first]], sizeof(*b));
			assert_true(i == 0 || b[-1].n > b->n ||
				    (b[-1].n == b->n && b[-1].first < b->first));
		}
	}
	for (int64_t i = 0; i < lists->n_overlaps; i++) {
		const struct overlap *o = &lists->overlap[i];
		const struct blob *t = &lists->blob[SCORE_TRUTH][o->truth];
		const struct blob *f = &lists->blob[SCORE_FOUND][o->found];
		int64_t n = 0;

		for (int64_t v = 0; v < count; v++)
			n += number[SCORE_TRUTH][v] == number[SCORE_TRUTH][t->first] &&
			     number[SCORE_FOUND][v] == number[SCORE_FOUND][f->first];
		assert_int_equal(o->n, n);
		assert_true(i == 0 || o[-1].n >= o->n);
		total += n;
	}
	for (int64_t v = 0; v < count; v++) {
		int32_t t = number[SCORE_TRUTH][v], f = number[SCORE_FOUND][v];

		overlaps += t >= 0 && f >= 0 && blob[SCORE_TRUTH][t].n >= least &&
			    blob[SCORE_FOUND][f].n >= least;
	}
	assert_int_equal(total, overlaps);
}

/* Near the threshold where pieces join and grow long (for 26 neighbours 9.8 %), and far from it. */
static void pieces_are_those_of_a_flood_fill(void **state)
{
	static const int64_t sizes[][3] = {
		{1, 1, 1}, {1, 9, 30}, {30, 1, 9}, {9, 30, 1}, {14, 15, 16}};
	static const double shares[] = {0, 0.03, 0.1, 0.3, 1};

	(void)state;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++)
		for (size_t k = 0; k < sizeof(shares) / sizeof(*shares); k++)
			for (int64_t least = 1; least < 12; least += 5) {
				struct blob_lists lists;

				resize(sizes[s][0], sizes[s][1], sizes[s][2]);
				for (int64_t i = 0; i < count; i++) {
					truth[i] = rand() < shares[k] * RAND_MAX ? LABEL_VOID
										 : LABEL_NAK;
					found[i] = (uint8_t)(rand() % 8 ? truth[i] : rand() % 2);
				}
				lists = pieces(least, 0);
				check_pieces(&lists, least);
				lists = pieces(least, 1); /* forgets after every plane */
				check_pieces(&lists, least);
			}
}

/* ------------------------------------------------------------------ matching */

static struct score_bubbles matched(int64_t min_voxels)
{
	struct blob_lists lists = pieces(bubbles_least(min_voxels), 0);
	struct score_bubbles b;
	int64_t large[2] = {0, 0};

	assert_int_equal(bubbles_match(&b, &lists, min_voxels, arena), OK);
	for (int64_t i = 0; i < b.n_pairs; i++) {
		large[SCORE_TRUTH] += b.blobs.blob[SCORE_TRUTH][b.pairs[i].truth].n >= min_voxels;
		large[SCORE_FOUND] += b.blobs.blob[SCORE_FOUND][b.pairs[i].found].n >= min_voxels;
	}
	assert_int_equal(b.n_truth, large[SCORE_TRUTH] + b.n_merged + b.n_missed);
	assert_int_equal(b.n_found, large[SCORE_FOUND] + b.n_split + b.n_invented);
	return b;
}

static void bubbles_are_matched_one_to_one(void **state)
{
	struct score_bubbles b;
	double c[3];

	(void)state;
	resize(30, 40, 90);
	memset(truth, LABEL_NAK, (size_t)count);
	ball(truth, 10, 10, 10, 5.2, LABEL_VOID); /* matched */
	ball(truth, 10, 10, 30, 4.2, LABEL_VOID); /* missed */
	ball(truth, 10, 10, 50, 5.2, LABEL_VOID); /* merged with the next */
	ball(truth, 10, 10, 64, 4.2, LABEL_VOID);
	ball(truth, 10, 28, 20, 6.2, LABEL_VOID); /* split */
	memcpy(found, truth, sizeof(found));
	ball(found, 10, 10, 30, 4.2, LABEL_NAK);
	for (int64_t x = 50; x < 64; x++)
		found[at(10, 10, x)] = LABEL_VOID;
	for (int64_t z = 0; z < 30; z++)
		for (int64_t y = 20; y < 40; y++)
			found[at(z, y, 21)] = LABEL_NAK;
	ball(found, 22, 30, 70, 3.2, LABEL_VOID); /* invented */
	b = matched(30);
	assert_int_equal(b.n_truth, 5);
	assert_int_equal(b.n_found, 5);
	assert_int_equal(b.n_pairs, 3);
	assert_int_equal(b.n_missed, 1);
	assert_int_equal(b.n_merged, 1);
	assert_int_equal(b.n_split, 1);
	assert_int_equal(b.n_invented, 1);
	blob_centroid(&b.blobs.blob[SCORE_TRUTH][b.missed[0]], c);
	same(c[2], 30, 1e-9);
	blob_centroid(&b.blobs.blob[SCORE_TRUTH][b.merged[0]], c);
	same(c[2], 64, 1e-9);
	blob_centroid(&b.blobs.blob[SCORE_FOUND][b.invented[0]], c);
	same(c[0], 22, 1e-9);
	blob_centroid(&b.blobs.blob[SCORE_FOUND][b.split[0]], c);
	assert_true(c[2] > 21 && c[2] < 30);
}

/* A bubble of the least size and a partner that is a little smaller; tiny ones beside each other. */
static void small_bubbles_have_partners(void **state)
{
	struct score_bubbles b;

	(void)state;
	resize(12, 12, 40);
	memset(truth, LABEL_NAK, (size_t)count);
	memcpy(found, truth, sizeof(found));
	for (int64_t x = 5; x < 15; x++)
		truth[at(3, 3, x)] = found[at(3, 3, x)] = LABEL_VOID;
	found[at(3, 3, 5)] = LABEL_NAK;
	b = matched(10);
	assert_int_equal(b.n_truth, 1);
	assert_int_equal(b.n_found, 0);
	assert_int_equal(b.n_pairs, 1);
	same(b.pairs[0].volume_error, -0.1, 1e-12);
	same(b.pairs[0].distance, 0.5, 1e-12);

	memset(truth, LABEL_NAK, (size_t)count);
	memcpy(found, truth, sizeof(found));
	for (int64_t x = 5; x < 8; x++) {
		truth[at(3, 3, x)] = LABEL_VOID;
		found[at(4, 5, x + 1)] = LABEL_VOID; /* sqrt(6) away */
		truth[at(3, 3, x + 20)] = LABEL_VOID;
		found[at(6, 4, x + 20)] = LABEL_VOID; /* sqrt(10): too far */
	}
	b = matched(3);
	assert_int_equal(b.n_pairs, 1);
	same(b.pairs[0].distance, sqrt(6), 1e-12);
	assert_int_equal(b.pairs[0].overlap, 0);
	assert_int_equal(b.n_missed, 1);
	assert_int_equal(b.n_invented, 1);
}

/* ------------------------------------------------------------------ shift */

static struct score_shift shift_between(int64_t search)
{
	struct score_shift r;
	struct shift *s;
	int64_t reach, rows, plane = size[1] * size[2];

	assert_int_equal(shift_new(&s, size[0], size[1], size[2], search, arena), OK);
	reach = shift_reach(s);
	for (int64_t z = reach; z < size[0] - reach; z++) {
		const uint8_t *planes[2][2 * SHIFT_MOST + 1];

		for (int64_t i = 0; i <= 2 * reach; i++) {
			planes[SCORE_TRUTH][i] = truth + (z - reach + i) * plane;
			planes[SCORE_FOUND][i] = found + (z - reach + i) * plane;
		}
		rows = shift_begin(s, z, planes[SCORE_TRUTH], planes[SCORE_FOUND]);
		assert_true(rows > 0);
		for (int64_t i = 0; i < rows; i++)
			shift_row(s, i, 0);
	}
	r = shift_result(s);
	return r;
}

/* Ceramic below a wavy face, bubbles in the liquid, moved by a vector. */
static void cell(uint8_t *labels, double mz, double my, double mx)
{
	for (int64_t z = 0; z < size[0]; z++)
		for (int64_t y = 0; y < size[1]; y++)
			for (int64_t x = 0; x < size[2]; x++) {
				double u = (double)x - mx, v = (double)y - my, w = (double)z - mz;
				double face =
					0.5 * (double)size[0] + 2 * sin(u / 5) + 1.5 * cos(v / 7);

				labels[at(z, y, x)] = w > face ? LABEL_NASICON : LABEL_NAK;
			}
	srand(11);
	for (int i = 0; i < 8; i++) {
		double r = 2 + 3.0 * rand() / RAND_MAX;
		double z = 0.3 * (double)size[0] * rand() / RAND_MAX;
		double y = (double)size[1] * rand() / RAND_MAX;

		ball(labels, z + mz, y + my, (double)size[2] * rand() / RAND_MAX + mx, r,
			LABEL_VOID);
	}
}

static void whole_shifts_are_exact(void **state)
{
	(void)state;
	for (int i = 0; i < 27; i++) {
		int64_t move[3] = {i / 9 - 1, i / 3 % 3 - 1, i % 3 - 1};
		struct score_shift s;

		resize(28, 40, 70);
		if (i % 2)
			for (int k = 0; k < 3; k++)
				move[k] *= 2;
		cell(truth, 0, 0, 0);
		cell(found, (double)move[0], (double)move[1], (double)move[2]);
		s = shift_between(3);
		for (int k = 0; k < 3; k++) {
			assert_int_equal(s.whole[k], move[k]);
			same(s.voxels[k], (double)move[k], 0);
		}
		same(s.differ, 0, 0);
		assert_false(s.at_limit);
	}
}

/* Sharp labels sample the surface at voxels: some hundredths of a voxel are what their number allows. */
static void parts_of_a_voxel(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++) {
		double move[3] = {0.25 * (i % 3), 0.3 * i - 1, 0.7 - 0.4 * i};
		struct score_shift s;

		resize(40, 60, 80);
		cell(truth, 0, 0, 0);
		cell(found, move[0], move[1], move[2]);
		for (int64_t n = 0; n < count / 50; n++) /* other faults do not matter */
			found[rand() % count] = (uint8_t)(1 + rand() % 3);
		s = shift_between(4);
		for (int k = 0; k < 3; k++)
			same(s.voxels[k], move[k], 0.06);
	}
}

/* A bubble that is missing moves nothing; a large volume, of which not all rows are compared. */
static void sampled_rows_are_enough(void **state)
{
	struct score_shift s;

	(void)state;
	resize(7, 400, 90);
	cell(truth, 0, 0, 0);
	cell(found, 0, -1, 2);
	s = shift_between(2);
	assert_int_equal(s.whole[0], 0);
	assert_int_equal(s.whole[1], -1);
	assert_int_equal(s.whole[2], 2);
	assert_true(s.at_limit);
}

static void what_cannot_be_told(void **state)
{
	struct score_shift s;

	(void)state;
	resize(12, 12, 30);
	memset(truth, LABEL_NAK, (size_t)count);
	memset(found, LABEL_NAK, (size_t)count);
	s = shift_between(3);
	for (int k = 0; k < 3; k++) {
		assert_true(isnan(s.voxels[k]));
		assert_int_equal(s.whole[k], 0);
	}
	/* the same in every plane */
	for (int64_t z = 0; z < size[0]; z++)
		for (int64_t i = 4; i < 9; i++)
			truth[at(z, i, i)] = found[at(z, i + 1, i)] = LABEL_CRACK;
	s = shift_between(3);
	assert_true(isnan(s.voxels[0]));
	same(s.voxels[1], 1, 0);
	same(s.voxels[2], 0, 0);
	/* too few planes to search */
	resize(3, 12, 30);
	s = shift_between(3);
	assert_int_equal(s.search[0], 0);
	assert_true(isnan(s.voxels[0]));
	/* outside has no say: half of the volume is */
	resize(12, 12, 30);
	cell(truth, 0, 0, 0);
	cell(found, 0, 0, 1);
	for (int64_t z = 0; z < 12; z++)
		for (int64_t x = 0; x < 30; x++)
			for (int64_t y = 0; y < 6; y++)
				truth[at(z, y, x)] = found[at(z, y, x)] = 0;
	s = shift_between(3);
	same(s.voxels[2], 1, 0);
	same(s.differ, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_those_of_a_flood_fill),
		cmocka_unit_test(bubbles_are_matched_one_to_one),
		cmocka_unit_test(small_bubbles_have_partners),
		cmocka_unit_test(whole_shifts_are_exact),
		cmocka_unit_test(parts_of_a_voxel),
		cmocka_unit_test(sampled_rows_are_enough),
		cmocka_unit_test(what_cannot_be_told),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Scores of small random volumes against brute force: counts, boundary distances, cracks, connected pieces and
 * their overlaps; the same for any number of threads and planes at once. */
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

enum { MOST = 48 * 48 * 48 };

static uint8_t truth[MOST], found[MOST];
static int64_t size[3]; /* z, y, x */
static struct arena *arena;

static int set_up(void **state)
{
	(void)state;
	srand(7);
	return (arena = arena_new()) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	parallel_set_threads(0);
	arena_free(arena);
	return 0;
}

static int64_t index_of(int64_t z, int64_t y, int64_t x)
{
	return (z * size[1] + y) * size[2] + x;
}

static bool inside(int64_t z, int64_t y, int64_t x)
{
	return z >= 0 && y >= 0 && x >= 0 && z < size[0] && y < size[1] && x < size[2];
}

static int64_t voxels(void)
{
	return size[0] * size[1] * size[2];
}

static enum err read_array(void *context, int64_t z0, int64_t n, uint8_t *out)
{
	memcpy(out, (const uint8_t *)context + z0 * size[1] * size[2],
		(size_t)(n * size[1] * size[2]));
	return OK;
}

static struct score_volume volume_of(uint8_t *labels)
{
	return (struct score_volume){.name = labels == truth ? "truth" : "found",
		.nz = size[0],
		.ny = size[1],
		.nx = size[2],
		.first_row = -1,
		.voxel_um = NAN,
		.depth = 1,
		.context = labels,
		.read = read_array};
}

static struct score_volume sides[2];

static struct score_setup setup_of(void)
{
	struct score_setup setup = {.min_voxels = 5, .search = 3, .mask = NAN};

	sides[SCORE_TRUTH] = volume_of(truth);
	sides[SCORE_FOUND] = volume_of(found);
	setup.side[SCORE_TRUTH] = &sides[SCORE_TRUTH];
	setup.side[SCORE_FOUND] = &sides[SCORE_FOUND];
	assert_int_equal(score_align(&setup), OK);
	return setup;
}

static void ball(uint8_t *labels, double z, double y, double x, double r, int label)
{
	for (int64_t i = 0; i < voxels(); i++) {
		double dz = (double)(i / size[2] / size[1]) - z;
		double dy = (double)(i / size[2] % size[1]) - y, dx = (double)(i % size[2]) - x;

		if (dz * dz + dy * dy + dx * dx <= r * r)
			labels[i] = (uint8_t)label;
	}
}

static double uniform(double most)
{
	return most * rand() / ((double)RAND_MAX + 1);
}

/* Balls of all labels in some background, with `noise` of the voxels random. */
static void scene(uint8_t *labels, int background, int balls, double noise)
{
	memset(labels, background, (size_t)voxels());
	for (int i = 0; i < balls; i++)
		ball(labels, uniform((double)size[0]), uniform((double)size[1]),
			uniform((double)size[2]), uniform(6), rand() % N_LABELS);
	for (int64_t i = 0; i < voxels(); i++)
		if (uniform(1) < noise)
			labels[i] = (uint8_t)(rand() % N_LABELS);
}

/* ------------------------------------------------------------------ brute force */

static bool is_boundary(const uint8_t *labels, int64_t z, int64_t y, int64_t x)
{
	static const int step[6][3] = {
		{1, 0, 0}, {-1, 0, 0}, {0, 1, 0}, {0, -1, 0}, {0, 0, 1}, {0, 0, -1}};
	uint8_t own = labels[index_of(z, y, x)];

	for (int i = 0; i < 6; i++) {
		int64_t k = z + step[i][0], j = y + step[i][1], l = x + step[i][2];

		if (inside(k, j, l) && labels[index_of(k, j, l)] != own &&
			labels[index_of(k, j, l)] != 0)
			return true;
	}
	return false;
}

enum set { BOUNDARY, CRACKS, ONE_LABEL };

static bool in_set(const uint8_t *labels, enum set set, int label, int64_t z, int64_t y, int64_t x)
{
	uint8_t own = labels[index_of(z, y, x)];

	if (set == CRACKS)
		return own == LABEL_CRACK || own == LABEL_CRACK_NAK;
	return own == label && (set == ONE_LABEL || is_boundary(labels, z, y, x));
}

/* Squared distances from each voxel of a set in `from` to the nearest in `to`; far beyond all: none. */
static int64_t brute_distances(
	const uint8_t *from, const uint8_t *to, enum set set, int label, int64_t *square)
{
	static int64_t others[MOST][3];
	int64_t n = 0, n_others = 0;

	for (int64_t i = 0; i < voxels(); i++) {
		int64_t z = i / size[2] / size[1], y = i / size[2] % size[1], x = i % size[2];

		if (in_set(to, set, label, z, y, x))
			memcpy(others[n_others++], (int64_t[3]){z, y, x}, sizeof(*others));
	}
	for (int64_t v = 0; v < voxels(); v++) {
		int64_t z = v / size[2] / size[1], y = v / size[2] % size[1], x = v % size[2];
		int64_t least = INT64_MAX;

		if (!in_set(from, set, label, z, y, x))
			continue;
		for (int64_t i = 0; i < n_others; i++) {
			int64_t a = others[i][0] - z, b = others[i][1] - y, c = others[i][2] - x;
			int64_t d = a * a + b * b + c * c;

			least = d < least ? d : least;
		}
		square[n++] = least;
	}
	return n;
}

static int compare_integers(const void *a, const void *b)
{
	const int64_t *p = a, *q = b;

	return *p < *q ? -1 : *p > *q;
}

static double capped(int64_t square)
{
	return square <= SCORE_REACH * SCORE_REACH ? sqrt((double)square) : SCORE_REACH;
}

static struct score_boundary brute_boundary(int label)
{
	static int64_t square[MOST];
	struct score_boundary b = {.mean = NAN, .most95 = NAN};
	double sum = 0, most = 0;

	for (int side = 0; side < 2; side++) {
		const uint8_t *from = side == SCORE_TRUTH ? truth : found;
		int64_t n = brute_distances(
			from, from == truth ? found : truth, BOUNDARY, label, square);

		*(side == SCORE_TRUTH ? &b.n_truth : &b.n_found) = n;
		qsort(square, (size_t)n, sizeof(*square), compare_integers);
		for (int64_t i = 0; i < n; i++) {
			sum += capped(square[i]);
			b.beyond += square[i] > SCORE_REACH * SCORE_REACH;
		}
		if (n)
			most = fmax(most, capped(square[(int64_t)ceil(0.95 * (double)n) - 1]));
	}
	if (b.n_truth + b.n_found) {
		b.mean = sum / (double)(b.n_truth + b.n_found);
		b.most95 = most;
	}
	return b;
}

static void same(double a, double b)
{
	if (!(isnan(a) && isnan(b)) && !(fabs(a - b) <= 1e-12 * (1 + fabs(b))))
		fail_msg("%.17g is not %.17g", a, b);
}

static void check_phase(const struct score_phase *p)
{
	int64_t n_truth = 0, n_found = 0, both = 0;
	struct score_boundary b = brute_boundary(p->label);

	for (int64_t i = 0; i < voxels(); i++) {
		n_truth += truth[i] == p->label;
		n_found += found[i] == p->label;
		both += truth[i] == p->label && found[i] == p->label;
	}
	assert_int_equal(p->n_truth, n_truth);
	assert_int_equal(p->n_found, n_found);
	assert_int_equal(p->n_both, both);
	same(p->dice, n_truth + n_found ? 2.0 * (double)both / (double)(n_truth + n_found) : NAN);
	same(p->iou, n_truth + n_found ? (double)both / (double)(n_truth + n_found - both) : NAN);
	same(p->volume_error, n_truth ? (double)(n_found - n_truth) / (double)n_truth : NAN);
	if (p->label == 0)
		return;
	assert_int_equal(p->boundary.n_truth, b.n_truth);
	assert_int_equal(p->boundary.n_found, b.n_found);
	assert_int_equal(p->boundary.beyond, b.beyond);
	same(p->boundary.mean, b.mean);
	same(p->boundary.most95, b.most95);
}

static void check_crack(const struct score_crack *c, enum set set, int label)
{
	static int64_t square[MOST];

	for (int side = 0; side < 2; side++) {
		const uint8_t *from = side == SCORE_TRUTH ? truth : found;
		const double *share = side == SCORE_TRUTH ? c->truth_found : c->found_true;
		int64_t n =
			brute_distances(from, from == truth ? found : truth, set, label, square);

		assert_int_equal(side == SCORE_TRUTH ? c->n_truth : c->n_found, n);
		for (int k = 0; k < CRACK_NEAR; k++) {
			int64_t near = 0;

			for (int64_t i = 0; i < n; i++)
				near += square[i] <= crack_near[k] * crack_near[k];
			same(share[k], n ? (double)near / (double)n : NAN);
		}
	}
}

static void check_score(const struct score *s)
{
	int64_t equal = 0, labelled = 0;

	for (int64_t i = 0; i < voxels(); i++) {
		labelled += truth[i] || found[i];
		equal += truth[i] && truth[i] == found[i];
	}
	assert_int_equal(s->n_inside, labelled);
	same(s->agreement, labelled ? (double)equal / (double)labelled : NAN);
	for (int i = 0; i < s->n_phases; i++)
		check_phase(&s->phases[i]);
	check_crack(&s->crack[CRACK_ALL], CRACKS, 0);
	check_crack(&s->crack[CRACK_EMPTY], ONE_LABEL, LABEL_CRACK);
	check_crack(&s->crack[CRACK_FILLED], ONE_LABEL, LABEL_CRACK_NAK);
}

/* ------------------------------------------------------------------ tests */

static void random_volumes(void **state)
{
	static const int64_t sizes[][3] = {{1, 1, 1}, {1, 7, 9}, {5, 1, 70}, {9, 8, 1}, {3, 11, 64},
		{12, 10, 65}, {40, 9, 13}, {20, 7, 130}};
	static const double noises[] = {0, 0.01, 0.15};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		for (int k = 0; k < 6; k++) { /* the same, noisy, and unlike ones */
			struct score_setup setup;
			struct score score;

			memcpy(size, sizes[i], sizeof(size));
			scene(truth, LABEL_NAK, 6, noises[k % 3]);
			if (k < 3)
				memcpy(found, truth, sizeof(found));
			else
				scene(found, LABEL_NAK, 4, 0);
			for (int n = 0; n < 20 * k; n++)
				found[rand() % voxels()] = (uint8_t)(rand() % N_LABELS);
			setup = setup_of();
			setup.slab = 1 + rand() % 5;
			parallel_set_threads(1 + rand() % 2);
			assert_int_equal(score_labels(&score, &setup, arena), OK);
			check_score(&score);
		}
}

/* Farther apart than the reach, along each axis, and around it. */
static void distances_up_to_the_reach(void **state)
{
	(void)state;
	for (int axis = 0; axis < 3; axis++)
		for (int64_t gap = 13; gap < 20; gap++) {
			struct score_setup setup;
			struct score score;
			int64_t at[3] = {2, 2, 2};

			for (int k = 0; k < 3; k++)
				size[k] = k == axis ? 40 : 5;
			memset(truth, LABEL_NAK, (size_t)voxels());
			memcpy(found, truth, sizeof(found));
			at[axis] = 10;
			truth[index_of(at[0], at[1], at[2])] = LABEL_CRACK;
			at[axis] += gap;
			found[index_of(at[0], at[1], at[2])] = LABEL_CRACK;
			setup = setup_of();
			assert_int_equal(score_labels(&score, &setup, arena), OK);
			check_score(&score);
			same(score.phases[LABEL_CRACK].boundary.mean, gap < 16 ? (double)gap : 16);
			assert_int_equal(
				score.phases[LABEL_CRACK].boundary.beyond, gap > 16 ? 2 : 0);
		}
}

static bool same_score(const struct score *a, const struct score *b)
{
	return !memcmp(a->confusion, b->confusion, sizeof(a->confusion)) &&
	       !memcmp(a->phases, b->phases, (size_t)a->n_phases * sizeof(*a->phases)) &&
	       !memcmp(&a->crack, &b->crack, sizeof(a->crack)) &&
	       !memcmp(&a->shift, &b->shift, sizeof(a->shift)) &&
	       a->bubbles.n_pairs == b->bubbles.n_pairs &&
	       !memcmp(a->bubbles.pairs, b->bubbles.pairs,
		       (size_t)a->bubbles.n_pairs * sizeof(*a->bubbles.pairs)) &&
	       a->bubbles.n_missed == b->bubbles.n_missed &&
	       a->bubbles.n_invented == b->bubbles.n_invented;
}

static void same_for_any_threads_and_slabs(void **state)
{
	struct score first, again;
	struct score_setup setup;

	(void)state;
	memcpy(size, (int64_t[3]){37, 40, 41}, sizeof(size));
	scene(truth, LABEL_NAK, 30, 0.02);
	scene(found, LABEL_NAK, 0, 0);
	for (int64_t i = 0; i < voxels() - 1; i++)
		found[i] = (uint8_t)(uniform(1) < 0.02 ? rand() % 4 : truth[i + 1]);
	setup = setup_of();
	parallel_set_threads(1);
	assert_int_equal(score_labels(&first, &setup, arena), OK);
	assert_true(first.bubbles.n_pairs > 0 && first.crack[CRACK_ALL].n_truth > 0);
	for (int threads = 1; threads < 5; threads++)
		for (int64_t slab = 1; slab < 40; slab += 12) {
			parallel_set_threads(threads);
			setup.slab = slab;
			assert_int_equal(score_labels(&again, &setup, arena), OK);
			assert_true(same_score(&first, &again));
		}
}

static void itself_is_perfect(void **state)
{
	struct score_setup setup;
	struct score s;

	(void)state;
	memcpy(size, (int64_t[3]){30, 32, 34}, sizeof(size));
	memset(truth, LABEL_NAK, (size_t)voxels());
	for (int label = LABEL_VOID; label < LABEL_HARDWARE; label++)
		for (int i = 0; i < 3; i++)
			ball(truth, 4 + 10 * i, 2 + 5 * label, 5 + 9 * i, 2 + i, label);
	ball(truth, 15, 16, 30, 3, 9);
	memcpy(found, truth, sizeof(found));
	setup = setup_of();
	assert_int_equal(score_labels(&s, &setup, arena), OK);
	same(s.agreement, 1);
	assert_int_equal(s.n_phases, N_LABELS + 1);
	assert_int_equal(s.phases[N_LABELS].label, 9);
	assert_true(isnan(s.phases[LABEL_HARDWARE].dice));
	for (int i = 1; i < s.n_phases; i++) {
		if (i == LABEL_HARDWARE)
			continue;
		same(s.phases[i].dice, 1);
		same(s.phases[i].boundary.mean, 0);
		same(s.phases[i].boundary.most95, 0);
	}
	assert_int_equal(s.bubbles.n_pairs, s.bubbles.n_truth);
	same(s.bubbles.most_error, 0);
	for (int k = 0; k < 3; k++)
		same(s.shift.voxels[k], 0);
	same(s.shift.differ, 0);
}

/* What is moved is found, and with the move taken out all is right again. */
static void moved_labels_are_registered(void **state)
{
	struct score_setup setup;
	struct score_shift shift;
	struct score s;

	(void)state;
	memcpy(size, (int64_t[3]){30, 32, 34}, sizeof(size));
	scene(truth, LABEL_NAK, 40, 0);
	for (int64_t i = 0; i < voxels(); i++) {
		int64_t z = i / size[2] / size[1] - 1, y = i / size[2] % size[1] + 2;
		int64_t x = i % size[2] - 3;

		found[i] = inside(z, y, x) ? truth[index_of(z, y, x)] : LABEL_HARDWARE;
	}
	setup = setup_of();
	assert_int_equal(score_offset(&shift, &setup, arena), OK);
	assert_int_equal(shift.whole[0], 1);
	assert_int_equal(shift.whole[1], -2);
	assert_int_equal(shift.whole[2], 3);
	assert_true(shift.at_limit && shift.differ == 0);
	score_move(&setup, shift.whole);
	assert_int_equal(setup.n[0], 29);
	assert_int_equal(setup.n[1], 30);
	assert_int_equal(setup.n[2], 31);
	assert_int_equal(score_labels(&s, &setup, arena), OK);
	same(s.agreement, 1);
	for (int k = 0; k < 3; k++)
		same(s.shift.voxels[k], 0);
}

/* The circle of the mask: beyond it both are outside. */
static void mask_is_a_circle(void **state)
{
	struct score_setup setup;
	struct score s;
	int64_t n = 0;

	(void)state;
	memcpy(size, (int64_t[3]){2, 33, 33}, sizeof(size));
	memset(truth, LABEL_NAK, (size_t)voxels());
	memset(found, LABEL_VOID, (size_t)voxels());
	setup = setup_of();
	setup.mask = 0.8;
	for (int64_t y = 0; y < 33; y++)
		for (int64_t x = 0; x < 33; x++)
			n += hypot((double)y - 16, (double)x - 16) <= 0.8 * 16.5;
	assert_int_equal(score_labels(&s, &setup, arena), OK);
	assert_int_equal(s.n_inside, 2 * n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_volumes),
		cmocka_unit_test(distances_up_to_the_reach),
		cmocka_unit_test(same_for_any_threads_and_slabs),
		cmocka_unit_test(itself_is_perfect),
		cmocka_unit_test(moved_labels_are_registered),
		cmocka_unit_test(mask_is_a_circle),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

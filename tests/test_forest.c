/* SPDX-License-Identifier: BSD-3-Clause
 * The forest on samples whose classes are known; the same forest for any number of threads, packed and unpacked; damaged
 * ones refused. And the features against their definitions. */
#include "core/parallel.h"
#include "segment/features.h"
#include "segment/forest.h"
#include "segment/gaussian.h"
#include "segment/hessian.h"
#include "tests/segment_make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 6000, FEATURES = 5 };

/* Three classes by where the first two features lie: inside a circle, left and right of it; the others are noise. A
 * place holds 20 samples. */
static uint8_t true_class(float x, float y)
{
	return x * x + y * y < 0.3F ? 1 : x < 0 ? 0 : 2;
}

static void make_samples(struct forest_samples *s, uint64_t seed, struct arena *arena)
{
	s->n = N;
	s->values = ARENA_NEW(arena, float, N *FEATURES);
	s->class = ARENA_NEW(arena, uint8_t, N);
	s->place = ARENA_NEW(arena, uint32_t, N);
	make_noise(s->values, N * FEATURES, seed);
	for (int64_t i = 0; i < N; i++) {
		s->class[i] = true_class(s->values[i], s->values[N + i]);
		s->place[i] = (uint32_t)(i / 20);
	}
}

static struct forest new_forest(void)
{
	return (struct forest){.scales = 1,
		.n_features = FEATURES,
		.n_classes = 3,
		.grey = GREY_PERCENTILES,
		.zero = 0.1,
		.one = 2.3,
		.voxel_um = (double)NAN,
		.units = "1/cm",
		.value = {3, 7, 9},
		.name = {"left", "middle", "right"}};
}

static const struct forest_growing how = {.trees = 20, .depth = 10, .seed = 5};

/* Classes of other samples; returns how many are wrong. */
static int64_t wrong(const struct forest *f, uint8_t *vote, uint8_t *sure, struct arena *arena)
{
	struct forest_samples other;
	uint8_t *bins = ARENA_NEW(arena, uint8_t, N * FEATURES);
	uint32_t *scratch = ARENA_NEW(arena, uint32_t, 3 * FOREST_BLOCK);
	int64_t bad = 0;

	make_samples(&other, 99, arena);
	for (int64_t k = 0; k < FEATURES; k++)
		forest_bin(f->bins + k, other.values + k * N, N, bins + k * N);
	forest_classify(f, bins, N, N, scratch, vote, sure);
	for (int64_t i = 0; i < N; i++)
		bad += vote[i] != other.class[i];
	return bad;
}

/* Boundaries of 4.8 voxels of length in a square of 4, known from 6000 samples: what a tree cannot know lies within about
 * the distance of neighbours, 0.026, on either side: 2 to 3 % of the square. */
static void learns_classes(void **state)
{
	struct arena *arena = arena_new();
	struct forest f = new_forest();
	struct forest_samples s;
	struct forest_report r;
	uint8_t vote[N], sure[N];
	int64_t right = 0, judged = 0, off;
	double sure_right = 0, sure_wrong = 0;

	(void)state;
	make_samples(&s, 1, arena);
	assert_int_equal(forest_grow(&f, &s, &how, &r, arena), OK);
	off = wrong(&f, vote, sure, arena);
	assert_true(off < N * 4 / 100);
	for (int c = 0; c < 9; c++) {
		judged += r.confusion[c];
		right += c % 4 ? 0 : r.confusion[c];
	}
	/* almost every place is left out by one of 20 trees: 1 - (1 - 0.37)^20; and they say what others find */
	assert_true((double)judged > N * 0.99);
	assert_true(fabs((double)(judged - right) / (double)judged - (double)off / N) < 0.02);
	assert_true(r.importance[0] + r.importance[1] > 0.8);
	for (int64_t i = 0, n[2] = {0}; i < N; i++) {
		struct forest_samples other;

		if (!i)
			make_samples(&other, 99, arena);
		n[vote[i] == other.class[i]]++;
		if (vote[i] == other.class[i])
			sure_right += (sure[i] - sure_right) / (double)n[1];
		else
			sure_wrong += (sure[i] - sure_wrong) / (double)n[0];
	}
	assert_true(sure_right > 220 && sure_wrong < 190);
	forest_free(&f);
	arena_free(arena);
}

static void same_for_any_threads(void **state)
{
	struct arena *arena = arena_new();
	struct forest f[3] = {new_forest(), new_forest(), new_forest()};
	struct forest_samples s;
	struct forest_report r;
	struct forest_growing other = how;
	uint8_t *bytes[3];
	int64_t n[3];

	(void)state;
	make_samples(&s, 1, arena);
	other.seed = 6;
	for (int k = 0; k < 3; k++) {
		parallel_set_threads(k ? 3 : 1);
		assert_int_equal(forest_grow(f + k, &s, k == 2 ? &other : &how, &r, arena), OK);
		assert_int_equal(forest_pack(f + k, bytes + k, n + k, arena), OK);
	}
	parallel_set_threads(0);
	assert_int_equal(n[0], n[1]);
	assert_memory_equal(bytes[0], bytes[1], (size_t)n[0]);
	assert_true(n[0] != n[2] || memcmp(bytes[0], bytes[2], (size_t)n[0]) != 0);
	for (int k = 0; k < 3; k++)
		forest_free(f + k);
	arena_free(arena);
}

/* Classes weigh the same: one of 5 % that lies where a common one has half of its samples gets that range. By numbers it
 * would get nothing. */
static void rare_classes_count(void **state)
{
	struct arena *arena = arena_new();
	struct forest f = new_forest();
	struct forest_samples s;
	struct forest_report r;

	(void)state;
	make_samples(&s, 3, arena);
	f.n_classes = 2;
	for (int64_t i = 0; i < N; i++) {
		s.class[i] = i % 20 == 0;
		s.place[i] = (uint32_t)i;
		if (s.class[i]) /* 0 to 1; the others -1 to 1 */
			s.values[i] = fabsf(s.values[i]);
	}
	assert_int_equal(forest_grow(&f, &s, &(struct forest_growing){50, 3, 1}, &r, arena), OK);
	assert_true(r.confusion[3] >= 270); /* of 300 */
	forest_free(&f);
	arena_free(arena);
}

/* A class that is all in one place is in every tree, and its error is not known. */
static void one_place_is_not_judged(void **state)
{
	struct arena *arena = arena_new();
	struct forest f = new_forest();
	struct forest_samples s;
	struct forest_report r;
	int64_t n = 0;

	(void)state;
	make_samples(&s, 4, arena);
	for (int64_t i = 0; i < N; i++)
		if (s.class[i] == 1) {
			s.place[i] = 7;
			n++;
		}
	assert_int_equal(forest_grow(&f, &s, &how, &r, arena), OK);
	assert_int_equal(r.places[1], 1);
	assert_int_equal(r.unjudged[1], n);
	assert_int_equal(r.confusion[3] + r.confusion[4] + r.confusion[5], 0);
	forest_free(&f);
	arena_free(arena);
}

static void packed_and_back(void **state)
{
	struct arena *arena = arena_new();
	struct forest f = new_forest(), again;
	struct forest_samples s;
	struct forest_report r;
	uint8_t *bytes, *twice, a[N], b[N], sure_a[N], sure_b[N];
	int64_t n, m;

	(void)state;
	make_samples(&s, 1, arena);
	assert_int_equal(forest_grow(&f, &s, &how, &r, arena), OK);
	assert_int_equal(forest_pack(&f, &bytes, &n, arena), OK);
	assert_int_equal(forest_unpack(&again, "m.forest", bytes, n, arena), OK);
	assert_int_equal(forest_pack(&again, &twice, &m, arena), OK);
	assert_int_equal(n, m);
	assert_memory_equal(bytes, twice, (size_t)n);
	wrong(&f, a, sure_a, arena);
	wrong(&again, b, sure_b, arena);
	assert_memory_equal(a, b, N);
	assert_memory_equal(sure_a, sure_b, N);
	assert_string_equal(again.name[1], "middle");
	assert_int_equal(again.value[2], 9);
	forest_free(&f);
	forest_free(&again);
	arena_free(arena);
}

static void refuse(const uint8_t *bytes, int64_t n, const char *why, struct arena *arena)
{
	struct forest f;

	assert_int_equal(forest_unpack(&f, "m.forest", bytes, n, arena), ERR_INPUT);
	assert_non_null(strstr(error_message(), "m.forest: "));
	if (!strstr(error_message(), why))
		fail_msg("%s: not in: %s", why, error_message());
}

static void refuses_damage(void **state)
{
	struct arena *arena = arena_new();
	struct forest f = new_forest();
	struct forest_samples s;
	struct forest_report r;
	uint64_t seed = 8;
	uint8_t *bytes;
	int64_t n;

	(void)state;
	make_samples(&s, 1, arena);
	assert_int_equal(forest_grow(&f, &s, &how, &r, arena), OK);
	assert_int_equal(forest_pack(&f, &bytes, &n, arena), OK);
	refuse(bytes, 0, "is no forest", arena);
	refuse((const uint8_t *)"tomochron", 9, "is no forest", arena);
	for (int64_t m = 30; m < n; m += n / 10)
		refuse(bytes, m, m < 53 ? "damaged" : "of its", arena);
	bytes[17] = '2';
	refuse(bytes, n, "version 2", arena);
	bytes[17] = '1';
	for (int k = 0; k < 200; k++) {
		int64_t at = 19 + (int64_t)(make_random(&seed) * (float)(n - 19));
		uint8_t old = bytes[at];

		bytes[at] ^= 16;
		refuse(bytes, n, "", arena);
		bytes[at] = old;
	}
	forest_free(&f);
	arena_free(arena);
}

static void refuses_samples(void **state)
{
	struct arena *arena = arena_new();
	struct forest f = new_forest();
	struct forest_samples s;
	struct forest_report r;

	(void)state;
	make_samples(&s, 1, arena);
	f.n_classes = 4;
	assert_int_equal(forest_grow(&f, &s, &how, &r, arena), ERR_USAGE);
	assert_non_null(strstr(error_message(), "class 3 has no samples"));
	f.n_classes = 3;
	assert_int_equal(
		forest_grow(&f, &s, &(struct forest_growing){0, 4, 1}, &r, arena), ERR_USAGE);
	arena_free(arena);
}

/* ---- features */

enum { VOXELS = 24 * 30 * 35, SCALES = 2 };
struct kept {
	float *of;
	int64_t n, seen;
};

static enum err keep(void *context, int64_t feature, const float *values)
{
	struct kept *k = context;

	assert_int_equal(feature == 0 || k->seen > 0, 1);
	memcpy(k->of + feature * k->n, values, (size_t)k->n * sizeof(float));
	k->seen++;
	return OK;
}

static void close_to(const float *a, const float *b, double factor, int64_t n)
{
	for (int64_t i = 0; i < n; i++)
		assert_true(fabs((double)a[i] - factor * (double)b[i]) < 1e-5);
}

static void features_are_what_they_say(void **state)
{
	struct slab s = slab_whole(24, 30, 35);
	struct arena *arena = arena_new();
	float *in = ARENA_NEW(arena, float, VOXELS), *g[2], *e[4], *square;
	struct kept k = {ARENA_NEW(arena, float, VOXELS *FEATURES_MOST), VOXELS, 0};

	(void)state;
	make_noise(in, VOXELS, 2);
	assert_int_equal(features_slab(&s, in, SCALES, keep, &k, arena), OK);
	assert_int_equal(k.seen, features_count(SCALES));
	assert_memory_equal(k.of, in, VOXELS * sizeof(float));
	square = ARENA_NEW(arena, float, VOXELS);
	for (int i = 0; i < 4; i++)
		e[i] = ARENA_NEW(arena, float, VOXELS);
	for (int scale = 0; scale < SCALES; scale++) {
		const float *f = k.of + (2 + scale * 7) * VOXELS;
		double sigma = scale + 1;

		g[scale] = ARENA_NEW(arena, float, VOXELS);
		assert_int_equal(gaussian(&s, in, sigma, g[scale], arena), OK);
		close_to(f, g[scale], 1, VOXELS);
		gradient_magnitude(&s, g[scale], e[0], arena);
		close_to(f + VOXELS, e[0], sigma, VOXELS);
		hessian_eigenvalues(&s, g[scale], e, arena);
		for (int i = 0; i < 3; i++)
			close_to(f + (2 + i) * VOXELS, e[i], sigma * sigma, VOXELS);
		for (int i = 0; i < VOXELS; i++)
			square[i] = in[i] * in[i];
		gaussian(&s, square, sigma, e[3], arena);
		for (int64_t i = 0; i < VOXELS; i++) {
			double laplacian = (double)e[0][i] + (double)e[1][i] + (double)e[2][i];
			double mean = (double)g[scale][i];

			assert_true(
				fabs((double)f[5 * VOXELS + i] - sigma * sigma * laplacian) < 1e-5);
			assert_true(fabs((double)f[6 * VOXELS + i] -
					    sqrt(fmax(0, (double)e[3][i] - mean * mean))) < 1e-3);
		}
	}
	for (int64_t i = 0; i < VOXELS; i++)
		assert_true(fabs((double)k.of[16 * VOXELS + i] -
				    ((double)g[0][i] - (double)g[1][i])) < 1e-5);
	assert_string_equal(features_name(SCALES, 0), "value");
	assert_string_equal(features_name(SCALES, 10), "gradient 2");
	assert_string_equal(features_name(SCALES, 16), "Gaussian 1 less 2");
	arena_free(arena);
}

static void features_in_slabs(void **state)
{
	struct slab whole = slab_whole(24, 30, 35);
	struct arena *arena = arena_new();
	int64_t plane = 30 * 35, halo = features_halo(SCALES);
	float *in = ARENA_NEW(arena, float, VOXELS);
	struct kept all = {ARENA_NEW(arena, float, VOXELS *FEATURES_MOST), VOXELS, 0};
	struct kept part = {ARENA_NEW(arena, float, VOXELS *FEATURES_MOST), 0, 0};

	(void)state;
	make_noise(in, VOXELS, 2);
	parallel_set_threads(1);
	assert_int_equal(features_slab(&whole, in, SCALES, keep, &all, arena), OK);
	parallel_set_threads(3);
	for (int64_t z = 0; z < 24; z += 5) {
		struct slab s = slab_cut(whole, z, z + 5 < 24 ? z + 5 : 24, halo);

		part.n = (s.z1 - s.z0) * plane;
		part.seen = 0;
		assert_int_equal(
			features_slab(&s, in + s.p0 * plane, SCALES, keep, &part, arena), OK);
		for (int64_t k = 0; k < features_count(SCALES); k++)
			assert_memory_equal(part.of + k * part.n, all.of + k * VOXELS + z * plane,
				(size_t)part.n * sizeof(float));
	}
	parallel_set_threads(0);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(learns_classes),
		cmocka_unit_test(same_for_any_threads),
		cmocka_unit_test(rare_classes_count),
		cmocka_unit_test(one_place_is_not_judged),
		cmocka_unit_test(packed_and_back),
		cmocka_unit_test(refuses_damage),
		cmocka_unit_test(refuses_samples),
		cmocka_unit_test(features_are_what_they_say),
		cmocka_unit_test(features_in_slabs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Levels, materials and faces on a stack whose truth is known: metal, liquid with a ball of gas, tilted ceramic. */
#include "core/parallel.h"
#include "segment/bubbles.h"
#include "segment/face.h"
#include "segment/gaussian.h"
#include "tests/segment_make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 112, PLANE = N * N, ALL = N * PLANE };
static const double radius = 8, middle[3] = {46, 40, 60}, metal_end = 20;
static float volume[ALL], smooth[ALL];
static uint8_t raw[ALL], again[ALL];
static const struct segment_settings settings = {
	.nasicon = 2.3, .nak = 0.225, .al = 0.545, .sigma = NAN};

static double face_at(int64_t y, int64_t x)
{
	return 72.3 + 0.03 * ((double)x - 55.5) - 0.02 * ((double)y - 55.5);
}

/* Shares of a voxel by its distance from surfaces, which is right to some hundredths for balls so large. */
static double share(double distance)
{
	return distance < -0.5 ? 0 : distance > 0.5 ? 1 : distance + 0.5;
}

static double normal(uint64_t *seed)
{
	double sum = 0;

	for (int i = 0; i < 12; i++)
		sum += (double)make_random(seed);
	return sum - 6;
}

/* Offsets of 0.1 1/cm go up and down from plane to plane. */
static void make_stack(bool below, double noise)
{
	uint64_t seed = 7;

	for (int64_t d = 0; d < N; d++)
		for (int64_t i = 0; i < PLANE; i++) {
			int64_t y = i / N, x = i % N, z = below ? N - 1 - d : d;
			double r =
				sqrt(pow((double)d - middle[0], 2) + pow((double)y - middle[1], 2) +
					pow((double)x - middle[2], 2));
			double solid = share((double)d - face_at(y, x)), gas = share(radius - r);
			double metal = share(metal_end - 0.5 - (double)d), value;

			value = 0.225 * (1 - gas) + solid * 2.075 + metal * 0.32;
			value += 0.1 * sin(0.08 * (double)d) + noise * normal(&seed);
			volume[z * PLANE + i] =
				(float)(hypot((double)y - 55.5, (double)x - 55.5) > 56 ? 0 : value);
		}
}

static void find_levels(
	struct levels *levels, struct circle *circle, struct survey *survey, struct arena *arena)
{
	struct slab whole = slab_whole(N, N, N);
	float *sample = ARENA_NEW(arena, float, ALL);

	assert_int_equal(
		OK, circle_new(circle, N, N, circle_radius(volume + 50 * PLANE, N, N), arena));
	memcpy(sample, volume, sizeof(volume));
	assert_int_equal(OK, survey_new(survey, circle, N, sample, ALL, arena));
	for (int64_t z = 0; z < N; z++)
		circle_fill(circle, volume + z * PLANE);
	assert_int_equal(OK, gaussian(&whole, volume, 1.5, smooth, arena));
	assert_int_equal(OK, survey_add(survey, &whole, circle, volume, smooth));
	assert_int_equal(OK, levels_find(levels, survey, circle, &settings, true, arena));
}

/* Levels to a few times what noise 0.1 leaves of a mode; the stack in planes. */
static void test_levels(void **state)
{
	struct arena *arena = arena_new();
	struct levels l;
	struct circle circle;
	struct survey survey;

	(void)state;
	for (int below = 0; below < 2; below++) {
		make_stack(below, 0.1);
		find_levels(&l, &circle, &survey, arena);
		assert_true(fabs(circle.radius - 56) < 0.01);
		assert_true(l.has_ceramic && l.has_metal && l.below == below);
		assert_true(labs((long)(l.top - 73)) <= 1);
		assert_true(labs((long)(l.metal_end - 20)) <= 3);
		assert_true(fabs(l.noise - 0.1) < 0.01);
		for (int64_t d = 30; d < 60; d++)
			assert_true(fabs(l.liquid[d] - 0.225 - 0.1 * sin(0.08 * (double)d)) < 0.02);
		assert_true(fabs(l.collector - 0.32) <
			    0.06); /* offsets differ over the planes compared */
	}
	arena_free(arena);
}

static void flood(
	const struct phases *p, int64_t depth, uint8_t *out, struct face *face, struct arena *arena)
{
	for (int64_t z = 0; z < N; z += depth) {
		int64_t z1 = z + depth < N ? z + depth : N, open;
		struct slab slab = slab_cut(slab_whole(N, N, N), z, z1, phases_halo(p, 24));
		struct slab own = {N, N, N, z, z1, z, z1};

		assert_int_equal(OK, phases_slab(p, &slab, 24, volume + slab.p0 * PLANE,
					     out + z * PLANE, smooth + z * PLANE, &open, arena));
		assert_int_equal(0, open);
		if (face)
			assert_int_equal(OK, face_add(face, p->levels, &own, out + z * PLANE,
						     smooth + z * PLANE));
	}
}

/* Labels do not depend on slabs; voxels a voxel away from any surface are right; the face is the plane. */
static void test_phases(void **state)
{
	struct arena *arena = arena_new();
	struct levels l;
	struct circle circle;
	struct survey survey;
	struct face face;
	struct phases p = {.levels = &l, .circle = &circle, .denoise.sigma = 1.5, .core = 0.33};
	int64_t wrong = 0, seen = 0;

	(void)state;
	make_stack(false, 0.1);
	find_levels(&l, &circle, &survey, arena);
	p.flat = phases_flat(&l, p.denoise.sigma);
	assert_int_equal(OK, face_new(&face, N, N, arena));
	flood(&p, N, again, NULL, arena);
	flood(&p, 17, raw, &face, arena);
	assert_memory_equal(raw, again, sizeof(raw));
	assert_int_equal(OK, face_finish(&face, &circle, arena));
	/* an offset between the levels' planes moves the middle of the edge by a tenth of a voxel */
	assert_true(fabs(face.plane[0] - face_at(0, 0) - 0.03 * 55.5 + 0.02 * 55.5) < 0.15);
	assert_true(fabs(face.plane[1] - 0.03) < 0.002 && fabs(face.plane[2] + 0.02) < 0.002);
	assert_true(face.roughness < 0.15 && face.missing == 0);
	for (int64_t d = 0; d < N; d++) {
		face_label(&face, &circle, &l, d, raw + d * PLANE);
		for (int64_t i = 0; i < PLANE; i++) {
			double to_face = (double)d - face_at(i / N, i % N),
			       to_metal = (double)d - metal_end;
			double r = sqrt(pow((double)d - middle[0], 2) +
					pow((double)(i / N) - middle[1], 2) +
					pow((double)(i % N) - middle[2], 2));
			uint8_t want = to_face > 0    ? LABEL_NASICON
				       : to_metal < 0 ? LABEL_HARDWARE
				       : r < radius   ? LABEL_VOID
						      : LABEL_NAK;

			if (!circle_has(&circle, i)) {
				assert_int_equal(LABEL_OUTSIDE, raw[d * PLANE + i]);
				continue;
			}
			if (fabs(to_face) < 1 || fabs(to_metal) < 2 || fabs(r - radius) < 1.5)
				continue;
			seen++;
			wrong += raw[d * PLANE + i] != want;
		}
	}
	assert_true(seen > 900000 && wrong == 0);
	arena_free(arena);
}

/* A ball of gas: volume within 3 of its deviations and 4 %, which is the deviation here. */
static void test_bubble(void **state)
{
	struct arena *arena = arena_new();
	struct bubble_shape shape;
	struct bubble_block b = {
		.n = {40, 40, 40}, .liquid = 0.225, .gas = 0.225, .noise = 0.1, .correlated = 1};
	uint64_t seed = 3;
	double truth = 4 * acos(-1.0) / 3 * radius * radius * radius;
	int64_t again_voxels = 0;

	(void)state;
	b.labels = raw;
	b.values = volume;
	for (int a = 0; a < 3; a++) {
		b.low[a] = 40;
		b.high[a] = 0;
	}
	for (int64_t i = 0; i < 64000; i++) {
		int64_t at[3] = {i / 1600, i / 40 % 40, i % 40};
		double r = sqrt(pow((double)at[0] - 19.6, 2) + pow((double)at[1] - 20, 2) +
				pow((double)at[2] - 20.3, 2));

		volume[i] = (float)(0.225 * (1 - share(radius - r)) + 0.1 * normal(&seed));
		/* half a voxel too small, as smoothing makes it */
		raw[i] = r < radius - 0.5 ? LABEL_VOID : LABEL_NAK;
		for (int a = 0; a < 3 && raw[i] == LABEL_VOID; a++) {
			b.low[a] = at[a] < b.low[a] ? at[a] : b.low[a];
			b.high[a] = at[a] >= b.high[a] ? at[a] + 1 : b.high[a];
		}
		b.voxels += raw[i] == LABEL_VOID;
	}
	assert_int_equal(OK, bubble_measure(&b, &shape, arena));
	for (int64_t i = 0; i < 64000; i++)
		again_voxels += raw[i] == LABEL_VOID;
	assert_true(shape.volume_sd > 0 && fabs(shape.volume - truth) < 3 * shape.volume_sd);
	assert_true(fabs(shape.volume / truth - 1) < 0.04);
	assert_int_equal(again_voxels, shape.labelled);
	assert_true(llabs(shape.labelled - llround(shape.volume)) <= 1);
	assert_true(!shape.touches && shape.core > 200);
	/* noise roughens the labelled ball: its surface is up to a tenth larger */
	assert_true(shape.sphericity > 0.9 && shape.sphericity <= 1);
	b.voxels++;
	assert_int_equal(ERR_FAILED, bubble_measure(&b, &shape, arena));
	arena_free(arena);
}

/* Noise without any material, and a constant, are refused with a sentence. */
static void test_nothing(void **state)
{
	struct arena *arena = arena_new();
	struct levels l;
	struct circle circle;
	struct survey survey;
	struct slab whole = slab_whole(N, N, N);
	uint64_t seed = 5;

	(void)state;
	for (int64_t i = 0; i < ALL; i++)
		volume[i] = 0;
	assert_int_equal(OK, circle_new(&circle, N, N, INFINITY, arena));
	assert_int_equal(ERR_INPUT, survey_new(&survey, &circle, N, volume, ALL, arena));
	for (int64_t i = 0; i < ALL; i++)
		smooth[i] = volume[i] = (float)(0.1 * normal(&seed));
	assert_int_equal(OK, survey_new(&survey, &circle, N, smooth, ALL, arena));
	assert_int_equal(OK, gaussian(&whole, volume, 1.5, smooth, arena));
	assert_int_equal(OK, survey_add(&survey, &whole, &circle, volume, smooth));
	assert_int_equal(ERR_INPUT, levels_find(&l, &survey, &circle, &settings, true, arena));
	assert_non_null(strstr(error_message(), "neither ceramic"));
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_phases),
		cmocka_unit_test(test_bubble),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

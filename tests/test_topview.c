/* SPDX-License-Identifier: BSD-3-Clause
 * Labels seen along z: apertures and depths of an oblique crack, films, bubbles and mouths, cuts; and the colours. */
#include "report/ramp.h"
#include "segment/topview.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NZ = 60, NY = 50, NX = 70, FACE = 20, BELOW_FACE = 12 };
static uint8_t labels[NZ * NY * NX];
static const double slope = 0.37, thick = 6.2; /* of the crack, along x; voxels along z */

/* Liquid over ceramic from plane FACE on; a crack in it that dips along x, filled for x >= 50; a film of two voxels; a
 * ball of gas that stands on the face; a mouth. */
static void make(void)
{
	for (int64_t i = 0; i < NZ * NY * NX; i++) {
		double z = (double)(i / NX / NY), y = (double)(i / NX % NY), x = (double)(i % NX);
		double middle = FACE + BELOW_FACE + slope * (x - 35);
		bool crack = fabs(z - middle) < 0.5 * thick && y < 30 && x > 20 && x < 60;
		double r = sqrt((z - 13) * (z - 13) + (y - 40) * (y - 40) + (x - 55) * (x - 55));

		labels[i] = z < FACE ? LABEL_NAK : LABEL_NASICON;
		if (crack)
			labels[i] = x >= 50 ? LABEL_CRACK_NAK : LABEL_CRACK;
		if (z < FACE && ((z >= FACE - 2 && y >= 32 && x < 30) || r < 7.5))
			labels[i] = LABEL_VOID;
		if (z >= FACE && z < FACE + 4 && y < 3 && x < 5)
			labels[i] = LABEL_CRACK;
	}
}

static void view_of(struct topview *v, bool below, int64_t step, struct arena *arena)
{
	assert_int_equal(topview_new(v, NZ, NY, NX, below, arena), OK);
	for (int64_t d = 0; d < NZ; d += step)
		assert_int_equal(
			topview_add(v, labels + d * NY * NX, d + step < NZ ? step : NZ - d), OK);
}

static void oblique_crack(void **state)
{
	const double plane[3] = {FACE - 2.5, 0, 0};
	struct arena *arena = arena_new();
	struct face_maps m, from_plane;
	struct topview v;
	double sum = 0, worst = 0;
	int64_t n = 0;

	(void)state;
	make();
	view_of(&v, false, 7, arena);
	assert_int_equal(topview_maps(&v, NULL, &m, arena), OK);
	assert_int_equal(topview_maps(&v, plane, &from_plane, arena), OK);
	for (int64_t y = 5; y < 25; y++)
		for (int64_t x = 25; x < 56; x++) {
			int64_t i = y * NX + x;
			double depth = BELOW_FACE + slope * ((double)x - 35) + 0.5;

			sum += (double)m.aperture[i];
			worst = fmax(worst, fabs((double)m.depth[i] - depth));
			n++;
			assert_int_equal(m.crack[i], x >= 50 ? CRACK_FILLED : CRACK_EMPTY);
			/* the plane lies two voxels higher than the face */
			assert_true(fabs((double)(from_plane.depth[i] - m.depth[i]) - 2) < 1e-5);
		}
	/* columns are whole voxels: right on average, and the middle within half a voxel and some */
	assert_true(fabs(sum / (double)n * sqrt(1 + slope * slope) / thick - 1) < 0.03);
	assert_true(worst <= 0.75);
	assert_true(isnan(m.aperture[45 * NX + 10]) && m.crack[45 * NX + 10] == CRACK_NONE);
	assert_true(fabs(m.deepest - (BELOW_FACE + slope * 24 + 0.5 * thick + 0.5)) <= 1);
	arena_free(arena);
}

static void contact(void **state)
{
	struct arena *arena = arena_new();
	struct topview v;
	struct face_maps m;
	int64_t n[5] = {0};

	(void)state;
	make();
	view_of(&v, false, 60, arena);
	assert_int_equal(topview_maps(&v, NULL, &m, arena), OK);
	for (int64_t i = 0; i < NY * NX; i++) {
		n[m.contact[i]]++;
		if (m.contact[i] == CONTACT_FILM)
			assert_int_equal(m.film[i], 2);
	}
	assert_int_equal(n[CONTACT_FILM], 18 * 30);
	assert_int_equal(n[CONTACT_MOUTH], 3 * 5);
	assert_int_equal(n[CONTACT_NONE], 0);
	/* the ball in planes 19 and 18: a skin of one voxel of liquid counts as none */
	assert_true(n[CONTACT_BUBBLE] > 60 && n[CONTACT_BUBBLE] < 160);
	assert_int_equal(m.contact[40 * NX + 55], CONTACT_BUBBLE);
	assert_true(
		fabs(face_maps_contact(&m) -
			(double)n[CONTACT_LIQUID] / (double)(n[CONTACT_LIQUID] + n[CONTACT_FILM] +
							     n[CONTACT_BUBBLE])) < 1e-12);
	arena_free(arena);
}

static void relabel(uint8_t from, uint8_t to)
{
	for (int64_t i = 0; i < NZ * NY * NX; i++)
		labels[i] = labels[i] == from ? to : labels[i];
}

/* From below the planes come in the other order; the planes z are the file's. */
static void sights(void **state)
{
	struct arena *arena = arena_new();
	struct topview v, w;
	int64_t z, y, x;

	(void)state;
	make();
	view_of(&v, false, 16, arena);
	assert_int_equal(topview_sight(&v, &z, &y, &x, arena), SIGHT_CRACK);
	assert_true(z > FACE + 4 && z < FACE + 24 && y < 30 && x > 20 && x < 60);
	relabel(LABEL_CRACK, LABEL_NASICON);
	relabel(LABEL_CRACK_NAK, LABEL_NASICON);
	view_of(&v, false, 1, arena);
	view_of(&w, true, 16, arena);
	assert_int_equal(topview_sight(&v, &z, &y, &x, arena), SIGHT_VOID);
	assert_true(labs(z - 13) <= 1 && labs(y - 40) <= 1 && labs(x - 55) <= 1);
	assert_int_equal(topview_sight(&w, &z, &y, &x, arena), SIGHT_VOID);
	assert_true(labs(z - (NZ - 1 - 13)) <= 1);
	relabel(LABEL_VOID, LABEL_NAK);
	view_of(&v, false, 16, arena);
	assert_int_equal(topview_sight(&v, &z, &y, &x, arena), SIGHT_MIDDLE);
	assert_int_equal(z, FACE);
	assert_int_equal(topview_new(&v, COLUMN_NONE, 1, 1, false, arena), ERR_USAGE);
	arena_free(arena);
}

/* Lightness goes evenly from end to end, within what 8 bits leave. */
static void ramps(void **state)
{
	(void)state;
	for (enum ramp r = RAMP_SEA; r <= RAMP_PLUM; r++) {
		double a = colour_lightness(ramp_colour(r, 0)),
		       b = colour_lightness(ramp_colour(r, 1));

		assert_true(fabs(b - a) > 50);
		for (int k = 0; k <= 64; k++)
			assert_true(fabs(colour_lightness(ramp_colour(r, k / 64.0)) -
					    (a + (b - a) * k / 64)) < 0.7);
	}
	assert_true(fabs(colour_lightness(0xffffff) - 100) < 0.01);
	assert_int_equal(colour_mix(0xff0000, 0x0000ff, 0.25), 0x4000bf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oblique_crack),
		cmocka_unit_test(contact),
		cmocka_unit_test(sights),
		cmocka_unit_test(ramps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

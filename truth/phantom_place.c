/* SPDX-License-Identifier: BSD-3-Clause
 * Which ellipsoids a phantom has. Inclusions keep clear of each other and of the body's rim, so that the
 * attenuation is nowhere negative and every region has a known value. */
#include "truth/phantom.h"
#include "truth/random.h"

#include <math.h>

static const double upright[4] = {1, 0, 0, 0};

/* Kinds of inclusions: sizes as a share of the radius they are placed in, values as a multiple of the
 * body's. */
static const struct kind {
	int n;
	double small, large, low, high;
} kinds[] = {
	{4, 0.10, 0.22, -1, -1},      /* bubbles: empty */
	{4, 0.05, 0.12, 0.4, 1.5},    /* dense grains */
	{3, 0.08, 0.16, -0.15, 0.15}, /* faint ones */
	{3, 0.006, 0.02, 2, 3},	      /* bright specks */
	{3, 0.006, 0.02, -1, -1},     /* pores */
};
enum { MOST = 32, TRIES = 400 };

static double longest(const struct ellipsoid *e)
{
	return fmax(e->semi[0], fmax(e->semi[1], e->semi[2]));
}

static bool clear_of_others(const struct phantom *p, const double centre[3], double radius)
{
	/* From 1: the body is 0. A pixel between two, so that no voxel holds both. */
	for (int64_t i = 1; i < p->n; i++) {
		const double *c = p->ellipsoids[i].centre;
		double x = centre[0] - c[0], y = centre[1] - c[1], z = centre[2] - c[2];

		if (sqrt(x * x + y * y + z * z) < radius + longest(&p->ellipsoids[i]) + 1.5)
			return false;
	}
	return true;
}

/* One inclusion within `reach` of the axis, or none when there is no room left. */
static void place(
	struct phantom *p, struct random *r, const struct kind *kind, double reach, double rows)
{
	double size = fmax(reach * random_between(r, kind->small, kind->large), 1.5);
	double factor = random_between(r, kind->low, kind->high);
	double semi[3] = {size, size * random_between(r, 0.6, 1), size * random_between(r, 0.6, 1)};
	double turn[4];

	for (int i = 0; i < 4; i++)
		turn[i] = random_normal(r);
	for (int i = 0; i < TRIES; i++) {
		double away = (reach - size) * sqrt(random_uniform(r));
		double round = 2 * M_PI * random_uniform(r);
		double centre[3] = {away * cos(round), away * sin(round), rows * random_uniform(r)};

		if (away < 0 || !clear_of_others(p, centre, size))
			continue;
		p->ellipsoids[p->n++] =
			ellipsoid_make(centre, semi, turn, factor * p->ellipsoids[0].value);
		return;
	}
}

enum err phantom_new(
	struct phantom **phantom, const struct simulate_settings *s, struct arena *arena)
{
	struct phantom *p = ARENA_ZERO(arena, struct phantom, 1);
	double radius = s->object * (double)s->size / 2, rows = (double)(s->rows - 1);
	double value = s->absorption / (2 * radius);
	double middle[3] = {0, 0, rows / 2}, endless = 1e6 * (radius + rows + 1);
	struct random r = random_start((uint64_t)s->seed, 'p', 0);

	NEED(p);
	if (!(radius > 0) || s->rows < 1 || !(s->absorption >= 0))
		return fail(ERR_USAGE,
			"simulate: object %g, size %lld, rows %lld, absorption %g: must be "
			"positive",
			s->object, (long long)s->size, (long long)s->rows, s->absorption);
	p->ellipsoids = ARENA_NEW(arena, struct ellipsoid, MOST);
	NEED(p->ellipsoids);
	p->n = 1;
	*phantom = p;
	if (s->phantom == PHANTOM_CYLINDER) {
		p->ellipsoids[0] = ellipsoid_make(
			middle, (double[3]){radius, radius, endless}, upright, value);
	} else if (s->phantom == PHANTOM_BALL) {
		p->ellipsoids[0] =
			ellipsoid_make(middle, (double[3]){radius, radius, radius}, upright, value);
	} else {
		/* Placed where slices show them, whether or not the body is wider than the detector. */
		double reach = fmin(0.88 * radius, 0.55 * (double)s->size);
		double semi[3] = {radius, 0.9 * radius, 4 * fmax(radius, rows)};

		p->ellipsoids[0] =
			ellipsoid_make(middle, semi, (double[4]){cos(0.2), 0, 0, sin(0.2)}, value);
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			for (int i = 0; i < kinds[k].n; i++)
				place(p, &r, &kinds[k], reach, rows);
	}
	return OK;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Lives of bubbles; see truth/bubbles.h. Each life has a berth, a ball that is its own for the whole series,
 * so that bubbles never touch unless they are meant to. */
#include "truth/bubbles.h"

#include "truth/random.h"

#include <math.h>

enum fate { GROWS, SITS, MERGES, SPLITS, VANISHES, APPEARS };

struct life {
	enum fate fate;
	double volume;	  /* at the end, over that of the largest */
	double from;	  /* share of the series when it is born, or of its event */
	double centre[3]; /* of the berth */
	double berth;	  /* radius */
	double aside[3];  /* unit vector */
};
enum { LIVES = 64, TRIES = 20000 };

/* What sizes go by. Things lie `clear` apart, beyond touching. */
struct sizes {
	double largest, clear; /* px */
};
static const double most_clear = 6, least_clear = 0.5;

/* How far the middle of a bubble that sits is above the plane, over its radius. */
static const double sits_above = 0.55;

static double ball(double volume, const struct sizes *z)
{
	return z->largest * cbrt(volume);
}

/* How much room a life needs around its centre. */
static double room_of(const struct life *l, const struct sizes *z)
{
	if (l->fate == MERGES || l->fate == SPLITS)
		return 2 * ball(l->volume / 2, z) + z->clear;
	if (l->fate == SITS)
		return (1 + sits_above) * ball(l->volume, z);
	return ball(l->volume, z);
}

/* How far below the plane at the axis the face of the ceramic may come up. */
static double face_lift(const struct cell *c, double reach)
{
	return (fabs(c->slope[0]) + fabs(c->slope[1])) * reach + 4 * c->rough.sd;
}

/* In a low gap less is left between the largest pair and what is above and below it. */
static struct sizes sizes_of(const struct cell *c, double reach, double largest)
{
	double spare = c->gap - 4 * largest * cbrt(0.5) - face_lift(c, reach);

	return (struct sizes){largest, fmax(least_clear, fmin(most_clear, 0.9 * spare / 4))};
}

static bool fits(const struct life *lives, int n, const struct life *l, const struct sizes *z)
{
	for (int i = 0; i < n; i++) {
		double d2 = 0, need = lives[i].berth + l->berth + z->clear;

		for (int k = 0; k < 3; k++)
			d2 += (lives[i].centre[k] - l->centre[k]) *
			      (lives[i].centre[k] - l->centre[k]);
		if (d2 < need * need)
			return false;
	}
	return true;
}

static enum err find_berth(struct life *lives, int n, struct random *r, const struct cell *c,
	double reach, const struct sizes *z)
{
	struct life *l = &lives[n];
	double lift = face_lift(c, reach) + z->clear;
	double inside = fmin(reach, c->ring_middle - c->ring_half);

	l->berth = room_of(l, z);
	for (int i = 0; i < TRIES; i++) {
		double away = 0.92 * (inside - l->berth) * sqrt(random_uniform(r));
		double round = 2 * M_PI * random_uniform(r);
		double top = -c->gap + l->berth + z->clear;
		double low = l->fate == SITS ? -lift : -l->berth - lift;

		if (away < 0 || low <= top)
			break;
		l->centre[0] = away * cos(round);
		l->centre[1] = away * sin(round);
		l->centre[2] = l->fate == SITS ? cell_plane(c, l->centre[0], l->centre[1])
					       : random_between(r, top, low);
		if (fits(lives, n, l, z))
			return OK;
	}
	return fail(ERR_USAGE,
		"cell.bubbles: no room for bubble %d of radius %.3g um in the liquid; fewer "
		"(cell.bubbles) or smaller ones (cell.bubble_radius) would fit",
		n + 1, ball(l->volume, z) * c->pixel_um);
}

static enum err make_lives(struct life *lives, int n, const struct cell *c,
	const struct simulate_settings *s, double reach, const struct sizes *z)
{
	static const enum fate fates[] = {SITS, MERGES, SPLITS, VANISHES, GROWS, APPEARS};
	struct random r = random_start((uint64_t)s->seed, 'b', 0);

	for (int i = 0; i < n; i++) {
		struct life *l = &lives[i];
		double round = 2 * M_PI * random_uniform(&r), up = random_between(&r, -0.5, 0.5);

		*l = (struct life){
			.fate = i < 6			   ? fates[i]
				: random_uniform(&r) < 0.5 ? GROWS
							   : APPEARS,
			.volume = random_between(&r, 0.15, 1),
			.from = random_between(&r, 0.3, 0.7),
			.aside = {cos(round) * sqrt(1 - up * up), sin(round) * sqrt(1 - up * up),
				up},
		};
		if (l->fate == SITS)
			l->volume = 0.9;
		if (s->scenario != SCENARIO_STRIPPING)
			l->fate = GROWS;
		TRY(find_berth(lives, i, &r, c, reach, z));
	}
	return OK;
}

static struct bubble *add(struct cell_state *st, int64_t id, const double centre[3], double radius)
{
	struct bubble *b = &st->bubbles[st->n_bubbles++];

	*b = (struct bubble){.id = id, .radius = radius, .n_parents = 1, .parents = {id}};
	for (int i = 0; i < 3; i++)
		b->centre[i] = centre[i];
	return b;
}

static void add_pair(struct cell_state *st, const struct life *l, int64_t first, double volume,
	const struct sizes *z)
{
	double share[2] = {0.55, 0.45};
	double far = ball(share[0] * volume, z) + ball(share[1] * volume, z) + z->clear;

	for (int k = 0; k < 2; k++) {
		double at[3], way = (k ? share[0] : -share[1]) * far;

		for (int i = 0; i < 3; i++)
			at[i] = l->centre[i] + way * l->aside[i];
		add(st, first + k, at, ball(share[k] * volume, z));
	}
}

/* A life at time f; before: the step before, for lineage at events. Ids: 10 i + 1 ... */
static void live(struct cell_state *st, const struct life *l, int64_t i, double f, double before,
	const struct sizes *z)
{
	int64_t id = 10 * i + 1;
	double volume = l->volume * (0.12 + 0.88 * f), born = l->volume * (f - l->from + 0.08);
	bool just = before < l->from;
	struct bubble *b;

	switch (l->fate) {
	case SITS:
		b = add(st, id, l->centre, ball(volume, z));
		b->centre[2] -= sits_above * b->radius;
		b->attached = true;
		break;
	case MERGES:
		if (f < l->from) {
			add_pair(st, l, id, volume, z);
			break;
		}
		b = add(st, id + 2, l->centre, ball(volume, z));
		if (just)
			*b = (struct bubble){b->id, {id, id + 1}, 2,
				{b->centre[0], b->centre[1], b->centre[2]}, b->radius, false};
		break;
	case SPLITS:
		if (f < l->from) {
			add(st, id, l->centre, ball(volume, z));
			break;
		}
		add_pair(st, l, id + 1, volume, z);
		for (int k = 1; k <= 2 && just; k++)
			st->bubbles[st->n_bubbles - k].parents[0] = id;
		break;
	case VANISHES:
		if (f < 0.8)
			add(st, id, l->centre, ball(l->volume * (1 - f / 0.8), z));
		break;
	case APPEARS:
		if (f >= l->from) {
			b = add(st, id, l->centre, ball(born, z));
			b->n_parents = just ? 0 : 1;
		}
		break;
	case GROWS:
		add(st, id, l->centre, ball(volume, z));
		break;
	}
}

enum err bubbles_place(struct cell_state *st, const struct cell *c,
	const struct simulate_settings *s, const struct cell_settings *cs, double reach,
	double passed)
{
	bool strip = s->scenario == SCENARIO_STRIPPING;
	struct sizes z = sizes_of(c, reach, cs->bubble_radius * c->scale / c->pixel_um);
	double step = s->steps > 1 ? 1 / (double)(s->steps - 1) : 1;
	int n = (int)(strip ? cs->bubbles : (cs->bubbles + 1) / 2);
	struct life lives[LIVES];

	TRY(make_lives(lives, n, c, s, reach, &z));
	for (int i = 0; i < n; i++) {
		if (strip)
			live(st, &lives[i], i, passed, passed - step, &z);
		else
			add(st, 10 * i + 1, lives[i].centre, ball(lives[i].volume * 0.4, &z));
	}
	for (int64_t i = 0; i < st->n_bubbles && st->step == 0; i++)
		st->bubbles[i].n_parents = 0;
	return OK;
}

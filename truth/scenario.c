/* SPDX-License-Identifier: BSD-3-Clause
 * The scenarios plating, stripping and quiet; see truth/scenario.h. Bubbles are in truth/bubbles.c. */
#include "truth/scenario.h"

#include "truth/bubbles.h"
#include "truth/random.h"

#include <math.h>

/* Share of the series that has passed at a step; one step alone shows the end. */
static double passed(const struct simulate_settings *s, int64_t step)
{
	return s->steps > 1 ? (double)step / (double)(s->steps - 1) : 1;
}

static double ramp(double x, double from, double to)
{
	return x <= from ? 0 : x >= to ? 1 : (x - from) / (to - from);
}

/* Lean and offset are the cell's; drift, turn and sway add up from step to step. */
static struct pose pose_of(
	const struct cell *c, const struct cell_settings *cs, uint64_t seed, int64_t step)
{
	struct random r = random_start(seed, 'm', 0);
	double um = c->scale / c->pixel_um, lean = 2 * M_PI * random_uniform(&r);
	double aside = 2 * M_PI * random_uniform(&r), turn = 0, sway[2] = {0, 0};
	double t[3] = {cs->offset * um * cos(aside), cs->offset * um * sin(aside), -cs->view * um};
	double axis[3] = {cos(lean), sin(lean), 0}, tip[3], away;
	struct pose p = pose_turn(axis, cs->lean * M_PI / 180), q;

	for (int64_t k = 0; k < step; k++) {
		for (int i = 0; i < 3; i++)
			t[i] += cs->drift / c->pixel_um * random_normal(&r);
		turn += cs->turn * M_PI / 180 * random_normal(&r);
		for (int i = 0; i < 2; i++)
			sway[i] += cs->sway * M_PI / 180 * random_normal(&r);
	}
	away = hypot(sway[0], sway[1]);
	tip[0] = away > 0 ? sway[0] / away : 1;
	tip[1] = away > 0 ? sway[1] / away : 0;
	tip[2] = 0;
	q = pose_turn((double[3]){0, 0, 1}, turn);
	p = pose_after(&q, &p);
	q = pose_turn(tip, away);
	p = pose_after(&q, &p);
	for (int i = 0; i < 3; i++)
		p.t[i] = t[i];
	return p;
}

/* A loose chip is pushed out of its bed, a little aside, and turns. */
static struct pose chip_pose(
	const struct cell *c, const struct cell_settings *cs, uint64_t seed, double steps)
{
	struct random r = random_start(seed, 'k', 0);
	double to = 2 * M_PI * random_uniform(&r), about = 2 * M_PI * random_uniform(&r);
	double way = cs->chip_shift / c->pixel_um * pow(steps, 0.7);
	double axis[3] = {0.9 * cos(about), 0.9 * sin(about), sqrt(1 - 0.81)};
	/* A turn that moves the rim by a third of the way. */
	struct pose p = pose_turn(axis, way / 3 / c->lens_radius);
	double centre[3] = {c->lens_x, c->lens_y, c->lens_depth / 2};

	p = pose_about(&p, centre);
	p.t[0] += 0.4 * way * cos(to);
	p.t[1] += 0.4 * way * sin(to);
	p.t[2] -= 0.92 * way;
	return p;
}

static const double crack_from = 0.12, crack_speed = 1 / 0.55;

static void plate(struct cell_state *st, const struct cell *c, const struct cell_settings *cs,
	const struct simulate_settings *s)
{
	double f = passed(s, st->step), last = s->steps > 1 ? (double)(s->steps - 1) : 1;
	double through = crack_from + 1 / crack_speed; /* when the front has come around */

	st->front = fmin(1, fmax(0, (f - crack_from) * crack_speed));
	st->open = 0.55 + 0.45 * st->front;
	st->fill = 0.55 * ramp(f, 0.45, 1);
	st->loose = st->front >= 1;
	if (st->loose && cs->ligaments <= 0)
		st->chip = chip_pose(c, cs, c->seed, (f - through) * last + 0.5);
}

/* Level above which the noise covers a share of the interface within reach. */
static double level_of(const struct field *f, double share, double reach)
{
	double low = -6, high = 6;

	for (int step = 0; step < 30; step++) {
		double level = (low + high) / 2;
		int64_t above = 0, n = 0;

		for (int i = 0; i < 128 * 128; i++) {
			double x = reach * ((i % 128 + 0.5) / 64 - 1);
			double y = reach * ((i / 128 + 0.5) / 64 - 1);

			if (x * x + y * y > reach * reach)
				continue;
			n++;
			above += field_at(f, x, y) > level;
		}
		if ((double)above > share * (double)n)
			low = level;
		else
			high = level;
	}
	return high;
}

enum err scenario_state(struct cell_state *st, const struct cell *c,
	const struct simulate_settings *s, const struct cell_settings *cs, double view_radius,
	int64_t step)
{
	double f = passed(s, step);
	double reach = fmin(view_radius, c->smooth_from);

	*st = (struct cell_state){
		.step = step,
		.begin_s = SCENARIO_REST + (double)step * cs->interval,
		.end_s = SCENARIO_REST + (double)step * cs->interval +
			 (double)(s->angles * s->averaged) * cs->exposure,
		.pose = pose_of(c, cs, (uint64_t)s->seed, step),
		.settle = cs->settle / c->pixel_um,
		.chip = pose_identity,
		.gap_level = INFINITY,
	};
	if (s->scenario == SCENARIO_PLATING)
		plate(st, c, cs, s);
	if (s->scenario == SCENARIO_STRIPPING && cs->contact_loss > 0 && f > 0.1) {
		st->gap_noise = (struct field){
			.seed = c->seed * 16 + 7000, .size = reach / 4, .sd = 1, .octaves = 3};
		st->gap_size = 3 * sqrt(f);
		st->gap_level = level_of(&st->gap_noise, cs->contact_loss * ramp(f, 0.1, 1), reach);
	}
	return bubbles_place(st, c, s, cs, reach, f);
}

double scenario_gap(const struct cell *c, const struct cell_state *st, double x, double y)
{
	double above, edge = c->smooth_from * c->smooth_from;

	if (!isfinite(st->gap_level) || x * x + y * y > edge)
		return 0;
	above = field_at(&st->gap_noise, x, y) - st->gap_level;
	/* Steep at its rim and flat inside, as a film of gas is. */
	return above > 0 ? st->gap_size * sqrt(above) : 0;
}

static double voltage_at(const struct simulate_settings *s, const struct cell_settings *cs,
	double f, bool on, struct random *r)
{
	double volt = 0.002 + 0.0002 * random_normal(r), j = cs->current_density;

	if (!on)
		return volt;
	switch (s->scenario) {
	case SCENARIO_PLATING: /* rises, falls when the crack opens, rises as contact goes with the chip */
		return volt - j * (0.045 + 0.02 * f - 0.012 * ramp(f, crack_from, 0.5) +
					  0.03 * ramp(f, 0.67, 0.7));
	case SCENARIO_STRIPPING: /* the area in contact shrinks */
		return volt + j * (0.045 + 0.01 * f) / (1 - cs->contact_loss * ramp(f, 0.1, 1));
	case SCENARIO_QUIET:
		break;
	}
	return volt;
}

enum err scenario_record(struct battery_record *record, const struct simulate_settings *s,
	const struct cell_settings *cs, struct arena *arena)
{
	enum { EVERY = 10 };
	double scan = (double)(s->angles * s->averaged) * cs->exposure;
	double end = (double)(s->steps - 1) * cs->interval + scan;
	struct random r = random_start((uint64_t)s->seed, 'v', 0);
	double sign = s->scenario == SCENARIO_PLATING ? -1 : s->scenario == SCENARIO_QUIET ? 0 : 1;

	/* no current before the first scan and after the last */
	record->n = (int64_t)((end + 2 * SCENARIO_REST) / EVERY) + 1;
	record->time_s = ARENA_NEW(arena, double, record->n);
	record->voltage_v = ARENA_NEW(arena, double, record->n);
	record->current_ma = ARENA_NEW(arena, double, record->n);
	NEED(record->time_s);
	NEED(record->voltage_v);
	NEED(record->current_ma);
	for (int64_t i = 0; i < record->n; i++) {
		double time = (double)(i * EVERY) - SCENARIO_REST;
		bool on = sign != 0 && time >= 0 && time <= end;

		record->time_s[i] = time + SCENARIO_REST;
		record->current_ma[i] = on ? sign * cs->current_density * cs->area : 0;
		record->voltage_v[i] =
			voltage_at(s, cs, end > 0 ? fmin(1, fmax(0, time / end)) : 1, on, &r);
	}
	return OK;
}

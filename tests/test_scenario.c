/* SPDX-License-Identifier: BSD-3-Clause
 * What happens from step to step: bubbles have room, ancestors and volumes that add up, cracks only grow, and
 * a quiet cell does nothing but drift. */
#include "tests/cell_points.h"

static struct arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = arena_new();
	return arena ? 0 : 1;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static struct settings scenario(enum scenario what, int64_t size, int64_t steps, int64_t seed)
{
	struct settings s = cell_defaults(size, arena);

	s.simulate.scenario = what;
	s.simulate.steps = steps;
	s.simulate.seed = seed;
	return s;
}

static struct cell_state state_of(struct made_cell *m, int64_t step)
{
	struct cell_state state;

	if (make_state(m, &state, step) != OK)
		fail_msg("step %d: %s", (int)step, error_message());
	return state;
}

static void open_cell(struct made_cell *m, const struct settings *s)
{
	if (try_cell(m, s, 0, arena) != OK)
		fail_msg("size %d seed %d scenario %d: %s", (int)s->simulate.size,
			(int)s->simulate.seed, (int)s->simulate.scenario, error_message());
}

static double gap_between(const struct bubble *a, const struct bubble *b)
{
	double d2 = 0;

	for (int i = 0; i < 3; i++)
		d2 += (a->centre[i] - b->centre[i]) * (a->centre[i] - b->centre[i]);
	return sqrt(d2) - a->radius - b->radius;
}

/* In the liquid: off the Al, the O-ring, each other and, unless they sit on it, the interface with its
 * gas. Returns the least distance of any. */
static double check_room(const struct made_cell *m, const struct cell_state *st)
{
	const struct cell *c = m->cell;
	double least = INFINITY;

	for (int64_t i = 0; i < st->n_bubbles; i++) {
		const struct bubble *b = &st->bubbles[i];
		const double *p = b->centre;

		assert_true(b->radius > 0 && isfinite(b->radius));
		least = fmin(least, p[2] - b->radius + c->gap);
		for (int64_t k = 0; k < i; k++)
			least = fmin(least, gap_between(b, &st->bubbles[k]));
		for (int k = 0; k < 400; k++) {
			double a = 2 * M_PI * k / 20, up = (k / 20 + 0.5) / 10 - 1,
			       side = sqrt(1 - up * up);
			double q[3] = {p[0] + b->radius * side * cos(a),
				p[1] + b->radius * side * sin(a), p[2] + b->radius * up};
			double h = 2 * q[2] / c->gap + 1, r = hypot(q[0], q[1]);

			least = fmin(least,
				c->ring_middle - c->ring_half * sqrt(fmax(0, 1 - h * h)) - r);
			if (!b->attached)
				least = fmin(least, cell_interface(c, q[0], q[1]) -
							    scenario_gap(c, st, q[0], q[1]) - q[2]);
		}
		if (b->attached)
			assert_true(p[2] + b->radius > cell_plane(c, p[0], p[1]) &&
				    p[2] < cell_plane(c, p[0], p[1]));
	}
	return least;
}

static void bubbles_have_room(void **state)
{
	static const int64_t sizes[] = {64, 96, 128, 256, 512};
	static const int64_t steps[] = {1, 2, 3, 12};

	(void)state;
	for (int size = 0; size < 5; size++) {
		double least = INFINITY;

		for (int k = 0; k < 24; k++) {
			struct arena_mark mark = arena_mark(arena);
			struct settings s = scenario(
				(enum scenario)(k % 3), sizes[size], steps[k % 4], 1 + k / 3);
			struct made_cell m;

			open_cell(&m, &s);
			for (int64_t step = s.simulate.steps - 1; step >= 0; step -= 4) {
				struct cell_state st = state_of(&m, step);

				least = fmin(least, check_room(&m, &st));
			}
			arena_release(arena, mark);
		}
		print_message("size %d: bubbles at least %.2f px from anything\n", (int)sizes[size],
			least);
		assert_true(least > 0);
	}
}

/* Many and large ones, beside one that has grown away from the interface it sits on. */
static void crowds_have_room(void **state)
{
	double least = INFINITY;
	int made = 0;

	(void)state;
	for (int seed = 1; seed <= 40; seed++) {
		struct arena_mark mark = arena_mark(arena);
		struct settings s = scenario(SCENARIO_STRIPPING, 512, 2, seed);
		struct made_cell m;
		struct cell_state st;

		s.cell.bubbles = 12;
		s.cell.bubble_radius = 320;
		s.cell.gap = 1700;
		s.cell.contact_loss = 0;
		if (try_cell(&m, &s, 0, arena) == OK) {
			st = state_of(&m, 1);
			least = fmin(least, check_room(&m, &st));
			made++;
		}
		arena_release(arena, mark);
	}
	print_message("%d crowds, at least %.2f px apart\n", made, least);
	assert_true(made > 20);
	assert_true(least > 0);
}

static const struct bubble *find(const struct cell_state *st, int64_t id)
{
	for (int64_t i = 0; i < st->n_bubbles; i++)
		if (st->bubbles[i].id == id)
			return &st->bubbles[i];
	return NULL;
}

static double volume_of(const struct bubble *b)
{
	return 4 * M_PI / 3 * pow(b->radius, 3);
}

struct events {
	int merged, split, born, gone;
};

/* From `old` to `now`; growth: of the volume of what only grows. */
static void check_lineage(const struct cell_state *old, const struct cell_state *now, double growth,
	struct events *events)
{
	for (int64_t i = 0; i < now->n_bubbles; i++) {
		const struct bubble *b = &now->bubbles[i];
		double before = 0, after = volume_of(b);
		int heirs = 1;

		assert_ptr_equal(find(now, b->id), b); /* once */
		assert_true(b->n_parents <= MAX_PARENTS);
		for (int k = 0; k < b->n_parents; k++) {
			const struct bubble *parent = find(old, b->parents[k]);

			assert_non_null(parent);
			before += volume_of(parent);
		}
		for (int64_t k = 0; k < now->n_bubbles; k++)
			if (k != i && b->n_parents > 0 && now->bubbles[k].n_parents > 0 &&
				now->bubbles[k].parents[0] == b->parents[0]) {
				after += volume_of(&now->bubbles[k]);
				heirs++;
			}
		events->born += b->n_parents == 0;
		events->merged += b->n_parents == 2;
		events->split += heirs == 2;
		if (b->n_parents == 0)
			assert_null(find(old, b->id));
		if (b->n_parents == 2 || heirs == 2)
			assert_near(after / before, growth, 1e-9);
		if (b->n_parents == 1 && heirs == 1)
			assert_int_equal(b->parents[0], b->id);
	}
	for (int64_t i = 0; i < old->n_bubbles; i++) {
		int heirs = 0;

		for (int64_t k = 0; k < now->n_bubbles; k++)
			for (int q = 0; q < now->bubbles[k].n_parents; q++)
				heirs += now->bubbles[k].parents[q] == old->bubbles[i].id;
		events->gone += heirs == 0;
	}
}

static void lineage_is_consistent(void **state)
{
	static const int64_t steps[] = {1, 2, 3, 6, 12, 40};
	struct events events = {0, 0, 0, 0};

	(void)state;
	for (int seed = 1; seed <= 8; seed++)
		for (int k = 0; k < 6; k++) {
			struct arena_mark mark = arena_mark(arena);
			struct settings s = scenario(SCENARIO_STRIPPING, 256, steps[k], seed);
			struct made_cell m;
			struct cell_state old, now;

			s.cell.bubbles = seed % 2 ? 6 : 14;
			s.cell.contact_loss = 0; /* takes time */
			open_cell(&m, &s);
			old = state_of(&m, 0);
			for (int64_t i = 0; i < old.n_bubbles; i++)
				assert_int_equal(old.bubbles[i].n_parents, 0);
			for (int64_t step = 1; step < steps[k]; step++) {
				double last = (double)(steps[k] - 1);
				double f = (double)step / last, g = (double)(step - 1) / last;

				now = state_of(&m, step);
				check_lineage(
					&old, &now, (0.12 + 0.88 * f) / (0.12 + 0.88 * g), &events);
				old = now;
			}
			arena_release(arena, mark);
		}
	print_message("%d merged, %d halves of split ones, %d born, %d gone\n", events.merged,
		events.split, events.born, events.gone);
	assert_true(
		events.merged >= 40 && events.split >= 80 && events.born > 0 && events.gone >= 40);
}

static void quiet_cells_only_drift(void **state)
{
	struct settings s = scenario(SCENARIO_QUIET, 256, 5, 2);
	struct made_cell m;
	struct cell_state first;

	(void)state;
	open_cell(&m, &s);
	first = state_of(&m, 0);
	for (int64_t step = 1; step < 5; step++) {
		struct cell_state st = state_of(&m, step);
		struct pose back = pose_inverse(&first.pose), move = pose_after(&st.pose, &back);
		double turn = acos(fmin(1, (move.r[0][0] + move.r[1][1] + move.r[2][2] - 1) / 2));
		double far =
			sqrt(move.t[0] * move.t[0] + move.t[1] * move.t[1] + move.t[2] * move.t[2]);

		assert_true(st.front == 0 && !st.loose && isinf(st.gap_level));
		assert_memory_equal(&st.chip, &pose_identity, sizeof(struct pose));
		assert_int_equal(st.n_bubbles, first.n_bubbles);
		for (int64_t i = 0; i < st.n_bubbles; i++) {
			assert_memory_equal(st.bubbles[i].centre, first.bubbles[i].centre,
				sizeof(first.bubbles[i].centre));
			assert_true(st.bubbles[i].radius == first.bubbles[i].radius);
		}
		/* a few times the r.m.s. of a step, by as many steps */
		assert_true(turn > 0 && turn < 4 * (double)step * 0.3 * M_PI / 180);
		assert_true(far > 0 && far < 6 * (double)step * 2 / 1.3);
		for (int i = 0; i < 3; i++)
			for (int k = 0; k < 3; k++)
				assert_near(move.r[i][0] * move.r[k][0] +
						    move.r[i][1] * move.r[k][1] +
						    move.r[i][2] * move.r[k][2],
					i == k, 1e-12);
	}
}

/* Points of the lens, in the cell's frame, that are crack at one step and not at the next. */
static void cracks_never_shrink(void **state)
{
	enum { POINTS = 20000, STEPS = 12 };

	(void)state;
	for (int ligaments = 0; ligaments < 2; ligaments++)
		for (int seed = 1; seed <= 3; seed++) {
			struct settings s = scenario(SCENARIO_PLATING, 256, STEPS, seed);
			struct made_cell m;
			bool *crack = ARENA_ZERO(arena, bool, POINTS);
			int64_t lost = 0, last = 0;

			s.cell.ligaments = 0.2 * ligaments;
			s.cell.bubbles = 0;
			open_cell(&m, &s);
			for (int64_t step = 0; step < STEPS; step++) {
				uint64_t draws = 7;
				struct points w;
				int64_t n = 0;

				m.state = state_of(&m, step);
				w = points_of(&m);
				assert_true(step > 0 || m.state.front == 0);
				for (int i = 0; i < POINTS; i++) {
					double r = 1.2 * m.cell->lens_radius * sqrt(draw(&draws));
					double a = 2 * M_PI * draw(&draws), p[3], face;
					enum part part;

					p[0] = m.cell->lens_x + r * cos(a);
					p[1] = m.cell->lens_y + r * sin(a);
					p[2] = cell_lens(m.cell, p[0], p[1]) + 12 * draw(&draws) -
					       8;
					face = cell_interface(m.cell, p[0], p[1]);
					part = point_solid(&w, p, face);
					lost += crack[i] && part != PART_CRACK &&
						part != PART_CRACK_NAK;
					crack[i] = part == PART_CRACK || part == PART_CRACK_NAK;
					n += crack[i];
				}
				assert_true(step > 0 || n == 0);
				last = n;
			}
			print_message(
				"ligaments %g, seed %d: crack at %lld of %d points, %lld lost\n",
				s.cell.ligaments, seed, (long long)last, POINTS, (long long)lost);
			assert_true(last > 2000);
			/* 3 or 4 points: a loose chip that moves aside comes over them with its
			 * steep faces; with ligaments it cannot move, and none is lost */
			assert_true(lost <= (ligaments ? 0 : last / 1000));
		}
}

/* The real size at coarse pixels, and everything that is asked for at once. */
static void extremes_can_be_made(void **state)
{
	(void)state;
	for (int k = 0; k < 3; k++) {
		struct settings s = scenario((enum scenario)k, 256, 3, 5);
		struct made_cell m;
		struct cell_state st;

		s.input.pixel_size = 16;
		s.cell.scale = 1;
		open_cell(&m, &s);
		st = state_of(&m, 2);
		assert_true(check_room(&m, &st) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bubbles_have_room, setup, teardown),
		cmocka_unit_test_setup_teardown(crowds_have_room, setup, teardown),
		cmocka_unit_test_setup_teardown(lineage_is_consistent, setup, teardown),
		cmocka_unit_test_setup_teardown(quiet_cells_only_drift, setup, teardown),
		cmocka_unit_test_setup_teardown(cracks_never_shrink, setup, teardown),
		cmocka_unit_test_setup_teardown(extremes_can_be_made, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

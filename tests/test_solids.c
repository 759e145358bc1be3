/* SPDX-License-Identifier: BSD-3-Clause
 * Line integrals through the smooth parts and bubbles of the cell against closed forms, and against chords
 * whose ends are found by bisection of an inside() written here. */
#include "tests/cell_make.h"

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

/* All of the cell in view: a tube of 8 mm times `scale` on `size` pixels; the O-ring is a circular torus. */
static struct settings whole_cell(int64_t size, double lean)
{
	struct settings s = cell_defaults(size, arena);

	smooth_only(&s);
	s.cell.scale = 0.9 * (double)size * 1.3 / 8000;
	s.cell.lean = lean;
	s.cell.tilt = 1.5;
	s.cell.gap = s.cell.ring_cord;
	return s;
}

/* A convex body, or one that a ray meets in few pieces: is the point of the cell's frame in it? */
typedef bool inside_part(const struct cell *c, const double p[3]);

static double across(const double p[3])
{
	return sqrt(p[0] * p[0] + p[1] * p[1]);
}

static bool in_peek(const struct cell *c, const double p[3])
{
	return across(p) >= c->tube_inner && across(p) < c->tube_outer;
}

static bool in_al(const struct cell *c, const double p[3])
{
	return across(p) < c->rod && p[2] < -c->gap;
}

static bool in_na(const struct cell *c, const double p[3])
{
	return across(p) < c->rod && p[2] >= c->pellet;
}

/* A slab between the tilted plane and the bottom. */
static bool in_pellet(const struct cell *c, const double p[3])
{
	return across(p) < c->pellet_radius && p[2] < c->pellet &&
	       p[2] >= c->slope[0] * p[0] + c->slope[1] * p[1];
}

static bool between(const struct cell *c, const double p[3])
{
	return p[2] >= -c->gap && p[2] < c->slope[0] * p[0] + c->slope[1] * p[1];
}

static bool in_torus(const struct cell *c, const double p[3])
{
	double h = p[2] + c->gap / 2, r = across(p) - c->ring_middle;

	return r * r + h * h * pow(2 * c->ring_half / c->gap, 2) < c->ring_half * c->ring_half &&
	       between(c, p);
}

static bool in_liquid(const struct cell *c, const double p[3])
{
	return across(p) < c->ring_middle && between(c, p) && !in_torus(c, p);
}

/* Length of p + s d in the body, |s| < far: steps of `step`, ends to 1e-10. */
static double chord_of(inside_part *inside, const struct cell *c, const double p[3],
	const double d[3], double far, double step)
{
	double sum = 0, entry = 0;
	bool in = false;

	for (double s = -far; s <= far; s += step) {
		double low = s - step, high = s, q[3];

		for (int i = 0; i < 3; i++)
			q[i] = p[i] + s * d[i];
		if (inside(c, q) == in)
			continue;
		for (int round = 0; round < 36; round++) {
			double middle = (low + high) / 2;

			for (int i = 0; i < 3; i++)
				q[i] = p[i] + middle * d[i];
			if (inside(c, q) == in)
				low = middle;
			else
				high = middle;
		}
		sum += in ? high - entry : 0;
		entry = high;
		in = !in;
	}
	return sum;
}

/* The chord of a fine sample at (u, v), its mean over the sample. */
static double true_line(
	const struct made_cell *m, inside_part *inside, double angle, double u, double v)
{
	enum { ROWS = 2, COLS = 8 };
	const struct grid *g = &m->scan->grid;
	struct pose back = pose_inverse(&m->state.pose), turn = back;
	double sum = 0;

	turn.t[0] = turn.t[1] = turn.t[2] = 0;
	for (int k = 0; k < ROWS * COLS; k++) {
		double p[3], d[3];

		ray_of(g, angle, 0, u + ((k % COLS + 0.5) / COLS - 0.5) / (double)g->os,
			v + ((k / COLS + 0.5) / ROWS - 0.5) / (double)g->os, p, d);
		pose_apply(&back, p, p);
		pose_apply(&turn, d, d);
		sum += chord_of(inside, m->cell, p, d, m->cell->tube_outer * 1.2, 1.0) /
		       (ROWS * COLS);
	}
	return sum;
}

struct worst {
	double relative, absolute;
	int n, edges;
};

/* Every so many samples of every so many rows, away from edges: where the chord changes by less than a tenth
 * over a pixel each way. */
static void compare_part(
	struct made_cell *m, enum part part, inside_part *inside, double angle, struct worst *worst)
{
	const struct grid *g = &m->scan->grid;
	float *lines;

	only_part(m, part);
	lines = lines_of(m, angle, 0.5, 0, g->n_row, arena);
	for (int64_t row = 5; row < g->n_row * g->os; row += 17)
		for (int64_t col = 7; col < g->n_col * g->os; col += 23) {
			double u = ((double)col + 0.5) / (double)g->os - 0.5;
			double v = ((double)row + 0.5) / (double)g->os - 0.5, got, want, off;

			got = (double)lines[row * g->n_col * g->os + col];
			want = true_line(m, inside, angle, u, v);
			off = fabs(got - want);
			worst->absolute = fmax(worst->absolute, off);
			if (want < 2)
				continue;
			if (off <= 1e-3 * want) {
				worst->relative = fmax(worst->relative, off / want);
				worst->n++;
				continue;
			}
			for (int k = 0; k < 4; k++) {
				double near = true_line(m, inside, angle, u + (k == 0) - (k == 1),
					v + (k == 2) - (k == 3));

				if (fabs(near - want) > 0.1 * want)
					off = 0;
			}
			if (off > 0)
				print_message("part %d row %d col %d: %g, not %g\n", part, (int)row,
					(int)col, got, want);
			worst->relative = fmax(worst->relative, off / want);
			worst->n += off > 0;
			worst->edges += off <= 0;
		}
}

static void smooth_parts_have_the_lines_of_their_formulas(void **state)
{
	static const struct {
		enum part part;
		inside_part *inside;
		const char *name;
	} bodies[] = {{PART_PEEK, in_peek, "tube"}, {PART_AL, in_al, "Al"}, {PART_NA, in_na, "Na"},
		{PART_NASICON, in_pellet, "tilted slab"}, {PART_RING, in_torus, "torus"},
		{PART_NAK, in_liquid, "liquid"}};
	static const double leans[] = {0, 0.3, 2};
	struct made_cell m;

	(void)state;
	for (int lean = 0; lean < 3; lean++) {
		struct settings s = whole_cell(320, leans[lean]);

		make_cell(&m, &s, 0, arena);
		for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
			struct worst worst = {0, 0, 0, 0};

			for (int k = 0; k < 3; k++)
				compare_part(&m, bodies[i].part, bodies[i].inside, 0.4 + 1.3 * k,
					&worst);
			print_message("lean %g, %s: relative error %.2g of %d lines; %d at edges, "
				      "%.2g px\n",
				leans[lean], bodies[i].name, worst.relative, worst.n, worst.edges,
				worst.absolute);
			assert_true(worst.edges < worst.n / 5);
			assert_true(worst.n > 100);
			assert_true(worst.relative < 1e-3);
		}
	}
}

/* Errors of pixels at an edge, as px that the edge seems moved. */
struct moved {
	double square, worst;
	int n;
};

static void add_moved(struct moved *m, double got, double want, double per_px)
{
	double off = fabs(got - want) / fabs(per_px);

	m->square += off * off;
	m->worst = fmax(m->worst, off);
	m->n++;
}

static double pixel_of(const struct grid *g, const float *lines, int64_t col, int64_t row)
{
	double sum = 0;

	for (int64_t k = 0; k < g->os * g->os; k++)
		sum += (double)lines[(row * g->os + k / g->os) * g->n_col * g->os + col * g->os +
				     k % g->os];
	return sum / (double)(g->os * g->os);
}

/* Integral of the chord of a circle of radius r from its left end to t. */
static double segment(double r, double t)
{
	t = fmin(fmax(t, -r), r);
	return t * sqrt(r * r - t * t) + r * r * asin(t / r) + r * r * M_PI / 2;
}

static void sides_of_cylinders_are_in_their_place(void **state)
{
	struct moved moved = {0, 0, 0};

	(void)state;
	for (int phase = 0; phase < 16; phase++) {
		struct settings s = whole_cell(256, 0);
		struct made_cell m;
		double r, center;
		float *lines;

		s.cell.offset = s.cell.drift = 0;
		s.simulate.rows = 2;
		s.cell.view = 400;
		s.simulate.center_offset = phase / 32.0;
		make_cell(&m, &s, 0, arena);
		only_part(&m, PART_NASICON);
		r = m.cell->pellet_radius;
		center = m.scan->grid.center;
		lines = lines_of(&m, 0.3, 0.5, 0, 1, arena);
		for (int64_t i = (int64_t)(center - r) - 2; i < (int64_t)(center + r) + 3; i++) {
			double t = (double)i - center, d = 1e-3;
			double want = segment(r, t + 0.5) - segment(r, t - 0.5);
			double wider = segment(r + d, t + 0.5) - segment(r + d, t - 0.5);

			if (want > 0.1 && fabs(fabs(t) - r) < 4)
				add_moved(&moved, pixel_of(&m.scan->grid, lines, i, 0), want,
					(wider - want) / d);
		}
	}
	print_message("sides of the pellet off by %.2g px r.m.s., %.2g at worst of %d pixels\n",
		sqrt(moved.square / moved.n), moved.worst, moved.n);
	assert_true(moved.n > 100 && moved.worst < 0.01);
}

/* The part of a chord of a ball (middle at p) above a plane z = plane[0] + plane[1] x + plane[2] y; the ray is
 * level. */
static double ball_chord(const double p[3], double r, const double *plane, const double from[3],
	const double along[3])
{
	double s0, s1, at = 0, rest = r * r, d[3], depth, rise;

	for (int i = 0; i < 3; i++) {
		d[i] = from[i] - p[i];
		at -= d[i] * along[i];
		rest -= d[i] * d[i];
	}
	rest += at * at;
	if (rest <= 0)
		return 0;
	s0 = at - sqrt(rest);
	s1 = at + sqrt(rest);
	if (!plane)
		return s1 - s0;
	depth = from[2] - plane[0] - plane[1] * from[0] - plane[2] * from[1];
	rise = -plane[1] * along[0] - plane[2] * along[1];
	if (rise > 0)
		s1 = fmin(s1, -depth / rise);
	else
		s0 = fmax(s0, -depth / rise);
	return fmax(0, s1 - s0);
}

static double ball_pixel(const struct made_cell *m, const double p[3], double r,
	const double *plane, double angle, int64_t col, int64_t row)
{
	enum { SUB = 24 };
	double sum = 0;

	for (int k = 0; k < SUB * SUB; k++) {
		double from[3], along[3];

		ray_of(&m->scan->grid, angle, 0, (double)col + (k % SUB + 0.5) / SUB - 0.5,
			(double)row + (k / SUB + 0.5) / SUB - 0.5, from, along);
		sum += ball_chord(p, r, plane, from, along);
	}
	return sum / (SUB * SUB);
}

/* Shadow of bubble 0: what liquid the lines lack. */
static void compare_bubble(struct made_cell *m, double angle, const char *name)
{
	const struct grid *g = &m->scan->grid;
	const struct bubble *b = &m->state.bubbles[0];
	const double *plane = b->attached ? m->scan->columns->plane : NULL;
	struct moved rim = {0, 0, 0};
	double p[3], inside = 0, sum = 0, volume = 0;
	float *with, *without;
	int n = 0;

	only_part(m, PART_NAK);
	with = lines_of(m, angle, 0.5, 0, g->n_row, arena);
	pose_apply(&m->state.pose, b->centre, p);
	m->state.n_bubbles = 0;
	without = lines_of(m, angle, 0.5, 0, g->n_row, arena);
	m->state.n_bubbles = 1;
	for (int64_t row = 0; row < g->n_row; row++)
		for (int64_t col = 0; col < g->n_col; col++) {
			double got = pixel_of(g, without, col, row) - pixel_of(g, with, col, row);
			double t = p[0] * cos(angle) - p[1] * sin(angle), away, want, wider;

			sum += got;
			away = hypot(
				(double)col - (g->center + t * g->cos_roll - p[2] * g->sin_roll),
				(double)row - (g->middle + t * g->sin_roll + p[2] * g->cos_roll));
			if (away > b->radius + 2)
				continue;
			want = ball_pixel(m, p, b->radius, plane, angle, col, row);
			volume += want;
			wider = ball_pixel(m, p, b->radius + 0.01, plane, angle, col, row);
			if (away > b->radius - 2 && wider - want > 0.02)
				add_moved(&rim, got, want, (wider - want) / 0.01);
			/* the quadrature itself is rough where the plane cuts level chords */
			if (away < b->radius - 2 && want > 2 && n++ >= 0)
				inside = fmax(inside, fabs(got / want - 1));
		}
	print_message(
		"%s: %d pixels right to %.2g, rim off by %.2g px r.m.s., %.2g at worst, volume "
		"%.2g\n",
		name, n, inside, sqrt(rim.square / rim.n), rim.worst, sum / volume - 1);
	assert_true(n > 100 && rim.n > 50);
	assert_true(inside < (b->attached ? 1e-2 : 1e-3));
	assert_true(sqrt(rim.square / rim.n) < 0.01 && rim.worst < 0.05);
	assert_near(sum / volume, 1, 1e-3);
}

static void bubbles_have_the_chords_of_balls(void **state)
{
	(void)state;
	for (int k = 0; k < 6; k++) {
		struct settings s = cell_defaults(128, arena);
		struct made_cell m;
		char name[80];

		smooth_only(&s);
		s.simulate.tilt = k % 3 == 2 ? 1.5 : 0;
		s.cell.lean = k % 3;
		s.cell.tilt = 3;
		s.cell.scale = 0.08;
		assert_int_equal(try_cell(&m, &s, 0, arena), OK);
		m.state.n_bubbles = 1;
		m.state.bubbles[0] = (struct bubble){.id = 1, .radius = 13.4, .attached = k < 3};
		m.state.bubbles[0].centre[0] = 7.2;
		m.state.bubbles[0].centre[1] = -3 + k;
		m.state.bubbles[0].centre[2] = k < 3 ? -6.1 : -25.3;
		assert_int_equal(
			cell_scan_new(&m.scan, m.cell, &m.state, &m.parts, &m.view, arena), OK);
		snprintf(name, sizeof(name), "%s bubble, cell leaning %d degrees, detector %g",
			k < 3 ? "attached" : "free", k % 3, s.simulate.tilt);
		compare_bubble(&m, 0.5 + k, name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			smooth_parts_have_the_lines_of_their_formulas, setup, teardown),
		cmocka_unit_test_setup_teardown(
			sides_of_cylinders_are_in_their_place, setup, teardown),
		cmocka_unit_test_setup_teardown(bubbles_have_the_chords_of_balls, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * A cell, its state and its scan for tests, made as cli/simulate_cell.c makes them; and near(). */
#ifndef TESTS_CELL_MAKE_H
#define TESTS_CELL_MAKE_H

#include "config/options.h"
#include "truth/cell_scan.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* cmocka's own compares floats. */
static inline void near_at(double got, double want, double tolerance, const char *file, int line)
{
	if (!(fabs(got - want) <= tolerance)) {
		print_error("got %.9g, not %.9g +- %.3g\n", got, want, tolerance);
		_fail(file, line);
	}
}
#define assert_near(got, want, tolerance)                                                          \
	near_at((double)(got), (double)(want), tolerance, __FILE__, __LINE__)

struct made_cell {
	struct settings s;
	struct cell *cell;
	struct cell_state first, state; /* of step 0, of the step asked for */
	struct optical_parts parts;	/* nothing attenuates: see only_part() */
	struct cell_view view;
	struct cell_scan *scan;
};

/* The defaults on a detector of size x size pixels of 1.3 um, at contact and without blur. */
static inline struct settings cell_defaults(int64_t size, struct arena *arena)
{
	struct settings s;

	assert_int_equal(settings_defaults(&s, arena), OK);
	s.input.pixel_size = 1.3;
	s.input.distance = 0;
	s.simulate.size = s.simulate.rows = size;
	s.simulate.angles = 4;
	s.simulate.blur = 0;
	return s;
}

/* Only smooth parts: no roughness, pores, crack, bubbles. */
static inline void smooth_only(struct settings *s)
{
	s->simulate.scenario = SCENARIO_QUIET;
	s->cell.roughness = 0;
	s->cell.porosity = 0;
	s->cell.bubbles = 0;
}

static inline enum err make_state(struct made_cell *m, struct cell_state *state, int64_t step)
{
	return scenario_state(
		state, m->cell, &m->s.simulate, &m->s.cell, (double)m->s.simulate.size / 2, step);
}

/* Cell and state alone. m must stay where it is: the scan points into it. */
static inline enum err try_cell(
	struct made_cell *m, const struct settings *s, int64_t step, struct arena *arena)
{
	memset(m, 0, sizeof(*m));
	m->s = *s;
	m->view = (struct cell_view){s->simulate.size, s->simulate.rows, s->simulate.oversample,
		s->simulate.center_offset, s->simulate.tilt, s->input.pixel_size, 80,
		s->input.distance, s->simulate.blur};
	TRY(cell_new(&m->cell, &s->cell, s->input.pixel_size, s->simulate.size,
		(uint64_t)s->simulate.seed, arena));
	TRY(make_state(m, &m->first, 0));
	return make_state(m, &m->state, step);
}

static inline void make_cell(
	struct made_cell *m, const struct settings *s, int64_t step, struct arena *arena)
{
	enum err e = try_cell(m, s, step, arena);

	if (e != OK)
		print_error("%s\n", error_message());
	assert_int_equal(e, OK);
	e = cell_scan_new(&m->scan, m->cell, &m->state, &m->parts, &m->view, arena);
	if (e != OK)
		print_error("%s\n", error_message());
	assert_int_equal(e, OK);
}

/* From now on lines are lengths (px) in one part. */
static inline void only_part(struct made_cell *m, enum part part)
{
	memset(&m->parts, 0, sizeof(m->parts));
	m->parts.mu[part] = 1;
	if (part == PART_NAK)
		m->parts.mu[PART_CRACK_NAK] = 1;
}

/* The fine lines of rows [row0, row0 + n_row) of the detector. */
static inline float *lines_of(const struct made_cell *m, double angle, double time, int64_t row0,
	int64_t n_row, struct arena *arena)
{
	const struct grid *g = &m->scan->grid;
	float *out = ARENA_NEW(arena, float, n_row * g->os * g->n_col * g->os);

	assert_non_null(out);
	assert_int_equal(cell_scan_lines(m->scan, angle, time, row0, n_row, out, arena), OK);
	return out;
}

/* The straight line of fine place (u, v), in detector pixels, as truth/grid.h defines it: point + s along,
 * lab frame. sink: px that the cell has moved along z, which the rays move back. */
static inline void ray_of(const struct grid *g, double angle, double sink, double u, double v,
	double point[3], double along[3])
{
	double du = u - g->center, dv = v - g->middle;
	double t = du * g->cos_roll + dv * g->sin_roll;

	point[0] = t * cos(angle);
	point[1] = -t * sin(angle);
	point[2] = -du * g->sin_roll + dv * g->cos_roll - sink;
	along[0] = sin(angle);
	along[1] = cos(angle);
	along[2] = 0;
}

/* A generator that is the same everywhere (splitmix64). */
static inline double draw(uint64_t *seed)
{
	uint64_t z = (*seed += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

#endif

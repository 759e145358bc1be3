/* SPDX-License-Identifier: BSD-3-Clause
 * Frames of the cell, strip by strip of rows; see truth/cell_scan.h. */
#include "truth/cell_scan.h"

#include "core/isa.h"
#include "truth/solids_kernels.h"

#include <math.h>
#include <string.h>

ISA_DECLARE(struct solids_kernels, solids_kernels);

/* Rows of the detector at once: the strip's line integrals fill about 60 MB at 3072 columns. */
enum { STRIP_ROWS = 128, STRIP_PAD = 64 };

enum err parts_new(struct optical_parts *parts, const struct material_settings *m,
	double energy_kev, double pixel_um)
{
	const struct {
		enum part part;
		const char *text, *where;
	} made_of[] = {{PART_NASICON, m->nasicon, "materials.nasicon"},
		{PART_NAK, m->nak, "materials.nak"}, {PART_AL, m->al, "materials.al"},
		{PART_NA, m->na, "materials.na"}, {PART_PEEK, m->peek, "materials.peek"},
		{PART_RING, m->ring, "materials.ring"}};

	*parts = (struct optical_parts){.mu = {0}};
	for (size_t i = 0; i < sizeof(made_of) / sizeof(*made_of); i++) {
		struct material material;

		TRY(material_parse(made_of[i].text, made_of[i].where, energy_kev, &material));
		parts->mu[made_of[i].part] = material.mu * pixel_um * 1e-4;
		parts->delta[made_of[i].part] = material.delta * pixel_um;
	}
	parts->mu[PART_CRACK_NAK] = parts->mu[PART_NAK];
	parts->delta[PART_CRACK_NAK] = parts->delta[PART_NAK];
	return OK;
}

double cell_view_reach(const struct cell_view *view)
{
	double roll = fabs(sin(view->tilt * M_PI / 180));

	return (double)view->size / 2 + fabs(view->center_offset) + roll * (double)view->rows / 2 +
	       4;
}

enum err cell_scan_new(struct cell_scan **scan, const struct cell *c, const struct cell_state *st,
	const struct optical_parts *parts, const struct cell_view *view, struct arena *arena)
{
	struct cell_scan *s = ARENA_ZERO(arena, struct cell_scan, 1);
	const struct optics_plan plan = {view->oversample, view->pixel_um, view->energy_kev,
		view->distance_mm, view->blur_px};
	double roll = -view->tilt * M_PI / 180;
	struct cell_columns *columns;
	struct needles *needles;
	struct pores *pores;
	struct optics *optics;
	struct pore_stamps *stamps = ARENA_ZERO(arena, struct pore_stamps, 1);

	NEED(s);
	NEED(stamps);
	TRY(optics_new(&optics, &plan, arena));
	*s = (struct cell_scan){
		.cell = c,
		.state = st,
		.parts = parts,
		.optics = optics,
		.stamps = stamps,
		.phase = view->distance_mm > 0,
		.reach = cell_view_reach(view),
		.grid = {.os = view->oversample,
			.n_row = view->rows,
			.n_col = view->size,
			.margin = optics_margin(optics),
			.center = (double)(view->size - 1) / 2 + view->center_offset,
			.middle = (double)(view->rows - 1) / 2,
			.cos_roll = cos(roll),
			.sin_roll = sin(roll)},
	};
	s->reach += (double)s->grid.margin;
	TRY(cell_columns_new(&columns, c, st, view->size, s->reach, arena));
	s->columns = columns;
	TRY(needles_new(&needles, columns, &s->grid, arena));
	s->needles = needles;
	TRY(pores_new(&pores, columns, &s->grid, s->reach, arena));
	s->pores = pores;
	TRY(pores_stamps(stamps, pores, &s->grid, arena));
	*scan = s;
	return OK;
}

struct exposure_pose {
	double angle, c, s; /* and its cosine and sine */
	double sink;
};

static struct exposure_pose pose_at(const struct cell_scan *scan, double angle, double time)
{
	return (struct exposure_pose){
		angle, cos(angle), sin(angle), scan->state->settle * (time - 0.5)};
}

/* Rays of a fine row, in the lab frame and in that of the cell. */
static struct ray_row rays_of(const struct cell_scan *scan, const struct exposure_pose *e,
	int64_t row, int64_t col, int64_t n)
{
	const struct grid *g = &scan->grid;
	const struct pose *to = &scan->columns->to_cell;
	double os = (double)g->os, dv = ((double)row + 0.5) / os - 0.5 - g->middle;
	double du = ((double)col + 0.5) / os - 0.5 - g->center;
	double t = du * g->cos_roll + dv * g->sin_roll, dt = g->cos_roll / os;
	double z = dv * g->cos_roll - du * g->sin_roll - e->sink, dz = -g->sin_roll / os;
	struct ray_row r = {
		.height = 1 / os, .t0 = t, .dt = dt, .reach = scan->reach, .n = (int32_t)n};

	pose_apply(to, (double[3]){t * e->c, -t * e->s, z}, r.from);
	for (int i = 0; i < 3; i++) {
		r.step[i] = to->r[i][0] * dt * e->c - to->r[i][1] * dt * e->s + to->r[i][2] * dz;
		r.along[i] = to->r[i][0] * e->s + to->r[i][1] * e->c;
	}
	return r;
}

/* Gas of a bubble takes the place of liquid. */
static void cast_bubbles(
	const struct cell_scan *scan, const struct exposure_pose *e, const struct strip *strip)
{
	const struct solids_kernels *kernels = ISA_PICK(solids_kernels);
	const struct grid *g = &scan->grid;
	const double *plane = scan->columns->plane;
	double os = (double)g->os;

	for (int64_t i = 0; i < scan->state->n_bubbles; i++) {
		const struct bubble *b = &scan->state->bubbles[i];
		struct ball_row ball = {.radius = b->radius * os, .clip = b->attached};
		double p[3], t, z, col, row, reach = ball.radius + 2, fall;

		pose_apply(&scan->state->pose, b->centre, p);
		t = p[0] * e->c - p[1] * e->s;
		z = p[2] + e->sink;
		col = (g->center + t * g->cos_roll - z * g->sin_roll + 0.5) * os -
		      (double)strip->col0;
		row = (g->middle + t * g->sin_roll + z * g->cos_roll + 0.5) * os -
		      (double)strip->row0;
		/* How far the plane lies below the ball's middle, and its slopes across and along the
		 * beam; rows and columns are turned by the roll. */
		ball.plane = (plane[0] + plane[1] * p[0] + plane[2] * p[1] - p[2]) * os;
		fall = plane[1] * e->c - plane[2] * e->s;
		ball.down = g->cos_roll - fall * g->sin_roll;
		ball.across = g->sin_roll + fall * g->cos_roll;
		ball.along = plane[1] * e->s + plane[2] * e->c;
		ball.first = (int32_t)fmax(0, floor(col - reach));
		ball.last = (int32_t)fmin((double)strip->n_col, ceil(col + reach));
		ball.column = col;
		ball.scale = 1 / os;
		for (int64_t k = (int64_t)fmax(0, floor(row - reach));
			k < (int64_t)fmin((double)strip->n_row, ceil(row + reach)); k++) {
			ball.row = (double)k + 0.5 - row;
			kernels->ball(&ball, strip->shade[SHADE_NAK] + k * strip->pitch);
		}
	}
}

static enum err new_strip(struct strip *strip, struct arena *arena)
{
	strip->pad = STRIP_PAD;
	strip->pitch = strip->n_col + 2 * STRIP_PAD;
	for (int i = 0; i < N_SHADES; i++) {
		strip->shade[i] = ARENA_ZERO(arena, float, strip->n_row * strip->pitch);
		NEED(strip->shade[i]);
		strip->shade[i] += STRIP_PAD;
	}
	return OK;
}

static enum err new_lengths(struct ray_lengths *l, int64_t n, struct arena *arena)
{
	float *all = ARENA_NEW(arena, float, 7 * n);

	NEED(all);
	*l = (struct ray_lengths){
		all, all + n, all + 2 * n, all + 3 * n, all + 4 * n, all + 5 * n, all + 6 * n};
	return OK;
}

/* Line integrals of the fine samples of a strip: T and, unless NULL, D (see truth/optics.h). */
static enum err integrate(const struct cell_scan *scan, const struct exposure_pose *e,
	struct strip *strip, float *T, float *D, struct arena *arena)
{
	const struct solids_kernels *kernels = ISA_PICK(solids_kernels);
	struct arena_mark mark = arena_mark(arena);
	struct ray_lengths lengths;

	TRY(new_strip(strip, arena));
	TRY(new_lengths(&lengths, strip->n_col, arena));
	needles_cast(scan->needles, &scan->grid, e->angle, e->sink, strip);
	pores_cast(scan->pores, scan->stamps, &scan->grid, e->angle, e->sink, strip);
	cast_bubbles(scan, e, strip);
	for (int64_t k = 0; k < strip->n_row; k++) {
		struct ray_row row = rays_of(scan, e, strip->row0 + k, strip->col0, strip->n_col);
		const float *shade[N_SHADES];

		solids_row(scan->cell, &row, &lengths);
		for (int i = 0; i < N_SHADES; i++)
			shade[i] = strip->shade[i] + k * strip->pitch;
		kernels->weigh(&lengths, shade, scan->parts->mu, scan->cell->porosity,
			(int32_t)strip->n_col, T + k * strip->n_col);
		if (D)
			kernels->weigh(&lengths, shade, scan->parts->delta, scan->cell->porosity,
				(int32_t)strip->n_col, D + k * strip->n_col);
	}
	arena_release(arena, mark);
	return OK;
}

int64_t cell_scan_bytes(const struct cell_scan *scan)
{
	const struct cell_columns *c = scan->columns;
	const struct needles *n = scan->needles;

	return c->n * c->n * (int64_t)(sizeof(*c->surface) + sizeof(*c->more)) +
	       c->n_list * (int64_t)sizeof(*c->list) + n->n * (int64_t)sizeof(*n->needle) +
	       n->n_weights * (int64_t)sizeof(*n->weight) +
	       scan->pores->n * (int64_t)sizeof(*scan->pores->pore);
}

int64_t cell_scan_frame_bytes(const struct cell_scan *scan)
{
	const struct grid *g = &scan->grid;
	int64_t rows = (STRIP_ROWS + 2 * g->margin) * g->os;
	int64_t cols = (g->n_col + 2 * g->margin) * g->os + 2 * STRIP_PAD;

	return rows * cols * (N_SHADES + 2) * 4 + cols * 28 + optics_scratch_bytes(scan->optics);
}

enum err cell_scan_frame(const struct cell_scan *scan, double angle, double time,
	float *transmission, struct arena *arena)
{
	const struct grid *g = &scan->grid;
	struct exposure_pose e = pose_at(scan, angle, time);

	for (int64_t row = 0; row < g->n_row; row += STRIP_ROWS) {
		int64_t n = g->n_row - row < STRIP_ROWS ? g->n_row - row : STRIP_ROWS;
		struct strip strip = {.row0 = (row - g->margin) * g->os,
			.n_row = (n + 2 * g->margin) * g->os,
			.col0 = -g->margin * g->os,
			.n_col = (g->n_col + 2 * g->margin) * g->os};
		struct arena_mark mark = arena_mark(arena);
		float *T = ARENA_NEW(arena, float, strip.n_row *strip.n_col), *D = NULL;

		NEED(T);
		if (scan->phase) {
			D = ARENA_NEW(arena, float, strip.n_row *strip.n_col);
			NEED(D);
		}
		TRY(integrate(scan, &e, &strip, T, D, arena));
		TRY(optics_apply(
			scan->optics, n, g->n_col, T, D, transmission + row * g->n_col, arena));
		arena_release(arena, mark);
	}
	return OK;
}

enum err cell_scan_lines(const struct cell_scan *scan, double angle, double time, int64_t row0,
	int64_t n_row, float *out, struct arena *arena)
{
	struct exposure_pose e = pose_at(scan, angle, time);
	struct strip strip = {.row0 = row0 * scan->grid.os,
		.n_row = n_row * scan->grid.os,
		.n_col = scan->grid.n_col * scan->grid.os};

	return integrate(scan, &e, &strip, out, NULL, arena);
}

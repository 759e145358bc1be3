/* SPDX-License-Identifier: BSD-3-Clause
 * Closed pores; see truth/pores.h. Candidates live in cells of a lattice in the cell's frame, each cell drawn
 * from its own random numbers; a block of BLOCK^3 cells is thinned together with the cells around it. */
#include "truth/pores.h"

#include "core/isa.h"
#include "core/parallel.h"
#include "truth/random.h"
#include "truth/shadow_kernels.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 8, SIDE = BLOCK + 2, CELL_MOST = 64 };

struct candidate {
	double p[3], mark;
	int32_t class;
};

struct builder {
	const struct cell_columns *columns;
	const struct grid *grid;
	struct pores *pores;
	double lattice;		    /* px a cell */
	double density;		    /* candidates a cell */
	double share[PORE_CLASSES]; /* cumulative */
	int64_t low[3], n[3];	    /* blocks */
	double reach, travel;	    /* px; how far the chip has moved */
	struct candidate *room;	    /* of each thread: SIDE^3 cells of CELL_MOST */
	int32_t *count;
	bool count_only;
};

/* Volume fraction left of `density` candidates a cubic pixel. A candidate of radius r keeps its place with
 * probability (1 - exp(-v)) / v, v the mean number of those that would touch it. */
static double porosity_of(const struct builder *b, double density)
{
	const double *radius = b->pores->radius;
	double sum = 0;

	for (int i = 0; i < PORE_CLASSES; i++) {
		double v = 0, p = b->share[i] - (i ? b->share[i - 1] : 0);

		for (int k = 0; k < PORE_CLASSES; k++)
			v += (b->share[k] - (k ? b->share[k - 1] : 0)) *
			     pow(radius[i] + radius[k], 3);
		v *= density * 4 * M_PI / 3;
		sum += density * p * 4 * M_PI / 3 * pow(radius[i], 3) * -expm1(-v) / v;
	}
	return sum;
}

static enum err find_density(struct builder *b, double porosity)
{
	double low = 0, high = 1e-6;

	/* dense enough that more candidates hardly help */
	while (porosity_of(b, high) < porosity) {
		high *= 2;
		if (high * pow(b->lattice, 3) > CELL_MOST / 4)
			return fail(ERR_USAGE,
				"cell.porosity: %g cannot be reached by pores of %.2g to %.2g um "
				"that do not touch; at most about %.2g",
				porosity, b->pores->radius[0] * b->columns->cell->pixel_um,
				b->pores->radius[PORE_CLASSES - 1] * b->columns->cell->pixel_um,
				porosity_of(b, high));
	}
	for (int i = 0; i < 60; i++) {
		double middle = (low + high) / 2;

		if (porosity_of(b, middle) < porosity)
			low = middle;
		else
			high = middle;
	}
	b->density = high * pow(b->lattice, 3);
	return OK;
}

/* Radii in equal ratios; their number falls with the square of the radius. */
static void set_classes(struct builder *b, const struct cell *c)
{
	double sum = 0;

	for (int i = 0; i < PORE_CLASSES; i++) {
		double t = (double)i / (PORE_CLASSES - 1);
		double r = c->pore_small * pow(c->pore_large / c->pore_small, t);

		b->pores->radius[i] = r;
		sum += 1 / r; /* of r^-2 dr, with dr as r */
		b->share[i] = sum;
	}
	for (int i = 0; i < PORE_CLASSES; i++)
		b->share[i] /= sum;
	b->lattice = 2 * c->pore_large * 1.0001;
}

static int draw_cell(const struct builder *b, const int64_t at[3], struct candidate *out)
{
	struct random r =
		random_start(field_hash(b->columns->cell->seed, at[0], at[1], at[2]), 'o', 0);
	int n = (int)random_poisson(&r, b->density);

	n = n < CELL_MOST ? n : CELL_MOST;
	for (int i = 0; i < n; i++) {
		double u = random_uniform(&r);

		for (int k = 0; k < 3; k++)
			out[i].p[k] = ((double)at[k] + random_uniform(&r)) * b->lattice;
		out[i].mark = random_uniform(&r);
		out[i].class = 0;
		while (out[i].class < PORE_CLASSES - 1 && u > b->share[out[i].class])
			out[i].class ++;
	}
	return n;
}

static bool loses(const struct builder *b, const struct candidate *room, const int32_t *count,
	int64_t cell, const struct candidate *me)
{
	for (int64_t k = 0; k < 27; k++) {
		int64_t other =
			cell + (k % 3 - 1) + (k / 3 % 3 - 1) * SIDE + (k / 9 - 1) * SIDE * SIDE;

		for (int32_t i = 0; i < count[other]; i++) {
			const struct candidate *o = &room[other * CELL_MOST + i];
			double need = b->pores->radius[me->class] + b->pores->radius[o->class];
			double x = o->p[0] - me->p[0], y = o->p[1] - me->p[1],
			       z = o->p[2] - me->p[2];

			if (o->mark > me->mark && x * x + y * y + z * z < need * need)
				return true;
		}
	}
	return false;
}

/* Wholly inside the ceramic, clear of its faces and of the fracture surface, broken or not. */
static bool fits(const struct builder *b, const double p[3], double radius, bool *in_chip)
{
	const struct cell *c = b->columns->cell;
	double x = p[0], y = p[1], z = p[2], depth = cell_plane(c, x, y);
	double clear = radius + 4 * c->rough.sd, apart;

	*in_chip = false;
	if (hypot(x, y) > c->pellet_radius - radius || z + radius > c->pellet - 0.5)
		return false;
	if (z < depth - clear)
		return false;
	if (z < depth + clear) {
		apart = z - cell_interface(c, x, y);
		if (apart < (radius + 0.3) * cell_interface_stretch(c, x, y))
			return false;
	}
	if (cell_rim(c, x, y) > 1.25)
		return true;
	apart = z - cell_lens(c, x, y);
	*in_chip = apart < 0;
	if (fabs(apart) > 4 * (radius + c->aperture))
		return true;
	/* above the crack lies its opening too */
	apart /= cell_lens_stretch(c, x, y);
	return apart > radius + 0.1 || -apart > radius + 0.1 + 1.3 * c->aperture;
}

static bool in_branch(const struct builder *b, const double p[3], double radius)
{
	const struct cell *c = b->columns->cell;

	for (int64_t i = 0; i < c->n_branches; i++) {
		double z, open;

		if (cell_branch(c, &c->branches[i], 1, p[0], p[1], &z, &open) &&
			fabs(p[2] - z) < (radius + 0.7 * c->aperture) * 1.5)
			return true;
	}
	return false;
}

/* Everything that some frame sees lies between -this and this (px from the middle row). */
static double rows_seen(const struct builder *b)
{
	const struct grid *g = b->grid;

	return g->middle + (double)(g->margin + 8) + fabs(g->sin_roll) * b->reach +
	       fabs(b->columns->state->settle) / 2 + b->travel;
}

static void keep(struct builder *b, struct pore_block *block, const struct candidate *c)
{
	const struct cell_state *st = b->columns->state;
	double radius = b->pores->radius[c->class], q[3], os = (double)b->grid->os, row;
	bool in_chip;

	pose_apply(&st->pose, c->p, q);
	if (hypot(q[0], q[1]) > b->reach + radius + b->travel || fabs(q[2]) > rows_seen(b) + radius)
		return;
	if (!fits(b, c->p, radius, &in_chip) || in_branch(b, c->p, radius))
		return;
	if (in_chip && st->loose) {
		pose_apply(&st->chip, c->p, q);
		pose_apply(&st->pose, q, q);
	}
	/* on the places that stamps have, so that labels and shadows agree */
	row = (floor((q[2] + b->grid->middle + 0.5) * os * PLACES_ROW) + 0.5) / PLACES_ROW;
	if (!b->count_only)
		b->pores->pore[block->first + block->n] =
			(struct pore){(float)q[0], (float)q[1], (float)row, c->class};
	block->n++;
	block->row_min = fminf(block->row_min, (float)(row - (radius + 1) * os));
	block->row_max = fmaxf(block->row_max, (float)(row + (radius + 1) * os));
}

static enum err do_block(void *context, int64_t index, int thread)
{
	struct builder *b = context;
	struct pore_block *out = &b->pores->block[index],
			  block = {out->first, 0, INFINITY, -INFINITY};
	struct candidate *room = b->room + (int64_t)thread * SIDE * SIDE * SIDE * CELL_MOST;
	int32_t *count = b->count + (int64_t)thread * SIDE * SIDE * SIDE;
	int64_t at[3] = {b->low[0] + index % b->n[0], b->low[1] + index / b->n[0] % b->n[1],
		b->low[2] + index / (b->n[0] * b->n[1])};

	for (int64_t i = 0; i < SIDE * SIDE * SIDE; i++)
		count[i] = draw_cell(b,
			(int64_t[]){at[0] * BLOCK + i % SIDE - 1,
				at[1] * BLOCK + i / SIDE % SIDE - 1,
				at[2] * BLOCK + i / (SIDE * SIDE) - 1},
			room + i * CELL_MOST);
	for (int64_t i = 0; i < BLOCK * BLOCK * BLOCK; i++) {
		int64_t cell = (i % BLOCK + 1) + (i / BLOCK % BLOCK + 1) * SIDE +
			       (i / (BLOCK * BLOCK) + 1) * SIDE * SIDE;

		for (int32_t k = 0; k < count[cell]; k++)
			if (!loses(b, room, count, cell, &room[cell * CELL_MOST + k]))
				keep(b, &block, &room[cell * CELL_MOST + k]);
	}
	*out = block;
	return OK;
}

/* How far the chip has moved, at its middle or rim. */
static double travel_of(const struct builder *b)
{
	const struct cell *c = b->columns->cell;
	double most = 0;

	for (int i = 0; i < 5 && b->columns->state->loose; i++) {
		double side = 1.3 * c->lens_radius, x = c->lens_x, y = c->lens_y, p[3];

		x += i == 1 ? side : i == 2 ? -side : 0;
		y += i == 3 ? side : i == 4 ? -side : 0;
		pose_apply(&b->columns->state->chip, (double[3]){x, y, 0}, p);
		most = fmax(most,
			sqrt((p[0] - x) * (p[0] - x) + (p[1] - y) * (p[1] - y) + p[2] * p[2]));
	}
	return most;
}

/* Blocks of the cell's frame that reach into view: into the pellet, and into the box around a cylinder. */
static void set_blocks(struct builder *b)
{
	const struct cell *c = b->columns->cell;
	const struct pose *to = &b->columns->to_cell;
	double size = b->lattice * BLOCK, rows = rows_seen(b) + c->pore_large;
	double reach = b->reach + b->travel + c->pore_large;
	double peak = hypot(c->slope[0], c->slope[1]) * c->pellet_radius + 4 * c->rough.sd;
	const double low[3] = {-c->pellet_radius, -c->pellet_radius, -peak};
	const double high[3] = {c->pellet_radius, c->pellet_radius, c->pellet};

	for (int i = 0; i < 3; i++) {
		double half = reach * hypot(to->r[i][0], to->r[i][1]) + rows * fabs(to->r[i][2]);
		double from = fmax(low[i], to->t[i] - half), up_to = fmin(high[i], to->t[i] + half);

		b->low[i] = (int64_t)floor(from / size);
		b->n[i] = (int64_t)ceil(fmax(up_to, from) / size) - b->low[i];
		b->n[i] = b->n[i] < 1 ? 1 : b->n[i];
	}
}

static enum err new_rooms(struct builder *b, struct arena *arena)
{
	int64_t cells = (int64_t)parallel_threads() * SIDE * SIDE * SIDE;

	b->room = ARENA_NEW(arena, struct candidate, cells * CELL_MOST);
	b->count = ARENA_NEW(arena, int32_t, cells);
	NEED(b->room);
	NEED(b->count);
	return OK;
}

enum err pores_new(struct pores **pores, const struct cell_columns *columns,
	const struct grid *grid, double reach, struct arena *arena)
{
	struct pores *p = ARENA_ZERO(arena, struct pores, 1);
	struct builder b = {
		.columns = columns, .grid = grid, .pores = p, .reach = reach, .count_only = true};
	struct arena_mark mark;

	NEED(p);
	*pores = p;
	set_classes(&b, columns->cell);
	if (columns->cell->porosity <= 0)
		return OK;
	TRY(find_density(&b, columns->cell->porosity));
	b.travel = travel_of(&b);
	set_blocks(&b);
	p->n_blocks = b.n[0] * b.n[1] * b.n[2];
	p->block = ARENA_ZERO(arena, struct pore_block, p->n_blocks);
	NEED(p->block);
	mark = arena_mark(arena);
	TRY(new_rooms(&b, arena));
	TRY(parallel_for(p->n_blocks, do_block, &b));
	arena_release(arena, mark);
	for (int64_t i = 0; i < p->n_blocks; i++) {
		p->block[i].first = p->n;
		p->n += p->block[i].n;
	}
	p->pore = ARENA_NEW(arena, struct pore, p->n + 1);
	NEED(p->pore);
	mark = arena_mark(arena);
	TRY(new_rooms(&b, arena));
	b.count_only = false;
	TRY(parallel_for(p->n_blocks, do_block, &b));
	arena_release(arena, mark);
	return OK;
}

/* Mean over a fine sample of the chord of a ball of radius r (fine samples) at (dt, dz) of its middle. */
static double chord(double r, double dt, double dz)
{
	enum { SUB = 8 };
	double sum = 0;

	for (int k = 0; k < SUB * SUB; k++) {
		double t = dt + (k % SUB + 0.5) / SUB - 0.5, z = dz + (k / SUB + 0.5) / SUB - 0.5;
		double rest = r * r - t * t - z * z;

		sum += rest > 0 ? 2 * sqrt(rest) : 0;
	}
	return sum / (SUB * SUB);
}

static void fill_stamp(float *stamp, double r, double place_row, double place_col, int32_t rows,
	int32_t cols, int32_t before, double os)
{
	double volume = 4 * M_PI / 3 * r * r * r, sum = 0;

	for (int32_t k = 0; k < rows * cols; k++) {
		double dz = k / cols - (rows - 1) / 2 + 0.5 - place_row;
		double dt = k % cols - before + 0.5 - place_col, mean = chord(r, dt, dz);

		stamp[k] = (float)mean;
		sum += mean;
	}
	/* Sampling loses a little of the rim, or all of a very small ball: the volume is made exact. */
	if (sum <= 0) {
		stamp[(rows - 1) / 2 * cols + before] = 1;
		sum = 1;
	}
	for (int32_t k = 0; k < rows * cols; k++)
		stamp[k] = (float)((double)stamp[k] * volume / sum / os);
}

enum err pores_stamps(struct pore_stamps *s, const struct pores *pores, const struct grid *grid,
	struct arena *arena)
{
	double os = (double)grid->os;

	for (int i = 0; i < PORE_CLASSES; i++) {
		double r = pores->radius[i] * os;
		int32_t half = (int32_t)ceil(r), rows = 2 * half + 1, cols = (rows + 7) / 8 * 8;

		s->rows[i] = rows;
		s->cols[i] = cols;
		s->before[i] = half;
		s->stamp[i] = ARENA_NEW(arena, float, (int64_t)PLACES_ROW *PLACES_COL *rows *cols);
		NEED(s->stamp[i]);
		for (int q = 0; q < PLACES_ROW * PLACES_COL; q++)
			fill_stamp(s->stamp[i] + (int64_t)q * rows * cols, r,
				(q / PLACES_COL + 0.5) / PLACES_ROW,
				(q % PLACES_COL + 0.5) / PLACES_COL, rows, cols, half, os);
	}
	return OK;
}

ISA_DECLARE(struct shadow_kernels, shadow_kernels);

void pores_cast(const struct pores *p, const struct pore_stamps *stamps, const struct grid *grid,
	double angle, double sink, const struct strip *strip)
{
	const struct shadow_kernels *kernels = ISA_PICK(shadow_kernels);
	struct shadow_view view = shadow_view(grid, angle, sink, strip);
	float slack = (float)shadow_slack(grid, sink);

	for (int64_t i = 0; i < p->n_blocks; i++) {
		const struct pore_block *block = &p->block[i];

		if (block->n > 0 && block->row_max + slack > (float)strip->row0 &&
			block->row_min - slack < (float)(strip->row0 + strip->n_row))
			kernels->pores(p->pore + block->first, block->n, &view, stamps, strip);
	}
}

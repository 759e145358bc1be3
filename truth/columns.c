/* SPDX-License-Identifier: BSD-3-Clause
 * Columns of a step; see truth/columns.h. */
#include "truth/columns.h"

#include "core/parallel.h"
#include "truth/larger.h"

#include <math.h>
#include <string.h>

typedef double surface(const struct cell *c, double x, double y);

/* Height in the lab frame where the vertical line at (x, y) meets a surface given in the frame that `to`
 * leads to. Each round leaves (slope x lean) of the error, 0.02 at worst: 1e-5 px after three. */
static double meet(const struct cell_columns *c, const struct pose *to, surface *z_of, double x,
	double y, double z)
{
	for (int round = 0; round < 3; round++) {
		double p[3];

		pose_apply(to, (double[3]){x, y, z}, p);
		z += (z_of(c->cell, p[0], p[1]) - p[2]) / to->r[2][2];
	}
	return z;
}

void column_paint(struct column *col, double z0, double z1, unsigned label, unsigned over)
{
	struct column out = {.n = 0};
	double top = -INFINITY;

	if (!(z1 - z0 > 1e-4))
		return;
	for (int i = 0; i <= col->n; i++) {
		double low = i < col->n ? (double)col->z[i] : INFINITY;
		double cut[4] = {
			top, smaller(larger(z0, top), low), smaller(larger(z1, top), low), low};
		uint8_t old = col->label[i], fresh = over >> old & 1 ? (uint8_t)label : old;
		const uint8_t labels[3] = {old, fresh, old};

		for (int k = 0; k < 3; k++) {
			if (!(cut[k + 1] - cut[k] > 1e-5))
				continue;
			if (cut[k] == -INFINITY) {
				out.label[0] = labels[k];
			} else if (out.label[out.n] != labels[k] && out.n < MAX_HEIGHTS) {
				out.z[out.n++] = (float)cut[k];
				out.label[out.n] = labels[k];
			}
		}
		top = low;
	}
	*col = out;
}

enum { LIQUID = 1 << LABEL_NAK, SOLID = 1 << LABEL_NASICON };

/* Point of the cell's frame (or the chip's) on the fracture surface below (x, y). */
static void on_lens(const struct cell_columns *c, const struct pose *to, double x, double y,
	double *z, double p[3])
{
	*z = meet(c, to, cell_lens, x, y, *z);
	pose_apply(to, (double[3]){x, y, *z}, p);
}

/* Vertical opening at a point of the crack, px; 0 ahead of the front and in ligaments. */
static double opening(const struct cell_columns *c, const double p[3])
{
	const struct cell_state *st = c->state;
	double behind = st->front - cell_front(c->cell, p[0], p[1]);
	double taper = st->loose ? 1 : smaller(1, behind / 0.2), normal;

	if ((behind <= 0 && !st->loose) || st->front <= 0 || cell_holds(c->cell, p[0], p[1]))
		return 0;
	normal = c->cell->aperture * st->open * sqrt(taper) *
		 (0.8 + field_at(&c->cell->aperture_noise, p[0], p[1]));
	return larger(0, normal) * cell_lens_stretch(c->cell, p[0], p[1]);
}

static enum label crack_label(const struct cell_columns *c, const double p[3])
{
	double inward =
		1 - cell_rim(c->cell, p[0], p[1]) + field_at(&c->cell->fill_noise, p[0], p[1]);

	return c->state->fill > 0 && inward < c->state->fill ? LABEL_CRACK_NAK : LABEL_CRACK;
}

static void add_branches(
	const struct cell_columns *c, double x, double y, double z, struct column *col)
{
	for (int64_t i = 0; i < c->cell->n_branches; i++) {
		const struct branch *b = &c->cell->branches[i];
		double grown = smaller(1, (c->state->front - b->start - 0.08) / 0.3), at = z, p[3];
		double height, open = 0, half;
		bool there = grown > 0;

		for (int round = 0; round < 3 && there; round++) {
			pose_apply(&c->to_cell, (double[3]){x, y, at}, p);
			there = cell_branch(c->cell, b, grown, p[0], p[1], &height, &open);
			if (there)
				at += (height - p[2]) / c->to_cell.r[2][2];
		}
		if (!there || cell_rim(c->cell, p[0], p[1]) > 1)
			continue;
		half = 0.35 * c->cell->aperture * c->state->open * open *
		       sqrt(1 + b->slope * b->slope);
		column_paint(col, at - half, at + half, LABEL_CRACK, SOLID);
	}
}

/* Chip, crack and branches in a column that may hold them. surface: height of the pellet's face. */
static void add_crack(
	const struct cell_columns *c, double x, double y, double surface_z, struct column *col)
{
	bool moved = c->state->loose && isinf(c->cell->ligament_level);
	double lower = surface_z, upper, chip_top = surface_z, p[3], q[3], open;

	on_lens(c, &c->to_cell, x, y, &lower, p);
	open = opening(c, p);
	if (open <= 0 && !moved)
		return;
	upper = lower - open;
	if (moved) {
		upper = lower;
		on_lens(c, &c->to_chip, x, y, &upper, q);
		upper -= opening(c, q);
		chip_top = meet(c, &c->to_chip, cell_interface, x, y, surface_z);
	}
	upper = smaller(upper, lower);
	/* From above: liquid, chip, crack, pellet. Where no chip is left its bed is all crack. */
	if (lower > surface_z)
		column_paint(col, surface_z, lower, crack_label(c, p), SOLID);
	if (upper - chip_top > 0.02) {
		column_paint(col, surface_z, chip_top, LABEL_NAK, ~0U);
		column_paint(col, chip_top, upper, LABEL_NASICON, ~0U);
	}
	if (lower > surface_z)
		add_branches(c, x, y, lower, col);
}

static bool near_lens(const struct cell_columns *c, double x, double y, double z)
{
	double p[3];

	if (c->state->front <= 0)
		return false;
	pose_apply(&c->to_cell, (double[3]){x, y, z}, p);
	return cell_rim(c->cell, p[0], p[1]) < 1.25;
}

static void add_attached(const struct cell_columns *c, double x, double y, struct column *col)
{
	for (int64_t i = 0; i < c->state->n_bubbles; i++) {
		const struct bubble *b = &c->state->bubbles[i];
		double p[3], d2, half;

		if (!b->attached)
			continue;
		pose_apply(&c->state->pose, b->centre, p);
		d2 = b->radius * b->radius - (x - p[0]) * (x - p[0]) - (y - p[1]) * (y - p[1]);
		if (d2 <= 0)
			continue;
		half = sqrt(d2);
		column_paint(col, p[2] - half, p[2] + half, LABEL_VOID, LIQUID);
	}
}

static struct column make(const struct cell_columns *c, double x, double y, float *face)
{
	struct column col = {.n = 1, .label = {LABEL_NAK, LABEL_NASICON}};
	double z = c->plane[0] + c->plane[1] * x + c->plane[2] * y, gap, p[3];

	z = meet(c, &c->to_cell, cell_interface, x, y, z);
	col.z[0] = *face = (float)z;
	if (near_lens(c, x, y, z))
		add_crack(c, x, y, z, &col);
	pose_apply(&c->to_cell, (double[3]){x, y, z}, p);
	gap = scenario_gap(c->cell, c->state, p[0], p[1]);
	if (gap > 0)
		column_paint(&col, z - gap, z, LABEL_VOID, LIQUID);
	add_attached(c, x, y, &col);
	return col;
}

double cell_columns_at(const struct cell_columns *c, int64_t i)
{
	return ((double)i + 0.5 - (double)c->n / 2) / 2;
}

struct column cell_columns_get(const struct cell_columns *c, int64_t i, int64_t j)
{
	uint32_t more = c->more[j * c->n + i];
	struct column plain = {.n = 1, .label = {LABEL_NAK, LABEL_NASICON}};

	if (more)
		return c->list[more - 1];
	plain.z[0] = c->surface[j * c->n + i];
	return plain;
}

struct making {
	struct cell_columns *columns;
	int64_t *first; /* of each line of columns in the list; counts before that is known */
	double reach;
};

static bool is_plain(const struct column *col)
{
	return col->n == 1 && col->label[0] == LABEL_NAK && col->label[1] == LABEL_NASICON;
}

static enum err make_line(void *context, int64_t j, int thread)
{
	struct making *m = context;
	struct cell_columns *c = m->columns;
	double y = cell_columns_at(c, j);
	int64_t n = 0;

	(void)thread;
	for (int64_t i = 0; i < c->n; i++) {
		double x = cell_columns_at(c, i);
		struct column col = {.n = 1, .label = {LABEL_NAK, LABEL_NASICON}};

		float *face = &c->surface[j * c->n + i];

		col.z[0] = *face = (float)(c->plane[0] + c->plane[1] * x + c->plane[2] * y);
		if (x * x + y * y <= m->reach * m->reach)
			col = make(c, x, y, face);
		c->more[j * c->n + i] = 0;
		if (is_plain(&col))
			continue;
		if (c->list) {
			c->list[m->first[j] + n] = col;
			c->more[j * c->n + i] = (uint32_t)(m->first[j] + n + 1);
		}
		n++;
	}
	if (!c->list)
		m->first[j] = n;
	return OK;
}

static void set_plane(struct cell_columns *c)
{
	double z[3], at[3][2] = {{0, 0}, {1, 0}, {0, 1}};

	for (int i = 0; i < 3; i++)
		z[i] = meet(c, &c->to_cell, cell_plane, at[i][0], at[i][1], 0);
	c->plane[0] = z[0];
	c->plane[1] = z[1] - z[0];
	c->plane[2] = z[2] - z[0];
}

enum err cell_columns_new(struct cell_columns **columns, const struct cell *cell,
	const struct cell_state *st, int64_t width, double reach, struct arena *arena)
{
	struct cell_columns *c = ARENA_ZERO(arena, struct cell_columns, 1);
	struct pose chip = pose_inverse(&st->chip);
	struct making making = {.columns = c, .reach = reach};
	int64_t extra = (int64_t)ceil(larger(0, reach - (double)width / 2)), sum = 0;

	NEED(c);
	c->cell = cell;
	c->state = st;
	c->extra = extra;
	c->n = 2 * (width + 2 * extra);
	c->to_cell = pose_inverse(&st->pose);
	c->to_chip = pose_after(&chip, &c->to_cell);
	c->surface = ARENA_NEW(arena, float, c->n * c->n);
	c->more = ARENA_NEW(arena, uint32_t, c->n * c->n);
	making.first = ARENA_NEW(arena, int64_t, c->n);
	NEED(c->surface);
	NEED(c->more);
	NEED(making.first);
	set_plane(c);
	TRY(parallel_for(c->n, make_line, &making));
	for (int64_t j = 0; j < c->n; j++) {
		int64_t n = making.first[j];

		making.first[j] = sum;
		sum += n;
	}
	c->n_list = sum;
	if (sum > 0) {
		c->list = ARENA_NEW(arena, struct column, sum);
		NEED(c->list);
		TRY(parallel_for(c->n, make_line, &making));
	}
	*columns = c;
	return OK;
}

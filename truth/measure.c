/* SPDX-License-Identifier: BSD-3-Clause
 * True numbers of a step; see truth/measure.h. */
#include "truth/measure.h"

#include "core/parallel.h"
#include "truth/larger.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIRECTIONS = 90, APERTURE_BINS = 4096 };
static const double aperture_bin = 0.01; /* px */

/* Sums over a line of columns, then over all. */
struct sums {
	double crack, crack_area, filled_area; /* px^3, px^2 */
	double chip, fracture, open;	       /* px^3, px^2: of the lens, of its open part */
	double face, wet;		       /* px^2 of the interface */
	double rough, n_rough;
	double depth, chip_depth;
	double reach[DIRECTIONS]; /* furthest point of the crack each way (half a turn and back) */
	double back[DIRECTIONS];
	double gas[MAX_BUBBLES];   /* px^3 of attached bubbles, */
	double at[MAX_BUBBLES][3]; /* and times where it is: x, y, z */
	int64_t n_crack;
};

struct survey {
	const struct cell_scan *scan;
	struct sums *line;
	int64_t (*apertures)
		[APERTURE_BINS]; /* counts of a thread: whole numbers add up in any order */
	double low, high;	 /* z of the rows in view */
};

static double inside(const struct survey *s, double z0, double z1)
{
	return larger(0, smaller(z1, s->high) - larger(z0, s->low));
}

static double plane_at(const struct cell_columns *c, double x, double y)
{
	return c->plane[0] + c->plane[1] * x + c->plane[2] * y;
}

/* Cosine of the plane's slope: from heights to distances. */
static double upright(const struct cell_columns *c)
{
	return 1 / sqrt(1 + c->plane[1] * c->plane[1] + c->plane[2] * c->plane[2]);
}

static void survey_crack(const struct survey *s, struct sums *sum, const struct column *col,
	double x, double y, int thread)
{
	const struct cell_columns *c = s->scan->columns;
	const double cell = 0.25;

	for (int i = 1; i < col->n; i++) {
		double top = (double)col->z[i - 1], low = (double)col->z[i], p[3], stretch, open;

		if (col->label[i] != LABEL_CRACK && col->label[i] != LABEL_CRACK_NAK)
			continue;
		open = inside(s, top, low);
		if (open <= 0)
			continue;
		pose_apply(&c->to_cell, (double[3]){x, y, top}, p);
		stretch = cell_sheet_stretch(c->cell, p, low - top);
		sum->crack += cell * open;
		sum->crack_area += cell * stretch;
		sum->filled_area += col->label[i] == LABEL_CRACK_NAK ? cell * stretch : 0;
		sum->depth = larger(sum->depth, (low - plane_at(c, x, y)) * upright(c));
		sum->n_crack++;
		open = (low - top) / stretch / aperture_bin;
		s->apertures[thread][open < APERTURE_BINS - 1 ? (int)open : APERTURE_BINS - 1]++;
		for (int k = 0; k < DIRECTIONS; k++) {
			double a = M_PI * k / DIRECTIONS, way = x * cos(a) + y * sin(a);

			sum->reach[k] = larger(sum->reach[k], way);
			sum->back[k] = larger(sum->back[k], -way);
		}
	}
}

/* The lens that can come off: its fracture surface, and how much of it is open. */
static void survey_lens(const struct survey *s, struct sums *sum, const struct column *col,
	double x, double y, double surface)
{
	const struct cell_columns *c = s->scan->columns;
	const struct cell *cell = c->cell;
	double p[3], stretch, depth;
	bool open = false;

	pose_apply(&c->to_cell, (double[3]){x, y, surface}, p);
	if (cell_rim(cell, p[0], p[1]) > 1.25)
		return;
	depth = cell_lens(cell, p[0], p[1]) - cell_interface(cell, p[0], p[1]);
	if (depth <= 0)
		return;
	stretch = cell_lens_stretch(cell, p[0], p[1]);
	for (int i = 1; i < col->n; i++)
		open = open || col->label[i] == LABEL_CRACK || col->label[i] == LABEL_CRACK_NAK;
	sum->fracture += 0.25 * stretch;
	sum->open += open ? 0.25 * stretch : 0;
	for (int i = 1; i < col->n && open; i++) {
		double bottom[3];

		/* the first solid is the chip, unless it is the pellet under an empty bed */
		if (col->label[i] != LABEL_NASICON)
			continue;
		pose_apply(&c->to_cell, (double[3]){x, y, (double)col->z[i]}, bottom);
		if (bottom[2] > cell_lens(cell, bottom[0], bottom[1]) + 0.01)
			break;
		sum->chip += 0.25 * inside(s, (double)col->z[i - 1], (double)col->z[i]);
		sum->chip_depth = larger(
			sum->chip_depth, ((double)col->z[i] - plane_at(c, x, y)) * upright(c));
		break;
	}
}

/* Area of the interface over that seen along the axis, from the heights of the columns around. */
static double stretch_of(const struct cell_columns *c, int64_t i, int64_t j)
{
	int64_t left = i > 0 ? i - 1 : i, right = i + 1 < c->n ? i + 1 : i;
	int64_t up = j > 0 ? j - 1 : j, down = j + 1 < c->n ? j + 1 : j;
	double dx = (double)(c->surface[j * c->n + right] - c->surface[j * c->n + left]);
	double dy = (double)(c->surface[down * c->n + i] - c->surface[up * c->n + i]);

	dx *= 2 / (double)(right - left);
	dy *= 2 / (double)(down - up);
	return sqrt(1 + dx * dx + dy * dy);
}

static void survey_face(
	const struct survey *s, struct sums *sum, const struct column *col, int64_t i, int64_t j)
{
	const struct cell_columns *c = s->scan->columns;
	double x = cell_columns_at(c, i), y = cell_columns_at(c, j), p[3], area, off;
	double face = (double)col->z[0], edge = c->cell->smooth_from;
	uint8_t above = LABEL_NAK;

	for (int k = 0; k < col->n; k++) {
		if (col->label[k + 1] == LABEL_NASICON) {
			face = (double)col->z[k];
			above = col->label[k];
			break;
		}
	}
	if (face < s->low || face > s->high)
		return;
	pose_apply(&c->to_cell, (double[3]){x, y, face}, p);
	if (p[0] * p[0] + p[1] * p[1] > edge * edge)
		return;
	area = 0.25 * stretch_of(c, i, j);
	sum->face += area;
	sum->wet += above == LABEL_NAK || above == LABEL_CRACK_NAK ? area : 0;
	off = ((double)c->surface[j * c->n + i] - plane_at(c, x, y)) * upright(c);
	sum->rough += off * off;
	sum->n_rough++;
}

/* Gas of the attached bubbles in a column. */
static void survey_gas(
	const struct survey *s, struct sums *sum, const struct column *col, double x, double y)
{
	const struct cell_state *st = s->scan->state;

	for (int64_t i = 0; i < st->n_bubbles; i++) {
		const struct bubble *b = &st->bubbles[i];
		double p[3], rest;

		if (!b->attached)
			continue;
		pose_apply(&st->pose, b->centre, p);
		rest = b->radius * b->radius - (x - p[0]) * (x - p[0]) - (y - p[1]) * (y - p[1]);
		for (int k = 1; k < col->n && rest > 0; k++) {
			double z0 =
				larger(larger((double)col->z[k - 1], p[2] - sqrt(rest)), s->low);
			double z1 = smaller(smaller((double)col->z[k], p[2] + sqrt(rest)), s->high);

			if (col->label[k] != LABEL_VOID || z1 <= z0)
				continue;
			sum->gas[i] += 0.25 * (z1 - z0);
			sum->at[i][0] += 0.25 * (z1 - z0) * x;
			sum->at[i][1] += 0.25 * (z1 - z0) * y;
			sum->at[i][2] += 0.25 * (z1 - z0) * (z1 + z0) / 2;
		}
	}
}

static enum err survey_line(void *context, int64_t j, int thread)
{
	struct survey *s = context;
	const struct cell_columns *c = s->scan->columns;
	struct sums *sum = &s->line[j];
	double y = cell_columns_at(c, j), edge = (double)s->scan->grid.n_col / 2;

	for (int k = 0; k < DIRECTIONS; k++)
		sum->reach[k] = sum->back[k] = -INFINITY;
	for (int64_t i = 0; i < c->n; i++) {
		double x = cell_columns_at(c, i);
		struct column col;

		if (x * x + y * y > edge * edge)
			continue;
		col = cell_columns_get(c, i, j);
		survey_face(s, sum, &col, i, j);
		if (!c->more[j * c->n + i] && c->state->front <= 0)
			continue;
		survey_crack(s, sum, &col, x, y, thread);
		if (c->state->front > 0)
			survey_lens(s, sum, &col, x, y, plane_at(c, x, y));
		survey_gas(s, sum, &col, x, y);
	}
	return OK;
}

static void add_sums(struct sums *to, const struct sums *from)
{
	to->crack += from->crack;
	to->crack_area += from->crack_area;
	to->filled_area += from->filled_area;
	to->chip += from->chip;
	to->fracture += from->fracture;
	to->open += from->open;
	to->face += from->face;
	to->wet += from->wet;
	to->rough += from->rough;
	to->n_rough += from->n_rough;
	to->n_crack += from->n_crack;
	to->depth = larger(to->depth, from->depth);
	to->chip_depth = larger(to->chip_depth, from->chip_depth);
	for (int k = 0; k < DIRECTIONS; k++) {
		to->reach[k] = larger(to->reach[k], from->reach[k]);
		to->back[k] = larger(to->back[k], from->back[k]);
	}
	for (int k = 0; k < MAX_BUBBLES; k++) {
		to->gas[k] += from->gas[k];
		for (int i = 0; i < 3; i++)
			to->at[k][i] += from->at[k][i];
	}
}

/* The aperture that 99.9 % of the sheet stay below. */
static double widest(const struct survey *s, int64_t n)
{
	int64_t seen = 0;

	for (int i = 0; i < APERTURE_BINS; i++) {
		for (int t = 0; t < parallel_threads(); t++)
			seen += s->apertures[t][i];
		if ((double)seen >= 0.999 * (double)n)
			return (i + 0.5) * aperture_bin;
	}
	return 0;
}

static struct quantity exact(double value)
{
	return (struct quantity){value, 0};
}

/* What is left of a ball between two heights above its middle: volume, surface, height of its centroid. */
static double zone(double r, double low, double high, double *surface, double *height)
{
	double a = smaller(larger(low, -r), r), b = smaller(larger(high, -r), r);
	double volume = M_PI * (r * r * (b - a) - (b * b * b - a * a * a) / 3);
	double first = M_PI * (r * r * (b * b - a * a) / 2 - (b * b * b * b - a * a * a * a) / 4);

	*surface = 2 * M_PI * r * (b - a) + M_PI * (2 * r * r - a * a - b * b);
	*height = volume > 0 ? first / volume : 0;
	return volume;
}

/* Surface of a ball whose part beyond a plane at `beyond` from its middle is cut off, cut included. */
static double cut_surface(double r, double beyond)
{
	double h = smaller(larger(beyond, -r), r);

	return 2 * M_PI * r * (r + h) + M_PI * (r * r - h * h);
}

static void put_bubble(struct bubble_metrics *m, const struct survey *s, const struct bubble *b,
	const struct sums *sum, int64_t i)
{
	const struct cell_scan *scan = s->scan;
	double um = scan->cell->pixel_um, p[3], volume, surface, height;

	pose_apply(&scan->state->pose, b->centre, p);
	volume = zone(b->radius, s->low - p[2], s->high - p[2], &surface, &height);
	if (b->attached) {
		double beyond = plane_at(scan->columns, p[0], p[1]) - p[2];

		surface = cut_surface(b->radius, beyond * upright(scan->columns));
		volume = sum->gas[i];
		for (int k = 0; k < 3 && volume > 0; k++)
			p[k] = sum->at[i][k] / volume;
		height = 0;
	}
	p[2] += height;
	*m = (struct bubble_metrics){
		.id = b->id,
		.volume_um3 = exact(volume * um * um * um),
		.equivalent_diameter_um = exact(cbrt(6 * volume / M_PI) * um),
		.sphericity = exact(cbrt(M_PI) * pow(6 * volume, 2.0 / 3) / surface),
		.centroid_um = {(p[2] + scan->grid.middle) * um, p[1] * um, p[0] * um},
		.touches_interface = b->attached,
		.n_parents = b->n_parents,
	};
	for (int k = 0; k < b->n_parents; k++)
		m->parents[k] = b->parents[k];
}

static enum err put_bubbles(
	struct step_metrics *m, const struct survey *s, const struct sums *sum, struct arena *arena)
{
	const struct cell_state *st = s->scan->state;

	m->bubbles = ARENA_ZERO(arena, struct bubble_metrics, st->n_bubbles + 1);
	NEED(m->bubbles);
	for (int64_t i = 0; i < st->n_bubbles; i++) {
		put_bubble(&m->bubbles[m->n_bubbles], s, &st->bubbles[i], sum, i);
		m->n_bubbles += m->bubbles[m->n_bubbles].volume_um3.value > 0;
	}
	return OK;
}

static enum err put_crack(
	struct step_metrics *m, const struct survey *s, const struct sums *sum, struct arena *arena)
{
	double um = s->scan->cell->pixel_um, extent = 0;

	if (sum->n_crack == 0)
		return OK;
	m->cracks = ARENA_ZERO(arena, struct crack_metrics, 1);
	NEED(m->cracks);
	for (int k = 0; k < DIRECTIONS; k++)
		extent = larger(extent, sum->reach[k] + sum->back[k]);
	m->n_cracks = 1;
	m->cracks[0] = (struct crack_metrics){
		.id = 1,
		.volume_um3 = exact(sum->crack * um * um * um),
		.area_um2 = exact(sum->crack_area * um * um),
		.aperture_mean_um = exact(sum->crack / sum->crack_area * um),
		.aperture_max_um = exact(widest(s, sum->n_crack) * um),
		.depth_um = exact(sum->depth * um),
		.lateral_extent_um = exact(extent * um),
		.filled_fraction = exact(sum->filled_area / sum->crack_area),
		.reaches_interface = true,
	};
	return OK;
}

static enum err put_chip(
	struct step_metrics *m, const struct survey *s, const struct sums *sum, struct arena *arena)
{
	double um = s->scan->cell->pixel_um;

	if (!s->scan->state->loose || sum->chip <= 0)
		return OK;
	m->chips = ARENA_ZERO(arena, struct chip_metrics, 1);
	NEED(m->chips);
	m->n_chips = 1;
	m->chips[0] = (struct chip_metrics){
		.id = 1,
		.volume_um3 = exact(sum->chip * um * um * um),
		.area_um2 = exact(sum->fracture * um * um),
		.depth_um = exact(sum->chip_depth * um),
		.severed_fraction = exact(sum->open / sum->fracture),
	};
	return OK;
}

/* Motion since step 0, in the axes [z, y, x] and um of the volume: z counts rows from the first one. */
static void put_transform(
	struct step_metrics *m, const struct cell_scan *scan, const struct pose *first)
{
	struct pose back = pose_inverse(first), p = pose_after(&scan->state->pose, &back);
	const double origin[3] = {0, 0, scan->grid.middle};

	p = pose_about(&p, origin);
	for (int i = 0; i < 3; i++) {
		for (int k = 0; k < 3; k++)
			m->transform[i][k] = p.r[2 - i][2 - k];
		m->transform[i][3] = p.t[2 - i] * scan->cell->pixel_um;
	}
	m->has_transform = true;
}

static void put_interface(struct step_metrics *m, const struct survey *s, const struct sums *sum)
{
	const struct cell_columns *c = s->scan->columns;
	double um = s->scan->cell->pixel_um;

	if (sum->face <= 0)
		return;
	m->has_interface = true;
	m->interface = (struct interface_metrics){
		.plane = {(c->plane[0] + s->scan->grid.middle) * um, c->plane[1], c->plane[2]},
		.roughness_um = exact(sqrt(sum->rough / sum->n_rough) * um),
		.area_um2 = exact(sum->face * um * um),
		.contact_fraction = exact(sum->wet / sum->face),
	};
}

enum err measure_step(const struct cell_scan *scan, const struct pose *first,
	struct step_metrics *m, struct arena *arena)
{
	const struct cell_columns *c = scan->columns;
	struct survey s = {
		.scan = scan, .low = -scan->grid.middle - 0.5, .high = scan->grid.middle + 0.5};
	struct sums sum = {.crack = 0};

	s.line = ARENA_ZERO(arena, struct sums, c->n);
	s.apertures = arena_zero(arena, parallel_threads(), sizeof(*s.apertures));
	NEED(s.line);
	NEED(s.apertures);
	TRY(parallel_for(c->n, survey_line, &s));
	sum = s.line[0];
	for (int64_t j = 1; j < c->n; j++)
		add_sums(&sum, &s.line[j]);
	m->voxel_um = scan->cell->pixel_um;
	m->time_s = (scan->state->begin_s + scan->state->end_s) / 2;
	put_transform(m, scan, first);
	put_interface(m, &s, &sum);
	TRY(put_bubbles(m, &s, &sum, arena));
	TRY(put_crack(m, &s, &sum, arena));
	return put_chip(m, &s, &sum, arena);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Planes of the true volume; see truth/voxels.h. */
#include "truth/voxels.h"

#include "truth/larger.h"

#include <math.h>
#include <string.h>

/* Labels up to LABEL_CRACK_NAK and the parts of the same number are the same thing. */
_Static_assert((int)PART_CRACK_NAK == (int)LABEL_CRACK_NAK && (int)PART_VOID == (int)LABEL_VOID,
	"parts are numbered as labels are");

enum { SUB = 6, PORE_SUB = 4 };
/* A voxel's middle is nearer than this to any surface that cuts it. */
static const double half_diagonal = 0.87;

struct plane_job {
	const struct cell_scan *scan;
	double z; /* of the plane, lab frame */
	struct voxel_plane *out;
	float *pores; /* px^3 of pores in each voxel, NULL: none */
	double ball[MAX_BUBBLES][3], radius[MAX_BUBBLES];
	int n_balls; /* those that reach this plane */
	/* Within this (squared) of the cell's axis no smooth part has its side. */
	double safe2;
	bool ends; /* of Al or Na are near */
};

static double clip(double value, double low, double high)
{
	return smaller(larger(value, low), high);
}

/* Volume of a ball in voxels, added to the plane where it meets it: exact along z. */
static void add_pore(const struct plane_job *job, const double p[3], double r)
{
	int64_t size = job->scan->grid.n_col;
	double half = (double)(size - 1) / 2, z0 = job->z - 0.5 - p[2], z1 = z0 + 1;
	int64_t i0 = (int64_t)floor(p[0] + half - r + 0.5),
		i1 = (int64_t)floor(p[0] + half + r + 0.5);
	int64_t j0 = (int64_t)floor(p[1] + half - r + 0.5),
		j1 = (int64_t)floor(p[1] + half + r + 0.5);

	for (int64_t j = j0 < 0 ? 0 : j0; j <= j1 && j < size; j++) {
		for (int64_t i = i0 < 0 ? 0 : i0; i <= i1 && i < size; i++) {
			double sum = 0;

			for (int k = 0; k < PORE_SUB * PORE_SUB; k++) {
				double x = (double)i - half - p[0] +
					   (k % PORE_SUB + 0.5) / PORE_SUB - 0.5;
				double y = (double)j - half - p[1] +
					   (k / PORE_SUB + 0.5) / PORE_SUB - 0.5;
				double rest = r * r - x * x - y * y, h;

				if (rest <= 0)
					continue;
				h = sqrt(rest);
				sum += larger(0, smaller(z1, h) - larger(z0, -h));
			}
			job->pores[j * size + i] += (float)(sum / (PORE_SUB * PORE_SUB));
		}
	}
}

static void add_pores(const struct plane_job *job)
{
	const struct pores *pores = job->scan->pores;
	const struct grid *g = &job->scan->grid;
	double os = (double)g->os, row = (job->z + g->middle + 0.5) * os;

	for (int64_t b = 0; b < pores->n_blocks; b++) {
		const struct pore_block *block = &pores->block[b];

		if ((double)block->row_max < row - os || (double)block->row_min > row + os)
			continue;
		for (int64_t i = 0; i < block->n; i++) {
			const struct pore *p = &pores->pore[block->first + i];
			double z = (double)p->z / os - 0.5 - g->middle, r = pores->radius[p->class];

			if (fabs(z - job->z) < r + 0.5)
				add_pore(job, (double[3]){(double)p->x, (double)p->y, z}, r);
		}
	}
}

static void find_balls(struct plane_job *job)
{
	const struct cell_state *st = job->scan->state;

	for (int64_t i = 0; i < st->n_bubbles; i++) {
		double *p = job->ball[job->n_balls];

		pose_apply(&st->pose, st->bubbles[i].centre, p);
		job->radius[job->n_balls] = st->bubbles[i].radius;
		/* columns hold the attached ones */
		if (!st->bubbles[i].attached && fabs(p[2] - job->z) < st->bubbles[i].radius + 1)
			job->n_balls++;
	}
}

enum where { ALL_IN, ALL_OUT, CUT };

static enum where in_balls(const struct plane_job *job, double x, double y)
{
	for (int i = 0; i < job->n_balls; i++) {
		const double *p = job->ball[i];
		double dx = x - p[0], dy = y - p[1], dz = job->z - p[2];
		double d2 = dx * dx + dy * dy + dz * dz, r = job->radius[i];

		if (d2 > (r + half_diagonal) * (r + half_diagonal))
			continue;
		if (r > half_diagonal && d2 < (r - half_diagonal) * (r - half_diagonal))
			return ALL_IN;
		return CUT;
	}
	return ALL_OUT;
}

/* Shares of a voxel, and in how many of its columns the middle of a crack lies in it. */
struct shares {
	double part[N_PARTS];
	int votes;
	double crack, across; /* px of crack in the four columns; that times its aperture */
};

static void add_lengths(struct shares *s, const struct column *col, double z, double weight)
{
	double top = -INFINITY;

	for (int i = 0; i <= col->n; i++) {
		double low = i < col->n ? (double)col->z[i] : INFINITY;
		double length = clip(low, z - 0.5, z + 0.5) - clip(top, z - 0.5, z + 0.5);

		s->part[col->label[i]] += weight * larger(0, length);
		top = low;
	}
}

static bool is_crack(uint8_t label)
{
	return label == LABEL_CRACK || label == LABEL_CRACK_NAK;
}

/* A run of crack from label i of a column on, empty or filled; *last: its last label. */
static bool crack_run(const struct column *col, int i, double *top, double *low, int *last)
{
	if (i == 0 || i >= col->n || !is_crack(col->label[i]))
		return false;
	*top = (double)col->z[i - 1];
	while (i < col->n && is_crack(col->label[i + 1]))
		i++;
	*low = (double)col->z[i < col->n ? i : col->n - 1];
	*last = i;
	return true;
}

/* Does the middle of a run of crack lie in the voxel? */
static bool votes(const struct column *col, double z)
{
	double top, low;

	for (int i = 1; i < col->n; i++)
		if (crack_run(col, i, &top, &low, &i) && low - top > 0.05 &&
			fabs((top + low) / 2 - z) <= 0.5)
			return true;
	return false;
}

/* Runs of crack in a column at (x, y), by what of them lies in the voxel. */
static void add_aperture(
	const struct plane_job *job, const struct column *col, double x, double y, struct shares *s)
{
	const struct cell_columns *c = job->scan->columns;
	double top, low, p[3];

	for (int i = 1; i < col->n; i++) {
		double inside;

		if (!crack_run(col, i, &top, &low, &i))
			continue;
		inside = clip(low, job->z - 0.5, job->z + 0.5) -
			 clip(top, job->z - 0.5, job->z + 0.5);
		if (inside <= 0)
			continue;
		pose_apply(&c->to_cell, (double[3]){x, y, top}, p);
		s->crack += inside;
		s->across += inside * (low - top) / cell_sheet_stretch(c->cell, p, low - top);
	}
}

/* What only the four columns tell. */
static void look_for_crack(const struct plane_job *job, int64_t i, int64_t j, int k,
	const struct column *col, struct shares *s)
{
	const struct cell_columns *c = job->scan->columns;

	s->votes += votes(col, job->z);
	if (job->out->aperture)
		add_aperture(job, col, cell_columns_at(c, 2 * (i + c->extra) + k % 2),
			cell_columns_at(c, 2 * (j + c->extra) + k / 2), s);
}

/* Column (k of 2 x 2) of voxel (i, j). */
static struct column column_of(const struct plane_job *job, int64_t i, int64_t j, int k)
{
	const struct cell_columns *c = job->scan->columns;

	return cell_columns_get(c, 2 * (i + c->extra) + k % 2, 2 * (j + c->extra) + k / 2);
}

static void share_columns(const struct plane_job *job, int64_t i, int64_t j, struct shares *s)
{
	for (int k = 0; k < 4; k++) {
		struct column col = column_of(job, i, j, k);

		add_lengths(s, &col, job->z, 0.25);
		look_for_crack(job, i, j, k, &col, s);
	}
}

/* Smooth parts and free bubbles put into a column at (x, y). */
static void complete(const struct plane_job *job, double x, double y, struct column *col)
{
	const struct cell *c = job->scan->cell;
	const struct pose *to = &job->scan->columns->to_cell;
	enum { LIQUID = 1 << PART_NAK | 1 << PART_VOID, SOLID = 1 << PART_NASICON };
	double p[3], r, slope = to->r[2][2], aside;

	pose_apply(to, (double[3]){x, y, job->z}, p);
	r = hypot(p[0], p[1]);
	for (int i = 0; i < job->n_balls; i++) {
		const double *q = job->ball[i];
		double rest = job->radius[i] * job->radius[i] - (x - q[0]) * (x - q[0]) -
			      (y - q[1]) * (y - q[1]);

		if (rest > 0)
			column_paint(col, q[2] - sqrt(rest), q[2] + sqrt(rest), LABEL_VOID,
				1 << PART_NAK);
	}
	aside = (r - c->ring_middle) / c->ring_half;
	if (aside >= 0)
		column_paint(col, -1e9, 1e9, PART_OUTSIDE, LIQUID);
	if (fabs(aside) < 1) {
		double middle = job->z - (p[2] + c->gap / 2) / slope;
		double half = c->gap / 2 * sqrt(1 - aside * aside) / slope;

		column_paint(
			col, middle - half, middle + half, PART_RING, LIQUID | 1 << PART_OUTSIDE);
	}
	if (r >= c->pellet_radius)
		column_paint(col, -1e9, 1e9, PART_OUTSIDE, SOLID);
	column_paint(col, -1e9, job->z - (p[2] + c->gap) / slope,
		r < c->rod ? PART_AL : PART_OUTSIDE, ~0U);
	column_paint(col, job->z + (c->pellet - p[2]) / slope, 1e9,
		r < c->rod ? PART_NA : PART_OUTSIDE, ~0U);
	if (r >= c->tube_inner)
		column_paint(col, -1e9, 1e9, r < c->tube_outer ? PART_PEEK : PART_OUTSIDE, ~0U);
}

/* sub: columns each way; 2 do where no side is near, since heights are exact. */
static void share_all(const struct plane_job *job, int64_t i, int64_t j, double x, double y,
	int sub, struct shares *s)
{
	for (int k = 0; k < sub * sub; k++) {
		int column = (k % sub >= sub / 2) + 2 * (k / sub >= sub / 2);
		struct column col = column_of(job, i, j, column);

		complete(job, x + (k % sub + 0.5) / sub - 0.5, y + (k / sub + 0.5) / sub - 0.5,
			&col);
		add_lengths(s, &col, job->z, 1.0 / (sub * sub));
	}
	for (int k = 0; k < 4; k++) {
		struct column col = column_of(job, i, j, k);

		look_for_crack(job, i, j, k, &col, s);
	}
}

/* The one label of a column between z0 and z1; N_LABELS: there are more. */
static uint8_t label_between(const struct column *col, double z0, double z1)
{
	int i = 0;

	while (i < col->n && (double)col->z[i] <= z0)
		i++;
	return i == col->n || (double)col->z[i] >= z1 ? col->label[i] : N_LABELS;
}

/* -1: all liquid, as above the interface; 1: all ceramic; 0: columns must be looked at. */
static int side_of(const struct plane_job *job, int64_t i, int64_t j)
{
	const struct cell_columns *c = job->scan->columns;
	double top = job->z - 0.5, low = job->z + 0.5;
	int liquid = 0, solid = 0;

	for (int k = 0; k < 4; k++) {
		int64_t at = (2 * (j + c->extra) + k / 2) * c->n + 2 * (i + c->extra) + k % 2;
		uint8_t label;

		if (c->more[at])
			label = label_between(&c->list[c->more[at] - 1], top, low);
		else
			label = low <= (double)c->surface[at]	? LABEL_NAK
				: top >= (double)c->surface[at] ? LABEL_NASICON
								: N_LABELS;
		liquid += label == LABEL_NAK;
		solid += label == LABEL_NASICON;
	}
	return liquid == 4 ? -1 : solid == 4 ? 1 : 0;
}

/* How far from the axis this plane is free of the sides of smooth parts. */
static void find_safe(struct plane_job *job)
{
	const struct cell *c = job->scan->cell;
	const struct pose *to = &job->scan->columns->to_cell;
	double half = (double)job->scan->grid.n_col / 2, p[3], inner, outer, safe;
	double lean = half * sqrt(to->r[2][0] * to->r[2][0] + to->r[2][1] * to->r[2][1]) + 1;

	pose_apply(to, (double[3]){0, 0, job->z}, p);
	safe = smaller(smaller(c->rod, c->pellet_radius), c->tube_inner);
	/* the O-ring is thickest halfway up the gap */
	solids_ring(c, smaller(larger(-c->gap / 2, p[2] - lean), p[2] + lean), &inner, &outer);
	safe = smaller(safe, inner) - 1;
	job->safe2 = safe > 0 ? safe * safe : 0;
	job->ends = fabs(p[2] + c->gap) < lean || fabs(p[2] - c->pellet) < lean;
}

static enum part safe_part(const struct cell *c, double z, bool solid)
{
	return z < -c->gap ? PART_AL : z >= c->pellet ? PART_NA : solid ? PART_NASICON : PART_NAK;
}

/* The part that fills the voxel, or N_PARTS and the shares of several. */
static enum part share_voxel(
	const struct plane_job *job, int64_t i, int64_t j, double x, double y, struct shares *s)
{
	const struct cell *c = job->scan->cell;
	int side = side_of(job, i, j);
	enum where gas = in_balls(job, x, y);
	enum part part;
	double p[3];
	bool upright, safe; /* no sides near, no ends either */

	pose_apply(&job->scan->columns->to_cell, (double[3]){x, y, job->z}, p);
	upright = p[0] * p[0] + p[1] * p[1] < job->safe2;
	safe = upright && !job->ends;
	if (gas != CUT && (safe || !solids_edge(c, p, half_diagonal))) {
		/* Far from the edges of other parts, which may still be all around. */
		part = safe ? safe_part(c, p[2], side > 0) : solids_part(c, p, side > 0);
		if (side != 0)
			return gas == ALL_IN && part == PART_NAK ? PART_VOID : part;
		if (gas == ALL_OUT && part == PART_NAK && solids_part(c, p, true) == PART_NASICON) {
			share_columns(job, i, j, s);
			return N_PARTS;
		}
	}
	share_all(job, i, j, x, y, upright && gas != CUT ? 2 : SUB, s);
	return N_PARTS;
}

static void fill_voxel(const struct plane_job *job, int64_t at, enum part part)
{
	struct voxel_plane *out = job->out;
	double pore = job->pores && part == PART_NASICON ? (double)job->pores[at] : 0;
	int label = part < (enum part)LABEL_HARDWARE ? (int)part : LABEL_HARDWARE;

	out->label[at] = (uint8_t)label;
	out->fraction[at] = (uint8_t)(255 * (1 - smaller(pore, 1)) + 0.5);
	out->pores += pore;
	out->volume[label]++;
	if (out->mu)
		out->mu[at] = (float)((1 - pore) * job->scan->parts->mu[part]);
}

static void settle_voxel(
	const struct plane_job *job, int64_t at, const struct shares *s, struct voxel_plane *out)
{
	double share[N_LABELS] = {0}, crack, pore, filled;
	int best = 0;

	for (int k = 0; k < N_PARTS; k++)
		share[k < LABEL_HARDWARE ? k : LABEL_HARDWARE] += s->part[k];
	crack = share[LABEL_CRACK] + share[LABEL_CRACK_NAK];
	for (int k = 1; k < N_LABELS; k++)
		best = share[k] > share[best] ? k : best;
	if (crack >= 0.5 || (s->votes >= 2 && crack > 0))
		best = share[LABEL_CRACK_NAK] > share[LABEL_CRACK] ? LABEL_CRACK_NAK : LABEL_CRACK;
	pore = job->pores ? smaller((double)job->pores[at], share[LABEL_NASICON]) : 0;
	filled = share[best] - (best == LABEL_NASICON ? pore : 0);
	out->label[at] = (uint8_t)best;
	if (out->aperture && is_crack((uint8_t)best) && s->crack > 0)
		out->aperture[at] =
			(uint8_t)clip(VOXEL_APERTURE * s->across / s->crack + 0.5, 1, 255);
	out->fraction[at] = (uint8_t)(255 * clip(filled, 0, 1) + 0.5);
	out->pores += pore;
	for (int k = 0; k < N_LABELS; k++)
		out->volume[k] += share[k];
	if (out->mu) {
		const double *mu = job->scan->parts->mu;
		double sum = -pore * mu[PART_NASICON];

		for (int k = 0; k < N_PARTS; k++)
			sum += s->part[k] * mu[k];
		out->mu[at] = (float)sum;
	}
}

enum err voxels_plane(
	const struct cell_scan *scan, int64_t row, struct voxel_plane *out, struct arena *arena)
{
	int64_t size = scan->grid.n_col;
	double half = (double)(size - 1) / 2, edge = (double)size / 2;
	struct plane_job job = {.scan = scan, .z = (double)row - scan->grid.middle, .out = out};
	struct arena_mark mark = arena_mark(arena);

	memset(out->volume, 0, sizeof(out->volume));
	out->pores = 0;
	if (out->aperture)
		memset(out->aperture, 0, (size_t)(size * size));
	if (scan->pores->n > 0) {
		job.pores = ARENA_ZERO(arena, float, size *size);
		NEED(job.pores);
		add_pores(&job);
	}
	find_balls(&job);
	find_safe(&job);
	for (int64_t j = 0; j < size; j++) {
		double y = (double)j - half;

		for (int64_t i = 0; i < size; i++) {
			double x = (double)i - half;
			struct shares s = {.votes = 0};

			if (x * x + y * y <= edge * edge) {
				enum part part = share_voxel(&job, i, j, x, y, &s);

				if (part == N_PARTS)
					settle_voxel(&job, j * size + i, &s, out);
				else
					fill_voxel(&job, j * size + i, part);
				continue;
			}
			out->label[j * size + i] = LABEL_OUTSIDE;
			out->fraction[j * size + i] = 255;
			if (out->mu)
				out->mu[j * size + i] = 0;
		}
	}
	arena_release(arena, mark);
	return OK;
}

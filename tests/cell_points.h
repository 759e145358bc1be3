/* SPDX-License-Identifier: BSD-3-Clause
 * What is at a point of the cell, decided point by point from the surfaces of truth/cell.h: what tests
 * compare columns, needles, lines and voxels with. Shares nothing with those but the surfaces and fields. */
#ifndef TESTS_CELL_POINTS_H
#define TESTS_CELL_POINTS_H

#include "tests/cell_make.h"

struct points {
	const struct cell *c;
	const struct cell_state *st;
	struct pose to_cell, to_chip; /* to_chip: from the cell's frame */
	double edge; /* further from the rotation axis (lab) there is but the interface's plane */
	bool moved;
};

static inline struct points points_of(const struct made_cell *m)
{
	return (struct points){
		.c = m->cell,
		.st = &m->state,
		.to_cell = pose_inverse(&m->state.pose),
		.to_chip = pose_inverse(&m->state.chip),
		.edge = INFINITY,
		.moved = m->state.loose && m->s.cell.ligaments <= 0,
	};
}

/* Vertical opening of the crack above the fracture surface at (x, y) of the cell's frame. */
static inline double point_opening(const struct points *w, double x, double y)
{
	const struct cell *c = w->c;
	double passed = w->st->front - cell_front(c, x, y), wide;

	if (w->st->front <= 0 || cell_holds(c, x, y) || (!w->st->loose && passed <= 0))
		return 0;
	wide = 0.8 + field_at(&c->aperture_noise, x, y);
	wide *= w->st->loose || passed >= 0.2 ? 1 : sqrt(passed / 0.2);
	wide *= c->aperture * w->st->open * cell_lens_stretch(c, x, y);
	return wide > 0 ? wide : 0;
}

static inline bool in_branches(const struct points *w, const double p[3])
{
	for (int64_t i = 0; i < w->c->n_branches; i++) {
		const struct branch *b = &w->c->branches[i];
		double grown = (w->st->front - b->start - 0.08) / 0.3, z, open;

		if (grown > 0 &&
			cell_branch(w->c, b, grown > 1 ? 1 : grown, p[0], p[1], &z, &open) &&
			fabs(p[2] - z) < 0.35 * w->c->aperture * w->st->open * open *
						 sqrt(1 + b->slope * b->slope))
			return true;
	}
	return false;
}

static inline bool in_chip(const struct points *w, const double p[3])
{
	double q[3];

	pose_apply(&w->to_chip, p, q);
	return q[2] >= cell_interface(w->c, q[0], q[1]) &&
	       q[2] < cell_lens(w->c, q[0], q[1]) - point_opening(w, q[0], q[1]);
}

static inline enum part crack_part(const struct points *w, const double p[3])
{
	double inward = 1 - cell_rim(w->c, p[0], p[1]) + field_at(&w->c->fill_noise, p[0], p[1]);

	return w->st->fill > 0 && inward < w->st->fill ? PART_CRACK_NAK : PART_CRACK;
}

/* Is a column through p, along the cell's axis, one that passes the chip above p? */
static inline bool chip_above(const struct points *w, const double p[3])
{
	double q[3], top;

	pose_apply(&w->to_chip, p, q);
	top = cell_interface(w->c, q[0], q[1]);
	return cell_lens(w->c, q[0], q[1]) - point_opening(w, q[0], q[1]) - top > 0.02;
}

/* Ceramic, crack or liquid, without gas: face is the interface at p. */
static inline enum part point_solid(const struct points *w, const double p[3], double face)
{
	double lens, open = 0;

	if (w->st->front <= 0 || cell_rim(w->c, p[0], p[1]) > 1.25)
		return p[2] >= face ? PART_NASICON : PART_NAK;
	lens = cell_lens(w->c, p[0], p[1]);
	open = point_opening(w, p[0], p[1]);
	if (w->moved && p[2] < lens && chip_above(w, p)) {
		double q[3];

		pose_apply(&w->to_chip, p, q);
		if (in_chip(w, p))
			return PART_NASICON;
		if (p[2] >= face && q[2] < cell_interface(w->c, q[0], q[1]))
			return PART_NAK;
	}
	if (p[2] < face)
		return PART_NAK;
	if (p[2] < lens && (w->moved || p[2] >= lens - open))
		return crack_part(w, p);
	if (lens > face && (w->moved || open > 0) && cell_rim(w->c, p[0], p[1]) <= 1 &&
		in_branches(w, p))
		return PART_CRACK;
	return PART_NASICON;
}

static inline bool in_bubble(const struct points *w, const double p[3])
{
	for (int64_t i = 0; i < w->st->n_bubbles; i++) {
		const struct bubble *b = &w->st->bubbles[i];
		double x = p[0] - b->centre[0], y = p[1] - b->centre[1], z = p[2] - b->centre[2];

		if (x * x + y * y + z * z < b->radius * b->radius)
			return true;
	}
	return false;
}

static inline enum part point_part(const struct points *w, const double lab[3])
{
	const struct cell *c = w->c;
	double p[3], r, h, cord, face;
	enum part part;
	bool far;

	pose_apply(&w->to_cell, lab, p);
	r = sqrt(p[0] * p[0] + p[1] * p[1]);
	if (r >= c->tube_inner)
		return r < c->tube_outer ? PART_PEEK : PART_OUTSIDE;
	if (p[2] < -c->gap)
		return r < c->rod ? PART_AL : PART_OUTSIDE;
	if (p[2] >= c->pellet)
		return r < c->rod ? PART_NA : PART_OUTSIDE;
	far = hypot(lab[0], lab[1]) > w->edge;
	face = far ? cell_plane(c, p[0], p[1]) : cell_interface(c, p[0], p[1]);
	part = !far ? point_solid(w, p, face) : p[2] >= face ? PART_NASICON : PART_NAK;
	if (part == PART_NASICON)
		return r < c->pellet_radius ? PART_NASICON : PART_OUTSIDE;
	if (part != PART_NAK)
		return part;
	/* the cord of the O-ring is an ellipse: half as high as the gap, centred in it */
	h = (p[2] + c->gap / 2) / (c->gap / 2);
	cord = fabs(h) < 1 ? c->ring_half * sqrt(1 - h * h) : 0;
	if (r >= c->ring_middle - cord)
		return r < c->ring_middle + cord ? PART_RING : PART_OUTSIDE;
	if (in_bubble(w, p) || (!far && p[2] > face - scenario_gap(c, w->st, p[0], p[1])))
		return PART_VOID;
	return PART_NAK;
}

#endif

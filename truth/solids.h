/* SPDX-License-Identifier: BSD-3-Clause
 * Line integrals through the smooth parts of the cell: solids of revolution about its axis, cut by planes.
 * A ray is straight in the cell's frame, so that its chord with a cylinder is a quadratic, with the O-ring
 * a fixed point of one, and what a plane leaves of a chord is exact, averaged over the height of a row. */
#ifndef TRUTH_SOLIDS_H
#define TRUTH_SOLIDS_H

#include "truth/cell.h"
#include "truth/pose.h"

enum part {
	PART_OUTSIDE, /* gas outside the compartment */
	PART_VOID,
	PART_NAK,
	PART_NASICON,
	PART_CRACK,
	PART_CRACK_NAK,
	PART_AL, /* from here on: hardware */
	PART_NA,
	PART_PEEK,
	PART_RING,
	N_PARTS
};

/* One row of rays in the cell's frame: ray i starts at from + i * step and runs along `along`; row: its
 * height. The ends of all chords are counted from the point nearest to the axis. */
struct ray_row {
	double from[3], step[3], along[3];
	double height;
	double t0, dt, reach; /* distance of ray i from the rotation axis: t0 + i dt; see far */
	int32_t n;
};

/* Lengths (px) of each ray in NASICON, NaK (without bubbles and roughness), Al, Na, PEEK and O-ring; far:
 * of that in NASICON what lies further than `reach` from the rotation axis. */
struct ray_lengths {
	float *nasicon, *far, *nak, *al, *na, *peek, *ring; /* n each */
};

void solids_row(const struct cell *c, const struct ray_row *row, const struct ray_lengths *out);

/* Radius of the O-ring's inside and outside at height z (its cord is an ellipse as high as the gap). */
void solids_ring(const struct cell *c, double z, double *inner, double *outer);

/* Which part a point of the cell's frame is in, without bubbles and crack; solid: below the interface. */
enum part solids_part(const struct cell *c, const double p[3], bool solid);

/* Is the surface of a smooth part, the interface apart, within `near` px of the point? */
bool solids_edge(const struct cell *c, const double p[3], double near);

#endif

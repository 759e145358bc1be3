/* SPDX-License-Identifier: BSD-3-Clause
 * The operando cell as geometry: smooth parts, the rough interface, the fracture surface of the chip.
 *
 * Lengths in px of the detector. The cell's own frame: z along its axis, growing from the Al into the
 * ceramic (as detector rows do), 0 where the axis meets the plane of the interface; x and y across.
 * Parts: Al (z < -gap) and Na (z > pellet) are rods; between Al and interface the liquid inside the
 * O-ring; the tube around all. A surface is a height z(x, y). */
#ifndef TRUTH_CELL_H
#define TRUTH_CELL_H

#include "config/settings.h"
#include "core/arena.h"
#include "core/error.h"
#include "truth/field.h"

#include <stdbool.h>
#include <stdint.h>

enum { MAX_BRANCHES = 8, LENS_WAVES = 4 };

struct branch {
	double x, y;	 /* where it leaves the crack */
	double along[2]; /* unit vector it runs to */
	double slope;	 /* it dives by so much more than the crack */
	double length, half_width;
	double start; /* the front (cell_front) at x, y */
};

struct cell {
	double pixel_um, scale;		    /* um; of the whole cell */
	double tube_inner, tube_outer, rod; /* radii; Al and Na are rods as wide as the pellet */
	double ring_middle, ring_half;	    /* radius of the O-ring's cord, half its thickness */
	double gap, pellet_radius, pellet;
	double slope[2];	       /* dz/dx, dz/dy of the interface's plane */
	double smooth_from, smooth_to; /* radii where the roughness fades, inside the O-ring */
	struct field rough;
	/* The lens that chips off. */
	double lens_x, lens_y, lens_radius, lens_depth, lens_skew[2];
	double wave_cos[LENS_WAVES], wave_sin[LENS_WAVES]; /* of its rim */
	double source_x, source_y, front_end; /* where the crack starts; last value of the front */
	struct field crack_rough, front_noise, aperture_noise, fill_noise, ligament_noise;
	double aperture,
		ligament_level; /* widest opening; ligament_noise above it holds, INFINITY */
	struct branch branches[MAX_BRANCHES];
	int64_t n_branches;
	double porosity, pore_small, pore_large;
	uint64_t seed;
};

/* width: columns of the detector, for the scale. ERR_USAGE: parts that do not fit into each other. */
enum err cell_new(struct cell **cell, const struct cell_settings *s, double pixel_um, int64_t width,
	uint64_t seed, struct arena *arena);

/* The furthest that a loose chip goes, px: bubbles keep clear of it. */
double cell_chip_way(const struct cell *c);

/* The interface, its plane, and the fracture surface. The latter is above the interface outside the
 * lens's rim. */
double cell_plane(const struct cell *c, double x, double y);
double cell_interface(const struct cell *c, double x, double y);
double cell_lens(const struct cell *c, double x, double y);

/* Distance from the lens's axis over the radius of its rim in that direction. */
double cell_rim(const struct cell *c, double x, double y);

/* 1 + |gradient|^2 of the fracture surface, the interface or a side branch, its square root: area over
 * projected area. */
double cell_lens_stretch(const struct cell *c, double x, double y);
double cell_interface_stretch(const struct cell *c, double x, double y);
double cell_branch_stretch(const struct cell *c, const struct branch *b, double x, double y);

/* When the crack's front passes: 0 at its source, 1 for the last point of the lens. */
double cell_front(const struct cell *c, double x, double y);
bool cell_holds(const struct cell *c, double x, double y); /* a ligament */

/* Height of a side branch at (x, y) and what is left of the opening there, 1 to 0; false where it is
 * not. grown: 0 to 1. */
bool cell_branch(const struct cell *c, const struct branch *b, double grown, double x, double y,
	double *z, double *open);

/* Area over projected area of a sheet of crack `thick` px high whose top is at p (cell's frame): a side branch if
 * that is below the fracture surface. */
double cell_sheet_stretch(const struct cell *c, const double p[3], double thick);

#endif

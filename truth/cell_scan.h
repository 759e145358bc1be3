/* SPDX-License-Identifier: BSD-3-Clause
 * What the detector sees of the cell at one step: transmission, frame by frame, through smooth parts
 * (truth/solids.h), needles and pores, propagated and blurred (truth/optics.h). Any frame can be asked for
 * alone; its bytes depend on nothing but the settings. */
#ifndef TRUTH_CELL_SCAN_H
#define TRUTH_CELL_SCAN_H

#include "truth/materials.h"
#include "truth/needles.h"
#include "truth/optics.h"
#include "truth/pores.h"
#include "truth/solids.h"

/* Of the pixels' size: attenuation 1/px, refraction um/px, for each part. */
struct optical_parts {
	double mu[N_PARTS], delta[N_PARTS];
};

/* ERR_USAGE: a material that cannot be read. */
enum err parts_new(struct optical_parts *parts, const struct material_settings *m,
	double energy_kev, double pixel_um);

struct cell_scan {
	const struct cell *cell;
	const struct cell_state *state;
	const struct optical_parts *parts;
	const struct cell_columns *columns;
	const struct needles *needles;
	const struct pores *pores;
	const struct pore_stamps *stamps;
	const struct optics *optics;
	struct grid grid;
	double reach; /* px from the axis that the detector sees; beyond, pores are a mean density */
	bool phase;
};

struct cell_view {
	int64_t size, rows, oversample;
	double center_offset, tilt; /* px, degrees */
	double pixel_um, energy_kev, distance_mm, blur_px;
};

/* Everything of one step that its frames need, in the arena. */
enum err cell_scan_new(struct cell_scan **scan, const struct cell *c, const struct cell_state *st,
	const struct optical_parts *parts, const struct cell_view *view, struct arena *arena);

/* Distance from the axis that a detector sees, and a little more: the reach of columns and pores. */
double cell_view_reach(const struct cell_view *view);

/* What the scan holds, and what a frame takes from its arena while it is made. */
int64_t cell_scan_bytes(const struct cell_scan *scan);
int64_t cell_scan_frame_bytes(const struct cell_scan *scan);

/* Transmission of a frame, n_row x n_col. angle in radians; time from 0 to 1 within the scan. */
enum err cell_scan_frame(const struct cell_scan *scan, double angle, double time,
	float *transmission, struct arena *arena);

/* Attenuation line integrals alone, on the fine grid of rows [row0, row0 + n_row) without margin: what the
 * tests compare with formulas. out: (n_row os) x (n_col os). */
enum err cell_scan_lines(const struct cell_scan *scan, double angle, double time, int64_t row0,
	int64_t n_row, float *out, struct arena *arena);

#endif

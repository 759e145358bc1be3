/* SPDX-License-Identifier: BSD-3-Clause
 * What happens to the cell: its state at each step of a scenario, and the current and voltage in between.
 * Everything follows from settings, seed and step. */
#ifndef TRUTH_SCENARIO_H
#define TRUTH_SCENARIO_H

#include "truth/cell.h"
#include "truth/pose.h"

enum { MAX_BUBBLES = 64, MAX_PARENTS = 4 };

struct bubble {
	int64_t id, parents[MAX_PARENTS]; /* ids in the step before, itself included */
	int n_parents;
	double centre[3], radius; /* cell's frame, px */
	bool attached;		  /* cut by the interface it sits on */
};

struct cell_state {
	int64_t step;
	double begin_s, end_s; /* of the scan on the series' clock */
	struct pose pose;      /* from the cell's frame to the lab's at the middle of the scan */
	double settle;	       /* px along z from the begin to the end of the scan */
	struct pose chip;      /* of the loose chip, in the cell's frame */
	bool loose;	       /* the crack has come around: a chip */
	double front, open,
		fill; /* crack: progress, opening (both 0 to 1), share filled from the rim */
	struct field gap_noise;	    /* gas at the interface where it is above gap_level */
	double gap_level, gap_size; /* px of gas for each unit above; INFINITY: none */
	struct bubble bubbles[MAX_BUBBLES];
	int64_t n_bubbles;
};

/* Lab frame: x and y from the rotation axis at angle 0, z in rows from the middle of the detector.
 * view_radius: px around the axis that the detector sees. ERR_USAGE: bubbles that find no room. */
enum err scenario_state(struct cell_state *state, const struct cell *c,
	const struct simulate_settings *s, const struct cell_settings *cs, double view_radius,
	int64_t step);

/* Gas between interface and liquid at (x, y), px. */
double scenario_gap(const struct cell *c, const struct cell_state *state, double x, double y);

/* The record of the potentiostat: n samples (arena), every 10 s, from SCENARIO_REST seconds before the first
 * scan to as long after the last; its clock, 0 at its beginning, is that of the series. */
enum { SCENARIO_REST = 300 };
struct battery_record {
	int64_t n;
	double *time_s, *voltage_v, *current_ma;
};
enum err scenario_record(struct battery_record *record, const struct simulate_settings *s,
	const struct cell_settings *cs, struct arena *arena);

#endif

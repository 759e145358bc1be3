/* SPDX-License-Identifier: BSD-3-Clause
 * Bubbles of a step: where they are, how large, and from which they came. */
#ifndef TRUTH_BUBBLES_H
#define TRUTH_BUBBLES_H

#include "truth/scenario.h"

/* Fills state->bubbles. reach: radius (px) they keep within; passed: share of the series, 0 to 1.
 * In stripping they grow with the charge (volume linear in time); of the first ones, number 0 sits on
 * the interface, 1 and 2 merge, 3 splits, 4 vanishes, and later ones appear on the way. In the other
 * scenarios the first half of them stays as it is. */
enum err bubbles_place(struct cell_state *state, const struct cell *c,
	const struct simulate_settings *s, const struct cell_settings *cs, double reach,
	double passed);

#endif

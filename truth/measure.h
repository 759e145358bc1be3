/* SPDX-License-Identifier: BSD-3-Clause
 * The true numbers of a step, from the geometry and not from voxels: bubbles and transforms in closed form,
 * crack, chip and interface as sums over columns (half a pixel apart, exact along z). */
#ifndef TRUTH_MEASURE_H
#define TRUTH_MEASURE_H

#include "core/metrics.h"
#include "truth/cell_scan.h"

/* Objects that reach out of the rows or the circle in view count with their part in view (free bubbles out of
 * the rows only); the transform is
 * relative to `first`, the pose of step 0. Phases are left to the caller (truth/voxels.h).
 * Films of gas at the interface are part of contact_fraction and of the void, not bubbles. */
enum err measure_step(const struct cell_scan *scan, const struct pose *first,
	struct step_metrics *metrics, struct arena *arena);

#endif

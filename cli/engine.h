/* SPDX-License-Identifier: BSD-3-Clause
 * The streaming engine of `recon`: slabs of rows are read, each batch of rows becomes filtered
 * sinograms and then slices, bands of slices are written; reading, computing and writing overlap. */
#ifndef CLI_ENGINE_H
#define CLI_ENGINE_H

#include "cli/plan.h"
#include "io/volume.h"

/* Seconds of the wall clock spent in each part; what is left of the whole was waiting for the disk. */
struct engine_times {
	double stages, filter, backproject;
};

/* Reconstructs every row the volume does not have yet. total: the counts of the rows done here.
 * Interrupted: ERR_INTERRUPTED, with the finished batches committed. */
enum err engine_run(struct prepared *p, const struct fbp *fbp, const struct plan *plan,
	struct volume *volume, struct counts *total, struct engine_times *times,
	struct arena *arena);

#endif

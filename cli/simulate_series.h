/* SPDX-License-Identifier: BSD-3-Clause
 * A simulated series of the cell while it is made: shared by its steps (cli/simulate_cell.c) and by the
 * files about all of them (cli/simulate_files.c). */
#ifndef CLI_SIMULATE_SERIES_H
#define CLI_SIMULATE_SERIES_H

#include "cli/simulate.h"
#include "truth/cell_scan.h"

struct series {
	const struct settings *settings;
	const char *dir, *scans, *truth, *yaml;
	const struct cell *cell;
	struct optical_parts parts;
	struct cell_view view;
	struct pose first; /* of step 0 */
	struct arena *arena;
	struct made_scan *made; /* of each step */
};

/* run.yaml, cell.mpt and .csv, truth/metrics.json and .csv, truth/steps.png. */
enum err write_series_files(const struct series *series);

#endif

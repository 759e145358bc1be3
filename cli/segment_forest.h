/* SPDX-License-Identifier: BSD-3-Clause
 * `segment --train` and `--model`: labels by a forest, for samples that are no cell. */
#ifndef CLI_SEGMENT_FOREST_H
#define CLI_SEGMENT_FOREST_H

#include "cli/segment.h"
#include "config/options.h"
#include "segment/forest.h"

struct forest_job {
	struct segment_job *job;
	struct forest forest;
	double zero, one;  /* grey values of this volume that features count from 0 to 1 */
	double percent[2]; /* its 1 and 99 percentiles */
};

bool forest_wanted(const struct settings *s);
enum err segment_forest(struct segment_job *job, const struct command_line *line);

/* The forest grown from the painted slices; cli/segment_train.c. */
enum err forest_train(struct forest_job *f);

/* Planes [p0, p1), between zero and one. */
enum err forest_planes(struct forest_job *f, int64_t p0, int64_t p1, float *out);

#endif

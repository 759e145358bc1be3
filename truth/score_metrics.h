/* SPDX-License-Identifier: BSD-3-Clause
 * The numbers of a step against the true ones, each error also in units of its stated standard
 * deviation. Objects are matched one to one: bubbles by centroid and volume, cracks and chips in order of their size. */
#ifndef TRUTH_SCORE_METRICS_H
#define TRUTH_SCORE_METRICS_H

#include "core/arena.h"
#include "core/error.h"
#include "core/metrics.h"

#include <stdint.h>

struct metric_score {
	const char *object; /* "phase", "interface", "bubble", "crack", "chip", "transform" */
	const char *name;   /* of a phase; else "" */
	int64_t truth_id, found_id;  /* of an object; -1: it has none */
	const char *quantity, *unit; /* "volume_um3", "um3" */
	double truth, found, sd;     /* sd: stated, of both; NAN: not stated */
	double error, relative;	     /* found - truth; over truth */
	double z;		     /* error / sd; NAN unless sd > 0 */
};

struct object_score {
	const char *object; /* "bubbles", "cracks", "chips" */
	int64_t n_truth, n_found, matched;
};

struct metrics_score {
	struct metric_score *rows;
	int64_t n;
	struct object_score objects[3];
	int64_t n_z, n_within; /* with a z; of these |z| <= 2 */
	double within;	       /* their share; NAN: none */
};

/* Quantities that one side does not know are left out. */
enum err score_metrics(struct metrics_score *score, const struct step_metrics *truth,
	const struct step_metrics *found, struct arena *arena);

#endif

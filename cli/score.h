/* SPDX-License-Identifier: BSD-3-Clause
 * What tomochron score found, between the command (cli/score.c), its table (cli/score_print.c) and its
 * JSON (cli/score_json.c). */
#ifndef CLI_SCORE_H
#define CLI_SCORE_H

#include "core/arena.h"
#include "core/error.h"
#include "truth/score.h"
#include "truth/score_metrics.h"
#include "truth/score_volume.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct score_report {
	const char *labels, *truth; /* as opened */
	int64_t first_row;	    /* detector row of the first plane scored; -1: not known */
	double voxel_um;	    /* NAN: not known */
	struct score_setup setup;
	bool is_volume; /* LABELS is a reconstruction: material[], else score and shift */
	struct score score;
	struct score_shift shift; /* as the files are, before anything was moved */
	bool moved;		  /* by shift.whole */
	struct score_material material[N_LABELS];
	bool has_fraction;
	bool has_metrics;
	const char *metrics, *truth_metrics; /* files */
	const char *step;		     /* name of the true one */
	struct metrics_score numbers;
};

void score_print(FILE *out, const struct score_report *report);
enum err score_json(FILE *out, const struct score_report *report);

/* "nak"; "label_9" for values that have no name. */
struct label_text {
	char s[32];
};
struct label_text label_text(int label);

#endif

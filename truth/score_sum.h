/* SPDX-License-Identifier: BSD-3-Clause
 * From counts to the numbers of struct score, and which parts of two volumes lie on each other. Private
 * to truth/score*. */
#ifndef TRUTH_SCORE_SUM_H
#define TRUTH_SCORE_SUM_H

#include "truth/score.h"

struct score_sums {
	const bool *there;	      /* 256: values that came */
	const int64_t *counts;	      /* threads x 256 x 256: truth, found */
	struct near *const *boundary; /* 256, NULL: none */
	struct near *const *crack;    /* CRACK_KINDS, NULL: none */
};
enum err score_sum(struct score *score, const struct score_sums *sums, struct arena *arena);

enum err score_sum_large(
	struct score_large *large, const struct blob_lists *blobs, struct arena *arena);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 * How right a reconstruction is: attenuation of each material in its interior, where neither partial voxels nor the
 * resolution have a say. Interior: the 5^3 voxels around carry one label and (where the truth has fractions)
 * are filled by it; voxels less than 2 from the sides of the volume, and those outside the circle of
 * the mask or less than 2 voxels from its rim, are not. Sums are double, row by row in order: the
 * same for any number of threads. */
#ifndef TRUTH_SCORE_VOLUME_H
#define TRUTH_SCORE_VOLUME_H

#include "core/metrics.h"
#include "truth/score.h"

/* What a reconstruction is read by, plane by plane in order: floats in 1/cm. */
struct score_real {
	const struct score_volume *shape; /* its read() is not used */
	void *context;
	enum err (*read)(void *context, int64_t z, float *out);
};

struct score_material {
	int64_t n;			     /* interior voxels */
	double truth;			     /* 1/cm; NAN: several materials (hardware) */
	double mean, sd;		     /* 1/cm; NAN: no interior */
	double bias;			     /* mean - truth, 1/cm; NAN without truth */
	double rmse;			     /* from the truth, 1/cm */
	double relative_bias, relative_rmse; /* over the truth; NAN where that is 0 */
};

struct score_interior {
	const struct score_setup *setup; /* side[SCORE_FOUND]: real.shape */
	struct score_real real;
	/* of the truth; NULL: there are no fractions */
	enum err (*read_fraction)(void *context, int64_t z0, int64_t n, uint8_t *out);
	const double *attenuation; /* N_LABELS, 1/cm; NAN: several materials */
};

/* Label 0 (outside) has no material. Values that are not numbers are ERR_INPUT. */
enum err score_interior(const struct score_interior *job, struct score_material material[N_LABELS],
	struct arena *arena);

#endif

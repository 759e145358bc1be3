/* SPDX-License-Identifier: BSD-3-Clause
 * What is about the middle of every plane; see segment/levels.h. */
#include "segment/levels.h"

#include "segment/order.h"

#include <math.h>

enum { LEAST_PLANES = 12 };

bool levels_cupping(const struct levels *l, const struct survey *s, const struct circle *circle,
	float *cupping, double *rms, struct arena *arena)
{
	int64_t first = (l->has_metal ? l->metal_end : 0) + STEP_REACH, n;
	int64_t last = (l->has_ceramic ? l->top : l->nz) - STEP_REACH;
	double *values = ARENA_NEW(arena, double, l->nz), sum = 0;

	if (!values || last - first < LEAST_PLANES)
		return false;
	for (int64_t r = 0; r < s->bins; r++) {
		n = 0;
		for (int64_t d = first; d < last; d++) {
			int64_t z = l->below ? l->nz - 1 - d : d;

			values[n++] = (double)s->radial[z * s->bins + r] - l->liquid[d];
		}
		cupping[r] = s->in_bin[r] ? (float)order_median(values, n) : 0;
		sum += (double)s->in_bin[r] * (double)cupping[r] * (double)cupping[r];
	}
	*rms = sqrt(sum / (double)circle->inside);
	return true;
}

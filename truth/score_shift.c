/* SPDX-License-Identifier: BSD-3-Clause */
#include "truth/score_shift.h"

#include "core/parallel.h"
#include "truth/score_kernels.h"

#include <math.h>
#include <string.h>

enum { SEGMENT = 64, ROWS = 192 }; /* rows compared of each plane, about */

struct shift {
	int64_t nz, ny, nx, search[3], step, n; /* n: shifts */
	int64_t *differ, *valid;		/* threads x n */
	int64_t *alike;				/* threads: voxels that agree at every shift */
	/* the plane at hand */
	const uint8_t *truth;
	const uint8_t *const *found;
	int64_t first_row;
};

static int64_t reach_of(int64_t n, int64_t search)
{
	int64_t most = (n - 1) / 3;

	search = search > SHIFT_MOST ? SHIFT_MOST : search;
	return search < most ? search : most;
}

enum err shift_new(struct shift **shift, int64_t nz, int64_t ny, int64_t nx, int64_t search,
	struct arena *arena)
{
	struct shift *s = ARENA_ZERO(arena, struct shift, 1);

	NEED(*shift = s);
	s->nz = nz;
	s->ny = ny;
	s->nx = nx;
	s->search[0] = reach_of(nz, search);
	s->search[1] = reach_of(ny, search);
	s->search[2] = reach_of(nx, search);
	s->step = ny / ROWS > 1 ? ny / ROWS : 1;
	s->n = (2 * s->search[0] + 1) * (2 * s->search[1] + 1) * (2 * s->search[2] + 1);
	NEED(s->differ = ARENA_ZERO(arena, int64_t, parallel_threads() * s->n));
	NEED(s->valid = ARENA_ZERO(arena, int64_t, parallel_threads() * s->n));
	NEED(s->alike = ARENA_ZERO(arena, int64_t, parallel_threads()));
	return OK;
}

int64_t shift_reach(const struct shift *s)
{
	return s->search[0];
}

static bool uniform(const uint8_t *row, int64_t n, uint8_t value)
{
	return row[0] == value && (n == 1 || !memcmp(row, row + 1, (size_t)(n - 1)));
}

/* Far from any surface: nothing differs at any shift. */
static bool all_alike(const struct shift *s, int64_t y, int64_t x, int64_t n)
{
	uint8_t label = s->truth[y * s->nx + x];
	int64_t sx = s->search[2];

	if (!uniform(s->truth + y * s->nx + x, n, label))
		return false;
	for (int64_t dz = 0; dz <= 2 * s->search[0]; dz++)
		for (int64_t dy = -s->search[1]; dy <= s->search[1]; dy++)
			if (!uniform(s->found[dz] + (y + dy) * s->nx + x - sx, n + 2 * sx, label))
				return false;
	return true;
}

static void compare_segment(const struct shift *s, int64_t y, int64_t x, int64_t n, int thread)
{
	const struct score_kernels *kernels = score_kernels_here();
	const uint8_t *truth = s->truth + y * s->nx + x;
	int64_t *differ = s->differ + thread * s->n, *valid = s->valid + thread * s->n;

	if (all_alike(s, y, x, n)) {
		s->alike[thread] += *truth ? n : 0;
		return;
	}
	for (int64_t dz = 0; dz <= 2 * s->search[0]; dz++)
		for (int64_t dy = -s->search[1]; dy <= s->search[1]; dy++) {
			const uint8_t *found = s->found[dz] + (y + dy) * s->nx + x;

			for (int64_t dx = -s->search[2]; dx <= s->search[2]; dx++)
				kernels->differ(truth, found + dx, n, differ++, valid++);
		}
}

static enum err compare_row(void *context, int64_t i, int thread)
{
	const struct shift *s = context;
	int64_t y = s->first_row + i * s->step, end = s->nx - s->search[2];

	for (int64_t x = s->search[2]; x < end; x += SEGMENT)
		compare_segment(s, y, x, end - x < SEGMENT ? end - x : SEGMENT, thread);
	return OK;
}

enum err shift_plane(struct shift *s, int64_t z, const uint8_t *truth, const uint8_t *const *found)
{
	int64_t rows = s->ny - 2 * s->search[1];

	if (z < s->search[0] || z >= s->nz - s->search[0])
		return OK;
	s->truth = truth;
	s->found = found;
	/* other rows in the next plane: 5 is no divisor of most steps */
	s->first_row = s->search[1] + z * 5 % s->step;
	rows -= s->first_row - s->search[1];
	return parallel_for((rows + s->step - 1) / s->step, compare_row, s);
}

struct sums {
	int64_t differ, valid;
};

static struct sums sums_at(const struct shift *s, const int64_t at[3])
{
	struct sums sums = {0, 0};
	int64_t i = ((at[0] + s->search[0]) * (2 * s->search[1] + 1) + at[1] + s->search[1]) *
			    (2 * s->search[2] + 1) +
		    at[2] + s->search[2];

	for (int t = 0; t < parallel_threads(); t++) {
		sums.differ += s->differ[t * s->n + i];
		sums.valid += s->valid[t * s->n + i] + s->alike[t];
	}
	return sums;
}

/* No voxel in common: as bad as can be. */
static double share(const struct shift *s, const int64_t at[3])
{
	struct sums sums = sums_at(s, at);

	return sums.valid ? (double)sums.differ / (double)sums.valid : 1;
}

static int64_t square(const int64_t at[3])
{
	return at[0] * at[0] + at[1] * at[1] + at[2] * at[2];
}

/* The smallest share; of equal ones the smallest shift. */
static void find_best(const struct shift *s, int64_t best[3])
{
	int64_t at[3];
	double least;

	memset(best, 0, 3 * sizeof(*best));
	least = share(s, best);
	for (at[0] = -s->search[0]; at[0] <= s->search[0]; at[0]++)
		for (at[1] = -s->search[1]; at[1] <= s->search[1]; at[1]++)
			for (at[2] = -s->search[2]; at[2] <= s->search[2]; at[2]++) {
				double here = share(s, at);

				if (here < least || (here == least && square(at) < square(best))) {
					least = here;
					memcpy(best, at, sizeof(at));
				}
			}
}

/* Along one axis, NAN when neither neighbour is worse or there are none. */
static double refine(const struct shift *s, const int64_t best[3], int axis)
{
	int64_t at[3] = {best[0], best[1], best[2]};
	double here = share(s, best), before, after, worse;

	if (s->search[axis] == 0)
		return NAN;
	if (best[axis] == s->search[axis] || best[axis] == -s->search[axis])
		return (double)best[axis];
	at[axis] = best[axis] - 1;
	before = share(s, at);
	at[axis] = best[axis] + 1;
	after = share(s, at);
	worse = before > after ? before : after;
	if (worse <= here)
		return NAN;
	/* nothing differs: a part of a voxel would show */
	return (double)best[axis] + (here == 0 ? 0 : 0.5 * (before - after) / (worse - here));
}

struct score_shift shift_result(const struct shift *s)
{
	static const int64_t unmoved[3] = {0, 0, 0};
	struct score_shift r = {0};

	find_best(s, r.whole);
	for (int axis = 0; axis < 3; axis++) {
		r.search[axis] = s->search[axis];
		r.voxels[axis] = refine(s, r.whole, axis);
		r.at_limit |= s->search[axis] > 0 && (r.whole[axis] == s->search[axis] ||
							     r.whole[axis] == -s->search[axis]);
	}
	r.differ = share(s, r.whole);
	r.differ_unmoved = share(s, unmoved);
	r.voxels_compared = sums_at(s, unmoved).valid;
	return r;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "truth/score_shift.h"

#include "core/parallel.h"
#include "truth/score_kernels.h"

#include <math.h>
#include <string.h>

enum { SEGMENT = 64, ROWS = 192 }; /* rows compared of each plane, about */

struct shift {
	int64_t size[3], search[3], reach[3], step, n; /* z, y, x; n: shifts */
	int64_t *differ, *valid;		       /* threads x n */
	int64_t *alike; /* threads: voxels that agree at every shift */
	/* the plane at hand */
	const uint8_t *truth[SHIFT_MOST + 2], *found[SHIFT_MOST + 2];
	int64_t first_row;
};

static int64_t search_of(int64_t n, int64_t search)
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
	*s = (struct shift){.size = {nz, ny, nx}, .n = 1};
	for (int k = 0; k < 3; k++) {
		s->search[k] = search_of(s->size[k], search);
		s->reach[k] = (s->search[k] + 1) / 2;
		s->n *= 2 * s->search[k] + 1;
	}
	s->step = ny / ROWS > 1 ? ny / ROWS : 1;
	NEED(s->differ = ARENA_ZERO(arena, int64_t, parallel_threads() * s->n));
	NEED(s->valid = ARENA_ZERO(arena, int64_t, parallel_threads() * s->n));
	NEED(s->alike = ARENA_ZERO(arena, int64_t, parallel_threads()));
	return OK;
}

int64_t shift_reach(const struct shift *s)
{
	return s->reach[0];
}

/* A shift d compares truth at c - back(d) with found at c + ahead(d): the middle of both is the same for
 * d and -d. */
static int64_t back(int64_t d)
{
	return (d + 2 * SHIFT_MOST + 1) / 2 - SHIFT_MOST;
}

static int64_t ahead(int64_t d)
{
	return d - back(d);
}

static bool uniform(const uint8_t *row, int64_t n, uint8_t value)
{
	return row[0] == value && (n == 1 || !memcmp(row, row + 1, (size_t)(n - 1)));
}

/* Far from any surface: nothing differs at any shift. */
static bool all_alike(const struct shift *s, int64_t y, int64_t x, int64_t n)
{
	int64_t nx = s->size[2];
	uint8_t label = s->truth[s->reach[0]][y * nx + x];

	n += 2 * s->reach[2];
	x -= s->reach[2];
	for (int64_t dz = 0; dz <= 2 * s->reach[0]; dz++)
		for (int64_t dy = -s->reach[1]; dy <= s->reach[1]; dy++)
			if (!uniform(s->truth[dz] + (y + dy) * nx + x, n, label) ||
				!uniform(s->found[dz] + (y + dy) * nx + x, n, label))
				return false;
	return true;
}

static void compare_segment(const struct shift *s, int64_t y, int64_t x, int64_t n, int thread)
{
	const struct score_kernels *kernels = score_kernels_here();
	int64_t *differ = s->differ + thread * s->n, *valid = s->valid + thread * s->n;
	int64_t nx = s->size[2];

	if (all_alike(s, y, x, n)) {
		s->alike[thread] += s->truth[s->reach[0]][y * nx + x] ? n : 0;
		return;
	}
	for (int64_t dz = -s->search[0]; dz <= s->search[0]; dz++)
		for (int64_t dy = -s->search[1]; dy <= s->search[1]; dy++) {
			const uint8_t *truth =
				s->truth[s->reach[0] - back(dz)] + (y - back(dy)) * nx + x;
			const uint8_t *found =
				s->found[s->reach[0] + ahead(dz)] + (y + ahead(dy)) * nx + x;

			for (int64_t dx = -s->search[2]; dx <= s->search[2]; dx++)
				kernels->differ(
					truth - back(dx), found + ahead(dx), n, differ++, valid++);
		}
}

void shift_row(const struct shift *s, int64_t i, int thread)
{
	int64_t y = s->first_row + i * s->step, end = s->size[2] - s->reach[2];

	for (int64_t x = s->reach[2]; x < end; x += SEGMENT)
		compare_segment(s, y, x, end - x < SEGMENT ? end - x : SEGMENT, thread);
}

int64_t shift_begin(
	struct shift *s, int64_t z, const uint8_t *const *truth, const uint8_t *const *found)
{
	int64_t rows;

	if (z < s->reach[0] || z >= s->size[0] - s->reach[0])
		return 0;
	memcpy(s->truth, truth, (size_t)(2 * s->reach[0] + 1) * sizeof(*truth));
	memcpy(s->found, found, (size_t)(2 * s->reach[0] + 1) * sizeof(*found));
	/* other rows in the next plane: 5 is no divisor of most steps */
	s->first_row = s->reach[1] + z * 5 % s->step;
	rows = s->size[1] - s->reach[1] - s->first_row;
	return rows > 0 ? (rows + s->step - 1) / s->step : 0;
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

/* Of the voxels compared those that differ; none in common: as bad as can be. */
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

/* Cannot be told along an axis: no neighbour is worse, or there are none. */
static bool is_blind(const struct shift *s, const int64_t best[3], int axis)
{
	int64_t at[3] = {best[0], best[1], best[2]};

	for (at[axis] = best[axis] - 1; at[axis] <= best[axis] + 1; at[axis] += 2)
		if (at[axis] >= -s->search[axis] && at[axis] <= s->search[axis] &&
			share(s, at) > share(s, best))
			return false;
	return true;
}

/* The share at a shift that is not whole, from the eight around. */
static double between(const struct shift *s, const double at[3])
{
	double sum = 0;

	for (int corner = 0; corner < 8; corner++) {
		double weight = 1;
		int64_t whole[3];

		for (int k = 0; k < 3; k++) {
			double part = at[k] - floor(at[k]);
			bool up = corner >> k & 1;

			whole[k] = (int64_t)floor(at[k]) + up;
			weight *= up ? part : 1 - part;
		}
		if (weight > 0)
			sum += weight * share(s, whole);
	}
	return sum;
}

/* How far the shares are from being symmetric about `middle`, over steps of up to reach[]. */
static double asymmetry(const struct shift *s, const double middle[3], const int64_t reach[3])
{
	double sum = 0;

	for (int64_t z = 0; z <= reach[0]; z++)
		for (int64_t y = -reach[1]; y <= reach[1]; y++)
			for (int64_t x = -reach[2]; x <= reach[2]; x++) {
				const double up[3] = {middle[0] + (double)z, middle[1] + (double)y,
					middle[2] + (double)x};
				const double down[3] = {middle[0] - (double)z,
					middle[1] - (double)y, middle[2] - (double)x};
				double d = between(s, up) - between(s, down);

				sum += d * d;
			}
	return sum;
}

/* One step in the best of the 26 directions; false: none is better. */
static bool walk(const struct shift *s, const int64_t whole[3], const int64_t reach[3], double step,
	double middle[3], double *least)
{
	double best[3] = {middle[0], middle[1], middle[2]};
	bool moved = false;

	for (int i = 0; i < 27; i++) {
		const int direction[3] = {i / 9 - 1, i / 3 % 3 - 1, i % 3 - 1};
		double to[3], here;
		bool allowed = true;

		for (int k = 0; k < 3; k++) {
			to[k] = middle[k] + step * direction[k];
			allowed &= direction[k] == 0 ||
				   (reach[k] > 0 && fabs(to[k] - (double)whole[k]) < 1);
		}
		here = allowed ? asymmetry(s, to, reach) : INFINITY;
		if (here >= *least)
			continue;
		*least = here;
		memcpy(best, to, sizeof(best));
		moved = true;
	}
	memcpy(middle, best, sizeof(best));
	return moved;
}

/* The centre of symmetry near the best whole shift, along the axes that have room for it. */
static void refine(const struct shift *s, const int64_t whole[3], double voxels[3])
{
	int64_t reach[3];
	double least;

	for (int k = 0; k < 3; k++) {
		int64_t room = s->search[k] - (whole[k] < 0 ? -whole[k] : whole[k]) - 1;

		reach[k] = room > 0 && !is_blind(s, whole, k) ? room : 0;
		voxels[k] = (double)whole[k];
	}
	if (share(s, whole) > 0) { /* else a part of a voxel would show */
		least = asymmetry(s, voxels, reach);
		for (double step = 0.25; step > 0.001; step /= 2)
			while (walk(s, whole, reach, step, voxels, &least))
				;
	}
	for (int k = 0; k < 3; k++)
		if (is_blind(s, whole, k))
			voxels[k] = NAN;
}

struct score_shift shift_result(const struct shift *s)
{
	static const int64_t unmoved[3] = {0, 0, 0};
	struct score_shift r = {0};

	find_best(s, r.whole);
	refine(s, r.whole, r.voxels);
	for (int axis = 0; axis < 3; axis++) {
		r.search[axis] = s->search[axis];
		r.at_limit |= s->search[axis] > 0 && (r.whole[axis] == s->search[axis] ||
							     r.whole[axis] == -s->search[axis]);
	}
	r.differ = share(s, r.whole);
	r.differ_unmoved = share(s, unmoved);
	r.voxels_compared = sums_at(s, unmoved).valid;
	return r;
}

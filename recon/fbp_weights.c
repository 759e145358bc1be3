/* SPDX-License-Identifier: BSD-3-Clause
 * The arc each projection stands for: half the way to its neighbours on the circle of directions.
 * Directions closer than a thousandth of a step are one direction whose arc is shared equally (0 and
 * 180 degrees, repeated turns). */
#include "recon/fbp.h"

#include <math.h>
#include <stdlib.h>

struct direction {
	double angle;
	int64_t index;
};

static int by_angle(const void *a, const void *b)
{
	const struct direction *left = a, *right = b;

	if (left->angle != right->angle)
		return left->angle < right->angle ? -1 : 1;
	return left->index < right->index ? -1 : left->index > right->index;
}

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

/* The median step between different angles as they were measured, not folded: folding interleaves
 * the second half turn with the first, and its small gaps say nothing of what is typical. */
static double typical_step(const struct direction *sorted, int64_t n, double *steps)
{
	double span = sorted[n - 1].angle - sorted[0].angle;
	int64_t n_steps = 0;

	for (int64_t i = 1; i < n; i++) {
		double step = sorted[i].angle - sorted[i - 1].angle;

		if (step > 1e-3 * span / (double)n)
			steps[n_steps++] = step;
	}
	if (n_steps == 0)
		return M_PI;
	qsort(steps, (size_t)n_steps, sizeof(*steps), by_value);
	return steps[n_steps / 2];
}

/* Replaces sorted angles by groups of equal ones: first[g] is the first member, first[n_groups] = n.
 * The last group may be the first one again, seen from the other side of the circle. */
static int64_t group(const struct direction *d, int64_t n, double same, int64_t *first)
{
	int64_t n_groups = 0;

	for (int64_t i = 0; i < n; i++)
		if (i == 0 || d[i].angle - d[i - 1].angle > same)
			first[n_groups++] = i;
	first[n_groups] = n;
	return n_groups;
}

static void share_arcs(double *weight, const struct direction *d, const int64_t *first,
	int64_t n_groups, double period, double step, double *missing)
{
	double widest = fmax(3 * step, 2 * M_PI / 180);

	*missing = 0;
	for (int64_t g = 0; g < n_groups; g++) {
		double here = d[first[g]].angle;
		double before =
			g > 0 ? d[first[g - 1]].angle : d[first[n_groups - 1]].angle - period;
		double after =
			g + 1 < n_groups ? d[first[g + 1]].angle : d[first[0]].angle + period;
		double left = here - before, right = after - here;
		double arc;

		if (n_groups > 1 && right > widest)
			*missing += right - step;
		arc = n_groups > 1 && left > widest ? step / 2 : left / 2;
		arc += n_groups > 1 && right > widest ? step / 2 : right / 2;
		arc *= M_PI / period / (double)(first[g + 1] - first[g]);
		for (int64_t i = first[g]; i < first[g + 1]; i++)
			weight[d[i].index] = arc;
	}
	*missing *= M_PI / period;
}

enum err fbp_arc_weights(
	double *weight, const double *angle, int64_t n, double *missing, struct arena *arena)
{
	struct arena_mark mark = arena_mark(arena);
	struct direction *d = ARENA_NEW(arena, struct direction, n);
	int64_t *first = ARENA_NEW(arena, int64_t, n + 1);
	double *steps = ARENA_NEW(arena, double, n);
	double step, period;

	NEED(d && first && steps);
	for (int64_t i = 0; i < n; i++)
		d[i] = (struct direction){angle[i], i};
	qsort(d, (size_t)n, sizeof(*d), by_angle);
	step = typical_step(d, n, steps);
	period = d[n - 1].angle - d[0].angle + 1.5 * step >= 2 * M_PI ? 2 * M_PI : M_PI;
	for (int64_t i = 0; i < n; i++) {
		d[i].angle -= period * floor(d[i].angle / period);
		if (d[i].angle >= period - 1e-3 * fmin(step, period / (double)n))
			d[i].angle = fmax(d[i].angle - period, 0);
	}
	qsort(d, (size_t)n, sizeof(*d), by_angle);
	share_arcs(weight, d, first, group(d, n, 1e-3 * fmin(step, period / (double)n), first),
		period, step, missing);
	arena_release(arena, mark);
	return OK;
}

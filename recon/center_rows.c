/* SPDX-License-Identifier: BSD-3-Clause
 * What the centre search does before any method: order the angles, and turn each row's transmission
 * into attenuation without spikes and without the narrow stripes that would mirror onto nothing. */
#include "recon/center_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Full scans beyond this are taken as turns about an axis that may stand anywhere. */
static const double half_turn_limit = 200 * M_PI / 180;

struct keyed {
	double angle;
	int64_t index;
};

static int by_angle(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->angle != y->angle)
		return x->angle < y->angle ? -1 : 1;
	return x->index < y->index ? -1 : 1;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median_step(const double *t, int64_t n, struct arena *arena)
{
	double *step = ARENA_NEW(arena, double, n - 1);

	if (!step)
		return 0;
	for (int64_t i = 0; i + 1 < n; i++)
		step[i] = t[i + 1] - t[i];
	qsort(step, (size_t)(n - 1), sizeof(*step), by_value);
	return step[(n - 1) / 2];
}

/* Sorted, repeated angles and what lies beyond a full turn dropped. */
static enum err sort_views(struct center_plan *plan, const struct geometry *g, struct arena *arena)
{
	struct keyed *views = ARENA_NEW(arena, struct keyed, g->n_angle);
	int64_t *order = ARENA_NEW(arena, int64_t, g->n_angle), n = 0;
	double *t = ARENA_NEW(arena, double, g->n_angle), least;

	NEED(views && order && t);
	for (int64_t i = 0; i < g->n_angle; i++) {
		if (!isfinite(g->angle[i]))
			return fail(ERR_INPUT, "angle %lld is not a finite number", (long long)i);
		views[i] = (struct keyed){g->angle[i], i};
	}
	qsort(views, (size_t)g->n_angle, sizeof(*views), by_angle);
	least = 0.05 * (views[g->n_angle - 1].angle - views[0].angle) / (double)g->n_angle;
	for (int64_t i = 0; i < g->n_angle; i++) {
		double at = views[i].angle - views[0].angle;

		if ((n && at - t[n - 1] <= least) || at > 2 * M_PI + 1e-3)
			continue;
		order[n] = views[i].index;
		t[n++] = at;
	}
	if (n < 6)
		return fail(ERR_INPUT,
			"%lld different angles are too few to find a centre (6 at least)",
			(long long)n);
	plan->n_view = n;
	plan->order = order;
	plan->t = t;
	plan->span = t[n - 1];
	plan->step = median_step(t, n, arena);
	NEED(plan->step > 0);
	return OK;
}

enum err center_plan_make(struct center_plan *plan, const struct settings *settings,
	const struct geometry *g, struct arena *arena)
{
	double middle = (double)(g->n_col - 1) / 2, width = (double)g->n_col;
	double share = settings->center.search;

	*plan = (struct center_plan){.n_col = g->n_col};
	if (g->n_col < 16)
		return fail(ERR_INPUT, "%lld columns are too few to find a centre (16 at least)",
			(long long)g->n_col);
	TRY(sort_views(plan, g, arena));
	plan->pairs = plan->span > M_PI + 2.5 * plan->step;
	if (plan->span > half_turn_limit)
		share = 0.49;
	plan->low = fmax(middle - share * width, 0.01 * width);
	plan->high = fmin(middle + share * width, 0.99 * width);
	plan->bin = g->n_col / 384 > 1 ? g->n_col / 384 : 1;
	return OK;
}

static float median5(float a, float b, float c, float d, float e)
{
	float v[5] = {a, b, c, d, e};

	for (int i = 1; i < 5; i++)
		for (int j = i; j > 0 && v[j] < v[j - 1]; j--) {
			float swap = v[j];

			v[j] = v[j - 1];
			v[j - 1] = swap;
		}
	return v[2];
}

/* Values far from the median of their five neighbours in the view become that median. */
static void despike(float *view, float *copy, int64_t n)
{
	double sum = 0;

	memcpy(copy, view, (size_t)n * sizeof(*view));
	for (int64_t x = 0; x < n; x++) {
		const float *c = copy + (x < 2 ? 2 : x > n - 3 ? n - 3 : x);

		view[x] = median5(c[-2], c[-1], c[0], c[1], c[2]);
		sum += fmin(fabs((double)(view[x] - copy[x])), 0.1);
	}
	for (int64_t x = 0; x < n; x++)
		if (fabs((double)(view[x] - copy[x])) < 8 * sum / (double)n)
			view[x] = copy[x];
}

/* The mean over all views, less its running median: what stays at its column is a stripe. */
static enum err remove_stripes(
	struct views *views, const struct center_plan *plan, struct arena *scratch)
{
	enum { REACH = 7 };
	int64_t n = plan->n_col;
	double *mean = ARENA_ZERO(scratch, double, n);
	float *stripe = ARENA_NEW(scratch, float, n);

	NEED(mean && stripe);
	for (int64_t i = 0; i < plan->n_view; i++)
		for (int64_t x = 0; x < n; x++)
			mean[x] += (double)views->data[i * n + x];
	for (int64_t x = 0; x < n; x++) {
		double near[2 * REACH + 1];
		int64_t first = x < REACH ? 0 : x + REACH >= n ? n - 2 * REACH - 1 : x - REACH;

		memcpy(near, mean + first, sizeof(near));
		qsort(near, 2 * REACH + 1, sizeof(*near), by_value);
		stripe[x] = (float)((mean[x] - near[REACH]) / (double)plan->n_view);
	}
	for (int64_t i = 0; i < plan->n_view; i++)
		for (int64_t x = 0; x < n; x++)
			views->data[i * n + x] -= stripe[x];
	return OK;
}

enum err center_views(struct views *views, const struct center_plan *plan, struct sinogram sino,
	struct arena *scratch)
{
	float *copy = ARENA_NEW(scratch, float, plan->n_col);

	views->data = ARENA_NEW(scratch, float, plan->n_view * plan->n_col);
	NEED(copy && views->data);
	for (int64_t i = 0; i < plan->n_view; i++) {
		const float *in = sinogram_row(sino, plan->order[i]);
		float *out = views->data + i * plan->n_col;

		for (int64_t x = 0; x < plan->n_col; x++)
			out[x] = isfinite(in[x]) ? -logf(fminf(fmaxf(in[x], 1e-3f), 1e3f)) : 0;
		despike(out, copy, plan->n_col);
	}
	return remove_stripes(views, plan, scratch);
}

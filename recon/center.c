/* SPDX-License-Identifier: BSD-3-Clause
 * The search: each method's cost over the whole range on coarse data, all rows added up, so that
 * empty rows cannot vote; then each row and method alone, finely, about the common best. */
#include "recon/center_parts.h"
#include "core/parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct row_work {
	struct vo_state vo;
	struct correlation_state correlation;
	struct curve coarse_vo, coarse_correlation; /* on the same grid */
	struct arena *keep;
};

struct search {
	const struct center_plan *plan;
	const struct sinogram *sinos;
	struct row_work *rows;
	struct arena **scratch; /* one a thread */
	int n_scratch, n;
	bool vo, coarse_vo, correlation; /* methods in use */
	double start, radius;		 /* of the fine search */
	struct center_row *results;
};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double center_median(double *values, int64_t n)
{
	if (n < 1)
		return NAN;
	qsort(values, (size_t)n, sizeof(*values), by_value);
	return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

static enum err curve_new(
	struct curve *curve, double low, double high, double step, struct arena *arena)
{
	*curve = (struct curve){
		.n = (int64_t)floor((high - low) / step) + 1, .first = low, .step = step};
	curve->cost = ARENA_ZERO(arena, double, curve->n);
	NEED(curve->cost);
	return OK;
}

static enum err coarse_curve(
	struct curve *curve, const struct center_plan *plan, struct arena *arena)
{
	return curve_new(curve, plan->low, plan->high, 0.5 * (double)plan->bin, arena);
}

static int64_t lowest(const struct curve *curve)
{
	int64_t best = 0;

	for (int64_t i = 1; i < curve->n; i++)
		if (curve->cost[i] < curve->cost[best])
			best = i;
	return best;
}

static double lowest_at(const struct curve *curve)
{
	return curve->first + curve->step * (double)lowest(curve);
}

/* 1: the lowest cost stands alone; 0: another one, more than `guard` px away, is as low. */
static double curve_depth(const struct curve *curve, double guard, double *scratch)
{
	int64_t best = lowest(curve);
	double second = INFINITY, middle, depth;

	memcpy(scratch, curve->cost, (size_t)curve->n * sizeof(*scratch));
	middle = center_median(scratch, curve->n);
	for (int64_t i = 0; i < curve->n; i++)
		if (fabs((double)(i - best)) * curve->step > guard)
			second = fmin(second, curve->cost[i]);
	depth = (second - curve->cost[best]) / (middle - curve->cost[best] + 1e-12);
	return isfinite(depth) ? fmin(fmax(depth, 0), 1) : 0;
}

/* The correlation has narrow peaks: it is looked at every half pixel, and each point of the common
 * grid takes the best of its surroundings. */
static enum err coarse_correlation(
	struct row_work *row, const struct center_plan *plan, struct arena *scratch)
{
	struct curve fine, *coarse = &row->coarse_correlation;

	TRY(curve_new(&fine, plan->low, plan->high, 0.5, scratch));
	correlation_curve(&row->correlation, plan, &fine);
	for (int64_t k = 0; k < coarse->n; k++)
		coarse->cost[k] = INFINITY;
	for (int64_t k = 0; k < fine.n; k++) {
		int64_t to = (int64_t)llround((double)k * fine.step / coarse->step);

		if (to < coarse->n)
			coarse->cost[to] = fmin(coarse->cost[to], fine.cost[k]);
	}
	return OK;
}

static enum err prepare_row(void *context, int64_t i, int thread)
{
	struct search *search = context;
	struct row_work *row = &search->rows[i];
	const struct center_plan *plan = search->plan;
	struct arena *scratch = search->scratch[thread];
	struct arena_mark mark = arena_mark(scratch);
	struct views views;

	TRY(center_views(&views, plan, search->sinos[i], scratch));
	if (search->vo)
		TRY(vo_prepare(&row->vo, plan, &views, row->keep, scratch));
	if (search->correlation)
		TRY(correlation_prepare(&row->correlation, plan, &views, row->keep, scratch));
	arena_release(scratch, mark);
	TRY(coarse_curve(&row->coarse_vo, plan, row->keep));
	TRY(coarse_curve(&row->coarse_correlation, plan, row->keep));
	if (search->coarse_vo)
		TRY(vo_curve(&row->vo, true, &row->coarse_vo, scratch));
	if (search->correlation)
		TRY(coarse_correlation(row, plan, scratch));
	arena_release(scratch, mark);
	return OK;
}

/* The lowest point of a fine curve, between its samples; NAN at its ends. */
static double vertex(const struct curve *curve)
{
	int64_t i = lowest(curve);
	const double *c = curve->cost + i;
	double bend;

	if (i < 1 || i + 1 >= curve->n)
		return NAN;
	bend = c[-1] - 2 * c[0] + c[1];
	return curve->first +
	       curve->step * ((double)i + (bend > 0 ? (c[-1] - c[1]) / (2 * bend) : 0));
}

static enum err refine_row(void *context, int64_t i, int thread)
{
	struct search *search = context;
	struct row_work *row = &search->rows[i];
	struct arena *scratch = search->scratch[thread];
	struct arena_mark mark = arena_mark(scratch);
	struct curve curve;

	TRY(curve_new(&curve, search->start - search->radius, search->start + search->radius, 0.25,
		scratch));
	if (search->vo) {
		TRY(vo_curve(&row->vo, false, &curve, scratch));
		search->results[i].vo = vertex(&curve);
	}
	if (search->correlation) {
		correlation_curve(&row->correlation, search->plan, &curve);
		search->results[i].correlation = vertex(&curve);
	}
	arena_release(scratch, mark);
	return OK;
}

/* Adds up the rows' coarse curves and notes each row's own opinion. */
static enum err gather(struct evidence *evidence, struct search *s, struct center_result *result,
	struct arena *arena)
{
	double guard = 0.03 * (double)s->plan->n_col, *scratch, *own, *own_depth;
	struct curve vo, correlation, both, one;

	TRY(coarse_curve(&vo, s->plan, arena));
	TRY(coarse_curve(&correlation, s->plan, arena));
	TRY(coarse_curve(&both, s->plan, arena));
	TRY(coarse_curve(&one, s->plan, arena));
	scratch = ARENA_NEW(arena, double, vo.n);
	own = ARENA_NEW(arena, double, s->n);
	own_depth = ARENA_NEW(arena, double, s->n);
	NEED(scratch && own && own_depth);
	for (int i = 0; i < s->n; i++) {
		for (int64_t k = 0; k < vo.n; k++) {
			vo.cost[k] += s->rows[i].coarse_vo.cost[k];
			correlation.cost[k] += s->rows[i].coarse_correlation.cost[k];
			one.cost[k] = s->rows[i].coarse_vo.cost[k] +
				      s->rows[i].coarse_correlation.cost[k];
			both.cost[k] += one.cost[k];
		}
		own[i] = lowest_at(&one);
		own_depth[i] = curve_depth(&one, guard, scratch);
	}
	result->vo.depth = s->coarse_vo ? curve_depth(&vo, guard, scratch) : NAN;
	result->correlation.depth =
		s->correlation ? curve_depth(&correlation, guard, scratch) : NAN;
	*evidence = (struct evidence){.start = lowest_at(&both),
		.depth = curve_depth(&both, guard, scratch),
		.vo = s->coarse_vo ? lowest_at(&vo) : NAN,
		.correlation = s->correlation ? lowest_at(&correlation) : NAN,
		.own = own,
		.own_depth = own_depth};
	return OK;
}

/* Which methods the settings and the angles allow. */
static void choose_methods(struct search *s, enum center_method method)
{
	s->vo = method != CENTER_CORRELATION && vo_possible(s->plan);
	s->correlation = method != CENTER_VO || !s->vo;
	/* With many pairs half a turn apart correlation needs no help, and only it works when the
	 * axis is near a side. */
	s->coarse_vo = s->vo && (!s->plan->pairs || !s->correlation);
}

static enum err run_search(struct search *s, struct center_result *result, struct arena *arena)
{
	double width = (double)s->plan->n_col;
	struct evidence evidence;

	TRY(parallel_for(s->n, prepare_row, s));
	TRY(gather(&evidence, s, result, arena));
	s->start = evidence.start;
	/* Wide enough for the slope of a tilted axis between the first and last row. */
	s->radius = fmax(3 * (double)s->plan->bin, 0.015 * width);
	if (s->correlation && fmin(s->start, width - 1 - s->start) < 0.2 * width)
		s->vo = false;
	TRY(parallel_for(s->n, refine_row, s));
	return center_judge(result, s->plan, &evidence, arena);
}

static enum err search_new(struct search *s, const double *rows, int n, struct arena *arena)
{
	s->n = n;
	s->n_scratch = parallel_threads();
	s->rows = ARENA_ZERO(arena, struct row_work, n);
	s->results = ARENA_ZERO(arena, struct center_row, n);
	s->scratch = ARENA_ZERO(arena, struct arena *, s->n_scratch);
	NEED(s->rows && s->results && s->scratch);
	for (int i = 0; i < s->n_scratch; i++)
		NEED(s->scratch[i] = arena_new());
	for (int i = 0; i < n; i++) {
		NEED(s->rows[i].keep = arena_new());
		s->results[i] = (struct center_row){.row = rows[i], .vo = NAN, .correlation = NAN};
	}
	return OK;
}

static void search_free(struct search *s)
{
	for (int i = 0; s->scratch && i < s->n_scratch; i++)
		arena_free(s->scratch[i]);
	for (int i = 0; s->rows && i < s->n; i++)
		arena_free(s->rows[i].keep);
}

enum err center_find(struct center_result *result, const struct settings *settings,
	const struct geometry *geometry, const struct sinogram *sinos, const double *rows, int n,
	struct arena *arena)
{
	struct center_plan plan;
	struct search search = {.plan = &plan, .sinos = sinos};
	enum err err;

	if (n < 1)
		return fail(ERR_INPUT, "no rows were given to find the centre in");
	for (int i = 0; i < n; i++)
		if (sinos[i].n_angle != geometry->n_angle || sinos[i].n_col != geometry->n_col)
			return fail(ERR_INPUT,
				"sinogram %d is %lld x %lld, the geometry says %lld angles x %lld "
				"columns",
				i, (long long)sinos[i].n_angle, (long long)sinos[i].n_col,
				(long long)geometry->n_angle, (long long)geometry->n_col);
	TRY(center_plan_make(&plan, settings, geometry, arena));
	choose_methods(&search, settings->center.method);
	err = search_new(&search, rows, n, arena);
	*result = (struct center_result){.n_rows = n, .rows = search.results};
	if (err == OK)
		err = run_search(&search, result, arena);
	search_free(&search);
	return err;
}

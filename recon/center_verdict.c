/* SPDX-License-Identifier: BSD-3-Clause
 * From centres of rows and methods to one centre, and how far it can be trusted. The confidence is
 * the product of what each kind of evidence says, so that one bad sign is enough for "doubtful". */
#include "recon/center_parts.h"

#include <math.h>
#include <string.h>

static double spread(const double *values, int64_t n, double about, double *scratch)
{
	int64_t m = 0;

	for (int64_t i = 0; i < n; i++)
		if (isfinite(values[i]))
			scratch[m++] = fabs(values[i] - about);
	return m > 1 ? 1.4826 * center_median(scratch, m) : NAN;
}

static void summarise(
	struct center_method_result *method, const double *values, int64_t n, double *scratch)
{
	int64_t m = 0;

	for (int64_t i = 0; i < n; i++)
		if (isfinite(values[i]))
			scratch[m++] = values[i];
	method->value = center_median(scratch, m);
	method->spread = spread(values, n, method->value, scratch);
}

/* centre = at_mean + slope * (row - mean_row) over the used rows, weighted least squares. */
struct line {
	double mean_row, at_mean, slope, slope_sd;
	int n;
};

static struct line fit(const struct center_row *rows, int n)
{
	struct line line = {0};
	double weight = 0, rr = 0, rc = 0, rest = 0;

	for (int i = 0; i < n; i++) {
		double w = rows[i].used ? rows[i].weight : 0;

		weight += w;
		line.mean_row += w * rows[i].row;
		line.at_mean += w * (rows[i].used ? rows[i].value : 0);
		line.n += rows[i].used;
	}
	line.mean_row /= weight + 1e-300;
	line.at_mean /= weight + 1e-300;
	for (int i = 0; i < n; i++) {
		double w = rows[i].used ? rows[i].weight : 0, r = rows[i].row - line.mean_row;

		rr += w * r * r;
		rc += w * r * (rows[i].used ? rows[i].value - line.at_mean : 0);
	}
	if (line.n < 4 || rr <= 0)
		return line;
	line.slope = rc / rr;
	for (int i = 0; i < n; i++) {
		double w = rows[i].used ? rows[i].weight : 0, r = rows[i].row - line.mean_row;
		double left = w > 0 ? rows[i].value - line.at_mean - line.slope * r : 0;

		rest += w * w * r * r * left * left;
	}
	/* Rows differ in precision: the variance that holds for any weights (White 1980,
	 * doi:10.2307/1912934). */
	line.slope_sd = sqrt(rest * line.n / (line.n - 2)) / rr;
	return line;
}

/* The median of the slopes between all pairs of rows (Theil 1950; Sen 1968,
 * doi:10.1080/01621459.1968.10480934) shows which rows are off. */
static enum err reject_outliers(struct center_row *rows, int n, struct arena *arena)
{
	double *values = ARENA_NEW(arena, double, (int64_t)n *n + n), slope = 0, middle, sd;
	int64_t m = 0;

	NEED(values);
	for (int i = 0; i < n; i++)
		for (int j = 0; j < i; j++)
			if (rows[i].used && rows[j].used && rows[i].row != rows[j].row)
				values[m++] = (rows[i].value - rows[j].value) /
					      (rows[i].row - rows[j].row);
	if (m >= 6)
		slope = center_median(values, m);
	m = 0;
	for (int i = 0; i < n; i++)
		if (rows[i].used)
			values[m++] = rows[i].value - slope * rows[i].row;
	if (m < 3)
		return OK;
	middle = center_median(values, m);
	for (int64_t k = 0; k < m; k++)
		values[k] = fabs(values[k] - middle);
	sd = fmax(1.4826 * center_median(values, m), 0.1);
	for (int i = 0; i < n; i++)
		if (rows[i].used && fabs(rows[i].value - slope * rows[i].row - middle) > 4 * sd)
			rows[i].used = false;
	return OK;
}

/* Both methods in a row: by how well each repeats over the rows, where that can be known. */
static void combine_methods(struct center_result *result, const struct center_plan *plan)
{
	double vo = 1, correlation = 1;

	if (plan->pairs) /* many pairs: far better than the mirrored first half turn */
		vo = 0;
	else if (result->n_rows >= 5 && isfinite(result->vo.spread + result->correlation.spread)) {
		vo = 1 / (pow(result->vo.spread, 2) + 0.01);
		correlation = 1 / (pow(result->correlation.spread, 2) + 0.01);
	}
	for (int i = 0; i < result->n_rows; i++) {
		struct center_row *row = &result->rows[i];

		if (isfinite(row->vo) && isfinite(row->correlation))
			row->value = (vo * row->vo + correlation * row->correlation) /
				     (vo + correlation);
		else
			row->value = isfinite(row->vo) ? row->vo : row->correlation;
	}
}

/* One kind of evidence: multiplies the confidence and keeps the sentence of the worst. */
static void weigh(struct center_result *result, double *worst, double factor, const char *reason)
{
	factor = isfinite(factor) ? fmin(fmax(factor, 0), 1) : 1;
	result->confidence *= factor;
	if (factor < *worst) {
		*worst = factor;
		result->reason = reason;
	}
}

/* 1 when x is small against `tolerance`, 0.5 there. */
static double within(double x, double tolerance)
{
	return 1 / (1 + pow(x / tolerance, 4));
}

static enum err verdict(struct center_result *result, const struct center_plan *plan,
	const struct evidence *evidence, int n_used, struct arena *arena)
{
	double worst = 0.9, edge, gap = M_PI - plan->span;
	double coarse = fabs(evidence->vo - evidence->correlation);
	bool apart = coarse > 0.02 * (double)plan->n_col;
	const char *differ = arena_format(arena, "the methods disagree: vo %.2f, correlation %.2f",
		apart ? evidence->vo : result->vo.value,
		apart ? evidence->correlation : result->correlation.value);

	/* Two methods and three rows that meet in one place by themselves did not do so by chance, so
	 * a shallow minimum is forgiven. */
	bool repeated = coarse < 3 && n_used >= 3 && 10 * n_used >= 9 * result->n_rows;

	NEED(differ);
	result->confidence = 1;
	result->reason = "methods and rows agree";
	if (apart)
		result->agreement_px = coarse;
	weigh(result, &worst, (evidence->depth - (repeated ? 0.05 : 0.15)) / (repeated ? 0.2 : 0.3),
		"no centre stands out: the rows may be empty, noise or without detail");
	weigh(result, &worst, within(result->agreement_px, 1.5), differ);
	weigh(result, &worst, within(result->spread_px, 1.5),
		"the rows do not agree on one centre");
	weigh(result, &worst, 1.6 * n_used / result->n_rows - 0.1,
		"only few of the rows agree; the others may be empty");
	edge = fmin(evidence->start - plan->low, plan->high - evidence->start);
	weigh(result, &worst, edge < 2 * (double)plan->bin + 1 ? 0 : 1,
		"the best centre lies at the border of the search range: widen center.search");
	weigh(result, &worst, !plan->pairs && gap > SEAM_STEPS * plan->step ? 0.3 : 1,
		"the angles leave a gap in half a turn, so no view has its mirrored partner");
	weigh(result, &worst, isfinite(result->center) ? 1 : 0, "no row gave a centre");
	result->verdict = result->confidence >= CENTER_SURE ? "sure" : "doubtful";
	if (result->confidence >= CENTER_SURE && worst < 0.9)
		result->reason =
			arena_format(arena, "good enough; weakest sign: %s", result->reason);
	NEED(result->reason);
	return OK;
}

/* Values of one or both methods of the used rows, less the line; returns how many. */
static int64_t residuals(double *values, const struct center_result *result,
	const struct line *line, bool vo, bool correlation)
{
	int64_t m = 0;

	for (int i = 0; i < result->n_rows; i++) {
		const struct center_row *row = &result->rows[i];
		double at = line->at_mean + result->slope * (row->row - line->mean_row);

		if (row->used && vo && isfinite(row->vo))
			values[m++] = row->vo - at;
		if (row->used && correlation && isfinite(row->correlation))
			values[m++] = row->correlation - at;
	}
	return m;
}

static enum err judge_line(struct center_result *result, const struct evidence *evidence,
	struct arena *arena, int *n_used)
{
	double *values = ARENA_NEW(arena, double, 4 * result->n_rows), *scratch, low = INFINITY,
	       high = -INFINITY;
	struct line line;
	int64_t m;

	NEED(values);
	scratch = values + 2 * result->n_rows;
	TRY(reject_outliers(result->rows, result->n_rows, arena));
	line = fit(result->rows, result->n_rows);
	for (int i = 0; i < result->n_rows; i++) {
		if (!result->rows[i].used)
			continue;
		low = fmin(low, result->rows[i].row);
		high = fmax(high, result->rows[i].row);
	}
	if (fabs(line.slope) > 4 * line.slope_sd && fabs(line.slope) * (high - low) > 0.5)
		result->slope = line.slope;
	result->tilt_deg = atan(result->slope) * 180 / M_PI;
	result->center = line.n ? line.at_mean : evidence->start;
	result->row = line.n ? line.mean_row : result->rows[0].row;
	m = residuals(values, result, &line, true, false);
	summarise(&result->vo, values, m, scratch);
	m = residuals(values, result, &line, false, true);
	summarise(&result->correlation, values, m, scratch);
	result->agreement_px = fabs(result->vo.value - result->correlation.value);
	result->vo.value += result->center;
	result->correlation.value += result->center;
	m = residuals(values, result, &line, true, true);
	result->spread_px = spread(values, m, 0, scratch);
	*n_used = line.n;
	return OK;
}

enum err center_judge(struct center_result *result, const struct center_plan *plan,
	const struct evidence *evidence, struct arena *arena)
{
	int n = result->n_rows, n_used = 0;
	double *values = ARENA_NEW(arena, double, 3 * n), near = 0.02 * (double)plan->n_col + 2;

	NEED(values);
	for (int i = 0; i < n; i++)
		values[i] = result->rows[i].vo;
	summarise(&result->vo, values, n, values + n);
	for (int i = 0; i < n; i++)
		values[i] = result->rows[i].correlation;
	summarise(&result->correlation, values, n, values + n);
	combine_methods(result, plan);
	for (int i = 0; i < n; i++) {
		struct center_row *row = &result->rows[i];

		row->weight = pow(evidence->own_depth[i], 2);
		if (isfinite(row->vo - row->correlation) && !plan->pairs)
			row->weight *= 1 / (1 + pow((row->vo - row->correlation) / 0.5, 2));
		row->used = isfinite(row->value) && evidence->own_depth[i] > 0.02 &&
			    fabs(evidence->own[i] - evidence->start) < near;
	}
	TRY(judge_line(result, evidence, arena, &n_used));
	TRY(verdict(result, plan, evidence, n_used, arena));
	return OK;
}

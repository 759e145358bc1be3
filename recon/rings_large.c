/* SPDX-License-Identifier: BSD-3-Clause
 * Ring removal by detection: wide stripes (algorithm 5 of doi:10.1364/OE.26.028396), dead and
 * fluctuating columns (algorithm 6), and all in one (6, 5, 3).
 * As Algotom, but: the noise of the detection has a floor, and what is smooth from column to column
 * is no stripe, so that structure of the object stays when there is little noise; a column whose
 * factor is not above 0 is not divided by it; nothing is divided by 0; `all` sorts once, because
 * neither the division nor the replacement by sorted medians changes the order in a column. */
#include "recon/rings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Least squares line through y[first..last), x = index: its value at 0 and at n - 1. */
static void fit_line(const double *y, int64_t first, int64_t last, double ends[2], int64_t n)
{
	double count = (double)(last - first), middle = (double)(first + last - 1) / 2;
	double mean = 0, xy = 0, xx = 0;

	for (int64_t i = first; i < last; i++)
		mean += y[i] / count;
	for (int64_t i = first; i < last; i++) {
		double x = (double)i - middle;

		xy += x * (y[i] - mean);
		xx += x * x;
	}
	ends[0] = mean - middle * xy / xx;
	ends[1] = ends[0] + (double)(n - 1) * xy / xx;
}

double rings_detect(const double *factor, int64_t n, double snr, double least_noise, double *sorted,
	uint8_t *mask)
{
	int64_t drop = n / 4;
	double end[2], spread, noise;

	memset(mask, 0, (size_t)n);
	if (n - 2 * drop - 1 < 2)
		return 0; /* no line */
	memcpy(sorted, factor, (size_t)n * sizeof(*sorted));
	qsort(sorted, (size_t)n, sizeof(*sorted), by_value);
	fit_line(sorted, drop, n - drop - 1, end, n);
	spread = fabs(end[1] - end[0]);
	noise = fmax(spread, least_noise);
	if (fabs(sorted[n - 1] - end[1]) >= snr * noise)
		for (int64_t i = 0; i < n; i++)
			mask[i] |= factor[i] > end[1] + snr * noise / 2;
	if (fabs(end[0] - sorted[0]) >= snr * noise)
		for (int64_t i = 0; i < n; i++)
			mask[i] |= factor[i] <= end[0] - snr * noise / 2;
	return spread;
}

/* A stripe has a jump at its edges, structure of the object is smooth from column to column: a run
 * of columns on one side of 1 whose largest jump is below `share` of its largest deviation is no
 * stripe, its factor becomes 1. */
static void keep_structure(double *factor, int64_t n, double share, uint8_t *mask)
{
	double before = factor[0];

	for (int64_t first = 0, end; first < n; first = end) {
		double jump = fabs(factor[first] - before), peak = 0;
		bool above = factor[first] > 1;

		for (end = first; end < n && (factor[end] > 1) == above; end++) {
			jump = fmax(jump, fabs(factor[end] - before));
			peak = fmax(peak, fabs(factor[end] - 1));
			before = factor[end];
		}
		if (end < n)
			jump = fmax(jump, fabs(factor[end] - before));
		for (int64_t c = first; c < end && jump < share * peak; c++) {
			factor[c] = 1;
			mask[c] = 0;
		}
	}
}

/* The neighbours of a marked column too. */
static void widen(uint8_t *mask, int64_t n)
{
	uint8_t before = 0;

	for (int64_t i = 0; i < n; i++) {
		uint8_t here = mask[i];

		mask[i] |= before | (i + 1 < n ? mask[i + 1] : 0);
		before = here;
	}
}

static int64_t count_marked(const uint8_t *mask, int64_t n)
{
	int64_t count = 0;

	for (int64_t i = 0; i < n; i++)
		count += mask[i];
	return count;
}

/* What a detection works in. */
struct profile {
	double *factor, *sorted;
	uint8_t *mask;
};

static enum err profile_new(struct profile *p, int64_t n, struct arena *scratch)
{
	NEED(p->factor = ARENA_NEW(scratch, double, n));
	NEED(p->sorted = ARENA_NEW(scratch, double, n));
	NEED(p->mask = ARENA_NEW(scratch, uint8_t, n));
	return OK;
}

/* Columns to replace, and factors without structure: `share` is that of keep_structure where there
 * is less noise than the floor. More noise makes jumps of its own, and only what stands far above
 * it is structure for sure. */
static void find_stripes(struct profile *p, int64_t n, double snr, double least_noise, double share)
{
	double noise = rings_detect(p->factor, n, snr, least_noise, p->sorted, p->mask);

	keep_structure(p->factor, n, noise < least_noise ? share : 0.25, p->mask);
	widen(p->mask, n);
}

/* On sorted columns: every column over its factor, wide stripes replaced by the median. */
static enum err large_sorted(const struct rings_settings *r, struct columns *columns,
	struct arena *scratch, struct counts *counts)
{
	const struct rings_kernels *k = ISA_PICK(rings_kernels);
	double share = fmin(fmax(r->drop, 0), 0.8);
	int64_t n = columns->n_col, stride = columns->stride;
	int64_t drop = (int64_t)(0.5 * share * (double)columns->n_angle);
	int32_t kept = (int32_t)(columns->n_angle - 2 * drop);
	struct profile p;
	float *smooth;

	TRY(profile_new(&p, n, scratch));
	NEED(smooth = ARENA_NEW(scratch, float, n *stride));
	columns_median(columns, r->large, smooth);
	for (int64_t c = 0; c < n; c++) {
		double under = k->sum(smooth + c * stride + drop, kept);

		p.factor[c] = k->sum(columns->value + c * stride + drop, kept);
		p.factor[c] = under != 0 ? p.factor[c] / under : 1;
	}
	find_stripes(&p, n, r->snr, 0.01, 0.5); /* blur of the detector spreads the jump */
	counts->n[COUNT_RING_COLUMNS] += count_marked(p.mask, n);
	for (int64_t c = 0; c < n; c++) {
		float *value = columns->value + c * stride;
		float factor = (float)p.factor[c];

		if (p.mask[c])
			memcpy(value, smooth + c * stride, (size_t)stride * sizeof(*value));
		else if (factor >= 1e-6F && factor <= 1e6F)
			for (int64_t i = 0; i < columns->n_angle; i++)
				value[i] /= factor;
	}
	return OK;
}

/* Sum over the angles of |x - mean of 10 neighbours in angle|: small for a stuck column, large for
 * a fluctuating one. Ends reflected. */
static void roughness_of(struct sinogram sino, double *running, double *rough)
{
	enum { SIZE = 10, BEFORE = SIZE / 2, AFTER = SIZE - BEFORE - 1 };
	const struct rings_kernels *k = ISA_PICK(rings_kernels);

	for (int64_t c = 0; c < sino.n_col; c++) {
		rough[c] = 0;
		running[c] = 0;
	}
	for (int64_t i = -BEFORE; i <= AFTER; i++) {
		const float *row = sinogram_row(sino, reflect(i - 1, sino.n_angle));

		for (int64_t c = 0; c < sino.n_col; c++)
			running[c] += (double)row[c]; /* one row early */
	}
	for (int64_t i = 0; i < sino.n_angle; i++)
		k->roughness(sinogram_row(sino, i),
			sinogram_row(sino, reflect(i + AFTER, sino.n_angle)),
			sinogram_row(sino, reflect(i - BEFORE - 1, sino.n_angle)), running, rough,
			SIZE, (int32_t)sino.n_col);
}

/* roughness_of a column of mean transmission with 0.5 % noise, that of 40000 photons. */
static double least_roughness(struct sinogram sino)
{
	const struct rings_kernels *k = ISA_PICK(rings_kernels);
	double sum = 0;

	for (int64_t i = 0; i < sino.n_angle; i++)
		sum += k->sum(sinogram_row(sino, i), (int32_t)sino.n_col);
	return 0.005 * 0.76 * fabs(sum) / (double)sino.n_col; /* E|x| of 9/10 of the variance */
}

/* factor becomes (factor + e) over (its running median + e), where e is what the medians lack to
 * the least noise on average. */
static enum err over_background(
	double *factor, int64_t n, int64_t window, double least, struct arena *scratch)
{
	struct columns line;
	struct sinogram one = {.n_angle = 1, .n_col = n};
	double mean = 0, missing;

	TRY(columns_new(&line, one, window, scratch));
	for (int64_t c = 0; c < n; c++)
		for (int64_t i = 0; i < line.stride; i++)
			line.value[c * line.stride + i] = (float)factor[c];
	columns_median(&line, window, line.value);
	for (int64_t c = 0; c < n; c++)
		mean += (double)line.value[c * line.stride] / (double)n;
	missing = fmax(least - mean, 0);
	for (int64_t c = 0; c < n; c++) {
		double under = (double)line.value[c * line.stride] + missing;

		factor[c] = under > 0 ? (factor[c] + missing) / under : 1;
	}
	return OK;
}

/* Marked columns from the nearest unmarked ones, linearly; the outermost are never marked. */
static void bridge(const uint8_t *mask, struct sinogram sino)
{
	for (int64_t left = 0; left + 1 < sino.n_col; left++) {
		int64_t right = left + 1;

		while (mask[right])
			right++;
		for (int64_t i = 0; right > left + 1 && i < sino.n_angle; i++) {
			float *row = sinogram_row(sino, i);
			float step = (row[right] - row[left]) / (float)(right - left);

			for (int64_t c = left + 1; c < right; c++)
				row[c] = row[left] + step * (float)(c - left);
		}
		left = right - 1;
	}
}

static enum err dead_columns(const struct rings_settings *r, struct sinogram sino,
	struct arena *scratch, struct counts *counts)
{
	int64_t n = sino.n_col, missing;
	struct profile p;

	if (n < 5)
		return OK; /* two columns at each side are always kept */
	TRY(profile_new(&p, n, scratch));
	roughness_of(sino, p.sorted, p.factor);
	TRY(over_background(p.factor, n, r->large, least_roughness(sino), scratch));
	find_stripes(&p, n, r->snr, 0.1, 0.75); /* dead columns have sharp edges */
	p.mask[0] = p.mask[1] = p.mask[n - 2] = p.mask[n - 1] = 0;
	missing = count_marked(p.mask, n);
	if (missing == 0 || missing >= n / 3)
		return OK;
	bridge(p.mask, sino);
	counts->n[COUNT_RING_COLUMNS] += missing;
	return OK;
}

int64_t rings_large_bytes(const struct rings_settings *r, int64_t n_angle, int64_t n_col)
{
	int64_t columns = columns_bytes(n_angle, n_col, r->large > r->small ? r->large : r->small);

	return columns + columns / 2 + columns_bytes(1, n_col, r->large) + 34 * n_col + 1024;
}

enum err rings_large(const struct rings_settings *r, struct sinogram sino, struct arena *scratch,
	struct counts *counts)
{
	struct columns columns;

	TRY(columns_new(&columns, sino, r->large, scratch));
	columns_load(&columns, sino);
	columns_sort(&columns);
	TRY(large_sorted(r, &columns, scratch, counts));
	columns_unsort(&columns);
	columns_store(&columns, sino);
	return OK;
}

enum err rings_dead(const struct rings_settings *r, struct sinogram sino, struct arena *scratch,
	struct counts *counts)
{
	struct arena_mark mark = arena_mark(scratch);

	TRY(dead_columns(r, sino, scratch, counts));
	arena_release(scratch, mark);
	return rings_large(r, sino, scratch, counts);
}

enum err rings_all(const struct rings_settings *r, struct sinogram sino, struct arena *scratch,
	struct counts *counts)
{
	struct columns columns;
	struct arena_mark mark = arena_mark(scratch);

	TRY(dead_columns(r, sino, scratch, counts));
	arena_release(scratch, mark);
	TRY(columns_new(&columns, sino, r->large > r->small ? r->large : r->small, scratch));
	columns_load(&columns, sino);
	columns_sort(&columns);
	TRY(large_sorted(r, &columns, scratch, counts));
	columns_median(&columns, r->small, columns.value);
	columns_unsort(&columns);
	columns_store(&columns, sino);
	return OK;
}

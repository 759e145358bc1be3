/* SPDX-License-Identifier: BSD-3-Clause
 * Shadows of needles and pores, added to a strip; see truth/shadow_kernels.h. */
#include "core/isa.h"
#include "truth/shadow_kernels.h"

#include <math.h>

static inline int32_t floor_of(float x)
{
	int32_t i = (int32_t)x;

	return i - ((float)i > x);
}

/* A fraction of a sample as one of n places; rounding may have made it 1. */
static inline int32_t place(float fraction, int32_t n)
{
	int32_t i = (int32_t)(fraction * (float)n);

	return i < n ? i : n - 1;
}

static inline void add_taps(float *restrict line, const float *restrict tap, float weight)
{
	for (int k = 0; k < TAPS; k++)
		line[k] += weight * tap[k];
}

/* Rows between fine rows are shared by both in proportion: exact when the needle's rows are, as they are
 * without roll and settling, where `part` is 0. */
static void needles(const struct needle *needle, const float *weight, int64_t n,
	const struct shadow_view *view, const struct shadow_taps *taps, const struct strip *strip)
{
	const int32_t last_col = (int32_t)(strip->n_col + strip->pad) - TAPS;
	const int32_t n_row = (int32_t)strip->n_row, first_col = -(int32_t)strip->pad;

	for (int64_t i = 0; i < n; weight += needle[i++].n) {
		const struct needle *e = &needle[i];
		float t = view->t_x * e->x + view->t_y * e->y;
		float d = (float)e->row - view->row_middle + view->sink;
		float col = view->col_0 + t * view->cos_roll - d * view->sin_roll;
		float row = (float)(e->row - (int32_t)strip->row0) + view->sink +
			    t * view->sin_roll + d * (view->cos_roll - 1);
		int32_t c = floor_of(col), r = floor_of(row), from, to;
		float part = row - (float)r, before = 0;
		const float *tap = taps->tap[e->half][place(col - (float)c, TAP_PLACES)];
		float *line;

		c -= TAPS_BEFORE;
		if (c < first_col || c > last_col || r >= n_row || r + e->n + 1 <= 0)
			continue;
		from = r < 0 ? -r : 0;
		to = n_row - r < e->n + 1 ? n_row - r : e->n + 1;
		if (part < 1e-4F && to > e->n)
			to = e->n;
		if (from > 0)
			before = weight[from - 1];
		line = strip->shade[e->shade] + (r + from) * strip->pitch + c;
		for (int32_t k = from; k < to; k++, line += strip->pitch) {
			float here = k < e->n ? weight[k] : 0;

			add_taps(line, tap, here + part * (before - here));
			before = here;
		}
	}
}

static void pores(const struct pore *pore, int64_t n, const struct shadow_view *view,
	const struct pore_stamps *stamps, const struct strip *strip)
{
	const int32_t n_row = (int32_t)strip->n_row, first_col = -(int32_t)strip->pad;

	for (int64_t i = 0; i < n; i++) {
		const struct pore *p = &pore[i];
		int32_t rows = stamps->rows[p->class], cols = stamps->cols[p->class];
		float t = view->t_x * p->x + view->t_y * p->y;
		float d = p->z - view->row_middle + view->sink;
		float col = view->col_0 + t * view->cos_roll - d * view->sin_roll;
		float row = p->z - (float)strip->row0 + view->sink + t * view->sin_roll +
			    d * (view->cos_roll - 1);
		int32_t c = floor_of(col), r = floor_of(row), from, to;
		int32_t q_row = place(row - (float)r, PLACES_ROW);
		int32_t q_col = place(col - (float)c, PLACES_COL);
		const float *stamp;
		float *line;

		c -= stamps->before[p->class];
		r -= (rows - 1) / 2;
		if (c < first_col || c + cols > (int32_t)(strip->n_col + strip->pad) ||
			r >= n_row || r + rows <= 0)
			continue;
		from = r < 0 ? -r : 0;
		to = n_row - r < rows ? n_row - r : rows;
		stamp = stamps->stamp[p->class] +
			((int64_t)(q_row * PLACES_COL + q_col) * rows + from) * cols;
		line = strip->shade[SHADE_NASICON] + (r + from) * strip->pitch + c;
		for (int32_t k = from; k < to; k++, line += strip->pitch, stamp += cols)
			for (int32_t j = 0; j < cols; j += 8)
				for (int32_t u = 0; u < 8; u++)
					line[j + u] -= stamp[j + u];
	}
}

const struct shadow_kernels ISA_NAME(shadow_kernels) = {needles, pores};

/* SPDX-License-Identifier: BSD-3-Clause
 * Median of 27; see segment/median.h. A tile's plane is done row by row: triples of a new row, nines of three
 * rows of triples, medians of three neighbouring nines. All of it stays in the first cache. */
#include "segment/median.h"

#include "segment/median_kernels.h"
#include "segment/tiles.h"

#include <string.h>

enum { STEP = 16, TRIPLE = 3 * MEDIAN_STRIDE, SPACE = 4 * TRIPLE + 9 * MEDIAN_STRIDE };

struct medians {
	const struct median_kernels *kernels;
	int64_t nx;
	float *out;
};

static int64_t rounded(int64_t n)
{
	return (n + STEP - 1) / STEP * STEP;
}

/* Triples of row j, from -1 on, with a column more at either end; four rows are kept. */
static float *triple_row(const struct medians *m, const struct tile *t, int64_t j)
{
	float *out = (float *)t->space + (j + 1) % 4 * TRIPLE;
	int64_t at = j * TILE_STRIDE - 1;

	m->kernels->triples(
		t->plane[0] + at, t->plane[1] + at, t->plane[2] + at, rounded(t->n + 2), out);
	return out;
}

static void median_tile(void *context, const struct tile *t)
{
	const struct medians *m = context;
	float *nine = (float *)t->space + 4 * TRIPLE, *line = nine + 9 * MEDIAN_STRIDE;
	const float *above = triple_row(m, t, -1), *here = triple_row(m, t, 0);

	for (int64_t j = 0; j < t->rows; j++) {
		const float *below = triple_row(m, t, j + 1);

		m->kernels->nines(above, here, below, rounded(t->n + 2), nine);
		m->kernels->median(nine, rounded(t->n), line);
		memcpy(m->out + t->out + j * m->nx, line, (size_t)t->n * sizeof(*line));
		above = here;
		here = below;
	}
}

enum err median_27(const struct slab *slab, const float *in, float *out, struct arena *scratch)
{
	struct medians m = {ISA_PICK(median_kernels), slab->nx, out};
	int64_t space = (SPACE + MEDIAN_STRIDE) * (int64_t)sizeof(float);

	return tiles_walk(slab, in, median_tile, &m, space, scratch, "median");
}

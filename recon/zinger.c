/* SPDX-License-Identifier: BSD-3-Clause
 * A value x is a zinger if x / A - 1 > threshold, where A is the mean of the eight neighbours at
 * offsets -size, 0, size (A = 1 if that is 0), and is then replaced by A. All tests read the values as
 * they came. Bit for bit Algotom's remove_zinger but for the edges: there neighbours wrap round, which
 * replaces the air at one edge when the other edge lies in the object, and with it what padding
 * is made of; here the neighbour on the other side counts twice. With sign "both" dark outliers,
 * x / A - 1 < -threshold, go too. */
#include "recon/zinger.h"

#include "recon/point.h"
#include "recon/stage.h"

#include <math.h>
#include <string.h>

struct limits {
	float low, high;
};

static struct limits limits_of(const struct zinger_settings *s)
{
	float high = (float)s->threshold;

	return (struct limits){s->sign == ZINGER_BOTH ? -high : -INFINITY, high};
}

/* The neighbour at i + step, at an edge the one on the other side. */
static int64_t beside(int64_t i, int64_t step, int64_t n)
{
	if (i + step >= 0 && i + step < n)
		return i + step;
	return i - step >= 0 && i - step < n ? i - step : i;
}

/* The kernel's arithmetic at any column. */
static int64_t test_at(float *out, const float *above, const float *here, const float *below,
	int64_t i, int64_t left, int64_t right, struct limits limits)
{
	float sum = below[right] + below[i], mean, excess;
	bool hit;

	sum += below[left];
	sum += here[right];
	sum += here[left];
	sum += above[right];
	sum += above[i];
	sum += above[left];
	mean = sum * 0.125f;
	if (mean == 0)
		mean = 1;
	excess = here[i] / mean - 1;
	hit = excess > limits.high || excess < limits.low;
	out[i] = hit ? mean : here[i];
	return hit;
}

static int64_t test_row(float *out, const float *above, const float *here, const float *below,
	int64_t n, int64_t size, struct limits limits)
{
	int64_t count = point_kernels()->zinger(
		out, above, here, below, (int32_t)n, (int32_t)size, limits.low, limits.high);

	for (int64_t i = 0; i < n; i++) {
		if (i == size && n - size > i)
			i = n - size; /* the middle is the kernel's */
		count += test_at(out, above, here, below, i, beside(i, -size, n),
			beside(i, size, n), limits);
	}
	return count;
}

int64_t zinger_neighbour(const struct zinger_settings *s, int64_t i, int side, int64_t n)
{
	return beside(i, side < 0 ? -s->size : s->size, n);
}

int64_t zinger_row(const struct zinger_settings *s, float *out, const float *before,
	const float *here, const float *after, int64_t n_col)
{
	return test_row(out, before, here, after, n_col, s->size, limits_of(s));
}

static bool active(const struct settings *s)
{
	return s->zinger.method == ZINGER_RATIO;
}

static enum err check(const struct settings *s, const struct geometry *g)
{
	int64_t size = s->zinger.size;

	if (size < 1 || size >= g->n_angle || size >= g->n_col)
		return fail(ERR_USAGE,
			"--zinger.size is %lld, but it must be at least 1 and less than the %lld "
			"projections and the %lld columns",
			(long long)size, (long long)g->n_angle, (long long)g->n_col);
	if (!(s->zinger.threshold > 0))
		return fail(ERR_USAGE, "--zinger.threshold is %g, but it must be above 0",
			s->zinger.threshold);
	return OK;
}

static int64_t scratch_bytes(const struct settings *s, const struct geometry *g)
{
	return (s->zinger.size + 1) * (g->n_col + 16) * (int64_t)sizeof(float);
}

/* Rows are overwritten from the first to the last, so the originals of the last size + 1 rows are
 * kept aside. */
static enum err apply(const struct settings *s, const struct geometry *g, struct sinogram sino,
	struct arena *scratch, struct counts *counts)
{
	int64_t size = s->zinger.size, n = sino.n_angle, n_col = sino.n_col;
	float *kept = ARENA_NEW(scratch, float, (size + 1) * n_col);

	(void)g;
	NEED(kept);
	for (int64_t i = 0; i < n; i++) {
		const float *row[2];

		memcpy(kept + i % (size + 1) * n_col, sinogram_row(sino, i),
			(size_t)n_col * sizeof(float));
		for (int k = 0; k < 2; k++) {
			int64_t j = zinger_neighbour(&s->zinger, i, k ? 1 : -1, n);

			row[k] = j > i ? sinogram_row(sino, j) : kept + j % (size + 1) * n_col;
		}
		counts->n[COUNT_ZINGERS] += test_row(sinogram_row(sino, i), row[0],
			kept + i % (size + 1) * n_col, row[1], n_col, size, limits_of(&s->zinger));
	}
	return OK;
}

const struct stage stage_zinger = {"zinger", active, check, scratch_bytes, apply};

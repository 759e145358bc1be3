/* SPDX-License-Identifier: BSD-3-Clause
 * Histograms of the planes, and their modes; see segment/survey.h. */
#include "segment/survey.h"

#include "core/parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Width of the kernel that smooths histograms, 1/cm: well below the contrasts, above the bins. */
static const double kernel_width = 0.01;

static int compare_floats(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

enum err survey_new(struct survey *s, const struct circle *circle, int64_t nz, float *sample,
	int64_t n, struct arena *arena)
{
	double low, high;

	qsort(sample, (size_t)n, sizeof(*sample), compare_floats);
	low = (double)sample[n / 100];
	high = (double)sample[n - 1 - n / 100];
	if (!(high > low))
		return fail(ERR_INPUT, "the volume is constant: there is nothing to segment");
	*s = (struct survey){.nz = nz, .low = low - 0.5 * (high - low)};
	s->step = 2 * (high - low) / LEVEL_BINS;
	NEED(s->count = ARENA_ZERO(arena, int32_t, nz * LEVEL_BINS));
	NEED(s->rough = ARENA_ZERO(arena, double, nz));
	s->bins = circle_bins(circle);
	NEED(s->radial = ARENA_ZERO(arena, float, nz * s->bins));
	NEED(s->in_bin = ARENA_ZERO(arena, int64_t, s->bins));
	for (int64_t k = 0; k < circle->ny * circle->nx; k++)
		if (circle_has(circle, k))
			s->in_bin[circle_bin(circle, k)]++;
	return OK;
}

struct adding {
	struct survey *survey;
	const struct slab *slab;
	const struct circle *circle;
	const float *raw, *smooth;
};

static void add_radial(const struct adding *a, const float *smooth, float *radial)
{
	const struct circle *c = a->circle;

	memset(radial, 0, (size_t)a->survey->bins * sizeof(*radial));
	for (int64_t k = 0; k < c->ny * c->nx; k++)
		if (circle_has(c, k))
			radial[circle_bin(c, k)] += smooth[k];
	for (int64_t r = 0; r < a->survey->bins; r++)
		if (a->survey->in_bin[r])
			radial[r] /= (float)a->survey->in_bin[r];
}

static enum err add_plane(void *context, int64_t i, int thread)
{
	const struct adding *a = context;
	int64_t n = a->slab->ny * a->slab->nx, z = a->slab->z0 + i;
	const float *smooth = a->smooth + i * n, *raw = a->raw + (z - a->slab->p0) * n;
	int32_t *count = a->survey->count + z * LEVEL_BINS;
	double sum = 0;

	(void)thread;
	memset(count, 0, LEVEL_BINS * sizeof(*count));
	add_radial(a, smooth, a->survey->radial + z * a->survey->bins);
	for (int64_t k = 0; k < n; k++) {
		double at = ((double)smooth[k] - a->survey->low) / a->survey->step;

		if (!circle_has(a->circle, k))
			continue;
		count[at < 0 ? 0 : at >= LEVEL_BINS ? LEVEL_BINS - 1 : (int)at]++;
		sum += fabs((double)raw[k] - (double)smooth[k]);
	}
	a->survey->rough[z] = sum / (double)a->circle->inside;
	return OK;
}

enum err survey_add(struct survey *survey, const struct slab *slab, const struct circle *circle,
	const float *raw, const float *smooth)
{
	struct adding a = {survey, slab, circle, raw, smooth};

	return parallel_for(slab->z1 - slab->z0, add_plane, &a);
}

/* ------------------------------------------------------------------ modes */

static void smooth_counts(const int32_t *count, double sigma, double *out)
{
	int r = (int)ceil(3 * sigma);
	double taps[256], sum = 0;

	r = r > 255 ? 255 : r < 1 ? 1 : r;
	for (int k = 0; k <= r; k++) {
		taps[k] = exp(-0.5 * k * k / (sigma * sigma));
		sum += k ? 2 * taps[k] : taps[k];
	}
	for (int i = 0; i < LEVEL_BINS; i++) {
		double value = 0;

		for (int k = -r; k <= r; k++)
			if (i + k >= 0 && i + k < LEVEL_BINS)
				value += taps[abs(k)] * count[i + k];
		out[i] = value / sum;
	}
}

static double half_width_at(const double *h, int at, double step)
{
	int left = at, right = at;

	while (left > 0 && h[left] > h[at] / 2)
		left--;
	while (right < LEVEL_BINS - 1 && h[right] > h[at] / 2)
		right++;
	return 0.5 * (right - left - 1) * step;
}

struct peak survey_peak(const struct survey *s, int64_t z, double low, double high)
{
	const int32_t *count = s->count + z * LEVEL_BINS;
	double h[LEVEL_BINS], sigma = fmax(1, kernel_width / s->step);
	int first = (int)fmax(1, fmin(LEVEL_BINS - 2, (low - s->low) / s->step));
	int last = (int)fmax(1, fmin(LEVEL_BINS - 2, (high - s->low) / s->step)), best = first;
	struct peak peak = {.at = NAN};
	double bend;

	smooth_counts(count, sigma, h);
	for (int i = first; i <= last; i++) {
		best = h[i] > h[best] ? i : best;
		peak.voxels += count[i];
	}
	if (h[best] <= 0)
		return peak;
	bend = h[best - 1] - 2 * h[best] + h[best + 1];
	peak.at =
		s->low +
		(best + 0.5 + (bend < 0 ? 0.5 * (h[best - 1] - h[best + 1]) / bend : 0)) * s->step;
	peak.half_width = half_width_at(h, best, s->step);
	peak.half_width = sqrt(fmax(
		0, peak.half_width * peak.half_width - 1.386 * sigma * sigma * s->step * s->step));
	return peak;
}

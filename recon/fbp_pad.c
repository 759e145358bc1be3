/* SPDX-License-Identifier: BSD-3-Clause
 * Truncated projections: the ramp filter reaches far, so what is assumed beyond the detector decides
 * level and cupping of the slice (docs/interior.md has the measurements).
 * `ellipse` continues each projection as the chords of a uniform ellipse. The square of a chord is a
 * parabola in the column, which is fitted to the outer parts of the projection; extrapolating with
 * a fitted cylinder is due to Hsieh et al., Med. Phys. 31, 2385 (2004), DOI 10.1118/1.1776673. */
#include "recon/fbp_parts.h"

#include <math.h>

enum { FIRST_BINS = 4 };
static const double TOLERANCE = 0.02;	 /* of the mean square: what a fit may miss without noise */
static const double DECAY_LENGTH = 0.35; /* of the width; the best for cylinders of 1.5 widths */

enum err fbp_plan_pad(struct pad_plan *plan, enum fbp_padding padding, int64_t n_col, int64_t n_pad,
	struct arena *arena)
{
	plan->padding = padding;
	plan->n_col = n_col;
	plan->n_pad = n_pad;
	plan->right = (n_pad - n_col + 1) / 2;
	plan->left = n_pad - n_col - plan->right;
	plan->n_bin = n_col / 4 < MAX_BINS ? n_col / 4 : MAX_BINS;
	plan->edge = 1 + n_col / 64;
	plan->n_taper = (int64_t)(DECAY_LENGTH * (double)n_col);
	plan->taper = ARENA_NEW(arena, float, plan->n_taper);
	NEED(plan->taper);
	for (int64_t i = 0; i < plan->n_taper; i++) {
		double share = (double)(i + 1) / (double)(plan->n_taper + 1);

		plan->taper[i] = (float)(0.5 + 0.5 * cos(M_PI * share));
	}
	return OK;
}

/* Squares averaged over bins of the outer quarters, from the edges inward: on the left and right side,
 * and the bin's distance from the middle in units of half the width. */
struct bins {
	double left[MAX_BINS], right[MAX_BINS], u[MAX_BINS];
};

static double signed_square(float value)
{
	return (double)value * fabs((double)value);
}

static void average(const struct pad_plan *plan, const float *row, struct bins *bins)
{
	int64_t last = plan->n_col - 1;

	for (int64_t k = 0; k < plan->n_bin; k++) {
		int64_t begin = plan->n_col / 4 * k / plan->n_bin;
		int64_t end = plan->n_col / 4 * (k + 1) / plan->n_bin;
		double left = 0, right = 0, n = (double)(end - begin);

		for (int64_t x = begin; x < end; x++) {
			left += signed_square(row[x]);
			right += signed_square(row[last - x]);
		}
		bins->left[k] = left / n;
		bins->right[k] = right / n;
		bins->u[k] = 1 - (double)(begin + end - 1) / (double)last;
	}
}

/* Parabola c[0] + c[1] u + c[2] u^2 of the squares by least squares, c[2] = 0 when there is none. Begins
 * with the outermost bins and grows inward as long as the next bins agree with it: what lies within
 * the field of view (a dense core, a bubble) must not be taken for the shape of the outside. The bins
 * are symmetric, so that even and odd terms part. */
static void fit_squares(const struct pad_plan *plan, const float *row, double c[3])
{
	struct bins b;
	double m0 = 0, m2 = 0, m4 = 0, value[3] = {0}, squares = 0, level = 0;

	average(plan, row, &b);
	for (int64_t k = 0; k < plan->n_bin; k++) {
		double u = b.u[k], u2 = u * u, det;

		if (k >= FIRST_BINS) {
			double rest = squares - c[0] * value[0] - c[1] * value[1] - c[2] * value[2];
			double limit = 3 * sqrt(fmax(rest, 0) / (double)(2 * k - 3)) +
				       TOLERANCE * level / (double)(2 * k);
			double even = c[0] + c[2] * u2, odd = c[1] * u;

			if (fabs(even - odd - b.left[k]) > limit ||
				fabs(even + odd - b.right[k]) > limit)
				return;
		}
		m0 += 2, m2 += 2 * u2, m4 += 2 * u2 * u2;
		value[0] += b.left[k] + b.right[k];
		value[1] += u * (b.right[k] - b.left[k]);
		value[2] += u2 * (b.left[k] + b.right[k]);
		squares += b.left[k] * b.left[k] + b.right[k] * b.right[k];
		level += fabs(b.left[k]) + fabs(b.right[k]);
		det = m0 * m4 - m2 * m2;
		if (k + 1 < FIRST_BINS || !(det > 1e-9 * m0 * m4))
			continue;
		c[0] = (m4 * value[0] - m2 * value[2]) / det;
		c[1] = value[1] / m2;
		c[2] = (m0 * value[2] - m2 * value[0]) / det;
	}
}

/* One side: `edge` is the outermost measured value, to[0], to[step], ... receive n values. Cosine decay,
 * for projections that do not look like a body seen through its middle. */
static void decay(const struct pad_plan *plan, float edge, float *to, int64_t step, int64_t n)
{
	for (int64_t i = 0; i < n; i++)
		to[i * step] = i < plan->n_taper ? edge * plan->taper[i] : 0;
}

/* The fitted chords beyond side -1 or 1, scaled to the mean of the outermost columns, so that noise of
 * a single pixel is not drawn out into a streak. */
static void ellipse(const struct pad_plan *plan, const float *row, const double c[3], int side,
	float *to, int64_t n)
{
	double c1 = side * c[1], unit = 2 / (double)(plan->n_col - 1), end;
	double measured = 0, fitted = 0, scale, root = c1 * c1 - 4 * c[0] * c[2];
	int64_t last = 0;

	for (int64_t i = 0; i < plan->edge; i++) {
		int64_t x = side < 0 ? i : plan->n_col - 1 - i;
		double u = 1 - unit * (double)i, square = c[0] + u * (c1 + u * c[2]);

		measured += row[x];
		fitted += square > 0 ? sqrt(square) : 0;
	}
	scale = measured > 0 && fitted > 0 ? measured / fitted : 0;
	if (root > 0 && scale > 0) {
		end = (c1 + sqrt(root)) / (-2 * c[2]); /* where the chord ends, c[2] < 0 */
		last = end > 1 ? (int64_t)fmin((end - 1) / unit, (double)n) : 0;
	}
	for (int64_t i = 0; i < last; i++) {
		float u = (float)(1 + unit * (double)(i + 1));
		float square = (float)c[0] + u * ((float)c1 + u * (float)c[2]);

		to[i * side] = (float)scale * sqrtf(square > 0 ? square : 0);
	}
	for (int64_t i = last; i < n; i++)
		to[i * side] = 0;
}

void fbp_pad(const struct pad_plan *plan, const float *row, float *padded)
{
	int64_t n_col = plan->n_col, left = plan->left, right = plan->right;
	float first = row[0], last = row[n_col - 1];
	float *after = padded + n_col, *before = padded + plan->n_pad - 1;
	double c[3] = {0};

	for (int64_t x = 0; x < n_col; x++)
		padded[x] = row[x];
	if (plan->padding == PAD_ELLIPSE)
		fit_squares(plan, row, c);
	if (plan->padding == PAD_EDGE || plan->padding == PAD_ZERO) {
		for (int64_t i = 0; i < right; i++)
			after[i] = plan->padding == PAD_EDGE ? last : 0;
		for (int64_t i = 0; i < left; i++)
			before[-i] = plan->padding == PAD_EDGE ? first : 0;
	} else if (plan->padding == PAD_ELLIPSE && c[2] < 0) {
		ellipse(plan, row, c, 1, after, right);
		ellipse(plan, row, c, -1, before, left);
	} else {
		decay(plan, last, after, 1, right);
		decay(plan, first, before, -1, left);
	}
}

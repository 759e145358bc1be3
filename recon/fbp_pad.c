/* SPDX-License-Identifier: BSD-3-Clause
 * Truncated projections: the ramp filter reaches far, so what is assumed beyond the detector decides
 * level and cupping of the slice (docs/interior.md has the measurements).
 * `ellipse` continues each projection as the chords of a uniform ellipse. The square of a chord is a
 * parabola in the column, which is fitted to the outer quarters of the projection; extrapolating with
 * a fitted cylinder is due to Hsieh et al., Med. Phys. 31, 2385 (2004), DOI 10.1118/1.1776673. */
#include "recon/fbp_parts.h"

#include <math.h>

static const double DECAY_LENGTH = 0.35; /* of the width; the best for cylinders of 1.5 widths */

/* Column as a number in [-1, 1] over the detector. */
static double across(int64_t x, int64_t n_col)
{
	return (double)(2 * x - (n_col - 1)) / (double)(n_col - 1);
}

enum err fbp_plan_pad(struct pad_plan *plan, enum fbp_padding padding, int64_t n_col, int64_t n_pad,
	struct arena *arena)
{
	plan->padding = padding;
	plan->n_col = n_col;
	plan->n_pad = n_pad;
	plan->right = (n_pad - n_col + 1) / 2;
	plan->left = n_pad - n_col - plan->right;
	plan->fitted = (n_col + 3) / 4;
	plan->edge = 1 + n_col / 64;
	for (int k = 0; k < 3; k++)
		plan->moment[k] = 0;
	for (int64_t x = 0; x < plan->fitted; x++) {
		double square = across(x, n_col) * across(x, n_col);

		plan->moment[0] += 2;
		plan->moment[1] += 2 * square;
		plan->moment[2] += 2 * square * square;
	}
	plan->n_taper = (int64_t)(DECAY_LENGTH * (double)n_col);
	plan->taper = ARENA_NEW(arena, float, plan->n_taper);
	NEED(plan->taper);
	for (int64_t i = 0; i < plan->n_taper; i++) {
		double share = (double)(i + 1) / (double)(plan->n_taper + 1);

		plan->taper[i] = (float)(0.5 + 0.5 * cos(M_PI * share));
	}
	return OK;
}

static double signed_square(float value)
{
	return (double)value * fabs((double)value);
}

/* Least squares parabola c[0] + c[1] u + c[2] u^2 of the squares in the outer quarters. The columns
 * lie symmetrically, so that even and odd terms part. */
static void fit_squares(const struct pad_plan *plan, const float *row, double c[3])
{
	const double *m = plan->moment;
	double value[3] = {0}, det = m[0] * m[2] - m[1] * m[1];

	for (int64_t x = 0; x < plan->fitted; x++) {
		double u = across(x, plan->n_col);
		double left = signed_square(row[x]);
		double right = signed_square(row[plan->n_col - 1 - x]);

		value[0] += left + right;
		value[1] += u * (left - right);
		value[2] += u * u * (left + right);
	}
	c[0] = c[2] = 0;
	if (det > 1e-9 * m[0] * m[2]) {
		c[0] = (m[2] * value[0] - m[1] * value[2]) / det;
		c[2] = (m[0] * value[2] - m[1] * value[0]) / det;
	}
	c[1] = value[1] / m[1];
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

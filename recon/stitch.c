/* SPDX-License-Identifier: BSD-3-Clause */
#include "recon/stitch.h"

#include <math.h>
#include <stdlib.h>

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

/* The views either side of angle `at` (from the first view), on a circle. */
static void mirror_of(struct stitch_view *view, const struct keyed *views, int64_t n, double at)
{
	int64_t low = 0, high = n; /* n stands for view 0, a turn later */
	double first = views[0].angle, from, to, weight;

	while (high - low > 1) {
		int64_t middle = (low + high) / 2;

		if (views[middle].angle - first <= at)
			low = middle;
		else
			high = middle;
	}
	from = views[low].angle - first;
	to = high < n ? views[high].angle - first : 2 * M_PI;
	weight = to > from ? fmin((at - from) / (to - from), 1) : 0;
	/* Angles that coincide up to rounding are not mixed. */
	weight = weight < 1e-3 ? 0 : weight > 1 - 1e-3 ? 1 : weight;
	view->mirror[0] = views[low].index;
	view->mirror[1] = views[high % n].index;
	view->weight = (float)weight;
}

bool stitch_is_half(const struct geometry *g, double center)
{
	double low = INFINITY, high = -INFINITY, side = fmin(center, (double)g->n_col - 1 - center);

	for (int64_t i = 0; i < g->n_angle; i++) {
		low = fmin(low, g->angle[i]);
		high = fmax(high, g->angle[i]);
	}
	/* A turn without its end point is a turn. */
	return high - low + 2.5 * (high - low) / (double)g->n_angle >= 2 * M_PI &&
	       side < 0.3 * (double)g->n_col;
}

static enum err plan_angles(const struct geometry *in, struct stitch *out, struct arena *arena)
{
	struct keyed *views = ARENA_NEW(arena, struct keyed, in->n_angle);
	struct stitch_view *view = ARENA_NEW(arena, struct stitch_view, in->n_angle);
	double span, step, widest = 0;
	int64_t n = 0;

	out->angle = ARENA_NEW(arena, double, in->n_angle);
	NEED(views && view && out->angle);
	for (int64_t i = 0; i < in->n_angle; i++)
		views[i] = (struct keyed){in->angle[i], i};
	qsort(views, (size_t)in->n_angle, sizeof(*views), by_angle);
	while (n < in->n_angle && views[n].angle - views[0].angle <= 2 * M_PI + 1e-6)
		n++;
	span = n ? views[n - 1].angle - views[0].angle : 0;
	step = n > 1 ? span / (double)(n - 1) : 0;
	widest = 2 * M_PI - span;
	for (int64_t i = 1; i < n; i++)
		widest = fmax(widest, views[i].angle - views[i - 1].angle);
	if (n < 8 || widest > 2.5 * step)
		return fail(ERR_INPUT,
			"half acquisition needs a full turn; %lld angles over %.2f degrees leave a "
			"gap of "
			"%.2f degrees",
			(long long)in->n_angle, span * 180 / M_PI, widest * 180 / M_PI);
	out->n_angle = 0;
	for (int64_t i = 0; i < n && views[i].angle - views[0].angle < M_PI - 0.25 * step; i++) {
		view[i].measured = views[i].index;
		out->angle[i] = views[i].angle;
		mirror_of(&view[i], views, n, views[i].angle - views[0].angle + M_PI);
		out->n_angle++;
	}
	out->view = view;
	return OK;
}

enum err stitch_plan(
	const struct geometry *in, double center, struct stitch *out, struct arena *arena)
{
	double last = (double)in->n_col - 1;

	*out = (struct stitch){
		.position = center, .n_col_in = in->n_col, .n_angle_in = in->n_angle};
	out->left = center < last / 2;
	out->overlap = 2 * (out->left ? center : last - center) + 1;
	if (!(out->overlap >= 2))
		return fail(ERR_INPUT,
			"with the rotation axis at column %.2f of %lld the two half turns do not "
			"overlap",
			center, (long long)in->n_col);
	out->offset = out->left ? (int64_t)floor(last - 2 * center) : 0;
	out->n_col = out->left ? in->n_col + out->offset : (int64_t)floor(2 * center) + 1;
	out->center = center + (double)out->offset;
	return plan_angles(in, out, arena);
}

/* Catmull-Rom weights at fraction f between the second and third of four samples. */
static void cubic(float w[4], double f)
{
	w[0] = (float)(f * (-0.5 + f * (1 - 0.5 * f)));
	w[1] = (float)(1 + f * f * (-2.5 + 1.5 * f));
	w[2] = (float)(f * (0.5 + f * (2 - 1.5 * f)));
	w[3] = (float)(f * f * (-0.5 + 0.5 * f));
}

/* The mirrored view at whole + f - x, from two views mixed in angle. */
static float mirrored(
	const float *a, const float *b, float mix, const float w[4], int64_t at, int64_t n)
{
	float sum = 0;

	for (int64_t k = 0; k < 4; k++) {
		int64_t x = at - 1 + k;

		x = x < 0 ? 0 : x > n - 1 ? n - 1 : x;
		sum += w[k] * (mix > 0 ? a[x] + mix * (b[x] - a[x]) : a[x]);
	}
	return sum;
}

enum err stitch_apply(const struct stitch *s, struct sinogram in, struct sinogram out)
{
	double whole = floor(2 * s->position), n_in = (double)s->n_col_in;
	double low =
		s->left ? 0 : 2 * s->position - (n_in - 1); /* first and last column seen twice */
	double high = s->left ? 2 * s->position : n_in - 1;
	float w[4];

	if (in.n_angle != s->n_angle_in || in.n_col != s->n_col_in || out.n_angle != s->n_angle ||
		out.n_col != s->n_col)
		return fail(ERR_INPUT,
			"stitching %lld x %lld to %lld x %lld, but the plan is for %lld x %lld to "
			"%lld x %lld",
			(long long)in.n_angle, (long long)in.n_col, (long long)out.n_angle,
			(long long)out.n_col, (long long)s->n_angle_in, (long long)s->n_col_in,
			(long long)s->n_angle, (long long)s->n_col);
	cubic(w, 2 * s->position - whole);
	for (int64_t i = 0; i < s->n_angle; i++) {
		const struct stitch_view *view = &s->view[i];
		const float *near = sinogram_row(in, view->measured);
		const float *a = sinogram_row(in, view->mirror[0]);
		const float *b = sinogram_row(in, view->mirror[1]);
		float *to = sinogram_row(out, i);

		for (int64_t j = 0; j < s->n_col; j++) {
			int64_t x = j - s->offset, at = (int64_t)whole - x;
			double ramp = ((double)x - low + 1) / (high - low + 2);
			float share = (float)fmin(fmax(s->left ? ramp : 1 - ramp, 0), 1);

			if (x < 0 || x >= s->n_col_in)
				share = 0;
			else if ((double)x < low || (double)x > high)
				share = 1;
			to[j] = share > 0 ? share * near[x] : 0;
			if (share < 1)
				to[j] += (1 - share) *
					 mirrored(a, b, view->weight, w, at, s->n_col_in);
		}
	}
	return OK;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Centre by correlation of views half a turn apart. A pair is two profiles, each a linear
 * combination of a few measured views, that would be mirror images in a noise-free scan: the weights
 * are those of a divided difference of the measured angles, so they interpolate where the angles of
 * the two sides interleave, extrapolate across the seam where a scan ends early, and turn into the
 * plain 0/180 pair where that exists. */
#include "recon/center_parts.h"

#include <math.h>
#include <string.h>

enum { MAX_NODES = 5, MAX_PAIRS = 48 };

/* Nodes of one pair: the first n_left mirrored views come from the later half turn. */
struct pair {
	int n, n_left;
	int64_t view[MAX_NODES];
	double weight[MAX_NODES];
};

/* Weights that annihilate polynomials of the angle up to degree n - 2, left ones summing to 1. */
static void set_weights(struct pair *pair, const struct center_plan *plan)
{
	double angle[MAX_NODES], sum = 0;

	for (int i = 0; i < pair->n; i++)
		angle[i] = plan->t[pair->view[i]] - (i < pair->n_left ? M_PI : 0);
	for (int i = 0; i < pair->n; i++) {
		double product = 1;

		for (int j = 0; j < pair->n; j++) {
			double d = (angle[i] - angle[j]) / plan->step;

			if (j != i)
				product *= fabs(d) > 1e-6 ? d : i < j ? -1e-6 : 1e-6;
		}
		pair->weight[i] = 1 / product;
		sum += i < pair->n_left ? pair->weight[i] : 0;
	}
	for (int i = 0; i < pair->n; i++)
		pair->weight[i] /= i < pair->n_left ? sum : -sum;
}

/* Two views from each side of the seam, in three ways; over a wide gap just its two ends. */
static int seam_pairs(struct pair *pairs, const struct center_plan *plan)
{
	static const int64_t back[3][2] = {{1, 2}, {2, 3}, {1, 2}},
			     ahead[3][2] = {{0, 1}, {0, 1}, {1, 2}};

	if (M_PI - plan->span > SEAM_STEPS * plan->step) {
		pairs[0] = (struct pair){.n = 2, .n_left = 1, .view = {plan->n_view - 1, 0}};
		set_weights(&pairs[0], plan);
		return 1;
	}
	for (int p = 0; p < 3; p++) {
		pairs[p] = (struct pair){.n = 4, .n_left = 2};
		for (int k = 0; k < 2; k++) {
			pairs[p].view[k] = plan->n_view - back[p][k];
			pairs[p].view[2 + k] = ahead[p][k];
		}
		set_weights(&pairs[p], plan);
	}
	return 3;
}

/* A view beyond half a turn against the four views about its mirror angle. */
static int full_pairs(struct pair *pairs, const struct center_plan *plan)
{
	int64_t first = 0, n, j = 0;
	int count;

	while (first < plan->n_view - 1 && plan->t[first] < M_PI)
		first++;
	n = plan->n_view - first;
	count = n < MAX_PAIRS ? (int)n : MAX_PAIRS;
	for (int p = 0; p < count; p++) {
		int64_t i = first + p * n / count;

		while (j < plan->n_view - 4 && plan->t[j + 2] <= plan->t[i] - M_PI)
			j++;
		pairs[p] = (struct pair){.n = 5, .n_left = 1, .view = {i, j, j + 1, j + 2, j + 3}};
		set_weights(&pairs[p], plan);
	}
	return count;
}

/* Derivative of a Gaussian, so that neither offsets nor slow trends count. */
static void edges(const float *in, float *out, int64_t n, double sigma)
{
	int64_t reach = (int64_t)ceil(4 * sigma);

	for (int64_t x = 0; x < n; x++) {
		double sum = 0;

		for (int64_t k = 1; k <= reach; k++) {
			int64_t a = x + k < n ? x + k : n - 1, b = x - k > 0 ? x - k : 0;

			sum += (double)k * exp(-0.5 * (double)(k * k) / (sigma * sigma)) *
			       ((double)in[a] - (double)in[b]);
		}
		out[x] = (float)sum;
	}
}

static void combine(float *out, const struct views *views, const struct pair *pair, int from,
	int to, int64_t n_col)
{
	memset(out, 0, (size_t)n_col * sizeof(*out));
	for (int k = from; k < to; k++) {
		const float *view = views->data + pair->view[k] * n_col;
		float weight = (float)pair->weight[k];

		for (int64_t x = 0; x < n_col; x++)
			out[x] += weight * view[x];
	}
}

enum err correlation_prepare(struct correlation_state *state, const struct center_plan *plan,
	const struct views *views, struct arena *keep, struct arena *scratch)
{
	struct pair pairs[MAX_PAIRS];
	float *line = ARENA_NEW(scratch, float, plan->n_col);
	/* Between views a detail moves by up to this many px: finer ones cannot be interpolated. */
	double width = (double)plan->n_col;
	double gap = plan->pairs ? plan->step / 2 : fmax(0, M_PI - plan->span);
	double sigma = fmin(fmax(2, 0.9 * gap * width), width / 16);

	NEED(line);
	state->n_pair = plan->pairs ? full_pairs(pairs, plan) : seam_pairs(pairs, plan);
	state->left = ARENA_NEW(keep, float, state->n_pair * plan->n_col);
	state->right = ARENA_NEW(keep, float, state->n_pair * plan->n_col);
	NEED(state->left && state->right);
	state->margin = 3 * sigma;
	for (int p = 0; p < state->n_pair; p++) {
		combine(line, views, &pairs[p], 0, pairs[p].n_left, plan->n_col);
		edges(line, state->left + p * plan->n_col, plan->n_col, sigma);
		combine(line, views, &pairs[p], pairs[p].n_left, pairs[p].n, plan->n_col);
		edges(line, state->right + p * plan->n_col, plan->n_col, sigma);
	}
	return OK;
}

/* Weight falling to 0 over the outer tenth of the columns that both sides see. */
static double taper(double distance, double half)
{
	double edge = (half - distance) / (0.1 * half + 1);

	return edge <= 0 ? 0 : edge < 1 ? edge : 1;
}

/* Sums of left², right² and left * right with right mirrored about `center`. */
static void products(const float *left, const float *right, int64_t n_col, double margin,
	double center, double sums[3])
{
	double side = fmin(center, (double)n_col - 1 - center), whole = floor(2 * center);
	double half = fmax(side - margin, side / 2), f = 2 * center - whole;
	/* Cubic through the four neighbours; the profiles are smooth at this scale. */
	double w0 = -f * (f - 1) * (f - 2) / 6, w1 = (f + 1) * (f - 1) * (f - 2) / 2;
	double w2 = -(f + 1) * f * (f - 2) / 2, w3 = (f + 1) * f * (f - 1) / 6;

	for (int64_t x = 0; x < n_col; x++) {
		int64_t at = (int64_t)whole - x;
		double weight = taper(fabs((double)x - center), half), r;

		if (weight <= 0 || at < 1 || at + 2 >= n_col)
			continue;
		r = w0 * (double)right[at - 1] + w1 * (double)right[at] +
		    w2 * (double)right[at + 1] + w3 * (double)right[at + 2];
		sums[0] += weight * (double)left[x] * (double)left[x];
		sums[1] += weight * r * r;
		sums[2] += weight * (double)left[x] * r;
	}
}

void correlation_curve(
	const struct correlation_state *state, const struct center_plan *plan, struct curve *curve)
{
	for (int64_t i = 0; i < curve->n; i++) {
		double center = curve->first + (double)i * curve->step, sums[3] = {0};

		for (int p = 0; p < state->n_pair; p++)
			products(state->left + p * plan->n_col, state->right + p * plan->n_col,
				plan->n_col, state->margin, center, sums);
		/* Mirroring turns the sign of a derivative. */
		curve->cost[i] = 1 + sums[2] / (sqrt(sums[0] * sums[1]) + 1e-30);
	}
}

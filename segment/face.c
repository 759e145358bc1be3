/* SPDX-License-Identifier: BSD-3-Clause
 * Faces of the ceramic; see segment/face.h. */
#include "segment/face.h"

#include "core/parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* RUN voxels of ceramic in a column are the ceramic. Places narrower than 2 BRIDGE + 1 columns and deeper than DEEP
 * voxels are mouths of cracks; the roughness of a ground face is shallower. */
enum { RUN = 4, BRIDGE = 6, DEEP = 4, FIT_ROUNDS = 30 };

enum err face_new(struct face *f, int64_t ny, int64_t nx, struct arena *arena)
{
	int64_t n = ny * nx;

	*f = (struct face){.ny = ny, .nx = nx};
	NEED(f->front = ARENA_NEW(arena, float, n));
	NEED(f->back = ARENA_NEW(arena, float, n));
	NEED(f->start = ARENA_NEW(arena, float, n));
	NEED(f->before = ARENA_ZERO(arena, float, n));
	NEED(f->earlier = ARENA_ZERO(arena, float, n));
	NEED(f->slope = ARENA_ZERO(arena, float, n));
	NEED(f->run = ARENA_ZERO(arena, uint8_t, n));
	for (int64_t i = 0; i < n; i++)
		f->front[i] = f->back[i] = f->start[i] = NAN;
	return OK;
}

struct face_job {
	struct face *face;
	const struct levels *levels;
	const struct slab *slab;
	const uint8_t *raw;
	const float *smooth;
};

/* Between plane d - 1 (value a) and d (value b). */
static float crossing(const struct levels *l, int64_t d, float a, float b)
{
	double middle = 0.5 * (l->liquid[d] + l->ceramic), at = 0.5;

	if (a != b)
		at = (middle - (double)a) / ((double)b - (double)a);
	return (float)((double)(d - 1) + (at < 0 ? 0 : at > 1 ? 1 : at));
}

static void step_column(
	struct face *f, const struct levels *l, int64_t i, int64_t d, uint8_t raw, float value)
{
	bool solid = raw == RAW_CERAMIC, was = f->run[i] > 0;
	float before = f->before[i], earlier = f->earlier[i];
	/* labels change on the steepest voxel, up to a voxel beside where the middle is passed */
	bool passed = (double)before > 0.5 * (l->liquid[d] + l->ceramic);

	if (solid && !was)
		f->start[i] = d == 0		? -INFINITY
			      : passed && d > 1 ? crossing(l, d - 1, earlier, before)
						: crossing(l, d, before, value);
	else if (solid && f->run[i] == 1 && !passed)
		f->start[i] = crossing(l, d, before, value);
	if (isnan(f->front[i]) && d > 0 && solid)
		f->slope[i] = fmaxf(!was ? 0 : f->slope[i],
			fmaxf(value - before, d > 1 ? before - earlier : 0));
	if (solid && f->run[i] < 255)
		f->run[i]++;
	if (solid && f->run[i] == RUN && isnan(f->front[i]))
		f->front[i] = f->start[i];
	if (solid && f->run[i] >= RUN)
		f->back[i] = INFINITY;
	if (!solid && f->run[i] >= RUN)
		f->back[i] = passed ? crossing(l, d, before, value)
				    : crossing(l, d - 1, earlier, before);
	if (!solid)
		f->run[i] = 0;
	f->earlier[i] = before;
	f->before[i] = value;
}

static enum err add_row(void *context, int64_t y, int thread)
{
	const struct face_job *j = context;
	const struct slab *s = j->slab;

	(void)thread;
	for (int64_t d = s->z0; d < s->z1; d++) {
		int64_t at = ((d - s->z0) * s->ny + y) * s->nx;

		for (int64_t x = 0; x < s->nx; x++)
			step_column(j->face, j->levels, y * s->nx + x, d, j->raw[at + x],
				j->smooth[at + x]);
	}
	return OK;
}

enum err face_add(struct face *face, const struct levels *levels, const struct slab *slab,
	const uint8_t *raw, const float *smooth)
{
	struct face_job j = {face, levels, slab, raw, smooth};

	return levels->has_ceramic ? parallel_for(slab->ny, add_row, &j) : OK;
}

/* ------------------------------------------------------------------ the map */

/* Minimum (sign 1) or maximum (sign -1) of finite values over +-BRIDGE along lines `stride` apart. */
static void extreme(const float *in, float *out, int64_t n, int64_t stride, float sign)
{
	for (int64_t i = 0; i < n; i++) {
		float best = NAN;

		for (int64_t k = i - BRIDGE < 0 ? 0 : i - BRIDGE; k <= i + BRIDGE && k < n; k++) {
			float v = in[k * stride];

			if (isfinite(v) && (isnan(best) || sign * v < sign * best))
				best = v;
		}
		out[i * stride] = best;
	}
}

static void extremes(const float *in, float *space, float *out, int64_t ny, int64_t nx, float sign)
{
	for (int64_t y = 0; y < ny; y++)
		extreme(in + y * nx, space + y * nx, nx, 1, sign);
	for (int64_t x = 0; x < nx; x++)
		extreme(space + x, out + x, ny, nx, sign);
}

/* An opening: narrow deep places of the front get the height of what is around them. */
static enum err bridge(struct face *f, const struct circle *circle, struct arena *arena)
{
	int64_t n = f->ny * f->nx;
	struct arena_mark mark = arena_mark(arena);
	float *low = ARENA_NEW(arena, float, n), *space = ARENA_NEW(arena, float, n);
	float *seen = ARENA_NEW(arena, float, n);

	NEED(low);
	NEED(space);
	NEED(seen);
	for (int64_t i = 0; i < n; i++)
		seen[i] = circle_has(circle, i) ? f->front[i] : NAN;
	extremes(seen, space, low, f->ny, f->nx, 1);
	extremes(low, space, seen, f->ny, f->nx, -1);
	for (int64_t i = 0; i < n; i++) {
		bool deep = isfinite(f->front[i]) && f->front[i] - seen[i] > DEEP;

		if (circle_has(circle, i) && deep) {
			f->front[i] = seen[i];
			f->bridged++;
		}
	}
	arena_release(arena, mark);
	return OK;
}

/* Solves the symmetric system of three unknowns by elimination; false when it is singular. */
static bool solve(double a[3][4])
{
	for (int k = 0; k < 3; k++) {
		int best = k;

		for (int i = k + 1; i < 3; i++)
			best = fabs(a[i][k]) > fabs(a[best][k]) ? i : best;
		if (fabs(a[best][k]) < 1e-12)
			return false;
		for (int j = 0; j < 4; j++) {
			double swap = a[k][j];

			a[k][j] = a[best][j];
			a[best][j] = swap;
		}
		for (int i = 0; i < 3; i++) {
			double factor = i == k ? 0 : a[i][k] / a[k][k];

			for (int j = k; j < 4; j++)
				a[i][j] -= factor * a[k][j];
		}
	}
	for (int k = 0; k < 3; k++)
		a[k][3] /= a[k][k];
	return true;
}

static double residual(const struct face *f, int64_t i)
{
	double x = (double)(i % f->nx) - (double)(f->nx - 1) / 2;
	double y = (double)(i / f->nx) - (double)(f->ny - 1) / 2;

	return (double)f->front[i] - f->plane[0] - f->plane[1] * x - f->plane[2] * y;
}

/* One round of least squares with Tukey's weights; scale 0: all weigh the same. */
static bool fit_round(struct face *f, const struct circle *circle, double scale)
{
	double a[3][4] = {{0}};

	for (int64_t i = 0; i < f->ny * f->nx; i++) {
		double u = scale > 0 ? residual(f, i) / (4.685 * scale) : 0,
		       w = (1 - u * u) * (1 - u * u);
		double v[4] = {1, (double)(i % f->nx) - (double)(f->nx - 1) / 2,
			(double)(i / f->nx) - (double)(f->ny - 1) / 2, (double)f->front[i]};

		if (!circle_has(circle, i) || !isfinite(f->front[i]) || fabs(u) >= 1)
			continue;
		for (int r = 0; r < 3; r++)
			for (int c = 0; c < 4; c++)
				a[r][c] += w * v[r] * v[c];
	}
	if (!solve(a))
		return false;
	for (int k = 0; k < 3; k++)
		f->plane[k] = a[k][3];
	return true;
}

static int compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

/* Median of |residual| over its value for a normal distribution; at least a tenth of a voxel. */
static double spread(const struct face *f, const struct circle *circle, float *space)
{
	int64_t n = 0;

	for (int64_t i = 0; i < f->ny * f->nx; i++)
		if (circle_has(circle, i) && isfinite(f->front[i]))
			space[n++] = (float)fabs(residual(f, i));
	if (n == 0)
		return 0;
	qsort(space, (size_t)n, sizeof(*space), compare);
	return fmax(0.1, 1.4826 * (double)space[n / 2]);
}

static void measure(struct face *f, const struct circle *circle)
{
	double sum = 0;

	for (int64_t i = 0; i < f->ny * f->nx; i++) {
		if (!circle_has(circle, i) || !isfinite(f->front[i]))
			continue;
		sum += residual(f, i) * residual(f, i);
		f->columns++;
	}
	f->roughness = sqrt(sum / (double)f->columns /
			    (1 + f->plane[1] * f->plane[1] + f->plane[2] * f->plane[2]));
}

static void fill_missing(struct face *f, const struct circle *circle)
{
	for (int64_t i = 0; i < f->ny * f->nx; i++) {
		if (!isnan(f->front[i]))
			continue;
		f->missing += circle_has(circle, i);
		f->front[i] = 0;
		f->front[i] = isnan(f->plane[0]) ? -INFINITY : (float)-residual(f, i);
		f->back[i] = INFINITY;
	}
}

enum err face_finish(struct face *f, const struct circle *circle, struct arena *arena)
{
	struct arena_mark mark = arena_mark(arena);
	float *space = ARENA_NEW(arena, float, f->ny * f->nx);
	double scale = 0;

	NEED(space);
	TRY(bridge(f, circle, arena));
	f->plane[0] = NAN;
	for (int round = 0; round < FIT_ROUNDS; round++) {
		if (!fit_round(f, circle, scale))
			break; /* no face in view: plane[0] is NAN */
		scale = spread(f, circle, space);
	}
	if (isfinite(f->plane[0]))
		measure(f, circle);
	fill_missing(f, circle);
	arena_release(arena, mark);
	return OK;
}

double face_blur(
	const struct face *f, const struct circle *circle, double contrast, struct arena *arena)
{
	struct arena_mark mark = arena_mark(arena);
	float *space = ARENA_NEW(arena, float, f->ny * f->nx);
	int64_t n = 0;
	double steep;

	if (!space)
		return NAN;
	for (int64_t i = 0; i < f->ny * f->nx; i++)
		if (circle_has(circle, i) && f->slope[i] > 0)
			space[n++] = f->slope[i];
	if (n > 0)
		qsort(space, (size_t)n, sizeof(*space), compare);
	steep = n > 0 ? (double)space[n / 2] : NAN;
	arena_release(arena, mark);
	/* the steepest slope of a step behind a Gaussian; the difference of two planes is a blur of a voxel */
	return sqrt(fmax(0, pow(contrast / steep / sqrt(2 * acos(-1.0)), 2) - 1.0 / 12));
}

double face_stretch(const struct face *f, const struct circle *circle, int64_t i)
{
	int64_t x = i % f->nx, y = i / f->nx;
	int64_t x0 = x > 0 ? i - 1 : i, x1 = x + 1 < f->nx ? i + 1 : i;
	int64_t y0 = y > 0 ? i - f->nx : i, y1 = y + 1 < f->ny ? i + f->nx : i;
	double gx, gy;

	if (!circle_has(circle, x0) || !circle_has(circle, x1) || !circle_has(circle, y0) ||
		!circle_has(circle, y1))
		return sqrt(1 + f->plane[1] * f->plane[1] + f->plane[2] * f->plane[2]);
	gx = (double)(f->front[x1] - f->front[x0]) / (double)(x1 - x0);
	gy = (double)(f->front[y1] - f->front[y0]) / (double)((y1 - y0) / f->nx);
	return sqrt(1 + gx * gx + gy * gy);
}

static uint8_t before_front(uint8_t raw)
{
	return raw == RAW_VOID ? LABEL_VOID : raw == RAW_METAL ? LABEL_HARDWARE : LABEL_NAK;
}

void face_label(const struct face *f, const struct circle *circle, const struct levels *levels,
	int64_t d, uint8_t *plane)
{
	bool solid = levels->has_ceramic;

	for (int64_t i = 0; i < f->ny * f->nx; i++) {
		if (!circle_has(circle, i))
			plane[i] = LABEL_OUTSIDE;
		else if (!solid || (float)d < f->front[i])
			plane[i] = before_front(plane[i]);
		else
			plane[i] = (float)d <= f->back[i] ? LABEL_NASICON : LABEL_HARDWARE;
	}
}

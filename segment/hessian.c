/* SPDX-License-Identifier: BSD-3-Clause
 * Derivatives of a volume; see segment/hessian.h. */
#include "segment/hessian.h"

#include "segment/hessian_kernels.h"
#include "segment/tiles.h"

#include <math.h>
#include <string.h>

struct derive {
	const struct hessian_kernels *kernels;
	int64_t nx;
	float factor;
	float *out[3];
	uint8_t *levels;
};

enum { LINES = 3 * TILE_COLUMNS * (int)sizeof(float) };

static int64_t rounded(int64_t n)
{
	return (n + HESSIAN_STEP - 1) / HESSIAN_STEP * HESSIAN_STEP;
}

/* The three planes at row j of the tile. */
static void at_row(const struct tile *t, int64_t j, const float *plane[3])
{
	for (int k = 0; k < 3; k++)
		plane[k] = t->plane[k] + j * TILE_STRIDE;
}

static void gradient_tile(void *context, const struct tile *t)
{
	const struct derive *d = context;
	float *line = t->space;

	for (int64_t j = 0; j < t->rows; j++) {
		const float *plane[3];

		at_row(t, j, plane);
		d->kernels->gradient(plane, rounded(t->n), line);
		memcpy(d->out[0] + t->out + j * d->nx, line, (size_t)t->n * sizeof(*line));
	}
}

static void levels_tile(void *context, const struct tile *t)
{
	const struct derive *d = context;
	uint8_t *line = t->space;

	for (int64_t j = 0; j < t->rows; j++) {
		const float *plane[3];

		at_row(t, j, plane);
		d->kernels->levels(plane, rounded(t->n), d->factor, line);
		memcpy(d->levels + t->out + j * d->nx, line, (size_t)t->n);
	}
}

static void eigenvalues_tile(void *context, const struct tile *t)
{
	const struct derive *d = context;
	float *line = t->space;

	for (int64_t j = 0; j < t->rows; j++) {
		const float *plane[3];

		at_row(t, j, plane);
		d->kernels->eigenvalues(
			plane, rounded(t->n), line, line + TILE_COLUMNS, line + 2 * TILE_COLUMNS);
		for (int k = 0; k < 3; k++)
			memcpy(d->out[k] + t->out + j * d->nx, line + k * TILE_COLUMNS,
				(size_t)t->n * sizeof(*line));
	}
}

static void sheetness_tile(void *context, const struct tile *t)
{
	const struct derive *d = context;
	float *line = t->space;

	for (int64_t j = 0; j < t->rows; j++) {
		const float *plane[3];

		at_row(t, j, plane);
		d->kernels->sheetness(plane, rounded(t->n), d->factor, line);
		memcpy(d->out[0] + t->out + j * d->nx, line, (size_t)t->n * sizeof(*line));
	}
}

enum err gradient_magnitude(
	const struct slab *slab, const float *in, float *out, struct arena *scratch)
{
	struct derive d = {.kernels = ISA_PICK(hessian_kernels), .nx = slab->nx, .out = {out}};

	return tiles_walk(slab, in, gradient_tile, &d, LINES, scratch, "gradient");
}

enum err gradient_levels(
	const struct slab *slab, const float *in, double step, uint8_t *out, struct arena *scratch)
{
	struct derive d = {.kernels = ISA_PICK(hessian_kernels), .nx = slab->nx, .levels = out};

	if (!(step > 0))
		return fail(ERR_USAGE, "gradient: step is %g, but it must be above 0", step);
	d.factor = (float)(1 / step);
	return tiles_walk(slab, in, levels_tile, &d, LINES, scratch, "gradient");
}

enum err hessian_eigenvalues(
	const struct slab *slab, const float *in, float *const out[3], struct arena *scratch)
{
	struct derive d = {.kernels = ISA_PICK(hessian_kernels),
		.nx = slab->nx,
		.out = {out[0], out[1], out[2]}};

	return tiles_walk(slab, in, eigenvalues_tile, &d, LINES, scratch, "eigenvalues");
}

enum err hessian_sheetness(
	const struct slab *slab, const float *in, double factor, float *out, struct arena *scratch)
{
	struct derive d = {.kernels = ISA_PICK(hessian_kernels), .nx = slab->nx, .out = {out}};

	d.factor = (float)factor;
	return tiles_walk(slab, in, sheetness_tile, &d, LINES, scratch, "sheetness");
}

void hessian_at(const struct slab *s, const float *in, int64_t z, int64_t y, int64_t x, double h[6])
{
	double f[3][3][3];

	for (int k = 0; k < 27; k++) {
		int64_t p = slab_reflect(z + k / 9 - 1, s->nz) - s->p0;
		int64_t row = p * s->ny + slab_reflect(y + k / 3 % 3 - 1, s->ny);

		f[k / 9][k / 3 % 3][k % 3] =
			(double)in[row * s->nx + slab_reflect(x + k % 3 - 1, s->nx)];
	}
	h[0] = f[0][1][1] + f[2][1][1] - 2 * f[1][1][1];
	h[1] = f[1][0][1] + f[1][2][1] - 2 * f[1][1][1];
	h[2] = f[1][1][0] + f[1][1][2] - 2 * f[1][1][1];
	h[3] = (f[2][2][1] - f[2][0][1] - f[0][2][1] + f[0][0][1]) / 4;
	h[4] = (f[2][1][2] - f[2][1][0] - f[0][1][2] + f[0][1][0]) / 4;
	h[5] = (f[1][2][2] - f[1][2][0] - f[1][0][2] + f[1][0][0]) / 4;
}

/* Makes a[p][q] zero by turning in the plane of p and q. */
static void turn(double a[3][3], double v[3][3], int p, int q)
{
	double theta, t, c, s;

	if (a[p][q] == 0)
		return;
	theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
	t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
	c = 1 / sqrt(t * t + 1);
	s = t * c;
	for (int k = 0; k < 3; k++) {
		double kp = a[k][p], kq = a[k][q];

		a[k][p] = c * kp - s * kq;
		a[k][q] = s * kp + c * kq;
	}
	for (int k = 0; k < 3; k++) {
		double pk = a[p][k], qk = a[q][k], vp = v[p][k], vq = v[q][k];

		a[p][k] = c * pk - s * qk;
		a[q][k] = s * pk + c * qk;
		v[p][k] = c * vp - s * vq;
		v[q][k] = s * vp + c * vq;
	}
}

void eigen_symmetric(const double h[6], double value[3], double vector[3][3])
{
	double a[3][3] = {{h[0], h[3], h[4]}, {h[3], h[1], h[5]}, {h[4], h[5], h[2]}};
	double v[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
	int order[3] = {0, 1, 2};

	/* converges quadratically: after 5 sweeps nothing is left in practice */
	for (int sweep = 0; sweep < 12; sweep++)
		for (int k = 0; k < 3; k++)
			turn(a, v, k == 2, k == 0 ? 1 : 2);
	for (int i = 1; i < 3; i++)
		for (int k = i; k > 0 && a[order[k]][order[k]] > a[order[k - 1]][order[k - 1]];
			k--) {
			int o = order[k];

			order[k] = order[k - 1];
			order[k - 1] = o;
		}
	for (int k = 0; k < 3; k++) {
		value[k] = a[order[k]][order[k]];
		memcpy(vector[k], v[order[k]], sizeof(v[0]));
	}
}

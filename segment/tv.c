/* SPDX-License-Identifier: BSD-3-Clause
 * Total variation; see segment/tv.h. A thread takes a block of the slab and all of it that the steps can reach. With each
 * step that reach becomes shorter, and so does what is computed: a voxel is the same whichever block it is in. A step
 * goes once through the block: u of the plane ahead, then r and p of the plane here. */
#include "segment/tv.h"

#include "core/parallel.h"
#include "segment/tv_kernels.h"

#include <math.h>
#include <string.h>

/* EDGE: floats before and after a row; a step may write as many beyond its end. */
enum { Z, Y, X, BLOCK_Z = 64, BLOCK_Y = 64, BLOCK_X = 256, EDGE = 16 };

struct variation {
	const struct slab *slab;
	const float *in;
	float *out;
	int64_t steps, n[3], blocks[3];
	float lambda, rate;
	const struct tv_kernels *kernels;
	float *space;
	int64_t share, field; /* floats of a thread, of one of its fields */
};

struct span {
	int64_t from, to;
};

struct block {
	const struct variation *v;
	struct span out[3];  /* voxels wanted */
	struct span held[3]; /* voxels at hand */
	int64_t rows, stride;
	float *f, *r[3], *p[3], *u;
	const float *zero; /* a row of zeros */
};

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* `low` further down and `high` further up, as far as the volume goes. */
static struct span grown(struct span s, int64_t low, int64_t high, int64_t n)
{
	return (struct span){s.from > low ? s.from - low : 0, least(s.to + high, n)};
}

/* Column x of row (z, y) in a field; all numbers are of the volume. */
static float *at(const struct block *b, float *field, int64_t z, int64_t y, int64_t x)
{
	int64_t row = (z - b->held[Z].from) * b->rows + y - b->held[Y].from;

	return field + row * b->stride + EDGE + x - b->held[X].from;
}

/* Where a field of u, of two planes, holds plane z. */
static float *u_at(const struct block *b, int64_t z, int64_t y, int64_t x)
{
	return at(b, b->u, b->held[Z].from + (z & 1), y, x);
}

/* u of a row from the dual in p. The column beyond the volume repeats its last. */
static void make_row(
	const struct block *b, float *const p[3], int64_t z, int64_t y, struct span xs, float *u)
{
	int64_t x = xs.from, n = (xs.to - x + TV_STEP - 1) / TV_STEP * TV_STEP;
	const float *here[3], *before[2];

	for (int k = 0; k < 3; k++)
		here[k] = at(b, p[k], z, y, x);
	before[0] = z ? at(b, p[Z], z - 1, y, x) : b->zero;
	before[1] = y ? at(b, p[Y], z, y - 1, x) : b->zero;
	b->v->kernels->divergence(at(b, b->f, z, y, x), here, before, n, b->v->lambda, u);
	if (xs.to == b->v->n[X])
		u[xs.to - x] = u[xs.to - x - 1];
}

static void make_plane(const struct block *b, int64_t z, struct span ys, struct span xs)
{
	for (int64_t y = ys.from; y < ys.to; y++)
		make_row(b, b->r, z, y, xs, u_at(b, z, y, xs.from));
}

static void step_row(const struct block *b, int64_t z, int64_t y, struct span xs, float beta)
{
	const struct variation *v = b->v;
	int64_t x = xs.from, n = (xs.to - x + TV_STEP - 1) / TV_STEP * TV_STEP;
	const float *next[2] = {u_at(b, z + 1 < v->n[Z] ? z + 1 : z, y, x),
		u_at(b, z, y + 1 < v->n[Y] ? y + 1 : y, x)};
	float *r[3], *p[3];

	for (int k = 0; k < 3; k++) {
		r[k] = at(b, b->r[k], z, y, x);
		p[k] = at(b, b->p[k], z, y, x);
	}
	v->kernels->step(u_at(b, z, y, x), next, n, v->rate, beta, r, p);
}

/* `left` steps come after this one. */
static void step(const struct block *b, int64_t left, float beta)
{
	const int64_t *n = b->v->n;
	struct span here[3], ahead[3];

	for (int k = 0; k < 3; k++) {
		here[k] = grown(b->out[k], left + 1, left, n[k]);
		ahead[k] = grown(here[k], 0, 1, n[k]);
	}
	make_plane(b, here[Z].from, ahead[Y], ahead[X]);
	for (int64_t z = here[Z].from; z < here[Z].to; z++) {
		if (z + 1 < n[Z])
			make_plane(b, z + 1, ahead[Y], ahead[X]);
		for (int64_t y = here[Y].from; y < here[Y].to; y++)
			step_row(b, z, y, here[X], beta);
	}
}

static void read_block(const struct block *b)
{
	const struct slab *s = b->v->slab;
	const struct span *held = b->held;

	memset(b->f, 0, (size_t)(7 * b->v->field) * sizeof(float));
	for (int64_t z = held[Z].from; z < held[Z].to; z++)
		for (int64_t y = held[Y].from; y < held[Y].to; y++)
			memcpy(at(b, b->f, z, y, held[X].from),
				b->v->in + ((z - s->p0) * s->ny + y) * s->nx + held[X].from,
				(size_t)(held[X].to - held[X].from) * sizeof(float));
}

static void write_block(const struct block *b)
{
	const struct slab *s = b->v->slab;
	const struct span *out = b->out;
	float *u = at(b, b->u, b->held[Z].from, b->held[Y].from, out[X].from);

	for (int64_t z = out[Z].from; z < out[Z].to; z++)
		for (int64_t y = out[Y].from; y < out[Y].to; y++) {
			make_row(b, b->p, z, y, out[X], u);
			memcpy(b->v->out + ((z - s->z0) * s->ny + y) * s->nx + out[X].from, u,
				(size_t)(out[X].to - out[X].from) * sizeof(float));
		}
}

static struct span part(int64_t i, int64_t size, int64_t from, int64_t to)
{
	return (struct span){from + i * size, least(from + (i + 1) * size, to)};
}

static enum err solve_block(void *context, int64_t i, int thread)
{
	const struct variation *v = context;
	float *space = v->space + thread * v->share, *zero = space + 7 * v->field;
	struct block b = {.v = v, .f = space, .zero = zero + EDGE, .u = zero + v->n[X] + 4 * EDGE};
	double t = 1, next;

	b.out[X] = part(i % v->blocks[X], BLOCK_X, 0, v->n[X]);
	b.out[Y] = part(i / v->blocks[X] % v->blocks[Y], BLOCK_Y, 0, v->n[Y]);
	b.out[Z] = part(i / v->blocks[X] / v->blocks[Y], BLOCK_Z, v->slab->z0, v->slab->z1);
	for (int k = 0; k < 3; k++) {
		b.held[k] = grown(b.out[k], v->steps, v->steps, v->n[k]);
		b.r[k] = space + (1 + k) * v->field;
		b.p[k] = space + (4 + k) * v->field;
	}
	b.rows = b.held[Y].to - b.held[Y].from;
	b.stride = b.held[X].to - b.held[X].from + 2 * EDGE;
	memset(zero, 0, (size_t)(v->n[X] + 4 * EDGE) * sizeof(*zero));
	read_block(&b);
	for (int64_t k = 1; k <= v->steps; k++) {
		next = 0.5 + sqrt(0.25 + t * t);
		step(&b, v->steps - k, (float)((t - 1) / next));
		t = next;
	}
	write_block(&b);
	return OK;
}

int64_t tv_scratch(int64_t steps)
{
	int64_t rows = BLOCK_Y + 2 * steps, stride = BLOCK_X + 2 * steps + 2 * EDGE;

	return 4 * (7 * (BLOCK_Z + 2 * steps) + 2) * rows * stride;
}

enum err tv(const struct slab *s, const float *in, double lambda, int64_t steps, float *out,
	struct arena *scratch)
{
	struct variation v = {.slab = s, .in = in, .out = out, .steps = steps};
	struct arena_mark mark = arena_mark(scratch);
	int64_t deep, rows, stride;
	enum err e;

	if (!(lambda >= 1e-12 && lambda <= 1e12))
		return fail(ERR_USAGE,
			"total variation: lambda is %g, but it must be 1e-12 to 1e12", lambda);
	if (steps < 1 || steps > 1000)
		return fail(ERR_USAGE, "total variation: %lld steps, but it must be 1 to 1000",
			(long long)steps);
	TRY(slab_check(s, steps, "total variation"));
	v.n[Z] = s->nz;
	v.n[Y] = s->ny;
	v.n[X] = s->nx;
	v.blocks[Z] = (s->z1 - s->z0 + BLOCK_Z - 1) / BLOCK_Z;
	v.blocks[Y] = (s->ny + BLOCK_Y - 1) / BLOCK_Y;
	v.blocks[X] = (s->nx + BLOCK_X - 1) / BLOCK_X;
	v.lambda = (float)lambda;
	v.rate = (float)(1 / (12 * lambda)); /* |div|^2 <= 12 */
	v.kernels = ISA_PICK(tv_kernels);
	deep = least(least(s->z1 - s->z0, BLOCK_Z) + 2 * steps, s->nz);
	rows = least(BLOCK_Y + 2 * steps, s->ny);
	stride = least(BLOCK_X + 2 * steps, s->nx) + 2 * EDGE;
	v.field = deep * rows * stride + EDGE;
	v.share = 7 * v.field + s->nx + 4 * EDGE + 2 * rows * stride + EDGE;
	NEED(v.space = ARENA_NEW(scratch, float, v.share *parallel_threads()));
	e = parallel_for(v.blocks[Z] * v.blocks[Y] * v.blocks[X], solve_block, &v);
	arena_release(scratch, mark);
	return e;
}

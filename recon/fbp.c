/* SPDX-License-Identifier: BSD-3-Clause
 * Direct back-projection: the image in tiles whose sums stay in the second level cache; for each tile
 * and block of angles the piece of the projections that it sees is copied together ("packed"),
 * which gives it a cache-friendly stride and zeros beyond the detector. */
#include "recon/fbp_parts.h"

#include "core/isa.h"
#include "core/log.h"
#include "core/parallel.h"
#include "recon/kernel_backproject.h"

#include <math.h>
#include <string.h>

ISA_DECLARE(struct backproject_kernels, backproject_kernels);

static enum err make_weights(
	struct fbp *fbp, const struct settings *s, const struct geometry *g, struct arena *arena)
{
	double scale = isfinite(g->pixel_um) && g->pixel_um > 0 ? 1e4 / g->pixel_um : 1;
	double missing = 0;

	if (s->fbp.weights == WEIGHTS_ARC)
		TRY(fbp_arc_weights(fbp->weight, g->angle, g->n_angle, &missing, arena));
	else
		for (int64_t i = 0; i < g->n_angle; i++)
			fbp->weight[i] = M_PI / (double)g->n_angle;
	for (int64_t i = 0; i < g->n_angle; i++)
		fbp->weight[i] *= scale;
	if (missing > 0)
		log_warning(
			"angles: a wedge of %.2f degrees of the half turn was not measured and is "
			"not filled: expect streaks and values too low",
			missing * 180 / M_PI);
	return OK;
}

enum err fbp_new(
	struct fbp **out, const struct settings *s, const struct geometry *g, struct arena *arena)
{
	struct fbp *fbp = ARENA_ZERO(arena, struct fbp, 1);

	NEED(fbp);
	if (g->n_angle < 1 || g->n_col < 2)
		return fail(ERR_INPUT,
			"reconstruction needs a projection of two columns at least, "
			"not %lld projections of %lld columns",
			(long long)g->n_angle, (long long)g->n_col);
	if (!isfinite(g->center))
		return fail(ERR_INPUT, "the rotation centre is not a number");
	fbp->n_angle = g->n_angle;
	fbp->n_col = g->n_col;
	fbp->center = g->center;
	fbp->mask = s->fbp.mask;
	fbp->cosine = ARENA_NEW(arena, double, g->n_angle);
	fbp->sine = ARENA_NEW(arena, double, g->n_angle);
	fbp->weight = ARENA_NEW(arena, double, g->n_angle);
	NEED(fbp->cosine && fbp->sine && fbp->weight);
	for (int64_t i = 0; i < g->n_angle; i++) {
		if (!isfinite(g->angle[i]))
			return fail(ERR_INPUT, "angle %lld is not a number", (long long)i);
		fbp->cosine[i] = cos(g->angle[i]);
		fbp->sine[i] = sin(g->angle[i]);
	}
	TRY(make_weights(fbp, s, g, arena));
	TRY(fbp_make_filter(fbp, &s->fbp, arena));
	*out = fbp;
	return OK;
}

struct bp_scratch {
	float *packed, *sum;
	struct backproject_angle angle[TILE_ANGLES];
	int32_t run_begin[TILE_Y], run_end[TILE_Y];
};

struct bp_job {
	const struct fbp *fbp;
	const float *batch;
	int lanes, width; /* slices given, and lanes of the kernel: 8 or 16 */
	backproject_fn *kernel;
	backproject_pack *pack;
	int64_t y0, y1, tiles_x;
	float *out;
	struct bp_scratch *scratch; /* per thread */
};

/* Columns [*begin, *end) of row y inside the circle of the mask. */
static void inside(const struct fbp *fbp, int64_t y, int64_t *begin, int64_t *end)
{
	double half = 0.5 * (double)(fbp->n_col - 1);
	double radius = 0.5 * fbp->mask * (double)fbp->n_col, dy = (double)y - half;
	double square = radius * radius - dy * dy, dx;

	*begin = 0;
	*end = fbp->n_col;
	if (!(fbp->mask > 0))
		return;
	if (square < 0) {
		*end = 0;
		return;
	}
	dx = sqrt(square);
	if (ceil(half - dx) > 0)
		*begin = (int64_t)ceil(half - dx);
	if (floor(half + dx) + 1 < (double)fbp->n_col)
		*end = (int64_t)floor(half + dx) + 1;
}

static int64_t smallest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t largest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* What angle i looks like from the tile of nx x ny pixels at x0, y0; packs its piece. */
static void see(const struct bp_job *job, int64_t i, int64_t x0, int64_t y0, int64_t nx, int64_t ny,
	struct backproject_angle *angle, float *packed)
{
	const struct fbp *fbp = job->fbp;
	int64_t one = (int64_t)1 << POSITION_BITS, width = fbp->n_col - 1;
	int64_t half_x = llrint(ldexp(fbp->cosine[i], POSITION_BITS - 1));
	int64_t half_y = -llrint(ldexp(fbp->sine[i], POSITION_BITS - 1));
	int64_t at = half_x * (2 * x0 - width) + half_y * (2 * y0 - width) +
		     llrint(ldexp(fbp->center, POSITION_BITS));
	int64_t across = 2 * half_x * (nx - 1), down = 2 * half_y * (ny - 1);
	int64_t low = at + smallest(across, 0) + smallest(down, 0);
	int64_t high = at + largest(across, 0) + largest(down, 0);
	int64_t first = (low >> POSITION_BITS) - 1; /* one column each side for rounding */
	int64_t n = (high >> POSITION_BITS) - first + 3, begin, end;

	*angle = (struct backproject_angle){
		.at = at - first * one,
		.step_x = 2 * half_x,
		.step_y = 2 * half_y,
		.low = -first * one,
		.high = (width - first) * one,
		.clipped = low - one < 0 || high + one >= width * one,
		.zero_bin = (int32_t)n,
	};
	begin = smallest(largest(-first, 0), n);
	end = largest(begin, smallest(n, fbp->n_col - first));
	job->pack(
		&(struct backproject_piece){
			.row = job->batch + (i * fbp->n_col + first) * job->lanes,
			.n = (int32_t)n + 2,
			.begin = (int32_t)begin,
			.end = (int32_t)end,
			.lanes = job->lanes,
		},
		packed);
}

static void store(const struct bp_job *job, const float *sum, int64_t x0, int64_t x1, int64_t y)
{
	int64_t n_col = job->fbp->n_col, begin, end;

	inside(job->fbp, y, &begin, &end);
	for (int64_t l = 0; l < job->lanes; l++) {
		float *row = job->out + (l * (job->y1 - job->y0) + y - job->y0) * n_col;

		for (int64_t x = x0; x < x1; x++)
			row[x] = x >= begin && x < end ? sum[(x - x0) * job->width + l] : 0;
	}
}

/* The runs of each row that the mask leaves; false: none. */
static bool plan_runs(const struct bp_job *job, int64_t x0, int64_t x1, int64_t y0, int64_t y1,
	struct bp_scratch *scratch)
{
	bool any = false;

	for (int64_t y = y0; y < y1; y++) {
		int64_t begin, end;

		inside(job->fbp, y, &begin, &end);
		begin = largest(begin, x0) - x0;
		end = smallest(end, x1) - x0;
		scratch->run_begin[y - y0] = (int32_t)(begin / RUN);
		scratch->run_end[y - y0] = end > begin ? (int32_t)((end + RUN - 1) / RUN) : 0;
		any = any || end > begin;
	}
	return any;
}

static enum err backproject_tile(void *context, int64_t item, int thread)
{
	const struct bp_job *job = context;
	struct bp_scratch *scratch = job->scratch + thread;
	int64_t x0 = item % job->tiles_x * TILE_X, y0 = job->y0 + item / job->tiles_x * TILE_Y;
	int64_t x1 = smallest(x0 + TILE_X, job->fbp->n_col), y1 = smallest(y0 + TILE_Y, job->y1);
	int64_t nx = (x1 - x0 + RUN - 1) / RUN * RUN, piece = (int64_t)TILE_BINS * 2 * job->width;

	memset(scratch->sum, 0, (size_t)(TILE_X * TILE_Y * job->width) * sizeof(float));
	if (plan_runs(job, x0, x1, y0, y1, scratch))
		for (int64_t a = 0; a < job->fbp->n_angle; a += TILE_ANGLES) {
			int64_t n = smallest(TILE_ANGLES, job->fbp->n_angle - a);
			struct backproject_tile tile = {
				.packed = scratch->packed,
				.angle = scratch->angle,
				.n_angle = (int32_t)n,
				.ny = (int32_t)(y1 - y0),
				.run_begin = scratch->run_begin,
				.run_end = scratch->run_end,
				.sum = scratch->sum,
			};

			for (int64_t k = 0; k < n; k++)
				see(job, a + k, x0, y0, nx, y1 - y0, scratch->angle + k,
					scratch->packed + k * piece);
			job->kernel(&tile);
		}
	for (int64_t y = y0; y < y1; y++)
		store(job, scratch->sum + (y - y0) * TILE_X * job->width, x0, x1, y);
	return OK;
}

enum err fbp_backproject(const struct fbp *fbp, const float *batch, int lanes, int64_t y0,
	int64_t y1, float *out, struct arena *arena)
{
	const struct backproject_kernels *kernels = ISA_PICK(backproject_kernels);
	struct arena_mark mark = arena_mark(arena);
	int threads = parallel_threads();
	int64_t tiles_x = (fbp->n_col + TILE_X - 1) / TILE_X;
	int64_t tiles_y = (y1 - y0 + TILE_Y - 1) / TILE_Y;
	struct bp_job job = {fbp, batch, lanes, lanes > 8 ? 16 : 8,
		lanes > 8 ? kernels->lanes16 : kernels->lanes8,
		lanes > 8 ? kernels->pack16 : kernels->pack8, y0, y1, tiles_x, out,
		ARENA_NEW(arena, struct bp_scratch, threads)};
	enum err e;

	NEED(job.scratch);
	for (int t = 0; t < threads; t++) {
		job.scratch[t].packed =
			ARENA_NEW(arena, float, (int64_t)TILE_ANGLES *TILE_BINS * 2 * job.width);
		job.scratch[t].sum = ARENA_NEW(arena, float, (int64_t)TILE_X *TILE_Y *job.width);
		NEED(job.scratch[t].packed && job.scratch[t].sum);
	}
	e = parallel_for(tiles_x * tiles_y, backproject_tile, &job);
	arena_release(arena, mark);
	return e;
}

int64_t fbp_backproject_scratch(const struct fbp *fbp, int lanes, int threads)
{
	int64_t width = lanes > 8 ? 16 : 8;
	int64_t floats = 2 * TILE_ANGLES * TILE_BINS + TILE_X * TILE_Y;

	(void)fbp;
	return threads *
	       ((int64_t)sizeof(struct bp_scratch) + floats * width * (int64_t)sizeof(float) + 192);
}

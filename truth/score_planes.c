/* SPDX-License-Identifier: BSD-3-Clause */
#include "truth/score_planes.h"

#include "core/isa.h"
#include "core/pipeline.h"
#include "truth/score_kernels.h"

#include <math.h>
#include <string.h>

ISA_DECLARE(struct score_kernels, score_kernels);

const struct score_kernels *score_kernels_here(void)
{
	return ISA_PICK(score_kernels);
}

enum err window_new(
	struct window *w, const struct score_setup *setup, int64_t depth, struct arena *arena)
{
	*w = (struct window){.n = setup->n[0],
		.depth = depth,
		.plane_bytes = setup->n[1] * setup->n[2],
		.last = -1};
	for (int side = 0; side < (setup->aperture ? SCORE_PLANES : SCORE_APERTURE); side++)
		NEED(w->ring[side] = ARENA_NEW(arena, uint8_t, depth * w->plane_bytes));
	return OK;
}

const uint8_t *window_plane(const struct window *w, int side, int64_t z)
{
	if (z < 0 || z >= w->n || !w->ring[side])
		return NULL;
	return w->ring[side] + z % w->depth * w->plane_bytes;
}

void window_push(struct window *w, const uint8_t *const plane[SCORE_PLANES])
{
	w->last++;
	for (int side = 0; side < SCORE_PLANES; side++)
		if (w->ring[side])
			memcpy(w->ring[side] + w->last % w->depth * w->plane_bytes, plane[side],
				(size_t)w->plane_bytes);
}

struct stream {
	const struct score_setup *setup;
	planes_step *step;
	void *context;
	int64_t slab, plane;
	int sides;
	/* a plane as it is in the file; NULL: that is what is scored */
	uint8_t *whole[SCORE_PLANES];
	uint8_t *buffer[2][SCORE_PLANES]; /* of the pipeline, by side */
	int64_t (*keep)[2];		  /* of each row: columns inside the circle; NULL: all */
};

static const struct score_volume *volume_of(const struct score_setup *s, int side)
{
	return side == SCORE_APERTURE ? s->aperture : s->side[side];
}

static bool is_whole(const struct score_setup *s, int side)
{
	return s->n[1] == volume_of(s, side)->ny && s->n[2] == volume_of(s, side)->nx;
}

/* The circle of the true slices, in the cropped rows; both volumes are cut alike. */
static enum err make_circle(struct stream *s, struct arena *arena)
{
	const struct score_setup *set = s->setup;
	const struct score_volume *truth = set->side[SCORE_TRUTH];
	double radius = 0.5 * set->mask * (double)truth->nx;

	if (!isfinite(set->mask))
		return OK;
	NEED(s->keep = arena_alloc(arena, set->n[1], sizeof(*s->keep)));
	for (int64_t y = 0; y < set->n[1]; y++) {
		double dy =
			(double)(y + set->begin[SCORE_TRUTH][1]) - 0.5 * (double)(truth->ny - 1);
		double half = radius * radius - dy * dy;
		double middle = 0.5 * (double)(truth->nx - 1) - (double)set->begin[SCORE_TRUTH][2];
		double begin = half < 0 ? 0 : ceil(middle - sqrt(half));
		double end = half < 0 ? 0 : floor(middle + sqrt(half)) + 1;

		s->keep[y][0] = (int64_t)fmax(begin, 0);
		s->keep[y][1] = (int64_t)fmin(fmax(end, 0), (double)set->n[2]);
		if (s->keep[y][0] > s->keep[y][1])
			s->keep[y][0] = s->keep[y][1];
	}
	return OK;
}

static void cut_circle(const struct stream *s, uint8_t *plane)
{
	int64_t nx = s->setup->n[2];

	for (int64_t y = 0; y < s->setup->n[1] && s->keep; y++) {
		memset(plane + y * nx, 0, (size_t)s->keep[y][0]);
		memset(plane + y * nx + s->keep[y][1], 0, (size_t)(nx - s->keep[y][1]));
	}
}

static enum err read_side(const struct stream *s, int side, int64_t z0, int64_t n, uint8_t *out)
{
	const struct score_setup *set = s->setup;
	const struct score_volume *v = volume_of(set, side);
	const int64_t *begin = set->begin[side == SCORE_APERTURE ? SCORE_TRUTH : side];

	if (!s->whole[side]) {
		TRY(v->read(v->context, begin[0] + z0, n, out));
	} else {
		for (int64_t z = 0; z < n; z++) {
			TRY(v->read(v->context, begin[0] + z0 + z, 1, s->whole[side]));
			for (int64_t y = 0; y < set->n[1]; y++)
				memcpy(out + z * s->plane + y * set->n[2],
					s->whole[side] + (begin[1] + y) * v->nx + begin[2],
					(size_t)set->n[2]);
		}
	}
	for (int64_t z = 0; z < n; z++)
		cut_circle(s, out + z * s->plane);
	return OK;
}

static int64_t planes_of(const struct stream *s, int64_t item)
{
	int64_t left = s->setup->n[0] - item * s->slab;

	return left < s->slab ? left : s->slab;
}

static enum err read_item(void *context, int64_t item, int buffer)
{
	struct stream *s = context;

	for (int side = 0; side < s->sides; side++)
		TRY(read_side(
			s, side, item * s->slab, planes_of(s, item), s->buffer[buffer][side]));
	return OK;
}

static enum err compute_item(void *context, int64_t item, int buffer)
{
	struct stream *s = context;

	for (int64_t i = 0; i < planes_of(s, item); i++) {
		int64_t z = item * s->slab + i;
		const uint8_t *plane[SCORE_PLANES] = {NULL};

		for (int side = 0; side < s->sides; side++)
			plane[side] = s->buffer[buffer][side] + i * s->plane;

		TRY(s->step(s->context, z, plane));
		if (s->setup->progress)
			s->setup->progress(1);
	}
	return OK;
}

static int64_t slab_of(const struct score_setup *s)
{
	int64_t depth = 1;

	for (int side = 0; side < 2; side++)
		depth = s->side[side]->depth > depth ? s->side[side]->depth : depth;
	depth = s->slab > 0 ? s->slab : depth > 8 ? 8 : depth;
	return depth < s->n[0] ? depth : s->n[0];
}

enum err planes_run(
	const struct score_setup *setup, planes_step *step, void *context, struct arena *arena)
{
	struct stream s = {.setup = setup,
		.step = step,
		.context = context,
		.sides = setup->aperture ? SCORE_PLANES : SCORE_APERTURE,
		.slab = slab_of(setup),
		.plane = setup->n[1] * setup->n[2]};
	const struct pipeline pipeline = {.n = (setup->n[0] + s.slab - 1) / s.slab,
		.buffers = 2,
		.context = &s,
		.read = read_item,
		.compute = compute_item,
		.stop = setup->stop};

	TRY(make_circle(&s, arena));
	for (int side = 0; side < s.sides; side++) {
		const struct score_volume *v = volume_of(setup, side);

		if (!is_whole(setup, side))
			NEED(s.whole[side] = ARENA_NEW(arena, uint8_t, v->ny * v->nx));
		for (int i = 0; i < 2; i++)
			NEED(s.buffer[i][side] = ARENA_NEW(arena, uint8_t, s.slab * s.plane));
	}
	return pipeline_run(&pipeline);
}

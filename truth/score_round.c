/* SPDX-License-Identifier: BSD-3-Clause */
#include "truth/score_round.h"

#include "core/metrics.h"
#include "core/parallel.h"

#include <stdbool.h>
#include <string.h>

enum { SIDE = 2 * ROUND_REACH + 1, DEPTH = SIDE + 1 };

/* A row of the ball and how far it reaches along it. */
struct chord {
	int z, y, half;
};

struct round {
	int64_t nz, ny, nx;
	struct chord ball[SIDE * SIDE];
	int rows;
	uint8_t *deep[2], *any[2],
		*open[2]; /* rings: of DEPTH planes, of their rows, of 2 planes */
	uint8_t *row;	  /* a padded row a thread */
};

static void make_ball(struct round *r)
{
	for (int z = -ROUND_REACH; z <= ROUND_REACH; z++)
		for (int y = -ROUND_REACH; y <= ROUND_REACH; y++) {
			int half = ROUND_REACH;

			while (half >= 0 && z * z + y * y + half * half > ROUND_REACH * ROUND_REACH)
				half--;
			if (half >= 0)
				r->ball[r->rows++] = (struct chord){z, y, half};
		}
}

enum err round_new(struct round **round, int64_t nz, int64_t ny, int64_t nx, struct arena *arena)
{
	struct round *r = ARENA_ZERO(arena, struct round, 1);

	NEED(*round = r);
	r->nz = nz;
	r->ny = ny;
	r->nx = nx;
	make_ball(r);
	for (int side = 0; side < 2; side++) {
		NEED(r->deep[side] = ARENA_ZERO(arena, uint8_t, DEPTH * ny * nx));
		NEED(r->any[side] = ARENA_ZERO(arena, uint8_t, DEPTH * ny));
		NEED(r->open[side] = ARENA_ZERO(arena, uint8_t, 2 * ny * nx));
	}
	NEED(r->row = ARENA_NEW(arena, uint8_t, parallel_threads() * (nx + 2 * ROUND_REACH)));
	return OK;
}

/* out stays where the row is void `half` voxels to both sides. padded: scratch. */
static void erode(const uint8_t *row, int64_t n, int half, uint8_t *padded, uint8_t *out)
{
	memset(padded, 1, (size_t)(n + 2 * ROUND_REACH));
	for (int64_t x = 0; x < n; x++)
		padded[x + ROUND_REACH] = row[x] == LABEL_VOID;
	for (int k = -half; k <= half; k++)
		for (int64_t x = 0; x < n; x++)
			out[x] &= padded[x + ROUND_REACH + k];
}

void round_deep_row(
	struct round *r, int side, const uint8_t *const *planes, int64_t z, int64_t y, int thread)
{
	int64_t slot = z % DEPTH * r->ny + y, n = r->nx;
	uint8_t *out = r->deep[side] + slot * n;
	uint8_t *padded = r->row + thread * (n + 2 * ROUND_REACH);

	r->any[side][slot] = memchr(planes[ROUND_REACH] + y * n, LABEL_VOID, (size_t)n) != NULL;
	if (!r->any[side][slot])
		return;
	memset(out, 1, (size_t)n);
	for (int i = 0; i < r->rows; i++) {
		const uint8_t *plane = planes[ROUND_REACH + r->ball[i].z];
		int64_t row = y + r->ball[i].y;

		if (plane && row >= 0 && row < r->ny)
			erode(plane + row * n, n, r->ball[i].half, padded, out);
	}
	r->any[side][slot] = memchr(out, 1, (size_t)n) != NULL;
}

static void dilate(const uint8_t *deep, int64_t n, int half, uint8_t *out)
{
	for (int64_t x = 0; x < n; x++)
		for (int64_t k = deep[x] ? -half : half + 1; k <= half; k++)
			if (x + k >= 0 && x + k < n)
				out[x + k] = LABEL_VOID;
}

void round_open_row(struct round *r, int side, int64_t z, int64_t y)
{
	uint8_t *out = r->open[side] + (z % 2 * r->ny + y) * r->nx;

	memset(out, 0, (size_t)r->nx);
	for (int i = 0; i < r->rows; i++) {
		int64_t plane = z + r->ball[i].z, row = y + r->ball[i].y;
		int64_t slot = plane % DEPTH * r->ny + row;

		if (plane >= 0 && plane < r->nz && row >= 0 && row < r->ny && r->any[side][slot])
			dilate(r->deep[side] + slot * r->nx, r->nx, r->ball[i].half, out);
	}
}

const uint8_t *round_plane(const struct round *r, int side, int64_t z)
{
	return r->open[side] + z % 2 * r->ny * r->nx;
}

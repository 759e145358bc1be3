/* SPDX-License-Identifier: BSD-3-Clause
 * One pass over both volumes. With plane z just read: labels are counted and bubbles go on in plane z,
 * boundaries and cracks are marked in plane z - 1, whose neighbours are then there, and looked up in plane
 * z - 2 - reach, around which all are marked; so the threads need to wait for each other once a plane. Sheets
 * need two planes around, what is deep in void three: these are looked at in z - 2 and z - 3. Void is opened in
 * plane z - 7, and its pieces go on in plane z - 8. */
#include "truth/score.h"

#include "core/metrics.h"
#include "core/parallel.h"
#include "truth/score_kernels.h"
#include "truth/score_planes.h"
#include "truth/score_sum.h"

#include <math.h>
#include <string.h>

const int64_t crack_near[CRACK_NEAR] = {2, 3, CRACK_REACH};

/* Rows that a thread takes at once; planes kept at least, with the one just read. */
enum { VALUES = 256, ROWS = 4, LEAST = 2 * ROUND_REACH + 1 };
_Static_assert((int)SHEET_REACH < (int)ROUND_REACH, "planes that are kept");

struct pass {
	const struct score_setup *setup;
	struct arena *arena;
	int64_t nz, ny, nx;
	struct window window;
	struct shift *shift;
	struct blobs *blobs, *large;
	struct sheet *sheet;
	struct round *round;
	struct near *boundary[VALUES]; /* of labels that came so far */
	struct near *crack[CRACK_KINDS];
	struct near *all[SCORE_LABELS + CRACK_KINDS]; /* both kinds */
	int n_all;
	int64_t *counts; /* threads x VALUES x VALUES: truth, found */
	bool *seen;	 /* threads x VALUES: in any plane so far */
	bool there[VALUES];
	int n_there;
	uint8_t *edge; /* threads x a row */
	int64_t z;     /* the plane just read; beyond the last: the rest of the work */
	int64_t shift_rows;
};

static bool same_eight(const uint8_t *at, uint64_t pattern)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word == pattern;
}

/* Long runs of equal pairs are the rule. */
static void count_row(struct pass *p, int64_t y, int thread)
{
	const uint8_t *t = window_plane(&p->window, SCORE_TRUTH, p->z) + y * p->nx;
	const uint8_t *f = window_plane(&p->window, SCORE_FOUND, p->z) + y * p->nx;
	int64_t *counts = p->counts + (int64_t)thread * VALUES * VALUES;
	bool *seen = p->seen + (int64_t)thread * VALUES;

	for (int64_t x = 0; x < p->nx;) {
		uint64_t like_t = t[x] * 0x0101010101010101u, like_f = f[x] * 0x0101010101010101u;
		int64_t begin = x;

		while (x + 8 <= p->nx && same_eight(t + x, like_t) && same_eight(f + x, like_f))
			x += 8;
		while (x < p->nx && t[x] == t[begin] && f[x] == f[begin])
			x++;
		counts[t[begin] * VALUES + f[begin]] += x - begin;
		seen[t[begin]] = seen[f[begin]] = true;
	}
}

static enum err new_near(struct pass *p, int64_t reach, struct near **near)
{
	TRY(near_new(near, p->nz, p->ny, p->nx, reach, p->arena));
	p->all[p->n_all++] = *near;
	return OK;
}

static bool is_crack(int label)
{
	return label == LABEL_CRACK || label == LABEL_CRACK_NAK || label == SHEET_UNTOLD;
}

static enum err new_label(struct pass *p, int label)
{
	if (++p->n_there > SCORE_LABELS)
		return fail(ERR_INPUT,
			"%s and %s: there are more than %d different values; these are not labels",
			p->setup->side[SCORE_FOUND]->name, p->setup->side[SCORE_TRUTH]->name,
			(int)SCORE_LABELS);
	p->there[label] = true;
	if (label != LABEL_OUTSIDE)
		TRY(new_near(p, SCORE_REACH, &p->boundary[label]));
	if (!is_crack(label))
		return OK;
	if (!p->crack[CRACK_ALL])
		TRY(new_near(p, CRACK_REACH, &p->crack[CRACK_ALL]));
	if (label == SHEET_UNTOLD)
		return OK;
	return new_near(
		p, CRACK_REACH, &p->crack[label == LABEL_CRACK ? CRACK_EMPTY : CRACK_FILLED]);
}

/* Labels that came with plane z. */
static enum err new_labels(struct pass *p)
{
	for (int label = 0; label < VALUES; label++)
		for (int t = 0; t < parallel_threads() && !p->there[label]; t++)
			if (p->seen[t * VALUES + label])
				TRY(new_label(p, label));
	return OK;
}

static void mark_edges(struct pass *p, int side, int64_t z, int64_t y, int thread)
{
	const uint8_t *row = window_plane(&p->window, side, z) + y * p->nx;
	const uint8_t *before = window_plane(&p->window, side, z - 1);
	const uint8_t *after = window_plane(&p->window, side, z + 1);
	const uint8_t *around[4] = {y > 0 ? row - p->nx : row, y + 1 < p->ny ? row + p->nx : row,
		before ? before + y * p->nx : row, after ? after + y * p->nx : row};
	uint8_t *edge = p->edge + (int64_t)thread * p->nx;

	score_kernels_here()->edges(row, around, p->nx, edge);
	for (int64_t x = 0; x < p->nx;) {
		if (x + 8 <= p->nx && same_eight(edge + x, 0)) {
			x += 8;
			continue;
		}
		if (edge[x])
			near_set(p->boundary[edge[x]], side, z, y, x);
		x++;
	}
}

static void mark_cracks(struct pass *p, int side, int64_t z, int64_t y)
{
	const uint8_t *row = window_plane(&p->window, side, z) + y * p->nx;

	for (int64_t x = 0; x < p->nx && p->crack[CRACK_ALL]; x++) {
		if (!is_crack(row[x]))
			continue;
		near_set(p->crack[CRACK_ALL], side, z, y, x);
		if (row[x] != SHEET_UNTOLD)
			near_set(p->crack[row[x] == LABEL_CRACK ? CRACK_EMPTY : CRACK_FILLED], side,
				z, y, x);
	}
}

static void mark_row(struct pass *p, int64_t z, int64_t y, int thread)
{
	for (int i = 0; i < p->n_all; i++)
		near_begin_row(p->all[i], z, y);
	for (int side = 0; side < 2; side++) {
		mark_edges(p, side, z, y, thread);
		mark_cracks(p, side, z, y);
	}
	for (int i = 0; i < p->n_all; i++)
		near_end_row(p->all[i], z, y);
}

/* The planes around plane z. */
static void planes_around(const struct pass *p, int side, int64_t z, int reach, const uint8_t **out)
{
	for (int k = -reach; k <= reach; k++)
		out[reach + k] = window_plane(&p->window, side, z + k);
}

static void look_at_sheets(struct pass *p, int64_t z, int64_t y, int thread)
{
	const uint8_t *planes[2][2 * SHEET_REACH + 1];

	if (z < 0 || z >= p->nz)
		return;
	for (int side = 0; side < 2; side++)
		planes_around(p, side, z, SHEET_REACH, planes[side]);
	sheet_row(p->sheet, planes[SCORE_TRUTH], planes[SCORE_FOUND],
		window_plane(&p->window, SCORE_APERTURE, z), y, thread);
}

/* The opening runs a plane more behind than it looks around: both steps go on at once. */
static void open_void(struct pass *p, int64_t z, int64_t y, int thread)
{
	const uint8_t *planes[2 * ROUND_REACH + 1];
	int64_t opened = z - ROUND_REACH - 1;

	for (int side = 0; side < 2; side++) {
		if (z >= 0 && z < p->nz) {
			planes_around(p, side, z, ROUND_REACH, planes);
			round_deep_row(p->round, side, planes, z, y, thread);
		}
		if (opened >= 0 && opened < p->nz)
			round_open_row(p->round, side, opened, y);
	}
}

/* All that is to be done with plane z just read, for some rows. */
static void work_row(struct pass *p, int64_t y, int thread)
{
	if (p->z < p->nz)
		count_row(p, y, thread);
	if (p->z >= 1 && p->z - 1 < p->nz)
		mark_row(p, p->z - 1, y, thread);
	look_at_sheets(p, p->z - SHEET_REACH, y, thread);
	open_void(p, p->z - ROUND_REACH, y, thread);
	for (int i = 0; i < p->n_all; i++) {
		int64_t z = p->z - 2 - p->all[i]->reach;

		if (z >= 0 && z < p->nz)
			near_query(p->all[i], z, y, thread);
	}
}

static enum err work_item(void *context, int64_t i, int thread)
{
	struct pass *p = context;
	int64_t z = p->z - 2 * ROUND_REACH - 2;

	if (i == 0 && p->z < p->nz)
		return blobs_plane(p->blobs, p->z, window_plane(&p->window, SCORE_TRUTH, p->z),
			window_plane(&p->window, SCORE_FOUND, p->z));
	if (i == 1 && z >= 0 && z < p->nz)
		return blobs_plane(p->large, z, round_plane(p->round, SCORE_TRUTH, z),
			round_plane(p->round, SCORE_FOUND, z));
	if (i < 2)
		return OK;
	if (i < 2 + p->shift_rows) {
		shift_row(p->shift, i - 2, thread);
		return OK;
	}
	i -= 2 + p->shift_rows;
	for (int64_t y = i * ROWS; y < (i + 1) * ROWS && y < p->ny; y++)
		work_row(p, y, thread);
	return OK;
}

/* ------------------------------------------------------------------ the pass */

static int64_t begin_shift(struct pass *p)
{
	int64_t reach = shift_reach(p->shift), z = p->z - reach;
	const uint8_t *planes[2][SHIFT_MOST + 2];

	if (z < reach || z + reach >= p->nz)
		return 0;
	for (int side = 0; side < 2; side++)
		for (int64_t i = 0; i <= 2 * reach; i++)
			planes[side][i] = window_plane(&p->window, side, z - reach + i);
	return shift_begin(p->shift, z, planes[SCORE_TRUTH], planes[SCORE_FOUND]);
}

static enum err step(void *context, int64_t z, const uint8_t *const plane[SCORE_PLANES])
{
	struct pass *p = context;

	if (plane)
		window_push(&p->window, plane);
	p->z = z;
	p->shift_rows = begin_shift(p);
	TRY(parallel_for(2 + p->shift_rows + (p->ny + ROWS - 1) / ROWS, work_item, p));
	return new_labels(p);
}

static enum err shift_only(void *context, int64_t i, int thread)
{
	struct pass *p = context;

	shift_row(p->shift, i, thread);
	return OK;
}

static enum err shift_step(void *context, int64_t z, const uint8_t *const plane[SCORE_PLANES])
{
	struct pass *p = context;

	window_push(&p->window, plane);
	p->z = z;
	return parallel_for(begin_shift(p), shift_only, p);
}

static enum err begin(struct pass *p, const struct score_setup *setup, struct arena *arena)
{
	int64_t depth;

	*p = (struct pass){.setup = setup,
		.arena = arena,
		.nz = setup->n[0],
		.ny = setup->n[1],
		.nx = setup->n[2]};
	TRY(shift_new(&p->shift, p->nz, p->ny, p->nx, setup->search, arena));
	depth = 2 * shift_reach(p->shift) + 1;
	return window_new(&p->window, setup, depth < LEAST ? LEAST : depth, arena);
}

enum err score_offset(
	struct score_shift *shift, const struct score_setup *setup, struct arena *arena)
{
	struct pass p;

	TRY(begin(&p, setup, arena));
	TRY(planes_run(setup, shift_step, &p, arena));
	*shift = shift_result(p.shift);
	return OK;
}

static enum err finish(struct pass *p, struct score *score)
{
	struct blob_lists blobs, large;

	for (int64_t z = p->nz; z < p->nz + 2 + SCORE_REACH; z++)
		TRY(step(p, z, NULL));
	score->shift = shift_result(p->shift);
	TRY(blobs_finish(p->blobs, &blobs));
	TRY(bubbles_match(&score->bubbles, &blobs, p->setup->min_voxels, p->arena));
	TRY(blobs_finish(p->large, &large));
	TRY(score_sum_large(&score->large, &large, p->arena));
	sheet_result(p->sheet, &score->sheet);
	return score_sum(
		score, &(struct score_sums){p->there, p->counts, p->boundary, p->crack}, p->arena);
}

enum err score_labels(struct score *score, const struct score_setup *setup, struct arena *arena)
{
	int threads = parallel_threads();
	struct pass p;

	*score = (struct score){.n = {setup->n[0], setup->n[1], setup->n[2]}};
	TRY(begin(&p, setup, arena));
	TRY(blobs_new(
		&p.blobs, p.ny, p.nx, LABEL_VOID, bubbles_least(setup->min_voxels), 0, arena));
	TRY(blobs_new(&p.large, p.ny, p.nx, LABEL_VOID, bubbles_least(ROUND_LARGE), 0, arena));
	TRY(sheet_new(&p.sheet, p.ny, p.nx, setup->aperture != NULL, arena));
	TRY(round_new(&p.round, p.nz, p.ny, p.nx, arena));
	NEED(p.counts = ARENA_ZERO(arena, int64_t, (int64_t)threads * VALUES * VALUES));
	NEED(p.seen = ARENA_ZERO(arena, bool, (int64_t)threads *VALUES));
	NEED(p.edge = ARENA_NEW(arena, uint8_t, threads * p.nx));
	TRY(planes_run(setup, step, &p, arena));
	return finish(&p, score);
}

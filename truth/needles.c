/* SPDX-License-Identifier: BSD-3-Clause
 * From columns to needles; see truth/needles.h. */
#include "truth/needles.h"

#include "core/isa.h"
#include "core/parallel.h"
#include "truth/larger.h"
#include "truth/shadow_kernels.h"

#include <math.h>
#include <string.h>

enum { TILE = 32, MAX_ROWS = 1 << 15 };

/* Lengths in fine rows of both materials, of the columns of one needle added up. */
struct profile {
	int64_t low, high; /* fine rows [low, high) that may not be 0 */
	float *row[2];	   /* nasicon, nak; MAX_ROWS each, indexed from `origin` */
	int64_t origin;
};

struct builder {
	const struct cell_columns *columns;
	const struct grid *grid;
	struct needles *needles;
	struct profile *profile; /* one a thread */
	int64_t tiles_side, rows_low, rows_high;
	bool count_only;
};

/* share: of a fine row's length that counts, at heights z0 to z1 (px) */
static void add(
	struct profile *p, const struct builder *b, int m, double z0, double z1, double share)
{
	double os = (double)b->grid->os, shift = b->grid->middle + 0.5;
	double f0 = larger((z0 + shift) * os, (double)b->rows_low);
	double f1 = smaller((z1 + shift) * os, (double)b->rows_high);
	int64_t k0, k1;

	if (!(f1 > f0))
		return;
	k0 = (int64_t)floor(f0);
	k1 = (int64_t)ceil(f1);
	for (int64_t k = k0; k < k1; k++) {
		double length = smaller(f1, (double)(k + 1)) - larger(f0, (double)k);

		p->row[m][k - p->origin] += (float)(share * length);
	}
	p->low = k0 < p->low ? k0 : p->low;
	p->high = k1 > p->high ? k1 : p->high;
}

static int material_of(uint8_t label)
{
	return label == LABEL_NASICON ? 0 : label == LABEL_NAK || label == LABEL_CRACK_NAK ? 1 : -1;
}

/* The column, less what the smooth parts have there. */
static void add_column(struct profile *p, const struct builder *b, const struct column *col,
	double x, double y, double share)
{
	const struct cell_columns *c = b->columns;
	double plane = c->plane[0] + c->plane[1] * x + c->plane[2] * y;
	double top = smaller(plane, (double)col->z[0]) - 1, from = top;
	double low = larger(plane, (double)col->z[col->n - 1]) + 1;

	for (int i = 0; i <= col->n; i++) {
		double to = i < col->n ? (double)col->z[i] : low;
		int m = material_of(col->label[i]);

		if (m >= 0)
			add(p, b, m, larger(from, top), smaller(to, low), share);
		from = to;
	}
	add(p, b, 1, top, plane, -share);
	add(p, b, 0, plane, low, -share);
	for (int64_t i = 0; i < c->state->n_bubbles; i++) {
		const struct bubble *bubble = &c->state->bubbles[i];
		double q[3], d2;

		if (!bubble->attached)
			continue;
		pose_apply(&c->state->pose, bubble->centre, q);
		d2 = bubble->radius * bubble->radius - (x - q[0]) * (x - q[0]) -
		     (y - q[1]) * (y - q[1]);
		if (d2 > 0)
			add(p, b, 1, larger(top, q[2] - sqrt(d2)), smaller(plane, q[2] + sqrt(d2)),
				share);
	}
}

/* Runs of rows that are not 0 become needles; clears the profile. */
static void emit(struct profile *p, const struct builder *b, struct needle_tile *tile, float x,
	float y, bool half)
{
	float *solid = p->row[0], *liquid = p->row[1];
	const float least = 5e-4F; /* what heights in float can make up */

	for (int64_t k = p->low; k < p->high; k++) {
		float *s = &solid[k - p->origin], *l = &liquid[k - p->origin];

		*s = fabsf(*s) < least ? 0 : *s;
		*l = fabsf(*l) < least ? 0 : *l;
	}
	for (int shade = 0; shade < N_SHADES; shade++) {
		int64_t k = p->low;

		while (k < p->high) {
			int64_t start = k;

			for (; k < p->high && k - start < UINT16_MAX; k++) {
				float s = solid[k - p->origin], l = liquid[k - p->origin];
				/* what is ceramic instead of liquid, else each by itself */
				bool swap = s != 0 && fabsf(s + l) < 4 * least;
				float w = shade == SHADE_SWAP  ? (swap ? s : 0)
					  : swap	       ? 0
					  : shade == SHADE_NAK ? l
							       : s;

				if (w == 0)
					break;
				if (!b->count_only)
					b->needles->weight[tile->first_weight + k - start] = w;
			}
			if (k == start) {
				k++;
				continue;
			}
			if (!b->count_only)
				b->needles->needle[tile->first + tile->n] =
					(struct needle){x, y, (int32_t)start, (uint16_t)(k - start),
						(uint8_t)shade, half};
			tile->n++;
			tile->first_weight += k - start;
			tile->row_min = (int32_t)smaller(tile->row_min, (double)start);
			tile->row_max = (int32_t)larger(tile->row_max, (double)k);
		}
	}
	for (int m = 0; m < 2 && p->high > p->low; m++)
		memset(p->row[m] + p->low - p->origin, 0,
			(size_t)(p->high - p->low) * sizeof(float));
	p->low = INT64_MAX;
	p->high = INT64_MIN;
}

static void do_pixel(
	struct profile *p, const struct builder *b, struct needle_tile *tile, int64_t i, int64_t j)
{
	const struct cell_columns *c = b->columns;
	double os = (double)b->grid->os, share = os / 4;
	bool plain = true;

	for (int k = 0; k < 4; k++)
		plain = plain && !c->more[(j + k / 2) * c->n + i + k % 2];
	for (int k = 0; k < 4; k++) {
		struct column col = cell_columns_get(c, i + k % 2, j + k / 2);
		double x = cell_columns_at(c, i + k % 2), y = cell_columns_at(c, j + k / 2);

		add_column(p, b, &col, x, y, share);
		if (!plain)
			emit(p, b, tile, (float)x, (float)y, true);
	}
	if (plain)
		emit(p, b, tile, (float)(cell_columns_at(c, i) + 0.25),
			(float)(cell_columns_at(c, j) + 0.25), false);
}

static enum err do_tile(void *context, int64_t index, int thread)
{
	struct builder *b = context;
	struct needle_tile tile = b->needles->tile[index];
	struct needle_tile *t = &b->needles->tile[index];
	int64_t n = b->columns->n;

	tile.n = 0;
	tile.row_min = INT32_MAX;
	tile.row_max = INT32_MIN;
	for (int64_t y = 0; y < TILE; y++) {
		int64_t j = (index / b->tiles_side * TILE + y) * 2;

		for (int64_t x = 0; x < TILE; x++) {
			int64_t i = (index % b->tiles_side * TILE + x) * 2;

			if (i < n && j < n)
				do_pixel(&b->profile[thread], b, &tile, i, j);
		}
	}
	if (b->count_only) /* here first_weight is their number */
		*t = tile;
	return OK;
}

/* From counts to places. */
static void lay_out(struct needles *n)
{
	n->n = n->n_weights = 0;
	for (int64_t i = 0; i < n->n_tiles; i++) {
		int64_t weights = n->tile[i].first_weight;

		n->tile[i].first = n->n;
		n->tile[i].first_weight = n->n_weights;
		n->n += n->tile[i].n;
		n->n_weights += weights;
	}
}

static enum err new_profiles(struct builder *b, struct arena *arena)
{
	int64_t rows = b->rows_high - b->rows_low + 2;

	b->profile = ARENA_ZERO(arena, struct profile, parallel_threads());
	NEED(b->profile);
	for (int i = 0; i < parallel_threads(); i++) {
		struct profile *p = &b->profile[i];

		p->origin = b->rows_low - 1;
		p->low = INT64_MAX;
		p->high = INT64_MIN;
		for (int m = 0; m < 2; m++) {
			p->row[m] = ARENA_ZERO(arena, float, rows);
			NEED(p->row[m]);
		}
	}
	return OK;
}

enum err needles_new(struct needles **needles, const struct cell_columns *columns,
	const struct grid *grid, struct arena *arena)
{
	struct needles *n = ARENA_ZERO(arena, struct needles, 1);
	/* A little more than is seen: roll and settling move rows. */
	double moved = fabs(grid->sin_roll) * (double)columns->n + fabs(columns->state->settle) / 2;
	int64_t beyond = grid->os * (grid->margin + 8 + (int64_t)ceil(moved));
	struct builder b = {
		.columns = columns,
		.grid = grid,
		.needles = n,
		.tiles_side = (columns->n / 2 + TILE - 1) / TILE,
		.rows_low = -beyond,
		.rows_high = grid->os * grid->n_row + beyond,
		.count_only = true,
	};
	struct arena_mark mark;

	NEED(n);
	n->n_tiles = b.tiles_side * b.tiles_side;
	n->tile = ARENA_ZERO(arena, struct needle_tile, n->n_tiles);
	NEED(n->tile);
	mark = arena_mark(arena);
	TRY(new_profiles(&b, arena));
	TRY(parallel_for(n->n_tiles, do_tile, &b));
	lay_out(n);
	arena_release(arena, mark);
	n->needle = ARENA_NEW(arena, struct needle, n->n + 1);
	n->weight = ARENA_NEW(arena, float, n->n_weights + 1);
	NEED(n->needle);
	NEED(n->weight);
	mark = arena_mark(arena);
	TRY(new_profiles(&b, arena));
	b.count_only = false;
	TRY(parallel_for(n->n_tiles, do_tile, &b));
	arena_release(arena, mark);
	*needles = n;
	return OK;
}

ISA_DECLARE(struct shadow_kernels, shadow_kernels);

struct shadow_view shadow_view(
	const struct grid *g, double angle, double sink, const struct strip *strip)
{
	double os = (double)g->os;

	return (struct shadow_view){
		.t_x = (float)(os * cos(angle)),
		.t_y = (float)(-os * sin(angle)),
		.col_0 = (float)(os * (g->center + 0.5) - (double)strip->col0),
		.row_middle = (float)(os * (g->middle + 0.5)),
		.sink = (float)(os * sink),
		.cos_roll = (float)g->cos_roll,
		.sin_roll = (float)g->sin_roll,
	};
}

int64_t shadow_slack(const struct grid *g, double sink)
{
	double side = (double)(g->os * (g->n_col + g->n_row + 4 * g->margin));

	return (int64_t)ceil(fabs(g->sin_roll) * side + fabs(sink) * (double)g->os) + 2;
}

/* Share of a unit square's shadow, `wide` fine columns wide at angle a, left of x. */
static double shadow_left(double x, double c, double s, double wide)
{
	double outer = (c + s) / 2 * wide, inner = fabs(c - s) / 2 * wide, slope = outer - inner;
	double height = 1 / (outer + inner), in, d;

	if (x <= -outer)
		return 0;
	if (x >= outer)
		return 1;
	if (fabs(x) <= inner)
		return 0.5 + height * x;
	in = fabs(x) - inner;
	d = 0.5 + height * (inner + (slope > 1e-12 ? in - in * in / (2 * slope) : 0));
	return x > 0 ? d : 1 - d;
}

static void fill_taps(struct shadow_taps *taps, double angle, const struct grid *g)
{
	double c = fabs(cos(angle)), s = fabs(sin(angle));

	for (int half = 0; half < 2; half++) {
		double wide = (double)g->os * (half ? 0.5 : 1);

		for (int q = 0; q < TAP_PLACES; q++) {
			double place = (q + 0.5) / TAP_PLACES;

			for (int k = 0; k < TAPS; k++)
				taps->tap[half][q][k] =
					(float)(shadow_left(
							k + 1 - TAPS_BEFORE - place, c, s, wide) -
						shadow_left(k - TAPS_BEFORE - place, c, s, wide));
		}
	}
}

void needles_cast(const struct needles *n, const struct grid *grid, double angle, double sink,
	const struct strip *strip)
{
	const struct shadow_kernels *kernels = ISA_PICK(shadow_kernels);
	struct shadow_taps taps;
	struct shadow_view view = shadow_view(grid, angle, sink, strip);
	/* How far roll and settling move rows at most. */
	int64_t slack = shadow_slack(grid, sink);

	fill_taps(&taps, angle, grid);
	for (int64_t i = 0; i < n->n_tiles; i++) {
		const struct needle_tile *t = &n->tile[i];

		if (t->n > 0 && t->row_max + slack > strip->row0 &&
			t->row_min - slack < strip->row0 + strip->n_row)
			kernels->needles(n->needle + t->first, n->weight + t->first_weight, t->n,
				&view, &taps, strip);
	}
}

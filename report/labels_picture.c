/* SPDX-License-Identifier: BSD-3-Clause
 * Cuts through label volumes; see report/labels_picture.h. */
#include "report/labels_picture.h"

#include "core/metrics.h"
#include "io/volume_view.h"
#include "report/picture.h"
#include "report/ramp.h"

#include <math.h>

enum { SIDE = 330, GAP = 12, HEAD = 64, TITLE = 22, UP = 200 };

/* Voxels [low, high) of an axis of n, `half` around a place. */
struct span {
	int64_t low, n;
};

static struct span span_of(double at, double half, int64_t n)
{
	double low = fmax(0, fmin(floor(at - half), (double)(n - 1)));
	double high = fmax(low + 1, fmin(ceil(at + half) + 1, (double)n));

	return (struct span){(int64_t)low, (int64_t)(high - low)};
}

static int64_t place(double at, int64_t n)
{
	return (int64_t)fmax(0, fmin(floor(at + 0.5), (double)(n - 1)));
}

struct cuts {
	struct grey plan, front, side;
};

/* Upright cuts show half as much along z as across. */
static enum err read_cuts(struct cuts *cuts, const struct labels_cut *c, struct arena *arena)
{
	struct volume_view v;
	enum err e = OK;

	TRY(volume_view(&v, c->labels, arena));
	struct span z = span_of(c->at[0], c->half * UP / SIDE, v.nz);
	struct span y = span_of(c->at[1], c->half, v.ny), x = span_of(c->at[2], c->half, v.nx);
	int64_t at_z = place(c->at[0], v.nz), at_y = place(c->at[1], v.ny);
	int64_t at_x = place(c->at[2], v.nx);
	float *plan = ARENA_NEW(arena, float, y.n *x.n), *front = ARENA_NEW(arena, float, z.n *x.n);
	float *side = ARENA_NEW(arena, float, z.n *y.n);

	if (!plan || !front || !side) {
		volume_view_close(&v);
		return ERR_RESOURCE;
	}
	struct hdf5_window w = {.z = at_z, .y0 = y.low, .step = 1, .n = y.n, .x0 = x.low, .m = x.n};
	e = volume_view_read(&v, &w, plan);
	for (int64_t k = 0; k < z.n && e == OK; k++) {
		w = (struct hdf5_window){
			.z = z.low + k, .y0 = at_y, .step = 1, .n = 1, .x0 = x.low, .m = x.n};
		e = volume_view_read(&v, &w, front + k * x.n);
		w = (struct hdf5_window){
			.z = z.low + k, .y0 = y.low, .step = 1, .n = y.n, .x0 = at_x, .m = 1};
		if (e == OK)
			e = volume_view_read(&v, &w, side + k * y.n);
	}
	volume_view_close(&v);
	*cuts = (struct cuts){
		.plan = {.data = plan, .ny = y.n, .nx = x.n},
		.front = {.data = front, .ny = z.n, .nx = x.n},
		.side = {.data = side, .ny = z.n, .nx = y.n},
	};
	cuts->plan.title = arena_format(arena, "%s, z = %lld", c->name, (long long)at_z);
	cuts->front.title = arena_format(arena, "y = %lld", (long long)at_y);
	cuts->side.title = arena_format(arena, "x = %lld", (long long)at_x);
	return e;
}

/* A square of each colour with its name. */
static enum err draw_names(struct picture *p, double y)
{
	double x = GAP;

	for (int k = 0; k < N_LABELS; k++) {
		float value = (float)k;
		const struct grey square = {.data = &value,
			.ny = 1,
			.nx = 1,
			.low = 0,
			.high = 1,
			.colours = label_colours,
			.n_colours = N_LABELS};

		TRY(picture_grey(p, (struct box){x, y, 14, 14}, &square));
		picture_text(p, x + 20, y + 12, 100, 12, label_names[k]);
		x += 120;
	}
	return OK;
}

enum err labels_picture(const char *out, const char *title, const struct labels_cut *list,
	int64_t n, struct arena *arena)
{
	int row = SIDE + TITLE + GAP, width = 3 * (SIDE + GAP) + GAP;
	struct picture *p;

	TRY(picture_new(&p, width, HEAD + (int)n * row, arena));
	picture_text(p, GAP, 24, width - 2 * GAP, 16, title);
	TRY(draw_names(p, 38));
	for (int64_t k = 0; k < n; k++) {
		struct cuts cuts;
		double y = HEAD + (double)k * row;

		TRY(read_cuts(&cuts, &list[k], arena));
		struct grey *greys[] = {&cuts.plan, &cuts.front, &cuts.side};

		for (int i = 0; i < 3; i++) {
			greys[i]->low = 0;
			greys[i]->high = 1;
			greys[i]->colours = label_colours;
			greys[i]->n_colours = N_LABELS;
			TRY(picture_grey(p,
				(struct box){GAP + i * (SIDE + GAP), y, SIDE, SIDE + TITLE},
				greys[i]));
		}
	}
	return picture_save(p, out);
}

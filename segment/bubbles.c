/* SPDX-License-Identifier: BSD-3-Clause
 * The measures of a bubble; see segment/bubbles.h. */
#include "segment/bubbles.h"

#include "core/metrics.h"
#include "segment/components.h"
#include "segment/distance.h"
#include "segment/faces.h"
#include "segment/gaussian.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Distances in voxels, squared: the band that blur reaches, the shell of liquid beyond it, the core of gas. */
enum {
	BAND2 = 9,
	SHELL_FROM2 = 16,
	SHELL_TO2 = 49,
	CORE2 = 9,
	TOUCH2 = 4,
	REACH = 7,
	LEAST_SHELL = 50,
	LEAST_CORE = 200
};
static const double unknown_contrast = 0.05; /* relative sd of the expected contrast */
static const double relabel_sigma =
	1.2; /* less shrinkage than the phases have, noise enough lower */

struct work {
	const struct bubble_block *b;
	int64_t n;
	uint8_t *mask; /* 1: of this bubble, 2: other gas, 3: solid or outside, 0: liquid */
	uint16_t *to, *inner, *solid, *other; /* squared distances */
};

/* Marks the component whose box and size are the bubble's. */
static enum err find_bubble(struct work *w, struct arena *scratch)
{
	const struct bubble_block *b = w->b;
	const struct component *list;
	struct components *c;
	uint8_t *value;
	int64_t found = -1;

	TRY(components_new(
		&c, b->n[1], b->n[2], 26, (struct label_range){LABEL_VOID, LABEL_VOID}, scratch));
	TRY(components_add(c, b->labels, b->n[0]));
	TRY(components_finish(c));
	list = components_list(c);
	for (int64_t k = 0; k < components_count(c); k++) {
		bool same = list[k].voxels == b->voxels;

		for (int a = 0; a < 3; a++)
			same = same && list[k].low[a] == b->low[a] && list[k].high[a] == b->high[a];
		found = same ? k : found;
	}
	if (found < 0)
		return fail(ERR_FAILED, "a bubble of %lld voxels is not where it was",
			(long long)b->voxels);
	for (int64_t i = 0; i < w->n; i++)
		w->mask[i] = b->labels[i] == LABEL_NAK ? 0 : b->labels[i] == LABEL_VOID ? 2 : 3;
	NEED(value = ARENA_NEW(scratch, uint8_t, components_count(c)));
	memset(value, 2, (size_t)components_count(c));
	value[found] = 1;
	return components_mark(c, 0, b->n[0], value, w->mask);
}

static enum err distance_to(
	const struct work *w, struct label_range object, uint16_t **out, struct arena *scratch)
{
	struct slab whole = slab_whole(w->b->n[0], w->b->n[1], w->b->n[2]);

	NEED(*out = ARENA_NEW(scratch, uint16_t, w->n));
	return distance_bounded(&whole, w->mask, object, REACH, *out, scratch);
}

static enum err find_touch(const struct work *w, struct bubble_shape *out, struct arena *scratch)
{
	struct slab whole = slab_whole(w->b->n[0], w->b->n[1], w->b->n[2]);
	const struct label_range ceramic = {LABEL_NASICON, LABEL_NASICON};
	uint16_t *to = ARENA_NEW(scratch, uint16_t, w->n);

	NEED(to);
	TRY(distance_bounded(&whole, w->b->labels, ceramic, REACH, to, scratch));
	for (int64_t i = 0; i < w->n; i++)
		out->touches = out->touches || (w->mask[i] == 1 && to[i] <= TOUCH2);
	return OK;
}

static bool in_sum(const struct work *w, int64_t i)
{
	return w->to[i] <= BAND2 && w->solid[i] > BAND2 && w->other[i] > BAND2 && w->mask[i] <= 1;
}

struct sums {
	double shell, core, band;
	int64_t n_shell, n_core, n_band, n_label, n_label_face;
};

static struct sums add_up(const struct work *w)
{
	struct sums s = {0};

	for (int64_t i = 0; i < w->n; i++) {
		double f = (double)w->b->values[i];
		bool clear = w->solid[i] > BAND2 && w->other[i] > BAND2;

		if (w->mask[i] == 1 && w->inner[i] >= CORE2 && clear) {
			s.core += f;
			s.n_core++;
		}
		if (w->mask[i] == 0 && w->to[i] >= SHELL_FROM2 && w->to[i] < SHELL_TO2 && clear) {
			s.shell += f;
			s.n_shell++;
		}
		if (in_sum(w, i)) {
			s.band += f;
			s.n_band++;
		} else if (w->mask[i] == 1) {
			s.n_label++;
			s.n_label_face += w->solid[i] <= 1 || w->inner[i] <= 1;
		}
	}
	return s;
}

static void find_volume(
	const struct bubble_block *b, const struct sums *s, struct bubble_shape *out)
{
	double liquid = s->n_shell >= LEAST_SHELL ? s->shell / (double)s->n_shell : b->liquid;
	double contrast = b->gas, relative = unknown_contrast, n = (double)s->n_band, noise;
	double sum;

	if (s->n_core >= LEAST_CORE && liquid - s->core / (double)s->n_core > 0.5 * b->gas) {
		contrast = liquid - s->core / (double)s->n_core;
		relative = b->noise * sqrt(b->correlated / (double)s->n_core) / contrast;
		out->core = s->n_core;
	}
	sum = (n * liquid - s->band) / contrast;
	/* the noise of the band, and of the level that is taken off every voxel of it */
	noise = b->noise / contrast * sqrt(b->correlated) *
		sqrt(n + (s->n_shell >= LEAST_SHELL ? n * n / (double)s->n_shell : n));
	out->contrast = contrast;
	out->volume = sum + (double)s->n_label;
	/* a boundary taken from labels is known to a quarter of a voxel */
	out->volume_sd = sqrt(noise * noise + relative * relative * sum * sum +
			      0.0625 * (double)s->n_label_face * (double)s->n_label_face);
	if (out->volume < 0.25 * (double)b->voxels || out->volume > 4 * (double)b->voxels) {
		/* partial volumes make no sense here (streaks, say): the labels are what is known */
		out->volume = (double)b->voxels;
		out->volume_sd = 0.5 * (double)b->voxels;
	}
}

static int compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

/* The darkest voxels of the sum become the bubble. */
static enum err relabel(
	struct work *w, struct bubble_shape *out, int64_t n_label, struct arena *scratch)
{
	struct slab whole = slab_whole(w->b->n[0], w->b->n[1], w->b->n[2]);
	float *smooth = ARENA_NEW(scratch, float, w->n), *sorted = ARENA_NEW(scratch, float, w->n);
	int64_t n = 0, want = llround(out->volume) - n_label;

	NEED(smooth);
	NEED(sorted);
	out->labelled = w->b->voxels;
	TRY(gaussian(&whole, w->b->values, relabel_sigma, smooth, scratch));
	for (int64_t i = 0; i < w->n; i++)
		if (in_sum(w, i))
			sorted[n++] = smooth[i];
	if (want < 1 || want >= n)
		return OK;
	qsort(sorted, (size_t)n, sizeof(*sorted), compare);
	out->labelled = n_label;
	for (int64_t i = 0; i < w->n; i++) {
		if (!in_sum(w, i))
			continue;
		w->mask[i] = smooth[i] < sorted[want];
		w->b->labels[i] = w->mask[i] ? LABEL_VOID : LABEL_NAK;
		out->labelled += w->mask[i];
	}
	return OK;
}

static enum err find_area(const struct work *w, struct bubble_shape *out, struct arena *scratch)
{
	struct slab whole = slab_whole(w->b->n[0], w->b->n[1], w->b->n[2]);
	const struct label_range gas = {1, 1}, rest = {2, 0};
	double volume = (double)out->labelled, *area = ARENA_NEW(scratch, double, whole.nz);
	float *smooth = ARENA_NEW(scratch, float, w->n);

	NEED(smooth);
	NEED(area);
	TRY(gaussian_indicator(&whole, w->mask, gas, 2, smooth, scratch));
	TRY(faces_area(&whole, w->mask, gas, rest, smooth, area, scratch));
	out->area = 0;
	for (int64_t z = 0; z < whole.nz; z++)
		out->area += area[z];
	out->sphericity = fmin(1, cbrt(acos(-1.0)) * pow(6 * volume, 2.0 / 3) / out->area);
	/* area to 1 %, and the voxels that the noise of the edge moves */
	out->sphericity_sd = out->sphericity *
			     sqrt(1e-4 + pow(2.0 / 3 * out->volume_sd / fmax(1, out->volume), 2));
	return OK;
}

enum err bubble_measure(
	const struct bubble_block *b, struct bubble_shape *shape, struct arena *scratch)
{
	struct work w = {.b = b, .n = b->n[0] * b->n[1] * b->n[2]};
	struct arena_mark mark = arena_mark(scratch);
	struct sums sums;

	*shape = (struct bubble_shape){0};
	NEED(w.mask = ARENA_NEW(scratch, uint8_t, w.n));
	TRY(find_bubble(&w, scratch));
	TRY(distance_to(&w, (struct label_range){1, 1}, &w.to, scratch));
	TRY(distance_to(&w, (struct label_range){2, 0}, &w.inner, scratch));
	TRY(distance_to(&w, (struct label_range){3, 3}, &w.solid, scratch));
	TRY(distance_to(&w, (struct label_range){2, 2}, &w.other, scratch));
	TRY(find_touch(&w, shape, scratch));
	sums = add_up(&w);
	find_volume(b, &sums, shape);
	TRY(relabel(&w, shape, sums.n_label, scratch));
	TRY(find_area(&w, shape, scratch));
	arena_release(scratch, mark);
	return OK;
}

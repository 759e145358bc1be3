/* SPDX-License-Identifier: BSD-3-Clause */
#include "truth/score_metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct pair {
	int64_t truth, found;
	double cost;
};

struct object {
	const char *object, *name;
	int64_t truth_id, found_id;
};

static void add(struct metrics_score *s, const struct object *o, const char *quantity,
	const char *unit, struct quantity truth, struct quantity found)
{
	struct metric_score row = {o->object, o->name, o->truth_id, o->found_id, quantity, unit,
		truth.value, found.value, found.sd, found.value - truth.value, NAN, NAN};

	if (!isfinite(row.error))
		return;
	if (isfinite(found.sd) && isfinite(truth.sd)) /* of the truth: 0, unless it was measured */
		row.sd = hypot(found.sd, truth.sd);
	if (truth.value != 0)
		row.relative = row.error / fabs(truth.value);
	if (row.sd > 0)
		row.z = row.error / row.sd;
	s->n_z += isfinite(row.z);
	s->n_within += fabs(row.z) <= 2;
	s->rows[s->n++] = row;
}

static void add_exact(struct metrics_score *s, const struct object *o, const char *quantity,
	const char *unit, double truth, double found)
{
	const struct quantity t = {truth, 0}, f = {found, NAN};

	add(s, o, quantity, unit, t, f);
}

static void add_fields(struct metrics_score *s, const struct object *o,
	const struct metric_field *field, const void *truth, const void *found)
{
	for (; field->name; field++)
		add(s, o, field->name, field->unit, *metric_at(truth, field),
			*metric_at(found, field));
}

/* Diameter of a ball of that volume. */
static double diameter(const struct bubble_metrics *b)
{
	return cbrt(6 / M_PI * b->volume_um3.value);
}

/* Nearness of two bubbles: distance over the larger radius, and how unlike their volumes are. NAN: too
 * far apart to be the same one. */
static double unlikeness(
	const struct bubble_metrics *a, const struct bubble_metrics *b, double voxel_um)
{
	double square = 0, radius = 0.5 * fmax(diameter(a), diameter(b)), d;

	for (int k = 0; k < 3; k++)
		square += (a->centroid_um[k] - b->centroid_um[k]) *
			  (a->centroid_um[k] - b->centroid_um[k]);
	d = sqrt(square);
	if (!(d <= fmax(radius, isfinite(voxel_um) ? 3 * voxel_um : 0)))
		return NAN;
	return (radius > 0 ? d / radius : 0) + fabs(log(a->volume_um3.value / b->volume_um3.value));
}

static int cheapest_first(const void *a, const void *b)
{
	const struct pair *p = a, *q = b;

	if (p->cost != q->cost)
		return p->cost < q->cost ? -1 : 1;
	if (p->truth != q->truth)
		return p->truth < q->truth ? -1 : 1;
	return p->found < q->found ? -1 : p->found > q->found;
}

static int64_t near_pairs(
	const struct step_metrics *truth, const struct step_metrics *found, struct pair *out)
{
	int64_t n = 0;

	for (int64_t t = 0; t < truth->n_bubbles; t++)
		for (int64_t f = 0; f < found->n_bubbles; f++) {
			double cost =
				unlikeness(&truth->bubbles[t], &found->bubbles[f], truth->voxel_um);

			if (!isfinite(cost))
				continue;
			if (out)
				out[n] = (struct pair){t, f, cost};
			n++;
		}
	return n;
}

/* Greedy, the likest first; pairs keep the order of the true bubbles. */
static enum err match_bubbles(const struct step_metrics *truth, const struct step_metrics *found,
	struct pair **pairs, int64_t *n, struct arena *arena)
{
	int64_t near = near_pairs(truth, found, NULL);
	struct pair *all = ARENA_NEW(arena, struct pair, near);
	int64_t *partner = ARENA_NEW(arena, int64_t, truth->n_bubbles);
	bool *taken = ARENA_ZERO(arena, bool, found->n_bubbles);

	NEED(all);
	NEED(partner);
	NEED(taken);
	NEED(*pairs = ARENA_NEW(arena, struct pair, truth->n_bubbles));
	near_pairs(truth, found, all);
	qsort(all, (size_t)near, sizeof(*all), cheapest_first);
	for (int64_t i = 0; i < truth->n_bubbles; i++)
		partner[i] = -1;
	for (int64_t i = 0; i < near; i++)
		if (partner[all[i].truth] < 0 && !taken[all[i].found]) {
			partner[all[i].truth] = all[i].found;
			taken[all[i].found] = true;
		}
	*n = 0;
	for (int64_t i = 0; i < truth->n_bubbles; i++)
		if (partner[i] >= 0)
			(*pairs)[(*n)++] = (struct pair){i, partner[i], 0};
	return OK;
}

/* Cracks or chips: the largest with the largest. */
struct sized {
	double size;
	int64_t i;
};

static int largest_first(const void *a, const void *b)
{
	const struct sized *p = a, *q = b;

	if (p->size != q->size)
		return p->size > q->size ? -1 : 1;
	return p->i < q->i ? -1 : p->i > q->i;
}

static enum err by_size(const void *objects, int64_t n, size_t bytes, size_t volume,
	struct sized **sorted, struct arena *arena)
{
	struct sized *s = ARENA_NEW(arena, struct sized, n);

	NEED(*sorted = s);
	for (int64_t i = 0; i < n; i++) {
		const struct quantity *q =
			(const void *)((const char *)objects + (size_t)i * bytes + volume);

		s[i] = (struct sized){isfinite(q->value) ? q->value : -1, i};
	}
	qsort(s, (size_t)n, sizeof(*s), largest_first);
	return OK;
}

static enum err score_bubbles(struct metrics_score *s, const struct step_metrics *truth,
	const struct step_metrics *found, struct arena *arena)
{
	static const char *const centroid[] = {"centroid_z_um", "centroid_y_um", "centroid_x_um"};
	struct pair *pairs;
	int64_t n;

	TRY(match_bubbles(truth, found, &pairs, &n, arena));
	s->objects[0] = (struct object_score){"bubbles", truth->n_bubbles, found->n_bubbles, n};
	for (int64_t i = 0; i < n; i++) {
		const struct bubble_metrics *t = &truth->bubbles[pairs[i].truth];
		const struct bubble_metrics *f = &found->bubbles[pairs[i].found];
		const struct object o = {"bubble", "", t->id, f->id};

		add_fields(s, &o, bubble_fields, t, f);
		for (int k = 0; k < 3; k++)
			add_exact(s, &o, centroid[k], "um", t->centroid_um[k], f->centroid_um[k]);
	}
	return OK;
}

static enum err score_cracks(struct metrics_score *s, const struct step_metrics *truth,
	const struct step_metrics *found, struct arena *arena)
{
	const size_t bytes = sizeof(struct crack_metrics);
	const size_t volume = offsetof(struct crack_metrics, volume_um3);
	int64_t n = truth->n_cracks < found->n_cracks ? truth->n_cracks : found->n_cracks;
	struct sized *t, *f;

	TRY(by_size(truth->cracks, truth->n_cracks, bytes, volume, &t, arena));
	TRY(by_size(found->cracks, found->n_cracks, bytes, volume, &f, arena));
	s->objects[1] = (struct object_score){"cracks", truth->n_cracks, found->n_cracks, n};
	for (int64_t i = 0; i < n; i++) {
		const struct crack_metrics *a = &truth->cracks[t[i].i], *b = &found->cracks[f[i].i];
		const struct object o = {"crack", "", a->id, b->id};

		add_fields(s, &o, crack_fields, a, b);
	}
	return OK;
}

static enum err score_chips(struct metrics_score *s, const struct step_metrics *truth,
	const struct step_metrics *found, struct arena *arena)
{
	const size_t bytes = sizeof(struct chip_metrics);
	const size_t volume = offsetof(struct chip_metrics, volume_um3);
	int64_t n = truth->n_chips < found->n_chips ? truth->n_chips : found->n_chips;
	struct sized *t, *f;

	TRY(by_size(truth->chips, truth->n_chips, bytes, volume, &t, arena));
	TRY(by_size(found->chips, found->n_chips, bytes, volume, &f, arena));
	s->objects[2] = (struct object_score){"chips", truth->n_chips, found->n_chips, n};
	for (int64_t i = 0; i < n; i++) {
		const struct chip_metrics *a = &truth->chips[t[i].i], *b = &found->chips[f[i].i];
		const struct object o = {"chip", "", a->id, b->id};

		add_fields(s, &o, chip_fields, a, b);
	}
	return OK;
}

static void score_interface(
	struct metrics_score *s, const struct step_metrics *truth, const struct step_metrics *found)
{
	static const char *const plane[] = {"plane_z_um", "plane_dz_dx", "plane_dz_dy"};
	const struct object o = {"interface", "", -1, -1};

	if (!truth->has_interface || !found->has_interface)
		return;
	for (int i = 0; i < 3; i++)
		add_exact(s, &o, plane[i], i == 0 ? "um" : "", truth->interface.plane[i],
			found->interface.plane[i]);
	add_fields(s, &o, interface_fields, &truth->interface, &found->interface);
}

/* The motions by where they bring the origin, and the angle between their turns. */
static void score_transform(
	struct metrics_score *s, const struct step_metrics *truth, const struct step_metrics *found)
{
	static const char *const shift[] = {"shift_z_um", "shift_y_um", "shift_x_um"};
	const struct object o = {"transform", "", -1, -1};
	double square = 0;

	if (!truth->has_transform || !found->has_transform)
		return;
	for (int i = 0; i < 3; i++) {
		add_exact(s, &o, shift[i], "um", truth->transform[i][3], found->transform[i][3]);
		for (int k = 0; k < 3; k++) {
			double d = found->transform[i][k] - truth->transform[i][k];

			square += d * d;
		}
	}
	/* |R - S|^2 = 8 sin^2(angle / 2), exact also where the cosine is flat */
	add_exact(s, &o, "turn_deg", "degrees", 0, 360 / M_PI * asin(fmin(sqrt(square / 8), 1)));
}

static int64_t most_rows(const struct step_metrics *truth)
{
	return N_LABELS + 10 + 6 * truth->n_bubbles + 7 * truth->n_cracks + 4 * truth->n_chips;
}

enum err score_metrics(struct metrics_score *s, const struct step_metrics *truth,
	const struct step_metrics *found, struct arena *arena)
{
	*s = (struct metrics_score){.within = NAN};
	NEED(s->rows = ARENA_NEW(arena, struct metric_score, most_rows(truth)));
	for (int i = LABEL_VOID; i < N_LABELS; i++) {
		const struct object o = {"phase", label_names[i], -1, -1};

		add(s, &o, "volume_um3", "um3", truth->phase_um3[i], found->phase_um3[i]);
	}
	score_interface(s, truth, found);
	TRY(score_bubbles(s, truth, found, arena));
	TRY(score_cracks(s, truth, found, arena));
	TRY(score_chips(s, truth, found, arena));
	score_transform(s, truth, found);
	if (s->n_z)
		s->within = (double)s->n_within / (double)s->n_z;
	return OK;
}

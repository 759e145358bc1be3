/* SPDX-License-Identifier: BSD-3-Clause */
#include "truth/score_sum.h"

#include "core/metrics.h"
#include "core/parallel.h"

#include <math.h>

enum { VALUES = 256 };

static double ratio(int64_t a, int64_t b)
{
	return b ? (double)a / (double)b : NAN;
}

static enum err two_sizes(const struct score_volume *t, const struct score_volume *f)
{
	return fail(ERR_INPUT,
		"%s: is %lld x %lld x %lld, the truth %s is %lld x %lld x %lld (z y x); they must "
		"have the same %s",
		f->name, (long long)f->nz, (long long)f->ny, (long long)f->nx, t->name,
		(long long)t->nz, (long long)t->ny, (long long)t->nx,
		f->ny != t->ny || f->nx != t->nx ? "rows and columns"
						 : "planes, or both know their detector rows");
}

enum err score_align(struct score_setup *s)
{
	const struct score_volume *t = s->side[SCORE_TRUTH], *f = s->side[SCORE_FOUND];
	bool rows = t->first_row >= 0 && f->first_row >= 0;
	int64_t begin, end;

	for (int side = 0; side < 2; side++)
		for (int k = 0; k < 3; k++)
			s->begin[side][k] = 0;
	s->n[0] = t->nz;
	s->n[1] = t->ny;
	s->n[2] = t->nx;
	if (t->ny != f->ny || t->nx != f->nx || (!rows && t->nz != f->nz))
		return two_sizes(t, f);
	if (fabs(t->voxel_um / f->voxel_um - 1) > 1e-4)
		return fail(ERR_INPUT,
			"%s: has voxels of %.6g um, the truth %s of %.6g um; they must be the same",
			f->name, f->voxel_um, t->name, t->voxel_um);
	if (!rows)
		return OK;
	begin = t->first_row > f->first_row ? t->first_row : f->first_row;
	end = t->first_row + t->nz < f->first_row + f->nz ? t->first_row + t->nz
							  : f->first_row + f->nz;
	if (begin >= end)
		return fail(ERR_INPUT,
			"%s: has detector rows %lld to %lld, the truth %s %lld to %lld; there is "
			"no "
			"row in common",
			f->name, (long long)f->first_row, (long long)(f->first_row + f->nz - 1),
			t->name, (long long)t->first_row, (long long)(t->first_row + t->nz - 1));
	s->begin[SCORE_TRUTH][0] = begin - t->first_row;
	s->begin[SCORE_FOUND][0] = begin - f->first_row;
	s->n[0] = end - begin;
	return OK;
}

void score_move(struct score_setup *s, const int64_t whole[3])
{
	for (int k = 0; k < 3; k++) {
		int64_t by = whole[k] < 0 ? -whole[k] : whole[k];

		s->begin[whole[k] > 0 ? SCORE_FOUND : SCORE_TRUTH][k] += by;
		s->n[k] -= by;
	}
}

static void sum_confusion(struct score *score, const struct score_sums *sums)
{
	int64_t equal = 0, all = 0;

	for (int v = 0; v < VALUES; v++)
		if (sums->there[v])
			score->label[score->n_labels++] = (uint8_t)v;
	for (int i = 0; i < score->n_labels; i++)
		for (int j = 0; j < score->n_labels; j++) {
			int64_t n = 0;

			for (int t = 0; t < parallel_threads(); t++)
				n += sums->counts[((int64_t)t * VALUES + score->label[i]) * VALUES +
						  score->label[j]];
			score->confusion[i][j] = n;
			all += score->label[i] || score->label[j] ? n : 0;
			equal += score->label[i] && i == j ? n : 0;
		}
	score->n_inside = all;
	score->agreement = ratio(equal, all);
}

/* The smallest distance that a share of the voxels of one side keep. */
static double percentile(const struct near *near, int side, int64_t n, double share)
{
	int64_t sum = 0;

	for (int64_t d = 0; d < near->bins; d++) {
		sum += near_count(near, side, d);
		if ((double)sum >= share * (double)n)
			return sqrt((double)d) < (double)near->reach ? sqrt((double)d)
								     : (double)near->reach;
	}
	return (double)near->reach;
}

static struct score_boundary sum_boundary(const struct near *near)
{
	struct score_boundary b = {.mean = NAN, .most95 = NAN};
	int64_t n[2] = {0, 0};
	double sum = 0;

	if (!near)
		return b;
	for (int side = 0; side < 2; side++)
		for (int64_t d = 0; d < near->bins; d++) {
			int64_t count = near_count(near, side, d);

			n[side] += count;
			sum += (double)count * fmin(sqrt((double)d), (double)near->reach);
			b.beyond += d == near->bins - 1 ? count : 0;
		}
	b.n_truth = n[SCORE_TRUTH];
	b.n_found = n[SCORE_FOUND];
	if (n[0] + n[1] == 0)
		return b;
	b.mean = sum / (double)(n[0] + n[1]);
	b.most95 = 0;
	for (int side = 0; side < 2; side++)
		if (n[side])
			b.most95 = fmax(b.most95, percentile(near, side, n[side], 0.95));
	return b;
}

static struct score_phase sum_phase(const struct score *s, const struct score_sums *sums, int label)
{
	struct score_phase p = {.label = label};

	for (int i = 0; i < s->n_labels; i++)
		for (int j = 0; j < s->n_labels; j++) {
			p.n_truth += s->label[i] == label ? s->confusion[i][j] : 0;
			p.n_found += s->label[j] == label ? s->confusion[i][j] : 0;
			p.n_both += s->label[i] == label && i == j ? s->confusion[i][j] : 0;
		}
	p.dice = ratio(2 * p.n_both, p.n_truth + p.n_found);
	p.iou = ratio(p.n_both, p.n_truth + p.n_found - p.n_both);
	p.volume_error = ratio(p.n_found - p.n_truth, p.n_truth);
	p.boundary = sum_boundary(sums->boundary[label]);
	return p;
}

static void sum_crack(struct score_crack *c, const struct near *near)
{
	for (int i = 0; i < CRACK_NEAR; i++)
		c->truth_found[i] = c->found_true[i] = NAN;
	for (int side = 0; side < 2 && near; side++) {
		double *share = side == SCORE_TRUTH ? c->truth_found : c->found_true;
		int64_t n = 0, within[CRACK_NEAR] = {0};

		for (int64_t d = 0; d < near->bins; d++) {
			int64_t count = near_count(near, side, d);

			n += count;
			for (int i = 0; i < CRACK_NEAR; i++)
				within[i] += d <= crack_near[i] * crack_near[i] ? count : 0;
		}
		for (int i = 0; i < CRACK_NEAR; i++)
			share[i] = ratio(within[i], n);
		*(side == SCORE_TRUTH ? &c->n_truth : &c->n_found) = n;
	}
}

enum err score_sum(struct score *score, const struct score_sums *sums, struct arena *arena)
{
	static const char *const names[] = {
		[CRACK_ALL] = "all", [CRACK_EMPTY] = "crack", [CRACK_FILLED] = "crack_nak"};

	sum_confusion(score, sums);
	NEED(score->phases = ARENA_NEW(arena, struct score_phase, N_LABELS + SCORE_LABELS));
	for (int label = 0; label < VALUES; label++)
		if (label < N_LABELS || sums->there[label])
			score->phases[score->n_phases++] = sum_phase(score, sums, label);
	for (int i = 0; i < CRACK_KINDS; i++) {
		score->crack[i].name = names[i];
		sum_crack(&score->crack[i], sums->crack[i]);
	}
	return OK;
}

/* Voxels of the pieces that count, and of their overlaps. */
enum err score_sum_large(
	struct score_large *large, const struct blob_lists *blobs, struct arena *arena)
{
	bool *counts[2];

	*large = (struct score_large){.dice = NAN};
	TRY(bubbles_match(&large->bubbles, blobs, ROUND_LARGE, arena));
	for (int side = 0; side < 2; side++) {
		NEED(counts[side] = ARENA_ZERO(arena, bool, blobs->n[side]));
		for (int64_t i = 0; i < blobs->n[side]; i++)
			counts[side][i] = blobs->blob[side][i].n >= ROUND_LARGE;
	}
	for (int64_t i = 0; i < blobs->n_overlaps; i++)
		if (counts[SCORE_TRUTH][blobs->overlap[i].truth])
			counts[SCORE_FOUND][blobs->overlap[i].found] = true;
	for (int64_t i = 0; i < blobs->n_overlaps; i++) {
		const struct overlap *o = &blobs->overlap[i];

		if (counts[SCORE_TRUTH][o->truth] && counts[SCORE_FOUND][o->found])
			large->n_both += o->n;
	}
	for (int side = 0; side < 2; side++)
		for (int64_t i = 0; i < blobs->n[side]; i++)
			*(side == SCORE_TRUTH ? &large->n_truth : &large->n_found) +=
				counts[side][i] ? blobs->blob[side][i].n : 0;
	large->dice = ratio(2 * large->n_both, large->n_truth + large->n_found);
	return OK;
}

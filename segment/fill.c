/* SPDX-License-Identifier: BSD-3-Clause
 * What is in a sheet: see segment/aperture.h. Gas and liquid differ by a tenth of their contrast to the ceramic, so
 * only many profiles together tell, and only where the sheet is wider than the blur: below, a shallower and
 * wider gap looks the same. */
#include "core/parallel.h"
#include "segment/aperture.h"
#include "segment/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PATCH = 12, WIDTHS = 48, BLURS = 23, LEAST = 12 };
/* Profiles half a voxel apart share their voxels, and so do profiles of neighbours. What the model lacks (rough walls,
 * branches, other fills beside) is worth more than the noise: a difference is believed from `sure` on. */
static const double correlated = 4, sure = 12;
/* A gap that is narrower than this gives no width of its own, and nothing tells what fills it. */
static const double narrowest = 1;

struct patch {
	int32_t key[4]; /* object, cell */
	int64_t first, n;
	double drop[PROFILE], weight; /* median of level - f; 1 / variance of one of these */
	double shift;		      /* of the gap's middle from the surface */
	bool seen[PROFILE];
	double likelihood; /* log of filled over empty */
	int8_t fill;
	bool thin;
};

struct member {
	int32_t key[4], element;
};

static int compare_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	for (int k = 0; k < 4; k++)
		if (x->key[k] != y->key[k])
			return x->key[k] < y->key[k] ? -1 : 1;
	return (x->element > y->element) - (x->element < y->element);
}

struct fill_job {
	struct sheet *sheet;
	const struct sheet_profile *profiles;
	struct crack_contrast contrast;
	struct member *member;
	struct patch *patch;
	int64_t patches;
	float *space; /* for each thread, as long as the largest patch */
	int64_t longest;
	double blur;	/* of the present round */
	double *misfit; /* of each patch */
};

static double gap(double t, double width, double blur)
{
	double s = blur * sqrt(2);

	return 0.5 * (erf((t + width / 2) / s) - erf((t - width / 2) / s));
}

/* Least misfit over widths of a gap of that contrast. */
static double fit_patch(const struct patch *p, double contrast, double blur, double *best_width)
{
	double best = INFINITY;

	for (int w = 0; w < WIDTHS; w++) {
		double width = 0.3 * pow(1.08, w), sum = 0;

		for (int i = 0; i < PROFILE; i++) {
			double d = p->drop[i] -
				   contrast * gap(0.5 * i - PROFILE_REACH - p->shift, width, blur);

			sum += p->seen[i] ? p->weight * d * d : 0;
		}
		if (sum < best) {
			best = sum;
			*best_width = width;
		}
	}
	return best;
}

/* The surface lies beside the middle of the gap where the sheet is curved: without this the walls would seem blurred. */
static void find_shift(struct patch *p)
{
	double sum = 0, along = 0;

	for (int i = 0; i < PROFILE; i++) {
		sum += p->drop[i];
		along += p->drop[i] * (0.5 * i - PROFILE_REACH);
	}
	p->shift = sum > 0 ? fmax(-1.5, fmin(1.5, along / sum)) : 0;
}

static enum err median_patch(void *context, int64_t k, int thread)
{
	struct fill_job *j = context;
	struct patch *p = &j->patch[k];
	float *space = j->space + thread * j->longest;

	for (int i = 0; i < PROFILE; i++) {
		int64_t n = 0;

		for (int64_t m = p->first; m < p->first + p->n; m++) {
			const struct sheet_profile *q = &j->profiles[j->member[m].element];
			float drop = q->level - q->f[i];

			if (!isnan(drop))
				space[n++] = drop;
		}
		p->seen[i] = n >= LEAST && 2 * n > p->n;
		p->drop[i] = p->seen[i] ? (double)order_median_float(space, n) : 0;
	}
	find_shift(p);
	/* 1.57: what a median's variance has more than a mean's */
	p->weight = (double)p->n / (1.57 * correlated * j->contrast.noise * j->contrast.noise);
	return OK;
}

static enum err blur_patch(void *context, int64_t k, int thread)
{
	struct fill_job *j = context;
	double width;

	(void)thread;
	j->misfit[k] = fmin(fit_patch(&j->patch[k], j->contrast.gas, j->blur, &width),
		fit_patch(&j->patch[k], j->contrast.liquid, j->blur, &width));
	return OK;
}

static enum err judge_patch(void *context, int64_t k, int thread)
{
	struct fill_job *j = context;
	struct patch *p = &j->patch[k];
	double width[2] = {0, 0}, empty, full;

	(void)thread;
	empty = fit_patch(p, j->contrast.gas, j->blur, &width[0]);
	full = fit_patch(p, j->contrast.liquid, j->blur, &width[1]);
	p->thin = width[0] < narrowest;
	p->likelihood = p->n < LEAST || p->thin ? 0 : 0.5 * (empty - full);
	/* what is wrong with the model is not in the noise */
	p->likelihood = fmax(-20, fmin(20, p->likelihood));
	return OK;
}

/* Runs of members with the same cell. */
static enum err make_patches(struct fill_job *j, struct arena *scratch)
{
	struct sheet *s = j->sheet;

	NEED(j->member = ARENA_NEW(scratch, struct member, s->n + 1));
	NEED(j->patch = ARENA_ZERO(scratch, struct patch, s->n + 1));
	for (int64_t i = 0; i < s->n; i++) {
		j->member[i].element = (int32_t)i;
		j->member[i].key[0] = s->list[i].object;
		for (int k = 0; k < 3; k++)
			j->member[i].key[1 + k] = s->list[i].voxel[k] / PATCH;
	}
	qsort(j->member, (size_t)s->n, sizeof(*j->member), compare_members);
	for (int64_t i = 0; i < s->n; i++) {
		if (i == 0 ||
			memcmp(j->member[i].key, j->member[i - 1].key, sizeof(j->member[i].key))) {
			memcpy(j->patch[j->patches].key, j->member[i].key,
				sizeof(j->member[i].key));
			j->patch[j->patches++].first = i;
		}
		j->patch[j->patches - 1].n++;
	}
	for (int64_t k = 0; k < j->patches; k++)
		j->longest = j->patch[k].n > j->longest ? j->patch[k].n : j->longest;
	NEED(j->space = ARENA_NEW(scratch, float, j->longest *parallel_threads() + 1));
	NEED(j->misfit = ARENA_NEW(scratch, double, j->patches + 1));
	return parallel_for(j->patches, median_patch, j);
}

static enum err find_blur(struct fill_job *j)
{
	double least = INFINITY, best = 0.8;

	for (int b = 0; b < BLURS; b++) {
		double sum = 0;

		j->blur = 0.5 + 0.05 * b;
		TRY(parallel_for(j->patches, blur_patch, j));
		for (int64_t k = 0; k < j->patches; k++)
			sum += fmin(j->misfit[k], 400); /* branches and other oddities */
		if (sum < least) {
			least = sum;
			best = j->blur;
		}
	}
	j->blur = best;
	return OK;
}

static bool beside(const struct patch *a, const struct patch *b)
{
	bool near = a->key[0] == b->key[0];

	for (int k = 1; k < 4; k++)
		near = near && abs(a->key[k] - b->key[k]) <= 1;
	return near && a != b;
}

/* The patches are sorted by cell, so neighbours along the first axis bound the search. */
static void decide(struct fill_job *j)
{
	int64_t low = 0;

	for (int64_t k = 0; k < j->patches; k++) {
		struct patch *p = &j->patch[k];
		double sum = p->likelihood;

		while (j->patch[low].key[0] != p->key[0] || j->patch[low].key[1] < p->key[1] - 1)
			low++;
		for (int64_t q = low; q < j->patches && j->patch[q].key[0] == p->key[0] &&
				      j->patch[q].key[1] <= p->key[1] + 1;
			q++)
			if (beside(p, &j->patch[q]))
				sum += 0.25 * j->patch[q].likelihood;
		sum = p->thin ? 0 : sum;
		p->fill = sum > sure ? FILL_LIQUID : sum < -sure ? FILL_EMPTY : FILL_UNKNOWN;
	}
}

enum err sheet_fills(struct sheet *sheet, const struct sheet_profile *profiles,
	const struct crack_contrast *contrast, double *blur, struct arena *scratch)
{
	struct arena_mark mark = arena_mark(scratch);
	struct fill_job j = {.sheet = sheet, .profiles = profiles, .contrast = *contrast};
	double wider = contrast->gas / contrast->liquid;

	if (!(j.contrast.noise > 1e-6 * contrast->gas))
		j.contrast.noise = 1e-6 * contrast->gas;
	TRY(make_patches(&j, scratch));
	TRY(find_blur(&j));
	TRY(parallel_for(j.patches, judge_patch, &j));
	decide(&j);
	for (int64_t k = 0; k < j.patches; k++)
		for (int64_t m = j.patch[k].first; m < j.patch[k].first + j.patch[k].n; m++) {
			struct sheet_element *e = &sheet->list[j.member[m].element];

			e->fill = (uint8_t)j.patch[k].fill;
			if (e->fill == FILL_LIQUID) {
				e->aperture *= (float)wider;
				e->opening *= (float)wider;
			}
		}
	*blur = j.blur;
	arena_release(scratch, mark);
	return OK;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Reduction of flat and dark frames, and their preparation for recon/normalise.c. */
#include "core/parallel.h"
#include "recon/normalise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const float least_flat =
	1e-3f; /* of the median flat of the row; less is noise of the dark */

enum { CHUNK = 2048 }; /* pixels an item */

struct reduction {
	float *out;
	const void *frames;
	enum raw_type type;
	int64_t n, pixels;
	enum average how;
	float *column; /* n values for each thread (median) */
};

static inline float value_at(const void *frames, enum raw_type type, int64_t i)
{
	switch (type) {
	case RAW_U8:
		return ((const uint8_t *)frames)[i];
	case RAW_U16:
		return ((const uint16_t *)frames)[i];
	case RAW_F32:
		break;
	}
	return ((const float *)frames)[i];
}

/* The k-th smallest of n values (Hoare's selection); reorders them so that those before it are not
 * larger. */
static float select_kth(float *v, int64_t n, int64_t k)
{
	int64_t low = 0, high = n - 1;

	while (low < high) {
		float pivot = v[k];
		int64_t i = low, j = high;

		while (i <= j) {
			while (v[i] < pivot)
				i++;
			while (v[j] > pivot)
				j--;
			if (i <= j) {
				float held = v[i];
				v[i++] = v[j];
				v[j--] = held;
			}
		}
		if (j < k)
			low = i;
		if (k < i)
			high = j;
	}
	return v[k];
}

/* Of the finite values; destroys v. NAN if there is none. */
static float median(float *v, int64_t n)
{
	int64_t m = 0;
	float upper, lower;

	for (int64_t i = 0; i < n; i++)
		if (isfinite(v[i]))
			v[m++] = v[i];
	if (m == 0)
		return NAN;
	upper = select_kth(v, m, m / 2);
	if (m & 1)
		return upper;
	lower = v[0];
	for (int64_t i = 1; i < m / 2; i++)
		lower = fmaxf(lower, v[i]);
	return (float)(0.5 * ((double)lower + (double)upper));
}

static void reduce_mean(const struct reduction *r, int64_t p0, int64_t count)
{
	double sum[CHUNK] = {0};
	int32_t good[CHUNK] = {0};

	for (int64_t f = 0; f < r->n; f++) {
		int64_t first = f * r->pixels + p0;

		for (int64_t i = 0; i < count; i++) {
			float v = value_at(r->frames, r->type, first + i);
			bool finite = isfinite(v);

			sum[i] += finite ? (double)v : 0;
			good[i] += finite;
		}
	}
	for (int64_t i = 0; i < count; i++)
		r->out[p0 + i] = good[i] ? (float)(sum[i] / good[i]) : NAN;
}

static enum err reduce_chunk(void *context, int64_t item, int thread)
{
	const struct reduction *r = context;
	int64_t p0 = item * CHUNK, count = r->pixels - p0 < CHUNK ? r->pixels - p0 : CHUNK;
	float *column = r->column ? r->column + thread * r->n : NULL;

	if (r->how == AVERAGE_MEAN) {
		reduce_mean(r, p0, count);
		return OK;
	}
	for (int64_t i = 0; i < count; i++) {
		for (int64_t f = 0; f < r->n; f++)
			column[f] = value_at(r->frames, r->type, f * r->pixels + p0 + i);
		r->out[p0 + i] = median(column, r->n);
	}
	return OK;
}

enum err reduce_frames(float *out, const void *frames, enum raw_type type, int64_t n,
	int64_t pixels, enum average how, struct arena *scratch)
{
	struct reduction r = {out, frames, type, n, pixels, how, NULL};
	struct arena_mark mark = arena_mark(scratch);
	enum err err;

	if (how == AVERAGE_MEDIAN)
		NEED(r.column = ARENA_NEW(scratch, float, n *parallel_threads()));
	err = parallel_for((pixels + CHUNK - 1) / CHUNK, reduce_chunk, &r);
	arena_release(scratch, mark);
	return err;
}

static void swap_flats(struct fields *f, int a, int b)
{
	float *flat = f->flat[a];
	double at = f->at[a];
	int64_t n_frames = f->n_frames[a];

	f->flat[a] = f->flat[b];
	f->at[a] = f->at[b];
	f->n_frames[a] = f->n_frames[b];
	f->flat[b] = flat;
	f->at[b] = at;
	f->n_frames[b] = n_frames;
}

/* flat[a] becomes the mean of all frames of flat[a] and flat[b]. */
static void merge(struct fields *f, int a, int b)
{
	double wa = (double)(f->n_frames[a] > 0 ? f->n_frames[a] : 1);
	double wb = (double)(f->n_frames[b] > 0 ? f->n_frames[b] : 1);

	for (int64_t i = 0; i < f->n_row * f->n_col; i++)
		f->flat[a][i] = (float)((wa * (double)f->flat[a][i] + wb * (double)f->flat[b][i]) /
					(wa + wb));
	f->n_frames[a] = (int64_t)(wa + wb);
}

static void sort_and_merge(struct fields *f)
{
	int n = 0;

	for (int k = 0; k < f->n_flats; k++)
		if (isnan(f->at[k]))
			f->at[k] = -1;
	for (int k = 1; k < f->n_flats; k++)
		for (int j = k; j > 0 && f->at[j] < f->at[j - 1]; j--)
			swap_flats(f, j, j - 1);
	for (int k = 1; k < f->n_flats; k++) {
		if (f->flats_in_time == FLATS_POOLED || f->at[k] == f->at[n])
			merge(f, n, k);
		else
			swap_flats(f, ++n, k);
	}
	f->n_flats = n + 1;
}

/* Flat - dark of one row; unusable pixels become NAN. Returns whether any is usable. */
static bool subtract_dark(struct fields *f, int k, int64_t row, float *scratch)
{
	int64_t n = f->n_col;
	float *flat = f->flat[k] + row * n, least;
	bool any = false;

	if (f->dark)
		for (int64_t i = 0; i < n; i++)
			flat[i] -= f->dark[row * n + i];
	memcpy(scratch, flat, (size_t)n * sizeof(float));
	least = least_flat * median(scratch, n);
	least = least > 0 ? least : 0;
	for (int64_t i = 0; i < n; i++) {
		if (flat[i] > least && isfinite(flat[i]))
			any = true;
		else
			flat[i] = NAN;
	}
	return any;
}

static void mark_unusable(struct fields *f, int64_t row)
{
	f->n_unusable[row] = 0;
	for (int64_t i = row * f->n_col; i < (row + 1) * f->n_col; i++) {
		bool bad = false;

		for (int k = 0; k < f->n_flats; k++)
			bad |= isnan(f->flat[k][i]);
		for (int k = 0; bad && k < f->n_flats; k++)
			f->flat[k][i] = NAN;
		f->n_unusable[row] += bad;
	}
}

enum err fields_prepare(
	struct fields *fields, const struct normalise_settings *s, struct arena *arena)
{
	float *scratch = ARENA_NEW(arena, float, fields->n_col);

	NEED(scratch);
	NEED(fields->n_unusable = ARENA_NEW(arena, int32_t, fields->n_row));
	if (fields->n_flats < 1)
		return fail(ERR_INPUT,
			"there are no flats, and without them transmission is unknown; --flats or "
			"--darks-flats names them");
	if (!fields->dark)
		NEED(fields->dark = ARENA_ZERO(arena, float, fields->n_row * fields->n_col));
	fields->flats_in_time = s->flats_in_time;
	sort_and_merge(fields);
	for (int k = 0; k < fields->n_flats; k++) {
		bool any = false;

		for (int64_t row = 0; row < fields->n_row; row++)
			any |= subtract_dark(fields, k, row, scratch);
		if (!any)
			return fail(ERR_INPUT,
				"flats (group %d of %d) are nowhere brighter than the darks; are "
				"they of this scan, with the shutter open",
				k + 1, fields->n_flats);
	}
	for (int64_t row = 0; row < fields->n_row; row++)
		mark_unusable(fields, row);
	return OK;
}

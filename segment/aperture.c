/* SPDX-License-Identifier: BSD-3-Clause
 * Profiles across a sheet and its aperture; see segment/aperture.h. */
#include "segment/aperture.h"

#include "core/parallel.h"
#include "segment/cloud.h"
#include "segment/order.h"

#include <math.h>

enum { CHUNK = 128, ROOM = 1024, NEAR = 5, FAR_SIDE = 6, FAR_END = 10 };
/* An integral reaches this many sigma of a usual blur (0.8 voxels) beyond the walls, and never less than `least_reach`. */
static const double beyond = 2.2, least_reach = 2.5;

/* Trilinear; NAN where one of the eight is, or beyond the planes at hand. */
static float value_at(const struct slab *s, const float *values, const double at[3])
{
	int64_t i[3];
	double part[3], sum = 0;

	for (int k = 0; k < 3; k++) {
		i[k] = (int64_t)floor(at[k]);
		part[k] = at[k] - (double)i[k];
	}
	if (i[0] < s->p0 || i[0] + 1 >= s->p1 || i[1] < 0 || i[1] + 1 >= s->ny || i[2] < 0 ||
		i[2] + 1 >= s->nx)
		return NAN;
	for (int c = 0; c < 8; c++) {
		double w = 1;
		int64_t q = 0;

		for (int k = 0; k < 3; k++)
			w *= c >> k & 1 ? part[k] : 1 - part[k];
		q = (i[0] - s->p0 + (c & 1)) * s->ny * s->nx + (i[1] + (c >> 1 & 1)) * s->nx +
		    i[2] + (c >> 2 & 1);
		if (w > 0)
			sum += w * (double)values[q];
	}
	return (float)sum;
}

static float along(
	const struct slab *s, const float *values, const struct sheet_element *e, double t)
{
	double at[3];

	for (int k = 0; k < 3; k++)
		at[k] = (double)e->at[k] + t * (double)e->normal[k];
	return value_at(s, values, at);
}

void sheet_profile_at(const struct slab *s, const float *values, const struct sheet_element *e,
	struct sheet_profile *p)
{
	float far[2 * (FAR_END - FAR_SIDE + 1)];
	int64_t n = 0;

	for (int i = 0; i < PROFILE; i++)
		p->f[i] = along(s, values, e, 0.5 * i - PROFILE_REACH);
	for (int i = FAR_SIDE; i <= FAR_END; i++)
		for (int side = -1; side <= 1; side += 2) {
			float v = along(s, values, e, side * i);

			if (!isnan(v))
				far[n++] = v;
		}
	p->level = n >= 4 ? order_median_float(far, n) : NAN;
}

/* ------------------------------------------------------------------ apertures */

struct aperture_job {
	struct sheet *sheet;
	struct sheet_profile *profiles;
	struct cloud cloud;
	double contrast;
	int32_t *found;
	float *level, *own;
	int step;
};

/* Missing attenuation over the contrast, within `reach`; NAN where a part cannot be seen. */
static float missing(const struct sheet_profile *p, double level, double contrast, double reach)
{
	double sum = 0;

	for (int i = 0; i < PROFILE; i++) {
		double t = fabs(0.5 * i - PROFILE_REACH);
		double share = fmin(1, fmax(0, (reach - t) / 0.5 + 0.5));

		if (share > 0)
			sum += 0.5 * share * (level - (double)p->f[i]);
	}
	return (float)(sum / contrast);
}

/* Elements of the same sheet around element i. */
static int64_t around(const struct aperture_job *j, int64_t i, int32_t *found)
{
	const struct sheet_element *e = &j->sheet->list[i];
	int64_t n = cloud_near(&j->cloud, e->at, NEAR, found, ROOM), kept = 0;

	for (int64_t k = 0; k < n; k++) {
		const struct sheet_element *q = &j->sheet->list[found[k]];
		float like = 0;

		for (int a = 0; a < 3; a++)
			like += q->normal[a] * e->normal[a];
		if (q->object == e->object && fabsf(like) > 0.7F)
			found[kept++] = found[k];
	}
	return kept;
}

static float median_around(const struct aperture_job *j, int64_t i, int thread, const float *what)
{
	int32_t *found = j->found + thread * ROOM;
	int64_t n = around(j, i, found), m = 0;
	float values[ROOM];

	for (int64_t k = 0; k < n; k++)
		if (!isnan(what[found[k]]))
			values[m++] = what[found[k]];
	return order_median_float(values, m);
}

/* Step 0: levels; 1: apertures over the whole reach; 2: from the surroundings; 3: over what the aperture needs; 4: again
 * from the surroundings. */
static enum err aperture_chunk(void *context, int64_t chunk, int thread)
{
	struct aperture_job *j = context;

	for (int64_t i = chunk * CHUNK; i < (chunk + 1) * CHUNK && i < j->sheet->n; i++) {
		struct sheet_element *e = &j->sheet->list[i];
		double reach = PROFILE_REACH;

		if (j->step == 0)
			j->level[i] = median_around(j, i, thread, j->own);
		if (j->step == 3)
			reach = fmin(reach, fmax(least_reach, (double)e->aperture / 2 + beyond));
		if (j->step == 1 || j->step == 3)
			j->own[i] =
				missing(&j->profiles[i], (double)j->level[i], j->contrast, reach);
		if (j->step == 2 || j->step == 4) {
			float median = median_around(j, i, thread, j->own);

			e->aperture = isnan(median) ? 0 : fmaxf(0, median);
		}
	}
	return OK;
}

enum err sheet_apertures(struct sheet *sheet, struct sheet_profile *profiles,
	const struct crack_contrast *contrast, struct arena *scratch)
{
	struct arena_mark mark = arena_mark(scratch);
	struct aperture_job j = {.sheet = sheet, .profiles = profiles, .contrast = contrast->gas};

	TRY(cloud_new(&j.cloud, sheet->list, sheet->n, sizeof(*sheet->list), scratch));
	NEED(j.found = ARENA_NEW(scratch, int32_t, ROOM * parallel_threads()));
	NEED(j.own = ARENA_NEW(scratch, float, sheet->n + 1));
	NEED(j.level = ARENA_NEW(scratch, float, sheet->n + 1));
	for (int64_t i = 0; i < sheet->n; i++)
		j.own[i] = profiles[i].level;
	for (j.step = 0; j.step < 5; j.step++)
		TRY(parallel_for((sheet->n + CHUNK - 1) / CHUNK, aperture_chunk, &j));
	for (int64_t i = 0; i < sheet->n; i++) {
		profiles[i].level = j.level[i];
		sheet->list[i].opening = sheet->list[i].aperture;
	}
	arena_release(scratch, mark);
	return OK;
}

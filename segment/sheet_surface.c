/* SPDX-License-Identifier: BSD-3-Clause
 * Moving least squares and owned elements; see segment/sheet_surface.h. */
#include "segment/sheet_surface.h"

#include "core/parallel.h"
#include "segment/cloud.h"
#include "segment/hessian.h"
#include "segment/unite.h"

#include <math.h>
#include <string.h>

enum { CHUNK = 256, ROOM = 2048, ROUNDS = 2 };
/* Points weigh by a Gaussian of `width` voxels, as far as `seen`; where no point is within `edge` voxels of the foot on the surface
 * there is no sheet any more. */
static const double width = 2;
static const float seen = 5, edge = 1.5F, joined = 4;

struct surface_job {
	const struct sheet_points *points;
	const int32_t *object;
	const struct voxel_set *voxels;
	struct cloud cloud;
	int32_t *found;
	struct sheet_element *element;
	bool *owned;
};

static double dot(const double a[3], const double b[3])
{
	return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Number in found of the point nearest to a place. */
static int32_t nearest(const struct surface_job *j, const double at[3], const int32_t *found,
	int64_t n, double *far)
{
	int32_t best = -1;

	*far = INFINITY;
	for (int64_t i = 0; i < n; i++) {
		const float *q = j->points->list[found[i]].at;
		double d[3] = {(double)q[0] - at[0], (double)q[1] - at[1], (double)q[2] - at[2]};

		if (dot(d, d) < *far) {
			*far = dot(d, d);
			best = found[i];
		}
	}
	*far = sqrt(*far);
	return best;
}

/* Middle and normal of the points about a place, of those whose slope is that of `normal`. */
static bool fit(const struct surface_job *j, const double at[3], const int32_t *found, int64_t n,
	double normal[3], double middle[3])
{
	double sum = 0, h[6] = {0}, value[3], vector[3][3];

	memset(middle, 0, 3 * sizeof(*middle));
	for (int64_t i = 0; i < n; i++) {
		const struct sheet_point *p = &j->points->list[found[i]];
		double q[3] = {(double)p->at[0], (double)p->at[1], (double)p->at[2]};
		double m[3] = {(double)p->normal[0], (double)p->normal[1], (double)p->normal[2]};
		double d[3] = {q[0] - at[0], q[1] - at[1], q[2] - at[2]};
		double like = dot(m, normal), w = exp(-dot(d, d) / (2 * width * width));

		w *= fmax(0, like * like - 0.3);
		/* another sheet beside this one */
		w = fabs(dot(d, normal)) > 2.5 ? 0 : w;
		sum += w;
		for (int k = 0; k < 3; k++)
			middle[k] += w * q[k];
		h[0] += w * m[0] * m[0];
		h[1] += w * m[1] * m[1];
		h[2] += w * m[2] * m[2];
		h[3] += w * m[0] * m[1];
		h[4] += w * m[0] * m[2];
		h[5] += w * m[1] * m[2];
	}
	if (!(sum > 1e-9))
		return false;
	for (int k = 0; k < 3; k++)
		middle[k] /= sum;
	eigen_symmetric(h, value, vector);
	memcpy(normal, vector[0], 3 * sizeof(*normal));
	return true;
}

static bool own(const struct surface_job *j, const int32_t voxel[3], int32_t *found,
	struct sheet_element *e)
{
	const float place[3] = {(float)voxel[0], (float)voxel[1], (float)voxel[2]};
	double at[3] = {(double)voxel[0], (double)voxel[1], (double)voxel[2]}, far, d;
	int64_t n = cloud_near(&j->cloud, place, seen, found, ROOM);
	int32_t first = nearest(j, at, found, n, &far);
	double normal[3], middle[3], foot[3], away[3];
	int axis = 0;

	if (first < 0)
		return false;
	for (int k = 0; k < 3; k++)
		normal[k] = (double)j->points->list[first].normal[k];
	for (int round = 0; round < ROUNDS; round++)
		if (!fit(j, at, found, n, normal, middle))
			return false;
	for (int k = 0; k < 3; k++) {
		away[k] = at[k] - middle[k];
		axis = fabs(normal[k]) > fabs(normal[axis]) ? k : axis;
	}
	d = dot(away, normal);
	if (normal[axis] < 0) {
		d = -d;
		for (int k = 0; k < 3; k++)
			normal[k] = -normal[k];
	}
	/* half open, so that a surface between two voxels has one owner */
	if (d <= -normal[axis] / 2 || d > normal[axis] / 2)
		return false;
	for (int k = 0; k < 3; k++)
		foot[k] = at[k] - d * normal[k];
	nearest(j, foot, found, n, &far);
	if (far > (double)edge)
		return false;
	*e = (struct sheet_element){.area = (float)(1 / normal[axis]),
		.object = j->object[first],
		.axis = (uint8_t)axis};
	for (int k = 0; k < 3; k++) {
		e->at[k] = (float)foot[k];
		e->normal[k] = (float)normal[k];
		e->voxel[k] = voxel[k];
	}
	return true;
}

static enum err own_chunk(void *context, int64_t chunk, int thread)
{
	struct surface_job *j = context;

	for (int64_t i = chunk * CHUNK; i < (chunk + 1) * CHUNK && i < j->voxels->n; i++)
		j->owned[i] = own(j, j->voxels->at[i], j->found + thread * ROOM, &j->element[i]);
	return OK;
}

/* Voxels that the surface may pass: near a point, and near its tangent plane. */
static enum err near_points(const struct sheet_points *points, struct voxel_set *set)
{
	for (int64_t i = 0; i < points->n; i++) {
		const struct sheet_point *p = &points->list[i];

		for (int k = 0; k < 125; k++) {
			int32_t at[3] = {(int32_t)lrintf(p->at[0]) + k / 25 - 2,
				(int32_t)lrintf(p->at[1]) + k / 5 % 5 - 2,
				(int32_t)lrintf(p->at[2]) + k % 5 - 2};
			float across = 0, far = 0;
			bool is_new;

			for (int a = 0; a < 3; a++) {
				float d = (float)at[a] - p->at[a];

				across += d * p->normal[a];
				far += d * d;
			}
			if (fabsf(across) <= 1.3F && far <= 2.5F * 2.5F)
				TRY(voxel_set_put(set, at, &is_new));
		}
	}
	return OK;
}

enum err sheet_room(struct sheet *s, int64_t more)
{
	struct sheet_element *longer;

	if (s->n + more <= s->room)
		return OK;
	s->room = 2 * (s->n + more);
	NEED(longer = ARENA_NEW(s->arena, struct sheet_element, s->room));
	if (s->n)
		memcpy(longer, s->list, (size_t)s->n * sizeof(*longer));
	s->list = longer;
	return OK;
}

enum err sheet_surface(const struct sheet_points *points, const int32_t *object,
	struct sheet *sheet, struct arena *scratch)
{
	struct arena_mark mark = arena_mark(scratch);
	struct voxel_set voxels;
	struct surface_job j = {.points = points, .object = object, .voxels = &voxels};
	int64_t n = 0;

	TRY(voxel_set_new(&voxels, scratch));
	TRY(near_points(points, &voxels));
	TRY(cloud_new(&j.cloud, points->list, points->n, sizeof(*points->list), scratch));
	NEED(j.found = ARENA_NEW(scratch, int32_t, ROOM * parallel_threads()));
	NEED(j.element = ARENA_NEW(scratch, struct sheet_element, voxels.n + 1));
	NEED(j.owned = ARENA_NEW(scratch, bool, voxels.n + 1));
	TRY(parallel_for((voxels.n + CHUNK - 1) / CHUNK, own_chunk, &j));
	for (int64_t i = 0; i < voxels.n; i++)
		n += j.owned[i];
	TRY(sheet_room(sheet, n));
	for (int64_t i = 0; i < voxels.n; i++)
		if (j.owned[i])
			sheet->list[sheet->n++] = j.element[i];
	arena_release(scratch, mark);
	return OK;
}

static float apart(const struct sheet_element *a, const struct sheet_element *b)
{
	float sum = 0;

	for (int k = 0; k < 3; k++)
		sum += (a->at[k] - b->at[k]) * (a->at[k] - b->at[k]);
	return sqrtf(sum) - (a->aperture + b->aperture) / 2;
}

static enum err unite_near(const struct sheet *s, int32_t *parent, struct arena *scratch)
{
	struct cloud cloud;
	int32_t *found = ARENA_NEW(scratch, int32_t, ROOM);

	NEED(found);
	TRY(cloud_new(&cloud, s->list, s->n, sizeof(*s->list), scratch));
	for (int64_t i = 0; i < s->n; i++) {
		const struct sheet_element *e = &s->list[i];
		int64_t n = cloud_near(&cloud, e->at, e->aperture / 2 + joined + 2, found, ROOM);

		for (int64_t k = 0; k < n; k++)
			if (s->list[found[k]].object != e->object &&
				apart(e, &s->list[found[k]]) < joined)
				unite(parent, e->object, s->list[found[k]].object);
	}
	return OK;
}

enum err sheet_join(struct sheet *sheet, int32_t *objects, struct arena *scratch)
{
	struct arena_mark mark = arena_mark(scratch);
	int32_t *parent = ARENA_NEW(scratch, int32_t, *objects + 1);
	int32_t *name = ARENA_NEW(scratch, int32_t, *objects + 1), n = 0;

	NEED(parent);
	NEED(name);
	for (int32_t k = 0; k < *objects; k++)
		parent[k] = k;
	TRY(unite_near(sheet, parent, scratch));
	for (int32_t k = 0; k < *objects; k++)
		name[k] = parent[k] == k ? n++ : name[unite_root(parent, k)];
	for (int64_t i = 0; i < sheet->n; i++)
		sheet->list[i].object = name[sheet->list[i].object];
	*objects = n;
	arena_release(scratch, mark);
	return OK;
}

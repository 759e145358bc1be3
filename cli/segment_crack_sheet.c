/* SPDX-License-Identifier: BSD-3-Clause
 * The sheets of cracks: apertures, fills, their rim at the face, labels, numbers. See docs/segment.md. */
#include "cli/segment_cracks.h"
#include "core/log.h"
#include "core/parallel.h"
#include "io/disk.h"
#include "segment/cloud.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 16, RIM = 6, DIRECTIONS = 90, WIDEST = 24, DEEPEST = 8192 };

/* ------------------------------------------------------------------ profiles */

struct profile_job {
	const struct slab *slab;
	const float *values;
	const struct sheet *sheet;
	struct sheet_profile *profiles;
};

static enum err profile_item(void *context, int64_t chunk, int thread)
{
	const struct profile_job *j = context;

	(void)thread;
	for (int64_t i = chunk * 256; i < (chunk + 1) * 256 && i < j->sheet->n; i++) {
		const struct sheet_element *e = &j->sheet->list[i];

		if (e->voxel[0] >= j->slab->z0 && e->voxel[0] < j->slab->z1)
			sheet_profile_at(j->slab, j->values, e, &j->profiles[i]);
	}
	return OK;
}

static enum err read_profiles(struct ceramic_view *view, struct sheet_profile *profiles)
{
	struct segment_job *job = view->job;
	struct slab whole = slab_whole(job->volume.nz, job->volume.ny, job->volume.nx);
	const struct sheet *sheet = &job->sheet;
	int64_t n = whole.ny * whole.nx, depth, low = whole.nz, high = 0;
	struct arena_mark mark = arena_mark(job->arena);
	float *values;
	uint8_t *inside;

	for (int64_t i = 0; i < sheet->n; i++) {
		low = sheet->list[i].voxel[0] < low ? sheet->list[i].voxel[0] : low;
		high = sheet->list[i].voxel[0] >= high ? sheet->list[i].voxel[0] + 1 : high;
	}
	TRY(segment_depth(job, 5, PROFILE_HALO, &depth));
	NEED(values = ARENA_NEW(job->arena, float, (depth + 2 * PROFILE_HALO) * n));
	NEED(inside = ARENA_NEW(job->arena, uint8_t, (depth + 2 * PROFILE_HALO) * n));
	for (int64_t d = low; d < high; d += depth) {
		struct slab slab =
			slab_cut(whole, d, d + depth < high ? d + depth : high, PROFILE_HALO);
		struct profile_job j = {&slab, values, sheet, profiles};

		TRY(ceramic_read(view, slab.p0, slab.p1, true, values, inside));
		TRY(parallel_for((sheet->n + 255) / 256, profile_item, &j));
	}
	arena_release(job->arena, mark);
	return OK;
}

/* ------------------------------------------------------------------ the rim */

/* The next voxel of the rim: one step along the sheet towards the face. false: through the face, or covered. */
static bool step_rim(const struct segment_job *job, struct sheet_element *e, const float up[3])
{
	const struct face *f = &job->face;
	int64_t y, x;

	for (int k = 0; k < 3; k++) {
		e->at[k] += up[k];
		e->voxel[k] = (int32_t)lrintf(e->at[k]);
	}
	y = e->voxel[1];
	x = e->voxel[2];
	return y >= 0 && y < f->ny && x >= 0 && x < f->nx &&
	       circle_has(&job->circle, y * f->nx + x) && e->at[0] >= f->front[y * f->nx + x];
}

/* Another element in the column along the axis, within two voxels. */
static bool covered(const struct voxel_set *set, const struct sheet_element *e)
{
	for (int32_t k = -2; k <= 2; k++) {
		int32_t at[3] = {e->voxel[0], e->voxel[1], e->voxel[2]};

		at[e->axis] += k;
		if (voxel_set_has(set, at))
			return true;
	}
	return false;
}

static enum err grow_rim(
	struct segment_job *job, const struct sheet_element *from, struct voxel_set *set)
{
	struct sheet_element e = *from;
	const struct face *f = &job->face;
	float n0 = e.normal[0], up[3] = {-(1 - n0 * n0), n0 * e.normal[1], n0 * e.normal[2]};
	float size = sqrtf(up[0] * up[0] + up[1] * up[1] + up[2] * up[2]);
	bool is_new;

	if (e.at[0] - f->front[(int64_t)e.voxel[1] * f->nx + e.voxel[2]] > RIM || size < 0.2F)
		return OK;
	for (int k = 0; k < 3; k++)
		up[k] /= 2 * size;
	e.rim = true;
	/* a sheet that is nearly flat needs more steps to the face, but is a poor guess far on */
	for (int k = 0; k < 4 * RIM && step_rim(job, &e, up); k++) {
		if (covered(set, &e))
			continue;
		TRY(voxel_set_put(set, e.voxel, &is_new));
		TRY(sheet_room(&job->sheet, 1));
		job->sheet.list[job->sheet.n++] = e;
	}
	return OK;
}

static enum err add_rim(struct segment_job *job)
{
	struct arena *scratch = arena_new();
	struct voxel_set set;
	int64_t seen = job->sheet.n;
	bool is_new;
	enum err e = scratch ? voxel_set_new(&set, scratch) : ERR_RESOURCE;

	for (int64_t i = 0; i < seen && e == OK; i++)
		e = voxel_set_put(&set, job->sheet.list[i].voxel, &is_new);
	for (int64_t i = 0; i < seen && e == OK; i++) {
		struct sheet_element from = job->sheet.list[i];

		e = grow_rim(job, &from, &set);
	}
	arena_free(scratch);
	return e;
}

/* ------------------------------------------------------------------ labels */

/* Where the surface passes the column of an element's voxel along its axis. */
static float crossing(const struct sheet_element *e)
{
	float off = 0;

	for (int k = 0; k < 3; k++)
		off += (e->at[k] - (float)e->voxel[k]) * e->normal[k];
	return (float)e->voxel[e->axis] + off / e->normal[e->axis];
}

/* Voxels of an element: along its axis, between the walls; one at least. */
static void paint(const struct segment_job *job, const struct sheet_element *e, int64_t d0,
	int64_t d1, uint8_t *planes)
{
	const struct face *f = &job->face;
	float half = 0.5F * e->aperture * e->area, middle = crossing(e);
	int32_t first = (int32_t)ceilf(middle - half), last = (int32_t)floorf(middle + half);

	if (last < first || last - first > WIDEST)
		first = last = e->voxel[e->axis];
	for (int32_t k = first; k <= last; k++) {
		int64_t at[3] = {e->voxel[0], e->voxel[1], e->voxel[2]}, i;

		at[e->axis] = k;
		if (at[0] < d0 || at[0] >= d1 || at[1] < 0 || at[1] >= f->ny || at[2] < 0 ||
			at[2] >= f->nx)
			continue;
		i = (at[0] - d0) * f->ny * f->nx + at[1] * f->nx + at[2];
		if (planes[i] == LABEL_NASICON || planes[i] == LABEL_CRACK)
			planes[i] = e->fill == FILL_LIQUID ? LABEL_CRACK_NAK : LABEL_CRACK;
	}
}

/* Planes [d, d1) from the scratch file, or back to it. */
static enum err move_block(
	struct segment_job *job, int64_t d, int64_t d1, uint8_t *planes, bool write)
{
	int64_t n = job->volume.ny * job->volume.nx;

	for (int64_t k = d; k < d1; k++) {
		int64_t z = job->levels.below ? job->volume.nz - 1 - k : k;
		uint8_t *plane = planes + (k - d) * n;

		TRY(write ? disk_write(job->fd, job->scratch, plane, n, z * n)
			  : disk_read(job->fd, job->scratch, plane, n, z * n));
	}
	return OK;
}

static bool reaches(const struct sheet_element *e, int64_t d, int64_t d1)
{
	return e->voxel[0] >= d - WIDEST && e->voxel[0] < d1 + WIDEST;
}

static enum err paint_block(struct segment_job *job, int64_t d, int64_t d1, uint8_t *planes)
{
	int64_t i = 0;

	while (i < job->sheet.n && !reaches(&job->sheet.list[i], d, d1))
		i++;
	if (i == job->sheet.n)
		return OK;
	TRY(move_block(job, d, d1, planes, false));
	for (; i < job->sheet.n; i++)
		if (reaches(&job->sheet.list[i], d, d1))
			paint(job, &job->sheet.list[i], d, d1, planes);
	return move_block(job, d, d1, planes, true);
}

static enum err paint_all(struct segment_job *job)
{
	struct arena_mark mark = arena_mark(job->arena);
	int64_t nz = job->volume.nz;
	uint8_t *planes = ARENA_NEW(job->arena, uint8_t, BLOCK * job->volume.ny * job->volume.nx);

	NEED(planes);
	for (int64_t d = 0; d < nz; d += BLOCK)
		TRY(paint_block(job, d, d + BLOCK < nz ? d + BLOCK : nz, planes));
	arena_release(job->arena, mark);
	return OK;
}

enum err crack_open(
	struct ceramic_view *view, const struct crack_contrast *contrast, int32_t *objects)
{
	struct segment_job *job = view->job;
	struct arena_mark mark = arena_mark(job->arena);
	struct arena *keep = arena_new();
	struct sheet_profile *profiles;
	double blur = NAN;
	enum err e;

	NEED(keep);
	profiles = ARENA_NEW(keep, struct sheet_profile, job->sheet.n);
	e = profiles ? read_profiles(view, profiles) : ERR_RESOURCE;
	e = e == OK ? sheet_apertures(&job->sheet, profiles, contrast, keep) : e;
	e = e == OK ? sheet_join(&job->sheet, objects, keep) : e;
	e = e == OK ? sheet_fills(&job->sheet, profiles, contrast, &blur, keep) : e;
	arena_free(keep);
	TRY(e);
	arena_release(job->arena, mark);
	log_debug("cracks: walls are blurred by %.2f voxels", blur);
	TRY(add_rim(job));
	return paint_all(job);
}

/* ------------------------------------------------------------------ numbers */

struct crack_sums {
	double area, volume, volumes[2], rim, fill[3], open, deepest, low[DIRECTIONS],
		high[DIRECTIONS];
	double at_depth[DEEPEST]; /* area in half voxels of depth */
	float widest;
	bool at_face;
};

static void add_element(
	const struct segment_job *job, const struct sheet_element *e, struct crack_sums *s)
{
	const struct face *f = &job->face;
	double y = (double)e->at[1] - (double)(f->ny - 1) / 2,
	       x = (double)e->at[2] - (double)(f->nx - 1) / 2, area = (double)e->area;
	double slope = hypot(f->plane[1], f->plane[2]);
	double depth = ((double)e->at[0] - f->plane[0] - f->plane[1] * x - f->plane[2] * y) /
		       hypot(1, slope);

	s->area += area;
	s->rim += e->rim ? area : 0;
	s->volume += area * (double)e->opening;
	s->volumes[e->fill == FILL_LIQUID] += area * (double)e->opening;
	s->fill[e->fill] += area;
	s->at_depth[(int)fmax(0, fmin(DEEPEST - 1, 2 * depth))] += area;
	s->widest = fmaxf(s->widest, e->aperture);
	s->at_face = s->at_face ||
		     e->at[0] - f->front[(int64_t)e->voxel[1] * f->nx + e->voxel[2]] < 1.5F;
	for (int k = 0; k < DIRECTIONS; k++) {
		double t = acos(-1.0) * k / DIRECTIONS, along = x * cos(t) + y * sin(t);

		s->low[k] = fmin(s->low[k], along);
		s->high[k] = fmax(s->high[k], along);
	}
}

/* All but a thousandth of the area is above: a stray element is no depth. */
static double deepest(const struct crack_sums *s)
{
	double below = 0;

	for (int k = DEEPEST - 1; k > 0; k--) {
		below += s->at_depth[k];
		if (below > 0.001 * s->area)
			return 0.5 * (k + 1);
	}
	return 0;
}

static struct quantity times(double unit, double value, double sd)
{
	return (struct quantity){unit * value, unit * sd};
}

static void fill_crack(const struct segment_job *job, struct crack_sums *s, struct crack_metrics *c)
{
	double h = isfinite(job->voxel_um) ? job->voxel_um : NAN, lateral = 0;
	double known = s->fill[FILL_EMPTY] + s->fill[FILL_LIQUID], unknown = s->fill[FILL_UNKNOWN];
	/* a rim of two voxels around the edge that is not seen, or seen too far */
	double edge = 2 * sqrt(s->area), aperture = s->volume / s->area;
	double area_sd = hypot(hypot(0.03 * s->area, edge), 0.3 * s->rim);
	double volume_sd =
		hypot(hypot(0.05 * s->volume, 0.05 * unknown * aperture), edge * job->crack_limit);

	s->deepest = deepest(s);
	for (int k = 0; k < DIRECTIONS; k++)
		lateral = fmax(lateral, s->high[k] - s->low[k]);
	*c = (struct crack_metrics){.reaches_interface = s->at_face};
	c->volume_um3 = times(h * h * h, s->volume, volume_sd);
	c->area_um2 = times(h * h, s->area, area_sd);
	c->aperture_mean_um = times(
		h, aperture, aperture * hypot(volume_sd / s->volume, 0.5 * area_sd / s->area));
	c->aperture_max_um = times(h, (double)s->widest, 0.25 + 0.05 * (double)s->widest);
	c->depth_um = times(h, s->deepest, 4);
	c->lateral_extent_um = times(h, lateral, 4);
	c->filled_fraction = known > 0 ? (struct quantity){s->fill[FILL_LIQUID] / known,
						 0.1 + 0.5 * unknown / s->area}
				       : (struct quantity){0.5, 0.5};
}

static void say_crack(const struct crack_metrics *c, const struct crack_sums *s)
{
	log_info("crack     %lld: %.0f voxels of area, %.2f wide on average, %.1f deep; empty %.1f "
		 "%%, "
		 "filled %.1f %%, indeterminate %.1f %%%s",
		(long long)c->id, s->area, s->volume / s->area, s->deepest,
		100 * s->fill[FILL_EMPTY] / s->area, 100 * s->fill[FILL_LIQUID] / s->area,
		100 * s->fill[FILL_UNKNOWN] / s->area,
		s->at_face ? "" : "; away from the interface");
}

enum err crack_measure(struct segment_job *job, int32_t objects, struct step_metrics *m)
{
	struct crack_sums *sums;

	NEED(sums = ARENA_ZERO(job->arena, struct crack_sums, objects + 1));
	NEED(m->cracks = ARENA_NEW(job->arena, struct crack_metrics, objects + 1));
	for (int32_t k = 0; k < objects; k++) {
		for (int t = 0; t < DIRECTIONS; t++) {
			sums[k].low[t] = INFINITY;
			sums[k].high[t] = -INFINITY;
		}
	}
	for (int64_t i = 0; i < job->sheet.n; i++)
		add_element(job, &job->sheet.list[i], &sums[job->sheet.list[i].object]);
	m->n_cracks = 0;
	for (int32_t k = 0; k < objects; k++) {
		struct crack_metrics *c = &m->cracks[m->n_cracks];

		if (!(sums[k].area > 0 && sums[k].volume > 0))
			continue;
		fill_crack(job, &sums[k], c);
		c->id = ++m->n_cracks;
		say_crack(c, &sums[k]);
		for (int f = 0; f < 2; f++) {
			job->crack_volume[f] += sums[k].volumes[f];
			job->crack_sd[f] = hypot(job->crack_sd[f], 0.05 * sums[k].volume);
		}
	}
	if (m->n_cracks == 0)
		log_info("cracks    none");
	return OK;
}

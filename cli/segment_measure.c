/* SPDX-License-Identifier: BSD-3-Clause
 * The numbers of one step from its labels: see docs/segment.md for what each stated deviation holds. */
#include "cli/segment.h"
#include "core/log.h"
#include "io/disk.h"
#include "segment/bubbles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The variance that a Gaussian of 1.5 voxels leaves of white noise, over that of a voxel, is its square: noise that leaves
 * more is correlated. */
static const double white_left = 0.0815;
/* A face is known to this part of a voxel. */
static const double face_sd = 0.1;
/* Thin gas between liquid and ceramic is a film, not a bubble. */
static const double film_sphericity = 0.35;

static double unit(const struct segment_job *job)
{
	return isfinite(job->voxel_um) ? job->voxel_um : NAN;
}

static void measure_interface(const struct segment_job *job, struct interface_metrics *out)
{
	const struct face *f = &job->face;
	int64_t n = f->ny * f->nx, edges = 0;
	double h = unit(job), area = 0, dry = 0, sign = job->levels.below ? -1 : 1, z = f->plane[0];

	for (int64_t i = 0; i < n; i++) {
		double stretch;

		if (!circle_has(&job->circle, i))
			continue;
		stretch = face_stretch(f, &job->circle, i);
		area += stretch;
		dry += job->gas[i] ? stretch : 0;
		edges += i > 0 && job->gas[i] != job->gas[i - 1];
		edges += i >= f->nx && job->gas[i] != job->gas[i - f->nx];
	}
	z = job->levels.below ? (double)(job->volume.nz - 1) - z : z;
	out->plane[0] = h * (z + (double)(job->volume.first_row > 0 ? job->volume.first_row : 0));
	out->plane[1] = sign * f->plane[1];
	out->plane[2] = sign * f->plane[2];
	out->roughness_um =
		(struct quantity){h * f->roughness, h * fmax(0.05 * f->roughness, 0.02)};
	out->area_um2 = (struct quantity){h * h * area, 0.01 * h * h * area};
	/* the rim of a dry patch is known to half a column */
	out->contact_fraction =
		(struct quantity){1 - dry / area, 0.002 + 0.5 * (double)edges / area * 0.785};
	log_info("contact   %.2f %% of %.0f um2 of the ceramic's face", 100 * (1 - dry / area),
		h * h * area);
}

static void measure_phases(const struct segment_job *job, struct step_metrics *m)
{
	double h3 = pow(unit(job), 3), face = (double)job->face.columns,
	       other = 0.25 * (double)job->circle.inside;
	double front = job->levels.has_ceramic ? face_sd * face : 0;
	double metal = job->levels.has_metal ? other : 0;
	double back = job->levels.bottom < job->levels.nz && job->levels.has_ceramic ? other : 0;
	double sd[N_LABELS] = {[LABEL_NAK] = hypot(front, metal),
		[LABEL_NASICON] = hypot(front, back),
		[LABEL_HARDWARE] = hypot(metal, back)};

	for (int k = LABEL_VOID; k < N_LABELS; k++)
		if (k != LABEL_CRACK && k != LABEL_CRACK_NAK)
			m->phase_um3[k] = (struct quantity){h3 * (double)job->count[k], h3 * sd[k]};
	for (int f = 0; f < 2 && job->s->segment.cracks && job->levels.has_ceramic; f++) {
		/* labels of thin cracks are wider than these */
		m->phase_um3[LABEL_CRACK + f] =
			(struct quantity){h3 * job->crack_volume[f], h3 * job->crack_sd[f]};
		m->phase_um3[LABEL_NASICON].value +=
			h3 * ((double)job->count[LABEL_CRACK + f] - job->crack_volume[f]);
	}
	m->phase_um3[LABEL_VOID].value += h3 * job->beyond;
	m->phase_um3[LABEL_VOID].sd = h3 * sqrt(job->beyond_variance);
}

/* ------------------------------------------------------------------ bubbles */

static double level_at(const struct segment_job *job, int64_t z)
{
	const struct levels *l = &job->levels;
	int64_t d = l->below ? l->nz - 1 - z : z;

	/* planes of the ceramic's face have its halo */
	if (l->has_ceramic && l->top > 0 && d >= l->top)
		d = l->top - 1;
	return l->liquid[d];
}

static enum err read_block(struct segment_job *job, const int64_t low[3],
	const struct bubble_block *b, uint8_t *labels, float *values, uint8_t *bytes, float *plane)
{
	int64_t ny = job->volume.ny, nx = job->volume.nx;

	/* offsets that change from row to row would tilt the sums: values count from the plane's liquid */
	for (int64_t k = 0; k < b->n[0]; k++) {
		double level = level_at(job, low[0] + k);

		TRY(disk_read(job->fd, job->scratch, bytes, ny * nx, (low[0] + k) * ny * nx));
		TRY(segment_plane(job, low[0] + k, plane));
		for (int64_t j = 0; j < b->n[1]; j++) {
			int64_t from = (low[1] + j) * nx + low[2], to = (k * b->n[1] + j) * b->n[2];

			memcpy(labels + to, bytes + from, (size_t)b->n[2]);
			for (int64_t i = 0; i < b->n[2]; i++)
				values[to + i] = (float)((double)plane[from + i] - level);
		}
	}
	return OK;
}

/* The labels of a block, back to where they came from. */
static enum err write_block(
	struct segment_job *job, const int64_t low[3], const struct bubble_block *b)
{
	int64_t ny = job->volume.ny, nx = job->volume.nx;

	for (int64_t k = 0; k < b->n[0] * b->n[1]; k++) {
		int64_t z = low[0] + k / b->n[1], y = low[1] + k % b->n[1];

		TRY(disk_write(job->fd, job->scratch, b->labels + k * b->n[2], b->n[2],
			(z * ny + y) * nx + low[2]));
	}
	return OK;
}

/* The bubble's box with a halo, as far as the volume reaches. */
static void cut_block(const struct segment_job *job, const struct component *c, int64_t low[3],
	struct bubble_block *b)
{
	const int64_t n[3] = {job->volume.nz, job->volume.ny, job->volume.nx};

	for (int a = 0; a < 3; a++) {
		int64_t high = c->high[a] + BUBBLE_HALO < n[a] ? c->high[a] + BUBBLE_HALO : n[a];

		low[a] = c->low[a] > BUBBLE_HALO ? c->low[a] - BUBBLE_HALO : 0;
		b->n[a] = high - low[a];
		b->low[a] = c->low[a] - low[a];
		b->high[a] = c->high[a] - low[a];
	}
}

static enum err measure_bubble(
	struct segment_job *job, const struct component *c, struct bubble_shape *shape)
{
	const struct levels *l = &job->levels;
	struct arena_mark mark = arena_mark(job->arena);
	double left = l->smooth_noise / l->noise / white_left;
	int64_t low[3], n, all = job->volume.ny * job->volume.nx;
	struct bubble_block b = {.voxels = c->voxels,
		.liquid = 0,
		.gas = l->gas,
		.noise = l->noise,
		.correlated = fmax(1, left * left)};
	uint8_t *labels, *bytes;
	float *values, *plane;

	cut_block(job, c, low, &b);
	n = b.n[0] * b.n[1] * b.n[2];
	NEED(labels = ARENA_NEW(job->arena, uint8_t, n));
	NEED(values = ARENA_NEW(job->arena, float, n));
	NEED(bytes = ARENA_NEW(job->arena, uint8_t, all));
	NEED(plane = ARENA_NEW(job->arena, float, all));
	TRY(read_block(job, low, &b, labels, values, bytes, plane));
	b.labels = labels;
	b.values = values;
	TRY(bubble_measure(&b, shape, job->arena));
	TRY(write_block(job, low, &b));
	arena_release(job->arena, mark);
	return OK;
}

/* A block takes this many bytes a voxel; larger ones than --memory has room for go by their voxels alone. */
enum { BLOCK_BYTES = 24 };

static bool too_large(const struct segment_job *job, const struct component *c)
{
	double n = 1, limit = 0.5 * (double)job->s->run.memory;

	for (int a = 0; a < 3; a++)
		n *= (double)(c->high[a] - c->low[a] + 2 * BUBBLE_HALO);
	return (job->s->run.memory > 0 && n * BLOCK_BYTES > limit) || n > 4e9;
}

static void fill_bubble(const struct segment_job *job, const struct component *c,
	const struct bubble_shape *shape, struct bubble_metrics *b)
{
	double h = unit(job), diameter = cbrt(6 * shape->volume / acos(-1.0));
	double n = (double)c->voxels,
	       middle[2] = {(double)(job->volume.ny - 1) / 2, (double)(job->volume.nx - 1) / 2};

	*b = (struct bubble_metrics){.touches_interface = shape->touches};
	b->volume_um3 = (struct quantity){h * h * h * shape->volume, h * h * h * shape->volume_sd};
	b->equivalent_diameter_um = (struct quantity){
		h * diameter, h * diameter / 3 * shape->volume_sd / shape->volume};
	b->sphericity = (struct quantity){shape->sphericity, shape->sphericity_sd};
	b->centroid_um[0] =
		h * ((double)c->sum[0] / n +
			    (double)(job->volume.first_row > 0 ? job->volume.first_row : 0));
	b->centroid_um[1] = h * ((double)c->sum[1] / n - middle[0]);
	b->centroid_um[2] = h * ((double)c->sum[2] / n - middle[1]);
}

enum err segment_bubbles(struct segment_job *job, struct step_metrics *m)
{
	int64_t pieces = components_count(job->voids), kept = pieces - job->n_small;
	const struct component *list = components_list(job->voids);

	*m = metrics_unknown();
	NEED(m->bubbles = ARENA_NEW(job->arena, struct bubble_metrics, kept + 1));
	for (int64_t k = 0; k < pieces; k++) {
		struct bubble_shape shape = {.volume = (double)list[k].voxels,
			.labelled = list[k].voxels,
			.volume_sd = 0.1 * (double)list[k].voxels,
			.sphericity = NAN,
			.sphericity_sd = NAN};

		if (list[k].voxels < job->least)
			continue;
		if (too_large(job, &list[k]))
			log_warning("a piece of void of %lld voxels is larger than --memory: its "
				    "volume is its voxels",
				(long long)list[k].voxels);
		else
			TRY(measure_bubble(job, &list[k], &shape));
		job->beyond += shape.volume - (double)shape.labelled;
		job->beyond_variance += shape.volume_sd * shape.volume_sd;
		if (shape.touches && shape.sphericity < film_sphericity) {
			job->films++;
			continue;
		}
		fill_bubble(job, &list[k], &shape, &m->bubbles[m->n_bubbles]);
		m->bubbles[m->n_bubbles].id = m->n_bubbles + 1;
		m->n_bubbles++;
	}
	log_info("bubbles   %lld; %lld pieces smaller than %lld voxels taken for noise, %lld films "
		 "of gas at the interface",
		(long long)m->n_bubbles, (long long)job->n_small, (long long)job->least,
		(long long)job->films);
	return OK;
}

enum err segment_measure(struct segment_job *job, struct step_metrics *m)
{
	m->voxel_um = job->voxel_um;
	measure_phases(job, m);
	m->has_interface = job->levels.has_ceramic && job->face.columns > 0;
	if (m->has_interface)
		measure_interface(job, &m->interface);
	return OK;
}

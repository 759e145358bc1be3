/* SPDX-License-Identifier: BSD-3-Clause
 * Timing, angles and axis of a simulated scan, and its frames; see truth/simulate.h. */
#include "truth/simulate.h"

#include "core/parallel.h"

#include <math.h>

/* As stitching makes a 360 degree scan with the axis near one side: both halves less the overlap. */
static int64_t truth_width(const struct simulate_settings *s, double center)
{
	double side = fmin(center, (double)(s->size - 1) - center);

	if (s->span < 300 || fabs(s->center_offset) < (double)s->size / 8)
		return s->size;
	return 2 * s->size - (int64_t)ceil(2 * side + 1 - 1e-9);
}

static void fill_angles(struct simulation *sim, int64_t step_number)
{
	const struct simulate_settings *s = sim->settings;
	int64_t n = sim->n_reading;
	double step = s->span / (double)(s->endpoint ? n - 1 : n);
	double jitter = s->jitter * (double)s->averaged; /* asked in steps between projections */
	struct random r = random_start((uint64_t)s->seed, 'a', (uint64_t)step_number);

	for (int64_t i = 0; i < n; i++) {
		int64_t turn = s->reversed ? n - 1 - i : i;

		sim->reading[i] = s->start + step * ((double)turn + jitter * random_normal(&r));
	}
	for (int64_t i = 0; i < s->angles; i++) {
		double sum = 0;

		for (int64_t k = 0; k < s->averaged; k++)
			sum += sim->reading[i * s->averaged + k];
		sim->angle[i] = sum / (double)s->averaged;
	}
}

static enum err new_timing(struct simulation **simulation, const struct simulate_settings *s,
	int64_t step, struct arena *arena)
{
	struct simulation *sim = ARENA_ZERO(arena, struct simulation, 1);
	struct detector *detector;

	NEED(sim);
	if (s->angles < 2 || s->averaged < 1 || s->flats < 0 || s->darks < 0)
		return fail(ERR_USAGE,
			"simulate: angles %lld (at least 2), averaged %lld (at least 1), flats "
			"%lld, "
			"darks %lld",
			(long long)s->angles, (long long)s->averaged, (long long)s->flats,
			(long long)s->darks);
	if (s->drop_frames < 0 || s->drop_frames >= s->angles)
		return fail(ERR_USAGE, "simulate.drop_frames: %lld, must be 0 to %lld",
			(long long)s->drop_frames, (long long)(s->angles - 1));
	TRY(detector_new(&detector, s, (uint64_t)s->seed, step, arena));
	*sim = (struct simulation){
		.settings = s,
		.detector = detector,
		.n_proj = s->angles - s->drop_frames,
		.n_reading = s->angles * s->averaged,
		.reading = ARENA_NEW(arena, double, s->angles * s->averaged),
		.angle = ARENA_NEW(arena, double, s->angles),
		.center = (double)(s->size - 1) / 2 + s->center_offset,
		.slope = tan(s->tilt * M_PI / 180),
		.truth_width = s->size,
	};
	NEED(sim->reading);
	NEED(sim->angle);
	fill_angles(sim, step);
	*simulation = sim;
	return OK;
}

enum err simulation_new(
	struct simulation **simulation, const struct simulate_settings *s, struct arena *arena)
{
	struct phantom *phantom;

	TRY(phantom_new(&phantom, s, arena));
	TRY(new_timing(simulation, s, 0, arena));
	(*simulation)->phantom = phantom;
	(*simulation)->truth_width = truth_width(s, (*simulation)->center);
	return OK;
}

enum err simulation_new_step(struct simulation **simulation, const struct simulate_settings *s,
	int64_t step, struct arena *arena)
{
	return new_timing(simulation, s, step, arena);
}

/* Time of a frame, 0 before the first projection, 1 after the last. */
static double time_of(const struct simulate_settings *s, enum exposure kind, int64_t index)
{
	if (kind == EXPOSE_PROJECTION)
		return (double)(index + 1) / (double)(s->angles + 1);
	return kind == EXPOSE_FLAT_AFTER ? 1 : 0;
}

struct frames {
	const struct simulation *s;
	enum exposure kind;
	int64_t first;
	uint16_t *frames;
	float *lines; /* of each thread: transmission and scratch of a row */
	struct shadow *shadows;
	struct arena **arenas; /* of each thread, for frames of the cell */
};

/* Frame index `first` + i of the phantom, row by row. */
static void expose_phantom(const struct frames *f, int64_t i, int thread)
{
	const struct simulation *s = f->s;
	const struct detector *d = s->detector;
	int64_t index = f->first + i;
	struct shot shot = detector_shot(d, f->kind, index, time_of(s->settings, f->kind, index));
	struct shadow *shadows = f->shadows + thread * s->phantom->n;
	float *line = f->lines + thread * 2 * d->n_col;
	uint16_t *frame = f->frames + i * d->n_row * d->n_col;

	phantom_shadows(s->phantom, s->angle[index] * M_PI / 180, shadows);
	for (int64_t v = 0; v < d->n_row; v++) {
		double center = s->center + s->slope * ((double)v - (double)(d->n_row - 1) / 2);

		phantom_row(s->phantom, shadows, center, s->slope, (double)v, d->n_col, line,
			line + d->n_col);
		detector_row(d, &shot, v, line, frame + v * d->n_col);
	}
	detector_end(d, &shot, frame);
}

static enum err expose_cell(const struct frames *f, int64_t i, int thread)
{
	const struct simulation *s = f->s;
	const struct detector *d = s->detector;
	int64_t index = f->first + i, pixels = d->n_row * d->n_col;
	double time = time_of(s->settings, f->kind, index);
	struct arena *arena = f->arenas[thread];
	struct arena_mark mark = arena_mark(arena);
	float *transmission = ARENA_NEW(arena, float, pixels);

	NEED(transmission);
	TRY(cell_scan_frame(s->cell, s->angle[index] * M_PI / 180, time, transmission, arena));
	detector_frame(d, f->kind, index, time, transmission, f->frames + i * pixels);
	arena_release(arena, mark);
	return OK;
}

static enum err expose(void *context, int64_t i, int thread)
{
	const struct frames *f = context;
	const struct detector *d = f->s->detector;
	int64_t index = f->first + i;

	if (f->kind != EXPOSE_PROJECTION)
		detector_frame(d, f->kind, index, time_of(f->s->settings, f->kind, index), NULL,
			f->frames + i * d->n_row * d->n_col);
	else if (f->s->cell)
		return expose_cell(f, i, thread);
	else
		expose_phantom(f, i, thread);
	return OK;
}

static enum err new_arenas(struct frames *f, struct arena *arena)
{
	f->arenas = ARENA_ZERO(arena, struct arena *, parallel_threads());
	NEED(f->arenas);
	for (int i = 0; i < parallel_threads(); i++) {
		f->arenas[i] = arena_new();
		NEED(f->arenas[i]);
	}
	return OK;
}

static enum err new_lines(struct frames *f, struct arena *arena)
{
	f->lines = ARENA_NEW(arena, float, parallel_threads() * 2 * f->s->detector->n_col);
	f->shadows = ARENA_NEW(arena, struct shadow, parallel_threads() * f->s->phantom->n);
	NEED(f->lines);
	NEED(f->shadows);
	return OK;
}

enum err simulation_frames(const struct simulation *s, enum exposure kind, int64_t first, int64_t n,
	uint16_t *frames, struct arena *arena)
{
	struct arena_mark mark = arena_mark(arena);
	struct frames f = {.s = s, .kind = kind, .first = first, .frames = frames};
	enum err e = OK;

	if (kind == EXPOSE_PROJECTION)
		e = s->cell ? new_arenas(&f, arena) : new_lines(&f, arena);
	if (e == OK)
		e = parallel_for(n, expose, &f);
	for (int i = 0; f.arenas && i < parallel_threads(); i++)
		arena_free(f.arenas[i]);
	arena_release(arena, mark);
	return e;
}

struct truth {
	const struct simulation *s;
	int64_t z;
	float scale, *slice;
};

static enum err voxels(void *context, int64_t y, int thread)
{
	const struct truth *t = context;
	int64_t width = t->s->truth_width;
	float *line = t->slice + y * width;

	(void)thread;
	phantom_voxels(t->s->phantom, (double)t->z, y, width, line);
	for (int64_t x = 0; x < width; x++)
		line[x] *= t->scale;
	return OK;
}

enum err simulation_truth(const struct simulation *s, int64_t z, double scale, float *slice)
{
	struct truth t = {.s = s, .z = z, .scale = (float)scale, .slice = slice};

	return parallel_for(s->truth_width, voxels, &t);
}

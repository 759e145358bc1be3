/* SPDX-License-Identifier: BSD-3-Clause
 * tomochron simulate -o DIR without --phantom: a series of raw scans of the operando cell in DIR/scans, and
 * DIR/truth with labels and numbers of each step; DIR/run.yaml to work on it, DIR/cell.mpt and .csv of
 * the potentiostat. Broken off, the same command goes on: each step's numbers are written after its labels,
 * scans know which frames they have. */
#include "cli/console.h"
#include "cli/plan.h"
#include "cli/simulate.h"
#include "cli/simulate_series.h"
#include "core/log.h"
#include "core/parallel.h"
#include "io/labels.h"
#include "io/metrics_json.h"
#include "truth/measure.h"
#include "truth/voxels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The step's state and its scan, open; `cell` only when something of it is left to do. */
struct step {
	int64_t number;
	struct cell_state state;
	struct simulation *sim;
	struct scan_writer *writer;
	struct cell_scan *cell;
	const char *name, *labels, *numbers, *mu;
	struct arena *arena;
};

static double or_else(double value, double other)
{
	return isfinite(value) ? value : other;
}

/* What would only be found when the first scan has been begun. */
static enum err check_scans(const struct series *series, struct arena *arena)
{
	const struct cell_view *v = &series->view;
	const struct optics_plan plan = {
		v->oversample, v->pixel_um, v->energy_kev, v->distance_mm, v->blur_px};
	struct arena_mark mark = arena_mark(arena);
	struct simulation *sim;
	struct optics *optics;

	TRY(simulation_new_step(&sim, &series->settings->simulate, 0, arena));
	TRY(optics_new(&optics, &plan, arena));
	TRY(pores_check(series->cell));
	arena_release(arena, mark);
	return OK;
}

static enum err start_series(
	struct series *series, const struct settings *s, const char *dir, struct arena *arena)
{
	const struct simulate_settings *set = &s->simulate;
	double pixel = or_else(s->input.pixel_size, default_pixel_um);
	struct cell_state state;
	struct cell *cell;

	*series = (struct series){
		.settings = s,
		.dir = dir,
		.scans = arena_format(arena, "%s/scans", dir),
		.truth = arena_format(arena, "%s/truth", dir),
		.arena = arena,
		.made = ARENA_ZERO(arena, struct made_scan, set->steps),
		.view = {set->size, set->rows, set->oversample, set->center_offset, set->tilt,
			pixel, or_else(s->input.energy, 80), or_else(s->input.distance, 0),
			set->blur},
	};
	NEED(series->scans);
	NEED(series->truth);
	NEED(series->made);
	TRY(cell_new(&cell, &s->cell, pixel, set->size, (uint64_t)set->seed, arena));
	series->cell = cell;
	TRY(parts_new(&series->parts, &s->materials, series->view.energy_kev, pixel));
	TRY(scenario_state(&state, cell, set, &s->cell, (double)set->size / 2, 0));
	series->first = state.pose;
	char *yaml;
	TRY(settings_yaml(s, IN_SIMULATE, false, true, arena, &yaml));
	series->yaml = yaml;
	TRY(check_scans(series, arena));
	log_info("the cell is drawn at %.4g of its size: the detector sees %.4g mm of a tube of "
		 "%.4g "
		 "mm",
		cell->scale, (double)set->size * pixel / 1000, 2 * cell->tube_inner * pixel / 1000);
	return OK;
}

static enum err open_step(
	struct step *step, const struct series *series, int64_t number, struct arena *arena)
{
	const struct settings *s = series->settings;
	struct scan_plan plan;

	*step = (struct step){
		.number = number,
		.arena = arena,
		.name = arena_format(arena, "step_%02lld", (long long)number),
	};
	NEED(step->name);
	step->labels = arena_format(arena, "%s/%s.h5", series->truth, step->name);
	step->numbers = arena_format(arena, "%s/%s.json", series->truth, step->name);
	step->mu = arena_format(arena, "%s/%s_attenuation.h5", series->truth, step->name);
	NEED(step->labels);
	NEED(step->numbers);
	NEED(step->mu);
	TRY(scenario_state(&step->state, series->cell, &s->simulate, &s->cell,
		(double)s->simulate.size / 2, number));
	TRY(simulation_new_step(&step->sim, &s->simulate, number, arena));
	TRY(scan_plan_of(&plan, s, step->sim, series->scans, number, series->view.pixel_um, arena));
	return scan_write_open(&step->writer, &plan, arena);
}

static bool frames_left(const struct scan_writer *w)
{
	return scan_write_done(w, FRAME_PROJECTION, 0) < scan_write_count(w, FRAME_PROJECTION, 0);
}

_Static_assert(
	(int)LABELS_APERTURE == (int)VOXEL_APERTURE, "files hold apertures as they are made");

/* Planes of the truth, a few for each thread at once. */
struct planes {
	const struct step *step;
	int64_t first, n_pixels;
	uint8_t *labels, *fraction, *aperture;
	float *mu;
	struct voxel_plane *plane;
	struct arena **arenas;
};

static enum err make_plane(void *context, int64_t i, int thread)
{
	struct planes *p = context;
	struct voxel_plane *plane = &p->plane[i];

	plane->label = p->labels + i * p->n_pixels;
	plane->fraction = p->fraction + i * p->n_pixels;
	plane->aperture = p->aperture + i * p->n_pixels;
	plane->mu = p->mu ? p->mu + i * p->n_pixels : NULL;
	return voxels_plane(p->step->cell, p->first + i, plane, p->arenas[thread]);
}

static enum err write_planes(const struct series *series, struct planes *p,
	struct labels_writer *labels, struct truth *mu, struct step_metrics *m)
{
	int64_t rows = series->view.rows, depth = LABELS_DEPTH;
	double um3 = pow(series->view.pixel_um, 3), to_cm = 1e4 / series->view.pixel_um;

	progress_start(p->step->name, "true planes", rows);
	for (int64_t z = 0; z < rows; z += depth) {
		int64_t n = rows - z < depth ? rows - z : depth;

		p->first = z;
		TRY(parallel_for(n, make_plane, p));
		TRY(labels_put_sheets(labels, z, n, p->labels, p->fraction, p->aperture));
		for (int64_t i = 0; i < n; i++) {
			for (int k = 0; k < N_LABELS; k++)
				m->phase_um3[k].value += p->plane[i].volume[k] * um3;
			for (int64_t v = 0; mu && v < p->n_pixels; v++)
				p->plane[i].mu[v] *= (float)to_cm;
			if (mu)
				TRY(truth_put(mu, z + i, p->plane[i].mu));
		}
		progress_add(n);
	}
	progress_end();
	return OK;
}

static enum err new_planes(struct planes *p, const struct series *series, const struct step *step)
{
	struct arena *arena = step->arena;
	int64_t size = series->view.size;

	*p = (struct planes){.step = step, .n_pixels = size * size};
	p->labels = ARENA_NEW(arena, uint8_t, LABELS_DEPTH * p->n_pixels);
	p->fraction = ARENA_NEW(arena, uint8_t, LABELS_DEPTH * p->n_pixels);
	p->aperture = ARENA_NEW(arena, uint8_t, LABELS_DEPTH * p->n_pixels);
	p->plane = ARENA_ZERO(arena, struct voxel_plane, LABELS_DEPTH);
	p->arenas = ARENA_ZERO(arena, struct arena *, parallel_threads());
	NEED(p->labels);
	NEED(p->fraction);
	NEED(p->aperture);
	NEED(p->plane);
	NEED(p->arenas);
	if (series->settings->simulate.attenuation) {
		p->mu = ARENA_NEW(arena, float, LABELS_DEPTH * p->n_pixels);
		NEED(p->mu);
	}
	for (int i = 0; i < parallel_threads(); i++) {
		p->arenas[i] = arena_new();
		NEED(p->arenas[i]);
	}
	return OK;
}

/* 1/cm of each label, hardware apart. */
static void label_attenuation(const struct series *series, double out[N_LABELS])
{
	for (int k = 0; k < N_LABELS; k++)
		out[k] = k < LABEL_HARDWARE ? series->parts.mu[k] * 1e4 / series->view.pixel_um
					    : NAN;
}

static enum err write_volumes(const struct series *series, struct step *step, struct planes *planes,
	struct step_metrics *m)
{
	const struct cell_view *v = &series->view;
	double attenuation[N_LABELS];
	const struct labels_plan plan = {.path = step->labels,
		.nz = v->rows,
		.ny = v->size,
		.nx = v->size,
		.voxel_um = v->pixel_um,
		.fraction = true,
		.aperture = true,
		.attenuation = attenuation,
		.config_yaml = series->yaml,
		.command = "tomochron simulate",
		.version = TOMO_VERSION};
	const struct truth_plan mu_plan = {.path = step->mu,
		.units = "1/cm",
		.n = v->rows,
		.width = v->size,
		.center = step->sim->center,
		.slope = step->sim->slope,
		.pixel_um = v->pixel_um,
		.angle = step->sim->angle,
		.n_angle = series->settings->simulate.angles};
	struct labels_writer *labels = NULL;
	struct truth *mu = NULL;
	const char *sentence;
	enum err e;

	label_attenuation(series, attenuation);
	TRY(labels_create(&labels, &plan, step->arena));
	e = planes->mu ? truth_open(&mu, &mu_plan, step->arena) : OK;
	if (e == OK)
		e = write_planes(series, planes, labels, mu, m);
	if (e == OK)
		e = truth_close(mu);
	if (e == OK)
		return labels_finish(labels);
	sentence = arena_copy(step->arena, error_message());
	labels_abandon(labels);
	return fail(e, "%s", sentence ? sentence : "");
}

static enum err write_truth(const struct series *series, struct step *step)
{
	const char *scan = scan_write_scan(step->writer);
	struct step_metrics m = {
		.step = step->number, .name = step->name, .scan = scan + strlen(series->dir) + 1};
	struct arena_mark mark = arena_mark(step->arena);
	struct planes planes = {.arenas = NULL};
	enum err e;

	TRY(measure_step(step->cell, &series->first, &m, step->arena));
	e = new_planes(&planes, series, step);
	if (e == OK)
		e = write_volumes(series, step, &planes, &m);
	for (int i = 0; planes.arenas && i < parallel_threads(); i++)
		arena_free(planes.arenas[i]);
	TRY(e);
	TRY(metrics_write(step->numbers, &m, step->arena));
	arena_release(step->arena, mark);
	return OK;
}

/* As many threads as --memory has room for; the bytes of the files do not depend on it. */
static enum err fit_memory(const struct series *series, const struct step *step)
{
	const struct cell_view *v = &series->view;
	int64_t pixels = v->rows * v->size, plane = v->size * v->size;
	int64_t limit = memory_limit(series->settings), threads = parallel_threads();
	/* What is there once: the camera's maps, a block of frames (cli/simulate_scan.c), the planes that
	 * are written together, and libraries. */
	int64_t once = cell_scan_bytes(step->cell) + pixels * 8 + SIMULATE_BLOCK_BYTES +
		       LABELS_DEPTH * plane * (series->settings->simulate.attenuation ? 10 : 6) +
		       (64 << 20);
	int64_t frame = cell_scan_frame_bytes(step->cell) + pixels * 6, truth = plane * 4;
	int64_t each = frame > truth ? frame : truth;

	if (once + each > limit)
		return fail(ERR_RESOURCE,
			"--memory %lldM is too little: this cell needs --memory %lldM with one "
			"thread",
			(long long)(limit >> 20), (long long)((once + each) >> 20) + 1);
	if (once + threads * each > limit)
		parallel_set_threads((int)((limit - once) / each));
	log_debug("%s: about %.2f GB of %.2f GB, %d threads", step->name,
		(double)(once + parallel_threads() * each) / 1e9, (double)limit / 1e9,
		parallel_threads());
	return OK;
}

static enum err do_step(struct series *series, struct step *step)
{
	bool known = access(step->numbers, F_OK) == 0 && !series->settings->run.force;

	/* not before a scan is begun, which makes this a folder to go on with */
	TRY(make_folders(series->truth));
	if (!known || frames_left(step->writer)) {
		TRY(cell_scan_new(&step->cell, series->cell, &step->state, &series->parts,
			&series->view, step->arena));
		step->sim->cell = step->cell;
		TRY(fit_memory(series, step));
	}
	if (!known)
		TRY(write_truth(series, step));
	progress_start(step->name, "frames", step->sim->n_proj);
	TRY(write_all_frames(step->sim, step->writer, step->arena));
	progress_end();
	return OK;
}

static enum err make_step(struct series *series, int64_t number)
{
	struct arena *arena = arena_new();
	struct step step;
	enum err e;

	NEED(arena);
	e = open_step(&step, series, number, arena);
	if (e == OK)
		e = finish_scan(step.writer, do_step(series, &step), series->arena);
	if (e == OK) {
		struct made_scan made =
			scan_made(series->settings, step.writer, series->view.pixel_um);

		made.scan = arena_copy(series->arena, made.scan);
		made.darks_flats = arena_copy(series->arena, made.darks_flats);
		series->made[number] = made;
	}
	arena_free(arena);
	return e;
}

/* What the cell cannot be measured with. */
static enum err check_view(const struct simulate_settings *s)
{
	if (s->span > 300 && fabs(s->center_offset) > (double)s->size / 8)
		return fail(ERR_USAGE,
			"simulate.center_offset: %g px with a full turn is a half acquisition, "
			"which "
			"has no truth for the cell; at most %lld px, or --phantom ellipsoids",
			s->center_offset, (long long)s->size / 8);
	return OK;
}

enum err simulate_cell(
	const struct settings *s, const char *dir, struct made_scan **made, struct arena *arena)
{
	struct series series;

	TRY(check_view(&s->simulate));
	TRY(start_series(&series, s, dir, arena));
	for (int64_t k = 0; k < s->simulate.steps; k++)
		TRY(make_step(&series, k));
	*made = series.made;
	return write_series_files(&series);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/prepare.h"

#include "cli/plan.h"
#include "cli/resolve.h"
#include "core/log.h"
#include "recon/phase.h"

#include <math.h>
#include <string.h>

enum { READ_BLOCK = 32 << 20 };
_Static_assert((int)MAX_FLATS >= (int)MAX_GROUPS, "every group of flats has its place");

enum raw_type raw_type(enum sample type)
{
	return type == SAMPLE_U8 ? RAW_U8 : type == SAMPLE_U16 ? RAW_U16 : RAW_F32;
}

/* All frames of a group, reduced in bands of rows that keep the frames within the read block. A band of
 * compressed frames costs decoding all of them: these take what memory there is. */
static enum err reduce_bands(struct prepared *p, enum frame_kind kind, int group, int64_t n,
	float *out, struct arena *work)
{
	int64_t n_col = p->rows.n_col, total = p->fields.n_row;
	int64_t room =
		p->scan->compressed ? memory_limit(p->settings) / 4 : 2 * (int64_t)READ_BLOCK;
	int64_t band = room / (n * n_col * (int64_t)sizeof(float));
	float *frames;

	band = band > total ? total : band < 1 ? 1 : band;
	frames = ARENA_NEW(work, float, n *band *n_col);
	NEED(frames);
	for (int64_t r = 0; r < total; r += band) {
		int64_t rows = r + band < total ? band : total - r, at = p->field_row0 + r;

		TRY(rows_read_field(&p->rows, kind, group, 0, n, at, at + rows, frames));
		TRY(reduce_frames(out + r * n_col, frames, RAW_F32, n, rows * n_col,
			p->settings->normalise.average, work));
	}
	return OK;
}

static enum err reduce_group(
	struct prepared *p, enum frame_kind kind, int group, int64_t n, float *out)
{
	struct arena *work = arena_new(); /* goes back to the system: the slabs need it */
	enum err e;

	NEED(work);
	e = reduce_bands(p, kind, group, n, out, work);
	arena_free(work);
	return e;
}

static enum err reduce_darks(struct prepared *p, struct arena *arena)
{
	struct scan *s = p->scan;
	int64_t pixels = p->fields.n_row * p->rows.n_col, frames = 0;
	float *dark, *one;

	dark = ARENA_ZERO(arena, float, pixels);
	NEED(dark);
	p->fields.dark = dark;
	for (int g = 0; g < s->n_dark_groups; g++)
		frames += s->darks[g].n;
	for (int g = 0; g < s->n_dark_groups; g++) {
		struct arena_mark mark = arena_mark(arena);
		float share = (float)((double)s->darks[g].n / (double)frames);

		if (s->n_dark_groups == 1)
			return reduce_group(p, FRAME_DARK, 0, frames, dark);
		one = ARENA_NEW(arena, float, pixels);
		NEED(one);
		TRY(reduce_group(p, FRAME_DARK, g, s->darks[g].n, one));
		for (int64_t i = 0; i < pixels; i++)
			dark[i] += share * one[i];
		arena_release(arena, mark);
	}
	return OK;
}

static enum err reduce_fields(struct prepared *p, bool no_darks, struct arena *arena)
{
	struct scan *s = p->scan;
	struct fields *f = &p->fields;
	int64_t above = p->rows.row0 / p->rows.bin;
	int64_t below = (s->n_row - p->rows.row0) / p->rows.bin;
	int64_t last = p->rows.n_row + p->halo;
	enum err e;

	if (s->n_flat_groups == 0)
		return fail(ERR_INPUT, "%s: has no flats; give them with --flats or --darks-flats",
			s->path);
	if (s->n_dark_groups == 0 && !no_darks)
		return fail(ERR_INPUT,
			"%s: has no darks; give them with --darks or --darks-flats, or "
			"say --darks none to take them as zero",
			s->path);
	p->field_row0 = p->halo < above ? -p->halo : -above;
	f->n_row = (last < below ? last : below) - p->field_row0;
	f->n_col = p->rows.n_col;
	if (s->n_dark_groups == 0)
		log_warning("no darks: taken as zero, attenuations will be too small");
	else
		TRY(reduce_darks(p, arena));
	f->n_flats = s->n_flat_groups;
	for (int g = 0; g < f->n_flats; g++) {
		f->flat[g] = ARENA_NEW(arena, float, f->n_row * f->n_col);
		NEED(f->flat[g]);
		f->at[g] = s->flats[g].at;
		f->n_frames[g] = s->flats[g].n;
		TRY(reduce_group(p, FRAME_FLAT, g, s->flats[g].n, f->flat[g]));
	}
	e = fields_prepare(f, &p->settings->normalise, arena);
	return e == ERR_INPUT ? note(e, "%s", s->flats[0].from) : e;
}

static enum err fill_geometry(struct prepared *p, struct arena *arena)
{
	struct geometry *g = &p->geometry;
	double *radians = ARENA_NEW(arena, double, p->scan->n_proj);

	NEED(radians);
	for (int64_t i = 0; i < p->scan->n_proj; i++)
		radians[i] = p->scan->angle[i] * M_PI / 180;
	g->n_angle = p->scan->n_proj;
	g->n_col = p->rows.n_col;
	g->angle = radians;
	g->pixel_um = p->scan->pixel_um * (double)p->rows.bin;
	g->energy_kev = p->scan->energy_kev;
	g->distance_mm = p->scan->distance_mm;
	g->center = NAN;
	return OK;
}

static enum err check_stages(const struct prepared *p)
{
	for (int i = 0; stages[i]; i++)
		if (stages[i]->active(p->settings) && stages[i]->check)
			TRY(stages[i]->check(p->settings, &p->geometry));
	return OK;
}

enum err prepare_open(
	struct prepared *p, struct settings *s, const bool *given, struct arena *arena)
{
	bool no_darks = !strcmp(s->input.darks, "none");

	memset(p, 0, sizeof(*p));
	p->settings = s;
	p->rows.scratch = -1;
	if (no_darks)
		s->input.darks = "";
	TRY(scan_open(&p->scan, &s->input, arena));
	TRY(rows_open(&p->rows, p->scan, &s->input, READ_BLOCK, arena));
	p->rings_meant = s->rings;
	fit_ring_windows(s, given, p->scan->n_col / p->rows.bin);
	TRY(fill_geometry(p, arena));
	TRY(check_stages(p));
	if (s->phase.method == PHASE_PAGANIN) {
		TRY(paganin_check(s, &p->geometry));
		p->halo = paganin_halo(s, &p->geometry);
	}
	return reduce_fields(p, no_darks, arena);
}

void prepare_close(struct prepared *p)
{
	rows_close(&p->rows);
	scan_close(p->scan);
	p->scan = NULL;
}

double full_column(const struct prepared *p, double column)
{
	return (double)p->rows.col0 + (column + 0.5) * (double)p->rows.bin - 0.5;
}

static double frame_column(const struct prepared *p, double full)
{
	return (full - (double)p->rows.col0 + 0.5) / (double)p->rows.bin - 0.5;
}

/* One detector row as the search wants it: normalised, zingers removed. */
static enum err read_search_row(
	struct prepared *p, int64_t row, void *raw, struct sinogram sino, struct arena *scratch)
{
	struct counts counts = {0};

	TRY(rows_read(&p->rows, 0, sino.n_angle, row, row + 1, raw));
	normalise_sinogram(&p->fields, row - p->field_row0, raw, raw_type(p->rows.type), sino.n_col,
		sino, &counts);
	if (!stage_zinger.active(p->settings))
		return OK;
	return stage_zinger.apply(p->settings, &p->geometry, sino, scratch, &counts);
}

static enum err search_rows(struct prepared *p, struct arena *work, struct arena *arena)
{
	struct geometry *g = &p->geometry;
	int64_t values = g->n_angle * g->n_col, n = p->settings->center.rows;
	struct sinogram *sino;
	double *row;
	void *raw;

	n = n < p->rows.n_row ? n : p->rows.n_row;
	raw = arena_alloc(work, values, (size_t)sample_bytes(p->rows.type));
	sino = ARENA_NEW(work, struct sinogram, n);
	row = ARENA_NEW(arena, double, n);
	NEED(raw);
	NEED(sino);
	NEED(row);
	for (int64_t i = 0; i < n; i++) {
		struct arena_mark mark;
		int64_t at = (2 * i + 1) * p->rows.n_row / (2 * n); /* evenly, not at the ends */

		row[i] = (double)at;
		sino[i] = (struct sinogram){
			ARENA_NEW(work, float, values), g->n_angle, g->n_col, g->n_col};
		NEED(sino[i].data);
		mark = arena_mark(work);
		TRY(read_search_row(p, at, raw, sino[i], work));
		arena_release(work, mark);
	}
	return center_find(&p->found, p->settings, g, sino, row, (int)n, arena);
}

/* All memory the search takes goes back to the system. */
static enum err search_center(struct prepared *p, struct arena *arena)
{
	struct arena *work = arena_new();
	enum err e;

	NEED(work);
	e = search_rows(p, work, arena);
	arena_free(work);
	p->searched = e == OK;
	return e;
}

/* Where the given centre of a tilted axis holds. */
static double middle_row(const struct prepared *p)
{
	double middle = 0.5 * (double)(p->scan->n_row - 1);

	return (middle - (double)p->rows.row0 + 0.5) / (double)p->rows.bin - 0.5;
}

static enum err take_given_center(struct prepared *p)
{
	struct geometry *g = &p->geometry;
	double value = p->settings->center.value, slope = p->settings->center.slope;

	g->center = frame_column(p, value);
	g->center_row = middle_row(p);
	g->center_slope = isfinite(slope) ? slope : 0;
	if (!(g->center > -(double)g->n_col && g->center < 2 * (double)g->n_col - 1))
		return fail(ERR_USAGE,
			"--center %g lies far outside the detector (columns 0 to %lld; its "
			"middle is %g)",
			value, (long long)p->scan->n_col - 1, (double)(p->scan->n_col - 1) / 2);
	if (g->center < 0 || g->center > (double)(g->n_col - 1))
		log_warning("the centre %g lies outside the selected columns", value);
	return OK;
}

static void take_found_center(struct prepared *p)
{
	const struct center_settings *c = &p->settings->center;
	struct geometry *g = &p->geometry;

	g->center = p->found.center;
	g->center_row = p->found.row;
	g->center_slope = isfinite(c->slope) ? c->slope : c->tilt ? p->found.slope : 0;
	if (g->center_slope != 0)
		log_info("the axis is tilted: the centre moves by %.5f px a row, which is followed",
			g->center_slope);
}

double center_to_give(const struct prepared *p)
{
	const struct geometry *g = &p->geometry;

	return full_column(
		p, g->center_slope == 0
			   ? g->center
			   : g->center + g->center_slope * (middle_row(p) - g->center_row));
}

static enum err plan_stitch(struct prepared *p, struct arena *arena)
{
	enum stitch_mode mode = p->settings->stitch.mode;

	p->final = p->geometry;
	p->half = mode == STITCH_HALF ||
		  (mode == STITCH_AUTO &&
			  (p->scan->half || stitch_is_half(&p->geometry, p->geometry.center)));
	if (!p->half)
		return OK;
	TRY(stitch_plan(&p->geometry, p->geometry.center, &p->stitch, arena));
	p->final.n_angle = p->stitch.n_angle;
	p->final.n_col = p->stitch.n_col;
	p->final.angle = p->stitch.angle;
	p->final.center = p->stitch.center;
	p->final.center_slope = 0; /* one overlap for all rows */
	log_info("360 degree half acquisition: stitched over an overlap of %.2f px to %lld columns",
		p->stitch.overlap, (long long)p->final.n_col);
	return OK;
}

enum err prepare_center(struct prepared *p, bool search, struct arena *arena)
{
	bool given = isfinite(p->settings->center.value);

	if (search || !given) {
		TRY(search_center(p, arena));
		take_found_center(p);
	}
	if (given)
		TRY(take_given_center(p));
	return plan_stitch(p, arena);
}

int64_t prepare_scratch(const struct prepared *p)
{
	int64_t most = 0, sinogram = p->geometry.n_angle * p->geometry.n_col * 4;

	for (int i = 0; stages[i]; i++) {
		int64_t n = stages[i]->active(p->settings)
				    ? stages[i]->scratch(p->settings, &p->geometry)
				    : 0;

		most = n > most ? n : most;
	}
	return most + (p->half ? sinogram : 0);
}

enum err prepare_sinogram(const struct prepared *p, struct raw_row raw, struct sinogram out,
	struct arena *scratch, struct counts *counts)
{
	struct arena_mark mark = arena_mark(scratch);
	const struct geometry *g = &p->geometry;
	struct sinogram sino = out;

	if (p->half) {
		sino = (struct sinogram){ARENA_NEW(scratch, float, g->n_angle * g->n_col),
			g->n_angle, g->n_col, g->n_col};
		NEED(sino.data);
	}
	if (raw.normalised)
		for (int64_t i = 0; i < g->n_angle; i++)
			memcpy(sinogram_row(sino, i), (const float *)raw.data + i * raw.stride,
				(size_t)g->n_col * sizeof(float));
	else
		normalise_sinogram(&p->fields, raw.row - p->field_row0, raw.data,
			raw_type(p->rows.type), raw.stride, sino, counts);
	for (int i = 0; stages[i]; i++) {
		bool done = raw.normalised && stages[i] == &stage_zinger; /* on the projections */
		struct arena_mark here = arena_mark(scratch);

		if (stages[i]->active(p->settings) && !done)
			TRY(stages[i]->apply(p->settings, g, sino, scratch, counts));
		arena_release(scratch, here);
	}
	if (p->half)
		TRY(stitch_apply(&p->stitch, sino, out));
	arena_release(scratch, mark);
	return OK;
}

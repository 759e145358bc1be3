/* SPDX-License-Identifier: BSD-3-Clause
 * tomochron recon: raw scan to attenuation volume, resumable. */
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/engine.h"
#include "cli/resolve.h"
#include "core/isa.h"
#include "core/log.h"
#include "core/parallel.h"
#include "report/preview.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

/* Provenance: the numbers that were used stand in the settings before they are printed. */
static void record_used(struct settings *s, const struct prepared *p)
{
	s->center.value = center_to_give(p);
	s->center.slope = p->geometry.center_slope;
	s->stitch.mode = p->half ? STITCH_HALF : STITCH_NONE;
	s->input.pixel_size = p->scan->pixel_um;
	s->input.energy = p->scan->energy_kev;
	s->input.distance = p->scan->distance_mm;
}

static enum err fill_plan(struct volume_plan *v, struct settings *s,
	const struct command_line *line, const struct prepared *p, struct arena *arena)
{
	const struct geometry *g = &p->final;
	char *command, *yaml;
	const char **warnings;
	int n = log_warning_count();

	TRY(settings_command(s, line, "recon", arena, &command));
	record_used(s, p);
	TRY(settings_yaml(s, IN_RECON, false, false, arena, &yaml));
	warnings = ARENA_NEW(arena, const char *, n + 1);
	NEED(warnings);
	n = 0;
	for (int i = 0; log_warning_at(i); i++)
		warnings[n++] = log_warning_at(i);
	*v = (struct volume_plan){.path = s->output.path,
		.format = output_format(s),
		.nz = p->rows.n_row,
		.ny = g->n_col,
		.nx = g->n_col,
		.first_row = p->rows.row0,
		.row_step = p->rows.bin,
		.voxel_um = g->pixel_um,
		.units = isfinite(g->pixel_um) ? "1/cm" : "1/px",
		.bits = s->output.bits,
		.low = s->output.low,
		.high = s->output.high,
		.command = command,
		.config_yaml = yaml,
		.version = TOMO_VERSION,
		.center = center_to_give(p),
		.center_slope = p->geometry.center_slope,
		.center_sd = p->searched ? p->found.spread_px * (double)p->rows.bin : NAN,
		.inputs = p->scan->inputs,
		.n_inputs = p->scan->n_inputs,
		.warnings = warnings,
		.n_warnings = n,
		.n_counts = N_COUNTS,
		.count_names = count_names};
	v->origin_row_um = ((double)p->rows.row0 + 0.5 * (double)(p->rows.bin - 1)) *
			   (isfinite(p->scan->pixel_um) ? p->scan->pixel_um : 1);
	return OK;
}

static void print_plan(
	const struct prepared *p, const struct plan *plan, const struct volume_plan *v)
{
	double bytes = (double)(v->nz * v->ny * v->nx * v->bits / 8);

	printf("scan      %s (%s), %lld projections, rows %lld to %lld, %lld columns\n",
		p->scan->path, p->scan->layout, (long long)p->scan->n_proj, (long long)p->rows.row0,
		(long long)(p->rows.row0 + p->rows.n_row * p->rows.bin), (long long)p->rows.n_col);
	printf("centre    %.3f (0-based full-detector column; the middle is %.1f)%s\n", v->center,
		(double)(p->scan->n_col - 1) / 2, p->half ? ", half acquisition, stitched" : "");
	printf("volume    %lld x %lld x %lld, %lld bit, %.2f GB, %s\n", (long long)v->nz,
		(long long)v->ny, (long long)v->nx, (long long)v->bits, bytes / 1e9, v->units);
	printf("memory    %.2f GB of %.2f GB: %lld rows a slab, %d slices at once, %d threads, "
	       "%s\n",
		(double)plan->bytes / 1e9, (double)plan->limit / 1e9, (long long)plan->slab,
		plan->lanes, parallel_threads(),
		plan->buffers > 1 ? "reading ahead" : "no reading ahead");
}

static void report_counts(const struct counts *total, int64_t slices)
{
	for (int c = 0; c < N_COUNTS; c++)
		if (total->n[c])
			log_info("%lld %s (%.1f a slice)", (long long)total->n[c], count_texts[c],
				(double)total->n[c] / (double)slices);
}

/* For the eye only: without it the run is as good. Before the volume counts as complete, so that a run
 * killed meanwhile is still taken up again. */
static void draw_preview(const struct prepared *p, const struct settings *s, struct arena *arena)
{
	const char *volume = output_stem(s, arena), *picture = NULL, *scan = NULL;

	if (volume) {
		picture = arena_format(arena, "%s.png", volume);
		scan = arena_format(arena, "scan %s", p->scan->path);
	}
	if (!picture || !scan || preview_picture(volume, picture, scan, arena) != OK)
		log_warning("no preview picture: %s", error_message());
	else
		log_info("%s: preview", picture);
}

static enum err reorder(struct prepared *p, struct arena *arena)
{
	const char *folder = scratch_folder(p->settings, arena);

	NEED(folder);
	return rows_reorder(&p->rows, p->field_row0, p->field_row0 + p->fields.n_row, folder,
		console_interrupted);
}

static void say_ring_windows(const struct prepared *p)
{
	const struct rings_settings *r = &p->settings->rings, *meant = &p->rings_meant;

	if (r->method != RINGS_NONE && (r->large != meant->large || r->small != meant->small))
		log_info(
			"ring windows %lld and %lld are meant for %lld columns: here %lld and %lld",
			(long long)meant->large, (long long)meant->small,
			(long long)meant->reference_width, (long long)r->large,
			(long long)r->small);
}

static enum err reconstruct(struct prepared *p, const struct fbp *fbp, const struct plan *plan,
	const struct volume_plan *v, struct arena *arena)
{
	struct settings *s = p->settings;
	struct counts total = {0};
	struct engine_times times = {0};
	struct volume *volume;
	int64_t todo = 0;
	double start, took;
	enum err e;

	console_orderly(); /* so far there was nothing to lose */
	TRY(volume_create(&volume, v, s->run.force, arena));
	e = console_log_to(
		arena_format(arena, "%s.log", output_stem(s, arena)), console_argc, console_argv);
	for (int64_t z = 0; z < v->nz; z++)
		todo += !volume_has(volume, z);
	if (e == OK && todo > plan->slab && p->scan->compressed)
		e = reorder(p, arena);
	say_ring_windows(p);
	start = seconds_now();
	progress_start("recon", "slices", todo);
	if (e == OK)
		e = engine_run(p, fbp, plan, volume, &total, &times, arena);
	progress_end();
	if (e != OK) {
		volume_abandon(volume);
		return e == ERR_INTERRUPTED
			       ? fail(e, "interrupted; the same command goes on where it stopped")
			       : e;
	}
	took = seconds_now() - start;
	draw_preview(p, s, arena);
	TRY(volume_finish(volume));
	report_counts(&total, todo ? todo : 1);
	log_info("%s: %lld slices in %.1f s (%s, %d threads)", s->output.path, (long long)todo,
		took, isa_name(), parallel_threads());
	if (todo)
		log_debug("seconds a slice: %.3f stages, %.3f filter, %.3f back-projection, %.3f "
			  "in all",
			times.stages / (double)todo, times.filter / (double)todo,
			times.backproject / (double)todo, took / (double)todo);
	return OK;
}

/* A centre that cannot be trusted stops the run before hours are spent on it. */
static enum err judge_center(const struct prepared *p)
{
	const struct center_result *f = &p->found;

	if (!p->searched)
		return OK;
	log_info("centre %.3f +- %.3f px (0-based full-detector column), confidence %.2f: %s",
		full_column(p, f->center), f->spread_px * (double)p->rows.bin, f->confidence,
		f->reason);
	if (f->confidence >= CENTER_SURE || isfinite(p->settings->center.value))
		return OK;
	if (p->settings->run.force) {
		log_warning("the centre %.3f is doubtful (%s); used because of --force",
			full_column(p, f->center), f->reason);
		return OK;
	}
	return fail(ERR_INPUT,
		"%s: the automatic centre %.2f is doubtful (%s): look at "
		"'tomochron center --sweep' and give --center, or say --force",
		p->scan->path, full_column(p, f->center), f->reason);
}

static enum err print_json(const struct volume_plan *v)
{
	json_t *json = json_pack("{s:s, s:[I, I, I], s:f, s:s}", "volume", v->path, "shape",
		(json_int_t)v->nz, (json_int_t)v->ny, (json_int_t)v->nx, "center", v->center,
		"units", v->units);

	if (!json)
		return fail(
			ERR_FAILED, "%s: a file name that is not UTF-8 cannot be JSON", v->path);
	json_dumpf(json, stdout, JSON_REAL_PRECISION(12));
	printf("\n");
	json_decref(json);
	return OK;
}

static enum err run(struct prepared *p, struct settings *s, const struct command_line *line,
	struct arena *arena)
{
	struct volume_plan v;
	struct plan plan;
	struct fbp *fbp;
	bool given = isfinite(s->center.value);

	TRY(prepare_open(p, s, line->given, arena));
	TRY(prepare_center(p, false, arena));
	if (!given)
		TRY(judge_center(p));
	TRY(fbp_new(&fbp, s, &p->final, arena));
	TRY(fill_plan(&v, s, line, p, arena));
	TRY(plan_make(&plan, p, fbp, volume_buffer_bytes(&v, 1)));
	if (s->run.dry_run) {
		print_plan(p, &plan, &v);
		return OK;
	}
	TRY(reconstruct(p, fbp, &plan, &v, arena));
	if (s->run.json)
		return print_json(&v);
	return OK;
}

enum err command_recon(struct settings *s, const struct command_line *line, struct arena *arena)
{
	struct prepared p = {.rows.scratch = -1};
	enum err e;

	TRY(check_output(s));
	e = run(&p, s, line, arena);
	prepare_close(&p);
	return e;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * tomochron center: the rotation centre with its confidence, and the sweep for the eye. */
#include "cli/commands.h"
#include "cli/prepare.h"
#include "cli/sweep.h"
#include "core/log.h"

#include <math.h>

static void print_number(const char *name, double value, const char *end)
{
	if (isfinite(value))
		printf("\"%s\": %.6f%s", name, value, end);
	else
		printf("\"%s\": null%s", name, end);
}

static void print_json(const struct prepared *p)
{
	const struct center_result *f = &p->found;
	double bin = (double)p->rows.bin;

	printf("{");
	print_number("center", full_column(p, f->center), ", ");
	print_number("spread_px", f->spread_px * bin, ", ");
	print_number("agreement_px", f->agreement_px * bin, ", ");
	print_number("row", (double)p->rows.row0 + f->row * bin, ", ");
	print_number("slope", f->slope, ", ");
	print_number("tilt_deg", f->tilt_deg, ", ");
	print_number("confidence", f->confidence, ", ");
	printf("\"verdict\": \"%s\", \"reason\": \"%s\", \"half_acquisition\": %s, \"methods\": {",
		f->verdict, f->reason, p->half ? "true" : "false");
	printf("\"vo\": {");
	print_number("center", full_column(p, f->vo.value), ", ");
	print_number("spread_px", f->vo.spread * bin, "}, ");
	printf("\"correlation\": {");
	print_number("center", full_column(p, f->correlation.value), ", ");
	print_number("spread_px", f->correlation.spread * bin, "}}, ");
	printf("\"rows\": [");
	for (int i = 0; i < f->n_rows; i++) {
		printf("%s{\"row\": %lld, ", i ? ", " : "",
			(long long)(p->rows.row0 + (int64_t)f->rows[i].row * p->rows.bin));
		print_number("center", full_column(p, f->rows[i].value), ", ");
		printf("\"used\": %s}", f->rows[i].used ? "true" : "false");
	}
	printf("]}\n");
}

static void print_method(
	const struct prepared *p, const char *name, const struct center_method_result *m)
{
	if (isfinite(m->value))
		printf("  %-12s %.3f, spread %.3f px over rows\n", name, full_column(p, m->value),
			m->spread * (double)p->rows.bin);
}

static void print_text(const struct prepared *p)
{
	const struct center_result *f = &p->found;
	double center = full_column(p, f->center);

	printf("centre %.3f +- %.3f px, %s (confidence %.2f: %s)\n", center,
		f->spread_px * (double)p->rows.bin, f->verdict, f->confidence, f->reason);
	printf("  0-based full-detector column, pixel centres are integers, the middle is %.1f\n",
		(double)(p->scan->n_col - 1) / 2);
	if (p->rows.col0 || p->rows.bin > 1)
		printf("  in the cropped and binned frame: %.3f\n", f->center);
	printf("  where pixel edges are integers (tofu): %.3f\n", center + 0.5);
	print_method(p, "vo", &f->vo);
	print_method(p, "correlation", &f->correlation);
	if (isfinite(f->slope) && f->slope != 0)
		printf("  the axis is tilted by %.4f degrees (the centre above is that of row "
		       "%.0f); recon "
		       "follows it, as --center %.3f --center.slope %.6f would\n",
			f->tilt_deg, (double)p->rows.row0 + f->row * (double)p->rows.bin,
			center_to_give(p), f->slope);
	if (p->half)
		printf("  360 degree half acquisition, overlap %.2f px\n", p->stitch.overlap);
	for (int i = 0; i < f->n_rows; i++)
		printf("  row %5lld: %.3f%s\n",
			(long long)(p->rows.row0 + (int64_t)f->rows[i].row * p->rows.bin),
			full_column(p, f->rows[i].value), f->rows[i].used ? "" : " (not used)");
}

static enum err run(struct prepared *p, struct settings *s, const struct command_line *line,
	struct arena *arena)
{
	bool sweep = s->center.sweep.step > 0;

	if (sweep && !s->output.path[0])
		return fail(ERR_USAGE, "--sweep needs -o DIR for its pictures");
	TRY(prepare_open(p, s, line->given, arena));
	if (sweep)
		return sweep_run(p, arena);
	TRY(prepare_center(p, true, arena));
	if (s->run.json)
		print_json(p);
	else
		print_text(p);
	return OK;
}

enum err command_center(struct settings *s, const struct command_line *line, struct arena *arena)
{
	struct prepared p = {.rows.scratch = -1};
	enum err e;

	e = run(&p, s, line, arena);
	prepare_close(&p);
	return e;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * tomochron info: what is in a scan and whether it can be trusted. Exit 0 also with findings: they are
 * the result. With -o PREFIX: PREFIX.json and PREFIX.png. */
#include "cli/commands.h"
#include "core/log.h"
#include "io/audit.h"
#include "io/disk.h"
#include "report/audit_picture.h"

#include <math.h>
#include <sys/stat.h>

static void print_group(const char *name, const struct frame_group *g, int n)
{
	printf("  %-13s", name);
	if (n == 0)
		printf("none");
	for (int i = 0; i < n; i++) {
		printf("%s%lld", i ? ", " : "", (long long)g[i].n);
		if (isfinite(g[i].at))
			printf(g[i].at < 0 ? " before" : " at projection %.0f", g[i].at);
	}
	printf("\n");
}

static void print_known(const char *name, double value, const char *unit)
{
	if (isfinite(value))
		printf("  %-13s%.6g %s\n", name, value, unit);
	else
		printf("  %-13sunknown\n", name);
}

static void print_text(const struct audit *a)
{
	static const char *const types[] = {"uint8", "uint16", "float32"};
	const struct scan *s = a->scan;

	printf("%s: %s\n", s->path, s->layout);
	printf("  %-13s%lld of %lld rows x %lld columns, %s%s\n", "projections",
		(long long)s->n_proj, (long long)s->n_row, (long long)s->n_col, types[s->type],
		s->compressed ? ", compressed" : "");
	print_group("flats", s->flats, s->n_flat_groups);
	print_group("darks", s->darks, s->n_dark_groups);
	printf("  %-13s%.4f to %.4f degrees, step %.5f%s (%s)\n", "angles", a->first, a->last,
		a->step, a->closes_180 ? ", the last view repeats the first" : "", s->angle_source);
	print_known("pixel", s->pixel_um, "um");
	print_known("energy", s->energy_kev, "keV");
	print_known("distance", s->distance_mm, "mm");
	printf("  %-13s%.4f to %.4f (0.1 to 99.9 %% of %lld frames x %lld rows)\n",
		s->n_flat_groups ? "transmission" : "values", a->transmission_low,
		a->transmission_high, (long long)a->sampled_frames, (long long)a->sampled_rows);
	for (int i = 0; i < a->n_findings; i++)
		printf("  %s %s\n", a->findings[i].serious ? "[!!]" : "[ i]", a->findings[i].text);
	if (a->n_findings == 0)
		printf("  nothing to complain of\n");
}

static enum err refuse_existing(const char *path, bool force)
{
	struct stat st;

	if (!force && stat(path, &st) == 0)
		return fail(ERR_USAGE, "%s exists; --force overwrites it", path);
	return OK;
}

static enum err write_files(
	const struct audit *a, const char *json, const struct settings *s, struct arena *arena)
{
	const char *text = arena_format(arena, "%s.json", s->output.path);
	const char *picture = arena_format(arena, "%s.png", s->output.path);

	NEED(text);
	NEED(picture);
	TRY(refuse_existing(text, s->run.force));
	TRY(refuse_existing(picture, s->run.force));
	TRY(disk_save(text, json, arena));
	TRY(audit_picture(a, picture, arena));
	log_info("wrote %s and %s", text, picture);
	return OK;
}

enum err command_info(struct settings *s, const struct command_line *line, struct arena *arena)
{
	struct audit audit;
	struct scan *scan;
	char *json;
	enum err e;

	(void)line;
	TRY(scan_open(&scan, &s->input, arena));
	e = audit_scan(&audit, scan, arena);
	if (e == OK)
		e = audit_json(&audit, arena, &json);
	if (e == OK && s->run.json)
		puts(json);
	else if (e == OK)
		print_text(&audit);
	if (e == OK && s->output.path[0])
		e = write_files(&audit, json, s, arena);
	scan_close(scan);
	return e;
}

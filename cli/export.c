/* SPDX-License-Identifier: BSD-3-Clause
 * tomochron export: a volume as TIFF slices, one (Big)TIFF, a description for ParaView, or a
 * picture of a few of its cuts. */
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/label_pictures.h"
#include "core/log.h"
#include "io/export.h"
#include "report/preview.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

static enum err on_progress(void *context, int64_t done, int64_t total)
{
	int64_t *seen = context;

	if (console_interrupted())
		return fail(ERR_INTERRUPTED, "interrupted; nothing was written");
	if (done == 1)
		progress_start("export", "slices", total);
	progress_add(done - *seen);
	*seen = done;
	return OK;
}

static enum err export_picture(const char *volume, const struct settings *s, struct arena *arena)
{
	const char *out = s->output.path;
	struct stat st;

	if (stat(out, &st) == 0 && !s->run.force)
		return fail(
			ERR_USAGE, "%s: exists; choose another name or --force to replace it", out);
	TRY(preview_picture(volume, out, NULL, arena));
	log_info("%s: preview of %s", out, volume);
	return OK;
}

enum err command_export(struct settings *s, const struct command_line *line, struct arena *arena)
{
	int64_t seen = 0;
	struct export_plan plan = {.volume = line->positional[0],
		.out = s->output.path,
		.bits = s->output.bits,
		.low = s->output.low,
		.high = s->output.high,
		.force = s->run.force,
		.progress = on_progress,
		.context = &seen};
	struct export_result r;

	bool done;

	if (!s->output.path[0])
		return fail(ERR_USAGE,
			"-o is missing: a folder, FILE.tif, FILE.xdmf, FILE.png, FILE.vtp or "
			"FILE.stl");
	TRY(export_labels(line->positional[0], s, arena, &done));
	if (done)
		return OK;
	if (strlen(s->output.path) > 4 &&
		!strcasecmp(s->output.path + strlen(s->output.path) - 4, ".png"))
		return export_picture(line->positional[0], s, arena);
	console_orderly();
	TRY(export_volume(&plan, &r, arena));
	progress_end();
	if (s->run.json)
		printf("{\"shape\": [%lld, %lld, %lld], \"bytes\": %lld, \"bigtiff\": %s, "
		       "\"clipped\": "
		       "%lld}\n",
			(long long)r.nz, (long long)r.ny, (long long)r.nx, (long long)r.bytes,
			r.big ? "true" : "false", (long long)r.clipped);
	log_info("%s: %lld x %lld x %lld, %lld bit%s", plan.out, (long long)r.nz, (long long)r.ny,
		(long long)r.nx, (long long)plan.bits, r.big ? ", BigTIFF" : "");
	if (r.big)
		log_info("ImageJ opens BigTIFF only with Bio-Formats (as in Fiji); a folder of "
			 "slices (-o FOLDER) it opens as it is");
	if (isfinite(r.low))
		log_info("0 is %.6g and the largest number %.6g; %lld values beyond were clipped",
			r.low, r.high, (long long)r.clipped);
	return OK;
}

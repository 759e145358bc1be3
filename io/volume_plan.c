/* SPDX-License-Identifier: BSD-3-Clause
 * The plan of a volume: is it sound, and its text in the journal, which is what must be equal for a
 * run to be resumed. */
#include "core/isa.h"
#include "io/disk.h"
#include "io/volume_store.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Writing must not destroy what is read. */
static enum err keep_input(const struct volume_plan *plan, const char *input, struct arena *arena)
{
	struct stat in, out;
	const char *folder;

	if (stat(plan->path, &out) != 0 || stat(input, &in) != 0)
		return OK;
	if (in.st_dev == out.st_dev && in.st_ino == out.st_ino)
		return fail(ERR_USAGE, "%s: is an input of this command; choose another output",
			plan->path);
	NEED(folder = disk_folder(input, arena));
	if (stat(folder, &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
		return fail(ERR_USAGE,
			"%s: holds %s, an input of this command; choose "
			"another folder for the output",
			plan->path, input);
	return OK;
}

enum err volume_check(const struct volume_plan *plan, struct arena *arena)
{
	int64_t bytes;

	if (plan->nz < 1 || plan->ny < 1 || plan->nx < 1)
		return fail(ERR_USAGE, "%s: a volume of %lld x %lld x %lld has no voxels",
			plan->path, (long long)plan->nz, (long long)plan->ny, (long long)plan->nx);
	if (__builtin_mul_overflow(plan->nz, plan->ny, &bytes) ||
		__builtin_mul_overflow(bytes, plan->nx * 4, &bytes))
		return fail(ERR_USAGE, "%s: the volume is larger than any file", plan->path);
	if (plan->bits != 32 && plan->bits != 16 && plan->bits != 8)
		return fail(ERR_USAGE, "output.bits: %lld; 32, 16 or 8 are possible",
			(long long)plan->bits);
	if (plan->bits < 32 && !(isfinite(plan->low) && isfinite(plan->high)))
		return fail(ERR_USAGE,
			"output.bits: %lld bits need output.low and output.high, the values "
			"that become 0 and %d",
			(long long)plan->bits, plan->bits == 16 ? 65535 : 255);
	if (plan->bits < 32 && plan->low >= plan->high)
		return fail(ERR_USAGE, "output.low: %g is not below output.high, %g", plan->low,
			plan->high);
	if (plan->format != OUTPUT_HDF5 && plan->format != OUTPUT_TIFF)
		return fail(ERR_USAGE, "output.format: neither hdf5 nor tiff");
	TRY(disk_parent(plan->path, arena));
	for (int i = 0; i < plan->n_inputs; i++)
		TRY(keep_input(plan, plan->inputs[i], arena));
	return OK;
}

enum err volume_inputs(
	const struct volume_plan *plan, const struct volume_input **inputs, struct arena *arena)
{
	struct volume_input *all = ARENA_NEW(arena, struct volume_input, plan->n_inputs);

	NEED(all);
	for (int i = 0; i < plan->n_inputs; i++) {
		char *whole = realpath(plan->inputs[i], NULL);
		struct stat st;

		if (!whole || stat(whole, &st) != 0) {
			free(whole);
			return fail(ERR_INPUT, "%s: %s", plan->inputs[i], strerror(errno));
		}
		all[i] = (struct volume_input){.path = arena_copy(arena, whole),
			.bytes = (int64_t)st.st_size,
			.mtime_s = (int64_t)st.st_mtim.tv_sec,
			.mtime_ns = (int64_t)st.st_mtim.tv_nsec};
		free(whole);
		NEED(all[i].path);
	}
	*inputs = all;
	return OK;
}

const char *volume_scale_text(const struct volume_plan *plan, struct arena *arena)
{
	return arena_format(arena,
		"value in %s = scale_low + number / %d * (scale_high - scale_low)", plan->units,
		plan->bits == 16 ? 65535 : 255);
}

enum err volume_indent(const char *yaml, const char **text, struct arena *arena)
{
	int64_t lines = 1, n = 0;
	char *out;

	for (const char *at = yaml; *at; at++)
		lines += *at == '\n';
	NEED(out = ARENA_NEW(arena, char, (int64_t)strlen(yaml) + 3 * lines + 2));
	while (*yaml) {
		const char *end = strchrnul(yaml, '\n');

		memcpy(out + n, "  ", 2);
		memcpy(out + n + 2, yaml, (size_t)(end - yaml));
		n += 2 + (end - yaml);
		out[n++] = '\n';
		yaml = *end ? end + 1 : end;
	}
	out[n] = '\0';
	*text = out;
	return OK;
}

static enum err input_lines(const struct volume *v, const char **text, struct arena *arena)
{
	int64_t room = 1, n = 0;
	char *out;

	for (int i = 0; i < v->plan.n_inputs; i++)
		room += (int64_t)strlen(v->inputs[i].path) + 128;
	NEED(out = ARENA_ZERO(arena, char, room));
	for (int i = 0; i < v->plan.n_inputs; i++)
		n += sprintf(out + n, "input %d: %s, %lld bytes, changed %lld.%09lld\n", i + 1,
			v->inputs[i].path, (long long)v->inputs[i].bytes,
			(long long)v->inputs[i].mtime_s, (long long)v->inputs[i].mtime_ns);
	*text = out;
	return OK;
}

enum err volume_head(const struct volume *v, const char **head, struct arena *arena)
{
	const struct volume_plan *p = &v->plan;
	const char *inputs, *config, *scale = "", *counts = "";

	TRY(input_lines(v, &inputs, arena));
	TRY(volume_indent(p->config_yaml, &config, arena));
	if (p->bits < 32)
		NEED(scale = arena_format(arena, "low: %.17g\nhigh: %.17g\n", p->low, p->high));
	for (int i = 0; i < v->n_counts; i++)
		NEED(counts = arena_format(arena, "%s %s", counts, v->count_names[i]));
	NEED(*head = arena_format(arena,
		     "version: %s\nmachine level: %s\nformat: %s\nshape: %lld x %lld x %lld\n"
		     "rows: from %lld by %lld\norigin: %.17g\nvoxel: %.17g\nunits: %s\n"
		     "bits: %lld\n%scenter: %.17g\ncenter slope: %.17g\ncounters:%s\n%sconfig:\n%s",
		     p->version, isa_name(), p->format == OUTPUT_TIFF ? "tiff" : "hdf5",
		     (long long)p->nz, (long long)p->ny, (long long)p->nx, (long long)p->first_row,
		     (long long)p->row_step, p->origin_row_um, p->voxel_um, p->units,
		     (long long)p->bits, scale, p->center, p->center_slope, counts, inputs,
		     config));
	return OK;
}

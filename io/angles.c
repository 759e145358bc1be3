/* SPDX-License-Identifier: BSD-3-Clause
 * Angles: from text files or HDF5, to degrees, one a projection. Measured angles are used as they were
 * measured. What does not match stops the run unless a policy was given; nothing is guessed in
 * silence (several programs replace or cut angles without a word). */
#include "core/log.h"
#include "io/hdf5_read.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

/* The number on a line; *found false for empty lines and comments. */
static enum err parse_line(const char *path, int64_t number, char *line, double *value, bool *found)
{
	char *at = line + strspn(line, " \t\r\n"), *end;

	*found = *at && *at != '#';
	if (!*found)
		return OK;
	*value = strtod(at, &end);
	if (end != at)
		end += strspn(end, " \t\r\n,;");
	if (end == at || (*end && *end != '#'))
		return fail(ERR_INPUT, "%s:%lld: \"%.40s\" is not one angle a line", path,
			(long long)number, strtok(at, "\r\n"));
	return OK;
}

static enum err read_lines(FILE *file, const char *path, struct angles *angles, struct arena *arena)
{
	char line[4096];
	int64_t room = 0, number = 0;

	while (fgets(line, sizeof(line), file)) {
		double value = 0;
		bool found;

		number++;
		TRY(parse_line(path, number, line, &value, &found));
		if (!found)
			continue;
		if (angles->n == room) {
			double *larger = ARENA_NEW(arena, double, room ? room * 2 : 4096);
			NEED(larger);
			if (room)
				memcpy(larger, angles->value, (size_t)room * sizeof(double));
			angles->value = larger;
			room = room ? room * 2 : 4096;
		}
		angles->value[angles->n++] = value;
	}
	if (angles->n == 0)
		return fail(ERR_INPUT, "%s: holds no angles", path);
	return OK;
}

static enum err read_text(struct scan_source *source, struct angles *angles, const char *path)
{
	FILE *file = fopen(path, "r");
	enum err code;

	if (!file)
		return fail(ERR_INPUT, "%s: cannot be read: %s", path, strerror(errno));
	code = read_lines(file, path, angles, source->arena);
	fclose(file);
	angles->source = path;
	return code == OK ? add_input(source, path) : code;
}

/* Where angles are in files that hold them, when the user gave no key. */
static const char *usual_key(const struct hdf5_file *file)
{
	static const char *const keys[] = {"/Angle", "/CALC2.OUT.Value",
		"/entry/data/rotation_angle", "/exchange/theta",
		"/entry1/tomo_entry/data/rotation_angle",
		"/entry1/tomo_entry/sample/rotation_angle", "/entry0000/sample/rotation_angle",
		"/entry/sample/rotation_angle", "/entry/tomo_entry/data/rotation_angle", NULL};

	for (int i = 0; keys[i]; i++)
		if (hdf5_look(file, keys[i], NULL).kind == HDF5_DATASET)
			return keys[i];
	return NULL;
}

static enum err read_hdf5(
	struct scan_source *source, struct angles *angles, const struct spec *spec)
{
	struct hdf5_file *file;
	const char *key, *unit;

	TRY(hdf5_open(source, spec->file, &file));
	key = *spec->key ? spec->key : usual_key(file);
	if (!key)
		return fail(ERR_INPUT,
			"%s: no angles at the usual places; give --angles %s:KEY (the PandA writes "
			"Angle)",
			spec->file, spec->file);
	TRY(hdf5_numbers(source, file, key, &angles->value, &angles->n));
	angles->source = arena_format(source->arena, "%s:%s", spec->file, key);
	NEED(angles->source);
	unit = hdf5_units(file, key, source->arena);
	angles->unit = !unit || !*unit				    ? UNIT_AUTO
		       : strstr(unit, "deg") || strstr(unit, "Deg") ? UNIT_DEGREES
		       : strstr(unit, "rad") || strstr(unit, "Rad") ? UNIT_RADIANS
								    : UNIT_AUTO;
	key = base_name(key);
	angles->encoder = !strcmp(key, "Angle") || !strcmp(key, "CALC2.OUT.Value");
	return OK;
}

enum err angles_read(struct scan_source *source, struct angles *angles, const struct spec *spec)
{
	int64_t end;

	*angles = (struct angles){.unit = UNIT_AUTO};
	if (is_folder(spec->file))
		return fail(ERR_INPUT, "%s: is a folder, not a file of angles", spec->file);
	if (hdf5_is(spec->file))
		TRY(read_hdf5(source, angles, spec));
	else if (*spec->key)
		return fail(
			ERR_INPUT, "%s: is not HDF5, so it has no key %s", spec->file, spec->key);
	else
		TRY(read_text(source, angles, spec->file));
	end = spec->end < 0 ? angles->n : spec->end;
	if (end > angles->n || spec->begin >= end)
		return fail(ERR_INPUT, "%s: asks for angles %lld to %lld, but %s has %lld",
			spec->text, (long long)spec->begin, (long long)end - 1, angles->source,
			(long long)angles->n);
	if (spec->begin > 0 || end < angles->n) {
		angles->source = spec->text;
		angles->value += spec->begin;
		angles->n = end - spec->begin;
	}
	return OK;
}

enum err angles_linspace(struct scan_source *source, struct angles *angles, double first,
	double last, int64_t n, const char *why)
{
	double *value = ARENA_NEW(source->arena, double, n);

	NEED(value);
	for (int64_t i = 0; i < n; i++)
		value[i] = n > 1 ? first + (last - first) * (double)i / (double)(n - 1) : first;
	*angles = (struct angles){value, n, why, UNIT_DEGREES, false};
	return OK;
}

static enum err find_range(const struct angles *angles, double *low, double *high)
{
	*low = INFINITY;
	*high = -INFINITY;
	for (int64_t i = 0; i < angles->n; i++) {
		if (!isfinite(angles->value[i]))
			return fail(ERR_INPUT, "%s: angle %lld is not a number", angles->source,
				(long long)i);
		*low = fmin(*low, angles->value[i]);
		*high = fmax(*high, angles->value[i]);
	}
	if (*low == *high && angles->n > 1)
		return fail(ERR_INPUT, "%s: all %lld angles are %g; nothing was turned",
			angles->source, (long long)angles->n, *low);
	return OK;
}

/* What one degree is in the unit of the values: 1, pi/180, or 200 (HEX encoder counts). */
static enum err find_scale(const struct angles *angles, enum angles_unit unit, double *scale)
{
	double low, high, turn = 2 * pi + 0.15;

	TRY(find_range(angles, &low, &high));
	*scale = 1;
	if (angles->encoder && unit == UNIT_AUTO && fmax(fabs(low), fabs(high)) > 1000) {
		*scale = 200;
		log_info("%s: taken as encoder counts, 200 a degree", angles->source);
		return OK;
	}
	if (unit == UNIT_AUTO)
		unit = angles->unit;
	if (unit == UNIT_RADIANS)
		*scale = pi / 180;
	if (unit != UNIT_AUTO || fmax(fabs(low), fabs(high)) > turn)
		return OK;
	if (high - low < 3)
		return fail(ERR_INPUT,
			"%s: angles from %g to %g may be degrees or radians; say "
			"--input.angles_unit "
			"degrees or radians",
			angles->source, low, high);
	log_info("%s: angles from %g to %g have no unit, taken as radians", angles->source, low,
		high);
	*scale = pi / 180;
	return OK;
}

static enum err fail_count(const struct scan *scan, const struct angles *angles, int64_t n)
{
	int64_t more = angles->n / n;

	if (angles->n % n == 0)
		return fail(ERR_INPUT,
			"%s: has %lld angles for %lld projections (%lld each) in %s; if each "
			"projection "
			"is a mean of %lld frames, say --angles-policy average",
			angles->source, (long long)angles->n, (long long)n, (long long)more,
			scan->from, (long long)more);
	return fail(ERR_INPUT,
		"%s: has %lld angles, but %s has %lld projections; name those that belong to them "
		"by "
		"--angles FILE:A:B (or FILE:KEY:A:B), or say --angles-policy truncate or linspace",
		angles->source, (long long)angles->n, scan->from, (long long)n);
}

static enum err average(struct scan *scan, const struct angles *angles, const double *degrees,
	int64_t n, struct arena *arena)
{
	int64_t m = angles->n / n;

	if (angles->n % n)
		return fail(ERR_INPUT,
			"%s: %lld angles cannot be averaged to %lld projections: not a multiple",
			angles->source, (long long)angles->n, (long long)n);
	for (int64_t i = 0; i < n; i++) {
		double sum = 0;
		for (int64_t j = 0; j < m; j++)
			sum += degrees[i * m + j];
		scan->angle[i] = sum / (double)m;
	}
	scan->angle_note = arena_format(
		arena, "average: each angle is the mean of %lld readings", (long long)m);
	return scan->angle_note ? OK : ERR_RESOURCE;
}

static enum err truncate(struct scan *scan, const struct angles *angles, const double *degrees,
	int64_t *n, struct arena *arena)
{
	int64_t kept = angles->n < *n ? angles->n : *n;

	memcpy(scan->angle, degrees, (size_t)kept * sizeof(double));
	scan->angle_note = arena_format(arena,
		"truncate: the first %lld of %lld projections and %lld angles are used",
		(long long)kept, (long long)*n, (long long)angles->n);
	*n = kept;
	return scan->angle_note ? OK : ERR_RESOURCE;
}

static enum err linspace(
	struct scan *scan, double first, double last, int64_t n, struct arena *arena)
{
	for (int64_t i = 0; i < n; i++)
		scan->angle[i] =
			n > 1 ? first + (last - first) * (double)i / (double)(n - 1) : first;
	scan->angle_note = arena_format(arena,
		"linspace: even steps from %g to %g degrees, both included, instead of %lld "
		"readings",
		first, last, (long long)scan->n_angle_read);
	return scan->angle_note ? OK : ERR_RESOURCE;
}

enum err angles_settle(struct scan *scan, const struct angles *angles, int64_t *n,
	const struct input_settings *input, struct arena *arena)
{
	enum angles_policy policy = input->angles_policy;
	double *degrees = ARENA_NEW(arena, double, angles->n), scale;

	NEED(degrees);
	scan->angle = ARENA_NEW(arena, double, *n);
	NEED(scan->angle);
	scan->angle_source = angles->n ? angles->source : "none";
	scan->n_angle_read = angles->n;
	scan->angle_note = "";
	if (angles->n == 0 && policy != ANGLES_LINSPACE)
		return fail(ERR_INPUT,
			"%s: has no angles; name them by --angles FILE or FILE:KEY, or say "
			"--angles-policy "
			"linspace for even steps from 0 to 180 degrees, both included",
			scan->from);
	if (angles->n == 0)
		TRY(linspace(scan, 0, 180, *n, arena));
	else {
		TRY(find_scale(angles, input->angles_unit, &scale));
		for (int64_t i = 0; i < angles->n; i++)
			degrees[i] = scale == 1 ? angles->value[i] : angles->value[i] / scale;
		if (angles->n == *n)
			memcpy(scan->angle, degrees, (size_t)*n * sizeof(double));
		else if (policy == ANGLES_STOP)
			return fail_count(scan, angles, *n);
		else if (policy == ANGLES_AVERAGE)
			TRY(average(scan, angles, degrees, *n, arena));
		else if (policy == ANGLES_TRUNCATE)
			TRY(truncate(scan, angles, degrees, n, arena));
		else
			TRY(linspace(scan, degrees[0], degrees[angles->n - 1], *n, arena));
	}
	if (*scan->angle_note)
		log_warning("%s: %s", scan->angle_source, scan->angle_note);
	return OK;
}

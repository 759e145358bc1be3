/* SPDX-License-Identifier: BSD-3-Clause
 * DXchange (APS; De Carlo et al. 2014, doi:10.1107/S160057751401604X): /exchange/data,
 * data_white, data_dark, theta. When theta is missing: start and step under /process/acquisition, else
 * even steps from 0 to 180 with a warning. Constants under /process/acquisition stand in for white and
 * dark. Also the like-minded root datasets of NSLS-II FXI: img_tomo, img_bkg, img_dark, angle. */
#include "core/log.h"
#include "io/hdf5_read.h"

#include <math.h>
#include <string.h>

static const char *path_in(struct scan_source *source, const char *group, const char *name)
{
	return arena_format(source->arena, "%s/%s", group, name);
}

static enum err all_zero(struct scan_source *source, const struct series *series, bool *zero)
{
	struct arena_mark mark = arena_mark(source->arena);
	int64_t n = series->stack->n_row * series->stack->n_col * sample_bytes(series->stack->type);
	char *pixels = arena_alloc(source->arena, n, 1);

	NEED(pixels);
	TRY(series_read(series, 0, 1, 0, series->stack->n_row, pixels));
	*zero = true;
	for (int64_t i = 0; i < n && *zero; i++)
		*zero = pixels[i] == 0;
	arena_release(source->arena, mark);
	return OK;
}

/* Frames of a kind, else the constant that stands for them, else none. */
static enum err add_kind(struct scan_source *source, struct hdf5_file *file, enum frame_kind kind,
	const char *path, const char *constant, struct found *found)
{
	struct series series = {0};
	struct stack *stack = NULL;
	const char *units, *name;
	bool zero = false;
	double value;

	if (hdf5_look(file, path, NULL).kind != HDF5_ABSENT) {
		TRY(hdf5_stack(source, file, path, true, &stack));
		TRY(series_all(source, &series, stack));
		if (stack->n == 1)
			TRY(all_zero(source, &series, &zero));
		if (!zero)
			return add_group(found, kind, series);
	}
	value = hdf5_number(file, constant, NULL, source->arena, &units);
	if (found->proj.stack && isfinite(value) && !(kind == FRAME_FLAT && value <= 0)) {
		name = arena_format(
			source->arena, "constant %g of %s:%s", value, file->path, constant);
		NEED(name);
		TRY(constant_stack(source, &stack, value, found->proj.stack, name));
		TRY(series_all(source, &series, stack));
		return add_group(found, kind, series);
	}
	if (stack && kind == FRAME_DARK)
		return add_group(found, kind, series); /* a dark of zeros is a possible dark */
	if (stack)
		log_warning("%s: holds only zeros and is not used", stack->name);
	return OK;
}

static enum err find_angles(
	struct scan_source *source, struct hdf5_file *file, const char *theta, struct found *found)
{
	static const char *const rotation = "/process/acquisition/rotation";
	int64_t n = found->proj.n;
	const char *units, *why;
	double start, step;

	if (hdf5_look(file, theta, NULL).kind != HDF5_ABSENT) {
		struct spec spec = {file->path, file->path, theta, 0, -1};
		return angles_read(source, &found->angles, &spec);
	}
	start = hdf5_number(file, rotation, "rotation_start", source->arena, &units);
	step = hdf5_number(file, rotation, "rotation_step", source->arena, &units);
	if (isfinite(start) && isfinite(step) && step != 0) {
		why = arena_format(source->arena, "%s:%s (start %g, step %g; there is no %s)",
			file->path, rotation, start, step, theta);
		NEED(why);
		log_warning("%s: there is no %s; angles are computed: start %g, step %g degrees",
			file->path, theta, start, step);
		return angles_linspace(
			source, &found->angles, start, start + step * (double)(n - 1), n, why);
	}
	why = arena_format(
		source->arena, "even steps from 0 to 180 (%s has no %s)", file->path, theta);
	NEED(why);
	log_warning("%s: there is no %s; %lld even steps from 0 to 180 degrees, both included, are "
		    "assumed",
		file->path, theta, (long long)n);
	return angles_linspace(source, &found->angles, 0, 180, n, why);
}

static void find_facts(struct scan_source *source, struct hdf5_file *file, struct found *found)
{
	static const char *const system = "/measurement/instrument/detection_system/objective";
	static const char *const camera = "/measurement/instrument/detector";
	const char *units, *key = "resolution";
	double value = hdf5_number(file, system, "resolution", source->arena, &units);
	double pixel, enlarged;

	if (isfinite(value)) {
		pixel = length_um(value, *units ? units : "um");
	} else { /* older: camera pixel in an unknown unit, micrometres are at least 0.5 */
		key = "magnification and detector/pixel_size_x";
		enlarged = hdf5_number(file, system, "magnification", source->arena, &units);
		pixel = hdf5_number(file, camera, "pixel_size_x", source->arena, &units);
		if (pixel > 0 && *units)
			pixel = length_um(pixel, units);
		else
			for (int i = 0; i < 3 && pixel > 0 && pixel < 0.5; i++)
				pixel *= 1e3;
		pixel = enlarged > 0 ? pixel / enlarged : NAN;
	}
	found->pixel_um = pixel;
	found->pixel_source = arena_format(source->arena, "%s:%s/%s", file->path, system, key);
	value = hdf5_number(
		file, "/measurement/instrument/monochromator/energy", NULL, source->arena, &units);
	found->energy_kev = !strcasecmp(units, "eV") ? value / 1e3 : value;
	value = hdf5_number(file, camera, "exposure_time", source->arena, &units);
	for (int i = 0; i < 3; i++)
		found->exposure[i] = value;
}

/* The exchange group a key means; NULL: not DXchange. */
static const char *find_group(struct scan_source *source, struct hdf5_file *file, const char *key)
{
	const char *group = *key ? key : "/exchange";

	if (hdf5_look(file, group, NULL).kind == HDF5_DATASET)
		group = !strcmp(base_name(group), "data") ? folder_of(group, source->arena) : NULL;
	if (!group || strncmp(base_name(group), "exchange", 8) != 0)
		return NULL;
	return hdf5_look(file, group, NULL).kind == HDF5_GROUP ? group : NULL;
}

static enum err open_as(struct scan_source *source, struct hdf5_file *file,
	const char *const path[4], struct found *found)
{
	struct stack *stack;

	for (int i = 0; i < 4; i++)
		NEED(path[i]);
	if (hdf5_look(file, path[0], NULL).kind != HDF5_ABSENT) {
		TRY(hdf5_stack(source, file, path[0], false, &stack));
		TRY(series_all(source, &found->proj, stack));
	}
	TRY(add_kind(source, file, FRAME_FLAT, path[1],
		"/process/acquisition/flat_fields/flat_field_value", found));
	TRY(add_kind(source, file, FRAME_DARK, path[2],
		"/process/acquisition/dark_fields/dark_field_value", found));
	if (!found->proj.stack && !found->n_flats && !found->n_darks)
		return hdf5_missing(file, path[0]);
	if (found->proj.stack)
		TRY(find_angles(source, file, path[3], found));
	find_facts(source, file, found);
	return OK;
}

enum err layout_dxchange(struct scan_source *source, struct hdf5_file *file, const char *key,
	struct found *found, bool *mine)
{
	static const char *const fxi[] = {"/img_tomo", "/img_bkg", "/img_dark", "/angle"};
	const char *group = find_group(source, file, key), *path[4];

	*mine = group != NULL;
	if (group) {
		found->layout = "DXchange";
		path[0] = path_in(source, group, "data");
		path[1] = path_in(source, group, "data_white");
		path[2] = path_in(source, group, "data_dark");
		path[3] = path_in(source, group, "theta");
		return open_as(source, file, path, found);
	}
	*mine = (!*key || !strcmp(key, fxi[0])) && hdf5_is_stack(file, fxi[0], NULL);
	if (!*mine)
		return OK;
	found->layout = "FXI";
	return open_as(source, file, fxi, found);
}

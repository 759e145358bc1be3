/* SPDX-License-Identifier: BSD-3-Clause
 * NXtomo (NeXus application definition): Diamond, ESRF (nxtomo 1.0 to 2.0), older Savu files, and
 * Diamond's newer GDA files, which have the same parts under other names. One stack of frames with
 * image_key: 0 projection, 1 flat, 2 dark, 3 (and below 0) not to be used; as whole or floating point
 * numbers. Angles stand for every frame. An entry without image_key may have separate flatfield and
 * darkfield. Metadata is often junk (texts, NaN, units "undefined") and then ignored. */
#include "core/log.h"
#include "io/hdf5_read.h"

#include <math.h>
#include <string.h>

enum { MAX_ENTRIES = 32 };

/* Absolute paths, "" where there is nothing. */
struct entry {
	const char *group, *data, *key, *angle, *flat, *dark;
};

static const char *join(struct scan_source *source, const char *group, const char *name)
{
	const char *path =
		arena_format(source->arena, "%s/%s", strcmp(group, "/") ? group : "", name);

	return path ? path : "";
}

/* The first of several places (NULL-ended) in a group that has something. */
static const char *first_of(struct scan_source *source, struct hdf5_file *file, const char *group,
	const char *const *places)
{
	for (; *places; places++)
		if (hdf5_look(file, group, *places).kind != HDF5_ABSENT)
			return join(source, group, *places);
	return "";
}

static bool looks_like_entry(struct scan_source *source, struct hdf5_file *file, const char *group)
{
	const char *text = hdf5_text(file, group, "definition", source->arena);

	if (text && strstr(text, "NXtomo"))
		return true;
	return hdf5_look(file, group, "instrument/detector/image_key").kind == HDF5_DATASET;
}

/* A group (or the dataset in it that was named) belongs to the entry that holds it. */
static bool is_within(const char *key, const char *group)
{
	size_t n = strlen(group), k = strlen(key);

	return !*key || (!strncmp(key, group, n) && (!key[n] || key[n] == '/')) ||
	       (!strncmp(group, key, k) && group[k] == '/');
}

static enum err find_entries(struct scan_source *source, struct hdf5_file *file, const char *group,
	const char *key, int depth, struct entry *entry, int *n)
{
	static const char *const data[] = {"instrument/detector/data", "data/data", NULL};
	static const char *const keys[] = {"instrument/detector/image_key", "data/image_key", NULL};
	static const char *const angle[] = {"sample/rotation_angle", "data/rotation_angle",
		"instrument/detector/rotation_angle", NULL};
	static const char *const flat[] = {"instrument/detector/flatfield", NULL};
	static const char *const dark[] = {"instrument/detector/darkfield", NULL};
	const char **name;
	int64_t count;

	if (depth > 0 && is_within(key, group) && looks_like_entry(source, file, group)) {
		if (*n < MAX_ENTRIES)
			entry[(*n)++] = (struct entry){group, first_of(source, file, group, data),
				first_of(source, file, group, keys),
				first_of(source, file, group, angle),
				first_of(source, file, group, flat),
				first_of(source, file, group, dark)};
		return OK;
	}
	if (depth == 2)
		return OK;
	TRY(hdf5_list(file, group, source->arena, &name, &count));
	for (int64_t i = 0; i < count; i++) {
		const char *path = join(source, group, name[i]);
		if (hdf5_look(file, path, NULL).kind == HDF5_GROUP)
			TRY(find_entries(source, file, path, key, depth + 1, entry, n));
	}
	return OK;
}

/* GDA: of /entry/instrument/X/value with one number a frame, the one that is named like a rotation. */
static const char *gda_angle(struct scan_source *source, struct hdf5_file *file,
	const char *const *name, int64_t n, int64_t frames)
{
	static const char *const like[] = {"theta", "rot", "omega", "phi", "angle"};

	for (size_t w = 0; w < sizeof(like) / sizeof(*like); w++) {
		for (int64_t i = 0; i < n; i++) {
			const char *path = join(source, "/entry/instrument", name[i]);
			struct hdf5_shape shape = hdf5_look(file, path, "value");

			if (strcasestr(name[i], like[w]) &&
				(shape.kind == HDF5_DANGLING ||
					(shape.kind == HDF5_DATASET && shape.number &&
						shape.rank == 1 && shape.dim[0] == frames)))
				return join(source, path, "value");
		}
	}
	return "";
}

/* GDA: /entry/instrument/X/image_key with frames in /entry/X/data or /entry/instrument/X/data. */
static enum err find_gda(struct scan_source *source, struct hdf5_file *file, const char *key,
	struct entry *entry, int *n)
{
	const char **name, *dangling = "";
	int64_t count;

	if (hdf5_look(file, "/entry/instrument", NULL).kind != HDF5_GROUP)
		return OK;
	TRY(hdf5_list(file, "/entry/instrument", source->arena, &name, &count));
	for (int64_t i = 0; i < count && *n < MAX_ENTRIES; i++) {
		const char *group = join(source, "/entry/instrument", name[i]);
		const char *outer = join(source, "/entry", name[i]);
		const char *image_key = join(source, group, "image_key");
		struct hdf5_shape keys = hdf5_look(file, image_key, NULL), shape;
		const char *data;

		if (keys.kind != HDF5_DATASET)
			continue;
		data = hdf5_look(file, outer, "data").kind != HDF5_ABSENT
			       ? join(source, outer, "data")
			       : join(source, group, "data");
		shape = hdf5_look(file, data, NULL);
		if (*key && strcmp(key, data) && strcmp(key, outer) && strcmp(key, group))
			continue;
		if (shape.kind == HDF5_DANGLING)
			dangling = data;
		if (hdf5_is_stack(file, data, NULL))
			entry[(*n)++] = (struct entry){outer, data, image_key,
				gda_angle(source, file, name, count, shape.dim[0]), "", ""};
	}
	return *n == 0 && *dangling ? hdf5_missing(file, dangling) : OK;
}

/* Index lists of the projections, and a group for each run of flats or darks. */
static enum err sort_frames(struct scan_source *source, const char *name, struct stack *stack,
	const double *key, struct found *found)
{
	int64_t *index = ARENA_NEW(source->arena, int64_t, stack->n);
	int64_t *frame = ARENA_NEW(source->arena, int64_t, stack->n), n = 0, total = 0;

	NEED(index);
	NEED(frame);
	for (int64_t i = 0; i < stack->n; i++) {
		index[i] = i;
		if (key[i] != rint(key[i]) || fabs(key[i]) > 100)
			return fail(ERR_INPUT, "%s: key %lld is %g, not 0, 1, 2 or 3", name,
				(long long)i, key[i]);
		total += key[i] == 0;
	}
	for (int64_t i = 0, run; i < stack->n; i += run) {
		run = 1;
		if (key[i] == 0)
			frame[n++] = i;
		if (key[i] != 1 && key[i] != 2)
			continue;
		while (i + run < stack->n && key[i + run] == key[i])
			run++;
		TRY(add_group(found, key[i] == 1 ? FRAME_FLAT : FRAME_DARK,
			(struct series){stack, run, index + i,
				total == 0   ? NAN
				: n == 0     ? -1
				: n == total ? INFINITY
					     : (double)n - 0.5}));
	}
	if (n > 0)
		found->proj = (struct series){stack, n, frame, NAN};
	return OK;
}

static enum err read_keys(struct scan_source *source, struct hdf5_file *file, const char *path,
	struct stack *stack, struct found *found)
{
	double *key;
	int64_t n;

	TRY(hdf5_numbers(source, file, path, &key, &n));
	if (n != stack->n)
		return fail(ERR_INPUT, "%s:%s: has %lld keys, but %s has %lld frames", file->path,
			path, (long long)n, stack->name, (long long)stack->n);
	return sort_frames(source, path, stack, key, found);
}

/* Angles stand for all frames (or, in some files, for the projections alone). */
static enum err read_angles(
	struct scan_source *source, struct hdf5_file *file, const char *path, struct found *found)
{
	struct spec spec = {file->path, file->path, path, 0, -1};
	struct angles *a = &found->angles;
	const struct series *proj = &found->proj;
	double *kept;

	if (!*path)
		return OK;
	TRY(angles_read(source, a, &spec));
	if (a->n != proj->stack->n)
		return OK;
	kept = ARENA_NEW(source->arena, double, proj->n);
	NEED(kept);
	for (int64_t i = 0; i < proj->n; i++)
		kept[i] = a->value[proj->frame[i]];
	a->value = kept;
	a->n = proj->n;
	return OK;
}

static enum err add_separate(struct scan_source *source, struct hdf5_file *file, const char *path,
	enum frame_kind kind, struct found *found)
{
	struct series series;
	struct stack *stack;

	if (!*path)
		return OK;
	TRY(hdf5_stack(source, file, path, true, &stack));
	TRY(series_all(source, &series, stack));
	return add_group(found, kind, series);
}

static void find_facts(
	struct scan_source *source, struct hdf5_file *file, const char *group, struct found *found)
{
	static const char *const pixels[] = {
		"sample/x_pixel_size", "instrument/detector/x_pixel_size", NULL};
	static const char *const energies[] = {"instrument/beam/incident_energy",
		"beam/incident_energy", "sample/incident_energy", NULL};
	const char *path = first_of(source, file, group, pixels), *units, *text;
	double value = hdf5_number(file, path, NULL, source->arena, &units);

	if (isfinite(value)) {
		found->pixel_um = length_um(value, units);
		found->pixel_source = arena_format(source->arena, "%s:%s", file->path, path);
		if (!isfinite(found->pixel_um))
			log_warning("%s:%s: %g %s is no usable pixel size and is ignored",
				file->path, path, value, *units ? units : "(no unit)");
	}
	value = hdf5_number(file, group, "instrument/detector/distance", source->arena, &units);
	found->distance_mm = length_um(value, *units ? units : "m") / 1e3;
	path = first_of(source, file, group, energies);
	value = hdf5_number(file, path, NULL, source->arena, &units);
	found->energy_kev = !strcasecmp(units, "eV")  ? value / 1e3
			    : !strcasecmp(units, "J") ? value / 1.602176634e-16
						      : value;
	value = hdf5_number(file, group, "instrument/detector/count_time", source->arena, &units);
	for (int i = 0; i < 3; i++)
		found->exposure[i] = !strcasecmp(units, "ms") ? value / 1e3 : value;
	text = hdf5_text(file, group, "instrument/detector/field_of_view", source->arena);
	found->half = text && !strcasecmp(text, "Half");
}

static enum err open_entry(struct scan_source *source, struct hdf5_file *file,
	const struct entry *entry, struct found *found)
{
	struct stack *stack;

	if (!*entry->data)
		return fail(ERR_INPUT, "%s:%s: has no frames (instrument/detector/data)",
			file->path, entry->group);
	TRY(hdf5_stack(source, file, entry->data, false, &stack));
	if (*entry->key)
		TRY(read_keys(source, file, entry->key, stack, found));
	else {
		TRY(series_all(source, &found->proj, stack));
		log_info("%s:%s: has no image_key; all frames are taken as projections", file->path,
			entry->group);
	}
	TRY(add_separate(source, file, entry->flat, FRAME_FLAT, found));
	TRY(add_separate(source, file, entry->dark, FRAME_DARK, found));
	if (found->proj.stack)
		TRY(read_angles(source, file, entry->angle, found));
	find_facts(source, file, entry->group, found);
	return OK;
}

enum err layout_nxtomo(struct scan_source *source, struct hdf5_file *file, const char *key,
	struct found *found, bool *mine)
{
	struct entry entry[MAX_ENTRIES];
	const char *text = "";
	bool gda = false;
	enum err code;
	int n = 0;

	*mine = false;
	TRY(find_entries(source, file, "/", key, 0, entry, &n));
	if (n == 0) {
		code = find_gda(source, file, key, entry, &n);
		*mine = gda = n > 0 || code != OK;
		TRY(code);
	}
	*mine = n > 0;
	if (n == 0)
		return OK;
	for (int i = 0; i < n && n > 1 && text; i++)
		text = arena_format(source->arena, "%s%s%s:%s", text, i ? ", " : "", file->path,
			entry[i].group);
	if (n > 1)
		return fail(ERR_INPUT, "%s: holds %d scans; choose one: %s", file->path, n,
			text ? text : "");
	found->layout = gda ? "NXtomo (GDA)" : "NXtomo";
	if (*key && hdf5_look(file, key, NULL).kind == HDF5_DATASET)
		entry[0].data = key;
	return open_entry(source, file, &entry[0], found);
}

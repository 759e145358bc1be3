/* SPDX-License-Identifier: BSD-3-Clause
 * NSLS-II 27-ID HEX. A scan is a .nxs of relative external links: /entry/data/data (or one dataset a
 * detector, such as /entry/data/kinetix-det1) to detector files, /entry/data/rotation_angle to the
 * PandA file (degrees, or encoder counts of 200 a degree). Darks and flats are another scan: its .nxs
 * has /entry/data/dark and flat (or dark-kinetix-det1, ...). In the older layout they are files
 * flat_00000.hdf and dark_00000.hdf beside it. Detector files hold /entry/data/data and are read
 * directly too; angles then come by --angles. */
#include "core/log.h"
#include "io/hdf5_read.h"

#include <string.h>

enum { MAX_DETECTORS = 16 };

static const char *const data_group = "/entry/data";

/* What is in /entry/data: names of projection datasets, flats and darks. */
struct contents {
	const char *proj[MAX_DETECTORS], *flat[MAX_DETECTORS], *dark[MAX_DETECTORS];
	int n_proj, n_flat, n_dark;
	bool angle;
};

static void add(const char **list, int *n, const char *name)
{
	if (*n < MAX_DETECTORS)
		list[(*n)++] = name;
}

static bool begins(const char *name, const char *with)
{
	size_t n = strlen(with);

	return !strncmp(name, with, n) && (!name[n] || name[n] == '-' || name[n] == '_');
}

static enum err look(struct scan_source *source, struct hdf5_file *file, struct contents *c)
{
	const char **name;
	int64_t n;

	memset(c, 0, sizeof(*c));
	if (hdf5_look(file, data_group, NULL).kind != HDF5_GROUP)
		return OK;
	TRY(hdf5_list(file, data_group, source->arena, &name, &n));
	for (int64_t i = 0; i < n; i++) {
		struct hdf5_shape shape = hdf5_look(file, data_group, name[i]);

		if (!strcmp(name[i], "rotation_angle")) {
			c->angle = true;
			continue;
		}
		if (shape.kind != HDF5_DANGLING &&
			!(shape.kind == HDF5_DATASET && shape.rank > 1 && shape.number))
			continue;
		if (begins(name[i], "flat"))
			add(c->flat, &c->n_flat, name[i]);
		else if (begins(name[i], "dark"))
			add(c->dark, &c->n_dark, name[i]);
		else
			add(c->proj, &c->n_proj, name[i]);
	}
	return OK;
}

static const char *options_text(struct scan_source *source, struct hdf5_file *file,
	const char *option, const char *const *name, int n)
{
	const char *text = "";

	for (int i = 0; i < n && text; i++)
		text = arena_format(source->arena, "%s%s%s %s:%s/%s", text, i ? ", " : "", option,
			file->path, data_group, name[i]);
	return text ? text : "";
}

/* The one of several detectors that is meant. */
static const char *choose(const char *const *name, int n, const char *detector)
{
	if (n == 1)
		return name[0];
	for (int i = 0; i < n; i++) {
		const char *dash = strchr(name[i], '-');
		if (*detector &&
			(!strcmp(name[i], detector) || (dash && !strcmp(dash + 1, detector))))
			return name[i];
	}
	return NULL;
}

static enum err add_kind(struct scan_source *source, struct hdf5_file *file, enum frame_kind kind,
	const char *const *name, int n, struct found *found)
{
	const char *chosen = choose(name, n, found->detector), *path;
	struct series series;
	struct stack *stack;

	if (n == 0)
		return OK;
	if (!chosen)
		return fail(ERR_INPUT, "%s: has %s of %d detectors; choose by %s", file->path,
			kind == FRAME_FLAT ? "flats" : "darks", n,
			options_text(
				source, file, kind == FRAME_FLAT ? "--flats" : "--darks", name, n));
	path = arena_format(source->arena, "%s/%s", data_group, chosen);
	NEED(path);
	TRY(hdf5_stack(source, file, path, true, &stack));
	TRY(series_all(source, &series, stack));
	return add_group(found, kind, series);
}

static enum err add_projections(struct scan_source *source, struct hdf5_file *file,
	const char *chosen, bool angle, struct found *found)
{
	static const char *const old[] = {".hdf", NULL};
	const char *path = arena_format(source->arena, "%s/%s", data_group, chosen);
	const char *angles = "/entry/data/rotation_angle";
	const char *real;
	struct stack *stack;

	NEED(path);
	TRY(hdf5_stack(source, file, path, false, &stack));
	TRY(series_all(source, &found->proj, stack));
	found->detector = chosen;
	real = hdf5_real_file(file, path, source->arena);
	found->layout = has_suffix(real, old) ? "HEX legacy" : "HEX";
	if (!strcmp(base_name(real), base_name(file->path)))
		found->layout = "HEX detector file";
	if (!angle)
		return OK;
	struct spec spec = {file->path, file->path, angles, 0, -1};
	TRY(angles_read(source, &found->angles, &spec));
	found->angles.encoder = true;
	return OK;
}

enum err hex_beside(struct scan_source *source, const char *folder, struct found *found)
{
	static const char *const suffixes[] = {".hdf", ".h5", ".hdf5", NULL};
	const char **name;
	int64_t n;

	TRY(list_folder(folder, source->arena, &name, &n));
	for (int64_t i = 0; i < n; i++) {
		enum frame_kind kind = !strncmp(name[i], "flat", 4)   ? FRAME_FLAT
				       : !strncmp(name[i], "dark", 4) ? FRAME_DARK
								      : FRAME_PROJECTION;
		const char *path;
		struct hdf5_file *file;
		struct series series;
		struct stack *stack;

		if (kind == FRAME_PROJECTION || !has_suffix(name[i], suffixes))
			continue;
		path = arena_format(source->arena, "%s/%s", folder, name[i]);
		NEED(path);
		TRY(hdf5_open(source, path, &file));
		TRY(hdf5_stack(source, file, "/entry/data/data", true, &stack));
		TRY(series_all(source, &series, stack));
		TRY(add_group(found, kind, series));
		log_info("%s: taken as %s", path, kind == FRAME_FLAT ? "flats" : "darks");
	}
	if (!*found->layout && (found->n_flats || found->n_darks))
		found->layout = "HEX legacy";
	return OK;
}

enum err layout_hex(struct scan_source *source, struct hdf5_file *file, const char *key,
	const char *detector, struct found *found, bool *mine)
{
	const char *chosen, *folder;
	struct contents c;

	*mine = !*key || (!strncmp(key, "/entry/data/", 12) && !strchr(key + 12, '/'));
	if (!*mine)
		return OK;
	TRY(look(source, file, &c));
	*mine = c.n_proj || c.n_flat || c.n_dark || c.angle;
	if (!*mine)
		return OK;
	found->layout = "HEX";
	found->detector = detector;
	chosen = *key ? key + 12 : choose(c.proj, c.n_proj, detector);
	for (int i = 0; i < c.n_proj && !chosen; i++)
		if (!strcmp(c.proj[i], "data"))
			chosen = "data";
	if (!chosen && c.n_proj)
		return fail(ERR_INPUT, "%s: has projections of %d detectors; choose by %s",
			file->path, c.n_proj,
			options_text(source, file, "--data", c.proj, c.n_proj));
	if (chosen)
		TRY(add_projections(source, file, chosen, c.angle, found));
	TRY(add_kind(source, file, FRAME_FLAT, c.flat, c.n_flat, found));
	TRY(add_kind(source, file, FRAME_DARK, c.dark, c.n_dark, found));
	if (found->n_flats || found->n_darks || !strcmp(found->layout, "HEX detector file"))
		return OK;
	folder = folder_of(file->path, source->arena);
	NEED(folder);
	return hex_beside(source, folder, found);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * The HDF5 layouts of raw scans: HEX (ophyd-async and the older pyepics one), NXtomo
 * (manual.nexusformat.org), DXchange (dxfile.readthedocs.io). Names of scans and devices are
 * fixed: a simulated scan is told from a real one by its proposal pass-000000. */
#include "io/scan_layouts.h"

#include <math.h>

#define UUID "c0ffee00-0000-4000-8000-000000000012"

/* Opens a file below the folder of the scan. */
static enum err create(struct scan_writer *w, const struct scan_plan *plan, const char *name,
	struct h5_scan **file)
{
	const char *path = arena_format(w->arena, "%s/%s", plan->dir, name);
	char *folder;
	int64_t slash = 0;

	NEED(path);
	folder = arena_copy(w->arena, path);
	NEED(folder);
	for (int64_t i = 0; folder[i]; i++)
		slash = folder[i] == '/' ? i : slash;
	folder[slash] = 0;
	TRY(make_folders(folder));
	TRY(h5_scan_create(file, path, false, w->arena));
	w->files[w->n_files++] = *file;
	return OK;
}

/* As `create`, in the newest file format and with nothing but the angles. */
static enum err panda(struct scan_writer *w, const struct scan_plan *plan, const char *name)
{
	struct h5_scan *file;

	TRY(create(w, plan, name, &file));
	TRY(h5_scan_close(file));
	TRY(h5_scan_create(&file, file->path, true, w->arena));
	w->files[w->n_files - 1] = file;
	return h5_scan_numbers(file, "Angle", plan->reading, plan->n_reading, false, true);
}

/* What areaDetector's NDFileHDF5 writes: the frames twice by name, and their numbers. */
static enum err detector(struct scan_writer *w, const struct scan_plan *plan, const char *name,
	enum frame_kind kind, int64_t n)
{
	struct h5_frames frames = {
		.n = n,
		.n_row = plan->n_row,
		.n_col = plan->n_col,
		.growing = true,
		.compression = plan->compression,
	};
	double *number = ARENA_NEW(w->arena, double, n + 1);
	struct h5_scan *f;

	NEED(number);
	for (int64_t i = 0; i < n; i++)
		number[i] = (double)(i + 1);
	TRY(create(w, plan, name, &f));
	TRY(h5_scan_group(f, "entry", "NXentry"));
	TRY(h5_scan_group(f, "entry/data", "NXdata"));
	TRY(h5_scan_group(f, "entry/instrument", "NXinstrument"));
	TRY(h5_scan_group(f, "entry/instrument/detector", "NXdetector"));
	TRY(h5_scan_group(f, "entry/instrument/NDAttributes", "NXcollection"));
	TRY(h5_scan_frames(f, "entry/instrument/detector/data", &frames));
	TRY(h5_scan_attribute(f, "entry/instrument/detector/data", "signal", NULL));
	TRY(h5_scan_link(f, "entry/data/data", NULL, "entry/instrument/detector/data"));
	TRY(h5_scan_numbers(
		f, "entry/instrument/NDAttributes/NDArrayUniqueId", number, n, true, true));
	w->target[kind] = (struct target){.file = f, .key = "entry/data/data"};
	return OK;
}

static enum err no_flats_after(const struct scan_plan *plan, const char *layout)
{
	if (plan->n_flat_after == 0)
		return OK;
	return fail(ERR_USAGE, "layout %s: has no place for flats after the scan", layout);
}

enum err open_hex(struct scan_writer *w, const struct scan_plan *plan)
{
#define ASSETS "assets/kinetix-det1/2026/"
#define PANDA  "assets/panda1/2026/scan_00012/panda1_scan_00012_" UUID ".h5"
#define PROJ   ASSETS "scan_00012/proj_scan_00012_" UUID ".h5"
#define FLAT   ASSETS "scan_00011/flat_scan_00011_" UUID ".h5"
#define DARK   ASSETS "scan_00011/dark_scan_00011_" UUID ".h5"
#define META   "pass-000000/tomography/metadata/"
	struct h5_scan *joined, *other;

	TRY(no_flats_after(plan, "hex"));
	TRY(create(w, plan, META "scan_00012/scan_00012.nxs", &joined));
	TRY(create(w, plan, META "scan_00011/scan_00011.nxs", &other));
	TRY(panda(w, plan, "pass-000000/" PANDA));
	TRY(detector(w, plan, "pass-000000/" PROJ, FRAME_PROJECTION, plan->n_proj));
	TRY(h5_scan_link(joined, "entry/data/data", "../../../" PROJ, "entry/data/data"));
	TRY(h5_scan_link(joined, "entry/data/rotation_angle", "../../../" PANDA, "Angle"));
	if (plan->n_dark) {
		TRY(detector(w, plan, "pass-000000/" DARK, FRAME_DARK, plan->n_dark));
		TRY(h5_scan_link(other, "entry/data/dark", "../../../" DARK, "entry/data/data"));
	}
	if (plan->n_flat) {
		TRY(detector(w, plan, "pass-000000/" FLAT, FRAME_FLAT, plan->n_flat));
		TRY(h5_scan_link(other, "entry/data/flat", "../../../" FLAT, "entry/data/data"));
	}
	w->scan = joined->path;
	w->darks_flats = other->path;
	return OK;
}

enum err open_hex_legacy(struct scan_writer *w, const struct scan_plan *plan)
{
#define RAW "tomography/raw_data/"
	struct h5_scan *joined;

	TRY(no_flats_after(plan, "hex-legacy"));
	TRY(create(w, plan, RAW "scan_00008/scan_00008.nxs", &joined));
	TRY(panda(w, plan, RAW "scan_00008/panda.hdf"));
	TRY(detector(w, plan, RAW "scan_00008/proj_00000.hdf", FRAME_PROJECTION, plan->n_proj));
	TRY(h5_scan_link(joined, "entry/data/data", "proj_00000.hdf", "entry/data/data"));
	TRY(h5_scan_numbers(
		joined, "entry/data/rotation_angle", plan->reading, plan->n_reading, false, false));
	if (plan->n_dark)
		TRY(detector(w, plan, RAW "scan_00009/dark_00000.hdf", FRAME_DARK, plan->n_dark));
	if (plan->n_flat)
		TRY(detector(w, plan, RAW "scan_00009/flat_00000.hdf", FRAME_FLAT, plan->n_flat));
	w->scan = joined->path;
	if (plan->n_dark || plan->n_flat)
		w->darks_flats = arena_format(w->arena, "%s/" RAW "scan_00009", plan->dir);
	NEED(w->darks_flats);
	return OK;
}

/* One number with its units, unless unknown. */
static enum err fact(struct h5_scan *f, const char *key, double value, const char *units)
{
	if (!isfinite(value))
		return OK;
	TRY(h5_scan_numbers(f, key, &value, 1, false, false));
	return h5_scan_attribute(f, key, "units", units);
}

/* image_key and angle of every frame: 0 projection, 1 flat, 2 dark. */
static enum err nxtomo_frames(
	struct scan_writer *w, const struct scan_plan *plan, struct h5_scan *f, int64_t n)
{
	double *key = ARENA_NEW(w->arena, double, n), *angle = ARENA_NEW(w->arena, double, n);
	int64_t first = plan->n_flat + plan->n_dark, last = first + plan->n_proj;

	NEED(key);
	NEED(angle);
	for (int64_t i = 0; i < n; i++) {
		int64_t at = i < first ? 0 : i < last ? i - first : plan->n_proj - 1;

		key[i] = i < plan->n_flat ? 1 : i < first ? 2 : i < last ? 0 : 1;
		angle[i] = plan->reading[at];
	}
	TRY(h5_scan_numbers(f, "entry/instrument/detector/image_key", key, n, true, false));
	TRY(h5_scan_numbers(f, "entry/sample/rotation_angle", angle, n, false, false));
	return h5_scan_attribute(f, "entry/sample/rotation_angle", "units", "degree");
}

enum err open_nxtomo(struct scan_writer *w, const struct scan_plan *plan)
{
	int64_t n = plan->n_flat + plan->n_dark + plan->n_proj + plan->n_flat_after;
	const struct h5_frames frames = {
		.n = n,
		.n_row = plan->n_row,
		.n_col = plan->n_col,
		.compression = plan->compression,
	};
	const char *data = "entry/instrument/detector/data";
	struct h5_scan *f;

	if (plan->n_reading != plan->n_proj)
		return fail(ERR_USAGE,
			"layout nxtomo: %lld angles for %lld projections, must be as many (no "
			"dropped frames); the hex layouts hold others",
			(long long)plan->n_reading, (long long)plan->n_proj);
	TRY(create(w, plan, "scan.nxs", &f));
	TRY(h5_scan_group(f, "entry", "NXentry"));
	TRY(h5_scan_text(f, "entry/definition", "NXtomo"));
	TRY(h5_scan_group(f, "entry/instrument", "NXinstrument"));
	TRY(h5_scan_group(f, "entry/instrument/detector", "NXdetector"));
	TRY(h5_scan_group(f, "entry/instrument/beam", "NXbeam"));
	TRY(h5_scan_group(f, "entry/sample", "NXsample"));
	TRY(h5_scan_group(f, "entry/data", "NXdata"));
	TRY(h5_scan_attribute(f, "entry/data", "signal", "data"));
	TRY(h5_scan_frames(f, data, &frames));
	TRY(nxtomo_frames(w, plan, f, n));
	TRY(h5_scan_text(f, "entry/sample/name", "phantom of ellipsoids"));
	TRY(h5_scan_text(
		f, "entry/instrument/detector/field_of_view", plan->half ? "Half" : "Full"));
	TRY(fact(f, "entry/instrument/detector/x_pixel_size", plan->pixel_um * 1e-6, "m"));
	TRY(fact(f, "entry/instrument/detector/y_pixel_size", plan->pixel_um * 1e-6, "m"));
	TRY(fact(f, "entry/instrument/detector/distance", plan->distance_mm * 1e-3, "m"));
	TRY(fact(f, "entry/instrument/beam/incident_energy", plan->energy_kev, "keV"));
	TRY(h5_scan_link(f, "entry/data/data", NULL, data));
	TRY(h5_scan_link(f, "entry/data/rotation_angle", NULL, "entry/sample/rotation_angle"));
	TRY(h5_scan_link(f, "entry/data/image_key", NULL, "entry/instrument/detector/image_key"));
	w->target[FRAME_FLAT] = (struct target){
		.file = f, .key = data, .after = plan->n_flat + plan->n_dark + plan->n_proj};
	w->target[FRAME_DARK] = (struct target){.file = f, .key = data, .offset = plan->n_flat};
	w->target[FRAME_PROJECTION] =
		(struct target){.file = f, .key = data, .offset = plan->n_flat + plan->n_dark};
	w->scan = f->path;
	return OK;
}

/* One of the three stacks of DXchange. */
static enum err exchange(struct scan_writer *w, const struct scan_plan *plan, struct h5_scan *f,
	enum frame_kind kind, int64_t n)
{
	static const char *const keys[] = {
		"exchange/data", "exchange/data_white", "exchange/data_dark"};
	static const char *const axes[] = {"theta:y:x", "theta_white:y:x", "theta_dark:y:x"};
	const struct h5_frames frames = {
		.n = n,
		.n_row = plan->n_row,
		.n_col = plan->n_col,
		.compression = plan->compression,
	};

	w->target[kind] = (struct target){.file = f, .key = keys[kind]};
	if (n == 0)
		return OK;
	TRY(h5_scan_frames(f, keys[kind], &frames));
	TRY(h5_scan_attribute(f, keys[kind], "axes", axes[kind]));
	TRY(h5_scan_attribute(f, keys[kind], "units", "counts"));
	return OK;
}

enum err open_dxchange(struct scan_writer *w, const struct scan_plan *plan)
{
	struct h5_scan *f;

	TRY(no_flats_after(plan, "dxchange"));
	TRY(create(w, plan, "scan_001.h5", &f));
	TRY(h5_scan_text(f, "implements", "exchange:measurement"));
	TRY(exchange(w, plan, f, FRAME_PROJECTION, plan->n_proj));
	TRY(h5_scan_attribute(f, "exchange/data", "description", "transmission"));
	TRY(exchange(w, plan, f, FRAME_FLAT, plan->n_flat));
	TRY(exchange(w, plan, f, FRAME_DARK, plan->n_dark));
	TRY(h5_scan_numbers(f, "exchange/theta", plan->reading, plan->n_reading, false, false));
	TRY(h5_scan_attribute(f, "exchange/theta", "units", "degrees"));
	TRY(fact(f, "measurement/instrument/detection_system/objective/resolution", plan->pixel_um,
		"microns"));
	TRY(fact(f, "measurement/instrument/monochromator/energy", plan->energy_kev, "keV"));
	w->scan = f->path;
	return OK;
}
